//! Milliseconds to print and to keep a plan of 100,000 changes.
//!
//! `cargo bench --bench rendering`. The bar is 1,000 ms for every output in full;
//! folded text and a comment show a part only and have to be quicker.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and fails loudly")]

use std::{hint::black_box, sync::Arc, time::Instant};

use dialform::{
    manifest::{ManagerDialect, MembersDialect, PatchDialect},
    names::{AttrPath, Place, SourceId, TargetId, Value},
    plan::{
        Action, AttributeChange, Cause, CauseKind, Change, ChangeId, Dialect, FORMAT_VERSION, Kind, MadeFrom, Members,
        Operation, Plan, Read, Ref, Request, Sent, Subject, file,
        outcome::{ChangeResult, Outcome, Status},
    },
    render::{
        html, json, markdown,
        text::{self, View},
    },
};

const CHANGES: usize = 100_000;
const BAR: f64 = 1_000.0;

fn main() {
    let plan = plan();
    let outcome = outcome(&plan);
    let all = View { all: true, color: true, ..View::default() };
    let saved = file::write(&plan);
    println!("{CHANGES} changes{:>18} {:>8} {:>10}", "ms", "of bar", "bytes");
    measure("text, folded", || text::plan(&plan, &View::default()));
    measure("text, all, in colour", || text::plan(&plan, &all));
    measure("json", || json::plan(&plan));
    measure("markdown", || markdown::plan(&plan));
    measure("html", || html::plan(&plan));
    measure("outcome, text", || text::outcome(&plan, &outcome, &View::default()));
    measure("outcome, json", || json::outcome(&plan, &outcome));
    measure("write the plan file", || file::write(&plan));
    measure("read the plan file", || file::read(black_box(&saved)).unwrap().made_from.manifest.to_string());
}

/// The best of some rounds: what disturbs a machine only ever slows it down.
fn measure(name: &str, once: impl Fn() -> String) {
    let mut bytes = 0;
    let rounds = (0..5).map(|_| {
        let start = Instant::now();
        bytes = black_box(once()).len();
        start.elapsed().as_secs_f64() * 1e3
    });
    let ms = rounds.fold(f64::INFINITY, f64::min);
    println!("{name:<24} {ms:>8.1} {:>7.0}% {bytes:>10}", ms / BAR * 100.0);
}

/// As many creates as updates, each with a long value among its attributes.
fn plan() -> Plan {
    let at: Vec<AttrPath> = ["userName", "displayName", "emails[type eq \"work\"].value", "title"]
        .into_iter()
        .map(|path| AttrPath::parse(path).unwrap())
        .collect();
    let place = Arc::new(Place::new("dialform.yaml", 41, 7));
    let changes = (0..CHANGES).map(|n| {
        let create = n < CHANGES / 2;
        let name = format!("person.{n:06}@acme.example");
        let title = format!("Head of customer support for Europe, the Middle East and Africa, office {n}");
        let after = [name.clone(), format!("Person {n}"), name.clone(), title.replace("support", "success")];
        let before = [name.clone(), format!("Persona {n}"), name.clone(), title];
        let attributes: Vec<AttributeChange> = (0..4)
            .map(|i| AttributeChange {
                path: at[i].clone(),
                before: (!create).then(|| Value::from(before[i].as_str())),
                after: Some(Value::from(after[i].as_str())),
                place: place.clone(),
                redacted: false,
            })
            .collect();
        let target = TargetId::new(format!("{n}"));
        let sent = |i: usize| Sent::Value(Value::from(after[i].as_str()));
        let request = if create {
            Request::CreateUser { attributes: (0..4).map(|i| (at[i].clone(), sent(i))).collect() }
        } else {
            let operations = (0..4).map(|i| Operation::Replace { path: at[i].clone(), value: sent(i) }).collect();
            Request::PatchUser { user: Ref::Live(target.clone()), operations }
        };
        Change {
            id: ChangeId(format!("{n}").into()),
            action: if create { Action::CreateUser } else { Action::UpdateUser },
            subject: Subject {
                kind: Kind::User,
                name: name.into(),
                source: Some(SourceId::new(format!("{n}"))),
                target: (!create).then_some(target),
            },
            attributes: attributes.into(),
            members: Members::default(),
            grants: Vec::new(),
            requests: vec![request],
            depends_on: Vec::new(),
            cause: Cause {
                kind: CauseKind::Assigned,
                text: "group SG-Dialpad-Users as member".into(),
                place: Some(Place::clone(&place)),
            },
            version: None,
        }
    });
    Plan {
        format_version: FORMAT_VERSION,
        made_from: MadeFrom {
            manifest: "acme".into(),
            manifest_digest: "sha256:aa".into(),
            directory_digest: "sha256:bb".into(),
            live_digest: "sha256:cc".into(),
            target: "sandbox".into(),
            at: "2026-10-05T09:30:00Z".parse().unwrap(),
            dialect: Dialect {
                patch: PatchDialect::Rfc7644,
                members: MembersDialect::Filter,
                manager: ManagerDialect::Record,
            },
            allowed: Vec::new(),
        },
        changes: changes.collect(),
        held: Vec::new(),
        notes: Vec::new(),
        unmanaged: Vec::new(),
        left_out: 0,
        remember: Vec::new(),
        seats: Vec::new(),
        read: Read { millirate: Some(20_000), ..Read::default() },
    }
}

/// One change in ten failed.
fn outcome(plan: &Plan) -> Outcome {
    let failed = || Status::Failed { http: Some(400), message: "the service answered: invalidValue".into() };
    let results = plan.changes.iter().enumerate().map(|(n, change)| ChangeResult {
        change: change.id.clone(),
        action: change.action,
        subject: change.subject.clone(),
        grants: change.grants.clone(),
        status: if n % 10 == 0 { failed() } else { Status::Done },
        target: change.subject.target.clone(),
        left_out: Vec::new(),
        not_stored: Vec::new(),
        waiting: false,
    });
    Outcome {
        results: results.collect(),
        stopped: None,
        requests: CHANGES as u64,
        retries: 0,
        lookups: 0,
        millis: 5_000_000,
        unverified: 0,
    }
}
