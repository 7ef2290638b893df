//! What is kept in an object store: numbered objects, each written once.
//!
//! An object is either the whole memory or a segment of the journal that follows
//! it. The next number belongs to whoever creates it first. A run begins by
//! creating the next object as a memory; from then on, whatever a run before it
//! that still lives wants to write finds its number taken. So nobody who was taken
//! over can record an intent, and what is not recorded is not sent.
//!
//! A name is the number alone, since a memory and a segment have to meet in it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    StateError,
    bucket::{Bucket, Written},
    journal,
    links::{self, Document, Kept, hex},
    recovery::{self, Read},
    store,
};
use crate::names::Text;

const FORMAT: &str = "dialform journal";
const VERSION: u64 = 1;
const ENDING: &str = ".jsonl";
/// How often what was listed may vanish while it is read: another run cleans up.
const READS: u32 = 5;

/// The name of an object: sorted as the numbers are.
pub(super) fn name(number: u64) -> String {
    format!("{number:012}{ENDING}")
}

fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(ENDING)?;
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The first line of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    format: Text,
    version: u64,
    number: u64,
    /// The number of the memory that the journal adds to.
    follows: u64,
    run: Text,
    /// SHA-256 of the lines.
    sum: String,
}

/// Where the numbers stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    /// The highest number that is taken.
    pub last: u64,
    /// The highest number that is a memory.
    pub base: u64,
    /// All numbers that are there.
    pub present: Vec<u64>,
}

/// Reads the newest memory and the segments after it: a list, and one object where the last run ended well.
pub(super) fn read(bucket: &Bucket) -> Result<(Read, Numbers), StateError> {
    let mut tries = 1;
    loop {
        let mut present: Vec<u64> = bucket.list()?.iter().filter_map(|name| number(name)).collect();
        present.sort_unstable();
        let last = present.last().copied().unwrap_or_default();
        let mut reading = Reading { bucket, present: &present, objects: BTreeMap::new(), warnings: Vec::new() };
        match reading.upto(last) {
            Ok(upto) => {
                let numbers = Numbers { last, base: upto.base, present: present.clone() };
                return Ok((reading.close(upto, last), numbers));
            }
            Err(StateError::Damaged { .. }) if tries < READS && changed(bucket, &present)? => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Whether another run wrote or removed something since it was listed.
fn changed(bucket: &Bucket, present: &[u64]) -> Result<bool, StateError> {
    let mut now: Vec<u64> = bucket.list()?.iter().filter_map(|name| number(name)).collect();
    now.sort_unstable();
    Ok(now != present)
}

struct Reading<'a> {
    bucket: &'a Bucket,
    present: &'a [u64],
    objects: BTreeMap<u64, Bytes>,
    warnings: Vec<String>,
}

/// All that is known with the objects up to a number.
struct Upto {
    kept: Kept,
    base: u64,
    settled: bool,
    damaged: bool,
    written_for: Option<Text>,
}

impl Reading<'_> {
    fn close(self, upto: Upto, last: u64) -> Read {
        let Upto { kept, base: _, settled, damaged, written_for } = upto;
        Read { kept, generation: last, settled, damaged, warnings: self.warnings, written_for }
    }

    fn fetch(&mut self, numbers: impl Iterator<Item = u64>) -> Result<(), StateError> {
        let wanted: Vec<u64> = numbers.filter(|number| !self.objects.contains_key(number)).collect();
        let read = self.bucket.get_all(wanted.iter().map(|number| name(*number)).collect())?;
        for (number, object) in wanted.into_iter().zip(read) {
            let Some(object) = object else {
                return Err(StateError::damaged(self.bucket.object(&name(number)), "it is missing"));
            };
            self.objects.insert(number, object.bytes);
        }
        Ok(())
    }

    fn upto(&mut self, last: u64) -> Result<Upto, StateError> {
        if last == 0 {
            return Ok(Upto { kept: Kept::default(), base: 0, settled: true, damaged: false, written_for: None });
        }
        self.fetch(std::iter::once(last))?;
        let file = self.bucket.object(&name(last));
        let bytes = self.objects.get(&last).cloned().unwrap_or_default();
        if let Some((head, _)) = segment(&bytes, last, &file)? {
            return self.with_segments(&head, last);
        }
        match document(&bytes, last, &file) {
            Ok(Document { target, generation: _, kept }) => {
                Ok(Upto { kept, base: last, settled: true, damaged: false, written_for: Some(target) })
            }
            // The objects before it say the same, where they are still there.
            Err(StateError::Damaged { problem, .. })
                if self.warnings.is_empty() && self.present.contains(&(last - 1)) =>
            {
                self.warnings
                    .push(format!("`{file}` is damaged: {problem}; it was recovered from the objects before it"));
                let before = self.upto(last - 1)?;
                Ok(Upto { settled: false, damaged: true, ..before })
            }
            Err(error) => Err(error),
        }
    }

    /// The memory that the segments follow, and what they add to it.
    fn with_segments(&mut self, head: &Head, last: u64) -> Result<Upto, StateError> {
        let base = self.upto(head.follows)?;
        self.fetch(head.follows + 1..=last)?;
        let mut text = Vec::new();
        for number in head.follows + 1..=last {
            let file = self.bucket.object(&name(number));
            let bytes = self.objects.get(&number).cloned().unwrap_or_default();
            match segment(&bytes, number, &file)? {
                Some((found, lines)) if found.follows == head.follows && found.run == head.run => {
                    text.extend_from_slice(lines);
                }
                Some(_) | None => return Err(StateError::damaged(file, "it belongs to another run")),
            }
        }
        let said = journal::read(&text, &self.bucket.object(&name(last)))?;
        if said.generation != Some(head.follows) {
            let problem = "its journal follows another memory";
            return Err(StateError::damaged(self.bucket.object(&name(last)), problem));
        }
        let Upto { mut kept, base, settled, damaged, written_for } = base;
        let written_for = said.target.clone().or(written_for);
        let settled = settled && said.is_empty();
        recovery::add(&mut kept, said);
        Ok(Upto { kept, base, settled, damaged, written_for })
    }
}

/// A memory, believed only under its own number.
fn document(bytes: &[u8], number: u64, file: &str) -> Result<Document, StateError> {
    let document = links::read(bytes, file)?;
    if document.generation != number {
        return Err(StateError::damaged(file, "it was written under another number"));
    }
    Ok(document)
}

/// A segment's first line and the lines after it; `None` when it is something else.
fn segment<'a>(bytes: &'a [u8], number: u64, file: &str) -> Result<Option<(Head, &'a [u8])>, StateError> {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (first, lines) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(first) else { return Ok(None) };
    if value.get("format").and_then(serde_json::Value::as_str) != Some(FORMAT) {
        return Ok(None);
    }
    if let Some(version) = value.get("version").and_then(serde_json::Value::as_u64).filter(|is| *is != VERSION) {
        return Err(StateError::Version { file: file.to_owned(), version, ours: VERSION });
    }
    let head: Head = serde_json::from_value(value).map_err(|error| StateError::damaged(file, error))?;
    if head.number != number || head.follows >= number {
        return Err(StateError::damaged(file, "it was written under another number"));
    }
    if head.sum != hex(&Sha256::digest(lines)) {
        return Err(StateError::damaged(file, "its sum is wrong: it was cut or changed by something else"));
    }
    Ok(Some((head, lines)))
}

/// Creates the next number as a memory; gives whether it was still free.
pub(super) fn create(bucket: &Bucket, number: u64, memory: String) -> Result<bool, StateError> {
    Ok(matches!(bucket.create(&name(number), Bytes::from(memory))?, Written::Ours(_)))
}

/// Removes what a new memory and the one before it do not need.
pub(super) fn tidy(bucket: &Bucket, numbers: &mut Numbers, keep_from: u64) {
    let old: Vec<u64> = numbers.present.iter().copied().filter(|number| *number < keep_from).collect();
    numbers.present.retain(|number| *number >= keep_from);
    bucket.remove(old.into_iter().map(name).collect());
}

/// The open journal of a run: lines that wait, and the number that the next segment gets.
#[derive(Clone, Debug)]
pub(super) struct Segments {
    bucket: Bucket,
    run: Text,
    follows: u64,
    inner: Arc<Mutex<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    next: u64,
    lines: Vec<u8>,
    /// A segment that was sent without an answer: nothing else may get its number.
    begun: Option<Bytes>,
}

impl Segments {
    /// Begins the journal that follows the memory of this number.
    pub(super) fn begin(bucket: &Bucket, follows: u64, run: &Text, first: &[u8]) -> Self {
        let inner = Waiting { next: follows + 1, lines: first.to_vec(), begun: None };
        Self { bucket: bucket.clone(), run: run.clone(), follows, inner: Arc::new(Mutex::new(inner)) }
    }

    fn inner(&self) -> MutexGuard<'_, Waiting> {
        // A panic elsewhere leaves whole lines: each is added by one call.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn append(&self, bytes: &[u8]) {
        self.inner().lines.extend_from_slice(bytes);
    }

    /// Between the beginnings of two segments.
    pub(super) fn spacing(&self) -> Duration {
        self.bucket.patience().spacing
    }

    /// The highest number that is taken.
    pub(super) fn last(&self) -> u64 {
        self.inner().next - 1
    }

    /// What writes the lines so far.
    pub(super) fn sync(&self) -> store::Sync {
        let segments = self.clone();
        Box::new(move || segments.flush())
    }

    /// Writes the lines that wait as the next segment. One call at a time.
    pub(super) fn flush(&self) -> Result<(), StateError> {
        while let Some((number, bytes)) = self.segment()? {
            match self.bucket.create(&name(number), bytes)? {
                Written::Ours(_) => {
                    let mut inner = self.inner();
                    (inner.next, inner.begun) = (number + 1, None);
                }
                Written::Taken => return Err(StateError::TakenOver { at: self.bucket.label().to_owned() }),
            }
        }
        Ok(())
    }

    fn segment(&self) -> Result<Option<(u64, Bytes)>, StateError> {
        let mut inner = self.inner();
        if inner.begun.is_none() {
            if inner.lines.is_empty() {
                return Ok(None);
            }
            let head = Head {
                format: FORMAT.into(),
                version: VERSION,
                number: inner.next,
                follows: self.follows,
                run: self.run.clone(),
                sum: hex(&Sha256::digest(&inner.lines)),
            };
            let head = serde_json::to_string(&head);
            let head = head.map_err(|error| StateError::damaged(self.bucket.object(&name(inner.next)), error))?;
            let mut bytes = format!("{head}\n").into_bytes();
            bytes.append(&mut inner.lines);
            inner.begun = Some(bytes.into());
        }
        Ok(inner.begun.clone().map(|bytes| (inner.next, bytes)))
    }
}
