//! PATCH (RFC 7644 §3.5.2), and Entra's older dialect of it: capitalised
//! operations, `"True"`, dotted keys without a path, and members removed by a
//! list of values.
//!
//! Operations are done on a copy. The caller stores it only if all went well,
//! so a bad operation undoes the good ones before it.

use scim_v2::filter::{AttrExp, CompValue, CompareOp, PatchPath, ValFilter};
use serde_json::{Map, Value};

use super::{
    body::{self, MOST_VALUES, coerce, is_primary, too_many},
    filter::{self, Check, Subject, get},
    refusal::{Refusal, ScimType, shortened},
    schema::{self, Attribute, Found, Mutability},
};
use crate::sandbox::store::{Content, ResourceKind, Store};

/// The schema that a PATCH body must name.
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The most operations in one request.
const MOST_OPERATIONS: usize = 10_000;

/// The most members that one request may look at with filters that are more than ids.
const MOST_LOOKS: usize = 5_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Add,
    Replace,
    Remove,
}

/// What an operation works on.
enum Target {
    /// A whole extension.
    Extension(String),
    /// The members of a group, all or those that pass.
    Members(Option<Check>),
    Attribute(AttributeTarget),
}

struct AttributeTarget {
    /// The path as it was sent, for errors.
    path: String,
    found: Found,
    chosen: Option<Chosen>,
    sub: Option<String>,
}

/// The elements that `[…]` chooses, and what an element must have to be chosen.
struct Chosen {
    check: Check,
    seed: Map<String, Value>,
}

/// Does all operations of a PATCH body on a copy of `before`.
pub(crate) fn apply(kind: ResourceKind, before: &Content, patch: &Value, store: &Store) -> Result<Content, Refusal> {
    let syntax = |detail: &str| Refusal::new(ScimType::InvalidSyntax, detail);
    let patch = patch.as_object().ok_or_else(|| syntax("a PATCH body is a JSON object"))?;
    let named = get(patch, "schemas").and_then(Value::as_array);
    if !named.is_some_and(|list| list.iter().any(|urn| urn.as_str().is_some_and(|u| u.eq_ignore_ascii_case(PATCH_OP))))
    {
        return Err(syntax(&format!("`schemas` of a PATCH body must have `{PATCH_OP}`")));
    }
    let operations = get(patch, "Operations").and_then(Value::as_array);
    let operations = operations.filter(|list| !list.is_empty()).ok_or_else(|| syntax("`Operations` is missing"))?;
    if operations.len() > MOST_OPERATIONS {
        return Err(Refusal::new(ScimType::TooMany, format!("a PATCH has {MOST_OPERATIONS} operations at most")));
    }
    let mut draft = Draft { kind, content: before.clone(), store, looks: 0 };
    for operation in operations {
        draft.operate(operation)?;
    }
    body::check(kind, &draft.content)?;
    Ok(draft.content)
}

struct Draft<'a> {
    kind: ResourceKind,
    content: Content,
    store: &'a Store,
    looks: usize,
}

impl Draft<'_> {
    fn operate(&mut self, operation: &Value) -> Result<(), Refusal> {
        let syntax = |detail: &str| Refusal::new(ScimType::InvalidSyntax, detail);
        let operation = operation.as_object().ok_or_else(|| syntax("an operation is a JSON object"))?;
        let op = match get(operation, "op").and_then(Value::as_str) {
            Some(op) if op.eq_ignore_ascii_case("add") => Op::Add,
            Some(op) if op.eq_ignore_ascii_case("replace") => Op::Replace,
            Some(op) if op.eq_ignore_ascii_case("remove") => Op::Remove,
            Some(_) | None => return Err(syntax("`op` is `add`, `replace` or `remove`")),
        };
        let value = get(operation, "value");
        match get(operation, "path") {
            Some(Value::String(path)) if !path.trim().is_empty() => {
                if value.is_none() && op != Op::Remove {
                    return Err(Refusal::new(ScimType::InvalidValue, "`value` is missing"));
                }
                self.at(op, path, value)
            }
            Some(Value::String(_) | Value::Null) | None => self.without_path(op, value),
            Some(_) => Err(Refusal::new(ScimType::InvalidPath, "`path` must be text")),
        }
    }

    /// Each key is an attribute, or, as Entra sends it, a path.
    fn without_path(&mut self, op: Op, value: Option<&Value>) -> Result<(), Refusal> {
        if op == Op::Remove {
            return Err(Refusal::new(ScimType::NoTarget, "`remove` needs a `path`"));
        }
        let Some(Value::Object(values)) = value else {
            return Err(Refusal::new(ScimType::InvalidValue, "without `path`, `value` must be an object"));
        };
        for (key, value) in values {
            let own = ["schemas", "id", "meta"].iter().any(|own| own.eq_ignore_ascii_case(key))
                || (self.kind == ResourceKind::User && key.eq_ignore_ascii_case("groups"));
            if !own {
                self.at(op, key, Some(value))?;
            }
        }
        Ok(())
    }

    fn at(&mut self, op: Op, path: &str, value: Option<&Value>) -> Result<(), Refusal> {
        let value = value.filter(|value| !body::is_empty(value));
        match self.target(path)? {
            Target::Extension(urn) => self.extension(op, &urn, value),
            Target::Members(chosen) => self.members(op, chosen.as_ref(), value),
            Target::Attribute(target) => self.attribute(op, &target, value),
        }
    }

    fn target(&self, path: &str) -> Result<Target, Refusal> {
        if let Some(urn) = self.whole_extension(path) {
            return Ok(Target::Extension(urn));
        }
        let invalid = |why: &str| {
            Refusal::new(ScimType::InvalidPath, format!("the path `{}` {}", shortened(path), shortened(why)))
        };
        let parsed = filter::normalised(path)
            .parse::<PatchPath>()
            .map_err(|error| invalid(&format!("cannot be read: {error}")))?;
        let (attr, chosen, sub) = match &parsed {
            PatchPath::Attr(attr) => (attr, None, attr.sub_attr.clone()),
            PatchPath::Value(value) => (&value.attr, Some(&value.filter), value.sub_attr.clone()),
        };
        let found = schema::resolve(self.kind, attr.uri.as_deref(), &attr.name)
            .ok_or_else(|| invalid(&format!("is not known: {}", body::unknown(self.kind, &attr.name).detail)))?;
        if found.known.is_some_and(|known| known.mutability == Mutability::ReadOnly) || found.name == "schemas" {
            return Err(Refusal::new(ScimType::Mutability, format!("`{}` is read-only", found.name)));
        }
        let check = match (chosen, found.known) {
            (Some(_), known) if known.is_none_or(|known| !known.many || attr.sub_attr.is_some()) => {
                return Err(invalid("chooses with `[…]` from an attribute that has one value"));
            }
            (Some(filter), Some(known)) => {
                let check = filter::element(known, filter).map_err(|refusal| invalid(&refusal.detail))?;
                Some(Chosen { check, seed: seed(known, filter) })
            }
            (Some(_) | None, _) => None,
        };
        if let (Some(sub), Some(known)) = (&sub, found.known) {
            let part = known.part(sub).ok_or_else(|| invalid("has no such sub-attribute"))?;
            if part.mutability != Mutability::ReadWrite {
                return Err(Refusal::new(
                    ScimType::Mutability,
                    format!("`{}.{}` cannot be changed", known.name, part.name),
                ));
            }
        }
        if body::is_members(self.kind, &found.name) {
            return Ok(Target::Members(check.map(|chosen| chosen.check)));
        }
        Ok(Target::Attribute(AttributeTarget { path: path.to_owned(), found, chosen: check, sub }))
    }

    /// The extension that a path names as a whole: one that the schema or the resource has.
    fn whole_extension(&self, path: &str) -> Option<String> {
        if !schema::is_urn(path) {
            return None;
        }
        let known = (self.kind == ResourceKind::User).then_some(schema::ENTERPRISE);
        let there = self.content.attributes.keys().map(String::as_str).filter(|key| schema::is_urn(key));
        known.into_iter().chain(there).find(|urn| urn.eq_ignore_ascii_case(path.trim())).map(str::to_owned)
    }

    fn extension(&mut self, op: Op, urn: &str, value: Option<&Value>) -> Result<(), Refusal> {
        if op == Op::Remove || (op == Op::Replace && value.is_none()) {
            self.content.attributes.shift_remove(urn);
            return Ok(());
        }
        let Some(value) = value else { return Ok(()) };
        // Replacing a complex value leaves alone what is not named (RFC 7644 §3.5.2.3).
        let values = value.as_object().ok_or_else(|| body::wrong_type(urn, "an object"))?;
        // Some clients name the schema again inside its extension.
        for (name, value) in values.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("schemas")) {
            // The attribute may be Entra's `manager.value` as well as `manager`.
            self.at(op, &format!("{urn}:{name}"), Some(value))?;
        }
        Ok(())
    }

    fn members(&mut self, op: Op, chosen: Option<&Check>, value: Option<&Value>) -> Result<(), Refusal> {
        let members = &mut self.content.members;
        match (op, chosen, value) {
            (Op::Remove, None, None) | (Op::Replace, None, None) => members.clear(),
            (Op::Add, None, None) => {}
            (Op::Remove, None, Some(value)) => {
                let gone: std::collections::HashSet<_> = body::member_ids(value)?.into_iter().collect();
                members.retain(|id, _| !gone.contains(id.as_ref()));
            }
            (Op::Remove, Some(check), _) => match check.only_member_ids() {
                Some(ids) if ids.len() == 1 => {
                    members.shift_remove(ids[0]);
                }
                Some(_) | None => {
                    self.looks += members.len();
                    if self.looks > MOST_LOOKS {
                        return Err(Refusal::new(ScimType::TooMany, "too many filters over too many members"));
                    }
                    members.retain(|id, kind| !check.passes(Subject::Member(id, *kind)));
                }
            },
            (Op::Add, None, Some(value)) => members.extend(body::members(value, self.store)?),
            (Op::Replace, None, Some(value)) => *members = body::members(value, self.store)?,
            (Op::Add | Op::Replace, Some(_), _) => {
                return Err(Refusal::new(ScimType::Mutability, "a member cannot be changed, only added and removed"));
            }
        }
        Ok(())
    }

    fn attribute(&mut self, op: Op, target: &AttributeTarget, value: Option<&Value>) -> Result<(), Refusal> {
        let found = &target.found;
        // Without a value there is nothing to add, and replacing by nothing is removing (RFC 7643 §2.5).
        let removes = op == Op::Remove || (value.is_none() && op == Op::Replace);
        if value.is_none() && op == Op::Add {
            return Ok(());
        }
        if removes && target.sub.is_none() && found.known.is_some_and(|known| known.required) {
            return Err(Refusal::new(ScimType::Mutability, format!("`{}` is required", found.name)));
        }
        let holder = match &found.home {
            None => &mut self.content.attributes,
            Some(home) => {
                let key = self.content.attributes.keys().find(|key| key.eq_ignore_ascii_case(home)).cloned();
                let entry = self.content.attributes.entry(key.unwrap_or_else(|| home.clone()));
                let entry = entry.or_insert_with(|| Value::Object(Map::new()));
                entry.as_object_mut().ok_or_else(|| body::wrong_type(home, "an object"))?
            }
        };
        let name = match found.known {
            Some(_) => found.name.clone(),
            None => holder.keys().find(|key| key.eq_ignore_ascii_case(&found.name)).unwrap_or(&found.name).clone(),
        };
        let before = holder.get(&name).cloned();
        let after = match found.known {
            Some(known) => known_attribute(op, target, known, before, value)?,
            None => unknown_attribute(removes, target.sub.as_deref(), before, value),
        };
        match after.filter(|after| !body::is_empty(after)) {
            Some(after) => {
                holder.insert(name, after);
            }
            None => {
                holder.shift_remove(&name);
            }
        }
        // An extension without attributes is absent.
        self.content.attributes.retain(|key, value| !(schema::is_urn(key) && body::is_empty(value)));
        Ok(())
    }
}

/// The value of an attribute after an operation, `None` when it is gone.
fn known_attribute(
    op: Op,
    target: &AttributeTarget,
    known: &'static Attribute,
    before: Option<Value>,
    value: Option<&Value>,
) -> Result<Option<Value>, Refusal> {
    if known.many {
        let elements = match before {
            Some(Value::Array(elements)) => elements,
            Some(_) | None => Vec::new(),
        };
        let mut list = Elements { known, path: &target.path, elements };
        list.operate(op, target, value)?;
        if list.elements.len() > MOST_VALUES {
            return Err(too_many(known.name));
        }
        return Ok(Some(Value::Array(list.elements)));
    }
    let Some(sub) = &target.sub else {
        let value = match (op, value) {
            (Op::Add | Op::Replace, Some(value)) => coerce(known, value, &target.path)?,
            (Op::Remove, _) | (_, None) => None,
        };
        return Ok(match (before, value) {
            (Some(Value::Object(before)), Some(Value::Object(value))) => Some(merged(before, value)),
            (_, value) => value,
        });
    };
    let part = known.part(sub).ok_or_else(|| Refusal::new(ScimType::InvalidPath, "no such sub-attribute"))?;
    let mut object = match before {
        Some(Value::Object(object)) => object,
        Some(_) | None => Map::new(),
    };
    set_part(&mut object, part, op, value, &target.path)?;
    Ok(Some(Value::Object(object)))
}

fn merged(mut before: Map<String, Value>, value: Map<String, Value>) -> Value {
    before.extend(value);
    Value::Object(before)
}

fn set_part(
    object: &mut Map<String, Value>,
    part: &'static Attribute,
    op: Op,
    value: Option<&Value>,
    path: &str,
) -> Result<(), Refusal> {
    let value = match value.filter(|_| op != Op::Remove) {
        Some(value) => coerce(part, value, path)?,
        None => None,
    };
    match value {
        Some(value) => {
            object.insert(part.name.into(), value);
        }
        None => {
            object.shift_remove(part.name);
        }
    }
    Ok(())
}

/// An attribute of an extension of which the sandbox knows nothing: any JSON.
fn unknown_attribute(removes: bool, sub: Option<&str>, before: Option<Value>, value: Option<&Value>) -> Option<Value> {
    let value = value.filter(|_| !removes).cloned();
    let Some(sub) = sub else { return value };
    let mut object = match before {
        Some(Value::Object(object)) => object,
        Some(_) | None => Map::new(),
    };
    match value {
        Some(value) => {
            object.insert(sub.to_owned(), value);
        }
        None => {
            object.shift_remove(sub);
        }
    }
    Some(Value::Object(object))
}

/// The values of a multi-valued attribute under an operation.
struct Elements<'a> {
    known: &'static Attribute,
    path: &'a str,
    elements: Vec<Value>,
}

impl Elements<'_> {
    fn operate(&mut self, op: Op, target: &AttributeTarget, value: Option<&Value>) -> Result<(), Refusal> {
        let part = target.sub.as_deref().and_then(|sub| self.known.part(sub));
        match (&target.chosen, part) {
            (None, None) => self.whole(op, value),
            (None, Some(part)) => {
                if self.elements.is_empty() && op != Op::Remove {
                    self.elements.push(Value::Object(Map::new()));
                }
                let all: Vec<usize> = (0..self.elements.len()).collect();
                self.parts(&all, part, op, value)
            }
            (Some(chosen), part) => {
                let matching = |(at, element): (usize, &Value)| {
                    element
                        .as_object()
                        .is_some_and(|element| chosen.check.passes(Subject::Element(element)))
                        .then_some(at)
                };
                let mut places: Vec<usize> = self.elements.iter().enumerate().filter_map(matching).collect();
                if places.is_empty() {
                    match op {
                        Op::Remove => return Ok(()),
                        Op::Replace => {
                            let detail =
                                format!("no value of `{}` is chosen by `{}`", self.known.name, shortened(self.path));
                            return Err(Refusal::new(ScimType::NoTarget, detail));
                        }
                        // Entra adds the work e-mail of somebody who has none by this path.
                        Op::Add => {
                            places.push(self.elements.len());
                            self.elements.push(Value::Object(chosen.seed.clone()));
                        }
                    }
                }
                match part {
                    Some(part) => self.parts(&places, part, op, value),
                    None => self.chosen(&places, op, value),
                }
            }
        }
    }

    fn read(&self, value: Option<&Value>) -> Result<Vec<Value>, Refusal> {
        let value = value.map_or(Ok(None), |value| coerce(self.known, value, self.path))?;
        Ok(match value {
            Some(Value::Array(list)) => list,
            Some(_) | None => Vec::new(),
        })
    }

    fn whole(&mut self, op: Op, value: Option<&Value>) -> Result<(), Refusal> {
        let values = self.read(value)?;
        match op {
            Op::Replace => self.elements = values,
            // Entra's older dialect: the values to remove are listed. An element goes
            // when it has all that is said of it.
            Op::Remove if !values.is_empty() => {
                self.elements.retain(|element| !values.iter().any(|value| contains(element, value)));
            }
            Op::Remove => self.elements.clear(),
            Op::Add => {
                for value in values {
                    if self.elements.len() > MOST_VALUES {
                        return Err(too_many(self.known.name));
                    }
                    if self.elements.contains(&value) {
                        continue;
                    }
                    self.elements.push(value);
                    self.settle_primary(self.elements.len() - 1);
                }
            }
        }
        Ok(())
    }

    fn parts(
        &mut self,
        places: &[usize],
        part: &'static Attribute,
        op: Op,
        value: Option<&Value>,
    ) -> Result<(), Refusal> {
        for place in places {
            if let Some(object) = self.elements[*place].as_object_mut() {
                set_part(object, part, op, value, self.path)?;
            }
            self.settle_primary(*place);
        }
        self.elements.retain(|element| !body::is_empty(element));
        Ok(())
    }

    fn chosen(&mut self, places: &[usize], op: Op, value: Option<&Value>) -> Result<(), Refusal> {
        let value = self.read(value)?.into_iter().next().filter(|_| op != Op::Remove);
        let Some(Value::Object(value)) = value else {
            for place in places.iter().rev() {
                self.elements.remove(*place);
            }
            return Ok(());
        };
        for place in places {
            let before = match (op, self.elements[*place].take()) {
                (Op::Add, Value::Object(before)) => before,
                (Op::Add | Op::Replace | Op::Remove, _) => Map::new(),
            };
            self.elements[*place] = merged(before, value.clone());
            self.settle_primary(*place);
        }
        Ok(())
    }

    /// A value that becomes primary makes all others not so (RFC 7644 §3.5.2).
    fn settle_primary(&mut self, place: usize) {
        if !is_primary(&self.elements[place]) {
            return;
        }
        for (at, element) in self.elements.iter_mut().enumerate() {
            if let Some(primary) = element.get_mut("primary").filter(|_| at != place) {
                *primary = false.into();
            }
        }
    }
}

/// Whether `element` has every sub-attribute of `value`.
fn contains(element: &Value, value: &Value) -> bool {
    match value.as_object() {
        Some(value) => value.iter().all(|(key, value)| element.get(key) == Some(value)),
        None => element == value,
    }
}

/// What an element must have at least to pass `[…]`: the equalities in it.
fn seed(known: &'static Attribute, filter: &ValFilter) -> Map<String, Value> {
    let mut seed = Map::new();
    let list = match filter {
        ValFilter::And(list) => list.as_slice(),
        single => std::slice::from_ref(single),
    };
    for filter in list {
        if let ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, value)) = filter
            && let Some(part) = known.part(&path.name)
        {
            let value = match value {
                CompValue::Str(text) => Value::from(text.as_str()),
                CompValue::True => true.into(),
                CompValue::False => false.into(),
                CompValue::Null | CompValue::Number(_) => continue,
            };
            if let Ok(Some(value)) = coerce(part, &value, part.name) {
                seed.insert(part.name.into(), value);
            }
        }
    }
    seed
}
