//! The attribute lists of a schema's directories: what of them changes values.

use super::{
    at::At,
    report::{Findings, Kind, quoted},
};

const DIRECTORY: [&str; 8] =
    ["id", "name", "objects", "version", "discoveryDateTime", "discoverabilities", "readOnly", "metadata"];
const OBJECT: [&str; 4] = ["name", "attributes", "metadata", "supportedApis"];
const ATTRIBUTE: [&str; 12] = [
    "name",
    "type",
    "anchor",
    "required",
    "caseExact",
    "multivalued",
    "mutability",
    "defaultValue",
    "flowNullValues",
    "referencedObjects",
    "apiExpressions",
    "metadata",
];

/// Says what Entra does with attributes by their definition and a manifest does not.
pub(super) fn read(schema: &At, findings: &mut Findings) {
    for directory in schema.list("directories") {
        findings.unknown(&directory, "a directory", &DIRECTORY);
        for object in directory.list("objects") {
            findings.unknown(&object, "an object definition", &OBJECT);
            for attribute in object.list("attributes") {
                one(&attribute, findings);
            }
        }
    }
}

fn one(at: &At, findings: &mut Findings) {
    findings.unknown(at, "an attribute definition", &ATTRIBUTE);
    let name = || quoted(at.string("name").unwrap_or_default());
    if let Some(expressions) = at.get("apiExpressions").filter(|list| !list.is_empty()) {
        let what = format!("the API expressions of `{}`", name());
        let why = "they rewrite the attribute on its way to the service, which a manifest does not do";
        findings.add(Kind::NotCarried, "api_expressions", &expressions, what, why, "map it with an expression instead");
    }
    if let Some(nulls) = at.get("flowNullValues").filter(|nulls| nulls.truth() == Some(true)) {
        let what = format!("`flowNullValues` of `{}`", name());
        let why = "Microsoft supports it for inbound provisioning only; mappings here keep what the account holds";
        findings.add(
            Kind::Noted,
            "flow_nulls",
            &nulls,
            what,
            why,
            "write `when_empty: clear` on a mapping that shall clear",
        );
    }
    if let Some(default) = at.get("defaultValue").filter(|default| !default.is_empty()) {
        let what = format!("the default {} of the attribute `{}`", default.shown(), name());
        let why = "it is the default of the definition and not of a mapping";
        findings.add(Kind::NotCarried, "definition_default", &default, what, why, "write a `default` on its mapping");
    }
}
