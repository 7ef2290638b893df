//! What pops up over a word: its documentation, and the value that it has for a
//! person where one is at hand.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::{
    cursor::Slot,
    explain,
    formula::{self, Token},
    say::{block, code},
    spot::{Formula, Spot},
    value::Evaluated,
    workspace::Part,
};
use crate::{
    expr::{self, Expression},
    manifest::{attributes, scope::Operator},
    names::{AttrPath, License, count},
};

/// What is known of the word at a place.
pub(super) fn at(spot: &Spot) -> Option<Hover> {
    let words = spot.cursor.words();
    let (parts, range) = match &spot.cursor.slot {
        Slot::Nothing => return None,
        Slot::Key(range) => (key(&words, spot, &spot.lines.text()[range.clone()]), range.clone()),
        Slot::Word(scalar) | Slot::Value(scalar) => {
            if let Some(formula) = spot.formula().filter(|_| spot.part == Part::Manifest) {
                let (parts, range) = in_formula(spot, &formula)?;
                (parts, formula.in_file(&range))
            } else {
                let text = scalar.meant(&spot.lines.text()[scalar.inner.clone()]);
                (value(&words, spot, text.trim()), scalar.inner.clone())
            }
        }
    };
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        return None;
    }
    let contents = MarkupContent { kind: MarkupKind::Markdown, value: parts.join("\n\n") };
    Some(Hover { contents: HoverContents::Markup(contents), range: Some(spot.span(&range)) })
}

/// A key: what the schema says, and the value of a mapping.
fn key(words: &[&str], spot: &Spot, key: &str) -> Vec<Option<String>> {
    let key = key.trim_matches(['"', '\'']);
    let path: Vec<&str> = words.iter().copied().chain([key]).collect();
    let doc = explain::key(spot.part, &path);
    let value = match (spot.part, words) {
        (Part::Manifest, ["mappings", "users", "attributes"]) => mapped(spot, key),
        (Part::Tests, ["-", "expect", "attributes"]) => mapped(spot, key),
        (Part::Tests, ["-", "expect"]) | (Part::Tests, ["-"]) => Evaluated::of(spot).map(|on| on.standing()),
        (Part::Tests, ["-", "person"]) => Some(attribute(key)),
        (Part::Manifest | Part::Tests, _) => None,
    };
    vec![doc, value]
}

fn mapped(spot: &Spot, target: &str) -> Option<String> {
    let on = Evaluated::of(spot)?;
    let target = AttrPath::parse(target).ok()?;
    on.mapping(&target)
}

/// A value: what its name stands for.
fn value(words: &[&str], spot: &Spot, text: &str) -> Vec<Option<String>> {
    if text.is_empty() {
        return Vec::new();
    }
    match (spot.part, words) {
        (Part::Manifest, [.., "attribute"]) => {
            let on = Evaluated::of(spot).filter(|_| !spot.is_of_groups());
            vec![Some(attribute(text)), on.map(|on| on.attribute(text))]
        }
        (Part::Manifest, [.., "where", "-", "operator"]) => vec![Operator::parse(text).ok().map(|operator| {
            format!(
                "{}: {}\n\nIn the Entra portal: {}",
                code(operator.as_str()),
                operator.doc(),
                code(operator.portal())
            )
        })],
        (Part::Manifest, ["assignments", "-", "role"]) | (Part::Tests, ["-", "expect", "roles", "-"]) => {
            vec![role(spot, text)]
        }
        (Part::Manifest, ["assignments", "-", "group"] | ["safety", "protect", "-", "group" | "members_of"])
        | (Part::Tests, ["-", "groups" | "nested_groups", "-"]) => vec![group(spot, text)],
        (Part::Manifest, ["assignments", "-", "user"] | ["safety", "protect", "-", "user"] | ["pilot", "-"]) => {
            let person = spot.known.people.iter().find(|(label, _)| label.eq_ignore_ascii_case(text));
            vec![person.map(|(label, called)| format!("{}: {}", code(label), code(called)))]
        }
        (Part::Manifest, ["roles", _, "grants", "license"] | ["roles", _, "grants", "license", _, ..]) => {
            let license = License::parse(text);
            vec![license.map(|license| format!("The licence {}, {}", code(license.product()), code(license.as_str())))]
        }
        (Part::Tests, ["-", "expect", ..]) => vec![Evaluated::of(spot).map(|on| on.standing())],
        (Part::Manifest | Part::Tests, _) => Vec::new(),
    }
}

/// What an attribute is.
fn attribute(name: &str) -> String {
    let called = code(name);
    if name == "IsSoftDeleted" {
        return format!("{called}: true for whoever gets no Dialpad, whatever the reason");
    }
    if let Some(portal) = attributes::portal_name(name) {
        return format!("{called}: Microsoft Graph's name; the Entra portal calls it {}", code(portal));
    }
    if attributes::is_extension(name) {
        return format!("{called}: a directory extension");
    }
    if attributes::USER.contains(&name) || attributes::GROUP.contains(&name) {
        return format!("{called}: an attribute of the Entra portal");
    }
    match attributes::meant(name, &attributes::USER) {
        Some(meant) => format!("{called}: not an attribute of the Entra portal; did you mean {}?", code(meant)),
        None => format!("{called}: an attribute of the source"),
    }
}

fn role(spot: &Spot, name: &str) -> Option<String> {
    let entry = spot.project?.root.as_ref()?.get("roles")?.entry(name)?;
    let description = entry.value.get("description").and_then(|node| node.text());
    let description = description.map_or_else(String::new, |text| format!(": {}", code(text)));
    let place = entry.key_at.place();
    Some(format!("The role {}{description}\n\nDeclared in {}", code(name), code(&place.to_string())))
}

fn group(spot: &Spot, name: &str) -> Option<String> {
    let wanted = crate::names::fold(name);
    let (label, members) = spot.known.groups.iter().find(|(label, _)| crate::names::fold(label) == wanted)?;
    let members =
        members.map_or_else(String::new, |members| format!(": {}", count(members, "direct member", "direct members")));
    Some(format!("The group {}{members}", code(label)))
}

/// A word of an expression: what it is, and what the part around it gives.
fn in_formula(spot: &Spot, formula: &Formula) -> Option<(Vec<Option<String>>, std::ops::Range<usize>)> {
    let word = formula::word(&formula.text, formula.offset);
    let doc = word.as_ref().and_then(|(token, range)| {
        let name = &formula.text[range.clone()];
        match token {
            Token::Attribute(_) => Some(attribute(name)),
            Token::Word(_) => expr::find(name).map(|function| {
                let mut text = block(&function.signature());
                text.push_str(&format!("\n{}", function.doc));
                for parameter in function.parameters {
                    let optional = if parameter.required { "" } else { "; may be left out" };
                    text.push_str(&format!("\n- {}: {}{optional}", code(parameter.name), parameter.kind.describe()));
                }
                text
            }),
            Token::Text(_) => None,
        }
    });
    let value = Evaluated::of(spot).filter(|_| !spot.is_of_groups()).and_then(|on| {
        let expression = Expression::parse(&formula.text).ok()?;
        on.expression(&expression, formula.offset)
    });
    let range = word.map_or(0..formula.text.len(), |(_, range)| range);
    Some((vec![doc, value], range))
}
