//! What a tenant file may say. Names follow the manifest's grants.

use serde::Deserialize;

use crate::sandbox::account::{PolicyTarget, Role};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTenant {
    pub(super) company: RawCompany,
    pub(super) offices: Vec<RawOffice>,
    #[serde(default)]
    pub(super) departments: Vec<RawGroup>,
    #[serde(default)]
    pub(super) contact_centers: Vec<RawGroup>,
    #[serde(default)]
    pub(super) channels: Vec<String>,
    #[serde(default)]
    pub(super) policies: Vec<RawPolicy>,
    #[serde(default)]
    pub(super) reserved_numbers: Vec<String>,
    #[serde(default)]
    pub(super) users: Vec<RawUser>,
    #[serde(default)]
    pub(super) behaviour: Behaviour,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCompany {
    pub(super) id: Option<String>,
    pub(super) name: String,
    #[serde(default)]
    pub(super) domains: Vec<String>,
    pub(super) country: Option<String>,
    pub(super) timezone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOffice {
    pub(super) name: String,
    pub(super) id: Option<String>,
    #[serde(default = "us")]
    pub(super) country: String,
    pub(super) timezone: Option<String>,
    #[serde(default)]
    pub(super) primary: bool,
    pub(super) area_code: Option<String>,
    #[serde(default)]
    pub(super) licenses: Licenses,
}

fn us() -> String {
    "us".to_owned()
}

/// What an office has bought. What is not named is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Licenses {
    #[serde(alias = "connect")]
    pub(super) talk: u64,
    #[serde(alias = "sell")]
    pub(super) agents: u64,
    #[serde(alias = "support")]
    pub(super) lite_support_agents: u64,
    pub(super) additional_numbers: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGroup {
    pub(super) name: String,
    pub(super) id: Option<String>,
    /// Without it, the primary one.
    pub(super) office: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPolicy {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) target: PolicyTarget,
    #[serde(default)]
    pub(super) permissions: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUser {
    pub(super) email: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) job_title: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) office: Option<String>,
    pub(super) license: Option<String>,
    #[serde(default)]
    pub(super) suspended: bool,
    #[serde(default = "yes")]
    pub(super) logged_in: bool,
    #[serde(default)]
    pub(super) numbers: Vec<String>,
    pub(super) extension: Option<String>,
    #[serde(default)]
    pub(super) forwarding_numbers: Vec<String>,
    #[serde(default)]
    pub(super) international_dialing: bool,
    #[serde(default)]
    pub(super) company_admin: bool,
    #[serde(default)]
    pub(super) office_admin: Vec<String>,
    #[serde(default)]
    pub(super) departments: Vec<RawPlace>,
    #[serde(default)]
    pub(super) contact_centers: Vec<RawPlace>,
    #[serde(default)]
    pub(super) channels: Vec<String>,
    #[serde(default)]
    pub(super) policies: Vec<RawAssignment>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPlace {
    pub(super) name: String,
    #[serde(rename = "as")]
    pub(super) role: Option<Role>,
    pub(super) skill: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAssignment {
    pub(super) name: String,
    pub(super) at: Option<RawAt>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAt {
    pub(super) office: Option<String>,
    pub(super) contact_center: Option<String>,
}

/// How the service behaves where its documentation leaves a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Behaviour {
    /// What happens when a seat is needed and none is free.
    pub(crate) no_seat: NoSeat,
    /// Whether people whom SCIM or the API makes are pending until they log in.
    pub(crate) pending_until_login: bool,
    /// Whether people who never logged in may be made administrators.
    pub(crate) admin_before_login: Permission,
    /// What adding an operator who is there with another role does.
    pub(crate) readd: Readd,
    /// How errors of the admin API look.
    pub(crate) errors: ErrorShape,
    /// Whether the key is a company administrator's.
    pub(crate) company_admin_key: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            no_seat: NoSeat::Refuse,
            pending_until_login: false,
            admin_before_login: Permission::Refuse,
            readd: Readd::Conflict,
            errors: ErrorShape::Nested,
            company_admin_key: true,
        }
    }
}

/// What happens when a seat is needed and none is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoSeat {
    Refuse,
    Buy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Permission {
    Refuse,
    Allow,
}

/// What adding an operator who is there with another role does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Readd {
    Conflict,
    Change,
    Ignore,
}

/// How errors of the admin API look; all three have been seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErrorShape {
    /// `{"error": {"code": 400, "message": "…"}}`.
    #[default]
    Nested,
    /// `{"message": "…"}`.
    Message,
    /// `{"detail": "…"}`.
    Detail,
}
