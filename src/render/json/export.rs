//! An export as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FORMAT_VERSION, pretty};
use crate::export;

/// What came of an export. Printed by `dialform export --format json`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Report<'a> {
    /// The version of this format. Fields are added without raising it.
    format_version: u32,
    /// The files that were written, as they were named.
    files: &'a [String],
    /// The numbers.
    summary: Summary,
    /// What a plan of the files has: no changes and nothing held, if all is well.
    plan: Proof,
    /// The roles, in the order of the manifest.
    roles: Vec<Role<'a>>,
    /// Who is not in the files, and is left as they are.
    strangers: Vec<Stranger<'a>>,
    /// What the files do not say.
    notes: Vec<Note<'a>>,
}

/// The numbers of an export.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Accounts that SCIM has.
    accounts: usize,
    /// People in the file.
    people: usize,
    /// Groups of Dialpad that the file of people names.
    groups: usize,
    /// Links that were written into the state.
    links: usize,
}

/// What a plan of the files has.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Proof {
    /// Changes.
    pub changes: usize,
    /// Held changes.
    pub held: usize,
}

/// A role.
#[derive(Serialize, JsonSchema)]
struct Role<'a> {
    /// Its name.
    name: &'a str,
    /// What it gives, in words.
    gives: &'a str,
    /// How many people have it.
    people: usize,
}

/// Somebody who is not in the files.
#[derive(Serialize, JsonSchema)]
struct Stranger<'a> {
    /// Why, as a stable code: `suspended`, `no_email`, `no_user_name`, `duplicate_user_name`, `unusable_user_name`, `only_in_api`.
    why: &'static str,
    /// Why, in words.
    because: &'static str,
    /// The user name or address, else the id.
    name: &'a str,
    /// The id in SCIM; of who is only in the admin API, the id there.
    id: &'a str,
    /// The state in the admin API, of who is only there.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// What can be done.
    next: &'static str,
}

/// Something that the files do not say.
#[derive(Serialize, JsonSchema)]
struct Note<'a> {
    /// A stable code in snake case.
    code: &'static str,
    /// A sentence.
    message: &'a str,
    /// Whom it is about; empty where it is about nobody alone.
    who: Vec<&'a str>,
}

/// The report as one object.
pub fn export(report: &export::Report, files: &[String], links: usize, plan: Proof) -> String {
    let export::Report { accounts, people, groups, roles, strangers, notes } = report;
    let roles =
        roles.iter().map(|export::RoleLine { name, gives, people }| Role { name, gives, people: *people }).collect();
    let strangers = strangers
        .iter()
        .map(|stranger| Stranger {
            why: stranger.why.code(),
            because: stranger.why.because(),
            name: &stranger.name,
            id: &stranger.id,
            detail: stranger.detail.as_deref(),
            next: stranger.why.next(),
        })
        .collect();
    let notes = notes
        .iter()
        .map(|note| Note { code: note.code, message: &note.message, who: note.who.iter().map(|who| &**who).collect() })
        .collect();
    let summary = Summary { accounts: *accounts, people: *people, groups: *groups, links };
    pretty(&Report { format_version: FORMAT_VERSION, files, summary, plan, roles, strangers, notes })
}
