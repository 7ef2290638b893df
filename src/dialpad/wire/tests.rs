use serde_json::json;

use super::*;
use crate::{
    manifest::{ManagerDialect, MembersDialect, PatchDialect},
    plan::ChangeId,
};

const RFC: Dialect =
    Dialect { patch: PatchDialect::Rfc7644, members: MembersDialect::Filter, manager: ManagerDialect::Record };
const ENTRA: Dialect =
    Dialect { patch: PatchDialect::Entra, members: MembersDialect::ValueArray, manager: ManagerDialect::Record };
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn path(text: &str) -> AttrPath {
    AttrPath::parse(text).unwrap()
}

fn text(value: &str) -> Sent {
    Sent::Value(Value::text(value))
}

fn live(id: &str) -> Ref {
    Ref::Live(TargetId::from(id))
}

/// Every created object has the id `new`, but `change` has none yet.
fn resolve(of: &Ref) -> Option<TargetId> {
    match of {
        Ref::Live(id) => Some(id.clone()),
        Ref::Created(ChangeId(change)) => (&**change != "missing").then(|| TargetId::from("new")),
    }
}

fn written(request: &Request, dialect: Dialect) -> (String, Json) {
    let written = write(request, dialect, &resolve).unwrap();
    let body = written.body.map_or(Json::Null, |body| serde_json::from_slice(&body).unwrap());
    (format!("{} {}", written.method, written.path), body)
}

#[test]
fn a_new_account_is_one_nested_resource() {
    let request = Request::CreateUser {
        attributes: [
            (path("userName"), text("ana@acme.example")),
            (path("active"), text("True")),
            (path("name.givenName"), text("Ana")),
            (path("Name.familyName"), text("Silva")),
            (path(r#"emails[type eq "work"].value"#), text("ana@acme.example")),
            (path(r#"emails[type eq "work"].primary"#), Sent::Value(Value::Boolean(true))),
            (path(r#"emails[type eq "home"].value"#), text("ana@home.example")),
            (path("phoneNumbers.value"), text("+14155550100")),
            (path(&format!("{ENTERPRISE}:department")), text("Sales")),
            (path(&format!("{ENTERPRISE}:manager")), Sent::Reference(Ref::Created(ChangeId("boss".into())))),
            (path("urn:acme:2.0:User:since"), Sent::Value(Value::DateTime("2026-09-01T10:00:00Z".parse().unwrap()))),
        ]
        .into_iter()
        .collect(),
    };
    let (line, body) = written(&request, RFC);
    assert_eq!(line, "POST /Users");
    assert_eq!(
        body,
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE, "urn:acme:2.0:User"],
            "userName": "ana@acme.example",
            "active": true,
            "name": {"givenName": "Ana", "familyName": "Silva"},
            "emails": [
                {"type": "work", "value": "ana@acme.example", "primary": true},
                {"type": "home", "value": "ana@home.example"},
            ],
            "phoneNumbers": [{"value": "+14155550100"}],
            (ENTERPRISE): {"department": "Sales", "manager": {"value": "new"}},
            "urn:acme:2.0:User": {"since": "2026-09-01T10:00:00Z"},
        })
    );
    assert_eq!(written(&request, ENTRA).1, body, "a POST is the same in both dialects");
}

#[test]
fn a_patch_has_one_attribute_for_each_operation_in_the_dialect_asked_for() {
    let request = Request::PatchUser {
        user: live("a/b ü"),
        operations: vec![
            Operation::Replace { path: path("active"), value: Sent::Value(Value::Boolean(false)) },
            Operation::Add { path: path("name.givenName"), value: text("Ana") },
            Operation::Remove { path: path("title") },
            Operation::Add { path: path(&format!("{ENTERPRISE}:manager.value")), value: Sent::Reference(live("boss")) },
        ],
    };
    let (line, body) = written(&request, RFC);
    assert_eq!(line, "PATCH /Users/a%2Fb%20%C3%BC");
    let operations = json!([
        {"op": "replace", "path": "active", "value": false},
        {"op": "add", "path": "name.givenName", "value": "Ana"},
        {"op": "remove", "path": "title"},
        {"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": {"value": "boss"}},
    ]);
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    assert_eq!(body, json!({"schemas": schemas, "Operations": operations}));
    for (manager, at, value) in [
        (ManagerDialect::Value, format!("{ENTERPRISE}:manager.value"), json!("boss")),
        (ManagerDialect::Text, format!("{ENTERPRISE}:manager"), json!("boss")),
    ] {
        let (_, body) = written(&request, Dialect { manager, ..RFC });
        assert_eq!(body["Operations"][3], json!({"op": "add", "path": at, "value": value}));
    }
    let (_, entra) = written(&request, ENTRA);
    assert_eq!(entra["Operations"][0], json!({"op": "Replace", "path": "active", "value": "False"}));
    assert_eq!(entra["Operations"][1]["op"], "Add");
    assert_eq!(entra["Operations"][2], json!({"op": "Remove", "path": "title"}));
}

#[test]
fn members_come_in_one_list_and_go_as_the_dialect_says() {
    let add = Request::AddMembers { group: live("g"), members: vec![live("1"), Ref::Created(ChangeId("x".into()))] };
    let (line, body) = written(&add, RFC);
    assert_eq!(line, "PATCH /Groups/g");
    assert_eq!(
        body["Operations"],
        json!([{"op": "add", "path": "members", "value": [{"value": "1"}, {"value": "new"}]}])
    );
    let remove = Request::RemoveMembers { group: live("g"), members: vec!["1".into(), "a\"b".into()] };
    assert_eq!(
        written(&remove, RFC).1["Operations"],
        json!([
            {"op": "remove", "path": r#"members[value eq "1"]"#},
            {"op": "remove", "path": r#"members[value eq "a\"b"]"#},
        ])
    );
    assert_eq!(
        written(&remove, ENTRA).1["Operations"],
        json!([{"op": "Remove", "path": "members", "value": [{"value": "1"}, {"value": "a\"b"}]}])
    );
}

#[test]
fn deletes_have_no_body_and_groups_begin_empty() {
    assert_eq!(written(&Request::DeleteUser { user: live("1") }, RFC), ("DELETE /Users/1".into(), Json::Null));
    assert_eq!(written(&Request::DeleteGroup { group: live("1") }, RFC), ("DELETE /Groups/1".into(), Json::Null));
    let attributes = [(path("displayName"), text("Sales"))].into_iter().collect();
    let (_, body) = written(&Request::CreateGroup { attributes }, RFC);
    assert_eq!(body, json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Sales"}));
}

#[test]
fn ids_that_lead_elsewhere_and_objects_that_do_not_exist_are_refused() {
    for id in ["..", ".", ""] {
        let error = write(&Request::DeleteUser { user: live(id) }, RFC, &resolve).unwrap_err();
        assert_eq!(error, WriteError::Id(id.into()));
    }
    let missing = Ref::Created(ChangeId("missing".into()));
    let request = Request::AddMembers { group: live("g"), members: vec![missing] };
    assert_eq!(write(&request, RFC, &resolve).unwrap_err(), WriteError::Unresolved);
}

#[test]
fn only_what_ends_the_same_may_be_sent_twice() {
    let patch = |operation| Request::PatchUser { user: live("1"), operations: vec![operation] };
    let emails = Value::List(vec![Value::Record(vec![("value".into(), Value::text("a"))])]);
    for (request, repeat) in [
        (patch(Operation::Replace { path: path("emails"), value: Sent::Value(emails.clone()) }), Repeat::Harmless),
        (patch(Operation::Add { path: path("title"), value: text("x") }), Repeat::Harmless),
        (patch(Operation::Add { path: path("emails"), value: Sent::Value(emails) }), Repeat::IfUnprocessed),
        (Request::CreateUser { attributes: [].into_iter().collect() }, Repeat::IfUnprocessed),
        (Request::AddMembers { group: live("g"), members: vec![] }, Repeat::IfUnprocessed),
        (Request::RemoveMembers { group: live("g"), members: vec![] }, Repeat::Harmless),
        (Request::DeleteUser { user: live("1") }, Repeat::Harmless),
    ] {
        assert_eq!(write(&request, RFC, &resolve).unwrap().repeat, repeat, "{request:?}");
    }
}
