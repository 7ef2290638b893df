//! The words of plans and outcomes for who tells people of them elsewhere.

pub use super::{
    outcome::{next_step, stopped},
    phrase::{digits, duration, meaning, objects, past},
    summary::common_remedy,
};

use super::outcome::takes_access;
use crate::plan::outcome::{ChangeResult, Outcome, Status};

/// Whom a plan would have taken access from, and who still has it.
pub fn still_have_access(outcome: &Outcome) -> Vec<&ChangeResult> {
    let still = |result: &&ChangeResult| {
        takes_access(result.action) && !matches!(result.status, Status::Done | Status::Already)
    };
    outcome.results.iter().filter(still).collect()
}
