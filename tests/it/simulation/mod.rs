//! The deterministic simulation: a sandbox in process, a state in memory and a
//! paused clock, so that an apply can be made to fail, be cut or lose power at
//! any point, thousands of times a minute.

mod day;
pub mod small_plan;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use dialform::{
    apply::{self, Options, Stopping},
    dialpad::{End, Want, Writer},
    live::Live,
    manifest::{ManagerDialect, MembersDialect, PatchDialect, ReadDialect, Scim},
    memory::Memory,
    plan::{
        Action, Plan,
        outcome::{Outcome, Status},
    },
    sandbox::{FaultPlan, Options as SandboxOptions, Sandbox},
    state::{Disk, State, Store},
};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use small_plan::Wanted;

/// A service, a disk, and what is wanted.
pub struct World {
    pub sandbox: Sandbox,
    pub disk: Disk,
    pub store: Store,
    pub wanted: Wanted,
    pub concurrency: u32,
}

/// What a round came to. Reading can fail before there is a plan.
pub struct Round {
    pub plan: Plan,
    pub outcome: Outcome,
    /// Requests that the round sent in all.
    pub requests: u64,
}

/// The state of a service by names, since ids differ from run to run.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Each account as `externalId title active`, by user name.
    pub users: BTreeMap<String, String>,
    /// The members' user names, by group.
    pub groups: BTreeMap<String, BTreeSet<String>>,
}

pub fn settings(concurrency: u32) -> Scim {
    Scim {
        rate: None,
        concurrency,
        patch: PatchDialect::Rfc7644,
        members: MembersDialect::Filter,
        manager: ManagerDialect::Record,
        read: ReadDialect::List,
        page_size: 100,
        members_per_request: 3,
    }
}

impl World {
    /// A tenant with somebody to create, update, disable, enable and delete, groups
    /// to make, fill and mend, and strangers.
    pub fn medium() -> Self {
        let disk = Disk::default();
        Self::medium_in(Store::Memory(disk.clone()), disk)
    }

    /// The same, with the state elsewhere.
    pub fn medium_in(store: Store, disk: Disk) -> Self {
        Self::medium_with(store, disk, true)
    }

    /// The same, before a service that makes a user name or a group twice when it is asked twice.
    pub fn medium_with_duplicates() -> Self {
        let disk = Disk::default();
        Self::medium_with(Store::Memory(disk.clone()), disk, false)
    }

    fn medium_with(store: Store, disk: Disk, unique_names: bool) -> Self {
        let latency = Duration::from_millis(10);
        let options = SandboxOptions { rate: None, latency, unique_names, ..SandboxOptions::default() };
        let sandbox = Sandbox::open(options).unwrap();
        let (wanted, live) = small_plan::medium();
        sandbox.load(&live).unwrap();
        let world = Self { sandbox, disk, store, wanted, concurrency: 3 };
        world.remember();
        world
    }

    /// The links that earlier runs left.
    fn remember(&self) {
        let mut state = self.state();
        let _guard = state.lock().unwrap();
        let users = self.sandbox.users();
        let id = |name: &str| {
            let found = users.iter().find(|user| user["userName"] == name).unwrap();
            found["id"].as_str().unwrap().to_owned()
        };
        state.record(small_plan::links(&self.wanted, &id)).unwrap();
        state.commit().unwrap();
    }

    pub fn state(&self) -> State {
        self.try_state().unwrap()
    }

    fn try_state(&self) -> Result<State, String> {
        State::read(self.store.clone(), &"acme".into(), &"sandbox".into()).map_err(|error| error.to_string())
    }

    pub fn writer(&self) -> Writer {
        Writer::connect(End::Sandbox(self.sandbox.clone()), &settings(self.concurrency)).unwrap()
    }

    /// Reads and plans, without a request that writes.
    pub async fn plan(&self, state: &mut State) -> Result<Plan, String> {
        let live = self.read(state.memory()).await?;
        if live.users.complete().is_none() || live.groups.complete().is_none() {
            // The planner would hold things back here; a plan without them shows nothing new.
            return Err("read everything: it was incomplete".to_owned());
        }
        state.resolve(&live, Timestamp::now(), &mut |_, _| ()).map_err(|error| error.to_string())?;
        Ok(self.wanted.plan(&live, state.memory()))
    }

    async fn read(&self, memory: &Memory) -> Result<Live, String> {
        let linked_users = memory.users.values().map(|link| link.target.clone()).collect();
        let linked_groups = memory.groups.values().map(|link| link.target.clone()).collect();
        let want = Want { groups: true, linked_users, linked_groups, ..Want::default() };
        self.writer().reader().live(&want, &|_| {}).await.map_err(|error| error.to_string())
    }

    /// What `apply` does: lock, read, settle doubts, plan, carry out.
    pub async fn apply(&self) -> Result<Round, String> {
        self.apply_until(&Stopping::never()).await
    }

    pub async fn apply_until(&self, stopping: &Stopping) -> Result<Round, String> {
        self.sandbox.reset_requests();
        let mut state = self.try_state()?;
        let guard = state.lock().map_err(|error| error.to_string())?;
        let plan = self.plan(&mut state).await?;
        let options = Options { concurrency: self.concurrency, ..Options::default() };
        let outcome = apply::run(&plan, &self.writer(), &mut state, &guard, &options, stopping, &|_| {}).await;
        Ok(Round { plan, outcome, requests: self.sandbox.requests().total })
    }

    pub fn faults<'a>(&self, faults: impl IntoIterator<Item = &'a str>) {
        self.sandbox.set_faults(FaultPlan::parse(faults).unwrap());
    }

    pub fn snapshot(&self) -> Snapshot {
        let users = self.sandbox.users();
        let name_of: BTreeMap<&str, &str> =
            users.iter().map(|user| (user["id"].as_str().unwrap(), user["userName"].as_str().unwrap())).collect();
        let text = |json: &Json| json.as_str().unwrap_or("-").to_owned();
        let snapshot = Snapshot {
            users: users
                .iter()
                .map(|user| {
                    let active = user["active"].as_bool().unwrap_or(true);
                    let shown = format!("{} {} {active}", text(&user["externalId"]), text(&user["title"]));
                    (text(&user["userName"]), shown)
                })
                .collect(),
            groups: self
                .sandbox
                .groups()
                .iter()
                .map(|group| {
                    let members = group["members"].as_array().cloned().unwrap_or_default();
                    let names: Vec<String> = members
                        .iter()
                        .map(|member| (*name_of.get(member["value"].as_str().unwrap()).unwrap()).to_owned())
                        .collect();
                    let set: BTreeSet<String> = names.iter().cloned().collect();
                    assert_eq!(set.len(), names.len(), "a member is there twice: {names:?}");
                    (text(&group["displayName"]), set)
                })
                .collect(),
        };
        assert_eq!(snapshot.users.len(), users.len(), "an account is there twice");
        let ids: BTreeSet<String> = users.iter().map(|user| text(&user["externalId"])).filter(|id| id != "-").collect();
        let with_ids = users.iter().filter(|user| user["externalId"].is_string()).count();
        assert_eq!(ids.len(), with_ids, "an external id is there twice");
        snapshot
    }

    /// Applies without faults until nothing is left; one round has to do it.
    pub async fn settle(&self, context: &str) -> Round {
        self.faults([]);
        let round = self.apply().await.unwrap();
        // "There is one already" would be a create that was sent twice.
        assert_eq!(self.sandbox.requests().by_status.get(&409), None, "{context}: something was created twice");
        let wrong: Vec<_> = round.outcome.results.iter().filter(|result| !is_done(&result.status)).collect();
        assert!(wrong.is_empty(), "{context}: {wrong:?}");
        let mut state = self.state();
        assert!(state.in_doubt().is_empty(), "{context}: {:?}", state.in_doubt());
        let left = self.plan(&mut state).await.unwrap();
        assert!(left.is_empty(), "{context}: {:?}", left.changes);
        round
    }

    /// What was said to be done is done: the next plan does not ask for it again.
    pub async fn believe(&self, round: &Round, context: &str) {
        self.faults([]);
        let left = self.plan(&mut self.state()).await.unwrap();
        for result in round.outcome.results.iter().filter(|result| is_done(&result.status)) {
            let again = left.changes.iter().any(|change| change.id == result.change);
            // A service that says of an account that it is gone, or of a delete that it is done, is believed.
            let says = context.starts_with("status=404") || context.starts_with("status=204");
            let again = again && !(says && result.action == Action::DeleteUser);
            assert!(
                !again || !result.not_stored.is_empty() || !result.left_out.is_empty(),
                "{context}: {result:?} was not done"
            );
        }
    }
}

pub fn is_done(status: &Status) -> bool {
    matches!(status, Status::Done | Status::Already)
}

/// A user as the sandbox takes it.
pub fn account(name: &str, id: Option<&str>, title: &str, active: bool) -> Json {
    let mut user = json!({"userName": name, "title": title, "active": active});
    if let Some(id) = id {
        user["externalId"] = json!(id);
    }
    user
}
