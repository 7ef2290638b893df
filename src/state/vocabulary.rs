//! Names for completion, left in the folder of a manifest's state: for the language server.
//!
//! Nothing depends on them, so no lock guards the file; it is replaced as a whole.

use std::{fs, io::Write, path::Path};

use super::{State, StateError, store::Store};
use crate::{
    manifest::{
        Manifest, Source, StateUrl,
        vocabulary::{Heard, VOCABULARY_FILE, Vocabulary},
    },
    names::Text,
};

/// Adds what was read to the names that are known of a manifest. Where the state lies in an
/// object store nothing is kept.
///
/// # Errors
/// When it cannot be written. Nothing depends on it.
pub fn leave(manifest: &Manifest, base: &Path, heard: Vec<Heard>) -> Result<(), StateError> {
    match &manifest.state.value {
        StateUrl::Folder(_) => write(&Store::Folder(super::folder(manifest, base)), manifest, heard),
        StateUrl::Objects { .. } => Ok(()),
    }
}

impl State {
    /// Adds what was read to the names that are known of a manifest, as [`leave`] does.
    ///
    /// # Errors
    /// As [`leave`].
    pub fn leave_names(&self, manifest: &Manifest, heard: Vec<Heard>) -> Result<(), StateError> {
        write(&self.store, manifest, heard)
    }
}

fn write(store: &Store, manifest: &Manifest, heard: Vec<Heard>) -> Result<(), StateError> {
    let Store::Folder(folder) = store else { return Ok(()) };
    if heard.is_empty() {
        return Ok(());
    }
    store.prepare()?;
    let file = folder.join(VOCABULARY_FILE);
    let before = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Vocabulary>(&bytes).ok());
    let mut names = before.clone().unwrap_or_default();
    names.settle(&source(&manifest.source), &manifest.target.label());
    heard.into_iter().for_each(|heard| names.hear(heard));
    if before.as_ref() == Some(&names) {
        return Ok(());
    }
    let text = serde_json::to_vec_pretty(&names).map_err(|error| StateError::damaged(file.display(), error))?;
    // For the owner's eyes only, as `tempfile` makes them, and under a name that no other run uses.
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut beside| {
        beside.write_all(&text)?;
        beside.persist(&file).map(drop).map_err(|error| error.error)
    });
    written.map_err(StateError::io("write", &file))
}

/// Where a directory is read.
fn source(source: &Source) -> Text {
    match source {
        Source::Files(_) => "files".into(),
        Source::Entra(entra) => format!("entra {}", entra.tenant.value).into(),
    }
}
