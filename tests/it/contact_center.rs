//! `examples/contact-center`, run as a person would: it converges, drift in each kind of grant
//! is shown and mended, a seat that a leaver frees is taken by whoever waited for one.

use serde_json::Value;

use crate::process::Folder;

#[path = "../../examples/contact-center/generate.rs"]
mod generate;

fn plan(folder: &Folder, code: i32) -> Value {
    folder.json(&["plan", "--format", "json"], code)
}

/// Reasons and names of what is held.
fn held(plan: &Value) -> Vec<String> {
    let held = plan["held"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    held.map(|held| format!("{} {}", text(&held["reason"]), text(&held["subject"]["name"]))).collect()
}

/// What the changes give and take, without the people.
fn grants(plan: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for change in plan["changes"].as_array().unwrap() {
        for grant in change["grants"].as_array().into_iter().flatten() {
            let text = |key: &str| grant[key].as_str().unwrap_or("-").to_owned();
            let action = change["action"].as_str().unwrap();
            lines.push(format!("{action} {} {}: {} → {}", text("kind"), text("name"), text("before"), text("after")));
        }
    }
    lines
}

fn seats(plan: &Value, office: &str, license: &str) -> [i64; 4] {
    let line =
        plan["seats"].as_array().unwrap().iter().find(|line| line["office"] == office && line["license"] == license);
    let line = line.unwrap_or_else(|| panic!("no {license} in {office}: {:#}", plan["seats"]));
    ["free_before", "needed", "freed", "free_after"].map(|key| line[key].as_i64().unwrap())
}

#[test]
fn what_is_generated_is_fresh() {
    assert_eq!(Folder::example("contact-center").read("people.csv"), generate::people());
}

#[test]
fn its_own_tests_pass() {
    let ran = Folder::example("contact-center").run(&["test"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn it_converges_and_only_those_without_a_seat_are_left() {
    let folder = Folder::example("contact-center");
    let first = plan(&folder, 4);
    assert_eq!(first["summary"]["changes"]["user"]["create"], 295);
    assert_eq!(first["summary"]["held"]["no_seat"], 4);
    // 44 agents, 40 licences.
    assert_eq!(seats(&first, "Berlin", "lite_support_agents"), [40, 40, 0, 0]);
    // One agent becomes a lead, and her Support licence is free again.
    assert_eq!(seats(&first, "London", "lite_support_agents"), [128, 112, 1, 17]);
    assert_eq!(seats(&first, "London", "agents"), [8, 6, 0, 2]);

    let applied = folder.run(&["apply", "--yes", "--quiet"]);
    assert_eq!(applied.code, 4, "{}\n{}", applied.out, applied.err);
    let second = plan(&folder, 4);
    assert_eq!(second["changes"], serde_json::json!([]), "{:#}", second["changes"]);
    assert_eq!(held(&second).iter().filter(|line| line.starts_with("no_seat")).count(), 4);
    assert_eq!(seats(&second, "Berlin", "lite_support_agents"), [0, 0, 0, 0]);
}

#[test]
fn somebody_who_waits_for_a_seat_gets_that_of_a_leaver() {
    let folder = Folder::example("contact-center");
    assert_eq!(folder.run(&["apply", "--yes", "--quiet"]).code, 4);
    let waiting = held(&plan(&folder, 4)).into_iter().find_map(|line| line.strip_prefix("no_seat ").map(str::to_owned));
    let waiting = waiting.unwrap();
    // An agent of Support DE who has a seat leaves.
    let people = folder.read("people.csv");
    let is_agent = |line: &&str| line.ends_with(";CC-Support-DE") && !line.contains(&waiting);
    let agents: Vec<&str> = people.lines().filter(is_agent).collect();
    let held_now = held(&plan(&folder, 4));
    let leaver = agents
        .iter()
        .find(|line| !held_now.iter().any(|held| line.contains(held.split(' ').next_back().unwrap())))
        .unwrap();
    folder.edit("people.csv", leaver, &leaver.replace("TRUE,", "FALSE,"));
    let plan = plan(&folder, 4);
    let changes = plan["changes"].as_array().unwrap();
    let find = |action: &str| {
        changes.iter().find(|change| change["action"] == action).unwrap_or_else(|| panic!("no {action}"))
    };
    let (disable, create) = (find("disable"), find("create"));
    assert!(create["depends_on"].as_array().unwrap().contains(&disable["id"]), "{create:#}");
    assert_eq!(seats(&plan, "Berlin", "lite_support_agents"), [0, 1, 1, 0]);
    assert_eq!(grants(&plan).iter().filter(|line| line.starts_with("withdraw contact_center Support DE")).count(), 1);
    assert_eq!(folder.run(&["apply", "--yes", "--quiet"]).code, 4);
    let after = self::plan(&folder, 4);
    assert_eq!(after["changes"], serde_json::json!([]), "{:#}", after["changes"]);
    assert_eq!(held(&after).iter().filter(|line| line.starts_with("no_seat")).count(), 3);
}

#[test]
fn a_role_that_is_edited_changes_what_its_people_are_and_nobody_else() {
    let folder = Folder::example("contact-center");
    assert_eq!(folder.run(&["apply", "--yes", "--quiet"]).code, 4);
    folder.edit("teams/priority.yaml", "skill: 80", "skill: 90");
    let edited = plan(&folder, 4);
    assert_eq!(grants(&edited), vec!["regrant contact_center Priority: operator, skill 80 → operator, skill 90"; 6]);
    folder.edit(
        "teams/priority.yaml",
        "contact_centers: [{ name: Priority, as: operator, skill: 50 }]",
        "channels: [All hands]",
    );
    let taken = plan(&folder, 4);
    let withdrawn = grants(&taken).into_iter().filter(|line| line.starts_with("withdraw")).collect::<Vec<_>>();
    assert_eq!(withdrawn, vec!["withdraw contact_center Priority: operator, skill 50 → -"; 6]);
}

#[test]
fn an_exclusive_kind_takes_out_whom_nobody_names() {
    let folder = Folder::example("contact-center");
    assert_eq!(folder.run(&["apply", "--yes", "--quiet"]).code, 4);
    folder.edit(
        "dialform.yaml",
        "grants:\n  note_free_seats",
        "grants:\n  contact_centers: { exclusive: true }\n  note_free_seats",
    );
    let plan = plan(&folder, 4);
    assert_eq!(grants(&plan), ["withdraw contact_center Support EMEA: operator, skill 10 → -"]);
    assert_eq!(plan["changes"][0]["subject"]["name"], "temp@acme.example");
}
