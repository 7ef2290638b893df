//! A plan of the planner as people see it: causes, messages and remedies in place.

use dialform::{
    plan::{self, Explanation, Inputs},
    render::{
        json as as_json, neutral,
        text::{self, View},
    },
};
use serde_json::{Value, json};

use crate::inputs::{Scene, account};

const VIEW: View = View { color: false, width: Some(100), all: false, unmanaged: false };

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
    insta::assert_snapshot!(text::plan(&scene.plan(), &VIEW));
}

fn explained(scene: &Scene, who: &str) -> Explanation {
    let (directory, live) = (scene.directory(), scene.live());
    let (manifest, memory, now) = (&scene.manifest, &scene.memory, scene.now.parse().unwrap());
    let inputs = Inputs { manifest, directory: &directory, live: &live, memory, now };
    plan::explain(&inputs, &scene.options, who).unwrap()
}

/// A filter, a secret, a failing expression, a default, and a name that is an attack.
fn scene() -> Scene {
    Scene::new(
        "mappings:\n  groups: { enabled: true }\n  users:\n    attributes:\n      \
         userName: { attribute: userPrincipalName }\n      \
         externalId: { attribute: objectId }\n      \
         active: { expression: 'Not([IsSoftDeleted])' }\n      \
         displayName: { attribute: displayName, apply: on_create }\n      \
         title: { attribute: jobTitle, default: Agent }\n      \
         nickName: { expression: 'Redact([codeName])' }\n      \
         manager: { attribute: manager }\n\
         filters: { users: [{ name: Staff, where: [{ attribute: employeeType, operator: equals, value: Staff }] }] }\n",
    )
    .member("ana", json!({ "employeeType": "Staff", "displayName": "Ana\u{1b}[2J", "codeName": "Falcon" }))
    .member("bea", json!({ "employeeType": "Staff", "jobTitle": "Lead", "manager": "ana" }))
    .linked("bea")
    .member("kai", json!({ "employeeType": "Contractor" }))
    .linked("kai")
    .user("fax", json!({ "userName": "fax@acme.example" }))
}

#[test]
fn somebody_new_is_explained_step_by_step() {
    insta::assert_snapshot!(text::explain(&explained(&scene(), "ana@acme.example"), &VIEW));
}

#[test]
fn somebody_who_differs_is_explained_with_before_and_after() {
    insta::assert_snapshot!(text::explain(&explained(&scene(), "bea@acme.example"), &VIEW));
}

#[test]
fn a_leaver_is_explained_by_the_first_check_that_fails() {
    insta::assert_snapshot!(text::explain(&explained(&scene(), "kai@acme.example"), &VIEW));
}

#[test]
fn an_explanation_as_json() {
    insta::assert_snapshot!(as_json::explain(&explained(&scene(), "ana@acme.example")));
}

#[test]
fn an_explanation_tells_no_secret_and_sends_nothing_to_the_terminal() {
    for who in ["ana@acme.example", "bea@acme.example", "kai@acme.example", "fax@acme.example", "SG"] {
        let shown = explained(&scene(), who);
        let texts = [text::explain(&shown, &View { all: true, ..VIEW }), as_json::explain(&shown)];
        for text in &texts {
            assert!(!text.contains("Falcon"), "{text}");
            assert!(!text.contains(|c| c != '\n' && neutral::is_hostile(c)), "{text}");
        }
        assert!(serde_json::from_str::<Value>(&texts[1]).is_ok());
    }
}
