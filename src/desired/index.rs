//! The directory by id and by name.

use crate::{
    directory::{Directory, Group, Member, Person},
    names::{Folded, HashMap, HashSet, SourceId, fold},
};

/// People and groups with their positions.
pub(super) struct Index<'a> {
    pub people: &'a [Person],
    pub groups: &'a [Group],
    pub person_by_id: HashMap<&'a SourceId, usize>,
    group_by_id: HashMap<&'a SourceId, usize>,
    group_by_name: HashMap<Folded, Vec<usize>>,
}

/// What a name stands for.
pub(super) enum Found {
    One(usize),
    Several(Vec<usize>),
    None,
}

impl<'a> Index<'a> {
    pub fn new(directory: &'a Directory) -> Self {
        let people = directory.people.items().map_or(&[][..], Vec::as_slice);
        let groups = directory.groups.items().map_or(&[][..], Vec::as_slice);
        let mut person_by_id = HashMap::with_capacity_and_hasher(people.len(), Default::default());
        for (at, person) in people.iter().enumerate() {
            person_by_id.entry(&person.id).or_insert(at);
        }
        let mut group_by_id = HashMap::with_capacity_and_hasher(groups.len(), Default::default());
        let mut group_by_name: HashMap<Folded, Vec<usize>> =
            HashMap::with_capacity_and_hasher(groups.len(), Default::default());
        for (at, group) in groups.iter().enumerate() {
            group_by_id.entry(&group.id).or_insert(at);
            group_by_name.entry(Folded::new(&group.name)).or_default().push(at);
        }
        Self { people, groups, person_by_id, group_by_id, group_by_name }
    }

    /// The group with this id.
    pub fn group_by_id(&self, id: &SourceId) -> Option<usize> {
        self.group_by_id.get(id).copied()
    }

    /// The group that a manifest means: an id is certain, a name may be several groups'.
    pub fn group(&self, name: &str) -> Found {
        let by_id = |id: &str| self.group_by_id(&SourceId::new(id));
        if let Some(at) = by_id(name.trim()).or_else(|| by_id(&fold(name.trim()))) {
            return Found::One(at);
        }
        match self.group_by_name.get(&Folded::new(name)).map(Vec::as_slice) {
            None | Some([]) => Found::None,
            Some([one]) => Found::One(*one),
            Some(several) => Found::Several(several.to_vec()),
        }
    }
}

impl<'a> Index<'a> {
    /// The groups within a group at any depth, without itself, each once even where they
    /// contain each other. Ids that are no group of the directory are put into `missing`.
    pub fn inside(&self, group: usize, missing: &mut Vec<&'a SourceId>) -> Vec<usize> {
        let mut seen = HashSet::from_iter([group]);
        let mut found = Vec::new();
        let mut open = vec![group];
        while let Some(at) = open.pop() {
            for member in &self.groups[at].members {
                let Member::Group(id) = member else { continue };
                match self.group_by_id(id) {
                    Some(inner) if seen.insert(inner) => {
                        found.push(inner);
                        open.push(inner);
                    }
                    Some(_) => {}
                    None if missing.contains(&id) => {}
                    None => missing.push(id),
                }
            }
        }
        found
    }

    /// The people in the groups within a group, with the group that has them.
    pub fn within(&self, group: usize, missing: &mut Vec<&'a SourceId>) -> Vec<(usize, usize)> {
        let mut people = Vec::new();
        for inner in self.inside(group, missing) {
            for member in &self.groups[inner].members {
                let Member::Person(id) = member else { continue };
                people.extend(self.person_by_id.get(id).map(|person| (inner, *person)));
            }
        }
        people
    }
}
