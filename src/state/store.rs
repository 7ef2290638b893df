//! Where the state lies: a folder, an object store, or memory for tests.
//!
//! A file is replaced by writing another beside it, forcing that to the disk and
//! renaming it, so that it is whole or the old one. A file that is appended to
//! may end in the middle of a line; who reads it has to see that.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{StateError, bucket::Bucket, numbered::Segments};

/// The largest file that is read. A hundred thousand links take about 20 MB.
const LARGEST: u64 = 1 << 30;

/// A place for the files of the state.
#[derive(Clone, Debug)]
pub enum Store {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A prefix in an object store. It has numbered objects rather than files; see `numbered`.
    Objects(Bucket),
    /// Memory, for tests: it outlives the [`super::State`] that used it, as a disk does.
    Memory(Disk),
}

impl Store {
    /// How people call it.
    pub fn label(&self) -> String {
        match self {
            Store::Folder(folder) => folder.display().to_string(),
            Store::Objects(bucket) => bucket.label().to_owned(),
            Store::Memory(_) => "memory".to_owned(),
        }
    }

    /// Makes the folder, for the owner alone, and refuses one that is a link elsewhere.
    pub(super) fn prepare(&self) -> Result<(), StateError> {
        let Store::Folder(folder) = self else { return Ok(()) };
        self.check()?;
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(StateError::io("create the folder", folder))
    }

    /// Refuses a folder that is a symbolic link or no folder.
    pub(super) fn check(&self) -> Result<(), StateError> {
        let Store::Folder(folder) = self else { return Ok(()) };
        // The folder of the manifest and the one that it lies in: both are ours to make.
        for path in [folder.parent(), Some(folder.as_path())].into_iter().flatten() {
            match fs::symlink_metadata(path) {
                Ok(found) if found.is_symlink() => return Err(StateError::Link { path: path.to_owned() }),
                Ok(found) if !found.is_dir() => return Err(StateError::NotAFolder { path: path.to_owned() }),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StateError::io("look at", path)(error)),
            }
        }
        Ok(())
    }

    /// What it is, for who reads and writes it.
    pub(super) fn kind(&self) -> Kind<'_> {
        match self {
            Store::Folder(folder) => Kind::Files(Files::Folder(folder)),
            Store::Memory(disk) => Kind::Files(Files::Memory(disk)),
            Store::Objects(bucket) => Kind::Objects(bucket),
        }
    }
}

/// Two ways of keeping the same.
pub(super) enum Kind<'a> {
    /// Few files that are replaced and appended to.
    Files(Files<'a>),
    /// Numbered objects.
    Objects(&'a Bucket),
}

/// A place for files.
#[derive(Clone, Copy, Debug)]
pub(super) enum Files<'a> {
    /// A folder of this machine.
    Folder(&'a Path),
    /// Memory, for tests.
    Memory(&'a Disk),
}

impl Files<'_> {
    /// How people call one of its files.
    pub(super) fn file(self, name: &str) -> String {
        match self {
            Files::Folder(folder) => folder.join(name).display().to_string(),
            Files::Memory(_) => name.to_owned(),
        }
    }

    /// The content of a file, if it is there.
    pub(super) fn read(self, name: &str) -> Result<Option<Vec<u8>>, StateError> {
        let folder = match self {
            Files::Folder(folder) => folder,
            Files::Memory(disk) => return Ok(disk.lock().files.get(name).map(|file| file.bytes.clone())),
        };
        let path = folder.join(name);
        match plain(&path) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(error),
        }
        let mut bytes = Vec::new();
        let file = File::open(&path).map_err(StateError::io("open", &path))?;
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(StateError::io("read", &path))?;
        if bytes.len() as u64 > LARGEST {
            return Err(StateError::damaged(path.display(), "it is larger than a gigabyte"));
        }
        Ok(Some(bytes))
    }

    /// Replaces a file as a whole; afterwards it is on the disk.
    pub(super) fn replace(self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        match self {
            Files::Folder(folder) => {
                let path = folder.join(name);
                plain(&path)?;
                let beside = folder.join(format!("{name}.new"));
                write_whole(&beside, bytes).map_err(StateError::io("write", &beside))?;
                fs::rename(&beside, &path).map_err(StateError::io("replace", &path))?;
                sync_folder(folder)
            }
            Files::Memory(disk) => {
                let mut disk = disk.lock();
                disk.room(bytes.len())?;
                disk.files.insert(name.to_owned(), MemoryFile { synced: bytes.len(), bytes: bytes.to_vec() });
                Ok(())
            }
        }
    }

    /// Gives a file another name, over what is there. A missing file is no error.
    pub(super) fn rename(self, from: &str, to: &str) -> Result<(), StateError> {
        match self {
            Files::Folder(folder) => {
                let path = folder.join(from);
                match fs::rename(&path, folder.join(to)) {
                    Ok(()) => sync_folder(folder),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                    Err(error) => Err(StateError::io("rename", &path)(error)),
                }
            }
            Files::Memory(disk) => {
                let mut disk = disk.lock();
                if let Some(file) = disk.files.remove(from) {
                    disk.files.insert(to.to_owned(), file);
                }
                Ok(())
            }
        }
    }

    /// Begins a file that is appended to, in place of any that is there.
    pub(super) fn begin(self, name: &str, first: &[u8]) -> Result<Appended, StateError> {
        self.replace(name, first)?;
        match self {
            Files::Folder(folder) => {
                let path = folder.join(name);
                let file = OpenOptions::new().append(true).open(&path).map_err(StateError::io("open", &path))?;
                Ok(Appended::File { file: Arc::new(file), path, length: first.len() as u64 })
            }
            Files::Memory(disk) => Ok(Appended::Memory { disk: (*disk).clone(), name: name.to_owned() }),
        }
    }
}

/// Whether there is a file of our own making; anything else under its name is refused.
fn plain(path: &Path) -> Result<bool, StateError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(found) if found.is_symlink() => Err(StateError::Link { path: path.to_owned() }),
        Ok(_) => Err(StateError::damaged(path.display(), "it is not a file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StateError::io("look at", path)(error)),
    }
}

/// Writes a new file for the owner alone and forces it to the disk.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What an earlier run left half written, or a link that somebody put there.
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // It is of no use to anybody; if even this fails, the next write removes it.
        let _ = fs::remove_file(path);
    }
    written
}

/// Forces a rename to the disk.
fn sync_folder(folder: &Path) -> Result<(), StateError> {
    #[cfg(unix)]
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(StateError::io("sync the folder", folder))?;
    let _ = folder;
    Ok(())
}

/// A file to which lines are added.
#[derive(Debug)]
pub(super) enum Appended {
    /// On a disk.
    File {
        /// Opened for appending.
        file: Arc<File>,
        /// For messages.
        path: PathBuf,
        /// Its length in bytes.
        length: u64,
    },
    /// In memory.
    Memory {
        /// The disk that it is on.
        disk: Disk,
        /// Its name there.
        name: String,
    },
    /// In an object store.
    Objects(Segments),
}

/// Forces what was appended so far to the disk; may block.
pub(super) type Sync = Box<dyn FnOnce() -> Result<(), StateError> + Send>;

impl Appended {
    /// Adds bytes, all or none. In a folder they outlive this process, not yet the
    /// machine; in an object store they wait for the next segment.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        match self {
            Appended::File { file, path, length } => {
                if let Err(error) = (&**file).write_all(bytes) {
                    // If even this fails, the torn line is seen when the file is read.
                    let _ = file.set_len(*length);
                    return Err(StateError::io("write", path)(error));
                }
                *length += bytes.len() as u64;
                Ok(())
            }
            Appended::Memory { disk, name } => {
                let mut disk = disk.lock();
                disk.room(bytes.len())?;
                disk.files.entry(name.clone()).or_default().bytes.extend_from_slice(bytes);
                Ok(())
            }
            Appended::Objects(segments) => {
                segments.append(bytes);
                Ok(())
            }
        }
    }

    /// Between the beginnings of two syncs.
    pub(super) fn spacing(&self) -> Duration {
        match self {
            Appended::File { .. } | Appended::Memory { .. } => Duration::ZERO,
            Appended::Objects(segments) => segments.spacing(),
        }
    }

    /// Whether what was not synced is lost with this process.
    pub(super) fn waits(&self) -> bool {
        matches!(self, Appended::Objects(_))
    }

    /// What forces the bytes appended so far to the disk; `None` when nothing has to wait.
    pub(super) fn sync(&self) -> Option<Sync> {
        match self {
            Appended::File { file, path, .. } => {
                let (file, path) = (Arc::clone(file), path.clone());
                Some(Box::new(move || file.sync_data().map_err(StateError::io("sync", &path))))
            }
            Appended::Memory { disk, name } => {
                let mut disk = disk.lock();
                if let Some(file) = disk.files.get_mut(name) {
                    file.synced = file.bytes.len();
                }
                None
            }
            Appended::Objects(segments) => Some(segments.sync()),
        }
    }
}

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    inner: Arc<Mutex<DiskInner>>,
}

#[derive(Debug, Default)]
struct DiskInner {
    files: BTreeMap<String, MemoryFile>,
    /// Bytes that may still be written; `None` is without a limit.
    room: Option<usize>,
}

#[derive(Debug, Default)]
struct MemoryFile {
    bytes: Vec<u8>,
    synced: usize,
}

impl DiskInner {
    fn room(&mut self, bytes: usize) -> Result<(), StateError> {
        match &mut self.room {
            Some(room) if *room < bytes => {
                Err(StateError::io("write", Path::new("memory"))(io::ErrorKind::StorageFull.into()))
            }
            Some(room) => {
                *room -= bytes;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Disk {
    fn lock(&self) -> std::sync::MutexGuard<'_, DiskInner> {
        // Whoever panicked has not left a file half changed: each change is one call.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power: of each file that is appended to, only what was synced
    /// and `more` bytes of the rest are left.
    pub fn lose_power(&self, more: usize) {
        for file in self.lock().files.values_mut() {
            let left = file.synced.saturating_add(more).min(file.bytes.len());
            file.bytes.truncate(left);
        }
    }

    /// Lets only so many bytes more be written; `None` is without a limit.
    pub fn limit(&self, room: Option<usize>) {
        self.lock().room = room;
    }

    /// A file as it is.
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        self.lock().files.get(name).map(|file| file.bytes.clone())
    }

    /// Puts a file there, or takes it away.
    pub fn set(&self, name: &str, bytes: Option<&[u8]>) {
        let mut disk = self.lock();
        match bytes {
            Some(bytes) => {
                disk.files.insert(name.to_owned(), MemoryFile { synced: bytes.len(), bytes: bytes.to_vec() });
            }
            None => {
                disk.files.remove(name);
            }
        }
    }
}
