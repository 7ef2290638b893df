//! What YAML may say. The doc comments are what an editor shows to the
//! administrator who writes the manifest; the JSON Schema is made of these types.

mod grants;
mod mappings;
mod notify;
mod run;
mod safety;
mod schema;
mod suggest;
mod target;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Auth, Cloud, DefaultAccess};

pub use grants::{
    ByAttribute, Choice, ContactCenterGrant, DepartmentGrant, GrantRules, Grants, Kept, OfficeAdmin, OnCreate,
    PolicyAt, PolicyGrant, Settings,
};
pub use mappings::{AttributeMapping, Constant, GroupMappings, Mappings, UserMappings};
pub use notify::{Email, Heartbeat, Notify, Webhook, Webhooks};
pub use run::Run;
pub use safety::{Budget, Protected, Safety};
pub use schema::{included, manifest, of as schema_of, validator};
pub use suggest::suggesting;
pub use target::{Api, ApiKey, Dialect, Dialpad, Sandbox, Scim, Secret, Target};

/// A Dialform manifest: who gets Dialpad, as what, with which values and under which conditions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the manifest's format. It is `1`.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// Names the job in logs and in what is kept between runs.
    #[schemars(length(min = 1), example = &"acme")]
    pub name: String,
    /// The portal's Provisioning Status. When it is `false`, `plan` works and `apply` refuses.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The time zone of `from` and `until`, by its IANA name.
    #[serde(default = "utc")]
    #[schemars(example = &"Europe/London")]
    pub timezone: String,
    /// While anybody is listed, changes are planned for these people alone and the rest is counted
    /// as left out. User principal names, mail addresses or object ids.
    #[serde(default)]
    pub pilot: Vec<String>,
    /// A manifest to start from, relative to this file. A key here wins over the same key there;
    /// `dialform check --effective` shows where each value comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// Files that hold assignments, roles, filters or mappings: paths or globs relative to this file.
    /// One file for each team suits CODEOWNERS.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = &["assignments/*.yaml"])]
    pub include: Vec<String>,
    /// Where the people come from. Exactly one source.
    pub source: Source,
    /// Where they go: exactly one of `dialpad` and `sandbox`.
    pub target: Target,
    /// The portal's Scope.
    #[serde(default)]
    pub scope: Scope,
    /// Whether an assignment in Entra counts that carries only the Default Access role.
    #[serde(default)]
    pub default_access: DefaultAccess,
    /// What people can be. The order is the precedence where only one value can win.
    #[serde(default)]
    pub roles: IndexMap<String, Role>,
    /// Who gets Dialpad, and as what.
    #[serde(default)]
    pub assignments: Vec<Assignment>,
    /// Scoping filters. A person is in scope when any filter passes, or when there are none.
    #[serde(default)]
    pub filters: Filters,
    /// Which value each attribute in Dialpad gets.
    #[serde(default)]
    pub mappings: Mappings,
    /// How grants of roles are kept.
    #[serde(default)]
    pub grants: GrantRules,
    /// How much one plan may do without a person's word, and what it must never touch.
    #[serde(default)]
    pub safety: Safety,
    /// Whom to tell when a run fails, holds something back, or changes something.
    #[serde(default)]
    pub notify: Notify,
    /// What is kept between runs.
    #[serde(default)]
    pub state: State,
    /// `dialform run`: how often it reconciles, and where it shows itself.
    #[serde(default)]
    pub run: Run,
}

/// A file that a manifest includes: assignments, roles, filters or mappings.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Included {
    /// What people can be; a role stands in one file only.
    #[serde(default)]
    pub roles: IndexMap<String, Role>,
    /// Who gets Dialpad, and as what. The lists of all files are joined.
    #[serde(default)]
    pub assignments: Vec<Assignment>,
    /// Scoping filters. The lists of all files are joined.
    #[serde(default)]
    pub filters: Filters,
    /// Which value each attribute in Dialpad gets; a target attribute stands in one file only.
    #[serde(default)]
    pub mappings: Mappings,
}

/// Where the people come from: exactly one of `files` and `entra`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["files"] }, { "required": ["entra"] }]))]
pub struct Source {
    /// Files beside the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Files>,
    /// Microsoft Entra ID, read through Microsoft Graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entra: Option<Entra>,
}

/// Microsoft Entra ID as a source. What signs in comes from the environment, never from here.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entra {
    /// The tenant: its id, or one of its domains.
    #[schemars(length(min = 1), example = &"9b2f6c1e-0000-4000-8000-000000000001")]
    pub tenant: String,
    /// The enterprise application: its application id, object id or display name.
    #[schemars(length(min = 1), example = &"Dialpad")]
    pub application: String,
    /// Which of Microsoft's clouds.
    #[serde(default)]
    pub cloud: Cloud,
    /// How to sign in.
    #[serde(default)]
    pub auth: Auth,
}

/// Files as a source. Column names are the attribute names of the Entra portal, such as `userPrincipalName`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// The people: a `.csv`, `.json`, `.jsonl` or `.yaml` file, relative to this file.
    #[schemars(length(min = 1), example = &"people.csv")]
    pub people: String,
    /// The groups: one file with all of them, or a file of members for each group by its name.
    /// Without it, a column `groups` of the people holds group names separated by `;`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupFiles>,
}

/// Where the groups come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum GroupFiles {
    /// One file.
    One(String),
    /// A file for each group.
    PerGroup(IndexMap<String, String>),
}

impl JsonSchema for GroupFiles {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "GroupFiles".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "One file with all groups, or a file of members for each group by its name.",
            "type": ["string", "object"],
            "minLength": 1,
            "additionalProperties": { "type": "string", "minLength": 1 },
        })
    }
}

/// The portal's Scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Only who is assigned: the portal's "Sync only assigned users and groups".
    #[default]
    Assigned,
    /// Everybody in the source: the portal's "Sync all users and groups".
    Everyone,
}

/// A role.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The app role's value in Entra, where it differs from the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub app_role: Option<String>,
    /// What the role gives beyond SCIM. Needs `target.dialpad.api`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

/// Who gets Dialpad, and as what: a group, a person, or whoever is assigned in Entra.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["group"] }, { "required": ["user"] }, { "required": ["entra"] }]))]
pub struct Assignment {
    /// A group, by its name or object id. Its direct members are meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub group: Option<String>,
    /// A person, by user principal name, mail address or object id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub user: Option<String>,
    /// Whoever is assigned to the application in Entra, each with the role there. It is `true`, and stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = true))]
    pub entra: Option<bool>,
    /// One of `roles`. Left out only when the manifest declares no roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether members of groups within the group count too, at any depth. Entra does not do that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub nested: Option<bool>,
    /// The first day, included, in the manifest's `timezone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), extend("patternErrorMessage" = "a day is written as 2027-01-31"))]
    pub from: Option<String>,
    /// The last day, included, in the manifest's `timezone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), extend("patternErrorMessage" = "a day is written as 2027-01-31"))]
    pub until: Option<String>,
}

/// Scoping filters.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filters {
    /// Filters of people: one passing filter is enough.
    #[serde(default)]
    pub users: Vec<Filter>,
    /// Filters of groups.
    #[serde(default)]
    pub groups: Vec<Filter>,
}

/// A scoping filter: it passes when every clause is true.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Its name, for plans and logs.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The clauses. All must be true; a clause on an empty value is false, except `is_null`.
    #[serde(rename = "where")]
    #[schemars(length(min = 1))]
    pub clauses: Vec<Clause>,
}

/// A test of one source attribute.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// The source attribute, by its exact name in the Entra portal.
    #[schemars(extend("examples" = super::attributes::examples()))]
    pub attribute: String,
    /// What is tested. `dialform help filters` explains each.
    #[schemars(schema_with = "schema::operator")]
    pub operator: String,
    /// What the attribute is held against; `is_null`, `is_not_null`, `is_true` and `is_false` take nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Constant>,
}

/// What is kept between runs: links, log and lock.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// A folder, relative to this file, or a prefix in an object store that runners share: `s3://BUCKET/PREFIX`, `az://CONTAINER/PREFIX`, `https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX`, `gs://BUCKET/PREFIX`. Keys come from the environment.
    #[serde(default = "folder")]
    #[schemars(length(min = 1))]
    pub url: String,
}

impl Default for State {
    fn default() -> Self {
        Self { url: folder() }
    }
}

fn yes() -> bool {
    true
}

fn utc() -> String {
    "UTC".to_owned()
}

fn folder() -> String {
    "./.dialform".to_owned()
}
