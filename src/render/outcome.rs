//! The numbers of an outcome and what to do next, for every output.

use std::collections::BTreeMap;

use crate::plan::{
    Action, Plan,
    outcome::{ChangeResult, Outcome, Status, Stop},
};

/// An outcome in groups, each in the plan's order.
pub(super) struct Tally<'a> {
    pub(super) done: usize,
    pub(super) already: usize,
    /// Each with its status and message.
    pub(super) failed: Vec<(&'a ChangeResult, Option<u16>, &'a str)>,
    /// Each with its reason.
    pub(super) skipped: Vec<(&'a ChangeResult, &'a str)>,
    /// Each that waits for a first login, with its reason.
    pub(super) waiting: Vec<(&'a ChangeResult, &'a str)>,
    /// People whom the plan takes access from and who still have it, with the cause of the plan.
    pub(super) still_have_access: Vec<(&'a ChangeResult, &'a str)>,
    /// Members that groups went on without, by reason: each with its group.
    pub(super) left_out: BTreeMap<&'a str, Vec<(&'a str, &'a str)>>,
    /// Who holds an attribute that was accepted and not stored.
    pub(super) not_stored: BTreeMap<&'a str, Vec<&'a str>>,
    /// What the plan holds back.
    pub(super) held: usize,
}

impl<'a> Tally<'a> {
    pub(super) fn of(plan: &'a Plan, outcome: &'a Outcome) -> Self {
        let (done, already, held) = (0, 0, plan.held_for_a_person().count());
        let (failed, skipped, waiting, still_have_access) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (left_out, not_stored) = (BTreeMap::new(), BTreeMap::new());
        let mut tally = Self { done, already, failed, skipped, waiting, still_have_access, left_out, not_stored, held };
        let causes: BTreeMap<_, _> = plan.changes.iter().map(|change| (&change.id, &*change.cause.text)).collect();
        for result in &outcome.results {
            match &result.status {
                Status::Done => tally.done += 1,
                Status::Already => tally.already += 1,
                Status::Failed { http, message } => tally.failed.push((result, *http, message)),
                Status::Skipped { because } if result.waiting => tally.waiting.push((result, because)),
                Status::Skipped { because } => tally.skipped.push((result, because)),
            }
            if takes_access(result.action) && !matches!(result.status, Status::Done | Status::Already) {
                let cause = causes.get(&result.change).copied().unwrap_or_default();
                tally.still_have_access.push((result, cause));
            }
            for out in &result.left_out {
                tally.left_out.entry(&*out.because).or_default().push((&out.member, &result.subject.name));
            }
            for path in &result.not_stored {
                tally.not_stored.entry(path.as_str()).or_default().push(&result.subject.name);
            }
        }
        tally
    }
}

/// Whether an action takes somebody's access away.
pub fn takes_access(action: Action) -> bool {
    match action {
        Action::DisableUser | Action::DeleteUser => true,
        Action::AdoptUser
        | Action::AdoptGroup
        | Action::CreateUser
        | Action::UpdateUser
        | Action::EnableUser
        | Action::CreateGroup
        | Action::UpdateGroup
        | Action::AddMembers
        | Action::SetManager
        | Action::MoveOffice
        | Action::SetLicense
        | Action::SetSettings
        | Action::Grant
        | Action::Regrant
        | Action::Withdraw
        | Action::RemoveMembers
        | Action::DeleteGroup => false,
    }
}

/// Why an apply stopped, and what to do.
pub fn stopped(stop: &Stop) -> (String, &'static str) {
    match stop {
        Stop::Credentials { message } => (
            format!("the service refuses the credentials: {message}"),
            "renew the token (`dialform doctor` tests it), then apply again: what is done stays done",
        ),
        Stop::MassFailure { failed, tried } => (
            format!("{failed} of the first {tried} changes failed"),
            "look at the failures below before you apply again",
        ),
        Stop::Unreachable { message, failed } => (
            format!("{message}; {failed} changes in a row"),
            "see that the service is up and that this machine reaches it (`dialform doctor` tests it), then apply again: \
             what is done stays done, and nothing is sent twice",
        ),
        Stop::Interrupted => (
            "interrupted; what was begun was finished and recorded".to_owned(),
            "apply again to go on: what is done stays done",
        ),
        Stop::LockLost { message } => (
            format!("the lock was lost: {message}"),
            "see whether another run is at work, then apply again: what is done stays done",
        ),
        Stop::State { message } => (
            format!("what is kept between runs cannot be written: {message}"),
            "mend that, then apply again: what is done stays done, and what was under way is looked up",
        ),
    }
}

/// The attribute of a group that holds who is in it.
pub const MEMBERS: &str = "members";

/// What to do where members that were accepted are not seen.
pub const MEMBERS_UNSEEN: &str =
    "if it stays so, the service does not show who is in a group: take `members` out of the mapping of groups";

/// The status, unless the service's words begin with it.
pub fn code_before(http: Option<u16>, message: &str) -> Option<u16> {
    http.filter(|code| !message.starts_with(&code.to_string()))
}

/// What to do about an answer of the service to these results.
pub fn next_step(http: Option<u16>, message: &str, to: &[&ChangeResult]) -> &'static str {
    let of_members = |result: &&ChangeResult| matches!(result.action, Action::AddMembers | Action::RemoveMembers);
    if message.contains("no licence free") {
        return "buy a licence for the office, or let somebody go: `dialform seats` shows what is free";
    }
    match http {
        None => "there was no answer: check the network, then apply again; nothing is sent twice",
        Some(401) => "the token is not taken: renew it (`dialform doctor` tests it), then apply again",
        Some(403) => "the token may not do this: `dialform doctor` says what it may",
        Some(404 | 410) => "it is gone: plan again, the new plan starts from what is there",
        Some(409) => "somebody has this identity already: plan again, the new plan names who",
        Some(412) => "it changed meanwhile: plan again",
        Some(400 | 413 | 422) if to.iter().all(of_members) => {
            "the service refuses the members: if it takes fewer at once, say so with `dialect.members_per_request`; \
             `dialform plan` shows who they are"
        }
        Some(413) => "the request was too large: report it, with the name of the service",
        Some(429 | 502..=504) => "the service was busy for too long: apply again later; what is done stays done",
        Some(501) => {
            "the service cannot do this: leave the attribute out of the mappings, or see `dialect` for another way to write it"
        }
        Some(500..) => {
            "the service has an error of its own: apply again later; if it comes with several requests at once, \
             set `concurrency: 1`, and tell its operator if it stays"
        }
        Some(_) => "the service refuses what was sent: `dialform plan` shows the values and the mapping of each",
    }
}
