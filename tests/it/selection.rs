//! `--only`, `--except` and `pilot`.

use dialform::names::Text;
use serde_json::json;

use crate::inputs::{HEAD, Scene, held, lines, manifest, notes};

fn scene() -> Scene {
    Scene::new("mappings: { groups: { enabled: true } }\n")
        .member("ana", json!({ "mail": "ana.lopez@acme.example" }))
        .member("bob", json!({}))
        .linked("gone")
        .member("eva", json!({}))
        .user("1", json!({ "userName": "eva@acme.example" }))
        .user("2", json!({ "userName": "eva@acme.example" }))
}

fn only(names: &[&str]) -> Scene {
    let mut scene = scene();
    scene.options.only = names.iter().map(|name| Text::from(*name)).collect();
    scene
}

fn except(names: &[&str]) -> Scene {
    let mut scene = scene();
    scene.options.except = names.iter().map(|name| Text::from(*name)).collect();
    scene
}

#[test]
fn only_takes_people_by_any_of_their_names_and_counts_the_rest() {
    for name in ["ana", "ANA@acme.example", "Ana.Lopez@acme.example"] {
        let plan = only(&[name]).plan();
        assert_eq!((lines(&plan), plan.left_out, held(&plan)), (vec!["create ana@acme.example".to_owned()], 4, vec![]));
    }
    let gone = only(&["gone@acme.example"]).plan();
    assert_eq!(lines(&gone), ["disable gone@acme.example"]);
    let held_too = only(&["eva"]).plan();
    assert_eq!((lines(&held_too), held(&held_too)), (vec![], vec!["ambiguous_match eva@acme.example".to_owned()]));
}

#[test]
fn only_a_group_takes_what_it_depends_on() {
    let plan = only(&["sg"]).plan();
    assert_eq!(lines(&plan), ["create ana@acme.example", "create bob@acme.example", "create SG", "add members SG"]);
    assert_eq!(plan.left_out, 1);
}

#[test]
fn except_leaves_out_and_the_others_lose_only_what_needs_it() {
    let plan = except(&["ana"]).plan();
    assert_eq!(lines(&plan), ["disable gone@acme.example", "create bob@acme.example", "create SG", "add members SG"]);
    let add = plan.changes.last().unwrap();
    assert_eq!(add.members.added.len(), 1);
    assert_eq!(plan.left_out, 1);
    let group = except(&["SG"]).plan();
    assert_eq!((lines(&group).len(), group.left_out), (3, 2));
}

#[test]
fn a_name_of_nobody_is_said_with_a_near_miss() {
    let plan = only(&["anna@acme.example"]).plan();
    let note = plan.notes.iter().find(|note| &*note.code == "names_nobody").unwrap();
    assert!(note.message.contains("did you mean ana@acme.example?"), "{}", note.message);
    assert_eq!(plan.left_out, 5);
}

#[test]
fn a_pilot_is_about_these_people_alone() {
    let mut scene = scene();
    scene.manifest =
        manifest(&format!("{HEAD}pilot: [bob@acme.example]\nmappings: {{ groups: {{ enabled: true }} }}\n"));
    let plan = scene.plan();
    assert_eq!((lines(&plan), plan.left_out), (vec!["create bob@acme.example".to_owned()], 4));
    assert!(!notes(&plan).contains(&"names_nobody"));
}
