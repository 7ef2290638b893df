//! Reading the admin API of services that do what the OpenAPI file does not say, and
//! how many requests reading takes.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use dialform::{
    dialpad::{AdminEnd, Part, People, ReadError, Reader, Wanted},
    live::tenant::{MemberState, Section, Tenant},
    names::{Folded, License, Post, Secret},
};
use serde_json::{Value as Json, json};

use super::odd_servers::{Asked, end, missing, ok, serve, settings};

pub(super) const KEY: &str = "k3y-canary-of-the-admin-api";

pub(super) fn admin(url: &str) -> AdminEnd {
    let url = url.trim_end_matches("/scim").into();
    AdminEnd { url, key: Secret::new(KEY), plain_http: false, rate: None }
}

/// What is below `/api/v2`.
pub(super) fn path(asked: &Asked) -> &str {
    asked.path.strip_prefix("/api/v2").unwrap_or("elsewhere")
}

pub(super) fn refuse(status: u16, body: &Json) -> Response {
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

fn named(names: &[&str]) -> Part {
    Part::Some { names: names.iter().map(|name| Folded::new(name)).collect(), ids: BTreeSet::new() }
}

/// Reads, and says what was asked below `/api/v2`.
async fn read(
    wanted: &Wanted,
    answer: impl Fn(&Asked) -> Response + Send + Sync + 'static,
) -> (Result<Tenant, ReadError>, Vec<String>) {
    let (url, log) = serve(answer).await;
    let reader = Reader::connect_with(end(&url), &settings(), Some(admin(&url))).unwrap();
    let tenant = reader.tenant(wanted, &|_| {}).await;
    let asked: Vec<String> = log.lock().unwrap().iter().map(|line| line.replace("GET /api/v2", "")).collect();
    if let Ok(tenant) = &tenant {
        assert_eq!(tenant.requests, asked.len() as u64);
    }
    (tenant, asked)
}

fn people() -> Wanted {
    Wanted { people: People::All, ..Wanted::default() }
}

fn page(items: Vec<Json>, cursor: Json) -> Response {
    ok(&json!({"items": items, "cursor": cursor}))
}

fn users(ids: std::ops::Range<usize>) -> Vec<Json> {
    ids.map(|id| json!({"id": id.to_string(), "emails": [format!("p{id}@acme.example")], "state": "active"})).collect()
}

#[tokio::test]
async fn people_are_read_by_cursor_without_a_limit_and_each_once() {
    let (tenant, asked) = read(&people(), |asked| match asked.query.get("cursor").map(String::as_str) {
        None => page(users(0..100), json!("a/b+c=")),
        // The last of the first page comes again, as when somebody was added meanwhile.
        Some("a/b+c=") => page(users(99..180), json!(7)),
        Some("7") => ok(&json!({"cursor": "", "items": null})),
        Some(other) => panic!("{other}"),
    })
    .await;
    assert_eq!(tenant.unwrap().users.len(), 180);
    assert_eq!(asked, ["/users?state=all", "/users?state=all&cursor=a%2Fb%2Bc%3D", "/users?state=all&cursor=7"]);
}

#[tokio::test]
async fn a_cursor_that_comes_again_is_no_end() {
    let (tenant, asked) = read(&people(), |_| page(users(0..10), json!("again"))).await;
    let tenant = tenant.unwrap();
    assert!(tenant.users.is_empty() && asked.len() == 2, "{asked:?}");
    assert!(tenant.unread[&Section::Users].contains("repeats its cursor after 10"), "{:?}", tenant.unread);
}

#[tokio::test]
async fn cursors_without_an_end_end() {
    let count = AtomicU32::new(0);
    let (tenant, asked) =
        read(&people(), move |_| page(users(0..1), json!(count.fetch_add(1, Ordering::Relaxed)))).await;
    assert!(tenant.unwrap().unread[&Section::Users].contains("without an end"));
    assert!(asked.len() < 30, "{}", asked.len());
}

#[tokio::test]
async fn what_is_null_or_missing_is_empty_and_what_nobody_knows_is_left() {
    let odd = [
        json!(null),
        json!({}),
        json!({"items": null}),
        json!({"items": [], "cursor": null}),
        json!({"items": [null, 7, "x", [], {}, {"id": null, "name": null}]}),
        json!([]),
    ];
    for (at, body) in odd.into_iter().enumerate() {
        let (tenant, _) = read(&Wanted::everything(), move |_| ok(&body)).await;
        let tenant = tenant.unwrap();
        let nothing = tenant.users.is_empty() && tenant.offices.is_empty() && tenant.channels.is_empty();
        assert!(nothing && tenant.company.is_none(), "{at}: {tenant:?}");
        // `null` is no list at all.
        assert_eq!(tenant.unread.contains_key(&Section::Departments), at == 0, "{at}: {:?}", tenant.unread);
    }
}

#[tokio::test]
async fn what_is_no_list_is_said_and_the_rest_goes_on() {
    for (body, says) in [
        ("\"text\"", "found text"),
        ("{\"items\": {}}", "found an object"),
        ("<html><title>Maintenance</title>", "web page"),
        ("", "empty"),
        ("{\"items\": [", "ends in the middle"),
    ] {
        let (tenant, _) = read(&Wanted::names(), move |asked| match path(asked) {
            "/departments" => body.into_response(),
            "/offices" => page(vec![json!({"id": 124, "name": "Berlin", "country": "de"})], json!(null)),
            _ => ok(&json!({})),
        })
        .await;
        let tenant = tenant.unwrap();
        assert!(tenant.unread[&Section::Departments].contains(says), "{body}: {:?}", tenant.unread);
        assert_eq!((tenant.unread.len(), tenant.offices.len()), (1, 1), "{body}");
    }
}

#[tokio::test]
async fn a_refused_key_is_an_error_in_all_shapes_and_never_shown() {
    for body in [
        json!({"error": {"message": format!("no {KEY}")}}),
        json!({"message": format!("no {KEY}")}),
        json!({"detail": format!("no {KEY}")}),
        json!({"error": format!("no {KEY}")}),
    ] {
        for status in [401, 403] {
            let shown = body.clone();
            let (tenant, _) = read(&people(), move |_| refuse(status, &shown)).await;
            let error = tenant.unwrap_err();
            assert!(matches!(error, ReadError::Credentials { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.contains("no ••") && !text.contains(KEY) && text.contains("/api/v2"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_part_that_cannot_be_read_is_named_and_the_others_are_read() {
    let (tenant, asked) = read(&Wanted::everything(), |asked| match path(asked) {
        "/users" => page(users(0..3), json!(null)),
        "/offices" => page(vec![json!({"id": "1", "name": "Berlin"}), json!({"id": 2, "name": "Leeds"})], json!(null)),
        "/offices/1/available_licenses" => {
            ok(&json!({"talk_lines": "4", "sell_lines": 2, "contact_center_lines": null}))
        }
        "/departments" => refuse(403, &json!({"message": "no department for you"})),
        "/callcenters" => page(vec![json!({"id": "7", "name": "Support"})], json!(null)),
        "/callcenters/7/operators" => ok(&json!({"users": [{"id": 1}, {"id": "2"}], "rooms": null})),
        "/callcenters/7/operators/1/skill" => ok(&json!({"skill_level": "50"})),
        "/accesscontrolpolicies" => refuse(500, &json!({"detail": "out of order"})),
        _ => missing(),
    })
    .await;
    let tenant = tenant.unwrap();
    assert_eq!(tenant.users.len(), 3);
    let free = tenant.offices[0].free.clone().unwrap();
    assert_eq!(free.into_iter().collect::<Vec<_>>(), [(License::Talk, 4), (License::Agents, 2)]);
    assert_eq!(tenant.offices[1].free, None);
    let why = |section| tenant.unread[&section].to_string();
    assert!(why(Section::Seats).starts_with("1 of 2 offices: 404"), "{}", why(Section::Seats));
    assert!(why(Section::Departments).contains("no department for you"));
    assert!(why(Section::Skills).starts_with("1 of 2 skills: 404"), "{}", why(Section::Skills));
    assert!(why(Section::Policies).contains("out of order"));
    assert!(why(Section::Channels).contains("404"));
    assert!(!tenant.unread.contains_key(&Section::ContactCenters) && !tenant.unread.contains_key(&Section::Users));
    let operators = tenant.contact_centers[0].operators.clone().unwrap();
    assert_eq!(operators.iter().map(|one| one.skill).collect::<Vec<_>>(), [Some(50), None]);
    // A 500 is often gone the next time.
    assert_eq!(asked.iter().filter(|path| *path == "/accesscontrolpolicies").count(), 3);
}

#[tokio::test]
async fn the_role_is_in_the_persons_own_record_and_the_list_tells_where_that_is_silent() {
    let role = |role: &str| json!([{"group_id": "7", "group_type": "callcenter", "role": role}]);
    let wanted = Wanted { contact_centers: Part::All, ..people() };
    let (tenant, _) = read(&wanted, move |asked| match path(asked) {
        "/users" => page(vec![json!({"id": 1, "group_details": role("supervisor")}), json!({"id": 2})], json!(null)),
        "/callcenters" => page(vec![json!({"id": 7, "name": "Support"})], json!(null)),
        "/callcenters/7/operators" => ok(&json!({"users": [
            {"id": "1", "group_details": role("operator")}, {"id": "2", "group_details": role("admin")}, {"id": "3"},
        ]})),
        _ => missing(),
    })
    .await;
    let operators = tenant.unwrap().contact_centers[0].operators.clone().unwrap();
    let posts: Vec<_> = operators.iter().map(|one| one.post).collect();
    assert_eq!(posts, [Some(Post::Supervisor), Some(Post::Admin), None]);
}

#[tokio::test]
async fn only_what_grants_name_is_looked_into_and_no_more_is_asked() {
    let wanted = Wanted {
        people: People::All,
        company: true,
        offices: true,
        seats: true,
        departments: named(&["front DESK"]),
        contact_centers: named(&["support", "sales"]),
        skills: named(&["Support"]),
        policies: named(&["Read only"]),
        ..Wanted::default()
    };
    let list = |names: &[&str]| {
        let item = |(at, name): (usize, &&str)| json!({"id": at + 1, "name": name, "target_type": "office"});
        page(names.iter().enumerate().map(item).collect(), json!(null))
    };
    let (tenant, asked) = read(&wanted, move |asked| match path(asked) {
        "/users" if asked.query.contains_key("cursor") => page(users(100..150), json!(null)),
        "/users" => page(users(0..100), json!("next")),
        "/company" => ok(&json!({"id": 4_508_591_728_425_653_u64, "name": "Acme"})),
        "/offices" => list(&["Berlin", "Leeds"]),
        // Two have the name, in two offices.
        "/departments" => list(&["Front desk", "Warehouse", "FRONT DESK"]),
        "/callcenters" => list(&["Support", "Sales", "Night shift"]),
        "/accesscontrolpolicies" => list(&["Read only", "All"]),
        "/accesscontrolpolicies/1/assignments" => page(
            vec![json!({"user": {"id": 5}, "policy_targets": [{"target_type": "office", "target_id": 2}]})],
            json!(""),
        ),
        path if path.ends_with("/operators") => ok(&json!({"users": [{"id": 1}, {"id": 2}, {"id": 3}]})),
        path if path.ends_with("/skill") => ok(&json!({"skill_level": 100})),
        path if path.ends_with("/available_licenses") => ok(&json!({})),
        _ => missing(),
    })
    .await;
    let tenant = tenant.unwrap();
    assert!(tenant.unread.is_empty(), "{:?}", tenant.unread);
    assert_eq!(tenant.company.unwrap().id.as_str(), "4508591728425653");
    assert_eq!(tenant.departments.iter().map(|one| one.operators.is_some()).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(tenant.policies[0].assignments.as_ref().unwrap()[0].at, Some("2".into()));
    assert_eq!(tenant.policies[1].assignments, None);
    // People in pages, company, offices and their seats, the three lists, operators of what is named, assignments, skills.
    assert_eq!(asked.len(), 2 + 1 + (1 + 2) + 3 + (2 + 2) + 1 + 3, "{asked:?}");
    assert!(asked.iter().all(|path| !path.contains("limit")), "{asked:?}");
}

#[tokio::test]
async fn some_people_are_read_one_by_one() {
    let ids = ["1", "2", "3"].into_iter().map(Into::into).collect();
    let (tenant, asked) = read(&Wanted { people: People::Only(ids), ..Wanted::default() }, |asked| match path(asked) {
        "/users/1" => ok(&json!({"id": 1, "state": "pending", "company_id": 123})),
        "/users/2" => ok(&json!({"id": "2", "state": "deleted"})),
        _ => missing(),
    })
    .await;
    let tenant = tenant.unwrap();
    assert_eq!(tenant.users.iter().map(|user| user.state.clone()).collect::<Vec<_>>(), [MemberState::Pending]);
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn the_company_is_told_by_people_where_the_key_may_not_ask() {
    let (tenant, _) = read(&Wanted { company: true, ..people() }, |asked| match path(asked) {
        "/users" => page(vec![json!({"id": 1, "company_id": "4508591728425653"})], json!(null)),
        _ => refuse(403, &json!({"error": {"message": "Requires a company admin API key"}})),
    })
    .await;
    assert_eq!(tenant.unwrap().company.unwrap().id.as_str(), "4508591728425653");
}

#[tokio::test]
async fn nobody_listens() {
    let url = "http://127.0.0.1:9/scim";
    let reader = Reader::connect_with(end(url), &settings(), Some(admin(url))).unwrap();
    let error = reader.tenant(&people(), &|_| {}).await.unwrap_err();
    assert!(matches!(error, ReadError::Unreachable { .. }), "{error:?}");
}
