//! What a change gives or takes through the admin API, and the request that does it.

use serde::{Deserialize, Serialize};

use super::ChangeId;
use crate::{
    memory::{Given, GrantKind},
    names::{ApiId, License, Place, Post, Text},
};

/// One grant of a change, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantChange {
    /// What kind.
    pub kind: GrantKind,
    /// What people call it: the contact center's name, the setting's; of licence, office and
    /// administration there is nothing to tell apart, and it is empty.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub name: Text,
    /// Where a policy holds: `contact center Support EMEA`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Text>,
    /// What Dialpad holds: `operator, skill 50`, `London`; absent when it holds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Text>,
    /// What it will hold; absent when it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Text>,
    /// What is remembered once it is done: given, or taken away when `after` is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// The line of the manifest that gives it.
    #[serde(default, skip_serializing_if = "Place::is_default")]
    pub place: Place,
}

impl GrantChange {
    /// Which field of a person's record it is, by a name that stays the same; `None` for what is in
    /// no record, such as a place among operators.
    pub fn field(&self) -> Option<Text> {
        Some(match self.kind {
            GrantKind::Office => "office".into(),
            GrantKind::License => "license".into(),
            GrantKind::CompanyAdmin => "company_admin".into(),
            GrantKind::Setting => format!("setting:{}", self.name).into(),
            GrantKind::OfficeAdmin => {
                let office = self.given.as_ref()?.object.as_ref()?;
                format!("office_admin:{office}").into()
            }
            GrantKind::Department | GrantKind::ContactCenter | GrantKind::Policy | GrantKind::Channel => return None,
        })
    }

    /// The field of `UserProto` that holds it, by the API's name.
    pub fn stored_at(&self) -> Option<&str> {
        match self.kind {
            GrantKind::Office => Some("office_id"),
            GrantKind::License => Some("license"),
            GrantKind::CompanyAdmin => Some("is_super_admin"),
            GrantKind::OfficeAdmin => Some("admin_office_ids"),
            GrantKind::Setting if *self.name == *"international_dialing" => Some("international_dialing_enabled"),
            GrantKind::Setting => Some(&self.name),
            GrantKind::Department | GrantKind::ContactCenter | GrantKind::Policy | GrantKind::Channel => None,
        }
    }

    /// Whether it tells a skill, which is read only where it matters.
    pub fn tells_skill(&self) -> bool {
        let tells = |text: &Option<Text>| text.as_ref().is_some_and(|text| text.contains("skill"));
        tells(&self.before) || tells(&self.after)
    }
}

fn is_empty(text: &Text) -> bool {
    text.is_empty()
}

/// A person's record in the admin API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiUser {
    /// It exists.
    Live(ApiId),
    /// A change creates the account over SCIM; the record is looked up by this address
    /// then, because e-mail is the only join between the two.
    Created {
        /// The change.
        change: ChangeId,
        /// The address that the account gets.
        email: Text,
    },
}

/// One request to the admin API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminRequest {
    /// `PATCH /users/{id}`.
    PatchUser {
        /// Whose record.
        user: ApiUser,
        /// The fields that change.
        fields: Vec<UserField>,
    },
    /// `PATCH /users/{id}/move_office`: to an office in another country; all numbers go.
    MoveOffice {
        /// Who moves.
        user: ApiUser,
        /// Where to.
        office: ApiId,
    },
    /// `POST /departments/{id}/operators`, `POST /callcenters/{id}/operators`.
    AddOperator {
        /// Where.
        group: OperatorsOf,
        /// Who.
        user: ApiUser,
        /// As what.
        post: Post,
        /// The skill level; contact centers only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skill: Option<u8>,
        /// The licence that the place takes where the person has none for it; contact centers only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        license: Option<License>,
        /// Whether numbers are kept then; contact centers only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep_paid_numbers: Option<bool>,
    },
    /// `DELETE /departments/{id}/operators`, `DELETE /callcenters/{id}/operators`.
    RemoveOperator {
        /// Where.
        group: OperatorsOf,
        /// Who.
        user: ApiUser,
    },
    /// `PATCH /callcenters/{id}/operators/{user}/skill`.
    SetSkill {
        /// Where.
        contact_center: ApiId,
        /// Whose.
        user: ApiUser,
        /// From 1 to 100.
        skill: u8,
    },
    /// `POST /accesscontrolpolicies/{id}/assign`.
    AssignPolicy {
        /// The policy.
        policy: ApiId,
        /// To whom.
        user: ApiUser,
        /// The office or contact center; nothing for the company.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<PolicyTarget>,
    },
    /// `POST /accesscontrolpolicies/{id}/unassign`.
    UnassignPolicy {
        /// The policy.
        policy: ApiId,
        /// From whom.
        user: ApiUser,
        /// The office or contact center; nothing for the company.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<PolicyTarget>,
    },
    /// `POST /channels/{id}/members`.
    AddChannelMember {
        /// The channel.
        channel: ApiId,
        /// Who.
        user: ApiUser,
    },
    /// `DELETE /channels/{id}/members`.
    RemoveChannelMember {
        /// The channel.
        channel: ApiId,
        /// Who.
        user: ApiUser,
    },
}

/// What has operators.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorsOf {
    /// A department.
    Department(ApiId),
    /// A contact center.
    ContactCenter(ApiId),
}

/// Where a policy is assigned below the company: `target_type` and `target_id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyTarget {
    /// An office.
    Office(ApiId),
    /// A contact center.
    ContactCenter(ApiId),
}

impl PolicyTarget {
    /// The id.
    pub fn id(&self) -> &ApiId {
        match self {
            PolicyTarget::Office(id) | PolicyTarget::ContactCenter(id) => id,
        }
    }
}

/// A field of a person's record: `UpdateUserMessage` of the OpenAPI file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserField {
    /// `license`.
    License(License),
    /// `keep_paid_numbers`.
    KeepPaidNumbers(bool),
    /// `office_id`.
    Office(ApiId),
    /// `admin_office_ids`: the whole list.
    AdminOffices(Vec<ApiId>),
    /// `is_super_admin`.
    CompanyAdmin(bool),
    /// `job_title`.
    JobTitle(Text),
    /// `extension`.
    Extension(Text),
    /// `forwarding_numbers`: the whole list.
    ForwardingNumbers(Vec<Text>),
    /// `international_dialing_enabled`.
    InternationalDialing(bool),
}

impl AdminRequest {
    /// Whose record it is about.
    pub fn user(&self) -> &ApiUser {
        match self {
            AdminRequest::PatchUser { user, .. }
            | AdminRequest::MoveOffice { user, .. }
            | AdminRequest::AddOperator { user, .. }
            | AdminRequest::RemoveOperator { user, .. }
            | AdminRequest::SetSkill { user, .. }
            | AdminRequest::AssignPolicy { user, .. }
            | AdminRequest::UnassignPolicy { user, .. }
            | AdminRequest::AddChannelMember { user, .. }
            | AdminRequest::RemoveChannelMember { user, .. } => user,
        }
    }

    /// Whose operators it changes.
    pub fn operators(&self) -> Option<OperatorsOf> {
        match self {
            AdminRequest::AddOperator { group, .. } | AdminRequest::RemoveOperator { group, .. } => Some(group.clone()),
            AdminRequest::SetSkill { contact_center, .. } => Some(OperatorsOf::ContactCenter(contact_center.clone())),
            AdminRequest::PatchUser { .. }
            | AdminRequest::MoveOffice { .. }
            | AdminRequest::AssignPolicy { .. }
            | AdminRequest::UnassignPolicy { .. }
            | AdminRequest::AddChannelMember { .. }
            | AdminRequest::RemoveChannelMember { .. } => None,
        }
    }

    /// Whether Dialpad wants the person to have logged in once: what a portal asks for
    /// before permissions are edited (help center, "set admin permissions").
    pub fn needs_login(&self) -> bool {
        match self {
            AdminRequest::PatchUser { fields, .. } => {
                fields.iter().any(|field| matches!(field, UserField::CompanyAdmin(true) | UserField::AdminOffices(_)))
            }
            AdminRequest::AssignPolicy { .. } => true,
            AdminRequest::MoveOffice { .. }
            | AdminRequest::AddOperator { .. }
            | AdminRequest::RemoveOperator { .. }
            | AdminRequest::SetSkill { .. }
            | AdminRequest::UnassignPolicy { .. }
            | AdminRequest::AddChannelMember { .. }
            | AdminRequest::RemoveChannelMember { .. } => false,
        }
    }
}

/// The seats of one licence in one office.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeatLine {
    /// The office.
    pub office: Text,
    /// The licence.
    pub license: License,
    /// Free before the plan.
    pub free_before: u64,
    /// Taken by the plan's changes.
    pub needed: u64,
    /// Given back by the plan's changes.
    pub freed: u64,
    /// Free after the plan; below zero what may be billed.
    pub free_after: i64,
    /// Wanted by changes that are held for want of one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub missing: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(number: &u64) -> bool {
    *number == 0
}
