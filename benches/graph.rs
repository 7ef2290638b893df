//! CPU and memory of reading and planning 10,009 people in 103 groups from Microsoft Graph.
//!
//! `cargo bench --bench graph`. The bar is 300 ms of CPU and 100 MB in all. The Graph is the
//! tests' own, on loopback, in another process; what is measured is a process that does what
//! `plan` does with an empty Dialpad: sign in, read, plan. Of several rounds the best counts,
//! because what disturbs a machine only ever slows it down.

#![expect(clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and fails loudly")]

#[path = "../tests/it/graph/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "the tests use the rest of it"
)]
mod graph;

use std::process::Command;

use dialform::{
    live::Live,
    manifest::{self, Disk, Manifest, Source, trust::AllowedHosts},
    memory::Memory,
    plan::{self, Inputs, Options},
    source::entra::{self, Graph, Wanted, sign_in::SignIn},
};
use graph::{APPLICATION, FakeGraph, Store, TENANT};

/// The variable with the address of the Graph, for the process that is measured.
const URL: &str = "DIALFORM_GRAPH_URL";
const MANIFEST: &str = r#"
version: 1
name: acme
source: { entra: { tenant: TENANT, application: APPLICATION, auth: token } }
target: { sandbox: {} }
roles: { lead: {}, member: { app_role: User } }
assignments: [{ entra: true }]
safety: { creates: { max: 100000 } }
mappings:
  users:
    attributes:
      userName: { attribute: userPrincipalName }
      externalId: { attribute: objectId }
      active: { expression: 'Not([IsSoftDeleted])' }
      displayName: { attribute: displayName }
      name.givenName: { attribute: givenName }
      name.familyName: { attribute: surname }
      title: { attribute: jobTitle }
      emails[type eq "work"].value: { expression: 'Coalesce([mail], [userPrincipalName])' }
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: { attribute: department }
"#;

const ROUNDS: usize = 5;
const PEOPLE: usize = 10_009;
const GROUPS: usize = 103;

/// The best of some rounds, each in a process of its own.
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, rest @ ..] = arguments.as_slice()
        && first == "measured"
    {
        return measured(!rest.is_empty());
    }
    println!("{:<10} {:>8} {:>9} {:>9} {:>8} {:>8}", "managers", "people", "CPU ms", "of 300", "MB most", "calls");
    for managers in [false, true] {
        let fake = FakeGraph::start(Store::of_size(PEOPLE, GROUPS, 9));
        let rounds = (0..ROUNDS).map(|_| one(&fake, managers));
        let Cost { cpu, memory, people, calls } = rounds.min_by(|left, right| left.cpu.total_cmp(&right.cpu)).unwrap();
        let managers = if managers { "with" } else { "without" };
        println!("{managers:<10} {people:>8} {cpu:>9.0} {:>9.2} {memory:>8.0} {calls:>8}", cpu / 300.0);
    }
}

/// What one process cost.
struct Cost {
    /// Milliseconds of its one thread: signing in, reading, parsing and planning.
    cpu: f64,
    /// Megabytes at most.
    memory: f64,
    people: u64,
    calls: u64,
}

fn one(fake: &FakeGraph, managers: bool) -> Cost {
    let mut reader = Command::new(std::env::current_exe().unwrap());
    reader.arg("measured").env(URL, fake.url());
    if managers {
        reader.arg("managers");
    }
    let output = reader.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let numbers: Vec<f64> = said.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [cpu, memory, people, calls] = numbers[..] else { panic!("{said}") };
    Cost { cpu, memory, people: people as u64, calls: calls as u64 }
}

/// Reads and plans on one thread, and says what that cost.
fn measured(managers: bool) {
    let manifest = manifest(managers);
    let Source::Entra(source) = &manifest.source else { panic!("not of Entra") };
    let environment = |name: &str| match name {
        "GRAPH_ACCESS_TOKEN" => Some("test-token".to_owned()),
        name => std::env::var(name).ok(),
    };
    let graph = Graph::connect(source.cloud, SignIn::choose(source, &environment).unwrap(), &environment).unwrap();
    let wanted = Wanted::of(&[&manifest], [], false);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (live, memory) = (Live::empty(), Memory::default());
    let before = cpu();
    let read = runtime.block_on(entra::read(&graph, source, &wanted, &|_| {})).unwrap();
    let now = "2027-01-31T09:00:00Z".parse().unwrap();
    let inputs = Inputs { manifest: &manifest, directory: &read.directory, live: &live, memory: &memory, now };
    let plan = plan::between(&inputs, &Options::default());
    let cpu = cpu() - before;
    assert_eq!(plan.changes.iter().filter(|change| change.action == plan::Action::CreateUser).count(), PEOPLE);
    println!("{cpu} {} {} {}", most_memory(), plan.read.people, read.requests);
}

fn manifest(managers: bool) -> Manifest {
    let text = MANIFEST.replace("TENANT", TENANT).replace("APPLICATION", APPLICATION);
    let text = if managers { text + "      manager: { attribute: manager }\n" } else { text };
    let mut disk = Disk { read: &mut |_| Ok(text.clone()), list: &mut |_, _| Ok(Vec::new()) };
    let read = manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default());
    let Some((manifest, _)) = read.manifest else { panic!("{:?}", read.problems) };
    manifest
}

/// Milliseconds that this thread was on a core; Linux only.
fn cpu() -> f64 {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    said.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e6
}

/// The most megabytes of this process that were in memory at once; Linux only.
fn most_memory() -> f64 {
    let said = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = said.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
