//! After `apply` and each cycle of `run`: tells whom the manifest names, and remembers what was told.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{Terminal, secret};
use crate::{
    log::Origin,
    manifest::Manifest,
    memory::Told,
    names::Text,
    notify::{self, Event, Quarantine, Secrets, What},
    service::{Cycle, Ending, means::Tell},
    state::{Effect, State},
};

/// How the manifest's secrets are had.
pub fn secrets(allow_command: bool) -> Secrets {
    Arc::new(move |reference| secret::resolve(reference, allow_command))
}

/// Tells what came of a run. `state` is what remembers it, where it is locked by this
/// run; without it a failure is told each time. Nothing here fails a run.
pub async fn tell(
    manifest: &Manifest,
    what: What<'_>,
    mut state: Option<&mut State>,
    allow_command: bool,
    terminal: &mut Terminal,
) {
    if manifest.notify.is_empty() {
        return;
    }
    let target = manifest.target.label();
    let link = Origin::of(&|name| std::env::var(name).ok()).address;
    let event = Event {
        manifest: &manifest.name,
        target: &target,
        at: Timestamp::now(),
        link: link.as_deref(),
        what,
        quarantine: Quarantine::Unknown,
    };
    let before = state.as_ref().map_or_else(BTreeMap::new, |state| state.memory().told.clone());
    let notify::Outcome { told, problems } = notify::tell(manifest, &event, &before, &secrets(allow_command)).await;
    for problem in problems {
        terminal.complain(&format!("warning: failed to {problem}; the run itself is not touched by it"));
    }
    if told != before
        && let Some(state) = &mut state
        && let Err(error) = state.record(vec![Effect::Told(told)])
    {
        terminal.complain(&format!("warning: failed to {error}; the next run tells the same again"));
    }
}

/// What a service has told: as the state remembers it, and what it has not written down yet.
type Kept = Mutex<Option<BTreeMap<Text, Told>>>;

/// Says a warning, beside the lines of the cycles.
pub type Warn = dyn Fn(&str) + Send + Sync;

/// Tells of each cycle of a service. What cannot be told is warned of, the same once.
pub fn cycles(allow_command: bool, warn: Arc<Warn>) -> Box<Tell> {
    let (kept, secrets): (Arc<Kept>, _) = (Arc::default(), secrets(allow_command));
    let warned: Arc<Mutex<Vec<String>>> = Arc::default();
    Box::new(move |manifest, cycle| {
        let (kept, secrets) = (Arc::clone(&kept), Arc::clone(&secrets));
        let (warned, warn) = (Arc::clone(&warned), Arc::clone(&warn));
        Box::pin(async move {
            let Some(problems) = after(&manifest, &cycle, &kept, &secrets).await else { return };
            let mut warned = warned.lock().await;
            for problem in problems.iter().filter(|problem| !warned.contains(problem)) {
                warn(&format!("failed to {problem}; the cycle itself is not touched by it"));
            }
            *warned = problems;
        })
    })
}

/// Gives what could not be told; nothing where there was nothing to tell.
async fn after(manifest: &Manifest, cycle: &Cycle, kept: &Kept, secrets: &Secrets) -> Option<Vec<String>> {
    if manifest.notify.is_empty() {
        return None;
    }
    let what = match (&cycle.plan, &cycle.outcome, &cycle.ending) {
        (Some(plan), Some(outcome), _) => What::Ran { plan, outcome, whole: true },
        (_, _, Ending::Failed(failure)) => What::Failed { message: &failure.message },
        // Another run is at work and tells, or somebody asked to stop.
        (_, _, Ending::Locked(_) | Ending::Interrupted | Ending::Good | Ending::Held | Ending::SomeFailed) => {
            return None;
        }
    };
    let link = Origin::of(&|name| std::env::var(name).ok()).address;
    let event = Event {
        manifest: &cycle.manifest,
        target: &cycle.target,
        at: cycle.began,
        link: link.as_deref(),
        what,
        quarantine: match &cycle.quarantine {
            Some(quarantine) => Quarantine::Since(&quarantine.because.message),
            None => Quarantine::None,
        },
    };
    let mut kept = kept.lock().await;
    let before = match kept.take() {
        Some(known) => known,
        None => State::open(manifest, Path::new("")).map(|state| state.memory().told.clone()).unwrap_or_default(),
    };
    let notify::Outcome { told, mut problems } = notify::tell(manifest, &event, &before, secrets).await;
    if told != before
        && let Err(problem) = remember(manifest, &told)
    {
        problems.push(format!("remember what was told: {problem}; after a restart it is told again"));
    }
    *kept = Some(told);
    Some(problems)
}

/// Writes down what was told, between two cycles.
fn remember(manifest: &Manifest, told: &BTreeMap<Text, Told>) -> Result<(), String> {
    let mut state = State::open(manifest, Path::new("")).map_err(|error| error.to_string())?;
    let _guard = state.lock().map_err(|error| error.to_string())?;
    state.record(vec![Effect::Told(told.clone())]).map_err(|error| error.to_string())
}
