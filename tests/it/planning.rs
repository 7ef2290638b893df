//! The planner's rules, one by one: what changes, what is held, and why.

use dialform::{
    directory::OtherWriter,
    manifest::{ReadDialect, Target},
    plan::{Action, Reason},
};
use serde_json::json;

use crate::inputs::{Scene, account, held, lines, notes, only, only_held, reasons, sent};

const ANA: &str = "ana@acme.example";

#[test]
fn an_entitled_person_gets_an_account_with_every_mapped_value() {
    let plan = Scene::new("").member("ana", json!({ "givenName": "Ana", "jobTitle": "Lead" })).plan();
    assert_eq!(lines(&plan), ["create ana@acme.example"]);
    let create = only(&plan, Action::CreateUser);
    assert_eq!(&*create.id.0, "create_user:ana");
    assert_eq!(&*create.cause.text, "group SG");
    assert_eq!(create.cause.place.as_ref().unwrap().line, 5);
    let attributes = &sent(create)[0]["create_user"]["attributes"];
    assert_eq!(
        *attributes,
        json!([
            ["userName", { "value": ANA }],
            ["externalId", { "value": "ana" }],
            ["active", { "value": true }],
            ["name.givenName", { "value": "Ana" }],
            ["title", { "value": "Lead" }],
            ["emails[type eq \"work\"].value", { "value": ANA }],
        ])
    );
    assert_eq!((plan.read.people, plan.read.entitled, plan.read.unchanged), (1, 1, 0));
}

#[test]
fn what_is_equal_produces_no_change() {
    let mut other_case = account("ana");
    other_case["userName"] = json!("Ana@Acme.example");
    other_case["active"] = json!("True");
    let plan = Scene::new("").member("ana", json!({})).user("d-ana", other_case).link("ana", "d-ana").plan();
    assert_eq!((lines(&plan), held(&plan)), (vec![], vec![]));
    assert_eq!(plan.read.unchanged, 1);
}

#[test]
fn an_update_names_before_after_and_the_mapping() {
    let scene = Scene::new("").member("ana", json!({ "jobTitle": "Lead" })).linked("ana");
    let plan = scene.plan();
    let update = only(&plan, Action::UpdateUser);
    assert_eq!(
        sent(update)[0]["patch_user"]["operations"],
        json!([{ "add": { "path": "title", "value": { "value": "Lead" } } }])
    );
    assert_eq!(update.attributes.len(), 1);
    assert_eq!(update.attributes[0].before, None);
    assert_eq!(&*update.cause.text, "mapping of `title`");
}

#[test]
fn a_changed_address_is_one_update_of_the_linked_account() {
    let plan = Scene::new("")
        .person("ana", json!({ "userPrincipalName": "ana.lopez@acme.example" }))
        .group("SG", &["ana"])
        .linked("ana")
        .plan();
    assert_eq!(lines(&plan), ["update ana@acme.example"]);
}

#[test]
fn an_equal_external_id_proves_whose_account_it_is_and_is_adopted() {
    let mut renamed = account("ana");
    renamed["userName"] = json!("old@acme.example");
    let plan = Scene::new("").member("ana", json!({})).user("7", renamed).plan();
    assert_eq!(lines(&plan), ["adopt old@acme.example", "update old@acme.example"]);
    let adopt = only(&plan, Action::AdoptUser);
    assert_eq!(&*adopt.cause.text, "matched by externalId");
    assert!(adopt.requests.is_empty());
    assert_eq!(only(&plan, Action::UpdateUser).depends_on.as_slice(), std::slice::from_ref(&adopt.id));
}

#[test]
fn adoptions_by_a_matching_attribute_alone_have_a_budget_and_hold_what_needs_them() {
    let scene = |max: u32| {
        let mut scene = Scene::new(&format!("safety: {{ adopts: {{ max: {max} }} }}\n"));
        for id in ["ana", "bob", "cat", "dan"] {
            scene = scene
                .member(id, json!({}))
                .user(&format!("d-{id}"), json!({ "userName": format!("{id}@acme.example") }));
        }
        scene
    };
    let plan = scene(4).plan();
    assert_eq!(&lines(&plan)[..2], ["adopt ana@acme.example", "adopt bob@acme.example"]);
    assert_eq!(&*plan.changes[0].cause.text, "matched by userName only");
    let plan = scene(3).plan();
    assert_eq!(lines(&plan), Vec::<String>::new());
    assert_eq!(reasons(&plan), [("depends_on_held", 4), ("too_many", 4)].into());
    assert_eq!(lines(&scene(3).allow("too_many=4").plan()).len(), 8);
    assert_eq!(lines(&scene(3).allow("too_many=3").plan()).len(), 0);
    assert_eq!(
        lines(&scene(3).allow("too_many=bob@acme.example").plan()),
        ["adopt bob@acme.example", "update bob@acme.example"]
    );
}

#[test]
fn several_accounts_with_the_matching_value_are_held_and_named() {
    let plan = Scene::new("")
        .member("ana", json!({}))
        .user("1", json!({ "userName": ANA }))
        .user("2", json!({ "userName": "ANA@acme.example" }))
        .plan();
    assert_eq!(lines(&plan), Vec::<String>::new());
    let held = only_held(&plan, Reason::AmbiguousMatch);
    assert!(held.message.contains("(1)") && held.message.contains("(2)"), "{}", held.message);
    assert_eq!(plan.unmanaged, [], "accounts in question are nobody's business");
}

#[test]
fn two_people_who_want_one_account_are_both_held() {
    let same = json!({ "userPrincipalName": ANA });
    let live =
        Scene::new("").member("ana", json!({})).member("an2", same.clone()).user("1", json!({ "userName": ANA }));
    assert_eq!(reasons(&live.plan()), [("duplicate_source", 2)].into());
    let create = Scene::new("").member("ana", json!({})).member("an2", same);
    assert_eq!(reasons(&create.plan()), [("duplicate_source", 2)].into());
}

#[test]
fn link_and_external_id_that_disagree_are_held() {
    let plan = Scene::new("")
        .member("ana", json!({}))
        .account("ana")
        .user("9", json!({ "userName": "x" }))
        .link("ana", "9")
        .plan();
    assert_eq!(held(&plan), ["link_conflict ana@acme.example"]);
}

#[test]
fn a_reused_address_does_not_give_a_new_hire_a_leavers_account() {
    let scene = Scene::new("").member("new", json!({ "userPrincipalName": ANA })).linked("ana");
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["disable ana@acme.example"]);
    assert_eq!(held(&plan), ["identity_conflict ana@acme.example"]);
    let remedy = &only_held(&plan, Reason::IdentityConflict).remedy;
    assert!(remedy.contains("--allow identity_conflict=ana@acme.example"), "{remedy}");
    let carried = Scene::new("").member("new", json!({ "userPrincipalName": ANA })).account("ana");
    assert_eq!(reasons(&carried.plan()), [("identity_conflict", 1)].into());
    let allowed = carried.allow("identity_conflict=ana@acme.example").plan();
    assert_eq!(lines(&allowed), ["adopt ana@acme.example", "update ana@acme.example"]);
}

#[test]
fn whoever_has_no_matching_value_is_held() {
    let lines = "mappings: { users: { match: [externalId], attributes: { externalId: { attribute: employeeId }, \
                 userName: { attribute: userPrincipalName } } } }\n";
    let plan = Scene::new(lines).member("ana", json!({})).plan();
    assert_eq!(held(&plan), ["no_matching_value ana@acme.example"]);
}

#[test]
fn a_required_attribute_without_a_value_is_held() {
    let lines = "mappings: { users: { match: [externalId], attributes: { externalId: { attribute: objectId }, \
                 userName: { attribute: mail } } } }\n";
    let plan = Scene::new(lines).member("ana", json!({})).plan();
    let held = only_held(&plan, Reason::MissingRequired);
    assert!(held.message.contains("`userName` from `[mail]`"), "{}", held.message);
    assert!(held.places[0].line > 0);
}

#[test]
fn an_expression_that_fails_for_one_person_holds_that_person() {
    let lines = "mappings: { users: { attributes: { userName: { attribute: userPrincipalName }, \
                 title: { expression: 'FormatDateTime([employeeId], , \"yyyy-MM-dd\", \"yyyy\")' } } } }\n";
    let scene = Scene::new(lines)
        .member("ana", json!({ "employeeId": "x1" }))
        .member("bob", json!({ "employeeId": "2020-01-01" }));
    let plan = scene.plan();
    assert_eq!(crate::inputs::lines(&plan), ["create bob@acme.example"]);
    let held = only_held(&plan, Reason::ExpressionFailed);
    assert!(held.message.contains("[employeeId] is \"x1\""), "{}", held.message);
}

#[test]
fn leavers_come_first_and_are_disabled_never_deleted() {
    let scene = Scene::new("")
        .member("new", json!({}))
        .person("bob", json!({}))
        .linked("bob")
        .member("cat", json!({ "accountEnabled": false }))
        .linked("cat")
        .linked("gone");
    let plan = scene.plan();
    assert_eq!(
        lines(&plan),
        [
            "disable cat@acme.example",
            "disable gone@acme.example",
            "disable bob@acme.example",
            "create new@acme.example"
        ],
        "those whom the directory took out come before those of a policy"
    );
    let patch = json!([{ "patch_user": { "user": { "live": "d-bob" },
        "operations": [{ "replace": { "path": "active", "value": { "value": false } } }] } }]);
    assert_eq!(sent(&plan.changes[2]), patch);
    assert_eq!(&*plan.changes[2].cause.text, "not in group SG");
}

#[test]
fn an_account_without_proof_is_not_disabled() {
    let scene = Scene::new("")
        .person("ana", json!({}))
        .user("1", json!({ "userName": ANA, "active": true }))
        .member("bob", json!({}));
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["create bob@acme.example"]);
    assert_eq!(held(&plan), ["unproven_owner ana@acme.example"]);
    let allowed = scene.allow("unproven_owner=1").plan();
    assert_eq!(lines(&allowed), ["disable ana@acme.example", "create bob@acme.example"]);
}

#[test]
fn an_account_with_an_external_id_of_nobody_is_held_and_a_stranger_is_left_alone() {
    let scene = Scene::new("")
        .member("bob", json!({}))
        .linked("bob")
        .user("1", json!({ "userName": "who@acme.example", "externalId": "??" }))
        .user("2", json!({ "userName": "fax@acme.example" }));
    let plan = scene.plan();
    assert_eq!(lines(&plan), Vec::<String>::new());
    assert_eq!(held(&plan), ["unknown_owner who@acme.example"]);
    assert_eq!(plan.unmanaged.len(), 1);
    assert_eq!(&*plan.unmanaged[0].name, "fax@acme.example");
    let allowed = scene.allow("unknown_owner=who@acme.example").plan();
    assert_eq!(lines(&allowed), ["disable who@acme.example"]);
}

#[test]
fn ownership_by_link_leaves_everything_else_alone() {
    let scene = Scene::new("safety: { ownership: linked }\n")
        .member("bob", json!({}))
        .linked("bob")
        .person("ana", json!({}))
        .account("ana")
        .user("1", json!({ "userName": "who@acme.example", "externalId": "??" }));
    let plan = scene.plan();
    assert_eq!(held(&plan), ["unproven_owner ana@acme.example"]);
    assert_eq!(plan.unmanaged.len(), 1);
}

#[test]
fn the_first_plan_under_everything_is_asked_for_by_count() {
    let scene = Scene::new("safety: { ownership: everything }\n")
        .member("bob", json!({}))
        .linked("bob")
        .user("1", json!({ "userName": "fax@acme.example" }))
        .user("2", json!({ "userName": "lab@acme.example" }));
    let plan = scene.plan();
    assert_eq!(reasons(&plan), [("first_everything", 2)].into());
    assert!(plan.held[0].remedy.contains("--allow first_everything=2"), "{}", plan.held[0].remedy);
    assert_eq!(reasons(&scene.clone().allow("first_everything=1").plan()), [("first_everything", 2)].into());
    let allowed = scene.clone().allow("first_everything=2").plan();
    assert_eq!(lines(&allowed), ["disable fax@acme.example", "disable lab@acme.example"]);
    assert!(allowed.remember.contains(&dialform::plan::Remember::EverythingAllowed));
    let mut later = scene;
    later.memory.everything_allowed = true;
    assert_eq!(lines(&later.plan()).len(), 2);
}

#[test]
fn whoever_comes_back_gets_the_same_account_if_we_suspended_it() {
    let mut suspended = account("ana");
    suspended["active"] = json!(false);
    let scene = Scene::new("").member("ana", json!({})).user("d-ana", suspended).link("ana", "d-ana");
    let plan = scene.plan();
    assert_eq!(held(&plan), ["suspended_elsewhere ana@acme.example"]);
    assert_eq!(lines(&scene.clone().allow("suspended_elsewhere=ana@acme.example").plan()), ["enable ana@acme.example"]);
    assert_eq!(lines(&scene.disabled("ana", "2027-01-01T00:00:00Z").plan()), ["enable ana@acme.example"]);
}

#[test]
fn without_updates_nobody_is_disabled_and_it_is_said() {
    let scene =
        Scene::new("mappings: { users: { update: false } }\n").member("bob", json!({})).linked("bob").linked("gone");
    let plan = scene.plan();
    assert_eq!((lines(&plan), held(&plan)), (vec![], vec![]));
    assert_eq!(notes(&plan), ["no_updates"]);
}

#[test]
fn keep_leaves_those_out_of_scope_and_still_disables_those_who_are_blocked() {
    let scene = Scene::new("safety: { on_out_of_scope: keep }\n")
        .member("cat", json!({ "accountEnabled": false }))
        .linked("cat")
        .person("bob", json!({}))
        .linked("bob")
        .member("dan", json!({}))
        .linked("dan");
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["disable cat@acme.example"]);
    assert_eq!(notes(&plan), ["kept_out_of_scope"]);
}

#[test]
fn a_leaver_is_deleted_when_the_days_since_our_disable_have_passed() {
    let mut suspended = account("gone");
    suspended["active"] = json!(false);
    let scene = Scene::new("mappings: { users: { delete: true, delete_after: 30d } }\n")
        .member("bob", json!({}))
        .linked("bob")
        .user("d-gone", suspended)
        .link("gone", "d-gone");
    assert_eq!(lines(&scene.plan()), Vec::<String>::new(), "suspended by somebody else");
    let waiting = scene.clone().disabled("gone", "2027-01-02T09:00:00Z").plan();
    assert_eq!(lines(&waiting), Vec::<String>::new());
    let note = waiting.notes.iter().find(|note| &*note.code == "delete_queue").unwrap();
    assert!(note.message.contains("2027-02-01"), "{}", note.message);
    let due = scene.disabled("gone", "2027-01-01T09:00:00Z").plan();
    assert_eq!(lines(&due), ["delete gone@acme.example"]);
}

#[test]
fn a_vanished_account_is_waited_for_and_then_created_anew() {
    let mut scene = Scene::new("").member("ana", json!({})).link("ana", "d-ana");
    let plan = scene.plan();
    assert_eq!(held(&plan), ["vanished ana@acme.example"]);
    assert!(format!("{:?}", plan.remember).contains("Vanished"), "{:?}", plan.remember);
    let link = scene.memory.users.get_mut(&"ana".into()).unwrap();
    link.vanished_since = Some("2027-01-28T09:00:01Z".parse().unwrap());
    assert_eq!(held(&scene.plan()), ["vanished ana@acme.example"]);
    let link = scene.memory.users.get_mut(&"ana".into()).unwrap();
    link.vanished_since = Some("2027-01-28T09:00:00Z".parse().unwrap());
    assert_eq!(lines(&scene.plan()), ["create ana@acme.example"]);
    let back = scene.account("ana").plan();
    assert_eq!(lines(&back), Vec::<String>::new());
    assert!(format!("{:?}", back.remember).contains("NotVanished"), "{:?}", back.remember);
}

#[test]
fn an_unclaimed_account_with_another_address_of_the_person_is_a_possible_rename() {
    let scene = Scene::new("")
        .member("ana", json!({ "proxyAddresses": ["SMTP:ana@acme.example", "smtp:Ana.Old@acme.example"] }))
        .user("1", json!({ "userName": "ana.old@acme.example" }));
    let plan = scene.plan();
    assert_eq!(held(&plan), ["possible_rename ana@acme.example"]);
    assert_eq!(lines(&scene.allow("possible_rename=ana@acme.example").plan()), ["create ana@acme.example"]);
}

#[test]
fn nothing_is_removed_or_created_after_an_incomplete_reading() {
    let scene =
        Scene::new("").member("new", json!({})).member("bob", json!({ "jobTitle": "x" })).linked("bob").linked("gone");
    let mut users = scene.clone();
    users.incomplete = vec!["users"];
    let plan = users.plan();
    assert_eq!(lines(&plan), ["update bob@acme.example"]);
    assert_eq!(reasons(&plan), [("incomplete", 2)].into());
    let mut people = scene.clone();
    people.incomplete = vec!["people"];
    assert_eq!(lines(&people.plan()), ["create new@acme.example", "update bob@acme.example"]);
    let mut groups = scene.person("eve", json!({})).linked("eve");
    groups.incomplete = vec!["groups"];
    let plan = groups.plan();
    assert_eq!(
        held(&plan),
        ["incomplete eve@acme.example"],
        "the group was not read, so nobody is out of it for certain"
    );
}

#[test]
fn an_empty_source_removes_nothing_until_it_is_allowed() {
    let scene = Scene::new("").linked("a").linked("b").last(2);
    let plan = scene.plan();
    assert_eq!(reasons(&plan), [("empty_source", 2)].into());
    assert!(!format!("{:?}", plan.remember).contains("Sizes"));
    assert_eq!(lines(&scene.clone().allow("empty_source=1").plan()).len(), 0);
    assert_eq!(lines(&scene.allow("empty_source=2").plan()).len(), 2);
    let half = Scene::new("").member("bob", json!({})).linked("bob").linked("gone").last(3);
    assert_eq!(held(&half.plan()), ["empty_source gone@acme.example"]);
    let enough = Scene::new("").member("bob", json!({})).linked("bob").linked("gone").last(2);
    assert_eq!(lines(&enough.plan()), ["disable gone@acme.example"]);
}

/// Somebody new, somebody who left, somebody in question, and Entra's job beside.
fn beside_a_job(lines: &str, writer: OtherWriter) -> Scene {
    let mut scene = Scene::new(lines).member("new", json!({})).member("bob", json!({})).linked("bob").linked("gone");
    scene.writer = writer;
    scene
}

fn active() -> OtherWriter {
    OtherWriter::Active { application: "Dialpad".into(), job: "dialpad.1".into() }
}

#[test]
fn beside_another_writer_everything_is_held_until_it_is_stopped_or_let_through() {
    let without = beside_a_job("", OtherWriter::None).plan();
    assert_eq!(lines(&without), ["disable gone@acme.example", "create new@acme.example"]);
    let scene = beside_a_job("", active());
    let plan = scene.plan();
    assert_eq!(lines(&plan), Vec::<String>::new());
    assert_eq!(reasons(&plan), [("other_writer", 2)].into());
    let held = &plan.held[0];
    assert!(held.message.contains("Dialpad") && held.message.contains("dialpad.1"), "{}", held.message);
    assert!(held.remedy.contains("Provisioning, Stop") && held.remedy.contains("`--allow other_writer=2`"), "{held:?}");
    assert_eq!(lines(&scene.clone().allow("other_writer=1").plan()).len(), 0);
    assert_eq!(lines(&scene.clone().allow("other_writer=2").plan()), lines(&without));
    let one = scene.allow("other_writer=new@acme.example").plan();
    assert_eq!(
        (lines(&one), reasons(&one)),
        (vec!["create new@acme.example".to_owned()], [("other_writer", 1)].into())
    );
}

#[test]
fn another_writer_is_named_before_what_else_stands_in_the_way() {
    let mut scene = Scene::new("").linked("a").linked("b").last(9);
    assert_eq!(reasons(&scene.plan()), [("empty_source", 2)].into());
    scene.writer = active();
    assert_eq!(reasons(&scene.plan()), [("other_writer", 2)].into());
    // Letting it through lets nothing else through.
    assert_eq!(reasons(&scene.allow("other_writer=2").plan()), [("empty_source", 2)].into());
    let mut protected = beside_a_job("safety: { protect: [{ user: gone@acme.example }] }\n", active());
    assert_eq!(reasons(&protected.plan()), [("other_writer", 1), ("protected", 1)].into());
    protected.people.clear();
    assert!(lines(&protected.plan()).is_empty());
}

#[test]
fn a_plan_beside_another_writer_is_shown_while_apply_refuses_as_a_whole() {
    let plan = beside_a_job("enabled: false\n", active()).plan();
    assert_eq!(lines(&plan), ["disable gone@acme.example", "create new@acme.example"]);
    let notes: Vec<&str> = plan.notes.iter().map(|note| &*note.code).collect();
    assert_eq!(notes, ["other_writer"]);
}

#[test]
fn another_writer_that_cannot_be_seen_is_a_note() {
    let unknown = OtherWriter::Unknown { because: "the permission to look is missing".into() };
    let plan = beside_a_job("", unknown).plan();
    assert_eq!(lines(&plan).len(), 2);
    let notes: Vec<&str> = plan.notes.iter().map(|note| &*note.code).collect();
    assert_eq!(notes, ["other_writer_unknown"]);
    assert_ne!(plan.made_from.directory_digest, beside_a_job("", OtherWriter::None).plan().made_from.directory_digest);
}

#[test]
fn another_tenant_gets_nothing() {
    let scene = Scene::new("").member("new", json!({})).link("a", "1").link("b", "2").link("c", "3").linked("bob");
    let plan = scene.plan();
    assert_eq!(lines(&plan), Vec::<String>::new());
    assert_eq!(reasons(&plan), [("foreign_target", 2)].into());
    assert_eq!(plan.remember, [], "nothing is learned from another tenant");
}

#[test]
fn disables_are_counted_apart_by_cause_and_over_a_day() {
    let scene = |policy: usize, directory: usize| {
        let mut scene = Scene::new("safety: { disables: { max: 3 } }\n");
        for n in 0..10 {
            scene = scene.member(&format!("s{n}"), json!({})).linked(&format!("s{n}"));
        }
        for n in 0..policy {
            scene = scene.person(&format!("p{n}"), json!({})).linked(&format!("p{n}"));
        }
        for n in 0..directory {
            scene = scene.linked(&format!("d{n}"));
        }
        scene
    };
    assert_eq!(lines(&scene(3, 3).plan()).len(), 6);
    let plan = scene(4, 3).plan();
    assert_eq!(reasons(&plan), [("too_many", 4)].into());
    assert_eq!(lines(&plan).len(), 3, "a wide edit never holds back a real leaver");
    assert!(plan.held[0].remedy.contains("--allow too_many=4"), "{}", plan.held[0].remedy);
    let mut today = scene(3, 0);
    let done = |at: &str| dialform::memory::Done {
        at: at.parse().unwrap(),
        budget: "policy_disables".into(),
        group: None,
        count: 1,
    };
    today.memory.done.push(done("2027-01-30T08:59:59Z"));
    assert_eq!(lines(&today.plan()).len(), 3, "a day ago");
    today.memory.done.push(done("2027-01-30T09:00:01Z"));
    assert_eq!(reasons(&today.plan()), [("too_many", 3)].into());
    let today = today.disabled("p0", "2027-01-30T08:59:59Z");
    assert_eq!(reasons(&today.plan()), [("too_many", 3)].into(), "it was counted on another day");
    let today = today.disabled("p0", "2027-01-30T09:00:01Z");
    assert_eq!(lines(&today.plan()).len(), 3, "who is disabled again is the same account, and counts once");
}

#[test]
fn protected_people_and_groups_are_left_alone() {
    let lines_ = "safety: { protect: [{ user: CEO@acme.example }, { members_of: Board }] }\n";
    let scene = Scene::new(lines_)
        .member("bob", json!({}))
        .linked("bob")
        .linked("ceo")
        .person("eva", json!({}))
        .linked("eva")
        .group("Board", &["eva"]);
    let plan = scene.plan();
    assert_eq!(lines(&plan), Vec::<String>::new());
    assert_eq!(reasons(&plan), [("protected", 2)].into());
    assert_eq!(plan.held_for_a_person().count(), 0);
}

#[test]
fn what_needs_somebody_who_is_protected_is_left_alone_too_and_needs_nobody() {
    let text = "mappings: { users: { attributes: { userName: { attribute: userPrincipalName }, \
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager': { attribute: manager } } } }\n\
        safety: { protect: [{ user: ceo@acme.example }] }\n";
    let scene = Scene::new(text).member("ana", json!({ "manager": "ceo" })).member("ceo", json!({}));
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["create ana@acme.example"]);
    assert_eq!(reasons(&plan), [("protected", 2)].into());
    assert_eq!(plan.held_for_a_person().count(), 0);
}

#[test]
fn a_manager_who_is_created_too_is_set_afterwards() {
    let text = "mappings: { users: { attributes: { userName: { attribute: userPrincipalName }, \
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager': { attribute: manager } } } }\n";
    let scene = Scene::new(text).member("ana", json!({ "manager": "bob" })).member("bob", json!({ "manager": "ana" }));
    let plan = scene.plan();
    assert_eq!(
        lines(&plan),
        [
            "create ana@acme.example",
            "create bob@acme.example",
            "set manager ana@acme.example",
            "set manager bob@acme.example"
        ]
    );
    let set = &plan.changes[2];
    assert_eq!(set.depends_on.iter().map(|id| &*id.0).collect::<Vec<_>>(), ["create_user:ana", "create_user:bob"]);
    assert_eq!(
        sent(set),
        json!([{ "patch_user": { "user": { "created": "create_user:ana" }, "operations": [{ "add": {
            "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "value": { "reference": { "created": "create_user:bob" } } } }] } }])
    );
    let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let live = Scene::new(text)
        .member("ana", json!({ "manager": "bob" }))
        .user("1", json!({ "userName": ANA, manager: { "manager": { "value": "2", "displayName": "Bob" } } }))
        .link("ana", "1")
        .member("bob", json!({}))
        .user("2", json!({ "userName": "bob@acme.example" }))
        .link("bob", "2");
    assert_eq!(lines(&live.plan()), Vec::<String>::new(), "managers are compared by the account's id");
}

#[test]
fn a_manager_that_the_service_does_not_store_is_planned_once() {
    const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
    let text = "mappings: { users: { attributes: { userName: { attribute: userPrincipalName }, \
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager': { attribute: manager } } } }\n";
    let mut scene = Scene::new(text).member("bob", json!({})).user("2", json!({ "userName": "bob@acme.example" }));
    scene = scene.link("bob", "2");
    for (person, id) in [("ana", "1"), ("cleo", "3")] {
        let name = format!("{person}@acme.example");
        scene = scene.member(person, json!({ "manager": "bob" })).user(id, json!({ "userName": name }));
        scene = scene.link(person, id);
        let known = std::iter::once((dialform::names::AttrPath::parse(MANAGER).unwrap(), "2".into())).collect();
        scene.memory.not_stored.insert(id.into(), known);
    }
    let plan = scene.plan();
    assert_eq!(lines(&plan), Vec::<String>::new());
    let note = plan.notes.iter().find(|note| &*note.code == "not_stored").unwrap();
    assert!(
        note.message.ends_with(&format!("did not store them: {MANAGER} of ana@acme.example and 1 other")),
        "{note:?}"
    );
    // Another manager is tried.
    let known = std::iter::once((dialform::names::AttrPath::parse(MANAGER).unwrap(), "9".into())).collect();
    scene.memory.not_stored.insert("1".into(), known);
    assert_eq!(lines(&scene.plan()), ["update ana@acme.example"]);
}

#[test]
fn what_frees_a_user_name_comes_before_what_takes_it() {
    let scene = Scene::new("")
        .person("zoe", json!({ "userPrincipalName": "zoe2@acme.example", "mail": "zoe2@acme.example" }))
        .group("SG", &["zoe"])
        .linked("zoe")
        .person("abe", json!({ "userPrincipalName": "zoe@acme.example" }))
        .group("SG", &["abe"])
        .linked("abe");
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["update zoe@acme.example", "update abe@acme.example"]);
    assert_eq!(plan.changes[1].depends_on, [plan.changes[0].id.clone()]);
    let swap = Scene::new("")
        .person("zoe", json!({ "userPrincipalName": "abe@acme.example" }))
        .person("abe", json!({ "userPrincipalName": "zoe@acme.example" }))
        .group("SG", &["abe", "zoe"])
        .linked("zoe")
        .linked("abe");
    assert_eq!(reasons(&swap.plan()), [("depends_on_held", 2)].into());
    let taken = Scene::new("")
        .person("abe", json!({ "userPrincipalName": "fax@acme.example" }))
        .group("SG", &["abe"])
        .linked("abe")
        .user("f", json!({ "userName": "fax@acme.example" }));
    assert_eq!(held(&taken.plan()), ["identity_conflict abe@acme.example"]);
}

#[test]
fn what_the_service_does_not_store_is_not_planned_again() {
    let mut scene = Scene::new("").member("ana", json!({ "jobTitle": "Lead" })).linked("ana");
    scene
        .memory
        .not_stored
        .entry("d-ana".into())
        .or_default()
        .insert(dialform::names::AttrPath::core("title"), "Lead".into());
    let plan = scene.plan();
    assert_eq!(lines(&plan), Vec::<String>::new());
    assert_eq!(notes(&plan), ["not_stored"]);
    let other = scene.person("x", json!({}));
    let mut other = other;
    other.people[0].attributes.insert("jobTitle".into(), "Head".into());
    assert_eq!(lines(&other.plan()), ["update ana@acme.example"], "another value is tried");
}

#[test]
fn where_accounts_are_looked_up_one_by_one_a_missing_one_proves_nothing() {
    let mut scene = Scene::new("").member("ana", json!({})).linked("bob");
    for id in ["ana", "c", "d", "e"] {
        scene = scene.link(id, &format!("d-{id}"));
    }
    scene.users.clear();
    match &mut scene.manifest.target {
        Target::Sandbox(sandbox) => sandbox.scim.read = ReadDialect::Lookup,
        Target::Dialpad(dialpad) => dialpad.scim.read = ReadDialect::Lookup,
    }
    let plan = scene.plan();
    assert_eq!(held(&plan), ["vanished ana@acme.example"], "neither another tenant nor a new account");
    assert!(!format!("{:?}", plan.remember).contains("Vanished"), "{:?}", plan.remember);
    assert_eq!(notes(&plan), ["not_looked_up"]);
}

/// A value that `SelectUniqueValue` gave stays, and no two people get the same.
#[test]
fn unique_values_ask_the_live_state_and_do_not_collide_within_a_plan() {
    let text = "mappings: { users: { attributes: { userName: { attribute: userPrincipalName }, \
        externalId: { attribute: objectId }, nickName: { expression: 'SelectUniqueValue([givenName], \
        Join(\"\", [givenName], \"2\"), Join(\"\", [givenName], \"3\"))' } } } }\n";
    let scene = Scene::new(text)
        .member("a", json!({ "givenName": "ana" }))
        .member("b", json!({ "givenName": "ana" }))
        .user("x", json!({ "userName": "x@acme.example", "nickName": "Ana" }))
        .member("c", json!({ "givenName": "ana" }))
        .user("c", json!({ "userName": "c@acme.example", "externalId": "c", "nickName": "ana3" }))
        .link("c", "c");
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["create a@acme.example"]);
    let nick = plan.changes[0].attributes.iter().find(|change| change.path.is("nickName")).unwrap();
    assert_eq!(nick.after, Some("ana2".into()));
    assert_eq!(held(&plan), ["expression_failed b@acme.example"], "ana2 is given, ana3 is taken and stays");
}
