//! The provisioning log of a run. That it cannot be written is told at its end and stops nothing.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    desired,
    directory::Directory,
    log::{About, Log, LogError, Origin},
    manifest::Manifest,
    memory::Memory,
    plan::{Plan, outcome::ChangeResult},
    state::{Doubt, Fate, State},
};

/// The log of a run, told from several threads at once.
pub struct Records {
    inner: Mutex<Inner>,
}

struct Inner {
    log: Option<Log>,
    problem: Option<LogError>,
}

/// What was evaluated beside the changes, as far as it is written down.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evaluated<'a> {
    /// Whether held changes are.
    pub held: bool,
    /// Whether people who needed nothing are, and what they were judged by.
    pub people: Option<(&'a Manifest, &'a Directory, Timestamp)>,
}

impl Records {
    /// Opens the log of a run, and writes what the log of an earlier one lacks that was cut off.
    pub fn open(state: &mut State, manifest: &Manifest) -> Self {
        let run = state.journal().map(|journal| journal.run().clone()).unwrap_or_default();
        let about = About::of(manifest, &run, Origin::of(&|name| std::env::var(name).ok()));
        // The log stays on this machine, also where the state is shared.
        let opened = Log::open(&State::folder_of(manifest, Path::new("")), about)
            .and_then(|mut log| log.recover(state.untold(), state.in_doubt()).map(|()| log));
        let (log, problem) = match opened {
            Ok(log) => {
                state.told();
                (Some(log), None)
            }
            Err(problem) => (None, Some(problem)),
        };
        Self { inner: Mutex::new(Inner { log, problem }) }
    }

    /// What became of a request of an earlier run.
    pub fn recovered(&self, doubt: &Doubt, fate: Fate) {
        self.write(|log| log.recovered(doubt, fate));
    }

    /// The run carries out this plan.
    pub fn begin(&self, plan: &Plan) {
        self.write(|log| log.begin(plan));
    }

    fn write(&self, write: impl FnOnce(&mut Log) -> Result<(), LogError>) {
        // A panic elsewhere leaves whole lines.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(log) = &mut inner.log
            && let Err(problem) = write(log)
        {
            (inner.log, inner.problem) = (None, Some(problem));
        }
    }

    /// A change is finished.
    pub fn finished(&self, result: &ChangeResult, took: Duration) {
        self.write(|log| log.finished(result, took));
    }

    /// Nothing more is sent, and the lines of what was done have to be on the disk.
    pub fn closing(&self, results: &[ChangeResult]) {
        self.write(|log| log.closing(results));
    }

    /// The run is over. Gives what people should know if it is not logged whole.
    pub fn close(self, plan: &Plan, evaluated: Evaluated<'_>, memory: &Memory) -> Option<String> {
        let desired = evaluated.people.map(|(manifest, directory, now)| desired::build(manifest, directory, now));
        let account = |person: &_| memory.users.get(person).map(|link| link.target.text().clone());
        self.write(|log| log.close(plan, evaluated.held, desired.as_ref(), &account));
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        inner
            .problem
            .map(|problem| format!("failed to {problem}; what was done is done, and this run is not logged whole"))
    }
}
