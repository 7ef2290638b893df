//! A day of `dialform run` under a paused clock: faults, an edited, a wrong and a deleted
//! manifest, a store that fails, refused credentials, somebody who leaves and comes back.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use dialform::{
    apply::Stopping,
    cli::load,
    dialpad::{End, Writer},
    manifest::Source,
    plan::{Action, Reason},
    sandbox::{FaultPlan, Options, Sandbox},
    service::{self, Asked, Board, Cycle, Ending, Event, Gathered, Loaded, Means, Trouble},
    source::files,
    state::{Clock, Disk, State, Store},
};
use tokio::{sync::Notify, time::Instant};

use super::settings;

const BEGAN: &str = "2027-01-31T00:00:00Z";

/// A folder with a manifest, a service, a disk, and what was told.
struct Day {
    folder: tempfile::TempDir,
    sandbox: Sandbox,
    disk: Disk,
    cycles: Arc<Mutex<Vec<Arc<Cycle>>>>,
    began: Instant,
}

impl Day {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
        for file in ["dialform.yaml", "people.csv", "groups.csv"] {
            fs::copy(example.join(file), folder.path().join(file)).unwrap();
        }
        let options = Options { rate: None, latency: Duration::from_millis(40), ..Options::default() };
        let sandbox = Sandbox::open(options).unwrap();
        Self { folder, sandbox, disk: Disk::default(), cycles: Arc::default(), began: Instant::now() }
    }

    fn means(&self, seed: u64) -> Arc<Means> {
        let file = self.folder.path().join("dialform.yaml");
        let (sandbox, disk, cycles) = (self.sandbox.clone(), self.disk.clone(), Arc::clone(&self.cycles));
        Arc::new(Means {
            load: Box::new(move || match load::manifest(&file) {
                Ok(loaded) => {
                    let files = loaded.sources.iter().map(|(file, _)| (&**file).into()).collect();
                    Ok(Loaded { manifest: loaded.manifest, files, warnings: None })
                }
                Err(unusable) => Err(format!("{:?}", unusable.problems)),
            }),
            gather: Box::new(|manifest, _, _| {
                Box::pin(async {
                    let Source::Files(source) = &manifest.source else { panic!("the people are in files") };
                    let read = files::read(source).map_err(|failed| failed.problems).unwrap();
                    Ok(Gathered { directory: read.directory, warnings: None })
                })
            }),
            connect: Box::new(move |_| {
                Writer::connect(End::Sandbox(sandbox.clone()), &settings(3)).map_err(|error| error.to_string())
            }),
            open: Box::new(move |manifest| {
                State::read(Store::Memory(disk.clone()), &manifest.name, &manifest.target.label())
            }),
            tell: Box::new(move |_, cycle| {
                cycles.lock().unwrap().push(cycle);
                Box::pin(async {})
            }),
            clock: Clock::from(BEGAN.parse().unwrap()),
            seed,
        })
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.path().join(file), text).unwrap();
    }

    fn faults(&self, faults: &[&str]) {
        self.sandbox.set_faults(FaultPlan::parse(faults.iter().copied()).unwrap());
    }

    /// Waits until so many minutes of the day have passed.
    async fn at(&self, hours: u64, minutes: u64) {
        tokio::time::sleep_until(self.began + Duration::from_secs((hours * 60 + minutes) * 60)).await;
    }

    /// The cycles that began between two hours.
    fn between(&self, from: u64, to: u64) -> Vec<Arc<Cycle>> {
        let began: jiff::Timestamp = BEGAN.parse().unwrap();
        let hour = |cycle: &Cycle| cycle.began.duration_since(began).as_hours().unsigned_abs();
        let cycles = self.cycles.lock().unwrap();
        cycles.iter().filter(|cycle| (from..to).contains(&hour(cycle))).cloned().collect()
    }

    /// Accounts by user name, with whether they may be used; none is there twice.
    fn accounts(&self) -> BTreeMap<String, bool> {
        let users = self.sandbox.users();
        let accounts: BTreeMap<String, bool> = users
            .iter()
            .map(|user| (user["userName"].as_str().unwrap().to_owned(), user["active"].as_bool().unwrap_or(true)))
            .collect();
        assert_eq!(accounts.len(), users.len(), "an account is there twice");
        accounts
    }
}

fn done(cycles: &[Arc<Cycle>], action: Action) -> u64 {
    cycles.iter().filter_map(|cycle| cycle.tally.changes.get(&action)).map(|counts| counts.done).sum()
}

/// Goes through the day; gives how each cycle ended, with its numbers.
async fn day(seed: u64) -> Vec<String> {
    let day = Day::new();
    let means = day.means(seed);
    let manifest = (means.load)().unwrap().manifest;
    assert_eq!(manifest.run.every, Duration::from_secs(40 * 60), "as Entra does it, unless set");
    let board = Board::new(&manifest, means.clock.now(), true);
    let (stopper, stop) = Stopping::pair();
    let asked = Asked { stop, now: Arc::new(Notify::new()) };
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let service = {
        let (means, board, said) = (Arc::clone(&means), board.clone(), Arc::clone(&said));
        tokio::spawn(async move {
            let mut say = |event: Event<'_>| match event {
                Event::ManifestWrong(_) => said.lock().unwrap().push("wrong".to_owned()),
                Event::ManifestChanged => said.lock().unwrap().push("changed".to_owned()),
                Event::Cycle(..) | Event::ManifestDoubtful(_) | Event::Paused(_) => {}
            };
            service::keep(&means, &board, &asked, false, &mut say).await
        })
    };
    let (good, people) = (day.read("dialform.yaml"), day.read("people.csv"));

    // Answers that help nobody, for an hour; then somebody is blocked.
    day.at(1, 0).await;
    assert_eq!(day.accounts().values().filter(|active| **active).count(), 12);
    day.faults(&["status=503;every=3"]);
    day.at(2, 0).await;
    day.faults(&[]);
    let lena = people.lines().find(|line| line.contains("lena")).unwrap();
    day.write("people.csv", &people.replace(lena, &lena.replace("TRUE", "FALSE")));
    day.at(3, 0).await;
    assert_eq!(done(&day.between(2, 3), Action::DisableUser), 1);

    // An edit is used within seconds, not with the next cycle.
    let before = day.cycles.lock().unwrap().len();
    day.write("dialform.yaml", &good.replace("attribute: jobTitle", "attribute: department"));
    tokio::time::sleep(Duration::from_secs(30)).await;
    let after = day.cycles.lock().unwrap().len();
    assert_eq!(after, before + 1, "the edit began a cycle");
    assert!(done(&day.between(3, 4), Action::UpdateUser) > 0);

    // Wrong, then gone, then back as it was.
    day.at(5, 0).await;
    day.write("dialform.yaml", &good.replace("version: 1", "version: 1\nnonsense: true"));
    day.at(6, 0).await;
    assert!(day.between(5, 6).iter().all(|cycle| cycle.ending.is_whole()));
    assert!(board.shown().manifest_problem.unwrap().0.contains("nonsense"));
    fs::remove_file(day.folder.path().join("dialform.yaml")).unwrap();
    day.at(6, 50).await;
    assert!(board.shown().manifest_problem.unwrap().0.contains("there is no file"));
    day.write("dialform.yaml", &good);
    day.at(7, 0).await;
    assert_eq!(board.shown().manifest_problem, None);
    assert_eq!(*said.lock().unwrap(), ["changed", "wrong", "wrong", "changed"], "each is said once");

    // A full disk: nothing is sent, and the service goes on.
    day.disk.limit(Some(0));
    let sent = day.sandbox.requests().writes();
    day.at(9, 0).await;
    let failed = day.between(7, 9);
    assert!(failed.len() >= 2);
    for cycle in &failed {
        let Ending::Failed(failure) = &cycle.ending else { panic!("{:?}", cycle.ending) };
        assert_eq!(failure.trouble, Trouble::State);
    }
    assert_eq!(day.sandbox.requests().writes(), sent);
    day.disk.limit(None);

    // Refused credentials: less and less often, until they are good again.
    day.at(10, 0).await;
    assert!(day.between(9, 10).iter().all(|cycle| cycle.ending.is_whole()));
    day.faults(&["status=401"]);
    day.at(15, 0).await;
    let refused = day.between(10, 15);
    // Every 40, 80, 160 minutes: not the seven or eight of five usual hours.
    assert!((3..=4).contains(&refused.len()), "{}", refused.len());
    let quarantine = board.shown().quarantine.unwrap();
    assert_eq!((quarantine.count as usize, quarantine.because.trouble), (refused.len(), Trouble::Credentials));
    day.faults(&[]);
    // An edit lifts it at once.
    day.write("dialform.yaml", &good.replace("attribute: jobTitle", "attribute: employeeType"));
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(board.shown().quarantine, None);
    assert!(day.cycles.lock().unwrap().last().unwrap().ending.is_whole());

    // She is back on the same account.
    day.at(16, 0).await;
    day.write("people.csv", &people);
    day.at(17, 0).await;
    assert_eq!(done(&day.between(16, 17), Action::EnableUser), 1);
    assert_eq!(day.accounts().len(), 12);

    // A create that is refused: tried, tried again, then held for six hours.
    let new = lena.replace("lena", "newcomer").replacen(lena.split(',').next().unwrap(), "new-person-id", 1);
    day.write("people.csv", &format!("{}\n{new}\n", people.trim_end()));
    day.write("dialform.yaml", &day.read("dialform.yaml").replace("lena@acme.example", "newcomer@acme.example"));
    day.faults(&["status=400;on=POST /Users"]);
    day.at(22, 0).await;
    let tried = |cycles: &[Arc<Cycle>]| -> u64 {
        let counts = cycles.iter().filter_map(|cycle| cycle.tally.changes.get(&Action::CreateUser));
        counts.map(|counts| counts.failed).sum()
    };
    assert_eq!(tried(&day.between(17, 22)), 2, "the next run, then not before six hours");
    assert_eq!(day.between(21, 22)[0].tally.held.get(&Reason::RepeatedFailure), Some(&1));
    day.faults(&[]);
    day.at(25, 0).await;
    assert_eq!(done(&day.between(22, 25), Action::CreateUser), 1, "its time has come");

    // It ends as it must.
    stopper.stop();
    let last = service.await.unwrap().unwrap().unwrap();
    assert_eq!((last.tally.total().done, last.tally.total().failed), (0, 0), "nothing is left to do");
    let accounts = day.accounts();
    assert_eq!(accounts.len(), 13);
    assert!(accounts.keys().any(|name| name.contains("newcomer")));
    assert_eq!(day.sandbox.requests().by_status.get(&409), None, "something was created twice");
    let shown = board.shown();
    assert!(shown.totals.cycles.values().sum::<u64>() >= 28, "{:?}", shown.totals.cycles);
    let cycles = day.cycles.lock().unwrap();
    assert_eq!(cycles.iter().filter(|cycle| cycle.quarantine.is_some()).count(), refused.len());
    cycles.iter().map(|cycle| format!("{} {:?} {:?}", cycle.began, cycle.ending.name(), cycle.tally)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_day_of_cycles_ends_as_it_must_whatever_happens() {
    for seed in [1, 2] {
        day(seed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_day() {
    let (one, two) = (day(7).await, day(7).await);
    assert_eq!(one, two);
}
