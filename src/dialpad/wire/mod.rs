//! A request of a plan as it is written: method, path and body (RFC 7644 §3.3,
//! §3.5.2, §3.6), a function of the request and the dialect alone.

mod create;
mod patch;

use bytes::Bytes;
use http::Method;
use serde_json::Value as Json;

use super::{Resolve, scim::object_path};
use crate::{
    http::Repeat,
    names::{AttrPath, TargetId, Value},
    plan::{Dialect, Operation, Ref, Request, Sent},
};

const USERS: &str = "/Users";
const GROUPS: &str = "/Groups";

/// A request as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) method: Method,
    /// Below the service's address, escaped.
    pub(super) path: String,
    pub(super) body: Option<Bytes>,
    pub(super) repeat: Repeat,
}

/// Why a request cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WriteError {
    /// An object that it names has no id yet.
    #[error("an object that the request names does not exist: its own creation was not done")]
    Unresolved,
    /// It does not go over SCIM.
    #[error("the request goes to the admin API, and the manifest names none")]
    Admin,
    /// An id that would lead to another address.
    #[error("the id `{0}` cannot stand in an address")]
    Id(TargetId),
}

pub(super) fn write(request: &Request, dialect: Dialect, resolve: Resolve<'_>) -> Result<Written, WriteError> {
    let object = |collection: &str, of: &Ref| {
        let id = resolve(of).ok_or(WriteError::Unresolved)?;
        object_path(collection, &id).ok_or(WriteError::Id(id))
    };
    let written =
        |method, path, body: Option<Json>, repeat| Written { method, path, body: body.as_ref().map(bytes), repeat };
    Ok(match request {
        Request::CreateUser { attributes } => {
            let body = create::body(create::USER, attributes, resolve)?;
            written(Method::POST, USERS.to_owned(), Some(body), Repeat::IfUnprocessed)
        }
        Request::CreateGroup { attributes } => {
            let body = create::body(create::GROUP, attributes, resolve)?;
            written(Method::POST, GROUPS.to_owned(), Some(body), Repeat::IfUnprocessed)
        }
        Request::PatchUser { user, operations } => {
            let body = patch::attributes(operations, dialect, resolve)?;
            written(Method::PATCH, object(USERS, user)?, Some(body), repeat(operations))
        }
        Request::PatchGroup { group, operations } => {
            let body = patch::attributes(operations, dialect, resolve)?;
            written(Method::PATCH, object(GROUPS, group)?, Some(body), repeat(operations))
        }
        Request::AddMembers { group, members } => {
            let body = patch::add_members(members, dialect.patch, resolve)?;
            // There are services that list a member twice who was added twice.
            written(Method::PATCH, object(GROUPS, group)?, Some(body), Repeat::IfUnprocessed)
        }
        Request::RemoveMembers { group, members } => {
            let body = patch::remove_members(members, dialect);
            written(Method::PATCH, object(GROUPS, group)?, Some(body), Repeat::Harmless)
        }
        Request::DeleteUser { user } => written(Method::DELETE, object(USERS, user)?, None, Repeat::Harmless),
        Request::DeleteGroup { group } => written(Method::DELETE, object(GROUPS, group)?, None, Repeat::Harmless),
        Request::Admin(_) => return Err(WriteError::Admin),
    })
}

/// Setting and removing ends the same however often it is done; adding to a list does not.
fn repeat(operations: &[Operation]) -> Repeat {
    let adds_to_a_list = |operation: &Operation| match operation {
        Operation::Add { value: Sent::Value(Value::List(_) | Value::Record(_)), .. } => true,
        Operation::Add { path, .. } => path.selector().is_some(),
        Operation::Replace { .. } | Operation::Remove { .. } => false,
    };
    if operations.iter().any(adds_to_a_list) { Repeat::IfUnprocessed } else { Repeat::Harmless }
}

fn bytes(json: &Json) -> Bytes {
    Bytes::from(json.to_string())
}

/// A value to be sent. A reference without a sub-attribute is a record (`manager`, RFC 7643 §4.3).
fn json(path: &AttrPath, sent: &Sent, resolve: Resolve<'_>) -> Result<Json, WriteError> {
    match sent {
        Sent::Value(value) => Ok(typed(path, value)),
        Sent::Reference(of) => {
            let id = Json::from(resolve(of).ok_or(WriteError::Unresolved)?.as_str());
            Ok(if path.sub().is_some() { id } else { serde_json::json!({ "value": id }) })
        }
    }
}

/// The value as JSON: instants as RFC 7643 §2.3.5 writes them, and the two
/// attributes that are truths on every service never as text.
fn typed(path: &AttrPath, value: &Value) -> Json {
    let name = path.sub().unwrap_or(path.attribute());
    match value {
        Value::Text(text) if ["active", "primary"].iter().any(|truth| name.eq_ignore_ascii_case(truth)) => {
            match text.to_ascii_lowercase().as_str() {
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                _ => value.to_json(),
            }
        }
        other => plain(other),
    }
}

fn plain(value: &Value) -> Json {
    match value {
        Value::DateTime(instant) => Json::from(instant.to_string()),
        Value::List(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Record(members) => {
            Json::Object(members.iter().map(|(name, value)| (name.to_string(), plain(value))).collect())
        }
        Value::Text(_) | Value::Integer(_) | Value::Boolean(_) => value.to_json(),
    }
}

#[cfg(test)]
mod tests;
