//! The way back from what a run gave and took through the admin API.
//!
//! The plan of the run is kept with the words and ids of each grant, so that it can be
//! turned round; only where what the run left still stands, and behind the same guards.

use super::{Grants, now, person, settings, with_grant};
use crate::{
    live::tenant::{Member, Office},
    manifest::Setting,
    memory::{Given, GrantKind},
    names::{ApiId, HashMap, License, Post, Text, Value},
    plan::{
        Action, AdminRequest, ApiUser, Cause, CauseKind, Change, ChangeId, Draft, GrantChange, OperatorsOf, Reason,
        Request, Subject, UserField,
        draft::{Planned, change},
        guard::held,
        seats::Seat,
        undo::Ran,
    },
};

/// Whose grants go back.
struct Back<'a> {
    subject: Subject,
    member: &'a Member,
    api: ApiUser,
    /// The suspension of an account that the run created, without which nothing is taken from it.
    together: Option<ChangeId>,
    is_new: bool,
    run: Text,
}

/// What a person will hold once office and licence are back, and the changes that see to it.
#[derive(Default)]
struct Seated {
    license: Option<License>,
    needs: Vec<ChangeId>,
}

/// Says that what a run gave and took is not taken back, because the admin API was not read.
pub(super) fn not_read(draft: &mut Draft, ran: Ran) {
    for done in ran.plan.changes.iter().filter(|done| is_grant(done, ran)) {
        draft.count("undo_grant", &done.subject.name, None);
    }
}

fn is_grant(done: &Change, ran: Ran) -> bool {
    !done.grants.is_empty() && ran.done.contains_key(&done.id)
}

impl<'a> Grants<'_, '_, 'a> {
    /// Plans the way back, office and licence first: places lean on them.
    pub(super) fn take_back(&self, draft: &mut Draft, ran: Ran) {
        let mut seated: HashMap<ApiId, Seated> = HashMap::default();
        let is_seat = |grant: &GrantChange| matches!(grant.kind, GrantKind::Office | GrantKind::License);
        let mut rest = Vec::new();
        for done in ran.plan.changes.iter().rev().filter(|done| is_grant(done, ran)) {
            let Some(back) = self.back(draft, done, ran) else {
                draft.count("undo_gone", &done.subject.name, None);
                continue;
            };
            let standing = self.standing(draft, done, &back);
            let (seats, others): (Vec<&GrantChange>, Vec<&GrantChange>) =
                standing.into_iter().partition(|grant| is_seat(grant));
            // Of somebody new there is no office or licence to go back to.
            if !seats.is_empty() && !back.is_new {
                self.seat_back(draft, &back, &seats, &mut seated);
            }
            rest.push((back, others));
        }
        for (back, others) in rest {
            let (offices, others): (Vec<&GrantChange>, Vec<&GrantChange>) =
                others.into_iter().partition(|grant| grant.kind == GrantKind::OfficeAdmin);
            let (settings, places): (Vec<&GrantChange>, Vec<&GrantChange>) =
                others.into_iter().partition(|grant| grant.kind == GrantKind::Setting);
            if !settings.is_empty() && !back.is_new {
                self.settings_back(draft, &back, &settings);
            }
            if !offices.is_empty() {
                self.offices_back(draft, &back, &offices);
            }
            for grant in places {
                self.place_back(draft, &back, grant, seated.get(&back.member.id));
            }
        }
    }

    /// Whom a change of the run was about; `None` when they are gone.
    fn back(&self, draft: &Draft, done: &Change, ran: Ran) -> Option<Back<'a>> {
        let user = done.requests.iter().find_map(|request| match request {
            Request::Admin(request) => Some(request.user()),
            _ => None,
        })?;
        let objects = &self.users.matcher.objects;
        let (member, account, is_new) = match user {
            ApiUser::Live(id) => {
                let position = self.holders.position(id)?;
                (self.records.member(position), self.records.account_of(position), false)
            }
            ApiUser::Created { change, .. } => {
                let at = objects.find(ran.done.get(change)?.as_ref()?)?;
                (self.records.member_of(at)?, Some(at), true)
            }
        };
        let account = account.map(|at| objects.get(at).id.clone());
        let target = account.or_else(|| done.subject.target.clone());
        let leaves = |planned: &&Planned| {
            planned.change.action == Action::DisableUser && planned.change.subject.target == target
        };
        let together = draft.planned.iter().find(leaves).map(|planned| planned.change.id.clone());
        let subject = Subject { target: target.clone(), ..done.subject.clone() };
        let api = ApiUser::Live(member.id.clone());
        Some(Back { subject, member, api, together, is_new, run: ran.run.clone() })
    }

    /// What still stands as the run left it.
    fn standing<'d>(&self, draft: &mut Draft, done: &'d Change, back: &Back) -> Vec<&'d GrantChange> {
        let mut standing = Vec::new();
        for grant in &done.grants {
            let what = || Text::from(format!("{} of {}", words(grant), back.subject.name));
            match now::of_member(self.tenant, back.member, done, grant) {
                Some(now) if now == grant.after => standing.push(grant),
                Some(now) if now == grant.before => {}
                Some(_) => draft.count("undo_changed_since", &what(), None),
                None => draft.count("undo_unread", &what(), None),
            }
        }
        standing
    }

    /// Office and licence as they were, in one request where they went in one.
    fn seat_back(
        &self,
        draft: &mut Draft,
        back: &Back<'a>,
        grants: &[&GrantChange],
        seated: &mut HashMap<ApiId, Seated>,
    ) {
        let member = back.member;
        let held_office = member.office.as_ref().and_then(|id| self.tenant.office(id));
        let (mut fields, mut gates, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut office, mut license): (Option<&Office>, Option<License>) = (None, None);
        for grant in grants {
            let Some(before) = &grant.before else { continue };
            if grant.kind == GrantKind::Office {
                match self.names.office(before) {
                    Ok(found) => office = Some(found),
                    Err((message, _)) => {
                        stays(draft, back, Action::MoveOffice, Reason::UnknownName, &message, grant);
                        continue;
                    }
                }
            } else {
                license = Some(License::read(before));
            }
            changes.push(turned(grant));
        }
        let Some(first) = changes.first() else { return };
        let action = if office.is_some() { Action::MoveOffice } else { Action::SetLicense };
        let given = Given { kind: first.kind, object: None, at: None };
        let place = first.place.clone();
        let abroad = office.is_some_and(|office| person::is_abroad(held_office, office));
        if let Some(office) = office {
            fields.push(UserField::Office(office.id.clone()));
        }
        if abroad && !member.numbers.is_empty() {
            let name = office.map_or("", |office| &*office.name);
            gates.push(person::loses_numbers(member, &format!("goes back to {name} in another country"), &place));
        }
        if let Some(license) = &license {
            gates.extend(self.license_fields(member, license, &mut fields, &place));
        }
        let mut requests = vec![AdminRequest::PatchUser { user: back.api.clone(), fields: fields.clone() }];
        if abroad && !member.numbers.is_empty() {
            // As with a move there: a request of its own, which gives the numbers up.
            fields.retain(|field| !matches!(field, UserField::Office(_)));
            let to =
                office.map(|office| AdminRequest::MoveOffice { user: back.api.clone(), office: office.id.clone() });
            let rest = (!fields.is_empty()).then(|| AdminRequest::PatchUser { user: back.api.clone(), fields });
            requests = to.into_iter().chain(rest).collect();
        }
        let seat = |office: Option<&Office>, license: Option<&License>| Some((office?.id.clone(), license?.clone()));
        let after = license.clone().or_else(|| member.license.clone());
        let takes = seat(office.or(held_office), after.as_ref());
        let frees = seat(held_office, member.license.as_ref());
        let holds = member.state.holds_seat();
        let planned = self.back_change(back, action, &given, changes, requests);
        let of = seated.entry(member.id.clone()).or_default();
        of.license = license.or(of.license.take());
        of.needs.push(planned.change.id.clone());
        let seat = if holds { Seat { takes, frees } } else { Seat::default() };
        draft.planned.push(Planned { gates, seat, ..planned });
    }

    fn settings_back(&self, draft: &mut Draft, back: &Back<'a>, grants: &[&GrantChange]) {
        let (mut fields, mut changes) = (Vec::new(), Vec::new());
        for grant in grants {
            let Some(setting) = Setting::ALL.into_iter().find(|setting| *setting.name() == *grant.name) else {
                continue;
            };
            let value = match (setting, &grant.before) {
                // Whether it was off or never told is not the same.
                (Setting::InternationalDialing, None) => {
                    let message = format!("the run did not learn what `{}` was before", grant.name);
                    stays(draft, back, Action::SetSettings, Reason::MissingRequired, &message, grant);
                    continue;
                }
                (Setting::InternationalDialing, Some(text)) => Some(Value::Boolean(**text == *"on")),
                (Setting::ForwardingNumbers, Some(text)) => {
                    Some(Value::List(text.split(", ").map(Value::text).collect()))
                }
                (Setting::JobTitle | Setting::Extension, Some(text)) => Some(Value::Text(text.clone())),
                (Setting::JobTitle | Setting::Extension | Setting::ForwardingNumbers, None) => None,
            };
            if let Ok((field, _)) = settings::written(setting, value.as_ref()) {
                fields.push(field);
                changes.push(turned(grant));
            }
        }
        if changes.is_empty() {
            return;
        }
        let given = Given { kind: GrantKind::Setting, object: None, at: None };
        let request = AdminRequest::PatchUser { user: back.api.clone(), fields };
        draft.planned.push(self.back_change(back, Action::SetSettings, &given, changes, vec![request]));
    }

    /// The offices that somebody administers are one list.
    fn offices_back(&self, draft: &mut Draft, back: &Back<'a>, grants: &[&GrantChange]) {
        let mut list = back.member.admin_offices.clone();
        let mut changes = Vec::new();
        for grant in grants {
            let Some(id) = grant.given.as_ref().and_then(|given| given.object.as_ref()) else { continue };
            list.retain(|known| known != id);
            if grant.before.is_some() {
                if self.tenant.office(id).is_none() {
                    let message = format!("the office {} is gone", grant.name);
                    stays(draft, back, Action::Grant, Reason::UnknownName, &message, grant);
                    continue;
                }
                list.push(id.clone());
            }
            changes.push(turned(grant));
        }
        if changes.is_empty() {
            return;
        }
        let gives = changes.iter().any(|grant| grant.after.is_some());
        let takes = changes.iter().any(|grant| grant.after.is_none());
        let action = match (gives, takes) {
            (true, true) => Action::Regrant,
            (true, false) => Action::Grant,
            (false, _) => Action::Withdraw,
        };
        let given = Given { kind: GrantKind::OfficeAdmin, object: None, at: None };
        let request = AdminRequest::PatchUser { user: back.api.clone(), fields: vec![UserField::AdminOffices(list)] };
        draft.planned.push(self.back_change(back, action, &given, changes, vec![request]));
    }

    /// A place among operators, a policy, a channel, the administration of the company.
    fn place_back(&self, draft: &mut Draft, back: &Back<'a>, grant: &GrantChange, seated: Option<&Seated>) {
        let action = match (&grant.before, &grant.after) {
            (None, _) => Action::Withdraw,
            (Some(_), None) => Action::Grant,
            (Some(_), Some(_)) => Action::Regrant,
        };
        let none = Given { kind: grant.kind, object: None, at: None };
        let given = grant.given.clone().unwrap_or(none);
        if let Some(gone) = self.gone(&given) {
            return stays(draft, back, action, Reason::UnknownName, &gone, grant);
        }
        let requests = match (grant.kind, &given.object) {
            (GrantKind::Department, Some(id)) => {
                self.operator_back(back, grant, &OperatorsOf::Department(id.clone()), seated)
            }
            (GrantKind::ContactCenter, Some(id)) => {
                self.operator_back(back, grant, &OperatorsOf::ContactCenter(id.clone()), seated)
            }
            (GrantKind::CompanyAdmin, _) => {
                let fields = vec![UserField::CompanyAdmin(grant.before.is_some())];
                Some(vec![AdminRequest::PatchUser { user: back.api.clone(), fields }])
            }
            (GrantKind::Policy, Some(policy)) => {
                let (policy, user) = (policy.clone(), back.api.clone());
                let (at, _) = self.policy_at(given.at.as_ref());
                Some(vec![match grant.before {
                    Some(_) => AdminRequest::AssignPolicy { policy, user, at },
                    None => AdminRequest::UnassignPolicy { policy, user, at },
                }])
            }
            (GrantKind::Channel, Some(channel)) => {
                let (channel, user) = (channel.clone(), back.api.clone());
                Some(vec![match grant.before {
                    Some(_) => AdminRequest::AddChannelMember { channel, user },
                    None => AdminRequest::RemoveChannelMember { channel, user },
                }])
            }
            (GrantKind::Department | GrantKind::ContactCenter | GrantKind::Policy | GrantKind::Channel, None)
            | (GrantKind::Office | GrantKind::License | GrantKind::Setting | GrantKind::OfficeAdmin, _) => None,
        };
        let Some(requests) = requests else {
            let message = format!("the run did not write down what {} was", words(grant));
            return stays(draft, back, action, Reason::MissingRequired, &message, grant);
        };
        let mut planned = self.back_change(back, action, &given, vec![turned(grant)], requests);
        if action == Action::Grant {
            planned.change.depends_on.extend(seated.iter().flat_map(|seated| seated.needs.clone()));
            planned.seat = self.seat_of_place(back, grant, seated);
        }
        draft.planned.push(planned);
    }

    /// The requests that make somebody again what they were; `None` when that was not written down.
    fn operator_back(
        &self,
        back: &Back<'a>,
        grant: &GrantChange,
        group: &OperatorsOf,
        seated: Option<&Seated>,
    ) -> Option<Vec<AdminRequest>> {
        let user = || back.api.clone();
        let remove = AdminRequest::RemoveOperator { group: group.clone(), user: user() };
        let Some(before) = &grant.before else { return Some(vec![remove]) };
        let (post, skill) = read_post(before)?;
        let is_center = matches!(group, OperatorsOf::ContactCenter(_));
        let add = AdminRequest::AddOperator {
            group: group.clone(),
            user: user(),
            post,
            skill: skill.filter(|_| is_center),
            license: is_center.then(|| agent_license(back.member, seated)),
            keep_paid_numbers: is_center.then_some(self.manifest().grants.keep_paid_numbers),
        };
        match (grant.after.as_deref().map(read_post), group) {
            (None, _) => Some(vec![add]),
            (Some(Some((held, _))), OperatorsOf::ContactCenter(id)) if held == post => {
                let skill = skill?;
                Some(vec![AdminRequest::SetSkill { contact_center: id.clone(), user: user(), skill }])
            }
            (Some(_), _) => Some(vec![remove, add]),
        }
    }

    /// The seat that a place in a contact center takes where its person has no agent's licence.
    fn seat_of_place(&self, back: &Back<'a>, grant: &GrantChange, seated: Option<&Seated>) -> Seat {
        let held = seated.and_then(|seated| seated.license.clone()).or_else(|| back.member.license.clone());
        if grant.kind != GrantKind::ContactCenter || held.as_ref().is_none_or(License::is_agent) {
            return Seat::default();
        }
        let office = back.member.office.clone();
        Seat { takes: office.clone().zip(Some(agent_license(back.member, seated))), frees: office.zip(held) }
    }

    /// Says that the department, contact center, policy or channel is not there any more.
    fn gone(&self, given: &Given) -> Option<String> {
        let id = given.object.as_ref()?;
        let is_there = match given.kind {
            GrantKind::Department => self.tenant.departments.iter().any(|of| of.id == *id),
            GrantKind::ContactCenter => self.tenant.contact_centers.iter().any(|of| of.id == *id),
            GrantKind::Policy => self.tenant.policies.iter().any(|of| of.id == *id),
            GrantKind::Channel => self.tenant.channels.iter().any(|of| of.id == *id),
            GrantKind::Office
            | GrantKind::License
            | GrantKind::Setting
            | GrantKind::OfficeAdmin
            | GrantKind::CompanyAdmin => true,
        };
        (!is_there).then(|| format!("the {} is gone", given.kind.noun()))
    }

    fn back_change(
        &self,
        back: &Back<'a>,
        action: Action,
        given: &Given,
        grants: Vec<GrantChange>,
        requests: Vec<AdminRequest>,
    ) -> Planned {
        let text = format!("takes back run {}: {} was changed", back.run, given.kind.noun());
        let cause = Cause { kind: CauseKind::Undo, text: text.into(), place: None };
        let mut change = change(action, back.subject.clone(), cause);
        change.id = with_grant(&change.id, given);
        change.grants = grants;
        change.requests = requests.into_iter().map(Request::Admin).collect();
        // From whom is suspended it is taken in the same plan, or not at all.
        let together = back.together.clone().filter(|_| action == Action::Withdraw);
        Planned { together, ..Planned::open(change) }
    }
}

/// Holds what cannot be taken back.
fn stays(draft: &mut Draft, back: &Back, action: Action, reason: Reason, message: &str, grant: &GrantChange) {
    let message = format!("{} does not go back: {message}", words(grant));
    let mut held = held(reason, back.subject.clone(), Some(action), message.into(), Vec::new());
    held.remedy = "change it in Dialpad by hand, where it should be as it was".into();
    draft.held.push(held);
}

/// The licence that a contact center's agent holds: the person's, where it is one.
fn agent_license(member: &Member, seated: Option<&Seated>) -> License {
    let held = seated.and_then(|seated| seated.license.clone()).or_else(|| member.license.clone());
    held.filter(License::is_agent).unwrap_or(License::Agents)
}

/// A grant the other way round.
fn turned(grant: &GrantChange) -> GrantChange {
    GrantChange { before: grant.after.clone(), after: grant.before.clone(), ..grant.clone() }
}

/// `contact center Support EMEA`, `licence`.
fn words(grant: &GrantChange) -> String {
    let at = grant.at.as_ref().map(|at| format!(" in {at}")).unwrap_or_default();
    format!("{} {}{at}", grant.kind.noun(), grant.name).replace("  ", " ").trim_end().to_owned()
}

/// What a plan wrote of an operator, read again; `None` where it did not know as what.
fn read_post(text: &str) -> Option<(Post, Option<u8>)> {
    let (post, skill) = match text.split_once(", skill ") {
        Some((post, skill)) => (post, Some(skill.parse().ok()?)),
        None => (text, None),
    };
    let post = [Post::Operator, Post::Supervisor, Post::Admin].into_iter().find(|known| known.as_str() == post)?;
    Some((post, skill))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::post_text;

    #[test]
    fn what_a_plan_writes_of_an_operator_is_read_again() {
        for post in [Post::Operator, Post::Supervisor, Post::Admin] {
            for skill in [None, Some(1), Some(100)] {
                assert_eq!(read_post(&post_text(post, skill)), Some((post, skill)));
            }
        }
        for odd in ["operator of some kind", "", "operator, skill many", "operator, skill 300"] {
            assert_eq!(read_post(odd), None, "{odd}");
        }
    }
}
