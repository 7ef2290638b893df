//! Digests of the inputs, so that a saved plan tells from what it was made.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    directory::{Directory, Group, Person},
    live::Live,
    names::Text,
    plan::Change,
};

/// The digest of a directory, the same in whatever order it was read.
pub(super) fn directory(directory: &Directory) -> Text {
    let mut sha = Sha::default();
    sorted(&mut sha, directory.people.items(), |person: &Person| person.id.as_str());
    let groups = directory.groups.items().map(Vec::as_slice).unwrap_or_default();
    let mut groups: Vec<&Group> = groups.iter().collect();
    groups.sort_by_key(|group| group.id.as_str());
    for group in groups {
        let mut members: Vec<_> = group.members.iter().collect();
        members.sort_unstable();
        json(&mut sha, &(&group.id, &group.name, &group.attributes, members));
    }
    json(&mut sha, &(directory.people.because(), directory.groups.because()));
    let Directory { people: _, groups: _, application, gone, former, default_domain } = directory;
    if application.is_some() || !gone.is_empty() || *former > 0 || default_domain.is_some() {
        json(&mut sha, &(application, gone, former, default_domain));
    }
    text(sha)
}

/// The digest of what Dialpad holds.
pub(super) fn live(live: &Live) -> Text {
    let mut sha = Sha::default();
    sorted(&mut sha, live.users.items(), |user| user.id.as_str());
    let groups = live.groups.items().map(Vec::as_slice).unwrap_or_default();
    let mut groups: Vec<_> = groups.iter().collect();
    groups.sort_by_key(|group| group.id.as_str());
    for group in groups {
        let mut members: Vec<_> = group.members.iter().collect();
        members.sort_unstable();
        json(&mut sha, &(&group.id, &group.attributes, &group.version, members));
    }
    json(&mut sha, &(live.users.because(), live.groups.because()));
    text(sha)
}

/// The digest of what a change wants, so that a change that was refused is told from a corrected one.
pub fn wanted(change: &Change) -> Text {
    let mut sha = Sha::default();
    for attribute in &change.attributes {
        json(&mut sha, &(&attribute.path, &attribute.after));
    }
    text(sha)
}

fn sorted<T: Serialize>(sha: &mut Sha, items: Option<&Vec<T>>, id: impl Fn(&T) -> &str) {
    let mut items: Vec<&T> = items.into_iter().flatten().collect();
    items.sort_by(|left, right| id(left).cmp(id(right)));
    for item in items {
        json(sha, item);
    }
}

fn json<T: Serialize>(sha: &mut Sha, value: &T) {
    // The values of the core have text for all of their keys, so this cannot fail.
    let _ = serde_json::to_writer(&mut sha.line, value);
    sha.line.push(b'\n');
    sha.of.update(&sha.line);
    sha.line.clear();
}

/// A digest in the making, with room for one line.
#[derive(Default)]
struct Sha {
    of: Sha256,
    line: Vec<u8>,
}

fn text(sha: Sha) -> Text {
    let mut text = String::from("sha256:");
    for byte in sha.of.finalize() {
        text.push_str(&format!("{byte:02x}"));
    }
    text.into()
}
