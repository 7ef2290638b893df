//! The manifest, validated: who gets Dialpad, as what, with which values and
//! under which conditions.
//!
//! `raw` is what YAML may say; this is what we believe. Every node that can
//! cause a change keeps its place.

pub mod attributes;
mod digest;
mod effective;
mod entra;
pub mod grants;
mod include;
pub mod literals;
pub mod mapping;
mod notify;
mod parse;
pub mod paths;
pub mod raw;
mod read;
mod reference;
pub mod roles;
mod run;
pub mod safety;
pub mod scope;
mod state;
pub mod structure;
pub mod tree;
pub mod trust;
pub mod vocabulary;
pub mod yaml;

use jiff::{civil::Date, tz::TimeZone};

use crate::names::{Folded, Place, TargetId, Text};
pub use entra::{Auth, Cloud, Entra, is_active_job};
pub use grants::{
    Choice, ContactCenterGrant, DepartmentGrant, Exclusive, GrantRules, Grants, OfficeAdmin, PolicyAt, PolicyGrant,
    Setting, SettingGrant,
};
pub use include::{Disk, Listed, Unreadable};
pub use mapping::{Apply, GroupMappings, Mapping, MappingSource, Membership, OnRename, UserMappings, WhenEmpty};
pub use notify::{Data, Email, Notify, On, Webhook, WebhookFormat};
pub use read::{Read, Written, read};
pub use reference::reference;
pub use roles::{Assignment, DefaultAccess, Principal, Role};
pub use run::Run;
pub use safety::{Budget, Budgets, OnOutOfScope, Ownership, Protected, Safety, Seats};
pub use scope::Filter;
pub use state::StateUrl;

/// A value with the place where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

/// A whole, valid manifest with every default filled in.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Names the job in logs, state and notifications.
    pub name: Text,
    /// The portal's Provisioning Status; when false, plan works and apply refuses.
    pub enabled: Placed<bool>,
    /// For the days of `from` and `until`.
    pub timezone: TimeZone,
    /// While there are any, changes are planned for these people alone.
    pub pilot: Vec<Placed<Folded>>,
    /// Where the people come from.
    pub source: Source,
    /// Where they go.
    pub target: Target,
    /// Everyone, or who is assigned.
    pub scope: Placed<Scope>,
    /// Whether Default Access alone counts in Entra.
    pub default_access: DefaultAccess,
    /// In order of precedence.
    pub roles: Vec<Role>,
    /// In file order.
    pub assignments: Vec<Assignment>,
    /// Scoping filters of people; none means everybody passes.
    pub user_filters: Vec<Filter>,
    /// Scoping filters of groups.
    pub group_filters: Vec<Filter>,
    /// How people become accounts.
    pub users: UserMappings,
    /// How groups become groups.
    pub groups: GroupMappings,
    /// How grants of roles are kept.
    pub grants: GrantRules,
    /// Budgets, protection and ownership.
    pub safety: Safety,
    /// Whom to tell.
    pub notify: Notify,
    /// Where what is kept between runs lies.
    pub state: Placed<StateUrl>,
    /// How `dialform run` goes on.
    pub run: Run,
    /// SHA-256 of the validated manifest, in hex: changes when its meaning does,
    /// not when a comment moves.
    pub digest: Text,
}

impl Manifest {
    /// Whether any role gives something beyond SCIM.
    pub fn has_grants(&self) -> bool {
        self.roles.iter().any(|role| !role.grants.is_empty())
    }

    /// Whether the admin API is read: a role gives something, or the manifest names the API.
    pub fn needs_tenant(&self) -> bool {
        match &self.target {
            Target::Dialpad(dialpad) => dialpad.api.is_some(),
            Target::Sandbox(sandbox) => self.has_grants() || sandbox.tenant.is_some(),
        }
    }
}

/// The portal's Scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Only who an assignment names.
    Assigned,
    /// Everybody in the source.
    Everyone,
}

/// Where the people come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Files beside the manifest.
    Files(Files),
    /// Microsoft Entra ID.
    Entra(Entra),
}

/// Files as a source. Paths are as the command can open them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The people.
    pub people: Placed<Text>,
    /// The groups.
    pub groups: GroupFiles,
}

/// Where the groups come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupFiles {
    /// A `groups` column in the people, or no groups.
    None,
    /// One file with all groups.
    One(Placed<Text>),
    /// A file of members for each group, by group name, in file order.
    PerGroup(Vec<(Text, Placed<Text>)>),
}

/// Where the people go.
#[derive(Clone, Debug)]
pub enum Target {
    /// Dialpad, or any SCIM service.
    Dialpad(Dialpad),
    /// The embedded Dialpad, kept beside the state.
    Sandbox(Sandbox),
}

impl Target {
    /// What plans and memory call it: the SCIM base URL, or `sandbox`.
    pub fn label(&self) -> Text {
        match self {
            Target::Dialpad(dialpad) => dialpad.url.value.clone(),
            Target::Sandbox(_) => "sandbox".into(),
        }
    }

    /// The settings of the SCIM client.
    pub fn scim(&self) -> &Scim {
        match self {
            Target::Dialpad(dialpad) => &dialpad.scim,
            Target::Sandbox(sandbox) => &sandbox.scim,
        }
    }
}

/// A SCIM service.
#[derive(Clone, Debug)]
pub struct Dialpad {
    /// The base URL, without a slash at its end.
    pub url: Placed<Text>,
    /// Where the token comes from.
    pub token: Placed<SecretRef>,
    /// How to speak to it.
    pub scim: Scim,
    /// The id that the company must have.
    pub company: Option<Placed<Text>>,
    /// The admin API.
    pub api: Option<Box<Api>>,
}

/// Dialpad's admin API.
#[derive(Clone, Debug)]
pub struct Api {
    /// The base URL, without a slash at its end and without `/api/v2`.
    pub url: Placed<Text>,
    /// Where the key comes from.
    pub key: Placed<SecretRef>,
    /// The day the key expires.
    pub expires: Option<Placed<Date>>,
    /// Requests a second; `None` is without a limit.
    pub rate: Option<f64>,
    /// Whose key it is.
    pub owner: Option<Placed<Folded>>,
}

/// The embedded Dialpad.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// The folder of its data.
    pub folder: Text,
    /// How to speak to it.
    pub scim: Scim,
    /// The file with what it has to begin with.
    pub tenant: Option<Placed<Text>>,
}

/// How to speak SCIM to a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Scim {
    /// Requests a second; `None` is without a limit.
    pub rate: Option<f64>,
    /// Requests under way at once.
    pub concurrency: u32,
    /// How PATCH is written.
    pub patch: PatchDialect,
    /// How members are removed.
    pub members: MembersDialect,
    /// How a manager is written to an account that is there.
    pub manager: ManagerDialect,
    /// How live state is read.
    pub read: ReadDialect,
    /// Objects to ask for in a page.
    pub page_size: u32,
    /// Members to send in one PATCH.
    pub members_per_request: u32,
}

/// How PATCH is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PatchDialect {
    /// RFC 7644: lower-case `op`, real booleans.
    Rfc7644,
    /// As the Entra provisioning service writes by default: `Replace`, `"False"`.
    Entra,
}

/// How members are removed from a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MembersDialect {
    /// `members[value eq "id"]`, RFC 7644 §3.5.2.2.
    Filter,
    /// `members` with an array of values, as Entra writes by default.
    ValueArray,
}

/// How a manager is written to an account that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ManagerDialect {
    /// `…:manager` with `{"value": "id"}`, RFC 7643 §4.3.
    #[default]
    Record,
    /// `…:manager.value` with the id.
    Value,
    /// `…:manager` with the id as text.
    Text,
}

impl ManagerDialect {
    /// What is remembered of a manager that a service did not store: with another
    /// dialect it is tried again.
    pub fn remembered(self, manager: &TargetId) -> String {
        match self {
            ManagerDialect::Record => manager.to_string(),
            ManagerDialect::Value => format!("value: {manager}"),
            ManagerDialect::Text => format!("text: {manager}"),
        }
    }
}

/// How live state is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadDialect {
    /// All pages of the listing.
    List,
    /// One look-up for each person; removals of unknown accounts cannot be planned then.
    Lookup,
}

/// Where a secret comes from. Never a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// An environment variable.
    Env(Text),
    /// A file.
    File(Text),
    /// The standard output of a command, split into words and run without a shell.
    Command(Text),
}
