//! Manifests, directories and live states for the tests of planning, as people would write them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use dialform::{
    directory::{Directory, Group, Member, OtherWriter, Person},
    live::{self, Live},
    manifest::{self, Disk, Manifest, Unreadable, trust::AllowedHosts},
    memory::{GroupLink, Memory, Sizes, UserLink},
    names::{Attributes, Complete, Reading, SourceId, TargetId, Text, Value},
    plan::{self, Action, Allowance, Change, Held, Inputs, Options, Plan, Reason},
};
use serde_json::{Value as Json, json};

/// Everything that a plan is made from.
#[derive(Clone)]
pub struct Scene {
    /// The manifest's text.
    pub text: String,
    pub manifest: Manifest,
    pub people: Vec<Person>,
    pub groups: Vec<Group>,
    pub users: Vec<live::User>,
    pub live_groups: Vec<live::Group>,
    pub memory: Memory,
    pub now: &'static str,
    pub options: Options,
    /// Why a reading is not complete: `people`, `groups`, `users`, `live_groups`.
    pub incomplete: Vec<&'static str>,
    pub etag: bool,
    /// People who are proven gone for good.
    pub gone: Vec<SourceId>,
    /// Whether the source itself writes.
    pub writer: OtherWriter,
}

/// What the tests' manifests share; the group SG is assigned.
pub const HEAD: &str = "version: 1\nname: acme\nsource: { files: { people: people.csv } }\ntarget: { sandbox: {} }\n\
                        assignments: [{ group: SG }]\n";

/// A manifest from its text. Generated scenes have the same few again and again.
pub fn manifest(text: &str) -> Manifest {
    static KNOWN: Mutex<BTreeMap<String, Manifest>> = Mutex::new(BTreeMap::new());
    if let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(text) {
        return known.clone();
    }
    let read = parsed(text);
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned(), read.clone());
    read
}

fn parsed(text: &str) -> Manifest {
    let mut disk = Disk {
        read: &mut |path| match path {
            "dialform.yaml" => Ok(text.to_owned()),
            _ => Err(Unreadable { code: "missing_file", message: format!("no file `{path}`"), help: None }),
        },
        list: &mut |_, _| Ok(Vec::new()),
    };
    let read = manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default());
    read.manifest.unwrap_or_else(|| panic!("{:#?}", read.problems)).0
}

fn attributes(json: &Json) -> Attributes {
    let members = json.as_object().unwrap().iter();
    members.filter_map(|(name, value)| Some((Text::from(name.as_str()), Value::from_json(value)?))).collect()
}

impl Scene {
    /// A manifest with these lines behind [`HEAD`], nobody anywhere.
    pub fn new(lines: &str) -> Self {
        Self::of(&format!("{HEAD}{lines}"))
    }

    /// A whole manifest, nobody anywhere.
    pub fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            manifest: manifest(text),
            people: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
            live_groups: Vec::new(),
            memory: Memory::default(),
            now: "2027-01-31T09:00:00Z",
            options: Options { target: "sandbox".into(), ..Options::default() },
            incomplete: Vec::new(),
            etag: false,
            gone: Vec::new(),
            writer: OtherWriter::None,
        }
    }

    /// Somebody in the directory, with more attributes than the user name `ID@acme.example`.
    pub fn person(mut self, id: &str, more: Json) -> Self {
        let mut json = json!({ "userPrincipalName": format!("{id}@acme.example"), "objectId": id });
        let manager = more.get("manager").and_then(Json::as_str).map(SourceId::from);
        for (name, value) in more.as_object().unwrap().iter().filter(|(name, _)| *name != "manager") {
            json[name] = value.clone();
        }
        self.people.push(Person {
            id: id.into(),
            attributes: attributes(&json),
            soft_deleted: false,
            manager,
            place: None,
        });
        self
    }

    /// Somebody in the directory and in the group SG.
    pub fn member(self, id: &str, more: Json) -> Self {
        let scene = self.person(id, more);
        scene.group("SG", &[id])
    }

    /// A group of the directory, or more people in it.
    pub fn group(mut self, name: &str, people: &[&str]) -> Self {
        let members = people.iter().map(|id| Member::Person((*id).into()));
        match self.groups.iter_mut().find(|group| *group.name == *name) {
            Some(group) => group.members.extend(members),
            None => self.groups.push(Group {
                id: format!("g-{name}").as_str().into(),
                name: name.into(),
                attributes: attributes(&json!({ "displayName": name, "objectId": format!("g-{name}") })),
                members: members.collect(),
                place: None,
            }),
        }
        self
    }

    /// An account.
    pub fn user(mut self, id: &str, json: Json) -> Self {
        self.users.push(live::User { id: id.into(), attributes: attributes(&json), version: Some("W/1".into()) });
        self
    }

    /// The account `d-ID` as the default mapping leaves it for the person `ID`, without a link.
    pub fn account(self, id: &str) -> Self {
        self.user(&format!("d-{id}"), account(id))
    }

    /// The same, linked.
    pub fn linked(self, id: &str) -> Self {
        self.account(id).link(id, &format!("d-{id}"))
    }

    /// A live group.
    pub fn live_group(mut self, id: &str, json: Json, members: &[&str]) -> Self {
        let mut members: Vec<TargetId> = members.iter().map(|id| TargetId::from(*id)).collect();
        members.sort();
        let (attributes, version) = (attributes(&json), Some("W/1".into()));
        self.live_groups.push(live::Group { id: id.into(), attributes, members, version });
        self
    }

    pub fn link(mut self, person: &str, target: &str) -> Self {
        let link = UserLink {
            target: target.into(),
            name: format!("{person}@acme.example").into(),
            disabled_since: None,
            vanished_since: None,
        };
        self.memory.users.insert(person.into(), link);
        self
    }

    pub fn group_link(mut self, name: &str, target: &str, removals: bool) -> Self {
        let link = GroupLink { target: target.into(), name: name.into(), removals };
        self.memory.groups.insert(format!("g-{name}").as_str().into(), link);
        self
    }

    pub fn disabled(mut self, person: &str, since: &str) -> Self {
        let link = self.memory.users.get_mut(&SourceId::from(person)).unwrap();
        link.disabled_since = Some(since.parse().unwrap());
        self
    }

    pub fn last(mut self, people: u64) -> Self {
        self.memory.last_sizes = Some(Sizes { people, groups: 1, live_users: 0 });
        self
    }

    pub fn allow(mut self, allowance: &str) -> Self {
        self.options.allow.push(allowance.parse::<Allowance>().unwrap());
        self
    }

    pub fn directory(&self) -> Directory {
        Directory {
            gone: self.gone.clone(),
            other_writer: self.writer.clone(),
            ..Directory::new(self.reading("people", self.people.clone()), self.reading("groups", self.groups.clone()))
        }
    }

    pub fn live(&self) -> Live {
        let mut live = Live {
            users: self.reading("users", self.users.clone()),
            groups: self.reading("live_groups", self.live_groups.clone()),
            ..Live::empty()
        };
        live.service.etag = self.etag;
        live
    }

    fn reading<T>(&self, name: &str, items: Vec<T>) -> Reading<Vec<T>> {
        if self.incomplete.contains(&name) {
            return Reading::Incomplete { items, because: "listing incomplete: 1 of 2".to_owned() };
        }
        Reading::Complete(Complete::attest(items))
    }

    pub fn plan(&self) -> Plan {
        self.plan_of(&self.live())
    }

    pub fn plan_of(&self, live: &Live) -> Plan {
        let directory = self.directory();
        let now = self.now.parse().unwrap();
        let inputs = Inputs { manifest: &self.manifest, directory: &directory, live, memory: &self.memory, now };
        let plan = plan::between(&inputs, &self.options);
        // Every plan holds together and survives its file.
        assert_eq!(plan::file::read(&plan::file::write(&plan)).as_ref(), Ok(&plan));
        plan
    }
}

/// An account as the default mapping leaves it for the person `ID`.
pub fn account(id: &str) -> Json {
    json!({
        "userName": format!("{id}@acme.example"),
        "externalId": id,
        "active": true,
        "emails": [{ "type": "work", "value": format!("{id}@acme.example") }],
    })
}

/// Verbs and names of the changes, in order: `disable ana@acme.example`.
pub fn lines(plan: &Plan) -> Vec<String> {
    plan.changes.iter().map(|change| format!("{} {}", change.action.verb(), change.subject.name)).collect()
}

/// Reasons and names of what is held, in order: `too_many ana@acme.example`.
pub fn held(plan: &Plan) -> Vec<String> {
    plan.held.iter().map(|held| format!("{} {}", held.reason.name(), held.subject.name)).collect()
}

/// Codes of the notes.
pub fn notes(plan: &Plan) -> Vec<&str> {
    plan.notes.iter().map(|note| &*note.code).collect()
}

/// The one change of a kind.
pub fn only(plan: &Plan, action: Action) -> &Change {
    let mut changes = plan.changes.iter().filter(|change| change.action == action);
    let change = changes.next().unwrap_or_else(|| panic!("no {action:?} in {:#?}", (lines(plan), &plan.held)));
    assert!(changes.next().is_none(), "several {action:?}: {:?}", lines(plan));
    change
}

/// The one held line with a reason.
pub fn only_held(plan: &Plan, reason: Reason) -> &Held {
    let mut held = plan.held.iter().filter(|held| held.reason == reason);
    let first = held.next().unwrap_or_else(|| panic!("no {reason:?} in {:#?}", (lines(plan), &plan.held)));
    assert!(held.next().is_none(), "several {reason:?}: {:#?}", plan.held);
    first
}

/// The operations that a change sends, as JSON.
pub fn sent(change: &Change) -> Json {
    serde_json::to_value(&change.requests).unwrap()
}

/// Counts by reason.
pub fn reasons(plan: &Plan) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for held in &plan.held {
        *counts.entry(held.reason.name()).or_insert(0) += 1;
    }
    counts
}

/// What a generated scene shows when a law fails: everything, in few lines.
impl std::fmt::Debug for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.text)?;
        for person in &self.people {
            let json = serde_json::to_string(person).unwrap();
            writeln!(f, "person {json}")?;
        }
        for group in &self.groups {
            writeln!(f, "group {}", serde_json::to_string(group).unwrap())?;
        }
        for user in &self.users {
            writeln!(f, "account {}", serde_json::to_string(user).unwrap())?;
        }
        for group in &self.live_groups {
            writeln!(f, "live group {}", serde_json::to_string(group).unwrap())?;
        }
        let allowed: Vec<String> = self.options.allow.iter().map(ToString::to_string).collect();
        writeln!(f, "memory {}\nallow {allowed:?}", serde_json::to_string(&self.memory).unwrap())
    }
}
