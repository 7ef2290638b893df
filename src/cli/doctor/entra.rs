//! What is found out about Entra: the sign-in, the tenant, the application with its roles
//! and assignments, and whether everybody can be read.

use std::collections::BTreeSet;

use super::sign_in;
use crate::{
    cli::directory::{self, Reach},
    desired,
    directory::{Member, OtherWriter},
    live::{Finding, Grade},
    manifest::{DefaultAccess, Entra, Manifest, Principal},
    memory::Memory,
    names::{SourceId, Text, count, near_miss},
    plan,
    source::entra::{Application, Kind, Read, Trouble},
};

/// How many names a finding shows.
const NAMED: usize = 5;

/// Signs in, reads everything that a plan would, and says what is good about it and what is not.
pub(super) async fn examine(manifest: &Manifest, entra: &Entra) -> Vec<Finding> {
    let signed_in = sign_in::examine(entra).await;
    let (sign_in, token, mut found) = match signed_in {
        Ok(signed_in) => signed_in,
        Err(found) => return found,
    };
    let (memory, seen) = (Memory::default(), |_| {});
    let reach = Reach { application: true, ..Reach::default() };
    let mut read = directory::of_entra(manifest, entra, sign_in, reach, &memory, &seen).await;
    let is_needed = manifest.assignments.iter().any(|line| line.principal == Principal::Entra);
    if let Err(Trouble { kind: Kind::Permission | Kind::Application, message, help }) = &read
        && !is_needed
    {
        // What the manifest does not need: a plan works without it.
        found.push(finding("entra_application", Grade::Warning, message.clone(), Some(help.clone())));
        let sign_in = match directory::sign_in(entra) {
            Ok(sign_in) => sign_in,
            Err(failure) => return [found, vec![sign_in::failed(failure)]].concat(),
        };
        read = directory::of_entra(manifest, entra, sign_in, Reach::default(), &memory, &seen).await;
    }
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
        if application.assignment_required {
            without_sign_in(manifest, read, &application.name, &mut found);
        }
    }
    found.push(of_writer(manifest, &read.directory.other_writer));
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
    let groups = assigned.iter().filter(|one| matches!(one.principal, Member::Group(_))).count();
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

/// Who is entitled by the manifest and not assigned in Entra, where that keeps them from signing in.
/// Whatever role somebody is assigned with, Default Access too, lets them sign in; of a group only its
/// direct members (Microsoft, "Assign users and groups to an application").
fn without_sign_in(manifest: &Manifest, read: &Read, application: &Text, found: &mut Vec<Finding>) {
    let assigned = read.directory.application.as_ref().map(|of| of.assigned.as_slice()).unwrap_or_default();
    let mut can: BTreeSet<&SourceId> = BTreeSet::new();
    for one in assigned {
        match &one.principal {
            Member::Person(id) => {
                can.insert(id);
            }
            Member::Group(id) => {
                let groups = read.directory.groups.items().into_iter().flatten();
                let members = groups.filter(|group| group.id == *id).flat_map(|group| &group.members);
                can.extend(members.filter_map(|member| match member {
                    Member::Person(id) => Some(id),
                    Member::Group(_) => None,
                }));
            }
        }
    }
    let desired = desired::build(manifest, &read.directory, jiff::Timestamp::now());
    let entitled = desired.users.iter().filter(|user| user.standing.is_entitled());
    let mut names: Vec<&str> =
        entitled.filter(|user| !can.contains(&user.person.id)).map(|user| &**user.person.label()).collect();
    if names.is_empty() {
        return;
    }
    names.sort_unstable();
    let all = count(names.len(), "person", "people");
    let more = names.len().saturating_sub(NAMED);
    let mut shown = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        shown.push_str(&format!(" and {more} more"));
    }
    let message = format!(
        "{all} would have Dialpad and could not sign in by {application}: not assigned to it in Entra, which \
         `Assignment required` asks for: {shown}"
    );
    let remedy = "assign them, or their group, under Enterprise applications, Users and groups";
    found.push(finding("entra_sign_in_assignment", Grade::Warning, message, Some(remedy.to_owned())));
}

/// Whether Entra itself provisions to the application.
fn of_writer(manifest: &Manifest, writer: &OtherWriter) -> Finding {
    let (grade, message, remedy) = match writer {
        OtherWriter::None => (Grade::Good, "no provisioning job of Entra's own is active".to_owned(), None),
        OtherWriter::Active { application, job } => {
            let held = match manifest.enabled.value {
                true => "until it is stopped, every change is held (`other_writer`)",
                false => "once `enabled` is true, every change is held until it is stopped (`other_writer`)",
            };
            let message = format!("Entra's provisioning job for {application} ({job}) is active; {held}");
            (Grade::Warning, message, Some(plan::STOP_OTHER_WRITER))
        }
        OtherWriter::Unknown { because } => {
            let message = format!("whether a provisioning job of Entra's own is active was not seen: {because}");
            let remedy = "grant `Synchronization.Read.All`, or look under Provisioning that it is stopped";
            (Grade::Note, message, Some(remedy))
        }
    };
    finding("entra_other_writer", grade, message, remedy.map(str::to_owned))
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
