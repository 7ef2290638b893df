//! The sandbox's folder: one file of JSON lines to which each change is
//! appended, and a lock, so that two programs never write it at once.
//!
//! Lines are not forced to the disk one by one: this is a sandbox, and what a
//! power cut takes can be made again. What it leaves half written is found out
//! when the file is next read. The file is created, and now and then shortened,
//! by writing a new one beside it and renaming that.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    account::Account,
    store::{Content, ResourceKind},
};
use crate::names::Text;

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// Another program holds the lock.
    #[error(
        "open the sandbox in `{}`: another dialform is using it; wait until that one ends, or use another folder",
        folder.display()
    )]
    Locked {
        /// The sandbox's folder.
        folder: PathBuf,
    },
    /// The file was cut or changed by something else.
    #[error(
        "read the sandbox's data: `{}`, line {line}: {problem}; mend that line, or delete the file to start with an empty sandbox",
        file.display()
    )]
    Torn {
        /// The data file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// A lower-case fragment.
        problem: String,
    },
    /// The system refused.
    #[error("{doing} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DiskError {
    move |source| DiskError::Io { doing, path: path.to_owned(), source }
}

/// One line of the file.
#[derive(Debug)]
pub(crate) enum Record {
    /// No id below this number is given any more.
    Next(u64),
    /// A resource as it now is.
    Put { id: Text, kind: ResourceKind, created: Timestamp, modified: Timestamp, content: Box<Content> },
    /// What was bought and given since the tenant file.
    Ledger(Ledger),
    /// A resource is deleted.
    Gone { kind: ResourceKind, id: Text, at: Timestamp },
}

/// What was bought and given since the tenant file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Ledger {
    /// Seats bought, by `OFFICE/LINE`.
    pub(crate) bought: BTreeMap<String, u64>,
    /// How many numbers were made.
    pub(crate) numbers: u64,
    /// Numbers that were given back to the reserved ones.
    pub(crate) returned: Vec<Text>,
}

/// How a line is spelled. Kept apart from [`Record`], so that files stay readable.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Line {
    Next(u64),
    User(Box<PutLine>),
    Group(Box<PutLine>),
    UserGone(GoneLine),
    GroupGone(GoneLine),
    Ledger(Ledger),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PutLine {
    id: Text,
    created: Timestamp,
    modified: Timestamp,
    attributes: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    users: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Text>,
    /// Folders of older releases have none.
    #[serde(default, skip_serializing_if = "Account::is_default")]
    account: Account,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GoneLine {
    id: Text,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heading {
    #[serde(rename = "dialform-sandbox")]
    version: u32,
}

const VERSION: u32 = 1;

impl From<&Record> for Line {
    fn from(record: &Record) -> Self {
        match record {
            Record::Next(next) => Line::Next(*next),
            Record::Put { id, kind, created, modified, content } => {
                let of = |wanted: ResourceKind| {
                    content.members.iter().filter(|(_, kind)| **kind == wanted).map(|(id, _)| id.clone()).collect()
                };
                let put = Box::new(PutLine {
                    id: id.clone(),
                    created: *created,
                    modified: *modified,
                    attributes: content.attributes.clone(),
                    users: of(ResourceKind::User),
                    groups: of(ResourceKind::Group),
                    account: content.account.clone(),
                });
                match kind {
                    ResourceKind::User => Line::User(put),
                    ResourceKind::Group => Line::Group(put),
                }
            }
            Record::Gone { kind, id, at } => {
                let gone = GoneLine { id: id.clone(), at: *at };
                match kind {
                    ResourceKind::User => Line::UserGone(gone),
                    ResourceKind::Group => Line::GroupGone(gone),
                }
            }
            Record::Ledger(ledger) => Line::Ledger(ledger.clone()),
        }
    }
}

impl From<Line> for Record {
    fn from(line: Line) -> Self {
        let put = |kind: ResourceKind, line: Box<PutLine>| {
            let line = *line;
            let users = line.users.into_iter().map(|id| (id, ResourceKind::User));
            let groups = line.groups.into_iter().map(|id| (id, ResourceKind::Group));
            let members: IndexMap<Text, ResourceKind> = users.chain(groups).collect();
            let content = Box::new(Content { attributes: line.attributes, members, account: line.account });
            Record::Put { id: line.id, kind, created: line.created, modified: line.modified, content }
        };
        match line {
            Line::Next(next) => Record::Next(next),
            Line::User(line) => put(ResourceKind::User, line),
            Line::Group(line) => put(ResourceKind::Group, line),
            Line::Ledger(ledger) => Record::Ledger(ledger),
            Line::UserGone(line) => Record::Gone { kind: ResourceKind::User, id: line.id, at: line.at },
            Line::GroupGone(line) => Record::Gone { kind: ResourceKind::Group, id: line.id, at: line.at },
        }
    }
}

/// The open folder.
#[derive(Debug)]
pub(crate) struct Disk {
    path: PathBuf,
    file: File,
    lines: usize,
    /// Held for as long as the folder is open; the system frees it with the process.
    _lock: File,
}

impl Disk {
    /// Locks the folder, which is made if it is not there, and reads what it holds.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Vec<Record>), DiskError> {
        fs::create_dir_all(folder).map_err(failed("create the folder", folder))?;
        let lock_path = folder.join("lock");
        let lock = private().append(true).create(true).open(&lock_path).map_err(failed("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DiskError::Locked { folder: folder.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(failed("lock", &lock_path)(error)),
        }
        let path = folder.join("scim.jsonl");
        let records = match fs::read(&path) {
            Ok(bytes) => read(&path, &bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((Self::begin(path, lock)?, Vec::new()));
            }
            Err(error) => return Err(failed("read", &path)(error)),
        };
        let file = private().append(true).open(&path).map_err(failed("open", &path))?;
        Ok((Self { path, file, lines: records.len() + 1, _lock: lock }, records))
    }

    fn begin(path: PathBuf, lock: File) -> Result<Self, DiskError> {
        let (file, lines) = write_whole(&path, std::iter::empty())?;
        Ok(Self { path, file, lines, _lock: lock })
    }

    /// How many lines the file has.
    pub(crate) fn lines(&self) -> usize {
        self.lines
    }

    /// Adds a line. If it cannot be written whole, what was written is taken back.
    pub(crate) fn append(&mut self, record: &Record) -> Result<(), DiskError> {
        let line = to_line(record).map_err(failed("write", &self.path))?;
        let length = self.file.metadata().map_err(failed("look at", &self.path))?.len();
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            // If even this fails, the torn line is found at the next start.
            let _ = self.file.set_len(length);
            return Err(failed("write", &self.path)(error));
        }
        self.lines += 1;
        Ok(())
    }

    /// Puts a new file with these records in the place of the old one.
    pub(crate) fn rewrite(&mut self, records: impl Iterator<Item = Record>) -> Result<(), DiskError> {
        (self.file, self.lines) = write_whole(&self.path, records)?;
        Ok(())
    }
}

/// Files with personal data are for their owner only.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn to_line(record: &Record) -> io::Result<String> {
    let mut line = serde_json::to_string(&Line::from(record))?;
    line.push('\n');
    Ok(line)
}

/// Writes a file beside `path` and renames it. Gives the file, open for
/// appending, and the number of its lines.
fn write_whole(path: &Path, records: impl Iterator<Item = Record>) -> Result<(File, usize), DiskError> {
    let beside = path.with_extension("jsonl.new");
    let write = || -> io::Result<(File, usize)> {
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = io::BufWriter::new(private().append(true).create_new(true).open(&beside)?);
        serde_json::to_writer(&mut file, &Heading { version: VERSION })?;
        file.write_all(b"\n")?;
        let mut lines = 1;
        for record in records {
            file.write_all(to_line(&record)?.as_bytes())?;
            lines += 1;
        }
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        Ok((file, lines))
    };
    write().map_err(failed("write", path))
}

fn read(path: &Path, bytes: &[u8]) -> Result<Vec<Record>, DiskError> {
    let torn = |line: usize, problem: String| DiskError::Torn { file: path.to_owned(), line, problem };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        torn(line, "it is not UTF-8".to_owned())
    })?;
    if !text.ends_with('\n') {
        return Err(torn(text.lines().count().max(1), "it was not written to its end".to_owned()));
    }
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let heading = lines.next().and_then(|(_, line)| serde_json::from_str::<Heading>(line).ok());
    match heading {
        Some(Heading { version: VERSION }) => {}
        Some(Heading { version }) => {
            let problem = format!("it was written by another release (format {version}, this one reads {VERSION})");
            return Err(torn(1, problem));
        }
        None => return Err(torn(1, "this is not a file of the sandbox".to_owned())),
    }
    lines
        .map(|(at, line)| match serde_json::from_str::<Line>(line) {
            Ok(line) => Ok(line.into()),
            Err(error) => Err(torn(at, format!("it is not a record of the sandbox (column {})", error.column()))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::store::Store;

    fn content(name: &str) -> Content {
        let mut content = Content::default();
        content.attributes.insert("userName".into(), json!(name));
        content.attributes.insert("urn:acme".into(), json!({"shoeSize": 43}));
        content
    }

    fn fill(folder: &Path) -> Vec<Text> {
        let mut store = Store::open(folder).unwrap();
        let ids: Vec<_> = ["ada@example.com", "bob@example.com"]
            .map(|name| {
                store.insert(ResourceKind::User, None, content(name), Timestamp::UNIX_EPOCH).unwrap().id.clone()
            })
            .into();
        let mut group = Content::default();
        group.attributes.insert("displayName".into(), json!("Sales"));
        group.members = ids.iter().map(|id| (id.clone(), ResourceKind::User)).collect();
        store.insert(ResourceKind::Group, None, group, Timestamp::UNIX_EPOCH).unwrap();
        store.remove(ResourceKind::User, &ids[0], Timestamp::UNIX_EPOCH).unwrap();
        ids
    }

    #[test]
    fn what_was_stored_is_there_again_and_what_was_deleted_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let ids = fill(folder.path());
        let store = Store::open(folder.path()).unwrap();
        assert!(store.get(ResourceKind::User, &ids[0]).is_none());
        let bob = store.named(ResourceKind::User, "BOB@example.com").unwrap();
        assert_eq!((&bob.id, &bob.content), (&ids[1], &content("bob@example.com")));
        let sales = store.named(ResourceKind::Group, "sales").unwrap();
        assert_eq!(sales.content.members.keys().collect::<Vec<_>>(), [&ids[1]]);
    }

    #[test]
    fn an_id_is_not_given_again_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let gone = store.insert(ResourceKind::User, None, content("a@example.com"), Timestamp::UNIX_EPOCH).unwrap();
        store.remove(ResourceKind::User, &gone.id, Timestamp::UNIX_EPOCH).unwrap();
        drop(store);
        let mut store = Store::open(folder.path()).unwrap();
        let next = store.insert(ResourceKind::User, None, content("a@example.com"), Timestamp::UNIX_EPOCH).unwrap();
        assert_ne!(next.id, gone.id);
    }

    #[test]
    fn a_file_cut_anywhere_but_between_lines_is_an_error_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        let file = folder.path().join("scim.jsonl");
        let whole = fs::read(&file).unwrap();
        for length in (0..whole.len()).filter(|length| *length == 0 || whole[length - 1] != b'\n') {
            fs::write(&file, &whole[..length]).unwrap();
            let error = Store::open(folder.path()).unwrap_err();
            let line = 1 + whole[..length].iter().filter(|byte| **byte == b'\n').count();
            assert!(matches!(&error, DiskError::Torn { line: at, .. } if *at == line), "{length}: {error}");
        }
    }

    #[test]
    fn a_line_of_something_else_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        let file = folder.path().join("scim.jsonl");
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str("{\"user\":3}\n");
        fs::write(&file, &text).unwrap();
        let error = Store::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("scim.jsonl`, line 6: it is not a record of the sandbox"), "{error}");
    }

    #[test]
    fn a_second_sandbox_in_the_same_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = Store::open(folder.path()).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, DiskError::Locked { .. }), "{error}");
        drop(first);
        Store::open(folder.path()).unwrap();
    }

    #[test]
    fn a_file_of_many_changes_is_shortened_and_keeps_everything() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let mut row = store.insert(ResourceKind::User, None, content("a@example.com"), Timestamp::UNIX_EPOCH).unwrap();
        let gone = store.insert(ResourceKind::User, None, content("b@example.com"), Timestamp::UNIX_EPOCH).unwrap();
        store.remove(ResourceKind::User, &gone.id, Timestamp::UNIX_EPOCH).unwrap();
        for n in 0..10_100 {
            let mut next = content("a@example.com");
            next.attributes.insert("title".into(), json!(n.to_string()));
            row = store.update(&row, next, Timestamp::UNIX_EPOCH).unwrap();
        }
        drop(store);
        let lines = fs::read_to_string(folder.path().join("scim.jsonl")).unwrap().lines().count();
        assert!(lines < 200, "{lines}");
        let mut store = Store::open(folder.path()).unwrap();
        let kept = store.get(ResourceKind::User, &row.id).unwrap();
        assert_eq!(kept.content.attributes["title"], json!("10099"));
        let next = store.insert(ResourceKind::User, None, content("c@example.com"), Timestamp::UNIX_EPOCH).unwrap();
        assert_ne!(next.id, gone.id);
    }

    #[cfg(unix)]
    #[test]
    fn the_data_can_be_read_by_the_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        let mode = fs::metadata(folder.path().join("scim.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
