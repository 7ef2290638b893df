//! Keys that a schema does not offer: further target attributes, attributes of a test's person.

use std::ops::Range;

use lsp_types::{CompletionItem, CompletionItemKind};

use super::item::{item, noted, plain};
use crate::{
    lsp::{spot::Spot, workspace::Part},
    manifest::attributes,
};

/// Further target attributes of people: core and enterprise schema (RFC 7643 §4.1, §4.3).
/// The usual ones are in the manifest's schema, so another server offers them.
const FURTHER: [&str; 20] = [
    "nickName",
    "profileUrl",
    "locale",
    "name.formatted",
    "name.middleName",
    "name.honorificPrefix",
    "name.honorificSuffix",
    "emails[type eq \"home\"].value",
    "emails[type eq \"other\"].value",
    "phoneNumbers[type eq \"home\"].value",
    "phoneNumbers[type eq \"fax\"].value",
    "phoneNumbers[type eq \"other\"].value",
    "addresses[type eq \"work\"].formatted",
    "addresses[type eq \"work\"].streetAddress",
    "addresses[type eq \"work\"].locality",
    "addresses[type eq \"work\"].region",
    "addresses[type eq \"work\"].postalCode",
    "addresses[type eq \"work\"].country",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization",
];

/// The keys that can stand at a place. `has_colon` where one is behind it already.
pub(super) fn keys(words: &[&str], spot: &Spot, range: &Range<usize>, has_colon: bool) -> Vec<CompletionItem> {
    let end = if has_colon { "" } else { ": " };
    // A path with quotes or brackets is a plain key in a block, and a quoted one in braces.
    let is_flow = spot.lines.text()[..range.start].trim_end().ends_with(['{', ',']);
    let key = |label: &str, note: &str| {
        let written = if is_flow || plain(label).len() == label.len() { plain(label) } else { label.to_owned() };
        noted(item(spot, label, CompletionItemKind::PROPERTY, range, format!("{written}{end}")), note)
    };
    let values_of = |name: Option<&str>| spot.known.values.get(name.unwrap_or_default());
    match (spot.part, words) {
        (Part::Manifest, ["mappings", "users", "attributes"]) => {
            FURTHER.iter().map(|label| key(label, "target attribute")).collect()
        }
        (Part::Manifest, ["roles", _, "grants", "license" | "office", "map"]) => {
            let attribute = spot.attribute_before();
            let note = format!("a value of {}", attribute.unwrap_or_default());
            values_of(attribute).into_iter().flatten().map(|value| key(value, &note)).collect()
        }
        (Part::Tests, ["-", "person"]) => {
            let own = spot.known.attributes.iter().map(|name| &**name);
            let portal = attributes::USER.iter().copied().filter(|name| *name != "IsSoftDeleted");
            let own = own.filter(|name| !attributes::USER.contains(name));
            portal.chain(own).map(|label| key(label, "source attribute")).collect()
        }
        (Part::Tests, ["-", "expect", "attributes"]) => {
            super::names::mapped("users", spot).iter().map(|label| key(label, "mapped in the manifest")).collect()
        }
        (Part::Manifest | Part::Tests, _) => Vec::new(),
    }
}
