//! The manifest's own tests: who is in scope, as what, with which values.
//!
//! A test is one made-up person, their groups and a day, and what is expected of
//! them. It runs through the same `desired` room as a plan, without a source, a
//! service or a secret.

mod coverage;
mod raw;
mod read;
mod run;
mod same;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    desired::CauseKind,
    directory::Person,
    names::{AttrPath, License, Place, RoleName, Text, Value},
};

pub use coverage::{Coverage, Covered, Part};
pub use raw::schema;
pub use read::read;
pub use run::{Difference, Reason, Report, Verdict, directory, run};

/// One test, read and checked against the manifest.
#[derive(Clone, Debug)]
pub struct Test {
    /// What it shows, for people.
    pub name: Text,
    /// Where it was written.
    pub place: Place,
    /// The person.
    pub person: Person,
    /// The groups that the person is a direct member of.
    pub groups: Vec<Text>,
    /// The groups that the person is in only through a group within them.
    pub nested_groups: Vec<Text>,
    /// The app roles that the person is assigned in Entra, by value.
    pub app_roles: Vec<Text>,
    /// The day, in the manifest's time zone; today without one.
    pub on: Option<Date>,
    /// Values that are taken in the target, for `SelectUniqueValue`.
    pub taken: Vec<Text>,
    /// What `DefaultDomain()` gives.
    pub default_domain: Option<Text>,
    /// What is expected. Never nothing.
    pub expect: Expect,
}

/// What is expected of a person.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// Whether the person is entitled.
    pub in_scope: Option<bool>,
    /// The first check that fails.
    pub because: Option<Because>,
    /// Every role that holds, in any order.
    pub roles: Option<Vec<RoleName>>,
    /// The licence that the roles give.
    pub license: Option<License>,
    /// The office that the roles give.
    pub office: Option<Text>,
    /// Values by target attribute, as a new account gets them; `None` is empty.
    pub attributes: Vec<(AttrPath, Option<Value>)>,
}

/// Why somebody is out of scope: the first check that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Sign-in is blocked: `accountEnabled` is false.
    Disabled,
    /// The person is in the directory's recycle bin.
    Deleted,
    /// No assignment names the person or a group of theirs.
    Unassigned,
    /// The assignments have ended or not begun.
    Dates,
    /// The role is not known.
    Role,
    /// No filter passes.
    Filter,
}

impl Because {
    /// The name in a test.
    pub fn name(self) -> &'static str {
        match self {
            Because::Disabled => "disabled",
            Because::Deleted => "deleted",
            Because::Unassigned => "unassigned",
            Because::Dates => "dates",
            Because::Role => "role",
            Because::Filter => "filter",
        }
    }

    /// Of the cause of a standing; `None` for causes that only a plan has.
    pub fn of(kind: CauseKind) -> Option<Self> {
        match kind {
            CauseKind::Blocked => Some(Because::Disabled),
            CauseKind::SoftDeleted => Some(Because::Deleted),
            CauseKind::Unassigned => Some(Because::Unassigned),
            CauseKind::OutsideDates => Some(Because::Dates),
            CauseKind::Filter => Some(Because::Filter),
            CauseKind::UnknownRole => Some(Because::Role),
            CauseKind::Assigned
            | CauseKind::Mapping
            | CauseKind::Absent
            | CauseKind::DeleteAfter
            | CauseKind::Gone
            | CauseKind::Membership
            | CauseKind::GroupOutOfScope
            | CauseKind::NotEntitled
            | CauseKind::Undo => None,
        }
    }
}
