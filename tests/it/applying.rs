//! What an apply does with answers of every kind, and what it remembers.

use std::sync::Mutex;

use dialform::{
    apply::{self, Event, Options, Stopping},
    exit::Exit,
    memory::budget,
    names::{AttrPath, SourceId, TargetId},
    plan::{
        Action, Change, Kind, Operation, Plan, Read, Ref, Request, Sent, Subject,
        outcome::{ChangeResult, Outcome, Status, Stop},
    },
    sandbox::Options as SandboxOptions,
    state::State,
};
use serde_json::json;

use crate::simulation::{World, account, small_plan};

async fn apply(world: &World, plan: &Plan, options: &Options) -> (Outcome, State) {
    let mut state = world.state();
    let guard = state.lock().unwrap();
    let outcome = apply::run(plan, &world.writer(), &mut state, &guard, options, &Stopping::never(), &|_| {}).await;
    (outcome, state)
}

async fn planned(world: &World) -> Plan {
    world.plan(&mut world.state()).await.unwrap()
}

fn result<'a>(outcome: &'a Outcome, change: &str) -> &'a ChangeResult {
    outcome.results.iter().find(|result| &*result.change.0 == change).unwrap()
}

fn message(outcome: &Outcome, change: &str) -> String {
    match &result(outcome, change).status {
        Status::Failed { message, .. } => message.to_string(),
        Status::Skipped { because } => because.to_string(),
        status @ (Status::Done | Status::Already) => format!("{status:?}"),
    }
}

fn person(id: &str) -> SourceId {
    SourceId::from(id)
}

/// A plan that creates so many accounts, each for itself.
fn creates(n: usize) -> Plan {
    let create = |n: usize| {
        let (id, name) = (format!("n{n:03}"), format!("new{n:03}@acme.example"));
        let subject = Subject { kind: Kind::User, name: (*name).into(), source: Some(person(&id)), target: None };
        small_plan::create_user(&id, subject, &[("userName", &name), ("externalId", &id)])
    };
    small_plan::plan((0..n).map(create).collect(), Read::default(), Vec::new())
}

#[tokio::test(start_paused = true)]
async fn a_run_remembers_links_suspensions_budgets_and_sizes() {
    let world = World::medium();
    let plan = planned(&world).await;
    let (outcome, state) = apply(&world, &plan, &Options::default()).await;
    assert_eq!((outcome.done(), outcome.failed(), outcome.skipped()), (plan.changes.len(), 0, 0));
    assert_eq!(Exit::of_outcome(&plan, &outcome), Exit::Done);
    let memory = state.memory();
    assert!(memory.users[&person("p06")].disabled_since.is_some(), "the leaver");
    assert!(memory.users[&person("p07")].disabled_since.is_none(), "who is back");
    assert!(!memory.users.contains_key(&person("p09")), "the deleted one");
    assert_eq!(memory.users[&person("p00")].target, result(&outcome, "create_user:p00").target.clone().unwrap());
    assert!(memory.groups[&person("Sales")].removals, "members of a group that we made may be removed");
    assert_eq!(memory.last_sizes.unwrap().people, 11);
    let mut counted: Vec<_> = memory.done.iter().map(|done| (&*done.budget, done.count)).collect();
    counted.sort_unstable();
    let expected = [
        (budget::CREATES, 4),
        (budget::DELETES, 1),
        (budget::ENABLES, 1),
        (budget::MEMBER_REMOVALS, 2),
        (budget::POLICY_DISABLES, 1),
        (budget::UPDATES, 3),
    ];
    assert_eq!(counted, expected);
    assert_eq!(world.state().memory(), memory, "it is on the disk as it is in memory");
}

#[tokio::test(start_paused = true)]
async fn one_request_is_sent_for_each_change_and_three_members() {
    let world = World::medium();
    let plan = planned(&world).await;
    world.sandbox.reset_requests();
    let (outcome, _) = apply(&world, &plan, &Options::default()).await;
    let requests = world.sandbox.requests();
    assert_eq!((requests.writes(), outcome.requests), (plan.requests(), requests.total));
    // Members are answered without a body: each of both groups is read back once.
    assert_eq!(requests.total - requests.writes(), 2, "{:?}", requests.log);
    assert_eq!(outcome.retries, 0);
}

#[tokio::test(start_paused = true)]
async fn what_depends_on_a_failed_change_is_skipped_and_the_rest_goes_on() {
    let world = World::medium();
    let plan = planned(&world).await;
    world.faults(["status=400;on=POST /Groups"]);
    let (outcome, _) = apply(&world, &plan, &Options::default()).await;
    assert_eq!((outcome.failed(), outcome.skipped()), (1, 1));
    assert_eq!(message(&outcome, "add_members:Sales"), "`create Sales` failed");
    assert_eq!(Exit::of_outcome(&plan, &outcome), Exit::SomeFailed);
    assert!(matches!(result(&outcome, "create_group:Sales").status, Status::Failed { http: Some(400), .. }));
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_stop_the_run_at_once() {
    let world = World::medium();
    let plan = planned(&world).await;
    world.faults(["status=401;on=PATCH", "status=401;on=POST", "status=401;on=DELETE"]);
    world.sandbox.reset_requests();
    let (outcome, _) = apply(&world, &plan, &Options { concurrency: 1, ..Options::default() }).await;
    assert!(matches!(outcome.stopped, Some(Stop::Credentials { .. })), "{:?}", outcome.stopped);
    assert_eq!((world.sandbox.requests().writes(), outcome.failed()), (1, 1));
    assert_eq!(Exit::of_outcome(&plan, &outcome), Exit::Failed);
}

#[tokio::test(start_paused = true)]
async fn one_forbidden_account_does_not_stop_the_others() {
    let world = World::medium();
    let plan = planned(&world).await;
    world.faults(["status=403;nth=1"]);
    let (outcome, _) = apply(&world, &plan, &Options { concurrency: 1, ..Options::default() }).await;
    assert_eq!((outcome.failed(), outcome.stopped), (1, None));
    let world = World::medium();
    let plan = planned(&world).await;
    world.faults(["status=403"]);
    let (outcome, _) = apply(&world, &plan, &Options { concurrency: 1, ..Options::default() }).await;
    assert!(matches!(outcome.stopped, Some(Stop::Credentials { .. })));
    assert_eq!(outcome.failed(), 3, "three in a row are the key's fault");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_mostly_fails_stops_after_the_first_fifty() {
    let world = World::medium();
    world.faults(["status=400;on=POST"]);
    let plan = creates(200);
    let (outcome, state) = apply(&world, &plan, &Options { concurrency: 4, ..Options::default() }).await;
    let Some(Stop::MassFailure { failed, tried }) = outcome.stopped else { panic!("{:?}", outcome.stopped) };
    assert_eq!((failed, tried), (26, 26));
    assert!(outcome.failed() < 30 && outcome.skipped() >= 170, "{} {}", outcome.failed(), outcome.skipped());
    assert_eq!(Exit::of_outcome(&plan, &outcome), Exit::SomeFailed);
    // Half of fifty is not more than half.
    assert!(state.memory().failures.len() >= 26);
    let world = World::medium();
    world.faults(["status=400;on=POST;every=2"]);
    let (outcome, _) = apply(&world, &plan, &Options { concurrency: 4, ..Options::default() }).await;
    assert_eq!((outcome.failed(), outcome.stopped), (100, None));
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_lets_what_is_under_way_finish() {
    let world = World::medium();
    let (stopper, stopping) = Stopping::pair();
    let stopper = Mutex::new(Some(stopper));
    let mut state = world.state();
    let guard = state.lock().unwrap();
    let plan = planned(&world).await;
    let watch = |event: Event<'_>| {
        if let Event::Finished { done: 3, .. } = event {
            stopper.lock().unwrap().take().unwrap().stop();
        }
    };
    let options = Options { concurrency: 3, ..Options::default() };
    let outcome = apply::run(&plan, &world.writer(), &mut state, &guard, &options, &stopping, &watch).await;
    assert_eq!(outcome.stopped, Some(Stop::Interrupted));
    assert_eq!(Exit::of_outcome(&plan, &outcome), Exit::Interrupted);
    assert!((3..=6).contains(&outcome.done()), "{}", outcome.done());
    assert_eq!(outcome.done() + outcome.skipped(), plan.changes.len());
    assert_eq!(state.in_doubt(), []);
    drop((guard, state));
    world.settle("after an interrupt").await;
}

#[tokio::test(start_paused = true)]
async fn a_create_that_is_taken_is_looked_at_again() {
    for (there, says) in [
        (account("person00@acme.example", Some("p00"), "New", true), "Already"),
        (account("person00@acme.example", Some("p77"), "New", true), "external id `p77` of somebody else"),
        (account("person00@acme.example", None, "New", true), "plan again to adopt it"),
    ] {
        let world = World::medium();
        let plan = planned(&world).await;
        let id = world.sandbox.load([&there]).unwrap().remove(0);
        let (outcome, state) = apply(&world, &plan, &Options::default()).await;
        let said = message(&outcome, "create_user:p00");
        assert!(said.contains(says), "{there}: {said}");
        if says == "Already" {
            assert_eq!(state.memory().users[&person("p00")].target, TargetId::from(&*id));
            let counted = state.memory().done.iter().find(|done| &*done.budget == budget::CREATES).unwrap();
            assert_eq!(counted.count, 3, "three other people");
        } else {
            let members = result(&outcome, "add_members:Sales");
            let [out] = &members.left_out[..] else { panic!("{members:?}") };
            assert_eq!(&*out.because, "`create person00@acme.example` failed");
            assert_eq!(members.status, Status::Done, "the others get in");
            assert!(!state.memory().users.contains_key(&person("p00")), "not linked to what is not ours");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_accepted_and_not_stored_is_said_and_remembered() {
    let world = World::medium();
    let plan = planned(&world).await;
    world.faults(["not-stored=title"]);
    let (outcome, state) = apply(&world, &plan, &Options::default()).await;
    let changed = result(&outcome, "update_user:p03");
    assert_eq!((&changed.status, &changed.not_stored[..]), (&Status::Done, &[AttrPath::core("title")][..]));
    let target = changed.target.clone().unwrap();
    assert_eq!(&*state.memory().not_stored[&target][&AttrPath::core("title")], "Changed");
    assert_eq!(outcome.failed(), 0);
}

/// The planner wants the account's id, so that is what has to be remembered: otherwise
/// the same manager is planned for ever.
#[tokio::test(start_paused = true)]
async fn a_manager_that_is_not_stored_is_remembered_by_the_account_s_id() {
    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let manager = AttrPath::parse(&format!("{ENTERPRISE}:manager")).unwrap();
    for boss_is_new in [false, true] {
        let world = World::medium();
        let mut plan = planned(&world).await;
        world.faults([&*format!("not-stored={ENTERPRISE}")]);
        let new = plan.changes.iter().find(|change| change.action == Action::CreateUser).unwrap().id.clone();
        let at = plan.changes.iter().position(|change| &*change.id.0 == "update_user:p03").unwrap();
        let mut update = plan.changes.remove(at);
        let boss = match boss_is_new {
            true => Ref::Created(new.clone()),
            false => Ref::Live(update.subject.target.clone().unwrap()),
        };
        let Request::PatchUser { operations, .. } = &mut update.requests[0] else { panic!("{:?}", update.requests) };
        *operations = vec![Operation::Replace { path: manager.clone(), value: Sent::Reference(boss) }];
        update.depends_on = vec![new.clone()];
        plan.changes.push(update);
        let (outcome, state) = apply(&world, &plan, &Options::default()).await;
        let changed = result(&outcome, "update_user:p03");
        assert_eq!((&changed.status, &changed.not_stored[..]), (&Status::Done, std::slice::from_ref(&manager)));
        let target = changed.target.clone().unwrap();
        let boss = if boss_is_new { result(&outcome, &new.0).target.clone().unwrap() } else { target.clone() };
        assert_eq!(*state.memory().not_stored[&target][&manager], *boss.as_str());
    }
}

/// Somebody on the way says 204 and passes nothing on: the service is not to be blamed for
/// storing nothing, or the change would be lost for ever.
#[tokio::test(start_paused = true)]
async fn what_is_not_there_after_an_answer_that_shows_nothing_is_sent_once_more() {
    for nth in 1..=5 {
        let world = World::medium();
        let plan = planned(&world).await;
        let fault = format!("status=204;on=PATCH /Users;nth={nth}");
        world.faults([&*fault]);
        let (outcome, state) = apply(&world, &plan, &Options::default()).await;
        assert_eq!(outcome.failed(), 0, "{fault}: {:?}", outcome.results);
        assert!(outcome.results.iter().all(|result| result.not_stored.is_empty()), "{fault}");
        assert!(state.memory().not_stored.is_empty(), "{fault}");
        drop(state);
        let round = world.settle(&fault).await;
        assert!(round.plan.changes.is_empty(), "{fault}: {:?}", round.plan.changes);
    }
}

/// A service that falls over after it has stored what it was sent.
#[tokio::test(start_paused = true)]
async fn what_is_done_in_spite_of_a_500_is_done() {
    let world = World::medium();
    let plan = planned(&world).await;
    world.faults(["status=500;after;on=POST;nth=1", "status=500;after;on=PATCH;nth=1"]);
    let (outcome, _) = apply(&world, &plan, &Options::default()).await;
    assert!(outcome.results.iter().all(|result| result.status == Status::Done), "{:?}", outcome.results);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_stays_active_is_a_failure() {
    let world = World::medium();
    let plan = planned(&world).await;
    world.faults(["not-stored=active"]);
    let (outcome, state) = apply(&world, &plan, &Options::default()).await;
    assert!(message(&outcome, "disable_user:p06").contains("still active"));
    assert!(message(&outcome, "enable_user:p07").contains("still suspended"));
    assert!(state.memory().users[&person("p06")].disabled_since.is_none());
    assert!(state.memory().users[&person("p07")].disabled_since.is_some(), "it stays ours to enable");
    assert!(state.memory().not_stored.is_empty(), "it must be tried again");
    assert_eq!(Exit::of_outcome(&plan, &outcome), Exit::SomeFailed);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_fails_an_update_and_does_a_delete() {
    let world = World::medium();
    let plan = planned(&world).await;
    let id = |change: &str| {
        let change = plan.changes.iter().find(|known| &*known.id.0 == change).unwrap();
        change.subject.target.clone().unwrap()
    };
    for change in ["update_user:p03", "delete_user:p09"] {
        let path = format!("/scim/Users/{}", id(change));
        let request = http::Request::delete(path).body(bytes::Bytes::new()).unwrap();
        assert_eq!(world.sandbox.call(request).await.unwrap().status(), 204);
    }
    let (outcome, _) = apply(&world, &plan, &Options::default()).await;
    assert!(message(&outcome, "update_user:p03").contains("not there any more"), "{outcome:?}");
    assert!(matches!(result(&outcome, "delete_user:p09").status, Status::Done | Status::Already));
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_before_anything_is_sent() {
    let world = World::medium();
    let plan = planned(&world).await;
    let mut state = world.state();
    let guard = state.lock().unwrap();
    world.disk.limit(Some(1500));
    world.sandbox.reset_requests();
    let options = Options { concurrency: 1, ..Options::default() };
    let outcome = apply::run(&plan, &world.writer(), &mut state, &guard, &options, &Stopping::never(), &|_| {}).await;
    let Some(Stop::State { message }) = &outcome.stopped else { panic!("{:?}", outcome.stopped) };
    assert!(message.contains("make room"), "{message}");
    assert_eq!(Exit::of_outcome(&plan, &outcome), Exit::Failed);
    let writes = world.sandbox.requests().writes();
    assert!(writes < 5, "{writes}");
    drop((guard, state));
    world.disk.limit(None);
    world.settle("after a full disk").await;
}

#[tokio::test(start_paused = true)]
async fn refusals_are_counted_over_runs_until_they_are_mended() {
    let world = World::medium();
    let plan = planned(&world).await;
    for count in 1..=4 {
        world.faults(["status=400;on=POST /Users;nth=1"]);
        let options = Options { concurrency: 1, ..Options::default() };
        let first: Vec<Change> =
            plan.changes.iter().filter(|change| change.action == Action::CreateUser).take(1).cloned().collect();
        let plan = Plan { changes: first, ..plan.clone() };
        let (_, state) = apply(&world, &plan, &options).await;
        let failure = &state.memory().failures["create_user:p00"];
        let hours = failure.next.duration_since(failure.last).as_hours();
        assert_eq!((failure.count, hours), (count, [0, 6, 12, 24][count as usize - 1]));
        assert!(failure.first <= failure.last);
    }
    world.settle("after refusals").await;
    assert!(world.state().memory().failures.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_no_refusal() {
    let world = World::medium();
    let plan = planned(&world).await;
    world.faults(["reset"]);
    let (outcome, state) = apply(&world, &plan, &Options::default()).await;
    assert_eq!(outcome.done(), 0);
    assert!(state.memory().failures.is_empty(), "{:?}", state.memory().failures);
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_depends_on_itself_ends() {
    let mut plan = creates(3);
    plan.changes[0].depends_on = vec![plan.changes[1].id.clone()];
    plan.changes[1].depends_on = vec![plan.changes[0].id.clone(), small_plan::change_id("create_user", "nobody")];
    let world = World::medium();
    let (outcome, _) = apply(&world, &plan, &Options::default()).await;
    assert_eq!((outcome.done(), outcome.skipped()), (1, 2));
    assert!(message(&outcome, "create_user:n000").contains("not in the plan, or on itself"));
}

#[tokio::test(start_paused = true)]
async fn doubts_of_a_cut_run_are_settled_by_one_look_up_each() {
    let world = World::medium();
    world.faults(["slow=60m;on=POST", "slow=60m;on=PATCH"]);
    tokio::select! {
        _ = world.apply() => panic!("it was to be cut"),
        () = tokio::time::sleep(std::time::Duration::from_secs(5)) => {}
    }
    world.faults([]);
    let mut state = world.state();
    assert_eq!(state.in_doubt().len(), 3, "{:?}", state.in_doubt());
    let guard = state.lock().unwrap();
    world.sandbox.reset_requests();
    apply::recover(&mut state, &guard, world.writer().reader(), &mut |_, _| ()).await.unwrap();
    assert_eq!((world.sandbox.requests().total, world.sandbox.requests().writes()), (3, 0));
    assert_eq!(state.in_doubt(), []);
    assert!(state.memory().users[&person("p06")].disabled_since.is_some(), "the leaver was suspended by us");
    drop((guard, state));
    world.settle("after recovery").await;
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_is_refused_by_name_where_its_objects_moved() {
    let world = World::medium();
    let plan = planned(&world).await;
    let id = |n: &str| world.sandbox.users().iter().find(|user| user["externalId"] == n).unwrap()["id"].clone();
    let patch = |path: &str, name: &str, value: &str| {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": name, "value": value}],
        });
        let request = http::Request::patch(format!("/scim/{path}")).header("content-type", "application/scim+json");
        world.sandbox.call(request.body(body.to_string().into()).unwrap())
    };
    let options = Options::default();
    let writer = world.writer();
    let check = async || apply::check_stale(&plan, writer.reader(), &options).await.unwrap();
    assert_eq!(check().await, apply::Freshness::default());
    // A change elsewhere does not matter.
    patch(&format!("Users/{}", id("p08").as_str().unwrap()), "title", "Other").await.unwrap();
    assert_eq!(check().await, apply::Freshness::default());
    // One by hand to what is planned does, unless it is the same.
    patch(&format!("Users/{}", id("p03").as_str().unwrap()), "title", "By hand").await.unwrap();
    patch(&format!("Users/{}", id("p04").as_str().unwrap()), "title", "Changed").await.unwrap();
    world.sandbox.load([&account("person01@acme.example", Some("p01"), "New", true)]).unwrap();
    world.sandbox.load([&account("person02@acme.example", Some("other"), "New", true)]).unwrap();
    let fresh = check().await;
    let moved: Vec<_> = fresh.moved.iter().map(|moved| (&*moved.subject.name, moved.what.join(", "))).collect();
    let taken = format!("`person02@acme.example` is there already, as {}", id("other").as_str().unwrap());
    let by_hand = "`title` was `Old` and is now `By hand`".to_owned();
    assert_eq!(moved, [("person02@acme.example", taken), ("person03@acme.example", by_hand)]);
    let already: Vec<_> = fresh.already.keys().map(|id| &*id.0).collect();
    assert_eq!(already, ["create_user:p01", "update_user:p04"]);
    // Leaving out what moved leaves it out of its group too, which goes on without it.
    let (outcome, _) = apply(&world, &plan, &fresh.options(&options)).await;
    assert_eq!((outcome.failed(), outcome.skipped()), (0, 2), "{outcome:?}");
    assert!(message(&outcome, "update_user:p03").contains("is now `By hand` since the plan was made"));
    let support = result(&outcome, "add_members:Support");
    assert_eq!((&support.status, support.left_out.len()), (&Status::Done, 1));
    assert_eq!(&*support.left_out[0].because, "`create person02@acme.example` was skipped");
    assert_eq!(result(&outcome, "create_user:p01").status, Status::Already);
    assert_eq!(result(&outcome, "add_members:Sales").status, Status::Done, "with the id of who was there");
}

#[tokio::test(start_paused = true)]
async fn a_half_applied_plan_can_be_applied_again() {
    for cut in [1, 4, 9, 14] {
        let world = World::medium();
        let expected = {
            let other = World::medium();
            other.settle("undisturbed").await;
            other.snapshot()
        };
        let plan = planned(&world).await;
        world.faults([&*format!("reset;on=PATCH;from={cut}"), &*format!("reset;on=POST;from={cut}")]);
        let (outcome, _) = apply(&world, &plan, &Options { concurrency: 1, ..Options::default() }).await;
        assert!(outcome.failed() > 0 || cut > 8);
        world.faults([]);
        let options = Options::default();
        let fresh = apply::check_stale(&plan, world.writer().reader(), &options).await.unwrap();
        assert_eq!(fresh.moved, [], "cut {cut}");
        let (outcome, _) = apply(&world, &plan, &fresh.options(&options)).await;
        assert_eq!((outcome.failed(), outcome.skipped()), (0, 0), "cut {cut}: {outcome:?}");
        assert_eq!(world.snapshot(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn few_objects_are_read_one_by_one_and_many_by_page() {
    let world = World::medium();
    let mut plan = planned(&world).await;
    let count = async |plan: &Plan| {
        world.sandbox.reset_requests();
        apply::check_stale(plan, world.writer().reader(), &Options::default()).await.unwrap();
        world.sandbox.requests().total
    };
    let all = count(&plan).await;
    assert!(all <= 6, "two pages and what tells of the service, not {all}");
    // In a tenant of 100,000 the few that are touched are read one by one.
    plan.read.live_users = 100_000;
    plan.changes.retain(|change| change.subject.target.is_some());
    let touched = plan.changes.iter().filter_map(|change| change.subject.target.clone());
    let touched = touched.collect::<std::collections::BTreeSet<_>>().len() as u64;
    assert_eq!(count(&plan).await, touched);
}

#[tokio::test]
async fn a_lost_lock_stops_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = dialform::state::Store::Folder(folder.path().join("acme"));
    let mut state = State::read(store, &"acme".into(), &"sandbox".into()).unwrap();
    let guard = state.lock().unwrap();
    let mut world = World::medium();
    world.sandbox =
        dialform::sandbox::Sandbox::open(SandboxOptions { rate: None, ..SandboxOptions::default() }).unwrap();
    std::fs::remove_file(folder.path().join("acme").join("run.json")).unwrap();
    guard.renew_now();
    let plan = creates(3);
    let options = Options::default();
    let outcome = apply::run(&plan, &world.writer(), &mut state, &guard, &options, &Stopping::never(), &|_| {}).await;
    let Some(Stop::LockLost { message }) = &outcome.stopped else { panic!("{:?}", outcome.stopped) };
    assert!(message.contains("removed"), "{message}");
    assert_eq!((world.sandbox.requests().writes(), outcome.skipped()), (0, 3));
    assert_eq!(Exit::of_outcome(&plan, &outcome), Exit::Locked);
}
