//! Who is entitled, against a second account of the rules written as plainly as can be.

use dialform::{
    desired::{self, CauseKind, Standing},
    directory::{Directory, Group, Member, Person},
    manifest::{self, Disk, Manifest, trust::AllowedHosts},
    names::{Complete, Reading, SourceId, Value},
};
use proptest::prelude::*;

/// A manifest from YAML, without files.
fn manifest(yaml: &str) -> Manifest {
    let mut disk = Disk { read: &mut |_| Ok(yaml.to_owned()), list: &mut |_, _| Ok(Vec::new()) };
    let read = manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default());
    read.manifest.unwrap_or_else(|| unreachable!("{yaml}\n{:?}", read.problems)).0
}

const TODAY: i32 = 15;

/// One line of `assignments`: of person or group `who`, with days of January 2027.
#[derive(Clone, Debug)]
struct Line {
    group: bool,
    who: usize,
    nested: bool,
    lead: bool,
    from: Option<i32>,
    until: Option<i32>,
}

impl Line {
    fn yaml(&self) -> String {
        let who =
            if self.group { format!("group: G{}", self.who) } else { format!("user: p{}@acme.example", self.who) };
        let role = if self.lead { "lead" } else { "member" };
        let nested = if self.group && self.nested { ", nested: true" } else { "" };
        let day =
            |key: &str, day: Option<i32>| day.map_or_else(String::new, |day| format!(", {key}: 2027-01-{day:02}"));
        format!("  - {{ {who}, role: {role}{nested}{}{} }}\n", day("from", self.from), day("until", self.until))
    }

    fn in_force(&self) -> bool {
        self.from.is_none_or(|from| from <= TODAY) && self.until.is_none_or(|until| TODAY <= until)
    }
}

#[derive(Clone, Debug)]
struct World {
    /// For each person: enabled, in the recycle bin, a country or none.
    people: Vec<(bool, bool, Option<bool>)>,
    /// For each group: people and groups within it.
    groups: Vec<(Vec<usize>, Vec<usize>)>,
    lines: Vec<Line>,
    everyone: bool,
    filtered: bool,
}

const PEOPLE: usize = 6;
const GROUPS: usize = 5;

fn world() -> impl Strategy<Value = World> {
    let person = (prop::bool::weighted(0.9), prop::bool::weighted(0.1), prop::option::weighted(0.8, any::<bool>()));
    let group = (prop::collection::vec(0..PEOPLE, 0..4), prop::collection::vec(0..GROUPS, 0..3));
    let days = prop::option::of(TODAY - 2..=TODAY + 2);
    let line = (any::<bool>(), 0..GROUPS, any::<bool>(), any::<bool>(), days.clone(), days).prop_map(
        |(group, who, nested, lead, from, until)| {
            // A last day before the first is refused by the manifest.
            let until = until.map(|until| until.max(from.unwrap_or(until)));
            Line { group, who, nested, lead, from, until }
        },
    );
    (
        prop::collection::vec(person, PEOPLE),
        prop::collection::vec(group, GROUPS),
        prop::collection::vec(line, 0..6),
        prop::bool::weighted(0.1),
        any::<bool>(),
    )
        .prop_map(|(people, groups, lines, everyone, filtered)| World {
            people,
            groups,
            lines,
            everyone,
            filtered,
        })
}

impl World {
    fn manifest(&self) -> Manifest {
        let lines: String = self.lines.iter().map(Line::yaml).collect();
        let assignments =
            if lines.is_empty() { "assignments: []\n".to_owned() } else { format!("assignments:\n{lines}") };
        let filters = if self.filtered {
            "filters: { users: [{ name: F, where: [{ attribute: country, operator: equals, value: GB }] }] }\n"
        } else {
            ""
        };
        manifest(&format!(
            "version: 1\nname: w\nsource: {{ files: {{ people: p.csv }} }}\ntarget: {{ sandbox: {{}} }}\n\
             scope: {}\nroles: {{ lead: {{}}, member: {{}} }}\n{assignments}{filters}\
             mappings: {{ groups: {{ enabled: true }} }}\n",
            if self.everyone { "everyone" } else { "assigned" }
        ))
    }

    fn directory(&self) -> Directory {
        let people = self.people.iter().enumerate().map(|(at, (enabled, deleted, country))| {
            let mut attributes = vec![
                ("userPrincipalName".into(), Value::text(format!("P{at}@acme.example"))),
                ("accountEnabled".into(), Value::Boolean(*enabled)),
            ];
            let country = country.map(|gb| Value::text(if gb { "GB" } else { "US" }));
            attributes.extend(country.map(|country| ("country".into(), country)));
            Person {
                id: person_id(at),
                attributes: attributes.into_iter().collect(),
                soft_deleted: *deleted,
                manager: None,
                place: None,
            }
        });
        let groups = self.groups.iter().enumerate().map(|(at, (people, groups))| Group {
            id: SourceId::new(format!("g{at}-id")),
            name: format!("g{at}").into(),
            attributes: [("displayName".into(), Value::text(format!("g{at}")))].into_iter().collect(),
            members: people
                .iter()
                .map(|at| Member::Person(person_id(*at)))
                .chain(groups.iter().map(|at| Member::Group(SourceId::new(format!("g{at}-id")))))
                .collect(),
            place: None,
        });
        Directory::new(
            Reading::Complete(Complete::attest(people.collect())),
            Reading::Complete(Complete::attest(groups.collect())),
        )
    }

    /// Whether a person is in a group, looking at most `depth` groups down.
    fn within(&self, person: usize, group: usize, depth: usize) -> bool {
        let (people, groups) = &self.groups[group];
        people.contains(&person) || (depth > 0 && groups.iter().any(|inner| self.within(person, *inner, depth - 1)))
    }

    fn names(&self, line: &Line, person: usize) -> bool {
        match line.group {
            true => self.within(person, line.who, if line.nested { GROUPS } else { 0 }),
            false => line.who == person,
        }
    }

    /// The rules of scope, one after the other.
    fn expected(&self, person: usize) -> Result<Vec<&'static str>, CauseKind> {
        let (enabled, deleted, country) = self.people[person];
        if !enabled {
            return Err(CauseKind::Blocked);
        }
        if deleted {
            return Err(CauseKind::SoftDeleted);
        }
        let named: Vec<&Line> = self.lines.iter().filter(|line| self.names(line, person)).collect();
        let held: Vec<&&Line> = named.iter().filter(|line| line.in_force()).collect();
        if held.is_empty() && !self.everyone {
            return Err(if named.is_empty() { CauseKind::Unassigned } else { CauseKind::OutsideDates });
        }
        if self.filtered && country != Some(true) {
            return Err(CauseKind::Filter);
        }
        let roles = [("lead", true), ("member", false)];
        Ok(roles.iter().filter(|(_, lead)| held.iter().any(|line| line.lead == *lead)).map(|(name, _)| *name).collect())
    }
}

fn person_id(at: usize) -> SourceId {
    SourceId::new(format!("id-{at}"))
}

fn now() -> jiff::Timestamp {
    format!("2027-01-{TODAY}T12:00:00Z").parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn everybody_stands_as_the_rules_say(world in world()) {
        let (manifest, directory) = (world.manifest(), world.directory());
        let desired = desired::build(&manifest, &directory, now());
        for at in 0..PEOPLE {
            let got = match &desired.user(&person_id(at)).unwrap().standing {
                Standing::Entitled { roles, cause } => {
                    // The cause is the assignment of the first role.
                    if let Some(first) = roles.first() {
                        prop_assert!(cause.text.ends_with(&format!(" as {first}")), "{}", cause.text);
                    }
                    Ok(roles.iter().map(|role| role.to_string()).collect::<Vec<_>>())
                }
                Standing::Out(cause) | Standing::Unclear(cause) => Err(cause.kind),
            };
            let expected = world.expected(at).map(|roles| roles.into_iter().map(str::to_owned).collect());
            prop_assert_eq!(got, expected, "person {}", at);
        }
        prop_assert!(desired.unresolved.is_empty());
    }

    #[test]
    fn group_objects_have_the_members_that_an_assignment_gives_them(world in world()) {
        let (manifest, directory) = (world.manifest(), world.directory());
        let desired = desired::build(&manifest, &directory, now());
        for at in 0..GROUPS {
            let mut lines = world.lines.iter().filter(|line| line.group && line.who == at && line.in_force()).peekable();
            let is_object = world.everyone || lines.peek().is_some();
            let depth = if lines.any(|line| line.nested) { GROUPS } else { 0 };
            let members: Vec<SourceId> = (0..PEOPLE).filter(|person| world.within(*person, at, depth)).map(person_id).collect();
            let found = desired.groups.iter().find(|group| *group.group.name == *format!("g{at}"));
            let found = found.map(|group| group.members.iter().map(|id| (*id).clone()).collect::<Vec<_>>());
            prop_assert_eq!(found, is_object.then_some(members), "group {}", at);
        }
    }

    #[test]
    fn the_order_of_the_directory_changes_nobodys_standing(world in world(), turn in 0..PEOPLE) {
        let manifest = world.manifest();
        let directory = world.directory();
        let mut turned = directory.clone();
        if let (Reading::Complete(people), Reading::Complete(groups)) = (&directory.people, &directory.groups) {
            let (mut people, mut groups) = (people.items().clone(), groups.items().clone());
            people.rotate_left(turn);
            groups.reverse();
            turned.people = Reading::Complete(Complete::attest(people));
            turned.groups = Reading::Complete(Complete::attest(groups));
        }
        let (one, other) = (desired::build(&manifest, &directory, now()), desired::build(&manifest, &turned, now()));
        for user in &one.users {
            let standing = &other.user(&user.person.id).unwrap().standing;
            let is_nested = |standing: &Standing| matches!(standing, Standing::Out(cause) if cause.text.contains("which counts only"));
            // Of several groups within groups any may be named.
            prop_assert!(&user.standing == standing || is_nested(&user.standing) && is_nested(standing));
        }
        prop_assert_eq!(one.notes, other.notes);
    }
}

#[test]
fn causes_name_the_lines_of_the_manifest() {
    let world = World {
        people: vec![(true, false, Some(true)), (true, false, Some(false)), (true, false, None)],
        groups: vec![(vec![0, 1], vec![])],
        lines: vec![
            Line { group: false, who: 2, nested: false, lead: true, from: None, until: Some(TODAY - 1) },
            Line { group: true, who: 0, nested: false, lead: false, from: None, until: None },
        ],
        everyone: false,
        filtered: true,
    };
    let (manifest, directory) = (world.manifest(), world.directory());
    let desired = desired::build(&manifest, &directory, now());
    let told: Vec<String> = desired
        .users
        .iter()
        .map(|user| match &user.standing {
            Standing::Entitled { cause, .. } | Standing::Out(cause) | Standing::Unclear(cause) => {
                format!("{} ({})", cause.text, cause.place.as_ref().unwrap())
            }
        })
        .collect();
    assert_eq!(
        told,
        [
            "group g0 as member (dialform.yaml:9)",
            "filter `F`: country is \"US\", wanted equals \"GB\" (dialform.yaml:10)",
            "assignment ended 2027-01-14 (user P2@acme.example as lead) (dialform.yaml:8)",
        ]
    );
}
