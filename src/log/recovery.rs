//! What is known of earlier runs that were cut off: which of their lines the log has, and
//! what they were to carry out.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
    time::Duration,
};

use serde_json::Value;

use super::{
    About, LogError, Origin, Wanted,
    entry::{self, Status},
    ran, read,
};
use crate::{
    names::Text,
    plan::{Change, ChangeId, file},
    state::{Doubt, Fate, Untold},
};

/// What is known of earlier runs.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    runs: BTreeMap<Text, Run>,
}

/// What is known of one.
#[derive(Debug, Default)]
struct Run {
    /// The changes that have a line, and whether one of them is a success.
    lines: HashMap<ChangeId, bool>,
    /// Who and what started it, where a line of it says so.
    origin: Option<Origin>,
    /// What it was to carry out, where it is kept on this machine.
    changes: HashMap<ChangeId, Change>,
}

impl Earlier {
    /// Reads what the log has of the runs of these requests.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn read<'a>(folder: &Path, of: impl Iterator<Item = &'a Doubt>) -> Result<Self, LogError> {
        let wanted: BTreeSet<&str> = of.map(Doubt::run).collect();
        let mut runs = BTreeMap::new();
        for run in wanted {
            runs.insert(run.into(), Run::read(folder, run)?);
        }
        Ok(Self { runs })
    }

    fn run(&self, of: &Doubt) -> Option<&Run> {
        self.runs.get(of.run())
    }

    fn change(&self, of: &Doubt) -> Option<&Change> {
        self.run(of)?.changes.get(&of.change)
    }

    pub fn has_line(&self, of: &Doubt) -> bool {
        self.run(of).is_some_and(|run| run.lines.contains_key(&of.change))
    }

    pub fn has_success(&self, of: &Doubt) -> bool {
        self.run(of).is_some_and(|run| run.lines.get(&of.change) == Some(&true))
    }

    /// What is the same in all lines of the run that was cut off.
    fn about(&self, now: &About, of: &Doubt) -> About {
        let origin = self.run(of).and_then(|run| run.origin.clone());
        // Who started it is not known; that it was whoever goes on would be a guess.
        let origin = origin.unwrap_or_else(|| Origin { automatic: true, ..Origin::default() });
        About { run: of.run().into(), origin, recovered_by: Some(now.run.clone()), ..now.clone() }
    }

    /// The line of a request that was looked up.
    pub fn of_doubt(&self, now: &About, doubt: &Doubt, fate: Fate) -> Value {
        entry::of_doubt(&self.about(now, doubt), doubt, fate, self.change(doubt))
    }

    /// The line of a change that the journal has the end of.
    pub fn of_untold(&self, now: &About, untold: &Untold) -> Value {
        let about = self.about(now, &untold.of);
        let Some(change) = self.change(&untold.of) else { return entry::of_untold(&about, untold) };
        let mut line = entry::of_change(&about, change, &untold.result(), Duration::ZERO, untold.of.at);
        if let Some(steps) = line["provisioningSteps"].as_array_mut() {
            steps.push(entry::recovered_step(Status::Success));
        }
        line
    }
}

impl Run {
    fn read(folder: &Path, run: &str) -> Result<Self, LogError> {
        let wanted = Wanted { run: Some(run.to_owned()), unchanged: true, ..Wanted::default() };
        let mut found = Self::default();
        for line in read(folder, &wanted)?.lines.iter().filter(|line| line["cycleId"] == run) {
            let Some(change) = line["changeId"].as_str() else { continue };
            let is_success = line["provisioningStatusInfo"]["status"] == Status::Success.name();
            *found.lines.entry(ChangeId(change.into())).or_default() |= is_success;
            if line["dialform"]["recoveredBy"].is_null() {
                found.origin.get_or_insert_with(|| origin(line));
            }
        }
        // It may have run on another machine, or so long ago that it is not kept any more.
        let plan = fs::read(ran::plan_file(folder, run)).ok().and_then(|bytes| file::read_bytes(&bytes).ok());
        let changes = plan.map(|plan| plan.changes).unwrap_or_default();
        found.changes = changes.into_iter().map(|change| (change.id.clone(), change)).collect();
        Ok(found)
    }
}

/// Who and what started a run, as a line of it says.
fn origin(line: &Value) -> Origin {
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Origin {
        actor: text("/initiatedBy/displayName"),
        automatic: text("/initiatedBy/initiatorType").as_deref() == Some("application"),
        commit: text("/dialform/commit"),
        pull_request: text("/dialform/pullRequest"),
        address: text("/dialform/runAddress"),
    }
}
