//! The SCIM client against the sandbox: in process under a paused clock, and on sockets.

use std::time::Duration;

use dialform::{
    dialpad::{Done, End, ReadError, Reader, SendError, Stored, Want, Writer, confirm},
    live::{Live, User},
    manifest::{ManagerDialect, MembersDialect, PatchDialect, ReadDialect, Scim},
    names::{AttrPath, Secret, TargetId, Value},
    plan::{Dialect, Operation, Ref, Request, Sent},
    sandbox::{FaultPlan, Options, Sandbox},
};
use serde_json::{Value as Json, json};
use tokio::time::Instant;

pub(super) const RFC: Dialect =
    Dialect { patch: PatchDialect::Rfc7644, members: MembersDialect::Filter, manager: ManagerDialect::Record };

pub(super) fn settings(rate: Option<f64>) -> Scim {
    Scim {
        rate,
        concurrency: 8,
        patch: PatchDialect::Rfc7644,
        members: MembersDialect::Filter,
        manager: ManagerDialect::Record,
        read: ReadDialect::List,
        page_size: 100,
        members_per_request: 1_000,
    }
}

fn user(n: usize) -> Json {
    json!({
        "userName": format!("person{n}@example.com"), "externalId": format!("x{n}"), "active": !n.is_multiple_of(10),
        "name": {"givenName": "Person", "familyName": format!("N{n}")},
        "emails": [{"type": "work", "value": format!("person{n}@example.com")}],
    })
}

pub(super) fn open(options: Options, users: usize, groups: usize) -> Sandbox {
    let sandbox = Sandbox::open(options).unwrap();
    let people: Vec<Json> = (0..users).map(user).collect();
    let ids = sandbox.load(&people).unwrap();
    let groups: Vec<Json> = (0..groups)
        .map(|n| {
            let members: Vec<Json> = ids.iter().skip(n).step_by(3).map(|id| json!({"value": id})).collect();
            json!({"displayName": format!("Group {n}"), "members": members})
        })
        .collect();
    sandbox.load(&groups).unwrap();
    sandbox
}

pub(super) fn unlimited() -> Options {
    Options { rate: None, ..Options::default() }
}

pub(super) fn reader(sandbox: &Sandbox, rate: Option<f64>) -> Reader {
    Reader::connect(End::Sandbox(sandbox.clone()), &settings(rate)).unwrap()
}

pub(super) fn writer(sandbox: &Sandbox, rate: Option<f64>) -> Writer {
    Writer::connect(End::Sandbox(sandbox.clone()), &settings(rate)).unwrap()
}

pub(super) fn faults(sandbox: &Sandbox, texts: &[&str]) {
    sandbox.set_faults(FaultPlan::parse(texts.iter().copied()).unwrap());
}

pub(super) async fn live(reader: &Reader) -> Result<Live, ReadError> {
    reader.live(&Want { groups: true, ..Want::default() }, &|_| {}).await
}

pub(super) fn existing(of: &Ref) -> Option<TargetId> {
    match of {
        Ref::Live(id) => Some(id.clone()),
        Ref::Created(_) => None,
    }
}

pub(super) async fn send(writer: &Writer, request: &Request) -> Result<Done, SendError> {
    writer.send(request, RFC, None, &existing).await
}

pub(super) fn create(name: &str) -> Request {
    let text = |path: &str, value: &str| (AttrPath::parse(path).unwrap(), Sent::Value(Value::text(value)));
    Request::CreateUser {
        attributes: [
            text("userName", name),
            text("externalId", &format!("x-{name}")),
            text("name.givenName", "Ana"),
            text(r#"emails[type eq "work"].value"#, name),
            (AttrPath::core("active"), Sent::Value(Value::Boolean(true))),
        ]
        .into_iter()
        .collect(),
    }
}

pub(super) fn disable(id: &TargetId) -> Request {
    let operation = Operation::Replace { path: AttrPath::core("active"), value: Sent::Value(Value::Boolean(false)) };
    Request::PatchUser { user: Ref::Live(id.clone()), operations: vec![operation] }
}

#[tokio::test(start_paused = true)]
async fn everything_is_read_with_as_many_requests_as_there_are_pages_and_four() {
    let sandbox = open(unlimited(), 1_050, 230);
    let reader = reader(&sandbox, None);
    let live = live(&reader).await.unwrap();
    let users = live.users.complete().unwrap().items();
    assert_eq!(users.len(), 1_050);
    assert_eq!(users.iter().filter(|user| !user.is_active()).count(), 105, "suspended accounts are listed too");
    let groups = live.groups.complete().unwrap().items();
    assert_eq!((groups.len(), groups[1].members.len()), (230, 350));
    let person = users.iter().find(|user| user.text("userName").unwrap().as_ref() == "person7@example.com").unwrap();
    assert_eq!(person.external_id().unwrap().as_ref(), "x7");
    assert_eq!(
        person.get(&AttrPath::parse(r#"emails[type eq "work"].value"#).unwrap()).unwrap().as_ref(),
        &Value::text("person7@example.com")
    );
    assert_eq!(person.version, None, "the sandbox announces no ETags");
    // 11 pages of users and 3 of groups, an empty page at each end, and two of discovery.
    assert_eq!((sandbox.requests().total, live.service.requests), (18, 18));
    assert_eq!(sandbox.requests().writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_empty_service_takes_one_request_for_each_listing() {
    let sandbox = open(unlimited(), 0, 0);
    let live = live(&reader(&sandbox, None)).await.unwrap();
    assert_eq!(live.users.complete().unwrap().items().len(), 0);
    assert_eq!(sandbox.requests().total, 4);
}

#[tokio::test(start_paused = true)]
async fn the_allowed_rate_is_used_and_never_exceeded() {
    let sandbox = open(Options { latency: Duration::from_millis(120), ..Options::default() }, 100, 0);
    let writer = writer(&sandbox, Some(20.0));
    let ids: Vec<TargetId> = sandbox.users().iter().map(|user| TargetId::from(user["id"].as_str().unwrap())).collect();
    let start = Instant::now();
    let mut sending = tokio::task::JoinSet::new();
    for n in 0..2_000 {
        let (writer, request) = (writer.clone(), disable(&ids[n % ids.len()]));
        sending.spawn(async move { send(&writer, &request).await.unwrap() });
    }
    while sending.join_next().await.is_some() {}
    let rate = 2_000.0 / start.elapsed().as_secs_f64();
    assert!((0.98 * 20.0..=20.0).contains(&rate), "{rate} requests a second");
    assert_eq!(sandbox.requests().by_status.get(&429), None);
    assert_eq!(writer.sent().requests, 2_000);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_allows_less_is_found_out_and_loses_nothing() {
    let sandbox = open(Options { rate: Some(5), ..Options::default() }, 0, 0);
    let writer = writer(&sandbox, Some(20.0));
    let mut sending = tokio::task::JoinSet::new();
    let start = Instant::now();
    for n in 0..300 {
        let writer = writer.clone();
        sending.spawn(async move { send(&writer, &create(&format!("p{n}@example.com"))).await });
    }
    while let Some(done) = sending.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(sandbox.users().len(), 300);
    let refused = sandbox.requests().by_status[&429];
    assert!(refused < 30, "{refused} refusals");
    assert!(start.elapsed() < Duration::from_secs(110), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_request_of_each_kind_does_what_it_says() {
    let sandbox = open(unlimited(), 3, 0);
    let writer = writer(&sandbox, None);
    let request = create("ana@example.com");
    let done = send(&writer, &request).await.unwrap();
    let ana = done.user.unwrap();
    assert!(!done.unconfirmed);
    assert_eq!(confirm(&request, &existing, Stored::User(&ana)), []);
    let off = send(&writer, &disable(&ana.id)).await.unwrap();
    assert!(!writer.reader().user(&ana.id).await.unwrap().unwrap().is_active());
    assert!(off.user.is_none_or(|user: User| !user.is_active()));

    let name = (AttrPath::core("displayName"), Sent::Value(Value::text("Sales")));
    let group =
        send(&writer, &Request::CreateGroup { attributes: [name].into_iter().collect() }).await.unwrap().group.unwrap();
    let members: Vec<TargetId> =
        sandbox.users().iter().map(|user| TargetId::from(user["id"].as_str().unwrap())).collect();
    let add = Request::AddMembers {
        group: Ref::Live(group.id.clone()),
        members: members.iter().cloned().map(Ref::Live).collect(),
    };
    send(&writer, &add).await.unwrap();
    let remove = Request::RemoveMembers { group: Ref::Live(group.id.clone()), members: members[..2].to_vec() };
    send(&writer, &remove).await.unwrap();
    let held = writer.reader().group(&group.id).await.unwrap().unwrap();
    let mut left = members[2..].to_vec();
    left.sort();
    assert_eq!(held.members, left);
    assert_eq!(confirm(&remove, &existing, Stored::Group(&held)), []);
    assert_eq!(confirm(&add, &existing, Stored::Group(&held)), [AttrPath::core("members")]);

    let delete = Request::DeleteUser { user: Ref::Live(ana.id.clone()) };
    send(&writer, &delete).await.unwrap();
    send(&writer, &delete).await.unwrap();
    assert_eq!(writer.reader().user(&ana.id).await.unwrap(), None);
    assert!(matches!(send(&writer, &disable(&ana.id)).await, Err(SendError::Gone { .. })));
    let again = send(&writer, &create("person1@example.com")).await;
    assert!(matches!(again, Err(SendError::Conflict { message }) if message.starts_with("409 uniqueness")));
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_is_lost_is_never_repeated() {
    let sandbox = open(unlimited(), 0, 0);
    let writer = writer(&sandbox, None);
    for fault in
        ["lost;on=POST;nth=1", "reset;on=POST;nth=1", "status=504;after;on=POST;nth=1", "status=502;on=POST;nth=1"]
    {
        faults(&sandbox, &[fault]);
        sandbox.reset_requests();
        let sent = send(&writer, &create(&format!("{}@example.com", fault.len()))).await;
        assert!(matches!(sent, Err(SendError::InDoubt { .. })), "{fault}: {sent:?}");
        assert_eq!(sandbox.requests().total, 1, "{fault}");
    }
    faults(&sandbox, &["throttle=2;on=POST;nth=1"]);
    sandbox.reset_requests();
    let start = Instant::now();
    send(&writer, &create("throttled@example.org")).await.unwrap();
    assert_eq!(sandbox.requests().total, 2);
    assert!(start.elapsed() >= Duration::from_secs(2));
    // A gateway that asks to come back may have passed the request on.
    faults(&sandbox, &["status=503;retry-after=3;after;on=POST;nth=1"]);
    sandbox.reset_requests();
    let start = Instant::now();
    let sent = send(&writer, &create("busy@example.org")).await;
    assert!(matches!(sent, Err(SendError::InDoubt { .. })), "{sent:?}");
    assert_eq!(sandbox.requests().total, 1);
    // What comes next waits as long as was asked.
    send(&writer, &create("next@example.org")).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(3));
}

/// A portal or a firewall on the way answers 200 with a page of its own.
#[tokio::test(start_paused = true)]
async fn success_with_a_web_page_is_not_believed() {
    let sandbox = open(unlimited(), 1, 0);
    let id = TargetId::from(sandbox.users()[0]["id"].as_str().unwrap());
    let writer = writer(&sandbox, None);
    faults(&sandbox, &["status=200;body=html;on=PATCH;nth=1"]);
    let sent = send(&writer, &disable(&id)).await;
    assert!(matches!(&sent, Err(SendError::InDoubt { message }) if message.contains("web page")), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn what_ends_the_same_is_sent_again_after_any_accident() {
    let sandbox = open(unlimited(), 1, 0);
    let id = TargetId::from(sandbox.users()[0]["id"].as_str().unwrap());
    let writer = writer(&sandbox, None);
    for fault in ["lost", "reset", "status=502", "status=503", "status=504;after", "truncated", "throttle=1"] {
        faults(&sandbox, &[&format!("{fault};on=PATCH;nth=1")]);
        let before = writer.sent();
        send(&writer, &disable(&id)).await.unwrap();
        let after = writer.sent();
        assert_eq!((after.requests - before.requests, after.retries - before.retries), (2, 1), "{fault}");
    }
    faults(&sandbox, &["status=503;on=PATCH"]);
    let start = Instant::now();
    let given_up = send(&writer, &disable(&id)).await;
    assert!(matches!(given_up, Err(SendError::InDoubt { .. })), "{given_up:?}");
    assert!(start.elapsed() < Duration::from_secs(300));
    faults(&sandbox, &["throttle=100000;on=PATCH"]);
    let refused = send(&writer, &disable(&id)).await;
    assert!(
        matches!(&refused, Err(SendError::NotSent { message }) if message.ends_with("; it asks to wait 100000 s")),
        "{refused:?}"
    );
}

mod interop {
    use super::*;

    /// A server that nobody here wrote: `DIALFORM_INTEROP_URL` and `DIALFORM_INTEROP_TOKEN`
    /// name one that is empty. `tests/interop.sh` runs it.
    #[tokio::test]
    #[ignore = "needs a SCIM server; see tests/interop.sh"]
    async fn every_request_is_stored_by_a_foreign_server() {
        let url = std::env::var("DIALFORM_INTEROP_URL").unwrap().into();
        let token = std::env::var("DIALFORM_INTEROP_TOKEN").ok().map(|token| Secret::new(&token));
        let writer = Writer::connect(End::Socket { url, token, plain_http: false }, &settings(None)).unwrap();
        let reader = writer.reader();
        let mut ids = Vec::new();
        for n in 0..130 {
            let request = create(&format!("person{n}@example.com"));
            let user = send(&writer, &request).await.unwrap().user.unwrap();
            assert_eq!(confirm(&request, &existing, Stored::User(&user)), []);
            ids.push(user.id);
        }
        let value = |text: &str| Sent::Value(Value::text(text));
        let path = |text: &str| AttrPath::parse(text).unwrap();
        let department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
        let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";
        let change = Request::PatchUser {
            user: Ref::Live(ids[0].clone()),
            operations: vec![
                Operation::Replace { path: path("active"), value: Sent::Value(Value::Boolean(false)) },
                Operation::Replace { path: path("name.givenName"), value: value("Zoë \"Z\"") },
                Operation::Add { path: path("title"), value: value("Lead") },
                Operation::Replace { path: path(r#"emails[type eq "work"].value"#), value: value("zoe@example.com") },
                Operation::Add { path: path(department), value: value("Sales") },
                Operation::Add { path: path(manager), value: Sent::Reference(Ref::Live(ids[1].clone())) },
            ],
        };
        send(&writer, &change).await.unwrap();
        let user = reader.user(&ids[0]).await.unwrap().unwrap();
        assert_eq!(confirm(&change, &existing, Stored::User(&user)), []);
        let remove = Request::PatchUser {
            user: Ref::Live(ids[0].clone()),
            operations: vec![Operation::Remove { path: path("title") }, Operation::Remove { path: path(department) }],
        };
        send(&writer, &remove).await.unwrap();
        let user = reader.user(&ids[0]).await.unwrap().unwrap();
        assert_eq!(confirm(&remove, &existing, Stored::User(&user)), []);

        let name = (AttrPath::core("displayName"), value("Sales"));
        let group = send(&writer, &Request::CreateGroup { attributes: [name].into_iter().collect() })
            .await
            .unwrap()
            .group
            .unwrap();
        let empty = live(reader).await.unwrap();
        assert_eq!(empty.groups.complete().unwrap().items()[0].members, []);
        let of = Ref::Live(group.id.clone());
        let add = Request::AddMembers { group: of.clone(), members: ids.iter().cloned().map(Ref::Live).collect() };
        send(&writer, &add).await.unwrap();
        let remove = Request::RemoveMembers { group: of.clone(), members: ids[..50].to_vec() };
        send(&writer, &remove).await.unwrap();

        let everything = live(reader).await.unwrap();
        let users = everything.users.complete().unwrap().items();
        assert_eq!(users.len(), 130);
        let groups = everything.groups.complete().unwrap().items();
        assert_eq!((groups.len(), groups[0].members.len()), (1, 80));
        assert!(everything.schema.discovered);
        assert_eq!(users[0].version.is_some(), everything.service.etag);
        let version = users.iter().find(|user| user.id == ids[2]).unwrap().version.clone();
        writer.send(&disable(&ids[2]), RFC, version.as_ref(), &existing).await.unwrap();
        if everything.service.etag {
            let stale = writer.send(&set_title(&ids[2]), RFC, version.as_ref(), &existing).await;
            assert!(matches!(stale, Err(SendError::Stale { .. })), "{stale:?}");
        }
        assert!(matches!(send(&writer, &create("person5@example.com")).await, Err(SendError::Conflict { .. })));
        let found = reader.find_users(&AttrPath::core("userName"), "PERSON5@example.com").await.unwrap();
        assert_eq!(found.iter().map(|user| &user.id).collect::<Vec<_>>(), [&ids[5]]);
        assert_eq!(reader.find_groups("sales").await.unwrap().len(), 1);
        send(&writer, &Request::DeleteGroup { group: of.clone() }).await.unwrap();
        send(&writer, &Request::DeleteGroup { group: of }).await.unwrap();
        for id in ids {
            send(&writer, &Request::DeleteUser { user: Ref::Live(id) }).await.unwrap();
        }
        assert_eq!(live(reader).await.unwrap().users.complete().unwrap().items().len(), 0);
    }

    fn set_title(id: &TargetId) -> Request {
        let operation = Operation::Add { path: AttrPath::core("title"), value: Sent::Value(Value::text("x")) };
        Request::PatchUser { user: Ref::Live(id.clone()), operations: vec![operation] }
    }
}
