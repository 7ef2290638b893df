//! The body of a `PATCH`: one attribute, or one member, for each operation.

use serde_json::{Value as Json, json as object};

use super::{Resolve, WriteError, json};
use crate::{
    manifest::{ManagerDialect, MembersDialect, PatchDialect},
    names::{AttrPath, TargetId},
    plan::{Dialect, Operation, Ref, Sent},
};

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The operations of RFC 7644 §3.5.2.
#[derive(Clone, Copy)]
enum Op {
    Add,
    Replace,
    Remove,
}

impl Op {
    fn word(self, dialect: PatchDialect) -> &'static str {
        match (dialect, self) {
            (PatchDialect::Rfc7644, Op::Add) => "add",
            (PatchDialect::Rfc7644, Op::Replace) => "replace",
            (PatchDialect::Rfc7644, Op::Remove) => "remove",
            (PatchDialect::Entra, Op::Add) => "Add",
            (PatchDialect::Entra, Op::Replace) => "Replace",
            (PatchDialect::Entra, Op::Remove) => "Remove",
        }
    }
}

fn message(operations: Vec<Json>) -> Json {
    object!({ "schemas": [PATCH], "Operations": Json::Array(operations) })
}

pub(super) fn attributes(operations: &[Operation], dialect: Dialect, resolve: Resolve<'_>) -> Result<Json, WriteError> {
    let written = operations
        .iter()
        .map(|operation| {
            let (op, path, value) = match operation {
                Operation::Add { path, value } => (Op::Add, path, Some(value)),
                Operation::Replace { path, value } => (Op::Replace, path, Some(value)),
                Operation::Remove { path } => (Op::Remove, path, None),
            };
            let op = op.word(dialect.patch);
            let value = match value {
                None => None,
                Some(Sent::Reference(of)) => {
                    let id = resolve(of).ok_or(WriteError::Unresolved)?;
                    return Ok(manager(op, path, id.as_str(), dialect.manager));
                }
                Some(value) => Some(spelt(json(path, value, resolve)?, dialect.patch)),
            };
            Ok(match (reference(path), value) {
                (Some(whole), None) => object!({ "op": op, "path": whole.as_str() }),
                (Some(whole), Some(id)) => object!({ "op": op, "path": whole.as_str(), "value": { "value": id } }),
                (None, None) => object!({ "op": op, "path": path.as_str() }),
                (None, Some(value)) => object!({ "op": op, "path": path.as_str(), "value": value }),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(message(written))
}

/// A reference to another account. There are services that take a record there for a
/// list, or for an attribute of another name, and store it where nobody looks.
fn manager(op: &str, path: &AttrPath, id: &str, dialect: ManagerDialect) -> Json {
    let whole = if path.sub().is_some() { path.top() } else { path.clone() };
    match dialect {
        ManagerDialect::Record => object!({ "op": op, "path": whole.as_str(), "value": { "value": id } }),
        ManagerDialect::Value => object!({ "op": op, "path": format!("{whole}.value"), "value": id }),
        ManagerDialect::Text => object!({ "op": op, "path": whole.as_str(), "value": id }),
    }
}

/// The attribute of which the path is the id: `urn:…:manager` of `urn:…:manager.value`.
/// Entra sends it as a whole, and there are services that know no other way.
fn reference(path: &AttrPath) -> Option<AttrPath> {
    let is_id = path.sub().is_some_and(|sub| sub.eq_ignore_ascii_case("value"));
    (is_id && path.schema().is_some() && path.selector().is_none()).then(|| path.top())
}

/// Entra writes truths as text.
fn spelt(value: Json, dialect: PatchDialect) -> Json {
    match (dialect, value) {
        (PatchDialect::Entra, Json::Bool(true)) => Json::from("True"),
        (PatchDialect::Entra, Json::Bool(false)) => Json::from("False"),
        (_, other) => other,
    }
}

pub(super) fn add_members(members: &[Ref], dialect: PatchDialect, resolve: Resolve<'_>) -> Result<Json, WriteError> {
    let values = members
        .iter()
        .map(|member| resolve(member).map(|id| object!({ "value": id.as_str() })).ok_or(WriteError::Unresolved))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(message(vec![object!({ "op": Op::Add.word(dialect), "path": "members", "value": values })]))
}

pub(super) fn remove_members(members: &[TargetId], dialect: Dialect) -> Json {
    let op = Op::Remove.word(dialect.patch);
    match dialect.members {
        MembersDialect::Filter => message(
            members
                .iter()
                .map(|id| {
                    let quoted = Json::from(id.as_str());
                    object!({ "op": op, "path": format!("members[value eq {quoted}]") })
                })
                .collect(),
        ),
        MembersDialect::ValueArray => {
            let values: Vec<Json> = members.iter().map(|id| object!({ "value": id.as_str() })).collect();
            message(vec![object!({ "op": op, "path": "members", "value": values })])
        }
    }
}
