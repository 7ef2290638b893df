//! What a person is to operate and administer, and to be a member of, compared with what is.

use super::{Grants, Group, Person, by_role, person::Seated};
use crate::{
    desired::{Given as Wanted, Granted, Picked, Single, post_text},
    live::tenant::Section,
    manifest::{ContactCenterGrant, OfficeAdmin},
    memory::{Given, GrantKind},
    names::{ApiId, License, Place, Post, RoleName, Text},
    plan::{
        Action, AdminRequest, Draft, GrantChange, OperatorsOf, Reason, Remember, UserField, draft::Planned,
        guard::held, seats::Seat,
    },
};

/// A place among operators that is wanted.
struct Position<'w> {
    group: OperatorsOf,
    kind: GrantKind,
    name: &'w Text,
    post: Post,
    skill: Option<u8>,
    role: &'w RoleName,
    place: &'w Place,
}

impl<'a> Grants<'_, '_, 'a> {
    pub(super) fn places(
        &mut self,
        draft: &mut Draft,
        person: &Person<'_, 'a>,
        granted: &Granted<'a>,
        seated: &Seated<'a>,
    ) {
        self.departments(draft, person, granted, seated);
        self.contact_centers(draft, person, granted, seated);
        self.office_admin(draft, person, granted, seated);
        self.company_admin(draft, person, granted);
        self.policies(draft, person, granted);
        self.channels(draft, person, granted);
    }

    /// Says that a person is to have something, for what is taken away later.
    fn want(&mut self, person: &Person, given: &Given) {
        if let Some(member) = person.member {
            self.wanted.insert((member.id.clone(), given.clone()));
        }
    }

    /// What the person has already is remembered as given, so that it can be taken away with the role.
    fn has(&self, draft: &mut Draft, person: &Person, given: Given) {
        let known = self.scene.inputs.memory.grants.get(person.id).is_some_and(|all| all.contains(&given));
        if !known {
            draft.remember.push(Remember::Granted { person: person.id.clone(), given });
        }
    }

    /// A name that leads nowhere. What the person had by that name must not be taken for it.
    fn unknown(&mut self, draft: &mut Draft, person: &Person, message: String, place: &Place) {
        self.unsure.extend(person.member.map(|member| member.id.clone()));
        let places = vec![place.clone()];
        draft.held.push(held(Reason::UnknownName, person.subject.clone(), Some(Action::Grant), message.into(), places));
    }

    fn departments(&mut self, draft: &mut Draft, person: &Person<'_, 'a>, granted: &Granted<'a>, seated: &Seated<'a>) {
        if !self.is_read(Section::Departments) {
            return;
        }
        for Wanted { value, role, place } in &granted.departments {
            let department = match self.names.department(&value.name, value.office.as_ref()) {
                Ok(department) => department,
                Err((message, _)) => {
                    self.unknown(draft, person, message, place);
                    continue;
                }
            };
            if !self.holders.knows(Group::Department, &department.id) {
                continue;
            }
            let post = Position {
                group: OperatorsOf::Department(department.id.clone()),
                kind: GrantKind::Department,
                name: &department.name,
                post: value.post,
                skill: None,
                role,
                place,
            };
            self.operator(draft, person, &post, granted, seated, &mut true);
        }
    }

    fn contact_centers(
        &mut self,
        draft: &mut Draft,
        person: &Person<'_, 'a>,
        granted: &Granted<'a>,
        seated: &Seated<'a>,
    ) {
        if !self.is_read(Section::ContactCenters) {
            return;
        }
        // The first place of an agent without an agent's licence takes one; the others come after it.
        let mut is_agent = seated.license.as_ref().is_none_or(License::is_agent);
        for Wanted { value, role, place } in &granted.contact_centers {
            let ContactCenterGrant { name, office, post, skill } = value;
            let center = match self.names.contact_center(name, office.as_ref()) {
                Ok(center) => center,
                Err((message, _)) => {
                    self.unknown(draft, person, message, place);
                    continue;
                }
            };
            if !self.holders.knows(Group::ContactCenter, &center.id) {
                continue;
            }
            let post = Position {
                group: OperatorsOf::ContactCenter(center.id.clone()),
                kind: GrantKind::ContactCenter,
                name: &center.name,
                post: *post,
                skill: skill.filter(|_| self.is_read(Section::Skills)),
                role,
                place,
            };
            self.operator(draft, person, &post, granted, seated, &mut is_agent);
        }
    }

    fn operator(
        &mut self,
        draft: &mut Draft,
        person: &Person<'_, 'a>,
        wanted: &Position,
        granted: &Granted<'a>,
        seated: &Seated<'a>,
        is_agent: &mut bool,
    ) {
        let (group, object) = match &wanted.group {
            OperatorsOf::Department(id) => (Group::Department, id.clone()),
            OperatorsOf::ContactCenter(id) => (Group::ContactCenter, id.clone()),
        };
        let held = person.member.and_then(|member| self.holders.operator(group, &object, member));
        let given = Given { kind: wanted.kind, object: Some(object), at: None };
        self.want(person, &given);
        let add = AdminRequest::AddOperator {
            group: wanted.group.clone(),
            user: person.api.clone(),
            post: wanted.post,
            skill: wanted.skill,
            license: (wanted.kind == GrantKind::ContactCenter).then(|| self.agent_license(seated)),
            keep_paid_numbers: (wanted.kind == GrantKind::ContactCenter)
                .then_some(self.manifest().grants.keep_paid_numbers),
        };
        let mut seat = Seat::default();
        let mut taken = None;
        let (action, requests, before, after) = match held {
            None if self.is_undone(draft, person, wanted, granted) => return,
            None => {
                if !*is_agent {
                    // Dialpad takes the licence with the place.
                    *is_agent = true;
                    taken = Some(GrantChange {
                        kind: GrantKind::License,
                        name: "".into(),
                        at: None,
                        before: seated.license.as_ref().map(|license| license.as_str().into()),
                        after: Some(self.agent_license(seated).as_str().into()),
                        given: None,
                        place: wanted.place.clone(),
                    });
                    let office = seated.office.map(|office| office.id.clone());
                    let license = |license: Option<License>| office.clone().zip(license);
                    seat = Seat {
                        takes: license(Some(self.agent_license(seated))),
                        frees: license(seated.license.clone()),
                    };
                }
                (Action::Grant, vec![add], None, post_text(wanted.post, wanted.skill))
            }
            Some(operator) => {
                let post = operator.post.unwrap_or(wanted.post);
                // A skill that the manifest does not set is left as it is.
                let before = post_text(post, operator.skill);
                let skill = wanted.skill.or(operator.skill);
                if post != wanted.post {
                    let remove = AdminRequest::RemoveOperator { group: wanted.group.clone(), user: person.api.clone() };
                    // No call changes what an operator is.
                    let add = with_skill(add, skill.filter(|_| wanted.kind == GrantKind::ContactCenter));
                    (Action::Regrant, vec![remove, add], Some(before), post_text(wanted.post, skill))
                } else if let (Some(skill), OperatorsOf::ContactCenter(id)) = (wanted.skill, &wanted.group)
                    && operator.skill != Some(skill)
                {
                    let set = AdminRequest::SetSkill { contact_center: id.clone(), user: person.api.clone(), skill };
                    (Action::Regrant, vec![set], Some(before), post_text(post, Some(skill)))
                } else {
                    return self.has(draft, person, given);
                }
            }
        };
        let cause = by_role(wanted.role, wanted.place);
        let grant = GrantChange {
            kind: wanted.kind,
            name: wanted.name.clone(),
            at: None,
            before,
            after: Some(after),
            given: Some(given.clone()),
            place: wanted.place.clone(),
        };
        let grants = std::iter::once(grant).chain(taken).collect();
        let mut change = self.change(action, person, &given, cause, grants, requests);
        change.depends_on.extend(seated.needs.iter().cloned());
        let planned = Planned { seat, ..Planned::open(change) };
        self.propose(draft, person, planned);
    }

    /// Whether Dialpad would give a licence with the place that the roles take back in the next plan.
    fn is_undone(&self, draft: &mut Draft, person: &Person, wanted: &Position, granted: &Granted) -> bool {
        let Some(Single { value: Picked::Value(License::Talk), role, place, .. }) = &granted.license else {
            return false;
        };
        if wanted.kind != GrantKind::ContactCenter {
            return false;
        }
        let message = format!(
            "contact center {} needs Sell or Support, and the role {role} gives {}",
            wanted.name,
            License::Talk.product()
        );
        let places = vec![wanted.place.clone(), (*place).clone()];
        let mut held =
            held(Reason::MissingRequired, person.subject.clone(), Some(Action::Grant), message.into(), places);
        held.remedy = "declare the role that gives an agent's licence before the other one".into();
        draft.held.push(held);
        true
    }

    /// The licence that a contact center's agent holds: the person's, where it is one.
    fn agent_license(&self, seated: &Seated) -> License {
        seated.license.clone().filter(License::is_agent).unwrap_or(License::Agents)
    }

    /// All offices that the person administers are one list in one request.
    fn office_admin(&mut self, draft: &mut Draft, person: &Person<'_, 'a>, granted: &Granted<'a>, seated: &Seated<'a>) {
        if !self.is_read(Section::Offices) {
            return;
        }
        let mut wanted: Vec<(&ApiId, &Text, &RoleName, &Place)> = Vec::new();
        for Wanted { value, role, place } in &granted.office_admin {
            let offices = match value {
                OfficeAdmin::Own => seated.office.into_iter().map(Ok).collect(),
                OfficeAdmin::Named(names) => names.iter().map(|name| self.names.office(name)).collect::<Vec<_>>(),
            };
            for office in offices {
                match office {
                    Ok(office) if wanted.iter().any(|(id, ..)| **id == office.id) => {}
                    Ok(office) => wanted.push((&office.id, &office.name, role, place)),
                    Err((message, _)) => self.unknown(draft, person, message, place),
                }
            }
        }
        let held = person.member.map(|member| member.admin_offices.as_slice()).unwrap_or_default();
        let mut list = held.to_vec();
        let mut changes = Vec::new();
        let mut first = None;
        for (id, name, role, place) in wanted {
            let given = Given { kind: GrantKind::OfficeAdmin, object: Some(id.clone()), at: None };
            self.want(person, &given);
            if held.contains(id) {
                self.is_stored(draft, person, &format!("office_admin:{id}"));
                self.has(draft, person, given);
                continue;
            }
            let change = simple(GrantKind::OfficeAdmin, name, None, &given, place);
            if self.is_not_stored(draft, person, &change) {
                continue;
            }
            first.get_or_insert((role, place));
            list.push(id.clone());
            changes.push(change);
        }
        let Some((role, place)) = first else { return };
        let request = AdminRequest::PatchUser { user: person.api.clone(), fields: vec![UserField::AdminOffices(list)] };
        let given = Given { kind: GrantKind::OfficeAdmin, object: None, at: None };
        let change = self.change(Action::Grant, person, &given, by_role(role, place), changes, vec![request]);
        self.propose(draft, person, Planned::open(change));
    }

    fn company_admin(&mut self, draft: &mut Draft, person: &Person<'_, 'a>, granted: &Granted<'a>) {
        let Some((role, place)) = granted.company_admin else { return };
        let given = Given { kind: GrantKind::CompanyAdmin, object: None, at: None };
        self.want(person, &given);
        if person.member.is_some_and(|member| member.company_admin) {
            self.is_stored(draft, person, "company_admin");
            return self.has(draft, person, given);
        }
        if self.is_not_stored(draft, person, &simple(GrantKind::CompanyAdmin, &"".into(), None, &given, place)) {
            return;
        }
        let request = AdminRequest::PatchUser { user: person.api.clone(), fields: vec![UserField::CompanyAdmin(true)] };
        let grant = simple(GrantKind::CompanyAdmin, &"".into(), None, &given, place);
        let change = self.change(Action::Grant, person, &given, by_role(role, place), vec![grant], vec![request]);
        self.propose(draft, person, Planned::open(change));
    }

    fn policies(&mut self, draft: &mut Draft, person: &Person<'_, 'a>, granted: &Granted<'a>) {
        if !self.is_read(Section::Policies) {
            return;
        }
        for Wanted { value, role, place } in &granted.policies {
            let (policy, at, shown) = match self.names.policy(&value.name, &value.at) {
                Ok(found) => found,
                Err((message, _)) => {
                    self.unknown(draft, person, message, place);
                    continue;
                }
            };
            if policy.assignments.is_none() {
                continue;
            }
            let id = at.as_ref().map(|target| target.id().clone());
            let given = Given { kind: GrantKind::Policy, object: Some(policy.id.clone()), at: id.clone() };
            self.want(person, &given);
            if person.member.is_some_and(|member| self.holders.has_policy(&policy.id, member, id.as_ref())) {
                self.has(draft, person, given);
                continue;
            }
            let request = AdminRequest::AssignPolicy { policy: policy.id.clone(), user: person.api.clone(), at };
            let grant = simple(GrantKind::Policy, &policy.name, shown, &given, place);
            let change = self.change(Action::Grant, person, &given, by_role(role, place), vec![grant], vec![request]);
            self.propose(draft, person, Planned::open(change));
        }
    }

    fn channels(&mut self, draft: &mut Draft, person: &Person<'_, 'a>, granted: &Granted<'a>) {
        if !self.is_read(Section::Channels) {
            return;
        }
        for Wanted { value, role, place } in &granted.channels {
            let channel = match self.names.channel(value) {
                Ok(channel) => channel,
                Err((message, _)) => {
                    self.unknown(draft, person, message, place);
                    continue;
                }
            };
            if channel.members.is_none() {
                continue;
            }
            let given = Given { kind: GrantKind::Channel, object: Some(channel.id.clone()), at: None };
            self.want(person, &given);
            if person.member.is_some_and(|member| self.holders.in_channel(&channel.id, member)) {
                self.has(draft, person, given);
                continue;
            }
            let request = AdminRequest::AddChannelMember { channel: channel.id.clone(), user: person.api.clone() };
            let grant = simple(GrantKind::Channel, &channel.name, None, &given, place);
            let change = self.change(Action::Grant, person, &given, by_role(role, place), vec![grant], vec![request]);
            self.propose(draft, person, Planned::open(change));
        }
    }
}

fn with_skill(request: AdminRequest, skill: Option<u8>) -> AdminRequest {
    match request {
        AdminRequest::AddOperator { group, user, post, skill: _, license, keep_paid_numbers } => {
            AdminRequest::AddOperator { group, user, post, skill, license, keep_paid_numbers }
        }
        other => other,
    }
}

/// Something that one has or has not.
fn simple(kind: GrantKind, name: &Text, at: Option<Text>, given: &Given, place: &Place) -> GrantChange {
    GrantChange {
        kind,
        name: name.clone(),
        at,
        before: None,
        after: Some("".into()),
        given: Some(given.clone()),
        place: place.clone(),
    }
}
