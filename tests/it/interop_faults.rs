//! The fault laws against SCIM servers that others wrote, behind a proxy that has
//! accidents (`proxy`); started by `tests/interop.sh`.
//!
//! Whatever happens to the requests of an apply, and whenever it is killed: when
//! the faults have ended, one more apply ends with 0, the plan after it is empty,
//! the server holds everybody and every group once, and the provisioning log has
//! a success for exactly what is there.
//!
//! `DIALFORM_EVERY=1` tries each fault at each request, rather than a sample;
//! `DIALFORM_SEED` chooses the sample and the random sequences, `DIALFORM_SEEDS`
//! and `DIALFORM_KILLS` say how many.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    faults::Dice,
    interop::Server,
    process::Folder,
    proxy::{Fault, Proxy},
};

/// What the apply under test does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    /// Everybody and every group is made.
    Fresh,
    /// Somebody comes, one leaves, two change, one goes from one group to another.
    Changed,
}

/// What a run without faults comes to.
struct Expected {
    held: BTreeMap<String, u64>,
    /// What the log has as done: the action, and to whom or what.
    done: BTreeSet<(String, String)>,
    requests: u64,
    takes: Duration,
}

struct Law {
    server: Server,
    proxy: Proxy,
}

impl Law {
    fn begin() -> Self {
        let server = Server::from_environment();
        let proxy = Proxy::before(&server.url);
        Self { server, proxy }
    }

    /// An empty server, and the quickstart in front of it, before the apply under test.
    fn scene(&self, scene: Scene) -> Folder {
        self.proxy.quiet();
        self.server.clear();
        let mut folder = Folder::example("quickstart");
        let target = format!(
            "  dialpad:\n    scim: {{ url: \"{}\", token: {{ env: TOKEN }}, rate: unlimited }}",
            self.proxy.url
        );
        folder.edit("dialform.yaml", "  sandbox: {}", &target);
        folder.set("TOKEN", &self.server.token);
        if scene == Scene::Fresh {
            return folder;
        }
        let ran = folder.run(&["apply", "--yes", "--quiet"]);
        assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
        // What the log says afterwards is of the apply under test.
        std::fs::remove_dir_all(folder.path(".dialform/quickstart/log")).unwrap();
        let people = folder.read("people.csv");
        let mut rows: Vec<String> = people.lines().map(str::to_owned).collect();
        for row in &mut rows {
            if row.contains("hugo.martin@acme.example") {
                *row = row.replace("TRUE", "FALSE");
            }
            *row = row.replace("Head of Sales", "Chief of Sales").replace("Sales Engineer", "Solution Engineer");
        }
        rows.push(
            "6f1d2a10-0000-4000-8000-000000000013,mona.kern@acme.example,Mona Kern,Mona,Kern,mona.kern@acme.example,\
             Support Agent,Support,Employee,DE,+49300000013,TRUE,ana.diaz@acme.example"
                .to_owned(),
        );
        folder.write("people.csv", &(rows.join("\n") + "\n"));
        folder.edit("groups.csv", "dirk.mueller@acme.example;", "mona.kern@acme.example;");
        folder.edit("groups.csv", "gita.rao@acme.example;", "gita.rao@acme.example;dirk.mueller@acme.example;");
        folder
    }

    /// The apply under test without faults.
    fn undisturbed(&self, scene: Scene) -> Expected {
        let folder = self.scene(scene);
        self.proxy.script([]);
        let began = Instant::now();
        let ran = folder.run(&["apply", "--yes", "--quiet"]);
        assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
        let (requests, takes) = (self.proxy.came(), began.elapsed());
        let done = told(&folder).iter().map(Told::what).collect();
        let held = self.held();
        match scene {
            Scene::Fresh => assert_eq!(held.keys().filter(|key| key.starts_with("user ")).count(), 12, "{held:#?}"),
            Scene::Changed => assert_eq!(held.keys().filter(|key| key.starts_with("user ")).count(), 13, "{held:#?}"),
        }
        Expected { held, done, requests, takes }
    }

    /// What the server holds, asked past the proxy: each thing with how often it is there.
    fn held(&self) -> BTreeMap<String, u64> {
        let mut held = BTreeMap::new();
        let mut add = |what: String| *held.entry(what).or_default() += 1;
        let users = self.server.all("Users");
        let name = |id: &Value| {
            let found = users.iter().find(|user| user["id"] == *id);
            found.map_or_else(|| format!("nobody with the id {id}"), |user| user["userName"].to_string())
        };
        for user in &users {
            let enterprise = &user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
            let manager = &enterprise["manager"]["value"];
            let manager = if manager.is_null() { "nobody".to_owned() } else { name(manager) };
            add(format!(
                "user {} {} {} active {} under {manager}",
                user["userName"], user["externalId"], user["title"], user["active"]
            ));
        }
        for group in self.server.all("Groups") {
            add(format!("group {} {}", group["displayName"], group["externalId"]));
            for member in group["members"].as_array().into_iter().flatten() {
                add(format!("{} has {}", group["displayName"], name(&member["value"])));
            }
        }
        held
    }

    /// Applies with faults or a kill; what it says of itself has to be true.
    fn disturbed(&self, folder: &Folder, expected: &Expected, kill: Option<Duration>, context: &str) -> bool {
        let Some(wait) = kill else {
            let ran = folder.run(&["apply", "--yes"]);
            let said = format!("{context}\nexit {}\n{}\n{}", ran.code, ran.out, ran.err);
            assert!([0, 1, 3, 4].contains(&ran.code) && !ran.err.contains("panicked"), "{said}");
            self.proxy.quiet();
            let held = self.held();
            if ran.code == 0 {
                assert_eq!(held, expected.held, "{said}");
            }
            self.believe(folder, &held, &said);
            return false;
        };
        let mut child =
            folder.command(&["apply", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(wait);
        let cut = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        cut
    }

    /// Whoever the log says was made is there.
    fn believe(&self, folder: &Folder, held: &BTreeMap<String, u64>, context: &str) {
        for line in told(folder).iter().filter(|line| line.is_success && line.action == "create") {
            let there = held
                .keys()
                .any(|key| ["user", "group"].iter().any(|kind| key.starts_with(&format!("{kind} \"{}\" ", line.name))));
            assert!(there, "the log has {} as made, who is not there\n{context}\n{held:#?}", line.name);
        }
    }

    /// The faults have ended: one more run mends everything, and everything that is said is true.
    fn settle(&self, folder: &Folder, expected: &Expected, killed: bool, context: &str) {
        self.proxy.quiet();
        let ran = folder.run(&["apply", "--yes", "--retry-held"]);
        assert_eq!(ran.code, 0, "{context}\n{}\n{}", ran.out, ran.err);
        let left = folder.json(&["plan", "--format", "json", "--detailed-exitcode"], 0);
        assert_eq!(left["changes"].as_array().unwrap().len(), 0, "{context}: {left:#}");
        assert_eq!(self.held(), expected.held, "{context}\n{}\n{}", ran.out, ran.err);
        let log = || folder.run(&["log"]).out;
        let told = told(folder);
        let once: Vec<&Told> = told.iter().filter(|line| line.is_success && !line.recovered).collect();
        let mut changes = BTreeSet::new();
        for line in &once {
            // Who was left out for want of an account is added later, by a change of the same name.
            let again = once.iter().any(|earlier| earlier.change == line.change && earlier.leaves_out);
            let first = changes.insert(&line.change);
            assert!(first || again, "{context}: {} is told twice\n{}", line.change, log());
        }
        // What was in doubt is told once it was looked up.
        let recovered = told.iter().filter(|line| line.recovered && (killed || !changes.contains(&line.change)));
        let lines: Vec<&Told> = once.iter().copied().chain(recovered).collect();
        let whole = |action: &'static str| move |(did, _): &&(String, String)| did == action;
        let done: BTreeSet<(String, String)> = lines.iter().map(|line| line.what()).collect();
        for action in ["create", "disable"] {
            let told: Vec<_> = done.iter().filter(whole(action)).collect();
            assert_eq!(told, expected.done.iter().filter(whole(action)).collect::<Vec<_>>(), "{context}\n{}", log());
        }
        // Who was made later may have got all at once.
        let names = |of: &BTreeSet<(String, String)>| of.iter().map(|(_, name)| name.clone()).collect::<BTreeSet<_>>();
        assert_eq!(names(&done), names(&expected.done), "{context}: the log has others as changed\n{}", log());
    }
}

/// A line of the log of what was done, or may have been by a run that was killed.
struct Told {
    change: String,
    action: String,
    name: String,
    is_success: bool,
    recovered: bool,
    /// It went on without a member whose account did not come to be.
    leaves_out: bool,
}

impl Told {
    fn what(&self) -> (String, String) {
        (self.action.clone(), self.name.clone())
    }
}

fn told(folder: &Folder) -> Vec<Told> {
    let ran = folder.run(&["log", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|line| Told {
            change: text(&line["changeId"]),
            action: text(&line["provisioningAction"]),
            name: text(&line["sourceIdentity"]["displayName"]),
            is_success: line["provisioningStatusInfo"]["status"] == "success",
            recovered: line["dialform"]["recoveredBy"].is_string(),
            leaves_out: line["provisioningSteps"].to_string().contains("MemberLeftOut"),
        })
        .filter(|line| line.is_success || line.recovered)
        .collect()
}

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
#[ignore = "needs a server; tests/interop.sh starts it"]
fn each_fault_at_each_request_is_mended_by_one_more_run() {
    let law = Law::begin();
    let every = env::var_os("DIALFORM_EVERY").is_some();
    let seed = number("DIALFORM_SEED", 1);
    let (mut dice, mut tried) = (Dice(seed), 0);
    for (turn, scene) in [Scene::Fresh, Scene::Changed].into_iter().enumerate() {
        let expected = law.undisturbed(scene);
        // A quick round has each fault once, in one of the scenes.
        let faults = Fault::ALL.into_iter().enumerate().filter(|(nth, _)| every || nth % 2 == turn);
        for (_, fault) in faults {
            let sample = 1 + dice.roll(expected.requests);
            for at in (1..=expected.requests).filter(|at| every || *at == sample) {
                let context = format!("{scene:?}, {fault:?} at request {at}, DIALFORM_SEED={seed}");
                let folder = law.scene(scene);
                law.proxy.script([(at, fault)]);
                law.disturbed(&folder, &expected, None, &context);
                law.settle(&folder, &expected, false, &context);
                tried += 1;
            }
        }
    }
    eprintln!("{tried} faults, {} creates refused as there already", law.proxy.conflicts());
    law.server.clear();
}

#[test]
#[ignore = "needs a server; tests/interop.sh starts it"]
fn random_sequences_of_faults_and_kills_lose_and_double_nothing() {
    let law = Law::begin();
    let (seed, seeds) = (number("DIALFORM_SEED", 1), number("DIALFORM_SEEDS", 6));
    let expected = [Scene::Fresh, Scene::Changed].map(|scene| (scene, law.undisturbed(scene)));
    for seed in seed..seed + seeds {
        let mut dice = Dice(seed);
        let (scene, expected) = &expected[usize::try_from(dice.roll(2)).unwrap()];
        let context = format!("{scene:?}, DIALFORM_SEED={seed} DIALFORM_SEEDS=1");
        let folder = law.scene(*scene);
        let mut killed = false;
        for _ in 0..=dice.roll(3) {
            let faults: Vec<(u64, Fault)> = (0..=dice.roll(5))
                .map(|_| {
                    let fault = Fault::ALL[usize::try_from(dice.roll(Fault::ALL.len() as u64)).unwrap()];
                    (1 + dice.roll(expected.requests + 5), fault)
                })
                .collect();
            let millis = u64::try_from(expected.takes.as_millis()).unwrap();
            let kill = (dice.roll(3) == 0).then(|| Duration::from_millis(dice.roll(millis + 100)));
            let context = format!("{context}: {faults:?}, killed after {kill:?}");
            law.proxy.script(faults);
            killed |= law.disturbed(&folder, expected, kill, &context);
        }
        law.settle(&folder, expected, killed, &context);
    }
    law.server.clear();
}

#[test]
#[ignore = "needs a server; tests/interop.sh starts it"]
fn an_apply_killed_while_a_server_is_slow_is_finished_by_the_next() {
    let law = Law::begin();
    let (seed, kills) = (number("DIALFORM_SEED", 7), number("DIALFORM_KILLS", 10));
    let (mut dice, mut cut) = (Dice(seed), 0);
    for scene in [Scene::Fresh, Scene::Changed] {
        let slow = Duration::from_millis(12);
        let expected = law.undisturbed(scene);
        // Two waits for each request, several requests at once.
        let takes = expected.takes + slow * u32::try_from(expected.requests).unwrap() / 2;
        for round in 0..kills / 2 {
            let folder = law.scene(scene);
            let context = format!("{scene:?}, round {round}, DIALFORM_SEED={seed}");
            for before in 0..=round % 3 {
                law.proxy.delay(slow);
                // After a kill, the next waits for what may be on its way.
                let takes = takes + Duration::from_secs(2 * u64::from(before > 0));
                let wait = Duration::from_millis(dice.roll(u64::try_from(takes.as_millis()).unwrap()));
                cut += u64::from(law.disturbed(&folder, &expected, Some(wait), &context));
            }
            law.settle(&folder, &expected, true, &context);
        }
    }
    eprintln!("{cut} runs killed, {} creates refused as there already", law.proxy.conflicts());
    assert!(cut > kills / 2, "only {cut} runs were cut");
    law.server.clear();
}
