//! Seconds and memory for planning 100,000 people and 1,000 groups, mapping
//! included, and how both grow from 10,000 to 300,000 people.
//!
//! `cargo bench --bench planner`. The bars are 1.5 s on one core and 400 MB in all,
//! inputs included, and instructions per person that stay within 1.3 times. Each case
//! runs in a process of its own; `one SIZE full|empty ROUNDS` is one of them, for
//! `valgrind` too (docs/performance.md).

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and fails loudly")]

use std::{hint::black_box, process::Command, time::Instant};

use dialform::{
    directory::{Directory, Group, Member, Person},
    live::{self, Live},
    manifest::{self, Disk, Manifest, trust::AllowedHosts},
    memory::{GroupLink, Memory, UserLink},
    names::{Attributes, Complete, Reading, SourceId, TargetId, Text, Value},
    plan::{self, Inputs, Options, Plan},
};

const MANIFEST: &str = r#"
version: 1
name: acme
source: { files: { people: people.csv } }
target: { sandbox: {} }
assignments: [{ group: SG-Everybody }]
filters:
  users: [{ name: Staff, where: [{ attribute: country, operator: regex_match, value: "^(GB|DE|FR)$" }] }]
mappings:
  users:
    attributes:
      userName: { attribute: userPrincipalName }
      externalId: { attribute: objectId }
      active: { expression: 'Not([IsSoftDeleted])' }
      displayName: { expression: 'Join(" ", [givenName], [surname])' }
      name.givenName: { attribute: givenName }
      name.familyName: { attribute: surname }
      title: { attribute: jobTitle }
      emails[type eq "work"].value: { expression: 'Coalesce([mail], [userPrincipalName])' }
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: { attribute: department }
  groups: { enabled: true }
safety: { disables: { max: 100000 } }
"#;

fn manifest() -> Manifest {
    let mut disk = Disk { read: &mut |_| Ok(MANIFEST.to_owned()), list: &mut |_, _| Ok(Vec::new()) };
    manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default()).manifest.unwrap().0
}

/// Names that all people share, as readers share them.
struct Names(Vec<Text>);

impl Names {
    fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|name| Text::from(*name)).collect())
    }

    fn with(&self, values: Vec<Value>) -> Attributes {
        self.0.iter().cloned().zip(values).collect()
    }
}

fn id(n: usize) -> String {
    // Ids of the source are in no order.
    format!("{:08x}-3909-445a-ba5e-{:012x}", (n as u32).wrapping_mul(0x9e37_79b9), n)
}

fn upn(n: usize) -> String {
    format!("given.family{n}@contoso.example")
}

fn directory(people: usize, groups: usize) -> Directory {
    let names = Names::of(&[
        "accountEnabled",
        "city",
        "companyName",
        "country",
        "department",
        "displayName",
        "employeeId",
        "givenName",
        "jobTitle",
        "mail",
        "objectId",
        "surname",
        "telephoneNumber",
        "userPrincipalName",
    ]);
    let shared = |text: &str| Value::Text(text.into());
    let (city, company, country, title) = (shared("Berlin"), shared("Contoso"), shared("DE"), shared("Engineer"));
    let person = |n: usize| Person {
        id: id(n).as_str().into(),
        attributes: names.with(vec![
            Value::Boolean(n % 100 != 7),
            city.clone(),
            company.clone(),
            country.clone(),
            format!("Department {}", n % 50).into(),
            format!("Given Family{n}").into(),
            format!("{n:06}").into(),
            "Given".into(),
            title.clone(),
            upn(n).into(),
            id(n).into(),
            format!("Family{n}").into(),
            format!("+49 30 {n:07}").into(),
            upn(n).into(),
        ]),
        soft_deleted: false,
        manager: None,
        place: None,
    };
    let names = Names::of(&["displayName", "objectId"]);
    let group = |g: usize, members: Vec<Member>| {
        let name: Text = if g == 0 { "SG-Everybody".into() } else { format!("SG-{g}").into() };
        let id: SourceId = format!("g-{g}").as_str().into();
        let attributes = names.with(vec![Value::Text(name.clone()), Value::Text(id.text().clone())]);
        Group { id, name, attributes, members, place: None }
    };
    let everybody = (0..people).map(|n| Member::Person(id(n).as_str().into())).collect();
    let mut all = vec![group(0, everybody)];
    all.extend((1..groups).map(|g| {
        let members = (0..people).filter(|n| n % (groups - 1) == g - 1);
        group(g, members.map(|n| Member::Person(id(n).as_str().into())).collect())
    }));
    let people = (0..people).map(person).collect();
    Directory::new(complete(people), complete(all))
}

fn complete<T>(items: T) -> Reading<T> {
    Reading::Complete(Complete::attest(items))
}

/// The tenant as an earlier apply left it: of a hundred people one has another title,
/// one is missing; a few strangers; groups with somebody too many and somebody too few.
fn tenant(people: usize, groups: usize) -> (Live, Memory) {
    let names = Names::of(&[
        "active",
        "displayName",
        "emails",
        "externalId",
        "name",
        "title",
        "userName",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    ]);
    let parts = Names::of(&["value", "type", "givenName", "familyName", "department"]).0;
    let record = |members: Vec<(usize, Value)>| {
        Value::Record(members.into_iter().map(|(part, value)| (parts[part].clone(), value)).collect())
    };
    let mut memory = Memory::default();
    let mut users = Vec::with_capacity(people);
    for n in (0..people).filter(|n| n % 100 != 3) {
        let target: TargetId = format!("{}", 5_835_806_903_417_907_u64 + n as u64).as_str().into();
        let title = if n % 100 == 5 { "Junior Engineer" } else { "Engineer" };
        users.push(live::User {
            id: target.clone(),
            attributes: names.with(vec![
                Value::Boolean(true),
                format!("Given Family{n}").into(),
                Value::List(vec![record(vec![(0, upn(n).into()), (1, "work".into())])]),
                id(n).into(),
                record(vec![(2, "Given".into()), (3, format!("Family{n}").into())]),
                title.into(),
                upn(n).into(),
                record(vec![(4, format!("Department {}", n % 50).into())]),
            ]),
            version: None,
        });
        let link = UserLink { target, name: upn(n).into(), disabled_since: None, vanished_since: None };
        memory.users.insert(id(n).as_str().into(), link);
    }
    let by_person: Vec<TargetId> =
        (0..people).map(|n| format!("{}", 5_835_806_903_417_907_u64 + n as u64).as_str().into()).collect();
    let group = |g: usize| {
        let mut members: Vec<TargetId> = match g {
            0 => (0..people).filter(|n| n % 100 != 3 && n % 1000 != 11).map(|n| by_person[n].clone()).collect(),
            _ => (0..people)
                .filter(|n| n % (groups - 1) == g - 1 && n % 100 != 3)
                .map(|n| by_person[n].clone())
                .collect(),
        };
        members.sort();
        let name = if g == 0 { "SG-Everybody".to_owned() } else { format!("SG-{g}") };
        let attributes = [("displayName".into(), name.into()), ("externalId".into(), format!("g-{g}").into())];
        live::Group {
            id: format!("{g}").as_str().into(),
            attributes: attributes.into_iter().collect(),
            members,
            version: None,
        }
    };
    let live_groups: Vec<live::Group> = (0..groups).map(group).collect();
    for g in 0..groups {
        let link = GroupLink { target: format!("{g}").as_str().into(), name: "SG".into(), removals: true };
        memory.groups.insert(format!("g-{g}").as_str().into(), link);
    }
    (Live { users: complete(users), groups: complete(live_groups), ..Live::empty() }, memory)
}

/// Bytes of this process in memory now, and the most there were; Linux only.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    (field("VmRSS:").unwrap_or_default() / 1024, field("VmHWM:").unwrap_or_default() / 1024)
}

/// What one case is: so many people, and whether Dialpad has anything of them yet.
#[derive(Clone, Copy)]
struct Case {
    size: usize,
    empty: bool,
}

impl Case {
    /// Plans it, and prints the row. Memory is that of the first round: what a command needs.
    fn run(self, rounds: usize) {
        let Case { size, empty } = self;
        let manifest = manifest();
        let groups = (size / 100).clamp(10, 1_000);
        let directory = directory(size, groups);
        let (live, known) = if empty { (Live::empty(), Memory::default()) } else { tenant(size, groups) };
        let now = "2027-01-31T09:00:00Z".parse().unwrap();
        let inputs = Inputs { manifest: &manifest, directory: &directory, live: &live, memory: &known, now };
        let (read, _) = memory();
        let (mut best, first) = timed(&inputs);
        let (_, most) = memory();
        let changes = first.changes.len();
        drop(first);
        for _ in 1..rounds {
            best = best.min(timed(&inputs).0);
        }
        let each = best * 1e6 / size as f64;
        println!("{size:>8} {:<7} {best:>8.3} {each:>10.2} {changes:>9} {read:>9} {most:>9}", self.tenant());
    }

    fn tenant(self) -> &'static str {
        if self.empty { "empty" } else { "full" }
    }

    /// The same in a process of its own, so that no case finds what another left in memory.
    fn apart(self) {
        let size = self.size.to_string();
        let program = std::env::current_exe().unwrap();
        let status = Command::new(program).args(["one", &size, self.tenant(), "3"]).status().unwrap();
        assert!(status.success(), "planning {size} people failed: {status}");
    }
}

fn timed(inputs: &Inputs) -> (f64, Plan) {
    let start = Instant::now();
    let plan = plan::between(black_box(inputs), &Options::default());
    (start.elapsed().as_secs_f64(), plan)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [one, size, tenant, rounds] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..]
        && one == "one"
    {
        let case = Case { size: size.parse().unwrap(), empty: tenant == "empty" };
        return case.run(rounds.parse().unwrap());
    }
    let sizes: Vec<usize> = match arguments.iter().find_map(|size| size.parse().ok()) {
        Some(size) => vec![size],
        None => vec![10_000, 100_000, 300_000],
    };
    println!(
        "{:>8} {:<7} {:>8} {:>10} {:>9} {:>9} {:>9}",
        "people", "tenant", "seconds", "µs/person", "changes", "MB read", "MB most"
    );
    for size in sizes {
        Case { size, empty: false }.apart();
        Case { size, empty: true }.apart();
    }
}
