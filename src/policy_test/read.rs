//! A file of tests, read and checked against the manifest: all that is wrong, at once.

use jiff::civil::Date;

use super::{Expect, Test, raw};
use crate::{
    directory::Person,
    manifest::{
        Manifest, Principal, attributes, structure,
        tree::{At, Kind, Node},
        yaml,
    },
    names::{AttrPath, Attributes, Folded, License, RoleName, SourceId, Text, Value, near_miss},
    problem::{Problem, Sources},
};

/// Reads the tests of a file, whose text `sources` holds. What is wrong is added to
/// `problems`; tests without errors are there all the same.
pub fn read(file: &Text, manifest: &Manifest, sources: &Sources, problems: &mut Vec<Problem>) -> Vec<Test> {
    let text = sources.get(file).map_or("", |text| &**text);
    let root = match yaml::read(file, text) {
        Ok(root) => root,
        Err(wrong) => {
            problems.extend(wrong);
            return Vec::new();
        }
    };
    match &root.kind {
        Kind::List(items) if !items.is_empty() => {}
        Kind::Null | Kind::List(_) => {
            problems.push(Problem::error("no_tests", file, 0..0, "the file has no test").help(FIRST));
            return Vec::new();
        }
        Kind::Boolean(_) | Kind::Number(_) | Kind::Text(_) | Kind::Map(_) => {
            let message = format!("a file of tests is a list, not {}", root.noun());
            problems.push(Problem::error("wrong_type", file, yaml::underlined(sources, &root), message).help(FIRST));
            return Vec::new();
        }
    }
    let mut reader = Reader { file, manifest, problems, names: Vec::new() };
    let faults = structure::faults(&root, sources, raw::validator(), "the file");
    let mut tests = Vec::new();
    for (at, item) in root.items().iter().enumerate() {
        let is_sound = !faults.iter().any(|(path, _)| path.first().is_some_and(|first| *first == at.to_string()));
        // A sound item fits the raw types: both are made of the same declaration.
        if let (true, Ok(raw)) = (is_sound, serde_json::from_value::<raw::Test>(item.to_json())) {
            tests.push(reader.test(&raw, item));
        }
    }
    reader.problems.extend(faults.into_iter().map(|(_, problem)| problem));
    tests
}

const FIRST: &str =
    "begin with `- name: …`, `person: { … }` and `expect: { in_scope: true }`; `dialform help test` has more";

struct Reader<'a> {
    file: &'a Text,
    manifest: &'a Manifest,
    problems: &'a mut Vec<Problem>,
    names: Vec<(String, At)>,
}

impl Reader<'_> {
    fn test(&mut self, raw: &raw::Test, node: &Node) -> Test {
        if let Some(name) = node.get("name") {
            if let Some((_, first)) = self.names.iter().find(|(known, _)| *known == raw.name) {
                let problem =
                    Problem::error("duplicate_name", self.file, name.at.span.clone(), "the name is used twice")
                        .related(self.file, first.span.clone(), "it stands here first");
                self.problems.push(problem.help("give each test a name of its own, to find it by"));
            }
            self.names.push((raw.name.clone(), name.at.clone()));
        }
        for (key, names) in [("groups", &raw.groups), ("nested_groups", &raw.nested_groups)] {
            self.groups(names, node.get(key));
        }
        let texts = |names: &[String]| names.iter().map(|name| Text::from(name.as_str())).collect();
        Test {
            name: raw.name.as_str().into(),
            place: node.at.place(),
            person: self.person(raw, node),
            groups: texts(&raw.groups),
            nested_groups: texts(&raw.nested_groups),
            app_roles: texts(&raw.app_roles),
            on: self.day(raw.on.as_deref(), node.get("on")),
            taken: texts(&raw.taken),
            default_domain: raw.default_domain.as_deref().map(Into::into),
            expect: self.expect(&raw.expect, node.get("expect")),
        }
    }

    fn person(&mut self, raw: &raw::Test, node: &Node) -> Person {
        let mut attributes = Attributes::default();
        let mut manager = None;
        let mut deleted = raw.deleted;
        for (name, value) in &raw.person {
            let at = node.get("person").and_then(|person| person.entry(name)).map(|entry| entry.key_at.clone());
            if name == "IsSoftDeleted" {
                let message = "`IsSoftDeleted` is computed; it follows from the test";
                let help = "write `deleted: true`, `accountEnabled: false`, or leave out the groups";
                self.warning(at.as_ref(), "computed_attribute", message, help);
                deleted |=
                    Value::from_json(&value.0).is_some_and(|value| value.to_string().eq_ignore_ascii_case("true"));
                continue;
            } else if let Some(meant) = attributes::meant(name, &attributes::USER) {
                let message = format!("`{name}` is not an attribute of the Entra portal");
                self.warning(at.as_ref(), "unknown_attribute", message, format!("did you mean `{meant}`?"));
            }
            match Value::from_json(&value.0) {
                Some(id) if name == "manager" => manager = Some(SourceId::new(id.to_string())),
                Some(value) => {
                    attributes.insert(attributes::portal_name(name).unwrap_or(name).into(), value);
                }
                None => {}
            }
        }
        let text = |name| attributes.get(name).and_then(Value::as_text).filter(|text| !text.is_empty());
        let id = text("objectId").or_else(|| text("userPrincipalName")).or_else(|| text("mail"));
        let id = SourceId::new(id.cloned().unwrap_or_else(|| "person".into()));
        Person { id, attributes, soft_deleted: deleted, manager, place: None }
    }

    /// A group that no assignment names is allowed; a slip is not meant.
    fn groups(&mut self, names: &[String], node: Option<&Node>) {
        let known: Vec<&Text> = self
            .manifest
            .assignments
            .iter()
            .filter_map(|assignment| match &assignment.principal {
                Principal::Group { name, .. } => Some(name),
                Principal::User(_) | Principal::Entra => None,
            })
            .collect();
        for (at, name) in names.iter().enumerate() {
            if known.iter().any(|known| Folded::new(known) == Folded::new(name)) {
                continue;
            }
            if let Some(near) = near_miss(name, known.iter().map(|name| &***name)).filter(|near| is_slip(name, near)) {
                let place = node.and_then(|node| node.items().get(at)).map(|item| item.at.clone());
                let message = format!("no assignment names the group `{name}`");
                let help = format!("did you mean `{near}`?");
                self.warning(place.as_ref(), "unassigned_group", message, help);
            }
        }
    }

    fn day(&mut self, text: Option<&str>, node: Option<&Node>) -> Option<Date> {
        let text = text?;
        let day = text.parse::<Date>().ok();
        if day.is_none() {
            let message = format!("`{text}` is not a day of the calendar");
            self.error(node.map(|node| &node.at), "wrong_date", message, "a day is written as 2027-01-31");
        }
        day
    }

    fn expect(&mut self, raw: &raw::Expect, node: Option<&Node>) -> Expect {
        let at = |key: &str| node.and_then(|node| node.get(key)).map(|node| node.at.clone());
        if raw.because.is_some() && raw.in_scope == Some(true) {
            let help = "write `in_scope: false`, or leave `because` out";
            self.error(
                at("because").as_ref(),
                "exclusive_keys",
                "somebody in scope is not out because of anything",
                help,
            );
        }
        let roles = raw.roles.as_ref().map(|names| {
            let node = node.and_then(|node| node.get("roles"));
            for (at, name) in names.iter().enumerate() {
                self.role(name, node.and_then(|node| node.items().get(at)));
            }
            names.iter().map(|name| RoleName::new(name.as_str())).collect()
        });
        let mut attributes = Vec::new();
        for (path, value) in &raw.attributes {
            let entry = node.and_then(|node| node.get("attributes")).and_then(|node| node.entry(path));
            if let Some(path) = self.path(path, entry.map(|entry| &entry.key_at)) {
                attributes.push((path, Value::from_json(&value.0)));
            }
        }
        let license = raw.license.as_ref().and_then(|name| self.license(name, at("license").as_ref()));
        let office = raw.office.as_deref().map(|name| Text::from(name.trim()));
        let in_scope = raw.in_scope.or(raw.because.map(|_| false));
        Expect { in_scope, because: raw.because, roles, license, office, attributes }
    }

    fn license(&mut self, name: &str, at: Option<&At>) -> Option<License> {
        let license = License::parse(name);
        if license.is_none() {
            let help = match near_miss(name, License::words()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the licences are `connect`, `sell` and `support`".to_owned(),
            };
            self.error(at, "unknown_license", format!("there is no licence `{name}`"), help);
        }
        license
    }

    fn role(&mut self, name: &str, node: Option<&Node>) {
        let roles = || self.manifest.roles.iter().map(|role| role.name.as_str());
        if roles().any(|role| role == name) {
            return;
        }
        let help = match near_miss(name, roles()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.manifest.roles.is_empty() => "the manifest declares no roles".to_owned(),
            None => format!("the roles are {}", roles().collect::<Vec<_>>().join(", ")),
        };
        self.error(node.map(|node| &node.at), "unknown_role", format!("there is no role `{name}`"), help);
    }

    fn path(&mut self, text: &str, at: Option<&At>) -> Option<AttrPath> {
        let path = match AttrPath::parse(text) {
            Ok(path) => path,
            Err(error) => {
                self.error(at, "wrong_path", error.message, "write the target attribute as in `mappings`");
                return None;
            }
        };
        let targets = || self.manifest.users.attributes.iter().map(|mapping| &mapping.target);
        if targets().any(|target| *target == path) {
            return Some(path);
        }
        let help = match near_miss(text, targets().map(AttrPath::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("mapped are {}", targets().map(AttrPath::as_str).collect::<Vec<_>>().join(", ")),
        };
        self.error(at, "not_mapped", format!("nothing is mapped to `{text}`"), help);
        None
    }

    fn error(&mut self, at: Option<&At>, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        let span = at.map_or(0..0, |at| at.span.clone());
        self.problems.push(Problem::error(code, self.file, span, message).help(help));
    }

    fn warning(&mut self, at: Option<&At>, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        let span = at.map_or(0..0, |at| at.span.clone());
        self.problems.push(Problem::warning(code, self.file, span, message).help(help));
    }
}

/// Whether a name is another one with a slip of two letters.
fn is_slip(name: &str, near: &str) -> bool {
    strsim::damerau_levenshtein(&name.to_lowercase(), &near.to_lowercase()) <= 2
}
