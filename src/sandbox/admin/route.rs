//! What a path of the admin API names, and what may be done there.

use http::Method;

use crate::sandbox::account::GroupKind;

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Company,
    Users,
    User(&'a str),
    MoveOffice(&'a str),
    AssignNumber(&'a str),
    UnassignNumber(&'a str),
    Offices,
    PrimaryOffice,
    Office(&'a str),
    AvailableLicenses(&'a str),
    Plan(&'a str),
    GroupsOfOffice(GroupKind, &'a str),
    Groups(GroupKind),
    Group(GroupKind, &'a str),
    Operators(GroupKind, &'a str),
    Skill { center: &'a str, user: &'a str },
    Channels,
    Channel(&'a str),
    Members(&'a str),
    Policies,
    Policy(&'a str),
    Assignments(&'a str),
    Assign(&'a str),
    Unassign(&'a str),
    Numbers,
}

const DEPARTMENT: GroupKind = GroupKind::Department;
const CENTER: GroupKind = GroupKind::CallCenter;

/// Reads the segments after `/api/v2`.
pub(super) fn route<'a>(segments: &[&'a str]) -> Option<Route<'a>> {
    Some(match segments {
        ["company"] => Route::Company,
        ["users"] => Route::Users,
        ["users", id] => Route::User(id),
        ["users", id, "move_office"] => Route::MoveOffice(id),
        ["users", id, "assign_number"] => Route::AssignNumber(id),
        ["users", id, "unassign_number"] => Route::UnassignNumber(id),
        ["offices"] => Route::Offices,
        ["offices", "primary"] => Route::PrimaryOffice,
        ["offices", id] => Route::Office(id),
        ["offices", id, "available_licenses"] => Route::AvailableLicenses(id),
        ["offices", id, "plan"] => Route::Plan(id),
        ["offices", id, "operators"] => Route::Operators(GroupKind::Office, id),
        ["offices", id, "departments"] => Route::GroupsOfOffice(DEPARTMENT, id),
        ["offices", id, "callcenters"] => Route::GroupsOfOffice(CENTER, id),
        ["departments"] => Route::Groups(DEPARTMENT),
        ["departments", id] => Route::Group(DEPARTMENT, id),
        ["departments", id, "operators"] => Route::Operators(DEPARTMENT, id),
        ["callcenters"] => Route::Groups(CENTER),
        ["callcenters", id] => Route::Group(CENTER, id),
        ["callcenters", id, "operators"] => Route::Operators(CENTER, id),
        ["callcenters", center, "operators", user, "skill"] => Route::Skill { center, user },
        ["channels"] => Route::Channels,
        ["channels", id] => Route::Channel(id),
        ["channels", id, "members"] => Route::Members(id),
        ["accesscontrolpolicies"] => Route::Policies,
        ["accesscontrolpolicies", id] => Route::Policy(id),
        ["accesscontrolpolicies", id, "assignments"] => Route::Assignments(id),
        ["accesscontrolpolicies", id, "assign"] => Route::Assign(id),
        ["accesscontrolpolicies", id, "unassign"] => Route::Unassign(id),
        ["numbers"] => Route::Numbers,
        _ => return None,
    })
}

impl Route<'_> {
    /// What the sandbox does there; Dialpad does more.
    pub(super) fn methods(self) -> &'static [Method] {
        match self {
            Route::Company
            | Route::Offices
            | Route::PrimaryOffice
            | Route::Office(_)
            | Route::AvailableLicenses(_)
            | Route::Plan(_)
            | Route::GroupsOfOffice(..)
            | Route::Groups(_)
            | Route::Group(..)
            | Route::Channels
            | Route::Channel(_)
            | Route::Policies
            | Route::Policy(_)
            | Route::Assignments(_)
            | Route::Numbers => &[Method::GET],
            Route::Users => &[Method::GET, Method::POST],
            Route::User(_) => &[Method::GET, Method::PATCH, Method::DELETE],
            Route::MoveOffice(_) => &[Method::PATCH],
            Route::AssignNumber(_) | Route::UnassignNumber(_) | Route::Assign(_) | Route::Unassign(_) => {
                &[Method::POST]
            }
            Route::Operators(..) | Route::Members(_) => &[Method::GET, Method::POST, Method::DELETE],
            Route::Skill { .. } => &[Method::GET, Method::PATCH],
        }
    }

    /// Whether the OpenAPI says "Requires a company admin API key".
    pub(super) fn needs_company_admin(self) -> bool {
        matches!(self, Route::Company | Route::Numbers | Route::Assign(_) | Route::Unassign(_))
    }

    /// The ids in the path that the OpenAPI types as integers; a user's own address takes text.
    pub(super) fn integers(&self) -> Vec<&str> {
        match *self {
            Route::Company
            | Route::Users
            | Route::User(_)
            | Route::MoveOffice(_)
            | Route::Offices
            | Route::PrimaryOffice
            | Route::Groups(_)
            | Route::Channels
            | Route::Policies
            | Route::Numbers => Vec::new(),
            Route::AssignNumber(id)
            | Route::UnassignNumber(id)
            | Route::Office(id)
            | Route::AvailableLicenses(id)
            | Route::Plan(id)
            | Route::GroupsOfOffice(_, id)
            | Route::Group(_, id)
            | Route::Operators(_, id)
            | Route::Channel(id)
            | Route::Members(id)
            | Route::Policy(id)
            | Route::Assignments(id)
            | Route::Assign(id)
            | Route::Unassign(id) => vec![id],
            Route::Skill { center, user } => vec![center, user],
        }
    }
}
