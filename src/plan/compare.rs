//! Comparing by SCIM type: what is equal produces no change.
//!
//! Absent equals empty, booleans equal their texts, e-mail addresses and user
//! names have no case, multi-valued attributes are sets, and what a server adds
//! to a value (`primary: false`, `display`, `$ref`) is not a difference.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{
    live::{AttributeType, Kind, Resource, Schema},
    names::{AttrPath, Text, Value, eq_fold},
};

/// How the values of one target attribute are compared and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    kind: Option<Kind>,
    /// Whether texts are compared with case.
    exact: bool,
    /// Whether the attribute is known to hold several values.
    pub(super) multi_valued: bool,
}

impl Comparison {
    /// How the attribute at `path` is compared. Unknown attributes are compared exactly.
    pub fn of(schema: &Schema, resource: Resource, path: &AttrPath) -> Self {
        let known = schema.get(resource, path);
        let kind = if path.is("active") || path.sub().is_some_and(|sub| sub.eq_ignore_ascii_case("primary")) {
            Some(Kind::Boolean)
        } else {
            known.map(|attribute| attribute.kind)
        };
        let exact = !ignores_case(path) && known.is_none_or(|attribute| attribute.case_exact);
        let top = || schema.get(resource, &path.top()).is_some_and(|attribute| attribute.multi_valued);
        let multi_valued = path.selector().is_none()
            && (known.is_some_and(|attribute| attribute.multi_valued) || path.sub().is_some() && top());
        Self { kind, exact, multi_valued }
    }

    /// The value as it is sent: a real boolean, a real number, or text, as the schema wants it.
    pub fn typed(self, value: Value) -> Value {
        match (self.kind, value) {
            (_, Value::List(items)) => Value::List(items.into_iter().map(|item| self.typed(item)).collect()),
            (Some(Kind::Boolean), Value::Text(text)) => boolean(&text).map_or(Value::Text(text), Value::Boolean),
            (Some(Kind::Integer), Value::Text(text)) => text.parse().map_or(Value::Text(text), Value::Integer),
            (
                Some(Kind::String | Kind::Reference | Kind::Binary),
                value @ (Value::Integer(_) | Value::Boolean(_) | Value::DateTime(_)),
            ) => Value::text(value.to_string()),
            (_, value) => value,
        }
    }

    /// Whether Dialpad already holds what is wanted.
    pub fn holds(self, held: &Value, wanted: &Value) -> bool {
        match (held, wanted) {
            (Value::List(_), _) | (_, Value::List(_)) => self.same_set(held.each(), wanted.each()),
            _ => self.same_one(held, wanted),
        }
    }

    fn same_set(self, held: &[Value], wanted: &[Value]) -> bool {
        if let Some(same) = self.same_texts(held, wanted) {
            return same;
        }
        wanted.iter().all(|wanted| held.iter().any(|held| self.same_one(held, wanted)))
            && held.iter().all(|held| wanted.iter().any(|wanted| self.same_one(held, wanted)))
    }

    /// Long lists of plain texts, without looking at each pair.
    fn same_texts(self, held: &[Value], wanted: &[Value]) -> Option<bool> {
        const LONG: usize = 32;
        if held.len().max(wanted.len()) < LONG {
            return None;
        }
        let keys = |values: &[Value]| {
            let mut keys: Vec<String> = Vec::with_capacity(values.len());
            for value in values {
                keys.push(self.key(id_or_self(value).as_text()?).into_owned());
            }
            keys.sort_unstable();
            keys.dedup();
            Some(keys)
        };
        Some(keys(held)? == keys(wanted)?)
    }

    fn same_one(self, held: &Value, wanted: &Value) -> bool {
        match (held, wanted) {
            (Value::Record(_), Value::Record(members)) => members.iter().all(|(name, wanted)| {
                let held = held.member(name);
                wanted.is_empty() && held.is_none_or(Value::is_empty)
                    || held.is_some_and(|held| self.holds(held, wanted))
            }),
            (Value::Record(_), _) => held.member("value").is_some_and(|held| self.same_one(held, wanted)),
            (Value::Text(held), Value::Text(wanted)) => self.same_text(held, wanted),
            (Value::Text(text), Value::Boolean(flag)) | (Value::Boolean(flag), Value::Text(text)) => {
                boolean(text) == Some(*flag)
            }
            (Value::Text(text), Value::DateTime(at)) | (Value::DateTime(at), Value::Text(text)) => {
                text.parse::<Timestamp>().is_ok_and(|parsed| parsed == *at)
            }
            (Value::Text(text), other) | (other, Value::Text(text)) => other.to_string() == **text,
            (held, wanted) => held == wanted,
        }
    }

    fn same_text(self, held: &Text, wanted: &Text) -> bool {
        if held == wanted || !self.exact && eq_fold(held, wanted) {
            return true;
        }
        self.kind == Some(Kind::DateTime)
            && matches!((held.parse::<Timestamp>(), wanted.parse::<Timestamp>()), (Ok(held), Ok(wanted)) if held == wanted)
    }

    /// A text as a key for looking up what is equal to it.
    pub(super) fn key<'t>(self, text: &'t str) -> Cow<'t, str> {
        if self.exact { Cow::Borrowed(text) } else { folded(text) }
    }

    /// The comparison that matching uses: without case unless the live schema says that case counts.
    pub(super) fn for_matching(schema: &Schema, resource: Resource, path: &AttrPath) -> Self {
        let exact = !ignores_case(path) && schema.get(resource, path).is_some_and(|known| known.case_exact);
        Self { exact, ..Self::of(schema, resource, path) }
    }
}

/// User names and e-mail addresses have no case, whatever a schema says.
fn ignores_case(path: &AttrPath) -> bool {
    path.schema().is_none()
        && (path.is("userName")
            || path.attribute().eq_ignore_ascii_case("emails")
                && path.sub().is_none_or(|sub| sub.eq_ignore_ascii_case("value")))
}

/// The text without case, borrowed where it has none.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    let plain = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if plain { Cow::Borrowed(text) } else { Cow::Owned(crate::names::fold(text)) }
}

/// The id that a reference holds: services give a record or the bare id.
pub(super) fn id_or_self(value: &Value) -> &Value {
    value.member("value").unwrap_or(value)
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// What the schema says of an attribute, where it matters to sending.
pub(super) fn is_read_only(known: Option<&AttributeType>, path: &AttrPath) -> bool {
    // The service's own names for an object (RFC 7643 §3.1).
    path.is("id") || path.is("meta") || known.is_some_and(|attribute| attribute.read_only)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(path: &str) -> Comparison {
        Comparison::of(&Schema::rfc7643(), Resource::User, &AttrPath::parse(path).unwrap())
    }

    fn holds(path: &str, held: &Value, wanted: &Value) -> bool {
        comparison(path).holds(held, wanted)
    }

    fn record(members: &[(&str, Value)]) -> Value {
        Value::Record(members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
    }

    #[test]
    fn booleans_equal_their_texts_and_are_sent_as_booleans() {
        assert!(holds("active", &"False".into(), &Value::Boolean(false)));
        assert!(!holds("active", &"False".into(), &Value::Boolean(true)));
        assert_eq!(comparison("active").typed("False".into()), Value::Boolean(false));
        assert_eq!(comparison("title").typed(Value::Integer(7)), Value::text("7"));
    }

    #[test]
    fn case_counts_only_where_the_schema_says_so() {
        assert!(holds("userName", &"Ana@Acme.example".into(), &"ana@acme.example".into()));
        assert!(holds(r#"emails[type eq "work"].value"#, &"A@x".into(), &"a@X".into()));
        assert!(holds("title", &"Lead".into(), &"lead".into()));
        assert!(!holds("externalId", &"AB".into(), &"ab".into()));
        assert!(!holds("urn:acme:2.0:User:badge", &"AB".into(), &"ab".into()), "unknown attributes exactly");
    }

    #[test]
    fn multi_valued_attributes_are_sets_and_what_servers_add_does_not_count() {
        let held = Value::List(vec![
            record(&[("value", "b@x".into()), ("type", "home".into()), ("primary", Value::Boolean(false))]),
            record(&[("value", "a@x".into()), ("type", "work".into()), ("display", "a@x".into())]),
        ]);
        let work = record(&[("type", "work".into()), ("value", "A@x".into())]);
        let home = record(&[("type", "home".into()), ("value", "b@x".into())]);
        assert!(holds("emails", &held, &Value::List(vec![work.clone(), home])));
        assert!(!holds("emails", &held, &Value::List(vec![work])));
        assert!(holds("emails", &held, &Value::List(vec!["a@x".into(), "b@x".into()])));
    }

    #[test]
    fn a_long_list_is_compared_like_a_short_one() {
        let list = |from: i64| Value::List((from..from + 100).map(|n| Value::from(format!("V{n}"))).collect());
        let Value::List(mut turned) = list(0) else { unreachable!() };
        turned.reverse();
        assert!(holds("entitlements", &list(0), &Value::List(turned)));
        assert!(!holds("entitlements", &list(0), &list(1)));
    }

    #[test]
    fn instants_are_compared_as_instants() {
        let mut schema = Schema::rfc7643();
        let kind = AttributeType {
            kind: Kind::DateTime,
            multi_valued: false,
            case_exact: false,
            required: false,
            read_only: false,
        };
        schema.declare(Resource::User, "hired", kind);
        let hired = Comparison::of(&schema, Resource::User, &AttrPath::core("hired"));
        assert!(hired.holds(&"2027-01-31T10:00:00+01:00".into(), &"2027-01-31T09:00:00Z".into()));
        let at = Value::DateTime("2027-01-31T09:00:00Z".parse().unwrap());
        assert!(hired.holds(&"2027-01-31T10:00:00+01:00".into(), &at));
    }
}
