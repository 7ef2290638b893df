//! Values that are names: roles, groups, attributes, operators, and what grants give.

use lsp_types::{CompletionItem, CompletionItemKind as Kind};

use super::{
    MOST,
    item::{documented, name, noted},
};
use crate::{
    lsp::{cursor::Scalar, spot::Spot, workspace::Part},
    manifest::{attributes, scope::Operator},
    names::{License, Text, count},
};

/// What kind of name stands somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Role,
    AppRole,
    Group,
    Person,
    Attribute,
    Operator,
    ValueOf,
    License,
    Office,
    Department,
    ContactCenter,
    Policy,
    Channel,
    Mapped(&'static str),
    TimeZone,
}

/// The names that can stand at a place.
pub(super) fn at(words: &[&str], spot: &Spot) -> Vec<CompletionItem> {
    let Some(scalar) = spot.cursor.scalar().cloned() else { return Vec::new() };
    let wanted = match spot.part {
        Part::Manifest => in_manifest(words),
        Part::Tests => in_tests(words),
    };
    wanted.map_or_else(Vec::new, |wanted| offered(wanted, words, spot, &scalar))
}

fn in_manifest(words: &[&str]) -> Option<Wanted> {
    Some(match words {
        ["assignments", "-", "role"] => Wanted::Role,
        ["assignments", "-", "group"] | ["safety", "protect", "-", "group" | "members_of"] => Wanted::Group,
        ["assignments", "-", "user"] | ["safety", "protect", "-", "user"] | ["pilot", "-"] => Wanted::Person,
        ["filters", _, "-", "where", "-", "operator"] => Wanted::Operator,
        ["filters", _, "-", "where", "-", "value"] => Wanted::ValueOf,
        ["mappings", "users", "match", "-"] => Wanted::Mapped("users"),
        ["mappings", "groups", "match", "-"] => Wanted::Mapped("groups"),
        ["timezone"] => Wanted::TimeZone,
        ["roles", _, "grants", grant @ ..] => return in_grants(grant),
        [.., "attribute"] => Wanted::Attribute,
        _ => return None,
    })
}

fn in_grants(words: &[&str]) -> Option<Wanted> {
    Some(match words {
        ["license"] | ["license", "otherwise"] | ["license", "map", _] => Wanted::License,
        ["office"]
        | ["office", "otherwise"]
        | ["office", "map", _]
        | ["departments" | "contact_centers", "-", "office"]
        | ["office_admin", "-"]
        | ["policies", "-", "at", "office"] => Wanted::Office,
        ["departments", "-", "name"] => Wanted::Department,
        ["contact_centers", "-", "name"] | ["policies", "-", "at", "contact_center"] => Wanted::ContactCenter,
        ["policies", "-", "name"] => Wanted::Policy,
        ["channels", "-"] => Wanted::Channel,
        [.., "attribute"] => Wanted::Attribute,
        _ => return None,
    })
}

fn in_tests(words: &[&str]) -> Option<Wanted> {
    Some(match words {
        ["-", "groups" | "nested_groups", "-"] => Wanted::Group,
        ["-", "expect", "roles", "-"] => Wanted::Role,
        ["-", "app_roles", "-"] => Wanted::AppRole,
        ["-", "person", _] => Wanted::ValueOf,
        _ => return None,
    })
}

fn offered(wanted: Wanted, words: &[&str], spot: &Spot, scalar: &Scalar) -> Vec<CompletionItem> {
    let known = &spot.known;
    let plain = |label: &str, kind, note: &str| noted(name(spot, label, kind, scalar), note);
    let all = |names: &std::collections::BTreeSet<Text>, note: &str| {
        names.iter().take(MOST).map(|label| plain(label, Kind::ENUM_MEMBER, note)).collect()
    };
    match wanted {
        Wanted::Role | Wanted::AppRole => roles(wanted, spot, scalar),
        Wanted::Group => groups(spot, scalar),
        Wanted::Person => {
            known.people.iter().take(MOST).map(|(label, called)| plain(label, Kind::CONSTANT, called)).collect()
        }
        Wanted::Attribute => attributes(spot).iter().map(|(label, note)| plain(label, Kind::FIELD, note)).collect(),
        Wanted::Operator => {
            let operators = Operator::ALL.iter();
            operators.map(|one| documented(plain(one.as_str(), Kind::OPERATOR, one.portal()), one.doc())).collect()
        }
        Wanted::ValueOf => {
            let attribute = match spot.part {
                Part::Manifest => spot.attribute_before(),
                Part::Tests => words.last().copied(),
            };
            let attribute = attribute.unwrap_or_default();
            let values = known.values.get(attribute).into_iter().flatten();
            values.map(|label| plain(label, Kind::VALUE, &format!("a value of {attribute}"))).collect()
        }
        Wanted::License => License::words()
            .filter_map(|word| Some(plain(word, Kind::ENUM_MEMBER, License::parse(word)?.product())))
            .collect(),
        Wanted::Office => all(&known.offices, "office"),
        Wanted::Department => all(&known.departments, "department"),
        Wanted::ContactCenter => all(&known.contact_centers, "contact center"),
        Wanted::Policy => all(&known.policies, "access control policy"),
        Wanted::Channel => all(&known.channels, "channel"),
        Wanted::Mapped(kind) => {
            mapped(kind, spot).iter().map(|label| plain(label, Kind::PROPERTY, "mapped in this manifest")).collect()
        }
        Wanted::TimeZone => {
            jiff::tz::db().available().map(|zone| plain(zone.as_str(), Kind::CONSTANT, "time zone")).collect()
        }
    }
}

/// The declared roles; in `app_roles` by the values that Entra has for them.
fn roles(wanted: Wanted, spot: &Spot, scalar: &Scalar) -> Vec<CompletionItem> {
    let Some(roles) = spot.project.and_then(|project| project.root.as_ref()?.get("roles")) else { return Vec::new() };
    let role = |entry: &crate::manifest::tree::Entry| {
        let text = |key: &str| entry.value.get(key).and_then(|node| node.text()).cloned();
        let label = if wanted == Wanted::AppRole { text("app_role") } else { None };
        let label = label.unwrap_or_else(|| entry.key.clone());
        let note = text("description").unwrap_or_else(|| "role".into());
        noted(name(spot, &label, Kind::ENUM_MEMBER, scalar), &*note)
    };
    roles.entries().iter().map(role).collect()
}

/// Groups of the directory, and of this manifest where there is no directory.
fn groups(spot: &Spot, scalar: &Scalar) -> Vec<CompletionItem> {
    let item = |label: &str, note: String| noted(name(spot, label, Kind::ENUM_MEMBER, scalar), note);
    let mut items: Vec<CompletionItem> = Vec::new();
    for (label, members) in spot.known.groups.iter().take(MOST) {
        let note = members.map_or_else(|| "group".to_owned(), |members| count(members, "member", "members"));
        items.push(item(label, note));
    }
    let assignments = spot.project.and_then(|project| project.root.as_ref()?.get("assignments"));
    let written =
        assignments.map(|list| list.items()).unwrap_or_default().iter().filter_map(|one| one.get("group")?.text());
    let at = spot.lines.text().get(scalar.inner.clone()).unwrap_or_default();
    for label in written {
        let is_new = &**label != at && !items.iter().any(|item| item.filter_text.as_deref() == Some(label));
        if is_new {
            items.push(item(label, "group of this manifest".to_owned()));
        }
    }
    items
}

/// Source attributes with what they are: the portal's, and the source's own.
pub(super) fn attributes(spot: &Spot) -> Vec<(String, String)> {
    let portal = spot.portal();
    let value = |name: &str| {
        let sample = spot.known.sample.as_ref().filter(|_| !spot.is_of_groups())?;
        let value = sample.person.attributes.get(name)?;
        let short: String = value.to_string().chars().take(40).collect();
        Some(format!("{short} ({})", sample.person.label()))
    };
    let mut found: Vec<(String, String)> = portal
        .iter()
        .map(|name| ((*name).to_owned(), value(name).unwrap_or_else(|| "attribute of the Entra portal".to_owned())))
        .collect();
    if !spot.is_of_groups() {
        let own = spot.known.attributes.iter().filter(|name| !portal.contains(&&***name));
        found.extend(
            own.filter(|name| attributes::portal_name(name).is_none())
                .map(|name| (name.to_string(), value(name).unwrap_or_else(|| "attribute of the source".to_owned()))),
        );
    }
    found
}

/// The target attributes that the manifest maps.
pub(super) fn mapped(kind: &str, spot: &Spot) -> Vec<Text> {
    let Some(project) = spot.project else { return Vec::new() };
    let written = project.root.as_ref().and_then(|root| root.at(&["mappings", kind, "attributes"]));
    if let Some((node, _)) = written {
        return node.entries().iter().map(|entry| entry.key.clone()).collect();
    }
    let Some(manifest) = &project.manifest else { return Vec::new() };
    let mappings = if kind == "groups" { &manifest.groups.attributes } else { &manifest.users.attributes };
    mappings.iter().map(|mapping| mapping.target.as_str().into()).collect()
}
