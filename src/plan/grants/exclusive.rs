//! Kinds of grants that are exclusive: in what a role names, whoever no role gives it to loses it.
//! Where a kind is not exclusive, what was given by hand stays, and is counted.

use std::collections::BTreeMap;

use super::{Grants, HashSet, withdraw::Taking};
use crate::{
    desired::{Cause, CauseKind},
    live::tenant::{Member, Section},
    manifest::OfficeAdmin,
    memory::{Given, GrantKind},
    names::{ApiId, Place, SourceId, Text},
    plan::{Action, Draft, Kind, Subject, draft::user, scene::Scene},
};

/// Something that a role names, and who has it.
struct Named<'a> {
    given: Given,
    place: &'a Place,
    holders: Vec<&'a ApiId>,
    exclusive: bool,
}

impl<'a> Grants<'_, '_, 'a> {
    pub(super) fn exclusive(&self, draft: &mut Draft) {
        let taken: HashSet<(Option<SourceId>, Given)> = draft
            .planned
            .iter()
            .filter(|planned| matches!(planned.change.action, Action::Withdraw | Action::Regrant))
            .flat_map(|planned| planned.change.grants.iter().map(move |grant| (&planned.change.subject, grant)))
            .filter_map(|(subject, grant)| Some((subject.source.clone(), grant.given.clone()?)))
            .collect();
        let mut losing: BTreeMap<usize, Vec<(Given, &Place)>> = BTreeMap::new();
        for Named { given, place, holders, exclusive } in self.named() {
            for id in holders {
                let Some(at) = self.holders.position(id) else { continue };
                let member = self.records.member(at);
                if self.wanted.contains(&(id.clone(), given.clone())) || self.unsure.contains(id) {
                    continue;
                }
                let subject = self.subject_of(at, member);
                if taken.contains(&(subject.source.clone(), given.clone())) {
                    continue;
                }
                if !exclusive {
                    draft.count("ungranted", &subject.name, Some(place));
                    continue;
                }
                losing.entry(at).or_default().push((given.clone(), place));
            }
        }
        for (at, given) in losing {
            let member = self.records.member(at);
            let (subject, place) = (self.subject_of(at, member), given[0].1);
            let cause = Cause {
                kind: CauseKind::NotEntitled,
                text: "given by hand, and the manifest says `exclusive`".into(),
                place: Some(place.clone()),
            };
            let doubt = || self.scene.desired.doubt(&cause).cloned();
            let gates = Scene::incomplete(self.scene.unread_people().or_else(doubt)).into_iter().collect();
            let taking = Taking { subject, member, cause, gates, together: None, person: None };
            let lost: Vec<&Given> = given.iter().map(|(given, _)| given).collect();
            self.take(draft, &taking, &lost);
        }
    }

    /// The account of a record; one that SCIM does not have goes by its address.
    fn subject_of(&self, at: usize, member: &Member) -> Subject {
        let objects = &self.users.matcher.objects;
        match self.records.account_of(at).map(|at| objects.get(at)) {
            Some(object) => {
                let source = self.users.matcher.owners.get(object.id).copied();
                user(object.label, source, Some(object.id))
            }
            None => {
                let name: Text = member.emails.first().cloned().unwrap_or_else(|| member.id.text().clone());
                Subject { kind: Kind::User, name, source: None, target: None }
            }
        }
    }

    /// Everything that a role names, once, with who has it.
    fn named(&self) -> Vec<Named<'a>> {
        let rules = &self.manifest().grants.exclusive;
        let mut named: Vec<Named> = Vec::new();
        let mut add = |kind, object: Option<&ApiId>, at: Option<&ApiId>, place, exclusive, holders: Vec<&'a ApiId>| {
            let given = Given { kind, object: object.cloned(), at: at.cloned() };
            if !named.iter().any(|known| known.given == given) {
                named.push(Named { given, place, holders, exclusive });
            }
        };
        let members = || self.tenant.users.iter();
        for grants in self.manifest().roles.iter().map(|role| &role.grants) {
            for grant in grants.departments.iter().filter(|_| self.is_read(Section::Departments)) {
                if let Ok(found) = self.names.department(&grant.value.name, grant.value.office.as_ref()) {
                    let holders = found.operators.iter().flatten().map(|operator| &operator.user).collect();
                    add(GrantKind::Department, Some(&found.id), None, &grant.place, rules.departments, holders);
                }
            }
            for grant in grants.contact_centers.iter().filter(|_| self.is_read(Section::ContactCenters)) {
                if let Ok(found) = self.names.contact_center(&grant.value.name, grant.value.office.as_ref()) {
                    let holders = found.operators.iter().flatten().map(|operator| &operator.user).collect();
                    add(GrantKind::ContactCenter, Some(&found.id), None, &grant.place, rules.contact_centers, holders);
                }
            }
            for grant in grants.channels.iter().filter(|_| self.is_read(Section::Channels)) {
                if let Ok(found) = self.names.channel(&grant.value) {
                    let holders = found.members.iter().flatten().collect();
                    add(GrantKind::Channel, Some(&found.id), None, &grant.place, rules.channels, holders);
                }
            }
            for grant in grants.policies.iter().filter(|_| self.is_read(Section::Policies)) {
                if let Ok((found, at, _)) = self.names.policy(&grant.value.name, &grant.value.at) {
                    let at = at.as_ref().map(|target| target.id());
                    let holds = |one: &&'a crate::live::tenant::PolicyAssignment| at.is_none() || one.at.as_ref() == at;
                    let holders = found.assignments.iter().flatten().filter(holds).map(|one| &one.user).collect();
                    add(GrantKind::Policy, Some(&found.id), at, &grant.place, rules.policies, holders);
                }
            }
            if let Some(place) = &grants.company_admin {
                let holders = members().filter(|member| member.company_admin).map(|member| &member.id).collect();
                add(GrantKind::CompanyAdmin, None, None, place, rules.company_admin, holders);
            }
            if let Some(offices) = &grants.office_admin
                && let OfficeAdmin::Named(list) = &offices.value
            {
                for office in list.iter().filter_map(|name| self.names.office(name).ok()) {
                    let holds = |member: &&Member| member.admin_offices.contains(&office.id);
                    let holders = members().filter(holds).map(|member| &member.id).collect();
                    add(GrantKind::OfficeAdmin, Some(&office.id), None, &offices.place, rules.office_admin, holders);
                }
            }
        }
        named
    }
}
