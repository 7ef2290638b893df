//! Reading what an earlier run left, and settling what it left in doubt.

use jiff::Timestamp;

use super::{
    Doubt, Effect, State, StateError, effect,
    journal::{self, Said, Seek},
    links::{self, Document, Kept},
    store::Files,
};
use crate::{
    live::{Group, Live, User},
    memory::budget,
    names::{TargetId, Text},
    plan::{Action, CauseKind},
};

/// What was read.
pub(super) struct Read {
    /// Memory and doubts, with what the journals added.
    pub kept: Kept,
    /// The generation that the newest document has, or would have if it were whole.
    pub generation: u64,
    /// Whether the document says all of it: nothing came after it.
    pub settled: bool,
    /// Whether the document itself is damaged.
    pub damaged: bool,
    /// What people should know.
    pub warnings: Vec<String>,
    /// The target that it was written for, where anything was written.
    pub written_for: Option<Text>,
}

/// Reads the memory and adds what the journals say came after it.
///
/// If the memory is missing or damaged, the one before it and both journals give the same.
pub(super) fn read(store: Files<'_>) -> Result<Read, StateError> {
    let last = document(store, links::FILE);
    let now = said(store, journal::FILE)?;
    let mut warnings = Vec::new();
    let whole = matches!(last, Ok(Some(_)));
    let damaged = matches!(last, Err(StateError::Damaged { .. }));
    let (base, chain) = match last {
        Ok(Some(document)) => (document, vec![now]),
        // Another version is not damage: falling back would forget what it knows.
        Err(
            error @ (StateError::Version { .. }
            | StateError::Io { .. }
            | StateError::Link { .. }
            | StateError::NotAFolder { .. }
            | StateError::Objects { .. }
            | StateError::TakenOver { .. }
            | StateError::Before(_)),
        ) => return Err(error),
        found => match (document(store, links::PREVIOUS).ok().flatten(), found) {
            (Some(previous), found) => {
                if let Err(error) = found {
                    warnings.push(format!("{}; it was recovered from the copy before it", brief(&error)));
                }
                (previous, vec![said(store, journal::PREVIOUS)?, now])
            }
            // After the first run there is no memory before it: its journal says all that it did.
            (None, found) => {
                match (said(store, journal::PREVIOUS).ok().filter(|said| said.generation == Some(0)), found) {
                    (Some(first), found) => {
                        if let Err(error) = found {
                            warnings.push(format!("{}; it was recovered from the journals", brief(&error)));
                        }
                        (empty(), vec![first, now])
                    }
                    (None, Err(error)) => return Err(error),
                    (None, Ok(_)) => (empty(), vec![now]),
                }
            }
        },
    };
    let mut written_for = (base.generation > 0).then(|| base.target.clone());
    let (mut kept, mut generation, mut settled) = (base.kept, base.generation, true);
    // What an older journal says is in the memory already.
    for said in chain.into_iter().filter(|said| said.generation.is_some_and(|follows| follows >= base.generation)) {
        if said.generation != Some(generation) {
            let problem = "the journal goes on from a later version of it";
            return Err(StateError::damaged(store.file(links::FILE), problem));
        }
        written_for = said.target.clone().or(written_for);
        settled &= said.is_empty();
        generation += 1;
        add(&mut kept, said);
    }
    let generation = generation.max(base.generation + 1) - 1;
    let settled = settled && (whole || base.generation == 0);
    Ok(Read { kept, generation, settled, damaged, warnings, written_for })
}

fn empty() -> Document {
    Document { target: "".into(), generation: 0, kept: Kept::default() }
}

fn document(store: Files<'_>, name: &str) -> Result<Option<Document>, StateError> {
    match store.read(name)? {
        Some(bytes) => links::read(&bytes, &store.file(name)).map(Some),
        None => Ok(None),
    }
}

fn said(store: Files<'_>, name: &str) -> Result<Said, StateError> {
    match store.read(name)? {
        Some(bytes) => journal::read(&bytes, &store.file(name)),
        None => Ok(Said::default()),
    }
}

/// What is wrong, without the next step.
fn brief(error: &StateError) -> String {
    match error {
        StateError::Damaged { file, problem } => format!("`{file}` is damaged: {problem}"),
        other => other.to_string(),
    }
}

pub(super) fn add(kept: &mut Kept, said: Said) {
    for effect in &said.effects {
        effect.apply(&mut kept.memory);
    }
    kept.in_doubt.retain(|doubt| !said.settled.contains(&doubt.id));
    kept.in_doubt.extend(said.in_doubt);
    kept.untold.extend(said.untold);
}

/// What a look-up of a doubt found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The account.
    User(User),
    /// The group.
    Group(Group),
    /// More than one that may be it: which of them is ours nobody can tell from here.
    Several,
    /// Nothing, and everything was looked at.
    Nothing,
    /// It could not be looked up; the doubt stays.
    Unknown,
}

/// What became of a request that was in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was done.
    Done,
    /// It was not done.
    NotDone,
    /// An attribute or a member was to be changed: the next plan goes on from what is there.
    Open,
}

/// Is told what became of a doubt, before that is written to the journal.
pub type Told<'a> = &'a mut dyn FnMut(&Doubt, Fate);

impl Doubt {
    /// What the service's state says of the doubt and is to be remembered, or `None` while it stays.
    pub fn verdict(&self, found: &Found, now: Timestamp) -> Option<(Fate, Vec<Effect>)> {
        let done = match (self.action, found) {
            (_, Found::Unknown) => return None,
            // The plan sees them all, and holds the person as `ambiguous_match`.
            (_, Found::Several) => return Some((Fate::Open, Vec::new())),
            (Action::CreateUser, Found::User(user)) => self.seek.is_user(user).then(|| user.id.clone()),
            (Action::CreateGroup, Found::Group(group)) => self.seek.is_group(group).then(|| group.id.clone()),
            (Action::DisableUser, Found::User(user)) => (!user.is_active()).then(|| user.id.clone()),
            (Action::EnableUser, Found::User(user)) => user.is_active().then(|| user.id.clone()),
            (Action::DeleteUser | Action::DeleteGroup, Found::Nothing) => self.subject.target.clone(),
            // Whether an attribute or a member was changed, the next plan sees by itself.
            (
                Action::AdoptUser
                | Action::AdoptGroup
                | Action::UpdateUser
                | Action::UpdateGroup
                | Action::SetManager
                | Action::AddMembers
                | Action::MoveOffice
                | Action::SetLicense
                | Action::SetSettings
                | Action::Grant
                | Action::Regrant
                | Action::Withdraw
                | Action::RemoveMembers,
                _,
            ) => return Some((Fate::Open, Vec::new())),
            (_, Found::User(_) | Found::Group(_) | Found::Nothing) => None,
        };
        Some(done.map_or((Fate::NotDone, Vec::new()), |target| (Fate::Done, self.effects(&target, now))))
    }

    fn effects(&self, target: &TargetId, now: Timestamp) -> Vec<Effect> {
        let mut effects = effect::of_subject(self.action, &self.subject, Some(target));
        if let (Action::DisableUser, Some(person)) = (self.action, &self.subject.source) {
            let (person, target, name) = (person.clone(), target.clone(), self.subject.name.clone());
            effects.push(Effect::Disabled { person, target, name, at: self.at });
        }
        effects.extend(self.budget().map(|name| {
            let at = self.at.min(now);
            Effect::Counted(crate::memory::Done { at, budget: name.into(), group: None, count: 1 })
        }));
        effects
    }

    fn budget(&self) -> Option<&'static str> {
        match self.action {
            Action::CreateUser => Some(budget::CREATES),
            Action::EnableUser => Some(budget::ENABLES),
            Action::DisableUser if CauseKind::is_directory(self.cause) => Some(budget::DIRECTORY_DISABLES),
            Action::DisableUser => Some(budget::POLICY_DISABLES),
            Action::DeleteUser | Action::DeleteGroup => Some(budget::DELETES),
            Action::AdoptUser
            | Action::AdoptGroup
            | Action::CreateGroup
            | Action::UpdateUser
            | Action::UpdateGroup
            | Action::SetManager
            | Action::AddMembers
            | Action::MoveOffice
            | Action::SetLicense
            | Action::SetSettings
            | Action::Grant
            | Action::Regrant
            | Action::Withdraw
            | Action::RemoveMembers => None,
        }
    }
}

impl Seek {
    /// Whether the account is the one that was to be created: the external id
    /// decides where both have one, else the user name.
    pub fn is_user(&self, user: &User) -> bool {
        match (&self.external_id, user.external_id()) {
            (Some(sent), Some(found)) => sent == found,
            (None, _) | (Some(_), None) => {
                let name = user.text("userName");
                self.name.as_ref().zip(name).is_some_and(|(sent, found)| crate::names::eq_fold(sent, found))
            }
        }
    }

    /// Whether the group is the one that was to be created.
    pub fn is_group(&self, group: &Group) -> bool {
        let path = crate::names::AttrPath::core("externalId");
        let found = group.get(&path).and_then(|value| value.as_text().cloned());
        match (&self.external_id, found) {
            (Some(sent), Some(found)) => *sent == found,
            (None, _) | (Some(_), None) => {
                self.name.as_ref().is_some_and(|sent| crate::names::eq_fold(sent, group.label()))
            }
        }
    }
}

impl State {
    /// Settles what is in doubt by what was read, without a request. What an
    /// incomplete reading does not show stays in doubt. So does everything when the
    /// state was written for another target.
    ///
    /// # Errors
    /// When it cannot be written, while the lock is held.
    pub fn resolve(&mut self, live: &Live, now: Timestamp, told: Told<'_>) -> Result<(), StateError> {
        if self.written_for.as_ref().is_some_and(|was| *was != self.target) {
            return Ok(());
        }
        for doubt in self.in_doubt.clone() {
            self.resolve_one(&doubt, &find(&doubt, live), now, told)?;
        }
        Ok(())
    }

    /// Settles one doubt by what a look-up found.
    ///
    /// # Errors
    /// As [`State::resolve`].
    pub fn resolve_one(
        &mut self,
        doubt: &Doubt,
        found: &Found,
        now: Timestamp,
        told: Told<'_>,
    ) -> Result<(), StateError> {
        let Some((fate, effects)) = doubt.verdict(found, now) else { return Ok(()) };
        // Killed in between, the doubt stays and is told again.
        told(doubt, fate);
        self.settle(&doubt.id, effects)
    }
}

/// Looks a doubt up in what was read.
fn find(doubt: &Doubt, live: &Live) -> Found {
    match doubt.action.kind() {
        crate::plan::Kind::User => {
            let fits = |user: &&User| match doubt.action {
                Action::CreateUser => doubt.seek.is_user(user),
                _ => Some(&user.id) == doubt.subject.target.as_ref(),
            };
            let mut fitting = live.users.items().into_iter().flatten().filter(fits);
            match (fitting.next(), fitting.next()) {
                (Some(_), Some(_)) => Found::Several,
                (Some(user), None) => Found::User(user.clone()),
                (None, _) if live.users.complete().is_some() => Found::Nothing,
                (None, _) => Found::Unknown,
            }
        }
        crate::plan::Kind::Group => {
            let fits = |group: &&Group| match doubt.action {
                Action::CreateGroup => doubt.seek.is_group(group),
                _ => Some(&group.id) == doubt.subject.target.as_ref(),
            };
            let mut fitting = live.groups.items().into_iter().flatten().filter(fits);
            match (fitting.next(), fitting.next()) {
                (Some(_), Some(_)) => Found::Several,
                (Some(group), None) => Found::Group(group.clone()),
                (None, _) if live.groups.complete().is_some() => Found::Nothing,
                (None, _) => Found::Unknown,
            }
        }
    }
}
