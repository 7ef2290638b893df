//! What YAML may say under `grants`, of a role and of the manifest.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AttributeMapping, yes};
use crate::names::Post;

/// What a role gives beyond SCIM, through the admin API. Sets are united over the roles of a person;
/// of licence, office and settings, the role declared first wins.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// The licence: `connect` (talk), `sell` (agents), `support` (lite_support_agents), or by an attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<Choice>,
    /// The office, by name, or by an attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<Choice>,
    /// Departments to operate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departments: Vec<DepartmentGrant>,
    /// Contact centers to operate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contact_centers: Vec<ContactCenterGrant>,
    /// Offices to administer, by name; `own` is the person's own office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office_admin: Option<OfficeAdmin>,
    /// Whether the company is administered. It is `true` where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = true))]
    pub company_admin: Option<bool>,
    /// Access control policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyGrant>,
    /// Channels to be in, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub channels: Vec<String>,
    /// Settings of the person.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
}

/// A value for everybody, or one by a source attribute.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Choice {
    /// The same for everybody.
    Always(String),
    /// By an attribute.
    By(ByAttribute),
}

/// A value by a source attribute.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByAttribute {
    /// The source attribute, by its name in the Entra portal.
    #[schemars(length(min = 1), extend("examples" = crate::manifest::attributes::examples()))]
    pub attribute: String,
    /// From its values, without case, to what is given.
    #[schemars(length(min = 1))]
    pub map: IndexMap<String, String>,
    /// What any other value gives; `hold` holds the person's change until somebody decides.
    #[serde(default = "hold")]
    #[schemars(length(min = 1))]
    pub otherwise: String,
}

impl JsonSchema for Choice {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Choice".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = ByAttribute::json_schema(generator);
        schema.insert("description".to_owned(), "A value, or a map from the values of an attribute.".into());
        schema.insert("type".to_owned(), serde_json::json!(["string", "object"]));
        schema.insert("minLength".to_owned(), 1.into());
        schema
    }
}

/// A place in a department.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DepartmentGrant {
    /// The department's name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The office it is in, where several have one of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub office: Option<String>,
    /// As what: `operator` or `admin`.
    #[serde(default = "operator", rename = "as")]
    pub post: Post,
}

/// A place in a contact center.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactCenterGrant {
    /// The contact center's name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The office it is in, where several have one of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub office: Option<String>,
    /// As what.
    #[serde(default = "operator", rename = "as")]
    pub post: Post,
    /// The skill level; left as it is unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub skill: Option<u8>,
}

/// Which offices are administered: `own`, or a list of names.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OfficeAdmin {
    /// `own`.
    Own(String),
    /// Names.
    Named(Vec<String>),
}

impl JsonSchema for OfficeAdmin {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OfficeAdmin".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "`own`, the person's own office, or a list of names.",
            "type": ["string", "array"],
            "pattern": "^own$",
            "patternErrorMessage": "write `own`, or a list of names such as `[London, Berlin]`",
            "items": { "type": "string", "minLength": 1 },
            "minItems": 1,
        })
    }
}

/// An access control policy and where it holds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyGrant {
    /// The policy's name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Where it holds: `company`, `{ office: NAME }` or `{ contact_center: NAME }`.
    pub at: PolicyAt,
}

/// Where a policy holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PolicyAt {
    /// `company`.
    Company(String),
    /// `{ office: NAME }` or `{ contact_center: NAME }`.
    In {
        /// An office.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        office: Option<String>,
        /// A contact center.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact_center: Option<String>,
    },
}

impl JsonSchema for PolicyAt {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PolicyAt".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let name = || serde_json::json!({ "type": "string", "minLength": 1 });
        schemars::json_schema!({
            "description": "`company`, `{ office: NAME }` or `{ contact_center: NAME }`.",
            "type": ["string", "object"],
            "pattern": "^company$",
            "patternErrorMessage": "write `company`, `{ office: NAME }` or `{ contact_center: NAME }`",
            "properties": { "office": name(), "contact_center": name() },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

/// Settings that the admin API can set and read back, each from an attribute, a constant or an expression.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The job title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_title: Option<AttributeMapping>,
    /// The extension. Dialpad's support has to turn extensions on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<AttributeMapping>,
    /// Numbers that calls are forwarded to: one, or several from an expression that gives a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarding_numbers: Option<AttributeMapping>,
    /// Whether the person may dial abroad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub international_dialing: Option<AttributeMapping>,
}

impl Settings {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        let Self { job_title, extension, forwarding_numbers, international_dialing } = self;
        job_title.is_none() && extension.is_none() && forwarding_numbers.is_none() && international_dialing.is_none()
    }
}

/// How grants are kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRules {
    /// Operators of departments.
    #[serde(default)]
    pub departments: Kept,
    /// Operators of contact centers.
    #[serde(default)]
    pub contact_centers: Kept,
    /// Administrators of offices.
    #[serde(default)]
    pub office_admin: Kept,
    /// Administrators of the company.
    #[serde(default)]
    pub company_admin: Kept,
    /// Assignments of policies.
    #[serde(default)]
    pub policies: Kept,
    /// Members of channels.
    #[serde(default)]
    pub channels: Kept,
    /// Whether direct numbers are kept, and paid for as additional numbers, when somebody gets a licence without one.
    #[serde(default = "yes")]
    pub keep_paid_numbers: bool,
    /// From so many free seats of an office and licence on, the plan notes that they are paid for and unused.
    #[serde(default = "ten")]
    #[schemars(range(min = 1))]
    pub note_free_seats: u64,
    /// What the SCIM create says of office and licence, so that nobody lands elsewhere first.
    #[serde(default)]
    pub on_create: OnCreate,
}

impl Default for GrantRules {
    fn default() -> Self {
        Self {
            departments: Kept::default(),
            contact_centers: Kept::default(),
            office_admin: Kept::default(),
            company_admin: Kept::default(),
            policies: Kept::default(),
            channels: Kept::default(),
            keep_paid_numbers: true,
            note_free_seats: ten(),
            on_create: OnCreate::default(),
        }
    }
}

/// How one kind of grants is kept.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Whether what was given by hand, in what a role names, is taken away.
    #[serde(default)]
    pub exclusive: bool,
}

/// What the SCIM create says of office and licence.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnCreate {
    /// Whether it names the office, as `officeName` of the enterprise extension.
    #[serde(default = "yes")]
    pub office: bool,
    /// Whether it names the licence, as `licenseType` of the enterprise extension.
    #[serde(default = "yes")]
    pub license: bool,
}

impl Default for OnCreate {
    fn default() -> Self {
        Self { office: true, license: true }
    }
}

fn hold() -> String {
    "hold".to_owned()
}

fn operator() -> Post {
    Post::Operator
}

fn ten() -> u64 {
    10
}
