//! What the schema says about a key: the doc comments of the raw types.

use std::sync::OnceLock;

use serde_json::Value;

use super::workspace::Part;
use crate::{manifest::raw, policy_test};

/// The description of a key by its path, `-` standing for an item of a list.
pub(super) fn key(part: Part, path: &[&str]) -> Option<String> {
    let schema = schema(part);
    let mut found = vec![schema];
    for word in path {
        found = found.into_iter().flat_map(|node| below(schema, node, word)).collect();
    }
    found.iter().find_map(|node| description(schema, node))
}

fn schema(part: Part) -> &'static Value {
    static TESTS: OnceLock<Value> = OnceLock::new();
    match part {
        Part::Manifest => &raw::validator().1,
        Part::Tests => TESTS.get_or_init(policy_test::schema),
    }
}

/// The description that stands at a key itself, else the one of its type.
fn description(schema: &Value, node: &Value) -> Option<String> {
    let text = |node: &Value| node.get("description").and_then(Value::as_str).map(str::to_owned);
    text(node).or_else(|| text(resolved(schema, node)))
}

fn resolved<'s>(schema: &'s Value, node: &'s Value) -> &'s Value {
    let target = node.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    target.and_then(|pointer| schema.pointer(pointer)).unwrap_or(node)
}

/// What may stand at a step, in any of the forms that are allowed.
fn below<'s>(schema: &'s Value, node: &'s Value, word: &str) -> Vec<&'s Value> {
    let node = resolved(schema, node);
    let child = if word == "-" {
        node.get("items")
    } else {
        let known = node.get("properties").and_then(|properties| properties.get(word));
        known.or_else(|| node.get("additionalProperties").filter(|other| other.is_object()))
    };
    let branches = ["oneOf", "anyOf", "allOf"].iter().filter_map(|key| node.get(key)?.as_array()).flatten();
    child.into_iter().chain(branches.flat_map(|branch| below(schema, branch, word))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_explained_by_its_doc_comment() {
        let mut wrong = Vec::new();
        for (part, path, expected) in [
            (Part::Manifest, &["scope"][..], "The portal's Scope"),
            (Part::Manifest, &["roles", "lead", "grants", "contact_centers", "-", "skill"], "The skill level"),
            (Part::Manifest, &["mappings", "users", "attributes", "externalId"], "proves that an account is ours"),
            (
                Part::Manifest,
                &["mappings", "users", "attributes", "nickName", "when_empty"],
                "What an empty value does",
            ),
            (Part::Manifest, &["safety", "ownership"], "ccounts"),
            (Part::Tests, &["-", "expect", "because"], "The first check"),
        ] {
            let found = key(part, path).unwrap_or_default();
            if !found.contains(expected) {
                wrong.push(format!("{path:?}: {found}"));
            }
        }
        assert_eq!(wrong, [""; 0]);
        assert_eq!(key(Part::Manifest, &["nothing"]), None);
    }
}
