//! What roles give beyond SCIM, compared with what the admin API holds: one rule a test.

use std::collections::BTreeMap;

use dialform::{
    live::{
        Live, Tenant,
        tenant::{
            Channel, ContactCenter, Department, Member, MemberState, Office, Operator, Policy, PolicyLevel, Section,
        },
    },
    memory::{Given, GrantKind},
    names::{ApiId, License, Post},
    plan::{self, Action, Plan, Reason, SeatLine},
};
use serde_json::{Value as Json, json};

use crate::inputs::{Scene, held, lines, notes, only, only_held};

const ROLES: &str = "
roles:
  agent:
    grants:
      license: sell
      office: { attribute: city, map: { LON: London, BER: Berlin } }
      contact_centers: [{ name: Support, as: operator, skill: 80 }]
  member:
    grants:
      license: connect
      office: London
      departments: [{ name: Sales }]
      channels: [News]
  boss:
    grants:
      company_admin: true
      office_admin: [London, Berlin]
      policies: [{ name: Routing, at: { contact_center: Support } }]
      settings: { extension: { attribute: extension }, international_dialing: { constant: true } }
";

const HEAD: &str = "version: 1\nname: acme\nsource: { files: { people: people.csv } }\ntarget: { sandbox: {} }\n";

/// A manifest in which each group is assigned the role of its name.
fn scene(more: &str) -> Scene {
    let assignments = "assignments:\n  - { group: agent, role: agent }\n  - { group: member, role: member }\n  - { group: boss, role: boss }\n";
    let scene = Scene::of(&format!("{HEAD}{assignments}{ROLES}{more}"));
    scene.group("agent", &[]).group("member", &[]).group("boss", &[])
}

/// Somebody with a role, an account and a link.
fn with(scene: Scene, id: &str, role: &str, more: Json) -> Scene {
    scene.person(id, more).group(role, &[id]).linked(id)
}

fn api(id: &str) -> ApiId {
    ApiId::new(format!("r-{id}"))
}

/// The record of a person: active, in London, with a Connect licence.
fn record(id: &str) -> Member {
    Member {
        id: api(id),
        emails: vec![format!("{}@ACME.example", id.to_uppercase()).as_str().into()],
        state: MemberState::Active,
        office: Some("lon".into()),
        license: Some(License::Talk),
        numbers: Vec::new(),
        company_admin: false,
        admin_offices: Vec::new(),
        roles: BTreeMap::new(),
        job_title: None,
        extension: None,
        forwarding_numbers: Vec::new(),
        international_dialing: None,
    }
}

fn office(id: &str, name: &str, country: &str, free: [u64; 3]) -> Office {
    let free = License::COUNTED.into_iter().zip(free).collect();
    Office {
        id: id.into(),
        name: name.into(),
        country: Some(country.into()),
        is_primary: id == "lon",
        free: Some(free),
    }
}

fn operator(id: &str, post: Post, skill: Option<u8>) -> Operator {
    Operator { user: api(id), post: Some(post), skill }
}

/// London and Berlin with five free licences of each kind, one of everything, and these people.
fn tenant(users: Vec<Member>) -> Tenant {
    Tenant {
        users,
        offices: vec![office("lon", "London", "gb", [5, 5, 5]), office("ber", "Berlin", "de", [5, 5, 5])],
        departments: vec![Department {
            id: "d1".into(),
            name: "Sales".into(),
            office: Some("lon".into()),
            operators: Some(Vec::new()),
        }],
        contact_centers: vec![ContactCenter {
            id: "c1".into(),
            name: "Support".into(),
            office: Some("lon".into()),
            operators: Some(Vec::new()),
        }],
        policies: vec![Policy {
            id: "p1".into(),
            name: "Routing".into(),
            level: Some(PolicyLevel::ContactCenter),
            assignments: Some(Vec::new()),
        }],
        channels: vec![Channel { id: "n1".into(), name: "News".into(), members: Some(Vec::new()) }],
        ..Tenant::default()
    }
}

fn plan(scene: &Scene, tenant: Tenant) -> Plan {
    scene.plan_of(&Live { tenant: Some(tenant), ..scene.live() })
}

/// What a change gives and takes, as `contact_center Support: - → operator`.
fn grants(plan: &Plan) -> Vec<String> {
    let text = |side: &Option<dialform::names::Text>| side.as_deref().map_or("-".to_owned(), str::to_owned);
    let of = |change: &plan::Change| {
        let name = &change.subject.name;
        let line = |grant: &plan::GrantChange| {
            let kind = serde_json::to_value(grant.kind).unwrap();
            let kind = kind.as_str().unwrap().to_owned();
            format!(
                "{} {name} {kind} {}: {} → {}",
                change.action.verb(),
                grant.name,
                text(&grant.before),
                text(&grant.after)
            )
        };
        change.grants.iter().map(line).collect::<Vec<_>>()
    };
    plan.changes.iter().flat_map(of).collect()
}

/// The requests of all changes, as JSON, without what SCIM sends.
fn requests(plan: &Plan) -> Vec<Json> {
    let all =
        plan.changes.iter().flat_map(|change| &change.requests).map(|request| serde_json::to_value(request).unwrap());
    all.filter_map(|json| json.get("admin").cloned()).collect()
}

fn seats<'p>(plan: &'p Plan, office: &str, license: &License) -> &'p SeatLine {
    plan.seats.iter().find(|line| *line.office == *office && line.license == *license).expect("the seats are known")
}

fn given(kind: GrantKind, object: Option<&str>) -> Given {
    Given { kind, object: object.map(ApiId::from), at: None }
}

#[test]
fn a_role_gives_licence_office_and_places_to_a_record_found_by_its_address() {
    let scene = with(scene(""), "ana", "agent", json!({ "city": "lon" }));
    let plan = plan(&scene, tenant(vec![record("ana")]));
    assert_eq!(
        grants(&plan),
        [
            "set licence ana@acme.example license : talk → agents",
            "grant ana@acme.example contact_center Support: - → operator, skill 80",
        ]
    );
    let license = only(&plan, Action::SetLicense);
    assert_eq!((&*license.cause.text, license.cause.place.as_ref().unwrap().line), ("role agent", 13));
    assert_eq!(only(&plan, Action::Grant).depends_on, std::slice::from_ref(&license.id));
    assert_eq!(
        requests(&plan),
        [
            json!({ "patch_user": { "user": { "live": "r-ana" }, "fields": [{ "license": "agents" }] } }),
            json!({ "add_operator": {
                "group": { "contact_center": "c1" }, "user": { "live": "r-ana" }, "post": "operator", "skill": 80,
                "license": "agents", "keep_paid_numbers": true,
            } }),
        ]
    );
    assert_eq!(
        *seats(&plan, "London", &License::Agents),
        SeatLine {
            office: "London".into(),
            license: License::Agents,
            free_before: 5,
            needed: 1,
            freed: 0,
            free_after: 4,
            missing: 0,
        }
    );
    assert_eq!(seats(&plan, "London", &License::Talk).free_after, 6);
}

#[test]
fn what_is_as_it_should_be_gives_no_change_and_is_remembered_as_given() {
    let scene = with(scene(""), "ana", "member", json!({}));
    let mut tenant = tenant(vec![record("ana")]);
    tenant.departments[0].operators = Some(vec![operator("ana", Post::Operator, None)]);
    tenant.channels[0].members = Some(vec![api("ana")]);
    let plan = plan(&scene, tenant);
    assert_eq!((lines(&plan), held(&plan)), (vec![], vec![]));
    let remembered = plan.remember.iter().filter(|of| matches!(of, plan::Remember::Granted { .. })).count();
    assert_eq!(remembered, 2);
}

#[test]
fn whoever_is_created_gets_office_and_licence_with_the_create_and_places_after_it() {
    let scene = scene("").person("ana", json!({ "city": "BER" })).group("agent", &["ana"]);
    let plan = plan(&scene, tenant(vec![]));
    let create = only(&plan, Action::CreateUser);
    let said = |name: &str| {
        let found = create.attributes.iter().find(|attribute| attribute.path.attribute() == name);
        found.and_then(|attribute| attribute.after.clone()).map(|value| value.to_string())
    };
    assert_eq!(said("officeName").as_deref(), Some("Berlin"));
    assert_eq!(said("licenseType").as_deref(), Some("Dialpad_Ai Sales"));
    assert_eq!(only(&plan, Action::Grant).depends_on, std::slice::from_ref(&create.id));
    assert_eq!(
        requests(&plan)[0]["add_operator"]["user"],
        json!({ "created": { "change": "create_user:ana", "email": "ana@acme.example" } })
    );
    assert_eq!(seats(&plan, "Berlin", &License::Agents).needed, 1);
}

#[test]
fn without_a_word_on_create_the_record_is_patched_right_after() {
    let scene = scene("grants: { on_create: { office: false, license: false } }\n")
        .person("ana", json!({ "city": "BER" }))
        .group("agent", &["ana"]);
    let plan = plan(&scene, tenant(vec![]));
    assert_eq!(lines(&plan), ["create ana@acme.example", "move ana@acme.example", "grant ana@acme.example"]);
    assert_eq!(
        requests(&plan)[0]["patch_user"]["fields"],
        json!([{ "office": "ber" }, { "license": "agents" }]),
        "one request for both"
    );
    assert_eq!(seats(&plan, "Berlin", &License::Agents).needed, 1);
    assert_eq!(seats(&plan, "London", &License::Talk).needed, 0);
}

#[test]
fn a_map_that_is_silent_holds_that_person_alone_and_never_creates_into_some_office() {
    let scene = scene("").person("ana", json!({ "city": "Paris" })).group("agent", &["ana"]);
    let scene = with(scene, "ben", "agent", json!({}));
    let plan = plan(&scene, tenant(vec![record("ben")]));
    let reasons: Vec<_> = plan.held.iter().map(|held| (held.reason.name(), &*held.subject.name)).collect();
    assert!(reasons.contains(&("unmapped_value", "ana@acme.example")), "{reasons:?}");
    assert!(reasons.contains(&("unmapped_value", "ben@acme.example")), "{reasons:?}");
    assert!(!lines(&plan).iter().any(|line| line.contains("ana")), "{:?}", lines(&plan));
    let ben = plan.held.iter().find(|held| &*held.subject.name == "ben@acme.example").unwrap();
    assert_eq!(&*ben.message, "`city` is empty, and the map does not say which office that is (role agent)");
    assert!(lines(&plan).contains(&"set licence ben@acme.example".to_owned()), "the rest goes on");
}

#[test]
fn no_call_changes_what_an_operator_is_so_it_is_taken_out_and_put_in_again() {
    let scene = with(scene(""), "ana", "agent", json!({ "city": "LON" }));
    let mut tenant = tenant(vec![Member { license: Some(License::Agents), ..record("ana") }]);
    tenant.contact_centers[0].operators = Some(vec![operator("ana", Post::Supervisor, Some(80))]);
    let plan = plan(&scene, tenant);
    assert_eq!(
        grants(&plan),
        ["change grant ana@acme.example contact_center Support: supervisor, skill 80 → operator, skill 80"]
    );
    let sent = requests(&plan);
    assert_eq!(sent.len(), 2);
    assert!(sent[0].get("remove_operator").is_some() && sent[1].get("add_operator").is_some(), "{sent:?}");
}

#[test]
fn another_skill_is_one_request() {
    let scene = with(scene(""), "ana", "agent", json!({ "city": "LON" }));
    let mut tenant = tenant(vec![Member { license: Some(License::Agents), ..record("ana") }]);
    tenant.contact_centers[0].operators = Some(vec![operator("ana", Post::Operator, Some(50))]);
    let plan = plan(&scene, tenant);
    assert_eq!(
        requests(&plan),
        [json!({ "set_skill": { "contact_center": "c1", "user": { "live": "r-ana" }, "skill": 80 } })]
    );
}

#[test]
fn what_was_given_by_hand_stays_and_is_counted_unless_the_kind_is_exclusive() {
    let hand = |more: &str| {
        let scene = with(scene(more), "ana", "member", json!({}));
        let mut tenant = tenant(vec![record("ana"), record("eve")]);
        tenant.departments[0].operators =
            Some(vec![operator("ana", Post::Operator, None), operator("eve", Post::Admin, None)]);
        tenant.channels[0].members = Some(vec![api("ana")]);
        plan(&scene, tenant)
    };
    let kept = hand("");
    assert_eq!(grants(&kept), [""; 0]);
    assert!(notes(&kept).contains(&"ungranted"));
    let taken = hand("grants: { departments: { exclusive: true } }\n");
    assert_eq!(
        grants(&taken),
        ["withdraw eve@acme.example department Sales: admin → -"]
            .map(|line| line.replace("eve@acme.example", "EVE@ACME.example"))
    );
}

#[test]
fn what_a_role_gave_is_taken_away_with_the_role_and_nothing_else_is() {
    let mut scene = with(scene(""), "ana", "member", json!({}));
    let all = [given(GrantKind::ContactCenter, Some("c1")), given(GrantKind::Channel, Some("n1"))];
    scene.memory.grants.insert("ana".into(), all.into_iter().collect());
    let mut tenant = tenant(vec![Member { admin_offices: vec!["ber".into()], ..record("ana") }]);
    tenant.departments[0].operators = Some(vec![operator("ana", Post::Operator, None)]);
    tenant.contact_centers[0].operators =
        Some(vec![operator("ana", Post::Operator, None), operator("ben", Post::Operator, None)]);
    tenant.channels[0].members = Some(vec![api("ana")]);
    let plan = plan(&scene, tenant);
    assert_eq!(grants(&plan), ["withdraw ana@acme.example contact_center Support: operator → -"]);
    assert_eq!(&*only(&plan, Action::Withdraw).cause.text, "no role of the person gives it any more");
}

#[test]
fn a_leaver_is_disabled_first_and_what_roles_gave_is_withdrawn_in_the_same_plan() {
    let mut scene = scene("").person("ana", json!({})).linked("ana");
    scene.memory.grants.insert("ana".into(), [given(GrantKind::Channel, Some("n1"))].into_iter().collect());
    scene = with(scene, "ben", "member", json!({}));
    let mut tenant = tenant(vec![record("ana"), record("ben")]);
    tenant.departments[0].operators = Some(vec![operator("ben", Post::Operator, None)]);
    tenant.channels[0].members = Some(vec![api("ana"), api("ben")]);
    let plan = plan(&scene, tenant);
    assert_eq!(lines(&plan), ["disable ana@acme.example", "withdraw ana@acme.example"]);
    assert!(plan.changes.iter().all(|change| change.depends_on.is_empty()), "a disable waits for nothing");
    assert_eq!(
        (seats(&plan, "London", &License::Talk).freed, seats(&plan, "London", &License::Talk).free_after),
        (1, 6)
    );
}

#[test]
fn a_seat_that_a_leaver_frees_is_taken_by_a_joiner_after_the_leaver() {
    let leaver = scene("").person("old", json!({})).linked("old").person("new", json!({})).group("member", &["new"]);
    let mut tenant = tenant(vec![record("old")]);
    tenant.offices[0] = office("lon", "London", "gb", [0, 0, 0]);
    let made = plan(&leaver, tenant.clone());
    let create = only(&made, Action::CreateUser);
    assert!(create.depends_on.contains(&only(&made, Action::DisableUser).id), "{:?}", create.depends_on);
    let line = seats(&made, "London", &License::Talk);
    assert_eq!((line.free_before, line.needed, line.freed, line.free_after, line.missing), (0, 1, 1, 0, 0));

    let two = leaver.person("two", json!({})).group("member", &["two"]);
    let short = plan(&two, tenant.clone());
    let without = only_held(&short, Reason::NoSeat);
    assert_eq!(&*without.message, "London has no Connect licence free");
    assert_eq!(
        &*without.remedy,
        "buy a licence for the office, or `--allow no_seat=two@acme.example` lets it through, and it may be billed"
    );
    assert_eq!(seats(&short, "London", &License::Talk).missing, 1);
    let allowed = plan(&two.allow("no_seat=1"), tenant);
    assert_eq!(allowed.held, []);
    assert_eq!(seats(&allowed, "London", &License::Talk).free_after, -1);
    assert!(notes(&allowed).contains(&"may_be_billed"));
}

#[test]
fn a_move_abroad_that_loses_numbers_is_held_with_the_numbers() {
    let scene = with(scene(""), "ana", "agent", json!({ "city": "BER" }));
    let numbers = vec!["+442079460958".into()];
    let tenant = tenant(vec![Member { numbers, license: Some(License::Agents), ..record("ana") }]);
    let held = plan(&scene, tenant.clone());
    let loses = only_held(&held, Reason::LosesNumbers);
    assert_eq!(&*loses.message, "moves to Berlin in another country: +442079460958 would be lost");
    let through = plan(&scene.allow("loses_numbers=ana@acme.example"), tenant);
    assert_eq!(requests(&through)[0], json!({ "move_office": { "user": { "live": "r-ana" }, "office": "ber" } }));
}

#[test]
fn a_licence_without_a_number_asks_to_keep_the_numbers_or_is_held() {
    let roles = "roles: { agent: { grants: { license: support } } }\nassignments: [{ group: agent, role: agent }]\n";
    let member = || Member { numbers: vec!["+1".into()], ..record("ana") };
    let keeping = with(Scene::of(&format!("{HEAD}{roles}")), "ana", "agent", json!({}));
    assert_eq!(
        requests(&plan(&keeping, tenant(vec![member()])))[0]["patch_user"]["fields"],
        json!([{ "license": "lite_support_agents" }, { "keep_paid_numbers": true }])
    );
    let losing =
        with(Scene::of(&format!("{HEAD}{roles}grants: {{ keep_paid_numbers: false }}\n")), "ana", "agent", json!({}));
    let plan = plan(&losing, tenant(vec![member()]));
    assert!(only_held(&plan, Reason::LosesNumbers).message.contains("+1 would be lost"));
}

#[test]
fn administration_waits_for_a_first_login_and_is_no_failure_of_anybody() {
    let scene = with(scene(""), "ana", "boss", json!({ "extension": "4711" }));
    let plan = plan(&scene, tenant(vec![Member { state: MemberState::Pending, ..record("ana") }]));
    assert_eq!(held(&plan), ["waiting ana@acme.example"; 3]);
    assert_eq!(plan.held_for_a_person().count(), 0);
    assert_eq!(
        requests(&plan)[0]["patch_user"]["fields"],
        json!([{ "extension": "4711" }, { "international_dialing": true }])
    );
}

#[test]
fn administration_of_offices_is_one_list_that_keeps_what_was_there() {
    let scene = with(scene(""), "ana", "boss", json!({}));
    let plan = plan(&scene, tenant(vec![Member { admin_offices: vec!["par".into(), "lon".into()], ..record("ana") }]));
    let sent = requests(&plan);
    let list = sent.iter().find_map(|request| request["patch_user"]["fields"][0].get("admin_offices")).unwrap();
    assert_eq!(*list, json!(["par", "lon", "ber"]));
    assert!(sent.contains(&json!({ "assign_policy": {
        "policy": "p1", "user": { "live": "r-ana" }, "at": { "contact_center": "c1" },
    } })));
}

#[test]
fn the_last_administrator_and_the_last_operator_stay() {
    let mut scene = scene("").person("ana", json!({})).linked("ana");
    scene.memory.grants.insert("ana".into(), [given(GrantKind::Department, Some("d1"))].into_iter().collect());
    let mut alone = tenant(vec![Member { company_admin: true, ..record("ana") }]);
    alone.departments[0].operators = Some(vec![operator("ana", Post::Operator, None)]);
    let held_back = plan(&scene, alone.clone());
    let disable = only_held(&held_back, Reason::LastAdmin);
    assert_eq!(
        (disable.action, &*disable.message),
        (Some(Action::DisableUser), "this is the last company administrator")
    );
    assert_eq!(&*only_held(&held_back, Reason::LastOperator).message, "nobody would be left in department Sales");

    alone.users.push(Member { company_admin: true, ..record("eve") });
    alone.departments[0].operators.as_mut().unwrap().push(operator("eve", Post::Operator, None));
    assert_eq!(lines(&plan(&scene, alone)), ["disable ana@acme.example", "withdraw ana@acme.example"]);
}

#[test]
fn whom_the_admin_api_does_not_have_or_has_twice_is_held_with_words() {
    let scene = with(with(scene(""), "ana", "member", json!({})), "ben", "member", json!({}));
    let twice = Member { id: "r-other".into(), ..record("ben") };
    let plan = plan(&scene, tenant(vec![record("ben"), twice]));
    let messages: Vec<&str> = plan.held.iter().map(|held| &*held.message).collect();
    assert_eq!(held(&plan), ["not_in_api ana@acme.example", "not_in_api ben@acme.example"]);
    assert_eq!(messages[0], "SCIM has the account, and the admin API has nobody with its addresses");
    assert_eq!(messages[1], "the addresses of the account belong to several people in the admin API");
}

#[test]
fn of_what_was_not_read_nothing_is_planned_and_that_is_said() {
    let mut scene = with(scene(""), "ana", "member", json!({}));
    scene.memory.grants.insert("ana".into(), [given(GrantKind::ContactCenter, Some("c1"))].into_iter().collect());
    let mut tenant = tenant(vec![record("ana")]);
    tenant.channels[0].members = Some(vec![api("ana")]);
    tenant.contact_centers.clear();
    tenant.departments.clear();
    tenant.unread.insert(Section::ContactCenters, "403 forbidden".into());
    tenant.unread.insert(Section::Departments, "503 unavailable".into());
    let plan = plan(&scene, tenant);
    assert_eq!((lines(&plan), held(&plan)), (vec![], vec![]));
    assert_eq!(notes(&plan).iter().filter(|code| **code == "not_read").count(), 2);
}

#[test]
fn a_person_of_whom_it_is_not_certain_who_they_are_loses_nothing() {
    let scene = scene("grants: { departments: { exclusive: true } }\n")
        .person("ana", json!({}))
        .group("member", &["ana"])
        .user("x1", json!({ "userName": "ana@acme.example", "active": true, "externalId": "other" }))
        .link("bob", "x1");
    let mut tenant = tenant(vec![record("ana")]);
    tenant.departments[0].operators = Some(vec![operator("ana", Post::Operator, None)]);
    let plan = plan(&scene, tenant);
    assert!(!lines(&plan).iter().any(|line| line.starts_with("withdraw")), "{:?}", lines(&plan));
}

#[test]
fn names_that_lead_nowhere_are_told_all_at_once_with_near_misses() {
    let text = format!(
        "{HEAD}assignments: [{{ group: a, role: a }}]\nroles:\n  a:\n    grants:\n      office: Lodnon\n      \
         contact_centers: [{{ name: Suport }}]\n      policies: [{{ name: Routing, at: company }}]\n      channels: [News]\n"
    );
    let scene = Scene::of(&text);
    let mut tenant = tenant(vec![]);
    let other = ContactCenter { id: "c2".into(), office: Some("ber".into()), ..tenant.contact_centers[0].clone() };
    tenant.contact_centers.push(other);
    tenant.channels.push(Channel { id: "n2".into(), ..tenant.channels[0].clone() });
    let unknown = plan::unknown_names(&scene.manifest, &tenant);
    let told: Vec<String> = unknown
        .iter()
        .map(|one| format!("{} {} ({})", one.place.line, one.message, one.help.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(
        told,
        [
            "9 there is no office `Lodnon` (did you mean `London`?)",
            "10 there is no contact center `Suport` (did you mean `Support`?)",
            "11 the policy `Routing` is for a contact center, not for a company (say which contact center with `at`, or use another policy)",
            "12 there are 2 of the channel `News`: n1, n2 (say which with `office`, or rename one of them in Dialpad)",
        ]
    );
}

#[test]
fn what_a_saved_plan_found_before_is_what_is_held_now() {
    let scene =
        with(with(scene(""), "ana", "agent", json!({ "city": "BER" })), "ben", "boss", json!({ "extension": "1" }));
    let mut tenant = tenant(vec![record("ana"), Member { extension: Some("9".into()), ..record("ben") }]);
    tenant.contact_centers[0].operators = Some(vec![operator("ana", Post::Operator, Some(5))]);
    let made = plan(&scene, tenant.clone());
    let mut compared = 0;
    for change in &made.changes {
        for grant in &change.grants {
            assert_eq!(plan::held_now(&tenant, change, grant), Some(grant.before.clone()), "{grant:?}");
            compared += 1;
        }
    }
    assert!(compared >= 8, "{compared}: {:?}", grants(&made));
}

#[test]
fn the_snippets_of_the_documentation_are_manifests() {
    let text =
        std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/grants.md")).unwrap();
    let blocks: Vec<&str> = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 2);
    let assignments = "assignments:\n  - { group: a, role: supervisor }\n  - { group: b, role: member }\n  - { group: c, role: dialpad-admin }\n";
    let scene = Scene::of(&format!("{HEAD}{assignments}{}{}", blocks[0], blocks[1]));
    assert!(scene.manifest.grants.exclusive.contact_centers && scene.manifest.has_grants());
}

#[test]
fn a_contact_center_needs_an_agents_licence_and_never_makes_two_plans_undo_each_other() {
    let roles = "roles:\n  staff: { grants: { license: connect } }\n  agent: { grants: { contact_centers: [{ name: Support }] } }\n";
    let assignments = "assignments: [{ group: staff, role: staff }, { group: agent, role: agent }]\n";
    let scene =
        Scene::of(&format!("{HEAD}{roles}{assignments}")).group("staff", &["ana"]).group("agent", &["ana", "ben"]);
    let scene = scene.person("ana", json!({})).linked("ana").person("ben", json!({})).linked("ben");
    let plan = plan(&scene, tenant(vec![record("ana"), record("ben")]));
    // Whom a role gives Connect gets no place: Dialpad would give Sell with it, and the next plan Connect again.
    let held = only_held(&plan, Reason::MissingRequired);
    assert_eq!(&*held.subject.name, "ana@acme.example");
    assert_eq!(&*held.message, "contact center Support needs Sell or Support, and the role staff gives Connect");
    // Whom no role gives a licence gets one with the place, and the plan says so.
    assert_eq!(
        grants(&plan),
        [
            "grant ben@acme.example contact_center Support: - → operator",
            "grant ben@acme.example license : talk → agents"
        ]
    );
    assert_eq!(seats(&plan, "London", &License::Agents).needed, 1);
}

#[test]
fn an_edit_of_grants_is_an_edit() {
    let edited = |from: &str, to: &str| Scene::of(&scene("").text.replace(from, to));
    let people = with(with(scene(""), "ana", "agent", json!({ "city": "LON" })), "ben", "member", json!({}));
    let after = edited("license: sell", "license: support");
    let edit = plan::edit::between(&people.manifest, &after.manifest, &people.directory(), people.now.parse().unwrap());
    let changed: Vec<_> = edit.changes.iter().map(|change| (&*change.person, change.grants.len())).collect();
    assert_eq!((changed, edit.same), (vec![("ana@acme.example", 1)], 1));
    let grant = &edit.changes[0].grants[0];
    assert_eq!(
        (&*grant.what, grant.before.as_deref(), grant.after.as_deref()),
        ("licence", Some("Sell"), Some("Support"))
    );
    let gone = edited("      channels: [News]\n", "");
    let edit = plan::edit::between(&people.manifest, &gone.manifest, &people.directory(), people.now.parse().unwrap());
    assert_eq!(edit.changes[0].grants[0].after, None);
    assert!(dialform::render::edit::text(&edit, false).contains("channel News: member → none"));
    assert!(dialform::render::edit::markdown(&edit).contains("channel News: member → none"));
}

#[test]
fn an_account_that_an_exclusive_kind_changes_is_not_called_unchanged() {
    let scene = with(scene("grants: { departments: { exclusive: true } }\n"), "ana", "member", json!({}));
    let scene = scene.user("d-eve", json!({ "userName": "eve@acme.example", "active": true }));
    let mut tenant = tenant(vec![record("ana"), record("eve")]);
    tenant.channels[0].members = Some(vec![api("ana")]);
    tenant.departments[0].operators =
        Some(vec![operator("ana", Post::Operator, None), operator("eve", Post::Admin, None)]);
    let plan = plan(&scene, tenant);
    assert_eq!(lines(&plan), ["withdraw eve@acme.example"]);
    assert_eq!(plan.unmanaged, []);
}

#[test]
fn an_allowance_that_lets_nothing_through_is_told() {
    let people =
        |scene: Scene| scene.person("one", json!({})).person("two", json!({})).group("member", &["one", "two"]);
    let mut tenant = tenant(vec![]);
    tenant.offices[0] = office("lon", "London", "gb", [0, 0, 0]);
    let of = |allow: &str| {
        let plan = plan(&people(scene("")).allow(allow), tenant.clone());
        let told = plan.notes.iter().find(|note| *note.code == *"allow_unused").map(|note| note.message.to_string());
        (plan.held.len(), told)
    };
    let told = |text: &str| Some(format!("`--allow {text}"));
    assert_eq!(
        of("no_seat=1"),
        (2, told("no_seat=1` lets nothing through: 2 are held, and they go through all together or by name"))
    );
    assert_eq!(
        of("no_seat=tove"),
        (2, told("no_seat=tove` lets nothing through: nothing is planned for anybody of that name"))
    );
    assert_eq!(of("no_seat=2"), (0, None));
    assert_eq!(of("no_seat=one@acme.example"), (1, None));
}

#[test]
fn nothing_is_taken_because_a_name_leads_nowhere_or_a_list_was_not_read() {
    let mut scene = with(scene(""), "ana", "member", json!({}));
    let had = [given(GrantKind::Channel, Some("n1")), given(GrantKind::Department, Some("d1"))];
    scene.memory.grants.insert("ana".into(), had.into_iter().collect());
    let mut renamed = tenant(vec![record("ana")]);
    renamed.departments[0].name = "Sales UK".into();
    renamed.departments[0].operators =
        Some(vec![operator("ana", Post::Operator, None), operator("eve", Post::Operator, None)]);
    renamed.channels[0].members = Some(vec![api("ana")]);
    let unknown = plan(&scene, renamed.clone());
    assert_eq!((lines(&unknown), held(&unknown)), (vec![], vec!["unknown_name ana@acme.example".to_owned()]));

    renamed.departments[0].name = "Sales".into();
    renamed.channels[0].members = None;
    let unread = plan(&scene, renamed);
    let forgotten = unread.remember.iter().any(|of| matches!(of, plan::Remember::NotGranted { .. }));
    assert_eq!((lines(&unread), forgotten), (vec![], false));
}

/// Ana's plan as a run carried it out, and the way back from what is held now.
fn undone(scene: &Scene, ran: &Plan, now: Tenant) -> Plan {
    let (directory, live) = (scene.directory(), Live { tenant: Some(now), ..scene.live() });
    let instant = scene.now.parse().unwrap();
    let inputs = plan::Inputs {
        manifest: &scene.manifest,
        directory: &directory,
        live: &live,
        memory: &scene.memory,
        now: instant,
    };
    let done = ran.changes.iter().map(|change| (change.id.clone(), change.subject.target.clone())).collect();
    let plan = plan::undo(&inputs, &scene.options, plan::Ran { run: &"r1".into(), plan: ran, done: &done });
    assert_eq!(plan::file::read(&plan::file::write(&plan)).as_ref(), Ok(&plan));
    plan
}

#[test]
fn the_way_back_from_a_role_takes_all_of_it_unless_it_was_changed_since() {
    let scene = with(scene(""), "ana", "member", json!({}));
    let ran = plan(&scene, tenant(vec![Member { license: Some(License::Agents), ..record("ana") }]));
    assert_eq!(ran.changes.len(), 3, "{:?}", grants(&ran));
    let mut now = tenant(vec![record("ana")]);
    now.departments[0].operators =
        Some(vec![operator("ana", Post::Operator, None), operator("eve", Post::Operator, None)]);
    now.channels[0].members = Some(vec![api("ana")]);
    let back = undone(&scene, &ran, now.clone());
    assert_eq!(held(&back), [""; 0]);
    let sent = requests(&back);
    for request in [
        json!({ "patch_user": { "user": { "live": "r-ana" }, "fields": [{ "license": "Agents" }] } }),
        json!({ "remove_operator": { "group": { "department": "d1" }, "user": { "live": "r-ana" } } }),
        json!({ "remove_channel_member": { "channel": "n1", "user": { "live": "r-ana" } } }),
    ] {
        assert!(
            sent.iter().any(|one| one.to_string().to_lowercase() == request.to_string().to_lowercase()),
            "no {request} in {sent:#?}"
        );
    }
    assert_eq!(sent.len(), 3, "{sent:#?}");
    // Somebody took her out of the channel and made her admin of the department since.
    now.channels[0].members = Some(Vec::new());
    now.departments[0].operators = Some(vec![operator("ana", Post::Admin, None)]);
    let back = undone(&scene, &ran, now.clone());
    assert_eq!((requests(&back).len(), notes(&back).contains(&"undo_changed_since")), (1, true));
    // There is no Sell seat left to go back to.
    let mut full = now.clone();
    full.offices[0] = office("lon", "London", "gb", [5, 0, 5]);
    assert_eq!(only_held(&undone(&scene, &ran, full), Reason::NoSeat).action, Some(Action::SetLicense));
    // The admin API is not there any more.
    let (directory, live) = (scene.directory(), scene.live());
    let inputs = plan::Inputs {
        manifest: &scene.manifest,
        directory: &directory,
        live: &live,
        memory: &scene.memory,
        now: scene.now.parse().unwrap(),
    };
    let done = ran.changes.iter().map(|change| (change.id.clone(), None)).collect();
    let back = plan::undo(&inputs, &scene.options, plan::Ran { run: &"r1".into(), plan: &ran, done: &done });
    assert!(back.changes.is_empty() && notes(&back).contains(&"undo_grant"), "{:?}", notes(&back));
}

#[test]
fn the_way_back_stands_behind_the_same_guards() {
    // The run made Ana an administrator; meanwhile she is the only one.
    let scene = with(scene(""), "ana", "boss", json!({}));
    let ran = plan(&scene, tenant(vec![record("ana")]));
    let now = || {
        let offices = vec!["lon".into(), "ber".into()];
        let mut tenant = tenant(vec![Member { company_admin: true, admin_offices: offices, ..record("ana") }]);
        tenant.policies[0].assignments = Some(Vec::new());
        tenant
    };
    let back = undone(&scene, &ran, now());
    assert_eq!(&*only_held(&back, Reason::LastAdmin).message, "this is the last company administrator");
    let list =
        requests(&back).iter().find_map(|request| request["patch_user"]["fields"][0].get("admin_offices").cloned());
    assert_eq!(list, Some(json!([])));
    // The policy is gone by itself, and international dialing was never told before.
    assert!(held(&back).iter().any(|line| line.starts_with("last_admin")), "{:?}", held(&back));
    let mut told = now();
    told.users[0].international_dialing = Some(true);
    let back = undone(&scene, &ran, told);
    let unknown = only_held(&back, Reason::MissingRequired);
    assert!(unknown.message.contains("did not learn what `international_dialing` was before"), "{}", unknown.message);

    // A way back to another country would lose the number.
    let scene = with(self::scene(""), "bob", "agent", json!({ "city": "BER" }));
    let agent = |office: &str, numbers: &[&str]| Member {
        office: Some(office.into()),
        license: Some(License::Agents),
        numbers: numbers.iter().map(|number| (*number).into()).collect(),
        ..record("bob")
    };
    let ran = plan(&scene, tenant(vec![agent("lon", &[])]));
    let back = undone(&scene, &ran, tenant(vec![agent("ber", &["+4930123"])]));
    let lost = only_held(&back, Reason::LosesNumbers);
    assert!(lost.message.contains("goes back to London in another country: +4930123"), "{}", lost.message);
    // And one to an office that is no more cannot be.
    let mut closed = tenant(vec![agent("ber", &[])]);
    closed.offices.remove(0);
    assert_eq!(only_held(&undone(&scene, &ran, closed), Reason::UnknownName).action, Some(Action::MoveOffice));
}

#[test]
fn whom_a_run_created_is_suspended_and_loses_what_it_gave() {
    let fresh = scene("").person("ana", json!({})).group("member", &["ana"]);
    let ran = plan(&fresh, tenant(vec![]));
    let scene = fresh.linked("ana");
    let mut now = tenant(vec![record("ana")]);
    now.channels[0].members = Some(vec![api("ana")]);
    now.departments[0].operators =
        Some(vec![operator("ana", Post::Operator, None), operator("eve", Post::Operator, None)]);
    let mut done: BTreeMap<_, _> = ran.changes.iter().map(|change| (change.id.clone(), None)).collect();
    let create = ran.changes.iter().find(|change| change.action == Action::CreateUser).unwrap();
    done.insert(create.id.clone(), Some("d-ana".into()));
    let (directory, live) = (scene.directory(), Live { tenant: Some(now), ..scene.live() });
    let inputs = plan::Inputs {
        manifest: &scene.manifest,
        directory: &directory,
        live: &live,
        memory: &scene.memory,
        now: scene.now.parse().unwrap(),
    };
    let back = plan::undo(&inputs, &scene.options, plan::Ran { run: &"r1".into(), plan: &ran, done: &done });
    assert_eq!(lines(&back), ["disable ana@acme.example", "withdraw ana@acme.example", "withdraw ana@acme.example"]);
    assert_eq!(seats(&back, "London", &License::Talk).freed, 1);
}

#[test]
fn what_dialpad_did_not_store_is_told_and_not_sent_again_until_it_changes() {
    let mut scene = with(scene(""), "ana", "boss", json!({ "extension": "77" }));
    let fields = [("setting:extension", "77"), ("office_admin:ber", ""), ("company_admin", "")];
    let known = fields.map(|(field, value)| (field.into(), value.into())).into_iter().collect();
    scene.memory.grants_not_stored.insert("ana".into(), known);
    let mut now =
        tenant(vec![Member { admin_offices: vec!["lon".into()], international_dialing: Some(true), ..record("ana") }]);
    now.policies[0].assignments =
        Some(vec![dialform::live::tenant::PolicyAssignment { user: api("ana"), at: Some("c1".into()) }]);
    let told = plan(&scene, now.clone());
    assert_eq!((lines(&told), held(&told)), (vec![], vec![]));
    let note = told.notes.iter().find(|note| &*note.code == "grant_not_stored").unwrap();
    for what in ["setting extension", "office administration Berlin", "company administration of"] {
        assert!(note.message.contains(what), "{}", note.message);
    }
    // Another value is tried, and so is what is lost after it was held.
    let mut other = with(self::scene(""), "ana", "boss", json!({ "extension": "78" }));
    other.memory = scene.memory.clone();
    assert_eq!(lines(&plan(&other, now.clone())).len(), 1);
    now.users[0].extension = Some("77".into());
    let held_after_all = plan(&scene, now);
    let forgets = held_after_all.remember.iter().any(
        |remember| matches!(remember, plan::Remember::GrantStored { field, .. } if **field == *"setting:extension"),
    );
    assert!(forgets, "{:?}", held_after_all.remember);
}
