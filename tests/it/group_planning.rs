//! The planner's rules about groups: created empty, exact membership, renames, what stays.

use dialform::{
    manifest::Target,
    plan::{Action, Plan, Reason},
};
use serde_json::{Value as Json, json};

use crate::inputs::{Scene, account, held, lines, notes, only, only_held, reasons, sent};

const GROUPS: &str = "mappings: { groups: { enabled: true } }\n";

fn scene() -> Scene {
    Scene::new(GROUPS)
}

/// With more keys under `mappings.groups`.
fn with(keys: &str) -> Scene {
    Scene::new(&format!("mappings: {{ groups: {{ enabled: true, {keys} }} }}\n"))
}

fn sg() -> Json {
    json!({ "displayName": "SG", "externalId": "g-SG" })
}

fn members(plan: &Plan, action: Action) -> Vec<&str> {
    let members = &only(plan, action).members;
    members.added.iter().chain(&members.removed).map(|member| &*member.name).collect()
}

#[test]
fn a_group_is_created_empty_and_gets_its_members_afterwards() {
    let plan = scene().member("ana", json!({})).member("bob", json!({})).linked("bob").plan();
    assert_eq!(lines(&plan), ["create ana@acme.example", "create SG", "add members SG"]);
    let create = only(&plan, Action::CreateGroup);
    assert_eq!(
        sent(create),
        json!([{ "create_group": { "attributes": [["displayName", { "value": "SG" }], ["externalId", { "value": "g-SG" }]] } }])
    );
    let add = only(&plan, Action::AddMembers);
    let group = json!({ "created": "create_group:g-SG" });
    let both = json!([{ "live": "d-bob" }, { "created": "create_user:ana" }]);
    assert_eq!(sent(add), json!([{ "add_members": { "group": group, "members": both } }]));
    assert_eq!(add.depends_on.iter().map(|id| &*id.0).collect::<Vec<_>>(), ["create_group:g-SG", "create_user:ana"]);
}

#[test]
fn members_go_in_requests_of_the_size_that_the_service_takes() {
    let mut scene = scene();
    match &mut scene.manifest.target {
        Target::Sandbox(sandbox) => sandbox.scim.members_per_request = 2,
        Target::Dialpad(dialpad) => dialpad.scim.members_per_request = 2,
    }
    for id in ["a", "b", "c", "d", "e"] {
        scene = scene.member(id, json!({})).linked(id);
    }
    let plan = scene.live_group("1", sg(), &[]).group_link("SG", "1", true).plan();
    assert_eq!(only(&plan, Action::AddMembers).requests.len(), 3);
    assert_eq!(plan.requests(), 3);
}

#[test]
fn exact_membership_repairs_drift_in_a_group_that_is_ours() {
    let plan = scene()
        .member("ana", json!({}))
        .linked("ana")
        .user("x", json!({ "userName": "x@acme.example" }))
        .live_group("1", sg(), &["x"])
        .group_link("SG", "1", true)
        .plan();
    assert_eq!(lines(&plan), ["add members SG", "remove members SG"]);
    assert_eq!(members(&plan, Action::RemoveMembers), ["x@acme.example"]);
    assert_eq!(
        sent(only(&plan, Action::RemoveMembers)),
        json!([{ "remove_members": { "group": { "live": "1" }, "members": ["x"] } }])
    );
    let add_only = with("membership: add_only").member("ana", json!({})).linked("ana").live_group("1", sg(), &["x"]);
    assert_eq!(lines(&add_only.group_link("SG", "1", true).plan()), ["add members SG"]);
}

#[test]
fn the_first_removals_from_a_group_that_was_found_are_held() {
    let scene = scene()
        .member("ana", json!({}))
        .linked("ana")
        .user("x", json!({ "userName": "x@acme.example" }))
        .live_group("1", json!({ "displayName": "sg" }), &["x"]);
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["adopt sg", "update sg", "add members sg"]);
    let line = only_held(&plan, Reason::FirstRemovals);
    assert!(line.message.contains("x@acme.example"), "{}", line.message);
    assert!(line.remedy.contains("--allow first_removals=sg"), "{}", line.remedy);
    let allowed = scene.allow("first_removals=SG").plan();
    assert_eq!(members(&allowed, Action::RemoveMembers), ["x@acme.example"]);
    assert!(format!("{:?}", allowed.remember).contains("RemovalsAllowed"));
}

#[test]
fn removals_have_a_budget_for_each_group_apart() {
    let mut scene = Scene::new(&format!("{GROUPS}safety: {{ member_removals: {{ max: 2 }} }}\n"))
        .member("ana", json!({}))
        .linked("ana")
        .group("SH", &["ana"]);
    scene.manifest = crate::inputs::manifest(&format!(
        "{}{GROUPS}safety: {{ member_removals: {{ max: 2 }} }}\n",
        crate::inputs::HEAD.replace("[{ group: SG }]", "[{ group: SG }, { group: SH }]")
    ));
    for id in ["x", "y", "z"] {
        scene = scene.user(id, json!({ "userName": id }));
    }
    let scene = scene
        .live_group("1", sg(), &["d-ana", "x", "y", "z"])
        .group_link("SG", "1", true)
        .live_group("2", json!({ "displayName": "SH", "externalId": "g-SH" }), &["d-ana", "x", "y"])
        .group_link("SH", "2", true);
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["remove members SH"]);
    let line = only_held(&plan, Reason::TooMany);
    assert!(line.message.contains("3 members") && line.remedy.contains("too_many=3"), "{line:?}");
    assert_eq!(lines(&scene.allow("too_many=3").plan()), ["remove members SG", "remove members SH"]);
}

#[test]
fn members_out_of_scope_or_held_are_left_out_and_named_and_those_who_are_in_stay() {
    let plan = scene()
        .member("ana", json!({ "accountEnabled": false }))
        .member("eva", json!({ "accountEnabled": false }))
        .user("d-eva", {
            let mut eva = account("eva");
            eva["active"] = json!(false);
            eva
        })
        .link("eva", "d-eva")
        .member("bob", json!({}))
        .user("1", json!({ "userName": "bob@acme.example" }))
        .user("2", json!({ "userName": "bob@acme.example" }))
        .member("cat", json!({}))
        .linked("cat")
        .live_group("1", sg(), &["2", "d-eva"])
        .group_link("SG", "1", true)
        .plan();
    assert_eq!(lines(&plan), ["add members SG"]);
    assert_eq!(members(&plan, Action::AddMembers), ["cat@acme.example"]);
    let note = plan.notes.iter().find(|note| &*note.code == "member_left_out").unwrap();
    assert!(note.message.contains("ana@acme.example, bob@acme.example"), "{}", note.message);
    assert_eq!(
        held(&plan),
        ["ambiguous_match bob@acme.example"],
        "an account in question is not removed from the group"
    );
}

#[test]
fn a_member_whose_account_is_held_is_left_out_and_the_others_are_added() {
    let plan = Scene::new(&format!("{GROUPS}safety: {{ protect: [{{ user: ceo@acme.example }}] }}\n"))
        .member("ana", json!({}))
        .member("ceo", json!({}))
        .plan();
    assert_eq!(lines(&plan), ["create ana@acme.example", "create SG", "add members SG"]);
    assert_eq!(members(&plan, Action::AddMembers), ["ana@acme.example"]);
    assert_eq!(reasons(&plan), [("protected", 1)].into());
    assert_eq!(notes(&plan), ["member_left_out"]);
}

#[test]
fn a_renamed_group_keeps_its_name_unless_told_otherwise() {
    let old = json!({ "displayName": "Old", "externalId": "g-SG" });
    let live = |scene: Scene| {
        scene
            .member("ana", json!({}))
            .linked("ana")
            .user("x", json!({ "userName": "x@acme.example" }))
            .live_group("1", old.clone(), &["d-ana", "x"])
            .group_link("SG", "1", true)
    };
    let keep = live(with("membership: add_only")).plan();
    assert_eq!((lines(&keep), notes(&keep)), (vec![], vec!["rename_kept"]));
    let update = live(with("membership: add_only, on_rename: update")).plan();
    assert_eq!(lines(&update), ["update Old"]);
    let recreate = live(with("on_rename: recreate")).plan();
    assert_eq!(lines(&recreate), ["create SG", "add members SG", "delete Old"]);
    assert_eq!(members(&recreate, Action::AddMembers), ["ana@acme.example"]);
    assert_eq!(notes(&recreate), ["group_recreated"]);
    let delete = only(&recreate, Action::DeleteGroup);
    assert_eq!(
        delete.depends_on.iter().map(|id| &*id.0).collect::<Vec<_>>(),
        ["create_group:g-SG", "add_members:g-SG"]
    );
    assert_eq!(delete.subject.source, None, "forgetting the old group must not forget the new one");
    let mut unread = live(with("on_rename: recreate"));
    unread.incomplete = vec!["people"];
    assert_eq!(lines(&unread.plan()), Vec::<String>::new(), "all of it or nothing");
}

#[test]
fn a_group_out_of_scope_stays_and_is_noted_unless_deletes_are_on() {
    let live = |scene: Scene| {
        let scene = scene.member("ana", json!({})).linked("ana").live_group("1", sg(), &["d-ana"]);
        let scene =
            scene.group_link("SG", "1", true).group("Old", &[]).live_group("2", json!({ "displayName": "Old" }), &[]);
        scene.group_link("Old", "2", true).live_group("3", json!({ "displayName": "Theirs" }), &[])
    };
    let plan = live(scene()).plan();
    assert_eq!((lines(&plan), notes(&plan)), (vec![], vec!["group_out_of_scope"]));
    assert_eq!(plan.unmanaged.iter().map(|subject| &*subject.name).collect::<Vec<_>>(), ["Theirs"]);
    assert_eq!(lines(&live(with("delete: true")).plan()), ["delete Old"]);
    let mut unread = live(with("delete: true"));
    unread.incomplete = vec!["live_groups"];
    assert_eq!(held(&unread.plan()), ["incomplete Old"]);
}

#[test]
fn a_service_without_groups_is_told_not_failed() {
    let scene = scene().member("ana", json!({})).linked("ana");
    let mut live = scene.live();
    live.groups = dialform::names::Reading::Absent { because: "404".to_owned() };
    let plan = scene.plan_of(&live);
    assert_eq!((lines(&plan), notes(&plan)), (vec![], vec!["groups_unsupported"]));
}

#[test]
fn people_in_a_group_that_was_not_read_are_not_removed() {
    let mut scene = scene()
        .member("ana", json!({}))
        .linked("ana")
        .user("x", json!({ "userName": "x" }))
        .live_group("1", sg(), &["d-ana", "x"])
        .group_link("SG", "1", true);
    assert_eq!(lines(&scene.plan()), ["remove members SG"]);
    for part in ["people", "groups", "users", "live_groups"] {
        scene.incomplete = vec![part];
        let plan = scene.plan();
        assert_eq!((lines(&plan), held(&plan)), (vec![], vec!["incomplete SG".to_owned()]), "{part}");
    }
}

#[test]
fn where_versions_are_kept_only_the_first_change_of_a_group_names_the_one_that_was_read() {
    let mut scene = with("on_rename: update")
        .member("ana", json!({}))
        .linked("ana")
        .live_group("1", json!({ "displayName": "Old", "externalId": "g-SG" }), &[])
        .group_link("SG", "1", true);
    scene.etag = true;
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["update Old", "add members Old"]);
    assert_eq!(plan.changes[0].version.as_deref(), Some("W/1"));
    assert_eq!(plan.changes[1].version, None);
    assert_eq!(plan.changes[1].depends_on, [plan.changes[0].id.clone()]);
}
