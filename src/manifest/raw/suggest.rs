//! Real names in the schema, for completion: each is offered, and any other may stand there.

use serde_json::{Value, json};

use crate::manifest::vocabulary::{Noun, Vocabulary};

/// A choice of licences or offices by an attribute; offices get one of their own.
const CHOICE: &str = "/$defs/Choice";
const OFFICE_CHOICE: &str = "OfficeChoice";

/// Where names stand, as JSON pointers into the schema.
const PLACES: [(&str, Noun); 19] = [
    ("/$defs/Assignment/properties/group", Noun::Group),
    ("/$defs/Protected/properties/group", Noun::Group),
    ("/$defs/Protected/properties/members_of", Noun::Group),
    ("/$defs/Clause/properties/attribute", Noun::Attribute),
    ("/$defs/AttributeMapping/properties/attribute", Noun::Attribute),
    ("/$defs/Choice/properties/attribute", Noun::Attribute),
    ("/$defs/OfficeChoice/properties/attribute", Noun::Attribute),
    ("/$defs/OfficeChoice", Noun::Office),
    ("/$defs/OfficeChoice/properties/map/additionalProperties", Noun::Office),
    ("/$defs/OfficeChoice/properties/otherwise", Noun::Office),
    ("/$defs/OfficeAdmin/items", Noun::Office),
    ("/$defs/PolicyAt/properties/office", Noun::Office),
    ("/$defs/DepartmentGrant/properties/office", Noun::Office),
    ("/$defs/ContactCenterGrant/properties/office", Noun::Office),
    ("/$defs/DepartmentGrant/properties/name", Noun::Department),
    ("/$defs/ContactCenterGrant/properties/name", Noun::ContactCenter),
    ("/$defs/PolicyAt/properties/contact_center", Noun::ContactCenter),
    ("/$defs/PolicyGrant/properties/name", Noun::Policy),
    ("/$defs/Grants/properties/channels/items", Noun::Channel),
];

/// The schema of a manifest or of an included file, with names to choose from.
pub fn suggesting(mut schema: Value, names: &Vocabulary) -> Value {
    if !names.names(Noun::Office).is_empty() {
        choose_offices(&mut schema);
    }
    for (place, noun) in PLACES {
        let names = names.names(noun);
        // An included file has fewer places than a manifest.
        if let Some(node) = schema.pointer_mut(place).filter(|_| !names.is_empty()) {
            offer(node, names.iter().map(|name| json!(name)).collect());
        }
    }
    schema
}

/// Parts the choice of an office from that of a licence.
fn choose_offices(schema: &mut Value) {
    let Some(choice) = schema.pointer(CHOICE).cloned() else { return };
    if let Some(office) = schema.pointer_mut("/$defs/Grants/properties/office") {
        office["$ref"] = json!(format!("#/$defs/{OFFICE_CHOICE}"));
        schema["$defs"][OFFICE_CHOICE] = choice;
    }
}

/// Offers values, beside whatever may stand there else. The form is the one of the operators of
/// filters, which editors complete and do not complain about.
fn offer(node: &mut Value, mut values: Vec<Value>) {
    let Some(object) = node.as_object_mut() else { return };
    let mut other = serde_json::Map::new();
    for key in ["type", "minLength"] {
        if let Some(value) = object.get(key) {
            other.insert(key.to_owned(), value.clone());
        }
    }
    // A default is a word of ours that may stand there too.
    if let Some(default) = object.get("default").filter(|default| !values.contains(default)) {
        values.insert(0, default.clone());
    }
    if let Some(Value::Array(examples)) = object.get_mut("examples") {
        examples.retain(|example| !values.contains(example));
    }
    object.insert("anyOf".to_owned(), json!([{ "enum": values }, other]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{
        raw::{included, manifest},
        vocabulary::Heard,
    };

    fn full() -> Vocabulary {
        let mut names = Vocabulary::default();
        for (_, noun) in PLACES {
            names.hear(Heard::new(noun, [format!("a {}", noun.plural()).into(), "country".into()], true));
        }
        names
    }

    #[test]
    fn every_place_of_a_name_is_in_the_schema_and_offers_its_kind() {
        let schema = suggesting(manifest(), &full());
        for (place, noun) in PLACES {
            let node = schema.pointer(place).unwrap_or_else(|| panic!("{place} is no place of the schema"));
            let offered = node["anyOf"][0]["enum"].as_array().unwrap();
            assert!(offered.contains(&json!(format!("a {}", noun.plural()))), "{place}: {offered:?}");
            jsonschema::validator_for(&schema).unwrap();
        }
        assert_eq!(schema.pointer("/$defs/Grants/properties/license/$ref"), Some(&json!("#/$defs/Choice")));
        assert!(!schema["$defs"]["Choice"].as_object().unwrap().contains_key("anyOf"));
        let examples = schema.pointer("/$defs/Clause/properties/attribute/examples").unwrap().as_array().unwrap();
        assert!(examples.contains(&json!("city")) && !examples.contains(&json!("country")));
    }

    #[test]
    fn nothing_known_changes_nothing() {
        for schema in [manifest(), included()] {
            assert_eq!(suggesting(schema.clone(), &Vocabulary::default()), schema);
        }
    }

    #[test]
    fn any_other_name_may_stand_there_and_what_is_wrong_stays_wrong() {
        let schema = suggesting(included(), &full());
        let validator = jsonschema::validator_for(&schema).unwrap();
        let role = |grants: Value| json!({ "roles": { "lead": { "grants": grants } } });
        for right in [
            role(json!({ "office": "Nowhere yet", "channels": ["a channels", "other"], "office_admin": "own" })),
            role(json!({ "office": { "attribute": "city", "map": { "LON": "Nowhere yet" }, "otherwise": "hold" } })),
            role(json!({ "license": "agents", "office_admin": ["a offices", "other"] })),
            json!({ "assignments": [{ "group": "New", "role": "lead" }] }),
        ] {
            assert!(validator.is_valid(&right), "{right}");
        }
        for wrong in [
            role(json!({ "office": "" })),
            role(json!({ "office": 7 })),
            role(json!({ "office": { "attribute": "city" } })),
            role(json!({ "office_admin": "all" })),
            role(json!({ "channels": [3] })),
            json!({ "assignments": [{ "group": "", "role": "lead" }] }),
        ] {
            assert!(!validator.is_valid(&wrong), "{wrong}");
        }
    }
}
