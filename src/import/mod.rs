//! What another tool holds, as a manifest: Microsoft Entra's provisioning job.
//!
//! An exported synchronization schema and what may come with it (the job, its
//! settings, the application, its assignments) become the text of a manifest and
//! a [`Report`]. Nothing is dropped silently: what is not in the manifest, or
//! means something else there, is in the report with its place, and in the
//! manifest as a comment. What the files do not say is written in its safest
//! form and marked `confirm:`.
//!
//! Facts: Microsoft Graph's metadata (`synchronizationSchema`, v1.0), and
//! Microsoft, "Customize attribute mappings", "Export or import a provisioning
//! configuration" and "Skip deletion of out of scope users" (`entra-docs`,
//! `docs/identity/app-provisioning/`).

mod at;
mod attribute;
mod directories;
mod draft;
mod filters;
mod job;
mod json;
mod object;
mod recognise;
mod report;
mod roles;
mod rules;
mod source;
mod tree;
mod write;

use std::fmt;

use crate::{
    manifest::{Auth, Cloud},
    names::Text,
};
use report::Findings;

pub use json::{Document, MAX_BYTES};
pub use report::{Carried, Finding, Kind, Read, Report, Spot};

/// A manifest, and what is to be known about it.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The text of the manifest.
    pub manifest: String,
    /// What is not, or not quite, in it.
    pub report: Report,
}

/// Why there is nothing to import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The file.
    pub file: Text,
    /// Where in it: a JSON pointer, or line and column. Empty for the whole file.
    pub at: String,
    /// A lower-case fragment.
    pub message: String,
    /// The next step.
    pub help: String,
}

impl Refused {
    fn new(file: &str, at: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { file: file.into(), at: at.to_owned(), message: message.into(), help: help.into() }
    }

    fn at(at: &at::At, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(at.file, &at.pointer, message, help)
    }
}

/// `schema.json#/synchronizationRules: expected a list; export it again`
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match self.at.starts_with('/') {
            true => write!(f, "#{}", self.at)?,
            false if !self.at.is_empty() => write!(f, ":{}", self.at)?,
            false => {}
        }
        write!(f, ": {}; {}", self.message, self.help)
    }
}

/// Where documents come from, as far as they do not say it themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The tenant.
    pub tenant: Option<Text>,
    /// Which of Microsoft's clouds.
    pub cloud: Option<Cloud>,
    /// How to sign in there.
    pub auth: Option<Auth>,
}

/// Makes a manifest of Entra's schema and of what comes with it.
///
/// # Errors
/// When there is no schema among the documents, more than one, or one of
/// something else than Entra to SCIM: all that is wrong at once.
pub fn entra(documents: &[Document]) -> Result<Imported, Vec<Refused>> {
    entra_of(documents, &Origin::default())
}

/// The same, of documents whose origin is known.
///
/// # Errors
/// As [`entra`].
pub fn entra_of(documents: &[Document], origin: &Origin) -> Result<Imported, Vec<Refused>> {
    let mut findings = Findings::default();
    let inputs = recognise::recognise(documents, &mut findings)?;
    let chosen = rules::choose(&inputs.schema, &mut findings)?;
    let mut draft = draft::Draft::of(&inputs, &chosen, origin, &mut findings);
    draft.files = documents.iter().map(|document| document.file.clone()).collect();
    let report = Report {
        files: inputs.read,
        users: draft.users.as_ref().map(|object| object.carried).unwrap_or_default(),
        groups: draft.groups.as_ref().map(|object| object.carried).unwrap_or_default(),
        filters: draft.filters(),
        roles: draft.roles.carried,
        findings: findings.into_inner(),
    };
    Ok(Imported { manifest: write::manifest(&draft), report })
}
