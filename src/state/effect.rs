//! What a change that was carried out does to the memory.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    memory::{Done, Failure, Given, GrantKind, GroupLink, Memory, Told, UserLink},
    names::{AttrPath, SourceId, TargetId, Text},
    plan::{Action, Change, ChangeId, GrantChange, Remember, Subject, spent},
};

/// One thing to be remembered or forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The account belongs to the person.
    LinkUser {
        /// The person.
        person: SourceId,
        /// The account.
        target: TargetId,
        /// How to call the person.
        name: Text,
    },
    /// The person has no account any more.
    UnlinkUser {
        /// The person.
        person: SourceId,
    },
    /// The live group belongs to the group of the source.
    LinkGroup {
        /// The group of the source.
        group: SourceId,
        /// The live group.
        target: TargetId,
        /// How to call it.
        name: Text,
        /// Whether members that do not belong may be removed.
        removals: bool,
    },
    /// The group has no counterpart any more.
    UnlinkGroup {
        /// The group of the source.
        group: SourceId,
    },
    /// We suspended the account.
    Disabled {
        /// Whose account.
        person: SourceId,
        /// The account.
        target: TargetId,
        /// How to call the person.
        name: Text,
        /// When.
        at: Timestamp,
    },
    /// The account is active again.
    Enabled {
        /// Whose account.
        person: SourceId,
    },
    /// The service accepted a value and did not store it.
    NotStored {
        /// The object.
        target: TargetId,
        /// The attribute.
        path: AttrPath,
        /// The value that was sent, as text.
        value: Text,
    },
    /// The service does store the attribute.
    Stored {
        /// The object.
        target: TargetId,
        /// The attribute.
        path: AttrPath,
    },
    /// The object is gone, and what was known of it.
    Gone {
        /// The object.
        target: TargetId,
    },
    /// Something of a budget was used.
    Counted(Done),
    /// What the plan asked to keep.
    Remember(Remember),
    /// The change was refused.
    Failed {
        /// Which one.
        change: ChangeId,
        /// What the service said.
        message: Text,
        /// When.
        at: Timestamp,
        /// A digest of what was wanted.
        #[serde(default)]
        wanted: Text,
    },
    /// What people were told of conditions that last, all of it.
    Told(BTreeMap<Text, Told>),
    /// A change that had failed succeeded.
    Mended {
        /// Which one.
        change: ChangeId,
    },
}

/// How long a change that failed so many times is not tried again: the next run, then 6, 12, 24 hours.
fn patience(count: u32) -> SignedDuration {
    SignedDuration::from_hours(match count {
        0 | 1 => 0,
        2 => 6,
        3 => 12,
        4.. => 24,
    })
}

impl Effect {
    /// Changes the memory.
    pub fn apply(&self, memory: &mut Memory) {
        match self.clone() {
            Effect::LinkUser { person, target, name } => link_user(memory, person, target, name),
            Effect::UnlinkUser { person } => {
                memory.users.remove(&person);
            }
            Effect::LinkGroup { group, target, name, removals } => {
                let known = memory.groups.get(&group).is_some_and(|link| link.removals && link.target == target);
                memory.groups.insert(group, GroupLink { target, name, removals: removals || known });
            }
            Effect::UnlinkGroup { group } => {
                memory.groups.remove(&group);
            }
            Effect::Disabled { person, target, name, at } => {
                link_user(memory, person.clone(), target, name);
                if let Some(link) = memory.users.get_mut(&person) {
                    link.disabled_since = Some(at);
                }
            }
            Effect::Enabled { person } => {
                if let Some(link) = memory.users.get_mut(&person) {
                    link.disabled_since = None;
                }
            }
            Effect::NotStored { target, path, value } => {
                memory.not_stored.entry(target).or_default().insert(path, value);
            }
            Effect::Stored { target, path } => {
                if let Some(paths) = memory.not_stored.get_mut(&target) {
                    paths.remove(&path);
                }
                memory.not_stored.retain(|_, paths| !paths.is_empty());
            }
            Effect::Gone { target } => {
                memory.not_stored.remove(&target);
            }
            Effect::Counted(done) => count(memory, done),
            Effect::Remember(what) => remember(memory, what),
            Effect::Failed { change, message, at, wanted } => fail(memory, change, message, at, wanted),
            Effect::Told(told) => memory.told = told,
            Effect::Mended { change } => {
                memory.failures.remove(&change.0);
            }
        }
    }
}

/// Links, keeping since when the same account is suspended by us.
fn link_user(memory: &mut Memory, person: SourceId, target: TargetId, name: Text) {
    let known = memory.users.get(&person).filter(|link| link.target == target);
    let disabled_since = known.and_then(|link| link.disabled_since);
    memory.users.insert(person, UserLink { target, name, disabled_since, vanished_since: None });
}

/// Adds to a budget's count. What one run does within a minute is one entry.
fn count(memory: &mut Memory, done: Done) {
    let same = |known: &&mut Done| {
        known.budget == done.budget
            && known.group == done.group
            && known.at.as_second() / 60 == done.at.as_second() / 60
    };
    match memory.done.iter_mut().find(same) {
        Some(known) => known.count += done.count,
        None => memory.done.push(done),
    }
}

fn remember(memory: &mut Memory, what: Remember) {
    match what {
        Remember::Sizes(sizes) => memory.last_sizes = Some(sizes),
        Remember::Vanished { person, since } => {
            if let Some(link) = memory.users.get_mut(&person) {
                link.vanished_since.get_or_insert(since);
            }
        }
        Remember::NotVanished { person } => {
            if let Some(link) = memory.users.get_mut(&person) {
                link.vanished_since = None;
            }
        }
        Remember::RemovalsAllowed { group } => {
            if let Some(link) = memory.groups.get_mut(&group) {
                link.removals = true;
            }
        }
        Remember::EverythingAllowed => memory.everything_allowed = true,
        Remember::Granted { person, given } => {
            memory.grants.entry(person).or_default().insert(given);
        }
        Remember::NotGranted { person, given } => forget_grant(memory, &person, &given),
        Remember::GrantNotStored { person, field, value } => {
            memory.grants_not_stored.entry(person).or_default().insert(field, value);
        }
        Remember::GrantStored { person, field } => {
            if let Some(fields) = memory.grants_not_stored.get_mut(&person) {
                fields.remove(&field);
            }
            memory.grants_not_stored.retain(|_, fields| !fields.is_empty());
        }
    }
}

/// What is to be remembered when some of what a change gives was accepted and not stored.
/// What should have been taken away and was not is tried again: nothing of it is remembered.
pub fn of_grants_not_stored(change: &Change, missing: &[AttrPath]) -> Vec<Effect> {
    let Some(person) = &change.subject.source else { return Vec::new() };
    let lacks = |grant: &&GrantChange| grant.stored_at().is_some_and(|at| missing.contains(&AttrPath::core(at)));
    let given = change.grants.iter().filter(lacks).filter_map(|grant| {
        let value = match (&grant.after, grant.kind) {
            (Some(value), _) => value.clone(),
            // A setting that was to be emptied harms nobody.
            (None, GrantKind::Setting) => "".into(),
            (None, _) => return None,
        };
        let (field, person) = (grant.field()?, person.clone());
        Some(Effect::Remember(Remember::GrantNotStored { person, field, value }))
    });
    given.collect()
}

fn forget_grant(memory: &mut Memory, person: &SourceId, given: &Given) {
    if let Some(all) = memory.grants.get_mut(person) {
        all.remove(given);
        if all.is_empty() {
            memory.grants.remove(person);
        }
    }
}

fn fail(memory: &mut Memory, change: ChangeId, message: Text, at: Timestamp, wanted: Text) {
    let failure = memory.failures.entry(change.0).or_insert_with(|| Failure {
        count: 0,
        first: at,
        last: at,
        next: at,
        message: message.clone(),
        wanted: wanted.clone(),
    });
    if failure.wanted != wanted {
        // Something else is wanted now, and was refused for the first time.
        (failure.count, failure.first, failure.wanted) = (0, at, wanted);
    }
    failure.count = failure.count.saturating_add(1);
    (failure.last, failure.message) = (at, message);
    failure.next = at.checked_add(patience(failure.count)).unwrap_or(at);
}

/// What is to be remembered when a change has been done to `target` at `at`.
pub fn of_done(change: &Change, target: Option<&TargetId>, at: Timestamp) -> Vec<Effect> {
    let mut effects = of_subject(change.action, &change.subject, target);
    if let (Action::DisableUser, Some(person), Some(target)) = (change.action, &change.subject.source, target) {
        let name = change.subject.name.clone();
        effects.push(Effect::Disabled { person: person.clone(), target: target.clone(), name, at });
    }
    effects.extend(of_grants(change).map(Effect::Remember));
    if let Some(done) = counted(change, at) {
        effects.push(Effect::Counted(done));
    }
    effects
}

/// What a person has, or has no more, once a change is done.
fn of_grants(change: &Change) -> impl Iterator<Item = Remember> {
    change.grants.iter().filter_map(|grant| {
        let (person, given) = (change.subject.source.clone()?, grant.given.clone()?);
        Some(match grant.after {
            Some(_) => Remember::Granted { person, given },
            None => Remember::NotGranted { person, given },
        })
    })
}

/// The links that a change makes or ends.
pub fn of_subject(action: Action, subject: &Subject, target: Option<&TargetId>) -> Vec<Effect> {
    let (source, name) = (subject.source.clone(), subject.name.clone());
    match (action, source, target.cloned()) {
        (Action::DeleteUser, Some(person), Some(target)) => {
            vec![Effect::UnlinkUser { person }, Effect::Gone { target }]
        }
        (Action::DeleteGroup, Some(group), Some(target)) => {
            vec![Effect::UnlinkGroup { group }, Effect::Gone { target }]
        }
        (Action::DeleteUser | Action::DeleteGroup, None, Some(target)) => vec![Effect::Gone { target }],
        (
            Action::AdoptUser | Action::CreateUser | Action::UpdateUser | Action::SetManager,
            Some(person),
            Some(target),
        ) => {
            vec![Effect::LinkUser { person, target, name }]
        }
        (Action::EnableUser, Some(person), Some(target)) => {
            vec![Effect::LinkUser { person: person.clone(), target, name }, Effect::Enabled { person }]
        }
        (Action::CreateGroup, Some(group), Some(target)) => {
            vec![Effect::LinkGroup { group, target, name, removals: true }]
        }
        (Action::AdoptGroup | Action::UpdateGroup, Some(group), Some(target)) => {
            vec![Effect::LinkGroup { group, target, name, removals: false }]
        }
        (
            Action::DisableUser
            | Action::AddMembers
            | Action::RemoveMembers
            | Action::MoveOffice
            | Action::SetLicense
            | Action::SetSettings
            | Action::Grant
            | Action::Regrant
            | Action::Withdraw,
            ..,
        )
        | (_, _, None)
        | (_, None, _) => Vec::new(),
    }
}

/// What a change uses of a budget.
pub fn counted(change: &Change, at: Timestamp) -> Option<Done> {
    let (name, group, count) = spent(change)?;
    Some(Done { at, budget: name.into(), group: group.cloned(), count })
}
