//! Why somebody has, or does not have, an account, as JSON: `dialform show --format json`.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value as Json;

use super::{
    FORMAT_VERSION,
    plan::{Change, Held, Note, change, held, note},
    pretty,
    shapes::{Place, Subject},
};
use crate::{
    names::{self, Value},
    plan::{self as explain, Explanation, Gives, Passed},
    render::summary::redacted,
};

#[derive(Serialize)]
struct Report<'a> {
    format_version: u32,
    subject: Subject<'a>,
    also: Vec<Subject<'a>>,
    import: Option<Import<'a>>,
    matching: Matching<'a>,
    scope: Vec<Check<'a>>,
    roles: Vec<&'a str>,
    mapping: Vec<Mapped<'a>>,
    grants: Vec<Given<'a>>,
    record: Vec<Holds<'a>>,
    verdict: Verdict<'a>,
}

/// What a role gives beyond SCIM.
#[derive(Serialize)]
struct Given<'a> {
    what: &'a str,
    gives: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

/// What the admin API has.
#[derive(Serialize)]
struct Holds<'a> {
    what: &'a str,
    holds: &'a str,
}

#[derive(Serialize)]
struct Import<'a> {
    id: &'a str,
    attributes: serde_json::Map<String, Json>,
    manager: Option<&'a str>,
    soft_deleted: bool,
    groups: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Matching<'a> {
    account: Option<Account<'a>>,
    by: Option<&'a str>,
    link: Option<&'a str>,
    tried: Vec<Tried<'a>>,
}

#[derive(Serialize)]
struct Account<'a> {
    id: &'a str,
    name: &'a str,
    active: bool,
}

#[derive(Serialize)]
struct Tried<'a> {
    attribute: &'a str,
    value: Option<Json>,
    held_by: Vec<Account<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    /// `yes`, `no`, `not_reached`.
    passed: &'static str,
    because: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Mapped<'a> {
    target: &'a str,
    source: &'a str,
    reads: serde_json::Map<String, Json>,
    /// `value`, `reference`, `redacted`, `empty`, `ignored`, `failed`.
    gives: &'static str,
    /// The value, the person's name, or why it fails.
    value: Option<Json>,
    default: Option<Json>,
    holds: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_compared: Option<&'static str>,
    differs: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Verdict<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
    changes: Vec<Change<'a>>,
    held: Vec<Held<'a>>,
    notes: Vec<Note<'a>>,
}

/// An explanation as one JSON object.
pub fn explain(explanation: &Explanation) -> String {
    let Explanation { subject, also, import: imported, matching, scope, roles, mapping, grants, record, verdict } =
        explanation;
    let explain::Matching { account: found, by, link, tried: attributes } = matching;
    let explain::Verdict { text, place, changes, held: back, notes } = verdict;
    pretty(&Report {
        format_version: FORMAT_VERSION,
        subject: Subject::of(subject),
        also: also.iter().map(Subject::of).collect(),
        import: imported.as_ref().map(|imported| import(imported, &redacted(mapping))),
        matching: Matching {
            account: found.as_ref().map(account),
            by: by.as_deref(),
            link: link.as_ref().map(names::TargetId::as_str),
            tried: attributes.iter().map(tried).collect(),
        },
        scope: scope.iter().map(check).collect(),
        grants: grants
            .iter()
            .map(|grant| Given { what: &grant.what, gives: &grant.gives, place: Place::of(&grant.place) })
            .collect(),
        record: record.iter().map(|(what, holds)| Holds { what, holds }).collect(),
        roles: roles.iter().map(names::RoleName::as_str).collect(),
        mapping: mapping.iter().map(mapped).collect(),
        verdict: Verdict {
            text,
            place: place.as_ref().and_then(Place::of),
            changes: changes.iter().map(change).collect(),
            held: back.iter().map(held).collect(),
            notes: notes.iter().map(note).collect(),
        },
    })
}

fn import<'a>(import: &'a explain::Import, hidden: &BTreeSet<&str>) -> Import<'a> {
    let explain::Import { id, attributes, manager, soft_deleted, groups, members, place } = import;
    Import {
        id: id.as_str(),
        attributes: attributes
            .iter()
            .filter(|(name, _)| !hidden.contains(&***name))
            .map(|(name, value)| (name.to_string(), value.to_json()))
            .collect(),
        manager: manager.as_deref(),
        soft_deleted: *soft_deleted,
        groups: groups.iter().map(|name| &**name).collect(),
        members: *members,
        place: place.as_ref().and_then(Place::of),
    }
}

fn account(account: &explain::Account) -> Account<'_> {
    let explain::Account { id, name, active } = account;
    Account { id: id.as_str(), name, active: *active }
}

fn tried(tried: &explain::Tried) -> Tried<'_> {
    let explain::Tried { attribute, value, held_by, place } = tried;
    Tried {
        attribute,
        value: value.as_ref().map(Value::to_json),
        held_by: held_by.iter().map(account).collect(),
        place: place.as_ref().and_then(Place::of),
    }
}

fn check(check: &explain::Check) -> Check<'_> {
    let explain::Check { name, passed, because, place } = check;
    let passed = match passed {
        Passed::Yes => "yes",
        Passed::No => "no",
        Passed::NotReached => "not_reached",
    };
    Check { name, passed, because, place: place.as_ref().and_then(Place::of) }
}

fn mapped(mapped: &explain::MappedValue) -> Mapped<'_> {
    let explain::MappedValue { target, source, reads, gives, default, holds, ignored, differs, place } = mapped;
    // What a redacted mapping reads, gives and finds is the same secret.
    let hidden = *gives == Gives::Redacted;
    let shown = |value: &Option<Value>| value.as_ref().filter(|_| !hidden).map(Value::to_json);
    let (kind, value) = match gives {
        Gives::Value(value) => ("value", Some(value.to_json())),
        Gives::Reference(name) => ("reference", Some(Json::from(&**name))),
        Gives::Redacted => ("redacted", None),
        Gives::Empty => ("empty", None),
        Gives::Ignored => ("ignored", None),
        Gives::Failed(why) => ("failed", Some(Json::from(&**why))),
    };
    Mapped {
        target,
        source,
        reads: reads.iter().map(|(name, value)| (name.to_string(), shown(value).unwrap_or(Json::Null))).collect(),
        gives: kind,
        value,
        default: shown(default),
        holds: shown(holds),
        not_compared: *ignored,
        differs: *differs,
        place: Place::of(place),
    }
}
