//! The value that a mapping has for a person: the first of the directory, or the
//! person of the policy test under the cursor.

use jiff::Timestamp;

use super::{known::Sample, say::code, spot::Spot, workspace::Part};
use crate::{
    desired::{self, Mapped, Standing, Subject, seed},
    expr::{Expression, Lookup, Outcome, Step, World},
    manifest::{Manifest, MappingSource, yaml},
    names::{AttrPath, Text, Value},
    policy_test::{self, Test},
    problem::Sources,
};

/// Values for one person.
pub(super) struct Evaluated<'a> {
    manifest: &'a Manifest,
    sample: Sample,
    taken: Vec<Text>,
    standing: Standing,
    now: Timestamp,
}

impl<'a> Evaluated<'a> {
    /// The person at hand; `None` without a valid manifest or a person.
    pub(super) fn of(spot: &'a Spot) -> Option<Self> {
        let manifest: &Manifest = spot.project?.manifest.as_ref()?;
        let (sample, taken, on) = match spot.part {
            Part::Manifest => (spot.known.sample.clone()?, Vec::new(), None),
            Part::Tests => {
                let test = test(spot, manifest)?;
                let directory = policy_test::directory(&test);
                let Test { person, taken, on, .. } = test;
                (Sample { directory, person }, taken, on)
            }
        };
        let now = on.and_then(|day| manifest.timezone.to_ambiguous_timestamp(day.at(0, 0, 0, 0)).compatible().ok());
        let now = now.unwrap_or_else(Timestamp::now);
        let standing = desired::build(manifest, &sample.directory, now).users.first()?.standing.clone();
        Some(Self { manifest, sample, taken, standing, now })
    }

    /// Whether the person gets Dialpad, and why.
    pub(super) fn standing(&self) -> String {
        let who = code(self.sample.person.label());
        match &self.standing {
            Standing::Entitled { cause, roles } => {
                let names: Vec<String> = roles.iter().map(|role| code(role.as_str())).collect();
                let roles = if names.is_empty() { String::new() } else { format!(", as {}", names.join(", ")) };
                format!("{who} is in scope{roles}: {}", code(&cause.text))
            }
            Standing::Out(cause) | Standing::Unclear(cause) => format!("{who} is not in scope: {}", code(&cause.text)),
        }
    }

    /// The value of a source attribute.
    pub(super) fn attribute(&self, name: &str) -> String {
        self.with(|subject, _| match subject.get(name) {
            Some(value) => self.said(None, &shown(value)),
            None => self.said(None, "no value"),
        })
    }

    /// What the mapping of a target attribute gives.
    pub(super) fn mapping(&self, target: &AttrPath) -> Option<String> {
        let mapping = self.manifest.users.attributes.iter().find(|mapping| mapping.target == *target)?;
        if matches!(&mapping.source, MappingSource::Expression(expression) if expression.is_redacted()) {
            return Some(self.said(None, "a value that is not shown: it goes through `Redact`"));
        }
        Some(self.with(|subject, world| match desired::value(mapping, subject, world) {
            Mapped::Value(value) => self.said(None, &shown(&value)),
            Mapped::Reference(id) => self.said(None, &format!("the account of {}", code(id.as_str()))),
            Mapped::Empty => self.said(None, "no value"),
            Mapped::Ignored => self.said(None, "left out of the flow"),
            Mapped::Failed(error) => self.said(None, &format!("fails: {}", code(&error.message))),
        }))
    }

    /// What an expression gives, and the innermost part of it around an offset.
    pub(super) fn expression(&self, expression: &Expression, offset: usize) -> Option<String> {
        if expression.is_redacted() {
            return Some(self.said(None, "a value that is not shown: it goes through `Redact`"));
        }
        let whole = self.with(|subject, world| expression.explain(subject, world));
        let part = innermost(&whole, offset);
        let mut lines = Vec::new();
        if part.text != whole.text {
            lines.push(self.said(Some(&part.text), &outcome(part)));
        }
        lines.push(self.said(Some(&whole.text), &outcome(&whole)));
        Some(lines.join("\n\n"))
    }

    fn with<T>(&self, ask: impl FnOnce(&dyn Lookup, &World) -> T) -> T {
        let person = &self.sample.person;
        let subject = Subject::new(person, !self.standing.is_entitled());
        let taken = |value: &str| self.taken.iter().any(|taken| **taken == *value);
        let world = World {
            now: self.now,
            default_domain: self.sample.directory.default_domain.clone(),
            taken: &taken,
            seed: seed(&person.id),
        };
        ask(&subject, &world)
    }

    /// `ana@acme.example`: `Join(…)` gives `Ana`
    fn said(&self, what: Option<&str>, value: &str) -> String {
        let who = code(self.sample.person.label());
        match what {
            Some(what) => format!("For {who}: {} gives {value}", code(what)),
            None => format!("For {who}: {value}"),
        }
    }
}

/// The test that a place is in.
fn test(spot: &Spot, manifest: &Manifest) -> Option<Test> {
    let file = Text::from(spot.file);
    let text = spot.lines.text();
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let root = yaml::read(&file, &text[mark..]).ok()?;
    let node = root.items().iter().rfind(|item| item.at.span.start + mark <= spot.offset)?;
    let mut sources = Sources::default();
    sources.insert(file.clone(), &text[mark..]);
    let tests = policy_test::read(&file, manifest, &sources, &mut Vec::new());
    tests.into_iter().find(|test| test.place == node.at.place())
}

fn innermost(step: &Step, offset: usize) -> &Step {
    let is_in = |step: &&Step| (step.offset..=step.offset + step.length).contains(&offset);
    step.steps.iter().find(is_in).map_or(step, |inner| innermost(inner, offset))
}

fn outcome(step: &Step) -> String {
    match &step.outcome {
        None => "nothing: it is not evaluated".to_owned(),
        Some(Ok(Outcome::Value(value))) => shown(value),
        Some(Ok(Outcome::Empty)) => "no value".to_owned(),
        Some(Ok(Outcome::Ignored)) => "nothing: the attribute is left out of the flow".to_owned(),
        Some(Err(error)) => format!("an error: {}", code(&error.message)),
    }
}

fn shown(value: &Value) -> String {
    if value.is_empty() { "an empty value".to_owned() } else { code(&value.to_string()) }
}
