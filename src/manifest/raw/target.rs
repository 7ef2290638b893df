//! What YAML may say under `target`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::{MembersDialect, PatchDialect, ReadDialect};

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
    /// Provisioning by SCIM.
    pub scim: Scim,
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

fn list() -> ReadDialect {
    ReadDialect::List
}
