//! What an import says: where something in the files is not, or not quite, in the manifest.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use super::at::At;
use crate::{
    manifest::literals::is_certainly_token,
    names::{Text, is_hostile},
};

/// The longest text of a file that is shown, in characters.
const MAX_SHOWN: usize = 200;

/// What came of an import, beside the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was read.
    pub files: Vec<Read>,
    /// User mappings.
    pub users: Carried,
    /// Group mappings.
    pub groups: Carried,
    /// Scoping filters of users and groups.
    pub filters: Carried,
    /// Roles.
    pub roles: Carried,
    /// Everything that somebody has to know, in the order of the files.
    pub findings: Vec<Finding>,
}

/// A file, and what it was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The file.
    pub file: Text,
    /// What it holds, such as `schema`.
    pub holds: Vec<&'static str>,
}

/// How many of something are in the manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// In the manifest.
    pub carried: usize,
    /// In the files.
    pub all: usize,
}

/// How much something in the files is in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It is not in the manifest.
    NotCarried,
    /// It is, and means something else in some case.
    Changed,
    /// It was not in the files; the manifest has its safest form, marked `confirm:`.
    Confirm,
    /// It is of no effect here, but good to know.
    Noted,
}

/// Something to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much of it is in the manifest.
    pub kind: Kind,
    /// A stable code in snake case.
    pub code: &'static str,
    /// Where it stands. Empty for what stands nowhere.
    pub places: Vec<Spot>,
    /// What it was.
    pub what: String,
    /// Why it is not carried over as it is.
    pub why: String,
    /// What to do.
    pub next: String,
}

/// A place in a file, as `schema.json#/synchronizationRules/0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: Text,
    /// JSON pointer (RFC 6901).
    pub pointer: String,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.file, self.pointer)
    }
}

/// Where findings are gathered.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
    /// What is said already, and by which finding.
    said: HashMap<Said, usize>,
}

type Said = (Kind, &'static str, String, String, String);

impl Findings {
    /// Adds a finding about a place. The same about another place is one finding with two places.
    pub(super) fn add(&mut self, kind: Kind, code: &'static str, at: &At, what: String, why: &str, next: &str) {
        let spot = Spot { file: at.file.clone(), pointer: at.pointer.chars().flat_map(visible).collect() };
        self.push(kind, code, Some(spot), what, why, next);
    }

    /// Adds a finding about something that stands nowhere.
    pub(super) fn absent(&mut self, kind: Kind, code: &'static str, what: &str, why: &str, next: &str) {
        self.push(kind, code, None, what.to_owned(), why, next);
    }

    fn push(&mut self, kind: Kind, code: &'static str, spot: Option<Spot>, what: String, why: &str, next: &str) {
        let (what, why, next) = (one_line(what), one_line(why.to_owned()), one_line(next.to_owned()));
        let said = (kind, code, what.clone(), why.clone(), next.clone());
        if let Some(found) = self.said.get(&said).and_then(|nth| self.found.get_mut(*nth)) {
            found.places.extend(spot);
            return;
        }
        self.said.insert(said, self.found.len());
        self.found.push(Finding { kind, code, places: spot.into_iter().collect(), what, why, next });
    }

    /// Says of each member that is not known here that it is not carried over. Annotations
    /// of OData (`@odata.type`) and members without content hold nothing.
    pub(super) fn unknown(&mut self, at: &At, of: &str, known: &[&str]) {
        let mut seen: HashSet<String> = HashSet::new();
        for (name, member) in at.members() {
            let folded = name.to_ascii_lowercase();
            let is_known = known.iter().any(|known| known.eq_ignore_ascii_case(name));
            if is_known && seen.contains(&folded) {
                let is_used = at.get(name).is_some_and(|used| std::ptr::eq(used.json, member.json));
                if !is_used && !member.is_empty() {
                    let what = format!("`{name}` of {of} a second time");
                    let why = "only one of the two is read";
                    self.add(Kind::NotCarried, "member_twice", &member, what, why, "look which of them is meant");
                }
            } else if !is_known && !name.contains('@') && !member.is_empty() {
                let what = format!("`{}` of {of}", quoted(name));
                let why = "Dialform does not know this member";
                self.add(Kind::NotCarried, "unknown_member", &member, what, why, "look whether it matters to you");
            }
            seen.insert(folded);
        }
    }

    pub(super) fn into_inner(self) -> Vec<Finding> {
        self.found
    }
}

/// Text of a file as it can be shown: bounded, and no token.
pub(super) fn quoted(text: &str) -> String {
    if holds_token(text) { "(looks like a token: not shown)".to_owned() } else { shown(text, MAX_SHOWN) }
}

/// Whether a token stands anywhere in a text.
pub(super) fn holds_token(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    text.contains("Bearer ") || text.split(|c| !is_part(c)).any(is_certainly_token)
}

/// A text of a file, bounded and without what cannot be seen.
fn shown(text: &str, most: usize) -> String {
    let cut = text.chars().count() > most;
    let mut shown: String = text.chars().take(most).flat_map(visible).collect();
    if cut {
        shown.push('…');
    }
    shown
}

/// A character that can be seen, or a blank.
fn visible(c: char) -> Option<char> {
    if matches!(c, '\n' | '\r' | '\t') {
        return Some(' ');
    }
    (!is_hostile(c)).then_some(c)
}

/// A text on one line. It is ours, with text of files in it that is bounded already.
fn one_line(text: String) -> String {
    if holds_token(&text) {
        "(not shown)".to_owned()
    } else if text.chars().all(|c| visible(c) == Some(c)) {
        text
    } else {
        text.chars().flat_map(visible).collect()
    }
}
