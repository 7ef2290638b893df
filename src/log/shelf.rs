//! The files of the log: the one that is written, and older ones, packed.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read as _, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::ran::SUFFIX;

/// The file that is written.
const FILE: &str = "provisioning.jsonl";
/// What the names of packed files begin and end with; between is when they were packed.
const PACKED: (&str, &str) = ("provisioning-", ".jsonl.gz");
/// A file of this size is packed, and a new one begun.
const LARGE: u64 = 32 << 20;
/// How long packed files are kept: as long as Entra keeps its log.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The longest line that is read; longer ones are no lines of ours.
const LONGEST: u64 = 4 << 20;

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{doing} the provisioning log `{}`: {source}", path.display())]
pub struct LogError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl LogError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { doing, path: path.to_owned(), source }
    }
}

/// The open log.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    path: PathBuf,
    file: File,
    length: u64,
}

impl Shelf {
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, LogError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(LogError::io("create the folder of", folder))?;
        let path = folder.join(FILE);
        let (file, length) = begin(&path)?;
        forget(folder, now);
        Ok(Self { folder: folder.to_owned(), path, file, length })
    }

    /// Adds a line with one write, so that two lines never mix.
    pub fn append(&mut self, line: &Value, now: Timestamp) -> Result<(), LogError> {
        let line = format!("{line}\n");
        if self.length > 0 && self.length + line.len() as u64 > LARGE {
            self.pack(now)?;
        }
        self.file.write_all(line.as_bytes()).map_err(LogError::io("write", &self.path))?;
        self.length += line.len() as u64;
        Ok(())
    }

    pub fn flush(&mut self) -> Result<(), LogError> {
        self.file.sync_data().map_err(LogError::io("sync", &self.path))
    }

    /// Packs the file under the time, and begins a new one.
    fn pack(&mut self, now: Timestamp) -> Result<(), LogError> {
        let name = format!("{}{}{}", PACKED.0, now.strftime("%Y%m%dT%H%M%S%3fZ"), PACKED.1);
        let (packed, half) = (self.folder.join(&name), self.folder.join(format!("{name}.new")));
        let pack = || {
            let mut to =
                GzEncoder::new(private().write(true).create(true).truncate(true).open(&half)?, Compression::default());
            io::copy(&mut File::open(&self.path)?, &mut to)?;
            to.finish()?.sync_all()?;
            fs::rename(&half, &packed)?;
            // Cut between the two, its lines are there twice, which does less harm than not at all.
            fs::remove_file(&self.path)
        };
        pack().map_err(LogError::io("pack", &self.path))?;
        (self.file, self.length) = begin(&self.path)?;
        Ok(())
    }
}

pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Opens the file that is written. A line that an earlier run left half written is ended.
fn begin(path: &Path) -> Result<(File, u64), LogError> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(LogError::io("open", path)(io::Error::other("it is not a plain file")));
    }
    let mut file = private().append(true).create(true).open(path).map_err(LogError::io("open", path))?;
    let length = file.metadata().map_err(LogError::io("look at", path))?.len();
    if length > 0 {
        let mut last = [b'\n'];
        let mut reader = File::open(path).map_err(LogError::io("read", path))?;
        io::Seek::seek(&mut reader, io::SeekFrom::End(-1))
            .and_then(|_| reader.read_exact(&mut last))
            .map_err(LogError::io("read", path))?;
        if last != *b"\n" {
            file.write_all(b"\n").map_err(LogError::io("write", path))?;
        }
    }
    Ok((file, length))
}

/// Removes packed files, and plans of runs, that are older than what is kept.
fn forget(folder: &Path, now: Timestamp) {
    let Ok(packed) = packed(folder) else { return };
    let plans = files(folder, &|name| name.ends_with(SUFFIX)).unwrap_or_default();
    for path in packed.into_iter().chain(plans) {
        let old = fs::metadata(&path)
            .and_then(|found| found.modified())
            .ok()
            .and_then(|modified| Timestamp::try_from(modified).ok())
            .is_some_and(|modified| now.duration_since(modified) > KEPT);
        if old {
            // If it stays, the next run tries again.
            let _ = fs::remove_file(path);
        }
    }
}

/// Packed files, the oldest first.
fn packed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    files(folder, &|name| name.starts_with(PACKED.0) && name.ends_with(PACKED.1))
}

/// Files of a folder by their names, in the order of these.
fn files(folder: &Path, is_ours: &dyn Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_ours) {
            found.push(entry.path());
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Which lines are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// A part of a name or a whole id, without case.
    pub person: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// One of these statuses; any, when empty.
    pub status: Vec<String>,
    /// One of these actions; any, when empty.
    pub action: Vec<String>,
    /// A run, or the beginning of its id.
    pub run: Option<String>,
    /// Also objects that needed nothing.
    pub unchanged: bool,
    /// At most so many, the last ones.
    pub last: Option<usize>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Read {
    /// The lines, the oldest first.
    pub lines: Vec<Value>,
    /// Lines that are damaged.
    pub damaged: u64,
    /// Whether there is a log at all.
    pub exists: bool,
}

/// Reads the lines that are wanted.
///
/// # Errors
/// When a file cannot be read.
pub fn read(folder: &Path, wanted: &Wanted) -> Result<Read, LogError> {
    let mut read = Read::default();
    let mut files = match packed(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(read),
        Err(error) => return Err(LogError::io("read", folder)(error)),
    };
    files.push(folder.join(FILE));
    for path in files {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(LogError::io("open", &path)(error)),
        };
        read.exists = true;
        let gz = path.extension().is_some_and(|extension| extension == "gz");
        let reader: Box<dyn BufRead> =
            if gz { Box::new(BufReader::new(GzDecoder::new(file))) } else { Box::new(BufReader::new(file)) };
        lines(reader, wanted, &mut read).map_err(LogError::io("read", &path))?;
    }
    let spare = wanted.last.map_or(0, |last| read.lines.len().saturating_sub(last));
    read.lines.drain(..spare);
    Ok(read)
}

fn lines(mut reader: Box<dyn BufRead>, wanted: &Wanted, read: &mut Read) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut reader).take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Value>(&line) {
            Ok(value) if value.is_object() => {
                if wanted.fits(&value) {
                    read.lines.push(value);
                    // What is not among the last is not kept until all is read.
                    if let Some(last) = wanted.last
                        && read.lines.len() > last.saturating_mul(2).max(64)
                    {
                        read.lines.drain(..read.lines.len() - last);
                    }
                }
            }
            Ok(_) | Err(_) => read.damaged += 1,
        }
    }
}

impl Wanted {
    fn fits(&self, line: &Value) -> bool {
        let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let status = text("/provisioningStatusInfo/status");
        // What was written later than it happened is news from then on.
        let at = || {
            let written = Some(text("/dialform/recoveredAt")).filter(|text| !text.is_empty());
            written.unwrap_or_else(|| text("/activityDateTime")).parse::<Timestamp>().ok()
        };
        let code = text("/provisioningStatusInfo/errorInformation/errorCode");
        let needed_nothing =
            text("/provisioningAction") == "other" && matches!(code, "RedundantExport" | "NotEffectivelyEntitled");
        let shown =
            self.unchanged || self.person.is_some() || !needed_nothing || self.status.iter().any(|one| one == status);
        shown
            && (self.status.is_empty() || self.status.iter().any(|one| one == status))
            && (self.action.is_empty() || self.action.iter().any(|one| one == text("/provisioningAction")))
            && self.run.as_ref().is_none_or(|run| text("/cycleId").starts_with(run.as_str()))
            && self.since.is_none_or(|since| at().is_some_and(|at| at >= since))
            && self.until.is_none_or(|until| at().is_some_and(|at| at < until))
            && self.person.as_ref().is_none_or(|person| is_about(line, person))
    }
}

/// Whether a line is about somebody: by a part of the name or a whole id.
fn is_about(line: &Value, wanted: &str) -> bool {
    let wanted = crate::names::fold(wanted.trim());
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).map(crate::names::fold);
    let name = text("/sourceIdentity/displayName").is_some_and(|name| name.contains(&wanted));
    name || ["/sourceIdentity/id", "/targetIdentity/id"].iter().any(|id| text(id).is_some_and(|id| id == wanted))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(n: u32, name: &str, status: &str) -> Value {
        json!({
            "activityDateTime": format!("2026-11-{n:02}T08:00:00Z"), "cycleId": format!("run-{n}"),
            "provisioningAction": "create", "provisioningStatusInfo": {"status": status},
            "sourceIdentity": {"id": format!("P{n}"), "displayName": name}, "targetIdentity": {"id": format!("T{n}")},
        })
    }

    fn shelf(folder: &Path) -> Shelf {
        Shelf::open(folder, Timestamp::now()).unwrap()
    }

    fn runs(folder: &Path, wanted: &Wanted) -> Vec<String> {
        let read = read(folder, wanted).unwrap();
        read.lines.iter().map(|line| line["cycleId"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn lines_are_found_by_person_time_status_and_run() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = shelf(folder.path());
        for (n, name, status) in
            [(1, "Ana@acme.example", "success"), (2, "ben@acme.example", "failure"), (3, "ana@acme.example", "failure")]
        {
            shelf.append(&line(n, name, status), Timestamp::now()).unwrap();
        }
        let by = |wanted: Wanted| runs(folder.path(), &wanted);
        assert_eq!(by(Wanted::default()), ["run-1", "run-2", "run-3"]);
        assert_eq!(by(Wanted { person: Some("ANA@".to_owned()), ..Wanted::default() }), ["run-1", "run-3"]);
        assert_eq!(by(Wanted { person: Some("t2".to_owned()), ..Wanted::default() }), ["run-2"]);
        assert_eq!(by(Wanted { person: Some("p".to_owned()), ..Wanted::default() }).len(), 3, "a part of the name");
        assert_eq!(by(Wanted { status: vec!["failure".to_owned()], ..Wanted::default() }), ["run-2", "run-3"]);
        let since = Some("2026-11-02T00:00:00Z".parse().unwrap());
        let until = Some("2026-11-03T00:00:00Z".parse().unwrap());
        assert_eq!(by(Wanted { since, until, ..Wanted::default() }), ["run-2"]);
        assert_eq!(by(Wanted { run: Some("run-3".to_owned()), ..Wanted::default() }), ["run-3"]);
        assert_eq!(by(Wanted { last: Some(1), ..Wanted::default() }), ["run-3"]);
    }

    #[test]
    fn a_large_file_is_packed_and_still_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = shelf(folder.path());
        shelf.append(&line(1, "ana", "success"), Timestamp::now()).unwrap();
        shelf.length = LARGE;
        shelf.append(&line(2, "ben", "success"), Timestamp::now()).unwrap();
        assert_eq!(packed(folder.path()).unwrap().len(), 1);
        assert_eq!(runs(folder.path(), &Wanted::default()), ["run-1", "run-2"]);
        let later = Timestamp::now() + SignedDuration::from_hours(31 * 24);
        forget(folder.path(), later);
        assert_eq!(runs(folder.path(), &Wanted::default()), ["run-2"]);
    }

    #[test]
    fn a_torn_line_is_counted_and_the_next_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), format!("{}\n{{\"cycleId\":\"ru", line(1, "ana", "success"))).unwrap();
        shelf(folder.path()).append(&line(2, "ben", "success"), Timestamp::now()).unwrap();
        let read = read(folder.path(), &Wanted::default()).unwrap();
        assert_eq!((read.lines.len(), read.damaged), (2, 1));
    }

    #[test]
    fn no_log_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let read = read(&folder.path().join("log"), &Wanted::default()).unwrap();
        assert!(!read.exists && read.lines.is_empty());
    }
}
