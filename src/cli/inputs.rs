//! What planning commands read, in one place: manifest, source, memory and live
//! Dialpad, or all of it from a recording.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use jiff::Timestamp;

use super::{
    Terminal, connect,
    directory::{self, Gathered, Reach},
    failed,
    load::{self, Loaded},
    output::{self, plain},
    progress::Progress,
};
use crate::{
    dialpad::{ReadError, Reader, Wanted},
    directory::Directory,
    exit::Exit,
    live::{Live, tenant::Company},
    manifest::{Dialpad, Manifest, Principal, Protected, Target},
    memory::Memory,
    names::{Folded, Text},
    plan::{
        self, Plan,
        recording::{self, Recording},
        redact,
    },
    problem::{Problem, Sources},
    render,
    service::{heard, turn},
    state::{State, StateError},
};

/// How the inputs are had.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ReadingArgs {
    /// Let the manifest's secrets come from a `command`
    #[arg(long)]
    pub allow_command: bool,
    /// Take the inputs from a recording: no network, no secrets
    #[arg(long, value_name = "FILE")]
    pub replay: Option<PathBuf>,
}

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct Inputs {
    /// The manifest.
    pub manifest: Manifest,
    /// The people and groups.
    pub directory: Directory,
    /// What Dialpad holds.
    pub live: Live,
    /// What is kept between runs.
    pub memory: Memory,
    /// The instant of the plan.
    pub now: Timestamp,
    /// The SCIM base URL, or `sandbox`.
    pub target: Text,
    /// Attributes that were asked for, whether anybody has a value or not.
    pub offered: Vec<Text>,
}

impl Inputs {
    /// As the planner takes them.
    pub fn values(&self) -> plan::Inputs<'_> {
        let Inputs { manifest, directory, live, memory, now, target: _, offered: _ } = self;
        plan::Inputs { manifest, directory, live, memory, now: *now }
    }

    /// Keeps them in a file.
    ///
    /// # Errors
    /// [`Exit::Failed`], when it cannot be written, after saying so.
    pub fn record(&self, file: &Path, redacted: bool, terminal: &mut Terminal) -> Result<(), Exit> {
        let mut recording = Recording {
            format_version: recording::FORMAT_VERSION,
            at: self.now,
            manifest: self.manifest.name.clone(),
            target: self.target.clone(),
            redacted: false,
            offered: offered(&self.directory, &self.offered),
            directory: self.directory.clone(),
            live: self.live.clone(),
            memory: self.memory.clone(),
        };
        if redacted {
            recording = redact::redact(&recording, &salt(), &said_by(&self.manifest));
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        let packed = packed.write_all(recording.write().as_bytes()).and_then(|()| packed.finish());
        let packed = packed.map_err(|error| {
            terminal.complain(&format!("failed to pack the recording: {}", plain(&error)));
            Exit::Failed
        })?;
        output::write_private(file, &packed, "keep the recording", terminal)?;
        terminal.say(&format!("recorded the inputs in {}", file.display()));
        Ok(())
    }
}

/// Loads the manifest, saying all that is wrong or doubtful.
///
/// # Errors
/// [`Exit::Failed`], after saying everything that is wrong.
pub fn manifest(file: &Path, terminal: &mut Terminal) -> Result<Manifest, Exit> {
    match load::manifest(file) {
        Ok(Loaded { manifest, warnings, sources, .. }) => {
            show(&warnings, &sources, terminal, false);
            Ok(manifest)
        }
        Err(unusable) => {
            show(&unusable.problems, &unusable.sources, terminal, true);
            Err(Exit::Failed)
        }
    }
}

/// Reads live Dialpad, with progress on a terminal; with what a plan of before `touched` in the admin API.
///
/// # Errors
/// [`Exit::Failed`], after saying why nothing could be read.
pub async fn live(
    reader: &Reader,
    manifest: &Manifest,
    directory: &Directory,
    state: &State,
    touched: Option<&Plan>,
    terminal: &mut Terminal,
) -> Result<Live, Exit> {
    warn_of_expiry(manifest, terminal);
    let mut want = turn::want(manifest, directory, state.memory(), Timestamp::now());
    let has_api = match &manifest.target {
        Target::Dialpad(Dialpad { api, .. }) => api.is_some(),
        Target::Sandbox(_) => true,
    };
    if let Some(plan) = touched.filter(|_| has_api) {
        want.tenant = Wanted::with_touched(want.tenant.take(), plan);
    }
    let progress = Progress::new(terminal, "reading Dialpad", None);
    let read = reader.live(&want, &|read| progress.set(read.read, Some(read.total))).await;
    progress.finish();
    let live = read.map_err(|error| {
        unreachable(&error, &manifest.target, terminal);
        Exit::Failed
    })?;
    turn::right_company_of(manifest, &live).map_err(|problem| failed(&problem, terminal))?;
    // Before names are refused: who wrote a wrong one completes the right one next.
    left(state.leave_names(manifest, heard::of_plan(manifest, directory, &want, &live)), terminal);
    names(manifest, &live, terminal)?;
    Ok(live)
}

/// Names for completion in editors were left, or not: nothing depends on it.
pub fn left(names: Result<(), StateError>, terminal: &mut Terminal) {
    if let Err(error) = names {
        terminal.say(&format!("note: names for completion in editors were not kept: failed to {error}"));
    }
}

/// Says when the key of the admin API expires soon, or has expired.
pub fn warn_of_expiry(manifest: &Manifest, terminal: &mut Terminal) {
    let today = jiff::tz::Offset::UTC.to_datetime(Timestamp::now()).date();
    match connect::expiry(&manifest.target, today) {
        Some(expiry) if expiry.is_past => terminal.complain(&format!("warning: {}", expiry.message)),
        Some(expiry) => terminal.say(&format!("warning: {}", expiry.message)),
        None => {}
    }
}

/// Whether the company is the one that the manifest names, asking only where it names one.
///
/// # Errors
/// [`Exit::Failed`], after saying what is wrong.
pub async fn check_company(
    manifest: &Manifest,
    company: impl Future<Output = Option<Company>>,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    match &manifest.target {
        Target::Dialpad(Dialpad { company: Some(_), .. }) => {
            turn::right_company(manifest, company.await.as_ref()).map_err(|problem| failed(&problem, terminal))
        }
        Target::Dialpad(_) | Target::Sandbox(_) => Ok(()),
    }
}

/// Refuses names of offices, contact centers and the like that lead nowhere, all at once.
///
/// # Errors
/// [`Exit::Failed`], after saying which.
pub fn names(manifest: &Manifest, live: &Live, terminal: &mut Terminal) -> Result<(), Exit> {
    let unknown = turn::unknown_names(manifest, live);
    unknown.iter().for_each(|line| terminal.complain(line));
    if unknown.is_empty() { Ok(()) } else { Err(Exit::Failed) }
}

/// Says that the service could not be read, with the next step.
pub fn unreachable(error: &ReadError, target: &Target, terminal: &mut Terminal) {
    let next = next_step(error, target);
    terminal.complain(&format!("failed to {error}\n  {next}; nothing was changed"));
}

/// What to do about it. The token and the key are two secrets, and only one of them was refused.
fn next_step(error: &ReadError, target: &Target) -> String {
    let secret = match (error, target) {
        (ReadError::Unreachable { .. } | ReadError::Unusable { .. }, _) => {
            return "`dialform doctor` tests the connection".to_owned();
        }
        (ReadError::Credentials { .. }, Target::Sandbox(_)) => "the token".to_owned(),
        (ReadError::Credentials { service, message: _ }, Target::Dialpad(dialpad)) => match &dialpad.api {
            Some(api) if *service != dialpad.url.value => format!("the key of the admin API ({})", api.key.place),
            Some(_) | None => format!("the token ({})", dialpad.token.place),
        },
    };
    format!("check {secret}; `dialform doctor` tests it")
}

/// Reads everything: from the manifest's source and target, or from a recording.
///
/// # Errors
/// [`Exit::Failed`], after saying why.
pub fn read(file: &Path, args: &ReadingArgs, reach: Reach, terminal: &mut Terminal) -> Result<Inputs, Exit> {
    let manifest = manifest(file, terminal)?;
    if let Some(recording) = &args.replay {
        return replay(manifest, recording, terminal);
    }
    let reader = connect::reader(&manifest, args.allow_command).map_err(|problem| failed(&problem, terminal))?;
    let mut state = state(&manifest, terminal)?;
    let runtime = super::runtime().map_err(|problem| failed(&problem, terminal))?;
    let gathered = runtime.block_on(directory::read(&manifest, reach, state.memory(), terminal))?;
    let Gathered { directory, offered } = gathered;
    let live = runtime.block_on(live(&reader, &manifest, &directory, &state, reach.touched, terminal))?;
    let now = Timestamp::now();
    // What an earlier run left in doubt is seen in what was read.
    state.resolve(&live, now, &mut |_, _| ()).map_err(|error| failed(&error.to_string(), terminal))?;
    let memory = state.memory().clone();
    let target = manifest.target.label();
    Ok(Inputs { manifest, directory, live, memory, now, target, offered })
}

/// Reads what is kept between runs.
///
/// # Errors
/// [`Exit::Failed`], after saying why it cannot be used.
pub fn state(manifest: &Manifest, terminal: &mut Terminal) -> Result<State, Exit> {
    let state = State::open(manifest, Path::new("")).map_err(|error| failed(&error.to_string(), terminal))?;
    for warning in state.warnings() {
        terminal.say(&format!("warning: {warning}"));
    }
    Ok(state)
}

/// Shows problems; warnings only when something may be said.
pub fn show(problems: &[Problem], sources: &Sources, terminal: &mut Terminal, wrong: bool) {
    if problems.is_empty() {
        return;
    }
    let text = render::problems::text(problems, sources, terminal.color_err);
    if wrong { terminal.complain(&text) } else { terminal.say(&text) }
}

/// The most bytes of a recording, unpacked.
const MOST_UNPACKED: u64 = 4 << 30;

/// Reads a recording of `plan --record`.
///
/// # Errors
/// [`Exit::Failed`], after saying why it cannot be read.
pub fn recording(file: &Path, terminal: &mut Terminal) -> Result<Recording, Exit> {
    let mut text = String::new();
    let opened = std::fs::File::open(file)
        .and_then(|packed| GzDecoder::new(packed).take(MOST_UNPACKED).read_to_string(&mut text));
    if let Err(error) = opened {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file",
            _ => "it is not a whole recording of `dialform plan --record`",
        };
        return Err(failed(&format!("read the recording `{}`: {why}", file.display()), terminal));
    }
    Recording::read(&text).map_err(|error| failed(&format!("{error} (`{}`)", file.display()), terminal))
}

fn replay(manifest: Manifest, file: &Path, terminal: &mut Terminal) -> Result<Inputs, Exit> {
    let recording = recording(file, terminal)?;
    let missing = recording.not_recorded(&manifest);
    for gap in &missing {
        let near = gap.near.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        terminal.complain(&format!(
            "{}: not_recorded: `{}` is not in the recording{near}; record again where the source has it",
            gap.place, gap.attribute
        ));
    }
    if !missing.is_empty() {
        return Err(Exit::Failed);
    }
    if recording.redacted {
        terminal.say("the recording is redacted: names, addresses and numbers are not the real ones");
    }
    let Recording { at, target, directory, live, memory, offered, .. } = recording;
    names(&manifest, &live, terminal)?;
    Ok(Inputs { manifest, directory, live, memory, now: at, target, offered })
}

/// Names of all attributes that were asked for or that anybody has.
fn offered(directory: &Directory, asked: &[Text]) -> Vec<Text> {
    let mut names: BTreeSet<Text> = asked.iter().cloned().collect();
    for person in directory.people.items().into_iter().flatten() {
        names.extend(person.attributes.names().cloned());
    }
    for group in directory.groups.items().into_iter().flatten() {
        names.extend(group.attributes.names().cloned());
    }
    names.into_iter().collect()
}

/// The people that the manifest names itself.
fn said_by(manifest: &Manifest) -> BTreeSet<Folded> {
    let mut said: BTreeSet<Folded> = manifest.pilot.iter().map(|name| name.value.clone()).collect();
    for assignment in &manifest.assignments {
        if let Principal::User(name) = &assignment.principal {
            said.insert(name.clone());
        }
    }
    for protected in &manifest.safety.protect {
        if let Protected::User { name, .. } = protected {
            said.insert(name.clone());
        }
    }
    said
}

/// Another salt for each recording, so that two of them cannot be joined.
fn salt() -> [u8; 16] {
    use std::hash::{BuildHasher, Hasher};
    let mut salt = [0; 16];
    for half in salt.chunks_mut(8) {
        // Keyed by the system's randomness.
        half.copy_from_slice(&std::hash::RandomState::new().build_hasher().finish().to_le_bytes());
    }
    salt
}
