//! Answers that are odd on demand: ids as numbers, null for what is absent,
//! words that no document has, and nothing but what must be there.

use serde_json::{Map, Number, Value};

use crate::sandbox::faults::Bend;

/// What a user may lack (the OpenAPI types each as nullable).
const OF_A_USER: [&str; 10] = [
    "admin_office_ids",
    "emails",
    "extension",
    "first_name",
    "forwarding_numbers",
    "group_details",
    "job_title",
    "last_name",
    "location",
    "phone_numbers",
];

/// What the OpenAPI requires of a user, and the id.
const OF_EVERY_USER: [&str; 3] = ["id", "onboarding_completed", "voicemail"];

impl Bend {
    /// Makes an answer as odd as the faults say.
    pub(super) fn odd(&self, value: &mut Value) {
        if self.number_ids || self.nulls || self.unknown_words || self.absent_fields {
            self.bend(value);
        }
    }

    fn bend(&self, value: &mut Value) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(|value| self.bend(value)),
            Value::Object(object) => {
                // A user is told by its licence, a page by its items.
                let (user, page) = (object.contains_key("license"), object.contains_key("items"));
                if self.number_ids {
                    object.iter_mut().filter(|(key, _)| is_id(key)).for_each(|(_, value)| to_number(value));
                }
                if self.nulls {
                    add_nulls(object, if user { &OF_A_USER } else { &[] });
                    add_nulls(object, if page { &["cursor"] } else { &[] });
                }
                if self.unknown_words {
                    let words = ["license", "state", "role"];
                    object.iter_mut().filter(|(key, _)| words.contains(&key.as_str())).for_each(|(_, value)| {
                        *value = "not_in_any_document".into();
                    });
                }
                if self.absent_fields && user {
                    object.retain(|key, _| OF_EVERY_USER.contains(&key.as_str()));
                }
                object.values_mut().for_each(|value| self.bend(value));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn is_id(key: &str) -> bool {
    key == "id" || key.ends_with("_id") || key.ends_with("_ids")
}

fn to_number(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Ok(number) = text.parse::<u64>() {
                *value = Value::Number(Number::from(number));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(to_number),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
    }
}

fn add_nulls(object: &mut Map<String, Value>, keys: &[&str]) {
    for key in keys {
        object.entry(*key).or_insert(Value::Null);
    }
}
