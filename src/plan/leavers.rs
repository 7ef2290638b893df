//! Accounts of people who are not entitled, are gone, or that nobody claims:
//! disabled, later deleted, or left alone.

use jiff::SignedDuration;

use super::{
    Action, Cause, CauseKind, Draft, Note, Reason, Ref, Remember, Request, Subject,
    difference::{Difference, Referred, failed},
    draft::{Gate, sending, user},
    index::At,
    matching::By,
    scene::Scene,
    targets::{Own, Target},
    users::{Users, patch},
};
use crate::{
    desired::{Mapped, Subject as Person},
    expr::Lookup,
    live,
    manifest::{OnOutOfScope, Ownership},
    memory::UserLink,
    names::{AttrPath, HashSet, SourceId, Text, Value},
};

/// Somebody of whom the directory says nothing any more.
struct Gone(Value);

impl Lookup for Gone {
    fn get(&self, name: &str) -> Option<&Value> {
        (name == "IsSoftDeleted").then_some(&self.0)
    }
}

impl Users<'_, '_> {
    /// A person of the directory who is not entitled and has an account.
    pub(super) fn leaver(&mut self, draft: &mut Draft, who: usize, at: At, by: By, cause: &Cause) {
        let person = self.scene.people[who].person;
        let object = self.matcher.objects.get(at);
        let unproven = self.unproven(by, object.label);
        if unproven.is_some() && !object.active {
            return;
        }
        let subject = user(object.label, Some(&person.id), Some(object.id));
        if let Some(link) = self.link(&person.id).filter(|link| link.target == *object.id && cause.kind.is_directory())
            && !object.active
            && self.delete_when_due(draft, link, &subject, object.version, &cause.text)
        {
            return;
        }
        let mut gates: Vec<Gate> = self.unread(cause).into_iter().collect();
        gates.extend(unproven);
        let keep = self.scene.manifest().safety.on_out_of_scope == OnOutOfScope::Keep && !cause.kind.is_directory();
        self.leave(
            draft,
            &Leaving { at, subject, cause, lookup: &Person::new(person, true), who: &person.id, keep },
            gates,
        );
    }

    /// People whom the directory does not have any more, and accounts that nobody claims.
    pub(super) fn plan_others(&mut self, draft: &mut Draft) {
        let gone = self.plan_gone(draft);
        self.remember_vanished(draft);
        let objects = &self.matcher.objects;
        let proven = |at: &At| self.is_proven(*at, &gone);
        draft.ours_active = objects.positions().filter(|at| objects.get(*at).active && proven(at)).count() as u64;
        draft.ours = match self.scene.ownership() {
            Ownership::Everything => objects.all.len() as u64,
            Ownership::ExternalId | Ownership::Linked => objects.positions().filter(proven).count() as u64,
        };
        for at in self.matcher.objects.positions() {
            let place = at as usize;
            if !self.claimed[place] && !gone.contains(&at) && !self.spared[place] {
                self.nobodys(draft, at);
            }
        }
    }

    /// Whether something proves that an account is ours: a link or an external id.
    fn is_proven(&self, at: At, gone: &HashSet<At>) -> bool {
        gone.contains(&at)
            || self.matcher.owners.contains_key(self.matcher.objects.get(at).id)
            || self.claimed[at as usize] && self.fits[at as usize]
    }

    /// Linked accounts of people who are absent from the directory.
    fn plan_gone(&mut self, draft: &mut Draft) -> HashSet<At> {
        let mut gone = HashSet::default();
        for (id, link) in &self.scene.inputs.memory.users {
            draft.links += 1;
            let Some(at) = self.matcher.objects.find(&link.target) else {
                if !self.scene.is_listed() && self.scene.position(id).is_none() {
                    draft.count("not_looked_up", &link.name, None);
                }
                continue;
            };
            draft.links_found += 1;
            let absent = self.scene.position(id).is_none() && !self.claimed[at as usize];
            if absent && gone.insert(at) {
                self.gone(draft, id, link, at);
            }
        }
        gone
    }

    fn gone(&mut self, draft: &mut Draft, id: &SourceId, link: &UserLink, at: At) {
        let object = *self.matcher.objects.get(at);
        let subject = user(object.label, Some(id), Some(object.id));
        let proven = self.scene.inputs.directory.is_gone(id);
        let (kind, text) = match proven {
            true => (CauseKind::Gone, "gone from the directory for good"),
            false => (CauseKind::Absent, "absent from the directory"),
        };
        let cause = Cause { kind, text: text.into(), place: None };
        if proven && self.delete_proven(draft, &subject, object.version, &cause) {
            return;
        }
        if !object.active && self.delete_when_due(draft, link, &subject, object.version, text) {
            return;
        }
        let gates = self.unread(&cause).into_iter().collect();
        let lookup = Gone(Value::Boolean(true));
        let (cause, keep) = (&cause, false);
        self.leave(draft, &Leaving { at, subject, cause, lookup: &lookup, who: id, keep }, gates);
    }

    /// Deletes the account of somebody who is proven gone for good, unless the manifest
    /// wants it suspended for some days before.
    fn delete_proven(&self, draft: &mut Draft, subject: &Subject, version: Option<&Text>, cause: &Cause) -> bool {
        let mappings = &self.scene.manifest().users;
        if !mappings.delete || mappings.delete_after.is_some() {
            return false;
        }
        let Some(target) = subject.target.clone() else { return false };
        let request = Request::DeleteUser { user: Ref::Live(target) };
        let cause = Cause { place: Some(mappings.place.clone()), ..cause.clone() };
        let mut change = sending(Action::DeleteUser, subject.clone(), cause, Vec::new(), request);
        change.version = version.cloned();
        draft.gate(change, Scene::incomplete(self.scene.unread_people()).into_iter().collect());
        true
    }

    /// Deletes an account that we suspended long enough ago; says when, while it is not.
    /// That its person is absent or blocked is no proof that they are gone for good; that
    /// the days have passed is. Whom only the manifest's policy left out is not gone at all.
    fn delete_when_due(
        &self,
        draft: &mut Draft,
        link: &UserLink,
        subject: &Subject,
        version: Option<&Text>,
        why: &str,
    ) -> bool {
        let mappings = &self.scene.manifest().users;
        let Some(days) = mappings.delete_after.filter(|_| mappings.delete) else { return false };
        let Some(since) = link.disabled_since else { return false };
        let due = since.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(since);
        let place = Some(mappings.place.clone());
        let zone = &self.scene.manifest().timezone;
        let day = |at: jiff::Timestamp| zone.to_datetime(at).date();
        if self.scene.inputs.now < due {
            let message = format!("{} is deleted on {} (suspended since {})", subject.name, day(due), day(since));
            draft.notes.push(Note { code: "delete_queue".into(), message: message.into(), place });
            return false;
        }
        let text = format!("{why}, and suspended since {}", day(since));
        let cause = Cause { kind: CauseKind::DeleteAfter, text: text.into(), place };
        let Some(target) = subject.target.clone() else { return false };
        let request = Request::DeleteUser { user: Ref::Live(target) };
        let mut change = sending(Action::DeleteUser, subject.clone(), cause, Vec::new(), request);
        change.version = version.cloned();
        draft.gate(change, Scene::incomplete(self.scene.unread_people()).into_iter().collect());
        true
    }

    /// Linked accounts that are gone from Dialpad: since when.
    fn remember_vanished(&self, draft: &mut Draft) {
        if self.scene.inputs.live.users.complete().is_none() || !self.scene.is_listed() {
            return;
        }
        for (id, link) in &self.scene.inputs.memory.users {
            if link.vanished_since.is_none() && self.matcher.objects.find(&link.target).is_none() {
                draft.remember.push(Remember::Vanished { person: id.clone(), since: self.scene.inputs.now });
            }
        }
    }

    /// An account that nobody claims: a leaver's of before, a stranger's, or, where the
    /// manifest says so, one that nobody is entitled to.
    fn nobodys(&mut self, draft: &mut Draft, at: At) {
        let object = *self.matcher.objects.get(at);
        let subject = user(object.label, None, Some(object.id));
        let id = SourceId::new(object.id.text().clone());
        let lookup = Gone(Value::Boolean(true));
        let (kind, text, gate) = match self.scene.ownership() {
            _ if !object.active => return draft.unmanaged.push(subject),
            Ownership::Everything => {
                (CauseKind::NotEntitled, "nobody is entitled to it".into(), self.first_everything())
            }
            Ownership::ExternalId => match self.foreign_id(at) {
                Some(message) => {
                    let text = format!("its external id fits nobody in the directory: {message}");
                    let gate = Gate::new(Reason::UnknownOwner, text.clone().into());
                    (CauseKind::Absent, text, Some(gate))
                }
                None => return draft.unmanaged.push(subject),
            },
            Ownership::Linked => return draft.unmanaged.push(subject),
        };
        let place = (kind == CauseKind::NotEntitled).then(|| self.scene.manifest().safety.place.clone());
        let cause = Cause { kind, text: text.into(), place };
        let mut gates: Vec<Gate> = self.unread(&cause).into_iter().collect();
        gates.extend(gate);
        let before = draft.planned.len() + draft.held.len();
        let leaving = Leaving { at, subject: subject.clone(), cause: &cause, lookup: &lookup, who: &id, keep: false };
        self.leave(draft, &leaving, gates);
        if draft.planned.len() + draft.held.len() == before {
            draft.unmanaged.push(subject);
        }
    }

    /// The external id of an account, when it is that of nobody in a complete directory
    /// although we give external ids.
    fn foreign_id(&self, at: At) -> Option<String> {
        let path = AttrPath::core("externalId");
        let known = self.targets.at(&path).is_some() && self.scene.inputs.directory.people.complete().is_some();
        let object = self.matcher.objects.get(at);
        let carried = live::at(object.attributes, &path).filter(|_| known && !self.fits[at as usize])?;
        Some(carried.to_string())
    }

    fn first_everything(&self) -> Option<Gate> {
        let message = "nothing says that it is ours, and nothing was disabled under `ownership: everything` before";
        (!self.scene.inputs.memory.everything_allowed)
            .then(|| Gate::new(Reason::FirstEverything, message.into()).at(&self.scene.manifest().safety.place))
    }

    /// Why an account may not be taken from its person: nothing proves that it is ours.
    pub(super) fn unproven(&self, by: By, label: &Text) -> Option<Gate> {
        let proven = match (self.scene.ownership(), by) {
            (_, By::Link) | (Ownership::ExternalId | Ownership::Everything, By::ExternalId) => true,
            (Ownership::Linked, By::ExternalId)
            | (Ownership::ExternalId | Ownership::Linked | Ownership::Everything, By::Attribute(_)) => false,
        };
        if proven {
            return None;
        }
        if self.scene.ownership() == Ownership::Everything {
            return self.first_everything();
        }
        let how = match by {
            By::Link | By::ExternalId => "its external id".to_owned(),
            By::Attribute(nth) => format!("`{}` alone", self.matcher.keys[nth].0),
        };
        let message = format!("account {label} matches by {how}, which does not prove that it is ours");
        Some(Gate::new(Reason::UnprovenOwner, message.into()).at(&self.scene.manifest().safety.place))
    }

    /// Why nobody may be taken out for this cause, if not everything was read.
    fn unread(&self, cause: &Cause) -> Option<Gate> {
        let doubt = || self.scene.desired.doubt(cause).cloned();
        Scene::incomplete(self.scene.unread_people().or_else(doubt))
    }

    /// What the mappings that read `IsSoftDeleted` say of somebody who leaves.
    fn leave(&mut self, draft: &mut Draft, leaving: &Leaving, gates: Vec<Gate>) {
        let object = *self.matcher.objects.get(leaving.at);
        let manifest = self.scene.manifest();
        let mappings = &manifest.users;
        let own = Some(Own { at: leaving.at, object: object.attributes });
        let targets = self.targets.all.iter().enumerate().filter(|(_, target)| target.leaving && target.updates());
        let targets: Vec<(usize, &Target)> = targets.collect();
        if targets.is_empty() || !mappings.update || leaving.keep {
            if object.active {
                let (code, place) = match (leaving.keep, mappings.update) {
                    (true, _) => ("kept_out_of_scope", &manifest.safety.place),
                    (false, false) => ("no_updates", &mappings.place),
                    (false, true) => ("no_leaving_mapping", &mappings.place),
                };
                draft.count(code, &leaving.subject.name, Some(place));
            }
            return;
        }
        let mut given = Vec::with_capacity(targets.len());
        for (nth, target) in targets {
            let mapped = self.targets.value(target, leaving.lookup, leaving.who, own);
            if let Mapped::Failed(error) = &mapped {
                let trouble = failed(target, error, &target.seen(leaving.lookup));
                return draft.trouble(trouble, leaving.subject.clone(), Some(Action::DisableUser));
            }
            given.push((nth, target, mapped));
        }
        let nobody = |_: &SourceId| Referred::None;
        let difference =
            match Difference::new(&object, given, nobody, self.scene.inputs.memory, self.scene.manager_dialect()) {
                Ok(difference) => difference,
                Err(trouble) => return draft.trouble(trouble, leaving.subject.clone(), Some(Action::DisableUser)),
            };
        if difference.is_empty() {
            return;
        }
        let action = if difference.active == Some(false) { Action::DisableUser } else { Action::UpdateUser };
        let mut change = patch(action, leaving.subject.clone(), leaving.cause.clone(), difference);
        change.version = object.version.cloned();
        draft.gate(change, gates);
    }
}

/// Somebody who leaves.
struct Leaving<'l> {
    at: At,
    subject: Subject,
    cause: &'l Cause,
    lookup: &'l dyn Lookup,
    who: &'l SourceId,
    /// The account stays as it is.
    keep: bool,
}
