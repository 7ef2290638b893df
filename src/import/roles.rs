//! The application's roles, and who is assigned to it.

use std::collections::HashMap;

use super::{
    at::At,
    recognise::Inputs,
    report::{Carried, Findings, Kind, holds_token, quoted},
};
use crate::names::Folded;

/// The id of the Default Access role (Microsoft, "Assign users and groups to an application").
const DEFAULT_ACCESS: &str = "00000000-0000-0000-0000-000000000000";
/// The longest name of an application that is looked for.
const MAX_NAME: usize = 120;
/// More lines than this are counted and not written out.
const MAX_LINES: usize = 200;

/// The roles that are carried over.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub(super) roles: Vec<Role>,
    pub(super) notes: Vec<String>,
    pub(super) carried: Carried,
}

#[derive(Debug)]
pub(super) struct Role {
    /// The app role's value in Entra; its display name where it has none.
    pub(super) name: String,
    pub(super) description: Option<String>,
}

/// Who is assigned in Entra, for comments: `{ entra: true }` stands for all of them.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    pub(super) lines: Vec<String>,
    pub(super) default_access: usize,
    /// Whether the files hold assignments at all.
    pub(super) is_known: bool,
}

/// Reads the roles of the application.
pub(super) fn roles(inputs: &Inputs, findings: &mut Findings) -> Roles {
    let mut roles = Roles::default();
    let mut names: HashMap<Folded, String> = HashMap::new();
    for at in &inputs.app_roles {
        roles.carried.all += 1;
        let value = at.string("value").map(str::trim).filter(|text| !text.is_empty());
        let shown = at.string("displayName").map(str::trim).filter(|text| !text.is_empty());
        let Some(name) = value.or(shown) else {
            super::rules::wrong(at, "an app role without a name", findings);
            continue;
        };
        let what = format!("the app role `{}`", quoted(name));
        let kinds = at.list("allowedMemberTypes");
        let is_for_people = kinds.is_empty()
            || kinds.iter().any(|kind| kind.text().is_some_and(|text| text.eq_ignore_ascii_case("user")));
        let lost = match names.get(&Folded::new(name)) {
            _ if holds_token(name) => Some(("literal_secret", "a token stands in it")),
            _ if at.get("isEnabled").and_then(|at| at.truth()) == Some(false) => {
                Some(("disabled_role", "it is disabled in Entra"))
            }
            _ if !is_for_people => Some(("application_role", "it is for applications, not for people")),
            Some(_) => Some(("role_twice", "another role has the same name")),
            None => None,
        };
        if let Some((code, why)) = lost {
            roles.notes.push(format!("not carried over: {what}: {why}"));
            findings.add(Kind::NotCarried, code, at, what, why, "declare it under `roles` if you need it");
            continue;
        }
        names.insert(Folded::new(name), name.to_owned());
        let description = at.string("description").map(str::trim).filter(|text| !text.is_empty() && !holds_token(text));
        roles.roles.push(Role { name: name.to_owned(), description: description.or(shown).map(str::to_owned) });
        roles.carried.carried += 1;
    }
    roles
}

/// Reads who is assigned.
pub(super) fn assigned(inputs: &Inputs, findings: &mut Findings) -> Assigned {
    let mut assigned = Assigned { is_known: !inputs.assignments.is_empty(), ..Assigned::default() };
    let mut names: HashMap<String, (String, bool)> = HashMap::new();
    for role in &inputs.app_roles {
        let name = role.string("value").filter(|value| !value.is_empty()).or_else(|| role.string("displayName"));
        if let (Some(id), Some(name)) = (role.string("id"), name) {
            let is_on = role.get("isEnabled").and_then(|at| at.truth()) != Some(false);
            names.insert(id.to_ascii_lowercase(), (quoted(name), is_on));
        }
    }
    for at in &inputs.assignments {
        let who = at.string("principalDisplayName").or_else(|| at.string("principalId")).unwrap_or_default();
        let kind = at.string("principalType").unwrap_or_default().to_ascii_lowercase();
        let who = format!("{} `{}`", if kind.is_empty() { "somebody" } else { &kind }, quoted(who));
        let role = at.string("appRoleId").unwrap_or_default().to_ascii_lowercase();
        if role == DEFAULT_ACCESS {
            assigned.default_access += 1;
            assigned.lines.push(format!("{who} with Default Access only"));
            continue;
        }
        if kind == "serviceprincipal" {
            let why = "it is an application, not a person or a group";
            findings.add(
                Kind::NotCarried,
                "application_assigned",
                at,
                format!("the assignment of {who}"),
                why,
                "nothing",
            );
            continue;
        }
        match names.get(&role) {
            Some((name, true)) => assigned.lines.push(format!("{who} as {name}")),
            Some((name, false)) => {
                assigned.lines.push(format!("{who} as {name}, which is disabled"));
                let why = format!("the role {name} is disabled in Entra");
                let next = "assign another role in Entra, or enable this one";
                findings.add(Kind::NotCarried, "disabled_role", at, format!("the assignment of {who}"), &why, next);
            }
            None => {
                assigned.lines.push(format!("{who} as a role that is not in the files"));
                if !names.is_empty() {
                    let why = "no role of the application has its `appRoleId`";
                    let next = "export application and assignments again, at the same time";
                    findings.add(Kind::Noted, "unknown_role", at, format!("the assignment of {who}"), why, next);
                }
            }
        }
    }
    if assigned.lines.len() > MAX_LINES {
        let more = assigned.lines.len() - MAX_LINES;
        assigned.lines.truncate(MAX_LINES);
        assigned.lines.push(format!("and {more} more"));
    }
    assigned
}

/// The application, and what it is called.
pub(super) fn application(principals: &[At], findings: &mut Findings) -> Option<(String, Option<String>)> {
    for second in principals.iter().skip(1) {
        let what = "a second service principal".to_owned();
        findings.add(Kind::NotCarried, "second_application", second, what, "only the first one is read", "name one");
    }
    let at = principals.first()?;
    let name = at.string("displayName").map(str::trim).filter(|name| !name.is_empty() && !holds_token(name));
    // What names an application has at most 120 characters (Microsoft Graph, known issue 13635).
    let id =
        at.string("appId").or_else(|| at.string("id")).map(str::trim).filter(|id| !id.is_empty() && !holds_token(id));
    let called = id.or(name).filter(|called| called.chars().count() <= MAX_NAME);
    if called.is_none() {
        let what = "the service principal".to_owned();
        let why = "neither its id nor its name can name an application";
        findings.add(Kind::NotCarried, "bad_application", at, what, why, "write `application` by hand");
    }
    Some((called?.to_owned(), name.map(str::to_owned)))
}
