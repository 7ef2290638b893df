//! What is refused run after run waits for longer each time, and is said.

use serde_json::Value;

use crate::process::{Folder, Served};

fn folder(served: &Served) -> Folder {
    let mut folder = Folder::example("quickstart");
    let target =
        format!("  dialpad: {{ scim: {{ url: {}, token: {{ env: DIALPAD_TOKEN }}, rate: unlimited }} }}", served.url);
    folder.edit("dialform.yaml", "  sandbox: {}", &target);
    folder.set("DIALPAD_TOKEN", "escrow-test-token");
    folder
}

#[test]
fn a_refused_create_costs_nobody_else_their_place_in_a_group() {
    let served = Served::start("escrow-test-token", &["--fault", "status=400;on=POST /Users;nth=1"]);
    let folder = folder(&served);
    let outcome = folder.json(&["apply", "--yes", "--format", "json"], 3);
    let results = outcome["results"].as_array().unwrap();
    assert_eq!(outcome["summary"]["failed"], 1);
    let skipped: Vec<&Value> = results.iter().filter(|result| result["status"] == "skipped").collect();
    assert!(skipped.iter().all(|result| result["action"] == "set_manager"), "{skipped:#?}");
    let failed = results.iter().find(|result| result["status"] == "failed").unwrap();
    let name = failed["subject"]["name"].as_str().unwrap();
    let left_out: Vec<&Value> = results.iter().flat_map(|result| result["left_out"].as_array()).flatten().collect();
    assert!(!left_out.is_empty() && left_out.iter().all(|out| out["member"] == name), "{left_out:#?}");
    // It was one answer: the next run makes the account and puts it where it belongs.
    let again = folder.json(&["apply", "--yes", "--format", "json"], 0);
    let again = again["results"].as_array().unwrap();
    let count = |action: &str| again.iter().filter(|result| result["action"] == action).count();
    assert_eq!((count("create"), count("add_members")), (1, left_out.len()), "{again:#?}");
    // The manager of whom it was comes with the account, and is set for whom it leads.
    assert!(count("set_manager") + count("update") <= skipped.len(), "{again:#?}");
    let left = folder.json(&["plan", "--format", "json"], 0);
    assert_eq!(left["changes"].as_array().unwrap().len(), 0);
}

fn held(plan: &Value) -> Vec<&Value> {
    plan["held"].as_array().unwrap().iter().filter(|held| held["reason"] == "repeated_failure").collect()
}

#[test]
fn a_change_that_is_refused_twice_is_held_with_its_history_until_it_is_asked_for_or_corrected() {
    let served = Served::start("escrow-test-token", &["--fault", "status=400;on=POST /Users"]);
    let folder = folder(&served);
    assert_eq!(folder.run(&["apply", "--yes"]).code, 3);
    let once = folder.json(&["plan", "--format", "json"], 0);
    assert_eq!(held(&once).len(), 0, "the next run tries again");
    assert_eq!(folder.run(&["apply", "--yes"]).code, 3);
    let twice = folder.json(&["plan", "--format", "json"], 4);
    assert_eq!(held(&twice).len(), 12);
    let one = held(&twice)[0];
    let message = one["message"].as_str().unwrap();
    assert!(message.starts_with("refused in 2 runs since 20") && message.contains("tried again from"), "{message}");
    assert!(one["remedy"].as_str().unwrap().contains("--retry-held"), "{one:#}");
    // A person may ask for it, and what was corrected is not what was refused.
    let asked = folder.json(&["plan", "--format", "json", "--retry-held"], 0);
    assert_eq!((held(&asked).len(), held(&once).len()), (0, 0));
    let notes = asked["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["code"] == "failed_before"), "{notes:#?}");
    folder.edit("dialform.yaml", "title: { attribute: jobTitle", "nickName: { attribute: jobTitle");
    let corrected = folder.json(&["plan", "--format", "json"], 0);
    assert_eq!(held(&corrected).len(), 0);
}
