//! The body of a `POST`: flat paths become a nested resource.

use serde_json::{Map, Value as Json, json as object};

use super::{Resolve, WriteError, json};
use crate::{
    names::{AttrPath, eq_fold},
    plan::NewObject,
};

pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// Multi-valued attributes of RFC 7643 §4.1.2, which are lists also with one value.
const LISTS: [&str; 9] =
    ["emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles", "x509Certificates"];

pub(super) fn body(core: &str, attributes: &NewObject, resolve: Resolve<'_>) -> Result<Json, WriteError> {
    let mut schemas = vec![core.to_owned()];
    let mut body = Map::new();
    body.insert("schemas".to_owned(), Json::Null);
    for (path, sent) in attributes.iter() {
        let value = json(path, &sent, resolve)?;
        match path.schema() {
            None => set(&mut body, path, value),
            Some(urn) => {
                if !schemas.iter().any(|known| eq_fold(known, urn)) {
                    schemas.push(urn.to_owned());
                }
                set(record(member(&mut body, urn)), path, value);
            }
        }
    }
    body.insert("schemas".to_owned(), Json::from(schemas));
    Ok(Json::Object(body))
}

/// Puts a value where its path says, below the resource or an extension.
fn set(home: &mut Map<String, Json>, path: &AttrPath, value: Json) {
    let top = member(home, path.attribute());
    let Some(selector) = path.selector() else {
        match path.sub() {
            None => *top = value,
            Some(sub) if LISTS.iter().any(|list| eq_fold(list, path.attribute())) => {
                let items = list(top);
                if items.is_empty() {
                    items.push(object!({}));
                }
                // A list that was begun by another path: its first entry is meant.
                if let Some(first) = items.first_mut() {
                    *member(record(first), sub) = value;
                }
            }
            Some(sub) => *member(record(top), sub) = value,
        }
        return;
    };
    let items = list(top);
    let chosen = selector.value.to_json();
    let at = items.iter().position(|item| item.get(&*selector.attribute) == Some(&chosen)).unwrap_or_else(|| {
        let mut item = Map::new();
        item.insert(selector.attribute.to_string(), chosen);
        items.push(Json::Object(item));
        items.len() - 1
    });
    let item = record(&mut items[at]);
    match (path.sub(), value) {
        (Some(sub), value) => *member(item, sub) = value,
        (None, Json::Object(members)) => item.extend(members),
        (None, value) => *member(item, "value") = value,
    }
}

/// The member with this name, without case, made if it is not there.
fn member<'a>(object: &'a mut Map<String, Json>, name: &str) -> &'a mut Json {
    let known = object.keys().find(|key| eq_fold(key, name)).cloned();
    object.entry(known.unwrap_or_else(|| name.to_owned())).or_insert(Json::Null)
}

/// The value as a record; what else it was gives way.
fn record(value: &mut Json) -> &mut Map<String, Json> {
    if !value.is_object() {
        *value = Json::Object(Map::new());
    }
    value.as_object_mut().expect("it was made an object above")
}

/// The value as a list; a single value becomes its first.
fn list(value: &mut Json) -> &mut Vec<Json> {
    if !value.is_array() {
        let first = Some(value.take()).filter(|value| !value.is_null());
        *value = Json::Array(first.into_iter().collect());
    }
    value.as_array_mut().expect("it was made a list above")
}
