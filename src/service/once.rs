//! One cycle, from the lock to the log.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    board::{Board, Phase, Scene},
    cycle::{Cycle, Ending, Failure, Tally, Trouble},
    heard,
    means::{Gathered, Means},
    records::{Evaluated, Records},
    turn,
};
use crate::{
    apply::{Event, Options, Stopping},
    dialpad::{ReadError, Writer},
    http::{SPANS, Traffic},
    live::Live,
    manifest::Manifest,
    names::Text,
    plan::{self, Held, Plan, outcome::Outcome},
    state::{LockError, State, StateError},
};

/// What the cycle before wrote down, so that it is not written again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    manifest: Text,
    directory: Text,
    held: Vec<Held>,
}

/// What a cycle leaves.
#[derive(Default)]
struct Left {
    plan: Option<Arc<Plan>>,
    outcome: Option<Arc<Outcome>>,
    traffic: Traffic,
    warnings: Vec<String>,
}

/// Goes through one cycle. It always comes to an end.
#[tracing::instrument(target = SPANS, name = "dialform cycle", skip_all, fields(number))]
pub(super) async fn cycle(
    number: u64,
    manifest: Arc<Manifest>,
    means: Arc<Means>,
    board: Board,
    stopping: Stopping,
    mut written: Written,
) -> (Cycle, Written) {
    let (began, started) = (means.clock.now(), Instant::now());
    let mut left = Left::default();
    let ending = match attempt(&manifest, &means, &board, &stopping, &mut left, &mut written).await {
        Ok(ending) | Err(ending) => ending,
    };
    let Left { plan, outcome, traffic, warnings } = left;
    let tally = plan.as_ref().map(|plan| Tally::of(plan, outcome.as_deref())).unwrap_or_default();
    let (name, target) = (manifest.name.clone(), manifest.target.label());
    let cycle = Cycle {
        number,
        manifest: name,
        target,
        began,
        took: started.elapsed(),
        ending,
        plan,
        outcome,
        tally,
        traffic,
        quarantine: None,
        lifted: false,
        manifest_problem: None,
        warnings,
    };
    (cycle, written)
}

async fn attempt(
    manifest: &Arc<Manifest>,
    means: &Means,
    board: &Board,
    stopping: &Stopping,
    left: &mut Left,
    written: &mut Written,
) -> Result<Ending, Ending> {
    board.phase(Phase::Preparing, None);
    let writer = (means.connect)(manifest).map_err(|message| failed(Trouble::Target, message))?;
    let ending = with(&writer, manifest, means, board, stopping, left, written).await;
    left.traffic = writer.reader().traffic();
    ending
}

async fn with(
    writer: &Writer,
    manifest: &Arc<Manifest>,
    means: &Means,
    board: &Board,
    stopping: &Stopping,
    left: &mut Left,
    written: &mut Written,
) -> Result<Ending, Ending> {
    let mut state = (means.open)(manifest).map_err(|error| of_state(&error))?.by(means.clock);
    left.warnings.extend_from_slice(state.warnings());
    let guard = turn::lock(&mut state, |_| board.phase(Phase::Waiting, None)).await.map_err(|error| match error {
        LockError::Held { .. } => Ending::Locked(error.to_string()),
        LockError::State(error) => of_state(&error),
    })?;
    let records = Records::open(&mut state, manifest);
    let (directory, live) = tokio::select! {
        biased;
        () = asked(stopping) => return Err(Ending::Interrupted),
        read = read(writer, manifest, means, board, &state) => read?,
    };
    let Gathered { directory, warnings } = directory;
    left.warnings.extend(warnings);
    board.phase(Phase::Planning, None);
    let options = plan::Options { target: manifest.target.label(), ..plan::Options::default() };
    let (plan, now) =
        turn::plan(manifest, &directory, &live, &mut state, &options, &records).map_err(|error| of_state(&error))?;
    let plan = left.plan.insert(Arc::new(plan)).clone();
    let changes = plan.changes.len() as u64;
    board.phase(Phase::Applying, Some(changes));
    let scim = manifest.target.scim();
    let how = Options { concurrency: scim.concurrency, page_size: scim.page_size, ..Options::default() };
    let by = turn::By { writer, state: &mut state, guard: &guard, options: &how, stopping };
    let watch = |event: Event<'_>| match event {
        Event::Finished { done, of, .. } => board.progress(done as u64, Some(of as u64)),
        Event::Closing { .. } => {}
        Event::Verifying { objects } => board.phase(Phase::Verifying, Some(objects as u64)),
    };
    let next = Written {
        manifest: manifest.digest.clone(),
        directory: plan.made_from.directory_digest.clone(),
        held: plan.held.clone(),
    };
    let same_people = (&next.manifest, &next.directory) == (&written.manifest, &written.directory);
    let people = (!same_people).then_some((&**manifest, &directory, now));
    let evaluated = Evaluated { held: !same_people || next.held != written.held, people };
    let (outcome, unlogged) = turn::carry_out(&plan, by, evaluated, records, &watch).await;
    if unlogged.is_none() {
        *written = next;
    }
    left.warnings.extend(unlogged);
    let ending = Ending::of(&plan, &outcome);
    left.outcome = Some(Arc::new(outcome));
    if board.keeps_scene() {
        let (manifest, memory) = (Arc::clone(manifest), state.memory().clone());
        board.keep_scene(Scene { manifest, directory, live, memory, now });
    }
    Ok(ending)
}

/// Reads the source, then Dialpad.
async fn read(
    writer: &Writer,
    manifest: &Manifest,
    means: &Means,
    board: &Board,
    state: &State,
) -> Result<(Gathered, Live), Ending> {
    board.phase(Phase::ReadingSource, None);
    let gathered = (means.gather)(manifest, state.memory(), board).await.map_err(Ending::Failed)?;
    board.phase(Phase::ReadingDialpad, None);
    let want = turn::want(manifest, &gathered.directory, state.memory(), state.now());
    let seen = |read: crate::dialpad::Read| board.progress(read.read, Some(read.total));
    let live = writer.reader().live(&want, &seen).await.map_err(|error| {
        let trouble = match &error {
            ReadError::Credentials { .. } => Trouble::Credentials,
            ReadError::Unreachable { .. } | ReadError::Unusable { .. } => Trouble::Target,
        };
        failed(trouble, format!("{error}; `dialform doctor` tests the connection"))
    })?;
    turn::right_company_of(manifest, &live).map_err(|problem| failed(Trouble::Target, problem))?;
    let heard = heard::of_plan(manifest, &gathered.directory, &want, &live);
    if let Err(error) = state.leave_names(manifest, heard) {
        tracing::debug!(%error, "names for completion were not kept");
    }
    let unknown = turn::unknown_names(manifest, &live);
    if !unknown.is_empty() {
        return Err(failed(Trouble::Target, format!("find what the manifest names:\n{}", unknown.join("\n"))));
    }
    Ok((gathered, live))
}

async fn asked(stopping: &Stopping) {
    stopping.clone().asked().await;
}

fn failed(trouble: Trouble, message: String) -> Ending {
    Ending::Failed(Failure::new(trouble, message))
}

fn of_state(error: &StateError) -> Ending {
    match error.is_taken_over() {
        true => Ending::Locked(error.to_string()),
        false => failed(Trouble::State, error.to_string()),
    }
}
