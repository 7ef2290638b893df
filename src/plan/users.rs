//! Accounts: adopted, created, updated, enabled.

use std::{collections::HashMap, sync::Arc};

use super::{
    Action, AttributeChange, Cause, CauseKind, Change, ChangeId, Draft, Held, NewObject, Operation, Reason, Ref,
    Remember, Request, Sent, Subject,
    difference::{Difference, Referred, Trouble, failed, missing},
    draft::{Gate, change, sending, user},
    guard::held,
    index::{At, Objects},
    matching::{By, Found, Matcher, let_through, settle},
    rename::Addresses,
    scene::Scene,
    targets::{Own, Target, Targets},
};
use crate::{
    desired::{Mapped, Standing, Subject as Person},
    live::Resource,
    manifest::MappingSource,
    memory::UserLink,
    names::{AttrPath, Place, SourceId, Text, Value},
};

/// The account that a person has when the plan is carried out.
#[derive(Clone, Debug)]
pub(super) enum Account {
    /// None, or not for certain.
    None,
    /// It exists.
    Live(At),
    /// This change creates it.
    Created {
        change: ChangeId,
        /// The user name that it gets.
        name: Text,
    },
}

/// Everybody's account.
pub(super) struct Users<'s, 'a> {
    pub scene: &'s Scene<'a>,
    pub matcher: Matcher<'a>,
    pub targets: Targets<'a>,
    /// The link of each person of the scene.
    links: Vec<Option<&'a UserLink>>,
    /// What was found for each person of the scene.
    pub found: Vec<Found>,
    /// By position in the scene.
    pub accounts: Vec<Account>,
    /// Live accounts whose external id is that of a person of the directory.
    pub fits: Vec<bool>,
    /// Live accounts that belong to a person of the directory.
    pub claimed: Vec<bool>,
    /// Live accounts that may belong to somebody: not touched as nobody's.
    pub spared: Vec<bool>,
    /// User names that changes give, with the account that has the change, if it exists.
    pub names: Vec<(Text, usize, Option<At>)>,
    addresses: Option<Addresses>,
    /// Attributes that the service requires and no mapping names.
    required: Vec<String>,
    /// Managers that are set when both accounts exist.
    managers: Vec<(usize, usize, SourceId)>,
}

/// The link of each person: people and links both come in the order of their ids.
fn links_of<'a>(scene: &Scene<'a>) -> Vec<Option<&'a UserLink>> {
    let mut links = scene.inputs.memory.users.iter().peekable();
    let link = |user: &&crate::desired::User| {
        while links.next_if(|(id, _)| **id < user.person.id).is_some() {}
        links.next_if(|(id, _)| **id == user.person.id).map(|(_, link)| link)
    };
    scene.people.iter().map(link).collect()
}

impl<'s, 'a> Users<'s, 'a> {
    /// Finds everybody's account.
    pub fn new(scene: &'s Scene<'a>) -> Self {
        let inputs = scene.inputs;
        let (live, manifest) = (inputs.live, inputs.manifest);
        let objects = Objects::users(live);
        let name = &manifest.name;
        let mappings = &manifest.users.attributes;
        let targets = Targets::new(
            mappings,
            &live.schema,
            Resource::User,
            &objects,
            inputs.now,
            inputs.directory.default_domain.as_ref(),
            name,
        );
        let links = inputs.memory.users.iter().map(|(source, link)| (&link.target, source));
        let matcher = Matcher::new(objects, &live.schema, Resource::User, &manifest.users.matching, links);
        let size = matcher.objects.all.len();
        let mut users = Self {
            scene,
            required: targets.required_but_not_mapped(&live.schema, Resource::User),
            matcher,
            targets,
            links: links_of(scene),
            found: Vec::with_capacity(scene.people.len()),
            accounts: vec![Account::None; scene.people.len()],
            fits: vec![false; size],
            claimed: vec![false; size],
            spared: vec![false; size],
            names: Vec::new(),
            addresses: None,
            managers: Vec::new(),
        };
        users.find();
        users
    }

    fn find(&mut self) {
        let external = self.targets.at(&AttrPath::core("externalId"));
        let keys: Vec<Option<&Target>> = self.matcher.keys.iter().map(|(path, _)| self.targets.at(path)).collect();
        for person in &self.scene.people {
            let id = &person.person.id;
            let subject = Person::new(person.person, !person.standing.is_entitled());
            let external = external.and_then(|target| self.targets.for_matching(target, &subject, id));
            for at in external.as_ref().map(|value| self.matcher.external.find(value)).unwrap_or_default() {
                self.fits[*at as usize] = true;
            }
            let link = self.links[self.found.len()].map(|link| &link.target);
            let wanted = |nth: usize| keys[nth].and_then(|target| self.targets.for_matching(target, &subject, id));
            self.found.push(self.matcher.find(id, link, external.as_ref(), wanted));
        }
        let people = &self.scene.people;
        let names = |at: usize| [people[at].person.label().as_ref(), people[at].person.id.as_str()];
        let_through(&mut self.found, &self.scene.allowed, |at| people[at].standing.is_entitled(), names);
        settle(&mut self.found, &self.matcher.objects, |at| people[at].person.label().clone());
        for (person, found) in people.iter().zip(&mut self.found) {
            match found {
                Found::One { at, .. } => self.claimed[*at as usize] = true,
                // Whoever is not entitled gets nothing from a match that is another's.
                Found::Unclear(unclear)
                    if unclear.reason == Reason::IdentityConflict && !person.standing.is_entitled() =>
                {
                    *found = Found::Nothing { no_value: false };
                }
                Found::Unclear(unclear) => {
                    for at in &unclear.candidates {
                        self.spared[*at as usize] = true;
                    }
                }
                Found::Nothing { .. } => {}
            }
        }
    }

    pub fn link(&self, id: &SourceId) -> Option<&'a UserLink> {
        match self.scene.position(id) {
            Some(who) => self.links[who],
            None => self.scene.inputs.memory.users.get(id),
        }
    }

    /// Plans the accounts of all people of the directory.
    pub fn plan(&mut self, draft: &mut Draft) {
        for who in 0..self.scene.people.len() {
            let person = self.scene.people[who];
            match (&person.standing, self.found[who].clone()) {
                (Standing::Entitled { cause, .. }, Found::One { at, by }) => self.existing(draft, who, at, by, cause),
                (Standing::Entitled { cause, .. }, Found::Nothing { no_value }) => {
                    self.absent(draft, who, no_value, cause);
                }
                (Standing::Out(cause), Found::One { at, by }) => self.leaver(draft, who, at, by, cause),
                (Standing::Out(_), Found::Nothing { .. }) => {}
                (Standing::Unclear(cause), Found::One { .. } | Found::Nothing { .. }) => {
                    let subject = user(person.person.label(), Some(&person.person.id), None);
                    let places = cause.place.iter().cloned().collect();
                    draft.held.push(held(Reason::UnknownRole, subject, None, cause.text.clone(), places));
                }
                (standing, Found::Unclear(unclear)) => {
                    let objects = &self.matcher.objects;
                    let matters = standing.is_entitled() || unclear.candidates.iter().any(|at| objects.get(*at).active);
                    if matters {
                        let subject = user(person.person.label(), Some(&person.person.id), None);
                        let places = vec![self.scene.manifest().users.place.clone()];
                        draft.held.push(held(unclear.reason, subject, None, unclear.message, places));
                    }
                }
            }
        }
        self.set_managers(draft);
    }

    fn existing(&mut self, draft: &mut Draft, who: usize, at: At, by: By, cause: &Cause) {
        let person = self.scene.people[who].person;
        let object = *self.matcher.objects.get(at);
        let subject = user(object.label, Some(&person.id), Some(object.id));
        let difference = match self.difference(who, at) {
            Ok(difference) => difference,
            Err(trouble) => return draft.trouble(trouble, subject, Some(Action::UpdateUser)),
        };
        self.accounts[who] = Account::Live(at);
        let link = self.links[who];
        if by == By::Link && link.is_some_and(|link| link.vanished_since.is_some()) {
            draft.remember.push(Remember::NotVanished { person: person.id.clone() });
        }
        let adopt = (by != By::Link).then(|| self.adopt(at, by, &subject));
        for path in &difference.not_stored {
            draft.not_stored(path, object.label);
        }
        if difference.left_out {
            draft.count("manager_left_out", object.label, None);
        }
        self.managers.extend(difference.later.iter().map(|(nth, manager)| (who, *nth, manager.clone())));
        if difference.is_empty() && adopt.is_none() {
            draft.unchanged += 1;
        }
        let needs: Vec<ChangeId> = adopt.iter().map(|adopt| adopt.id.clone()).collect();
        draft.planned.extend(adopt.map(super::draft::Planned::open));
        if difference.is_empty() {
            return;
        }
        let action = match difference.active {
            Some(true) => Action::EnableUser,
            Some(false) => Action::DisableUser,
            None => Action::UpdateUser,
        };
        let cause = if action == Action::EnableUser { cause.clone() } else { by_mapping(&difference.attributes) };
        let mut gates = Vec::new();
        if action == Action::EnableUser && link.is_none_or(|link| link.disabled_since.is_none()) {
            let message = "the account was suspended by somebody else, or before anything was kept between runs";
            gates.push(Gate::new(Reason::SuspendedElsewhere, message.into()));
        }
        if action == Action::DisableUser {
            gates.extend(Scene::incomplete(self.scene.unread_people()));
            gates.extend(self.unproven(by, object.label));
        }
        let renamed = difference.user_name.clone();
        let mut change = patch(action, subject, cause, difference);
        change.version = object.version.cloned();
        change.depends_on = needs;
        if let Some(name) = renamed {
            self.names.push((name, draft.planned.len(), Some(at)));
        }
        draft.gate(change, gates);
    }

    /// Taking over an account that exists: a link, bound to what it was found by.
    fn adopt(&self, at: At, by: By, subject: &Subject) -> Change {
        let object = self.matcher.objects.get(at);
        let (path, only) = match by {
            By::Link | By::ExternalId => (AttrPath::core("externalId"), ""),
            By::Attribute(nth) => (self.matcher.keys[nth].0.clone(), " only"),
        };
        let target = self.targets.at(&path);
        let place = target.map(|target| target.mapping.place.clone());
        let value = crate::live::at(object.attributes, &path).map(std::borrow::Cow::into_owned);
        let text = format!("matched by {path}{only}").into();
        let cause = Cause { kind: CauseKind::Assigned, text, place };
        let (before, after) = (value.clone(), value);
        let place = target.map(|target| Arc::clone(&target.place)).unwrap_or_default();
        let attributes = [AttributeChange { path, before, after, place, redacted: false }].into();
        Change { attributes, version: object.version.cloned(), ..change(Action::AdoptUser, subject.clone(), cause) }
    }

    fn difference(&self, who: usize, at: At) -> Result<Difference, Trouble> {
        let person = self.scene.people[who].person;
        let object = self.matcher.objects.get(at);
        if !self.scene.manifest().users.update {
            return Ok(Difference::default());
        }
        let subject = Person::new(person, false);
        let own = Some(Own { at, object: object.attributes });
        let mut given = Vec::with_capacity(self.targets.all.len());
        for (nth, target) in self.targets.all.iter().enumerate().filter(|(_, target)| target.updates()) {
            let mapped = self.targets.value(target, &subject, &person.id, own);
            if let Mapped::Failed(error) = &mapped {
                return Err(failed(target, error, &target.seen(&subject)));
            }
            given.push((nth, target, mapped));
        }
        Difference::new(
            object,
            given,
            |manager| self.refer(manager),
            self.scene.inputs.memory,
            self.scene.manager_dialect(),
        )
    }

    /// The account of a person whom another person's attribute names.
    fn refer(&self, source: &SourceId) -> Referred {
        let Some(who) = self.scene.position(source) else { return Referred::None };
        let entitled = self.scene.people[who].standing.is_entitled();
        match &self.found[who] {
            Found::One { at, .. } => {
                let object = self.matcher.objects.get(*at);
                Referred::Live { account: Ref::Live(object.id.clone()), name: object.label.clone() }
            }
            Found::Nothing { .. } if entitled && self.scene.manifest().users.create => Referred::Later,
            Found::Nothing { .. } | Found::Unclear(_) => Referred::None,
        }
    }

    /// An entitled person without an account.
    fn absent(&mut self, draft: &mut Draft, who: usize, no_value: bool, cause: &Cause) {
        let person = self.scene.people[who].person;
        let manifest = self.scene.manifest();
        let subject = user(person.label(), Some(&person.id), None);
        if !manifest.users.create {
            return draft.count("not_created", person.label(), Some(&manifest.users.place));
        }
        let New { attributes, references, name, left_out, later } = match self.new_account(who) {
            Ok(new) => new,
            Err(trouble) => return draft.trouble(trouble, subject, Some(Action::CreateUser)),
        };
        if no_value && !manifest.users.matching.is_empty() {
            let trouble = self.no_matching_value();
            return draft.trouble(trouble, subject, Some(Action::CreateUser));
        }
        if left_out {
            draft.count("manager_left_out", person.label(), None);
        }
        let mut gates = Vec::new();
        let unread = self.scene.inputs.live.users.because();
        gates.extend(Scene::incomplete(unread.map(|why| format!("the accounts were not all read: {why}").into())));
        gates.extend(self.vanished(&person.id));
        gates.extend(self.possible_rename(who));
        let name = name.unwrap_or_else(|| person.label().clone());
        let subject = user(&name, Some(&person.id), None);
        let attributes: Arc<[AttributeChange]> = attributes.into();
        let request = Request::CreateUser { attributes: NewObject::of(Arc::clone(&attributes), references) };
        let change = sending(Action::CreateUser, subject, cause.clone(), attributes, request);
        self.accounts[who] = Account::Created { change: change.id.clone(), name: name.clone() };
        self.names.push((name, draft.planned.len(), None));
        self.managers.extend(later.into_iter().map(|(nth, manager)| (who, nth, manager)));
        draft.gate(change, gates);
    }

    fn no_matching_value(&self) -> Trouble {
        let matching = &self.scene.manifest().users.matching;
        let names: Vec<String> = matching.iter().map(|path| format!("`{path}`")).collect();
        let place = matching.first().and_then(|path| self.targets.at(path)).map(|target| target.mapping.place.clone());
        Trouble {
            reason: Reason::NoMatchingValue,
            message: format!(
                "{} has no value, so an account of this person could not be found again",
                names.join(", ")
            )
            .into(),
            place: place.unwrap_or_default(),
        }
    }

    fn new_account(&self, who: usize) -> Result<New, Trouble> {
        let person = self.scene.people[who].person;
        let subject = Person::new(person, false);
        let size = self.targets.all.len();
        let mut new = New { attributes: Vec::with_capacity(size), ..New::default() };
        let mut empty: Vec<&Target> = Vec::new();
        for (nth, target) in self.targets.all.iter().enumerate().filter(|(_, target)| !target.read_only) {
            let mapping = target.mapping;
            let path = &mapping.target;
            let default = || mapping.default.clone().map(|value| target.comparison.typed(value));
            let none = matches!(mapping.source, MappingSource::None);
            let shown = match self.targets.value(target, &subject, &person.id, None) {
                Mapped::Failed(error) => return Err(failed(target, &error, &target.seen(&subject))),
                Mapped::Value(value) => value,
                Mapped::Ignored if !none => continue,
                Mapped::Empty | Mapped::Ignored => match default() {
                    Some(value) => value,
                    None => {
                        empty.extend(target.required.then_some(target));
                        continue;
                    }
                },
                Mapped::Reference(manager) => match self.refer(&manager) {
                    Referred::Live { account, name } => {
                        new.references.push((new.attributes.len(), account));
                        Value::Text(name)
                    }
                    Referred::Later => {
                        new.later.push((nth, manager));
                        continue;
                    }
                    Referred::None => {
                        new.left_out = true;
                        continue;
                    }
                },
            };
            if path.is("userName") {
                new.name = shown.as_text().cloned();
            }
            let (path, place, redacted) = (path.clone(), Arc::clone(&target.place), target.redacted);
            new.attributes.push(AttributeChange { path, before: None, after: Some(shown), place, redacted });
        }
        match empty.is_empty() {
            true => self.has_all_required(new),
            false => Err(missing(&empty)),
        }
    }

    /// Attributes that the service requires and no mapping names.
    fn has_all_required(&self, new: New) -> Result<New, Trouble> {
        if self.required.is_empty() {
            return Ok(new);
        }
        let message = format!("the service requires {}, which no mapping gives", self.required.join(", ")).into();
        let place = self.scene.manifest().users.place.clone();
        Err(Trouble { reason: Reason::MissingRequired, message, place })
    }

    /// The gate of a linked account that is gone: it can be restored for 72 hours.
    fn vanished(&self, person: &SourceId) -> Option<Gate> {
        const RESTORABLE: jiff::SignedDuration = jiff::SignedDuration::from_hours(72);
        let link = self.link(person)?;
        if !self.scene.is_listed() {
            let message = format!("the account {} that belongs to the person was not found by a look-up", link.target);
            return Some(Gate::new(Reason::Vanished, message.into()));
        }
        let now = self.scene.inputs.now;
        let since = link.vanished_since.unwrap_or(now);
        let until = since.checked_add(RESTORABLE).unwrap_or(now);
        let message = format!(
            "the account {} that belonged to the person is gone; it can be restored in Dialpad until {until}, \
             then a new one is created",
            link.target
        );
        (now < until).then(|| Gate::new(Reason::Vanished, message.into()))
    }

    /// The gate of a create when an account that nobody claims has another address of the person.
    fn possible_rename(&mut self, who: usize) -> Option<Gate> {
        if self.addresses.is_none() {
            self.addresses = Some(Addresses::new(&self.matcher.objects, &self.claimed));
        }
        let person = self.scene.people[who].person;
        let (at, address) = self.addresses.as_ref()?.find(person)?;
        self.spared[at as usize] = true;
        let object = self.matcher.objects.get(at);
        let message =
            format!("account {} ({}), which nobody claims, has the address {address}", object.label, object.id);
        Some(Gate::new(Reason::PossibleRename, message.into()))
    }

    /// Managers who had no account: set once both accounts exist.
    fn set_managers(&mut self, draft: &mut Draft) {
        let mut later: HashMap<usize, Vec<(usize, SourceId)>> = HashMap::new();
        for (who, nth, manager) in std::mem::take(&mut self.managers) {
            later.entry(who).or_default().push((nth, manager));
        }
        let mut later: Vec<_> = later.into_iter().collect();
        later.sort_unstable_by_key(|(who, _)| *who);
        for (who, references) in later {
            let managers: Vec<_> =
                references.iter().filter_map(|(nth, id)| self.created(id).map(|of| (*nth, of))).collect();
            let person = self.scene.people[who].person;
            if managers.len() < references.len() {
                draft.count("manager_left_out", person.label(), None);
            }
            if !managers.is_empty()
                && let Some(change) = self.set_manager(who, &managers)
            {
                draft.plan(change);
            }
        }
    }

    fn created(&self, id: &SourceId) -> Option<(ChangeId, Text)> {
        match &self.accounts[self.scene.position(id)?] {
            Account::Created { change, name } => Some((change.clone(), name.clone())),
            Account::None | Account::Live(_) => None,
        }
    }

    fn set_manager(&self, who: usize, managers: &[(usize, (ChangeId, Text))]) -> Option<Change> {
        let person = self.scene.people[who].person;
        let (account, name, held, mut needs) = match &self.accounts[who] {
            Account::None => return None,
            Account::Live(at) => {
                let object = self.matcher.objects.get(*at);
                (Ref::Live(object.id.clone()), object.label.clone(), Some(object), Vec::new())
            }
            Account::Created { change, name } => {
                (Ref::Created(change.clone()), name.clone(), None, vec![change.clone()])
            }
        };
        let mut attributes = Vec::new();
        let mut operations = Vec::new();
        for (nth, (change, manager)) in managers {
            let target = &self.targets.all[*nth];
            let path = target.mapping.target.clone();
            let before = held.and_then(|object| crate::live::at(object.attributes, &path));
            let before = before.map(|held| super::compare::id_or_self(&held).clone());
            let (top, value) = (path.top(), Sent::Reference(Ref::Created(change.clone())));
            operations.push(match before {
                None => Operation::Add { path: top, value },
                Some(_) => Operation::Replace { path: top, value },
            });
            let (after, place) = (Some(Value::Text(manager.clone())), Arc::clone(&target.place));
            attributes.push(AttributeChange { path, before, after, place, redacted: target.redacted });
            needs.push(change.clone());
        }
        let subject = user(&name, Some(&person.id), held.map(|object| object.id));
        let cause = by_mapping(&attributes);
        let request = Request::PatchUser { user: account, operations };
        let version = held.and_then(|object| object.version.cloned());
        let change = sending(Action::SetManager, subject, cause, attributes, request);
        Some(Change { depends_on: needs, version, ..change })
    }
}

/// A new account's values.
#[derive(Debug, Default)]
struct New {
    attributes: Vec<AttributeChange>,
    /// What is sent in place of the value at a position.
    references: Vec<(usize, Ref)>,
    name: Option<Text>,
    left_out: bool,
    later: Vec<(usize, SourceId)>,
}

/// The cause of an update: the mappings whose values differ.
pub(super) fn by_mapping(attributes: &[AttributeChange]) -> Cause {
    let paths: Vec<String> = attributes.iter().map(|change| format!("`{}`", change.path)).collect();
    let noun = if paths.len() == 1 { "mapping" } else { "mappings" };
    let place = attributes.first().map(|change| Place::clone(&change.place));
    Cause { kind: CauseKind::Mapping, text: format!("{noun} of {}", paths.join(", ")).into(), place }
}

/// A change of an account that exists.
pub(super) fn patch(action: Action, subject: Subject, cause: Cause, difference: Difference) -> Change {
    let account = subject.target.clone().map(Ref::Live);
    let Difference { attributes, operations, .. } = difference;
    match account {
        Some(user) => sending(action, subject, cause, attributes, Request::PatchUser { user, operations }),
        None => change(action, subject, cause),
    }
}

impl Draft {
    /// Holds a subject for what is wrong with it.
    pub fn trouble(&mut self, trouble: Trouble, subject: Subject, action: Option<Action>) {
        let Trouble { reason, message, place } = trouble;
        self.held.push(Held { ..held(reason, subject, action, message, vec![place]) });
    }
}
