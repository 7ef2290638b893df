//! What is kept between runs: links, journal and lock.
//!
//! Losing it does no harm: what it alone knew is held back and said by the next plan.
//!
//! The memory is a document that is replaced as a whole, with a generation. The
//! journal holds what came after it and says which generation it follows. When a
//! run ends, the journal is folded into the next generation; the document and
//! the journal before are kept, so that one damaged file loses nothing.
//!
//! In a folder these are files (`store`), in an object store numbered objects
//! (`numbered`), so that runs on different machines share them.

pub mod bucket;
mod clock;
pub mod effect;
mod examine;
pub mod journal;
mod links;
mod lock;
mod numbered;
mod recovery;
pub mod store;
pub mod vocabulary;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

pub use bucket::{Bucket, Patience};
pub use clock::Clock;
pub use effect::Effect;
pub use examine::examine;
pub use journal::{Doubt, Ended, Journal, Seek, Untold};
pub use lock::{Guard, Hold, Holder, LockError, Look};
pub use recovery::{Fate, Found, Told};
pub use store::{Disk, Store};

use self::{
    journal::Entry,
    links::{Document, Kept},
    numbered::Numbers,
    store::Kind,
};
use crate::{
    manifest::{Manifest, StateUrl},
    memory::Memory,
    names::Text,
};

/// How long the entries of the budgets are kept: a rolling day, and the minute that they are gathered in.
const BUDGET_DAY: SignedDuration = SignedDuration::from_mins(24 * 60 + 1);

/// How often the files are read again when another run is replacing them meanwhile.
const READS: u32 = 5;

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The system refused.
    #[error("{doing} `{}`: {source}{}", path.display(), next_step(source))]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A symbolic link stands where the state should be.
    #[error("use `{}`: it is a symbolic link or no plain file; name the folder itself under `state.url`", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// Something that is not a folder stands where one should be.
    #[error("use `{}`: it is not a folder; name another under `state.url`", path.display())]
    NotAFolder {
        /// What it is.
        path: PathBuf,
    },
    /// A file is not as it was written.
    #[error(
        "read `{file}`: {problem}; put back a copy of the folder, or move the folder away: the next plan then holds back what only it knew, and `dialform state link` mends that"
    )]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// The object store refused, or cannot be used.
    #[error("{doing} `{label}`: {problem}; {next}")]
    Objects {
        /// What was tried.
        doing: &'static str,
        /// Where.
        label: String,
        /// What is wrong.
        problem: String,
        /// The next step.
        next: &'static str,
    },
    /// Another run has begun to write.
    #[error("write `{at}`: another run has taken it over; nothing more was sent")]
    TakenOver {
        /// Where.
        at: String,
    },
    /// What could not be written before is not tried again by the same run.
    #[error(transparent)]
    Before(Arc<StateError>),
    /// A file of another format.
    #[error(
        "read `{file}`: it has format version {version}, and this dialform knows {ours}; use the dialform that wrote it"
    )]
    Version {
        /// The file.
        file: String,
        /// Its version.
        version: u64,
        /// The version that is known.
        ours: u64,
    },
}

fn next_step(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; let this user write there, or name another folder under `state.url`"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; make room and run it again",
        _ => "",
    }
}

impl StateError {
    /// Whether another run has begun to write.
    pub fn is_taken_over(&self) -> bool {
        match self {
            StateError::TakenOver { .. } => true,
            StateError::Before(error) => error.is_taken_over(),
            StateError::Io { .. }
            | StateError::Link { .. }
            | StateError::NotAFolder { .. }
            | StateError::Damaged { .. }
            | StateError::Objects { .. }
            | StateError::Version { .. } => false,
        }
    }

    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| StateError::Io { doing, path: path.to_owned(), source }
    }

    fn objects(doing: &'static str, label: &str, problem: String, next: &'static str) -> Self {
        StateError::Objects { doing, label: label.to_owned(), problem, next }
    }

    fn damaged(file: impl fmt::Display, problem: impl fmt::Display) -> Self {
        StateError::Damaged { file: file.to_string(), problem: problem.to_string() }
    }
}

/// What is kept between runs for one manifest.
#[derive(Debug)]
pub struct State {
    store: Store,
    manifest: Text,
    target: Text,
    /// The target that it was written for, where it was written.
    written_for: Option<Text>,
    /// The generation of the document, or that it would have if it were whole.
    generation: u64,
    /// Whether the document on the disk is damaged, so that it is not worth keeping.
    damaged: bool,
    memory: Memory,
    in_doubt: Vec<Doubt>,
    untold: Vec<Untold>,
    warnings: Vec<String>,
    journal: Option<Arc<Journal>>,
    /// Where the numbers of an object store stand.
    numbers: Numbers,
    clock: Clock,
}

impl State {
    /// Reads the state of a manifest. Nothing is written, and no lock is needed.
    ///
    /// # Errors
    /// When it is there and cannot be used.
    pub fn open(manifest: &Manifest, base: &Path) -> Result<Self, StateError> {
        let target = manifest.target.label();
        Self::read(store(manifest, base)?, &manifest.name, &target)
    }

    /// Reads what a store holds for a manifest of this name and this target.
    ///
    /// # Errors
    /// As [`State::open`].
    pub fn read(store: Store, manifest: &Text, target: &Text) -> Result<Self, StateError> {
        store.check()?;
        let mut state = Self {
            store,
            manifest: manifest.clone(),
            target: target.clone(),
            written_for: None,
            generation: 0,
            damaged: false,
            memory: Memory::default(),
            in_doubt: Vec::new(),
            untold: Vec::new(),
            warnings: Vec::new(),
            journal: None,
            numbers: Numbers::default(),
            clock: Clock::System,
        };
        state.load()?;
        Ok(state)
    }

    /// With another clock than the system's.
    #[must_use]
    pub fn by(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The instant, by its clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What is remembered, with what earlier runs did before they were cut.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Requests of earlier runs of which nobody knows whether they were done.
    pub fn in_doubt(&self) -> &[Doubt] {
        &self.in_doubt
    }

    /// Changes that earlier runs ended before they were cut. The log may lack their lines.
    pub fn untold(&self) -> &[Untold] {
        &self.untold
    }

    /// The log has the line of each change of earlier runs, and it is on the disk.
    pub fn told(&mut self) {
        self.untold.clear();
    }

    /// What people should know of it: lower-case fragments.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Where it lies, for people.
    pub fn label(&self) -> String {
        self.store.label()
    }

    /// Requests that were sent to the object store that it lies in.
    pub fn store_requests(&self) -> Option<u64> {
        match &self.store {
            Store::Objects(bucket) => Some(bucket.requests()),
            Store::Folder(_) | Store::Memory(_) => None,
        }
    }

    /// Whether nothing was there.
    pub fn is_new(&self) -> bool {
        self.generation == 0 && self.memory.is_empty() && self.in_doubt.is_empty()
    }

    /// Takes the lock, reads again what another run may have changed, and begins a journal.
    ///
    /// # Errors
    /// When another run holds it, or the state cannot be written.
    pub fn lock(&mut self) -> Result<Guard, LockError> {
        self.store.prepare()?;
        let now = self.now();
        let run = run_id(now);
        let guard = lock::take(&self.store, &run)?;
        self.journal = None;
        let is_whole = self.load()?;
        match self.store {
            // The next number shuts out whoever held the lock before and still lives.
            Store::Objects(_) => self.take_over(&run, now)?,
            Store::Folder(_) | Store::Memory(_) if is_whole => self.begin(&run, now)?,
            Store::Folder(_) | Store::Memory(_) => self.fold(&run, now)?,
        }
        Ok(guard)
    }

    /// Folds until the next number is ours: a run before this one may write its last.
    fn take_over(&mut self, run: &Text, now: Timestamp) -> Result<(), StateError> {
        for _ in 0..READS {
            match self.fold(run, now) {
                Err(StateError::TakenOver { .. }) => self.load().map(drop)?,
                done => return done,
            }
        }
        self.fold(run, now)
    }

    /// The folder of this machine for a manifest, whether it is there or not: of its
    /// state, or of its log where the state lies in an object store.
    pub fn folder_of(manifest: &Manifest, base: &Path) -> PathBuf {
        folder(manifest, base)
    }

    /// What is known of a manifest's lock. What is kept is not read for it.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn look(manifest: &Manifest, base: &Path) -> Result<Look, StateError> {
        lock::look(&store(manifest, base)?)
    }

    /// Removes a manifest's lock that was looked at.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn unlock(manifest: &Manifest, base: &Path, seen: &Holder) -> Result<(), StateError> {
        lock::remove(&store(manifest, base)?, seen)
    }

    /// The journal, while the lock is held.
    pub fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    /// Remembers, and writes that to the journal if the lock is held.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record(&mut self, effects: Vec<Effect>) -> Result<(), StateError> {
        if effects.is_empty() {
            return Ok(());
        }
        self.absorb(&effects);
        match &self.journal {
            Some(journal) => journal.append(&Entry::Effects(effects)).map(drop),
            None => Ok(()),
        }
    }

    /// Remembers what the journal has already.
    pub fn absorb(&mut self, effects: &[Effect]) {
        for effect in effects {
            effect.apply(&mut self.memory);
        }
    }

    /// A request whose result stays unknown: the next run looks it up.
    pub fn keep_in_doubt(&mut self, doubt: Doubt) {
        if !self.in_doubt.iter().any(|known| known.id == doubt.id) {
            self.in_doubt.push(doubt);
        }
    }

    /// Settles an earlier doubt.
    fn settle(&mut self, doubt: &Text, effects: Vec<Effect>) -> Result<(), StateError> {
        self.record(effects)?;
        self.in_doubt.retain(|known| known.id != *doubt);
        match &self.journal {
            Some(journal) => journal.append(&Entry::Settled { doubt: doubt.clone() }).map(drop),
            None => Ok(()),
        }
    }

    /// Folds the journal into the memory and writes that. Call it at the end of a run.
    ///
    /// # Errors
    /// When it cannot be written; the journal still has everything then.
    pub fn commit(&mut self) -> Result<(), StateError> {
        let run = match &self.journal {
            Some(journal) => journal.run().clone(),
            None => return Ok(()),
        };
        self.fold(&run, self.now())
    }

    /// Writes the next generation of the memory, and begins a journal that follows it.
    fn fold(&mut self, run: &Text, now: Timestamp) -> Result<(), StateError> {
        self.memory.done.retain(|done| now.duration_since(done.at) <= BUDGET_DAY);
        let kept = Kept { memory: self.memory.clone(), in_doubt: self.in_doubt.clone(), untold: self.untold.clone() };
        if let Some(journal) = &self.journal {
            // So that one damaged object loses nothing.
            journal.flush()?;
            self.numbers.last = journal.last_number().unwrap_or(self.numbers.last);
            self.generation = self.generation.max(self.numbers.last);
        }
        let generation = self.generation + 1;
        let document = Document { target: self.target.clone(), generation, kept };
        let text = links::write(&document, &self.manifest, now)
            .map_err(|problem| StateError::damaged(self.store.label(), problem))?;
        match self.store.kind() {
            Kind::Files(files) => {
                let beside = format!("{}.next", links::FILE);
                files.replace(&beside, text.as_bytes())?;
                if !self.damaged {
                    files.rename(links::FILE, links::PREVIOUS)?;
                }
                files.rename(&beside, links::FILE)?;
                files.rename(journal::FILE, journal::PREVIOUS)?;
            }
            Kind::Objects(bucket) => {
                if !numbered::create(bucket, generation, text)? {
                    return Err(StateError::TakenOver { at: bucket.label().to_owned() });
                }
                let before = self.numbers.base;
                numbered::tidy(bucket, &mut self.numbers, before);
                self.numbers.present.extend(self.numbers.last + 1..=generation);
                (self.numbers.last, self.numbers.base) = (generation, generation);
            }
        }
        (self.generation, self.damaged) = (generation, false);
        self.begin(run, now)
    }

    /// Begins a journal that follows the memory as it is on the disk.
    fn begin(&mut self, run: &Text, now: Timestamp) -> Result<(), StateError> {
        self.journal = Some(Arc::new(Journal::begin(&self.store, self.generation, &self.target, run, now)?));
        Ok(())
    }

    /// Reads; gives whether the document says all that is known.
    fn load(&mut self) -> Result<bool, StateError> {
        let mut tries = 1;
        let read = loop {
            let read = match self.store.kind() {
                Kind::Files(files) => recovery::read(files),
                Kind::Objects(bucket) => {
                    let (read, numbers) = numbered::read(bucket)?;
                    self.numbers = numbers;
                    break read;
                }
            };
            match read {
                Ok(read) => break read,
                // Another run was folding between two of our reads.
                Err(StateError::Damaged { .. }) if tries < READS => tries += 1,
                Err(error) => return Err(error),
            }
        };
        (self.generation, self.damaged) = (read.generation, read.damaged);
        let Kept { memory, in_doubt, untold } = read.kept;
        (self.memory, self.in_doubt, self.untold) = (memory, in_doubt, untold);
        self.warnings = read.warnings;
        self.written_for = read.written_for;
        if let Some(was) = self.written_for.clone().filter(|was| *was != self.target) {
            self.warnings.push(format!(
                "what is kept in `{}` was written for {was}, and the target is now {}",
                self.store.label(),
                self.target
            ));
        }
        Ok(read.settled)
    }
}

/// Where the state of a manifest lies.
fn store(manifest: &Manifest, base: &Path) -> Result<Store, StateError> {
    match &manifest.state.value {
        StateUrl::Folder(_) => Ok(Store::Folder(folder(manifest, base))),
        StateUrl::Objects { url, beside: _ } => {
            Bucket::connect(url, &StateUrl::folder_name(&manifest.name)).map(Store::Objects)
        }
    }
}

/// The folder of a manifest on this machine.
fn folder(manifest: &Manifest, base: &Path) -> PathBuf {
    base.join(&**manifest.state.value.folder()).join(StateUrl::folder_name(&manifest.name))
}

/// An id that no other run has: when it began, and its process.
fn run_id(now: Timestamp) -> Text {
    let mut salt = Sha256::new();
    salt.update(std::process::id().to_be_bytes());
    salt.update(now.as_nanosecond().to_be_bytes());
    salt.update(std::env::current_dir().unwrap_or_default().as_os_str().as_encoded_bytes());
    let salt = links::hex(&salt.finalize()[..4]);
    format!("{}-{salt}", now.strftime("%Y%m%dT%H%M%SZ")).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        memory::UserLink,
        names::{SourceId, TargetId},
        plan::{Action, CauseKind, ChangeId, Kind, Subject, outcome::Status},
    };

    fn open(store: Store) -> Result<State, StateError> {
        State::read(store, &"acme".into(), &"sandbox".into())
    }

    fn link(person: &str) -> Effect {
        Effect::LinkUser { person: SourceId::from(person), target: TargetId::from(person), name: person.into() }
    }

    fn doubt(id: &str) -> Doubt {
        Doubt {
            id: id.into(),
            change: ChangeId(id.into()),
            action: Action::CreateUser,
            subject: Subject { kind: Kind::User, name: id.into(), source: Some(SourceId::from(id)), target: None },
            cause: CauseKind::Assigned,
            at: Timestamp::UNIX_EPOCH,
            seek: Seek { external_id: Some(id.into()), name: None },
        }
    }

    fn people(state: &State) -> Vec<&str> {
        state.memory().users.keys().map(SourceId::as_str).collect()
    }

    fn doubts(state: &State) -> Vec<&str> {
        state.in_doubt().iter().map(|doubt| &*doubt.id).collect()
    }

    /// A disk with two generations of links and a journal: a, then b, then c and a request in doubt.
    async fn used() -> Disk {
        let disk = Disk::default();
        for (person, commit) in [("a", true), ("b", true), ("c", false)] {
            let mut state = open(Store::Memory(disk.clone())).unwrap();
            let _guard = state.lock().unwrap();
            state.record(vec![link(person)]).unwrap();
            if commit {
                state.commit().unwrap();
            } else {
                state.journal().unwrap().intend(&doubt("d")).await.unwrap();
            }
        }
        disk
    }

    #[tokio::test]
    async fn what_a_killed_run_did_is_remembered_and_what_it_was_about_to_do_is_in_doubt() {
        let disk = used().await;
        let state = open(Store::Memory(disk.clone())).unwrap();
        assert_eq!((people(&state), doubts(&state)), (vec!["a", "b", "c"], vec!["d"]));
        // And the next run carries that over, however often it is killed.
        for _ in 0..3 {
            let mut state = open(Store::Memory(disk.clone())).unwrap();
            let _guard = state.lock().unwrap();
            assert_eq!((people(&state), doubts(&state)), (vec!["a", "b", "c"], vec!["d"]));
        }
    }

    #[tokio::test]
    async fn one_damaged_document_loses_nothing() {
        for damage in [Some(&b"{\"format\":"[..]), None] {
            let disk = used().await;
            disk.set(links::FILE, damage);
            let mut state = open(Store::Memory(disk.clone())).unwrap();
            assert_eq!((people(&state), doubts(&state)), (vec!["a", "b", "c"], vec!["d"]));
            assert_eq!(state.warnings().iter().any(|said| said.contains("recovered")), damage.is_some());
            let guard = state.lock().unwrap();
            state.commit().unwrap();
            drop(guard);
            let state = open(Store::Memory(disk)).unwrap();
            assert_eq!((people(&state), doubts(&state)), (vec!["a", "b", "c"], vec!["d"]));
            assert!(state.warnings().is_empty());
        }
    }

    /// There is no document before the first one, and its journal says all that the first run did.
    #[tokio::test]
    async fn the_first_document_is_damaged_and_nothing_is_lost() {
        for damage in [Some(&b"{\"format\":"[..]), None] {
            let disk = Disk::default();
            for person in ["a", "b"] {
                let mut state = open(Store::Memory(disk.clone())).unwrap();
                let _guard = state.lock().unwrap();
                state.record(vec![link(person)]).unwrap();
                if person == "a" {
                    state.commit().unwrap();
                }
            }
            disk.set(links::FILE, damage);
            let mut state = open(Store::Memory(disk.clone())).unwrap();
            assert_eq!(people(&state), ["a", "b"], "{damage:?}");
            assert_eq!(state.warnings().iter().any(|said| said.contains("recovered")), damage.is_some());
            let guard = state.lock().unwrap();
            state.commit().unwrap();
            drop(guard);
            assert_eq!(people(&open(Store::Memory(disk)).unwrap()), ["a", "b"]);
        }
    }

    #[tokio::test]
    async fn two_damaged_documents_are_refused_with_the_next_step() {
        let disk = used().await;
        disk.set(links::FILE, Some(b""));
        disk.set(links::PREVIOUS, Some(b"{}"));
        let error = open(Store::Memory(disk)).unwrap_err().to_string();
        assert!(error.contains("read `memory.json`") && error.contains("dialform state link"), "{error}");
    }

    #[tokio::test]
    async fn a_gap_between_document_and_journal_is_refused() {
        let disk = used().await;
        disk.set(links::FILE, None);
        disk.set(journal::PREVIOUS, None);
        let error = open(Store::Memory(disk)).unwrap_err().to_string();
        assert!(error.contains("goes on from a later version"), "{error}");
    }

    #[tokio::test]
    async fn a_newer_document_is_refused_even_when_an_older_copy_is_there() {
        let disk = used().await;
        let text = String::from_utf8(disk.file(links::FILE).unwrap()).unwrap();
        disk.set(links::FILE, Some(text.replace("\"version\":1", "\"version\":9").as_bytes()));
        let error = open(Store::Memory(disk)).unwrap_err().to_string();
        assert!(error.contains("format version 9"), "{error}");
    }

    #[tokio::test]
    async fn power_loss_keeps_what_was_synced() {
        let disk = used().await;
        let mut state = open(Store::Memory(disk.clone())).unwrap();
        let _guard = state.lock().unwrap();
        let journal = Arc::clone(state.journal().unwrap());
        let line = journal.intend(&doubt("e")).await.unwrap();
        let target = Some(TargetId::from("e"));
        let ended = Ended { status: Status::Done, target: target.clone(), left_out: Vec::new() };
        journal.settle(line, vec![link("e")], Some(ended)).unwrap();
        for (more, linked) in [(0, false), (20, false), (usize::MAX, true)] {
            let copy = Disk::default();
            for name in [links::FILE, links::PREVIOUS, journal::FILE, journal::PREVIOUS] {
                copy.set(name, disk.file(name).as_deref());
            }
            if !linked {
                let synced = journal::line(1, &Entry::Intent(doubt("e"))).unwrap();
                let whole = copy.file(journal::FILE).unwrap();
                let end =
                    whole.windows(synced.len()).position(|part| part == synced.as_bytes()).unwrap() + synced.len();
                copy.set(journal::FILE, Some(&whole[..end + more]));
            }
            let mut state = open(Store::Memory(copy.clone())).unwrap();
            assert_eq!(people(&state).contains(&"e"), linked);
            assert_eq!(doubts(&state).contains(&"e"), !linked);
            // What was done is kept for the log, over as many runs as are cut, until it is told.
            for _ in 0..2 {
                let untold: Vec<_> = state.untold().iter().map(|untold| untold.of.change.0.to_string()).collect();
                assert_eq!(untold, if linked { vec!["e"] } else { Vec::new() });
                assert!(state.untold().iter().all(|untold| untold.result().target == target));
                drop(state.lock().unwrap());
                state = open(Store::Memory(copy.clone())).unwrap();
            }
            let guard = state.lock().unwrap();
            state.told();
            state.commit().unwrap();
            drop(guard);
            assert!(open(Store::Memory(copy)).unwrap().untold().is_empty());
        }
    }

    #[test]
    fn a_full_disk_is_said_and_harms_nothing() {
        let disk = Disk::default();
        let mut state = open(Store::Memory(disk.clone())).unwrap();
        let _guard = state.lock().unwrap();
        state.record(vec![link("a")]).unwrap();
        disk.limit(Some(30));
        let error = state.record(vec![link("b")]).unwrap_err().to_string();
        assert!(error.contains("make room"), "{error}");
        assert!(state.commit().is_err());
        assert_eq!(people(&open(Store::Memory(disk.clone())).unwrap()), ["a"]);
        disk.limit(None);
        state.commit().unwrap();
        assert_eq!(people(&open(Store::Memory(disk)).unwrap()), ["a", "b"]);
    }

    #[test]
    fn another_target_is_said() {
        let disk = Disk::default();
        let mut state = open(Store::Memory(disk.clone())).unwrap();
        let guard = state.lock().unwrap();
        state.record(vec![link("a")]).unwrap();
        state.commit().unwrap();
        drop(guard);
        let state = State::read(Store::Memory(disk), &"acme".into(), &"https://dialpad.com/scim".into()).unwrap();
        let said = state.warnings().join("\n");
        assert!(said.contains("written for sandbox, and the target is now https://dialpad.com/scim"), "{said}");
    }

    #[test]
    fn opening_for_a_plan_writes_nothing() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("state").join("acme");
        let state = open(Store::Folder(folder)).unwrap();
        assert!(state.is_new());
        assert_eq!(std::fs::read_dir(base.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn files_are_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("state").join("acme");
        let mut state = open(Store::Folder(folder.clone())).unwrap();
        let _guard = state.lock().unwrap();
        state.record(vec![link("a")]).unwrap();
        state.commit().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(files.len() >= 4, "{files:?}");
        for file in files {
            assert_eq!(mode(&file), 0o600, "{file:?}");
        }
        assert_eq!(people(&open(Store::Folder(folder)).unwrap()), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_elsewhere_are_refused() {
        let base = tempfile::tempdir().unwrap();
        let elsewhere = base.path().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, base.path().join("state")).unwrap();
        let error = open(Store::Folder(base.path().join("state").join("acme"))).unwrap_err().to_string();
        assert!(error.contains("symbolic link") && error.contains("state.url"), "{error}");
        let folder = base.path().join("own");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(elsewhere.join("file"), b"").unwrap();
        std::os::unix::fs::symlink(elsewhere.join("file"), folder.join(journal::FILE)).unwrap();
        let mut state = State { store: Store::Folder(folder.clone()), ..open(Store::Memory(Disk::default())).unwrap() };
        assert!(state.lock().unwrap_err().to_string().contains("symbolic link"));
        assert!(open(Store::Folder(folder.join("file"))).is_ok());
        std::fs::write(base.path().join("plain"), b"").unwrap();
        let error = open(Store::Folder(base.path().join("plain"))).unwrap_err().to_string();
        assert!(error.contains("not a folder"), "{error}");
    }

    #[test]
    fn a_link_to_the_same_account_keeps_that_we_suspended_it() {
        let mut memory = Memory::default();
        link("a").apply(&mut memory);
        let at = Timestamp::UNIX_EPOCH;
        let person = SourceId::from("a");
        let (target, name) = (TargetId::from("a"), "a".into());
        Effect::Disabled { person: person.clone(), target, name, at }.apply(&mut memory);
        link("a").apply(&mut memory);
        let expected =
            UserLink { target: TargetId::from("a"), name: "a".into(), disabled_since: Some(at), vanished_since: None };
        assert_eq!(memory.users[&person], expected, "a link to the same account keeps that we suspended it");
        Effect::UnlinkUser { person }.apply(&mut memory);
        assert!(memory.is_empty());
    }
}
