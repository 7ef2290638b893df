//! The main job as a newcomer runs it: the quickstart on the embedded Dialpad.

use serde_json::Value;

use crate::process::Folder;

fn changes(plan: &Value) -> usize {
    plan["changes"].as_array().unwrap().len()
}

#[test]
fn the_quickstart_is_applied_and_then_there_is_nothing_left_to_do() {
    let folder = Folder::example("quickstart");
    let plan = folder.json(&["plan", "--format", "json", "--detailed-exitcode"], 2);
    assert_eq!(plan["summary"]["changes"]["user"]["create"], 12);
    assert!(plan["held"].as_array().unwrap().iter().all(|held| held["reason"] == "protected"));
    let applied = folder.run(&["apply", "--yes"]);
    assert_eq!(applied.code, 0, "{}\n{}", applied.out, applied.err);
    let again = folder.json(&["plan", "--format", "json", "--detailed-exitcode"], 0);
    assert_eq!(changes(&again), 0);
}

#[test]
fn a_saved_plan_is_carried_out_once_and_is_stale_when_an_object_moved() {
    let folder = Folder::example("quickstart");
    assert_eq!(folder.run(&["plan", "--out", "plan.json"]).code, 0);
    assert_eq!(folder.run(&["apply", "plan.json", "--yes"]).code, 0);
    // Everything is as the plan wants it already.
    let again = folder.json(&["apply", "plan.json", "--yes", "--format", "json"], 0);
    let results = again["results"].as_array().unwrap();
    assert!(!results.is_empty() && results.iter().all(|result| result["status"] == "already"), "{again:#}");
}

#[test]
fn a_saved_plan_gives_somebody_another_manager() {
    let folder = Folder::example("quickstart");
    assert_eq!(folder.run(&["apply", "--yes", "-q"]).code, 0);
    folder.edit(
        "people.csv",
        "+35310000002,TRUE,ana.diaz@acme.example",
        "+35310000002,TRUE,chloe.lefevre@acme.example",
    );
    let plan = folder.json(&["plan", "--out", "plan.json", "--format", "json"], 0);
    assert_eq!(changes(&plan), 1);
    let ran = folder.run(&["apply", "plan.json", "--yes", "-q"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(changes(&folder.json(&["plan", "--format", "json"], 0)), 0);
}

#[test]
fn another_manifest_refuses_the_plan() {
    let folder = Folder::example("quickstart");
    assert_eq!(folder.run(&["plan", "--out", "plan.json"]).code, 0);
    folder.edit("dialform.yaml", "title: { attribute: jobTitle", "nickName: { attribute: jobTitle");
    let refused = folder.run(&["apply", "plan.json", "--yes"]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("manifest"), "{}", refused.err);
}

#[test]
fn apply_refuses_without_a_terminal_and_without_yes() {
    let folder = Folder::example("quickstart");
    let refused = folder.run(&["apply"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    assert!(
        !folder.path(".dialform/sandbox").exists()
            || folder.json(&["plan", "--format", "json"], 0)["changes"] != Value::Null
    );
}

#[test]
fn a_disabled_manifest_plans_and_does_not_apply() {
    let folder = Folder::example("quickstart");
    folder.edit("dialform.yaml", "name: quickstart\n", "name: quickstart\nenabled: false\n");
    assert_eq!(folder.run(&["plan", "--detailed-exitcode"]).code, 2);
    let refused = folder.run(&["apply", "--yes"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("dialform.yaml:4") && refused.err.contains("enabled: false"), "{}", refused.err);
}

#[test]
fn a_recording_gives_the_same_plan_byte_for_byte() {
    let folder = Folder::example("quickstart");
    let first = folder.run(&["plan", "--format", "json", "--record", "inputs.rec"]);
    assert_eq!(first.code, 0, "{}", first.err);
    folder.edit("dialform.yaml", "sandbox: {}", "sandbox: {}  # not asked again");
    std::fs::remove_file(folder.path("people.csv")).unwrap();
    let replayed = folder.run(&["plan", "--format", "json", "--replay", "inputs.rec"]);
    assert_eq!(replayed.code, 0, "{}", replayed.err);
    assert_eq!(first.out, replayed.out);
    folder.edit("dialform.yaml", "attribute: jobTitle", "attribute: costCentre");
    let lacking = folder.run(&["plan", "--replay", "inputs.rec"]);
    assert_eq!(lacking.code, 1);
    assert!(lacking.err.contains("not_recorded") && lacking.err.contains("costCentre"), "{}", lacking.err);
}

#[test]
fn a_redacted_recording_names_nobody_and_plans_the_same_counts() {
    let folder = Folder::example("quickstart");
    let first = folder.json(&["plan", "--format", "json", "--record", "inputs.rec", "--redact"], 0);
    let people: Vec<String> = folder.read("people.csv").lines().skip(1).map(str::to_owned).collect();
    let replayed = folder.run(&["plan", "--format", "json", "--replay", "inputs.rec"]);
    assert_eq!(replayed.code, 0, "{}", replayed.err);
    let plan: Value = serde_json::from_str(&replayed.out).unwrap();
    assert_eq!(plan["summary"]["changes"], first["summary"]["changes"]);
    assert_eq!(people.len(), 12);
    for name in ["Gita", "gita", "Lefèvre", "lefevre", "Żółć", "+442000000007"] {
        assert!(folder.read("people.csv").contains(name) && !replayed.out.contains(name), "{name}: {}", replayed.out);
    }
    assert_eq!(folder.run(&["apply", "--yes", "-q"]).code, 0);
    assert_eq!(folder.run(&["plan", "-q", "--record", "after.rec", "--redact"]).code, 0);
    let after = folder.json(&["plan", "--format", "json", "--replay", "after.rec"], 0);
    assert_eq!(after["summary"]["total"], 0, "managers stay who they are: {after:#}");
}

/// A file that cannot take what is written to it, as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_no_success() {
    let folder = Folder::example("quickstart");
    let run = |arguments: &[&str]| {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dialform"));
        let ran = command.args(arguments).current_dir(folder.path("")).stdout(full).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stderr).unwrap())
    };
    let (code, err) = run(&["plan", "--format", "json"]);
    assert!(code == Some(1) && err.contains("failed to write the output: "), "{code:?} {err}");
    let (code, err) = run(&["apply", "--yes"]);
    assert!(code == Some(0) && err.contains("failed to write the output: "), "what was done is done: {code:?} {err}");
    let (code, err) = run(&["log"]);
    assert!(code == Some(1) && err.contains("failed to write the output: "), "{code:?} {err}");
}

#[test]
fn the_log_names_each_run_as_undo_takes_it() {
    let folder = Folder::example("quickstart");
    assert_eq!(folder.run(&["apply", "--yes", "-q"]).code, 0);
    let log = folder.run(&["log"]).out;
    let runs: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix("run ")).collect();
    assert_eq!(runs.len(), 1, "{log}");
    assert_eq!(folder.run(&["log", "--run", "last"]).out, log);
    assert_eq!(folder.run(&["log", "--run", runs[0]]).out, log);
    let undo = folder.run(&["undo", runs[0], "-q"]);
    assert_eq!(undo.code, 4, "the run is found, and twelve suspensions are more than the budget: {}", undo.err);
}

#[test]
fn what_an_edit_does_to_people_is_said() {
    let folder = Folder::example("quickstart");
    folder.write("before.yaml", &folder.read("dialform.yaml"));
    folder.edit("dialform.yaml", "^(DE|ES|FR|GB|IE|PL)$", "^(DE|ES|FR|IE|PL)$");
    folder.edit("dialform.yaml", "title: { attribute: jobTitle", "title: { attribute: department");
    let edit = folder.json(&["plan", "--base", "before.yaml", "--format", "json"], 0);
    assert!(edit["summary"]["leaves"].as_u64().unwrap() > 0, "{edit:#}");
    assert!(edit["summary"]["changes"].as_u64().unwrap() > 0, "{edit:#}");
    assert_eq!(edit["summary"]["enters"], 0);
    let text = folder.run(&["plan", "--base", "before.yaml"]);
    assert!(text.out.contains("Leave:") && text.out.contains("title: "), "{}", text.out);
    let same = folder.run(&["plan", "--base", "dialform.yaml"]);
    assert!(same.out.starts_with("The edit changes nobody: 12 people"), "{}", same.out);
}

#[test]
fn what_was_done_is_in_the_log_by_person_time_and_status() {
    let folder = Folder::example("quickstart");
    assert_eq!(folder.run(&["apply", "--yes", "-q"]).code, 0);
    folder.edit("people.csv", "+49300000004,TRUE", "+49300000004,FALSE");
    assert_eq!(folder.run(&["apply", "--yes", "-q"]).code, 0);
    let lines = |arguments: &[&str]| {
        let ran = folder.run(&[&["log", "--format", "json"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let actions = |arguments: &[&str]| {
        lines(arguments).iter().map(|line| line["provisioningAction"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(actions(&["dirk.mueller@acme.example"]), ["create", "update", "disable"]);
    assert_eq!(actions(&["dirk.mueller@acme.example", "--action", "disable"]), ["disable"]);
    assert_eq!(actions(&["--status", "failure"]), Vec::<String>::new());
    let disabled = &lines(&["--action", "disable"])[0];
    assert_eq!(disabled["provisioningStatusInfo"]["status"], "success");
    let changed = &disabled["modifiedProperties"][0];
    assert_eq!(
        (&changed["displayName"], &changed["oldValue"], &changed["newValue"]),
        (&Value::from("active"), &Value::from("True"), &Value::from("False"))
    );
    assert_eq!(actions(&["--until", "2020-01-01"]), Vec::<String>::new());
    let refused = folder.run(&["log", "--since", "yesterday"]);
    assert!(refused.code == 1 && refused.err.contains("--since yesterday"), "{}", refused.err);
}

#[test]
fn what_a_run_did_is_taken_back_and_nothing_else() {
    let folder = Folder::example("quickstart");
    assert_eq!(folder.run(&["apply", "--yes", "-q"]).code, 0);
    let first = last_run(&folder);
    let (people, groups) = (folder.read("people.csv"), folder.read("groups.csv"));
    // A leaver, a new title, another manager, and somebody in another group.
    folder.edit("people.csv", "+49300000004,TRUE", "+49300000004,FALSE");
    folder.edit("people.csv", "Head of Customer Care", "Chief of Customer Care");
    folder.edit(
        "people.csv",
        "+35310000002,TRUE,ana.diaz@acme.example",
        "+35310000002,TRUE,chloe.lefevre@acme.example",
    );
    folder.edit("groups.csv", "000001,gita.rao@acme.example;", "000001,");
    folder.edit("groups.csv", "000002,", "000002,gita.rao@acme.example;");
    assert_eq!(folder.run(&["apply", "--yes", "-q"]).code, 0);
    let second = last_run(&folder);
    assert_ne!(first, second);
    let back = folder.json(&["undo", &second[..second.len() - 1], "--format", "json", "--out", "back.json"], 0);
    let changes = |plan: &Value| {
        let mut all: Vec<String> = plan["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| {
                format!("{} {}", change["action"].as_str().unwrap(), change["subject"]["name"].as_str().unwrap())
            })
            .collect();
        all.sort();
        all
    };
    assert!(changes(&back).contains(&"enable dirk.mueller@acme.example".to_owned()), "{back:#}");
    assert!(back["notes"].as_array().unwrap().iter().any(|note| note["code"] == "undo"), "{back:#}");
    assert_eq!(folder.run(&["apply", "back.json", "--yes", "-q"]).code, 0);
    // The tenant is as after the first run: the plan of the edited directory wants the same again.
    let again = folder.json(&["plan", "--format", "json"], 0);
    let log = folder.run(&["log", "--run", &second, "--status", "success", "--format", "json"]);
    assert_eq!(again["changes"].as_array().unwrap().len(), log.out.lines().count(), "{again:#}\n{}", log.out);
    // Taking back the way back is the second run again.
    let there = folder.json(&["undo", "last", "--format", "json"], 0);
    assert_eq!(changes(&there), changes(&again));
    // With the directory as it was there is nothing to do.
    folder.write("people.csv", &people);
    folder.write("groups.csv", &groups);
    assert_eq!(folder.json(&["plan", "--format", "json"], 0)["changes"], serde_json::json!([]));
    // Everything of the first: accounts are suspended, not deleted.
    let start = folder.json(&["undo", &first, "--format", "json"], 4);
    assert!(start["changes"].as_array().unwrap().iter().all(|change| change["action"] != "delete"), "{start:#}");
    let held = start["held"].as_array().unwrap();
    let disables = held.iter().filter(|held| held["reason"] == "too_many" && held["action"] == "disable");
    assert_eq!(disables.count(), 12, "budgets hold here too: {start:#}");
    let unknown = folder.run(&["undo", "nonsense"]);
    assert!(unknown.code == 1 && unknown.err.contains("find run `nonsense`") && unknown.err.contains(&second));
}

fn last_run(folder: &Folder) -> String {
    let log = folder.run(&["log", "--format", "json", "--last", "1"]);
    let line: Value = serde_json::from_str(log.out.trim()).unwrap();
    line["cycleId"].as_str().unwrap().to_owned()
}
