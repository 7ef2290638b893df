//! Runs tests on a manifest: what differs from what is expected, and which line decided it.

use jiff::Timestamp;

use super::{Because, Coverage, Expect, Test, coverage, same::same};
use crate::{
    desired::{self, Mapped, Picked, Single, Standing, Subject, User, seed},
    directory::{AppRole, AppRoleAssignment, Application, Directory, Group, Member},
    expr::World,
    manifest::{Assignment, Manifest, Mapping, MappingSource, Principal},
    names::{AttrPath, Complete, Folded, Place, Reading, RoleName, SourceId, Text, Value, eq_fold},
};

/// What came of all tests.
#[derive(Clone, Debug)]
pub struct Report {
    /// One for each test, in their order.
    pub verdicts: Vec<Verdict>,
    /// What the tests touched.
    pub coverage: Coverage,
}

impl Report {
    /// How many failed.
    pub fn failed(&self) -> usize {
        self.verdicts.iter().filter(|verdict| !verdict.passed()).count()
    }
}

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The test's name.
    pub name: Text,
    /// Where it was written.
    pub place: Place,
    /// Everything that is not as expected.
    pub differences: Vec<Difference>,
}

impl Verdict {
    /// Whether everything is as expected.
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

/// One thing that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What: `in_scope`, `because`, `roles`, or `attributes.PATH`.
    pub what: Text,
    /// What the test expects.
    pub expected: Option<Value>,
    /// What the manifest gives; `None` is nothing, or no value because of `problem`.
    pub actual: Option<Value>,
    /// Why there is no value, a lower-case fragment.
    pub problem: Option<Text>,
    /// What decided it, with the lines of the manifest.
    pub reasons: Vec<Reason>,
}

/// What decided something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A fragment: "group SG-Sales as member", "filter `EMEA`: country is empty".
    pub text: Text,
    /// The line of the manifest.
    pub place: Option<Place>,
}

impl Reason {
    fn new(text: impl Into<Text>, place: Option<&Place>) -> Self {
        Self { text: text.into(), place: place.cloned() }
    }
}

/// Runs the tests. `now` is today for tests without a day.
pub fn run(manifest: &Manifest, tests: &[Test], now: Timestamp) -> Report {
    let mut coverage = Coverage::of(manifest);
    let verdicts = tests.iter().map(|test| verdict(manifest, test, now, &mut coverage)).collect();
    Report { verdicts, coverage }
}

fn verdict(manifest: &Manifest, test: &Test, now: Timestamp, coverage: &mut Coverage) -> Verdict {
    let directory = directory(test);
    let now = test.on.map_or(now, |day| {
        let midnight = manifest.timezone.to_ambiguous_timestamp(day.at(0, 0, 0, 0));
        midnight.compatible().unwrap_or(now)
    });
    let desired = desired::build(manifest, &directory, now);
    let mut differences = Vec::new();
    if let Some(user) = desired.users.first() {
        let expected: Vec<&AttrPath> = test.expect.attributes.iter().map(|(path, _)| path).collect();
        coverage.touch(manifest, user, &expected);
        differences.extend(scope(manifest, test, user));
        differences.extend(roles(manifest, test, user));
        differences.extend(granted(manifest, test, user));
        differences.extend(attributes(manifest, test, user, now));
    }
    Verdict { name: test.name.clone(), place: test.place.clone(), differences }
}

/// A directory of this one person and their groups.
pub fn directory(test: &Test) -> Directory {
    let mut groups: Vec<Group> = Vec::new();
    let mut add = |name: &Text, id: SourceId, member| {
        groups.push(Group {
            id,
            name: name.clone(),
            attributes: [("displayName".into(), Value::Text(name.clone()))].into_iter().collect(),
            members: vec![member],
            place: None,
        });
    };
    let mut seen: Vec<Folded> = Vec::new();
    let mut is_new = |name: &Text| {
        let folded = Folded::new(name);
        let is_new = !seen.contains(&folded);
        if is_new {
            seen.push(folded);
        }
        is_new
    };
    let person = || Member::Person(test.person.id.clone());
    for name in &test.groups {
        if is_new(name) {
            // The manifest may call a group by id: a test then does too.
            add(name, SourceId::new(name.clone()), person());
        }
    }
    for (at, name) in test.nested_groups.iter().enumerate() {
        if is_new(name) {
            let inner = SourceId::new(format!("nested group {at}"));
            add(name, SourceId::new(name.clone()), Member::Group(inner.clone()));
            add(&format!("a group of {name}").into(), inner, person());
        }
    }
    let mut directory = Directory::new(
        Reading::Complete(Complete::attest(vec![test.person.clone()])),
        Reading::Complete(Complete::attest(groups)),
    );
    directory.application = application(test);
    directory
}

/// The name that an assignment without a role has in Entra.
const DEFAULT_ACCESS: &str = "Default Access";

/// An application with the roles that the person is assigned.
fn application(test: &Test) -> Option<Application> {
    let is_role = |name: &&Text| !eq_fold(name, DEFAULT_ACCESS);
    let role = |name: &Text| AppRole { id: name.clone(), name: name.clone(), value: Some(name.clone()), enabled: true };
    let assigned = |name: &Text| AppRoleAssignment {
        principal: Member::Person(test.person.id.clone()),
        role: Some(name.clone()).filter(|name| is_role(&name)),
        name: test.person.label().clone(),
    };
    Some(Application {
        name: "the application".into(),
        roles: test.app_roles.iter().filter(is_role).map(role).collect(),
        assigned: test.app_roles.iter().map(assigned).collect(),
    })
}

fn scope(manifest: &Manifest, test: &Test, user: &User) -> Vec<Difference> {
    let expect = &test.expect;
    let (in_scope, because, mut reasons) = match &user.standing {
        Standing::Entitled { cause, .. } => (true, None, vec![Reason::new(cause.text.clone(), cause.place.as_ref())]),
        Standing::Out(cause) | Standing::Unclear(cause) => {
            (false, Because::of(cause.kind), vec![Reason::new(cause.text.clone(), cause.place.as_ref())])
        }
    };
    if in_scope && !manifest.user_filters.is_empty() {
        let subject = Subject::new(user.person, false);
        let passed = manifest.user_filters.iter().find(|filter| filter.passes(&subject));
        reasons.extend(
            passed.map(|filter| Reason::new(format!("filter `{}` lets it pass", filter.name), Some(&filter.place))),
        );
    }
    if expect.in_scope == Some(true) && because == Some(Because::Unassigned) && test.nested_groups.is_empty() {
        let is_nested = |assignment: &Assignment| matches!(assignment.principal, Principal::Group { nested: true, .. });
        if manifest.assignments.iter().any(is_nested) {
            reasons.push(Reason::new("of groups within groups a test names the outer ones as `nested_groups`", None));
        }
    }
    let mut differences = Vec::new();
    let mut differ = |what: &str, expected: Value, actual: Option<Value>| {
        let (what, expected) = (what.into(), Some(expected));
        differences.push(Difference { what, expected, actual, problem: None, reasons: reasons.clone() });
    };
    if let Some(wanted) = expect.in_scope.filter(|wanted| *wanted != in_scope) {
        differ("in_scope", wanted.into(), Some(in_scope.into()));
    }
    // Of somebody in scope that alone is said.
    if let (Some(wanted), Some(because)) = (expect.because, because)
        && wanted != because
    {
        differ("because", wanted.name().into(), Some(because.name().into()));
    }
    differences
}

fn roles(manifest: &Manifest, test: &Test, user: &User) -> Option<Difference> {
    let wanted = test.expect.roles.as_ref()?;
    let (held, mut reasons) = match &user.standing {
        Standing::Entitled { roles, .. } => (roles.as_slice(), Vec::new()),
        Standing::Out(cause) | Standing::Unclear(cause) => {
            (&[][..], vec![Reason::new(cause.text.clone(), cause.place.as_ref())])
        }
    };
    let declared = |names: &[RoleName]| -> Vec<Value> {
        let roles = manifest.roles.iter().filter(|role| names.contains(&role.name));
        roles.map(|role| Value::Text(role.name.text().clone())).collect()
    };
    let (expected, actual) = (declared(wanted), declared(held));
    if expected == actual {
        return None;
    }
    if user.standing.is_entitled() {
        for at in &user.assignments {
            let assignment = &manifest.assignments[*at];
            reasons.push(Reason::new(coverage::label(assignment), Some(&assignment.place)));
        }
    }
    let (expected, actual) = (Some(Value::List(expected)), Some(Value::List(actual)));
    Some(Difference { what: "roles".into(), expected, actual, problem: None, reasons })
}

/// Licence and office: what the roles give.
fn granted(manifest: &Manifest, test: &Test, user: &User) -> Vec<Difference> {
    let Expect { license, office, .. } = &test.expect;
    let (held, out) = match &user.standing {
        Standing::Entitled { roles, .. } => (desired::granted(manifest, user.person, roles), None),
        Standing::Out(cause) | Standing::Unclear(cause) => (desired::Granted::default(), Some(cause)),
    };
    let mut differences = Vec::new();
    let mut compare = |what: &str, wanted: &str, given: Option<Given>| {
        let (actual, problem, reasons) = match (given, out) {
            (Some(Given { value: Ok(value), .. }), _) if eq_fold(&value, wanted) => return,
            (Some(Given { value, role, place }), _) => {
                let reason = Reason::new(format!("role {role}"), Some(&place));
                match value {
                    Ok(value) => (Some(Value::Text(value)), None, vec![reason]),
                    Err(problem) => (None, Some(problem), vec![reason]),
                }
            }
            (None, Some(cause)) => (None, None, vec![Reason::new(cause.text.clone(), cause.place.as_ref())]),
            (None, None) => (None, None, Vec::new()),
        };
        let expected = Some(Value::Text(wanted.into()));
        differences.push(Difference { what: what.into(), expected, actual, problem, reasons });
    };
    if let Some(wanted) = license {
        let given = held.license.as_ref().map(|single| Given::of(single, |license| license.as_str().into()));
        compare("license", wanted.as_str(), given);
    }
    if let Some(wanted) = office {
        let given = held.office.as_ref().map(|single| Given::of(single, Text::clone));
        compare("office", wanted, given);
    }
    differences
}

/// What a role gives, or why it gives nothing.
struct Given {
    value: Result<Text, Text>,
    role: RoleName,
    place: Place,
}

impl Given {
    fn of<T>(single: &Single<T>, text: impl Fn(&T) -> Text) -> Self {
        let value = match &single.value {
            Picked::Value(value) => Ok(text(value)),
            Picked::Silent { attribute, value: Some(value) } => {
                Err(format!("held: the map does not have what `{attribute}` is, \"{value}\"").into())
            }
            Picked::Silent { attribute, value: None } => Err(format!("held: `{attribute}` is empty").into()),
        };
        Self { value, role: single.role.clone(), place: single.place.clone() }
    }
}

fn attributes(manifest: &Manifest, test: &Test, user: &User, now: Timestamp) -> Vec<Difference> {
    let out = !user.standing.is_entitled();
    let subject = Subject::new(user.person, out);
    let is_taken = |value: &str| test.taken.iter().any(|taken| **taken == *value);
    let world =
        World { now, default_domain: test.default_domain.clone(), taken: &is_taken, seed: seed(&user.person.id) };
    let mut differences = Vec::new();
    for (path, expected) in &test.expect.attributes {
        let Some(mapping) = manifest.users.attributes.iter().find(|mapping| mapping.target == *path) else { continue };
        let given = given(mapping, out, &subject, &world);
        let (actual, problem) = match given {
            Ok(actual) if same(expected.as_ref(), actual.as_ref()) => continue,
            Ok(actual) => (actual, None),
            Err(problem) => (None, Some(problem)),
        };
        let mut reasons = Vec::new();
        if !out || mapping.tells_of_leaving() {
            reasons.push(Reason::new(described(mapping), Some(&mapping.place)));
        }
        if let Standing::Out(cause) | Standing::Unclear(cause) = &user.standing {
            reasons.push(Reason::new(format!("out of scope: {}", cause.text), cause.place.as_ref()));
        }
        let what = format!("attributes.{path}").into();
        differences.push(Difference { what, expected: expected.clone(), actual, problem, reasons });
    }
    differences
}

/// What a new account gets, or of a leaver what an update sends; or why there is no value.
fn given(mapping: &Mapping, out: bool, subject: &Subject, world: &World) -> Result<Option<Value>, Text> {
    if out && !mapping.tells_of_leaving() {
        return Err("not sent: out of scope".into());
    }
    let by_default = || mapping.default.clone();
    match desired::value(mapping, subject, world) {
        Mapped::Value(value) => Ok(Some(value)),
        Mapped::Reference(id) => Ok(Some(Value::Text(id.text().clone()))),
        Mapped::Empty => Ok(by_default()),
        Mapped::Ignored if matches!(mapping.source, MappingSource::None) => Ok(by_default()),
        Mapped::Ignored => Ok(None),
        Mapped::Failed(error) => Err(format!("the mapping fails: {error}").into()),
    }
}

/// A mapping as the manifest has it.
fn described(mapping: &Mapping) -> String {
    let source = match &mapping.source {
        MappingSource::Attribute(name) => format!("attribute {name}"),
        MappingSource::Constant(value) => format!("constant {value}"),
        MappingSource::Expression(expression) => format!("expression {}", expression.text()),
        MappingSource::None => "none".to_owned(),
    };
    let default = mapping.default.as_ref().map_or_else(String::new, |value| format!(", default {value}"));
    format!("mapping {}: {source}{default}", mapping.target)
}
