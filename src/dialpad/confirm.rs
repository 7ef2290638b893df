//! What was accepted but not stored.

use std::{borrow::Cow, sync::LazyLock};

use super::Resolve;
use crate::{
    live::{self, Group, Resource, Schema, User},
    names::{AttrPath, Attributes, TargetId, Value},
    plan::{Comparison, Operation, Request, Sent},
};

/// Attributes beyond RFC 7643 are compared exactly, as the planner does with what
/// the service does not declare.
static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::rfc7643);

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

    fn resource(&self) -> Resource {
        match self {
            Stored::User(_) => Resource::User,
            Stored::Group(_) => Resource::Group,
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
    let missing = |path: &AttrPath, sent: &Sent| (!holds(stored, path, sent, resolve)).then(|| path.clone());
    let members = |wrong: bool| if wrong { vec![AttrPath::core("members")] } else { Vec::new() };
    let is_member = |id: &TargetId| stored.members().binary_search(id).is_ok();
    match request {
        Request::CreateUser { attributes } | Request::CreateGroup { attributes } => {
            attributes.iter().filter_map(|(path, sent)| missing(path, &sent)).collect()
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
        Request::DeleteUser { .. } | Request::DeleteGroup { .. } | Request::Admin(_) => Vec::new(),
    }
}

fn holds(stored: Stored<'_>, path: &AttrPath, sent: &Sent, resolve: Resolve<'_>) -> bool {
    let held = live::at(stored.attributes(), path);
    let wanted = match sent {
        Sent::Value(value) => Cow::Borrowed(value),
        Sent::Reference(of) => match resolve(of) {
            Some(id) => Cow::Owned(Value::text(id.text().clone())),
            None => return true,
        },
    };
    match held {
        Some(held) => Comparison::of(&SCHEMA, stored.resource(), path).holds(&held, &wanted),
        // An account without `active` is active, and what is empty may be left out.
        None => wanted.is_empty() || (path.is("active") && is_true(&wanted)),
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Boolean(value) => *value,
        Value::Text(text) => text.eq_ignore_ascii_case("true"),
        Value::Integer(_) | Value::DateTime(_) | Value::List(_) | Value::Record(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ChangeId, Ref};

    fn user(attributes: &serde_json::Value) -> User {
        let attributes = match Value::from_json(attributes) {
            Some(Value::Record(members)) => members.into_iter().collect(),
            other => panic!("{other:?}"),
        };
        User { id: "1".into(), attributes, version: None }
    }

    /// Paths that `stored` lacks of what was sent.
    fn lacks(sent: &[(&str, Sent)], stored: &serde_json::Value) -> Vec<String> {
        let attributes = sent.iter().map(|(path, sent)| (AttrPath::parse(path).unwrap(), sent.clone())).collect();
        let resolve = |of: &Ref| match of {
            Ref::Live(id) => Some(id.clone()),
            Ref::Created(_) => None,
        };
        let missing = confirm(&Request::CreateUser { attributes }, &resolve, Stored::User(&user(stored)));
        missing.iter().map(ToString::to_string).collect()
    }

    fn text(value: &str) -> Sent {
        Sent::Value(Value::text(value))
    }

    #[test]
    fn what_servers_write_otherwise_is_stored_all_the_same() {
        let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
        let sent = [
            ("userName", text("Ana@Acme.example")),
            ("active", Sent::Value(Value::Boolean(true))),
            ("nickName", text("")),
            (r#"emails[type eq "work"].value"#, text("ana@acme.example")),
            (manager, Sent::Reference(Ref::Live("7".into()))),
            ("title", Sent::Reference(Ref::Created(ChangeId("nobody yet".into())))),
        ];
        let stored = serde_json::json!({
            "userName": "ana@acme.example",
            "emails": [{"type": "home", "value": "x"}, {"type": "Work", "value": "ANA@acme.example", "primary": false}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "7", "$ref": "x"}},
        });
        assert!(lacks(&sent, &stored).is_empty());
        let stored = serde_json::json!({"active": "True"});
        assert!(lacks(&sent[1..2], &stored).is_empty());
    }

    #[test]
    fn what_is_not_there_or_another_value_is_named() {
        let sent = [
            ("active", Sent::Value(Value::Boolean(false))),
            ("title", text("Lead")),
            ("externalId", text("AbC")),
            (r#"emails[type eq "work"].value"#, text("ana@acme.example")),
            ("urn:acme:2.0:User:badge", text("X1")),
        ];
        let stored = serde_json::json!({
            "title": "Leader", "externalId": "abc", "emails": [{"type": "home", "value": "ana@acme.example"}],
            "urn:acme:2.0:User": {"badge": "x1"},
        });
        let all = ["active", "title", "externalId", r#"emails[type eq "work"].value"#, "urn:acme:2.0:User:badge"];
        assert_eq!(lacks(&sent, &stored), all);
    }
}
