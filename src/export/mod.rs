//! What Dialpad holds, as a manifest and a directory file that plan to no changes.
//!
//! Accounts and grants become the texts of a folder, the links that make them ours,
//! and a [`Report`]. Nothing is dropped silently: an account that is not in the files
//! is a [`Stranger`] with a reason, and what of the others the files cannot say is a
//! [`Note`]. The manifest has `ownership: linked`, so that a plan never touches a stranger.

mod attributes;
mod holdings;
mod manifest;
mod naming;
mod people;
mod policy;
mod report;
mod roles;
mod table;
mod target;

pub use report::{Note, Report, RoleLine, Stranger, Why};

use crate::{
    live::Live,
    manifest::Target,
    names::{SourceId, TargetId, Text},
};
use report::Notes;

/// What the manifest says that is not in Dialpad.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The name of the job.
    pub name: Text,
    /// The target, its paths as the new manifest has to write them.
    pub target: Target,
}

/// An export.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The files of the folder: manifest, people, tests.
    pub files: Vec<File>,
    /// Which account belongs to whom: without them the first plan would adopt everybody.
    pub links: Vec<Link>,
    /// What is to be known.
    pub report: Report,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the folder.
    pub path: &'static str,
    /// What it is for, for people.
    pub purpose: &'static str,
    /// Its text.
    pub text: String,
    /// Whether it holds personal data.
    pub private: bool,
}

/// A person of the files and their account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The person.
    pub person: SourceId,
    /// The account.
    pub target: TargetId,
    /// What to call them.
    pub name: Text,
}

/// The paths of the files that an export may write.
pub const PATHS: [&str; 5] = [manifest::PATH, table::CSV, table::YAML, table::LINES, policy::PATH];

/// Makes the files of what was read.
pub fn export(live: &Live, origin: &Origin) -> Exported {
    let mut notes = Notes::default();
    let people::Sorted { mut rows, strangers, accounts } = people::sorted(live);
    let columns = attributes::columns(live, &mut rows, &mut notes);
    let groups = people::groups(live, &mut rows, &mut notes);
    let holdings = holdings::of(live, &mut rows, &columns, &mut notes);
    let roles = roles::roles(&mut rows, &holdings, &groups);
    let table = table::of(&rows, &columns, &holdings, &roles);
    let (people, why) = table.write();
    if let Some(why) = why {
        notes.add("not_csv", &format!("the people are in `{}`: {why}", people.path), "");
    }
    let file = |path, purpose, text, private| File { path, purpose, text, private };
    let manifest = manifest::text(
        origin,
        live,
        &manifest::Parts {
            people: people.path,
            columns: &columns,
            holdings: &holdings,
            roles: &roles,
            strangers: strangers.len(),
            all_have_external_id: people::all_have_external_id(&rows),
        },
    );
    let tests = policy::text(&roles);
    let files = vec![
        file(manifest::PATH, "who gets Dialpad, as what, with which values", manifest, false),
        people,
        file(policy::PATH, "tests of the manifest, for `dialform test`", tests, false),
    ];
    let links =
        rows.iter().map(|row| Link { person: row.id.clone(), target: row.user.id.clone(), name: row.name.clone() });
    let links = links.collect();
    let report = Report {
        accounts,
        people: rows.len(),
        groups: groups.len(),
        roles: roles.lines(),
        strangers,
        notes: notes.into_inner(),
    };
    Exported { files, links, report }
}
