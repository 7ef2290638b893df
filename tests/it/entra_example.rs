//! `examples/entra`: its recording is fresh, and what its README says works.
//!
//! The recording is made here, by the built program from a Graph of our own and the
//! sandbox; `UPDATE_EXAMPLES=1 cargo test entra_example` writes it anew.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
};

use dialform::{
    names::Folded,
    plan::{recording::Recording, redact},
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    entra::names,
    graph::{FakeGraph, Store, guid},
    process::{Folder, Served},
};

const TENANT: &str = "9b2f6c1e-0000-4000-8000-000000000001";
const TOKEN: &str = "example-token";
const PEOPLE: [(&str, &str, &str, &str); 14] = [
    ("Ada", "Novak", "Support Agent", "Support"),
    ("Bram", "Visser", "Support Agent", "Support"),
    ("Chidi", "Eze", "Support Agent", "Support"),
    ("Dunja", "Kos", "Head of Support", "Support"),
    ("Emre", "Aydin", "Team Lead", "Support"),
    ("Fern", "Ó Briain", "Account Manager", "Sales"),
    ("Goran", "Ilic", "Account Manager", "Sales"),
    ("Hye", "Park", "Account Manager", "Sales"),
    ("Iris", "Lang", "Support Agent", "Support"),
    ("Jonas", "Berg", "Support Agent", "Support"),
    ("Kai", "Roth", "Support Agent", "Support"),
    ("Lea", "Simon", "Support Agent", "Support"),
    ("Mina", "Sato", "Accountant", "Finance"),
    ("Quinn", "Hale", "Auditor", "Finance"),
];

/// The user principal name of a person of the list.
fn address(given: &str) -> String {
    let (given, surname, ..) = PEOPLE.iter().find(|(name, ..)| *name == given).unwrap();
    let plain = |text: &str| text.to_lowercase().replace("ó ", "o");
    format!("{}.{}@acme.example", plain(given), plain(surname))
}

/// The directory of before, in which everything is as it should be.
fn before() -> Store {
    let mut store = Store::load("small");
    store.organization[0]["id"] = TENANT.into();
    store.organization[0]["displayName"] = "Acme".into();
    store.organization[0]["verifiedDomains"][0]["name"] = "acme.example".into();
    let application = store.applications[0]["id"].as_str().unwrap().to_owned();
    let role = |n: usize, name: &str| {
        json!({ "allowedMemberTypes": ["User"], "description": name, "displayName": name,
        "id": guid(4, n), "isEnabled": true, "origin": "Application", "value": name })
    };
    store.applications[0].insert("appRoles".into(), json!([role(1, "User"), role(2, "Supervisor")]));
    store.users = PEOPLE.iter().enumerate().map(|(n, person)| user(n, person)).collect();
    for list in [&mut store.deleted, &mut store.groups, &mut store.others] {
        list.clear();
    }
    store.managers.clear();
    store.assigned.clear();
    store.members.clear();
    let mut id = |given: &str| store.id_of(&address(given));
    let users: Vec<String> = ["Ada", "Bram", "Chidi", "Fern", "Goran", "Hye"].map(&mut id).into();
    let leads: Vec<String> = ["Dunja", "Emre"].map(&mut id).into();
    let direct = id("Iris");
    for (n, (name, members)) in [("SG-Dialpad-Users", users), ("SG-Support-Leads", leads)].into_iter().enumerate() {
        store.groups.push(crate::graph::group(&guid(2, n + 1), name));
        store.members.insert(guid(2, n + 1), members);
    }
    store.assign(&application, "Group", &guid(2, 1), &guid(4, 1));
    store.assign(&application, "User", &direct, &guid(4, 2));
    store
}

fn user(n: usize, (given, surname, title, department): &(&str, &str, &str, &str)) -> crate::graph::Object {
    let name = address(given);
    let mut user = crate::graph::user(&guid(1, n + 1), &name);
    let kind = if *given == "Kai" { "Contractor" } else { "Employee" };
    let phone = format!("+44 20 7946 {:04}", 100 + n);
    for (key, value) in [
        ("givenName", json!(given)),
        ("surname", json!(surname)),
        ("displayName", json!(format!("{given} {surname}"))),
        ("jobTitle", json!(title)),
        ("department", json!(department)),
        ("employeeType", json!(kind)),
        ("businessPhones", json!([phone])),
        // As Graph has it: all fifteen, set or not.
        ("onPremisesExtensionAttributes", json!({ "extensionAttribute1": null })),
    ] {
        user.insert(key.to_owned(), value);
    }
    user
}

/// What happened since: people come, go and get other titles.
fn after(store: &mut Store) {
    let group = guid(2, 1);
    for given in ["Jonas", "Kai", "Lea"] {
        let id = store.id_of(&address(given));
        store.members.get_mut(&group).unwrap().push(id);
    }
    let leaver = store.id_of(&address("Goran"));
    store.members.get_mut(&group).unwrap().retain(|member| *member != leaver);
    store.user(&address("Hye")).insert("accountEnabled".into(), false.into());
    store.user(&address("Bram")).insert("jobTitle".into(), "Senior Support Agent".into());
}

/// Accounts that were in Dialpad before us: a stranger, and Lea's, suspended by somebody.
fn seed() -> String {
    let account = |id: &str, name: &str, external: Option<String>, active: bool| {
        json!({ "id": id, "userName": name, "externalId": external, "active": active, "displayName": name.split('@').next(),
            "name": { "givenName": "A", "familyName": "Person" }, "emails": [{ "type": "work", "value": name, "primary": true }] })
    };
    let lea = account("6000000000000101", &address("Lea"), Some(guid(1, 12)), false);
    let stranger = account("6000000000000102", "reception.desk@acme.example", None, true);
    json!({ "Resources": [lea, stranger] }).to_string()
}

/// The inputs of the plan, as the built program records them, at an instant of our own and redacted.
fn recorded() -> Recording {
    let mut folder = Folder::example("entra");
    folder.write("seed.json", &seed());
    let served = Served::start(TOKEN, &["--seed", folder.path("seed.json").to_str().unwrap()]);
    let graph = FakeGraph::start(before());
    // One at a time, so that accounts get their ids in one order.
    folder.edit("dialform.yaml", "https://dialpad.com/scim", &format!("{}\n      concurrency: 1", served.url));
    folder.edit("dialform.yaml", "auth: github", "auth: token");
    folder.edit("dialform.yaml", "az://dialform/state", "./.dialform");
    folder.set("DIALPAD_TOKEN", TOKEN);
    folder.set("DIALFORM_GRAPH_URL", &graph.url());
    folder.set("GRAPH_ACCESS_TOKEN", "test-token");
    let began = Timestamp::now();
    let applied = folder.run(&["apply", "--yes"]);
    assert_eq!(applied.code, 0, "{}\n{}", applied.out, applied.err);
    graph.change(after);
    let ran = folder.run(&["plan", "--record", "recording"]);
    assert_eq!(ran.code, 4, "{}\n{}", ran.out, ran.err);
    let text = unpacked(&fs::read(folder.path("recording")).unwrap());
    let mut value = serde_json::to_value(Recording::read(&text).unwrap()).unwrap();
    value["target"] = "https://dialpad.com/scim".into();
    settle(&mut value, began, &served.url);
    let recording: Recording = serde_json::from_value(value).unwrap();
    let keep = BTreeSet::from([Folded::new("quinn.hale@acme.example"), Folded::new("ceo@acme.example")]);
    redact::redact(&recording, b"examples/entra", &keep)
}

/// Instants of this run become one, and addresses of this run Dialpad's.
fn settle(value: &mut Value, began: Timestamp, url: &str) {
    match value {
        Value::String(text) => {
            if text.parse::<Timestamp>().is_ok_and(|instant| instant >= began - jiff::SignedDuration::from_secs(2)) {
                "2027-01-11T06:00:00Z".clone_into(text);
            } else if let Some(rest) = text.strip_prefix(url) {
                *text = format!("https://dialpad.com/scim{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| settle(item, began, url)),
        Value::Object(members) => members.values_mut().for_each(|member| settle(member, began, url)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_recording_is_fresh_and_names_nobody() {
    let text = recorded().write();
    let path = format!("{}/examples/entra/recording.json.gz", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(text.as_bytes()).unwrap();
        fs::write(&path, packed.finish().unwrap()).unwrap();
    }
    let committed = unpacked(&fs::read(&path).unwrap());
    assert!(committed == text, "the recording is not what `UPDATE_EXAMPLES=1 cargo test entra_example` writes");
    // Whom the manifest names is no secret of it.
    for given in PEOPLE.map(|(given, ..)| given).into_iter().filter(|given| *given != "Quinn") {
        assert!(!text.contains(&address(given)), "{given} is in it");
    }
}

#[test]
fn a_newcomer_plans_checks_and_tests_without_network_or_secret() {
    let folder = Folder::example("entra");
    let checked = folder.run(&["check"]);
    assert_eq!((checked.code, checked.err.contains("warning")), (0, false), "{}{}", checked.out, checked.err);
    let tested = folder.run(&["test"]);
    assert!(tested.code == 0 && tested.out.contains("8 tests passed"), "{}{}", tested.out, tested.err);
    let plan = folder.json(&["plan", "--replay", "recording.json.gz", "-m", "dialform.yaml", "--format", "json"], 4);
    let counts = ["create", "update", "disable", "adopt"].map(|action| names(&plan, action).len());
    // Jonas came, Bram has another title, Goran left and Hye is blocked, Lea was there before us.
    assert_eq!(counts, [1, 1, 2, 1], "{plan:#}");
    assert_eq!(plan["held"][0]["reason"], "suspended_elsewhere");
    assert_eq!(plan["summary"]["unmanaged"], 1);
    let arguments = ["plan", "--replay", "recording.json.gz", "--allow", "suspended_elsewhere=1", "--format", "json"];
    assert_eq!(names(&folder.json(&arguments, 0), "enable").len(), 1);
}

#[test]
fn an_edit_is_told_by_what_it_does_to_people() {
    let folder = Folder::example("entra");
    folder.write("base/dialform.yaml", &folder.read("dialform.yaml"));
    folder.edit("dialform.yaml", "  - { user: quinn.hale@acme.example, role: member, until: 2027-06-30 }", "  #");
    let arguments = ["plan", "--replay", "recording.json.gz", "--base", "base/dialform.yaml"];
    let ran = folder.run(&arguments);
    assert!(ran.code == 0 && ran.out.contains("0 people get Dialpad, 1 person lose it"), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("quinn.hale@acme.example"), "{}", ran.out);
}
