//! One object mapping of a schema: users, or groups.

use super::{
    at::At,
    attribute::{self, Entry},
    filters::{self, Filters},
    report::{Carried, Findings, Kind, quoted},
    rules::wrong,
};
use crate::names::AttrPath;

/// How people become accounts, or groups groups.
pub(super) struct Object {
    pub(super) enabled: bool,
    pub(super) actions: Actions,
    /// What is said about the actions.
    pub(super) notes: Vec<String>,
    /// Matching attributes, the first one first.
    pub(super) matching: Vec<AttrPath>,
    pub(super) match_notes: Vec<String>,
    pub(super) entries: Vec<Entry>,
    /// Members are only ever added.
    pub(super) adds_members: bool,
    pub(super) filters: Filters,
    pub(super) carried: Carried,
}

/// What is done to objects of the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Actions {
    pub(super) create: bool,
    pub(super) update: bool,
    pub(super) delete: bool,
}

const KNOWN: [&str; 8] =
    ["name", "enabled", "flowTypes", "sourceObjectName", "targetObjectName", "scope", "attributeMappings", "metadata"];

/// Metadata of object mappings in the form that has no effect (Microsoft Graph,
/// `objectMappingMetadata`); `None` where the value has none at all.
const METADATA: [(&str, Option<&str>); 7] = [
    ("EscrowBehavior", Some("default")),
    ("DisableMonitoringForChanges", Some("false")),
    ("OriginalJoiningProperty", None),
    ("Disposition", Some("normal")),
    ("IsCustomerDefined", None),
    ("ExcludeFromReporting", Some("false")),
    ("Unsynchronized", Some("false")),
];

/// More mappings than this are no schema: every two of them are compared.
const MAX_MAPPINGS: usize = 2000;

/// Reads an object mapping. `of` is `users` or `groups`.
pub(super) fn object(at: &At, of: &str, findings: &mut Findings) -> Object {
    findings.unknown(at, "an object mapping", &KNOWN);
    let mut notes = Vec::new();
    let is_on = enabled(at, &mut notes, findings);
    let actions = actions(at, of, &mut notes, findings);
    let is_used = metadata(at, of, &mut notes, findings);
    let filters = filters::filters(at, of, findings);
    let (entries, carried) = entries(at, of, findings);
    let adds_members = entries
        .iter()
        .any(|entry| entry.adds_only && entry.mapping.as_ref().is_some_and(|(path, _)| path.is("members")));
    let mut object = Object {
        enabled: is_on && is_used,
        actions,
        notes,
        matching: Vec::new(),
        match_notes: Vec::new(),
        entries,
        adds_members,
        filters,
        carried,
    };
    matching(at, of, &mut object, findings);
    object
}

/// The attribute mappings, in their order.
fn entries(at: &At, of: &str, findings: &mut Findings) -> (Vec<Entry>, Carried) {
    let Some(mappings) = at.get("attributeMappings") else { return Default::default() };
    let Some(items) = mappings.items() else {
        wrong(&mappings, "the attribute mappings", findings);
        return Default::default();
    };
    let mut taken: Vec<AttrPath> = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    for item in items.iter().take(MAX_MAPPINGS) {
        let entry = attribute::entry(item, of, &taken, findings);
        taken.extend(entry.mapping.iter().map(|(path, _)| path.clone()));
        entries.push(entry);
    }
    if items.len() > MAX_MAPPINGS {
        let what = format!("all mappings of {of} behind the first {MAX_MAPPINGS}");
        let why = "a schema with so many mappings is not a real one";
        findings.add(Kind::NotCarried, "too_many", &mappings, what, why, "export the schema again");
    }
    if !entries.iter().any(|entry| entry.value().is_some()) {
        // A manifest matches by something: without it, what is left stands for nothing.
        for (item, entry) in items.iter().zip(&mut entries) {
            if let Some((path, _)) = entry.mapping.take() {
                let what = format!("the mapping of `{path}` of {of}");
                let why = "no mapping gives a value to match by, so nothing can be provisioned";
                entry.notes.push(format!("not carried over: {what}: {why}"));
                findings.add(Kind::NotCarried, "nothing_to_match", item, what, why, "write the mappings by hand");
            }
        }
    }
    let carried = entries.iter().filter(|entry| entry.mapping.is_some()).count();
    (entries, Carried { carried, all: items.len() })
}

fn enabled(at: &At, notes: &mut Vec<String>, findings: &mut Findings) -> bool {
    let Some(written) = at.get("enabled") else { return true };
    written.truth().unwrap_or_else(|| {
        let why = "whether it is on cannot be told; here it is off";
        notes.push(format!("confirm: {why}"));
        let what = format!("`enabled` {} of an object mapping", written.shown());
        findings.add(Kind::Changed, "bad_enabled", &written, what, why, "switch it on if it was");
        false
    })
}

/// `"Add, Update, Delete"`, or a list of these.
fn actions(at: &At, of: &str, notes: &mut Vec<String>, findings: &mut Findings) -> Actions {
    let mut actions = Actions::default();
    let Some(written) = at.get("flowTypes") else {
        let why = "the file does not say what may be done";
        notes.push(format!("confirm: {why}; Entra's usual is create and update"));
        let next = "set `create`, `update` and `delete` as in the portal";
        let what = format!("target object actions of {of}");
        findings.add(Kind::Confirm, "no_actions", at, what, why, next);
        return actions;
    };
    let words: Vec<String> = match written.items() {
        Some(items) => items.iter().map(|item| item.scalar().unwrap_or_else(|| item.kind().to_owned())).collect(),
        None => written.scalar().unwrap_or_else(|| written.kind().to_owned()).split(',').map(str::to_owned).collect(),
    };
    for word in words {
        match word.trim().to_ascii_lowercase().as_str() {
            "add" | "create" => actions.create = true,
            "update" => actions.update = true,
            "delete" => actions.delete = true,
            "none" | "" => {}
            _ => {
                let what = format!("the action `{}` of {of}", quoted(word.trim()));
                notes.push(format!("not carried over: {what}: it is not known"));
                let why = "Dialform does not know this action";
                findings.add(Kind::NotCarried, "unknown_action", &written, what, why, "look at it in the portal");
            }
        }
    }
    actions
}

/// Says what of the metadata has an effect; whether the mapping is used at all.
fn metadata(at: &At, of: &str, notes: &mut Vec<String>, findings: &mut Findings) -> bool {
    let mut is_used = true;
    for entry in at.list("metadata") {
        let Some(key) = entry.string("key") else {
            wrong(&entry, "metadata of an object mapping", findings);
            continue;
        };
        findings.unknown(&entry, "metadata", &["key", "value"]);
        let value = entry.get("value").map(|value| value.scalar().unwrap_or_else(|| value.kind().to_owned()));
        // Values are JSON in text: `"\"Default\""`.
        let value = value.unwrap_or_default().trim_matches('"').to_owned();
        let known = METADATA.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        let is_default = known.is_some_and(|(_, usual)| usual.is_none_or(|usual| usual.eq_ignore_ascii_case(&value)));
        if is_default || value.is_empty() {
            continue;
        }
        let what = format!("the metadata `{}` = `{}` of {of}", quoted(key), quoted(&value));
        let (why, next) = match key.to_ascii_lowercase().as_str() {
            "escrowbehavior" | "excludefromreporting" => {
                let why = "here a missing reference never stops a plan, and every change is in the plan and the log";
                findings.add(Kind::Noted, "metadata", &entry, what, why, "nothing");
                continue;
            }
            "disposition" | "unsynchronized" => {
                is_used = false;
                notes.push(format!("confirm: {what}: Entra may not provision these objects at all, so it is off"));
                let why = "Entra may not provision these objects at all, so the mapping is off";
                (why, "look in the portal whether this mapping is used")
            }
            _ => ("Dialform has nothing like it", "look whether it matters to you"),
        };
        findings.add(Kind::NotCarried, "metadata", &entry, what, why, next);
    }
    is_used
}

/// Matching attributes by their number; the lowest comes first.
fn matching(at: &At, of: &str, object: &mut Object, findings: &mut Findings) {
    let needed = if of == "users" { "userName" } else { "displayName" };
    let mut numbered: Vec<(i64, &Entry)> =
        object.entries.iter().filter(|entry| entry.priority > 0).map(|entry| (entry.priority, entry)).collect();
    numbered.sort_by_key(|(priority, _)| *priority);
    let mut matching = Vec::new();
    for (priority, entry) in &numbered {
        match &entry.mapping {
            Some((path, _)) if entry.value().is_some() => matching.push(path.clone()),
            _ => {
                let note =
                    format!("not carried over: the matching attribute with number {priority} has no mapping here");
                object.match_notes.push(note);
            }
        }
    }
    if matching.is_empty() {
        let why = "no mapping of the file that is carried over has a matching number";
        let next = "name the attribute by which an existing account is found";
        findings.add(Kind::Confirm, "no_matching", at, format!("the matching attributes of {of}"), why, next);
        object.match_notes.push(format!("confirm: {why}"));
        let mut mapped = object.entries.iter().filter_map(Entry::value);
        match mapped.clone().find(|path| path.is(needed)).or_else(|| mapped.next()) {
            Some(path) => matching.push(path.clone()),
            None => object.actions = Actions::default(),
        }
    }
    object.matching = matching;
    if object.actions.create && !object.entries.iter().filter_map(Entry::value).any(|path| path.is(needed)) {
        object.actions.create = false;
        let why = format!("no mapping gives `{needed}`, without which nothing can be created; `create` is off");
        object.notes.push(format!("confirm: {why}"));
        let next = format!("map `{needed}`, and write `create: true`");
        findings.add(Kind::Changed, "missing_mapping", at, format!("creating {of}"), &why, &next);
    }
}
