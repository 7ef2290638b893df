//! State in an object store: whatever the store does, one more run gives the state
//! that a run without faults gives; and of two machines one applies.
//!
//! `DIALFORM_EVERY=1` tries each fault at each request rather than a third of them.

use std::{
    env,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use dialform::{
    plan::{Action, CauseKind, ChangeId, Kind, Subject, outcome::Stop},
    state::{Bucket, Disk, Doubt, Effect, LockError, Patience, Seek, State, Store},
};
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory, path::Path,
};

use crate::simulation::World;

/// What the store does wrong, counted in its requests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Fault {
    #[default]
    None,
    /// It refuses one request, without effect.
    Busy(u64),
    /// One request has its effect, and the answer is lost.
    Lost(u64),
    /// It is gone from one request on.
    Down(u64),
    /// It is gone after the effect of one request.
    DownAfter(u64),
    /// The credentials are refused from one request on.
    Denied(u64),
}

/// A store in memory that goes wrong when it is told to.
#[derive(Debug, Clone, Default)]
struct Faulty {
    inner: Arc<InMemory>,
    at: Arc<Mutex<(u64, Fault)>>,
    /// Whether conditions of writes are ignored.
    careless: bool,
}

impl std::fmt::Display for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("faulty")
    }
}

fn generic(text: &str) -> Error {
    Error::Generic { store: "faulty", source: text.into() }
}

impl Faulty {
    fn set(&self, fault: Fault) {
        *self.at.lock().unwrap() = (0, fault);
    }

    fn requests(&self) -> u64 {
        self.at.lock().unwrap().0
    }

    /// Counts a request; gives what is wrong with it before and after its effect.
    fn next(&self) -> (Result<()>, Result<()>) {
        let mut at = self.at.lock().unwrap();
        at.0 += 1;
        let number = at.0;
        let busy = || Err(generic("Server returned non-2xx status code: 503 Service Unavailable: "));
        let cut = || Err(generic("error sending request: connection reset"));
        match at.1 {
            Fault::Busy(turn) if number == turn => (busy(), Ok(())),
            Fault::Lost(turn) if number == turn => (Ok(()), cut()),
            Fault::Down(turn) if number >= turn => (cut(), Ok(())),
            Fault::DownAfter(turn) if number == turn => (Ok(()), cut()),
            Fault::DownAfter(turn) if number > turn => (cut(), Ok(())),
            Fault::Denied(turn) if number >= turn => {
                (Err(Error::PermissionDenied { path: "x".to_owned(), source: "AccessDenied".into() }), Ok(()))
            }
            _ => (Ok(()), Ok(())),
        }
    }

    /// A machine: a client of its own for the same objects.
    fn machine(&self, tries: u32) -> Store {
        let patience = Patience { tries, wait: Duration::ZERO, spacing: Duration::from_millis(200) };
        Store::Objects(Bucket::new(Arc::new(self.clone()), "prod/acme", "s3://acme/prod/acme", patience).unwrap())
    }

    /// Takes the lock away from a run that is gone.
    async fn unlock(&self) {
        // It may not be there.
        let _ = self.inner.delete(&Path::from("prod/acme/lock.json")).await;
    }

    async fn names(&self) -> Vec<String> {
        use futures_util::TryStreamExt;
        let all: Vec<ObjectMeta> = self.inner.list(None).try_collect().await.unwrap();
        all.iter().map(|meta| meta.location.filename().unwrap().to_owned()).collect()
    }

    async fn damage(&self, name: &str) {
        let path = Path::from(format!("prod/acme/{name}"));
        let whole = self.inner.get(&path).await.unwrap().bytes().await.unwrap();
        self.inner.put(&path, PutPayload::from(whole.slice(..whole.len() / 2))).await.unwrap();
    }
}

#[async_trait::async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let (before, after) = self.next();
        before?;
        let options = if self.careless { PutOptions::from(PutMode::Overwrite) } else { options };
        let done = self.inner.put_opts(location, payload, options).await?;
        after.map(|()| done)
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(generic("not used"))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (before, after) = self.next();
        before.and(after)?;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (before, after) = self.next();
        if let Err(error) = before.and(after) {
            return Box::pin(futures_util::stream::iter([Err(error)]));
        }
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (before, after) = self.next();
        if let Err(error) = before.and(after) {
            return Box::pin(futures_util::stream::iter([Err(error)]));
        }
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(generic("not used"))
    }
}

fn world(store: &Faulty, tries: u32) -> World {
    World::medium_in(store.machine(tries), Disk::default())
}

fn open(store: Store) -> State {
    State::read(store, &"acme".into(), &"sandbox".into()).unwrap()
}

fn link(person: &str) -> Effect {
    Effect::LinkUser { person: person.into(), target: person.into(), name: person.into() }
}

fn doubt(id: &str) -> Doubt {
    Doubt {
        id: id.into(),
        change: ChangeId(id.into()),
        action: Action::CreateUser,
        subject: Subject { kind: Kind::User, name: id.into(), source: Some(id.into()), target: None },
        cause: CauseKind::Assigned,
        at: Timestamp::UNIX_EPOCH,
        seek: Seek { external_id: Some(id.into()), name: None },
    }
}

fn people(state: &State) -> Vec<&str> {
    state.memory().users.keys().map(dialform::names::SourceId::as_str).collect()
}

fn thin(one_of: u64) -> u64 {
    if env::var_os("DIALFORM_EVERY").is_some() { 1 } else { one_of }
}

#[tokio::test(start_paused = true)]
async fn a_run_costs_a_bounded_number_of_store_requests() {
    let store = Faulty::default();
    let world = world(&store, 4);
    store.set(Fault::None);
    let mut state = world.state();
    let plan = world.plan(&mut state).await.unwrap();
    assert_eq!(plan.requests(), 15);
    assert_eq!(store.requests(), 2, "a plan lists, and reads the memory");
    store.set(Fault::None);
    let round = world.apply().await.unwrap();
    let spent = store.requests();
    assert_eq!(round.plan.requests(), 15);
    // 15 requests of three at once are gathered: without that there would be 15 segments.
    assert!(spent <= 24, "{spent} requests to the store");
    let names = store.names().await;
    assert!(names.len() < 12, "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn a_fault_at_every_store_request_is_mended_by_one_more_run() {
    let store = Faulty::default();
    let undisturbed = world(&store, 1);
    store.set(Fault::None);
    undisturbed.settle("undisturbed").await;
    let (expected, requests) = (undisturbed.snapshot(), store.requests());
    let faults = [Fault::Busy, Fault::Lost, Fault::Down, Fault::DownAfter, Fault::Denied];
    for (offset, fault) in faults.iter().enumerate() {
        for tries in [1, 3] {
            for at in (1 + offset as u64 % thin(3)..=requests).step_by(thin(3) as usize) {
                let context = format!("{:?}, {tries} tries", fault(at));
                let store = Faulty::default();
                let mut world = world(&store, tries);
                store.set(fault(at));
                let applied = world.apply().await;
                let reached = store.requests() >= at;
                store.set(Fault::None);
                if let Ok(round) = &applied {
                    world.believe(round, &context).await;
                    let one = matches!(fault(at), Fault::Busy(_) | Fault::Lost(_));
                    assert!(
                        !one || tries == 1 || round.outcome.stopped.is_none(),
                        "{context}: {:?}",
                        round.outcome.stopped
                    );
                    let unsaid = round.outcome.stopped.is_none() && !world.state().in_doubt().is_empty();
                    assert!(!unsaid || !reached, "{context}: what was not recorded was not said");
                }
                store.unlock().await;
                // On another machine.
                world.store = store.machine(4);
                world.settle(&context).await;
                assert_eq!(world.snapshot(), expected, "{context}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_apply_cut_at_any_moment_is_finished_on_another_machine() {
    let expected = {
        let world = world(&Faulty::default(), 4);
        world.settle("undisturbed").await;
        world.snapshot()
    };
    for step in (0..160).step_by(thin(5) as usize) {
        let context = format!("cut after {} ms", step * 10);
        let store = Faulty::default();
        let mut world = world(&store, 4);
        world.faults(["slow=15ms"]);
        tokio::select! {
            _ = world.apply() => {}
            () = tokio::time::sleep(Duration::from_millis(step * 10)) => {}
        }
        store.unlock().await;
        world.store = store.machine(4);
        let in_doubt = world.state().in_doubt().len();
        world.settle(&context).await;
        assert_eq!(world.snapshot(), expected, "{context}");
        assert!(in_doubt <= 9, "{context}: {in_doubt} in doubt");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_and_could_not_be_recorded_is_said() {
    let store = Faulty::default();
    let whole = world(&store, 1);
    store.set(Fault::None);
    whole.apply().await.unwrap();
    let requests = store.requests();
    let mut said = 0;
    for at in 1..=requests {
        let store = Faulty::default();
        let world = world(&store, 1);
        store.set(Fault::Down(at));
        let Ok(round) = world.apply().await else { continue };
        match &round.outcome.stopped {
            Some(Stop::State { message }) => {
                assert!(message.contains("cannot be reached"), "{message}");
                said += usize::from(
                    message.contains("not recorded (`") && message.contains("the next apply looks them up"),
                );
            }
            Some(Stop::LockLost { .. }) | None => assert!(at + 2 >= requests, "at {at} of {requests}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(said > 0, "no run had something that it could not record");
}

#[tokio::test]
async fn of_two_machines_one_has_the_lock_and_the_other_is_told_who() {
    let store = Faulty::default();
    let mut first = open(store.machine(4));
    let guard = first.lock().unwrap();
    let mut second = open(store.machine(4));
    let error = second.lock().unwrap_err();
    assert!(matches!(error, LockError::Held { .. }));
    let said = error.to_string();
    let process = format!("process {}", std::process::id());
    assert!(said.contains(&process) && said.contains("since 20") && said.contains("s3://acme/prod/acme"), "{said}");
    // A plan reads without it.
    assert!(open(store.machine(4)).memory().is_empty());
    first.record(vec![link("a")]).unwrap();
    first.commit().unwrap();
    drop(guard);
    let _guard = second.lock().unwrap();
    assert_eq!(people(&second), ["a"], "what was written in between is read again");
}

#[tokio::test]
async fn sixteen_at_once_are_one() {
    let store = Faulty::default();
    let barrier = &std::sync::Barrier::new(16);
    let won: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| {
                let machine = store.machine(4);
                scope.spawn(move || {
                    let mut state = open(machine);
                    barrier.wait();
                    let guard = state.lock();
                    let won = guard.is_ok();
                    barrier.wait();
                    drop(guard);
                    won
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
}

#[tokio::test]
async fn who_was_taken_over_writes_nothing_and_sends_nothing() {
    for settled in [false, true] {
        let store = Faulty::default();
        let mut zombie = open(store.machine(4));
        let guard = zombie.lock().unwrap();
        zombie.record(vec![link("a")]).unwrap();
        let journal = Arc::clone(zombie.journal().unwrap());
        journal.intend(&doubt("sent")).await.unwrap();
        if settled {
            zombie.commit().unwrap();
        }
        store.unlock().await;
        let mut heir = open(store.machine(4));
        let _guard = heir.lock().unwrap();
        assert_eq!((people(&heir), heir.in_doubt().len()), (vec!["a"], usize::from(!settled)));
        heir.record(vec![link("heir")]).unwrap();
        // The old run wakes up.
        let journal = Arc::clone(zombie.journal().unwrap());
        let error = journal.intend(&doubt("late")).await.unwrap_err().to_string();
        assert!(error.contains("another run has taken it over"), "{error}");
        zombie.record(vec![link("zombie")]).unwrap();
        assert!(zombie.commit().unwrap_err().to_string().contains("taken it over"));
        drop(guard);
        heir.commit().unwrap();
        assert_eq!(people(&open(store.machine(4))), ["a", "heir"]);
        let lock = store.inner.get(&Path::from("prod/acme/lock.json")).await.unwrap().bytes().await.unwrap();
        assert!(!String::from_utf8_lossy(&lock).contains("released"), "the heir's lock was given back by another");
    }
}

#[tokio::test]
async fn a_store_that_ignores_conditions_is_refused() {
    let store = Faulty { careless: true, ..Faulty::default() };
    let error = open(store.machine(4)).lock().unwrap_err().to_string();
    assert!(error.contains("ignores the conditions") && error.contains("If-None-Match"), "{error}");
}

#[tokio::test]
async fn one_damaged_object_loses_nothing_and_two_are_refused() {
    let store = Faulty::default();
    for person in ["a", "b"] {
        let mut state = open(store.machine(4));
        let _guard = state.lock().unwrap();
        state.record(vec![link(person)]).unwrap();
        state.journal().unwrap().intend(&doubt(person)).await.unwrap();
        state.commit().unwrap();
    }
    let numbers = || async {
        let mut names = store.names().await;
        names.retain(|name| name != "lock.json");
        names.sort();
        names
    };
    let names = numbers().await;
    store.damage(names.last().unwrap()).await;
    let state = open(store.machine(4));
    assert_eq!(people(&state), ["a", "b"]);
    assert!(state.warnings()[0].contains("is damaged"), "{:?}", state.warnings());
    drop(state);
    for name in &names[..names.len() - 1] {
        store.damage(name).await;
    }
    let error = State::read(store.machine(4), &"acme".into(), &"sandbox".into()).unwrap_err().to_string();
    assert!(error.contains("s3://acme/prod/acme/0000") && error.contains("dialform state link"), "{error}");
}

#[tokio::test]
async fn a_huge_or_strange_object_is_refused_by_name() {
    let store = Faulty::default();
    let path = Path::from("prod/acme/000000000001.jsonl");
    for (bytes, says) in [(&b"{}"[..], "not the memory"), (b"", "not JSON"), (b"\xff\xfe\n", "not JSON")] {
        store.inner.put(&path, PutPayload::from(Bytes::from_static(bytes))).await.unwrap();
        let error = State::read(store.machine(1), &"acme".into(), &"sandbox".into()).unwrap_err().to_string();
        assert!(error.contains("000000000001.jsonl") && error.contains(says), "{error}");
    }
}
