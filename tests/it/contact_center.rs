//! `examples/contact-center`, run as a person would: it converges, drift in each kind of grant
//! is shown and mended, a seat that a leaver frees is taken by whoever waited for one.

use dialform::{
    dialpad::{End, Reader, Wanted},
    live,
    sandbox::{Options, Sandbox, Tenant},
};
use serde_json::{Value, json};

use crate::{process::Folder, sandbox_api::Company, simulation::settings};

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

/// The Dialpad of the folder, for changing things by hand.
fn by_hand(folder: &Folder) -> Company {
    let tenant = Tenant::parse(&folder.read("tenant.yaml")).unwrap();
    let folder = Some(folder.path(".dialform/sandbox"));
    Company {
        sandbox: Sandbox::open(Options { rate: None, tenant: Some(tenant), folder, ..Options::default() }).unwrap(),
    }
}

async fn person(acme: &Company, address: &str) -> String {
    let found = acme.get(&format!("/users?state=all&email={address}")).await;
    found["items"][0]["id"].as_str().unwrap_or_else(|| panic!("no {address}: {found}")).to_owned()
}

/// The address of the first person of a group, and of another one.
fn of_group(folder: &Folder, group: &str) -> String {
    let people = folder.read("people.csv");
    let line =
        people.lines().find(|line| line.ends_with(&format!(";{group}"))).unwrap_or_else(|| panic!("nobody in {group}"));
    line.split(',').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn drift_in_each_kind_of_grant_is_shown_and_mended() {
    let folder = Folder::example("contact-center");
    assert_eq!(folder.run(&["apply", "--yes", "--quiet"]).code, 4);
    let [agent, senior, lead, staff, desk, admin] = [
        "CC-Billing",
        "CC-Billing-Senior",
        "CC-Billing-Leads",
        "SG-Staff",
        "SG-Staff;SG-Front-Desk",
        "SG-Staff;SG-Dialpad-Admins",
    ]
    .map(|group| of_group(&folder, group));
    {
        let acme = by_hand(&folder);
        let center = acme.id("/callcenters", "Billing").await;
        let operators = format!("/callcenters/{center}/operators");
        let id = person(&acme, &agent).await;
        acme.good("DELETE", &operators, json!({ "user_id": id })).await;
        let id = person(&acme, &senior).await;
        acme.good("PATCH", &format!("{operators}/{id}/skill"), json!({ "skill_level": 7 })).await;
        let new_york = acme.id("/offices", "New York").await;
        let berlin = acme.id("/offices", "Berlin").await;
        let id = person(&acme, &lead).await;
        let policy = acme.id("/accesscontrolpolicies", "Call routing editors").await;
        let body = json!({ "user_id": id, "target_type": "callcenter", "target_id": center });
        acme.good("POST", &format!("/accesscontrolpolicies/{policy}/unassign"), body).await;
        let id = person(&acme, &staff).await;
        acme.good("PATCH", &format!("/users/{id}"), json!({ "license": "agents" })).await;
        let channel = acme.id("/channels", "All hands").await;
        let members = format!("/channels/{channel}/members");
        acme.good("DELETE", &members, json!({ "user_id": id })).await;
        let id = person(&acme, &desk).await;
        let department = acme.id("/departments", "Front desk").await;
        let body = json!({ "operator_id": id, "operator_type": "user" });
        acme.good("DELETE", &format!("/departments/{department}/operators"), body).await;
        let id = person(&acme, &admin).await;
        let body = json!({ "is_super_admin": false, "admin_office_ids": [new_york, berlin], "international_dialing_enabled": false });
        acme.good("PATCH", &format!("/users/{id}"), body).await;
        // Nobody's numbers stand in the way: Support licences have none.
        let id = person(&acme, &of_group(&folder, "CC-Sales-UK")).await;
        acme.good("PATCH", &format!("/users/{id}"), json!({ "office_id": new_york })).await;
    }
    let drifted = plan(&folder, 4);
    let mut found = grants(&drifted);
    found.sort();
    assert_eq!(
        found,
        [
            "grant channel All hands: - → ",
            "grant company_admin -: - → ",
            "grant contact_center Billing: - → operator, skill 50",
            "grant department Front desk: - → operator",
            "grant office_admin London: - → ",
            "grant policy Call routing editors: - → ",
            "move_office office -: New York → London",
            "regrant contact_center Billing: operator, skill 7 → operator, skill 80",
            "set_license license -: agents → talk",
            "set_settings setting international_dialing: off → on",
        ]
    );
    assert_eq!(folder.run(&["apply", "--yes", "--quiet"]).code, 4);
    assert_eq!(plan(&folder, 4)["changes"], json!([]));
}

#[tokio::test]
async fn a_saved_plan_is_stale_when_a_grant_that_it_touches_moved_and_not_when_another_did() {
    let folder = Folder::example("contact-center");
    assert_eq!(folder.run(&["apply", "--yes", "--quiet"]).code, 4);
    folder.edit("teams/priority.yaml", "skill: 80", "skill: 90");
    folder.run(&["plan", "--out", "plan.json", "--quiet"]);
    let skill = async |address: &str, center: &str, level: u8| {
        let acme = by_hand(&folder);
        let (id, center) = (person(&acme, address).await, acme.id("/callcenters", center).await);
        let path = format!("/callcenters/{center}/operators/{id}/skill");
        acme.good("PATCH", &path, json!({ "skill_level": level })).await;
    };
    skill(&of_group(&folder, "CC-Billing"), "Billing", 3).await;
    skill(&of_group(&folder, "CC-Priority-Senior"), "Priority", 4).await;
    let stale = folder.run(&["apply", "plan.json", "--yes"]);
    assert_eq!(stale.code, 5, "{}\n{}", stale.out, stale.err);
    assert!(stale.err.contains(&of_group(&folder, "CC-Priority-Senior")), "{}", stale.err);
    assert!(!stale.err.contains(&of_group(&folder, "CC-Billing")), "{}", stale.err);
    skill(&of_group(&folder, "CC-Priority-Senior"), "Priority", 80).await;
    // Four people still wait for a seat.
    assert_eq!(folder.run(&["apply", "plan.json", "--yes", "--quiet"]).code, 4);
}

/// Everything that the admin API has, in order.
async fn held_by_dialpad(folder: &Folder) -> live::Tenant {
    let acme = by_hand(folder);
    let reader = Reader::connect(End::Sandbox(acme.sandbox.clone()), &settings(4)).unwrap();
    reader.tenant(&Wanted::everything(), &|_| {}).await.unwrap().in_order()
}

/// Lines of the log of the last run about somebody: what, before, after.
fn logged(folder: &Folder, who: &str) -> Vec<String> {
    let log = folder.run(&["log", who, "--format", "json"]).out;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.iter().map(|line| line["activityDateTime"].as_str().unwrap()).max().unwrap();
    let run = lines.iter().find(|line| line["activityDateTime"] == last).unwrap()["cycleId"].clone();
    let properties = lines.iter().filter(|line| line["cycleId"] == run).flat_map(|line| {
        let properties = line["modifiedProperties"].as_array().unwrap();
        assert!(properties.is_empty() || line["provisioningStatusInfo"]["status"] == "success", "{line}");
        properties
    });
    let mut found: Vec<String> = properties
        .map(|one| format!("{}: {} → {}", one["displayName"].as_str().unwrap(), one["oldValue"], one["newValue"]))
        .collect();
    found.sort();
    found
}

/// Takes somebody out of the group of the front desk.
fn leave_the_desk(folder: &Folder, who: &str) {
    let people = folder.read("people.csv");
    let line = people.lines().find(|line| line.contains(who)).unwrap();
    folder.edit("people.csv", line, &line.replace(";SG-Front-Desk", ""));
}

#[tokio::test]
async fn what_a_run_gave_and_took_goes_back_as_it_was_and_the_log_has_both() {
    let folder = Folder::example("contact-center");
    assert_eq!(folder.run(&["apply", "--yes", "--quiet"]).code, 4);
    let before = held_by_dialpad(&folder).await;
    let files = ["dialform.yaml", "people.csv", "teams/priority.yaml", "teams/billing.yaml"];
    let kept = files.map(|file| folder.read(file));
    // A licence, an office, skills, what operators are, a department, administrators, a policy, a setting.
    let [staff, agent, admin, lead, senior, junior, desk] = [
        "SG-Staff",
        "CC-Sales-UK",
        "SG-Staff;SG-Dialpad-Admins",
        "CC-Billing-Leads",
        "CC-Priority-Senior",
        "CC-Priority",
        "SG-Staff;SG-Front-Desk",
    ]
    .map(|group| of_group(&folder, group));
    folder.edit("dialform.yaml", "roles:\n", "roles:\n  vip: { grants: { license: sell } }\n");
    folder.edit("dialform.yaml", "assignments:\n", &format!("assignments:\n  - {{ user: {staff}, role: vip }}\n"));
    folder.edit("dialform.yaml", "      company_admin: true\n", "");
    folder.edit("dialform.yaml", "[London, Berlin, New York]", "[London, Berlin]");
    folder.edit("dialform.yaml", "{ constant: true }", "{ constant: false }");
    folder.edit("teams/priority.yaml", "skill: 80", "skill: 90");
    folder.edit("teams/priority.yaml", "as: operator, skill: 50", "as: supervisor, skill: 50");
    folder.edit(
        "teams/billing.yaml",
        "      policies: [{ name: Call routing editors, at: { contact_center: Billing } }]\n",
        "",
    );
    let people = folder.read("people.csv");
    let line = people.lines().find(|line| line.contains(&agent)).unwrap();
    folder.edit("people.csv", line, &line.replace(",LON,", ",NYC,"));
    leave_the_desk(&folder, &desk);
    let applied = folder.run(&["apply", "--yes", "--quiet"]);
    assert_eq!(applied.code, 4, "{}{}", applied.out, applied.err);
    assert_ne!(held_by_dialpad(&folder).await, before);
    // The log has old and new of each.
    assert_eq!(logged(&folder, &staff), ["licence: \"talk\" → \"agents\""]);
    assert_eq!(logged(&folder, &agent), ["office: \"London\" → \"New York\""]);
    assert_eq!(
        logged(&folder, &admin),
        [
            "company administration: \"yes\" → null",
            "office administration New York: \"yes\" → null",
            "setting international_dialing: \"on\" → \"off\"",
        ]
    );
    assert_eq!(logged(&folder, &lead), ["policy Call routing editors in contact center Billing: \"yes\" → null"]);
    let skill = "contact center Priority: \"operator, skill 80\" → \"operator, skill 90\"";
    assert_eq!(logged(&folder, &senior), [skill]);
    let post = "contact center Priority: \"operator, skill 50\" → \"supervisor, skill 50\"";
    assert_eq!(logged(&folder, &junior), [post]);

    let back = folder.json(&["undo", "last", "--format", "json", "--out", "back.json"], 0);
    let lines = grants(&back);
    for line in [
        "set_license license -: agents → talk",
        "move_office office -: New York → London",
        "grant department Front desk: - → operator",
        "grant company_admin -: - → ",
        "grant office_admin New York: - → ",
        "set_settings setting international_dialing: off → on",
        "grant policy Call routing editors: - → ",
        "regrant contact_center Priority: operator, skill 90 → operator, skill 80",
        "regrant contact_center Priority: supervisor, skill 50 → operator, skill 50",
    ] {
        assert!(lines.contains(&line.to_owned()), "no {line} in {lines:#?}");
    }
    // The seats are counted: the licence goes back.
    assert_eq!(seats(&back, "London", "agents")[2], 1);
    let applied = folder.run(&["apply", "back.json", "--yes", "--quiet"]);
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    assert_eq!(held_by_dialpad(&folder).await, before);
    // What is remembered went back too: with the files of before there is nothing to do, and the
    // next edit takes away again what a role gave.
    for (file, text) in files.iter().zip(&kept) {
        folder.write(file, text);
    }
    assert_eq!(plan(&folder, 4)["changes"], json!([]));
    leave_the_desk(&folder, &desk);
    let again = grants(&plan(&folder, 4));
    assert_eq!(again, ["withdraw department Front desk: operator → -"]);
}
