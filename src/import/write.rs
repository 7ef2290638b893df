//! A draft as YAML, with a comment wherever a choice was made or something is missing.

use super::{attribute::Entry, draft::Draft, filters::Filters, job::Switches, object::Object, report::quoted};
use crate::manifest::{
    Apply, raw,
    yaml::write::{Page, expression, key, scalar},
};

/// A tenant that nobody has, for the one that is to be written.
const NO_TENANT: &str = "00000000-0000-0000-0000-000000000000";
/// Microsoft's tutorial for Dialpad.
const URL: &str = "https://dialpad.com/scim";

/// The text of the manifest.
pub(super) fn manifest(draft: &Draft) -> String {
    let mut page = Page::default();
    head(draft, &mut page);
    source(draft, &mut page);
    target(&draft.switches, &mut page);
    people(draft, &mut page);
    page.gap();
    page.line(0, "filters:");
    filters("users", draft.users.as_ref(), &mut page);
    filters("groups", draft.groups.as_ref(), &mut page);
    page.gap();
    page.line(0, "mappings:");
    users(draft.users.as_ref(), &mut page);
    groups(draft.groups.as_ref(), &mut page);
    safety(&draft.switches, &mut page);
    page.text
}

fn head(draft: &Draft, page: &mut Page) {
    let files: Vec<String> = draft.files.iter().map(|file| quoted(file)).collect();
    page.comment(0, &format!("Made by `dialform import entra` from {}.", files.join(", ")));
    page.comment(0, "`confirm:` marks what the files do not say, or what is not quite the same here: look at each,");
    page.comment(0, "and take the comment out. `not carried over:` marks what is missing.");
    page.line(0, "version: 1");
    page.line(0, &format!("name: {}", scalar(&draft.name)));
    page.comment(
        0,
        "confirm: true when the plan is what you want and Entra's job is paused; until then `apply` refuses",
    );
    page.line(0, "enabled: false");
}

fn source(draft: &Draft, page: &mut Page) {
    page.gap();
    page.line(0, "source:");
    page.line(1, "entra:");
    match &draft.tenant {
        Some(tenant) => page.line(2, &format!("tenant: {}", scalar(tenant))),
        None => {
            page.comment(2, "confirm: the tenant's id or one of its domains; it stands in none of the files");
            page.line(2, &format!("tenant: {NO_TENANT}"));
        }
    }
    match &draft.application {
        Some((id, name)) => {
            if let Some(name) = name.as_ref().filter(|name| *name != id) {
                page.comment(2, &format!("the application {}", quoted(name)));
            }
            page.line(2, &format!("application: {}", scalar(id)));
        }
        None => {
            page.comment(2, "confirm: the enterprise application's name or id; it stands in none of the files");
            page.line(2, "application: Dialpad");
        }
    }
    if let Some(cloud) = draft.cloud {
        page.line(2, &format!("cloud: {}", raw_name(&cloud)));
    }
    if let Some(auth) = draft.auth {
        page.line(2, &format!("auth: {}", raw_name(&auth)));
    }
}

/// A setting as a manifest spells it.
fn raw_name(setting: &impl serde::Serialize) -> String {
    serde_json::to_value(setting).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn target(switches: &Switches, page: &mut Page) {
    page.gap();
    page.line(0, "target:");
    page.line(1, "dialpad:");
    page.line(2, "scim:");
    page.comments(3, &switches.url_notes);
    if switches.url.is_none() && switches.url_notes.is_empty() {
        page.comment(3, "confirm: the portal's Tenant URL; this is the one of Microsoft's tutorial");
    }
    page.line(3, &format!("url: {}", scalar(switches.url.as_deref().unwrap_or(URL))));
    page.comment(3, "the portal's Secret Token, from the environment; it is never written here");
    page.line(3, "token: { env: DIALPAD_TOKEN }");
    if switches.entra_dialect {
        page.comment(3, "the Tenant URL asked for `AzureAdScimPatch2017`");
        page.line(3, "dialect: { patch: entra, members: value_array }");
    }
}

/// Scope, roles and assignments.
fn people(draft: &Draft, page: &mut Page) {
    page.gap();
    let scope = match draft.switches.sync_all {
        Some(true) => "everyone",
        Some(false) => "assigned",
        None => {
            page.comment(0, "confirm: `everyone` if the portal's Scope is \"Sync all users and groups\"");
            "assigned"
        }
    };
    page.line(0, &format!("scope: {scope}"));
    if !draft.assigned.is_known || draft.assigned.default_access > 0 {
        page.comment(0, "confirm: `include` if people with only Default Access have Dialpad today");
    }
    page.line(0, "default_access: exclude");
    if !draft.roles.roles.is_empty() || !draft.roles.notes.is_empty() {
        page.gap();
        page.comments(0, &draft.roles.notes);
    }
    if !draft.roles.roles.is_empty() {
        page.comment(0, "the roles of the application, in its order: the first one wins where only one value can");
        page.line(0, "roles:");
        for role in &draft.roles.roles {
            let description = role.description.as_deref().map(|text| format!(" description: {} ", scalar(text)));
            page.line(1, &format!("{}: {{{}}}", scalar(&role.name), description.unwrap_or_default()));
        }
    }
    page.gap();
    page.line(0, "assignments:");
    page.comment(1, "whoever is assigned to the application in Entra");
    page.line(1, "- { entra: true }");
    if !draft.assigned.lines.is_empty() {
        page.comment(1, "that is, when this was made:");
        for line in &draft.assigned.lines {
            page.comment(1, &format!("- {line}"));
        }
    }
}

fn filters(kind: &str, object: Option<&Object>, page: &mut Page) {
    let none = Filters::default();
    let filters = object.map_or(&none, |object| &object.filters);
    if filters.kept.is_empty() && !filters.nobody {
        page.comments(1, &filters.notes);
        page.line(1, &format!("{kind}: []"));
        return;
    }
    page.line(1, &format!("{kind}:"));
    for kept in &filters.kept {
        page.comments(2, &kept.notes);
        page.line(2, &format!("- name: {}", scalar(&kept.filter.name)));
        page.line(3, "where:");
        for clause in &kept.filter.clauses {
            let value = clause.value.as_ref().map(|value| format!(", value: {}", constant(value))).unwrap_or_default();
            let (attribute, operator) = (scalar(&clause.attribute), scalar(&clause.operator));
            page.line(4, &format!("- {{ attribute: {attribute}, operator: {operator}{value} }}"));
        }
    }
    page.comments(2, &filters.notes);
    if filters.nobody {
        page.comment(2, "confirm: nobody passes this one; it stands here until the filters of Entra do");
        page.line(2, "- name: Nobody");
        page.line(3, "where:");
        page.line(4, "- { attribute: objectId, operator: is_null }");
    }
}

fn users(object: Option<&Object>, page: &mut Page) {
    page.line(1, "users:");
    let Some(object) = object else {
        page.comment(2, "confirm: no object mapping of the file is about users, so nothing is done to accounts");
        for action in ["create", "update", "delete"] {
            page.line(2, &format!("{action}: false"));
        }
        return;
    };
    section(object, page);
}

fn groups(object: Option<&Object>, page: &mut Page) {
    page.line(1, "groups:");
    let Some(object) = object else {
        page.line(2, "enabled: false");
        return;
    };
    let is_usable = !object.matching.is_empty();
    if object.enabled && !is_usable {
        page.comment(2, "confirm: no mapping of groups is carried over, so they are off");
    }
    page.line(2, &format!("enabled: {}", object.enabled && is_usable));
    section(object, page);
    page.comment(2, "Dialpad does not rename groups, whatever Entra sends");
    page.line(2, "on_rename: keep");
    let membership = if object.adds_members { "add_only" } else { "exact" };
    page.line(2, &format!("membership: {membership}"));
}

fn section(object: &Object, page: &mut Page) {
    page.comments(2, &object.notes);
    let actions = object.actions;
    for (name, is_on) in [("create", actions.create), ("update", actions.update), ("delete", actions.delete)] {
        page.line(2, &format!("{name}: {is_on}"));
    }
    page.comments(2, &object.match_notes);
    let matching: Vec<String> = object.matching.iter().map(|path| scalar(path.as_str())).collect();
    if matching.is_empty() {
        object.entries.iter().for_each(|entry| page.comments(2, &entry.notes));
        return;
    }
    page.line(2, &format!("match: [{}]", matching.join(", ")));
    page.line(2, "attributes:");
    for Entry { notes, mapping, .. } in &object.entries {
        page.comments(3, notes);
        if let Some((path, mapping)) = mapping {
            page.line(3, &format!("{}: {}", key(path.as_str()), flow(mapping)));
        }
    }
}

/// `{ attribute: surname, default: "-" }`
fn flow(mapping: &raw::AttributeMapping) -> String {
    let mut parts = Vec::new();
    parts.extend(mapping.attribute.as_ref().map(|name| format!("attribute: {}", scalar(name))));
    parts.extend(mapping.constant.as_ref().map(|value| format!("constant: {}", constant(value))));
    parts.extend(mapping.expression.as_ref().map(|text| format!("expression: {}", expression(text))));
    parts.extend(mapping.none.map(|_| "none: true".to_owned()));
    parts.extend(mapping.default.as_ref().map(|value| format!("default: {}", constant(value))));
    if mapping.apply == Apply::OnCreate {
        parts.push("apply: on_create".to_owned());
    }
    format!("{{ {} }}", parts.join(", "))
}

fn constant(value: &raw::Constant) -> String {
    match value {
        raw::Constant::Text(text) => scalar(text),
        raw::Constant::Integer(number) => number.to_string(),
        raw::Constant::Boolean(truth) => truth.to_string(),
    }
}

fn safety(switches: &Switches, page: &mut Page) {
    page.gap();
    page.line(0, "safety:");
    if let Some(threshold) = switches.threshold {
        page.comment(
            1,
            "confirm: Entra's threshold of accidental deletions, which counts disables and deletes together",
        );
        page.line(1, &format!("disables: {{ max: {threshold} }}"));
        page.line(1, &format!("deletes: {{ max: {} }}", threshold.min(5)));
    }
    let keep = match switches.skip_out_of_scope {
        Some(true) => "keep",
        Some(false) => "disable",
        None => {
            page.comment(1, "confirm: `disable` unless the job has `SkipOutOfScopeDeletions`; `keep` disables nobody who merely left the scope");
            "keep"
        }
    };
    page.line(1, &format!("on_out_of_scope: {keep}"));
}
