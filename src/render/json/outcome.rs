//! An outcome as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    FORMAT_VERSION,
    plan::{Grant, grant},
    pretty,
    shapes::{Action, Kind, Subject},
};
use crate::{
    plan::{
        Plan,
        outcome::{self, ChangeResult, Outcome, Stop},
    },
    render::outcome::Tally,
};

/// What came of carrying out a plan. Printed by `dialform apply --format json`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Report<'a> {
    /// The version of this format. Fields are added without raising it.
    format_version: u32,
    /// The manifest's name.
    manifest: &'a str,
    /// The SCIM base URL, or `sandbox`.
    target: &'a str,
    /// The numbers.
    summary: Summary<'a>,
    /// One for each change of the plan, in the plan's order.
    results: Vec<Entry<'a>>,
}

/// The numbers of an outcome.
#[derive(Serialize, JsonSchema)]
struct Summary<'a> {
    /// Changes of the plan.
    total: usize,
    /// Done now.
    done: usize,
    /// So already; nothing was sent.
    already: usize,
    /// Refused or lost for good.
    failed: usize,
    /// Not tried.
    skipped: usize,
    /// Not tried, because they wait for somebody to log in a first time; no failure.
    waiting: usize,
    /// Held back by the plan and not done; protected ones apart.
    held: usize,
    /// User names of people whom the plan disables or deletes and who still have access.
    still_have_access: Vec<&'a str>,
    /// Requests that were sent, retries and look-ups included.
    requests: u64,
    /// Retries among them.
    retries: u64,
    /// Requests among them that looked up records of new people in the admin API.
    lookups: u64,
    /// Changes that were accepted and could not be read back to see what is stored.
    unverified: u64,
    /// Seconds that it took.
    seconds: f64,
    /// Why it stopped before the end, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<Stopped<'a>>,
}

/// Why an apply stopped before the end.
#[derive(Serialize, JsonSchema)]
struct Stopped<'a> {
    /// Which of the ways to stop.
    reason: StopReason,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// The ways to stop before the end.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum StopReason {
    /// The service refuses the credentials.
    Credentials,
    /// More than half of the first fifty changes failed.
    MassFailure,
    /// One change after the other could not connect to the service.
    Unreachable,
    /// Somebody asked to stop.
    Interrupted,
    /// The lock was lost.
    LockLost,
    /// What is kept between runs could not be written.
    State,
}

/// What came of one change.
#[derive(Serialize, JsonSchema)]
struct Entry<'a> {
    /// The id of the change in the plan.
    change: &'a str,
    /// What it was to do.
    action: Action,
    /// The kind of the object.
    kind: Kind,
    /// To whom or what; with the id of what was created.
    subject: Subject<'a>,
    /// What it was to give or take through the admin API.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<Grant<'a>>,
    /// How it went.
    status: Status,
    /// The HTTP status of the answer, for what failed with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<u16>,
    /// What the service said, or why it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    /// Members that it went on without, because their account did not come to be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOut<'a>>,
    /// Attributes that the service accepted and did not store.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_stored: Vec<&'a str>,
    /// Whether it was not tried because it waits for somebody to log in a first time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    waiting: bool,
}

/// A member that a change of membership went on without.
#[derive(Serialize, JsonSchema)]
struct LeftOut<'a> {
    /// The user name.
    member: &'a str,
    /// Why there is no account to add.
    because: &'a str,
}

/// How a change went.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// Done now.
    Done,
    /// It was so already; nothing was sent.
    Already,
    /// Refused or lost for good.
    Failed,
    /// Not tried.
    Skipped,
}

/// An outcome as one JSON object.
pub fn outcome(plan: &Plan, outcome: &Outcome) -> String {
    let tally = Tally::of(plan, outcome);
    let Outcome { results, stopped, requests, retries, lookups, millis, unverified } = outcome;
    let summary = Summary {
        total: results.len(),
        done: tally.done,
        already: tally.already,
        failed: tally.failed.len(),
        skipped: tally.skipped.len(),
        waiting: tally.waiting.len(),
        held: tally.held,
        still_have_access: tally.still_have_access.iter().map(|(result, _)| &*result.subject.name).collect(),
        requests: *requests,
        retries: *retries,
        lookups: *lookups,
        unverified: *unverified,
        seconds: f64::from(u32::try_from(*millis).unwrap_or(u32::MAX)) / 1000.0,
        stopped: stopped.as_ref().map(stop),
    };
    pretty(&Report {
        format_version: FORMAT_VERSION,
        manifest: &plan.made_from.manifest,
        target: &plan.made_from.target,
        summary,
        results: results.iter().map(entry).collect(),
    })
}

fn stop(stop: &Stop) -> Stopped<'_> {
    let (reason, message) = match stop {
        Stop::Credentials { message } => (StopReason::Credentials, Some(&**message)),
        Stop::MassFailure { failed: _, tried: _ } => (StopReason::MassFailure, None),
        Stop::Unreachable { message, failed: _ } => (StopReason::Unreachable, Some(&**message)),
        Stop::Interrupted => (StopReason::Interrupted, None),
        Stop::LockLost { message } => (StopReason::LockLost, Some(&**message)),
        Stop::State { message } => (StopReason::State, Some(&**message)),
    };
    Stopped { reason, message }
}

fn entry(result: &ChangeResult) -> Entry<'_> {
    let ChangeResult { change, action, subject, grants, status, target, left_out, not_stored, waiting } = result;
    let (status, http, message) = match status {
        outcome::Status::Done => (Status::Done, None, None),
        outcome::Status::Already => (Status::Already, None, None),
        outcome::Status::Failed { http, message } => (Status::Failed, *http, Some(&**message)),
        outcome::Status::Skipped { because } => (Status::Skipped, None, Some(&**because)),
    };
    Entry {
        change: &change.0,
        action: Action::of(*action),
        kind: Kind::of(action.kind()),
        subject: Subject::with_target(subject, target.as_ref()),
        grants: grants.iter().map(grant).collect(),
        status,
        http,
        message,
        left_out: left_out.iter().map(|out| LeftOut { member: &out.member, because: &out.because }).collect(),
        not_stored: not_stored.iter().map(crate::names::AttrPath::as_str).collect(),
        waiting: *waiting,
    }
}
