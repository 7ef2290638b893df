//! What must not be lost without a person's word: the last administrator, the owner of the
//! key, the last operator, phone numbers.

use super::{Grants, HashMap, HashSet, Joined, person};
use crate::{
    live::tenant::Member,
    manifest::Target,
    memory::GrantKind,
    names::{ApiId, License, Place, Text, Value},
    plan::{
        Action, AdminRequest, ApiUser, Change, Draft, OperatorsOf, Reason, Request, UserField,
        draft::Gate,
        seats::{LICENSE, OFFICE},
    },
};

pub(super) fn guard(grants: &Grants, draft: &mut Draft) {
    last_admin(grants, draft);
    last_operator(grants, draft);
    numbers(grants, draft);
}

/// The record that a change of an account is about.
fn record<'a>(grants: &Grants<'_, '_, 'a>, change: &Change) -> Option<&'a Member> {
    let at = grants.users.matcher.objects.find(change.subject.target.as_ref()?)?;
    match grants.records.of(at) {
        Joined::One(at) => Some(grants.records.member(at)),
        Joined::None | Joined::Several => None,
    }
}

/// Whether a change takes the administration of the company from its person.
fn loses_admin(change: &Change) -> bool {
    match change.action {
        Action::DisableUser | Action::DeleteUser => true,
        Action::Withdraw => change.grants.iter().any(|grant| grant.kind == GrantKind::CompanyAdmin),
        _ => false,
    }
}

fn last_admin(grants: &Grants, draft: &mut Draft) {
    let tenant = grants.tenant;
    let admins: HashSet<&ApiId> = tenant
        .users
        .iter()
        .filter(|member| member.company_admin && member.state.holds_seat())
        .map(|member| &member.id)
        .collect();
    let owner = match &grants.manifest().target {
        Target::Dialpad(dialpad) => dialpad.api.as_ref().and_then(|api| api.owner.as_ref()),
        Target::Sandbox(_) => None,
    };
    let mut losing: Vec<(usize, &ApiId)> = Vec::new();
    let mut gaining = 0;
    for (at, planned) in draft.planned.iter_mut().enumerate() {
        let change = &planned.change;
        let gives = |field: &UserField| matches!(field, UserField::CompanyAdmin(true));
        gaining += usize::from(change.requests.iter().any(
            |request| matches!(request, Request::Admin(AdminRequest::PatchUser { user: ApiUser::Live(_), fields }) if fields.iter().any(gives)),
        ));
        if !loses_admin(change) {
            continue;
        }
        let Some(member) = record(grants, change).or_else(|| of_request(grants, change)) else { continue };
        if let Some(owner) = owner
            && member.emails.iter().any(|email| crate::names::Folded::new(email) == owner.value)
        {
            let message = format!("{} owns the API key in use", change.subject.name);
            planned.gates.insert(0, Gate::firm(Reason::LastAdmin, message.into()).at(&owner.place));
        }
        if admins.contains(&member.id) {
            losing.push((at, &member.id));
        }
    }
    let gone: HashSet<&ApiId> = losing.iter().map(|(_, id)| *id).collect();
    if !admins.is_empty() && gone.len() == admins.len() && gaining == 0 {
        let message: Text = match admins.len() {
            1 => "this is the last company administrator".into(),
            n => format!("all {n} company administrators would be gone").into(),
        };
        for (at, _) in losing {
            draft.planned[at].gates.insert(0, Gate::firm(Reason::LastAdmin, message.clone()));
        }
    }
}

/// The record that a request names.
fn of_request<'a>(grants: &Grants<'_, '_, 'a>, change: &Change) -> Option<&'a Member> {
    let id = change.requests.iter().find_map(|request| match request {
        Request::Admin(request) => match request.user() {
            ApiUser::Live(id) => Some(id),
            ApiUser::Created { .. } => None,
        },
        _ => None,
    })?;
    grants.holders.position(id).map(|at| grants.records.member(at))
}

fn last_operator(grants: &Grants, draft: &mut Draft) {
    let mut out: HashMap<OperatorsOf, Vec<usize>> = HashMap::default();
    let mut gaining: HashSet<OperatorsOf> = HashSet::default();
    for (at, planned) in draft.planned.iter().enumerate() {
        for request in &planned.change.requests {
            match request {
                Request::Admin(AdminRequest::AddOperator { group, .. }) => drop(gaining.insert(group.clone())),
                Request::Admin(AdminRequest::RemoveOperator { group, .. })
                    if planned.change.action == Action::Withdraw =>
                {
                    out.entry(group.clone()).or_default().push(at);
                }
                _ => {}
            }
        }
    }
    let tenant = grants.tenant;
    for (group, places) in out {
        let operators = match &group {
            OperatorsOf::Department(id) => {
                tenant.departments.iter().find(|of| of.id == *id).and_then(|of| of.operators.as_ref())
            }
            OperatorsOf::ContactCenter(id) => {
                tenant.contact_centers.iter().find(|of| of.id == *id).and_then(|of| of.operators.as_ref())
            }
        };
        let all = operators.map_or(0, Vec::len);
        if all == 0 || places.len() < all || gaining.contains(&group) {
            continue;
        }
        for at in places {
            let planned = &mut draft.planned[at];
            let name = planned.change.grants.first().map(|grant| format!("{} {}", grant.kind.noun(), grant.name));
            let message = format!("nobody would be left in {}", name.unwrap_or_default());
            planned.gates.push(Gate::new(Reason::LastOperator, message.into()));
        }
    }
}

/// Office and licence may be SCIM's to change, where they are mapped; the numbers go all the same.
fn numbers(grants: &Grants, draft: &mut Draft) {
    for planned in &mut draft.planned {
        if planned.change.action != Action::UpdateUser {
            continue;
        }
        let Some(member) = record(grants, &planned.change).filter(|member| !member.numbers.is_empty()) else {
            continue;
        };
        for attribute in planned.change.attributes.iter() {
            let named = |names: &[&str]| names.iter().any(|name| attribute.path.attribute().eq_ignore_ascii_case(name));
            let Some(after) = attribute.after.as_ref().and_then(Value::as_text) else { continue };
            let place: &Place = &attribute.place;
            if named(&OFFICE)
                && let Ok(office) = grants.names.office(after)
            {
                let from = member.office.as_ref().and_then(|id| grants.tenant.office(id));
                if from.is_none_or(|from| from.id != office.id) && person::is_abroad(from, office) {
                    let what = format!("moves to {} in another country", office.name);
                    planned.gates.push(person::loses_numbers(member, &what, place));
                }
            }
            if named(&LICENSE)
                && License::of_scim(after).is_some_and(|license| !license.has_number())
                && member.license.as_ref().is_none_or(License::has_number)
            {
                planned.gates.push(person::loses_numbers(member, "gets a licence without a direct number", place));
            }
        }
    }
}
