//! The directory of the fake: loaded from a file, or made for so many people.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

pub const TENANT: &str = "5c90b973-6c7b-559c-8bd4-b912934b9d3d";
pub const APPLICATION: &str = "a42d5f8f-7ef3-51ac-99a7-4f7ed2a57db7";

pub type Object = Map<String, Value>;

/// Everything that the fake holds.
#[derive(Clone, Debug, Default)]
pub struct Store {
    pub organization: Vec<Value>,
    pub users: Vec<Object>,
    pub deleted: Vec<Object>,
    pub groups: Vec<Object>,
    /// Devices, contacts and the like, that are only members.
    pub others: Vec<Object>,
    /// Ids of the members of a group, by its id.
    pub members: BTreeMap<String, Vec<String>>,
    /// The manager of a user.
    pub managers: BTreeMap<String, String>,
    pub applications: Vec<Object>,
    /// Assignments to an application, by its object id.
    pub assigned: BTreeMap<String, Vec<Value>>,
    /// Provisioning jobs of an application, by its object id; nothing where it was never set up.
    pub jobs: BTreeMap<String, Vec<Value>>,
    /// The schemas of jobs, by their ids.
    pub schemas: BTreeMap<String, Value>,
    /// Whether jobs are found by the application id too, which Microsoft does not document.
    pub jobs_by_key: bool,
    /// Whether a schema comes without its directories unless they are expanded.
    pub directories_apart: bool,
    /// Positions of users, by id.
    index: HashMap<String, usize>,
}

/// The nth id of a kind: looks like a GUID and sorts by `n`.
pub fn guid(kind: u32, n: usize) -> String {
    format!("{n:08x}-0000-4000-8000-{kind:012x}")
}

fn object(value: Value) -> Object {
    value.as_object().unwrap().clone()
}

impl Store {
    /// The directory of a file in `tests/cases/entra`.
    pub fn load(name: &str) -> Self {
        let path = format!("{}/tests/cases/entra/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let list = |key: &str| json[key].as_array().cloned().unwrap_or_default();
        let objects = |key: &str| list(key).into_iter().map(object).collect::<Vec<_>>();
        let mut store = Self {
            organization: list("organization"),
            users: objects("users"),
            deleted: objects("deleted"),
            groups: objects("groups"),
            others: objects("others"),
            applications: objects("applications"),
            jobs_by_key: true,
            ..Self::default()
        };
        for (group, members) in json["members"].as_object().unwrap() {
            let ids = members.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
            store.members.insert(group.clone(), ids.collect());
        }
        for (user, manager) in json["managers"].as_object().unwrap() {
            store.managers.insert(user.clone(), manager.as_str().unwrap().to_owned());
        }
        for (application, assigned) in json["assigned"].as_object().unwrap() {
            for one in assigned.as_array().unwrap() {
                let text = |key: &str| one[key].as_str().unwrap().to_owned();
                store.assign(application, &text("principalType"), &text("principalId"), &text("appRoleId"));
            }
        }
        store
    }

    /// So many people in so many assigned groups, evenly, and `direct` of them assigned by themselves too.
    pub fn of_size(people: usize, groups: usize, direct: usize) -> Self {
        let mut store = Self::load("small");
        store.users.clear();
        store.groups.clear();
        store.members.clear();
        store.managers.clear();
        let application = store.applications[0]["id"].as_str().unwrap().to_owned();
        store.assigned.clear();
        let role = store.applications[0]["appRoles"][0]["id"].as_str().unwrap().to_owned();
        for n in 0..people {
            store.users.push(user(&guid(1, n), &format!("person{n:05}@example.com")));
            if n > 0 {
                store.managers.insert(guid(1, n), guid(1, n / 10));
            }
        }
        for n in 0..groups {
            let id = guid(2, n);
            store.groups.push(group(&id, &format!("SG-{n:03}")));
            let grouped = people - direct;
            store.members.insert(id.clone(), (n..grouped).step_by(groups).map(|n| guid(1, n)).collect());
            store.assign(&application, "Group", &id, &role);
        }
        for n in people - direct..people {
            store.assign(&application, "User", &guid(1, n), &role);
        }
        store
    }

    pub fn assign(&mut self, application: &str, kind: &str, principal: &str, role: &str) {
        let n = self.assigned.values().map(Vec::len).sum::<usize>();
        let name = self.named(principal);
        self.assigned.entry(application.to_owned()).or_default().push(json!({
            "id": format!("assignment-{n:032}"), "deletedDateTime": null, "appRoleId": role,
            "createdDateTime": "2026-02-03T08:15:30.1234567Z", "principalDisplayName": name,
            "principalId": principal, "principalType": kind, "resourceDisplayName": "Dialpad",
            "resourceId": application,
        }));
    }

    /// A provisioning job of the first application, with the schema of a file in `tests/cases/import`.
    pub fn job(&mut self, id: &str, state: &str, code: &str, schema: &str) {
        let application = self.applications[0]["id"].as_str().unwrap().to_owned();
        self.jobs.entry(application).or_default().push(json!({
            "id": id, "templateId": "dialpad",
            "schedule": { "expiration": null, "interval": "PT40M", "state": state },
            "status": {
                "countSuccessiveCompleteFailures": 0, "escrowsPruned": false, "code": code, "lastExecution": null,
                "lastSuccessfulExecution": null, "lastSuccessfulExecutionWithExports": null, "quarantine": null,
                "progress": [], "synchronizedEntryCountByType": [], "troubleshootingUrl": "",
            },
            "synchronizationJobSettings": [{ "name": "QuarantineTooManyDeletesThreshold", "value": "500" }],
        }));
        let path = format!("{}/tests/cases/import/{schema}.json", env!("CARGO_MANIFEST_DIR"));
        self.schemas.insert(id.to_owned(), serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap());
    }

    fn named(&self, id: &str) -> String {
        let all = self.users.iter().chain(&self.groups);
        let found = all.filter(|object| object["id"] == id).find_map(|object| object["displayName"].as_str());
        found.unwrap_or("somebody").to_owned()
    }

    /// The user with this user principal name.
    pub fn user(&mut self, name: &str) -> &mut Object {
        self.users.iter_mut().find(|user| user["userPrincipalName"] == name).unwrap()
    }

    /// The id of the group with this name.
    pub fn group_id(&self, name: &str) -> String {
        let found = self.groups.iter().find(|group| group["displayName"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    pub fn id_of(&mut self, name: &str) -> String {
        self.user(name)["id"].as_str().unwrap().to_owned()
    }

    /// Takes a user out, into the recycle bin or for good.
    pub fn delete(&mut self, name: &str, for_good: bool) {
        let id = self.id_of(name);
        let at = self.users.iter().position(|user| user["id"] == *id).unwrap();
        let mut user = self.users.remove(at);
        for members in self.members.values_mut() {
            members.retain(|member| *member != id);
        }
        for assigned in self.assigned.values_mut() {
            assigned.retain(|one| one["principalId"] != *id);
        }
        if !for_good {
            let prefix: String = id.chars().filter(|c| *c != '-').collect();
            user.insert("userPrincipalName".into(), format!("{prefix}{name}").into());
            user.insert("deletedDateTime".into(), "2026-11-20T08:00:00Z".into());
            self.deleted.push(user);
        }
    }

    /// Makes ready to answer.
    pub fn index(&mut self) {
        let id = |user: &Object| user["id"].as_str().unwrap().to_owned();
        self.index = self.users.iter().enumerate().map(|(at, user)| (id(user), at)).collect();
    }

    pub fn user_by_id(&self, id: &str) -> Option<&Object> {
        self.index.get(id).map(|at| &self.users[*at])
    }

    /// Whatever has this id, with its type.
    pub fn any(&self, id: &str) -> Option<(&'static str, &Object)> {
        let find = |objects: &'_ [Object]| objects.iter().position(|object| object["id"] == id);
        if let Some(user) = self.user_by_id(id) {
            return Some(("#microsoft.graph.user", user));
        }
        if let Some(at) = find(&self.groups) {
            return Some(("#microsoft.graph.group", &self.groups[at]));
        }
        find(&self.others).map(|at| ("", &self.others[at]))
    }
}

/// A user as new ones are.
pub fn user(id: &str, name: &str) -> Object {
    let local = name.split('@').next().unwrap();
    object(json!({
        "id": id, "accountEnabled": true, "userPrincipalName": name, "mail": name, "displayName": local,
        "givenName": local, "surname": "Example", "jobTitle": "Agent", "department": "Support",
        "userType": "Member", "proxyAddresses": [format!("SMTP:{name}")], "otherMails": [],
        "businessPhones": ["+1 415 555 0100"], "mobilePhone": null, "officeLocation": null, "country": "GB",
    }))
}

/// A security group.
pub fn group(id: &str, name: &str) -> Object {
    object(json!({
        "id": id, "displayName": name, "description": null, "mail": null, "mailNickname": name.to_lowercase(),
        "mailEnabled": false, "securityEnabled": true, "groupTypes": [], "visibility": null,
    }))
}
