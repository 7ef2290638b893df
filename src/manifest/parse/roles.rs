//! `roles` and `assignments`: who, as what, and when.

use std::collections::HashMap;

use indexmap::IndexMap;
use jiff::civil::Date;

use super::Judge;
use crate::{
    manifest::{Assignment, Grants, Principal, Role, raw, structure::listed},
    names::{Folded, RoleName, Text, near_miss},
};

pub(super) fn roles(raw: &IndexMap<String, raw::Role>, judge: &mut Judge) -> Vec<Role> {
    let mut roles = Vec::with_capacity(raw.len());
    for (name, role) in raw {
        if name.trim() != name || name.is_empty() {
            let spot = judge.key(&["roles", name]);
            judge.error(&spot, "bad_name", "a role needs a name without blanks around it");
        }
        let raw::Role { description, app_role, grants: _ } = role;
        roles.push(Role {
            name: RoleName::new(name.as_str()),
            description: description.as_deref().map(Text::from),
            app_role: app_role.as_deref().map(Text::from),
            grants: Grants::default(),
            place: judge.place(&["roles", name]),
        });
    }
    roles
}

pub(super) fn assignments(raw: &raw::Manifest, judge: &mut Judge) -> Vec<Assignment> {
    let mut assignments = Vec::with_capacity(raw.assignments.len());
    for (i, line) in raw.assignments.iter().enumerate() {
        assignments.extend(assignment(raw, &i.to_string(), line, judge));
    }
    doubled(&assignments, judge);
    let is_empty = assignments.is_empty() && matches!(raw.scope, raw::Scope::Assigned);
    if is_empty && judge.pruned.is_whole("/assignments") {
        let spot = judge.key(&["assignments"]);
        judge.warning(&spot, "nobody_assigned", "nobody is assigned, so nobody gets Dialpad").help = Some(
            "add a line such as `- { group: SG-Dialpad-Users }` to `assignments`, or `scope: everyone`".to_owned(),
        );
    }
    assignments
}

fn assignment(raw: &raw::Manifest, index: &str, line: &raw::Assignment, judge: &mut Judge) -> Option<Assignment> {
    let at = |key| ["assignments", index, key];
    let raw::Assignment { group, user, entra, role, nested, from, until } = line;
    if entra.is_some() {
        return of_entra(raw, index, line, judge);
    }
    let principal = match (group, user) {
        (Some(name), _) => Principal::Group { name: name.trim().into(), nested: nested.unwrap_or(false) },
        (None, Some(name)) => Principal::User(Folded::new(name)),
        (None, None) => return None,
    };
    let key = if group.is_some() { "group" } else { "user" };
    if group.as_ref().or(user.as_ref()).is_some_and(|name| name.trim().is_empty()) {
        let spot = judge.spot(&at(key));
        judge.error(&spot, "empty", format!("`{key}` is empty"));
    }
    if nested.is_some() && user.is_some() {
        let spot = judge.key(&at("nested"));
        judge.error(&spot, "not_for_users", "`nested` is about groups within a group, but this names a person").help =
            Some("take it out".to_owned());
    }
    let role = role_of(raw, index, role.as_deref(), judge);
    let (first, last) = (date(from.as_deref(), &at("from"), judge), date(until.as_deref(), &at("until"), judge));
    if let (Some(first), Some(last)) = (first, last)
        && first > last
    {
        let (spot, from) = (judge.spot(&at("until")), judge.spot(&at("from")));
        let problem = judge.error(&spot, "reversed_dates", format!("`until` {last} is before `from` {first}"));
        *problem = problem.clone().related(&from.file, from.span, "it begins here").help("both days are included");
    }
    Some(Assignment { principal, role, from: first, until: last, place: judge.place(&["assignments", index]) })
}

/// `{ entra: true }`, which says nothing else: roles come from Entra.
fn of_entra(raw: &raw::Manifest, index: &str, line: &raw::Assignment, judge: &mut Judge) -> Option<Assignment> {
    let raw::Assignment { group: _, user: _, entra: _, role, nested, from, until } = line;
    let mut right = true;
    let others =
        [("role", role.is_some()), ("nested", nested.is_some()), ("from", from.is_some()), ("until", until.is_some())];
    for (key, _) in others.into_iter().filter(|(_, is_there)| *is_there) {
        let spot = judge.key(&["assignments", index, key]);
        let message = format!("`{key}` cannot stand beside `entra`: Entra says who is assigned, and as what");
        judge.error(&spot, "not_for_entra", message).help =
            Some("take it out; `roles.*.app_role` says which app role is which role".to_owned());
        right = false;
    }
    if raw.source.entra.is_none() && judge.pruned.is_whole("/source") {
        let spot = judge.key(&["assignments", index, "entra"]);
        judge.error(&spot, "not_for_files", "the people do not come from Entra, so nobody is assigned there").help =
            Some("name groups or people, or use `source: { entra: … }`".to_owned());
        right = false;
    }
    let place = judge.place(&["assignments", index]);
    right.then_some(Assignment { principal: Principal::Entra, role: None, from: None, until: None, place })
}

fn role_of(raw: &raw::Manifest, index: &str, role: Option<&str>, judge: &mut Judge) -> Option<RoleName> {
    let names: Vec<&str> = raw.roles.keys().map(String::as_str).collect();
    let is_whole = judge.pruned.is_whole("/roles");
    match role {
        Some(name) if raw.roles.contains_key(name) || !is_whole => Some(RoleName::new(name)),
        Some(name) => {
            let spot = judge.spot(&["assignments", index, "role"]);
            let help = match near_miss(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => format!("declare it under `roles`, as `{name}: {{}}`, or leave it out"),
                None => format!("the roles are {}", listed(&names)),
            };
            judge.error(&spot, "undeclared_role", format!("the role `{name}` is not declared")).help = Some(help);
            None
        }
        None if names.is_empty() || !is_whole => None,
        None => {
            let spot = judge.spot(&["assignments", index]);
            judge.error(&spot, "missing_role", "the assignment needs a `role`, because there are roles").help =
                Some(format!("the roles are {}", listed(&names)));
            None
        }
    }
}

fn date(written: Option<&str>, path: &[&str], judge: &mut Judge) -> Option<Date> {
    let written = written?;
    match written.parse() {
        Ok(date) => Some(date),
        Err(_) => {
            let spot = judge.spot(path);
            judge.error(&spot, "bad_date", format!("there is no day `{written}`")).help =
                Some("a day is written as 2027-01-31".to_owned());
            None
        }
    }
}

/// Lines that say the same: one of them is moot.
fn doubled(assignments: &[Assignment], judge: &mut Judge) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (i, Assignment { principal, role, from, until, place: _ }) in assignments.iter().enumerate() {
        let (kind, name) = match principal {
            Principal::Group { name, .. } => ("group", Folded::new(name)),
            Principal::User(name) => ("user", name.clone()),
            Principal::Entra => ("entra", Folded::new("")),
        };
        if let Some(first) = seen.insert(format!("{kind} {name:?} {role:?} {from:?} {until:?}"), i) {
            let place = |i: usize| judge.spot(&["assignments", &i.to_string()]);
            let (spot, first) = (place(i), place(first));
            let problem = judge.warning(&spot, "doubled_assignment", "this assignment is there already");
            *problem =
                problem.clone().related(&first.file, first.span, "it stands here first").help("keep one of them");
        }
    }
}
