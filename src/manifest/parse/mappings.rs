//! `mappings`: target paths, expressions and matching attributes.

use indexmap::IndexMap;

use super::{Judge, Spot};
use crate::{
    expr::{self, Expression},
    manifest::{
        Apply, GroupMappings, Mapping, MappingSource, Setting, UserMappings, attributes, mapping::is_read_only, raw,
        structure::listed, yaml::Aligned,
    },
    names::{AttrPath, Place, Value, near_miss},
};

pub(super) fn users(raw: &raw::UserMappings, scope: raw::Scope, judge: &mut Judge) -> UserMappings {
    let raw::UserMappings { create, update, delete, delete_after, matching, attributes: written } = raw;
    let mut section = Section { kind: "users", known: &attributes::USER, scope, judge };
    let attributes = section.mappings(written);
    let is_missing = *create && section.is_missing("userName", &attributes);
    let matching = section.matching(matching, &attributes, is_missing.then_some("userName"));
    let judge = section.judge;
    leavers(raw, &attributes, judge);
    let days = delete_after.as_deref().and_then(|text| text.trim_end_matches('d').parse().ok());
    if delete_after.is_some() && !delete {
        let spot = judge.key(&["mappings", "users", "delete_after"]);
        judge.warning(&spot, "never_deleted", "nothing is deleted without `delete: true`").help =
            Some("add `delete: true`, or take this out".to_owned());
    }
    if *delete && delete_after.is_none() && !judge.is_entra && judge.pruned.is_whole("/mappings/users/delete_after") {
        let spot = judge.key(&["mappings", "users", "delete"]);
        let message = "files cannot prove that somebody is gone for good, so nobody is deleted";
        judge.warning(&spot, "never_deleted", message).help =
            Some("add `delete_after: 30d` to delete whoever has been disabled for that long".to_owned());
    }
    UserMappings {
        create: *create,
        update: *update,
        delete: *delete,
        delete_after: days,
        matching,
        attributes,
        place: judge.place(&["mappings", "users"]),
    }
}

/// What a person who leaves meets: without an update or a mapping, nothing.
fn leavers(raw: &raw::UserMappings, attributes: &[Mapping], judge: &mut Judge) {
    if !raw.update {
        let spot = judge.key(&["mappings", "users", "update"]);
        judge.warning(&spot, "never_disabled", "without updates nobody is disabled either, as in Entra").help =
            Some("leavers keep Dialpad until `update: true`".to_owned());
    } else if !attributes.iter().any(Mapping::tells_of_leaving)
        && !raw.attributes.values().any(is_about_leaving)
        && judge.pruned.is_whole("/mappings/users")
    {
        let spot = judge.key(&["mappings", "users", "attributes"]);
        judge.warning(&spot, "never_disabled", "no mapping reads `IsSoftDeleted`, so leavers keep Dialpad").help =
            Some("add `active: { expression: 'Not([IsSoftDeleted])' }`".to_owned());
    }
}

/// Whether a mapping, which may be wrong, was meant to say what happens to a leaver.
fn is_about_leaving(raw: &raw::AttributeMapping) -> bool {
    raw.expression.as_ref().is_some_and(|text| text.contains("IsSoftDeleted"))
}

pub(super) fn groups(raw: &raw::GroupMappings, judge: &mut Judge) -> GroupMappings {
    let raw::GroupMappings { enabled, create, update, delete, matching, attributes: written, on_rename, membership } =
        raw;
    let mut section = Section { kind: "groups", known: &attributes::GROUP, scope: raw::Scope::Assigned, judge };
    let mut attributes = section.mappings(written);
    let members = section.members(&mut attributes);
    let is_missing = *enabled && *create && section.is_missing("displayName", &attributes);
    let matching = section.matching(matching, &attributes, is_missing.then_some("displayName"));
    GroupMappings {
        enabled: *enabled,
        create: *create,
        update: *update,
        delete: *delete,
        matching,
        attributes,
        members,
        on_rename: *on_rename,
        membership: *membership,
        place: judge.place(&["mappings", "groups"]),
    }
}

/// Where the value of a setting comes from.
pub(super) fn setting(
    setting: Setting,
    raw: &raw::AttributeMapping,
    path: &[&str],
    scope: raw::Scope,
    judge: &mut Judge,
) -> Option<Mapping> {
    let mut section = Section { kind: "users", known: &attributes::USER, scope, judge };
    let source = section.source(raw, path)?;
    Some(Mapping {
        target: setting.path(),
        source,
        default: raw.default.as_ref().map(value),
        apply: raw.apply,
        when_empty: raw.when_empty,
        place: judge.place(path),
    })
}

/// One of the two kinds of mappings.
struct Section<'a, 'j> {
    kind: &'static str,
    known: &'static [&'static str],
    scope: raw::Scope,
    judge: &'a mut Judge<'j>,
}

impl Section<'_, '_> {
    fn mappings(&mut self, raw: &IndexMap<String, raw::AttributeMapping>) -> Vec<Mapping> {
        let mut mappings: Vec<(Mapping, Spot)> = Vec::with_capacity(raw.len());
        for (target, written) in raw {
            let path = ["mappings", self.kind, "attributes", target];
            let key = self.judge.key(&path);
            let target = self.target(target, &key);
            let source = self.source(written, &path);
            let (Some(target), Some(source)) = (target, source) else { continue };
            if let Some((other, spot)) = mappings.iter().find(|(other, _)| other.target.overlaps(&target)) {
                let message = if other.target == target {
                    format!("`{target}` is mapped twice")
                } else {
                    format!("`{target}` and `{}` write the same value", other.target)
                };
                let spot = spot.clone();
                let problem = self.judge.error(&key, "duplicate_mapping", message);
                *problem = problem
                    .clone()
                    .related(&spot.file, spot.span, "the other stands here")
                    .help("keep one of them; names of target attributes are compared without case");
            }
            let place = self.judge.place(&path);
            let default = written.default.as_ref().map(value);
            let (apply, when_empty) = (written.apply, written.when_empty);
            mappings.push((Mapping { target, source, default, apply, when_empty, place }, key));
        }
        mappings.into_iter().map(|(mapping, _)| mapping).collect()
    }

    fn target(&mut self, written: &str, key: &Spot) -> Option<AttrPath> {
        let target = match AttrPath::parse(written) {
            Ok(target) => target,
            Err(error) => {
                let spot = self.inside(key, written, error.offset, error.length);
                self.judge.error(&spot, "bad_target", error.message).help =
                    Some("write a SCIM path as Entra does, such as `name.givenName`".to_owned());
                return None;
            }
        };
        if is_read_only(&target) {
            let message = format!("`{target}` is filled in by the service and cannot be mapped");
            let help = if target.is("id") { "the directory's id goes into `externalId`" } else { "take it out" };
            self.judge.error(key, "read_only", message).help = Some(help.to_owned());
            return None;
        }
        Some(target)
    }

    fn source(&mut self, raw: &raw::AttributeMapping, path: &[&str]) -> Option<MappingSource> {
        let at = |key| [path, &[key]].concat();
        if let Some(name) = &raw.attribute {
            let spot = self.judge.spot(&at("attribute"));
            if name.contains(['[', ']', '(', '"']) {
                let message = "this is an expression, not the name of an attribute".to_owned();
                let help = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                    Some(inner) => format!("write `attribute: {inner}`"),
                    None => "write `expression:` instead of `attribute:`".to_owned(),
                };
                self.judge.error(&spot, "bad_attribute", message).help = Some(help);
                return None;
            }
            self.judge.attribute(name, self.known, &spot);
            return Some(MappingSource::Attribute(name.as_str().into()));
        }
        if let Some(constant) = &raw.constant {
            return Some(MappingSource::Constant(value(constant)));
        }
        match &raw.expression {
            Some(text) => self.expression(text, raw.apply, &at("expression")),
            None => Some(MappingSource::None),
        }
    }

    fn expression(&mut self, text: &str, apply: Apply, path: &[&str]) -> Option<MappingSource> {
        let whole = self.judge.spot(path);
        let expression = match Expression::parse(text) {
            Ok(expression) => expression,
            Err(errors) => {
                for error in errors {
                    let spot = self.inside(&whole, text, error.offset, error.length);
                    self.judge.error(&spot, error.code, error.message).help = error.help;
                }
                return None;
            }
        };
        // The default mapping has no line, and nothing to warn about.
        if self.judge.node(path).is_some() {
            self.lints(&expression, &whole);
        }
        if expression.is_random() && apply != Apply::OnCreate {
            let message = "the value is another one each time, so every plan would change it";
            self.judge.error(&whole, "always_random", message).help =
                Some("add `apply: on_create`, so that it is made once".to_owned());
        }
        Some(MappingSource::Expression(Box::new(expression)))
    }

    fn lints(&mut self, expression: &Expression, whole: &Spot) {
        let text = expression.text().clone();
        for lint in expression.lints() {
            let is_about_scope = lint.code == "roles_need_assignment" && matches!(self.scope, raw::Scope::Everyone);
            if lint.level == expr::Level::Warning || is_about_scope {
                let spot = self.inside(whole, &text, lint.offset, lint.length);
                self.judge.warning(&spot, lint.code, lint.message).help = lint.help;
            }
        }
        for attribute in expression.attributes() {
            let spot = self.inside(whole, &text, attribute.offset, attribute.length);
            self.judge.attribute(&attribute.name, self.known, &spot);
        }
    }

    /// The place in the file of a place in a scalar's value.
    fn inside(&self, whole: &Spot, value: &str, offset: usize, length: usize) -> Spot {
        let Some(text) = self.judge.sources.get(&whole.file) else { return whole.clone() };
        let span = Aligned::new(text, whole.span.clone(), value).span(offset, length);
        Spot { span, ..whole.clone() }
    }

    /// The matching attributes. Nothing is said again of one that is known to be missing.
    fn matching(&mut self, raw: &[String], attributes: &[Mapping], known: Option<&str>) -> Vec<AttrPath> {
        let mut matching: Vec<AttrPath> = Vec::with_capacity(raw.len());
        for (i, written) in raw.iter().enumerate() {
            let spot = self.judge.spot(&["mappings", self.kind, "match", &i.to_string()]);
            let path = match AttrPath::parse(written) {
                Ok(path) => path,
                Err(error) => {
                    self.judge.error(&spot, "bad_target", error.message);
                    continue;
                }
            };
            if matching.contains(&path) {
                self.judge.error(&spot, "duplicate_match", format!("`{path}` is named twice"));
                continue;
            }
            let section = format!("/mappings/{}/attributes", self.kind);
            let mapped = attributes.iter().find(|mapping| mapping.target == path);
            let is_missing = mapped.is_none_or(|mapping| matches!(mapping.source, MappingSource::None));
            let is_known = known.is_some_and(|name| path.is(name));
            if is_missing && !is_known && self.judge.pruned.is_whole(&section) && !self.has_failed(&path) {
                let names: Vec<&str> = attributes.iter().map(|mapping| mapping.target.as_str()).collect();
                let help = match near_miss(written, names.iter().copied()) {
                    Some(near) if !path.is(near) => format!("did you mean `{near}`?"),
                    _ => format!("map it, or match by one of {}", listed(&names)),
                };
                let message = format!("`{path}` is matched by, but no mapping gives it a value");
                self.judge.error(&spot, "unmapped_match", message).help = Some(help);
            }
            matching.push(path);
        }
        matching
    }

    /// Whether there is a mapping for a path that is wrong, and so was reported.
    fn has_failed(&self, path: &AttrPath) -> bool {
        let attributes = self.judge.node(&["mappings", self.kind, "attributes"]);
        attributes.is_some_and(|node| {
            node.entries().iter().any(|entry| AttrPath::parse(&entry.key).is_ok_and(|key| key == *path))
                && node.entries().iter().all(|entry| entry.value.get("none").is_none())
        })
    }

    /// Whether an attribute has no mapping without which nothing can be created; it is said.
    fn is_missing(&mut self, name: &str, attributes: &[Mapping]) -> bool {
        let path = AttrPath::core(name);
        let section = format!("/mappings/{}/attributes", self.kind);
        let is_there = attributes.iter().any(|mapping| mapping.target == path) || self.has_failed(&path);
        if is_there || !self.judge.pruned.is_whole(&section) {
            return false;
        }
        let spot = self.judge.key(&["mappings", self.kind, "attributes"]);
        let message = format!("no mapping gives `{name}`, without which nothing can be created");
        self.judge.error(&spot, "missing_mapping", message).help =
            Some("add it; `attributes` replaces the default mappings as a whole".to_owned());
        true
    }

    /// Takes the mapping of `members` out: it is not a value but a comparison.
    fn members(&mut self, attributes: &mut Vec<Mapping>) -> Option<Place> {
        let found = attributes.iter().position(|mapping| mapping.target.is("members"))?;
        let mapping = attributes.remove(found);
        if !matches!(&mapping.source, MappingSource::Attribute(name) if **name == *"members") {
            let spot = self.judge.key(&["mappings", "groups", "attributes", "members"]);
            self.judge.error(&spot, "bad_members", "the members of a group can only come from its members").help =
                Some("write `members: { attribute: members }`".to_owned());
        }
        Some(mapping.place)
    }
}

fn value(constant: &raw::Constant) -> Value {
    match constant {
        raw::Constant::Boolean(value) => Value::Boolean(*value),
        raw::Constant::Integer(value) => Value::Integer(*value),
        raw::Constant::Text(text) => Value::text(text.as_str()),
    }
}
