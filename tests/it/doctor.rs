//! What `doctor` finds out about services, the embedded one and odd ones.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use dialform::{
    dialpad::{End, Interest, examine},
    live::{Finding, Grade},
    names::AttrPath,
    sandbox::{Options, Sandbox},
};
use serde_json::json;

use super::odd_servers::{Asked, TOKEN, end, list, missing, ok, people, serve, settings};
use super::process::{Folder, Served};

fn interest(groups: bool) -> Interest {
    let mapped = ["userName", "externalId", "nickname", "titel"].map(AttrPath::core).to_vec();
    Interest { matching: Some(AttrPath::core("userName")), mapped, groups }
}

/// What is not good about a service, one line for each.
async fn complaints(answer: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Vec<String> {
    let (url, log) = serve(answer).await;
    let found = examine(end(&url), &settings(), &interest(true)).await.unwrap();
    assert!(log.lock().unwrap().iter().all(|line| line.starts_with("GET ")), "doctor only reads");
    let all = format!("{found:?}");
    assert!(!all.contains(TOKEN), "{all}");
    lines(&found)
}

fn lines(found: &[Finding]) -> Vec<String> {
    let bad = found.iter().filter(|finding| finding.grade > Grade::Note);
    bad.map(|finding| {
        assert!(finding.remedy.as_deref().is_none_or(|remedy| !remedy.is_empty()));
        let grade = if finding.grade == Grade::Error { "error" } else { "warning" };
        format!("{grade} {}: {}", finding.check, finding.message)
    })
    .collect()
}

#[tokio::test]
async fn the_sandbox_has_all_that_is_needed_but_a_mistyped_attribute() {
    let sandbox = Sandbox::open(Options { rate: None, ..Options::default() }).unwrap();
    let load: Vec<_> = (0..3).map(|n| json!({"userName": format!("p{n}@example.com"), "externalId": "x"})).collect();
    sandbox.load(&load).unwrap();
    let found = examine(End::Sandbox(sandbox.clone()), &settings(), &interest(true)).await.unwrap();
    assert_eq!(
        lines(&found),
        ["warning schema: `titel` is mapped, and the service does not have it; did you mean `title`?"]
    );
    assert_eq!(sandbox.requests().writes(), 0);
    let good =
        |check: &str, text: &str| found.iter().any(|finding| finding.check == check && finding.message.contains(text));
    assert!(good("users", "there are 3 accounts"));
    assert!(good("paging", "as they were asked for"));
    assert!(good("filter", "nobody has finds nobody"));
    assert!(good("filter", "also in another case"));
    assert!(good("external_id", "3 of the first 3"));
}

#[tokio::test]
async fn what_keeps_it_from_working_is_one_error_each() {
    let refusing = |status: StatusCode, body: &'static str| complaints(move |_| (status, body).into_response());
    let expired = refusing(StatusCode::UNAUTHORIZED, "key expired").await;
    assert_eq!(expired, ["error credentials: the token is not accepted: 401: key expired"]);
    let forbidden = refusing(StatusCode::FORBIDDEN, "").await;
    assert_eq!(forbidden, ["error credentials: the token is refused: 403 Forbidden"]);
    let wrong_path = refusing(StatusCode::NOT_FOUND, "").await;
    assert_eq!(wrong_path, ["error address: there is no `/Users` below the address: 404 Not Found"]);
    let page = refusing(StatusCode::OK, "<html><title>Sign in</title></html>").await;
    assert!(page[0].starts_with("error address: what came is no SCIM: the answer is a web page"), "{page:?}");
    let moved = complaints(|_| (StatusCode::FOUND, [(header::LOCATION, "https://login.example.com/")]).into_response());
    let moved = moved.await;
    assert!(moved[0].starts_with("error address: 302: it redirects to `https://login.example.com/`"), "{moved:?}");
    let broken = refusing(StatusCode::INTERNAL_SERVER_ERROR, "").await;
    assert_eq!(broken, ["error connection: a test request was refused: 500 Internal Server Error"]);
}

#[tokio::test]
async fn a_service_that_ignores_what_it_is_asked_is_found_out() {
    let ignoring = complaints(|asked| match asked.path.as_str() {
        "/scim/Users" => list(30, people(1..31)),
        "/scim/ServiceProviderConfig" => ok(&json!({"patch": {"supported": false}})),
        _ => missing(),
    })
    .await;
    assert_eq!(
        ignoring,
        [
            "warning filter: filters are ignored: a `userName` that nobody has finds 30",
            "warning paging: pages are ignored: the second begins like the first",
            "error groups: the service has no `/Groups`, and the manifest maps groups",
            "warning configuration: the service does not announce PATCH, which every update and disable uses",
        ]
    );
    let no_filter = complaints(|asked| match (asked.path.as_str(), asked.query.contains_key("filter")) {
        ("/scim/Users", true) => StatusCode::NOT_IMPLEMENTED.into_response(),
        ("/scim/Users", false) => list(5, Vec::new()),
        ("/scim/Groups", _) => list(0, Vec::new()),
        _ => missing(),
    })
    .await;
    assert_eq!(
        no_filter,
        [
            "warning filter: filters on `userName` are not supported: 501 Not Implemented (not supported by the service)",
            "error users: the listing claims 5 accounts and shows none",
        ]
    );
}

#[tokio::test]
async fn a_service_that_is_not_there_is_said_in_one_line() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim", listener.local_addr().unwrap());
    drop(listener);
    let found = examine(end(&url), &settings(), &interest(false)).await.unwrap();
    let said = format!("error connection: no answer from {url}: the connection was refused; nothing listens there");
    assert_eq!(lines(&found), [said]);
}

#[test]
fn the_command_says_it_in_text_and_json_and_by_its_exit_code() {
    let mut folder = Folder::example("quickstart");
    let found = folder.json(&["doctor", "--format", "json"], 0);
    assert_eq!((&found["format_version"], &found["ok"]), (&json!(1), &json!(true)));
    let checks: Vec<&str> =
        found["findings"].as_array().unwrap().iter().map(|one| one["check"].as_str().unwrap()).collect();
    assert_eq!(&checks[..3], ["connection", "credentials", "filter"]);
    let text = folder.run(&["doctor"]);
    assert_eq!(text.code, 0, "{text:?}");
    assert!(text.out.starts_with("Dialpad at the sandbox in ") && text.out.contains("  ok      "), "{}", text.out);

    let served = Served::start("right", &[]);
    let target = format!("dialpad: {{ scim: {{ url: \"{}\", token: {{ env: TOKEN }} }} }}", served.url);
    folder.edit("dialform.yaml", "sandbox: {}", &target);
    let unset = folder.run(&["doctor"]);
    assert_eq!(unset.code, 1);
    assert!(unset.err.starts_with("failed to ") && unset.err.contains("TOKEN"), "{}", unset.err);
    folder.set("TOKEN", "wrong");
    let refused = folder.run(&["doctor"]);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("error   the token is not accepted: 401"), "{}", refused.out);
    assert!(refused.out.contains("→ make a new key") && refused.out.ends_with("1 error.\n"), "{}", refused.out);
    folder.edit("dialform.yaml", "version: 1", "version: 7");
    let broken = folder.run(&["doctor"]);
    assert_eq!(broken.code, 1);
    assert!(broken.out.is_empty() && broken.err.contains("dialform.yaml"), "{}", broken.err);
}
