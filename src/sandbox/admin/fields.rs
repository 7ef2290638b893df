//! The body of a write: known fields with the OpenAPI's types. An id may be a
//! number or text; null is as good as absent. A field that the OpenAPI does not
//! have is refused, so that a misspelt one is found here.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::names::{Text, near_miss};

/// The fields of a body.
#[derive(Debug)]
pub(super) struct Fields(Map<String, Value>);

type Field<T> = Result<Option<T>, Refusal>;

impl Fields {
    /// Reads a body that may have these fields. Those that a fault keeps from
    /// being stored are left out, unless they are `required`.
    pub(super) fn read(body: &[u8], known: &[&str], required: &[&str], not_stored: &[String]) -> Result<Self, Refusal> {
        let body: Value =
            serde_json::from_slice(body).map_err(|error| Refusal::bad(format!("the body is not JSON: {error}")))?;
        let Value::Object(mut body) = body else { return Err(Refusal::bad("the body must be a JSON object")) };
        if let Some(key) = body.keys().find(|key| !known.contains(&key.as_str())) {
            let key: String = key.chars().take(80).collect();
            let near = near_miss(&key, known.iter().copied());
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            return Err(Refusal::bad(format!("unknown field `{key}`{hint}")));
        }
        body.retain(|key, value| {
            !value.is_null() && (required.contains(&key.as_str()) || !not_stored.iter().any(|name| name == key))
        });
        match required.iter().find(|name| !body.contains_key(**name)) {
            Some(name) => Err(Refusal::bad(format!("`{name}` is required"))),
            None => Ok(Self(body)),
        }
    }

    fn take<T>(&self, name: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Field<T> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| Refusal::bad(format!("`{name}` must be {expected}")))
    }

    pub(super) fn text(&self, name: &str) -> Field<&str> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| Refusal::bad(format!("`{name}` must be a string")))
    }

    pub(super) fn flag(&self, name: &str) -> Field<bool> {
        self.take(name, "true or false", Value::as_bool)
    }

    pub(super) fn id(&self, name: &str) -> Field<Text> {
        self.take(name, "an id", id)
    }

    /// An id that was found to be there when the body was read.
    pub(super) fn required_id(&self, name: &str) -> Result<Text, Refusal> {
        self.id(name)?.ok_or_else(|| Refusal::bad(format!("`{name}` is required")))
    }

    pub(super) fn ids(&self, name: &str) -> Field<Vec<Text>> {
        self.take(name, "a list of ids", |value| value.as_array()?.iter().map(id).collect())
    }

    pub(super) fn texts(&self, name: &str) -> Field<Vec<Text>> {
        let text = |value: &Value| value.as_str().map(Text::from);
        self.take(name, "a list of strings", |value| value.as_array()?.iter().map(text).collect())
    }

    /// A whole number within bounds.
    pub(super) fn number(&self, name: &str, least: u8, most: u8) -> Field<u8> {
        self.take(name, &format!("a whole number from {least} to {most}"), |value| {
            id(value)?.parse::<u8>().ok().filter(|number| (least..=most).contains(number))
        })
    }

    /// One of the words of an enum.
    pub(super) fn word<T: FromStr<Err = String>>(&self, name: &str) -> Field<T> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|problem: String| Refusal::bad(format!("`{name}`: {problem}")))
    }
}

/// An int64, as number or text.
fn id(value: &Value) -> Option<Text> {
    match value {
        Value::Number(number) => number.as_i64().map(|number| number.to_string().into()),
        Value::String(text) => text.parse::<i64>().ok().map(|_| text.as_str().into()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::account::Role;

    fn read(body: &str) -> Result<Fields, Refusal> {
        Fields::read(body.as_bytes(), &["user_id", "role", "skill_level", "emails"], &["user_id"], &["role".to_owned()])
    }

    #[test]
    fn ids_come_as_numbers_or_text_and_null_is_absent() {
        for body in [r#"{"user_id": 5}"#, r#"{"user_id": "5", "skill_level": null}"#] {
            let fields = read(body).unwrap();
            assert_eq!(fields.required_id("user_id").unwrap().as_ref(), "5");
            assert_eq!(fields.number("skill_level", 1, 100).unwrap(), None);
        }
        assert_eq!(read(r#"{"user_id": 1, "role": "admin"}"#).unwrap().word::<Role>("role").unwrap(), None);
    }

    #[test]
    fn wrong_bodies_say_what_is_expected() {
        for (body, says) in [
            ("", "not JSON"),
            ("[]", "JSON object"),
            ("{}", "`user_id` is required"),
            (r#"{"user_id": null}"#, "`user_id` is required"),
            (r#"{"user_id": 1, "skil_level": 3}"#, "did you mean `skill_level`?"),
        ] {
            assert!(read(body).unwrap_err().message.contains(says), "{body}");
        }
        let fields = read(r#"{"user_id": "me", "skill_level": 101, "emails": [1]}"#).unwrap();
        assert_eq!(fields.id("user_id").unwrap_err().message, "`user_id` must be an id");
        assert!(fields.number("skill_level", 1, 100).unwrap_err().message.contains("from 1 to 100"));
        assert!(fields.texts("emails").unwrap_err().message.contains("list of strings"));
    }
}
