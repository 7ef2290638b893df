//! What waits for a person, in groups, for whoever shows it in a form of their own.

use std::collections::BTreeSet;

use super::{
    phrase,
    summary::{Summary, alike, common_remedy, redacted},
};
use crate::plan::{Held, MappedValue, Plan, Reason};

/// Held changes of one reason.
#[derive(Debug)]
pub struct Waiting<'a> {
    /// The reason.
    pub reason: Reason,
    /// What it means.
    pub meaning: &'static str,
    /// How many.
    pub count: usize,
    /// What to do about all of them, where that is one thing.
    pub remedy: Option<String>,
    /// Those that differ only in whom they are about, together.
    pub alike: Vec<Vec<&'a Held>>,
}

/// What waits for a person, by reason.
pub fn waiting(plan: &Plan) -> Vec<Waiting<'_>> {
    let Summary { held, .. } = Summary::of(plan);
    held.into_iter()
        .map(|(reason, held)| Waiting {
            reason,
            meaning: phrase::meaning(reason),
            count: held.len(),
            remedy: common_remedy(&held),
            alike: alike(&held),
        })
        .collect()
}

/// What would have been done: `disable`, `add members to`; nothing where that is not known.
pub fn wanted(held: &Held) -> &'static str {
    held.action.map_or("", phrase::infinitive)
}

/// `12,345`.
pub fn digits(number: u64) -> String {
    phrase::digits(usize::try_from(number).unwrap_or(usize::MAX))
}

/// Attributes of the source that a redacted mapping reads: as secret as what it gives.
pub fn hidden(mapping: &[MappedValue]) -> BTreeSet<&str> {
    redacted(mapping)
}
