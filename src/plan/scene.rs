//! What every part of the planner looks at, worked out once.

use super::{Inputs, Options, Reason, allow::Allowed, draft::Gate};
use crate::{
    desired::{Desired, User},
    manifest::{ManagerDialect, Manifest, Ownership, ReadDialect},
    names::{HashMap, SourceId, Text, sort_by_text},
};

/// The inputs, with the people in the order of their ids: the directory's order must not matter.
pub(super) struct Scene<'a> {
    pub inputs: Inputs<'a>,
    pub options: &'a Options,
    pub desired: &'a Desired<'a>,
    /// By id.
    pub people: Vec<&'a User<'a>>,
    positions: HashMap<&'a SourceId, usize>,
    pub allowed: Allowed<'a>,
}

impl<'a> Scene<'a> {
    pub fn new(inputs: &Inputs<'a>, options: &'a Options, desired: &'a Desired<'a>) -> Self {
        let mut people: Vec<&User> = desired.users.iter().collect();
        sort_by_text(&mut people, |user| user.person.id.as_str());
        people.dedup_by_key(|user| &user.person.id);
        let positions = people.iter().enumerate().map(|(at, user)| (&user.person.id, at)).collect();
        Self { inputs: *inputs, options, desired, people, positions, allowed: Allowed(&options.allow) }
    }

    pub fn manifest(&self) -> &'a Manifest {
        self.inputs.manifest
    }

    /// How managers are written.
    pub fn manager_dialect(&self) -> ManagerDialect {
        self.inputs.manifest.target.scim().manager
    }

    /// Where a person is in [`Scene::people`].
    pub fn position(&self, id: &SourceId) -> Option<usize> {
        self.positions.get(id).copied()
    }

    pub fn ownership(&self) -> Ownership {
        self.manifest().safety.ownership
    }

    /// Whether every account was listed, rather than looked up one by one: only then does
    /// it mean something that an account is not there.
    pub fn is_listed(&self) -> bool {
        self.manifest().target.scim().read == ReadDialect::List
    }

    /// Why nobody may be removed, if not everything was read on both sides.
    pub fn unread_people(&self) -> Option<Text> {
        let source = self.inputs.directory.people.because();
        let live = self.inputs.live.users.because();
        source
            .map(|why| format!("the people were not all read: {why}").into())
            .or_else(|| live.map(|why| format!("the accounts were not all read: {why}").into()))
    }

    /// Why no member and no group may be removed.
    pub fn unread_groups(&self) -> Option<Text> {
        let source = self.inputs.directory.groups.because();
        let live = self.inputs.live.groups.because();
        let groups = source
            .map(|why| format!("the groups were not all read: {why}"))
            .or_else(|| live.map(|why| format!("the live groups were not all read: {why}")));
        groups.map(Text::from).or_else(|| self.unread_people())
    }

    /// The gate of what must not be removed or created after an incomplete reading.
    pub fn incomplete(because: Option<Text>) -> Option<Gate> {
        because.map(|message| Gate::new(Reason::Incomplete, message))
    }
}
