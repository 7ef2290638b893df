//! A place in a document, and what is below it: names in any letter case, `null` as absent.

use super::json::{Document, Json};
use crate::names::Text;

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct At<'a> {
    pub(super) json: &'a Json,
    pub(super) file: &'a Text,
    /// JSON pointer (RFC 6901); empty for the whole document.
    pub(super) pointer: String,
}

impl<'a> At<'a> {
    pub(super) fn root(document: &'a Document) -> Self {
        Self { json: &document.json, file: &document.file, pointer: String::new() }
    }

    fn below(&self, step: &str, json: &'a Json) -> Self {
        let step = step.replace('~', "~0").replace('/', "~1");
        Self { json, file: self.file, pointer: format!("{}/{step}", self.pointer) }
    }

    /// All members in order, `null` ones too.
    pub(super) fn members(&self) -> Vec<(&'a str, At<'a>)> {
        match self.json {
            Json::Map(members) => members.iter().map(|(name, json)| (name.as_str(), self.below(name, json))).collect(),
            _ => Vec::new(),
        }
    }

    /// The member of a name, in any letter case; the exact one first, and not `null`.
    pub(super) fn get(&self, name: &str) -> Option<At<'a>> {
        let Json::Map(members) = self.json else { return None };
        let exact = members.iter().find(|(key, _)| key == name);
        let found = exact.or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
        found.filter(|(_, json)| *json != Json::Null).map(|(key, json)| self.below(key, json))
    }

    /// The items of a list; `None` where it is none.
    pub(super) fn items(&self) -> Option<Vec<At<'a>>> {
        match self.json {
            Json::List(items) => {
                Some(items.iter().enumerate().map(|(i, json)| self.below(&i.to_string(), json)).collect())
            }
            _ => None,
        }
    }

    /// The items of a member that is a list.
    pub(super) fn list(&self, name: &str) -> Vec<At<'a>> {
        self.get(name).and_then(|list| list.items()).unwrap_or_default()
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.json, Json::Map(_))
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        match self.json {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a member.
    pub(super) fn string(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.text()
    }

    /// Text, a number or a truth, as Entra writes it in text.
    pub(super) fn scalar(&self) -> Option<String> {
        match self.json {
            Json::Text(text) | Json::Number(text) => Some(text.clone()),
            Json::Boolean(true) => Some("True".to_owned()),
            Json::Boolean(false) => Some("False".to_owned()),
            Json::Null | Json::List(_) | Json::Map(_) => None,
        }
    }

    /// True or false, also as text in any letter case.
    pub(super) fn truth(&self) -> Option<bool> {
        match self.json {
            Json::Boolean(value) => Some(*value),
            Json::Text(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
            Json::Text(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        match self.json {
            Json::Null => true,
            Json::Text(text) => text.is_empty(),
            Json::List(items) => items.is_empty(),
            Json::Map(members) => members.iter().all(|(_, json)| Self { json, ..self.clone() }.is_empty()),
            Json::Boolean(_) | Json::Number(_) => false,
        }
    }

    /// What kind of value it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.json {
            Json::Null => "null",
            Json::Boolean(_) => "true or false",
            Json::Number(_) => "a number",
            Json::Text(_) => "text",
            Json::List(_) => "a list",
            Json::Map(_) => "an object",
        }
    }

    /// The value on one line, for messages.
    pub(super) fn shown(&self) -> String {
        match self.json {
            Json::List(items) => format!("a list of {}", items.len()),
            Json::Map(_) => "an object".to_owned(),
            Json::Null => "null".to_owned(),
            Json::Text(text) => format!("`{text}`"),
            Json::Boolean(_) | Json::Number(_) => format!("`{}`", self.scalar().unwrap_or_default()),
        }
    }
}
