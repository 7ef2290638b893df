//! PATCH (RFC 7644 §3.5.2), and Entra's older dialect of it: capitalised
//! operations, `"True"`, dotted keys without a path, and members removed by a
//! list of values.
//!
//! Operations are done on a copy. The caller stores it only if all went well,
//! so a bad operation undoes the good ones before it.

use std::collections::HashSet;

use scim_v2::filter::PatchPath;
use serde_json::{Map, Value};

use super::{
    attributes::{Attribute, Mutability},
    body::{self, MOST_VALUES, coerce, get, too_many},
    check::{Check, Subject},
    elements::{Chosen, Elements, Op, merged, seed, set_part},
    filter,
    refusal::{Refusal, ScimType, shortened},
    schema::{self, Found},
};
use crate::sandbox::store::{Content, ResourceKind, Store};

/// The schema that a PATCH body must name.
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The most operations in one request.
const MOST_OPERATIONS: usize = 10_000;

/// The longest path, in bytes: room for a few hundred members by id.
const LONGEST_PATH: usize = 32 * 1024;

/// The most members that one request may look at with filters that are more than ids.
const MOST_LOOKS: usize = 5_000_000;

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
            if own {
                continue;
            }
            if value.is_object() && self.names_new_extension(key) {
                self.extension(op, key, Some(value))?;
            } else {
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
        if path.len() > LONGEST_PATH {
            let detail = format!("a path has {LONGEST_PATH} bytes at most");
            return Err(Refusal::new(ScimType::InvalidPath, detail));
        }
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

    /// Whether a key without a path is the URN of an extension that nobody knows yet,
    /// and not an attribute of one that is known.
    fn names_new_extension(&self, key: &str) -> bool {
        let below = |urn: &str| {
            key.get(..urn.len()).is_some_and(|head| head.eq_ignore_ascii_case(urn))
                && (key.len() == urn.len() || key[urn.len()..].starts_with(':'))
        };
        let there = self.content.attributes.keys().map(String::as_str);
        schema::is_urn(key) && ![schema::urn(self.kind), schema::ENTERPRISE].into_iter().chain(there).any(below)
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
                let gone: HashSet<_> = body::member_ids(value)?.into_iter().collect();
                members.retain(|id, _| !gone.contains(id.as_ref()));
            }
            (Op::Remove, Some(check), _) => match check.only_member_ids() {
                Some(ids) if ids.len() == 1 => {
                    members.shift_remove(ids[0]);
                }
                Some(ids) => {
                    let gone: HashSet<_> = ids.into_iter().collect();
                    members.retain(|id, _| !gone.contains(id.as_ref()));
                }
                None => {
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
        let part = target.sub.as_deref().and_then(|sub| known.part(sub));
        let mut list = Elements { known, path: &target.path, elements };
        list.operate(op, target.chosen.as_ref(), part, value)?;
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ENTERPRISE: &str = schema::ENTERPRISE;

    fn user() -> Value {
        json!({
            "userName": "ada@example.com", "active": true, "title": "Countess",
            "name": {"givenName": "Ada", "familyName": "Lovelace"},
            "emails": [{"value": "ada@example.com", "type": "work", "primary": true}, {"value": "a@home.org", "type": "home"}],
            (ENTERPRISE): {"department": "Engines", "manager": {"value": "7"}},
        })
    }

    /// The user after operations, or the refusal.
    fn patched(operations: &Value) -> Result<Value, Refusal> {
        let store = Store::in_memory();
        let before = body::read(ResourceKind::User, &user(), &store).unwrap();
        let patch = json!({"schemas": [PATCH_OP], "Operations": operations});
        let after = apply(ResourceKind::User, &before, &patch, &store)?;
        Ok(Value::Object(after.attributes))
    }

    fn one(op: &str, path: &str, value: &Value) -> Result<Value, Refusal> {
        patched(&json!([{"op": op, "path": path, "value": value}]))
    }

    fn without_path(value: &Value) -> Value {
        patched(&json!([{"op": "replace", "value": value}])).unwrap()
    }

    fn refused(operations: &Value) -> ScimType {
        patched(operations).unwrap_err().scim_type.unwrap()
    }

    #[test]
    fn a_simple_attribute_is_added_replaced_and_removed() {
        assert_eq!(one("add", "nickName", &json!("A")).unwrap()["nickName"], "A");
        assert_eq!(one("add", "title", &json!("Lady")).unwrap()["title"], "Lady");
        assert_eq!(one("replace", "TITLE", &json!("Lady")).unwrap()["title"], "Lady");
        for gone in [
            json!([{"op": "remove", "path": "title"}]),
            json!([{"op": "replace", "path": "title", "value": null}]),
            json!([{"op": "replace", "value": {"title": null}}]),
        ] {
            assert_eq!(patched(&gone).unwrap().get("title"), None);
        }
        assert_eq!(patched(&json!([{"op": "remove", "path": "nickName"}])).unwrap(), user());
    }

    #[test]
    fn a_complex_attribute_keeps_what_is_not_named() {
        let whole = json!({"givenName": "Augusta", "familyName": "Lovelace"});
        assert_eq!(one("replace", "name", &json!({"givenName": "Augusta"})).unwrap()["name"], whole);
        assert_eq!(one("replace", "name.givenName", &json!("Augusta")).unwrap()["name"], whole);
        assert_eq!(without_path(&json!({"name": {"givenName": "Augusta"}}))["name"], whole);
        assert_eq!(one("remove", "name.givenName", &json!(null)).unwrap()["name"], json!({"familyName": "Lovelace"}));
        assert_eq!(one("remove", "name", &json!(null)).unwrap().get("name"), None);
    }

    #[test]
    fn entras_older_dialect_is_understood() {
        assert_eq!(one("Replace", "active", &json!("False")).unwrap()["active"], json!(false));
        assert_eq!(one("ADD", "active", &json!("true")).unwrap()["active"], json!(true));
        assert_eq!(without_path(&json!({"active": "False"}))["active"], json!(false));
        assert_eq!(without_path(&json!({"name.givenName": "Augusta"}))["name"]["givenName"], "Augusta");
        let key = format!("{ENTERPRISE}:department");
        assert_eq!(without_path(&json!({(key): "Sales"}))[ENTERPRISE]["department"], "Sales");
        let mail = without_path(&json!({"emails[type eq \"work\"].value": "x@example.com"}));
        assert_eq!(mail["emails"][0]["value"], "x@example.com");
        let manager = one("Add", &format!("{ENTERPRISE}:manager"), &json!([{"value": "9"}])).unwrap();
        assert_eq!(manager[ENTERPRISE]["manager"], json!({"value": "9"}));
        let removed = one("Remove", "emails", &json!([{"value": "a@home.org"}])).unwrap();
        assert_eq!(removed["emails"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn extensions_are_changed_by_urn_in_every_spelling() {
        let sales = json!({"department": "Sales", "manager": {"value": "7"}});
        assert_eq!(one("replace", &format!("{ENTERPRISE}:department"), &json!("Sales")).unwrap()[ENTERPRISE], sales);
        assert_eq!(one("add", ENTERPRISE, &json!({"department": "Sales"})).unwrap()[ENTERPRISE], sales);
        assert_eq!(without_path(&json!({(ENTERPRISE): {"department": "Sales"}}))[ENTERPRISE], sales);
        let lower = format!("{}:DEPARTMENT", ENTERPRISE.to_lowercase());
        assert_eq!(one("replace", &lower, &json!("Sales")).unwrap()[ENTERPRISE], sales);
        assert_eq!(one("remove", ENTERPRISE, &json!(null)).unwrap().get(ENTERPRISE), None);
        let manager = one("replace", &format!("{ENTERPRISE}:manager.value"), &json!("9")).unwrap();
        assert_eq!(manager[ENTERPRISE]["manager"]["value"], "9");
        let core = one("replace", "urn:ietf:params:scim:schemas:core:2.0:User:title", &json!("Lady")).unwrap();
        assert_eq!(core["title"], "Lady");
    }

    #[test]
    fn an_unknown_extension_can_hold_anything_and_goes_with_its_last_attribute() {
        let shoe = "urn:acme:2.0:User:shoe";
        assert_eq!(one("add", shoe, &json!({"size": 43})).unwrap()["urn:acme:2.0:User"], json!({"shoe": {"size": 43}}));
        let whole = without_path(&json!({"urn:acme:2.0:User": {"shoe": 43}}));
        assert_eq!(whole["urn:acme:2.0:User"], json!({"shoe": 43}));
        let more = patched(&json!([
            {"op": "add", "value": {"urn:acme:2.0:User": {"shoe": 43}}},
            {"op": "add", "value": {"URN:acme:2.0:User:hat": {"size": 7}}},
        ]));
        assert_eq!(more.unwrap()["urn:acme:2.0:User"], json!({"shoe": 43, "hat": {"size": 7}}));
        let both = patched(&json!([
            {"op": "add", "path": shoe, "value": {"size": 43}},
            {"op": "remove", "path": "URN:ACME:2.0:USER:SHOE"},
        ]));
        assert_eq!(both.unwrap(), user());
    }

    #[test]
    fn elements_are_chosen_by_value_paths() {
        let work = r#"emails[type eq "work"].value"#;
        assert_eq!(one("replace", work, &json!("x@example.com")).unwrap()["emails"][0]["value"], "x@example.com");
        let only_home = json!([{"value": "a@home.org", "type": "home"}]);
        assert_eq!(one("remove", r#"emails[type eq "work"]"#, &json!(null)).unwrap()["emails"], only_home);
        let both = r#"emails[type eq "work" and value co "example"].display"#;
        assert_eq!(one("add", both, &json!("Work")).unwrap()["emails"][0]["display"], "Work");
        let not = r#"emails[not(type eq "home")]"#;
        assert_eq!(one("remove", not, &json!(null)).unwrap()["emails"], only_home);
        let replaced = one("replace", r#"emails[type eq "home"]"#, &json!({"value": "b@home.org"})).unwrap();
        assert_eq!(replaced["emails"][1], json!({"value": "b@home.org"}));
        assert_eq!(one("remove", r#"emails[primary eq True].display"#, &json!(null)).unwrap(), user());
    }

    #[test]
    fn a_value_that_nothing_matches_can_be_added_and_removed_but_not_replaced() {
        let phone = r#"phoneNumbers[type eq "mobile"].value"#;
        let made = json!([{"type": "mobile", "value": "+14155550100"}]);
        assert_eq!(one("add", phone, &json!("+14155550100")).unwrap()["phoneNumbers"], made);
        assert_eq!(refused(&json!([{"op": "replace", "path": phone, "value": "+14155550100"}])), ScimType::NoTarget);
        assert_eq!(one("remove", phone, &json!(null)).unwrap(), user());
    }

    #[test]
    fn adding_to_a_list_keeps_it_and_adds_nothing_twice() {
        let other = json!([{"value": "o@x.org", "type": "other"}]);
        let emails = one("add", "emails", &other).unwrap()["emails"].clone();
        assert_eq!(emails.as_array().unwrap().len(), 3);
        let same = json!([{"value": "a@home.org", "type": "home"}]);
        assert_eq!(one("add", "emails", &same).unwrap(), user());
        assert_eq!(one("replace", "emails", &other).unwrap()["emails"], other);
        assert_eq!(one("add", "emails", &other[0]).unwrap()["emails"], emails);
        assert_eq!(one("replace", "emails", &json!([])).unwrap().get("emails"), None);
    }

    #[test]
    fn a_new_primary_value_makes_the_old_one_an_ordinary_one() {
        let added = one("add", "emails", &json!([{"value": "n@x.org", "primary": true}])).unwrap();
        let primary: Vec<_> = added["emails"].as_array().unwrap().iter().map(|mail| mail.get("primary")).collect();
        assert_eq!(primary, [Some(&json!(false)), None, Some(&json!(true))]);
        let chosen = one("replace", r#"emails[type eq "home"].primary"#, &json!(true)).unwrap();
        assert_eq!((&chosen["emails"][0]["primary"], &chosen["emails"][1]["primary"]), (&json!(false), &json!(true)));
        let two = json!([{"value": "a@x.org", "primary": true}, {"value": "b@x.org", "primary": true}]);
        assert_eq!(one("replace", "emails", &two).unwrap_err().scim_type, Some(ScimType::InvalidValue));
    }

    #[test]
    fn what_cannot_be_done_says_so_by_its_scim_type() {
        for (operation, expected) in [
            (json!({"op": "replace", "path": "shoeSize", "value": 1}), ScimType::InvalidPath),
            (json!({"op": "replace", "path": "name.first", "value": "A"}), ScimType::InvalidPath),
            (json!({"op": "replace", "path": "emails[", "value": "A"}), ScimType::InvalidPath),
            (json!({"op": "replace", "path": "title[value eq \"x\"]", "value": "A"}), ScimType::InvalidPath),
            (json!({"op": "replace", "path": "emails[color eq \"x\"]", "value": "A"}), ScimType::InvalidPath),
            (json!({"op": "replace", "path": 3, "value": "A"}), ScimType::InvalidPath),
            (json!({"op": "replace", "path": "id", "value": "7"}), ScimType::Mutability),
            (json!({"op": "replace", "path": "meta.created", "value": "7"}), ScimType::Mutability),
            (json!({"op": "replace", "path": "schemas", "value": ["x"]}), ScimType::Mutability),
            (
                json!({"op": "replace", "path": format!("{ENTERPRISE}:manager.displayName"), "value": "B"}),
                ScimType::Mutability,
            ),
            (json!({"op": "remove", "path": "userName"}), ScimType::Mutability),
            (json!({"op": "remove"}), ScimType::NoTarget),
            (json!({"op": "replace", "path": "userName", "value": "ada"}), ScimType::InvalidValue),
            (json!({"op": "replace", "path": "active", "value": "perhaps"}), ScimType::InvalidValue),
            (json!({"op": "replace", "path": "title", "value": {"a": 1}}), ScimType::InvalidValue),
            (json!({"op": "replace", "path": "title"}), ScimType::InvalidValue),
            (json!({"op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": "7"}), ScimType::InvalidValue),
            (json!({"op": "add", "value": "x"}), ScimType::InvalidValue),
            (json!({"op": "move", "path": "title"}), ScimType::InvalidSyntax),
            (json!("replace"), ScimType::InvalidSyntax),
        ] {
            assert_eq!(refused(&json!([operation])), expected, "{operation}");
        }
        assert_eq!(refused(&json!([])), ScimType::InvalidSyntax);
        let patch = json!({"Operations": [{"op": "remove", "path": "title"}]});
        let without_schemas = apply(ResourceKind::User, &Content::default(), &patch, &Store::in_memory());
        assert_eq!(without_schemas.unwrap_err().scim_type, Some(ScimType::InvalidSyntax));
    }

    #[test]
    fn lists_do_not_grow_without_end() {
        let many: Vec<Value> = (0..101).map(|n| json!({"value": format!("{n}@x.org")})).collect();
        assert_eq!(one("add", "emails", &json!(many)).unwrap_err().scim_type, Some(ScimType::TooMany));
        let by_one: Vec<Value> =
            many.iter().map(|mail| json!({"op": "add", "path": "emails", "value": mail})).collect();
        assert_eq!(refused(&json!(by_one)), ScimType::TooMany);
        let operations = vec![json!({"op": "remove", "path": "title"}); 10_001];
        assert_eq!(refused(&json!(operations)), ScimType::TooMany);
    }

    /// The members of a group of users `0`, `1` and `2`, of `0` to `4`, after operations.
    fn members_after(operations: &Value) -> Result<Vec<String>, Refusal> {
        let mut store = Store::in_memory();
        for n in 0..5 {
            let user = json!({"userName": format!("u{n}@example.com")});
            let content = body::read(ResourceKind::User, &user, &store).unwrap();
            store.insert(ResourceKind::User, Some(n.to_string().into()), content, Timestamp::UNIX_EPOCH).unwrap();
        }
        let group = json!({"displayName": "G", "members": [{"value": "0"}, {"value": "1"}, {"value": "2"}]});
        let before = body::read(ResourceKind::Group, &group, &store).unwrap();
        let patch = json!({"schemas": [PATCH_OP], "Operations": operations});
        let after = apply(ResourceKind::Group, &before, &patch, &store)?;
        Ok(after.members.keys().map(ToString::to_string).collect())
    }

    #[test]
    fn members_are_added_and_removed_in_every_spelling() {
        for (operations, expected) in [
            (
                json!([{"op": "add", "path": "members", "value": [{"value": "3"}, {"value": "1"}]}]),
                vec!["0", "1", "2", "3"],
            ),
            (json!([{"op": "Add", "path": "members", "value": {"value": "3"}}]), vec!["0", "1", "2", "3"]),
            (json!([{"op": "add", "value": {"members": [{"value": "4"}]}}]), vec!["0", "1", "2", "4"]),
            (json!([{"op": "remove", "path": "members[value eq \"1\"]"}]), vec!["0", "2"]),
            (json!([{"op": "remove", "path": "members[value eq \"4\"]"}]), vec!["0", "1", "2"]),
            (json!([{"op": "remove", "path": "members[value eq \"0\" or value eq \"2\"]"}]), vec!["1"]),
            (json!([{"op": "remove", "path": "members[type eq \"User\"]"}]), vec![]),
            (json!([{"op": "Remove", "path": "members", "value": [{"value": "1"}, {"value": "9"}]}]), vec!["0", "2"]),
            (json!([{"op": "remove", "path": "members"}]), vec![]),
            (json!([{"op": "replace", "path": "members", "value": [{"value": "4"}]}]), vec!["4"]),
            (json!([{"op": "replace", "value": {"members": [{"value": "4"}]}}]), vec!["4"]),
            (json!([{"op": "replace", "path": "members", "value": []}]), vec![]),
            (json!([{"op": "add", "path": "members", "value": []}]), vec!["0", "1", "2"]),
        ] {
            assert_eq!(members_after(&operations).unwrap(), expected, "{operations}");
        }
        let twenty: Vec<Value> =
            (0..20).map(|n| json!({"op": "remove", "path": format!("members[value eq \"{n}\"]")})).collect();
        assert_eq!(members_after(&json!(twenty)).unwrap(), [""; 0]);
    }

    #[test]
    fn members_that_nobody_knows_or_that_are_to_be_changed_are_refused() {
        for (operation, expected) in [
            (json!({"op": "add", "path": "members", "value": [{"value": "9"}]}), ScimType::InvalidValue),
            (json!({"op": "add", "path": "members", "value": ["1"]}), ScimType::InvalidValue),
            (json!({"op": "replace", "path": "members[value eq \"1\"].value", "value": "2"}), ScimType::Mutability),
            (json!({"op": "remove", "path": "displayName"}), ScimType::Mutability),
        ] {
            let refusal = members_after(&json!([operation])).unwrap_err();
            assert_eq!(refusal.scim_type, Some(expected), "{operation}");
        }
    }

    /// Pieces of operations, right and wrong.
    fn operation() -> impl Strategy<Value = Value> {
        let op = prop::sample::select(vec!["add", "Replace", "remove", "REMOVE", "x"]);
        let attribute = prop::sample::select(vec![
            "userName",
            "name",
            "emails",
            "EMAILS",
            "active",
            "members",
            "displayName",
            "schemas",
            "id",
            "x",
            "",
            ENTERPRISE,
            "urn:a:b",
        ]);
        let chosen =
            prop::sample::select(vec!["", "[", "[]", "[type eq \"work\"]", "[value pr]", "[not(primary eq True)]"]);
        let sub = prop::sample::select(vec![
            "",
            ".",
            ".value",
            ".givenName",
            ".primary",
            ":manager",
            ":manager.value",
            ".a.b",
        ]);
        let value = prop::sample::select(vec![
            json!(null),
            json!("x"),
            json!("True"),
            json!(true),
            json!(7),
            json!([]),
            json!({}),
            json!({"value": "x"}),
            json!([{"value": "x", "type": "work", "primary": true}]),
            json!([[]]),
            json!({"givenName": "x"}),
            json!({"emails": [{"value": 1}]}),
            json!({"a@example.com": {"": null}}),
            json!("b@example.com"),
        ]);
        (op, attribute, chosen, sub, value, any::<bool>()).prop_map(|(op, attribute, chosen, sub, value, with_path)| {
            let mut operation = json!({"op": op, "value": value});
            if with_path {
                operation["path"] = format!("{attribute}{chosen}{sub}").into();
            }
            operation
        })
    }

    proptest! {
        #[test]
        fn whatever_is_patched_is_refused_or_leaves_a_valid_resource(operations in prop::collection::vec(operation(), 1..6)) {
            let store = Store::in_memory();
            let group = json!({"displayName": "G"});
            for (kind, before) in [(ResourceKind::User, user()), (ResourceKind::Group, group)] {
                let before = body::read(kind, &before, &store).unwrap();
                let patch = json!({"schemas": [PATCH_OP], "Operations": operations});
                if let Ok(after) = apply(kind, &before, &patch, &store) {
                    // Written out and read in again, it is the same: no attribute of a wrong type or spelling got in.
                    let again = body::read(kind, &Value::Object(after.attributes.clone()), &store).unwrap();
                    prop_assert_eq!(again, after);
                }
            }
        }
    }
}
