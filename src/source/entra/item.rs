//! Values of objects as Graph sends them.

use serde_json::{Map, Value as Json, value::RawValue};

use super::trouble::Trouble;

/// A property of another type than the documented one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{property}` is {found}, not {wanted}")]
pub(super) struct Wrong {
    property: String,
    wanted: &'static str,
    found: &'static str,
}

impl Wrong {
    pub fn new(property: &str, wanted: &'static str, found: &Json) -> Self {
        let found = match found {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(_) => "a number",
            Json::String(_) => "text",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        };
        Self { property: property.to_owned(), wanted, found }
    }
}

/// An object of an answer.
pub(super) fn object(raw: &RawValue, what: &str) -> Result<Map<String, Json>, Trouble> {
    serde_json::from_str(raw.get()).map_err(|_| Trouble::unusable(what, "an item of the answer is no object"))
}

/// Text; null and nothing are absent.
pub(super) fn text<'j>(object: &'j Map<String, Json>, property: &str) -> Result<Option<&'j str>, Wrong> {
    match object.get(property) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(other) => Err(Wrong::new(property, "text", other)),
    }
}

/// True or false; null and nothing are absent.
pub(super) fn boolean(object: &Map<String, Json>, property: &str) -> Result<Option<bool>, Wrong> {
    match object.get(property) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Bool(value)) => Ok(Some(*value)),
        Some(other) => Err(Wrong::new(property, "true or false", other)),
    }
}

/// A list of texts; null and nothing are absent.
pub(super) fn texts<'j>(object: &'j Map<String, Json>, property: &str) -> Result<Option<Vec<&'j str>>, Wrong> {
    match object.get(property) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(items)) => {
            let wrong = |item| Wrong::new(property, "a list of texts", item);
            items.iter().map(|item| item.as_str().ok_or_else(|| wrong(item))).collect::<Result<_, _>>().map(Some)
        }
        Some(other) => Err(Wrong::new(property, "a list of texts", other)),
    }
}

/// A list of objects; null and nothing are an empty one.
pub(super) fn objects<'j>(object: &'j Map<String, Json>, property: &str) -> Result<Vec<&'j Map<String, Json>>, Wrong> {
    match object.get(property) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(items)) => {
            let wrong = |item| Wrong::new(property, "a list of objects", item);
            items.iter().map(|item| item.as_object().ok_or_else(|| wrong(item))).collect()
        }
        Some(other) => Err(Wrong::new(property, "a list of objects", other)),
    }
}

/// The id, without which an object cannot be used.
pub(super) fn id<'j>(object: &'j Map<String, Json>, property: &str, what: &str) -> Result<&'j str, Trouble> {
    match text(object, property) {
        Ok(Some(id)) if !id.is_empty() => Ok(id),
        Ok(_) => Err(Trouble::unusable(what, &format!("an item of the answer has no `{property}`"))),
        Err(wrong) => Err(Trouble::unusable(what, &wrong.to_string())),
    }
}
