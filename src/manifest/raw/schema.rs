//! The JSON Schema of the raw types: what the editor gets and what finds
//! structural errors.

use std::sync::OnceLock;

use jsonschema::Validator;
use schemars::{
    JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema, transform::RecursiveTransform,
};
use serde_json::{Value, json};

use super::{AttributeMapping, Included, Manifest};
use crate::manifest::scope::Operator;

/// The schema of a manifest, for editors: what a manifest extends may hold what
/// every manifest needs.
pub fn manifest() -> Value {
    let mut schema = of::<Manifest>();
    if let Some(object) = schema.as_object_mut()
        && let Some(required) = object.remove("required")
    {
        object.insert("if".to_owned(), json!({ "not": { "required": ["extends"] } }));
        object.insert("then".to_owned(), json!({ "required": required }));
    }
    schema
}

/// The schema of a file that a manifest includes.
pub fn included() -> Value {
    of::<Included>()
}

/// What finds structural errors in all files together, with the schema that it was made of.
pub fn validator() -> &'static (Validator, Value) {
    static MADE: OnceLock<(Validator, Value)> = OnceLock::new();
    MADE.get_or_init(|| {
        let schema = of::<Manifest>();
        let validator = jsonschema::validator_for(&schema).expect("the schema of our own types is valid");
        (validator, schema)
    })
}

/// The schema of a raw type, as an editor likes it.
pub fn of<T: JsonSchema>() -> Value {
    let mut schema = SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(simplify))
        .into_generator()
        .into_root_schema_for::<T>();
    // With a title every hover begins with it.
    schema.remove("title");
    schema.to_value()
}

/// What yaml-language-server needs to complete well, tried on 1.25, and what YAML
/// needs: an absent key is left out, not `null`.
fn simplify(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [single] = types.as_slice() {
            let single = single.clone();
            object.insert("type".to_owned(), single);
        }
    }
    if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
        branches.retain(|branch| branch.get("type") != Some(&json!("null")));
        if let [Value::Object(single)] = branches.as_slice() {
            let single = single.clone();
            object.remove("anyOf");
            object.extend(single);
        }
    }
    // Else choosing the key inserts `roles: {}` instead of a new line.
    if object.get("default").is_some_and(|default| default.is_object() || default.is_array()) {
        object.remove("default");
    }
    // Else a value is completed without the colon of its key.
    if let Some(Value::Array(branches)) = object.get("oneOf")
        && let Some(kind) = branches.first().and_then(|branch| branch.get("type")).cloned()
        && branches.iter().all(|branch| branch.get("type") == Some(&kind))
    {
        object.insert("type".to_owned(), kind);
    }
    // A description of several lines is one paragraph.
    if let Some(Value::String(description)) = object.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    object.remove("format");
}

/// A rate.
pub(super) fn rate(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "^([0-9]{1,6}/(s|m|h)|unlimited)$",
        "patternErrorMessage": "a rate is written as 20/s, 600/m or unlimited",
        "examples": ["20/s", "unlimited"],
    })
}

/// The operators, each with its meaning. Other spellings are read too.
pub(super) fn operator(_: &mut SchemaGenerator) -> Schema {
    let known: Vec<Value> = Operator::ALL
        .iter()
        .map(|operator| json!({ "const": operator.as_str(), "description": operator.doc() }))
        .collect();
    json_schema!({ "type": "string", "anyOf": [{ "oneOf": known, "type": "string" }, { "type": "string", "minLength": 1 }] })
}

const USER_TARGETS: [(&str, &str); 17] = [
    ("userName", "What people sign in with, usually their mail address."),
    ("externalId", "The person's id in the directory. It proves that an account is ours."),
    ("active", "Whether the account can be used; `Not([IsSoftDeleted])` disables leavers."),
    ("displayName", "The name that others see."),
    ("name.givenName", "The first name."),
    ("name.familyName", "The last name."),
    ("title", "The job title."),
    ("emails[type eq \"work\"].value", "The work mail address."),
    ("phoneNumbers[type eq \"work\"].value", "The work phone number."),
    ("phoneNumbers[type eq \"mobile\"].value", "The mobile phone number."),
    ("preferredLanguage", "The language, such as `en-GB`."),
    ("timezone", "The time zone, by its IANA name."),
    ("userType", "What kind of user this is, such as `Employee`."),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "The employee number."),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "The department."),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", "The cost center."),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "The manager's account."),
];

const GROUP_TARGETS: [(&str, &str); 3] = [
    ("displayName", "The name of the group."),
    ("externalId", "The group's id in the directory."),
    ("members", "The members; write `{ attribute: members }`."),
];

/// A map with the usual target attributes offered; any other SCIM path may stand there too.
fn targets(generator: &mut SchemaGenerator, known: &[(&str, &str)]) -> Schema {
    let mapping = generator.subschema_for::<AttributeMapping>().to_value();
    let properties: serde_json::Map<String, Value> = known
        .iter()
        .map(|(path, description)| {
            let mut property = mapping.clone();
            property["description"] = json!(description);
            ((*path).to_owned(), property)
        })
        .collect();
    json_schema!({
        "type": "object",
        "properties": properties,
        "additionalProperties": mapping,
        "minProperties": 1,
    })
}

pub(super) fn user_attributes(generator: &mut SchemaGenerator) -> Schema {
    targets(generator, &USER_TARGETS)
}

pub(super) fn group_attributes(generator: &mut SchemaGenerator) -> Schema {
    targets(generator, &GROUP_TARGETS)
}
