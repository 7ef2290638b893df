//! Exit codes: the only place that knows them.

use std::process::ExitCode;

use crate::plan::{
    Plan,
    outcome::{Outcome, Stop},
};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; for `plan`, no changes or not asked to tell.
    Done,
    /// Usage, an invalid manifest, a source or service out of reach.
    Failed,
    /// `plan --detailed-exitcode`: there are changes.
    Changes,
    /// Applied, but some changes failed.
    SomeFailed,
    /// Nothing failed, but changes are held back and need a person.
    Held,
    /// The saved plan is stale: an object that it touches moved.
    Stale,
    /// Another run holds the lock.
    Locked,
    /// Interrupted; what was begun was finished and recorded.
    Interrupted,
}

impl Exit {
    /// Every code, in order.
    pub const ALL: [Exit; 8] = [
        Exit::Done,
        Exit::Failed,
        Exit::Changes,
        Exit::SomeFailed,
        Exit::Held,
        Exit::Stale,
        Exit::Locked,
        Exit::Interrupted,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Changes => 2,
            Exit::SomeFailed => 3,
            Exit::Held => 4,
            Exit::Stale => 5,
            Exit::Locked => 6,
            Exit::Interrupted => 130,
        }
    }

    /// What it means, for `help exit-codes`.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Done => "done; for `plan`, no changes, or not asked to tell",
            Exit::Failed => "failed: usage, an invalid manifest, a source or service out of reach",
            Exit::Changes => "`plan --detailed-exitcode`: there are changes",
            Exit::SomeFailed => "applied, but some changes failed",
            Exit::Held => "nothing failed, but changes are held back and need a person",
            Exit::Stale => "the saved plan is stale: an object that it touches moved",
            Exit::Locked => "another run holds the lock",
            Exit::Interrupted => "interrupted; what was begun was finished and recorded",
        }
    }

    /// Of a plan that was made.
    pub fn of_plan(plan: &Plan, detailed: bool) -> Self {
        if detailed && !plan.is_empty() {
            Exit::Changes
        } else if plan.held_for_a_person().next().is_some() {
            Exit::Held
        } else {
            Exit::Done
        }
    }

    /// Of an apply that ran: interrupted, failed, some failed, held, done; the first that holds.
    pub fn of_outcome(plan: &Plan, outcome: &Outcome) -> Self {
        match &outcome.stopped {
            Some(Stop::Interrupted) => Exit::Interrupted,
            Some(Stop::LockLost { .. }) => Exit::Locked,
            Some(Stop::Credentials { .. } | Stop::Unreachable { .. } | Stop::State { .. }) => Exit::Failed,
            Some(Stop::MassFailure { .. }) => Exit::SomeFailed,
            None if outcome.failed() + outcome.skipped() > 0 => Exit::SomeFailed,
            None if plan.held_for_a_person().next().is_some() => Exit::Held,
            None => Exit::Done,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}
