//! A plan of the planner as people see it: causes, messages and remedies in place.

use dialform::render::text::{View, plan as text};
use serde_json::json;

use crate::inputs::{Scene, account};

#[test]
fn a_plan_reads_well() {
    let mut scene = Scene::new(
        "safety: { disables: { max: 1 }, protect: [{ user: ceo@acme.example }] }\n\
         mappings:\n  groups: { enabled: true, membership: exact }\n",
    )
    .member("ana", json!({ "givenName": "Ana", "surname": "López", "jobTitle": "Lead" }))
    .member("bea", json!({ "jobTitle": "Head of support" }))
    .member("cleo", json!({ "manager": "ana" }))
    .member("dan", json!({ "proxyAddresses": ["SMTP:dan@acme.example", "smtp:daniel@acme.example"] }))
    .linked("bea")
    .account("cleo")
    .person("eva", json!({}))
    .linked("eva")
    .person("finn", json!({}))
    .linked("finn")
    .person("ceo", json!({}))
    .linked("ceo")
    .person("gil", json!({ "accountEnabled": false }))
    .linked("gil")
    .user("s-1", json!({ "userName": "lobby@acme.example", "active": true }))
    .user("s-2", json!({ "userName": "daniel@acme.example", "active": true }))
    .user("s-3", json!({ "userName": "hank@acme.example", "externalId": "hank", "active": true }))
    .live_group("l-sg", json!({ "displayName": "SG" }), &["d-bea", "d-finn"]);
    let mut back = account("ivy");
    back["active"] = json!(false);
    scene =
        scene.member("ivy", json!({})).user("d-ivy", back).link("ivy", "d-ivy").disabled("ivy", "2027-01-01T00:00:00Z");
    insta::assert_snapshot!(text(&scene.plan(), &View { width: Some(100), ..View::default() }));
}
