//! From what YAML says to what we believe: every rule that the schema cannot hold.

mod filters;
mod grants;
mod mappings;
mod notify;
mod roles;
mod run;
mod safety;
mod source;
mod target;

use std::ops::Range;

use jiff::tz::TimeZone;

use super::{
    Manifest, Placed, Scope, attributes, digest, literals, paths, raw,
    structure::Pruned,
    tree::{At, Kind, Node},
    trust::AllowedHosts,
    yaml,
};
use crate::{
    names::{Folded, Place, Text, near_miss},
    problem::{Level, Problem, Sources},
};

/// What judging a manifest needs, and what it finds.
pub(super) struct Judge<'a> {
    /// The joined tree of all files.
    pub root: &'a Node,
    /// The texts.
    pub sources: &'a Sources,
    /// The main file.
    pub main: &'a Text,
    /// Where secrets may go.
    pub hosts: &'a AllowedHosts,
    /// What was taken out because of structural errors.
    pub pruned: &'a Pruned,
    /// Whether the source is Entra.
    pub is_entra: bool,
    /// What was found.
    pub problems: Vec<Problem>,
}

/// Where a problem is shown.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub file: Text,
    pub span: Range<usize>,
    used: Option<Range<usize>>,
}

impl Judge<'_> {
    /// The node at a path.
    fn node(&self, path: &[&str]) -> Option<&Node> {
        self.root.at(path).map(|(node, _)| node)
    }

    /// What to underline for a value: of a map or list its key. What is a default
    /// has the place of the nearest section that was written.
    fn spot(&self, path: &[&str]) -> Spot {
        let mut path = path;
        loop {
            match (self.root.at(path), path.split_last()) {
                (Some((node, Some(entry))), _) if matches!(node.kind, Kind::Map(_) | Kind::List(_)) => {
                    return of(&entry.key_at, entry.key_at.span.clone());
                }
                (Some((node, _)), _) => return of(&node.at, yaml::underlined(self.sources, node)),
                (None, Some((_, above))) => path = above,
                (None, None) => return Spot { file: self.main.clone(), span: 0..0, used: None },
            }
        }
    }

    /// What to underline for a key.
    fn key(&self, path: &[&str]) -> Spot {
        match self.root.at(path) {
            Some((_, Some(entry))) => of(&entry.key_at, entry.key_at.span.clone()),
            _ => self.spot(path),
        }
    }

    /// The place that a change names: the line of the key or of the list item.
    fn place(&self, path: &[&str]) -> Place {
        match self.root.at(path) {
            Some((_, Some(entry))) => entry.key_at.place(),
            Some((node, None)) if !path.is_empty() => node.at.place(),
            _ => Place::default_value(),
        }
    }

    fn placed<T>(&self, path: &[&str], value: T) -> Placed<T> {
        Placed { value, place: self.place(path) }
    }

    /// A path that stands in a file, as the command can open it.
    fn path(&self, path: &[&str], written: &str) -> Text {
        let file = self.node(path).map_or(self.main, |node| &node.at.file);
        paths::resolved(file, written).into()
    }

    fn error(&mut self, spot: &Spot, code: &'static str, message: impl Into<String>) -> &mut Problem {
        self.push(spot, Problem::error(code, &spot.file, spot.span.clone(), message))
    }

    fn warning(&mut self, spot: &Spot, code: &'static str, message: impl Into<String>) -> &mut Problem {
        self.push(spot, Problem::warning(code, &spot.file, spot.span.clone(), message))
    }

    fn push(&mut self, spot: &Spot, problem: Problem) -> &mut Problem {
        let problem = match &spot.used {
            Some(used) => problem.related(&spot.file, used.clone(), "it is used here"),
            None => problem,
        };
        self.problems.push(problem);
        let last = self.problems.len() - 1;
        &mut self.problems[last]
    }

    /// A warning about a source attribute that is probably misspelt; of Entra, whose
    /// attributes are known, an error about one that there is not.
    fn attribute(&mut self, name: &str, known: &[&'static str], spot: &Spot) {
        if self.is_entra && !attributes::is_of_entra(name, known) {
            let help = match attributes::meant(name, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`dialform help manifest` and docs/entra.md have the names; an extension is written \
                         `extension_APPID_name`"
                    .to_owned(),
            };
            let message = format!("Entra has no attribute `{name}` that can be read");
            self.error(spot, "unknown_attribute", message).help = Some(help);
            return;
        }
        if let Some(meant) = attributes::meant(name, known) {
            let message = format!("`{name}` is not an attribute of the Entra portal");
            self.warning(spot, "unknown_attribute", message).help = Some(format!("did you mean `{meant}`?"));
        }
    }
}

fn of(at: &At, span: Range<usize>) -> Spot {
    Spot { file: at.file.clone(), span, used: at.used.clone() }
}

/// The validated manifest, or `None` when something is wrong with it.
pub(super) fn manifest(raw: &raw::Manifest, judge: &mut Judge) -> Option<Manifest> {
    judge.is_entra = raw.source.entra.is_some();
    written_out(judge);
    let timezone = timezone(&raw.timezone, judge);
    let source = source::source(raw, judge);
    let state = source::state(&raw.state, judge);
    let target = target::target(&raw.target, state.value.folder(), judge);
    let mut roles = roles::roles(&raw.roles, judge);
    grants::grants(raw, &mut roles, judge);
    let assignments = roles::assignments(raw, judge);
    let user_filters = filters::filters(&raw.filters.users, "users", &attributes::USER, judge);
    let group_filters = filters::filters(&raw.filters.groups, "groups", &attributes::GROUP, judge);
    let users = mappings::users(&raw.mappings.users, raw.scope, judge);
    let groups = mappings::groups(&raw.mappings.groups, judge);
    let safety = safety::safety(&raw.safety, judge);
    let run = run::run(&raw.run, judge);
    let notify = notify::notify(&raw.notify, judge);
    let pilot = raw
        .pilot
        .iter()
        .enumerate()
        .map(|(i, name)| judge.placed(&["pilot", &i.to_string()], Folded::new(name)))
        .collect();
    if judge.problems.iter().any(|problem| problem.level == Level::Error) {
        return None;
    }
    let scope = match raw.scope {
        raw::Scope::Assigned => Scope::Assigned,
        raw::Scope::Everyone => Scope::Everyone,
    };
    let mut manifest = Manifest {
        name: raw.name.as_str().into(),
        enabled: judge.placed(&["enabled"], raw.enabled),
        timezone: timezone?,
        pilot,
        source: source?,
        target: target?,
        scope: judge.placed(&["scope"], scope),
        default_access: raw.default_access,
        roles,
        assignments,
        user_filters,
        group_filters,
        users,
        groups,
        grants: grants::rules(&raw.grants),
        safety,
        notify: notify?,
        state,
        run,
        digest: "".into(),
    };
    manifest.digest = digest::of(&manifest, paths::folder(judge.main));
    Some(manifest)
}

fn timezone(name: &str, judge: &mut Judge) -> Option<TimeZone> {
    if let Ok(zone) = TimeZone::get(name) {
        return Some(zone);
    }
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let spot = judge.spot(&["timezone"]);
    let help = match near_miss(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write an IANA name such as `Europe/London`".to_owned(),
    };
    judge.error(&spot, "unknown_timezone", format!("`{name}` is not a time zone")).help = Some(help);
    None
}

/// Tokens that were written out anywhere.
fn written_out(judge: &mut Judge) {
    let mut found = Vec::new();
    walk(judge.root, &mut |node, text| {
        if literals::is_certainly_token(text) {
            found.push(of(&node.at, node.at.span.clone()));
        }
    });
    for spot in found {
        judge.error(&spot, "literal_secret", "a token is written out; a secret never stands in the manifest").help =
            Some("take it out and revoke it; write `{ env: NAME }` where a token is wanted".to_owned());
    }
}

fn walk(node: &Node, visit: &mut dyn FnMut(&Node, &str)) {
    match &node.kind {
        Kind::Text(text) => visit(node, text),
        Kind::List(items) => items.iter().for_each(|item| walk(item, visit)),
        Kind::Map(entries) => entries.iter().for_each(|entry| walk(&entry.value, visit)),
        Kind::Null | Kind::Boolean(_) | Kind::Number(_) => {}
    }
}
