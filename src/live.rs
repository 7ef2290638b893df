//! What Dialpad holds, as a value: users and groups with all their attributes,
//! and what the service says of itself.

mod finding;
pub mod tenant;

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::names::{AttrPath, Attributes, Complete, Reading, TargetId, Text, Value, fold};

pub use finding::{Finding, Grade};
pub use tenant::Tenant;

/// Everything read from the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// The user accounts, suspended ones included.
    pub users: Reading<Vec<User>>,
    /// The groups; absent when the service has none or the manifest does not map groups.
    pub groups: Reading<Vec<Group>>,
    /// Types of the attributes, from `/Schemas` where the service has it.
    pub schema: Schema,
    /// What the service can do.
    pub service: Service,
    /// What the admin API holds, when the manifest has grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
}

impl Live {
    /// An empty tenant, completely read.
    pub fn empty() -> Self {
        Self {
            users: Reading::Complete(Complete::attest(Vec::new())),
            groups: Reading::Complete(Complete::attest(Vec::new())),
            schema: Schema::rfc7643(),
            service: Service::default(),
            tenant: None,
        }
    }
}

/// What `/ServiceProviderConfig` announces (RFC 7643 §5), and what was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Whether conditional writes are announced; only then is `If-Match` sent.
    pub etag: bool,
    /// The name of the company, where the service tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Text>,
    /// GET requests that reading took.
    pub requests: u64,
}

/// A live user account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The service's id.
    pub id: TargetId,
    /// Top-level attributes by name; an extension's URN names a record.
    pub attributes: Attributes,
    /// `meta.version`, where the service announces ETags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
}

/// A live group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The service's id.
    pub id: TargetId,
    /// Top-level attributes by name, without `members`.
    pub attributes: Attributes,
    /// The members' ids, users and groups alike, each once, sorted.
    pub members: Vec<TargetId>,
    /// `meta.version`, where the service announces ETags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
}

impl User {
    /// The value at `path`, if there is one that is not empty.
    pub fn get(&self, path: &AttrPath) -> Option<Cow<'_, Value>> {
        at(&self.attributes, path)
    }

    /// A text at a core attribute, empty text counted as absent.
    pub fn text(&self, attribute: &str) -> Option<&Text> {
        named(&self.attributes, attribute).and_then(Value::as_text).filter(|text| !text.is_empty())
    }

    /// `externalId` (RFC 7643 §3.1).
    pub fn external_id(&self) -> Option<&Text> {
        self.text("externalId")
    }

    /// Whether the account may be used. An account without `active` counts as
    /// active: some services leave the attribute out until it is first written.
    pub fn is_active(&self) -> bool {
        match named(&self.attributes, "active") {
            Some(Value::Boolean(active)) => *active,
            Some(Value::Text(text)) => !text.eq_ignore_ascii_case("false"),
            Some(Value::Integer(_) | Value::DateTime(_) | Value::List(_) | Value::Record(_)) | None => true,
        }
    }

    /// How to call the account in messages.
    pub fn label(&self) -> &Text {
        self.text("userName").unwrap_or(self.id.text())
    }
}

impl Group {
    /// The value at `path`, if there is one that is not empty.
    pub fn get(&self, path: &AttrPath) -> Option<Cow<'_, Value>> {
        at(&self.attributes, path)
    }

    /// The display name, else the id.
    pub fn label(&self) -> &Text {
        named(&self.attributes, "displayName").and_then(Value::as_text).unwrap_or(self.id.text())
    }
}

/// A top-level attribute by name, without case (RFC 7643 §2.1).
fn named<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a Value> {
    attributes
        .get(name)
        .or_else(|| attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The value at `path`. Of a multi-valued attribute without a selector, all
/// values; with one, the first that fits. Empty counts as absent.
pub fn at<'a>(attributes: &'a Attributes, path: &AttrPath) -> Option<Cow<'a, Value>> {
    let top = match path.schema() {
        None => named(attributes, path.attribute()),
        Some(urn) => named(attributes, urn).and_then(|extension| extension.member(path.attribute())),
    }?;
    let found = match (path.selector(), path.sub()) {
        (None, None) => Cow::Borrowed(top),
        (Some(selector), None) => Cow::Borrowed(top.each().iter().find(|item| selector.fits(item))?),
        (Some(selector), Some(sub)) => {
            Cow::Borrowed(top.each().iter().find(|item| selector.fits(item)).and_then(|item| item.member(sub))?)
        }
        (None, Some(sub)) => match top {
            Value::List(items) => {
                Cow::Owned(Value::List(items.iter().filter_map(|item| item.member(sub)).cloned().collect()))
            }
            // Services that hold a bare id where RFC 7643 §4.3 wants a record (`manager`).
            Value::Text(_) if sub.eq_ignore_ascii_case("value") => Cow::Borrowed(top),
            single => Cow::Borrowed(single.member(sub)?),
        },
    };
    (!found.is_empty()).then_some(found)
}

/// The type of a SCIM attribute (RFC 7643 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// An integer.
    Integer,
    /// A number with a fraction.
    Decimal,
    /// An instant.
    DateTime,
    /// Base64.
    Binary,
    /// A URI or id of something else.
    Reference,
    /// A record.
    Complex,
}

/// What a service says of one attribute (RFC 7643 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeType {
    /// The type of its values.
    pub kind: Kind,
    /// Whether it holds several.
    pub multi_valued: bool,
    /// Whether comparing minds case.
    pub case_exact: bool,
    /// Whether a resource must have it.
    pub required: bool,
    /// Whether clients cannot write it.
    pub read_only: bool,
}

/// The types of all attributes of users and groups that are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    users: BTreeMap<Text, AttributeType>,
    groups: BTreeMap<Text, AttributeType>,
    /// Whether it was read from the service, or is RFC 7643's.
    pub discovered: bool,
}

/// Which kind of resource a type is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `/Users`.
    User,
    /// `/Groups`.
    Group,
}

impl Schema {
    /// A schema without attributes, for a reader to fill.
    pub fn discovered() -> Self {
        Self { users: BTreeMap::new(), groups: BTreeMap::new(), discovered: true }
    }

    /// What RFC 7643 §4 and §8.7 say of the attributes that provisioning uses.
    pub fn rfc7643() -> Self {
        let mut schema = Self { users: BTreeMap::new(), groups: BTreeMap::new(), discovered: false };
        let text = AttributeType {
            kind: Kind::String,
            multi_valued: false,
            case_exact: false,
            required: false,
            read_only: false,
        };
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let mut user = |path: &str, kind: AttributeType| schema.declare(Resource::User, path, kind);
        user("userName", AttributeType { required: true, ..text });
        user("externalId", AttributeType { case_exact: true, ..text });
        user("active", AttributeType { kind: Kind::Boolean, ..text });
        for name in ["displayName", "nickName", "title", "userType", "preferredLanguage", "locale", "timezone"] {
            user(name, text);
        }
        user("profileUrl", AttributeType { kind: Kind::Reference, case_exact: true, ..text });
        user("name", AttributeType { kind: Kind::Complex, ..text });
        for part in ["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"] {
            user(&format!("name.{part}"), text);
        }
        for list in ["emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates"] {
            user(list, AttributeType { kind: Kind::Complex, multi_valued: true, ..text });
            for part in ["value", "display", "type"] {
                user(&format!("{list}.{part}"), text);
            }
            user(&format!("{list}.primary"), AttributeType { kind: Kind::Boolean, ..text });
        }
        user("addresses", AttributeType { kind: Kind::Complex, multi_valued: true, ..text });
        for part in ["formatted", "streetAddress", "locality", "region", "postalCode", "country", "type"] {
            user(&format!("addresses.{part}"), text);
        }
        for name in ["employeeNumber", "costCenter", "organization", "division", "department"] {
            user(&format!("{enterprise}:{name}"), text);
        }
        user(&format!("{enterprise}:manager"), AttributeType { kind: Kind::Complex, ..text });
        user(&format!("{enterprise}:manager.value"), AttributeType { case_exact: true, ..text });
        let mut group = |path: &str, kind: AttributeType| schema.declare(Resource::Group, path, kind);
        group("displayName", AttributeType { required: true, ..text });
        group("externalId", AttributeType { case_exact: true, ..text });
        group("members", AttributeType { kind: Kind::Complex, multi_valued: true, ..text });
        schema
    }

    /// Declares an attribute by its path without selector, such as `emails.value`
    /// or `urn:…:User:department`.
    pub fn declare(&mut self, resource: Resource, path: &str, attribute: AttributeType) {
        let table = match resource {
            Resource::User => &mut self.users,
            Resource::Group => &mut self.groups,
        };
        table.insert(fold(path).into(), attribute);
    }

    /// The type at `path`; `None` when the service does not declare it.
    pub fn get(&self, resource: Resource, path: &AttrPath) -> Option<&AttributeType> {
        let table = match resource {
            Resource::User => &self.users,
            Resource::Group => &self.groups,
        };
        if path.selector().is_none() {
            return table.get(path.key());
        }
        let plain = AttrPath::from_parts(
            path.schema().map(Text::from),
            path.attribute().into(),
            None,
            path.sub().map(Text::from),
        );
        table.get(plain.key())
    }

    /// Paths of all declared attributes of a resource, folded to lower case, in order.
    pub fn paths(&self, resource: Resource) -> impl Iterator<Item = (&Text, &AttributeType)> {
        match resource {
            Resource::User => self.users.iter(),
            Resource::Group => self.groups.iter(),
        }
    }
}
