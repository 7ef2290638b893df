//! People from Entra: the built program against a Graph of our own.

use serde_json::Value;

use crate::{
    graph::{APPLICATION, Answer, FakeGraph, Fault, Store, TENANT, guid},
    process::Folder,
};

/// A manifest with the application by id, and whatever more.
pub fn manifest(more: &str) -> String {
    format!(
        "version: 1\nname: acme\nsource:\n  entra:\n    tenant: {TENANT}\n    application: {APPLICATION}\n    auth: token\n\
         target:\n  sandbox: {{}}\n{more}"
    )
}

/// Roles and assignments as Entra has them.
pub const ASSIGNED: &str = "roles:\n  lead: {}\n  member: { app_role: User }\nassignments:\n  - { entra: true }\n";

/// A folder with a manifest, set up for a fake.
pub fn folder(graph: &FakeGraph, manifest: &str) -> Folder {
    let mut folder = Folder::empty();
    folder.write("dialform.yaml", manifest);
    folder.set("DIALFORM_GRAPH_URL", &graph.url());
    folder.set("GRAPH_ACCESS_TOKEN", "test-token");
    folder
}

/// The plan, whatever it holds back.
fn plan_of(folder: &Folder) -> Value {
    let ran = folder.run(&["plan", "--format", "json"]);
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
}

/// Names of the accounts that a plan changes by an action.
pub fn names(plan: &Value, action: &str) -> Vec<String> {
    let changes = plan["changes"].as_array().unwrap().iter();
    let mut names: Vec<String> = changes
        .filter(|change| change["action"] == action)
        .map(|change| change["subject"]["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn people_assigned_in_entra_are_created_and_a_second_plan_is_empty() {
    let graph = FakeGraph::start(Store::load("small"));
    let folder = folder(&graph, &manifest(ASSIGNED));
    let plan = plan_of(&folder);
    assert_eq!(
        names(&plan, "create"),
        [
            "abeo.lind@example.com",
            "birte.holm@example.com",
            "chun.wei@example.com",
            "dora.muller@example.com",
            "faye.grant@partner.example.net",
            "gil.obrien@example.com",
            "hana.costa@example.com",
        ],
        "{plan:#}"
    );
    let applied = folder.run(&["apply", "--yes"]);
    assert_eq!(applied.code, 0, "{}\n{}", applied.out, applied.err);
    let again = folder.json(&["plan", "--format", "json", "--detailed-exitcode"], 0);
    assert_eq!(again["changes"].as_array().unwrap().len(), 0, "{again:#}");
}

/// What is held, as `REASON NAME`.
fn held(plan: &Value) -> Vec<String> {
    let held = plan["held"].as_array().unwrap().iter();
    let mut lines: Vec<String> = held
        .map(|held| format!("{} {}", held["reason"].as_str().unwrap(), held["subject"]["name"].as_str().unwrap()))
        .collect();
    lines.sort();
    lines
}

/// The text of a plan's change of somebody.
fn cause(plan: &Value, name: &str) -> String {
    let changes = plan["changes"].as_array().unwrap();
    let change = changes.iter().find(|change| change["subject"]["name"] == name).unwrap_or_else(|| panic!("{plan:#}"));
    change["cause"]["text"].as_str().unwrap().to_owned()
}

/// A fake and a folder in which everybody has an account.
fn provisioned(more: &str) -> (FakeGraph, Folder) {
    let graph = FakeGraph::start(Store::load("small"));
    let folder = folder(&graph, &manifest(&format!("{ASSIGNED}{more}")));
    let applied = folder.run(&["apply", "--yes"]);
    assert_eq!(applied.code, 0, "{}\n{}", applied.out, applied.err);
    (graph, folder)
}

#[test]
fn every_change_says_where_its_assignment_comes_from() {
    let graph = FakeGraph::start(Store::load("small"));
    let lines = format!(
        "{ASSIGNED}  - {{ user: kit.alone@example.com, role: lead }}\n  - {{ group: all sales (dynamic), role: lead }}\n"
    );
    let folder = folder(&graph, &manifest(&lines));
    let plan = plan_of(&folder);
    for (name, text) in [
        ("birte.holm@example.com", "group Dialpad Users as member, in Entra"),
        ("hana.costa@example.com", "user hana.costa@example.com as lead, in Entra"),
        ("kit.alone@example.com", "user kit.alone@example.com as lead"),
        // United: the role declared first names the cause.
        ("gil.obrien@example.com", "group All Sales (dynamic) as lead"),
        ("abeo.lind@example.com", "group Dialpad Leads as lead, in Entra"),
    ] {
        assert_eq!(cause(&plan, name), text);
    }
    let place = &plan["changes"][0]["cause"]["place"];
    assert!(place["line"].as_u64().is_some(), "{place}");
    let shown = folder.run(&["show", "abeo.lind@example.com"]);
    assert!(shown.out.contains("Dialpad Leads") && shown.out.contains("in Entra"), "{}", shown.out);
    assert!(shown.out.contains("lead, member") || shown.out.contains("lead"), "{}", shown.out);
}

#[test]
fn a_disabled_role_holds_its_people_and_takes_nothing_away() {
    let (graph, folder) = provisioned("");
    graph.change(|store| {
        let roles = store.applications[0].get_mut("appRoles").unwrap().as_array_mut().unwrap();
        roles[1]["isEnabled"] = false.into();
        roles.remove(0);
    });
    let plan = plan_of(&folder);
    assert_eq!(plan["changes"].as_array().unwrap().len(), 0, "{plan:#}");
    let held = held(&plan);
    assert_eq!(held.len(), 7, "{held:?}");
    assert!(held.iter().all(|line| line.starts_with("unknown_role ")), "{held:?}");
    let shown = folder.run(&["show", "hana.costa@example.com"]);
    assert!(shown.out.contains("disabled"), "{}", shown.out);
}

#[test]
fn leavers_are_told_apart() {
    let (graph, folder) = provisioned("safety:\n  disables: { max: 10 }\n");
    graph.change(|store| {
        let id = store.group_id("Dialpad Users");
        let birte = store.id_of("birte.holm@example.com");
        store.members.get_mut(&id).unwrap().retain(|member| *member != birte);
        store.user("chun.wei@example.com").insert("accountEnabled".into(), false.into());
        store.delete("dora.muller@example.com", false);
        store.delete("gil.obrien@example.com", true);
    });
    let plan = plan_of(&folder);
    assert_eq!(
        names(&plan, "disable"),
        ["birte.holm@example.com", "chun.wei@example.com", "dora.muller@example.com", "gil.obrien@example.com"],
        "{plan:#}"
    );
    assert_eq!(cause(&plan, "birte.holm@example.com"), "not assigned to Dialpad in Entra");
    assert_eq!(cause(&plan, "chun.wei@example.com"), "sign-in is blocked in the directory");
    assert_eq!(cause(&plan, "dora.muller@example.com"), "deleted in the directory");
    assert_eq!(cause(&plan, "gil.obrien@example.com"), "absent from the directory");
    // With `delete` only who is proven gone is deleted.
    folder.edit("dialform.yaml", "assignments:", "mappings:\n  users:\n    delete: true\nassignments:");
    let plan = plan_of(&folder);
    assert_eq!(names(&plan, "delete"), ["gil.obrien@example.com"], "{plan:#}");
    assert_eq!(cause(&plan, "gil.obrien@example.com"), "gone from the directory for good");
    assert_eq!(names(&plan, "disable").len(), 3);
    let applied = folder.run(&["apply", "--yes"]);
    assert_eq!(applied.code, 0, "{}\n{}", applied.out, applied.err);
    let again = folder.json(&["plan", "--format", "json", "--detailed-exitcode"], 0);
    assert_eq!(again["changes"].as_array().unwrap().len(), 0, "{again:#}");
    // Back again: the same account.
    graph.change(|store| {
        store.user("chun.wei@example.com").insert("accountEnabled".into(), true.into());
    });
    let back = plan_of(&folder);
    assert_eq!(names(&back, "enable"), ["chun.wei@example.com"], "{back:#}");
}

#[test]
fn a_bad_reading_never_becomes_a_removal() {
    let (graph, folder) = provisioned("");
    let removals = |plan: &Value| names(plan, "disable").len() + names(plan, "delete").len();
    // Every assignment gone: whoever has an account was looked up, but the source names nobody.
    graph.change(|store| store.assigned.values_mut().for_each(Vec::clear));
    let plan = plan_of(&folder);
    assert_eq!(removals(&plan), 0, "{plan:#}");
    assert!(held(&plan).iter().all(|line| line.starts_with("empty_source ")), "{:?}", held(&plan));
    assert_eq!(held(&plan).len(), 7);
    // A group that is not found: who is out for want of an assignment is held.
    let (graph, folder) = provisioned("");
    graph.change(|store| store.groups.retain(|group| group["displayName"] != "Dialpad Users"));
    let plan = plan_of(&folder);
    assert_eq!(removals(&plan), 0, "{plan:#}");
    assert!(held(&plan).iter().all(|line| line.starts_with("incomplete ")), "{:?}", held(&plan));
    // Nothing is planned from a reading that failed, and nobody's token is shown.
    for answer in [
        Answer::Status(403, "Authorization_RequestDenied", None),
        Answer::Nulls,
        Answer::Text("{\"value\":".to_owned() + "[{}]}"),
    ] {
        graph.no_faults();
        graph.fault(Fault::always("/members?", answer));
        let ran = folder.run(&["plan"]);
        assert_eq!(ran.code, 1, "{}", ran.out);
        assert!(ran.err.contains("nothing was changed") && !ran.err.contains("test-token"), "{}", ran.err);
    }
}

#[test]
fn names_that_are_several_or_nobodys_are_said_and_hold_removals() {
    let (graph, folder) = provisioned("");
    folder.edit("dialform.yaml", "  - { entra: true }", "  - { group: Twice, role: lead }\n  - { group: Dialpad Userz, role: lead }\n  - { group: Dialpad Leads, role: lead }");
    let plan = plan_of(&folder);
    let notes = plan["notes"].to_string();
    assert!(
        notes.contains("2 groups are called `Twice`") && notes.contains(&guid(2, 5)) && notes.contains(&guid(2, 6)),
        "{notes}"
    );
    assert!(notes.contains("group `Dialpad Userz` is not in the directory"), "{notes}");
    assert_eq!(names(&plan, "disable").len(), 0, "{plan:#}");
    assert!(held(&plan).iter().any(|line| line.starts_with("incomplete ")), "{:?}", held(&plan));
    drop(graph);
}

#[test]
fn everybody_can_be_in_scope() {
    let graph = FakeGraph::start(Store::load("small"));
    let folder = folder(&graph, &manifest("scope: everyone\n"));
    let plan = plan_of(&folder);
    // All but who is blocked.
    assert_eq!(names(&plan, "create").len(), 10);
    let grouped = manifest("scope: everyone\nmappings:\n  groups:\n    enabled: true\n");
    folder.write("dialform.yaml", &grouped);
    let plan = plan_of(&folder);
    let groups = plan["changes"].as_array().unwrap().iter().filter(|change| change["subject"]["kind"] == "group");
    assert!(groups.clone().any(|change| change["subject"]["name"] == "Support EMEA"), "{plan:#}");
}

#[test]
fn a_recording_of_entra_holds_what_a_later_manifest_may_ask_for() {
    let (_graph, folder) = provisioned("");
    let first = folder.run(&["plan", "--format", "json", "--record", "inputs.rec"]);
    assert_eq!(first.code, 0, "{}", first.err);
    let mut offline = folder;
    offline.set("DIALFORM_GRAPH_URL", "http://127.0.0.1:1/v1.0");
    offline.set("GRAPH_ACCESS_TOKEN", "");
    let replayed = offline.run(&["plan", "--format", "json", "--replay", "inputs.rec"]);
    assert_eq!(replayed.code, 0, "{}", replayed.err);
    assert_eq!(first.out, replayed.out);
    // By either name, and whether anybody has a value or not.
    offline.edit("dialform.yaml", "assignments:", "mappings:\n  users:\n    attributes:\n      userName: { attribute: userPrincipalName }\n      active: { expression: 'Not([IsSoftDeleted])' }\n      title: { expression: 'Coalesce([officeLocation], [employeeType], [facsimileTelephoneNumber])' }\nassignments:");
    let other = offline.json(&["plan", "--format", "json", "--replay", "inputs.rec"], 0);
    assert!(other.to_string().contains("Oslo 4"), "{other:#}");
    offline.edit("dialform.yaml", "[employeeType]", "[employeeLeaveDateTime]");
    let lacking = offline.run(&["plan", "--replay", "inputs.rec"]);
    assert!(lacking.code == 1 && lacking.err.contains("not_recorded"), "{}", lacking.err);
}

#[test]
fn a_redacted_recording_of_entra_names_nobody() {
    let (_graph, folder) = provisioned("");
    let first = folder.json(&["plan", "--format", "json", "--record", "inputs.rec", "--redact"], 0);
    let replayed = folder.run(&["plan", "--format", "json", "--unmanaged", "--replay", "inputs.rec"]);
    assert_eq!(replayed.code, 0, "{}", replayed.err);
    let plan: Value = serde_json::from_str(&replayed.out).unwrap();
    assert_eq!(plan["summary"]["changes"], first["summary"]["changes"]);
    let packed = std::fs::read(folder.path("inputs.rec")).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut text).unwrap();
    for name in ["abeo", "Abeo", "O'Brien", "faye.grant", "Hana Costa", "+1 415 555 0100"] {
        assert!(!text.contains(name), "{name}");
    }
}

#[test]
fn doctor_says_what_is_there_in_entra() {
    let graph = FakeGraph::start(Store::load("small"));
    graph.change(|store| {
        store.applications[0].insert("appRoleAssignmentRequired".into(), false.into());
        store.applications[0].insert("accountEnabled".into(), false.into());
    });
    let folder = folder(&graph, &manifest(&ASSIGNED.replace("lead: {}", "leed: {}")));
    let ran = folder.run(&["doctor"]);
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [
        "the tenant is Example Corp",
        "the application is Dialpad",
        "it is disabled in Entra",
        "`Assignment required` is off",
        "3 people and 3 groups are assigned to Dialpad in Entra",
        "Dialpad has no app role `leed` (dialform.yaml:11); did you mean `lead`?",
        "8 people and 3 groups were read in 2 requests",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    graph.fault(Fault::always("/members?", Answer::Status(403, "Authorization_RequestDenied", None)));
    let ran = folder.run(&["doctor"]);
    assert_eq!(ran.code, 1);
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("GroupMember.Read.All"), "{said}");
    assert!(
        said.contains("there are 0 accounts") || said.contains("accounts"),
        "the target is tested all the same: {said}"
    );
}

#[test]
fn while_entras_own_job_is_active_apply_does_nothing_and_plan_says_how_to_stop_it() {
    let graph = FakeGraph::start(Store::load("small"));
    graph.change(|store| store.job("dialpad.1", "Active", "Active", "gallery"));
    let folder = folder(&graph, &manifest(ASSIGNED));
    let plan = plan_of(&folder);
    assert_eq!(plan["changes"].as_array().unwrap().len(), 0, "{plan:#}");
    assert_eq!(plan["summary"]["held"]["other_writer"], 7, "{plan:#}");
    let ran = folder.run(&["plan", "--record", "inputs.rec"]);
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("Provisioning, Stop") && ran.out.contains("dialpad.1"), "{}", ran.out);
    let replayed = folder.run(&["plan", "--replay", "inputs.rec"]);
    assert_eq!((replayed.code, replayed.out), (4, ran.out));
    let applied = folder.run(&["apply", "--yes"]);
    assert_eq!(applied.code, 4, "{}{}", applied.out, applied.err);
    assert_eq!(folder.json(&["plan", "--format", "json"], 4)["summary"]["held"]["other_writer"], 7);
    // Let through, or stopped.
    let allowed = folder.json(&["plan", "--format", "json", "--allow", "other_writer=7"], 0);
    assert_eq!(allowed["changes"].as_array().unwrap().len(), 7, "{allowed:#}");
    graph.change(|store| store.jobs.values_mut().flatten().for_each(|job| job["schedule"]["state"] = "Paused".into()));
    assert_eq!(folder.json(&["plan", "--format", "json"], 0)["changes"].as_array().unwrap().len(), 7);
    // While `enabled: false`, a plan beside the running job is how a move is prepared.
    graph.change(|store| store.jobs.values_mut().flatten().for_each(|job| job["schedule"]["state"] = "Active".into()));
    folder.edit("dialform.yaml", "name: acme", "name: acme\nenabled: false");
    let before = folder.json(&["plan", "--format", "json"], 0);
    assert_eq!(before["changes"].as_array().unwrap().len(), 7, "{before:#}");
    assert!(before["notes"].to_string().contains("other_writer"), "{before:#}");
    // What cannot be seen is said once and holds nothing.
    graph.fault(Fault::always("/synchronization/", Answer::Status(403, "Authorization_RequestDenied", None)));
    let unseen = folder.run(&["plan"]);
    let said = unseen.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(unseen.code, 0, "{said}");
    assert_eq!(said.matches("was not seen").count(), 1, "{said}");
    assert!(!said.contains("test-token"));
}

#[test]
fn the_log_names_entra_as_the_source() {
    let (_graph, folder) = provisioned("");
    let ran = folder.run(&["log", "--format", "json", "--action", "create"]);
    let line: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert!(line["sourceSystem"].to_string().contains("Microsoft Entra ID"), "{line:#}");
    assert!(!ran.out.contains("test-token"));
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_read() {
    for (text, says) in [
        (manifest("assignments: [{ entra: true, role: member }]\n"), "`role` cannot stand beside `entra`"),
        (manifest("assignments: [{ entra: false }]\n"), "entra"),
        (manifest("assignments: [{ entra: true, group: X }]\n"), "cannot stand together"),
        (manifest("mappings:\n  users:\n    attributes:\n      title: { attribute: jobTitel }\n"), "did you mean `jobTitle`?"),
        (manifest("mappings:\n  users:\n    attributes:\n      title: { expression: 'ToUpper([aboutMe])' }\n"), "Entra has no attribute `aboutMe`"),
        (manifest("").replace(TENANT, "acme"), "neither the id of a tenant nor one of its domains"),
        (manifest("").replace(APPLICATION, &"x".repeat(121)), "1 to 120 characters"),
        (manifest("").replace("auth: token", "auth: tokens"), "did you mean `token`?"),
        (manifest("").replace("    auth: token\n", "    graph_url: https://evil.example\n"), "`graph_url` is not a key"),
        (manifest("default_access: included\n"), "include"),
        (
            manifest("").replace("  entra:", "  files: { people: people.csv }\n  entra:"),
            "cannot stand together",
        ),
        ("version: 1\nname: a\nsource: { files: { people: p.csv } }\ntarget: { sandbox: {} }\nassignments: [{ entra: true }]\n".to_owned(), "nobody is assigned there"),
    ] {
        let folder = Folder::empty();
        folder.write("dialform.yaml", &text);
        let ran = folder.run(&["check"]);
        let said = format!("{}{}", ran.out, ran.err).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(ran.code == 1 && said.contains(says), "{says}: {said}");
    }
    let folder = Folder::empty();
    folder.write("dialform.yaml", &manifest(ASSIGNED));
    assert_eq!(folder.run(&["check"]).code, 0);
    let effective = folder.run(&["check", "--effective"]);
    assert!(
        effective.out.contains("default_access: exclude") && effective.out.contains("cloud: public"),
        "{}",
        effective.out
    );
    let unsigned = folder.run(&["plan"]);
    assert!(unsigned.code == 1 && unsigned.err.contains("GRAPH_ACCESS_TOKEN"), "{}", unsigned.err);
}

#[test]
fn a_test_of_the_manifest_says_what_is_assigned_in_entra() {
    let folder = Folder::empty();
    folder.write("dialform.yaml", &manifest(ASSIGNED));
    folder.write(
        "tests/people.yaml",
        "- name: leads\n  person: { userPrincipalName: ana@example.com, officeLocation: Oslo }\n  app_roles: [lead, user]\n  \
         expect: { in_scope: true, roles: [lead, member] }\n\
         - name: nobody\n  person: { userPrincipalName: bo@example.com }\n  expect: { in_scope: false, because: unassigned }\n\
         - name: default access\n  person: { userPrincipalName: cy@example.com }\n  app_roles: [Default Access]\n  \
         expect: { in_scope: false, because: unassigned }\n\
         - name: another role\n  person: { userPrincipalName: di@example.com }\n  app_roles: [agent]\n  \
         expect: { in_scope: false, because: role }\n",
    );
    let ran = folder.run(&["test"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}
