//! What YAML may say under `mappings`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::yes;
use crate::manifest::{Apply, Membership, OnRename, WhenEmpty};

/// Which value each attribute in Dialpad gets.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mappings {
    /// How people become accounts.
    #[serde(default)]
    pub users: UserMappings,
    /// How groups become groups. Off unless `enabled`.
    #[serde(default)]
    pub groups: GroupMappings,
}

/// How people become accounts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserMappings {
    /// Whether accounts are created.
    #[serde(default = "yes")]
    pub create: bool,
    /// Whether accounts are updated. Without it nobody is disabled either, as in Entra.
    #[serde(default = "yes")]
    pub update: bool,
    /// Whether accounts are deleted, once somebody is gone for good.
    #[serde(default)]
    pub delete: bool,
    /// How long somebody is disabled before the account is deleted, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        pattern("^[0-9]{1,5}d$"),
        example = &"30d",
        extend("patternErrorMessage" = "a number of days is written as 30d"),
    )]
    pub delete_after: Option<String>,
    /// Matching attributes, the most trusted first: by these an existing account is found.
    #[serde(default = "user_match", rename = "match")]
    #[schemars(length(min = 1))]
    pub matching: Vec<String>,
    /// A mapping for each target attribute. Written out, it replaces the default mappings.
    #[serde(default = "user_attributes")]
    #[schemars(schema_with = "super::schema::user_attributes")]
    pub attributes: IndexMap<String, AttributeMapping>,
}

impl Default for UserMappings {
    fn default() -> Self {
        Self {
            create: true,
            update: true,
            delete: false,
            delete_after: None,
            matching: user_match(),
            attributes: user_attributes(),
        }
    }
}

/// How groups become groups.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupMappings {
    /// Whether assigned groups become groups. Off unless asked for: what Dialpad does with groups
    /// from SCIM is not documented.
    #[serde(default)]
    pub enabled: bool,
    /// Whether groups are created.
    #[serde(default = "yes")]
    pub create: bool,
    /// Whether groups are updated, membership included.
    #[serde(default = "yes")]
    pub update: bool,
    /// Whether groups are deleted when they leave the scope.
    #[serde(default)]
    pub delete: bool,
    /// Matching attributes, the most trusted first: by these an existing group is found.
    #[serde(default = "group_match", rename = "match")]
    #[schemars(length(min = 1))]
    pub matching: Vec<String>,
    /// A mapping for each target attribute. Written out, it replaces the default mappings.
    #[serde(default = "group_attributes")]
    #[schemars(schema_with = "super::schema::group_attributes")]
    pub attributes: IndexMap<String, AttributeMapping>,
    /// What a new name in the source does.
    #[serde(default)]
    pub on_rename: OnRename,
    /// What happens to members that do not belong.
    #[serde(default)]
    pub membership: Membership,
}

impl Default for GroupMappings {
    fn default() -> Self {
        Self {
            enabled: false,
            create: true,
            update: true,
            delete: false,
            matching: group_match(),
            attributes: group_attributes(),
            on_rename: OnRename::default(),
            membership: Membership::default(),
        }
    }
}

/// What one target attribute gets: exactly one of `attribute`, `constant`, `expression` and `none`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["attribute"] },
    { "required": ["constant"] },
    { "required": ["expression"] },
    { "required": ["none"] },
]))]
pub struct AttributeMapping {
    /// A source attribute, by its name in the Entra portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), extend("examples" = crate::manifest::attributes::examples()))]
    pub attribute: Option<String>,
    /// The same value for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<Constant>,
    /// An expression of Entra's mapping language, such as `Coalesce([mail], [userPrincipalName])`.
    /// `dialform help expressions` has every function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub expression: Option<String>,
    /// Nothing flows: the attribute is left alone, and only `default` is sent on create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = true))]
    pub none: Option<bool>,
    /// Used when the source gives nothing, on create only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Constant>,
    /// When the mapping applies.
    #[serde(default)]
    pub apply: Apply,
    /// What an empty value does to what the account holds.
    #[serde(default)]
    pub when_empty: WhenEmpty,
}

/// A value: text, a whole number, or true or false.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Constant {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
}

impl JsonSchema for Constant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Constant".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "integer", "boolean"],
            "minimum": i64::MIN,
            "maximum": i64::MAX,
        })
    }
}

fn user_match() -> Vec<String> {
    vec!["userName".to_owned()]
}

fn group_match() -> Vec<String> {
    vec!["displayName".to_owned()]
}

fn attribute(target: &str, source: &str) -> (String, AttributeMapping) {
    (target.to_owned(), AttributeMapping { attribute: Some(source.to_owned()), ..AttributeMapping::default() })
}

fn expression(target: &str, text: &str) -> (String, AttributeMapping) {
    (target.to_owned(), AttributeMapping { expression: Some(text.to_owned()), ..AttributeMapping::default() })
}

/// Microsoft's tutorial shows its own mapping only as a picture; this is the
/// least that every Dialpad account needs.
fn user_attributes() -> IndexMap<String, AttributeMapping> {
    IndexMap::from([
        attribute("userName", "userPrincipalName"),
        attribute("externalId", "objectId"),
        expression("active", "Not([IsSoftDeleted])"),
        attribute("displayName", "displayName"),
        attribute("name.givenName", "givenName"),
        attribute("name.familyName", "surname"),
        attribute("title", "jobTitle"),
        expression("emails[type eq \"work\"].value", "Coalesce([mail], [userPrincipalName])"),
    ])
}

fn group_attributes() -> IndexMap<String, AttributeMapping> {
    IndexMap::from([
        attribute("displayName", "displayName"),
        attribute("externalId", "objectId"),
        attribute("members", "members"),
    ])
}
