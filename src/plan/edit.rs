//! What an edit of the manifest does to people: two manifests, the same inputs.
//!
//! Dialpad's state plays no part: this is about what is wanted, not about what has
//! to be sent. `SelectUniqueValue` gives its first choice on both sides.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    desired::{self, Cause, Desired, Granted, Mapped, Standing, Subject, User},
    directory::Directory,
    expr::World,
    manifest::{Manifest, Mapping},
    names::{AttrPath, Place, RoleName, Text, Value},
};

/// What an edit does to people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// People who are entitled now and were not before.
    pub enters: Vec<Enters>,
    /// People who were entitled and are not any more.
    pub leaves: Vec<Leaves>,
    /// People who stay, with other roles or values.
    pub changes: Vec<Changes>,
    /// People who stay as they are, entitled or not.
    pub same: u64,
}

/// Somebody who gets Dialpad by the edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enters {
    /// How people call them.
    pub person: Text,
    /// What kept them out before.
    pub before: Cause,
    /// What lets them in now.
    pub after: Cause,
    /// Their roles now.
    pub roles: Vec<RoleName>,
}

/// Somebody who loses Dialpad by the edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaves {
    /// How people call them.
    pub person: Text,
    /// What let them in before.
    pub before: Cause,
    /// What keeps them out now.
    pub after: Cause,
}

/// Somebody who stays, and is something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// How people call them.
    pub person: Text,
    /// Their roles before and now, where they differ.
    pub roles: Option<RolesChange>,
    /// Values that differ, by target attribute.
    pub values: Vec<ValueChange>,
    /// What roles give beyond SCIM and that differs.
    pub grants: Vec<GrantEdit>,
}

/// Something that a role gives, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantEdit {
    /// What: `licence`, `contact center Support EMEA`.
    pub what: Text,
    /// As what, before the edit; absent when no role gave it.
    pub before: Option<Text>,
    /// As what, after it; absent when no role gives it any more.
    pub after: Option<Text>,
    /// The line of the role, of the new manifest where it has one.
    pub place: Place,
}

/// Roles before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolesChange {
    /// Before the edit.
    pub before: Vec<RoleName>,
    /// After it.
    pub after: Vec<RoleName>,
}

/// A mapped value before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueChange {
    /// The target attribute.
    pub path: AttrPath,
    /// Before the edit.
    pub before: Wanted,
    /// After it.
    pub after: Wanted,
    /// The mapping, of the new manifest where it has one.
    pub place: Place,
}

/// What a manifest wants of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This value.
    Value(Value),
    /// No value.
    Empty,
    /// It is left alone.
    Unmapped,
    /// The expression has no value for this person.
    Failed(String),
}

impl Edit {
    /// Whether the edit does nothing to anybody.
    pub fn is_empty(&self) -> bool {
        self.enters.is_empty() && self.leaves.is_empty() && self.changes.is_empty()
    }
}

/// Compares what two manifests want for the same people.
pub fn between(before: &Manifest, after: &Manifest, directory: &Directory, now: Timestamp) -> Edit {
    let old = desired::build(before, directory, now);
    let new = desired::build(after, directory, now);
    let comparison = Comparison { before, after, people: &new, now, default_domain: directory.default_domain.clone() };
    let mut edit = Edit::default();
    for (old, new) in old.users.iter().zip(&new.users) {
        let person = new.person.label().clone();
        match (&old.standing, &new.standing) {
            (Standing::Out(_) | Standing::Unclear(_), Standing::Out(_) | Standing::Unclear(_)) => edit.same += 1,
            (Standing::Out(out) | Standing::Unclear(out), Standing::Entitled { cause, roles }) => {
                edit.enters.push(Enters { person, before: out.clone(), after: cause.clone(), roles: roles.clone() });
            }
            (Standing::Entitled { cause, .. }, Standing::Out(out) | Standing::Unclear(out)) => {
                edit.leaves.push(Leaves { person, before: cause.clone(), after: out.clone() });
            }
            (Standing::Entitled { roles: old_roles, .. }, Standing::Entitled { roles, .. }) => {
                let grants = granted(
                    &desired::granted(before, new.person, old_roles),
                    &desired::granted(after, new.person, roles),
                );
                let roles =
                    (old_roles != roles).then(|| RolesChange { before: old_roles.clone(), after: roles.clone() });
                let values = comparison.values(new);
                if roles.is_none() && values.is_empty() && grants.is_empty() {
                    edit.same += 1;
                } else {
                    edit.changes.push(Changes { person, roles, values, grants });
                }
            }
        }
    }
    edit.enters.sort_by(|left, right| left.person.cmp(&right.person));
    edit.leaves.sort_by(|left, right| left.person.cmp(&right.person));
    edit.changes.sort_by(|left, right| left.person.cmp(&right.person));
    edit
}

/// What roles give before and after, where it differs.
fn granted(old: &Granted, new: &Granted) -> Vec<GrantEdit> {
    let mut before: BTreeMap<Text, (Text, Place)> =
        old.lines().into_iter().map(|(what, text, place)| (what, (text, place))).collect();
    let mut grants = Vec::new();
    for (what, after, place) in new.lines() {
        let old = before.remove(&what).map(|(text, _)| text);
        if old.as_ref() != Some(&after) {
            grants.push(GrantEdit { what, before: old, after: Some(after), place });
        }
    }
    let gone = before.into_iter();
    grants.extend(gone.map(|(what, (text, place))| GrantEdit { what, before: Some(text), after: None, place }));
    grants.sort_by(|left, right| left.what.cmp(&right.what));
    grants
}

/// Everything that two manifests want for people is asked under the same world.
struct Comparison<'a> {
    before: &'a Manifest,
    after: &'a Manifest,
    people: &'a Desired<'a>,
    now: Timestamp,
    default_domain: Option<Text>,
}

impl Comparison<'_> {
    fn values(&self, person: &User) -> Vec<ValueChange> {
        let old = self.wanted(&self.before.users.attributes, person);
        let mut new = self.wanted(&self.after.users.attributes, person);
        let mut changes = Vec::new();
        for (path, (before, place)) in old {
            let (after, place) = new.remove(&path).unwrap_or((Wanted::Unmapped, place));
            if before != after {
                changes.push(ValueChange { path, before, after, place });
            }
        }
        let added = new.into_iter().filter(|(_, (after, _))| *after != Wanted::Unmapped);
        changes.extend(added.map(|(path, (after, place))| ValueChange {
            path,
            before: Wanted::Unmapped,
            after,
            place,
        }));
        changes.sort_by(|left, right| left.path.cmp(&right.path));
        changes
    }

    fn wanted(&self, mappings: &[Mapping], person: &User) -> BTreeMap<AttrPath, (Wanted, Place)> {
        // The same seed for both manifests: `Guid` is no difference.
        let world = World { now: self.now, default_domain: self.default_domain.clone(), taken: &|_| false, seed: 0 };
        let mapped = desired::map(mappings, &Subject::new(person.person, false), &world);
        let wanted = |mapped| match mapped {
            Mapped::Value(value) => Wanted::Value(value),
            Mapped::Reference(id) => {
                let known = self.people.user(&id).map(|user| user.person.label().clone());
                Wanted::Value(Value::text(known.unwrap_or_else(|| id.text().clone())))
            }
            Mapped::Empty => Wanted::Empty,
            Mapped::Ignored => Wanted::Unmapped,
            Mapped::Failed(error) => Wanted::Failed(error.message),
        };
        let place = |mapping: &Mapping| mapping.place.clone();
        let pairs = mappings.iter().zip(mapped);
        pairs.map(|(mapping, mapped)| (mapping.target.clone(), (wanted(mapped), place(mapping)))).collect()
    }
}
