//! What commands share: the manifest with everything it includes, read from files.

use std::path::Path;

use crate::{
    manifest::Manifest,
    problem::{Problem, Sources},
};

/// A manifest that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// The manifest.
    pub manifest: Manifest,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Problem>,
    /// The texts of all its files, for showing the warnings.
    pub sources: Sources,
}

/// A manifest that cannot be used: all that is wrong with it.
#[derive(Debug)]
pub struct Unusable {
    /// All that is wrong, warnings too.
    pub problems: Vec<Problem>,
    /// The texts of all its files, for showing the problems.
    pub sources: Sources,
}

/// Reads the manifest and the files that it includes or extends.
///
/// # Errors
/// All problems at once.
pub fn manifest(path: &Path) -> Result<Loaded, Unusable> {
    let _ = path;
    todo!("load")
}
