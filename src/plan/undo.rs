//! The reverse of what a run did, as a plan to be reviewed like any other.
//!
//! Only what the run itself did is taken back, and only where it still stands: what
//! somebody has changed since stays as it is. An account that was created is
//! suspended, not deleted. Guards, budgets and `safety.protect` hold as always.
//! What went through the admin API is turned round in `grants/back`.

use std::collections::BTreeMap;

use super::{
    Action, AttributeChange, Cause, CauseKind, Change, ChangeId, Draft, Inputs, Kind, MemberName, Note, Operation,
    Options, Plan, Ref, Request, Sent, Subject,
    compare::{Comparison, id_or_self},
    draft::{change, sending},
    finish,
    index::{At, Object, Objects},
    operations::{Setting, operations},
    scene::Scene,
};
use crate::{
    desired,
    live::{self, Resource},
    names::{AttrPath, TargetId, Text, Value},
};

/// What a run did.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'a> {
    /// The run, for people.
    pub run: &'a Text,
    /// What it carried out.
    pub plan: &'a Plan,
    /// The changes that were done by it, each with its object where there is one.
    pub done: &'a BTreeMap<ChangeId, Option<TargetId>>,
}

/// Plans the way back from a run.
///
/// It cannot fail: what cannot be taken back is said in the notes.
pub fn undo(inputs: &Inputs, options: &Options, ran: Ran) -> Plan {
    let desired = desired::build(inputs.manifest, inputs.directory, inputs.now);
    let scene = Scene::new(inputs, options, &desired);
    // The budgets and the guards look at the tenant as a whole, as they do for every plan.
    let (accounts, whole) = super::draft(&scene);
    let draft = whole.emptied();
    let (groups, users) = (Objects::groups(inputs.live), &accounts.matcher.objects);
    let mut back = Back { inputs, ran, users, groups: &groups, draft, settings: BTreeMap::new() };
    for change in ran.plan.changes.iter().rev() {
        if let Some(target) = ran.done.get(&change.id) {
            back.take(change, target.as_ref().or(change.subject.target.as_ref()));
        }
    }
    back.settle();
    let mut draft = back.draft;
    let kept = format!(
        "this takes back run {}; a plan of the same manifest and directory brings it all again, so change them first",
        ran.run
    );
    draft.notes.push(Note { code: "undo".into(), message: kept.into(), place: None });
    super::grants::take_back(&accounts, &mut draft, ran);
    draft.tell_counts();
    finish::plan(&scene, draft)
}

/// The way back in the making.
struct Back<'b, 'a> {
    inputs: &'b Inputs<'a>,
    ran: Ran<'b>,
    users: &'b Objects<'a>,
    groups: &'b Objects<'a>,
    draft: Draft,
    /// Attributes that go back, by kind and account or group: one request for each.
    settings: BTreeMap<(Kind, At), Vec<Setback>>,
}

/// One attribute on its way back.
struct Setback {
    change: AttributeChange,
    sent: Option<Sent>,
    subject: Subject,
    multi_valued: bool,
}

impl<'a> Back<'_, 'a> {
    fn object(&self, kind: Kind, id: &TargetId) -> Option<(At, Object<'a>)> {
        let objects = match kind {
            Kind::User => self.users,
            Kind::Group => self.groups,
        };
        objects.find(id).map(|at| (at, *objects.get(at)))
    }

    fn cause(&self, what: &str) -> Cause {
        let text = format!("takes back run {}: {what}", self.ran.run);
        Cause { kind: CauseKind::Undo, text: text.into(), place: None }
    }

    fn take(&mut self, done: &Change, target: Option<&TargetId>) {
        let kind = done.action.kind();
        let name = &done.subject.name;
        let found = target.and_then(|id| self.object(kind, id));
        match (done.action, found) {
            (Action::DeleteUser | Action::DeleteGroup, _) => self.draft.count("undo_deleted", name, None),
            (Action::AdoptUser | Action::AdoptGroup, _) => self.draft.count("undo_adopted", name, None),
            // What goes through the admin API is taken back after all accounts.
            (
                Action::MoveOffice
                | Action::SetLicense
                | Action::SetSettings
                | Action::Grant
                | Action::Regrant
                | Action::Withdraw,
                _,
            ) => {}
            (_, None) => self.draft.count("undo_gone", name, None),
            (Action::CreateUser, Some((at, object))) if object.active => self.suspend(done, at, &object),
            (Action::CreateUser, Some(_)) => {}
            (Action::CreateGroup, Some((_, object))) => self.created_group(done, &object),
            (Action::AddMembers | Action::RemoveMembers, Some((at, object))) => self.members(done, at, &object),
            (
                Action::UpdateUser
                | Action::EnableUser
                | Action::DisableUser
                | Action::SetManager
                | Action::UpdateGroup,
                Some((at, object)),
            ) => self.attributes(done, at, &object),
        }
    }

    /// An account that the run created loses its access, and nothing else.
    fn suspend(&mut self, done: &Change, at: At, object: &Object) {
        let change = AttributeChange {
            path: AttrPath::core("active"),
            before: live::at(object.attributes, &AttrPath::core("active")).map(std::borrow::Cow::into_owned),
            after: Some(Value::Boolean(false)),
            place: done.cause.place.clone().unwrap_or_default().into(),
            redacted: false,
        };
        let subject = Subject { target: Some(object.id.clone()), ..done.subject.clone() };
        let sent = Some(Sent::Value(Value::Boolean(false)));
        // What else the run did to the account does not matter any more.
        self.settings.insert((Kind::User, at), vec![Setback { change, sent, subject, multi_valued: false }]);
    }

    fn created_group(&mut self, done: &Change, object: &Object) {
        if !self.inputs.manifest.groups.delete {
            return self.draft.count("undo_group_stays", object.label, None);
        }
        let subject = Subject { target: Some(object.id.clone()), ..done.subject.clone() };
        let request = Request::DeleteGroup { group: Ref::Live(object.id.clone()) };
        let cause = self.cause("the group was created");
        let mut delete = sending(Action::DeleteGroup, subject, cause, Vec::new(), request);
        delete.version = object.version.cloned();
        self.draft.plan(delete);
    }

    fn members(&mut self, done: &Change, at: At, object: &Object) {
        let there = self.groups.members(at);
        let is_there = |id: &TargetId| there.binary_search(&id).is_ok();
        let created = |of: &Ref| match of {
            Ref::Live(id) => Some(id.clone()),
            Ref::Created(change) => self.ran.done.get(change).cloned().flatten(),
        };
        let live = |member: &MemberName| {
            let account = created(&member.account).filter(|id| self.users.find(id).is_some())?;
            Some(MemberName { name: member.name.clone(), account: Ref::Live(account) })
        };
        let of = |member: &MemberName, wanted: bool| matches!(&member.account, Ref::Live(id) if is_there(id) == wanted);
        let added = &done.members.added;
        let leaving: Vec<MemberName> = added.iter().filter_map(live).filter(|member| of(member, true)).collect();
        let removed = &done.members.removed;
        let coming: Vec<MemberName> = removed.iter().filter_map(live).filter(|member| of(member, false)).collect();
        let subject = Subject { name: object.label.clone(), target: Some(object.id.clone()), ..done.subject.clone() };
        let moves =
            [(Action::RemoveMembers, leaving, "they were added"), (Action::AddMembers, coming, "they were removed")];
        for (action, members, what) in moves {
            if members.is_empty() {
                continue;
            }
            let mut moved = change(action, subject.clone(), self.cause(what));
            moved.version = object.version.cloned();
            match action {
                Action::AddMembers => moved.members.added = members,
                _ => moved.members.removed = members,
            }
            self.draft.plan(moved);
        }
    }

    /// The attributes of an object that exists go back to what they were, where they still are as the run left them.
    fn attributes(&mut self, done: &Change, at: At, object: &Object<'a>) {
        let kind = done.action.kind();
        let resource = match kind {
            Kind::User => Resource::User,
            Kind::Group => Resource::Group,
        };
        let subject = Subject { name: object.label.clone(), target: Some(object.id.clone()), ..done.subject.clone() };
        for attribute in done.attributes.iter() {
            let path = &attribute.path;
            let comparison = Comparison::of(&self.inputs.live.schema, resource, path);
            let held = live::at(object.attributes, path);
            let same = |wanted: &Value| held.as_deref().is_some_and(|held| comparison.holds(held, wanted));
            let reference = self.referred(done, path);
            let stands = match (&reference, &attribute.after) {
                (Some(account), _) => {
                    held.as_deref().map(id_or_self).and_then(Value::as_text).map(|text| &**text)
                        == Some(account.as_str())
                }
                (None, Some(after)) => same(after),
                (None, None) => held.is_none(),
            };
            if !stands {
                if !attribute.before.as_ref().is_some_and(same) {
                    self.draft.count("undo_changed_since", &format!("{path} of {}", object.label).into(), None);
                }
                continue;
            }
            let back_to = attribute.before.as_ref().and_then(Value::as_text).filter(|_| reference.is_some());
            let back_to = back_to.map(|id| TargetId::new(id.clone()));
            let (sent, after) = match back_to {
                // People read a name where an id is sent.
                Some(id) => {
                    let name =
                        self.object(Kind::User, &id).map_or_else(|| id.text().clone(), |(_, of)| of.label.clone());
                    (Some(Sent::Reference(Ref::Live(id))), Some(Value::Text(name)))
                }
                None => (attribute.before.clone().map(Sent::Value), attribute.before.clone()),
            };
            let before = held.map(|held| match reference {
                Some(_) => id_or_self(&held).clone(),
                None => held.into_owned(),
            });
            let change = AttributeChange {
                path: path.clone(),
                before,
                after,
                place: attribute.place.clone(),
                redacted: attribute.redacted,
            };
            let multi_valued = comparison.multi_valued;
            let setback = Setback { change, sent, subject: subject.clone(), multi_valued };
            self.settings.entry((kind, at)).or_default().push(setback);
        }
    }

    /// The account that a reference was set to, where the attribute is one.
    fn referred(&self, done: &Change, path: &AttrPath) -> Option<TargetId> {
        let operations = done.requests.iter().filter_map(|request| match request {
            Request::PatchUser { operations, .. } | Request::PatchGroup { operations, .. } => Some(operations),
            Request::CreateUser { .. }
            | Request::DeleteUser { .. }
            | Request::CreateGroup { .. }
            | Request::AddMembers { .. }
            | Request::RemoveMembers { .. }
            | Request::DeleteGroup { .. }
            | Request::Admin(_) => None,
        });
        operations.flatten().find_map(|operation| match operation {
            Operation::Add { path: at, value: Sent::Reference(of) }
            | Operation::Replace { path: at, value: Sent::Reference(of) }
                if *at == path.top() =>
            {
                match of {
                    Ref::Live(id) => Some(id.clone()),
                    Ref::Created(change) => self.ran.done.get(change).cloned().flatten(),
                }
            }
            Operation::Add { .. } | Operation::Replace { .. } | Operation::Remove { .. } => None,
        })
    }

    /// One change for each object whose attributes go back.
    fn settle(&mut self) {
        for ((kind, at), setbacks) in std::mem::take(&mut self.settings) {
            let object = match kind {
                Kind::User => *self.users.get(at),
                Kind::Group => *self.groups.get(at),
            };
            let settings: Vec<Setting> = setbacks
                .iter()
                .map(|back| Setting {
                    path: &back.change.path,
                    after: back.sent.clone(),
                    multi_valued: back.multi_valued,
                })
                .collect();
            let operations = operations(object.attributes, &settings);
            let active = setbacks.iter().find(|back| back.change.path.is("active")).and_then(|back| match back.sent {
                Some(Sent::Value(Value::Boolean(active))) => Some(active),
                _ => None,
            });
            let (action, what) = match (kind, active) {
                (Kind::Group, _) => (Action::UpdateGroup, "it was changed"),
                (Kind::User, Some(true)) => (Action::EnableUser, "the account was suspended"),
                (Kind::User, Some(false)) => (Action::DisableUser, "the account was created or enabled"),
                (Kind::User, None) => (Action::UpdateUser, "it was changed"),
            };
            let Some(subject) = setbacks.first().map(|back| back.subject.clone()) else { continue };
            let attributes: Vec<AttributeChange> = setbacks.into_iter().map(|back| back.change).collect();
            let mut change =
                sending(action, subject, self.cause(what), attributes, patch_of(kind, object.id, operations));
            change.version = object.version.cloned();
            self.draft.plan(change);
        }
    }
}

fn patch_of(kind: Kind, id: &TargetId, operations: Vec<Operation>) -> Request {
    match kind {
        Kind::User => Request::PatchUser { user: Ref::Live(id.clone()), operations },
        Kind::Group => Request::PatchGroup { group: Ref::Live(id.clone()), operations },
    }
}
