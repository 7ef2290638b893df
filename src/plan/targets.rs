//! The mappings of a kind of object, with what the live schema says of their targets.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    compare::{Comparison, is_read_only},
    index::{At, ByValue, Objects},
};
use crate::{
    desired::{self, Mapped},
    expr::{Lookup, World},
    live::{self, Resource, Schema},
    manifest::{Apply, Mapping, MappingSource},
    names::{AttrPath, Place, SourceId, Text, Value},
};

/// One mapping, ready for every person.
#[derive(Debug)]
pub(super) struct Target<'m> {
    pub mapping: &'m Mapping,
    /// The mapping's, as every change of its attribute names it.
    pub place: Arc<Place>,
    pub comparison: Comparison,
    /// The service does not let clients write it.
    pub read_only: bool,
    /// An object must have it.
    pub required: bool,
    /// The log must not show its values.
    pub redacted: bool,
    /// It decides what happens to a leaver.
    pub leaving: bool,
    /// It asks which values are taken.
    unique: bool,
    /// It draws a value by chance, which has to be another for each person.
    random: bool,
}

/// All mappings of a kind of object.
#[derive(Debug)]
pub(super) struct Targets<'a> {
    pub all: Vec<Target<'a>>,
    now: Timestamp,
    default_domain: Option<&'a Text>,
    seed: u64,
    /// Who holds which value, for mappings that ask.
    holders: HashMap<AttrPath, ByValue<'a>>,
    /// Values given in this same plan, and to whom.
    given: RefCell<HashMap<(AttrPath, String), SourceId>>,
}

impl<'a> Targets<'a> {
    pub fn new(
        mappings: &'a [Mapping],
        schema: &Schema,
        resource: Resource,
        objects: &Objects<'a>,
        now: Timestamp,
        default_domain: Option<&'a Text>,
        name: &str,
    ) -> Self {
        let all: Vec<Target> = mappings.iter().map(|mapping| Target::new(mapping, schema, resource)).collect();
        let asked = all.iter().filter(|target| target.unique).map(|target| &target.mapping.target);
        let holders = asked.map(|path| (path.clone(), ByValue::new(objects, schema, resource, path))).collect();
        Self { all, now, default_domain, seed: hash(FNV, name), holders, given: RefCell::default() }
    }

    /// Attributes that the service requires of every object and no mapping gives.
    pub fn required_but_not_mapped(&self, schema: &Schema, resource: Resource) -> Vec<String> {
        // The service's own, and what the client sends with every object.
        const OWN: [&str; 3] = ["id", "meta", "schemas"];
        let required = schema.paths(resource).filter(|(_, known)| known.required && !known.read_only);
        let paths = required.filter_map(|(text, _)| AttrPath::parse(text).ok());
        let top = paths.filter(|path| path.sub().is_none() && path.schema().is_none());
        let given = |path: &AttrPath| {
            self.all.iter().any(|target| {
                let target = &target.mapping.target;
                target.schema().is_none() && target.attribute().eq_ignore_ascii_case(path.attribute())
            })
        };
        let missing = top.filter(|path| !OWN.iter().any(|own| path.is(own)) && !given(path));
        missing.map(|path| format!("`{path}`")).collect()
    }

    /// The target with this path.
    pub fn at(&self, path: &AttrPath) -> Option<&Target<'a>> {
        self.all.iter().find(|target| target.mapping.target == *path)
    }

    /// What a mapping gives, typed as the target wants it. `own` is the account that
    /// the person has: what it holds is not taken by another.
    pub fn value(&self, target: &Target, subject: &dyn Lookup, who: &SourceId, own: Option<Own>) -> Mapped {
        let mapped = if target.unique {
            self.unique(target, subject, who, own)
        } else {
            self.plain(target, subject, who, &|_| false)
        };
        match mapped {
            Mapped::Value(value) => Mapped::Value(target.comparison.typed(value)),
            other => other,
        }
    }

    /// What a mapping gives for matching: as if nothing were taken.
    pub fn for_matching(&self, target: &Target, subject: &dyn Lookup, who: &SourceId) -> Option<Value> {
        match self.plain(target, subject, who, &|_| false) {
            Mapped::Value(value) => Some(value),
            Mapped::Reference(_) | Mapped::Empty | Mapped::Ignored | Mapped::Failed(_) => None,
        }
    }

    fn plain(&self, target: &Target, subject: &dyn Lookup, who: &SourceId, taken: &dyn Fn(&str) -> bool) -> Mapped {
        let seed = if target.random { hash(self.seed, who.as_str()) } else { self.seed };
        let default_domain = self.default_domain.cloned();
        desired::value(target.mapping, subject, &World { now: self.now, default_domain, taken, seed })
    }

    /// `SelectUniqueValue`: the value that the account has stays while it is one of
    /// the candidates; else the first that nobody has, here or in this plan.
    fn unique(&self, target: &Target, subject: &dyn Lookup, who: &SourceId, own: Option<Own>) -> Mapped {
        let path = &target.mapping.target;
        let Some(holders) = self.holders.get(path) else { return self.plain(target, subject, who, &|_| false) };
        let held = own.and_then(|own| live::at(own.object, path)).map(|value| holders.key(&value));
        if let Some(held) = held {
            let asked = Cell::new(false);
            let others = |candidate: &str| {
                asked.set(true);
                holders.key(&Value::from(candidate)) != held
            };
            let kept = self.plain(target, subject, who, &others);
            if !matches!(kept, Mapped::Failed(_)) || !asked.get() {
                return kept;
            }
        }
        let own = own.map(|own| own.at);
        let taken = |candidate: &str| {
            holders.find_text(candidate).iter().any(|at| Some(*at) != own)
                || self
                    .given
                    .borrow()
                    .get(&(path.clone(), holders.key(&Value::from(candidate))))
                    .is_some_and(|of| of != who)
        };
        let mapped = self.plain(target, subject, who, &taken);
        if let Mapped::Value(value) = &mapped {
            self.given.borrow_mut().insert((path.clone(), holders.key(value)), who.clone());
        }
        mapped
    }
}

/// The object that somebody has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own<'a> {
    pub at: At,
    pub object: &'a crate::names::Attributes,
}

impl<'m> Target<'m> {
    fn new(mapping: &'m Mapping, schema: &Schema, resource: Resource) -> Self {
        let path = &mapping.target;
        let known = schema.get(resource, path);
        let expression = match &mapping.source {
            MappingSource::Expression(expression) => Some(expression),
            MappingSource::Attribute(_) | MappingSource::Constant(_) | MappingSource::None => None,
        };
        Self {
            mapping,
            place: Arc::new(mapping.place.clone()),
            comparison: Comparison::of(schema, resource, path),
            read_only: is_read_only(known, path),
            required: known.is_some_and(|known| known.required) && path.selector().is_none(),
            redacted: expression.is_some_and(|expression| expression.is_redacted()),
            leaving: mapping.tells_of_leaving(),
            unique: expression
                .is_some_and(|expression| expression.functions().any(|call| call.name == "SelectUniqueValue")),
            random: expression.is_some_and(|expression| expression.is_random()),
        }
    }

    /// Whether the mapping says anything of an account that exists.
    pub fn updates(&self) -> bool {
        let flows = match self.mapping.source {
            MappingSource::None => false,
            MappingSource::Attribute(_) | MappingSource::Constant(_) | MappingSource::Expression(_) => true,
        };
        flows && !self.read_only && self.mapping.apply == Apply::Always
    }

    /// The mapping as people write it.
    pub fn source(&self) -> String {
        match &self.mapping.source {
            MappingSource::Attribute(name) => format!("[{name}]"),
            MappingSource::Constant(value) => format!("\"{value}\""),
            MappingSource::Expression(expression) => expression.text().to_string(),
            MappingSource::None => "none".to_owned(),
        }
    }

    /// What the attributes that it reads hold, for saying why it fails.
    pub fn seen(&self, subject: &dyn Lookup) -> String {
        const SHOWN: usize = 5;
        let mut names: Vec<&Text> = self.mapping.reads();
        names.sort_unstable();
        names.dedup();
        let shown = names.iter().take(SHOWN).map(|name| match subject.get(name) {
            None => format!("[{name}] is empty"),
            Some(value) => format!("[{name}] is \"{}\"", short(&value.to_string())),
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}

/// A text of a length that fits into a line.
pub(super) fn short(text: &str) -> String {
    const LONG: usize = 60;
    match text.char_indices().nth(LONG) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

const FNV: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a with a last mix: the same person has the same seed in every plan.
fn hash(start: u64, text: &str) -> u64 {
    let mixed = text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (mixed ^ (mixed >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
