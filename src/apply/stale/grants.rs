//! Whether what a saved plan gives and takes through the admin API is still as it was.

use super::Standing;
use crate::{
    dialpad::{People, Wanted},
    live::Tenant,
    memory::GrantKind,
    names::Text,
    plan::{ApiUser, Change, GrantChange, Plan, Request, held_now},
};

/// People on a page of the admin API.
const PAGE: u64 = 100;

/// Whether a change goes through the admin API alone, so that no account has to be read for it.
pub(super) fn is_grant(change: &Change) -> bool {
    !change.grants.is_empty() && change.requests.iter().all(|request| matches!(request, Request::Admin(_)))
}

/// What has to be read of the tenant to compare a plan's grants, with the fewest requests.
/// `None` when it has none of people whose record is there.
pub(super) fn touched(plan: &Plan) -> Option<Wanted> {
    let mut wanted = Wanted::default();
    let mut people = std::collections::BTreeSet::new();
    for change in plan.changes.iter().filter(|change| is_grant(change)) {
        let has_skill = change.grants.iter().any(GrantChange::tells_skill);
        for request in &change.requests {
            let Request::Admin(request) = request else { continue };
            let ApiUser::Live(user) = request.user() else { continue };
            people.insert(user.clone());
            wanted.touch(request, Some(user).filter(|_| has_skill));
        }
        // The plan calls offices by name.
        wanted.offices |= change.grants.iter().any(|grant| grant.kind == GrantKind::Office);
    }
    if people.is_empty() {
        return None;
    }
    let pages = plan.read.live_users.div_ceil(PAGE).max(1);
    wanted.people = if people.len() as u64 > pages { People::All } else { People::Only(people) };
    Some(wanted)
}

/// How a change of grants stands.
pub(super) fn of_grants(change: &Change, tenant: &Tenant) -> Standing {
    let is_created = |request: &Request| matches!(request, Request::Admin(request) if matches!(request.user(), ApiUser::Created { .. }));
    // Whoever is created has nothing before, and giving twice ends the same.
    if change.requests.iter().any(is_created) {
        return Standing::AsPlanned;
    }
    let mut moved = Vec::new();
    let mut done = 0;
    for grant in &change.grants {
        match held_now(tenant, change, grant) {
            None => moved.push(format!("{} cannot be read any more", what(grant))),
            Some(now) if now == grant.after => done += 1,
            Some(now) if now == grant.before => {}
            Some(now) => {
                moved.push(format!(
                    "{} was {} and is now {}",
                    what(grant),
                    shown(grant.before.as_ref()),
                    shown(now.as_ref())
                ));
            }
        }
    }
    if !moved.is_empty() {
        Standing::Moved(moved)
    } else if done == change.grants.len() {
        Standing::Done(change.subject.target.clone())
    } else {
        Standing::AsPlanned
    }
}

/// `contact center Support EMEA`, `licence`.
fn what(grant: &GrantChange) -> String {
    let noun = grant.kind.noun();
    let name = if grant.name.is_empty() { String::new() } else { format!(" `{}`", grant.name) };
    let at = grant.at.as_ref().map(|at| format!(" in {at}")).unwrap_or_default();
    format!("{noun}{name}{at}")
}

fn shown(text: Option<&Text>) -> String {
    match text {
        None => "not held".to_owned(),
        Some(text) if text.is_empty() => "held".to_owned(),
        Some(text) => format!("`{text}`"),
    }
}
