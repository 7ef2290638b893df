//! What Dialpad's admin API holds of a company: people with office and licence,
//! who operates and administers what, and the seats that are free.
//!
//! Only what a manifest's grants need is read; what could not be read is named,
//! and nothing of that kind is planned.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::names::{ApiId, License, Post, Text};

/// Everything read from the admin API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// The company, where the API tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Company>,
    /// Everybody, suspended and pending people included; deleted ones are not.
    pub users: Vec<Member>,
    /// The offices, with the seats that are free where they were asked for.
    pub offices: Vec<Office>,
    /// The departments, with operators where they were asked for.
    pub departments: Vec<Department>,
    /// The contact centers, with operators where they were asked for.
    pub contact_centers: Vec<ContactCenter>,
    /// The access control policies, with assignments where they were asked for.
    pub policies: Vec<Policy>,
    /// The channels, with members where they were asked for.
    pub channels: Vec<Channel>,
    /// Sections that could not be read as a whole, and why: nothing of such a kind is planned.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<Section, Text>,
    /// Requests that reading took.
    pub requests: u64,
}

/// A part of the tenant that is read by requests of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// `GET /users`.
    Users,
    /// `GET /offices`.
    Offices,
    /// `GET /offices/{id}/available_licenses`.
    Seats,
    /// `GET /departments` and their operators.
    Departments,
    /// `GET /callcenters` and their operators.
    ContactCenters,
    /// `GET /callcenters/{id}/operators/{user}/skill`.
    Skills,
    /// `GET /accesscontrolpolicies` and their assignments.
    Policies,
    /// `GET /channels` and their members.
    Channels,
}

impl Section {
    /// What people call it.
    pub fn noun(self) -> &'static str {
        match self {
            Section::Users => "people",
            Section::Offices => "offices",
            Section::Seats => "free licences",
            Section::Departments => "departments",
            Section::ContactCenters => "contact centers",
            Section::Skills => "skills",
            Section::Policies => "policies",
            Section::Channels => "channels",
        }
    }
}

/// The company that the key belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its id.
    pub id: ApiId,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
}

/// A person's record in the admin API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The id of this API, which need not be the SCIM id.
    pub id: ApiId,
    /// All addresses, the primary one first. E-mail is the only join to SCIM.
    pub emails: Vec<Text>,
    /// Whether the person can work.
    pub state: MemberState,
    /// The office, of which everybody has exactly one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<ApiId>,
    /// The licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<License>,
    /// Direct numbers, as they are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<Text>,
    /// Whether the person administers the company.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub company_admin: bool,
    /// Offices that the person administers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admin_offices: Vec<ApiId>,
    /// Role in each group that the person operates, by the group's id: `group_details`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<ApiId, Post>,
    /// Job title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_title: Option<Text>,
    /// Extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Text>,
    /// Numbers that calls are forwarded to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forwarding_numbers: Vec<Text>,
    /// Whether the person may dial abroad, where the API tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub international_dialing: Option<bool>,
}

/// Whether a person can work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// Active.
    Active,
    /// Invited, and never logged in.
    Pending,
    /// Suspended: no seat is held.
    Suspended,
    /// Cancelled, deleted, or a state nobody knew when this was written.
    Other(Text),
}

impl MemberState {
    /// Whether somebody in this state holds a seat.
    pub fn holds_seat(&self) -> bool {
        match self {
            MemberState::Active | MemberState::Pending => true,
            MemberState::Suspended | MemberState::Other(_) => false,
        }
    }

    /// The API's word.
    pub fn as_str(&self) -> &str {
        match self {
            MemberState::Active => "active",
            MemberState::Pending => "pending",
            MemberState::Suspended => "suspended",
            MemberState::Other(word) => word,
        }
    }
}

/// An office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Office {
    /// Its id.
    pub id: ApiId,
    /// Its name.
    pub name: Text,
    /// Its country, as an ISO 3166 code, where the API tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Text>,
    /// Whether it is the company's first office.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_primary: bool,
    /// Free seats by licence; absent when they were not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<BTreeMap<License, u64>>,
}

/// A department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// Its id.
    pub id: ApiId,
    /// Its name; unique only within an office.
    pub name: Text,
    /// Its office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<ApiId>,
    /// Who operates it; absent when that was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operators: Option<Vec<Operator>>,
}

/// A contact center (`callcenter` in the API).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCenter {
    /// Its id.
    pub id: ApiId,
    /// Its name; unique only within an office.
    pub name: Text,
    /// Its office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<ApiId>,
    /// Who operates it; absent when that was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operators: Option<Vec<Operator>>,
}

/// A person in a department or contact center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// The person.
    pub user: ApiId,
    /// As what; absent when nothing told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<Post>,
    /// The skill level from 1 to 100, where it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<u8>,
}

/// An access control policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its id.
    pub id: ApiId,
    /// Its name.
    pub name: Text,
    /// What it can be assigned at; absent when the API does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<PolicyLevel>,
    /// Who has it, and where; absent when that was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignments: Option<Vec<PolicyAssignment>>,
}

/// What a policy is assigned at: `target_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyLevel {
    /// The company.
    Company,
    /// An office.
    Office,
    /// A contact center.
    ContactCenter,
}

impl PolicyLevel {
    /// What people call it.
    pub fn noun(self) -> &'static str {
        match self {
            PolicyLevel::Company => "company",
            PolicyLevel::Office => "office",
            PolicyLevel::ContactCenter => "contact center",
        }
    }
}

/// A policy that somebody has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAssignment {
    /// The person.
    pub user: ApiId,
    /// The office or contact center; absent for the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<ApiId>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: ApiId,
    /// Its name.
    pub name: Text,
    /// Who is in it; absent when that was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<ApiId>>,
}

impl Tenant {
    /// The same, in an order that does not depend on the order of reading.
    pub fn in_order(&self) -> Self {
        let mut tenant = self.clone();
        tenant.requests = 0;
        tenant.users.sort_by(|left, right| left.id.cmp(&right.id));
        tenant.offices.sort_by(|left, right| left.id.cmp(&right.id));
        tenant.departments.sort_by(|left, right| left.id.cmp(&right.id));
        tenant.contact_centers.sort_by(|left, right| left.id.cmp(&right.id));
        tenant.policies.sort_by(|left, right| left.id.cmp(&right.id));
        tenant.channels.sort_by(|left, right| left.id.cmp(&right.id));
        for operators in tenant.departments.iter_mut().filter_map(|department| department.operators.as_mut()) {
            operators.sort_by(|left, right| left.user.cmp(&right.user));
        }
        for operators in tenant.contact_centers.iter_mut().filter_map(|center| center.operators.as_mut()) {
            operators.sort_by(|left, right| left.user.cmp(&right.user));
        }
        for assignments in tenant.policies.iter_mut().filter_map(|policy| policy.assignments.as_mut()) {
            assignments.sort_by(|left, right| (&left.user, &left.at).cmp(&(&right.user, &right.at)));
        }
        for members in tenant.channels.iter_mut().filter_map(|channel| channel.members.as_mut()) {
            members.sort();
        }
        tenant
    }

    /// The office with this id.
    pub fn office(&self, id: &ApiId) -> Option<&Office> {
        self.offices.iter().find(|office| office.id == *id)
    }
}
