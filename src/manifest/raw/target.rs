//! What YAML may say under `target`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::{ManagerDialect, MembersDialect, PatchDialect, ReadDialect};

/// Where people go: exactly one of `dialpad` and `sandbox`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["dialpad"] }, { "required": ["sandbox"] }]))]
pub struct Target {
    /// Dialpad, or any service that speaks SCIM 2.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialpad: Option<Dialpad>,
    /// The embedded Dialpad: nothing leaves this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Sandbox>,
}

/// Dialpad.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dialpad {
    /// The id of the company. With the wrong one nothing is sent. Needs `api`, through which it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"5835806903417907")]
    pub company: Option<String>,
    /// Provisioning by SCIM.
    pub scim: Scim,
    /// The admin API, for what SCIM does not reach: the grants of roles, and seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
}

/// Dialpad's admin API.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Where it is; `/api/v2` is added.
    #[serde(default = "dialpad")]
    #[schemars(example = &"https://dialpad.com")]
    pub url: String,
    /// Where the API key of a company administrator comes from. It is never written here.
    pub key: ApiKey,
    /// Requests allowed in a time: `20/s`, `600/m`, or `unlimited`. Dialpad allows 20 a second for a
    /// company; with the same host for `scim` both share the lower rate.
    #[serde(default = "documented_rate")]
    #[schemars(schema_with = "super::schema::rate")]
    pub rate: String,
    /// Whose key it is: the person is never disabled and stays company administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub owner: Option<String>,
}

/// Where the API key comes from: exactly one of `env`, `file` and `command`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["env"] },
    { "required": ["file"] },
    { "required": ["command"] },
]))]
pub struct ApiKey {
    /// The name of an environment variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        pattern("^[A-Za-z_][A-Za-z0-9_]*$"),
        example = &"DIALPAD_API_KEY",
        extend("patternErrorMessage" = "the name of an environment variable holds letters, digits and _"),
    )]
    pub env: Option<String>,
    /// A file that holds nothing else, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub file: Option<String>,
    /// A command that prints it, run without a shell and only with `--allow-command`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"op read op://it/dialpad/key")]
    pub command: Option<String>,
    /// The day the key expires, as the portal shows it: warned about from 30 days before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), extend("patternErrorMessage" = "a day is written as 2027-01-31"))]
    pub expires: Option<String>,
}

impl ApiKey {
    /// Where the secret comes from, without the day.
    pub fn secret(&self) -> Secret {
        let Self { env, file, command, expires: _ } = self.clone();
        Secret { env, file, command }
    }
}

/// A SCIM service.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scim {
    /// The portal's Tenant URL.
    #[schemars(example = &"https://dialpad.com/scim")]
    pub url: String,
    /// Where the portal's Secret Token comes from. It is never written here.
    pub token: Secret,
    /// Requests allowed in a time: `20/s`, `600/m`, or `unlimited`. Dialpad allows 20 a second.
    #[serde(default = "documented_rate")]
    #[schemars(schema_with = "super::schema::rate")]
    pub rate: String,
    /// Requests under way at once.
    #[serde(default = "sixteen")]
    #[schemars(range(min = 1, max = 256))]
    pub concurrency: u32,
    /// How the service wants to be spoken to, where it differs from the standard.
    #[serde(default)]
    pub dialect: Dialect,
}

/// How a SCIM service wants to be spoken to. `dialform doctor` finds out what it can.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dialect {
    /// How changes are written.
    #[serde(default = "rfc7644")]
    pub patch: PatchDialect,
    /// How members are removed from a group.
    #[serde(default = "filter")]
    pub members: MembersDialect,
    /// How a manager is written to an account that is there.
    #[serde(default = "record")]
    pub manager: ManagerDialect,
    /// How accounts and groups are read.
    #[serde(default = "list")]
    pub read: ReadDialect,
    /// Objects asked for in a page.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 1000))]
    pub page_size: u32,
    /// Members sent in one request.
    #[serde(default = "thousand")]
    #[schemars(range(min = 1, max = 1000))]
    pub members_per_request: u32,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            patch: rfc7644(),
            members: filter(),
            manager: record(),
            read: list(),
            page_size: hundred(),
            members_per_request: thousand(),
        }
    }
}

/// The embedded Dialpad.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// The folder of its data, relative to this file. Beside what is kept between runs unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub folder: Option<String>,
    /// Requests allowed in a time: `20/s`, as Dialpad documents, or `unlimited`.
    #[serde(default = "unlimited")]
    #[schemars(schema_with = "super::schema::rate")]
    pub rate: String,
    /// A file with the offices, licences, contact centers and policies that it has to begin with,
    /// relative to this file. Without it there is one office with plenty of licences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub tenant: Option<String>,
}

/// Where a secret comes from: exactly one of `env`, `file` and `command`. The secret itself never
/// stands in the manifest.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["env"] },
    { "required": ["file"] },
    { "required": ["command"] },
]))]
pub struct Secret {
    /// The name of an environment variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        pattern("^[A-Za-z_][A-Za-z0-9_]*$"),
        example = &"DIALPAD_TOKEN",
        extend("patternErrorMessage" = "the name of an environment variable holds letters, digits and _"),
    )]
    pub env: Option<String>,
    /// A file that holds nothing else, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub file: Option<String>,
    /// A command that prints it, run without a shell and only with `--allow-command`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"op read op://it/dialpad/token")]
    pub command: Option<String>,
}

fn documented_rate() -> String {
    "20/s".to_owned()
}

fn dialpad() -> String {
    "https://dialpad.com".to_owned()
}

fn unlimited() -> String {
    "unlimited".to_owned()
}

fn sixteen() -> u32 {
    16
}

fn hundred() -> u32 {
    100
}

fn thousand() -> u32 {
    1000
}

fn rfc7644() -> PatchDialect {
    PatchDialect::Rfc7644
}

fn filter() -> MembersDialect {
    MembersDialect::Filter
}

fn record() -> ManagerDialect {
    ManagerDialect::Record
}

fn list() -> ReadDialect {
    ReadDialect::List
}
