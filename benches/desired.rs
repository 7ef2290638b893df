//! Milliseconds to decide who is entitled and to map their values.
//!
//! `cargo bench --bench desired`. The bar is a part of the 1,500 ms that planning
//! 100,000 people and 1,000 groups may take in all; cost for each person must not
//! grow with their number.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and fails loudly")]

use std::{fmt::Write as _, hint::black_box, time::Instant};

use dialform::{
    desired::{self, Subject},
    directory::{Directory, Group, Member, Person},
    expr::World,
    manifest::{self, Disk, Manifest, trust::AllowedHosts},
    names::{Complete, Reading, SourceId, Text, Value},
};

const BAR: f64 = 500.0;
const SIZES: [usize; 3] = [10_000, 100_000, 300_000];

const MANIFEST: &str = "version: 1
name: bench
source: { files: { people: people.csv } }
target: { sandbox: {} }
roles: { supervisor: {}, member: {} }
filters:
  users:
    - name: Staff
      where:
        - { attribute: country, operator: regex_match, value: '^(GB|DE|FR)$' }
        - { attribute: employeeType, operator: not_equals, value: Contractor }
    - name: Approved
      where: [{ attribute: extensionAttribute1, operator: equals, value: dialpad }]
mappings:
  groups: { enabled: true }
assignments:
";

/// Groups, each with as many people as makes everybody a member of five.
const GROUPS: usize = 1_000;

fn manifest() -> Manifest {
    let mut text = MANIFEST.to_owned();
    for group in 0..200 {
        let (role, nested) = if group % 10 == 0 { ("supervisor", true) } else { ("member", false) };
        writeln!(text, "  - {{ group: SG-{group}, role: {role}, nested: {nested} }}").unwrap();
    }
    for person in 0..50 {
        writeln!(text, "  - {{ user: person.{person}@acme.example, role: supervisor, until: 2027-12-31 }}").unwrap();
    }
    let mut disk = Disk { read: &mut |_| Ok(text.clone()), list: &mut |_, _| Ok(Vec::new()) };
    manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default()).manifest.unwrap().0
}

fn directory(size: usize) -> Directory {
    let names = [
        "accountEnabled",
        "country",
        "displayName",
        "employeeType",
        "givenName",
        "jobTitle",
        "mail",
        "objectId",
        "surname",
        "userPrincipalName",
    ];
    let names: Vec<Text> = names.iter().map(|name| Text::from(*name)).collect();
    let person = |at: usize| {
        let mail = format!("Person.{at}@acme.example");
        let country = ["GB", "DE", "FR", "US"][at % 4];
        let kind = if at.is_multiple_of(17) { "Contractor" } else { "Employee" };
        let values: [Value; 10] = [
            Value::Boolean(!at.is_multiple_of(50)),
            country.into(),
            format!("Person {at}").into(),
            kind.into(),
            "Person".into(),
            "Engineer".into(),
            mail.clone().into(),
            format!("id-{at}").into(),
            format!("Number {at}").into(),
            mail.into(),
        ];
        Person {
            id: SourceId::new(format!("id-{at}")),
            attributes: names.iter().cloned().zip(values).collect(),
            soft_deleted: false,
            manager: (at > 0).then(|| SourceId::new(format!("id-{}", at / 8))),
            place: None,
        }
    };
    let per_group = size * 5 / GROUPS;
    let group = |at: usize| {
        let people =
            (0..per_group).map(|i| Member::Person(SourceId::new(format!("id-{}", (at * 211 + i * 17) % size))));
        let inner =
            (at.is_multiple_of(10)).then(|| Member::Group(SourceId::new(format!("group-{}", (at + 7) % GROUPS))));
        let name = format!("SG-{at}");
        Group {
            id: SourceId::new(format!("group-{at}")),
            attributes: [("displayName".into(), Value::text(name.as_str()))].into_iter().collect(),
            name: name.into(),
            members: people.chain(inner).collect(),
            place: None,
        }
    };
    Directory::new(
        Reading::Complete(Complete::attest((0..size).map(person).collect())),
        Reading::Complete(Complete::attest((0..GROUPS).map(group).collect())),
    )
}

/// The best of some rounds: what disturbs a machine only ever slows it down.
fn milliseconds(mut once: impl FnMut()) -> f64 {
    let rounds = (0..5).map(|_| {
        let start = Instant::now();
        once();
        start.elapsed().as_secs_f64() * 1e3
    });
    rounds.fold(f64::INFINITY, f64::min)
}

fn main() {
    let manifest = manifest();
    let now = "2027-01-31T09:00:00Z".parse().unwrap();
    let world = World { now, default_domain: None, taken: &|_| false, seed: 1 };
    println!("{:>8} {:>12} {:>12} {:>12} {:>8}", "people", "standing ms", "mapping ms", "ns a person", "of bar");
    for size in SIZES {
        let directory = directory(size);
        let standing = milliseconds(|| {
            black_box(desired::build(&manifest, black_box(&directory), now));
        });
        let people = directory.people.items().unwrap();
        let mapping = milliseconds(|| {
            for person in people {
                black_box(desired::map(&manifest.users.attributes, &Subject::new(person, false), &world));
            }
        });
        let all = standing + mapping;
        let share = if size == 100_000 { format!("{:.0}%", all / BAR * 100.0) } else { String::new() };
        println!("{size:>8} {standing:>12.0} {mapping:>12.0} {:>12.0} {share:>8}", all * 1e6 / size as f64);
    }
}
