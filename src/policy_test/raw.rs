//! What a file of tests may say. The doc comments are what an editor shows.

use std::{borrow::Cow, sync::OnceLock};

use indexmap::IndexMap;
use jsonschema::Validator;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Because;
use crate::manifest::raw::schema_of;

/// Tests of a manifest: each is one person and what is expected of them. `dialform test` runs them,
/// offline and without secrets.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Tests(#[schemars(length(min = 1))] pub Vec<Test>);

/// One person and what is expected of them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// What the test shows, as a sentence.
    #[schemars(length(min = 1), example = &"a German contractor is out of scope")]
    pub name: String,
    /// The person's attributes, by the names of the Entra portal.
    pub person: IndexMap<String, Attribute>,
    /// The groups that the person is a direct member of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The groups that the person is in only through a group within them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested_groups: Vec<String>,
    /// The app roles that the person is assigned in Entra, by their values; `Default Access` is an assignment without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = &["User"])]
    pub app_roles: Vec<String>,
    /// Whether the person lies in the directory's recycle bin.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// The day on which the manifest is applied, such as `2027-01-31`. Without it the test runs as of today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), extend("patternErrorMessage" = "a day is written as 2027-01-31"))]
    pub on: Option<String>,
    /// Values that are taken in Dialpad, for `SelectUniqueValue`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<String>,
    /// What `DefaultDomain()` gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_domain: Option<String>,
    /// What is expected. At least one thing.
    pub expect: Expect,
}

/// What is expected of the person.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct Expect {
    /// Whether the person gets Dialpad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_scope: Option<bool>,
    /// The first check that keeps the person out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// Every role that the person has, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// The licence that the roles give, by the product's name or the admin API's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"sell")]
    pub license: Option<String>,
    /// The office that the roles give, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub office: Option<String>,
    /// Values by target attribute, as a new account gets them; `null` is no value.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub attributes: IndexMap<String, Attribute>,
}

/// A value: text, a whole number, true or false, a list of these, or `null` for none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attribute(pub Value);

impl JsonSchema for Attribute {
    fn schema_name() -> Cow<'static, str> {
        "Attribute".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Text, a whole number, true or false, a list of these, or `null` for no value.",
            "type": ["string", "integer", "boolean", "array"],
            "items": { "type": ["string", "integer", "boolean"] },
        })
    }
}

/// The schema of a file of tests.
pub fn schema() -> Value {
    let mut schema = schema_of::<Tests>();
    // Only here `null` means something; everywhere else a key is left out instead.
    if let Some(Value::Array(types)) = schema.pointer_mut("/$defs/Attribute/type") {
        types.push("null".into());
    }
    schema
}

/// What finds structural errors, with the schema that it was made of.
pub(super) fn validator() -> &'static (Validator, Value) {
    static MADE: OnceLock<(Validator, Value)> = OnceLock::new();
    MADE.get_or_init(|| {
        let schema = schema();
        let validator = jsonschema::validator_for(&schema).expect("the schema of our own types is valid");
        (validator, schema)
    })
}
