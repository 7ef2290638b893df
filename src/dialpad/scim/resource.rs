//! Users and groups out of JSON, whatever the types that were sent.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value as Json;

use super::{kind, member};
use crate::{
    live::{Group, User},
    names::{Attributes, TargetId, Text, Value},
};

/// More names than this are not shared: no honest service has so many.
const MOST_NAMES: usize = 10_000;

/// What is not an attribute to compare: the id itself, the envelope, and what
/// the service derives from groups.
const ENVELOPE: [&str; 4] = ["id", "meta", "schemas", "groups"];

/// Attribute names, each held once for a whole listing.
#[derive(Debug, Default)]
pub(crate) struct Names(HashSet<Text>);

impl Names {
    fn share(&mut self, name: &str) -> Text {
        if let Some(shared) = self.0.get(name) {
            return shared.clone();
        }
        let text = Text::from(name);
        if self.0.len() < MOST_NAMES {
            self.0.insert(text.clone());
        }
        text
    }

    /// A value as [`Value::from_json`] reads it, with shared names.
    fn value(&mut self, json: &Json) -> Option<Value> {
        match json {
            Json::Array(items) => Some(Value::List(items.iter().filter_map(|item| self.value(item)).collect())),
            Json::Object(members) => Some(Value::Record(
                members.iter().filter_map(|(key, value)| Some((self.share(key), self.value(value)?))).collect(),
            )),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Value::from_json(json),
        }
    }

    fn attributes(&mut self, json: &Json, except: &[&str]) -> Attributes {
        json.as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| !ENVELOPE.iter().chain(except).any(|name| key.eq_ignore_ascii_case(name)))
            .filter_map(|(key, value)| Some((self.share(key), self.value(value)?)))
            .collect()
    }
}

/// A user or a group.
pub(crate) trait Resource: Clone + Send + Sync + Sized + 'static {
    /// The collection.
    const PATH: &'static str;
    /// How people call one.
    const ONE: &'static str;
    /// How people call several.
    const MANY: &'static str;

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, a fragment.
    fn read(json: &Json, names: &mut Names) -> Result<Self, String>;

    /// Its id.
    fn id(&self) -> &TargetId;
}

impl Resource for User {
    const PATH: &'static str = "/Users";
    const ONE: &'static str = "account";
    const MANY: &'static str = "accounts";

    fn read(json: &Json, names: &mut Names) -> Result<Self, String> {
        let id = id(json, Self::ONE)?;
        Ok(User { id, attributes: names.attributes(json, &[]), version: version(json) })
    }

    fn id(&self) -> &TargetId {
        &self.id
    }
}

impl Resource for Group {
    const PATH: &'static str = "/Groups";
    const ONE: &'static str = "group";
    const MANY: &'static str = "groups";

    fn read(json: &Json, names: &mut Names) -> Result<Self, String> {
        let id = id(json, Self::ONE)?;
        let members = members(json).map_err(|problem| format!("group `{id}`: {problem}"))?;
        Ok(Group { id, attributes: names.attributes(json, &["members"]), members, version: version(json) })
    }

    fn id(&self) -> &TargetId {
        &self.id
    }
}

fn id(json: &Json, what: &str) -> Result<TargetId, String> {
    if !json.is_object() {
        return Err(format!("expected an object for {}, found {}", article(what), kind(json)));
    }
    match member(json, "id").and_then(id_text) {
        Some(id) => Ok(TargetId::new(id)),
        None => Err(format!("{} has no usable `id`", article(what))),
    }
}

fn article(what: &str) -> String {
    if what.starts_with('a') { format!("an {what}") } else { format!("a {what}") }
}

/// An id, also where it is a number. `.` and `..` would lead elsewhere in an address.
fn id_text(json: &Json) -> Option<String> {
    let text = match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => return None,
    };
    (!["", ".", ".."].contains(&text.as_str())).then_some(text)
}

fn version(json: &Json) -> Option<Text> {
    member(json, "meta").and_then(|meta| member(meta, "version")).and_then(Json::as_str).map(Text::from)
}

/// The members' ids: records with a `value`, as RFC 7643 §4.2 wants, or bare ids.
fn members(json: &Json) -> Result<Vec<TargetId>, String> {
    let Some(members) = member(json, "members") else { return Ok(Vec::new()) };
    let list = match members {
        Json::Array(list) => list.as_slice(),
        Json::Object(_) => std::slice::from_ref(members),
        other => return Err(format!("expected a list of members, found {}", kind(other))),
    };
    let mut ids = BTreeSet::new();
    for entry in list {
        let id = match entry {
            Json::Null => continue,
            Json::Object(_) => member(entry, "value").and_then(id_text),
            other => id_text(other),
        };
        ids.insert(TargetId::new(id.ok_or("a member has no usable `value`")?));
    }
    Ok(ids.into_iter().collect())
}

/// The groups that an account says it is a direct member of.
pub(super) fn claims(json: &Json) -> impl Iterator<Item = TargetId> {
    let groups = member(json, "groups").and_then(Json::as_array);
    groups.into_iter().flatten().filter_map(|group| {
        let nested =
            member(group, "type").and_then(Json::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("indirect"));
        let id = member(group, "value").and_then(id_text).filter(|_| !nested)?;
        Some(TargetId::new(id))
    })
}
