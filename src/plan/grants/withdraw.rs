//! What roles gave and do not give any more: taken away, from leavers in the same plan
//! as their disable. Only what was given here is; see [`crate::memory::Memory::grants`].

use super::{Grants, Group, HashSet, now};
use crate::{
    desired::{Cause, CauseKind, Standing},
    live::tenant::{Member, Section},
    manifest::OnOutOfScope,
    memory::{Given, GrantKind},
    names::{ApiId, Place, SourceId, Text},
    plan::{
        Action, AdminRequest, ApiUser, Change, ChangeId, Draft, GrantChange, OperatorsOf, PolicyTarget, Remember,
        Request, Subject, UserField,
        draft::{Gate, Planned, user},
        matching::Found,
        scene::Scene,
    },
};

/// From whom something is taken, and why.
pub(super) struct Taking<'t, 'a> {
    pub subject: Subject,
    pub member: &'a Member,
    pub cause: Cause,
    pub gates: Vec<Gate>,
    /// The disable or delete of the same person.
    pub together: Option<ChangeId>,
    /// Of whom it is remembered that they had it.
    pub person: Option<&'t SourceId>,
}

impl<'a> Grants<'_, '_, 'a> {
    /// Takes away what roles gave and do not give any more.
    pub(super) fn withdraw(&self, draft: &mut Draft) {
        for (person, given) in &self.scene.inputs.memory.grants {
            let Some(taking) = self.taking(draft, person) else { continue };
            let is_wanted = |given: &Given| self.wanted.contains(&(taking.member.id.clone(), given.clone()));
            let lost: Vec<&Given> = given.iter().filter(|given| !is_wanted(given) && self.can_see(given)).collect();
            self.take(draft, &taking, &lost);
        }
    }

    /// The person, unless it is not certain whether they keep what they have.
    fn taking<'t>(&self, draft: &Draft, person: &'t SourceId) -> Option<Taking<'t, 'a>> {
        let standing = self.scene.desired.user(person).map(|user| &user.standing);
        let cause = match standing {
            Some(Standing::Entitled { .. }) => Cause {
                kind: CauseKind::Unassigned,
                text: "no role of the person gives it any more".into(),
                place: None,
            },
            Some(Standing::Out(cause)) => {
                let keeps = self.manifest().safety.on_out_of_scope == OnOutOfScope::Keep;
                if keeps && !cause.kind.is_directory() {
                    return None;
                }
                cause.clone()
            }
            Some(Standing::Unclear(_)) => return None,
            None => Cause { kind: CauseKind::Absent, text: "absent from the directory".into(), place: None },
        };
        let objects = &self.users.matcher.objects;
        let linked = self.scene.inputs.memory.users.get(person).and_then(|link| objects.find(&link.target));
        let found = self.scene.position(person).and_then(|who| match &self.users.found[who] {
            Found::One { at, .. } => Some(*at),
            Found::Nothing { .. } | Found::Unclear(_) => None,
        });
        let at = found.or(linked)?;
        let member = self.records.member_of(at)?;
        if self.unsure.contains(&member.id) {
            return None;
        }
        let object = objects.get(at);
        let doubt = || self.scene.desired.doubt(&cause).cloned();
        let gates = Scene::incomplete(self.scene.unread_people().or_else(doubt)).into_iter().collect();
        let together = self.planned.get(person).into_iter().flatten().map(|at| &draft.planned[*at].change);
        let together = together
            .filter(|change| matches!(change.action, Action::DisableUser | Action::DeleteUser))
            .map(|change| change.id.clone())
            .next();
        let subject = user(object.label, Some(person), Some(object.id));
        Some(Taking { subject, member, cause, gates, together, person: Some(person) })
    }

    /// Whether it was read who has such a thing.
    fn can_see(&self, given: &Given) -> bool {
        let read = |section| self.is_read(section);
        match given.kind {
            GrantKind::Department => read(Section::Departments) && self.knows(Group::Department, given),
            GrantKind::ContactCenter => read(Section::ContactCenters) && self.knows(Group::ContactCenter, given),
            GrantKind::Policy => {
                read(Section::Policies) && given.object.as_ref().is_some_and(|id| self.holders.knows_policy(id))
            }
            GrantKind::Channel => {
                read(Section::Channels) && given.object.as_ref().is_some_and(|id| self.holders.knows_channel(id))
            }
            GrantKind::OfficeAdmin => read(Section::Offices),
            GrantKind::CompanyAdmin => true,
            // Of these there is always one.
            GrantKind::Office | GrantKind::License | GrantKind::Setting => false,
        }
    }

    fn knows(&self, group: Group, given: &Given) -> bool {
        given.object.as_ref().is_some_and(|id| self.holders.knows(group, id))
    }

    /// One change for each thing; the offices that somebody administers are one list.
    pub(super) fn take(&self, draft: &mut Draft, taking: &Taking, lost: &[&Given]) {
        let (offices, others): (Vec<&Given>, Vec<&Given>) =
            lost.iter().partition(|given| given.kind == GrantKind::OfficeAdmin);
        for given in others {
            match self.taken(taking.member, given) {
                Some((request, grant)) => draft.planned.push(self.planned_take(taking, given, vec![grant], request)),
                None => self.forget(draft, taking, given),
            }
        }
        self.take_offices(draft, taking, &offices);
    }

    /// It is gone already.
    fn forget(&self, draft: &mut Draft, taking: &Taking, given: &Given) {
        if let Some(person) = taking.person {
            draft.remember.push(Remember::NotGranted { person: person.clone(), given: given.clone() });
        }
    }

    fn planned_take(&self, taking: &Taking, given: &Given, grants: Vec<GrantChange>, request: AdminRequest) -> Planned {
        let mut change = crate::plan::draft::change(Action::Withdraw, taking.subject.clone(), taking.cause.clone());
        change.id = super::with_grant(&change.id, given);
        change.grants = grants;
        change.requests = vec![Request::Admin(request)];
        Planned { gates: taking.gates.clone(), together: taking.together.clone(), ..Planned::open(change) }
    }

    /// The request that takes something away, if the person has it.
    fn taken(&self, member: &'a Member, given: &Given) -> Option<(AdminRequest, GrantChange)> {
        let user = ApiUser::Live(member.id.clone());
        let object = given.object.clone();
        let (request, name, at, before): (AdminRequest, Text, Option<Text>, Text) = match given.kind {
            GrantKind::Department => {
                let department = self.tenant.departments.iter().find(|of| Some(&of.id) == object.as_ref())?;
                let before = now::post(self.holders.operator(Group::Department, &department.id, member)?);
                let group = OperatorsOf::Department(department.id.clone());
                (AdminRequest::RemoveOperator { group, user }, department.name.clone(), None, before)
            }
            GrantKind::ContactCenter => {
                let center = self.tenant.contact_centers.iter().find(|of| Some(&of.id) == object.as_ref())?;
                let before = now::post(self.holders.operator(Group::ContactCenter, &center.id, member)?);
                let group = OperatorsOf::ContactCenter(center.id.clone());
                (AdminRequest::RemoveOperator { group, user }, center.name.clone(), None, before)
            }
            GrantKind::CompanyAdmin => {
                let fields = vec![UserField::CompanyAdmin(false)];
                (member.company_admin).then_some((
                    AdminRequest::PatchUser { user, fields },
                    "".into(),
                    None,
                    "".into(),
                ))?
            }
            GrantKind::Policy => {
                let policy = self.tenant.policies.iter().find(|of| Some(&of.id) == object.as_ref())?;
                let has = self.holders.has_policy(&policy.id, member, given.at.as_ref());
                let (at, shown) = self.policy_at(given.at.as_ref());
                let policy_id = policy.id.clone();
                let request = AdminRequest::UnassignPolicy { policy: policy_id, user, at };
                has.then(|| (request, policy.name.clone(), shown, "".into()))?
            }
            GrantKind::Channel => {
                let channel = self.tenant.channels.iter().find(|of| Some(&of.id) == object.as_ref())?;
                let has = self.holders.in_channel(&channel.id, member);
                let id = channel.id.clone();
                let request = AdminRequest::RemoveChannelMember { channel: id, user };
                has.then(|| (request, channel.name.clone(), None, "".into()))?
            }
            GrantKind::Office | GrantKind::License | GrantKind::Setting | GrantKind::OfficeAdmin => return None,
        };
        let given = Some(given.clone());
        let grant = GrantChange {
            kind: given.as_ref()?.kind,
            name,
            at,
            before: Some(before),
            after: None,
            given,
            place: Place::default(),
        };
        Some((request, grant))
    }

    /// Where a policy holds, and how people call it.
    pub(super) fn policy_at(&self, at: Option<&ApiId>) -> (Option<PolicyTarget>, Option<Text>) {
        let Some(id) = at else { return (None, None) };
        if let Some(office) = self.tenant.office(id) {
            return (Some(PolicyTarget::Office(id.clone())), Some(format!("office {}", office.name).into()));
        }
        let center = self.tenant.contact_centers.iter().find(|center| center.id == *id);
        let name = center.map_or_else(|| id.text().clone(), |center| center.name.clone());
        (Some(PolicyTarget::ContactCenter(id.clone())), Some(format!("contact center {name}").into()))
    }

    fn take_offices(&self, draft: &mut Draft, taking: &Taking, offices: &[&Given]) {
        let held = &taking.member.admin_offices;
        let mut changes = Vec::new();
        let mut gone: HashSet<ApiId> = HashSet::default();
        for given in offices {
            let Some(id) = given.object.as_ref().filter(|id| held.contains(id)) else {
                self.forget(draft, taking, given);
                continue;
            };
            gone.insert(id.clone());
            changes.push(GrantChange {
                kind: GrantKind::OfficeAdmin,
                name: self.tenant.office(id).map_or_else(|| id.text().clone(), |office| office.name.clone()),
                at: None,
                before: Some("".into()),
                after: None,
                given: Some((*given).clone()),
                place: Place::default(),
            });
        }
        if changes.is_empty() {
            return;
        }
        // Both are one list: what else is given in this plan must not be undone by it.
        let same = |planned: &&mut Planned| {
            planned.change.action == Action::Grant
                && planned.change.subject == taking.subject
                && planned.change.grants.first().is_some_and(|grant| grant.kind == GrantKind::OfficeAdmin)
        };
        if let Some(planned) = draft.planned.iter_mut().find(same) {
            without(&mut planned.change, &gone);
            planned.change.action = Action::Regrant;
            planned.change.grants.extend(changes);
            planned.gates.extend(taking.gates.clone());
            return;
        }
        let left = held.iter().filter(|id| !gone.contains(*id)).cloned().collect();
        let user = ApiUser::Live(taking.member.id.clone());
        let request = AdminRequest::PatchUser { user, fields: vec![UserField::AdminOffices(left)] };
        let given = Given { kind: GrantKind::OfficeAdmin, object: None, at: None };
        draft.planned.push(self.planned_take(taking, &given, changes, request));
    }
}

/// Takes offices out of the list that a change writes.
fn without(change: &mut Change, gone: &HashSet<ApiId>) {
    for request in &mut change.requests {
        if let Request::Admin(AdminRequest::PatchUser { fields, .. }) = request {
            for field in fields {
                if let UserField::AdminOffices(list) = field {
                    list.retain(|id| !gone.contains(id));
                }
            }
        }
    }
}
