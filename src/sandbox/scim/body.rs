//! Bodies of users and groups: from JSON to [`Content`] by the schema, and back.
//!
//! What the core schema does not know is refused; what an extension holds is
//! kept, known or not. Values must have the schema's type, except that
//! `"True"` and `"False"` are booleans too, as Entra has sent them for years.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{
    attributes::{self, Attribute, Mutability, Shape},
    refusal::{Refusal, ScimType, shortened},
    schema,
};
use crate::{
    names::{Text, near_miss},
    sandbox::store::{Content, Resource, ResourceKind, Store},
};

/// The most values that a multi-valued attribute may have; members are not bounded.
pub(crate) const MOST_VALUES: usize = 100;

/// Reads a whole resource, as POST and PUT send it. Read-only attributes are
/// left out (RFC 7644 §3.3).
pub(crate) fn read(kind: ResourceKind, body: &Value, store: &Store) -> Result<Content, Refusal> {
    let Value::Object(body) = body else {
        return Err(Refusal::new(ScimType::InvalidSyntax, "a resource is a JSON object"));
    };
    let mut content = Content::default();
    for (key, value) in body {
        if schema::is_urn(key) {
            read_extension(kind, key, value, &mut content)?;
            continue;
        }
        // `groups` is read-only and not kept: a user that was read elsewhere can still be written.
        if kind == ResourceKind::User && key.eq_ignore_ascii_case("groups") {
            continue;
        }
        let Some(found) = schema::resolve(kind, None, key) else {
            return Err(unknown(kind, key));
        };
        if is_members(kind, &found.name) {
            content.members = members(value, store)?;
        } else if let Some(known) = found.known
            && known.mutability == Mutability::ReadWrite
            && found.name != "schemas"
            && let Some(value) = coerce(known, value, known.name)?
            && content.attributes.insert(found.name, value).is_some()
        {
            return Err(Refusal::new(ScimType::InvalidSyntax, format!("`{}` stands there twice", known.name)));
        }
    }
    check(kind, &content)?;
    Ok(content)
}

fn read_extension(kind: ResourceKind, urn: &str, value: &Value, content: &mut Content) -> Result<(), Refusal> {
    if urn.eq_ignore_ascii_case(schema::urn(kind)) {
        return Err(Refusal::new(
            ScimType::InvalidSyntax,
            "the attributes of the core schema stand at the top, not under its URN",
        ));
    }
    let values = match value {
        Value::Null => return Ok(()),
        Value::Object(values) => values,
        _ => return Err(wrong_type(urn, "an object")),
    };
    let mut kept = Map::new();
    let mut home = urn.to_owned();
    // Some clients name the schema again inside its extension.
    for (name, value) in values.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("schemas")) {
        let Some(found) = schema::resolve(kind, Some(urn), name) else { continue };
        home = found.home.unwrap_or(home);
        let value = match found.known {
            Some(known) if known.mutability == Mutability::ReadOnly => None,
            Some(known) => coerce(known, value, known.name)?,
            None => Some(value.clone()).filter(|value| !is_empty(value)),
        };
        if let Some(value) = value {
            kept.insert(found.name, value);
        }
    }
    if !kept.is_empty() && content.attributes.insert(home, Value::Object(kept)).is_some() {
        return Err(Refusal::new(ScimType::InvalidSyntax, format!("`{}` stands there twice", shortened(urn))));
    }
    Ok(())
}

/// Whether this is the attribute that is kept apart from the others.
pub(crate) fn is_members(kind: ResourceKind, name: &str) -> bool {
    kind == ResourceKind::Group && name.eq_ignore_ascii_case("members")
}

/// The error for an attribute that the core schema does not have.
pub(crate) fn unknown(kind: ResourceKind, name: &str) -> Refusal {
    let mut detail = format!("a {} has no attribute `{}`", kind.name(), shortened(name));
    if let Some(near) = near_miss(&shortened(name), schema::core(kind).iter().map(|known| known.name)) {
        detail.push_str(&format!("; did you mean `{near}`?"));
    }
    Refusal::new(ScimType::InvalidSyntax, detail)
}

/// The value of a key, without case.
pub(crate) fn get<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).or_else(|| object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value))
}
/// Whether a value counts as absent (RFC 7643 §2.5).
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Reads the members of a group. Each must be a user or group that is known.
pub(crate) fn members(value: &Value, store: &Store) -> Result<IndexMap<Text, ResourceKind>, Refusal> {
    member_ids(value)?
        .into_iter()
        .map(|id| match store.kind_of(id) {
            Some(kind) => Ok((Text::from(id), kind)),
            None => Err(Refusal::new(
                ScimType::InvalidValue,
                format!("no user or group has the id `{}` given in `members`", shortened(id)),
            )),
        })
        .collect()
}

/// The ids in a list of members; one object counts as a list of one.
pub(crate) fn member_ids(value: &Value) -> Result<Vec<&str>, Refusal> {
    let list = match value {
        Value::Null => &[],
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    list.iter()
        .map(|member| {
            let object = member.as_object().ok_or_else(|| wrong_type("members", "a list of objects with `value`"))?;
            let value = object.iter().find(|(key, _)| key.eq_ignore_ascii_case("value")).map(|(_, value)| value);
            value.and_then(Value::as_str).ok_or_else(|| wrong_type("members.value", "the id of a user or group"))
        })
        .collect()
}

/// Brings a value into the attribute's type. `None` means absent.
pub(crate) fn coerce(attribute: &Attribute, value: &Value, path: &str) -> Result<Option<Value>, Refusal> {
    if is_empty(value) {
        return Ok(None);
    }
    if !attribute.many {
        // Entra wraps a single manager in a list.
        let single = match value {
            Value::Array(list) if list.len() == 1 && matches!(attribute.shape, Shape::Complex(_)) => &list[0],
            other => other,
        };
        return one(attribute, single, path);
    }
    let list = match value {
        Value::Array(list) => list.as_slice(),
        single => std::slice::from_ref(single),
    };
    if list.len() > MOST_VALUES {
        return Err(too_many(path));
    }
    let mut values = Vec::with_capacity(list.len());
    for value in list {
        let value = one(attribute, value, path)?;
        values.extend(value.filter(|value| !values.contains(value)));
    }
    Ok(Some(Value::Array(values)).filter(|values| !is_empty(values)))
}

/// The error for a multi-valued attribute with more values than the sandbox keeps.
pub(crate) fn too_many(path: &str) -> Refusal {
    Refusal::new(ScimType::TooMany, format!("`{path}` can have {MOST_VALUES} values at most"))
}

fn one(attribute: &Attribute, value: &Value, path: &str) -> Result<Option<Value>, Refusal> {
    match (attribute.shape, value) {
        (_, Value::Null) => Ok(None),
        (Shape::Text | Shape::Binary | Shape::Reference(_) | Shape::Time, Value::String(_))
        | (Shape::Boolean, Value::Bool(_)) => Ok(Some(value.clone())),
        (Shape::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true.into())),
        (Shape::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false.into())),
        (Shape::Complex(parts), Value::Object(values)) => {
            let mut kept = Map::new();
            for (key, value) in values {
                let Some(part) = attributes::find(parts, key) else {
                    return Err(Refusal::new(
                        ScimType::InvalidSyntax,
                        format!("`{path}` has no sub-attribute `{}`", shortened(key)),
                    ));
                };
                let value = coerce(part, value, &format!("{path}.{}", part.name))?;
                if let Some(value) = value.filter(|_| part.mutability != Mutability::ReadOnly)
                    && kept.insert(part.name.into(), value).is_some()
                {
                    let detail = format!("`{path}.{}` stands there twice", part.name);
                    return Err(Refusal::new(ScimType::InvalidSyntax, detail));
                }
            }
            Ok(Some(Value::Object(kept)).filter(|value| !is_empty(value)))
        }
        (Shape::Text | Shape::Binary | Shape::Reference(_) | Shape::Time, _) => Err(wrong_type(path, "text")),
        (Shape::Boolean, _) => Err(wrong_type(path, "true or false")),
        (Shape::Complex(_), _) => Err(wrong_type(path, "an object")),
    }
}

/// The error for a value of the wrong type.
pub(crate) fn wrong_type(path: &str, expected: &str) -> Refusal {
    Refusal::new(ScimType::InvalidValue, format!("`{}` must be {expected}", shortened(path)))
}

/// What must hold of every resource, however it came to be.
pub(crate) fn check(kind: ResourceKind, content: &Content) -> Result<(), Refusal> {
    let name = content.name(kind);
    let naming = kind.naming_attribute();
    if name.trim().is_empty() {
        return Err(Refusal::new(ScimType::InvalidValue, format!("`{naming}` is required")));
    }
    if kind == ResourceKind::User && !is_email(name) {
        return Err(Refusal::new(
            ScimType::InvalidValue,
            format!("`userName` must be an e-mail address, and `{}` is not", shortened(name)),
        ));
    }
    for (name, value) in &content.attributes {
        let primaries = value.as_array().map_or(0, |list| list.iter().filter(|value| is_primary(value)).count());
        if primaries > 1 {
            return Err(Refusal::new(
                ScimType::InvalidValue,
                format!("`{name}` has {primaries} primary values; one at most can be primary"),
            ));
        }
    }
    Ok(())
}

/// Whether an element of a multi-valued attribute is the primary one.
pub(crate) fn is_primary(value: &Value) -> bool {
    value.get("primary") == Some(&Value::Bool(true))
}

/// Dialpad takes a person's e-mail address as the login. Only what cannot be
/// an address is refused here; RFC 5321 allows more than people think.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let fits = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    text.len() <= 320
        && fits(local)
        && !local.contains('@')
        && domain.contains('.')
        && domain.split('.').all(|label| fits(label) && !label.contains(['@', ',', ';', '<', '>', '"', '/', '\\']))
}

/// The resource as it is sent; without its members when nobody asked for them.
pub(crate) fn write(resource: &Resource, base: &str, with_members: bool) -> Map<String, Value> {
    let kind = resource.kind;
    let location = format!("{base}/{}/{}", kind.endpoint(), resource.id);
    let content = &resource.content;
    let extensions = content.attributes.keys().filter(|key| schema::is_urn(key));
    let schemas: Vec<&str> = std::iter::once(schema::urn(kind)).chain(extensions.map(String::as_str)).collect();
    let mut json = Map::new();
    json.insert("schemas".into(), schemas.into());
    json.insert("id".into(), resource.id.as_ref().into());
    json.extend(content.attributes.iter().map(|(key, value)| (key.clone(), value.clone())));
    if with_members && !content.members.is_empty() {
        let member = |(id, kind): (&Text, &ResourceKind)| json!({"value": id.as_ref(), "type": kind.name(), "$ref": format!("{base}/{}/{id}", kind.endpoint())});
        json.insert("members".into(), content.members.iter().map(member).collect());
    }
    json.insert(
        "meta".into(),
        json!({
            "resourceType": kind.name(),
            "created": resource.created.to_string(),
            "lastModified": resource.modified.to_string(),
            "location": location,
        }),
    );
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(body: &Value) -> Result<Content, Refusal> {
        read(ResourceKind::User, body, &Store::in_memory())
    }

    #[test]
    fn names_take_the_spelling_of_the_schema_and_read_only_ones_are_left_out() {
        let content = user(&json!({
            "USERNAME": "a@example.com", "Name": {"GivenName": "Ada"}, "id": "mine", "meta": {"version": "x"},
            "groups": [{"value": "1"}], "title": null, "emails": [],
        }))
        .unwrap();
        assert_eq!(
            Value::Object(content.attributes),
            json!({"userName": "a@example.com", "name": {"givenName": "Ada"}})
        );
    }

    #[test]
    fn an_unknown_extension_and_unknown_attributes_of_the_enterprise_one_are_kept() {
        let body = json!({
            "userName": "a@example.com",
            (schema::ENTERPRISE.to_lowercase()): {"DEPARTMENT": "Sales", "badge": 7},
            "urn:acme:2.0:User": {"shoe": {"size": [43, null]}},
        });
        let content = user(&body).unwrap();
        assert_eq!(content.attributes[schema::ENTERPRISE], json!({"department": "Sales", "badge": 7}));
        assert_eq!(content.attributes["urn:acme:2.0:User"], json!({"shoe": {"size": [43, null]}}));
    }

    #[test]
    fn what_the_core_schema_does_not_know_is_refused_with_a_near_miss() {
        let refusal = user(&json!({"userName": "a@example.com", "nickname2": "x"})).unwrap_err();
        assert_eq!(refusal.scim_type, Some(ScimType::InvalidSyntax));
        assert!(refusal.detail.contains("did you mean `nickName`?"), "{}", refusal.detail);
        let refusal = user(&json!({"userName": "a@example.com", "name": {"first": "x"}})).unwrap_err();
        assert!(refusal.detail.contains("no sub-attribute `first`"), "{}", refusal.detail);
    }

    #[test]
    fn values_of_the_wrong_type_are_refused_by_name() {
        for (body, path) in [
            (json!({"userName": 3}), "userName"),
            (json!({"userName": "a@example.com", "active": 1}), "active"),
            (json!({"userName": "a@example.com", "active": "yes"}), "active"),
            (json!({"userName": "a@example.com", "name": "Ada"}), "name"),
            (json!({"userName": "a@example.com", "emails": ["a@example.com"]}), "emails"),
            (json!({"userName": "a@example.com", "emails": [{"value": 1}]}), "emails.value"),
            (json!({"userName": "a@example.com", (schema::ENTERPRISE): {"manager": "7"}}), "manager"),
            (json!({"userName": "a@example.com", (schema::ENTERPRISE): []}), schema::ENTERPRISE),
        ] {
            let refusal = user(&body).unwrap_err();
            assert_eq!(refusal.scim_type, Some(ScimType::InvalidValue), "{}", refusal.detail);
            assert!(refusal.detail.starts_with(&format!("`{path}")), "{path}: {}", refusal.detail);
        }
    }

    #[test]
    fn a_user_name_is_an_email_address() {
        for good in ["a@example.com", "o'neill+x@sub.example.co", "zoë@exämple.de", "a.b_c-d@x.io"] {
            assert!(user(&json!({"userName": good})).is_ok(), "{good}");
        }
        for bad in
            ["", " ", "ada", "@example.com", "ada@", "ada@example", "a b@example.com", "a@b@example.com", "a@.com"]
        {
            assert!(user(&json!({"userName": bad})).is_err(), "{bad}");
        }
        assert!(user(&json!({"displayName": "No Name"})).is_err());
    }

    #[test]
    fn entra_writes_booleans_as_text() {
        let content = user(&json!({"userName": "a@example.com", "active": "False"})).unwrap();
        assert_eq!(content.attributes["active"], json!(false));
    }

    #[test]
    fn one_value_at_most_is_primary_and_equal_values_count_once() {
        let email = |value: &str| json!({"value": value, "primary": true});
        let two = user(&json!({"userName": "a@example.com", "emails": [email("a@x.com"), email("b@x.com")]}));
        assert_eq!(two.unwrap_err().scim_type, Some(ScimType::InvalidValue));
        let same = user(&json!({"userName": "a@example.com", "emails": [email("a@x.com"), email("a@x.com")]})).unwrap();
        assert_eq!(same.attributes["emails"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn members_must_be_known_and_count_once() {
        let mut store = Store::in_memory();
        let ada = user(&json!({"userName": "a@example.com"})).unwrap();
        let ada = store.insert(ResourceKind::User, None, ada, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let group = |value: Value| read(ResourceKind::Group, &json!({"displayName": "S", "members": value}), &store);
        let twice = json!([{"value": ada.id.as_ref(), "display": "Ada"}, {"VALUE": ada.id.as_ref()}]);
        assert_eq!(group(twice).unwrap().members.len(), 1);
        assert_eq!(group(json!([{"value": "77"}])).unwrap_err().scim_type, Some(ScimType::InvalidValue));
        assert_eq!(group(json!("77")).unwrap_err().scim_type, Some(ScimType::InvalidValue));
    }
}
