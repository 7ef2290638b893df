//! What is found out about Entra: the sign-in, the tenant, the application with its roles
//! and assignments, and whether everybody can be read.

use super::sign_in;
use crate::{
    cli::directory::{self, Reach},
    live::{Finding, Grade},
    manifest::{DefaultAccess, Entra, Manifest, Principal},
    memory::Memory,
    names::{Text, count, near_miss},
    source::entra::{Application, Read, Trouble},
};

/// Signs in, reads everything that a plan would, and says what is good about it and what is not.
pub(super) async fn examine(manifest: &Manifest, entra: &Entra) -> Vec<Finding> {
    let signed_in = sign_in::examine(entra).await;
    let (sign_in, token, mut found) = match signed_in {
        Ok(signed_in) => signed_in,
        Err(found) => return found,
    };
    let read = directory::of_entra(manifest, entra, sign_in, Reach::default(), &Memory::default(), &|_| {}).await;
    sign_in::permissions(&token, manifest, read.is_ok(), &mut found);
    match read {
        Ok(read) => found.extend(of_reading(manifest, &read)),
        Err(Trouble { message, help, .. }) => found.push(finding("entra", Grade::Error, message, Some(help))),
    }
    found
}

pub(super) fn finding(check: &'static str, grade: Grade, message: String, remedy: Option<String>) -> Finding {
    Finding { check, grade, message, remedy }
}

fn of_reading(manifest: &Manifest, read: &Read) -> Vec<Finding> {
    let mut found = Vec::new();
    let tenant = read.organization.as_ref().map_or_else(|| "without a name".to_owned(), |name| format!("{name}"));
    found.push(finding("entra_tenant", Grade::Good, format!("the tenant is {tenant}"), None));
    if let Some(application) = &read.application {
        of_application(manifest, read, application, &mut found);
    }
    of_people(read, &mut found);
    for warning in &read.warnings {
        found.push(finding("entra_reading", Grade::Note, warning.clone(), None));
    }
    found
}

fn of_application(manifest: &Manifest, read: &Read, application: &Application, found: &mut Vec<Finding>) {
    let Application { id: _, app_id, name, enabled, assignment_required, roles } = application;
    let mut push = |grade, message: String, remedy: Option<&str>| {
        found.push(finding("entra_application", grade, message, remedy.map(str::to_owned)));
    };
    push(Grade::Good, format!("the application is {name} ({app_id})"), None);
    if !enabled {
        push(
            Grade::Warning,
            format!("nobody can sign in to {name}: it is disabled in Entra"),
            Some("under Enterprise applications, Properties, set `Enabled for users to sign-in` to Yes"),
        );
    }
    if !assignment_required {
        push(
            Grade::Note,
            format!("people who are not assigned to {name} can sign in to it: `Assignment required` is off in Entra"),
            None,
        );
    }
    let assigned = read.directory.application.as_ref().map(|of| of.assigned.as_slice()).unwrap_or_default();
    let groups = assigned.iter().filter(|one| matches!(one.principal, crate::directory::Member::Group(_))).count();
    let default = assigned.iter().filter(|one| one.role.is_none()).count();
    let people = count(assigned.len() - groups, "person", "people");
    let groups = count(groups, "group", "groups");
    push(Grade::Good, format!("{people} and {groups} are assigned to {name} in Entra"), None);
    if assigned.is_empty() {
        push(Grade::Warning, format!("nobody is assigned to {name} in Entra"), Some("assign groups or people there"));
    } else if default > 0 && manifest.default_access == DefaultAccess::Exclude {
        push(
            Grade::Note,
            format!(
                "{} Default Access alone, which does not count",
                count(default, "assignment has", "assignments have")
            ),
            Some("give them a role in Entra, or write `default_access: include`"),
        );
    }
    // Only where roles come from Entra do they have to be there.
    let in_entra = manifest.assignments.iter().any(|line| line.principal == Principal::Entra);
    for declared in manifest.roles.iter().filter(|_| in_entra) {
        let wanted = declared.app_role.as_ref().unwrap_or(declared.name.text());
        let called = |role: &crate::directory::AppRole| role.value.clone().unwrap_or_else(|| role.name.clone());
        let names: Vec<Text> = roles.iter().map(called).collect();
        if !names.iter().any(|name| crate::names::eq_fold(name, wanted)) {
            let near = near_miss(wanted, names.iter().map(|name| &**name));
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let message = format!("{name} has no app role `{wanted}` ({}){near}", declared.place);
            found.push(finding("entra_roles", Grade::Warning, message, None));
        }
    }
}

fn of_people(read: &Read, found: &mut Vec<Finding>) {
    let size = |n: Option<usize>| n.unwrap_or_default();
    let people = count(size(read.directory.people.items().map(Vec::len)), "person", "people");
    let groups = count(size(read.directory.groups.items().map(Vec::len)), "group", "groups");
    let message = format!("{people} and {groups} were read in {}", count(read.requests, "request", "requests"));
    found.push(finding("entra_people", Grade::Good, message, None));
    let parts = [read.directory.people.because(), read.directory.groups.because()];
    for because in parts.into_iter().flatten() {
        let remedy = "until it is found, nobody is removed for want of an assignment";
        found.push(finding("entra_people", Grade::Warning, because.to_owned(), Some(remedy.to_owned())));
    }
}
