//! A planner that is small enough to be seen through: accounts by external id,
//! a title, suspension, and groups with exact members.

use std::collections::{BTreeMap, BTreeSet};

use dialform::{
    live::{Live, User},
    manifest::{ManagerDialect, MembersDialect, PatchDialect},
    memory::{Memory, Sizes},
    names::{AttrPath, Place, SourceId, TargetId, Text, Value},
    plan::{
        Action, AttributeChange, Cause, CauseKind, Change, ChangeId, Dialect, FORMAT_VERSION, Kind, MadeFrom,
        MemberName, Members, Operation, Plan, Read, Ref, Remember, Request, Sent, Subject,
    },
    state::Effect,
};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::account;

/// What should be.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// By external id: user name, title; without a title, somebody who left.
    pub people: BTreeMap<String, (String, Option<String>)>,
    /// External ids of accounts to be deleted.
    pub deleted: BTreeSet<String>,
    /// By name: the members' external ids.
    pub groups: BTreeMap<String, BTreeSet<String>>,
}

/// Someone for each kind of change, and the tenant that they are found in.
pub fn medium() -> (Wanted, Vec<Json>) {
    let mut wanted = Wanted::default();
    let mut live = vec![account("stranger@other.example", None, "Guest", true)];
    let mut person = |n: usize, now: Option<(&str, bool)>, then: Option<&str>| {
        let (id, name) = (format!("p{n:02}"), format!("person{n:02}@acme.example"));
        if let Some((title, active)) = now {
            live.push(account(&name, Some(&id), title, active));
        }
        wanted.people.insert(id, (name, then.map(str::to_owned)));
    };
    for n in 0..3 {
        person(n, None, Some("New"));
    }
    for n in 3..6 {
        person(n, Some(("Old", true)), Some("Changed"));
    }
    person(6, Some(("Leaver", true)), None);
    person(7, Some(("Back", false)), Some("Back"));
    person(8, Some(("Same", true)), Some("Same"));
    person(9, Some(("Gone", false)), None);
    person(10, None, Some("New"));
    wanted.deleted.insert("p09".to_owned());
    let members = |ids: &[usize]| ids.iter().map(|n| format!("p{n:02}")).collect::<BTreeSet<_>>();
    wanted.groups.insert("Sales".to_owned(), members(&[0, 1, 3, 4, 5, 8]));
    wanted.groups.insert("Support".to_owned(), members(&[2, 3, 10]));
    let in_support: Vec<Json> = ["person03", "person06", "person08"]
        .iter()
        .map(|name| json!({"value": format!("{name}@acme.example")}))
        .collect();
    live.push(json!({"displayName": "Support", "members": in_support}));
    (wanted, live)
}

/// What earlier runs remember of it: that we suspended the one who is back.
pub fn links(wanted: &Wanted, id: &dyn Fn(&str) -> String) -> Vec<Effect> {
    let (name, _) = &wanted.people["p07"];
    let (person, target, name) = (SourceId::from("p07"), TargetId::from(&*id(name)), Text::from(&**name));
    vec![Effect::Disabled { person, target, name, at: Timestamp::UNIX_EPOCH }]
}

impl Wanted {
    /// What has to change, with dependencies.
    pub fn plan(&self, live: &Live, memory: &Memory) -> Plan {
        let users = live.users.complete().expect("a small tenant is read whole").items();
        let groups = live.groups.complete().expect("a small tenant is read whole").items();
        let by_id: BTreeMap<&str, &User> =
            users.iter().filter_map(|user| Some((&**user.external_id()?, user))).collect();
        let mut changes: Vec<Change> = Vec::new();
        for (id, (name, title)) in &self.people {
            let found = by_id.get(&**id).copied();
            changes.extend(self.person(id, name, title.as_deref(), found, memory));
        }
        let account = |id: &str| match by_id.get(id) {
            Some(user) => Ref::Live(user.id.clone()),
            None => Ref::Created(change_id("create_user", id)),
        };
        for (name, wanted) in &self.groups {
            let found = groups.iter().find(|group| &**group.label() == name.as_str());
            let members: BTreeMap<Ref, &str> = wanted.iter().map(|id| (account(id), &**id)).collect();
            let there: BTreeSet<Ref> =
                found.into_iter().flat_map(|group| &group.members).cloned().map(Ref::Live).collect();
            let group = match found {
                Some(group) => Ref::Live(group.id.clone()),
                None => {
                    changes.push(create_group(name));
                    Ref::Created(change_id("create_group", name))
                }
            };
            let added: Vec<Ref> = members.keys().filter(|of| !there.contains(of)).cloned().collect();
            let removed: Vec<Ref> = there.iter().filter(|of| !members.contains_key(of)).cloned().collect();
            changes.extend(membership(name, &group, &added, &removed));
        }
        changes.sort_by_key(|change| change.action);
        let read = Read { live_users: users.len() as u64, live_groups: groups.len() as u64, ..Read::default() };
        let sizes = Sizes { people: self.people.len() as u64, groups: 2, live_users: users.len() as u64 };
        plan(changes, read, vec![Remember::Sizes(sizes)])
    }

    fn person(&self, id: &str, name: &str, title: Option<&str>, found: Option<&User>, memory: &Memory) -> Vec<Change> {
        let subject = |target: Option<&TargetId>| Subject {
            kind: Kind::User,
            name: name.into(),
            source: Some(SourceId::from(id)),
            target: target.cloned(),
        };
        let Some(user) = found else {
            let Some(title) = title else { return Vec::new() };
            let attributes = [("userName", name), ("externalId", id), ("title", title)];
            return vec![create_user(id, subject(None), &attributes)];
        };
        let subject = subject(Some(&user.id));
        let of = Ref::Live(user.id.clone());
        if self.deleted.contains(id) {
            let request = Request::DeleteUser { user: of };
            return vec![change(Action::DeleteUser, "delete_user", id, subject, vec![request], Vec::new())];
        }
        let patch = |action, verb, path: &str, before: Option<Value>, after: Value| {
            let path = AttrPath::core(path);
            let operations = vec![Operation::Replace { path: path.clone(), value: Sent::Value(after.clone()) }];
            let request = Request::PatchUser { user: of.clone(), operations };
            let place = Place::default_value().into();
            let attribute = AttributeChange { path, before, after: Some(after), place, redacted: false };
            change(action, verb, id, subject.clone(), vec![request], vec![attribute])
        };
        let held = user.text("title").map(|text| Value::Text(text.clone()));
        let mut changes = Vec::new();
        match title {
            None if user.is_active() => changes.push(patch(
                Action::DisableUser,
                "disable_user",
                "active",
                Some(Value::Boolean(true)),
                Value::Boolean(false),
            )),
            None => {}
            Some(title) => {
                let link = memory.users.get(&SourceId::from(id));
                let ours = link.is_some_and(|link| link.disabled_since.is_some());
                if !user.is_active() && ours {
                    let (before, after) = (Some(Value::Boolean(false)), Value::Boolean(true));
                    changes.push(patch(Action::EnableUser, "enable_user", "active", before, after));
                }
                if held.as_ref() != Some(&Value::from(title)) {
                    changes.push(patch(Action::UpdateUser, "update_user", "title", held, Value::from(title)));
                }
            }
        }
        changes
    }
}

pub fn change_id(verb: &str, id: &str) -> ChangeId {
    ChangeId(format!("{verb}:{id}").into())
}

pub fn change(
    action: Action,
    verb: &str,
    id: &str,
    subject: Subject,
    requests: Vec<Request>,
    attributes: Vec<AttributeChange>,
) -> Change {
    let kind = if action == Action::DisableUser { CauseKind::Unassigned } else { CauseKind::Assigned };
    Change {
        id: change_id(verb, id),
        action,
        subject,
        attributes: attributes.into(),
        members: Members::default(),
        grants: Vec::new(),
        requests,
        depends_on: Vec::new(),
        cause: Cause { kind, text: "a test".into(), place: None },
        version: None,
    }
}

pub fn create_user(id: &str, subject: Subject, attributes: &[(&str, &str)]) -> Change {
    let attributes =
        attributes.iter().map(|(name, value)| (AttrPath::core(name), Sent::Value(Value::from(*value)))).collect();
    change(Action::CreateUser, "create_user", id, subject, vec![Request::CreateUser { attributes }], Vec::new())
}

fn create_group(name: &str) -> Change {
    let subject = group_subject(name, None);
    let attributes = [(AttrPath::core("displayName"), Sent::Value(Value::from(name)))].into_iter().collect();
    change(Action::CreateGroup, "create_group", name, subject, vec![Request::CreateGroup { attributes }], Vec::new())
}

fn group_subject(name: &str, target: Option<TargetId>) -> Subject {
    Subject { kind: Kind::Group, name: name.into(), source: Some(SourceId::from(name)), target }
}

/// Members in requests of three.
fn membership(name: &str, group: &Ref, added: &[Ref], removed: &[Ref]) -> Vec<Change> {
    let target = match group {
        Ref::Live(id) => Some(id.clone()),
        Ref::Created(_) => None,
    };
    let created = |of: &Ref| match of {
        Ref::Created(change) => Some(change.clone()),
        Ref::Live(_) => None,
    };
    let named = |of: &Ref| MemberName { name: "member".into(), account: of.clone() };
    let mut changes = Vec::new();
    if !added.is_empty() {
        let requests = added
            .chunks(3)
            .map(|members| Request::AddMembers { group: group.clone(), members: members.to_vec() })
            .collect();
        let subject = group_subject(name, target.clone());
        let mut add = change(Action::AddMembers, "add_members", name, subject, requests, Vec::new());
        add.depends_on = std::iter::once(group).chain(added).filter_map(created).collect();
        add.members.added = added.iter().map(named).collect();
        changes.push(add);
    }
    if !removed.is_empty() {
        let ids = removed.iter().filter_map(|of| match of {
            Ref::Live(id) => Some(id.clone()),
            Ref::Created(_) => None,
        });
        let request = Request::RemoveMembers { group: group.clone(), members: ids.collect() };
        let subject = group_subject(name, target);
        let mut remove = change(Action::RemoveMembers, "remove_members", name, subject, vec![request], Vec::new());
        remove.members.removed = removed.iter().map(named).collect();
        changes.push(remove);
    }
    changes
}

pub fn plan(changes: Vec<Change>, read: Read, remember: Vec<Remember>) -> Plan {
    Plan {
        format_version: FORMAT_VERSION,
        made_from: MadeFrom {
            manifest: "acme".into(),
            manifest_digest: "m".into(),
            directory_digest: "d".into(),
            live_digest: "l".into(),
            target: "sandbox".into(),
            at: Timestamp::UNIX_EPOCH,
            dialect: Dialect {
                patch: PatchDialect::Rfc7644,
                members: MembersDialect::Filter,
                manager: ManagerDialect::Record,
            },
            allowed: Vec::new(),
        },
        changes,
        held: Vec::new(),
        notes: Vec::new(),
        unmanaged: Vec::new(),
        left_out: 0,
        seats: Vec::new(),
        remember,
        read,
    }
}
