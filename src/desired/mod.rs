//! What should be: manifest and directory to one standing for each person and
//! group, each with its cause.
//!
//! Who is entitled is decided here, in the order of Entra's checks: active,
//! assigned, role, filter. Values are mapped here too. What Dialpad holds is not
//! known to this room.

mod assigned;
#[cfg(test)]
mod fixture;
mod grants;
mod groups;
mod index;
mod lines;
mod notes;
mod standing;
mod subject;
mod values;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    directory::{Directory, Group as SourceGroup, Person},
    manifest::Manifest,
    names::{HashMap, Place, RoleName, SourceId, Text},
};

use assigned::{Assigned, When};
use index::Index;
use lines::Lines;
use standing::Judge;

pub use grants::{Given, Granted, Picked, Single, granted, picked, post_text};
pub use subject::{Subject, seed};
pub use values::{Mapped, is_reference, map, value};

/// Why a change is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// What caused it.
    pub kind: CauseKind,
    /// A sentence fragment: "group SG-Dialpad-Users as member", "left group SG-Dialpad-Users".
    pub text: Text,
    /// The line of the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// What caused a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// An assignment, or `scope: everyone`.
    Assigned,
    /// The value in Dialpad differs from the mapped one.
    Mapping,
    /// Sign-in is blocked in the source.
    Blocked,
    /// The person is in the source's recycle bin.
    SoftDeleted,
    /// The person was not in what was read.
    Absent,
    /// No assignment names the person.
    Unassigned,
    /// The assignment has not begun or has ended.
    OutsideDates,
    /// No filter passes.
    Filter,
    /// The account was suspended long enough ago.
    DeleteAfter,
    /// The person is proven gone for good from the source.
    Gone,
    /// The assignment in the source is a mistake: its role is not known or disabled.
    UnknownRole,
    /// Membership in the source.
    Membership,
    /// The group left the scope.
    GroupOutOfScope,
    /// An account nobody is entitled to, under `ownership: everything`.
    NotEntitled,
    /// An earlier run is taken back.
    Undo,
}

impl CauseKind {
    /// Whether the directory, rather than the manifest's policy, took the entitlement.
    /// Disables are counted apart by this.
    pub fn is_directory(self) -> bool {
        match self {
            CauseKind::Blocked | CauseKind::SoftDeleted | CauseKind::Absent | CauseKind::Gone => true,
            CauseKind::Assigned
            | CauseKind::Mapping
            | CauseKind::Unassigned
            | CauseKind::OutsideDates
            | CauseKind::Filter
            | CauseKind::DeleteAfter
            | CauseKind::UnknownRole
            | CauseKind::Membership
            | CauseKind::GroupOutOfScope
            | CauseKind::NotEntitled
            | CauseKind::Undo => false,
        }
    }
}

/// Something a reader should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// A stable name, such as `ends_soon`, `rename_kept`, `member_left_out`.
    pub code: Text,
    /// A sentence.
    pub message: Text,
    /// The line of the manifest, where one matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// What should be, in the order of the directory.
#[derive(Clone, Debug)]
pub struct Desired<'a> {
    /// One for each person that was read, in the directory's order.
    pub users: Vec<User<'a>>,
    /// One for each group that is a group object: assigned (or any, with `scope: everyone`),
    /// group mapping being enabled. In the directory's order.
    pub groups: Vec<Group<'a>>,
    /// Assignments that end soon, begin later, are moot or name nobody.
    pub notes: Vec<Note>,
    /// Assignments in force whose people are not known: the group or person is not in the
    /// directory, or several have that name. While there are any, nobody is out for want of
    /// an assignment with certainty: see [`Desired::doubt`].
    pub unresolved: Vec<Unresolved>,
    /// Why the groups were not read as a whole, where an assignment needs them.
    groups_unread: Option<Text>,
    /// Positions in `users`.
    by_id: HashMap<&'a SourceId, usize>,
}

/// An assignment in force, or part of one, whose people are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The group or person, as the manifest names it.
    pub name: Text,
    /// What is the matter, a lower-case fragment: "group SG-X is not in the directory".
    pub because: Text,
    /// The assignment.
    pub place: Place,
}

/// A person and how they stand.
#[derive(Clone, Debug)]
pub struct User<'a> {
    /// The person.
    pub person: &'a Person,
    /// Entitled, or not and why.
    pub standing: Standing,
    /// The assignments that name the person, by position in the manifest, whatever their days.
    pub assignments: Vec<usize>,
}

/// Whether a person is entitled to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Active, assigned, with a known role, and through the filters.
    Entitled {
        /// The assignment that counts first, or `scope: everyone`.
        cause: Cause,
        /// Every role that holds, the first declared first.
        roles: Vec<RoleName>,
    },
    /// The first of the checks that fails.
    Out(Cause),
    /// An assignment of the source that is a mistake: neither entitled nor a leaver.
    Unclear(Cause),
}

impl Standing {
    /// Whether the person is entitled.
    pub fn is_entitled(&self) -> bool {
        matches!(self, Standing::Entitled { .. })
    }
}

/// A group that is to be a group object.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The group.
    pub group: &'a SourceGroup,
    /// The assignment that names it.
    pub cause: Cause,
    /// The people in it, direct or (where an assignment says `nested`) at any depth,
    /// whether entitled or not; each once, sorted.
    pub members: Vec<&'a SourceId>,
    /// Why these may not be all members: a group within it is not in the directory.
    /// Nobody may be removed for not being among them then.
    pub doubt: Option<Text>,
}

/// Works out what should be. Days count in the manifest's time zone.
pub fn build<'a>(manifest: &Manifest, directory: &'a Directory, now: Timestamp) -> Desired<'a> {
    let today = manifest.timezone.to_datetime(now).date();
    let index = Index::new(directory);
    let lines = Lines::new(manifest, directory, &index);
    let when: Vec<When> = lines.all.iter().map(|assignment| When::of(assignment, today)).collect();
    let assigned = Assigned::resolve(&lines, &index, &when);
    let judge = Judge::new(manifest, &lines, &index, &assigned, &when);
    let users: Vec<User> = index
        .people
        .iter()
        .enumerate()
        .map(|(at, person)| User {
            person,
            standing: judge.standing(at, person),
            assignments: lines.in_manifest(&assigned.by_person[at]),
        })
        .collect();
    let needs_groups = assigned.group_of.iter().any(Option::is_some);
    let groups_unread = directory.groups.because().filter(|_| needs_groups);
    Desired {
        groups: groups::groups(manifest, &lines, &index, &assigned, &judge),
        notes: notes::notes(&lines, &index, &assigned, &users, today),
        unresolved: assigned.unresolved,
        groups_unread: groups_unread.map(|why| format!("the groups were not all read: {why}").into()),
        by_id: index.person_by_id,
        users,
    }
}

impl<'a> Desired<'a> {
    /// How a person stands, by source id.
    pub fn user(&self, id: &SourceId) -> Option<&User<'a>> {
        self.by_id.get(id).map(|at| &self.users[*at])
    }

    /// Why it is not certain that somebody, or a group, is out for this cause: an
    /// assignment names a group or person that was not found, or not all groups were
    /// read. What would be taken away for such a cause has to be held.
    pub fn doubt(&self, cause: &Cause) -> Option<&Text> {
        match cause.kind {
            CauseKind::Unassigned | CauseKind::OutsideDates | CauseKind::NotEntitled | CauseKind::GroupOutOfScope => {
                self.unresolved.first().map(|unresolved| &unresolved.because).or(self.groups_unread.as_ref())
            }
            CauseKind::Blocked
            | CauseKind::SoftDeleted
            | CauseKind::Absent
            | CauseKind::Gone
            | CauseKind::UnknownRole
            | CauseKind::Filter
            | CauseKind::DeleteAfter
            | CauseKind::Membership
            | CauseKind::Assigned
            | CauseKind::Mapping
            | CauseKind::Undo => None,
        }
    }
}
