//! What was accepted but not stored.

use serde_json::Value as Json;

use super::Resolve;
use crate::{
    live::{self, Group, User},
    names::{AttrPath, Attributes, TargetId, Value, eq_fold},
    plan::{Operation, Request, Sent},
};

/// An object after a change, from the answer or a read back.
#[derive(Clone, Copy, Debug)]
pub enum Stored<'a> {
    /// An account.
    User(&'a User),
    /// A group.
    Group(&'a Group),
}

impl Stored<'_> {
    fn attributes(&self) -> &Attributes {
        match self {
            Stored::User(user) => &user.attributes,
            Stored::Group(group) => &group.attributes,
        }
    }

    fn members(&self) -> &[TargetId] {
        match self {
            Stored::User(_) => &[],
            Stored::Group(group) => &group.members,
        }
    }
}

/// Paths of attributes that the service accepted and did not store, in the
/// request's order. Members that did not come or go are named as `members`.
pub fn confirm(request: &Request, resolve: Resolve<'_>, stored: Stored<'_>) -> Vec<AttrPath> {
    let missing =
        |path: &AttrPath, sent: &Sent| (!holds(stored.attributes(), path, sent, resolve)).then(|| path.clone());
    let members = |wrong: bool| if wrong { vec![AttrPath::core("members")] } else { Vec::new() };
    let is_member = |id: &TargetId| stored.members().binary_search(id).is_ok();
    match request {
        Request::CreateUser { attributes } | Request::CreateGroup { attributes } => {
            attributes.iter().filter_map(|(path, sent)| missing(path, sent)).collect()
        }
        Request::PatchUser { operations, .. } | Request::PatchGroup { operations, .. } => operations
            .iter()
            .filter_map(|operation| match operation {
                Operation::Add { path, value } | Operation::Replace { path, value } => missing(path, value),
                Operation::Remove { path } => live::at(stored.attributes(), path).map(|_| path.clone()),
            })
            .collect(),
        Request::AddMembers { members: added, .. } => {
            members(!added.iter().filter_map(resolve).all(|id| is_member(&id)))
        }
        Request::RemoveMembers { members: removed, .. } => members(removed.iter().any(is_member)),
        Request::DeleteUser { .. } | Request::DeleteGroup { .. } => Vec::new(),
    }
}

fn holds(attributes: &Attributes, path: &AttrPath, sent: &Sent, resolve: Resolve<'_>) -> bool {
    let held = live::at(attributes, path);
    match sent {
        Sent::Reference(of) => {
            let Some(id) = resolve(of) else { return true };
            held.is_some_and(|held| match &*held {
                Value::Record(_) => held.member("value").is_some_and(|value| is(value, &Value::text(id.as_str()))),
                other => is(other, &Value::text(id.as_str())),
            })
        }
        Sent::Value(wanted) => match held {
            Some(held) => is(&held, wanted),
            // An account without `active` is active, and what is empty may be left out.
            None => wanted.is_empty() || (path.is("active") && truth(wanted) == Some(true)),
        },
    }
}

/// Whether a stored value is the one that was sent: text without case, truths
/// also as text, lists as sets, and of records what was sent.
fn is(held: &Value, sent: &Value) -> bool {
    match (held, sent) {
        (Value::Record(_), Value::Record(members)) => members
            .iter()
            .all(|(name, wanted)| held.member(name).map_or_else(|| wanted.is_empty(), |held| is(held, wanted))),
        (Value::List(items), Value::List(wanted)) => {
            items.len() == wanted.len() && wanted.iter().all(|wanted| items.iter().any(|item| is(item, wanted)))
        }
        (Value::List(items), single) => items.iter().any(|item| is(item, single)),
        (single, Value::List(wanted)) => wanted.len() == 1 && is(single, &wanted[0]),
        (Value::DateTime(instant), Value::Text(text)) | (Value::Text(text), Value::DateTime(instant)) => {
            text.parse::<jiff::Timestamp>().is_ok_and(|other| other == *instant)
        }
        // Some services hold a record where a plain value was sent.
        (Value::Record(_), plain) => held.member("value").is_some_and(|held| is(held, plain)),
        (held, sent) => match (truth(held), truth(sent)) {
            (Some(held), Some(sent)) => held == sent,
            _ => eq_fold(&plain(held), &plain(sent)),
        },
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(value) => Some(*value),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Value::Text(_) | Value::Integer(_) | Value::DateTime(_) | Value::List(_) | Value::Record(_) => None,
    }
}

fn plain(value: &Value) -> String {
    match value.to_json() {
        Json::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}
