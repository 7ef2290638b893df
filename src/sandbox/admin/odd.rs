//! Answers that are odd on demand: ids as numbers, and null for what is absent.

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

impl Bend {
    /// Makes an answer as odd as the faults say.
    pub(super) fn odd(&self, value: &mut Value) {
        if !self.number_ids && !self.nulls {
            return;
        }
        match value {
            Value::Array(list) => list.iter_mut().for_each(|value| self.odd(value)),
            Value::Object(object) => {
                if self.number_ids {
                    object.iter_mut().filter(|(key, _)| is_id(key)).for_each(|(_, value)| to_number(value));
                }
                if self.nulls {
                    add_nulls(object);
                }
                object.values_mut().for_each(|value| self.odd(value));
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

/// A user is told by its licence, a page by its items or cursor.
fn add_nulls(object: &mut Map<String, Value>) {
    let absent: &[&str] = if object.contains_key("license") { &OF_A_USER } else { &[] };
    let page: &[&str] = if object.contains_key("items") { &["cursor"] } else { &[] };
    for key in absent.iter().chain(page) {
        object.entry(*key).or_insert(Value::Null);
    }
}
