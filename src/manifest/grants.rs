//! What a role gives beyond SCIM: licence, office, places, rights and settings.

use indexmap::IndexMap;

use super::{Mapping, Placed};
use crate::names::{AttrPath, License, Place, Post, Text};

/// The grants of one role.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// The licence.
    pub license: Option<Placed<Choice<License>>>,
    /// The office, by name.
    pub office: Option<Placed<Choice<Text>>>,
    /// Departments to operate.
    pub departments: Vec<Placed<DepartmentGrant>>,
    /// Contact centers to operate.
    pub contact_centers: Vec<Placed<ContactCenterGrant>>,
    /// Offices to administer.
    pub office_admin: Option<Placed<OfficeAdmin>>,
    /// Whether the company is administered.
    pub company_admin: Option<Place>,
    /// Access control policies.
    pub policies: Vec<Placed<PolicyGrant>>,
    /// Channels, by name.
    pub channels: Vec<Placed<Text>>,
    /// Settings of the person, each with where its value comes from.
    pub settings: Vec<SettingGrant>,
}

impl Grants {
    /// Whether the role gives nothing beyond SCIM.
    pub fn is_empty(&self) -> bool {
        let Self {
            license,
            office,
            departments,
            contact_centers,
            office_admin,
            company_admin,
            policies,
            channels,
            settings,
        } = self;
        license.is_none()
            && office.is_none()
            && departments.is_empty()
            && contact_centers.is_empty()
            && office_admin.is_none()
            && company_admin.is_none()
            && policies.is_empty()
            && channels.is_empty()
            && settings.is_empty()
    }
}

/// A single value: the same for everybody, or by a source attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice<T> {
    /// The same for everybody.
    Always(T),
    /// By the value of a source attribute, compared without case.
    By {
        /// The attribute.
        attribute: Text,
        /// From its value to what is given.
        map: IndexMap<Text, T>,
        /// What a value that the map does not have gives; `None` holds the person's change.
        otherwise: Option<T>,
    },
}

/// A place in a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentGrant {
    /// Its name.
    pub name: Text,
    /// The office it is in, where the name alone is not enough.
    pub office: Option<Text>,
    /// As what: operator or admin.
    pub post: Post,
}

/// A place in a contact center.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactCenterGrant {
    /// Its name.
    pub name: Text,
    /// The office it is in, where the name alone is not enough.
    pub office: Option<Text>,
    /// As what.
    pub post: Post,
    /// The skill level from 1 to 100; left alone when it is not set.
    pub skill: Option<u8>,
}

/// Which offices are administered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfficeAdmin {
    /// The person's own.
    Own,
    /// These, by name.
    Named(Vec<Text>),
}

/// An access control policy and where it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyGrant {
    /// Its name.
    pub name: Text,
    /// Where.
    pub at: PolicyAt,
}

/// Where a policy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyAt {
    /// In the whole company.
    Company,
    /// In an office, by name.
    Office(Text),
    /// In a contact center, by name.
    ContactCenter(Text),
}

/// A setting of the person.
#[derive(Clone, Debug)]
pub struct SettingGrant {
    /// Which one.
    pub setting: Setting,
    /// Where its value comes from. The target path is only a name here.
    pub mapping: Mapping,
}

/// Settings that the admin API can set and read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// The job title.
    JobTitle,
    /// The extension.
    Extension,
    /// Numbers that calls are forwarded to.
    ForwardingNumbers,
    /// Whether the person may dial abroad.
    InternationalDialing,
}

impl Setting {
    /// Every setting.
    pub const ALL: [Setting; 4] =
        [Setting::JobTitle, Setting::Extension, Setting::ForwardingNumbers, Setting::InternationalDialing];

    /// The key in the manifest, which is the API's name too.
    pub fn name(self) -> &'static str {
        match self {
            Setting::JobTitle => "job_title",
            Setting::Extension => "extension",
            Setting::ForwardingNumbers => "forwarding_numbers",
            Setting::InternationalDialing => "international_dialing",
        }
    }

    /// A path that names it in changes.
    pub fn path(self) -> AttrPath {
        AttrPath::core(self.name())
    }
}

/// How grants are kept: the section `grants`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRules {
    /// Kinds of which nobody but those whom a role names may have any.
    pub exclusive: Exclusive,
    /// Whether direct numbers are kept, and paid for, when a licence without one is given.
    pub keep_paid_numbers: bool,
    /// So many free seats of an office and licence are noted as paid for and unused.
    pub note_free_seats: u64,
    /// Whether the SCIM create names the office, as `officeName`.
    pub office_on_create: bool,
    /// Whether the SCIM create names the licence, as `licenseType`.
    pub license_on_create: bool,
}

/// For each kind, whether what was given by hand is taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exclusive {
    /// Operators of the departments that a role names.
    pub departments: bool,
    /// Operators of the contact centers that a role names.
    pub contact_centers: bool,
    /// Administrators of the offices that a role names.
    pub office_admin: bool,
    /// Administrators of the company.
    pub company_admin: bool,
    /// Assignments of the policies that a role names.
    pub policies: bool,
    /// Members of the channels that a role names.
    pub channels: bool,
}
