//! The SCIM client against services that do what the standard does not say:
//! each is a few lines that answer on a socket.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use dialform::{
    dialpad::{End, ReadError, Reader, SendError, Want, Writer},
    live::Live,
    manifest::{ManagerDialect, MembersDialect, PatchDialect, ReadDialect, Scim},
    names::{AttrPath, Reading, Secret, TargetId, Value},
    plan::{Dialect, Operation, Ref, Request, Sent},
};
use serde_json::{Value as Json, json};

pub(super) const TOKEN: &str = "s3cr3t-canary-token";

pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: HashMap<String, String>,
    pub(super) headers: HeaderMap,
}

impl Asked {
    pub(super) fn number(&self, name: &str, otherwise: usize) -> usize {
        self.query.get(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    }
}

pub(super) type Log = Arc<Mutex<Vec<String>>>;

/// Serves until the test ends: the address, and what was asked.
pub(super) async fn serve(answer: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> (String, Log) {
    let log = Log::default();
    let (answer, kept) = (Arc::new(answer), log.clone());
    let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, _: Bytes| async move {
        kept.lock().unwrap().push(format!("{method} {uri}"));
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        answer(&Asked { method, path: uri.path().to_owned(), query, headers })
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/scim", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, log)
}

pub(super) fn settings() -> Scim {
    Scim {
        rate: None,
        concurrency: 4,
        patch: PatchDialect::Rfc7644,
        members: MembersDialect::Filter,
        manager: ManagerDialect::Record,
        read: ReadDialect::List,
        page_size: 100,
        members_per_request: 1_000,
    }
}

pub(super) fn end(url: &str) -> End {
    End::Socket { url: url.into(), token: Some(Secret::new(TOKEN)), plain_http: false }
}

fn reader(url: &str) -> Reader {
    Reader::connect(end(url), &settings()).unwrap()
}

async fn live(url: &str) -> Result<Live, ReadError> {
    reader(url).live(&Want { groups: true, ..Want::default() }, &|_| {}).await
}

pub(super) fn ok(body: &Json) -> Response {
    ([(header::CONTENT_TYPE, "application/scim+json")], body.to_string()).into_response()
}

pub(super) fn missing() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

pub(super) fn people(ids: std::ops::Range<usize>) -> Vec<Json> {
    ids.map(|id| json!({"id": id.to_string(), "userName": format!("p{id}@example.com")})).collect()
}

pub(super) fn list(total: impl Into<Json>, resources: Vec<Json>) -> Response {
    ok(&json!({"schemas": [], "totalResults": total.into(), "Resources": Json::Array(resources)}))
}

/// A service that lists users by `page(start, count)` and has nothing else.
async fn users(page: impl Fn(usize, usize) -> Response + Send + Sync + 'static) -> (Reading<Vec<String>>, Vec<String>) {
    let (url, log) = serve(move |asked| match asked.path.as_str() {
        "/scim/Users" => page(asked.number("startIndex", 1), asked.number("count", 100)),
        _ => missing(),
    })
    .await;
    let live = live(&url).await.unwrap();
    let names = |users: Vec<dialform::live::User>| users.iter().map(|user| user.id.to_string()).collect();
    let users = match live.users {
        Reading::Complete(users) => Reading::Complete(dialform::names::Complete::attest(names(users.into_items()))),
        Reading::Incomplete { items, because } => Reading::Incomplete { items: names(items), because },
        Reading::Absent { because } => Reading::Absent { because },
    };
    let asked = log.lock().unwrap().iter().filter(|line| line.contains("/Users")).cloned().collect();
    (users, asked)
}

fn all(reading: &Reading<Vec<String>>) -> usize {
    reading.complete().expect("complete").items().len()
}

#[tokio::test]
async fn a_total_that_is_the_size_of_the_page_does_not_end_the_listing() {
    let (users, asked) = users(|start, _| {
        let page = people(start..(start + 20).min(211));
        list(page.len(), page)
    })
    .await;
    assert_eq!(all(&users), 210);
    assert_eq!(asked.len(), 12);
}

#[tokio::test]
async fn a_total_that_is_a_ceiling_makes_the_listing_incomplete_only_if_it_is_not_reached() {
    let (reached, _) = users(|start, count| list(50, people(start..(start + count.min(30)).min(81)))).await;
    assert_eq!(all(&reached), 80);
    let (not, _) = users(|start, count| list(210, people(start..(start + count).min(21)))).await;
    assert_eq!(not.because(), Some("listing incomplete: 20 of 210"));
    assert_eq!(not.items().unwrap().len(), 20);
}

/// A search index that lags behind: what it lists is consistent, and not all there is.
#[tokio::test]
async fn a_linked_account_that_the_listing_leaves_out_is_asked_for() {
    for (active, complete) in [(Some(true), false), (Some(false), true), (None, true)] {
        let (url, log) = serve(move |asked| match asked.path.as_str() {
            "/scim/Users" if asked.number("startIndex", 1) == 1 => list(3, people(1..4)),
            "/scim/Users" => list(3, Vec::new()),
            "/scim/Users/9" => active
                .map_or_else(missing, |active| ok(&json!({"id": "9", "userName": "p9@example.com", "active": active}))),
            _ => missing(),
        })
        .await;
        let linked_users = ["2", "9", "3"].map(TargetId::from).to_vec();
        let want = Want { groups: true, linked_users, ..Want::default() };
        let users = reader(&url).live(&want, &|_| {}).await.unwrap().users;
        assert_eq!(users.complete().is_some(), complete, "{active:?}: {:?}", users.because());
        if !complete {
            let because = "listing incomplete: account 9 is there, and the listing leaves it out";
            assert_eq!(users.because(), Some(because));
        }
        let there = users.items().unwrap().iter().any(|user| user.id == TargetId::from("9"));
        assert_eq!(there, active.is_some());
        let asked = log.lock().unwrap().iter().filter(|line| line.contains("/Users/")).count();
        assert_eq!(asked, 1, "only what the listing lacks");
    }
}

/// They stand for the others: a plan must not ask for thousands one by one.
#[tokio::test]
async fn of_many_that_a_listing_lacks_twenty_are_asked_for() {
    let (url, log) = serve(|asked| match asked.path.as_str() {
        "/scim/Users" => list(0, Vec::new()),
        _ => missing(),
    })
    .await;
    let linked_users = (0..500).map(|id| TargetId::from(id.to_string().as_str())).collect();
    let want = Want { linked_users, ..Want::default() };
    assert!(reader(&url).live(&want, &|_| {}).await.unwrap().users.complete().is_some());
    assert_eq!(log.lock().unwrap().iter().filter(|line| line.contains("/Users/")).count(), 20);
}

#[tokio::test]
async fn a_page_beyond_the_end_may_be_the_first_again_or_a_mistake() {
    let (again, asked) = users(|start, count| {
        let start = if start > 45 { 1 } else { start };
        list(45, people(start..(start + count.min(20)).min(46)))
    })
    .await;
    assert_eq!((all(&again), asked.len()), (45, 4));
    let (mistake, _) = users(|start, count| match start {
        46.. => (StatusCode::BAD_REQUEST, r#"{"detail":"startIndex"}"#).into_response(),
        _ => list(45, people(start..(start + count).min(46))),
    })
    .await;
    assert_eq!(all(&mistake), 45);
}

#[tokio::test]
async fn a_service_that_ignores_the_page_is_read_once() {
    let (whole, asked) = users(|_, _| list(300, people(1..301))).await;
    assert_eq!((all(&whole), asked.len()), (300, 2));
    let (first, asked) = users(|_, _| list(300, people(1..21))).await;
    assert_eq!(first.because(), Some("listing incomplete: 20 of 300"));
    assert!(asked.len() < 10, "{asked:?}");
}

#[tokio::test]
async fn a_short_page_in_the_middle_is_made_up_for() {
    let (users, _) = users(|start, count| {
        let most = if start == 41 { 5 } else { count.min(20) };
        list(100, people(start..(start + most).min(101)))
    })
    .await;
    assert_eq!(all(&users), 100);
}

#[tokio::test]
async fn a_page_that_fails_leaves_what_was_read_and_says_so() {
    let (users, _) = users(|start, count| match start {
        41 => (StatusCode::INTERNAL_SERVER_ERROR, "<html><title>Oh\nno</title></html>").into_response(),
        _ => list(100, people(start..(start + count.min(20)).min(101))),
    })
    .await;
    let because = users.because().unwrap();
    assert!(because.starts_with("listing incomplete: ") && because.contains("accounts from number 41 on"), "{because}");
    assert!(because.ends_with("500: a web page, \"Oh no\""), "{because}");
}

#[tokio::test]
async fn a_listing_without_end_or_with_a_huge_total_ends() {
    let (huge, asked) = users(|start, count| list(u64::MAX, people(start..(start + count).min(151)))).await;
    assert!(huge.because().unwrap().starts_with("listing incomplete: 150 of "));
    assert!(asked.len() < 12, "{}", asked.len());
    let (no_total, _) = users(|start, count| ok(&json!({"Resources": people(start..(start + count).min(151))}))).await;
    assert_eq!(all(&no_total), 150);
}

#[tokio::test]
async fn entries_of_any_type_are_read_or_said_to_be_unreadable() {
    let (users, _) = users(|start, _| match start {
        1 => ok(&json!({
            "TOTALRESULTS": "4",
            "resources": [
                {"id": 7, "userName": null, "emails": "x", "name": [], "active": "False", "meta": 3, "groups": {}},
                {"ID": "8", "members": [[[[]]]]},
            ],
            "itemsPerPage": null, "startIndex": {},
        })),
        3 => ok(&json!({"totalResults": 4, "Resources": [null, {"userName": "no id"}]})),
        _ => ok(&json!({"totalResults": 4, "Resources": null})),
    })
    .await;
    assert_eq!(users.items().unwrap(), &["7", "8"]);
    let because = users.because().unwrap();
    assert_eq!(
        because,
        "listing incomplete: 2 of its entries cannot be read; the first: expected an object for an account, found null"
    );
}

#[tokio::test]
async fn answers_that_are_no_listing_say_what_they_are() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("empty", b"".to_vec(), "the answer is empty"),
        ("html", b" \n<!doctype html><title>Sign in</title>".to_vec(), "is the address right?"),
        ("cut", br#"{"totalResults": 1, "Resources": [{"#.to_vec(), "ends in the middle, after 35 bytes"),
        ("list", b"[1, 2]".to_vec(), "expected a list response, found a list"),
        ("other", br#"{"ok": true}"#.to_vec(), "expected a list response with `Resources`"),
        ("type", br#"{"Resources": "all"}"#.to_vec(), "expected a list in `Resources`, found text"),
        ("latin", b"{\"Resources\": [{\"id\": \"\xe9\"}]}".to_vec(), "not UTF-8 from byte 23 on"),
        ("deep", deep.into_bytes(), "recursion limit"),
        ("text", b"Service is down".to_vec(), "the answer is not JSON"),
    ];
    for (name, body, says) in cases {
        let (url, _) = serve(move |asked| match asked.path.as_str() {
            "/scim/Users" => body.clone().into_response(),
            _ => missing(),
        })
        .await;
        match live(&url).await {
            Err(error @ ReadError::Unusable { .. }) => {
                let text = error.to_string();
                assert!(
                    text.starts_with("read accounts from http://127.0.0.1:") && text.contains(says),
                    "{name}: {text}"
                );
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn duplicate_keys_and_a_byte_order_mark_do_no_harm() {
    let body =
        "\u{feff}{\"totalResults\":1,\"Resources\":[{\"id\":\"1\",\"id\":\"2\",\"title\":\"a\",\"title\":\"b\"}]}";
    let (users, _) = users(move |start, _| match start {
        1 => body.into_response(),
        _ => list(1, Vec::new()),
    })
    .await;
    assert_eq!(users.complete().unwrap().items(), &["2"]);
}

#[tokio::test]
async fn refused_credentials_are_said_without_the_token() {
    for (status, body) in [
        (StatusCode::UNAUTHORIZED, format!("Unauthorized: {TOKEN}")),
        (StatusCode::FORBIDDEN, format!(r#"{{"detail":"Bearer {TOKEN} is not\u0007 allowed"}}"#)),
    ] {
        let (url, _) = serve(move |asked| {
            assert_eq!(asked.headers[header::AUTHORIZATION], format!("Bearer {TOKEN}"));
            (status, body.clone()).into_response()
        })
        .await;
        let error = live(&url).await.unwrap_err();
        assert!(matches!(error, ReadError::Credentials { .. }));
        let text = format!("{error} {error:?} {:?}", reader(&url));
        assert!(!text.contains(TOKEN) && text.contains("••••••") && !text.contains('\u{7}'), "{text}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, log) = serve(|_| list(0, Vec::new())).await;
    let to = elsewhere.clone();
    let (url, _) =
        serve(move |_| (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to.clone())]).into_response()).await;
    let error = live(&url).await.unwrap_err().to_string();
    assert!(error.contains(&format!("308: it redirects to `{elsewhere}`")), "{error}");
    assert!(log.lock().unwrap().is_empty());
    let sent = Writer::connect(end(&url), &settings()).unwrap().send(&disable("1"), RFC, None, &existing).await;
    assert!(matches!(sent, Err(SendError::Refused { status: 308, .. })), "{sent:?}");
    assert!(log.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_service_without_groups_or_with_failing_ones_still_has_users() {
    for (status, absent) in [(404, true), (501, true), (500, false), (400, false)] {
        let (url, _) = serve(move |asked| match asked.path.as_str() {
            "/scim/Users" => list(0, Vec::new()),
            _ => StatusCode::from_u16(status).unwrap().into_response(),
        })
        .await;
        let live = live(&url).await.unwrap();
        assert!(live.users.complete().is_some());
        assert_eq!(matches!(live.groups, Reading::Absent { .. }), absent, "{status}: {:?}", live.groups);
        assert!(live.groups.complete().is_none());
    }
}

#[tokio::test]
async fn members_that_a_listing_leaves_out_are_read_group_by_group() {
    let group = |id: usize, members: Option<Json>| match members {
        Some(members) => json!({"id": id, "displayName": format!("G{id}"), "members": members}),
        None => json!({"id": id, "displayName": format!("G{id}")}),
    };
    let (url, log) = serve(move |asked| match (asked.path.as_str(), asked.number("startIndex", 1)) {
        ("/scim/Users", _) => list(0, Vec::new()),
        ("/scim/Groups", 1) => list(5, (0..5).map(|id| group(id, None)).collect()),
        ("/scim/Groups", _) => list(5, Vec::new()),
        (path, _) => match path.strip_prefix("/scim/Groups/").and_then(|id| id.parse().ok()) {
            Some(id) => ok(&group(id, Some(json!([{"value": "b"}, 3, {"VALUE": "a"}, "b", null])))),
            None => missing(),
        },
    })
    .await;
    let live = live(&url).await.unwrap();
    let groups = live.groups.complete().unwrap().items();
    assert!(groups.iter().all(|group| group.members == ["3".into(), "a".into(), "b".into()]), "{groups:?}");
    assert_eq!(log.lock().unwrap().iter().filter(|line| line.contains("/Groups/")).count(), 5);
}

#[tokio::test]
async fn schemas_and_etags_are_read_where_they_are_announced() {
    let (url, _) = serve(|asked| match asked.path.as_str() {
        "/scim/Users" if asked.number("startIndex", 1) == 1 => {
            list(1, vec![json!({"id": "1", "meta": {"version": "W/\"7\""}})])
        }
        "/scim/Users" | "/scim/Groups" => list(1, Vec::new()),
        "/scim/ServiceProviderConfig" => ok(&json!({"etag": {"supported": "true"}})),
        "/scim/Schemas" => list(
            2,
            vec![
                json!({"id": "urn:ietf:params:scim:schemas:core:2.0:User", "attributes": [
                    {"name": "userName", "type": "string", "required": true, "caseExact": true},
                    {"name": "emails", "type": "complex", "multiValued": true, "subAttributes": [{"name": "value"}]},
                    {"type": "nameless"}, 7,
                ]}),
                json!({"id": "urn:acme:2.0:User", "attributes": [
                    {"name": "badge", "type": "integer", "mutability": "readOnly"},
                ]}),
                json!({"attributes": 3}),
            ],
        ),
        _ => missing(),
    })
    .await;
    let live = live(&url).await.unwrap();
    assert!(live.service.etag && live.schema.discovered);
    assert_eq!(live.users.items().unwrap()[0].version.as_deref(), Some("W/\"7\""));
    let get = |path: &str| *live.schema.get(dialform::live::Resource::User, &AttrPath::parse(path).unwrap()).unwrap();
    assert!(get("userName").required && get("userName").case_exact);
    assert!(get("emails").multi_valued && !get("emails.value").multi_valued);
    assert!(get("urn:acme:2.0:User:badge").read_only);
}

#[tokio::test]
async fn a_filter_that_finds_nothing_or_everything_proves_nothing() {
    let (url, _) = serve(|asked| match (asked.path.as_str(), asked.query.get("filter").map(String::as_str)) {
        ("/scim/Users", Some(filter)) if filter.starts_with("externalId") => list(5, people(1..6)),
        ("/scim/Users", Some(filter)) if filter.starts_with("title") => StatusCode::NOT_IMPLEMENTED.into_response(),
        ("/scim/Users", Some(_)) => list(0, Vec::new()),
        ("/scim/Users", None) if asked.number("startIndex", 1) == 1 => {
            let mut all = people(1..6);
            all[4]["externalId"] = json!("x5");
            all[4]["title"] = json!("a \"b\" \\");
            list(5, all)
        }
        _ => list(5, Vec::new()),
    })
    .await;
    let reader = reader(&url);
    let find = async |path: &str, value: &str| {
        let found = reader.find_users(&AttrPath::core(path), value).await.unwrap();
        found.iter().map(|user| user.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(find("userName", "P3@EXAMPLE.com").await, ["3"]);
    assert_eq!(find("externalId", "x5").await, ["5"]);
    assert_eq!(find("title", "a \"b\" \\").await, ["5"]);
    assert_eq!(find("userName", "nobody@example.com").await, [""; 0]);
}

#[tokio::test]
async fn a_lookup_asks_once_for_each_person_and_believes_only_what_fits() {
    let (url, log) = serve(|asked| match asked.query.get("filter").map(String::as_str) {
        Some(r#"userName eq "p3@example.com""#) => list(1, people(3..4)),
        Some(_) => list(4, people(1..5)),
        None => missing(),
    })
    .await;
    let scim = Scim { read: ReadDialect::Lookup, ..settings() };
    let reader = Reader::connect(end(&url), &scim).unwrap();
    let wanted = ["p3@example.com", "p4@example.com", "zoe@example.com"];
    let lookups = wanted.map(|name| (AttrPath::core("userName"), name.into())).to_vec();
    let live = reader.live(&Want { lookups, ..Want::default() }, &|_| {}).await.unwrap();
    let ids: Vec<&str> = live.users.items().unwrap().iter().map(|user| user.id.as_str()).collect();
    assert_eq!(ids, ["3", "4"]);
    assert!(live.users.because().unwrap().contains("looked up one by one"));
    assert_eq!(log.lock().unwrap().iter().filter(|line| line.contains("/Users")).count(), 3);
}

const RFC: Dialect =
    Dialect { patch: PatchDialect::Rfc7644, members: MembersDialect::Filter, manager: ManagerDialect::Record };

fn existing(of: &Ref) -> Option<TargetId> {
    match of {
        Ref::Live(id) => Some(id.clone()),
        Ref::Created(_) => None,
    }
}

fn disable(id: &str) -> Request {
    let operation = Operation::Replace { path: AttrPath::core("active"), value: Sent::Value(Value::Boolean(false)) };
    Request::PatchUser { user: Ref::Live(id.into()), operations: vec![operation] }
}

#[tokio::test]
async fn refusals_of_every_shape_are_told_apart() {
    let scim = |status: u16, kind: &str| {
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status, "scimType": kind,
               "detail": "because"})
    };
    type Fits = fn(&SendError) -> bool;
    let cases: [(u16, String, Fits, &str); 12] = [
        (
            400,
            scim(400, "invalidPath").to_string(),
            |e| matches!(e, SendError::Refused { status: 400, .. }),
            "400 invalidPath: because (not supported by the service)",
        ),
        (
            400,
            r#"{"error": {"message": "no\n good"}}"#.into(),
            |e| matches!(e, SendError::Refused { .. }),
            "400: no good",
        ),
        (400, r#"{"errors": ["bad"]}"#.into(), |e| matches!(e, SendError::Refused { .. }), "400: bad"),
        (401, "Unauthorized".into(), |e| matches!(e, SendError::Credentials { status: 401, .. }), "401: Unauthorized"),
        (404, String::new(), |e| matches!(e, SendError::Gone { .. }), "404 Not Found"),
        (
            409,
            scim(409, "uniqueness").to_string(),
            |e| matches!(e, SendError::Conflict { .. }),
            "409 uniqueness: because",
        ),
        (412, String::new(), |e| matches!(e, SendError::Stale { .. }), "412 Precondition Failed"),
        (413, String::new(), |e| matches!(e, SendError::Refused { .. }), "lower `members_per_request`"),
        (
            500,
            "<title>Oops</title>".into(),
            |e| matches!(e, SendError::Refused { status: 500, .. }),
            "500: a web page, \"Oops\"",
        ),
        (501, String::new(), |e| matches!(e, SendError::Refused { .. }), "(not supported by the service)"),
        (400, "x".repeat(5_000), |e| e.to_string().chars().count() < 400, "400: xxx"),
        (418, "[]".into(), |e| matches!(e, SendError::Refused { status: 418, .. }), "418 I'm a teapot"),
    ];
    for (status, body, fits, says) in cases {
        let (url, _) = serve(move |_| (StatusCode::from_u16(status).unwrap(), body.clone()).into_response()).await;
        let writer = Writer::connect(end(&url), &settings()).unwrap();
        let error = writer.send(&disable("1"), RFC, None, &existing).await.unwrap_err();
        assert!(fits(&error) && error.to_string().contains(says), "{status}: {error:?}");
    }
}

#[tokio::test]
async fn a_success_without_a_usable_body_is_unconfirmed_and_a_version_is_sent_when_there_is_one() {
    for body in ["", "OK", "{}", "[]"] {
        let (url, _) = serve(move |asked| {
            assert_eq!(asked.method, Method::PATCH);
            assert_eq!(asked.headers[header::IF_MATCH], "W/\"7\"");
            assert_eq!(asked.headers[header::CONTENT_TYPE], "application/scim+json");
            body.into_response()
        })
        .await;
        let writer = Writer::connect(end(&url), &settings()).unwrap();
        let done = writer.send(&disable("1"), RFC, Some(&"W/\"7\"".into()), &existing).await.unwrap();
        assert!(done.unconfirmed && done.user.is_none(), "{body}");
    }
}

#[tokio::test]
async fn nothing_that_listens_is_said_so_and_nothing_was_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim", listener.local_addr().unwrap());
    drop(listener);
    let writer = Writer::connect(end(&url), &settings()).unwrap();
    let error = writer.send(&disable("1"), RFC, None, &existing).await.unwrap_err();
    assert!(matches!(&error, SendError::Unreached { message } if message.contains("refused")), "{error:?}");
}
