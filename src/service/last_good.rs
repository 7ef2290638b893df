//! The manifest, read again when its files change; while it is wrong, the last good one.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::means::{Loaded, Means};
use crate::manifest::Manifest;

/// A change counts when the files have stayed the same for so long: half of a `git pull`
/// is no manifest.
pub(super) const SETTLES: Duration = Duration::from_secs(5);

/// What the system says of a file or folder; `None` when it is not there.
type Mark = Option<(u64, Option<SystemTime>, u64)>;

/// The last good manifest.
pub(super) struct LastGood {
    manifest: Arc<Manifest>,
    files: Vec<PathBuf>,
    marks: Vec<Mark>,
    problem: Option<String>,
    warnings: Option<String>,
}

/// What reading again has shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing that means anything.
    None,
    /// It means something else now, or is good again.
    Changed,
    /// It is wrong now, or wrong in another way.
    Wrong,
}

impl LastGood {
    /// Reads it for the first time.
    pub(super) fn first(means: &Means) -> Result<Self, String> {
        let Loaded { manifest, files, warnings } = (means.load)()?;
        let marks = marks(&files);
        Ok(Self { manifest: Arc::new(manifest), files, marks, problem: None, warnings })
    }

    pub(super) fn manifest(&self) -> &Arc<Manifest> {
        &self.manifest
    }

    /// What is wrong with the files as they are now.
    pub(super) fn problem(&self) -> Option<&String> {
        self.problem.as_ref()
    }

    /// What is allowed but probably not meant.
    pub(super) fn warnings(&self) -> Option<&String> {
        self.warnings.as_ref()
    }

    /// Whether a file was touched since it was last read.
    pub(super) fn is_touched(&self) -> bool {
        marks(&self.files) != self.marks
    }

    /// Waits until nobody touches the files any more.
    pub(super) async fn settled(&self) {
        let mut seen = marks(&self.files);
        loop {
            tokio::time::sleep(SETTLES).await;
            let now = marks(&self.files);
            if now == seen {
                return;
            }
            seen = now;
        }
    }

    /// Reads it again.
    pub(super) fn read_again(&mut self, means: &Means) -> News {
        // Before reading: what is written meanwhile is seen the next time.
        let before = marks(&self.files);
        match (means.load)() {
            Ok(Loaded { manifest, files, warnings }) => {
                let was_wrong = self.problem.take().is_some();
                // A new warning is to be read, also where no plan becomes another by the edit.
                let warns = warnings.is_some() && warnings != self.warnings;
                let means_more = warns || manifest.digest != self.manifest.digest;
                self.marks = if files == self.files { before } else { marks(&files) };
                (self.files, self.warnings, self.manifest) = (files, warnings, Arc::new(manifest));
                if was_wrong || means_more { News::Changed } else { News::None }
            }
            Err(problem) => {
                self.marks = before;
                let known = self.problem.as_ref() == Some(&problem);
                self.problem = Some(problem);
                if known { News::None } else { News::Wrong }
            }
        }
    }
}

/// Marks of the files and of their folders: a file that a glob would find changes its folder.
fn marks(files: &[PathBuf]) -> Vec<Mark> {
    let folders: BTreeSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
    let folders = folders.into_iter().map(|folder| if folder == Path::new("") { Path::new(".") } else { folder });
    files.iter().map(|file| mark(file, true)).chain(folders.map(|folder| mark(folder, false))).collect()
}

fn mark(path: &Path, is_file: bool) -> Mark {
    let data = fs::metadata(path).ok()?;
    // Of a folder the time is changed by every file that comes and goes, such as a lock; its
    // entries tell better.
    if !is_file {
        let names = fs::read_dir(path).ok()?.filter_map(|entry| entry.ok().map(|entry| entry.file_name()));
        let yaml = names.filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"))
        });
        return Some((yaml.count() as u64, None, 0));
    }
    Some((data.len(), data.modified().ok(), inode(&data)))
}

#[cfg(unix)]
fn inode(data: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(data)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}
