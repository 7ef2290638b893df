//! People and groups in CSV, JSON, JSON Lines and YAML files.

use crate::{
    directory::Directory,
    manifest::Files,
    problem::{Problem, Sources},
};

/// A directory read from files.
#[derive(Debug)]
pub struct Read {
    /// The people and groups.
    pub directory: Directory,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Problem>,
    /// The files' texts, for showing the warnings.
    pub sources: Sources,
}

/// Why the files could not be used: every problem of every file.
#[derive(Debug)]
pub struct Failed {
    /// All that is wrong.
    pub problems: Vec<Problem>,
    /// The files' texts, for showing it.
    pub sources: Sources,
}

/// Reads the files of a manifest's `source.files`.
///
/// # Errors
/// All problems of all files at once.
pub fn read(files: &Files) -> Result<Read, Failed> {
    let _ = files;
    todo!("files")
}
