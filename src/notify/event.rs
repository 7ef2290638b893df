//! What happened, and how each condition stands after it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::{
    manifest::On,
    names::Text,
    plan::{
        Plan,
        outcome::{Outcome, Status, Stop},
    },
};

/// What a run came to.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The manifest's name.
    pub manifest: &'a str,
    /// The target.
    pub target: &'a str,
    /// When.
    pub at: Timestamp,
    /// Where more is to be seen: the address of the CI's run or of the status page.
    pub link: Option<&'a str>,
    /// What came of it.
    pub what: What<'a>,
    /// Whether runs are held back because they only do harm.
    pub quarantine: Quarantine<'a>,
}

/// What came of a run.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// It had a plan and carried it out.
    Ran {
        /// The plan.
        plan: &'a Plan,
        /// What came of it.
        outcome: &'a Outcome,
        /// Whether it was about everybody. What is well in a part says nothing of the rest.
        whole: bool,
    },
    /// It did not come to a plan.
    Failed {
        /// Why, as a fragment behind "failed to", without secrets.
        message: &'a str,
    },
}

/// Whether runs are held back because they only do harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quarantine<'a> {
    /// Nobody here knows: a single run has none.
    Unknown,
    /// They are not.
    None,
    /// They are, and why.
    Since(&'a str),
}

/// How a condition stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// This run says nothing of it.
    Unknown,
    /// All is well.
    Fine,
    /// Something is the matter: a key that stays the same while it is the same matter. It names nobody.
    Wrong(Text),
}

/// How every condition stands after a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standings {
    /// The run failed, or changes in it.
    pub failure: Standing,
    /// Something needs a person.
    pub held: Standing,
    /// Runs are held back.
    pub quarantine: Standing,
    /// Whether something was changed. This is no condition: it is told each time.
    pub applied: bool,
}

impl Standings {
    /// How one condition stands; that something was changed is none.
    pub fn of(&self, on: On) -> &Standing {
        match on {
            On::Failure => &self.failure,
            On::Held => &self.held,
            On::Quarantine => &self.quarantine,
            On::Applied => &Standing::Unknown,
        }
    }
}

impl Event<'_> {
    /// How every condition stands after it.
    pub fn standings(&self) -> Standings {
        let quarantine = match self.quarantine {
            Quarantine::Unknown => Standing::Unknown,
            Quarantine::None => Standing::Fine,
            Quarantine::Since(why) => Standing::Wrong(key(why)),
        };
        match self.what {
            What::Failed { message } => Standings {
                failure: Standing::Wrong(key(message)),
                held: Standing::Unknown,
                quarantine,
                applied: false,
            },
            What::Ran { plan, outcome, whole } => {
                let well = if whole { Standing::Fine } else { Standing::Unknown };
                let done = outcome.results.iter().any(|result| result.status == Status::Done);
                Standings { failure: failure(outcome, &well), held: held(plan, &well), quarantine, applied: done }
            }
        }
    }

    /// Whether the run came to its end and nothing in it failed: what the heartbeat means.
    pub fn is_good(&self) -> bool {
        match self.what {
            What::Failed { message: _ } => false,
            What::Ran { plan: _, outcome, whole: _ } => {
                outcome.stopped.is_none() && outcome.failed() == 0 && outcome.skipped() == 0
            }
        }
    }
}

/// Failures are the same matter while the service gives the same kinds of answers.
fn failure(outcome: &Outcome, well: &Standing) -> Standing {
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    for result in &outcome.results {
        match &result.status {
            Status::Failed { http: Some(code), message: _ } => kinds.insert(code.to_string()),
            Status::Failed { http: None, message: _ } => kinds.insert("unanswered".to_owned()),
            Status::Done | Status::Already | Status::Skipped { because: _ } => false,
        };
    }
    match &outcome.stopped {
        // Whoever stopped it knows; what was tried until then says nothing of the rest.
        Some(Stop::Interrupted) if kinds.is_empty() => return Standing::Unknown,
        Some(Stop::Interrupted) | None => {}
        Some(Stop::Credentials { message: _ }) => drop(kinds.insert("credentials".to_owned())),
        Some(Stop::MassFailure { failed: _, tried: _ }) => drop(kinds.insert("mass_failure".to_owned())),
        Some(Stop::Unreachable { message: _, failed: _ }) => drop(kinds.insert("unreachable".to_owned())),
        Some(Stop::LockLost { message: _ }) => drop(kinds.insert("lock_lost".to_owned())),
        Some(Stop::State { message: _ }) => drop(kinds.insert("state".to_owned())),
    }
    if kinds.is_empty() { well.clone() } else { wrong(kinds) }
}

/// What is held is the same matter while the reasons are the same: the numbers go up and down.
fn held(plan: &Plan, well: &Standing) -> Standing {
    let reasons: BTreeSet<String> = plan.held_for_a_person().map(|held| held.reason.name().to_owned()).collect();
    if reasons.is_empty() { well.clone() } else { wrong(reasons) }
}

fn wrong(words: BTreeSet<String>) -> Standing {
    Standing::Wrong(words.into_iter().collect::<Vec<_>>().join(",").into())
}

/// A message as a key: numbers, times and ids in it differ from run to run, and it may name people.
fn key(message: &str) -> Text {
    let same: String = message.chars().filter(|c| !c.is_ascii_digit()).collect();
    let digest = Sha256::digest(same.as_bytes());
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
