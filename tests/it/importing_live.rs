//! `import entra --live`, and what `doctor` says of the application: the built program against a Graph of our own.

use serde_json::Value;

use crate::{
    entra::{ASSIGNED, folder, manifest},
    graph::{APPLICATION, Answer, FakeGraph, Fault, Store, TENANT, guid},
    process::{Folder, Ran},
};

fn with_a_job(state: &str) -> FakeGraph {
    let graph = FakeGraph::start(Store::load("small"));
    graph.change(|store| store.job("dialpad.1", state, state, "gallery"));
    graph
}

/// A folder without a manifest.
fn bare(graph: &FakeGraph) -> Folder {
    let mut folder = Folder::empty();
    folder.set("DIALFORM_GRAPH_URL", &graph.url());
    folder.set("GRAPH_ACCESS_TOKEN", "test-token");
    folder
}

const FLAGS: [&str; 7] = ["import", "entra", "--live", "--tenant", TENANT, "--application", APPLICATION];

fn said(ran: &Ran) -> String {
    format!("{}{}", ran.out, ran.err).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_tenant_becomes_a_manifest_that_check_and_plan_take() {
    let graph = with_a_job("Active");
    let folder = bare(&graph);
    let line = [&FLAGS[..], &["--auth", "token", "--out", "dialform.yaml"]].concat();
    let ran = folder.run(&line);
    assert_eq!(ran.code, 0, "{}", said(&ran));
    // One batch for all but the schema, which needs the job's id.
    let sent = graph.requests();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(graph.parts().iter().all(|part| part.starts_with("GET ") && !part.contains("secrets")));
    let text = folder.read("dialform.yaml");
    for line in [
        &format!("    tenant: \"{TENANT}\"\n"),
        &format!("    application: {APPLICATION}\n"),
        "    auth: token\n",
        "  - { entra: true }\n",
        "enabled: false\n",
        "group `Dialpad Users` as User",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("it stands in none of the files\n    tenant"), "{text}");
    assert!(said(&ran).contains("the job is active"), "{}", said(&ran));
    let checked = folder.run(&["check"]);
    assert_eq!(checked.code, 0, "{}", said(&checked));
    // Beside the running job nothing can be applied, and everything can be looked at.
    folder.write("target.yaml", &text);
    let cut = text.find("\ntarget:").unwrap();
    let end = cut + 1 + text[cut + 1..].find("\n\n").unwrap();
    folder.write("dialform.yaml", &format!("{}\ntarget: {{ sandbox: {{}} }}{}", &text[..cut], &text[end..]));
    let plan = folder.run(&["plan", "--format", "json"]);
    let json: Value = serde_json::from_str(&plan.out).unwrap_or_else(|_| panic!("{}", said(&plan)));
    assert!(json["notes"].to_string().contains("other_writer"), "{json:#}");
    assert_eq!(folder.run(&["apply", "--yes"]).code, 1);
}

#[test]
fn it_is_read_by_whatever_names_the_application_and_from_the_manifest() {
    for by_key in [true, false] {
        let graph = with_a_job("Paused");
        graph.change(|store| (store.jobs_by_key, store.directories_apart) = (by_key, true));
        let expected = bare(&graph).run(&FLAGS);
        assert_eq!(expected.code, 0, "{}", said(&expected));
        for application in ["Dialpad", &guid(5, 1)] {
            let line = [&FLAGS[..6], &[application]].concat();
            assert_eq!(bare(&graph).run(&line).out, expected.out, "{application}");
        }
        let folder = folder(&graph, &manifest(ASSIGNED));
        let ran = folder.run(&["import", "entra", "--live"]);
        assert_eq!(
            ran.out,
            expected.out.replacen(
                &format!("application: {APPLICATION}\n"),
                &format!("application: {APPLICATION}\n    auth: token\n"),
                1,
            )
        );
        folder.write("other.yaml", &manifest(ASSIGNED));
        assert_eq!(folder.run(&["import", "entra", "--live", "-m", "other.yaml"]).out, ran.out);
        let json: Value =
            serde_json::from_str(&folder.run(&["import", "entra", "--live", "--format", "json"]).out).unwrap();
        assert_eq!(json["manifest"].as_str().unwrap(), ran.out);
    }
}

#[test]
fn of_several_jobs_one_is_chosen_and_without_any_there_is_nothing() {
    let graph = with_a_job("Active");
    graph.change(|store| store.job("dialpad.2", "Paused", "Paused", "functions"));
    let folder = bare(&graph);
    let ran = folder.run(&FLAGS);
    assert!(ran.code == 1 && ran.out.is_empty(), "{}", said(&ran));
    assert!(said(&ran).contains("dialpad.1 (active), dialpad.2 (not active)"), "{}", said(&ran));
    assert!(said(&ran).contains("--job ID"), "{}", said(&ran));
    let chosen = folder.run(&[&FLAGS[..], &["--job", "dialpad.2"]].concat());
    assert_eq!(chosen.code, 0, "{}", said(&chosen));
    assert_ne!(chosen.out, folder.run(&[&FLAGS[..], &["--job", "dialpad.1"]].concat()).out);
    let none = folder.run(&[&FLAGS[..], &["--job", "dialpad.3"]].concat());
    assert!(none.code == 1 && said(&none).contains("no job `dialpad.3`"), "{}", said(&none));
    for set_up in [false, true] {
        graph.change(|store| {
            store.jobs.clear();
            if set_up {
                store.jobs.insert(guid(5, 1), Vec::new());
            }
        });
        let none = folder.run(&FLAGS);
        assert!(none.code == 1 && said(&none).contains("was never set up for Dialpad"), "{}", said(&none));
    }
}

#[test]
fn what_stands_in_the_way_is_one_sentence_with_a_next_step() {
    let graph = with_a_job("Active");
    let folder = bare(&graph);
    let refusal = || Answer::Status(403, "Authorization_RequestDenied", None);
    for (at, permission) in [
        ("/synchronization/jobs", "`Synchronization.Read.All`"),
        ("/schema", "`Synchronization.Read.All`"),
        ("/appRoleAssignedTo", "`Application.Read.All`"),
    ] {
        graph.fault(Fault::always(at, refusal()));
        let ran = folder.run(&FLAGS);
        graph.no_faults();
        assert!(ran.code == 1 && ran.out.is_empty(), "{}", said(&ran));
        assert!(said(&ran).contains(permission) && said(&ran).contains("admin consent"), "{}", said(&ran));
    }
    for (line, says) in [
        (vec!["import", "entra", "--live"], "give `--tenant ID --application NAME`"),
        (vec!["import", "entra"], "required arguments were not provided"),
        (vec!["import", "entra", "--live", "x.json"], "cannot be used with"),
        (vec!["import", "entra", "--live", "--tenant", TENANT], "--application"),
        ([&FLAGS[..4], &["acme", "--application", "x"]].concat(), "neither the id of a tenant nor one of its domains"),
        ([&FLAGS[..], &["--cloud", "chna"]].concat(), "did you mean `china`?"),
        ([&FLAGS[..4], &["other.example", "--application", APPLICATION]].concat(), "names other.example (--tenant)"),
        ([&FLAGS[..6], &["Nothing"]].concat(), "no enterprise application `Nothing`"),
    ] {
        let ran = folder.run(&line);
        assert!(ran.code == 1 && said(&ran).contains(says), "{says}: {}", said(&ran));
    }
    for answer in [Answer::Text("{}".into()), Answer::Text(r#"{"value":[{"schedule":{}}]}"#.into()), Answer::Html(404)]
    {
        graph.fault(Fault::always("/synchronization/jobs", answer));
        let ran = folder.run(&FLAGS);
        graph.no_faults();
        assert!(ran.code == 1 && ran.out.is_empty() && ran.err.contains("failed to"), "{}", said(&ran));
    }
}

#[test]
fn nothing_of_the_token_is_told() {
    const CANARY: &str = "c4nary-9raph-70ken";
    let graph = with_a_job("Active");
    graph.tokens(&[CANARY]);
    let mut folder = bare(&graph);
    folder.set("GRAPH_ACCESS_TOKEN", CANARY);
    folder.set("DIALFORM_LOG", "trace");
    let line = |verbosity, format| [&[verbosity], &FLAGS[..], &["--format", format]].concat();
    for (token, code) in [(CANARY, 0), ("another", 1)] {
        graph.tokens(&[token]);
        for verbosity in ["-q", "-v", "-vvv"] {
            for format in ["text", "json"] {
                let ran = folder.run(&line(verbosity, format));
                assert_eq!(ran.code, code, "{}", said(&ran));
                assert!(!said(&ran).contains(CANARY), "{}", said(&ran));
            }
        }
    }
}

/// What `doctor` finds, as `CHECK GRADE MESSAGE`.
fn found(folder: &Folder) -> Vec<String> {
    let ran = folder.run(&["doctor", "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", said(&ran)));
    let found = json["findings"].as_array().unwrap_or_else(|| panic!("{json:#}")).iter();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    found.map(|one| format!("{} {} {}", text(one, "check"), text(one, "grade"), text(one, "message"))).collect()
}

fn of(found: &[String], check: &str) -> Vec<String> {
    found.iter().filter(|line| line.starts_with(&format!("{check} "))).cloned().collect()
}

#[test]
fn doctor_says_whether_entra_writes_too() {
    let graph = with_a_job("Active");
    let folder = folder(&graph, &manifest(ASSIGNED));
    let writer = |folder: &Folder| of(&found(folder), "entra_other_writer").concat();
    assert!(
        writer(&folder)
            .starts_with("entra_other_writer warning Entra's provisioning job for Dialpad (dialpad.1) is active")
    );
    graph.change(|store| store.jobs.clear());
    assert!(writer(&folder).starts_with("entra_other_writer good"), "{}", writer(&folder));
    graph.fault(Fault::always("/synchronization/", Answer::Status(403, "Authorization_RequestDenied", None)));
    assert!(writer(&folder).starts_with("entra_other_writer note"), "{}", writer(&folder));
}

#[test]
fn doctor_names_who_could_not_sign_in() {
    let graph = FakeGraph::start(Store::load("small"));
    let require = |on: bool| {
        graph.change(|store| {
            store.applications[0].insert("appRoleAssignmentRequired".into(), on.into());
        });
    };
    // By the manifest alone; Kit is assigned nowhere in Entra, and the users are.
    let lines = "assignments:\n  - { group: Dialpad Users }\n  - { user: kit.alone@example.com }\n";
    let folder = folder(&graph, &manifest(lines));
    require(true);
    let who = of(&found(&folder), "entra_sign_in_assignment");
    assert_eq!(who.len(), 1, "{who:?}");
    assert!(who[0].contains(" warning 1 person ") && who[0].contains("kit.alone@example.com"), "{who:?}");
    assert!(!who[0].contains("birte"), "{who:?}");
    require(false);
    assert!(of(&found(&folder), "entra_sign_in_assignment").is_empty(), "whoever is not assigned can sign in too");
    // Everybody of the application is assigned there.
    require(true);
    folder.write("dialform.yaml", &manifest(ASSIGNED));
    assert!(of(&found(&folder), "entra_sign_in_assignment").is_empty());
}

#[test]
fn doctor_reads_people_although_the_application_cannot_be_read_where_nobody_needs_it() {
    let graph = FakeGraph::start(Store::load("small"));
    graph.fault(Fault::always("/servicePrincipals", Answer::Status(403, "Authorization_RequestDenied", None)));
    let folder = folder(&graph, &manifest("assignments: [{ group: Dialpad Users }]\n"));
    let found = found(&folder);
    assert_eq!(of(&found, "entra_application").len(), 1, "{found:#?}");
    assert!(of(&found, "entra_application")[0].contains(" warning "), "{found:#?}");
    assert!(of(&found, "entra_people")[0].contains(" good "), "{found:#?}");
}
