//! What plans and outcomes have in common as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    names,
    plan::{Action as PlanAction, Kind as PlanKind, Subject as PlanSubject},
};

/// What a change does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Action {
    /// Something that exists is taken over; nothing is sent.
    Adopt,
    /// An account is suspended.
    Disable,
    /// An account or a group is made.
    Create,
    /// Attributes change.
    Update,
    /// A suspended account is made active again.
    Enable,
    /// Members join a group.
    AddMembers,
    /// A manager is set who had no account before.
    SetManager,
    /// Members leave a group.
    RemoveMembers,
    /// A person moves to another office.
    MoveOffice,
    /// A person gets another licence.
    SetLicense,
    /// Settings of a person change.
    SetSettings,
    /// A person gets a place or a right.
    Grant,
    /// A place or right of a person changes.
    Regrant,
    /// A place or right is taken away.
    Withdraw,
    /// An account or a group is deleted.
    Delete,
}

impl Action {
    pub(super) fn of(action: PlanAction) -> Self {
        match action {
            PlanAction::AdoptUser | PlanAction::AdoptGroup => Action::Adopt,
            PlanAction::DisableUser => Action::Disable,
            PlanAction::CreateUser | PlanAction::CreateGroup => Action::Create,
            PlanAction::UpdateUser | PlanAction::UpdateGroup => Action::Update,
            PlanAction::EnableUser => Action::Enable,
            PlanAction::AddMembers => Action::AddMembers,
            PlanAction::SetManager => Action::SetManager,
            PlanAction::RemoveMembers => Action::RemoveMembers,
            PlanAction::MoveOffice => Action::MoveOffice,
            PlanAction::SetLicense => Action::SetLicense,
            PlanAction::SetSettings => Action::SetSettings,
            PlanAction::Grant => Action::Grant,
            PlanAction::Regrant => Action::Regrant,
            PlanAction::Withdraw => Action::Withdraw,
            PlanAction::DeleteUser | PlanAction::DeleteGroup => Action::Delete,
        }
    }

    /// The name, as a key of the summary.
    pub(super) fn name(self) -> &'static str {
        match self {
            Action::Adopt => "adopt",
            Action::Disable => "disable",
            Action::Create => "create",
            Action::Update => "update",
            Action::Enable => "enable",
            Action::AddMembers => "add_members",
            Action::SetManager => "set_manager",
            Action::RemoveMembers => "remove_members",
            Action::MoveOffice => "move_office",
            Action::SetLicense => "set_license",
            Action::SetSettings => "set_settings",
            Action::Grant => "grant",
            Action::Regrant => "regrant",
            Action::Withdraw => "withdraw",
            Action::Delete => "delete",
        }
    }
}

/// The kind of an object.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A person's account.
    User,
    /// A group.
    Group,
}

impl Kind {
    pub(super) fn of(kind: PlanKind) -> Self {
        match kind {
            PlanKind::User => Kind::User,
            PlanKind::Group => Kind::Group,
        }
    }
}

/// Whom or what it is about.
#[derive(Serialize, JsonSchema)]
pub(super) struct Subject<'a> {
    /// An account or a group.
    kind: Kind,
    /// The user name, or the group's name.
    name: &'a str,
    /// The id in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_id: Option<&'a str>,
    /// The id in Dialpad.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_id: Option<&'a str>,
}

impl<'a> Subject<'a> {
    pub(super) fn of(subject: &'a PlanSubject) -> Self {
        let PlanSubject { kind, name, source, target } = subject;
        Self {
            kind: Kind::of(*kind),
            name,
            source_id: source.as_ref().map(names::SourceId::as_str),
            target_id: target.as_ref().map(names::TargetId::as_str),
        }
    }

    /// The same, with the id that the object has now.
    pub(super) fn with_target(subject: &'a PlanSubject, target: Option<&'a names::TargetId>) -> Self {
        let known = Self::of(subject);
        Self { target_id: target.map(names::TargetId::as_str).or(known.target_id), ..known }
    }
}

/// A line of the manifest.
#[derive(Serialize, JsonSchema)]
pub(super) struct Place<'a> {
    /// The file.
    file: &'a str,
    /// The line, from 1.
    line: u32,
    /// The column in characters, from 1.
    column: u32,
}

impl<'a> Place<'a> {
    /// `None` for what was not written but is a default.
    pub(super) fn of(place: &'a names::Place) -> Option<Self> {
        let names::Place { file, line, column } = place;
        (!place.is_default()).then_some(Self { file, line: *line, column: *column })
    }
}
