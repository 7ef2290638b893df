//! `export`: what Dialpad holds becomes files that plan to no changes, whatever it holds; and
//! what is in the files is really planned, so that drift in any of it is seen.

use std::{collections::BTreeMap, fs, time::Instant};

use dialform::{
    export::{self, Exported, Origin, Why},
    live::{
        Group, Live, Tenant, User,
        tenant::{
            Channel, ContactCenter, Department, Member, MemberState, Office, Operator, Policy, PolicyAssignment,
            PolicyLevel, Section,
        },
    },
    manifest::{self, Disk, Manifest, Source, trust::AllowedHosts},
    memory::{Memory, UserLink},
    names::{ApiId, Complete, License, Post, Reading, Text, Value},
    plan::{self, Action, Options, Plan},
    source::files,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::{
    inputs::{self, lines},
    process::{Folder, Served},
};

/// Numbers that a generated tenant is made of; when they are used up everything is 0.
struct Dice {
    numbers: std::vec::IntoIter<u16>,
}

impl Dice {
    fn of(numbers: Vec<u16>) -> Self {
        Self { numbers: numbers.into_iter() }
    }

    /// A number below `most`.
    fn below(&mut self, most: usize) -> usize {
        self.numbers.next().map_or(0, usize::from) % most.max(1)
    }

    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 1
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    /// A text that somebody typed, or meant badly.
    fn text(&mut self) -> &'static str {
        self.pick(&[
            "Lead",
            "=cmd()",
            "a;b",
            "a,b",
            "say \"hi\"",
            "two\nlines",
            " lead",
            "trail ",
            "zoë",
            "日本",
            "+49 30 123",
            "-",
            "null",
            "true",
            "007",
            "@x",
            "\u{202e}x",
            "#c",
            "a: b",
            "~",
            "{x}",
            "[y]",
            "'s",
            "\t",
            "\\",
            "!t",
            "&a",
            "*a",
            "? ",
            "|",
            "%",
            "no",
            "1e3",
            "\u{85}",
        ])
    }

    fn user_name(&mut self, nth: usize) -> String {
        match self.below(12) {
            0 => "shared@acme.example".to_owned(),
            1 => format!("Service {nth}"),
            2 => format!(" p{nth}@acme.example"),
            3 => format!("p{nth}_home.example#EXT#@acme.example"),
            4 => format!("Zoë.{nth}@acme.example"),
            5 => format!("=p{nth}@acme.example"),
            6 => format!("o'p,{nth};\"x\"@acme.example"),
            _ => format!("P{nth}@acme.example"),
        }
    }
}

fn value(json: &Json) -> Value {
    Value::from_json(json).unwrap()
}

fn user(dice: &mut Dice, nth: usize, of: usize) -> User {
    let name = dice.user_name(nth);
    let mut json = json!({ "userName": name, "active": !dice.chance(6) });
    if dice.chance(9) {
        json.as_object_mut().unwrap().remove("userName");
    }
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    if dice.chance(2) {
        // Ids of some people are names, ids and external ids of others.
        json["externalId"] = match dice.below(5) {
            0 => json!(format!("u{}", (nth + 1) % of)),
            1 => json!(format!("p{}@acme.example", (nth + 1) % of)),
            2 => json!("same"),
            3 => json!(dice.text()),
            _ => json!(format!("E-{nth}")),
        };
    }
    for path in ["displayName", "title", "nickName", "preferredLanguage"] {
        if dice.chance(3) {
            json[path] = json!(dice.text());
        }
    }
    if dice.chance(2) {
        json["name"] = json!({ "givenName": dice.text(), "familyName": dice.text(), "middleName": dice.text() });
    }
    if dice.chance(2) {
        json["emails"] =
            json!([{ "type": "work", "value": format!("mail{nth}@acme.example") }, { "type": "home", "value": "h@x" }]);
    }
    if dice.chance(3) {
        json["phoneNumbers"] =
            json!([{ "type": "mobile", "value": "+44 1" }, { "type": "work", "value": dice.text() }]);
    }
    if dice.chance(3) {
        json[enterprise] = json!({ "department": dice.text(), "officeName": "Elsewhere", "badge": dice.text() });
        if dice.chance(2) {
            json[enterprise]["manager"] = json!({ "value": format!("u{}", dice.below(of)) });
        }
    }
    if dice.chance(4) {
        json["roles"] = json!([{ "value": "x" }]);
        json["score"] = json!(7);
        json["flag"] = json!(true);
    }
    let members = json.as_object().unwrap().iter();
    let attributes = members.map(|(name, json)| (Text::from(name.as_str()), value(json))).collect();
    User { id: format!("u{nth}").as_str().into(), attributes, version: None }
}

fn member(dice: &mut Dice, user: &User, nth: usize, offices: usize) -> Member {
    let addresses = plan::addresses(&user.attributes);
    let email =
        if dice.chance(9) { "stranger@acme.example".into() } else { addresses.first().cloned().unwrap_or("x".into()) };
    let office = |dice: &mut Dice| ApiId::from(format!("o{}", dice.below(offices + 1)).as_str());
    Member {
        id: format!("r{nth}").as_str().into(),
        emails: vec![
            email.to_uppercase().as_str().into(),
            format!("alias{}@acme.example", dice.below(20)).as_str().into(),
        ],
        state: match dice.below(7) {
            0 => MemberState::Pending,
            1 => MemberState::Suspended,
            2 => MemberState::Other("odd".into()),
            _ => MemberState::Active,
        },
        office: (!dice.chance(5)).then(|| office(dice)),
        license: match dice.below(6) {
            0 => None,
            1 => Some(License::Agents),
            2 => Some(License::Support),
            3 => Some(License::Other("admins".into())),
            4 => Some(License::Other("of tomorrow".into())),
            _ => Some(License::Talk),
        },
        numbers: vec!["+44 20".into()],
        company_admin: dice.chance(5),
        admin_offices: (0..dice.below(3)).map(|_| office(dice)).collect(),
        roles: BTreeMap::new(),
        job_title: dice.chance(2).then(|| dice.text().into()),
        extension: dice.chance(3).then(|| dice.text().into()),
        forwarding_numbers: (0..dice.below(3)).map(|_| dice.text().into()).collect(),
        international_dialing: dice.chance(2).then(|| dice.chance(2)),
    }
}

fn operators(dice: &mut Dice, people: usize) -> Vec<Operator> {
    let one = |dice: &mut Dice| Operator {
        user: format!("r{}", dice.below(people + 1)).as_str().into(),
        post: match dice.below(4) {
            0 => None,
            1 => Some(Post::Admin),
            2 => Some(Post::Supervisor),
            _ => Some(Post::Operator),
        },
        skill: dice.chance(2).then(|| u8::try_from(dice.below(103)).unwrap()),
    };
    (0..dice.below(5)).map(|_| one(dice)).collect()
}

/// A name that another has too, now and then.
fn name(dice: &mut Dice, nth: usize) -> Text {
    match dice.below(6) {
        0 => "Same".into(),
        1 => "sAME".into(),
        2 => format!("{}{nth}", dice.text()).as_str().into(),
        3 => format!(" Blank {nth} ").as_str().into(),
        _ => format!("Place {nth}").as_str().into(),
    }
}

fn tenant(dice: &mut Dice, users: &[User]) -> Tenant {
    let people = users.len();
    let offices = 1 + dice.below(4);
    let id = |letter: &str, nth: usize| ApiId::from(format!("{letter}{nth}").as_str());
    let office = |dice: &mut Dice| (!dice.chance(6)).then(|| id("o", dice.below(offices)));
    let some = |dice: &mut Dice| 0..dice.below(4);
    let mut tenant = Tenant {
        offices: (0..offices)
            .map(|nth| Office {
                id: id("o", nth),
                name: name(dice, nth),
                country: None,
                is_primary: nth == 0,
                free: None,
            })
            .collect(),
        ..Tenant::default()
    };
    for (nth, user) in users.iter().enumerate() {
        if !dice.chance(8) {
            let member = member(dice, user, nth, offices);
            tenant.users.push(member);
        }
    }
    for nth in some(dice) {
        let operators = (!dice.chance(8)).then(|| operators(dice, people));
        tenant.departments.push(Department {
            id: id("d", nth),
            name: name(dice, nth),
            office: office(dice),
            operators,
        });
    }
    for nth in some(dice) {
        let operators = (!dice.chance(8)).then(|| operators(dice, people));
        tenant.contact_centers.push(ContactCenter {
            id: id("c", nth),
            name: name(dice, nth),
            office: office(dice),
            operators,
        });
    }
    for nth in some(dice) {
        let level = match dice.below(4) {
            0 => None,
            1 => Some(PolicyLevel::Company),
            2 => Some(PolicyLevel::Office),
            _ => Some(PolicyLevel::ContactCenter),
        };
        let assignments = (0..dice.below(4)).map(|_| PolicyAssignment {
            user: id("r", dice.below(people)),
            at: match dice.below(4) {
                0 => None,
                1 => Some(id("o", dice.below(offices))),
                2 => Some("company".into()),
                _ => Some(id("c", dice.below(3))),
            },
        });
        let assignments = Some(assignments.collect());
        tenant.policies.push(Policy { id: id("p", nth), name: name(dice, nth), level, assignments });
    }
    for nth in some(dice) {
        let members = (0..dice.below(4)).map(|_| id("r", dice.below(people))).collect();
        tenant.channels.push(Channel { id: id("n", nth), name: name(dice, nth), members: Some(members) });
    }
    if dice.chance(9) {
        tenant.unread.insert(Section::ContactCenters, "403".into());
    }
    tenant
}

fn live(numbers: Vec<u16>) -> Live {
    let mut dice = Dice::of(numbers);
    let people = dice.below(9);
    let users: Vec<User> = (0..people).map(|nth| user(&mut dice, nth, people)).collect();
    let mut groups = Vec::new();
    for nth in 0..dice.below(4) {
        let name = match dice.below(3) {
            0 => "dialpad-member".to_owned(),
            1 => format!("{}{nth}", dice.text()),
            _ => format!("Group {}", dice.below(2)),
        };
        let mut members: Vec<_> = (0..dice.below(4)).map(|_| format!("u{}", dice.below(10)).as_str().into()).collect();
        members.sort();
        members.dedup();
        let attributes = [("displayName".into(), Value::text(name))].into_iter().collect();
        groups.push(Group { id: format!("g{nth}").as_str().into(), attributes, members, version: None });
    }
    let tenant = (!dice.chance(4)).then(|| tenant(&mut dice, &users));
    let (users, groups) = (Complete::attest(users), Complete::attest(groups));
    Live { users: Reading::Complete(users), groups: Reading::Complete(groups), tenant, ..Live::empty() }
}

fn exported(live: &Live) -> Exported {
    let target = inputs::manifest(inputs::HEAD).target;
    export::export(live, &Origin { name: "acme".into(), target })
}

/// The files as every command reads them.
struct Back {
    manifest: Manifest,
    directory: dialform::directory::Directory,
    memory: Memory,
}

fn back(exported: &Exported) -> Back {
    let folder = tempfile::tempdir().unwrap();
    for file in &exported.files {
        let path = folder.path().join(file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.text).unwrap();
    }
    let path = folder.path().join("dialform.yaml");
    let mut disk = Disk { read: &mut |path| Ok(fs::read_to_string(path).unwrap()), list: &mut |_, _| Ok(Vec::new()) };
    let read = manifest::read(path.to_str().unwrap(), &mut disk, &AllowedHosts::default());
    // A tenant may hold what nobody would write: an operator with Connect. That is warned of, and stays.
    let problems: Vec<_> = read.problems.iter().filter(|problem| problem.code != "no_agent_license").collect();
    assert!(problems.is_empty() || exported.report.roles.is_empty(), "{problems:#?}");
    let (manifest, _) = read.manifest.unwrap();
    let Source::Files(source) = &manifest.source else { panic!("files are exported") };
    let read = files::read(source).unwrap_or_else(|failed| panic!("{:#?}", failed.problems));
    let warnings: Vec<_> = read.warnings.iter().map(|warning| &warning.message).collect();
    assert!(warnings.is_empty(), "{warnings:?}");
    let link = |link: &export::Link| {
        let (target, name) = (link.target.clone(), link.name.clone());
        (link.person.clone(), UserLink { target, name, disabled_since: None, vanished_since: None })
    };
    let memory = Memory { users: exported.links.iter().map(link).collect(), ..Memory::default() };
    Back { directory: read.directory, manifest, memory }
}

fn planned(back: &Back, live: &Live, memory: &Memory) -> Plan {
    let Back { manifest, directory, .. } = back;
    let now = "2027-01-31T09:00:00Z".parse().unwrap();
    let inputs = plan::Inputs { manifest, directory, live, memory, now };
    plan::between(&inputs, &Options { target: "sandbox".into(), ..Options::default() })
}

fn takes(action: Action) -> bool {
    matches!(action, Action::DisableUser | Action::DeleteUser | Action::Withdraw | Action::RemoveMembers)
}

/// Everything of a tenant that can be other than it was, once each.
fn drifts(live: &Live, exported: &Exported) -> Vec<(String, Live)> {
    let linked = |user: &User| exported.links.iter().any(|link| link.target == user.id);
    let mut all = Vec::new();
    let users = live.users.items().unwrap();
    for (at, user) in users.iter().enumerate().filter(|(_, user)| linked(user)) {
        for name in ["displayName", "title", "nickName"] {
            if user.text(name).is_none_or(|text| text.trim().is_empty()) {
                continue;
            }
            let mut users = users.clone();
            users[at].attributes.insert(name.into(), "drifted".into());
            let drifted = Live { users: Reading::Complete(Complete::attest(users)), ..live.clone() };
            all.push((format!("{name} of {}", user.id), drifted));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn an_export_plans_to_nothing_and_nobody_is_lost(numbers in prop::collection::vec(any::<u16>(), 0..600)) {
        let live = live(numbers);
        let exported = exported(&live);
        let back = back(&exported);
        let plan = planned(&back, &live, &back.memory);
        prop_assert!(plan.changes.is_empty(), "{:#?}\n{}", plan.changes, exported.files[0].text);
        prop_assert!(plan.held.is_empty(), "{:#?}\n{}", plan.held, exported.files[0].text);

        let report = &exported.report;
        let of_scim = report.strangers.iter().filter(|stranger| stranger.why != Why::OnlyInApi).count();
        prop_assert_eq!(report.people + of_scim, live.users.items().unwrap().len(), "everybody is somewhere");
        prop_assert_eq!(report.roles.iter().map(|role| role.people).sum::<usize>(), report.people);

        // The state can be lost: then there is less certainty, never a loss for anybody.
        let forgotten = planned(&back, &live, &Memory::default());
        let lost: Vec<_> = forgotten.changes.iter().filter(|change| takes(change.action)).collect();
        prop_assert!(lost.is_empty(), "{lost:#?}");

        for (what, drifted) in drifts(&live, &exported) {
            let plan = planned(&back, &drifted, &back.memory);
            prop_assert_eq!(lines(&plan).len(), 1, "{}: {:?}", what, lines(&plan));
        }
    }

    #[test]
    fn a_grant_that_is_lost_is_given_again(numbers in prop::collection::vec(any::<u16>(), 200..600)) {
        let live = live(numbers);
        let exported = exported(&live);
        let back = back(&exported);
        let Some(tenant) = &live.tenant else { return Ok(()) };
        let said = exported.report.notes.iter().any(|note| note.code == "not_granted" || note.code == "not_read");
        // What a note names may be lost for good; everything else may not.
        if said {
            return Ok(());
        }
        for (nth, channel) in tenant.channels.iter().enumerate() {
            let expected = channel.members.iter().flatten().filter(|id| is_managed(id, &live, &exported));
            let expected = expected.collect::<std::collections::BTreeSet<_>>().len();
            let mut emptied = live.clone();
            if let Some(tenant) = &mut emptied.tenant {
                tenant.channels[nth].members = Some(Vec::new());
            }
            let plan = planned(&back, &emptied, &back.memory);
            prop_assert_eq!(plan.changes.len(), expected, "{:?}", lines(&plan));
        }
        for (nth, center) in tenant.contact_centers.iter().enumerate() {
            let expected = center.operators.iter().flatten().map(|operator| &operator.user);
            let expected = expected.filter(|id| is_managed(id, &live, &exported)).collect::<std::collections::BTreeSet<_>>().len();
            let mut emptied = live.clone();
            if let Some(tenant) = &mut emptied.tenant
                && tenant.contact_centers[nth].operators.is_some()
            {
                tenant.contact_centers[nth].operators = Some(Vec::new());
            }
            let plan = planned(&back, &emptied, &back.memory);
            // Some are held for want of a seat, which is not given to anybody here.
            prop_assert_eq!(plan.changes.len() + plan.held.len(), expected, "{:?} {:?}", lines(&plan), plan.held);
        }
    }
}

/// Whether a record is that of somebody in the files who has grants.
fn is_managed(id: &ApiId, live: &Live, exported: &Exported) -> bool {
    let tenant = live.tenant.as_ref().unwrap();
    let Some(at) = tenant.users.iter().position(|member| member.id == *id) else { return false };
    let joined = plan::joined(live);
    tenant.users[at].state.holds_seat()
        && exported.links.iter().any(|link| joined.get(&link.target) == Some(&plan::Joined::One(at)))
}

/// A list that names an operator twice: planner, `held_now` and export agree that the first counts.
#[test]
fn an_operator_who_is_listed_twice_is_what_the_first_line_says() {
    let user = User {
        id: "u1".into(),
        attributes: [("userName".into(), Value::text("ana@acme.example"))].into_iter().collect(),
        version: None,
    };
    let mut member = member(&mut Dice::of(vec![2]), &user, 1, 1);
    (member.state, member.office, member.emails) = (MemberState::Active, None, vec!["ana@acme.example".into()]);
    let operator = |skill| Operator { user: "r1".into(), post: Some(Post::Operator), skill: Some(skill) };
    let center = ContactCenter {
        id: "c1".into(),
        name: "Support".into(),
        office: None,
        operators: Some(vec![operator(30), operator(93)]),
    };
    let tenant = Tenant { users: vec![member], contact_centers: vec![center], ..Tenant::default() };
    let users = Reading::Complete(Complete::attest(vec![user]));
    let live = Live { users, tenant: Some(tenant), ..Live::empty() };
    let exported = exported(&live);
    assert!(exported.files[0].text.contains("skill: 30"), "{}", exported.files[0].text);
    let back = back(&exported);
    assert_eq!(lines(&planned(&back, &live, &back.memory)), [""; 0]);
}

const TENANT: &str = "
company: { name: Acme, domains: [acme.example], timezone: Europe/London }
offices:
  - { name: London, country: gb, primary: true, licenses: { talk: 40, agents: 25, lite_support_agents: 20, additional_numbers: 10 } }
  - { name: Berlin, country: de, area_code: '30', licenses: { talk: 20, agents: 20, lite_support_agents: 9, additional_numbers: 5 } }
departments:
  - { name: Sales, office: London }
contact_centers:
  - { name: Support EMEA, office: London }
channels: [Announcements]
policies:
  - { name: Call routing editors, target: callcenter }
users:
  - email: ana@acme.example
    first_name: Ana
    external_id: e-1
    office: London
    license: agents
    company_admin: true
    contact_centers: [{ name: Support EMEA, as: supervisor, skill: 80 }]
    policies: [{ name: Call routing editors, at: { contact_center: Support EMEA } }]
  - { email: ben@acme.example, first_name: Ben, office: Berlin, license: talk, channels: [Announcements], external_id: e-2, job_title: Clerk }
  - { email: cleo@acme.example, last_name: \"O'Hara, Jr\", office: London, license: talk, channels: [Announcements], extension: '104', external_id: e-3, job_title: Clerk }
  - { email: dan@acme.example, office: London, suspended: true, external_id: e-9 }
";

const MANIFEST: &str = "version: 1\nname: acme\nsource: { files: { people: none.csv } }\nscope: everyone\n\
                        target: { sandbox: { tenant: tenant.yaml } }\n";

fn folder() -> Folder {
    let folder = Folder::empty();
    folder.write("tenant.yaml", TENANT);
    folder.write("dialform.yaml", MANIFEST);
    folder
}

#[test]
fn a_tenant_of_the_sandbox_becomes_a_folder_that_plans_to_nothing() {
    let folder = folder();
    let report = folder.json(&["export", "--out", "out", "--format", "json"], 0);
    assert_eq!(report["summary"], json!({ "accounts": 4, "people": 3, "groups": 0, "links": 3 }));
    assert_eq!(report["plan"], json!({ "changes": 0, "held": 0 }));
    assert_eq!(report["strangers"].as_array().unwrap().len(), 1);
    assert_eq!(report["strangers"][0]["why"], "suspended");
    let roles: Vec<_> = report["roles"].as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(roles, ["connect-announcements", "sell-london-company-admin-support-emea-lead"]);
    insta::assert_snapshot!("manifest", folder.read("out/dialform.yaml"));
    insta::assert_snapshot!("people", folder.read("out/people.csv"));

    let plan = folder.run(&["plan", "-m", "out/dialform.yaml", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
    assert!(plan.out.contains("no changes: 3 people match"), "{}", plan.out);
    let tests = folder.run(&["test", "-m", "out/dialform.yaml"]);
    assert_eq!(tests.code, 0, "{}{}", tests.out, tests.err);

    // What is there is not overwritten by accident, and may be asked for again.
    let again = folder.run(&["export", "--out", "out"]);
    assert!(again.code == 1 && again.err.contains("3 files are there already"), "{}", again.err);
    assert_eq!(folder.run(&["export", "--out", "out", "--force"]).code, 0);
    let plan = folder.run(&["plan", "-m", "out/dialform.yaml", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);

    // From here on the files decide.
    folder.edit("out/dialform.yaml", "skill: 80", "skill: 90");
    let plan = folder.json(&["plan", "-m", "out/dialform.yaml", "--format", "json"], 0);
    assert_eq!(plan["changes"].as_array().unwrap().len(), 1, "{plan:#}");
}

#[test]
fn the_page_about_it_is_what_happens() {
    let page = include_str!("../../docs/export.md");
    let block = |lang: &str, nth: usize| {
        let after = page.split(&format!("```{lang}\n")).nth(nth).unwrap();
        after.split("```").next().unwrap().to_owned()
    };
    let folder = Folder::empty();
    folder.write("tenant.yaml", &block("yaml", 1));
    folder.write("dialform.yaml", &block("yaml", 2));
    let ran = folder.run(&["export", "--out", "acme"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let shown = ran.out.split("Not in the files").next().unwrap();
    assert_eq!(words(shown), words(&block("text", 1)));
    let plan = folder.run(&["plan", "-m", "acme/dialform.yaml", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
    for why in Why::ALL {
        assert!(page.contains(&format!("| `{}` |", why.code())), "{}", why.code());
    }
}

#[test]
fn a_state_that_knows_others_is_not_written_into() {
    let folder = folder();
    assert_eq!(folder.run(&["export", "--out", "out"]).code, 0);
    // Ana is suspended by hand: exporting again would leave her link behind, as a leaver's.
    folder.write("tenant.yaml", &TENANT.replace("ana@", "una@").replace("e-1", "e-7"));
    fs::remove_dir_all(folder.path(".dialform")).unwrap();
    let again = folder.run(&["export", "--out", "out", "--force"]);
    assert!(again.code == 1 && again.err.contains("knows 1 person"), "{}{}", again.out, again.err);
    assert!(folder.read("out/people.csv").contains("ana@"), "nothing was written");
}

#[test]
fn a_service_without_an_admin_api_is_exported_too() {
    let mut folder = folder();
    folder.set("DIALPAD_TOKEN", "s3cret");
    let file = folder.path("tenant.yaml");
    let served = Served::start("s3cret", &["--tenant", file.to_str().unwrap()]);
    let url = format!("{}/scim", served.url.trim_end_matches("/scim"));
    let ran = folder.run(&["export", "--url", &url, "--out", "plain"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let manifest = folder.read("plain/dialform.yaml");
    assert!(manifest.contains("token: { env: DIALPAD_TOKEN }") && !manifest.contains("grants:"), "{manifest}");
    let plan = folder.run(&["plan", "-m", "plain/dialform.yaml", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
    assert!(plan.out.contains("3 people match"), "{}", plan.out);
}

#[test]
fn ten_thousand_people_take_seconds() {
    let people = 10_000;
    let mut dice = Dice::of((0..400_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 16) as u16).collect());
    let users: Vec<User> = (0..people)
        .map(|nth| {
            let mut user = user(&mut dice, nth, people);
            user.attributes.insert("userName".into(), Value::text(format!("p{nth}@acme.example")));
            user.attributes.insert("active".into(), Value::Boolean(true));
            user
        })
        .collect();
    let mut tenant = tenant(&mut dice, &[]);
    tenant.users = users
        .iter()
        .enumerate()
        .map(|(nth, user)| Member { emails: plan::addresses(&user.attributes), ..member(&mut dice, user, nth, 3) })
        .collect();
    let live = Live { users: Reading::Complete(Complete::attest(users)), tenant: Some(tenant), ..Live::empty() };
    let begun = Instant::now();
    let exported = exported(&live);
    // A build for tests is some twenty times slower than a release; one that goes through
    // everybody for everybody would take minutes.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    let back = back(&exported);
    let plan = planned(&back, &live, &back.memory);
    assert_eq!((plan.changes.len(), plan.held.len()), (0, 0));
}
