//! The journal: what is about to be sent, and what came of it, a line each.
//!
//! A line is a JSON object with a sum over its entry. A request is written down
//! before it is sent and forced to the disk (one sync serves all that wait for
//! it); its result is written after the answer. Whatever has no result when the
//! journal is read is in doubt and is looked up.
//!
//! In an object store the lines are gathered: a segment of them is one object, and
//! a result waits for the next intent or the end of the run.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{
    StateError,
    effect::Effect,
    links::hex,
    numbered::Segments,
    store::{Appended, Kind, Store},
};
use crate::{
    names::{TargetId, Text},
    plan::{
        Action, CauseKind, ChangeId, Subject,
        outcome::{ChangeResult, LeftOut, Status},
    },
};

/// The journal since the memory was last written.
pub(super) const FILE: &str = "journal.jsonl";
/// The journal that led to the memory as it was last written.
pub(super) const PREVIOUS: &str = "journal.previous.jsonl";

const VERSION: u64 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    /// The first line: what the journal follows.
    Begin {
        /// The format.
        version: u64,
        /// The generation of the memory that it adds to.
        generation: u64,
        /// The target.
        target: Text,
        /// The run.
        run: Text,
        /// When.
        at: Timestamp,
    },
    /// A request is about to be sent.
    Intent(Doubt),
    /// What came of an intent, by the number of its line.
    Result {
        /// The line of the intent.
        of: u64,
        /// What is remembered now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        effects: Vec<Effect>,
        /// How the change ended, after its last request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<Box<Ended>>,
    },
    /// A change ended that needed no request.
    Ended {
        /// The change, as an intent would have it.
        of: Box<Doubt>,
        /// What is remembered now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        effects: Vec<Effect>,
        /// How it ended.
        ended: Box<Ended>,
    },
    /// Something to be remembered without a request.
    Effects(Vec<Effect>),
    /// A doubt that was carried over from before was settled, by its id.
    Settled {
        /// [`Doubt::id`].
        doubt: Text,
    },
}

/// A request that is about to be sent, and in doubt as long as nothing is known of its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// An id that no other request has: run, change and number.
    pub id: Text,
    /// The change that it belongs to.
    pub change: ChangeId,
    /// What the change does.
    pub action: Action,
    /// To whom or what.
    pub subject: Subject,
    /// What caused it, for the budgets.
    pub cause: CauseKind,
    /// When it was about to be sent.
    pub at: Timestamp,
    /// How a new object is found.
    #[serde(default, skip_serializing_if = "Seek::is_nothing")]
    pub seek: Seek,
}

/// How an object that may have been created is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seek {
    /// The `externalId` that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<Text>,
    /// The `userName` or `displayName` that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
}

/// How a change ended, so that a line of the log that a power loss took can be written again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How it went.
    #[serde(flatten)]
    pub status: Status,
    /// The object, when it exists now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetId>,
    /// Members that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A change that an earlier run ended, and that nobody may have told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untold {
    /// Its last request, or what would have been one.
    pub of: Doubt,
    /// How it ended.
    pub ended: Ended,
}

impl Untold {
    /// The result, as the run had it.
    pub fn result(&self) -> ChangeResult {
        let Doubt { id: _, change, action, subject, cause: _, at: _, seek: _ } = self.of.clone();
        let Ended { status, target, left_out } = self.ended.clone();
        // The journal names requests, not what they gave; the kept plan has that.
        let grants = Vec::new();
        ChangeResult {
            change,
            action,
            subject,
            grants,
            status,
            target,
            left_out,
            not_stored: Vec::new(),
            waiting: false,
        }
    }
}

impl Doubt {
    /// The run that wrote it down.
    pub fn run(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }
}

impl Seek {
    fn is_nothing(&self) -> bool {
        self == &Seek::default()
    }
}

/// What a journal says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The generation that it follows; `None` when not even its first line is whole.
    pub generation: Option<u64>,
    /// The target.
    pub target: Option<Text>,
    /// What is remembered, in order.
    pub effects: Vec<Effect>,
    /// Requests without a result.
    pub in_doubt: Vec<Doubt>,
    /// Earlier doubts that were settled.
    pub settled: Vec<Text>,
    /// Changes that ended.
    pub untold: Vec<Untold>,
}

impl Said {
    /// Whether nothing was said after the first line.
    pub(super) fn is_empty(&self) -> bool {
        let Said { generation: _, target: _, effects, in_doubt, settled, untold } = self;
        effects.is_empty() && in_doubt.is_empty() && settled.is_empty() && untold.is_empty()
    }
}

const BEFORE_NUMBER: &str = "{\"n\":";
const BEFORE_SUM: &str = ",\"sum\":\"";
const AFTER_SUM: &str = "\",\"entry\":";
/// Bytes of the sum that are kept: enough against accidents.
const SUM_BYTES: usize = 8;

fn sum(number: u64, entry: &str) -> String {
    let digest = Sha256::new().chain_update(number.to_be_bytes()).chain_update(entry.as_bytes()).finalize();
    hex(&digest[..SUM_BYTES])
}

/// The line of an entry, with its number, so that a line that is missing is noticed.
pub(super) fn line(number: u64, entry: &Entry) -> Result<String, String> {
    let entry = serde_json::to_string(entry).map_err(|error| error.to_string())?;
    Ok(format!("{BEFORE_NUMBER}{number}{BEFORE_SUM}{}{AFTER_SUM}{entry}}}\n", sum(number, &entry)))
}

/// The entry of a whole line, with the number that it says it has.
fn entry(line: &[u8]) -> Option<(u64, Entry)> {
    let line = std::str::from_utf8(line).ok()?;
    let (number, rest) = line.strip_prefix(BEFORE_NUMBER)?.split_once(BEFORE_SUM)?;
    let (given, rest) = rest.split_once(AFTER_SUM)?;
    let text = rest.strip_suffix('}')?;
    let number = number.parse().ok()?;
    if sum(number, text) != given {
        return None;
    }
    Some((number, serde_json::from_str(text).ok()?))
}

/// Reads a journal. What follows the last whole line was being written when the
/// program or the machine ended, and nothing was sent for it; a broken line
/// with whole ones after it is damage.
pub(super) fn read(bytes: &[u8], file: &str) -> Result<Said, StateError> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let entries: Vec<Option<(u64, Entry)>> =
        lines.iter().map(|line| line.strip_suffix(b"\n").and_then(entry)).collect();
    let torn = entries.iter().position(Option::is_none).unwrap_or(entries.len());
    if entries[torn..].iter().any(Option::is_some) {
        let problem = format!("line {} is damaged, and there are whole lines after it", torn + 1);
        return Err(StateError::damaged(file, problem));
    }
    // A line that was cut holds no beginning of another: what parted them is damaged.
    let marker = BEFORE_NUMBER.as_bytes();
    let runs_on = |line: &&[u8]| line.windows(marker.len()).skip(1).any(|bytes| bytes == marker);
    if lines.get(torn).is_some_and(runs_on) {
        let problem = format!("line {} is damaged, and runs on into the next", torn + 1);
        return Err(StateError::damaged(file, problem));
    }
    let mut said = Said::default();
    let mut open: BTreeMap<u64, Doubt> = BTreeMap::new();
    for (number, (given, entry)) in (0_u64..).zip(entries.into_iter().flatten()) {
        if given != number {
            return Err(StateError::damaged(file, format!("line {} is out of order or missing", number + 1)));
        }
        match entry {
            Entry::Begin { version, .. } if version != VERSION => {
                return Err(StateError::Version { file: file.to_owned(), version, ours: VERSION });
            }
            Entry::Begin { generation, target, .. } if number == 0 => {
                (said.generation, said.target) = (Some(generation), Some(target));
            }
            _ if said.generation.is_none() => {
                return Err(StateError::damaged(file, "its first line is missing"));
            }
            Entry::Begin { .. } => return Err(StateError::damaged(file, "it begins twice")),
            Entry::Intent(doubt) => {
                open.insert(number, doubt);
            }
            Entry::Result { of, effects, ended } => {
                let Some(of) = open.remove(&of) else {
                    return Err(StateError::damaged(file, format!("line {} answers no request", number + 1)));
                };
                said.effects.extend(effects);
                said.untold.extend(ended.map(|ended| Untold { of, ended: *ended }));
            }
            Entry::Ended { of, effects, ended } => {
                said.effects.extend(effects);
                said.untold.push(Untold { of: *of, ended: *ended });
            }
            Entry::Effects(effects) => said.effects.extend(effects),
            Entry::Settled { doubt } => said.settled.push(doubt),
        }
    }
    said.in_doubt = open.into_values().collect();
    Ok(said)
}

/// The open journal of a run.
#[derive(Debug)]
pub struct Journal {
    tail: Mutex<Tail>,
    /// Held by whoever syncs; who waits for it finds its lines synced, or that they cannot be.
    turn: tokio::sync::Mutex<Turn>,
    synced: AtomicU64,
    run: Text,
}

#[derive(Debug, Default)]
struct Turn {
    /// When the last sync began.
    last: Option<Instant>,
    /// Why an object store could not be written: nobody waits for the same again.
    broken: Option<Arc<StateError>>,
}

#[derive(Debug)]
struct Tail {
    file: Appended,
    /// The number of the next line.
    next: u64,
    /// Whose request each intent without a result is, where results wait.
    open: BTreeMap<u64, Text>,
    /// Results that wait, by line, with whose they are.
    unrecorded: Vec<(u64, Text)>,
}

/// The number of a line of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line(u64);

impl Journal {
    /// Begins a journal that follows the memory of `generation`.
    pub(super) fn begin(
        store: &Store,
        generation: u64,
        target: &Text,
        run: &Text,
        at: Timestamp,
    ) -> Result<Self, StateError> {
        let begin = Entry::Begin { version: VERSION, generation, target: target.clone(), run: run.clone(), at };
        let first = line(0, &begin).map_err(|problem| StateError::damaged(FILE, problem))?;
        let file = match store.kind() {
            Kind::Files(files) => files.begin(FILE, first.as_bytes())?,
            // It is written with the first line after it.
            Kind::Objects(bucket) => Appended::Objects(Segments::begin(bucket, generation, run, first.as_bytes())),
        };
        let tail = Mutex::new(Tail { file, next: 1, open: BTreeMap::new(), unrecorded: Vec::new() });
        let (turn, synced) = (tokio::sync::Mutex::default(), AtomicU64::new(1));
        Ok(Self { tail, turn, synced, run: run.clone() })
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        // A panic elsewhere leaves whole lines: each is appended by one call.
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run that writes it.
    pub fn run(&self) -> &Text {
        &self.run
    }

    pub(super) fn append(&self, entry: &Entry) -> Result<Line, StateError> {
        let mut tail = self.tail();
        let number = tail.next;
        let line = line(number, entry).map_err(|problem| StateError::damaged(FILE, problem))?;
        tail.file.append(line.as_bytes())?;
        tail.next += 1;
        Ok(Line(number))
    }

    /// Writes down that a request is about to be sent, and waits until that is on the disk.
    ///
    /// # Errors
    /// When it cannot be written; the request must not be sent then.
    pub async fn intend(&self, doubt: &Doubt) -> Result<Line, StateError> {
        let line = self.append(&Entry::Intent(doubt.clone()))?;
        {
            let mut tail = self.tail();
            if tail.file.waits() {
                let name = format!("{} {}", doubt.action.verb(), doubt.subject.name);
                tail.open.insert(line.0, name.into());
            }
        }
        self.sync().await?;
        Ok(line)
    }

    /// Writes down what came of a request, and after the last one of a change how that ended. It is forced to the disk with the next intent or at the end.
    ///
    /// # Errors
    /// When it cannot be written; the request is then looked up by the next run.
    pub fn settle(&self, intent: Line, effects: Vec<Effect>, ended: Option<Ended>) -> Result<(), StateError> {
        let line = self.append(&Entry::Result { of: intent.0, effects, ended: ended.map(Box::new) })?;
        let mut tail = self.tail();
        if let Some(name) = tail.open.remove(&intent.0) {
            tail.unrecorded.push((line.0, name));
        }
        Ok(())
    }

    /// Writes down how a change ended that needed no request.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn ended(&self, of: Doubt, effects: Vec<Effect>, ended: Ended) -> Result<(), StateError> {
        self.append(&Entry::Ended { of: Box::new(of), effects, ended: Box::new(ended) }).map(drop)
    }

    /// What was answered and is known to this process alone.
    pub fn unrecorded(&self) -> Vec<Text> {
        self.tail().unrecorded.iter().map(|(_, name)| name.clone()).collect()
    }

    /// The highest number that is taken in an object store.
    pub(super) fn last_number(&self) -> Option<u64> {
        match &self.tail().file {
            Appended::Objects(segments) => Some(segments.last()),
            Appended::File { .. } | Appended::Memory { .. } => None,
        }
    }

    /// Writes what waits, in the caller's own time; without waiting lines nothing is done.
    pub(super) fn flush(&self) -> Result<(), StateError> {
        let segments = {
            let tail = self.tail();
            match &tail.file {
                Appended::Objects(segments) if tail.next > 1 => segments.clone(),
                Appended::Objects(_) | Appended::File { .. } | Appended::Memory { .. } => return Ok(()),
            }
        };
        segments.flush()?;
        self.tail().unrecorded.clear();
        Ok(())
    }

    /// Writes down something to be remembered without a request.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note(&self, effects: Vec<Effect>) -> Result<(), StateError> {
        if effects.is_empty() {
            return Ok(());
        }
        self.append(&Entry::Effects(effects)).map(drop)
    }

    /// Waits until all lines so far are on the disk.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn sync(&self) -> Result<(), StateError> {
        let (wanted, spacing, waits) = {
            let tail = self.tail();
            (tail.next, tail.file.spacing(), tail.file.waits())
        };
        let mut turn = self.turn.lock().await;
        if self.synced.load(Ordering::Acquire) >= wanted {
            return Ok(());
        }
        if let Some(broken) = &turn.broken {
            return Err(StateError::Before(Arc::clone(broken)));
        }
        if let Some(last) = turn.last {
            tokio::time::sleep_until(last + spacing).await;
        }
        turn.last = Some(Instant::now());
        let (upto, sync) = {
            let tail = self.tail();
            (tail.next, tail.file.sync())
        };
        if let Some(sync) = sync {
            let done = tokio::task::spawn_blocking(sync).await;
            let done = done.unwrap_or_else(|_| Err(StateError::damaged(FILE, "syncing it was given up")));
            if let Err(error) = done {
                if !waits {
                    return Err(error);
                }
                let broken = Arc::new(error);
                turn.broken = Some(Arc::clone(&broken));
                return Err(StateError::Before(broken));
            }
        }
        self.synced.store(upto, Ordering::Release);
        self.tail().unrecorded.retain(|(line, _)| *line >= upto);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{names::SourceId, plan::Kind};

    fn doubt(n: u32) -> Doubt {
        Doubt {
            id: format!("run/{n}").into(),
            change: ChangeId(format!("create_user:{n}").into()),
            action: Action::CreateUser,
            subject: Subject { kind: Kind::User, name: "ana".into(), source: Some(SourceId::from("p")), target: None },
            cause: CauseKind::Assigned,
            at: Timestamp::UNIX_EPOCH,
            seek: Seek { external_id: Some("p".into()), name: None },
        }
    }

    fn begin() -> Entry {
        let (target, run) = ("sandbox".into(), "r1".into());
        Entry::Begin { version: VERSION, generation: 4, target, run, at: Timestamp::UNIX_EPOCH }
    }

    fn effect() -> Effect {
        Effect::Enabled { person: SourceId::from("p") }
    }

    fn entries() -> Vec<Entry> {
        vec![
            begin(),
            Entry::Intent(doubt(1)),
            Entry::Intent(doubt(2)),
            Entry::Result { of: 1, effects: vec![effect()], ended: None },
            Entry::Effects(vec![effect()]),
        ]
    }

    fn text(entries: &[Entry]) -> String {
        (0..).zip(entries).map(|(number, entry)| line(number, entry).unwrap()).collect()
    }

    #[test]
    fn a_request_without_a_result_is_in_doubt() {
        let said = read(text(&entries()).as_bytes(), FILE).unwrap();
        assert_eq!(said.generation, Some(4));
        assert_eq!(said.in_doubt, [doubt(2)]);
        assert_eq!(said.effects, [effect(), effect()]);
    }

    #[test]
    fn a_line_is_json_with_its_entry() {
        let line = line(0, &begin()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["entry"]["begin"]["generation"], 4);
    }

    #[test]
    fn a_cut_anywhere_loses_only_lines_after_it() {
        let text = text(&entries());
        for cut in 0..text.len() {
            let whole = text[..cut].matches('\n').count();
            let said = read(&text.as_bytes()[..cut], FILE).unwrap();
            let expected = read(self::text(&entries()[..whole]).as_bytes(), FILE).unwrap();
            assert_eq!(said, expected, "cut at {cut}");
        }
    }

    #[test]
    fn zeros_that_a_power_cut_left_are_a_torn_end() {
        let mut bytes = text(&entries()[..3]).into_bytes();
        bytes.extend([0; 300]);
        assert_eq!(read(&bytes, FILE).unwrap().in_doubt.len(), 2);
    }

    #[test]
    fn damage_before_whole_lines_is_refused() {
        let text = text(&entries());
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let missing = [lines[0], lines[2], lines[3]].concat();
        let changed = text.replacen("run/1", "run/7", 1);
        let swapped = [lines[0], lines[2], lines[1], lines[3], lines[4]].concat();
        for (bytes, says) in
            [(changed, "line 2 is damaged"), (swapped, "line 2 is out of order"), (missing, "line 2 is out of order")]
        {
            let error = read(bytes.as_bytes(), FILE).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_line_whose_end_is_damaged_is_no_torn_end() {
        let text = text(&entries());
        let mut bytes = text.clone().into_bytes();
        let last = text.trim_end().rfind('\n').unwrap();
        bytes[last] ^= 1;
        let error = read(&bytes, FILE).unwrap_err().to_string();
        assert!(error.contains("line 4 is damaged, and runs on"), "{error}");
    }

    #[test]
    fn a_result_without_a_request_and_another_version_are_refused() {
        let stray = [begin(), Entry::Result { of: 7, effects: Vec::new(), ended: None }];
        assert!(read(text(&stray).as_bytes(), FILE).unwrap_err().to_string().contains("line 2 answers no request"));
        let (target, run) = ("sandbox".into(), "r1".into());
        let newer = [Entry::Begin { version: 2, generation: 0, target, run, at: Timestamp::UNIX_EPOCH }];
        assert!(matches!(read(text(&newer).as_bytes(), FILE), Err(StateError::Version { version: 2, .. })));
        let headless = [Entry::Intent(doubt(1)), Entry::Intent(doubt(2))];
        assert!(read(text(&headless).as_bytes(), FILE).unwrap_err().to_string().contains("first line is missing"));
    }
}
