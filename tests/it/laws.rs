//! Laws of planning over generated manifests, directories and live states.

use std::collections::{BTreeMap, BTreeSet};

use dialform::{
    names::{SourceId, TargetId},
    plan::{Action, ChangeId, Held, Kind, PHASES, Plan, Reason, file},
};
use proptest::{prelude::*, sample::select};
use serde_json::{Value as Json, json};

use crate::{
    inputs::{HEAD, Scene, lines},
    model::carry_out,
};

/// Manifests of many kinds. Budgets are high, so that most plans go through whole.
fn manifests() -> impl Strategy<Value = String> {
    let mapping = select(vec![
        "",
        "attributes: { userName: { attribute: userPrincipalName }, externalId: { attribute: objectId }, \
         active: { expression: 'Not([IsSoftDeleted])' }, title: { attribute: jobTitle, when_empty: clear }, \
         'phoneNumbers[type eq \"work\"].value': { attribute: telephoneNumber, when_empty: clear }, \
         'phoneNumbers[type eq \"mobile\"].value': { attribute: mobile }, \
         'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager': { attribute: manager }, \
         'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department': \
           { attribute: department, default: none, apply: on_create } }",
        "match: [externalId, userName], attributes: { externalId: { attribute: objectId }, \
         userName: { attribute: userPrincipalName }, active: { expression: 'Not([IsSoftDeleted])' }, \
         'name.givenName': { attribute: jobTitle }, 'emails[type eq \"work\"].value': { attribute: mail, when_empty: clear }, \
         nickName: { expression: 'IIF([IsSoftDeleted], \"left\", IgnoreFlowIfNullOrEmpty([jobTitle]))' } }",
    ]);
    let deletes = select(vec!["", "delete: true, delete_after: 30d, "]);
    let groups = select(vec![
        "",
        "groups: { enabled: true }",
        "groups: { enabled: true, membership: add_only, on_rename: update }",
        "groups: { enabled: true, on_rename: recreate, delete: true }",
    ]);
    let ownership = select(vec!["external_id", "linked", "everything"]);
    let keep = select(vec!["disable", "keep"]);
    let protect = select(vec!["", ", protect: [{ user: p1@acme.example }, { group: SH }]"]);
    (mapping, deletes, groups, ownership, keep, protect).prop_map(
        |(mapping, deletes, groups, ownership, keep, protect)| {
            let head = HEAD.replace("[{ group: SG }]", "[{ group: SG }, { group: SH, until: 2027-03-31 }]");
            let comma = if groups.is_empty() { "" } else { ", " };
            format!(
                "{head}mappings: {{ users: {{ {deletes}{mapping} }}{comma}{groups} }}\n\
             safety: {{ ownership: {ownership}, on_out_of_scope: {keep}, disables: {{ max: 99, percent: 100 }}, \
             deletes: {{ max: 99 }}, adopts: {{ max: 99 }}{protect} }}\n"
            )
        },
    )
}

fn maybe(values: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(select(values))
}

const NAMES: [&str; 6] = ["p0", "p1", "p2", "p3", "p4", "P5"];
const TEXTS: &[&str] = &["", "a", "b"];

/// A person: mostly with a name of their own, sometimes with another's.
fn people() -> impl Strategy<Value = Vec<Json>> {
    let one = (
        (prop::bool::weighted(0.9), select(&NAMES[..]), maybe(TEXTS), maybe(TEXTS), maybe(TEXTS)),
        (maybe(&["p0@acme.example", "old@acme.example"]), maybe(&["i0", "i1", "i2"]), prop::bool::weighted(0.85)),
        (prop::bool::weighted(0.7), prop::bool::weighted(0.5), prop::bool::weighted(0.8)),
    );
    prop::collection::vec(one, 6).prop_map(|people| {
        let people = people.into_iter().enumerate().filter_map(|(nth, (values, links, places))| {
            let ((own, name, title, phone, mobile), (mail, manager, enabled)) = (values, links);
            let (in_sg, in_sh, present) = places;
            present.then(|| {
                let name = if own { NAMES[nth] } else { name };
                let mut json =
                    json!({ "id": format!("i{nth}"), "upn": format!("{name}@acme.example"), "sg": in_sg, "sh": in_sh });
                let values = [("jobTitle", title), ("telephoneNumber", phone), ("mobile", mobile), ("mail", mail)];
                for (key, value) in values.into_iter().chain([("department", title), ("manager", manager)]) {
                    if let Some(value) = value {
                        json[key] = json!(value);
                    }
                }
                if !enabled {
                    json["accountEnabled"] = json!(false);
                }
                json
            })
        });
        people.collect()
    })
}

/// Accounts `u0` to `u6`, each with a user name of its own, and perhaps a link and a day of suspension.
fn accounts() -> impl Strategy<Value = Vec<(usize, Json, bool, bool)>> {
    let one = (
        prop::bool::weighted(0.6),
        (maybe(&["i0", "i1", "i2", "i3", "zz"]), maybe(&["true", "false"]), maybe(TEXTS)),
        (maybe(TEXTS), maybe(TEXTS), prop::bool::ANY, prop::bool::weighted(0.7), prop::bool::weighted(0.3)),
    );
    prop::collection::vec(one, 7).prop_map(|accounts| {
        let accounts = accounts.into_iter().enumerate().filter_map(|(nth, (there, values, more))| {
            let ((external, active, title), (work, home, own_id, linked, disabled)) = (values, more);
            let external = if own_id { Some(format!("i{nth}")) } else { external.map(str::to_owned) };
            let name = NAMES.get(nth).copied().unwrap_or("fax");
            let mut json = json!({ "userName": format!("{name}@acme.example") });
            if let Some(external) = external {
                json["externalId"] = json!(external);
            }
            if let Some(active) = active {
                json["active"] = json!(active == "true");
            }
            if let Some(title) = title.filter(|title| !title.is_empty()) {
                json["title"] = json!(title);
            }
            let phones = [("work", work), ("home", home)].into_iter().filter_map(|(kind, value)| {
                value.filter(|value| !value.is_empty()).map(|value| json!({ "type": kind, "value": value }))
            });
            let phones: Vec<Json> = phones.collect();
            if !phones.is_empty() {
                json["phoneNumbers"] = json!(phones);
            }
            there.then_some((nth, json, linked, disabled))
        });
        accounts.collect()
    })
}

type Drift = (bool, bool, bool, Vec<bool>);

fn scenes() -> impl Strategy<Value = Scene> {
    let drift = (prop::bool::ANY, prop::bool::ANY, prop::bool::ANY, prop::collection::vec(prop::bool::ANY, 7));
    (manifests(), people(), accounts(), drift, prop::bool::ANY).prop_map(
        |(manifest, people, accounts, drift, allow)| {
            let mut scene = Scene::of(&manifest).group("SG", &[]).group("SH", &[]);
            for person in people {
                let id = person["id"].as_str().unwrap().to_owned();
                let mut more = person.clone();
                more["userPrincipalName"] = person["upn"].clone();
                scene = scene.person(&id, more);
                for group in ["sg", "sh"] {
                    if person[group] == json!(true) {
                        scene = scene.group(&group.to_uppercase(), &[&id]);
                    }
                }
            }
            for (nth, json, linked, disabled) in &accounts {
                let (id, person) = (format!("u{nth}"), format!("i{nth}"));
                scene = scene.user(&id, json.clone());
                if *linked {
                    scene = scene.link(&person, &id);
                    if *disabled {
                        scene = scene.disabled(&person, "2026-12-01T00:00:00Z");
                    }
                }
            }
            scene = with_groups(scene, &accounts, drift);
            if allow {
                // An account that may be a renamed person's is spared in one plan and nobody's in the next.
                let allowed = |reason: &Reason| reason.can_be_allowed() && *reason != Reason::PossibleRename;
                for reason in Reason::ALL.into_iter().filter(allowed) {
                    scene = scene.allow(&format!("{}=1000", reason.name()));
                }
            }
            scene
        },
    )
}

/// Live groups: SG or its old name, linked or not, and SH made by somebody else.
fn with_groups(scene: Scene, accounts: &[(usize, Json, bool, bool)], drift: Drift) -> Scene {
    let (there, linked, renamed, members) = drift;
    if !there {
        return scene;
    }
    let members = accounts.iter().filter(|(nth, ..)| members[*nth]).map(|(nth, ..)| format!("u{nth}"));
    let members: Vec<String> = members.collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let name = if renamed { "Old" } else { "SG" };
    let scene = scene
        .live_group("1", json!({ "displayName": name, "externalId": "g-SG" }), &members)
        .live_group("2", json!({ "displayName": "sh" }), &members)
        .live_group("3", json!({ "displayName": "Theirs" }), &members);
    if linked { scene.group_link("SG", "1", true) } else { scene }
}

fn phase(action: Action) -> usize {
    PHASES.iter().position(|phase| *phase == action).unwrap()
}

/// Everything that a change needs, at any distance.
fn closure<'p>(plan: &'p Plan, id: &'p ChangeId) -> BTreeSet<&'p ChangeId> {
    let by_id: BTreeMap<_, _> = plan.changes.iter().map(|change| (&change.id, change)).collect();
    let mut all = BTreeSet::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        for needed in &by_id[id].depends_on {
            if all.insert(needed) {
                open.push(needed);
            }
        }
    }
    all
}

fn shuffled(scene: &Scene, turn: usize) -> Scene {
    let mut scene = scene.clone();
    scene.people.reverse();
    scene.groups.reverse();
    for group in &mut scene.groups {
        let by = turn % group.members.len().max(1);
        group.members.rotate_left(by);
    }
    let by = turn % scene.users.len().max(1);
    scene.users.rotate_left(by);
    scene.live_groups.reverse();
    for group in &mut scene.live_groups {
        group.members.reverse();
    }
    scene
}

/// A quick round; `PROPTEST_CASES=5000` for a long one.
fn config() -> ProptestConfig {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 96 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// Law 1, and 7: the requests do what the plan shows (the model checks it), and then nothing is left to do.
    #[test]
    fn after_apply_the_plan_is_empty(scene in scenes()) {
        let mut scene = scene;
        let plan = scene.plan();
        carry_out(&mut scene, &plan);
        let again = scene.plan();
        if plan.held_for_a_person().next().is_none() {
            // Whose a leaver's suspended account is matters to nobody, and is not held, until it is clear.
            let suspended = |id: &TargetId| scene.users.iter().any(|user| user.id == *id && !user.is_active());
            let left: Vec<_> = again
                .changes
                .iter()
                .filter(|change| change.action != Action::UpdateUser || !change.subject.target.as_ref().is_some_and(suspended))
                .collect();
            prop_assert!(left.is_empty(), "{left:#?}");
        }
        // What was held may have depended on what is done now; it comes to an end.
        carry_out(&mut scene, &again);
        let third = scene.plan();
        carry_out(&mut scene, &third);
        let last = scene.plan();
        prop_assert_eq!(lines(&last), Vec::<String>::new(), "{:#?}", last.changes);
    }

    /// Law 2.
    #[test]
    fn shuffled_inputs_give_the_same_bytes(scene in scenes(), turn in 0usize..7) {
        prop_assert_eq!(file::write(&scene.plan()), file::write(&shuffled(&scene, turn).plan()));
    }

    /// Law 3.
    #[test]
    fn dependencies_come_first_and_otherwise_the_phases_hold(scene in scenes()) {
        let plan = scene.plan();
        for (later, change) in plan.changes.iter().enumerate() {
            for needed in &change.depends_on {
                prop_assert!(plan.changes[..later].iter().any(|earlier| earlier.id == *needed));
            }
            if change.action == Action::DisableUser {
                prop_assert_eq!(&change.depends_on, &[], "a disable depends on nothing");
            }
            for earlier in plan.changes[..later].iter().filter(|earlier| phase(earlier.action) > phase(change.action)) {
                let called = plan.changes.iter().any(|by| {
                    phase(by.action) <= phase(change.action) && closure(&plan, &by.id).contains(&earlier.id)
                });
                prop_assert!(called, "{:?} comes before {:?}", earlier.id, change.id);
            }
        }
        prop_assert!(file::read(&file::write(&plan)).is_ok(), "the plan holds together");
    }

    /// Law 4.
    #[test]
    fn nothing_that_is_not_ours_is_changed(scene in scenes()) {
        let plan = scene.plan();
        if scene.options.allow.is_empty() && !scene.manifest.safety.ownership.eq(&dialform::manifest::Ownership::Everything) {
            for change in plan.changes.iter().filter(|change| !change.requests.is_empty()) {
                let Some(target) = &change.subject.target else { continue };
                let ours = match change.subject.kind {
                    Kind::User => owns(&scene, change.subject.source.as_ref(), target),
                    Kind::Group => scene.memory.groups.values().any(|link| link.target == *target),
                };
                let takes = matches!(change.action, Action::DisableUser | Action::DeleteUser | Action::DeleteGroup);
                let adopted = plan.changes.iter().any(|adopt| {
                    matches!(adopt.action, Action::AdoptUser | Action::AdoptGroup) && adopt.subject.target.as_ref() == Some(target)
                });
                prop_assert!(ours || !takes && adopted || change.action == Action::DeleteGroup && adopted_group(&scene, target), "{:#?}", change);
            }
        }
        for stranger in plan.unmanaged.iter() {
            prop_assert!(plan.changes.iter().all(|change| change.subject.target != stranger.target));
        }
        // Who only needs somebody protected is not protected: the rest of their changes goes on.
        let named = |held: &&Held| held.reason == Reason::Protected && !held.message.starts_with("it needs ");
        for held in plan.held.iter().filter(named).filter(|held| held.subject.kind == Kind::User) {
            prop_assert!(plan.changes.iter().all(|change| change.subject != held.subject));
        }
    }
}

/// Whether a link or the external id says that the account is the person's.
fn owns(scene: &Scene, source: Option<&SourceId>, target: &TargetId) -> bool {
    let linked = source.and_then(|source| scene.memory.users.get(source)).is_some_and(|link| link.target == *target);
    let carried = scene.users.iter().find(|user| user.id == *target).and_then(|user| user.external_id());
    linked || source.is_some_and(|source| carried.is_some_and(|carried| **carried == *source.as_str()))
}

/// Whether the group carries our external id: it may be recreated under its new name.
fn adopted_group(scene: &Scene, target: &TargetId) -> bool {
    scene
        .live_groups
        .iter()
        .any(|group| group.id == *target && group.get(&dialform::names::AttrPath::core("externalId")).is_some())
}

/// Two people whose accounts carry each other's marks: a plan without anything held may clear the way for the next.
#[test]
fn a_suspended_account_that_may_be_anothers_waits_until_it_is_clear_whose_it_is() {
    let manifest = format!(
        "{}mappings: {{ users: {{ match: [externalId, userName], attributes: {{ externalId: {{ attribute: objectId }}, \
         userName: {{ attribute: userPrincipalName }}, active: {{ expression: 'Not([IsSoftDeleted])' }}, \
         nickName: {{ expression: 'IIF([IsSoftDeleted], \"left\", IgnoreFlowIfNullOrEmpty([jobTitle]))' }} }} }} }}\n",
        HEAD.replace("[{ group: SG }]", "[{ group: SG }, { group: SH }]")
    );
    let person = |name: &str| json!({ "userPrincipalName": format!("{name}@acme.example") });
    let mut blocked = person("p0");
    blocked["accountEnabled"] = json!(false);
    let mut scene = Scene::of(&manifest)
        .group("SG", &[])
        .group("SH", &["i4"])
        .person("i1", blocked)
        .person("i4", person("p3"))
        .user("u1", json!({ "userName": "p1@acme.example", "active": false }))
        .user("u4", json!({ "userName": "p4@acme.example", "active": false, "externalId": "i1" }))
        .link("i1", "u1")
        .link("i4", "u4");
    for reason in Reason::ALL.into_iter().filter(|reason| reason.can_be_allowed()) {
        scene = scene.allow(&format!("{}=1000", reason.name()));
    }
    let mut rounds = Vec::new();
    for _ in 0..3 {
        let plan = scene.plan();
        rounds.push(lines(&plan));
        carry_out(&mut scene, &plan);
    }
    assert_eq!(rounds, [vec!["enable p4@acme.example"], vec!["update p1@acme.example"], vec![]]);
}
