//! One run at a time: a lock with its owner and a lease.
//!
//! Two things are kept. The system's lock on `run.lock` tells at once, on one
//! machine, whether the owner still lives; the system frees it with the process.
//! The record in `run.json` says who it is, and holds against other machines
//! that share the folder until its lease is over. In an object store there is only
//! a record.

mod objects;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use object_store::UpdateVersion;
use serde::{Deserialize, Serialize};

pub(super) use self::objects::{IGNORES, NEXT};
use super::{
    StateError,
    bucket::{Bucket, Written},
    store::{Store, write_whole},
};
use crate::names::Text;

const FILE: &str = "run.lock";
const RECORD: &str = "run.json";

/// How long a record holds after it was renewed.
const LEASE: Duration = Duration::from_secs(60);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(20);
/// How soon that is tried again when it failed.
const AGAIN: Duration = Duration::from_secs(4);
/// After so long without renewal nothing new is sent: somebody else may soon take over.
const QUIET: Duration = Duration::from_secs(40);

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user that runs it.
    pub owner: Text,
    /// The machine.
    pub host: Text,
    /// The start of the machine, where it can be known: process ids mean nothing in another.
    pub boot: Text,
    /// The process.
    pub process: u32,
    /// The run.
    pub run: Text,
    /// Since when.
    pub since: Timestamp,
    /// When it was last renewed.
    pub renewed: Timestamp,
    /// Whether it was given back, where the record stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub released: bool,
}

impl Holder {
    fn of_this_process(run: &Text, now: Timestamp) -> Self {
        let variable = |names: [&str; 2]| names.into_iter().find_map(|name| std::env::var(name).ok());
        let file = |path: &str| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
        let host = file("/proc/sys/kernel/hostname").or_else(|| variable(["HOSTNAME", "COMPUTERNAME"]));
        Self {
            owner: variable(["USER", "USERNAME"]).unwrap_or_else(|| "somebody".to_owned()).into(),
            host: host.filter(|host| !host.is_empty()).unwrap_or_else(|| "an unnamed machine".to_owned()).into(),
            boot: file("/proc/sys/kernel/random/boot_id").unwrap_or_default().into(),
            process: std::process::id(),
            run: run.clone(),
            since: now,
            renewed: now,
            released: false,
        }
    }

    /// Whether it is a process of this machine, as long as that has not been restarted.
    fn is_here(&self, here: &Holder) -> bool {
        self.host == here.host && self.boot == here.boot
    }

    /// Whether its lease is over. A record from the future is not trusted for longer than a lease.
    fn is_over(&self, now: Timestamp) -> bool {
        now.duration_since(self.renewed).abs() > SignedDuration::try_from(LEASE).unwrap_or_default()
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Holder { owner, host, boot: _, process, run, since, renewed, released: _ } = self;
        write!(f, "{owner} on {host} (process {process}, run {run}) since {since:.0}, renewed {renewed:.0}")
    }
}

/// Why the lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run holds it.
    #[error(
        "lock `{folder}`: held by {}; wait until that run ends, or, if it is gone, remove its lock with `dialform unlock`",
        holder.as_ref().map_or_else(|| "another run that has not said who it is".to_owned(), |holder| holder.to_string())
    )]
    Held {
        /// The folder.
        folder: String,
        /// Who, where it is known.
        holder: Option<Box<Holder>>,
    },
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// The lock, for as long as this value lives.
#[derive(Debug)]
pub struct Guard {
    lease: Option<Arc<Lease>>,
    /// Dropping it ends the thread that renews.
    end: Option<mpsc::Sender<()>>,
    renewing: Option<JoinHandle<()>>,
}

/// What tells whether the lock still holds.
#[derive(Debug)]
struct Lease {
    record: Record,
    inner: Mutex<LeaseInner>,
    /// Held by whoever renews: an object store may take its time.
    turn: Mutex<()>,
}

/// Where the record lies.
#[derive(Debug)]
enum Record {
    /// In a folder, beside the system's lock.
    Folder {
        folder: PathBuf,
        /// Freed by the system with the process.
        _file: File,
    },
    /// In an object store.
    Objects {
        bucket: Bucket,
        /// The version that our next write is conditional on.
        version: Mutex<UpdateVersion>,
    },
}

#[derive(Debug)]
struct LeaseInner {
    holder: Holder,
    renewed: Instant,
    lost: Option<String>,
}

/// What a holder asks before each request.
#[derive(Clone, Debug)]
pub struct Hold(Option<Arc<Lease>>);

impl Hold {
    /// Whether something new may be sent.
    ///
    /// # Errors
    /// How it was noticed that the lock is lost.
    pub fn check(&self) -> Result<(), String> {
        self.0.as_ref().map_or(Ok(()), |lease| lease.check(Timestamp::now()))
    }
}

pub(super) fn take(store: &Store, run: &Text) -> Result<Guard, LockError> {
    let here = Holder::of_this_process(run, Timestamp::now());
    let record = match store {
        Store::Folder(folder) => Record::Folder { folder: folder.clone(), _file: take_folder(folder, &here)? },
        Store::Objects(bucket) => {
            let version = objects::take(bucket, &here)?;
            Record::Objects { bucket: bucket.clone(), version: Mutex::new(version) }
        }
        Store::Memory(_) => return Ok(Guard { lease: None, end: None, renewing: None }),
    };
    let inner = LeaseInner { holder: here, renewed: Instant::now(), lost: None };
    let lease = Arc::new(Lease { record, inner: Mutex::new(inner), turn: Mutex::default() });
    let (end, ended) = mpsc::channel();
    let renewed = Arc::clone(&lease);
    let renewing = std::thread::Builder::new().name("lease".to_owned()).spawn(move || {
        let mut wait = RENEW;
        while ended.recv_timeout(wait) == Err(mpsc::RecvTimeoutError::Timeout) {
            // A failure is seen by whoever checks before it sends.
            wait = if renewed.renew(Timestamp::now()).is_ok() { RENEW } else { AGAIN };
        }
    });
    let renewing = renewing.map_err(StateError::io("renew the lock of", Path::new(&store.label())))?;
    Ok(Guard { lease: Some(lease), end: Some(end), renewing: Some(renewing) })
}

fn take_folder(folder: &Path, here: &Holder) -> Result<File, LockError> {
    let held =
        |holder: Option<Holder>| LockError::Held { folder: folder.display().to_string(), holder: holder.map(Box::new) };
    let Some(file) = system_lock(folder)? else { return Err(held(read(folder))) };
    if let Some(holder) = read(folder) {
        // We have the system's lock: a holder of this machine is dead.
        if !holder.is_here(here) && !holder.is_over(here.since) {
            return Err(held(Some(holder)));
        }
    }
    write(folder, here)?;
    // Of two machines that found the same lease over, the one whose record stays has the lock.
    match read(folder) {
        Some(holder) if holder == *here => Ok(file),
        other => Err(held(other)),
    }
}

/// The system's lock; `None` when a process that lives has it.
fn system_lock(folder: &Path) -> Result<Option<File>, StateError> {
    let path = folder.join(FILE);
    if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
        return Err(StateError::Link { path });
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(StateError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        // A file system without locks: the record alone has to do.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(Some(file)),
        Err(TryLockError::Error(error)) => Err(StateError::io("lock", &path)(error)),
    }
}

/// Who holds the lock by the record. A record that cannot be read is none.
fn read(folder: &Path) -> Option<Holder> {
    let path = folder.join(RECORD);
    fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write(folder: &Path, holder: &Holder) -> Result<(), StateError> {
    let path = folder.join(RECORD);
    let text = serde_json::to_string_pretty(holder).map_err(|error| StateError::damaged(path.display(), error))?;
    let beside = folder.join(format!("{RECORD}.{}", holder.run));
    write_whole(&beside, text.as_bytes()).map_err(StateError::io("write", &beside))?;
    fs::rename(&beside, &path).map_err(StateError::io("replace", &path))
}

impl Lease {
    fn inner(&self) -> MutexGuard<'_, LeaseInner> {
        // What it holds is replaced as a whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, now: Timestamp) -> Result<(), String> {
        {
            let inner = self.inner();
            if let Some(lost) = &inner.lost {
                return Err(lost.clone());
            }
            // One clock stands still while a machine sleeps, the other can be set.
            let quiet = SignedDuration::try_from(QUIET).unwrap_or_default();
            let fresh = inner.renewed.elapsed() < QUIET && now.duration_since(inner.holder.renewed) < quiet;
            if fresh {
                return Ok(());
            }
        }
        self.renew(now)
    }

    /// Renews the record, unless somebody else has taken over or removed it.
    fn renew(&self, now: Timestamp) -> Result<(), String> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut holder = {
            let inner = self.inner();
            if let Some(lost) = &inner.lost {
                return Err(lost.clone());
            }
            inner.holder.clone()
        };
        let (run, process) = (holder.run.clone(), holder.process);
        holder.renewed = now;
        match self.record.write(&holder, |found| found.run == run && found.process == process) {
            Ok(None) => {
                let mut inner = self.inner();
                (inner.holder, inner.renewed) = (holder, Instant::now());
                Ok(())
            }
            Ok(Some(lost)) => {
                self.inner().lost = Some(lost.clone());
                Err(lost)
            }
            // Not lost yet: the next check tries again.
            Err(error) => Err(format!("the lock could not be renewed: {error}")),
        }
    }
}

impl Record {
    /// Writes the holder again where the lock is still ours; gives how it was lost if it is not.
    fn write(&self, holder: &Holder, ours: impl Fn(&Holder) -> bool) -> Result<Option<String>, StateError> {
        let lost = |found: Option<Holder>| match found {
            Some(holder) => format!("the lock was taken over by {holder}"),
            None => "the lock was removed by somebody".to_owned(),
        };
        match self {
            Record::Folder { folder, _file } => match read(folder) {
                Some(found) if ours(&found) => write(folder, holder).map(|()| None),
                found => Ok(Some(lost(found))),
            },
            Record::Objects { bucket, version } => {
                let mut version = version.lock().unwrap_or_else(PoisonError::into_inner);
                match objects::renew(bucket, holder, version.clone())? {
                    Written::Ours(renewed) => {
                        *version = renewed;
                        Ok(None)
                    }
                    Written::Taken => match objects::read(bucket)? {
                        // An earlier renewal without an answer arrived after all.
                        Some((found, now)) if ours(&found) => {
                            *version = now;
                            Ok(None)
                        }
                        found => Ok(Some(lost(found.map(|(holder, _)| holder)))),
                    },
                }
            }
        }
    }

    /// Gives the lock back. If it stays, the next run sees that its owner is gone.
    fn release(&self, last: &Holder) {
        match self {
            Record::Folder { folder, _file } => {
                if read(folder).is_some_and(|holder| holder.run == last.run) {
                    let _ = fs::remove_file(folder.join(RECORD));
                }
            }
            Record::Objects { bucket, version } => {
                let version = version.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let _ = objects::release(bucket, last, version);
            }
        }
    }
}

impl Guard {
    /// What to ask before each request.
    pub fn hold(&self) -> Hold {
        Hold(self.lease.clone())
    }

    /// Renews the lease now rather than in its turn. That the lock is lost is told by [`Hold::check`].
    pub fn renew_now(&self) {
        if let Some(lease) = &self.lease {
            // A failure is remembered by the lease.
            let _ = lease.renew(Timestamp::now());
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(renewing) = self.renewing.take() {
            // It only fails if renewing panicked, which changes nothing here.
            let _ = renewing.join();
        }
        if let Some(lease) = &self.lease {
            let (holder, is_lost) = {
                let inner = lease.inner();
                (inner.holder.clone(), inner.lost.is_some())
            };
            if !is_lost {
                lease.record.release(&holder);
            }
        }
    }
}

/// What is known of the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Who holds it by the record.
    pub holder: Option<Holder>,
    /// Whether the holder is a process of this machine that lives, so that its lock cannot be removed.
    pub alive: bool,
    /// Whether the lease is over or its process is gone: the next run takes over by itself.
    pub over: bool,
}

/// Looks at the lock without taking it.
pub(super) fn look(store: &Store) -> Result<Look, StateError> {
    match store {
        Store::Folder(folder) => look_in(folder),
        Store::Objects(bucket) => objects::look(bucket),
        Store::Memory(_) => Ok(Look { holder: None, alive: false, over: true }),
    }
}

fn look_in(folder: &Path) -> Result<Look, StateError> {
    let now = Timestamp::now();
    let holder = read(folder);
    let there = fs::symlink_metadata(folder.join(FILE)).is_ok();
    let alive = there && system_lock(folder)?.is_none();
    let here = Holder::of_this_process(&"look".into(), now);
    let over = !alive && holder.as_ref().is_none_or(|holder| holder.is_here(&here) || holder.is_over(now));
    Ok(Look { holder, alive, over })
}

/// Removes the record, if it is still the one that was looked at.
pub(super) fn remove(store: &Store, seen: &Holder) -> Result<(), StateError> {
    match store {
        Store::Folder(folder) => remove_in(folder, seen),
        Store::Objects(bucket) => objects::remove(bucket, seen),
        Store::Memory(_) => Ok(()),
    }
}

fn remove_in(folder: &Path, seen: &Holder) -> Result<(), StateError> {
    match read(folder) {
        Some(holder) if holder.run == seen.run => {
            let path = folder.join(RECORD);
            fs::remove_file(&path).map_err(StateError::io("remove", &path))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn take_in(folder: &Path, run: &str) -> Result<Guard, LockError> {
        take(&Store::Folder(folder.to_owned()), &run.into())
    }

    fn stranger(renewed: Timestamp) -> Holder {
        Holder {
            owner: "ci".into(),
            host: "runner-7".into(),
            boot: "another".into(),
            process: 12,
            run: "r0".into(),
            since: renewed,
            renewed,
            released: false,
        }
    }

    #[test]
    fn the_second_run_is_told_who_holds_it() {
        let folder = folder();
        let first = take_in(folder.path(), "r1").unwrap();
        let error = take_in(folder.path(), "r2").unwrap_err().to_string();
        let process = std::process::id().to_string();
        assert!(error.contains("run r1") && error.contains(&process) && error.contains("dialform unlock"), "{error}");
        drop(first);
        assert!(!folder.path().join(RECORD).exists());
        take_in(folder.path(), "r3").unwrap();
    }

    #[test]
    fn a_dead_owner_of_this_machine_is_noticed_at_once() {
        let folder = folder();
        let now = Timestamp::now();
        write(folder.path(), &Holder::of_this_process(&"dead".into(), now)).unwrap();
        take_in(folder.path(), "r1").unwrap();
    }

    #[test]
    fn another_machine_holds_until_its_lease_is_over() {
        let folder = folder();
        write(folder.path(), &stranger(Timestamp::now())).unwrap();
        let error = take_in(folder.path(), "r1").unwrap_err().to_string();
        assert!(error.contains("ci on runner-7 (process 12, run r0)"), "{error}");
        let over = Timestamp::now() - SignedDuration::from_secs(61);
        write(folder.path(), &stranger(over)).unwrap();
        take_in(folder.path(), "r1").unwrap();
    }

    #[test]
    fn a_lock_that_was_taken_over_or_removed_is_lost_for_good() {
        for taken_over in [true, false] {
            let folder = folder();
            let guard = take_in(folder.path(), "r1").unwrap();
            let lease = guard.lease.clone().unwrap();
            let now = Timestamp::now();
            assert_eq!(lease.check(now), Ok(()));
            let later = now + SignedDuration::from_secs(41);
            assert_eq!(lease.check(later), Ok(()), "renewed when it was asked for");
            if taken_over {
                write(folder.path(), &stranger(now)).unwrap();
            } else {
                fs::remove_file(folder.path().join(RECORD)).unwrap();
            }
            let lost = lease.check(later + SignedDuration::from_secs(41)).unwrap_err();
            assert!(lost.contains(if taken_over { "taken over by ci" } else { "removed" }), "{lost}");
            assert_eq!(lease.check(now), Err(lost));
            drop(guard);
            assert_eq!(folder.path().join(RECORD).exists(), taken_over, "another's record stays");
        }
    }

    #[test]
    fn a_look_tells_the_living_from_the_dead() {
        let folder = folder();
        assert_eq!(look_in(folder.path()).unwrap(), Look { holder: None, alive: false, over: true });
        let guard = take_in(folder.path(), "r1").unwrap();
        let seen = look_in(folder.path()).unwrap();
        assert!(seen.alive && !seen.over && seen.holder.is_some_and(|holder| &*holder.run == "r1"));
        drop(guard);
        write(folder.path(), &stranger(Timestamp::now())).unwrap();
        let seen = look_in(folder.path()).unwrap();
        assert!(!seen.alive && !seen.over);
        remove_in(folder.path(), &seen.holder.unwrap()).unwrap();
        assert!(look_in(folder.path()).unwrap().holder.is_none());
    }

    #[test]
    fn a_record_that_makes_no_sense_is_no_holder() {
        let folder = folder();
        fs::write(folder.path().join(RECORD), b"{\"owner\":").unwrap();
        take_in(folder.path(), "r1").unwrap();
    }
}
