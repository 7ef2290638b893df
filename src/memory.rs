//! What is kept between runs, as a value.
//!
//! A plan without it is right, only more careful: what it alone would know is
//! held or left alone, and said. `state` reads and writes it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::names::{ApiId, AttrPath, SourceId, TargetId, Text};

/// Links, suspensions, and what the service is known not to store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Accounts that belong to people of the source.
    #[serde(default)]
    pub users: BTreeMap<SourceId, UserLink>,
    /// Groups that belong to groups of the source.
    #[serde(default)]
    pub groups: BTreeMap<SourceId, GroupLink>,
    /// Attributes of an object that the service accepted and did not store.
    #[serde(default)]
    pub not_stored: BTreeMap<TargetId, BTreeMap<AttrPath, Text>>,
    /// Sizes of the inputs of the last run that read everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sizes: Option<Sizes>,
    /// What earlier applies did, for budgets that count over a rolling day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<Done>,
    /// Changes that were refused, by the id of the change, until they succeed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failures: BTreeMap<Text, Failure>,
    /// Grants that the manifest asked for and that were given or found, by person: only these are
    /// taken away when no role asks for them any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grants: BTreeMap<SourceId, BTreeSet<Given>>,
    /// Grants that Dialpad accepted and did not store, by person and field, each with
    /// what was sent: they are not sent again until something else is wanted or they are seen stored.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grants_not_stored: BTreeMap<SourceId, BTreeMap<Text, Text>>,
    /// Whether a first plan that disables under `ownership: everything` was let through.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everything_allowed: bool,
    /// What people were told of conditions that last, by receiver and condition (`email/held`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<Text, Told>,
}

impl Memory {
    /// Whether nothing is remembered, as at a first run or after a loss.
    pub fn is_empty(&self) -> bool {
        self == &Memory::default()
    }
}

/// What a receiver was told of a condition. It names nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The matter that was told last; nothing when it was told that all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// When, over the last day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<Timestamp>,
}

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserLink {
    /// The account.
    pub target: TargetId,
    /// How to call the person when the directory no longer has them.
    pub name: Text,
    /// When we suspended the account, while it is suspended by us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_since: Option<Timestamp>,
    /// When the account was first seen missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vanished_since: Option<Timestamp>,
}

/// A group's counterpart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupLink {
    /// The live group.
    pub target: TargetId,
    /// The source group's name when it was last seen.
    pub name: Text,
    /// Whether members that do not belong may be removed: we created the group,
    /// or a person allowed its first removals.
    pub removals: bool,
}

/// How much was read, for telling a bad read from a small company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// People in the source.
    pub people: u64,
    /// Groups in the source.
    pub groups: u64,
    /// Live user accounts.
    pub live_users: u64,
}

/// How many changes of a budget's kind an apply carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// The budget's name, one of [`budget`].
    pub budget: Text,
    /// The group, for member removals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<SourceId>,
    /// How many.
    pub count: u64,
}

/// The names of the budgets in [`Done`].
pub mod budget {
    /// Accounts created.
    pub const CREATES: &str = "creates";
    /// Accounts taken over.
    pub const ADOPTS: &str = "adopts";
    /// Accounts enabled.
    pub const ENABLES: &str = "enables";
    /// Accounts disabled because the directory took the entitlement.
    pub const DIRECTORY_DISABLES: &str = "directory_disables";
    /// Accounts disabled because the manifest's policy took the entitlement.
    pub const POLICY_DISABLES: &str = "policy_disables";
    /// Accounts or groups deleted.
    pub const DELETES: &str = "deletes";
    /// Members removed, for each group apart.
    pub const MEMBER_REMOVALS: &str = "member_removals";
    /// Accounts or groups updated.
    pub const UPDATES: &str = "updates";
    /// Places and rights taken away.
    pub const WITHDRAWALS: &str = "withdrawals";
}

/// A place or right that a role gave to a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Given {
    /// What kind.
    pub kind: GrantKind,
    /// The department, contact center, policy, channel or office; nothing for the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ApiId>,
    /// Where a policy is assigned, where that is not the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<ApiId>,
}

/// What Dialpad's admin API can give to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantKind {
    /// The office that the person belongs to.
    Office,
    /// The licence.
    License,
    /// A setting of the person, such as the extension.
    Setting,
    /// Operator of a department.
    Department,
    /// Operator of a contact center.
    ContactCenter,
    /// Administrator of offices.
    OfficeAdmin,
    /// Administrator of the company.
    CompanyAdmin,
    /// An access control policy.
    Policy,
    /// Member of a channel.
    Channel,
}

impl GrantKind {
    /// What people call it.
    pub fn noun(self) -> &'static str {
        match self {
            GrantKind::Office => "office",
            GrantKind::License => "licence",
            GrantKind::Setting => "setting",
            GrantKind::Department => "department",
            GrantKind::ContactCenter => "contact center",
            GrantKind::OfficeAdmin => "office administration",
            GrantKind::CompanyAdmin => "company administration",
            GrantKind::Policy => "policy",
            GrantKind::Channel => "channel",
        }
    }
}

/// A change that was refused in one run or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// In how many runs.
    pub count: u32,
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
    /// When it is tried again unless a person asks for it: with the next run, then after 6, 12, 24 hours.
    pub next: Timestamp,
    /// What the service said last.
    pub message: Text,
    /// A digest of what was wanted: something else is not held for it.
    #[serde(default)]
    pub wanted: Text,
}

/// Ids that a set of links names, for finding who an account belongs to.
pub fn owners(links: &BTreeMap<SourceId, UserLink>) -> BTreeMap<&TargetId, &SourceId> {
    links.iter().map(|(source, link)| (&link.target, source)).collect()
}

/// Attribute paths that were not stored for an object.
pub fn unstored<'a>(memory: &'a Memory, target: &TargetId) -> BTreeSet<&'a AttrPath> {
    memory.not_stored.get(target).map(|paths| paths.keys().collect()).unwrap_or_default()
}
