//! An import as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FORMAT_VERSION, pretty};
use crate::import;

/// What came of an import. Printed by `dialform import entra --format json`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Report<'a> {
    /// The version of this format. Fields are added without raising it.
    format_version: u32,
    /// The manifest, as YAML.
    manifest: &'a str,
    /// What was read.
    files: Vec<File<'a>>,
    /// The numbers.
    summary: Summary,
    /// What is not, or not quite, in the manifest, in the order of the files.
    findings: Vec<Finding<'a>>,
}

/// A file, and what it was taken for.
#[derive(Serialize, JsonSchema)]
struct File<'a> {
    /// The file.
    file: &'a str,
    /// What it holds, such as `schema`.
    holds: &'a [&'static str],
}

/// The numbers of an import.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// User mappings.
    user_mappings: Carried,
    /// Group mappings.
    group_mappings: Carried,
    /// Scoping filters.
    filters: Carried,
    /// Roles.
    roles: Carried,
    /// Findings of the kind `not_carried`.
    not_carried: usize,
    /// Findings of the kind `changed`.
    changed: usize,
    /// Findings of the kind `confirm`.
    confirm: usize,
}

/// How many of something are in the manifest.
#[derive(Serialize, JsonSchema)]
struct Carried {
    /// In the manifest.
    carried: usize,
    /// In the files.
    all: usize,
}

/// Something to know.
#[derive(Serialize, JsonSchema)]
struct Finding<'a> {
    /// How much of it is in the manifest.
    kind: Kind,
    /// A stable code in snake case.
    code: &'a str,
    /// Where it stands; empty for what stands nowhere.
    places: Vec<Place<'a>>,
    /// What it was.
    what: &'a str,
    /// Why it is not carried over as it is.
    why: &'a str,
    /// What to do.
    next: &'a str,
}

/// A place in a file.
#[derive(Serialize, JsonSchema)]
struct Place<'a> {
    /// The file.
    file: &'a str,
    /// JSON pointer (RFC 6901).
    pointer: &'a str,
}

/// How much of something is in the manifest.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// It is not in the manifest.
    NotCarried,
    /// It is, and means something else in some case.
    Changed,
    /// It was not in the files; the manifest has its safest form, marked `confirm:`.
    Confirm,
    /// It is of no effect, but good to know.
    Noted,
}

/// An import as one JSON object.
pub fn import(imported: &import::Imported) -> String {
    let import::Report { files, users, groups, filters, roles, findings } = &imported.report;
    let number = |kind: import::Kind| findings.iter().filter(|finding| finding.kind == kind).count();
    pretty(&Report {
        format_version: FORMAT_VERSION,
        manifest: &imported.manifest,
        files: files.iter().map(|read| File { file: &read.file, holds: &read.holds }).collect(),
        summary: Summary {
            user_mappings: carried(*users),
            group_mappings: carried(*groups),
            filters: carried(*filters),
            roles: carried(*roles),
            not_carried: number(import::Kind::NotCarried),
            changed: number(import::Kind::Changed),
            confirm: number(import::Kind::Confirm),
        },
        findings: findings.iter().map(finding).collect(),
    })
}

fn carried(import::Carried { carried, all }: import::Carried) -> Carried {
    Carried { carried, all }
}

fn finding(finding: &import::Finding) -> Finding<'_> {
    let import::Finding { kind, code, places, what, why, next } = finding;
    let kind = match kind {
        import::Kind::NotCarried => Kind::NotCarried,
        import::Kind::Changed => Kind::Changed,
        import::Kind::Confirm => Kind::Confirm,
        import::Kind::Noted => Kind::Noted,
    };
    let places = places.iter().map(|spot| Place { file: &spot.file, pointer: &spot.pointer }).collect();
    Finding { kind, code, places, what, why, next }
}
