//! What `safety.protect` names.

use std::collections::{HashMap, HashSet};

use super::{Kind, Subject, scene::Scene};
use crate::{
    directory::{Directory, Group, Member},
    manifest::Protected,
    names::{Folded, Place, SourceId, TargetId, fold},
};

/// People, accounts and groups that are never changed, with the line that says so.
#[derive(Default)]
pub(super) struct Protect<'a> {
    users: HashMap<Folded, &'a Place>,
    groups: HashMap<Folded, &'a Place>,
    people: HashMap<&'a SourceId, &'a Place>,
    accounts: HashMap<&'a TargetId, &'a Place>,
}

impl<'a> Protect<'a> {
    pub fn new(scene: &Scene<'a>) -> Self {
        let mut protect = Self::default();
        for line in &scene.manifest().safety.protect {
            match line {
                Protected::User { name, place } => {
                    protect.users.insert(name.clone(), place);
                }
                Protected::Group { name, place } => {
                    protect.groups.insert(Folded::new(name), place);
                }
                Protected::MembersOf { group, place } => protect.members_of(scene, group, place),
            }
        }
        if !protect.users.is_empty() {
            protect.named_people(scene);
        }
        protect.named_accounts(scene);
        protect
    }

    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty() && self.people.is_empty() && self.accounts.is_empty()
    }

    /// The line that protects a subject.
    pub fn of(&self, subject: &Subject) -> Option<&'a Place> {
        match subject.kind {
            Kind::User => {
                let source = subject.source.as_ref().and_then(|id| self.people.get(id));
                let account = subject.target.as_ref().and_then(|id| self.accounts.get(id));
                source.or(account).or_else(|| self.users.get(&Folded::new(&subject.name))).copied()
            }
            Kind::Group => {
                let id = subject.source.as_ref().and_then(|id| self.groups.get(&Folded::new(id.as_str())));
                id.or_else(|| self.groups.get(&Folded::new(&subject.name))).copied()
            }
        }
    }

    /// The line that protects an account.
    pub fn account(&self, id: &TargetId) -> Option<&'a Place> {
        self.accounts.get(id).copied()
    }

    /// People of the directory by any of their names, and those of whom only a link is left.
    fn named_people(&mut self, scene: &Scene<'a>) {
        for user in &scene.people {
            let person = user.person;
            let names = [Some(person.label()), person.text("mail"), Some(person.id.text())];
            let line = names.into_iter().flatten().find_map(|name| self.users.get(&Folded::new(name)));
            if let Some(place) = line {
                self.people.insert(&person.id, place);
            }
        }
        for (id, link) in &scene.inputs.memory.users {
            if let Some(place) = self.users.get(&Folded::new(&link.name)) {
                self.people.entry(id).or_insert(place);
            }
        }
    }

    /// The people in a group at any depth: better one too many than one too few.
    fn members_of(&mut self, scene: &Scene<'a>, name: &str, place: &'a Place) {
        let directory: &'a Directory = scene.inputs.directory;
        let groups: &'a [Group] = directory.groups.items().map(Vec::as_slice).unwrap_or_default();
        let by_id: HashMap<&SourceId, &Group> = groups.iter().map(|group| (&group.id, group)).collect();
        let called = fold(name.trim());
        let is_meant = |group: &&Group| fold(group.name.trim()) == called || fold(group.id.as_str()) == called;
        let mut open: Vec<&Group> = groups.iter().filter(is_meant).collect();
        let mut seen: HashSet<&SourceId> = open.iter().map(|group| &group.id).collect();
        while let Some(group) = open.pop() {
            for member in &group.members {
                match member {
                    Member::Person(id) => {
                        self.people.insert(id, place);
                    }
                    Member::Group(id) => {
                        if let Some(inner) = by_id.get(id)
                            && seen.insert(id)
                        {
                            open.push(inner);
                        }
                    }
                }
            }
        }
        for group in scene.inputs.live.groups.items().into_iter().flatten() {
            if fold(group.label()) == called {
                self.accounts.extend(group.members.iter().map(|id| (id, place)));
            }
        }
    }

    /// Accounts of protected people: by link, external id or live user name.
    fn named_accounts(&mut self, scene: &Scene<'a>) {
        for (id, link) in &scene.inputs.memory.users {
            if let Some(place) = self.people.get(id) {
                self.accounts.insert(&link.target, place);
            }
        }
        if self.users.is_empty() && self.people.is_empty() {
            return;
        }
        let labels: HashMap<Folded, &Place> = {
            let people = scene.people.iter().filter_map(|user| {
                self.people.get(&user.person.id).map(|place| (Folded::new(user.person.label()), *place))
            });
            people.collect()
        };
        for account in scene.inputs.live.users.items().into_iter().flatten() {
            let name = Folded::new(account.label());
            if let Some(place) = self.users.get(&name).or_else(|| labels.get(&name)) {
                self.accounts.insert(&account.id, place);
            }
        }
    }
}
