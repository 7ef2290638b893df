//! `dialform apply [PLAN]`: carries out a saved plan, or a fresh one after a yes.

use std::{
    io::{self, BufRead},
    path::{Path, PathBuf},
};

use super::{
    ManifestArg, Terminal, ci, connect,
    directory::{self, Reach},
    inputs,
    output::plain,
    plan::{AboutArgs, Format},
    progress::Progress,
    tell::tell,
};
use crate::{
    apply::{self, Event, Freshness, Moved, Options, Stopping},
    exit::Exit,
    http::SPANS,
    manifest::Manifest,
    names::count,
    notify::What,
    plan::{self, Plan, outcome::Outcome},
    render::{self, text::View},
    service::{
        records::{Evaluated, Records},
        turn::{self, By},
    },
    state::{Doubt, Guard, LockError, State, StateError},
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A plan saved by `dialform plan --out`; without it a fresh one is made and shown
    plan: Option<PathBuf>,
    #[command(flatten)]
    manifest: ManifestArg,
    #[command(flatten)]
    about: AboutArgs,
    /// Let the manifest's secrets come from a `command`
    #[arg(long)]
    allow_command: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Leave out the changes of a saved plan whose objects moved, instead of refusing all
    #[arg(long, requires = "plan")]
    skip_stale: bool,
    /// How the outcome is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Carries out a plan.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let _span = tracing::info_span!(target: SPANS, "dialform apply").entered();
    let manifest = match inputs::manifest(&args.manifest.manifest, terminal) {
        Ok(manifest) => manifest,
        Err(exit) => return exit,
    };
    if !manifest.enabled.value {
        terminal.complain(&format!(
            "failed to apply: {} says `enabled: false`; `dialform plan` works, and `enabled: true` lets apply work",
            manifest.enabled.place
        ));
        return Exit::Failed;
    }
    let runtime = match super::runtime() {
        Ok(runtime) => runtime,
        Err(problem) => {
            terminal.complain(&format!("failed to {problem}"));
            return Exit::Failed;
        }
    };
    match runtime.block_on(carry_out(args, &manifest, terminal)) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// Carries out a plan, and tells whom the manifest names.
async fn carry_out(args: &Args, manifest: &Manifest, terminal: &mut Terminal) -> Result<Exit, Exit> {
    let mut state = None;
    let ended = attempt(args, manifest, &mut state, terminal).await;
    if ended == Err(Exit::Failed) {
        let message = terminal.complaint.trim_start_matches("failed to ").to_owned();
        // What a run before remembers is not ours to write without its lock.
        let locked = state.as_mut().map(|(state, _)| state);
        tell(manifest, What::Failed { message: &message }, locked, args.allow_command, terminal).await;
    }
    ended
}

/// `locked` is the state with its lock, once there is one; it is held to the end.
async fn attempt(
    args: &Args,
    manifest: &Manifest,
    locked: &mut Option<(State, Guard)>,
    terminal: &mut Terminal,
) -> Result<Exit, Exit> {
    let saved = match &args.plan {
        Some(file) => Some(saved(file, manifest, terminal)?),
        None => None,
    };
    let writer = connect::writer(manifest, args.allow_command).map_err(|problem| super::failed(&problem, terminal))?;
    let mut state = inputs::state(manifest, terminal)?;
    ci::warn_of_no_memory(manifest, &state, terminal);
    let waiting = |doubts: usize| {
        let doubts = count(doubts, "request", "requests");
        terminal.say(&format!("looking up {doubts} of an earlier run that was cut off"));
    };
    let guard = turn::lock(&mut state, waiting).await.map_err(|error| not_locked(&error, terminal))?;
    let (state, guard) = locked.insert((state, guard));
    let scim = manifest.target.scim();
    let base = Options { concurrency: scim.concurrency, page_size: scim.page_size, ..Options::default() };
    let unwritten = |error: StateError, terminal: &mut Terminal| super::failed(&error.to_string(), terminal);
    let records = Records::open(state, manifest);
    let mut told = |doubt: &Doubt, fate| records.recovered(doubt, fate);
    let mut read = None;
    let (plan, options) = match saved {
        Some(plan) => {
            let recovered = apply::recover(state, guard, writer.reader(), &mut told).await;
            recovered.map_err(|error| unwritten(error, terminal))?;
            inputs::warn_of_expiry(manifest, terminal);
            let company = writer.reader().company();
            inputs::check_company(manifest, company, terminal).await?;
            let freshness = apply::check_stale(&plan, writer.reader(), &base).await.map_err(|error| {
                inputs::unreachable(&error, &manifest.target, terminal);
                Exit::Failed
            })?;
            moved(&freshness, args.skip_stale, terminal)?;
            (plan, freshness.options(&base))
        }
        None => {
            let gathered = directory::read(manifest, Reach::default(), state.memory(), terminal).await?;
            let directory = gathered.directory;
            let live = inputs::live(writer.reader(), manifest, &directory, state, None, terminal).await?;
            let about = args.about.options(manifest.target.label());
            let planned = turn::plan(manifest, &directory, &live, state, &about, &records);
            let (plan, now) = planned.map_err(|error| unwritten(error, terminal))?;
            read = Some((directory, now));
            (plan, base)
        }
    };
    if args.plan.is_none() || !args.yes {
        let view = View { color: terminal.color_err, width: terminal.width, all: false, unmanaged: false };
        terminal.say(&render::text::plan(&plan, &view));
    }
    if !plan.is_empty() && !args.yes && !agreed(&plan, terminal) {
        return Ok(Exit::Failed);
    }
    let people = read.as_ref().map(|(directory, now)| (manifest, directory, *now));
    let evaluated = Evaluated { held: true, people };
    let stopping = Stopping::of_signals();
    let by = By { writer: &writer, state: &mut *state, guard, options: &options, stopping: &stopping };
    let progress = Progress::new(terminal, "applying", Some(plan.changes.len() as u64));
    let watch = |event: Event<'_>| match event {
        Event::Finished { result, .. } => progress.result(result),
        Event::Verifying { .. } | Event::Closing { .. } => {}
    };
    let (outcome, unlogged) = turn::carry_out(&plan, by, evaluated, records, &watch).await;
    progress.finish();
    if let Some(unlogged) = unlogged {
        terminal.complain(&format!("warning: {unlogged}"));
    }
    if let Some(requests) = state.store_requests() {
        tracing::info!(requests, store = %state.label(), "requests to the store of the state");
    }
    show(&plan, &outcome, args.format, terminal);
    let what = What::Ran { plan: &plan, outcome: &outcome, whole: is_whole(args, manifest, &plan) };
    tell(manifest, what, Some(state), args.allow_command, terminal).await;
    Ok(Exit::of_outcome(&plan, &outcome))
}

/// Whether a plan is about everybody that the manifest is about.
fn is_whole(args: &Args, manifest: &Manifest, plan: &Plan) -> bool {
    let AboutArgs { only, except, allow: _, retry_held: _ } = &args.about;
    only.is_empty() && except.is_empty() && (plan.left_out == 0 || !manifest.pilot.is_empty())
}

/// Prints what came of it.
fn show(plan: &Plan, outcome: &Outcome, format: Format, terminal: &mut Terminal) {
    let text = match format {
        Format::Text => {
            let view = View { color: terminal.color, width: terminal.width, all: false, unmanaged: false };
            render::text::outcome(plan, outcome, &view)
        }
        Format::Json => render::json::outcome(plan, outcome),
        Format::Markdown => render::markdown::outcome(plan, outcome),
        Format::Html => render::html::outcome(plan, outcome),
    };
    terminal.data(&text);
}

/// Reads a saved plan and refuses one of another manifest, target or version.
fn saved(file: &Path, manifest: &Manifest, terminal: &mut Terminal) -> Result<Plan, Exit> {
    let shown = file.display();
    let text = std::fs::read(file)
        .map_err(|error| super::failed(&format!("read the plan `{shown}`: {}", plain(&error)), terminal))?;
    let plan =
        plan::file::read_bytes(&text).map_err(|error| super::failed(&format!("{error} (`{shown}`)"), terminal))?;
    apply::check_fits(&plan, manifest).map_err(|error| super::failed(&format!("{error} (`{shown}`)"), terminal))?;
    Ok(plan)
}

/// Says which objects of a saved plan moved.
fn moved(freshness: &Freshness, skip: bool, terminal: &mut Terminal) -> Result<(), Exit> {
    if freshness.moved.is_empty() {
        return Ok(());
    }
    let number = count(freshness.moved.len(), "change", "changes");
    let list = freshness.moved.iter().map(line).collect::<Vec<_>>().join("\n");
    if skip {
        terminal.say(&format!("left out, because the objects moved since the plan was made, {number}:\n{list}"));
        return Ok(());
    }
    terminal.complain(&format!(
        "the plan is stale: the objects of {number} moved since it was made, and nothing was sent\n{list}\n  \
         make a new plan, or leave these out with --skip-stale"
    ));
    Err(Exit::Stale)
}

fn line(moved: &Moved) -> String {
    let what = moved.what.join("; ");
    let text = format!("  {} {}: {what}", moved.action.verb(), moved.subject.name);
    render::neutral::line(&text).into_owned()
}

fn not_locked(error: &LockError, terminal: &mut Terminal) -> Exit {
    terminal.complain(&format!("failed to {error}"));
    match error {
        LockError::Held { .. } => Exit::Locked,
        LockError::State(_) => Exit::Failed,
    }
}

/// Asks on the terminal; elsewhere `--yes` is needed.
fn agreed(plan: &Plan, terminal: &mut Terminal) -> bool {
    if !terminal.interactive {
        terminal.complain("failed to apply: there is no terminal to ask on; look at the plan and give --yes");
        return false;
    }
    let changes = count(plan.changes.len(), "change", "changes");
    terminal.complain(&format!("Carry out {changes}? Only `yes` is a yes:"));
    let mut answer = String::new();
    let yes = io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes";
    if !yes {
        terminal.complain("nothing was changed");
    }
    yes
}
