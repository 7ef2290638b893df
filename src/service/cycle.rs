//! What came of a cycle: one value, for the page, the log line and whoever is notified.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::Quarantine;
use crate::{
    http::Traffic,
    names::Text,
    plan::{
        Action, Plan, Reason,
        outcome::{Outcome, Status, Stop},
    },
};

/// A cycle that is over.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// Counted from 1 since the service began.
    pub number: u64,
    /// The manifest's name.
    pub manifest: Text,
    /// The target.
    pub target: Text,
    /// When it began.
    pub began: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub ending: Ending,
    /// What was wanted, where it came to a plan.
    pub plan: Option<Arc<Plan>>,
    /// What came of it, where it was carried out.
    pub outcome: Option<Arc<Outcome>>,
    /// The numbers of both.
    pub tally: Tally,
    /// How requests to Dialpad were answered.
    pub traffic: Traffic,
    /// What holds cycles back from now on.
    pub quarantine: Option<Quarantine>,
    /// Whether this cycle ended one.
    pub lifted: bool,
    /// What is wrong with the manifest while the last good one is used.
    pub manifest_problem: Option<String>,
    /// What people should know beside: the log is not whole, the memory was recovered.
    pub warnings: Vec<String>,
}

/// How a cycle ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All is as it should be.
    Good,
    /// Nothing failed, and something is held back for a person.
    Held,
    /// It came to its end, and some changes failed or were skipped.
    SomeFailed,
    /// It did not come to its end.
    Failed(Failure),
    /// Another run holds the lock, and who.
    Locked(String),
    /// Somebody asked to stop; what was begun was finished.
    Interrupted,
}

/// Why a cycle did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of trouble.
    pub trouble: Trouble,
    /// A lower-case fragment that can follow "failed to", with the next step, without a secret.
    pub message: String,
}

/// What stands in the way of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// The source or Dialpad refuses the credentials.
    Credentials,
    /// More than half of the first changes failed.
    MassFailure,
    /// The source cannot be read.
    Source,
    /// Dialpad cannot be reached or read.
    Target,
    /// What is kept between runs cannot be used.
    State,
    /// This program is at fault.
    Internal,
}

impl Trouble {
    /// The name, in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Trouble::Credentials => "credentials",
            Trouble::MassFailure => "mass_failure",
            Trouble::Source => "source",
            Trouble::Target => "target",
            Trouble::State => "state",
            Trouble::Internal => "internal",
        }
    }

    /// What it is, in words that name nobody.
    pub fn words(self) -> &'static str {
        match self {
            Trouble::Credentials => "credentials are refused",
            Trouble::MassFailure => "most changes failed",
            Trouble::Source => "the source cannot be read",
            Trouble::Target => "Dialpad cannot be reached or read",
            Trouble::State => "what is kept between runs cannot be used",
            Trouble::Internal => "dialform itself is at fault",
        }
    }

    /// Whether trying again soon does harm rather than good.
    pub fn is_for_quarantine(self) -> bool {
        match self {
            Trouble::Credentials | Trouble::MassFailure => true,
            Trouble::Source | Trouble::Target | Trouble::State | Trouble::Internal => false,
        }
    }
}

impl Failure {
    /// A failure with its message.
    pub fn new(trouble: Trouble, message: impl Into<String>) -> Self {
        Self { trouble, message: message.into() }
    }
}

impl Ending {
    /// The name, in metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Ending::Good => "good",
            Ending::Held => "held",
            Ending::SomeFailed => "some_failed",
            Ending::Failed(_) => "failed",
            Ending::Locked(_) => "locked",
            Ending::Interrupted => "interrupted",
        }
    }

    /// Every name, so that counters begin at zero.
    pub const NAMES: [&str; 6] = ["good", "held", "some_failed", "failed", "locked", "interrupted"];

    /// Whether everything was read and everything that was let through was tried.
    pub fn is_whole(&self) -> bool {
        match self {
            Ending::Good | Ending::Held | Ending::SomeFailed => true,
            Ending::Failed(_) | Ending::Locked(_) | Ending::Interrupted => false,
        }
    }

    /// Of a plan that was carried out.
    pub fn of(plan: &Plan, outcome: &Outcome) -> Self {
        let next = "`dialform doctor` tests the connection; what was done is recorded";
        match &outcome.stopped {
            Some(Stop::Interrupted) => Ending::Interrupted,
            Some(Stop::LockLost { message }) => Ending::Locked(message.to_string()),
            Some(Stop::Credentials { message }) => {
                Ending::Failed(Failure::new(Trouble::Credentials, format!("sign in to Dialpad: {message}; {next}")))
            }
            Some(stop @ Stop::Unreachable { .. }) => {
                Ending::Failed(Failure::new(Trouble::Target, crate::render::words::stopped(stop).0))
            }
            Some(Stop::State { message }) => Ending::Failed(Failure::new(Trouble::State, message.to_string())),
            Some(Stop::MassFailure { failed, tried }) => {
                let message = format!(
                    "carry out the plan: {failed} of the first {tried} changes failed, and the rest was not tried; \
                     `dialform log --status failure` lists them: look for one cause"
                );
                Ending::Failed(Failure::new(Trouble::MassFailure, message))
            }
            None if outcome.failed() + outcome.skipped() > 0 => Ending::SomeFailed,
            None if plan.held_for_a_person().next().is_some() => Ending::Held,
            None => Ending::Good,
        }
    }
}

/// The numbers of a cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// By action, how its changes went.
    pub changes: BTreeMap<Action, Counts>,
    /// What needs a person, by reason.
    pub held: BTreeMap<Reason, u64>,
    /// What `safety.protect` leaves alone.
    pub protected: u64,
    /// People in the source.
    pub people: u64,
    /// People entitled to an account.
    pub entitled: u64,
    /// Live accounts.
    pub accounts: u64,
    /// Accounts and groups that are not ours.
    pub unmanaged: u64,
}

/// How changes went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Done, those that were so already included.
    pub done: u64,
    /// Refused or lost.
    pub failed: u64,
    /// Not tried.
    pub skipped: u64,
}

impl Counts {
    /// Adds others.
    pub fn add(&mut self, other: Counts) {
        let Counts { done, failed, skipped } = other;
        self.done += done;
        self.failed += failed;
        self.skipped += skipped;
    }
}

impl Tally {
    /// Of a plan and what came of it.
    pub fn of(plan: &Plan, outcome: Option<&Outcome>) -> Self {
        let mut tally = Self {
            people: plan.read.people,
            entitled: plan.read.entitled,
            accounts: plan.read.live_users,
            unmanaged: plan.unmanaged.len() as u64,
            ..Self::default()
        };
        for held in &plan.held {
            if held.reason == Reason::Protected {
                tally.protected += 1;
            } else {
                *tally.held.entry(held.reason).or_default() += 1;
            }
        }
        for result in outcome.into_iter().flat_map(|outcome| &outcome.results) {
            let counts = tally.changes.entry(result.action).or_default();
            match result.status {
                Status::Done | Status::Already => counts.done += 1,
                Status::Failed { .. } => counts.failed += 1,
                Status::Skipped { .. } => counts.skipped += 1,
            }
        }
        tally
    }

    /// All changes together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.changes.values().for_each(|counts| total.add(*counts));
        total
    }

    /// All that needs a person.
    pub fn held_in_all(&self) -> u64 {
        self.held.values().sum()
    }
}
