//! The SCIM client when the sandbox has accidents, in process under a paused clock and on sockets.

use std::time::Duration;

use dialform::{
    dialpad::{End, ReadError, Reader, SendError, Stored, Writer, confirm},
    names::{AttrPath, Reading, Secret, TargetId},
    sandbox::{Options, Sandbox},
};
use tokio::time::Instant;

use super::client::{RFC, create, disable, existing, faults, live, open, reader, send, settings, unlimited, writer};

#[tokio::test(start_paused = true)]
async fn accidents_that_pass_leave_a_complete_reading() {
    let sandbox = open(unlimited(), 250, 5);
    let reader = reader(&sandbox, None);
    let accidents = [
        "reset",
        "lost",
        "truncated",
        "status=502",
        "status=503",
        "status=503;retry-after=2",
        "status=504;body=html",
        "throttle=3",
        "status=429;body=empty",
        "latency=90s",
    ];
    for accident in accidents {
        for when in ["on=/Users;nth=1", "on=/Users;nth=3", "on=/Groups;nth=1", "on=/Users;every=2;times=2"] {
            faults(&sandbox, &[&format!("{accident};{when}")]);
            let live = live(&reader).await.unwrap();
            assert_eq!(live.users.complete().expect(accident).items().len(), 250, "{accident};{when}");
            assert_eq!(live.groups.complete().expect(accident).items().len(), 5, "{accident};{when}");
        }
    }
    assert!(reader.sent().retries >= 40);
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_waited_for() {
    let sandbox = open(unlimited(), 10, 0);
    faults(&sandbox, &["slow=20s;on=/Users"]);
    let reader = reader(&sandbox, None);
    assert_eq!(live(&reader).await.unwrap().users.complete().unwrap().items().len(), 10);
    assert_eq!(reader.sent().retries, 0);
}

#[tokio::test(start_paused = true)]
async fn accidents_that_stay_are_an_incomplete_reading_or_an_error() {
    let sandbox = open(unlimited(), 350, 3);
    let reader = reader(&sandbox, None);
    for accident in ["missing-page", "wrong-json", "wrong-shape", "status=500", "status=503", "reset", "truncated"] {
        faults(&sandbox, &[&format!("{accident};on=/Users;from=3")]);
        let live = live(&reader).await.unwrap();
        let Reading::Incomplete { items, because } = live.users else { panic!("{accident}: complete") };
        assert!(because.starts_with("listing incomplete: ") && because.contains(" of 350"), "{accident}: {because}");
        assert!((100..350).contains(&items.len()), "{accident}: {}", items.len());
        assert!(live.groups.complete().is_some(), "{accident}");
    }
    for (accident, reached) in
        [("wrong-json", true), ("wrong-shape", true), ("status=500", true), ("reset", false), ("throttle=1", false)]
    {
        faults(&sandbox, &[&format!("{accident};on=/Users")]);
        let error = live(&reader).await.unwrap_err();
        match error {
            ReadError::Unusable { .. } => assert!(reached, "{accident}"),
            ReadError::Unreachable { .. } => assert!(!reached, "{accident}"),
            ReadError::Credentials { .. } => panic!("{accident}"),
        }
    }
    faults(&sandbox, &["total=360;on=/Users"]);
    assert_eq!(live(&reader).await.unwrap().users.because(), Some("listing incomplete: 350 of 360"));
    faults(&sandbox, &["wrong-json;on=/Groups"]);
    let groups = live(&reader).await.unwrap().groups;
    assert!(groups.complete().is_none() && groups.because().unwrap().contains("read groups from"), "{groups:?}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_is_given_up_in_time() {
    let sandbox = open(unlimited(), 1, 0);
    faults(&sandbox, &["status=503"]);
    let start = Instant::now();
    let error = live(&reader(&sandbox, Some(20.0))).await.unwrap_err();
    assert!(error.to_string().contains("503"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_accepted_and_not_stored_is_named() {
    let sandbox = open(unlimited(), 0, 0);
    let writer = writer(&sandbox, None);
    faults(&sandbox, &["not-stored=externalId,name"]);
    let request = create("ana@example.com");
    let user = send(&writer, &request).await.unwrap().user.unwrap();
    let lost = confirm(&request, &existing, Stored::User(&user));
    assert_eq!(lost, [AttrPath::core("externalId"), AttrPath::parse("name.givenName").unwrap()]);
    faults(&sandbox, &["not-stored=active;on=PATCH"]);
    send(&writer, &disable(&user.id)).await.unwrap();
    let back = writer.reader().user(&user.id).await.unwrap().unwrap();
    assert_eq!(confirm(&disable(&user.id), &existing, Stored::User(&back)), [AttrPath::core("active")]);
}

const TOKEN: &str = "canary-of-the-socket";

async fn serving(options: Options) -> (Sandbox, End) {
    let sandbox = open(Options { token: Some(Secret::new(TOKEN)), ..options }, 120, 2);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim/", listener.local_addr().unwrap());
    tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
    (sandbox, End::Socket { url: url.as_str().into(), token: Some(Secret::new(TOKEN)), plain_http: false })
}

#[tokio::test]
async fn sockets_behave_as_the_sandbox_in_process() {
    let (sandbox, end) = serving(unlimited()).await;
    let writer = Writer::connect(end, &settings(None)).unwrap();
    let read = live(writer.reader()).await.unwrap();
    assert_eq!(read.users.complete().unwrap().items().len(), 120);
    assert_eq!(sandbox.requests().total, 2 + 1 + 1 + 1 + 2);
    let request = create("ana@example.com");
    let ana = send(&writer, &request).await.unwrap().user.unwrap();
    assert_eq!(confirm(&request, &existing, Stored::User(&ana)), []);

    for accident in
        ["reset;on=PATCH;nth=1", "lost;on=PATCH;nth=1", "truncated;on=PATCH;nth=1", "throttle=0;on=PATCH;nth=1"]
    {
        faults(&sandbox, &[accident]);
        send(&writer, &disable(&ana.id)).await.unwrap_or_else(|error| panic!("{accident}: {error:?}"));
    }
    for accident in ["reset;on=POST", "lost;on=POST", "truncated;on=POST"] {
        faults(&sandbox, &[accident]);
        let sent = send(&writer, &create(&format!("{}@example.com", accident.len()))).await;
        assert!(matches!(sent, Err(SendError::InDoubt { .. })), "{accident}: {sent:?}");
    }
    faults(&sandbox, &["truncated;on=/Users;nth=2", "slow=200ms;on=/Groups"]);
    assert!(live(writer.reader()).await.unwrap().users.complete().is_some());
}

#[tokio::test]
async fn a_wrong_token_is_refused_once_and_not_shown() {
    let (sandbox, end) = serving(unlimited()).await;
    let End::Socket { url, .. } = end else { unreachable!() };
    let wrong = Some(Secret::new("another-canary"));
    let reader = Reader::connect(End::Socket { url, token: wrong, plain_http: false }, &settings(None)).unwrap();
    let error = live(&reader).await.unwrap_err();
    assert!(matches!(error, ReadError::Credentials { .. }));
    assert!(error.to_string().ends_with("401: the API key is not valid"), "{error}");
    assert!(!format!("{error:?} {reader:?}").contains("canary"));
    assert!(sandbox.requests().total <= 4);
}

#[tokio::test]
async fn a_version_is_only_sent_where_one_is_known() {
    let sandbox = open(unlimited(), 1, 0);
    let id = TargetId::from(sandbox.users()[0]["id"].as_str().unwrap());
    let writer = writer(&sandbox, None);
    writer.send(&disable(&id), RFC, None, &existing).await.unwrap();
    let version = "not a header\n".into();
    writer.send(&disable(&id), RFC, Some(&version), &existing).await.unwrap();
}
