//! What is said of the admin API's key before anything is sent with it: by `doctor`, by the check of
//! the company, and by who needs no key at all.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use dialform::{
    dialpad::{AdminEnd, End, examine_admin},
    live::{Finding, Grade},
    names::{Secret, Text},
    sandbox::{Options, Sandbox, Tenant},
};
use serde_json::{Value as Json, json};

use super::{
    odd_servers::{Asked, TOKEN, end, ok, serve, settings},
    process::{Folder, Served},
    sandbox_api,
};

const KEY: &str = "k3y-canary";

/// What is found of an API, one line for each, and that nothing was written.
async fn found(company: Option<&str>, answer: impl Fn(&str) -> Response + Send + Sync + 'static) -> Vec<String> {
    let (url, log) = serve(move |asked: &Asked| answer(asked.path.strip_prefix("/api/v2").unwrap())).await;
    let base = Text::from(url.strip_suffix("/scim").unwrap());
    let admin = AdminEnd { url: base, key: Secret::new(KEY), plain_http: false, rate: None };
    let company = company.map(Text::from);
    let found = examine_admin(end(&url), &settings(), Some(admin), company.as_ref()).await.unwrap();
    let log = log.lock().unwrap().clone();
    assert!(!log.is_empty() && log.iter().all(|line| line.starts_with("GET /api/v2/")), "{log:?}");
    let all = format!("{found:?}");
    assert!(!all.contains(KEY) && !all.contains(TOKEN), "{all}");
    lines(&found)
}

fn lines(found: &[Finding]) -> Vec<String> {
    let grade = |finding: &Finding| match finding.grade {
        Grade::Good => "good",
        Grade::Note => "note",
        Grade::Warning => "warning",
        Grade::Error => "error",
    };
    found.iter().map(|finding| format!("{} {}: {}", grade(finding), finding.check, finding.message)).collect()
}

fn refuse(status: u16, message: &str) -> Response {
    let body = json!({ "error": { "code": status, "message": message } });
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

fn items(items: Json) -> Response {
    ok(&json!({ "items": items }))
}

/// An API with all that is asked for, of a company with one office.
fn whole(path: &str) -> Response {
    match path {
        "/company" => ok(&json!({ "id": "77", "name": "Acme" })),
        "/offices" => items(json!([{ "id": "1", "name": "London" }])),
        "/offices/1/available_licenses" => ok(&json!({ "talk_lines": 3, "sell_lines": 0, "contact_center_lines": 1 })),
        _ => items(json!([])),
    }
}

#[tokio::test]
async fn a_key_that_does_all_is_good_and_the_company_is_compared() {
    let same = found(Some("77"), whole).await;
    assert!(same.iter().all(|line| line.starts_with("good ")), "{same:#?}");
    assert!(
        same.contains(&"good admin_company: the company is 77 (Acme), as the manifest says".to_owned()),
        "{same:#?}"
    );
    assert!(same.iter().any(|line| line.starts_with("good admin_seats: free licences in London: 3 ")), "{same:#?}");
    let other = found(Some("78"), whole).await;
    let error = "error admin_company: the key belongs to the company 77 (Acme), and the manifest names 78";
    assert_eq!(other.iter().filter(|line| !line.starts_with("good ")).collect::<Vec<_>>(), [error]);
    let unnamed = found(None, whole).await;
    assert!(unnamed.contains(&"note admin_company: the company is 77 (Acme)".to_owned()), "{unnamed:#?}");
}

#[tokio::test]
async fn a_key_that_is_refused_ends_the_examination() {
    let refused = found(None, |_| refuse(401, "The API key is not valid")).await;
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert!(refused[0].starts_with("error admin_api: the key is refused: 401"), "{refused:#?}");
    let elsewhere = found(None, |_| refuse(404, "no such page")).await;
    assert!(
        elsewhere.len() == 1 && elsewhere[0].starts_with("error admin_api: people cannot be read"),
        "{elsewhere:#?}"
    );
    let page = found(None, |_| ok(&json!("hello"))).await;
    assert!(page.len() == 1 && page[0].starts_with("error admin_api: "), "{page:#?}");
}

#[tokio::test]
async fn what_a_key_may_not_do_is_one_warning_each_and_the_rest_goes_on() {
    let less = found(Some("77"), |path| match path {
        "/company" => refuse(403, "Requires a company admin API key"),
        "/accesscontrolpolicies" => refuse(403, "not enabled"),
        "/callcenters" => refuse(500, "oops"),
        "/offices/1/available_licenses" => refuse(403, "no"),
        path => whole(path),
    })
    .await;
    let warned: Vec<&str> = less.iter().filter_map(|line| line.strip_prefix("warning ")).collect();
    let checks: Vec<&str> = warned.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(checks, ["admin_key", "admin_seats", "admin_contact_centers", "admin_policies"], "{less:#?}");
    assert!(warned[0].contains("no company admin's") && warned[0].contains("Requires a company admin"), "{warned:#?}");
    assert!(less.contains(&"good admin_departments: departments can be read".to_owned()), "{less:#?}");
    let no_offices = found(None, |path| match path {
        "/offices" => refuse(403, "no"),
        path => whole(path),
    })
    .await;
    assert!(
        no_offices.iter().any(|line| line.starts_with("warning admin_offices: offices cannot be read")),
        "{no_offices:#?}"
    );
}

#[tokio::test]
async fn the_sandbox_has_it_all() {
    let tenant = Some(Tenant::parse(sandbox_api::TENANT).unwrap());
    let sandbox = Sandbox::open(Options { rate: None, tenant, ..Options::default() }).unwrap();
    let company = Text::from("4508591728425653");
    let found = examine_admin(End::Sandbox(sandbox.clone()), &settings(), None, Some(&company)).await.unwrap();
    let found = lines(&found);
    assert!(found.iter().all(|line| line.starts_with("good ")), "{found:#?}");
    assert!(found.contains(&"good admin_offices: 3 offices can be read".to_owned()), "{found:#?}");
    assert_eq!(sandbox.requests().writes(), 0);
}

/// The contact center behind a served sandbox, with this `company` and key.
fn served(company: &str) -> (Folder, Served) {
    let mut folder = Folder::example("contact-center");
    let served = Served::start(KEY, &["--tenant", folder.path("tenant.yaml").to_str().unwrap()]);
    let base = served.url.trim_end_matches("/scim").to_owned();
    let target = format!(
        "target:\n  dialpad:\n    company: \"{company}\"\n    scim: {{ url: {base}/scim, token: {{ env: DIALPAD_TOKEN }} }}\n    \
         api: {{ url: {base}, key: {{ env: DIALPAD_API_KEY }} }}\n"
    );
    folder.edit("dialform.yaml", "target:\n  sandbox: { tenant: tenant.yaml }\n", &target);
    folder.set("DIALPAD_TOKEN", KEY);
    folder.set("DIALPAD_API_KEY", KEY);
    (folder, served)
}

#[test]
fn with_the_key_of_another_company_nothing_is_planned_and_nothing_sent() {
    // `tenant.yaml` is the company 5835806903417907.
    let (folder, _served) = served("5835806903417907");
    let ran = folder.run(&["plan", "--out", "plan.json", "--quiet", "--only", "pablo.moss@acme.example"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let doctor = folder.json(&["doctor", "--format", "json"], 0);
    let owner = doctor["findings"].as_array().unwrap().iter().find(|one| one["check"] == "admin_owner").unwrap();
    assert!(owner["remedy"].as_str().unwrap().contains("target.dialpad.api.owner"), "{owner}");
    folder.edit("dialform.yaml", "company: \"5835806903417907\"", "company: \"12345\"");
    let wrong = "the key belongs to the company 5835806903417907 (Acme), and the manifest names 12345";
    for command in [&["plan"][..], &["apply", "--yes"]] {
        let ran = folder.run(command);
        assert!(ran.code == 1 && ran.err.contains(wrong), "{command:?}: {}{}", ran.out, ran.err);
    }
    let doctor = folder.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains(wrong), "{}{}", doctor.out, doctor.err);
    // Nobody was made by any of it.
    folder.edit("dialform.yaml", "company: \"12345\"", "company: \"5835806903417907\"");
    let applied = folder.run(&["apply", "plan.json", "--yes", "--quiet"]);
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
}

#[test]
fn linking_an_account_asks_for_no_key() {
    let (mut folder, _served) = served("5835806903417907");
    folder.set("DIALPAD_API_KEY", "");
    let ran = folder.run(&["state", "link", "ada.adler@acme.example", "ada.adler@acme.example"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("linked ada.adler@acme.example"), "{}", ran.err);
}
