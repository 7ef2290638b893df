//! The provisioning log: one JSON line for each evaluated object and run.
//!
//! A line has the shape of Entra's `provisioningObjectSummary`, so that queries
//! and dashboards made for Entra's log go on working; what Entra has no field
//! for stands under `dialform`. The names of actions, statuses, steps, skip
//! reasons and error codes are Entra's.

mod entry;
mod origin;
mod ran;
mod recovery;
mod shelf;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;

pub use entry::{Action, Status};
pub use origin::Origin;
pub use ran::{Ran, RanError, ran};
pub use shelf::{LogError, Read, Wanted, read};

use self::{recovery::Earlier, shelf::Shelf};
use crate::{
    desired::{Desired, Standing},
    manifest::{Manifest, Source},
    names::{SourceId, Text},
    plan::{Change, ChangeId, Plan, outcome::ChangeResult},
    state::{Doubt, Fate, Untold},
};

/// The folder of the log within the state's.
pub fn folder(state: &Path) -> PathBuf {
    state.join("log")
}

/// What is the same in all lines of a run.
#[derive(Clone, Debug)]
pub struct About {
    /// The manifest's name.
    pub manifest: Text,
    /// The run.
    pub run: Text,
    /// Where the people come from, for people.
    pub source: Text,
    /// Where they go, for people.
    pub target: Text,
    /// Who and what started the run.
    pub origin: Origin,
    /// The run that writes the lines of another one, which was cut off.
    pub recovered_by: Option<Text>,
}

impl About {
    /// Of a run of a manifest.
    pub fn of(manifest: &Manifest, run: &Text, origin: Origin) -> Self {
        let source = match &manifest.source {
            Source::Files(_) => "files",
            Source::Entra(_) => "Microsoft Entra ID",
        };
        let target = manifest.target.label();
        Self {
            manifest: manifest.name.clone(),
            run: run.clone(),
            source: source.into(),
            target,
            origin,
            recovered_by: None,
        }
    }
}

/// The log of one run.
#[derive(Debug)]
pub struct Log {
    shelf: Shelf,
    folder: PathBuf,
    about: About,
    changes: HashMap<ChangeId, Change>,
    /// What is known of the runs that were cut off.
    earlier: Earlier,
}

impl Log {
    /// Opens the log in a state's folder for a run.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(state: &Path, about: About) -> Result<Self, LogError> {
        let folder = folder(state);
        let shelf = Shelf::open(&folder, Timestamp::now())?;
        Ok(Self { shelf, folder, about, changes: HashMap::new(), earlier: Earlier::default() })
    }

    /// The run carries out this plan, which is kept beside the log.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(&mut self, plan: &Plan) -> Result<(), LogError> {
        self.changes = plan.changes.iter().map(|change| (change.id.clone(), change.clone())).collect();
        if plan.is_empty() { Ok(()) } else { ran::keep(&self.folder, &self.about.run, plan) }
    }

    /// A change is finished.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finished(&mut self, result: &ChangeResult, took: Duration) -> Result<(), LogError> {
        let Some(change) = self.changes.get(&result.change) else { return Ok(()) };
        let now = Timestamp::now();
        self.shelf.append(&entry::of_change(&self.about, change, result, took, now), now)
    }

    /// Nothing more is sent: what reading back has shown since a change was finished. The
    /// lines of what was done are on the disk afterwards.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn closing(&mut self, results: &[ChangeResult]) -> Result<(), LogError> {
        // Their line was written before it was known.
        for result in results.iter().filter(|result| !result.not_stored.is_empty()) {
            self.finished(result, Duration::ZERO)?;
        }
        self.shelf.flush()
    }

    /// The run is over: what was held, and who was evaluated without a change.
    /// `held` and `desired` are left out where they are as the run before wrote them down.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn close(
        &mut self,
        plan: &Plan,
        held: bool,
        desired: Option<&Desired<'_>>,
        accounts: &dyn Fn(&SourceId) -> Option<Text>,
    ) -> Result<(), LogError> {
        for held in plan.held.iter().filter(|_| held) {
            self.write(|about, now| entry::of_held(about, held, now))?;
        }
        let Some(desired) = desired else { return self.shelf.flush() };
        let touched: std::collections::HashSet<&SourceId> = plan
            .changes
            .iter()
            .map(|change| &change.subject)
            .chain(plan.held.iter().map(|held| &held.subject))
            .filter_map(|subject| subject.source.as_ref())
            .collect();
        for user in desired.users.iter().filter(|user| !touched.contains(&user.person.id)) {
            let account = accounts(&user.person.id);
            // Who is not entitled and has no account is of interest too: that is what helpdesks ask for.
            let out = match &user.standing {
                Standing::Entitled { .. } => None,
                Standing::Out(cause) | Standing::Unclear(cause) => Some(cause),
            };
            self.write(|about, now| entry::of_unchanged(about, user.person, out, account.as_ref(), now))?;
        }
        self.shelf.flush()
    }

    /// Writes what the log lacks of what earlier runs did before they were cut off: a power loss
    /// takes lines that the journal has. `doubts` are the requests that are still looked up.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn recover(&mut self, untold: &[Untold], doubts: &[Doubt]) -> Result<(), LogError> {
        let of_untold = untold.iter().map(|untold| &untold.of);
        self.earlier = Earlier::read(&self.folder, of_untold.chain(doubts))?;
        if untold.is_empty() {
            return Ok(());
        }
        for untold in untold.iter().filter(|untold| !self.earlier.has_line(&untold.of)) {
            let line = self.earlier.of_untold(&self.about, untold);
            self.shelf.append(&line, Timestamp::now())?;
        }
        self.shelf.flush()
    }

    /// What became of a request of an earlier run that was cut off. That it was not
    /// done is not written: nothing happened.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn recovered(&mut self, doubt: &Doubt, fate: Fate) -> Result<(), LogError> {
        // Killed between the log and the journal, it was told already.
        if fate == Fate::NotDone || self.earlier.has_success(doubt) {
            return Ok(());
        }
        let line = self.earlier.of_doubt(&self.about, doubt, fate);
        self.shelf.append(&line, Timestamp::now())?;
        self.shelf.flush()
    }

    fn write(&mut self, line: impl FnOnce(&About, Timestamp) -> Value) -> Result<(), LogError> {
        let now = Timestamp::now();
        let line = line(&self.about, now);
        self.shelf.append(&line, now)
    }
}
