//! A SCIM service in memory that carries out a plan to the letter, and refuses
//! whatever a strict service would refuse.

use std::collections::{BTreeMap, BTreeSet};

use dialform::{
    live::{self, at},
    names::{AttrPath, Attributes, TargetId, Value, fold},
    plan::{Change, ChangeId, NewObject, Operation, Plan, Ref, Request, Sent},
    state::{Effect, effect},
};

use crate::inputs::Scene;

/// Carries out every change of a plan and remembers what apply would remember.
pub fn carry_out(scene: &mut Scene, plan: &Plan) {
    let ids = scene.users.iter().map(|user| &user.id).chain(scene.live_groups.iter().map(|group| &group.id));
    let next = ids.filter_map(|id| id.as_str().strip_prefix('n')?.parse().ok()).max().unwrap_or(0);
    let mut service = Service { created: BTreeMap::new(), done: BTreeSet::new(), next };
    for change in &plan.changes {
        for needed in &change.depends_on {
            assert!(service.done.contains(needed), "{:?} comes before {needed:?}", change.id);
        }
        let before = change.subject.target.as_ref().and_then(|id| object(scene, id)).cloned();
        for request in &change.requests {
            service.send(scene, change, request);
        }
        service.check(scene, change, before.as_ref());
        service.done.insert(change.id.clone());
        let target = change.subject.target.as_ref().or_else(|| service.created.get(&change.id)).cloned();
        for effect in effect::of_done(change, target.as_ref(), scene.now.parse().unwrap()) {
            effect.apply(&mut scene.memory);
        }
    }
    for what in &plan.remember {
        Effect::Remember(what.clone()).apply(&mut scene.memory);
    }
}

fn object<'s>(scene: &'s Scene, id: &TargetId) -> Option<&'s Attributes> {
    let user = scene.users.iter().find(|user| user.id == *id).map(|user| &user.attributes);
    user.or_else(|| scene.live_groups.iter().find(|group| group.id == *id).map(|group| &group.attributes))
}

struct Service {
    created: BTreeMap<ChangeId, TargetId>,
    done: BTreeSet<ChangeId>,
    next: usize,
}

impl Service {
    fn id(&self, of: &Ref) -> TargetId {
        match of {
            Ref::Live(id) => id.clone(),
            Ref::Created(change) => self.created[change].clone(),
        }
    }

    fn value(&self, sent: &Sent) -> Value {
        match sent {
            Sent::Value(value) => value.clone(),
            Sent::Reference(of) => Value::Record(vec![("value".into(), Value::text(self.id(of).text().clone()))]),
        }
    }

    fn send(&mut self, scene: &mut Scene, change: &Change, request: &Request) {
        match request {
            Request::Admin(request) => panic!("no manifest of these tests has grants: {request:?}"),
            Request::CreateUser { attributes } => {
                let id = self.new_id(change);
                let attributes = self.attributes(attributes);
                scene.users.push(live::User { id, attributes, version: None });
                unique_names(scene);
            }
            Request::PatchUser { user, operations } => {
                let id = self.id(user);
                let user = scene.users.iter_mut().find(|user| user.id == id).expect("the account is there");
                self.patch(&mut user.attributes, operations);
                unique_names(scene);
            }
            Request::DeleteUser { user } => {
                let id = self.id(user);
                assert!(scene.users.iter().any(|user| user.id == id));
                scene.users.retain(|user| user.id != id);
                for group in &mut scene.live_groups {
                    group.members.retain(|member| *member != id);
                }
            }
            Request::CreateGroup { attributes } => {
                let id = self.new_id(change);
                let attributes = self.attributes(attributes);
                scene.live_groups.push(live::Group { id, attributes, members: Vec::new(), version: None });
            }
            Request::PatchGroup { group, operations } => {
                let id = self.id(group);
                let group = scene.live_groups.iter_mut().find(|group| group.id == id).expect("the group is there");
                self.patch(&mut group.attributes, operations);
            }
            Request::AddMembers { group, members } => {
                let ids: Vec<TargetId> = members.iter().map(|member| self.id(member)).collect();
                assert!(ids.iter().all(|id| scene.users.iter().any(|user| user.id == *id)), "members exist");
                let group = group_of(scene, &self.id(group));
                for id in ids {
                    assert!(!group.members.contains(&id), "nobody is added twice");
                    group.members.push(id);
                }
                group.members.sort();
            }
            Request::RemoveMembers { group, members } => {
                let group = group_of(scene, &self.id(group));
                assert!(members.iter().all(|id| group.members.contains(id)), "only members are removed");
                group.members.retain(|id| !members.contains(id));
            }
            Request::DeleteGroup { group } => {
                let id = self.id(group);
                assert!(scene.live_groups.iter().any(|group| group.id == id));
                scene.live_groups.retain(|group| group.id != id);
            }
        }
    }

    fn new_id(&mut self, change: &Change) -> TargetId {
        self.next += 1;
        let id = TargetId::new(format!("n{}", self.next));
        self.created.insert(change.id.clone(), id.clone());
        id
    }

    fn attributes(&self, sent: &NewObject) -> Attributes {
        let mut attributes = Attributes::default();
        for (path, sent) in sent.iter() {
            set(&mut attributes, path, Some(self.value(&sent)), true);
        }
        attributes
    }

    fn patch(&self, attributes: &mut Attributes, operations: &[Operation]) {
        for operation in operations {
            match operation {
                Operation::Add { path, value } => {
                    assert!(at(attributes, path).is_none(), "{path} has a value already");
                    set(attributes, path, Some(self.value(value)), false);
                }
                Operation::Replace { path, value } => set(attributes, path, Some(self.value(value)), false),
                Operation::Remove { path } => {
                    assert!(at(attributes, path).is_some(), "{path} has no value");
                    set(attributes, path, None, false);
                }
            }
        }
    }

    /// What the plan shows is what was sent: every `after` holds, nothing else moved.
    fn check(&self, scene: &Scene, change: &Change, before: Option<&Attributes>) {
        let id = change.subject.target.as_ref().or_else(|| self.created.get(&change.id));
        let Some(now) = id.and_then(|id| object(scene, id)) else { return };
        for shown in change.attributes.iter() {
            let held = at(now, &shown.path);
            let is_reference =
                held.as_deref().is_some_and(|held| held.member("value").is_some() && shown.after.is_some())
                    && shown.path.attribute() == "manager";
            assert!(is_reference || held.as_deref() == shown.after.as_ref(), "{:?}: {shown:?} {held:?}", change.id);
        }
        let Some(before) = before else { return };
        let shown: Vec<AttrPath> = change.attributes.iter().map(|shown| shown.path.top()).collect();
        let is_shown =
            |name: &str| shown.iter().any(|path| path.schema().unwrap_or(path.attribute()).eq_ignore_ascii_case(name));
        for (name, value) in before.iter().filter(|(name, _)| !is_shown(name)) {
            assert_eq!(now.get(name), Some(value), "{:?} changed {name} and does not say so", change.id);
        }
    }
}

fn group_of<'s>(scene: &'s mut Scene, id: &TargetId) -> &'s mut live::Group {
    scene.live_groups.iter_mut().find(|group| group.id == *id).expect("the group is there")
}

fn unique_names(scene: &Scene) {
    let names: Vec<String> =
        scene.users.iter().filter_map(|user| user.text("userName")).map(|name| fold(name)).collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "two accounts with one user name: {names:?}");
}

/// Sets or removes the value at a path, as RFC 7644 §3.5.2 says; a value that a
/// selector chooses must be there unless the object is new.
fn set(attributes: &mut Attributes, path: &AttrPath, value: Option<Value>, new: bool) {
    let name = path.schema().unwrap_or(path.attribute());
    let key = attributes.names().find(|known| known.eq_ignore_ascii_case(name)).cloned().unwrap_or_else(|| name.into());
    let held = attributes.get(&key).cloned();
    let changed = match path.schema() {
        None => within(held, path, value, new),
        Some(_) => {
            let inner = held.as_ref().and_then(|held| held.member(path.attribute())).cloned();
            with(held, path.attribute(), within(inner, path, value, new))
        }
    };
    *attributes = attributes
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .filter(|(name, _)| *name != key)
        .chain(changed.map(|value| (key.clone(), value)))
        .collect();
}

fn within(held: Option<Value>, path: &AttrPath, value: Option<Value>, new: bool) -> Option<Value> {
    match (path.selector(), path.sub()) {
        (None, None) => value,
        (None, Some(sub)) => with(held, sub, value),
        (Some(selector), sub) => {
            let mut items = held.map(|held| held.each().to_vec()).unwrap_or_default();
            let mut found = items.iter().position(|item| selector.fits(item));
            if found.is_none() && new {
                items.push(Value::Record(vec![(selector.attribute.clone(), selector.value.clone())]));
                found = Some(items.len() - 1);
            }
            let found = found.unwrap_or_else(|| panic!("noTarget: {path}"));
            match (sub, value) {
                (None, None) => {
                    items.remove(found);
                }
                (None, Some(value)) => items[found] = value,
                (Some(sub), value) => items[found] = with(Some(items[found].clone()), sub, value)?,
            }
            (!items.is_empty()).then_some(Value::List(items))
        }
    }
}

/// A record with one member set or removed.
fn with(record: Option<Value>, name: &str, value: Option<Value>) -> Option<Value> {
    let mut members = match record {
        Some(Value::Record(members)) => members,
        _ => Vec::new(),
    };
    members.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    members.extend(value.map(|value| (name.into(), value)));
    (!members.is_empty()).then_some(Value::Record(members))
}
