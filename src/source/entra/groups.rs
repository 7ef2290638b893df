//! Groups: what they are, and their direct members.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::{
    fetch::{Got, IN_A_FILTER, Shape, Want, is_in},
    item,
    people::{PERMISSION as USERS, People},
    trouble::Trouble,
};
use crate::{
    directory::{Group, Member},
    names::{Attributes, SourceId, Text, Value},
};

/// The permission to read groups and who is in them.
const PERMISSION: &str = "GroupMember.Read.All";

/// The permission to read who is in a group that hides it.
const HIDDEN: &str = "Member.Read.Hidden";

/// What is read of a group.
const SELECT: &str = "id,displayName,description,mail,mailNickname,securityEnabled,mailEnabled,groupTypes,visibility";

/// What a group says of itself.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub name: Text,
    pub attributes: Attributes,
    /// Whether only some may see who is in it.
    hidden: bool,
}

/// The groups that were read.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub facts: BTreeMap<SourceId, Facts>,
    pub members: BTreeMap<SourceId, Vec<Member>>,
    /// Groups that were not found, with why they were looked for.
    pub missing: BTreeMap<SourceId, String>,
    /// Groups that hide their members from this sign-in, by name.
    pub hidden: Vec<Text>,
    /// Members that are neither people nor groups, by type.
    pub others: BTreeMap<String, usize>,
}

impl Groups {
    /// What finds groups by name.
    pub fn by_name(names: &[Text]) -> Vec<Want> {
        let want = |names: &[Text]| {
            let path = format!("/groups?{}&$select={SELECT}&$top=999", is_in("displayName", names));
            Want::new(Shape::Many, path, "the groups that the manifest names", PERMISSION)
        };
        names.chunks(IN_A_FILTER).map(want).collect()
    }

    /// What reads every group.
    pub fn all() -> Want {
        Want::new(Shape::Many, format!("/groups?$select={SELECT}&$top=999"), "the groups", PERMISSION)
    }

    /// What reads the facts of these groups.
    pub fn facts_of(ids: &[&SourceId]) -> Vec<Want> {
        let want = |ids: &[&SourceId]| {
            let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
            let path = format!("/groups?{}&$select={SELECT}&$top=999", is_in("id", &ids));
            Want::new(Shape::Many, path, "the groups", PERMISSION)
        };
        ids.chunks(IN_A_FILTER).map(want).collect()
    }

    /// What reads the direct members of a group, with the properties of the people among them.
    ///
    /// Without a type in the path: that would be answered from an index that lags behind,
    /// and hide the groups within the group ("Advanced query capabilities").
    pub fn members_of(id: &SourceId, name: Option<&Text>, select: &str) -> Want {
        let path = format!("/groups/{id}/members?$select={select}&$top=999");
        let what =
            name.map_or_else(|| format!("the members of group {id}"), |name| format!("the members of group {name}"));
        Want::new(Shape::People, path, what, PERMISSION)
    }

    /// Takes what groups say of themselves.
    pub fn take_facts(&mut self, items: Vec<Box<RawValue>>) -> Result<Vec<SourceId>, Trouble> {
        const WHAT: &str = "the groups";
        let mut ids = Vec::with_capacity(items.len());
        for raw in items {
            let group = item::object(&raw, WHAT)?;
            let id = SourceId::new(item::id(&group, "id", WHAT)?);
            let wrong = |wrong: item::Wrong| Trouble::unusable(WHAT, &format!("{wrong} (of group {id})"));
            let Some(name) = item::text(&group, "displayName").map_err(wrong)? else {
                let said = format!("group {id} came without a name, as all do for who may not read them");
                return Err(Trouble::permission(WHAT, PERMISSION, &said));
            };
            let mut attributes = Attributes::default();
            attributes.insert("objectId".into(), Value::Text(id.text().clone()));
            for property in ["displayName", "description", "mail", "mailNickname"] {
                if let Some(text) = item::text(&group, property).map_err(wrong)? {
                    attributes.insert(property.into(), Value::text(text));
                }
            }
            for property in ["securityEnabled", "mailEnabled"] {
                if let Some(value) = item::boolean(&group, property).map_err(wrong)? {
                    attributes.insert(property.into(), Value::Boolean(value));
                }
            }
            let visibility = item::text(&group, "visibility").map_err(wrong)?;
            let hidden = visibility.is_some_and(|text| text.eq_ignore_ascii_case("HiddenMembership"));
            self.facts.insert(id.clone(), Facts { name: name.into(), attributes, hidden });
            ids.push(id);
        }
        Ok(ids)
    }

    /// Takes the members of a group; with `known` the people were read already.
    pub fn take_members(
        &mut self,
        id: &SourceId,
        got: Got,
        people: &mut People,
        known: bool,
        why: &str,
    ) -> Result<(), Trouble> {
        let Some(items) = got.items() else {
            // Assignments outlive a group for a while; not found is not empty.
            self.missing.insert(id.clone(), why.to_owned());
            return Ok(());
        };
        let what = match self.facts.get(id) {
            Some(facts) => format!("the members of group {}", facts.name),
            None => format!("the members of group {id}"),
        };
        let mut members = Vec::with_capacity(items.len());
        for raw in items {
            let member = item::object(&raw, &what)?;
            let kind = item::id(&member, "@odata.type", &what)?;
            match kind.trim_start_matches('#') {
                "microsoft.graph.user" if known => {
                    members.push(Member::Person(SourceId::new(item::id(&member, "id", &what)?)));
                }
                "microsoft.graph.user" => members.push(Member::Person(people.take_object(&member, &what)?)),
                "microsoft.graph.group" => members.push(Member::Group(SourceId::new(item::id(&member, "id", &what)?))),
                // Devices, contacts, applications, and kinds that are still to come.
                other => {
                    let kind = other.rsplit('.').next().unwrap_or(other);
                    let kind: String = kind.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
                    *self.others.entry(kind).or_default() += 1;
                }
            }
        }
        members.sort_unstable();
        members.dedup();
        self.members.insert(id.clone(), members);
        Ok(())
    }

    /// Groups whose members are wanted but which said nothing of themselves are not there.
    pub fn settle(&mut self) {
        let unnamed: Vec<SourceId> = self.members.keys().filter(|id| !self.facts.contains_key(*id)).cloned().collect();
        for id in unnamed {
            self.members.remove(&id);
            self.missing.entry(id).or_insert_with(|| "its name was not found".to_owned());
        }
        let empty = |id: &SourceId| self.members.get(id).is_some_and(Vec::is_empty);
        let hidden = self.facts.iter().filter(|(id, facts)| facts.hidden && empty(id));
        self.hidden = hidden.map(|(_, facts)| facts.name.clone()).collect();
    }

    /// Why not all groups that matter were read as a whole.
    pub fn because(&self) -> Option<String> {
        if let Some((id, why)) = self.missing.first_key_value() {
            let more = match self.missing.len() {
                1 => String::new(),
                n => format!(", and {} more", n - 1),
            };
            return Some(format!("group {id}{more} was not found in Entra: {why}"));
        }
        let name = self.hidden.first()?;
        Some(format!("group {name} hides its members from this sign-in, which needs the permission `{HIDDEN}`"))
    }

    /// Groups within groups that are to be opened and were not read.
    pub fn unopened(&self, nested: &BTreeSet<SourceId>) -> BTreeSet<SourceId> {
        let mut seen: BTreeSet<&SourceId> = nested.iter().collect();
        let mut open: Vec<&SourceId> = nested.iter().collect();
        let mut unopened = BTreeSet::new();
        while let Some(id) = open.pop() {
            let Some(members) = self.members.get(id) else {
                if !self.missing.contains_key(id) {
                    unopened.insert(id.clone());
                }
                continue;
            };
            for member in members {
                if let Member::Group(inner) = member
                    && seen.insert(inner)
                {
                    open.push(inner);
                }
            }
        }
        unopened
    }

    /// The groups with their members.
    pub fn finish(self) -> Vec<Group> {
        let Self { facts, mut members, .. } = self;
        let group = |(id, facts): (SourceId, Facts)| {
            let members = members.remove(&id)?;
            let Facts { name, attributes, hidden: _ } = facts;
            Some(Group { id, name, attributes, members, place: None })
        };
        facts.into_iter().filter_map(group).collect()
    }
}

/// What reads users by id.
pub(super) fn users(ids: &[&SourceId], select: &str) -> Vec<Want> {
    let want = |ids: &[&SourceId]| {
        let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        let path = format!("/users?{}&$select={select}", is_in("id", &ids));
        Want::new(Shape::People, path, "people", USERS)
    };
    ids.chunks(IN_A_FILTER).map(want).collect()
}
