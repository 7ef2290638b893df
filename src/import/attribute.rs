//! One attribute mapping of a schema, as one of a manifest.

use super::{
    at::At,
    report::{Findings, Kind, holds_token, quoted},
    source::{self, Source},
};
use crate::{
    manifest::{
        Apply,
        attributes::{self, is_of_entra},
        mapping::is_read_only,
        raw,
    },
    names::AttrPath,
};

const KNOWN: [&str; 7] = [
    "targetAttributeName",
    "source",
    "defaultValue",
    "matchingPriority",
    "flowType",
    "flowBehavior",
    "exportMissingReferences",
];

/// A mapping that was read.
pub(super) struct Entry {
    /// What stands above it in the manifest.
    pub(super) notes: Vec<String>,
    /// The mapping, unless it is not carried over.
    pub(super) mapping: Option<(AttrPath, raw::AttributeMapping)>,
    /// Its number among the matching attributes, from 1; 0 when it is none.
    pub(super) priority: i64,
    /// Whether values are only ever added.
    pub(super) adds_only: bool,
}

impl Entry {
    /// The target, where it gets a value that can be matched by.
    pub(super) fn value(&self) -> Option<&AttrPath> {
        let (path, mapping) = self.mapping.as_ref()?;
        (mapping.none.is_none() && !path.is("members")).then_some(path)
    }
}

/// A mapping that is being read: what is said of it goes into the report and above its line.
pub(super) struct Reading<'a, 'f> {
    at: &'a At<'a>,
    what: String,
    pub(super) findings: &'f mut Findings,
    notes: Vec<String>,
    /// The source attributes that can be read.
    known: &'static [&'static str],
}

impl Reading<'_, '_> {
    /// It is not carried over.
    pub(super) fn lost<T>(&mut self, code: &'static str, why: &str, next: &str) -> Option<T> {
        let what = self.what.clone();
        self.notes.push(format!("not carried over: {what}: {why}"));
        self.findings.add(Kind::NotCarried, code, self.at, what, why, next);
        None
    }

    /// It is carried over, and is not quite the same.
    pub(super) fn changed(&mut self, code: &'static str, why: &str, next: &str) {
        self.notes.push(format!("confirm: {why}"));
        self.findings.add(Kind::Changed, code, self.at, self.what.clone(), why, next);
    }
}

/// Reads a mapping. `taken` are the targets before it.
pub(super) fn entry(at: &At, of: &str, taken: &[AttrPath], findings: &mut Findings) -> Entry {
    let target = at.string("targetAttributeName").map(str::trim).unwrap_or_default();
    let shown = if target.is_empty() { "a target without a name".to_owned() } else { format!("`{}`", quoted(target)) };
    let what = format!("the mapping of {shown} of {of}");
    let mut reading = Reading { at, what, findings, notes: Vec::new(), known: known(of) };
    let (mut priority, mut adds_only) = (0, false);
    let mapping = if at.is_map() {
        reading.findings.unknown(at, "an attribute mapping", &KNOWN);
        priority = matching_priority(at, &mut reading);
        carried(at, target, taken, &mut adds_only, &mut reading)
    } else {
        let why = format!("it is {}, not an object", at.kind());
        reading.lost("wrong_type", &why, "map it by hand")
    };
    Entry { notes: reading.notes, mapping, priority, adds_only }
}

fn carried(
    at: &At,
    target: &str,
    taken: &[AttrPath],
    adds_only: &mut bool,
    reading: &mut Reading,
) -> Option<(AttrPath, raw::AttributeMapping)> {
    let path = path(target, taken, reading)?;
    let mut mapping = raw::AttributeMapping { default: default(at, reading), ..raw::AttributeMapping::default() };
    mapping.apply = apply(at, &path, adds_only, reading);
    behaviour(at, reading);
    let source = source::source(at.get("source").as_ref(), reading)?;
    readable(&source, reading)?;
    let is_members = path.is("members");
    match source {
        Source::Attribute(name) if is_members && name != "members" => {
            return reading.lost("bad_members", "the members of a group can only come from its members", "map them");
        }
        Source::Attribute(name) => mapping.attribute = Some(name),
        Source::Constant(_) | Source::Expression(_) | Source::None if is_members => {
            return reading.lost("bad_members", "the members of a group can only come from its members", "map them");
        }
        Source::Constant(value) => mapping.constant = Some(raw::Constant::Text(value)),
        Source::Expression(expression) => {
            if expression.is_random() && mapping.apply == Apply::Always {
                mapping.apply = Apply::OnCreate;
                let why = "the value is another one each time; here it is made once, on create";
                reading.changed("always_random", why, "nothing, if that is what you want");
            }
            mapping.expression = Some(expression.text().to_string());
        }
        Source::None => {
            mapping.none = Some(true);
            if mapping.default.is_some() {
                let why =
                    "without a source, Entra gives the default to whoever has no value; here it is given on create";
                reading.changed("default_only", why, "for a value that always holds write `constant`");
            }
        }
    }
    if is_members {
        // Membership is compared, not mapped: neither a default nor a moment applies.
        (mapping.apply, mapping.default) = (Apply::Always, None);
    }
    let texts = [&mapping.attribute, &mapping.expression];
    let constants = [&mapping.constant, &mapping.default];
    let is_secret = texts.into_iter().flatten().any(|text| holds_token(text))
        || constants.into_iter().flatten().any(|value| matches!(value, raw::Constant::Text(text) if holds_token(text)));
    if is_secret {
        let next = "take it out of the schema and revoke it; a secret never stands in a manifest";
        return reading.lost("literal_secret", "a token stands in it", next);
    }
    Some((path, mapping))
}

/// Whether every attribute of a source can be read from Entra: what cannot be is refused by `check`.
fn readable(source: &Source, reading: &mut Reading) -> Option<()> {
    let names: Vec<String> = match source {
        Source::Attribute(name) => vec![name.clone()],
        Source::Expression(expression) => expression.attributes().iter().map(|found| found.name.to_string()).collect(),
        Source::Constant(_) | Source::None => Vec::new(),
    };
    let known = reading.known;
    let Some(unknown) = names.iter().find(|name| !is_of_entra(name, known)) else { return Some(()) };
    let why = cannot_be_read(unknown, known);
    reading.lost("unknown_attribute", &why, "map another attribute, or bring the people from files")
}

/// Why a source attribute is not carried over. `known` are those that can be read.
pub(super) fn cannot_be_read(name: &str, known: &[&'static str]) -> String {
    let near = attributes::meant(name, known).map_or_else(String::new, |near| format!(", only `{near}`"));
    format!("Microsoft Graph gives no attribute `{}`{near}", quoted(name))
}

/// The source attributes that can be read. `of` is `users` or `groups`.
pub(super) fn known(of: &str) -> &'static [&'static str] {
    if of == "groups" { &attributes::GROUP } else { &attributes::USER }
}

/// The target, where it is a path that can be written.
fn path(target: &str, taken: &[AttrPath], reading: &mut Reading) -> Option<AttrPath> {
    if target.is_empty() {
        return reading.lost("no_target", "it names no target attribute", "map it by hand");
    }
    let path = match AttrPath::parse(target) {
        Ok(path) => path,
        Err(error) => {
            let why = format!("its target is not a SCIM path: {}", error.message);
            return reading.lost("bad_target", &why, "map it by hand, to a path such as `name.givenName`");
        }
    };
    if is_read_only(&path) {
        let next = "nothing; the id of the directory goes into `externalId`";
        return reading.lost("read_only", "the service fills it in by itself", next);
    }
    if let Some(other) = taken.iter().find(|other| other.overlaps(&path)) {
        let why = if *other == path {
            "the same target is mapped above".to_owned()
        } else {
            format!("it writes the same value as `{other}` above")
        };
        return reading.lost("duplicate_mapping", &why, "keep the one that is meant");
    }
    Some(path)
}

fn matching_priority(at: &At, reading: &mut Reading) -> i64 {
    let Some(priority) = at.get("matchingPriority") else { return 0 };
    match priority.scalar().and_then(|text| text.trim().parse::<i64>().ok()) {
        Some(number) if number >= 0 => number,
        _ => {
            let why = format!("its `matchingPriority` is {}, so nothing is matched by it", priority.shown());
            reading.changed("bad_priority", &why, "put it under `match` if it was meant to match");
            0
        }
    }
}

fn default(at: &At, reading: &mut Reading) -> Option<raw::Constant> {
    let written = at.get("defaultValue")?;
    match written.scalar() {
        Some(text) => Some(raw::Constant::Text(text)).filter(|_| !written.is_empty()),
        None if written.is_empty() => None,
        None => {
            let why = format!("its default is {}, not one value; it is left out", written.kind());
            reading.changed("bad_default", &why, "write a `default` by hand");
            None
        }
    }
}

/// When it applies. What only ever adds is applied on create, which never takes anything away.
fn apply(at: &At, path: &AttrPath, adds_only: &mut bool, reading: &mut Reading) -> Apply {
    const NEXT: &str = "nothing, if that is what you want; else write `apply: always`";
    let Some(written) = at.get("flowType") else { return Apply::Always };
    let flow = written.scalar().unwrap_or_else(|| written.kind().to_owned());
    let folded = flow.trim().to_ascii_lowercase();
    *adds_only = matches!(folded.as_str(), "multivalueaddonly" | "valueaddonly" | "attributeaddonly");
    let why = match folded.as_str() {
        "always" => return Apply::Always,
        "objectaddonly" if path.is("members") => {
            *adds_only = true;
            "`ObjectAddOnly`: Entra sends members once; here members are added whenever they are missing, and none is removed"
                .to_owned()
        }
        "objectaddonly" => return Apply::OnCreate,
        "multivalueaddonly" if path.is("members") => return Apply::Always,
        "valueaddonly" => {
            let why = "`ValueAddOnly`: Entra never removes the value; here neither, but another value replaces it";
            reading.changed("flow_type", why, "write `apply: on_create` if it has to stay as it is");
            return Apply::Always;
        }
        "attributeaddonly" => {
            "`AttributeAddOnly`: Entra fills it in wherever there is no value; here it is given on create".to_owned()
        }
        "multivalueaddonly" => {
            "`MultiValueAddOnly`: Entra only adds values; here they are given on create, so that none is taken away"
                .to_owned()
        }
        _ => format!("its `flowType` {} is not known; here it is given on create", written.shown()),
    };
    reading.changed("flow_type", &why, NEXT);
    Apply::OnCreate
}

fn behaviour(at: &At, reading: &mut Reading) {
    if let Some(written) = at.get("flowBehavior") {
        let text = written.scalar().unwrap_or_else(|| written.kind().to_owned());
        match text.trim().to_ascii_lowercase().as_str() {
            "flowwhenchanged" | "" => {}
            "flowalways" => {
                let why = "`FlowAlways`: Entra sends the value each time; here it is sent where Dialpad has another";
                reading.changed("flow_behavior", why, "nothing: the account holds the same in the end");
            }
            _ => {
                let why = format!("its `flowBehavior` {} is not known; it is sent where it differs", written.shown());
                reading.changed("flow_behavior", &why, "look at it in the portal");
            }
        }
    }
    if let Some(written) = at.get("exportMissingReferences").filter(|written| written.truth() != Some(false)) {
        let why = "Microsoft calls it internal and does not say what it does";
        let what = format!("`exportMissingReferences` {} of a mapping", written.shown());
        reading.findings.add(Kind::Noted, "internal_member", &written, what, why, "nothing");
    }
}
