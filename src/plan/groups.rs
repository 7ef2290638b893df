//! Group objects: adopted, created, renamed, removed.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use super::{
    Action, AttributeChange, Cause, CauseKind, Change, Draft, NewObject, Note, Reason, Ref, Request, Subject,
    difference::{Difference, Referred, Trouble, failed, missing},
    draft::{Gate, Planned, change, group, sending},
    guard::held,
    index::{At, Object, Objects},
    matching::{By, Found, Matcher, let_through, settle},
    scene::Scene,
    targets::{Own, Targets},
    users::{Users, by_mapping},
};
use crate::{
    desired,
    desired::Mapped,
    live::{self, Resource},
    manifest::{GroupMappings, MappingSource, OnRename},
    memory::GroupLink,
    names::{AttrPath, SourceId, Text, Value},
};

/// The groups that are to be group objects, and what was found for them.
pub(super) struct Groups<'u, 's, 'a> {
    pub scene: &'s Scene<'a>,
    pub users: &'u Users<'s, 'a>,
    pub mappings: &'a GroupMappings,
    pub matcher: Matcher<'a>,
    targets: Targets<'a>,
    /// By id.
    wanted: Vec<&'a desired::Group<'a>>,
    found: Vec<Found>,
}

impl<'u, 's, 'a> Groups<'u, 's, 'a> {
    /// Finds the live group of each group; `None` when groups are not mapped or the service has none.
    pub fn new(users: &'u Users<'s, 'a>, draft: &mut Draft) -> Option<Self> {
        let scene = users.scene;
        let (live, manifest) = (scene.inputs.live, scene.manifest());
        let mappings = &manifest.groups;
        if !mappings.enabled {
            return None;
        }
        let mut wanted: Vec<&desired::Group> = scene.desired.groups.iter().collect();
        wanted.sort_by_key(|group| &group.group.id);
        wanted.dedup_by_key(|group| &group.group.id);
        if live.groups.items().is_none() {
            let why = live.groups.because().unwrap_or_default();
            let count = crate::names::count(wanted.len(), "group is", "groups are");
            let message = format!("{count} left out: the service offers no groups ({why})");
            draft.notes.push(Note {
                code: "groups_unsupported".into(),
                message: message.into(),
                place: Some(mappings.place.clone()),
            });
            return None;
        }
        let objects = Objects::groups(live);
        let now = scene.inputs.now;
        let domain = scene.inputs.directory.default_domain.as_ref();
        let schema = &live.schema;
        let targets =
            Targets::new(&mappings.attributes, schema, Resource::Group, &objects, now, domain, &manifest.name);
        let links = scene.inputs.memory.groups.iter().map(|(source, link)| (&link.target, source));
        let matcher = Matcher::new(objects, &live.schema, Resource::Group, &mappings.matching, links);
        let mut groups = Self { scene, users, mappings, matcher, targets, wanted, found: Vec::new() };
        groups.find();
        Some(groups)
    }

    fn find(&mut self) {
        let external = self.targets.at(&AttrPath::core("externalId"));
        for wanted in &self.wanted {
            let (id, subject) = (&wanted.group.id, wanted.group);
            let external = external.and_then(|target| self.targets.for_matching(target, subject, id));
            let value = |nth: usize| {
                let target = self.targets.at(&self.matcher.keys[nth].0)?;
                self.targets.for_matching(target, subject, id)
            };
            let link = self.link(id).map(|link| &link.target);
            self.found.push(self.matcher.find(id, link, external.as_ref(), value));
        }
        let wanted = &self.wanted;
        let names = |at: usize| [wanted[at].group.name.as_ref(), wanted[at].group.id.as_str()];
        let_through(&mut self.found, &self.scene.allowed, |_| true, names);
        settle(&mut self.found, &self.matcher.objects, |at| wanted[at].group.name.clone());
    }

    pub fn link(&self, id: &SourceId) -> Option<&'a GroupLink> {
        self.scene.inputs.memory.groups.get(id)
    }

    /// Plans all groups and their members.
    pub fn plan(&self, draft: &mut Draft) {
        let mut claimed = vec![false; self.matcher.objects.all.len()];
        for (wanted, found) in self.wanted.iter().zip(&self.found) {
            match found {
                Found::One { at, by } => {
                    claimed[*at as usize] = true;
                    self.existing(draft, wanted, *at, *by);
                }
                Found::Nothing { no_value } => self.absent(draft, wanted, *no_value),
                Found::Unclear(unclear) => {
                    for at in &unclear.candidates {
                        claimed[*at as usize] = true;
                    }
                    let subject = group(&wanted.group.name, Some(wanted.group), None);
                    let (reason, message) = (unclear.reason, unclear.message.clone());
                    draft.held.push(held(reason, subject, None, message, vec![self.mappings.place.clone()]));
                }
            }
        }
        self.same_name(draft);
        self.out_of_scope(draft, &mut claimed);
        for at in self.matcher.objects.positions().filter(|at| !claimed[*at as usize]) {
            let object = self.matcher.objects.get(at);
            draft.unmanaged.push(group(object.label, None, Some(object.id)));
        }
    }

    /// Two groups that are to be created under one name would be two groups that nobody can tell apart.
    fn same_name(&self, draft: &mut Draft) {
        let creates = |planned: &Planned| planned.change.action == Action::CreateGroup;
        let mut names: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, planned) in draft.planned.iter().enumerate().filter(|(_, planned)| creates(planned)) {
            names.entry(crate::names::fold(&planned.change.subject.name)).or_default().push(at);
        }
        let mut several: Vec<Vec<usize>> = names.into_values().filter(|places| places.len() > 1).collect();
        several.sort_unstable();
        for at in several.concat() {
            let name = draft.planned[at].change.subject.name.clone();
            let message = format!("several groups of the directory want the name {name}").into();
            draft.planned[at].gates.push(Gate::firm(Reason::DuplicateSource, message));
        }
    }

    fn existing(&self, draft: &mut Draft, wanted: &desired::Group, at: At, by: By) {
        let object = self.matcher.objects.get(at);
        let source = wanted.group;
        let subject = group(object.label, Some(source), Some(object.id));
        if self.is_recreated(wanted, object, by) {
            return self.recreate(draft, wanted, at);
        }
        let difference = match self.difference(draft, wanted, at) {
            Ok(difference) => difference,
            Err(trouble) => return draft.trouble(trouble, subject, Some(Action::UpdateGroup)),
        };
        for path in &difference.not_stored {
            draft.not_stored(path, &format!("group {}", object.label).into());
        }
        let mut needs = Vec::new();
        if by != By::Link {
            let adopt = self.adopt(at, by, &subject);
            needs.push(adopt.id.clone());
            draft.plan(adopt);
        }
        if !difference.is_empty() {
            let cause = by_mapping(&difference.attributes);
            let Difference { attributes, operations, .. } = difference;
            let request = Request::PatchGroup { group: Ref::Live(object.id.clone()), operations };
            let mut change = sending(Action::UpdateGroup, subject.clone(), cause, attributes, request);
            (change.version, change.depends_on) = (object.version.cloned(), needs.clone());
            draft.plan(change);
        }
        if self.mappings.update {
            self.members(draft, wanted, Some(at), &subject, &needs);
        }
    }

    fn adopt(&self, at: At, by: By, subject: &Subject) -> Change {
        let object = self.matcher.objects.get(at);
        let path = match by {
            By::Link | By::ExternalId => AttrPath::core("externalId"),
            By::Attribute(nth) => self.matcher.keys[nth].0.clone(),
        };
        let only = if matches!(by, By::Attribute(_)) { " only" } else { "" };
        let target = self.targets.at(&path);
        let place = target.map(|target| target.mapping.place.clone());
        let value = live::at(object.attributes, &path).map(Cow::into_owned);
        let text = format!("matched by {path}{only}").into();
        let cause = Cause { kind: CauseKind::Assigned, text, place };
        let place = target.map(|target| Arc::clone(&target.place)).unwrap_or_default();
        let (before, after) = (value.clone(), value);
        let attributes = [AttributeChange { path, before, after, place, redacted: false }].into();
        Change { attributes, version: object.version.cloned(), ..change(Action::AdoptGroup, subject.clone(), cause) }
    }

    /// Whether the group has a new name that only a new group can have.
    fn is_recreated(&self, wanted: &desired::Group, object: &Object, by: By) -> bool {
        let renamed = || self.new_name(wanted, object).is_some();
        let proven = !matches!(by, By::Attribute(_));
        self.mappings.on_rename == OnRename::Recreate && self.mappings.update && proven && renamed()
    }

    /// The mapped name, where it differs from the live one.
    fn new_name(&self, wanted: &desired::Group, object: &Object) -> Option<Text> {
        let path = AttrPath::core("displayName");
        let target = self.targets.at(&path).filter(|target| target.updates())?;
        let Mapped::Value(name) = self.targets.value(target, wanted.group, &wanted.group.id, None) else { return None };
        let held = live::at(object.attributes, &path);
        let same = held.is_some_and(|held| target.comparison.holds(&held, &name));
        (!same).then(|| name.as_text().cloned()).flatten()
    }

    fn difference(&self, draft: &mut Draft, wanted: &desired::Group, at: At) -> Result<Difference, Trouble> {
        let object = self.matcher.objects.get(at);
        if !self.mappings.update {
            return Ok(Difference::default());
        }
        let name = AttrPath::core("displayName");
        let own = Some(Own { at, object: object.attributes });
        let mut given = Vec::new();
        for (nth, target) in self.targets.all.iter().enumerate().filter(|(_, target)| target.updates()) {
            let mapped = self.targets.value(target, wanted.group, &wanted.group.id, own);
            if let Mapped::Failed(error) = &mapped {
                return Err(failed(target, error, &target.seen(wanted.group)));
            }
            if target.mapping.target == name && self.mappings.on_rename != OnRename::Update {
                self.note_rename(draft, wanted, object);
                continue;
            }
            given.push((nth, target, mapped));
        }
        Difference::new(object, given, |_| Referred::None, self.scene.inputs.memory, self.scene.manager_dialect())
    }

    fn note_rename(&self, draft: &mut Draft, wanted: &desired::Group, object: &Object) {
        if let Some(name) = self.new_name(wanted, object) {
            let keep = match self.mappings.on_rename {
                OnRename::Keep | OnRename::Update => "`on_rename: keep`",
                OnRename::Recreate => "it is not linked yet, and nothing else proves that it is ours",
            };
            let message = format!("group {} is now called {name}; it keeps its name in Dialpad ({keep})", object.label);
            let place = Some(self.mappings.place.clone());
            draft.notes.push(Note { code: "rename_kept".into(), message: message.into(), place });
        }
    }

    fn absent(&self, draft: &mut Draft, wanted: &desired::Group, no_value: bool) {
        let source = wanted.group;
        if !self.mappings.create {
            return draft.count("group_not_created", &source.name, Some(&self.mappings.place));
        }
        let subject = group(&source.name, Some(source), None);
        if no_value && !self.mappings.matching.is_empty() {
            let names: Vec<String> = self.mappings.matching.iter().map(|path| format!("`{path}`")).collect();
            let message = format!("{} has no value", names.join(", ")).into();
            let place = self.mappings.place.clone();
            return draft.trouble(Trouble { reason: Reason::NoMatchingValue, message, place }, subject, None);
        }
        match self.create(wanted) {
            Ok(change) => {
                let subject = change.subject.clone();
                let needs = vec![change.id.clone()];
                draft.gate(change, self.unread_live().into_iter().collect());
                self.members(draft, wanted, None, &subject, &needs);
            }
            Err(trouble) => draft.trouble(trouble, subject, Some(Action::CreateGroup)),
        }
    }

    /// A group must not be made twice because the list of groups was cut short.
    fn unread_live(&self) -> Option<Gate> {
        let unread = self.scene.inputs.live.groups.because();
        Scene::incomplete(unread.map(|why| format!("the live groups were not all read: {why}").into()))
    }

    fn create(&self, wanted: &desired::Group) -> Result<Change, Trouble> {
        let source = wanted.group;
        let mut attributes = Vec::new();
        let mut name = source.name.clone();
        for target in self.targets.all.iter().filter(|target| !target.read_only) {
            let mapping = target.mapping;
            let none = matches!(mapping.source, MappingSource::None);
            let value = match self.targets.value(target, source, &source.id, None) {
                Mapped::Failed(error) => return Err(failed(target, &error, &target.seen(source))),
                Mapped::Value(value) => Some(value),
                Mapped::Ignored if !none => continue,
                Mapped::Empty | Mapped::Ignored | Mapped::Reference(_) => {
                    mapping.default.clone().map(|value| target.comparison.typed(value))
                }
            };
            let Some(value) = value else {
                if target.required {
                    return Err(missing(&[target]));
                }
                continue;
            };
            if let (true, Value::Text(text)) = (mapping.target.is("displayName"), &value) {
                name = text.clone();
            }
            let (path, place, redacted) = (mapping.target.clone(), Arc::clone(&target.place), target.redacted);
            attributes.push(AttributeChange { path, before: None, after: Some(value), place, redacted });
        }
        let subject = group(&name, Some(source), None);
        let attributes: Arc<[AttributeChange]> = attributes.into();
        let request = Request::CreateGroup { attributes: NewObject::of(Arc::clone(&attributes), Vec::new()) };
        Ok(sending(Action::CreateGroup, subject, wanted.cause.clone(), attributes, request))
    }

    /// A new group under the new name, its members, then the old group goes.
    fn recreate(&self, draft: &mut Draft, wanted: &desired::Group, at: At) {
        let old = self.matcher.objects.get(at);
        let subject = group(old.label, Some(wanted.group), Some(old.id));
        let create = match self.create(wanted) {
            Ok(create) => create,
            Err(trouble) => return draft.trouble(trouble, subject, Some(Action::CreateGroup)),
        };
        let (new, created) = (create.subject.clone(), create.id.clone());
        let place = Some(self.mappings.place.clone());
        let text = format!("group {} is now called {} (`on_rename: recreate`)", old.label, new.name);
        // Without the source's id: forgetting the old group must not forget the new one.
        let gone = group(old.label, None, Some(old.id));
        let cause = Cause { kind: CauseKind::GroupOutOfScope, text: text.clone().into(), place: place.clone() };
        let request = Request::DeleteGroup { group: Ref::Live(old.id.clone()) };
        let mut delete = sending(Action::DeleteGroup, gone, cause, Vec::new(), request);
        delete.version = old.version.cloned();
        delete.depends_on = vec![created.clone()];
        let gates = self.unread_live().into_iter().collect();
        draft.planned.push(Planned { together: Some(delete.id.clone()), gates, ..Planned::open(create) });
        let before = draft.planned.len();
        let lost = self.moved_members(draft, wanted, at, &new, &[created]);
        draft.planned[before - 1].gates.extend(lost);
        delete.depends_on.extend(draft.planned[before..].iter().map(|planned| planned.change.id.clone()));
        draft.gate(delete, Scene::incomplete(self.scene.unread_groups()).into_iter().collect());
        let message = format!("{text}: a new group is created, its members are added, then the old group is deleted");
        draft.notes.push(Note { code: "group_recreated".into(), message: message.into(), place });
    }

    /// Linked groups that are no group objects any more.
    fn out_of_scope(&self, draft: &mut Draft, claimed: &mut [bool]) {
        let wanted = |id: &SourceId| self.wanted.binary_search_by(|group| group.group.id.cmp(id)).is_ok();
        for (id, link) in self.scene.inputs.memory.groups.iter().filter(|(id, _)| !wanted(id)) {
            let Some(at) = self.matcher.objects.find(&link.target).filter(|at| !claimed[*at as usize]) else {
                continue;
            };
            claimed[at as usize] = true;
            let object = self.matcher.objects.get(at);
            if !self.mappings.delete {
                draft.count("group_out_of_scope", object.label, Some(&self.mappings.place));
                continue;
            }
            let subject = Subject { source: Some(id.clone()), ..group(object.label, None, Some(object.id)) };
            let (kind, place) = (CauseKind::GroupOutOfScope, Some(self.mappings.place.clone()));
            let cause = Cause { kind, text: format!("group {} left the scope", link.name).into(), place };
            let doubt = || self.scene.desired.doubt(&cause).cloned();
            let gates = Scene::incomplete(self.scene.unread_groups().or_else(doubt)).into_iter().collect();
            let request = Request::DeleteGroup { group: Ref::Live(object.id.clone()) };
            let mut change = sending(Action::DeleteGroup, subject, cause, Vec::new(), request);
            change.version = object.version.cloned();
            draft.gate(change, gates);
        }
    }
}
