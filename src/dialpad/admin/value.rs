//! Values of the admin API, whatever type they come as.

use serde_json::Value as Json;

use super::super::scim::{member, number, truth};
use crate::names::{ApiId, Text};

/// An id: int64 in the OpenAPI file, text in its examples, and both in the wild.
pub(super) fn id(json: &Json) -> Option<ApiId> {
    match json {
        Json::Number(number) if number.is_i64() || number.is_u64() => Some(ApiId::new(number.to_string())),
        // Dots alone would make another address of one that holds them.
        Json::String(text) => Some(text.trim()).filter(|text| !["", ".", ".."].contains(text)).map(ApiId::from),
        Json::Number(_) | Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// The id at a name.
pub(super) fn id_at(json: &Json, name: &str) -> Option<ApiId> {
    member(json, name).and_then(id)
}

/// A text at a name, also where it comes as a number; empty text counts as absent.
pub(super) fn text_at(json: &Json, name: &str) -> Option<Text> {
    text(member(json, name)?)
}

pub(super) fn text(json: &Json) -> Option<Text> {
    let text = match json {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => return None,
    };
    (!text.is_empty()).then(|| text.into())
}

/// A truth at a name.
pub(super) fn flag_at(json: &Json, name: &str) -> Option<bool> {
    member(json, name).and_then(truth)
}

/// A count at a name: a number or text. Less than nothing is nothing.
pub(super) fn count_at(json: &Json, name: &str) -> Option<u64> {
    let found = member(json, name)?;
    number(found).or_else(|| {
        let text = text(found)?;
        text.parse::<i64>().ok().map(|number| u64::try_from(number).unwrap_or(0))
    })
}

/// The entries at a name: none where it is absent or null; one thing counts as a list of it.
pub(super) fn list_at<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    match member(json, name) {
        Some(Json::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// Texts at a name, without empty ones.
pub(super) fn texts_at(json: &Json, name: &str) -> Vec<Text> {
    list_at(json, name).iter().filter_map(text).collect()
}

/// Whether its `state` says that it is there no more.
pub(super) fn is_gone(json: &Json) -> bool {
    text_at(json, "state")
        .is_some_and(|state| ["deleted", "cancelled"].iter().any(|gone| state.eq_ignore_ascii_case(gone)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_a_whole_number_or_text() {
        assert_eq!(id(&json!(5_835_806_903_417_907_u64)), Some("5835806903417907".into()));
        assert_eq!(id(&json!(" 124 ")), Some("124".into()));
        for wrong in [json!(null), json!(""), json!(".."), json!(1.5), json!(true), json!([1]), json!({"id": 1})] {
            assert_eq!(id(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn counts_are_numbers_or_text_and_never_below_nothing() {
        let json = json!({"a": "4", "b": 7, "c": "-2", "d": -3, "e": null, "f": "many"});
        let counts: Vec<_> = ["a", "b", "c", "d", "e", "f", "g"].iter().map(|name| count_at(&json, name)).collect();
        assert_eq!(counts, [Some(4), Some(7), Some(0), Some(0), None, None, None]);
    }

    #[test]
    fn lists_may_be_absent_null_or_one_thing() {
        let json = json!({"a": null, "b": "x", "c": ["x", null, "", 7, {"y": 1}]});
        assert!(texts_at(&json, "a").is_empty() && texts_at(&json, "z").is_empty());
        assert_eq!(texts_at(&json, "b"), ["x".into()]);
        assert_eq!(texts_at(&json, "c"), ["x".into(), "7".into()]);
    }
}
