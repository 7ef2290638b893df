//! What came of carrying out a plan.

use serde::{Deserialize, Serialize};

use crate::names::{AttrPath, TargetId, Text};

use super::{Action, ChangeId, GrantChange, Subject};

/// What came of a whole apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// One result for each change of the plan, in the plan's order.
    pub results: Vec<ChangeResult>,
    /// Why it stopped before the end, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
    /// Changes that were accepted and could not be read back to see what is stored.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unverified: u64,
    /// Requests that were sent, retries and look-ups included.
    pub requests: u64,
    /// Retries among them.
    pub retries: u64,
    /// Requests among them that looked up records of new people in the admin API.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lookups: u64,
    /// Milliseconds that it took.
    pub millis: u64,
}

/// What came of one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeResult {
    /// The change.
    pub change: ChangeId,
    /// What it was to do.
    pub action: Action,
    /// To whom or what.
    pub subject: Subject,
    /// What it was to give or take through the admin API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<GrantChange>,
    /// How it went.
    pub status: Status,
    /// The object, when it exists now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetId>,
    /// Members that were left out of a group because their account did not come to be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// Attributes that the service accepted and did not store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_stored: Vec<AttrPath>,
    /// Whether it was not tried because it waits for somebody to log in a first time, which is no failure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
}

/// A member that a change of membership went on without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The user name.
    pub member: Text,
    /// Why there is no account to add.
    pub because: Text,
}

/// How a change went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Status {
    /// Done by us.
    Done,
    /// It was so already; nothing was sent.
    Already,
    /// Refused or lost for good.
    Failed {
        /// The HTTP status, where there was an answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        http: Option<u16>,
        /// What the service said, as a fragment, without secrets.
        message: Text,
    },
    /// Not tried.
    Skipped {
        /// Why: what it depends on, or that the run stopped.
        because: Text,
    },
}

/// Why an apply stopped before the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The service refuses the credentials.
    Credentials {
        /// What it said.
        message: Text,
    },
    /// More than half of the first fifty changes failed.
    MassFailure {
        /// How many failed.
        failed: u64,
        /// Of how many.
        tried: u64,
    },
    /// One change after the other could not connect to the service.
    Unreachable {
        /// To where, and what stood in the way.
        message: Text,
        /// How many in a row.
        failed: u64,
    },
    /// Somebody asked to stop.
    Interrupted,
    /// The lock was lost.
    LockLost {
        /// How it was noticed.
        message: Text,
    },
    /// What is kept between runs cannot be written, so nothing more may be sent.
    State {
        /// What the system said.
        message: Text,
    },
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Outcome {
    /// How many changes are done, those that were so already included.
    pub fn done(&self) -> usize {
        self.results.iter().filter(|result| matches!(result.status, Status::Done | Status::Already)).count()
    }

    /// How many changes failed.
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|result| matches!(result.status, Status::Failed { .. })).count()
    }

    /// How many changes were not tried, those that wait for a first login apart.
    pub fn skipped(&self) -> usize {
        self.results.iter().filter(|result| matches!(result.status, Status::Skipped { .. }) && !result.waiting).count()
    }

    /// How many changes wait for somebody to log in a first time.
    pub fn waiting(&self) -> usize {
        self.results.iter().filter(|result| result.waiting).count()
    }
}
