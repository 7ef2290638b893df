//! Live objects by what they are looked up by, built once.

use std::borrow::Cow;

use super::compare::{Comparison, id_or_self};
use crate::{
    live::{self, Live, Resource, Schema},
    names::{AttrPath, Attributes, HashMap, TargetId, Text, Value, sort_by_text},
};

/// A position in [`Objects`].
pub(super) type At = u32;

/// A live user or group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'a> {
    pub id: &'a TargetId,
    pub attributes: &'a Attributes,
    pub version: Option<&'a Text>,
    /// How to call it.
    pub label: &'a Text,
    /// Whether it may be used; groups always.
    pub active: bool,
}

/// All live objects of a kind, in the order of their ids.
#[derive(Debug)]
pub(super) struct Objects<'a> {
    pub all: Vec<Object<'a>>,
    /// Of groups: the members, sorted.
    members: Vec<Vec<&'a TargetId>>,
    by_id: HashMap<&'a TargetId, At>,
}

impl<'a> Objects<'a> {
    /// The accounts.
    pub fn users(live: &'a Live) -> Self {
        let users = live.users.items().map(Vec::as_slice).unwrap_or_default();
        Self::new(users.iter().map(|user| Object {
            id: &user.id,
            attributes: &user.attributes,
            version: user.version.as_ref().filter(|_| live.service.etag),
            label: user.label(),
            active: user.is_active(),
        }))
    }

    /// The groups.
    pub fn groups(live: &'a Live) -> Self {
        let groups = live.groups.items().map(Vec::as_slice).unwrap_or_default();
        let mut objects = Self::new(groups.iter().map(|group| Object {
            id: &group.id,
            attributes: &group.attributes,
            version: group.version.as_ref().filter(|_| live.service.etag),
            label: group.label(),
            active: true,
        }));
        objects.members = vec![Vec::new(); objects.all.len()];
        for group in groups {
            if let Some(at) = objects.find(&group.id) {
                let mut members: Vec<&TargetId> = group.members.iter().collect();
                sort_by_text(&mut members, |id| id.as_str());
                members.dedup();
                objects.members[at as usize] = members;
            }
        }
        objects
    }

    fn new(objects: impl Iterator<Item = Object<'a>>) -> Self {
        let mut all: Vec<Object> = objects.collect();
        sort_by_text(&mut all, |object| object.id.as_str());
        all.dedup_by(|left, right| left.id == right.id);
        let by_id = (0..).zip(&all).map(|(at, object)| (object.id, at)).collect();
        Self { all, members: Vec::new(), by_id }
    }

    /// Where the object with this id is.
    pub fn find(&self, id: &TargetId) -> Option<At> {
        self.by_id.get(id).copied()
    }

    /// The object at a position that came from here.
    pub fn get(&self, at: At) -> &Object<'a> {
        &self.all[at as usize]
    }

    /// The members of a group, sorted.
    pub fn members(&self, at: At) -> &[&'a TargetId] {
        self.members.get(at as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// Positions of all objects.
    pub fn positions(&self) -> std::ops::Range<At> {
        0..At::try_from(self.all.len()).unwrap_or(At::MAX)
    }
}

/// Objects by the values of one attribute.
#[derive(Debug)]
pub(super) struct ByValue<'a> {
    comparison: Comparison,
    slots: HashMap<Cow<'a, str>, Slot>,
}

#[derive(Debug)]
enum Slot {
    One(At),
    Many(Vec<At>),
}

impl<'a> ByValue<'a> {
    /// Objects by `path`, compared as matching compares.
    pub fn new(objects: &Objects<'a>, schema: &Schema, resource: Resource, path: &AttrPath) -> Self {
        let comparison = Comparison::for_matching(schema, resource, path);
        let mut slots: HashMap<Cow<str>, Slot> =
            HashMap::with_capacity_and_hasher(objects.all.len(), Default::default());
        for (at, object) in (0..).zip(&objects.all) {
            match live::at(object.attributes, path) {
                Some(Cow::Borrowed(value)) => {
                    for value in value.each() {
                        if let Some(key) = borrowed_key(comparison, value) {
                            add(&mut slots, key, at);
                        }
                    }
                }
                Some(Cow::Owned(value)) => {
                    for value in value.each() {
                        add(&mut slots, Cow::Owned(key_of(comparison, value)), at);
                    }
                }
                None => {}
            }
        }
        Self { comparison, slots }
    }

    /// Who holds this value.
    pub fn find(&self, value: &Value) -> &[At] {
        let value = id_or_self(value);
        let found = match value.as_text() {
            Some(text) => self.slots.get(self.comparison.key(text).as_ref()),
            None => self.slots.get(key_of(self.comparison, value).as_str()),
        };
        slot(found)
    }

    /// Who holds this text.
    pub fn find_text(&self, text: &str) -> &[At] {
        slot(self.slots.get(self.comparison.key(text).as_ref()))
    }

    /// The value as one compares it.
    pub fn key(&self, value: &Value) -> String {
        key_of(self.comparison, value)
    }
}

fn slot(slot: Option<&Slot>) -> &[At] {
    match slot {
        None => &[],
        Some(Slot::One(at)) => std::slice::from_ref(at),
        Some(Slot::Many(many)) => many,
    }
}

fn add<'a>(slots: &mut HashMap<Cow<'a, str>, Slot>, key: Cow<'a, str>, at: At) {
    use std::collections::hash_map::Entry;
    match slots.entry(key) {
        Entry::Vacant(vacant) => {
            vacant.insert(Slot::One(at));
        }
        Entry::Occupied(mut occupied) => match occupied.get_mut() {
            Slot::One(first) if *first == at => {}
            Slot::One(first) => {
                let first = *first;
                *occupied.get_mut() = Slot::Many(vec![first, at]);
            }
            Slot::Many(many) if many.last() == Some(&at) => {}
            Slot::Many(many) => many.push(at),
        },
    }
}

fn borrowed_key(comparison: Comparison, value: &Value) -> Option<Cow<'_, str>> {
    let value = id_or_self(value);
    if value.is_empty() {
        return None;
    }
    Some(match value.as_text() {
        Some(text) => comparison.key(text),
        None => Cow::Owned(value.to_string()),
    })
}

fn key_of(comparison: Comparison, value: &Value) -> String {
    borrowed_key(comparison, value).map(Cow::into_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        live::User,
        names::{Complete, Reading},
    };

    fn live(users: &[(&str, &str)]) -> Live {
        let users = users.iter().map(|(id, json)| User {
            id: TargetId::new(*id),
            attributes: serde_json::from_str(json).unwrap(),
            version: None,
        });
        Live { users: Reading::Complete(Complete::attest(users.collect())), ..Live::empty() }
    }

    #[test]
    fn objects_are_found_by_value_with_case_only_where_it_counts() {
        let live = live(&[
            ("2", r#"{"userName":"Ana@x","externalId":"E1"}"#),
            ("1", r#"{"userName":"bob@x","emails":[{"value":"b1@x"},{"value":"b2@x"}]}"#),
            ("3", r#"{"userName":"ana@X"}"#),
        ]);
        let objects = Objects::users(&live);
        assert_eq!(objects.all.iter().map(|object| object.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
        let by = |path: &str| ByValue::new(&objects, &live.schema, Resource::User, &AttrPath::parse(path).unwrap());
        assert_eq!(by("userName").find_text("ANA@x"), [1, 2]);
        assert_eq!(by("externalId").find_text("E1"), [1]);
        assert!(by("externalId").find_text("e1").is_empty());
        assert_eq!(by("emails.value").find_text("B2@x"), [0]);
    }
}
