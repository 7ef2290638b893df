//! Which of a schema's rules and object mappings are about people and groups from Entra.

use super::{
    Refused,
    at::At,
    report::{Findings, Kind, quoted},
};

/// The object mappings that become the manifest.
pub(super) struct Chosen<'a> {
    pub(super) users: Option<At<'a>>,
    pub(super) groups: Option<At<'a>>,
    /// The name of the directory that they write to.
    pub(super) target: Option<&'a str>,
}

/// What an object mapping is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Users,
    Groups,
}

const RULE: [&str; 10] = [
    "id",
    "name",
    "editable",
    "priority",
    "sourceDirectoryName",
    "targetDirectoryName",
    "objectMappings",
    "metadata",
    "containerFilter",
    "groupFilter",
];

/// Names of core attributes of SCIM users (RFC 7643 §4.1).
const SCIM: [&str; 21] = [
    "userName",
    "externalId",
    "name",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "active",
    "password",
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "entitlements",
    "roles",
    "x509Certificates",
];

/// Chooses, and says what is left.
pub(super) fn choose<'a>(schema: &At<'a>, findings: &mut Findings) -> Result<Chosen<'a>, Vec<Refused>> {
    findings.unknown(schema, "the schema", &["id", "version", "synchronizationRules", "directories"]);
    let rules = schema.get("synchronizationRules");
    let Some(items) = rules.as_ref().and_then(At::items) else {
        let at = rules.as_ref().unwrap_or(schema);
        let message = format!("`synchronizationRules` is {}, not a list", at.kind());
        return Err(vec![Refused::at(at, message, "export the schema again")]);
    };
    let mut rules: Vec<At> = Vec::new();
    let mut elsewhere: Vec<At> = Vec::new();
    for rule in items {
        if !rule.is_map() {
            wrong(&rule, "a synchronization rule", findings);
        } else if comes_from_entra(&rule) {
            rules.push(rule);
        } else {
            elsewhere.push(rule);
        }
    }
    if rules.is_empty() {
        return Err(vec![no_rule(schema, &elsewhere)]);
    }
    for rule in elsewhere {
        let what = format!("a rule that reads from {}", name_of(&rule, "sourceDirectoryName"));
        let why = "a manifest is about people from Entra";
        findings.add(Kind::NotCarried, "other_source", &rule, what, why, "keep that rule where it is");
    }
    // As the service processes them; without a number, in the order of the file.
    rules.sort_by_key(|rule| rule.get("priority").and_then(|at| at.scalar()?.parse::<i64>().ok()).unwrap_or(i64::MAX));
    let mut chosen = Chosen { users: None, groups: None, target: None };
    for rule in &rules {
        of_rule(rule, &mut chosen, findings);
    }
    match &chosen.users {
        None if chosen.groups.is_none() => {
            let message = "no object mapping is about users or groups of Entra";
            Err(vec![Refused::at(&rules[0], message, "export the schema of the Dialpad application")])
        }
        Some(users) if !is_scim(users, chosen.target) => Err(vec![other_app(users, chosen.target)]),
        _ => Ok(chosen),
    }
}

fn of_rule<'a>(rule: &At<'a>, chosen: &mut Chosen<'a>, findings: &mut Findings) {
    findings.unknown(rule, "a synchronization rule", &RULE);
    for (name, what) in [("containerFilter", "includedContainers"), ("groupFilter", "includedGroups")] {
        if let Some(filter) = rule.get(name).filter(|filter| !filter.is_empty()) {
            let what = format!("`{name}` of a rule, with {}", filter.get(what).unwrap_or(filter.clone()).shown());
            let why = "the rule is narrowed by something that a manifest does not have";
            findings.add(
                Kind::NotCarried,
                "rule_filter",
                &filter,
                what,
                why,
                "narrow it with `assignments` or `filters`",
            );
        }
    }
    let target = rule.string("targetDirectoryName");
    let Some(mappings) = rule.get("objectMappings") else { return };
    let Some(mappings) = mappings.items() else { return wrong(&mappings, "`objectMappings`", findings) };
    // An object mapping that runs comes before one that is switched off.
    let (on, off): (Vec<At>, Vec<At>) =
        mappings.into_iter().partition(|mapping| mapping.get("enabled").and_then(|at| at.truth()) != Some(false));
    for mapping in on.into_iter().chain(off) {
        if !mapping.is_map() {
            wrong(&mapping, "an object mapping", findings);
            continue;
        }
        let what = format!("the object mapping {}", name_of(&mapping, "name"));
        let is_elsewhere = chosen.target.is_some() && target.is_some() && chosen.target != target;
        let place = match about(&mapping) {
            Some(About::Users) => &mut chosen.users,
            Some(About::Groups) => &mut chosen.groups,
            None => {
                let why = format!("it is about {}, neither users nor groups", name_of(&mapping, "sourceObjectName"));
                findings.add(Kind::NotCarried, "other_object", &mapping, what, &why, "keep it where it is");
                continue;
            }
        };
        if place.is_some() {
            let why = "a manifest has one mapping of users and one of groups; this is another one";
            findings.add(Kind::NotCarried, "another_mapping", &mapping, what, why, "make a second manifest of it");
        } else if is_elsewhere {
            let why = format!("it writes to another directory, {}", name_of(rule, "targetDirectoryName"));
            findings.add(Kind::NotCarried, "other_target", &mapping, what, &why, "make a second manifest of it");
        } else {
            *place = Some(mapping);
            chosen.target = chosen.target.or(target);
        }
    }
}

/// What an object mapping is about, by its source; by its target where that is not said.
fn about(mapping: &At) -> Option<About> {
    let of = |name: &str| {
        let last = name.rsplit([':', '.', '#']).next().unwrap_or_default().trim().to_ascii_lowercase();
        match last.as_str() {
            "user" | "users" => Some(About::Users),
            "group" | "groups" => Some(About::Groups),
            _ => None,
        }
    };
    match mapping.string("sourceObjectName").filter(|name| !name.trim().is_empty()) {
        Some(name) => of(name),
        None => of(mapping.string("targetObjectName")?),
    }
}

/// Whether a rule reads from Entra. The old name is kept in new exports.
fn comes_from_entra(rule: &At) -> bool {
    let Some(name) = rule.string("sourceDirectoryName") else { return true };
    let name = name.to_ascii_lowercase().replace(' ', "");
    ["azureactivedirectory", "azuread", "entra"].iter().any(|known| name.contains(known)) || name == "aad"
}

/// Whether an object mapping writes to SCIM: by the name of its target, or by the
/// names of its attributes, which other connectors spell in their own way.
fn is_scim(users: &At, directory: Option<&str>) -> bool {
    let is_named = |name: &str, part: &str| name.to_ascii_lowercase().contains(part);
    if users.string("targetObjectName").is_some_and(|name| is_named(name, "urn:ietf:params:scim"))
        || directory.is_some_and(|name| is_named(name, "dialpad"))
    {
        return true;
    }
    let targets: Vec<&str> =
        users.list("attributeMappings").iter().filter_map(|mapping| mapping.string("targetAttributeName")).collect();
    let top = |target: &&&str| {
        let top = target.split(['.', '[']).next().unwrap_or_default();
        SCIM.contains(&top) || is_named(target, "urn:ietf:params:scim")
    };
    targets.is_empty() || targets.contains(&"userName") && targets.iter().filter(top).count() * 2 >= targets.len()
}

fn other_app(users: &At, directory: Option<&str>) -> Refused {
    let directory = directory.map_or("another application".to_owned(), |name| format!("`{}`", quoted(name)));
    let object = users.string("targetObjectName").map(|name| format!(" (`{}`)", quoted(name))).unwrap_or_default();
    let message = format!("this schema writes to {directory}{object}, whose attributes are not those of SCIM");
    Refused::at(users, message, "export the schema of the Dialpad application")
}

fn no_rule(schema: &At, elsewhere: &[At]) -> Refused {
    let Some(rule) = elsewhere.first() else {
        return Refused::at(schema, "the schema has no synchronization rules", "export the schema again");
    };
    let message = format!(
        "this schema brings people from {} to {}, not from Entra to Dialpad",
        name_of(rule, "sourceDirectoryName"),
        name_of(rule, "targetDirectoryName")
    );
    Refused::at(rule, message, "export the schema of the Dialpad application")
}

fn name_of(at: &At, name: &str) -> String {
    at.string(name).map_or("without a name".to_owned(), |name| format!("`{}`", quoted(name)))
}

/// Something that is of another type than expected, with all that is in it.
pub(super) fn wrong(at: &At, what: &str, findings: &mut Findings) {
    if !at.is_empty() {
        let what = format!("{what} that is {}", at.kind());
        let why = "Dialform does not know what it means in this form";
        findings.add(
            Kind::NotCarried,
            "wrong_type",
            at,
            what,
            why,
            "export the schema again, or look at this place in it",
        );
    }
}
