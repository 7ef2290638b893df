//! What is seen from outside: the page, the metrics and the progress line read it, cycles write it.
//! Everything on it is bounded, however long the service runs.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    Quarantine,
    cycle::{Counts, Cycle, Ending},
};
use crate::{
    directory::Directory,
    http::Traffic,
    live::Live,
    manifest::Manifest,
    memory::Memory,
    names::Text,
    plan::{self, Action},
};

/// Cycles that are kept for the plot: more than five days at the usual interval.
pub const KEPT: usize = 200;

/// The board. Clones are the same board.
#[derive(Clone)]
pub struct Board {
    inner: Arc<Mutex<Shown>>,
    keeps_scene: bool,
}

/// Everything on it.
#[derive(Clone)]
pub struct Shown {
    /// The manifest's name.
    pub manifest: Text,
    /// The target.
    pub target: Text,
    /// When the service began.
    pub started: Timestamp,
    /// How often.
    pub every: Duration,
    /// What it is at.
    pub doing: Doing,
    /// When the next cycle begins, as far as is known.
    pub next: Option<Timestamp>,
    /// The last cycle that is over.
    pub last: Option<Arc<Cycle>>,
    /// The last cycle that came to a plan.
    pub planned: Option<Arc<Cycle>>,
    /// The last cycles, the oldest first.
    pub history: VecDeque<Point>,
    /// What holds cycles back.
    pub quarantine: Option<Quarantine>,
    /// What is wrong with the manifest while the last good one is used, and since when.
    pub manifest_problem: Option<(String, Timestamp)>,
    /// What people should know of the manifest.
    pub manifest_warnings: Option<String>,
    /// Everything since the service began.
    pub totals: Totals,
    /// What the last cycle has read.
    pub scene: Option<Arc<Scene>>,
    /// When the last whole cycle ended.
    pub whole: Option<(Timestamp, Instant)>,
}

/// What the service is at.
#[derive(Clone, Debug)]
pub enum Doing {
    /// Between two cycles.
    Waiting,
    /// The manifest says `enabled: false`, and where.
    Paused(String),
    /// In a cycle.
    Cycling(Current),
}

/// How far the current cycle is.
#[derive(Clone, Debug)]
pub struct Current {
    /// Which one.
    pub number: u64,
    /// When it began.
    pub began: Timestamp,
    /// What it is at.
    pub phase: Phase,
    /// Since when it is at that.
    pub since: Instant,
    /// How much of it is done.
    pub done: u64,
    /// Of how much, where that is known.
    pub total: Option<u64>,
}

/// What a cycle is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Secrets, client, state.
    Preparing,
    /// Requests of an earlier run may still be on their way.
    Waiting,
    /// The people and groups.
    ReadingSource,
    /// Accounts and groups of Dialpad.
    ReadingDialpad,
    /// Comparing.
    Planning,
    /// Sending changes.
    Applying,
    /// Reading back.
    Verifying,
}

impl Phase {
    /// What people read.
    pub fn words(self) -> &'static str {
        match self {
            Phase::Preparing => "preparing",
            Phase::Waiting => "waiting for requests of an earlier run",
            Phase::ReadingSource => "reading the source",
            Phase::ReadingDialpad => "reading Dialpad",
            Phase::Planning => "planning",
            Phase::Applying => "applying",
            Phase::Verifying => "reading back",
        }
    }
}

impl Current {
    /// How long the rest of this phase takes, if it goes on as so far.
    pub fn left(&self) -> Option<Duration> {
        let total = self.total.filter(|total| *total > self.done && self.done > 0)?;
        let passed = self.since.elapsed().as_millis();
        let left = passed.saturating_mul(u128::from(total - self.done)) / u128::from(self.done);
        Some(Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX)))
    }
}

/// A cycle of the plot.
#[derive(Clone, Debug)]
pub struct Point {
    /// Which one.
    pub number: u64,
    /// When it began.
    pub began: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// How it ended: one of [`Ending::NAMES`].
    pub ending: &'static str,
    /// How its changes went.
    pub changes: Counts,
    /// What needed a person.
    pub held: u64,
}

/// Everything since the service began.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Cycles by ending.
    pub cycles: BTreeMap<&'static str, u64>,
    /// Cycles that failed, by trouble.
    pub failures: BTreeMap<&'static str, u64>,
    /// Changes by action.
    pub changes: BTreeMap<Action, Counts>,
    /// Requests to Dialpad.
    pub traffic: Traffic,
    /// Time spent in cycles.
    pub spent: Duration,
}

/// What a cycle has read, for explaining one person.
pub struct Scene {
    /// The manifest.
    pub manifest: Arc<Manifest>,
    /// The people and groups.
    pub directory: Directory,
    /// Dialpad, before the cycle's changes.
    pub live: Live,
    /// The memory, after them.
    pub memory: Memory,
    /// When.
    pub now: Timestamp,
}

impl Scene {
    /// As the planner takes it.
    pub fn inputs(&self) -> plan::Inputs<'_> {
        let Scene { manifest, directory, live, memory, now } = self;
        plan::Inputs { manifest, directory, live, memory, now: *now }
    }
}

impl Board {
    /// A board with nothing on it yet. What was read is kept on it only when somebody can look.
    pub fn new(manifest: &Manifest, started: Timestamp, keeps_scene: bool) -> Self {
        let shown = Shown {
            manifest: manifest.name.clone(),
            target: manifest.target.label(),
            started,
            every: manifest.run.every,
            doing: Doing::Waiting,
            next: None,
            last: None,
            planned: None,
            history: VecDeque::new(),
            quarantine: None,
            manifest_problem: None,
            manifest_warnings: None,
            totals: Totals::default(),
            scene: None,
            whole: None,
        };
        Self { inner: Arc::new(Mutex::new(shown)), keeps_scene }
    }

    /// All that is on it now.
    pub fn shown(&self) -> Shown {
        self.locked().clone()
    }

    /// How far the current cycle is, if there is one.
    pub fn current(&self) -> Option<Current> {
        match &self.locked().doing {
            Doing::Cycling(current) => Some(current.clone()),
            Doing::Waiting | Doing::Paused(_) => None,
        }
    }

    /// A panic elsewhere leaves values that are still right.
    fn locked(&self) -> MutexGuard<'_, Shown> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current cycle is at something, of so much.
    pub fn phase(&self, phase: Phase, total: Option<u64>) {
        if let Doing::Cycling(current) = &mut self.locked().doing {
            (current.phase, current.since, current.done, current.total) = (phase, Instant::now(), 0, total);
        }
    }

    /// So much is done, of so much.
    pub fn progress(&self, done: u64, total: Option<u64>) {
        if let Doing::Cycling(current) = &mut self.locked().doing {
            (current.done, current.total) = (done, total);
        }
    }

    /// So much more is done.
    pub fn more(&self, more: u64) {
        if let Doing::Cycling(current) = &mut self.locked().doing {
            current.done += more;
        }
    }

    pub(super) fn keeps_scene(&self) -> bool {
        self.keeps_scene
    }

    pub(super) fn keep_scene(&self, scene: Scene) {
        // The one before is dropped outside of the lock.
        let before = self.locked().scene.replace(Arc::new(scene));
        drop(before);
    }

    pub(super) fn begin(&self, number: u64, began: Timestamp, manifest: &Manifest) {
        let mut shown = self.locked();
        (shown.manifest, shown.target) = (manifest.name.clone(), manifest.target.label());
        (shown.every, shown.next) = (manifest.run.every, None);
        let (phase, since) = (Phase::Preparing, Instant::now());
        shown.doing = Doing::Cycling(Current { number, began, phase, since, done: 0, total: None });
    }

    pub(super) fn end(&self, cycle: &Arc<Cycle>, now: Timestamp) {
        let mut shown = self.locked();
        shown.doing = Doing::Waiting;
        shown.quarantine.clone_from(&cycle.quarantine);
        shown.last = Some(Arc::clone(cycle));
        if cycle.plan.is_some() {
            shown.planned = Some(Arc::clone(cycle));
        }
        if cycle.ending.is_whole() {
            shown.whole = Some((now, Instant::now()));
        }
        if shown.history.len() == KEPT {
            shown.history.pop_front();
        }
        shown.history.push_back(Point {
            number: cycle.number,
            began: cycle.began,
            took: cycle.took,
            ending: cycle.ending.name(),
            changes: cycle.tally.total(),
            held: cycle.tally.held_in_all(),
        });
        let totals = &mut shown.totals;
        *totals.cycles.entry(cycle.ending.name()).or_default() += 1;
        if let Ending::Failed(failure) = &cycle.ending {
            *totals.failures.entry(failure.trouble.name()).or_default() += 1;
        }
        for (action, counts) in &cycle.tally.changes {
            totals.changes.entry(*action).or_default().add(*counts);
        }
        totals.traffic.add(&cycle.traffic);
        totals.spent += cycle.took;
    }

    pub(super) fn next(&self, next: Option<Timestamp>) {
        self.locked().next = next;
    }

    pub(super) fn pause(&self, because: Option<String>) {
        self.locked().doing = because.map_or(Doing::Waiting, Doing::Paused);
    }

    pub(super) fn lift(&self) {
        self.locked().quarantine = None;
    }

    pub(super) fn manifest(
        &self,
        manifest: &Manifest,
        problem: Option<String>,
        warnings: Option<String>,
        now: Timestamp,
    ) {
        let mut shown = self.locked();
        shown.every = manifest.run.every;
        shown.manifest_warnings = warnings;
        shown.manifest_problem = problem.map(|problem| match shown.manifest_problem.take() {
            Some((known, since)) if known == problem => (known, since),
            _ => (problem, now),
        });
    }
}
