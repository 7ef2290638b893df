//! Roles and assignments: who, as what, and when.

use jiff::civil::Date;

use super::Grants;
use crate::names::{Folded, Place, RoleName, Text};

/// A declared role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its key in the manifest.
    pub name: RoleName,
    /// What people call it.
    pub description: Option<Text>,
    /// The app role's value in Entra, where it differs from the key.
    pub app_role: Option<Text>,
    /// What it gives beyond SCIM.
    pub grants: Grants,
    /// Where it was written.
    pub place: Place,
}

/// One line of `assignments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Who.
    pub principal: Principal,
    /// As what; `None` only when the manifest declares no roles.
    pub role: Option<RoleName>,
    /// The first day, included, in the manifest's time zone.
    pub from: Option<Date>,
    /// The last day, included.
    pub until: Option<Date>,
    /// Where it was written.
    pub place: Place,
}

/// Who an assignment names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A person, by user principal name, mail address or source id, without case.
    User(Folded),
    /// A group, by name (without case) or source id.
    Group {
        /// As written.
        name: Text,
        /// Whether groups within it count, at any depth.
        nested: bool,
    },
    /// Whoever is assigned to the application in Entra.
    Entra,
}

/// Whether an assignment in Entra counts that carries only the Default Access role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DefaultAccess {
    /// It does not count: Microsoft's tutorial for Dialpad.
    #[default]
    Exclude,
    /// It counts, without a role.
    Include,
}
