//! The people and groups of the source, as a value.
//!
//! Whatever the source is (files, Entra), it is read once into a [`Directory`];
//! nothing later asks the source again. Attribute names are those of the Entra
//! portal for every kind of source.

use serde::{Deserialize, Serialize};

use crate::names::{Attributes, Place, Reading, SourceId, Text, Value};

/// Everything read from the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// The people.
    pub people: Reading<Vec<Person>>,
    /// The groups, with their direct members.
    pub groups: Reading<Vec<Group>>,
    /// The application to which people are assigned in the source, where the source has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Application>,
    /// People of before who are proven gone for good: they are neither in the source nor in
    /// its recycle bin. Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<SourceId>,
    /// How many of the people were read only because they have an account from before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub former: u64,
    /// The default domain of the tenant, where the source says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_domain: Option<Text>,
    /// Whether the source itself writes to the same application.
    #[serde(default, skip_serializing_if = "OtherWriter::is_none")]
    pub other_writer: OtherWriter,
}

/// Whether the source itself provisions people to the application, and so would undo what we do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherWriter {
    /// It does not, or is of a kind that never does.
    #[default]
    None,
    /// It does: its job is active.
    Active {
        /// The application.
        application: Text,
        /// The id of the job.
        job: Text,
    },
    /// That could not be seen, and why: a lower-case fragment.
    Unknown {
        /// Why.
        because: Text,
    },
}

impl OtherWriter {
    /// Whether the source does not write.
    pub fn is_none(&self) -> bool {
        *self == OtherWriter::None
    }
}

impl Directory {
    /// People and groups of a source that has nothing else.
    pub fn new(people: Reading<Vec<Person>>, groups: Reading<Vec<Group>>) -> Self {
        Self {
            people,
            groups,
            application: None,
            gone: Vec::new(),
            former: 0,
            default_domain: None,
            other_writer: OtherWriter::None,
        }
    }

    /// How many people there are whom the source itself names; `None` when none were read.
    pub fn size(&self) -> Option<u64> {
        Some((self.people.items()?.len() as u64).saturating_sub(self.former))
    }

    /// Whether somebody of before is proven gone for good.
    pub fn is_gone(&self, id: &SourceId) -> bool {
        self.gone.binary_search(id).is_ok()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// An application of the source, and who is assigned to it there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its display name.
    pub name: Text,
    /// Its app roles.
    pub roles: Vec<AppRole>,
    /// Who is assigned, and as what; sorted.
    pub assigned: Vec<AppRoleAssignment>,
}

/// A role that an application declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppRole {
    /// Its id.
    pub id: Text,
    /// Its display name.
    pub name: Text,
    /// Its value, by which manifests call it; some roles have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Text>,
    /// Whether it may be assigned. Assignments of before stay when it may not any more.
    pub enabled: bool,
}

/// Somebody's assignment to an application.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AppRoleAssignment {
    /// A person, or a group whose direct members are meant.
    pub principal: Member,
    /// The id of the role; absent for Default Access, an assignment without a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Text>,
    /// How the source calls the person or group.
    pub name: Text,
}

/// A person of the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The immutable id. From files without `objectId`, the user principal name.
    pub id: SourceId,
    /// What the source says of the person, by the portal's attribute names.
    /// Absent values are not there.
    pub attributes: Attributes,
    /// Whether the person lies in the source's recycle bin.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub soft_deleted: bool,
    /// The person's manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<SourceId>,
    /// The row of the file, where the source is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Person {
    /// The text of an attribute that holds text.
    pub fn text(&self, name: &str) -> Option<&Text> {
        self.attributes.get(name).and_then(Value::as_text)
    }

    /// How to call the person in messages: the user principal name, else the mail address, else the id.
    pub fn label(&self) -> &Text {
        let named = |name| self.text(name).filter(|text| !text.is_empty());
        named("userPrincipalName").or_else(|| named("mail")).unwrap_or(self.id.text())
    }

    /// Whether sign-in is not blocked: `accountEnabled` is anything but false.
    pub fn is_enabled(&self) -> bool {
        match self.attributes.get("accountEnabled") {
            Some(Value::Boolean(enabled)) => *enabled,
            Some(Value::Text(text)) => !text.trim().eq_ignore_ascii_case("false"),
            Some(Value::Integer(_) | Value::DateTime(_) | Value::List(_) | Value::Record(_)) | None => true,
        }
    }
}

/// A group of the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The immutable id. From files without one, the name.
    pub id: SourceId,
    /// The display name, by which the manifest calls the group.
    pub name: Text,
    /// Further attributes by the portal's names; `displayName` and `objectId` are among them.
    pub attributes: Attributes,
    /// The direct members.
    pub members: Vec<Member>,
    /// The row of the file, where the source is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A direct member of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    /// A person.
    Person(SourceId),
    /// A group within the group. It counts only where the manifest says `nested: true`.
    Group(SourceId),
}
