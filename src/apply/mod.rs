//! Walks a plan: by dependency, with the journal before and after each request,
//! and decides nothing but to go on or to stop.

mod carry;
mod grants;
mod objects;
mod recover;
mod seek;
mod stale;
mod stopping;
mod verify;
mod walk;

use std::{collections::BTreeMap, time::Duration};

use crate::{
    dialpad::Writer,
    names::{TargetId, Text, count},
    plan::{
        ChangeId, Plan,
        outcome::{ChangeResult, Outcome, Stop},
    },
    state::{Effect, Guard, State, StateError},
};

pub use recover::{let_arrive, recover};
pub use stale::{Freshness, Mismatch, Moved, check_fits, check_stale};
pub use stopping::{Stopper, Stopping};

/// How a plan is carried out.
#[derive(Clone, Debug)]
pub struct Options {
    /// Changes under way at once.
    pub concurrency: u32,
    /// Objects in a page, for choosing the cheaper way to read back.
    pub page_size: u32,
    /// Changes that are found done already, with the object where it is known.
    pub already: BTreeMap<ChangeId, Option<TargetId>>,
    /// Changes that are left out, and why; what depends on them is skipped too.
    pub dropped: BTreeMap<ChangeId, Text>,
}

impl Default for Options {
    fn default() -> Self {
        Self { concurrency: 8, page_size: 100, already: BTreeMap::new(), dropped: BTreeMap::new() }
    }
}

/// What a run tells while it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A change is finished.
    Finished {
        /// How it went.
        result: &'a ChangeResult,
        /// How long it took.
        took: Duration,
        /// Changes that are finished.
        done: usize,
        /// Changes in all.
        of: usize,
    },
    /// Nothing more is sent, and what came of it is about to be remembered for good: what
    /// is told of it elsewhere has to be on the disk before.
    Closing {
        /// What came of each change, read back where it had to be.
        results: &'a [ChangeResult],
    },
    /// Objects are being read back.
    Verifying {
        /// How many.
        objects: usize,
    },
}

/// Is told what happens.
pub type Watch<'a> = &'a (dyn Fn(Event<'_>) + Send + Sync);

/// Carries out a plan, and remembers what came of it.
///
/// It always comes to an end with a result for each change: a failed change skips
/// what depends on it, the rest goes on. `state` must be locked by `guard`.
/// Dropping the future is like a kill: the next run reads the journal and goes on.
pub async fn run(
    plan: &Plan,
    writer: &Writer,
    state: &mut State,
    guard: &Guard,
    options: &Options,
    stopping: &Stopping,
    watch: Watch<'_>,
) -> Outcome {
    let before = writer.sent();
    let started = tokio::time::Instant::now();
    let mut outcome = match state.journal().cloned() {
        Some(journal) => {
            let mut context =
                carry::Context::new(writer, &journal, guard.hold(), stopping.clone(), plan.made_from.dialect);
            context.began = state.now();
            walk::walk(plan, context, state, options, stopping, watch).await
        }
        None => walk::nothing_done(plan, &Stop::State { message: "the state is not locked".into() }),
    };
    watch(Event::Closing { results: &outcome.results });
    match keep(plan, state, &outcome) {
        Err(error) if error.is_taken_over() => {
            outcome.stopped = Some(Stop::LockLost { message: error.to_string().into() });
        }
        Err(error) => {
            let message = format!("{error}{}", lost(state)).into();
            // That nothing could be kept is worse than why it stopped.
            outcome.stopped = Some(Stop::State { message });
        }
        Ok(()) => {}
    }
    let sent = writer.sent();
    (outcome.requests, outcome.retries) = (sent.requests - before.requests, sent.retries - before.retries);
    outcome.millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    outcome
}

/// Names what is done and known to this process alone.
fn lost(state: &State) -> String {
    const NAMED: usize = 5;
    let names = state.journal().map(|journal| journal.unrecorded()).unwrap_or_default();
    if names.is_empty() {
        return String::new();
    }
    let mut shown = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        shown.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    let requests = count(names.len(), "request was answered and is", "requests were answered and are");
    format!("; {requests} not recorded ({shown}): the next apply looks them up")
}

/// Remembers what the plan asks for, and writes the memory. Nothing is written
/// when another run has taken over.
fn keep(plan: &Plan, state: &mut State, outcome: &Outcome) -> Result<(), StateError> {
    if matches!(outcome.stopped, Some(Stop::LockLost { .. })) {
        return Ok(());
    }
    state.record(plan.remember.iter().cloned().map(Effect::Remember).collect())?;
    state.commit()
}
