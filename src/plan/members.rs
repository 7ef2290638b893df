//! Who belongs to a group, and who is in it.

use super::{
    Action, Cause, CauseKind, ChangeId, Draft, MemberName, Note, Reason, Ref, Remember, Subject,
    draft::{Gate, NAMED, Planned, change, names},
    groups::Groups,
    index::At,
    matching::Found,
    scene::Scene,
    users::Account,
};
use crate::{
    desired,
    manifest::Membership,
    names::{Place, SourceId, TargetId, Text, sort_by_text},
};

/// The members that a group should have.
#[derive(Default)]
struct Belonging<'a> {
    /// Accounts of those who have one; sorted.
    accounts: Vec<At>,
    /// Those who get one in this plan; sorted.
    created: Vec<MemberName>,
    /// Accounts that may stay, those of people out of scope or in doubt too; sorted.
    may_stay: Vec<At>,
    /// Accounts that may stay and were not read; sorted.
    unread: Vec<&'a TargetId>,
    /// People without an account, by name.
    left_out: Vec<Text>,
}

/// Who is in a live group.
struct Present<'l, 'a> {
    ids: &'l [&'a TargetId],
    /// The account of each id, where one was read: nested groups have none.
    accounts: Vec<Option<At>>,
    /// The accounts alone; sorted, as the ids are.
    sorted: Vec<At>,
}

impl Present<'_, '_> {
    fn has(&self, account: At) -> bool {
        self.sorted.binary_search(&account).is_ok()
    }
}

impl<'a> Groups<'_, '_, 'a> {
    /// Plans who comes and who goes.
    pub(super) fn members(
        &self,
        draft: &mut Draft,
        wanted: &desired::Group,
        at: Option<At>,
        subject: &Subject,
        needs: &[ChangeId],
    ) {
        let Some(place) = &self.mappings.members else { return };
        let object = at.map(|at| self.matcher.objects.get(at));
        let live = self.present(at.map(|at| self.matcher.objects.members(at)).unwrap_or_default());
        let belonging = self.belonging(wanted, &live);
        self.name_left_out(draft, subject, &belonging.left_out);
        let text = format!("members of group {}", wanted.group.name);
        let cause = Cause { kind: CauseKind::Membership, text: text.into(), place: Some(place.clone()) };
        let joining = belonging.accounts.iter().filter(|at| !live.has(**at));
        let added: Vec<MemberName> =
            joining.map(|at| self.account(*at)).chain(belonging.created.iter().cloned()).collect();
        if !added.is_empty() {
            let mut add = change(Action::AddMembers, subject.clone(), cause.clone());
            add.version = object.and_then(|object| object.version.cloned());
            add.depends_on = needs.to_vec();
            add.members.added = added;
            draft.plan(add);
        }
        let removed = self.strangers(&live, &belonging);
        if removed.is_empty() || self.mappings.membership == Membership::AddOnly {
            return;
        }
        let mut remove = change(Action::RemoveMembers, subject.clone(), cause);
        remove.version = object.and_then(|object| object.version.cloned());
        remove.depends_on = needs.to_vec();
        let unread = self.scene.unread_groups().or_else(|| wanted.doubt.clone());
        let mut gates: Vec<Gate> = Scene::incomplete(unread).into_iter().collect();
        let first = self.first_removals(wanted, &removed, place);
        let remember = first.is_some().then(|| Box::new(Remember::RemovalsAllowed { group: wanted.group.id.clone() }));
        gates.extend(first);
        remove.members.removed = removed;
        draft.planned.push(Planned { gates, remember, ..Planned::open(remove) });
    }

    /// The members of a group that takes the place of another; the gate of those who would be lost by it.
    pub(super) fn moved_members(
        &self,
        draft: &mut Draft,
        wanted: &desired::Group,
        old: At,
        subject: &Subject,
        needs: &[ChangeId],
    ) -> Option<Gate> {
        let place = self.mappings.members.as_ref()?;
        let live = self.present(self.matcher.objects.members(old));
        let belonging = self.belonging(wanted, &live);
        self.name_left_out(draft, subject, &belonging.left_out);
        let lost = match self.mappings.membership {
            Membership::Exact => self.strangers(&live, &belonging),
            Membership::AddOnly => Vec::new(),
        };
        let mut added: Vec<MemberName> = belonging.accounts.iter().map(|at| self.account(*at)).collect();
        added.extend(belonging.created);
        added.extend(live.ids.iter().map(|id| self.member(id)).filter(|member| !lost.contains(member)));
        added.sort_by(|left, right| left.account.cmp(&right.account));
        added.dedup_by(|left, right| left.account == right.account);
        if !added.is_empty() {
            let text = format!("members of group {}", wanted.group.name);
            let cause = Cause { kind: CauseKind::Membership, text: text.into(), place: Some(place.clone()) };
            let mut add = change(Action::AddMembers, subject.clone(), cause);
            add.depends_on = needs.to_vec();
            add.members.added = added;
            draft.plan(add);
        }
        self.first_removals(wanted, &lost, place).filter(|_| !lost.is_empty())
    }

    /// The gate of the first removals from a group that was found rather than made.
    fn first_removals(&self, wanted: &desired::Group, removed: &[MemberName], place: &Place) -> Option<Gate> {
        if self.link(&wanted.group.id).is_some_and(|link| link.removals) {
            return None;
        }
        let gone: Vec<Text> = removed.iter().take(NAMED).map(|member| member.name.clone()).collect();
        let message = format!(
            "the group was found and not made by us; these would be its first removals: {}",
            names(&gone, removed.len())
        );
        Some(Gate::new(Reason::FirstRemovals, message.into()).at(place))
    }

    fn present<'l>(&self, ids: &'l [&'a TargetId]) -> Present<'l, 'a> {
        let accounts: Vec<Option<At>> = ids.iter().map(|id| self.users.matcher.objects.find(id)).collect();
        let sorted = accounts.iter().flatten().copied().collect();
        Present { ids, accounts, sorted }
    }

    fn belonging(&self, wanted: &desired::Group, live: &Present) -> Belonging<'a> {
        let users = self.users;
        let mut belonging = Belonging::default();
        for id in &wanted.members {
            let Some(who) = self.scene.position(id) else {
                // Not read, or gone: an account that is linked to them may stay.
                if let Some(target) = self.linked(id) {
                    match users.matcher.objects.find(target) {
                        Some(at) => belonging.may_stay.push(at),
                        None => belonging.unread.push(target),
                    }
                }
                continue;
            };
            let person = self.scene.people[who];
            let mut is_member = false;
            match &users.found[who] {
                Found::One { at, .. } => {
                    is_member = live.has(*at);
                    belonging.may_stay.push(*at);
                }
                Found::Unclear(unclear) => belonging.may_stay.extend(&unclear.candidates),
                Found::Nothing { .. } => {}
            }
            match &users.accounts[who] {
                Account::Live(at) if person.standing.is_entitled() => belonging.accounts.push(*at),
                Account::Created { change, name } => {
                    let account = Ref::Created(change.clone());
                    belonging.created.push(MemberName { name: name.clone(), account });
                }
                Account::None | Account::Live(_) if !is_member => {
                    belonging.left_out.push(person.person.label().clone());
                }
                Account::None | Account::Live(_) => {}
            }
        }
        belonging.may_stay.sort_unstable();
        belonging.accounts.sort_unstable();
        belonging.unread.sort_unstable();
        sort_by_text(&mut belonging.created, |member| match &member.account {
            Ref::Created(change) => &change.0,
            Ref::Live(id) => id.as_str(),
        });
        belonging
    }

    fn linked(&self, id: &SourceId) -> Option<&'a TargetId> {
        self.users.link(id).map(|link| &link.target)
    }

    /// Live members who do not belong. Groups within the group are left as they are:
    /// what is compared is people.
    fn strangers(&self, live: &Present, belonging: &Belonging) -> Vec<MemberName> {
        let stays = |id: &TargetId, account: Option<At>| match account {
            Some(at) => belonging.may_stay.binary_search(&at).is_ok(),
            None => belonging.unread.binary_search(&id).is_ok(),
        };
        let is_group = |id: &TargetId| self.matcher.objects.find(id).is_some();
        let members = live.ids.iter().zip(&live.accounts);
        let strangers = members.filter(|(id, account)| !stays(id, **account) && !is_group(id));
        strangers.map(|(id, _)| self.member(id)).collect()
    }

    /// An account as a member.
    fn account(&self, at: At) -> MemberName {
        let object = self.users.matcher.objects.get(at);
        MemberName { name: object.label.clone(), account: Ref::Live(object.id.clone()) }
    }

    fn member(&self, id: &TargetId) -> MemberName {
        let objects = &self.users.matcher.objects;
        let name = objects.find(id).map_or_else(|| id.text().clone(), |at| objects.get(at).label.clone());
        MemberName { name, account: Ref::Live(id.clone()) }
    }

    fn name_left_out(&self, draft: &mut Draft, subject: &Subject, left_out: &[Text]) {
        if left_out.is_empty() {
            return;
        }
        let people = crate::names::count(left_out.len(), "person", "people");
        let verb = if left_out.len() == 1 { "is" } else { "are" };
        let message = format!(
            "{people} of group {} {verb} left out, without an account or out of scope: {}",
            subject.name,
            names(left_out, left_out.len())
        );
        let place = self.mappings.members.clone();
        draft.notes.push(Note { code: "member_left_out".into(), message: message.into(), place });
    }
}
