//! Pages for `tests/browser.sh`: written to `target/pages`, looked at and measured in a browser.

use std::{fs, path::Path};

use dialform::{
    plan::{
        self,
        outcome::{ChangeResult, Outcome, Status},
    },
    render::html,
};
use serde_json::json;

use crate::inputs::Scene;

/// A tenant of `n` people: most are updated, some created, some disabled, many held back.
fn large(n: usize) -> plan::Plan {
    let titles = ["Support engineer", "Account executive", "Head of customer success", "Ingénieure", "Büroleitung"];
    let mut scene = Scene::new("safety: { creates: { max: 20000 }, updates: { max: 20000 }, disables: { max: 2 } }\n");
    for at in 0..n {
        let id = format!("p{at}");
        let title = titles[at % titles.len()];
        let name = ["Ana López", "Chloé Martin", "Jürgen Groß", "李小龙", "Ada Lovelace"][at % 5];
        let more = json!({ "jobTitle": title, "displayName": format!("{name} {at}"), "department": "EMEA Sales" });
        scene = match at % 10 {
            0..=6 => scene.member(&id, more).linked(&id),
            7 | 8 => scene.member(&id, more),
            _ => scene.person(&id, more).linked(&id),
        };
    }
    scene.plan()
}

/// Names and values that try to be markup, script, or something else than they are.
fn hostile() -> plan::Plan {
    let bad = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script></script>\u{202e}gnp.exe";
    Scene::new("")
        .member("eve", json!({ "userPrincipalName": "eve\"'<b>@acme.example", "displayName": bad, "jobTitle": bad }))
        .member("mal", json!({ "displayName": "</title></style></script><!--", "jobTitle": "&lt;b&gt; &amp; --> ]]>" }))
        .member("dov", json!({ "displayName": "דב לוי", "jobTitle": "מנהל (Sales)" }))
        .linked("dov")
        .plan()
}

fn outcome(plan: &plan::Plan) -> Outcome {
    let message = "the service answered: invalidValue: <b>title</b> is too long";
    let results = plan.changes.iter().enumerate().map(|(n, change)| ChangeResult {
        change: change.id.clone(),
        action: change.action,
        subject: change.subject.clone(),
        grants: change.grants.clone(),
        status: match n % 9 {
            3 => Status::Failed { http: Some(400), message: message.into() },
            5 => Status::Skipped { because: "it needs what failed".into() },
            7 => Status::Already,
            _ => Status::Done,
        },
        target: change.subject.target.clone(),
        left_out: Vec::new(),
        not_stored: Vec::new(),
        waiting: false,
    });
    Outcome { results: results.collect(), requests: 31, retries: 4, millis: 12_345, ..Outcome::default() }
}

#[test]
#[ignore = "writes files for tests/browser.sh"]
fn write() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    fs::create_dir_all(&folder).unwrap();
    let (large, small, hostile) = (large(10_000), large(40), hostile());
    for (name, page) in [
        ("large", html::plan(&large)),
        ("plan", html::plan(&small)),
        ("outcome", html::outcome(&small, &outcome(&small))),
        ("hostile", html::plan(&hostile)),
    ] {
        fs::write(folder.join(format!("{name}.html")), page).unwrap();
    }
}
