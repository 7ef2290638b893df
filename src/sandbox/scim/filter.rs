//! Filters (RFC 7644 §3.4.2.2): made ready once against the schema, then asked
//! of each resource, or of each element of a multi-valued attribute.

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter, ValFilter};

use super::{
    attributes::{Attribute, Shape},
    check::{Ask, Check, Place, Target, Wanted},
    refusal::{Refusal, ScimType, shortened},
    schema::{self, Found},
};
use crate::{names::fold, sandbox::store::ResourceKind};

fn invalid(detail: impl Into<String>) -> Refusal {
    Refusal::new(ScimType::InvalidFilter, detail)
}

/// The longest filter that is read, in bytes; a URL is rarely let through at a quarter of that.
const LONGEST_FILTER: usize = 32 * 1024;

/// Parses a filter.
pub(crate) fn syntax(text: &str) -> Result<Filter, Refusal> {
    if text.len() > LONGEST_FILTER {
        return Err(invalid(format!("the filter has {} bytes; {LONGEST_FILTER} at most are read", text.len())));
    }
    normalised(text).parse::<Filter>().map_err(|error| {
        invalid(format!("the filter `{}` cannot be read: {}", shortened(text), shortened(&error.to_string())))
    })
}

/// Brings three spellings that are in use to the one that the parser knows,
/// outside quotes: Entra's `True`, the RFC grammar's own `not(`, and Entra's
/// `emails[type eq "work"].value eq "x"`, which asks the same element twice.
pub(crate) fn normalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut opened = None;
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(word_length(rest));
        rest = after;
        if ["true", "false", "null"].iter().any(|literal| word.eq_ignore_ascii_case(literal)) {
            out.push_str(&word.to_ascii_lowercase());
            continue;
        }
        if word == "[" {
            opened = Some(out.len() + 1);
        }
        if let ("]", Some(start), Some((clause, after))) = (word, opened, asked_outside(rest)) {
            out.insert(start, '(');
            out.push_str(") and ");
            out.push_str(&normalised(clause));
            rest = after;
        }
        out.push_str(word);
        if word.eq_ignore_ascii_case("not") && rest.starts_with('(') {
            out.push(' ');
        }
    }
    out
}

/// The length of the word, quoted text or other character that a text starts with.
fn word_length(text: &str) -> usize {
    match text.chars().next() {
        None => 0,
        Some('"') => {
            let mut escaped = false;
            let end = text[1..].find(|c| {
                let closes = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            });
            end.map_or(text.len(), |end| end + 2)
        }
        Some(first) if first.is_ascii_alphanumeric() => {
            text.find(|c: char| !(c.is_ascii_alphanumeric() || "_-:.$".contains(c))).unwrap_or(text.len())
        }
        Some(first) => first.len_utf8(),
    }
}

/// What stands after `]` in `emails[…].value eq "x" and …`: the question, and
/// the rest. `None` when there is only a sub-attribute, as in a PATCH path.
fn asked_outside(after: &str) -> Option<(&str, &str)> {
    let clause = after.strip_prefix('.')?;
    let mut end = word_length(clause);
    for _ in 0..2 {
        let blank = clause[end..].len() - clause[end..].trim_start().len();
        let word = word_length(&clause[end + blank..]);
        if blank == 0 || word == 0 {
            return None;
        }
        let is_last = clause[end + blank..][..word].eq_ignore_ascii_case("pr");
        end += blank + word;
        if is_last {
            break;
        }
    }
    Some(clause.split_at(end))
}

/// Makes a filter ready for one kind of resource.
pub(crate) fn ready(kind: ResourceKind, filter: &Filter) -> Result<Check, Refusal> {
    let each = |list: &[Filter]| list.iter().map(|filter| ready(kind, filter)).collect::<Result<Vec<_>, _>>();
    match filter {
        Filter::And(list) => each(list).map(Check::All),
        Filter::Or(list) => each(list).map(Check::Any),
        Filter::Not(inner) => Ok(Check::Not(Box::new(ready(kind, inner)?))),
        Filter::Attr(expression) => {
            let (path, ask) = parts(expression);
            let found = find(kind, path)?;
            let (target, leaf) = target(kind, &found, path.sub_attr.as_deref(), matches!(ask, Question::Present))?;
            Ok(Check::Ask(target, ask.ready(leaf, path)?))
        }
        Filter::ValuePath(value_path) => {
            let found = find(kind, &value_path.attr)?;
            let Some(known) = found.known.filter(|known| known.many && !known.parts().is_empty()) else {
                return Err(invalid(format!("`{}` has no values to choose from with `[…]`", value_path.attr)));
            };
            let place = place(kind, &found);
            Ok(Check::Element(Target { place, sub: None }, Box::new(element(known, &value_path.filter)?)))
        }
    }
}

/// Makes the filter inside `[…]` ready for the elements of an attribute.
pub(crate) fn element(attribute: &'static Attribute, filter: &ValFilter) -> Result<Check, Refusal> {
    let each = |list: &[ValFilter]| list.iter().map(|inner| element(attribute, inner)).collect::<Result<Vec<_>, _>>();
    match filter {
        ValFilter::And(list) => each(list).map(Check::All),
        ValFilter::Or(list) => each(list).map(Check::Any),
        ValFilter::Not(inner) => Ok(Check::Not(Box::new(element(attribute, inner)?))),
        ValFilter::Attr(expression) => {
            let (path, ask) = parts(expression);
            let part = attribute.part(&path.name).filter(|_| path.uri.is_none() && path.sub_attr.is_none());
            let Some(part) = part else {
                return Err(invalid(format!("`{}` has no sub-attribute `{path}`", attribute.name)));
            };
            let target = Target { place: Place::Part(part.name.to_owned()), sub: None };
            Ok(Check::Ask(target, ask.ready(Some(part), path)?))
        }
    }
}

enum Question<'a> {
    Present,
    Compare(&'a CompareOp, &'a CompValue),
}

fn parts(expression: &AttrExp) -> (&AttrPath, Question<'_>) {
    match expression {
        AttrExp::Present(path) => (path, Question::Present),
        AttrExp::Comparison(path, op, value) => (path, Question::Compare(op, value)),
    }
}

/// The attribute that a path names.
pub(crate) fn find(kind: ResourceKind, path: &AttrPath) -> Result<Found, Refusal> {
    schema::resolve(kind, path.uri.as_deref(), &path.name)
        .ok_or_else(|| invalid(format!("a {} cannot be filtered by `{}`", kind.name(), shortened(&path.to_string()))))
}

fn place(kind: ResourceKind, found: &Found) -> Place {
    match (&found.home, found.name.as_str()) {
        (None, "id") => Place::Id,
        (None, "schemas") => Place::Schemas,
        (None, "members") if kind == ResourceKind::Group => Place::Members,
        (home, name) => Place::Attribute { home: home.clone(), name: name.to_owned() },
    }
}

/// The place of a path's values, and what the schema says of them.
pub(crate) fn target(
    kind: ResourceKind,
    found: &Found,
    sub: Option<&str>,
    whole_is_fine: bool,
) -> Result<(Target, Option<&'static Attribute>), Refusal> {
    let Some(known) = found.known else {
        return Ok((Target { place: place(kind, found), sub: sub.map(str::to_owned) }, None));
    };
    // A multi-valued attribute stands for its `value` (RFC 7644 §3.4.2.2).
    let sub = sub.or_else(|| (known.many && known.part("value").is_some()).then_some("value"));
    let Some(sub) = sub else {
        if !known.parts().is_empty() && !whole_is_fine {
            return Err(invalid(format!("`{}` is compared by its sub-attributes", known.name)));
        }
        return Ok((Target { place: place(kind, found), sub: None }, Some(known)));
    };
    let Some(part) = known.part(sub) else {
        return Err(invalid(format!("`{}` has no sub-attribute `{}`", known.name, shortened(sub))));
    };
    let of_meta = |name: &str| known.name == "meta" && found.home.is_none() && part.name == name;
    let place = match () {
        () if of_meta("created") => Place::Created,
        () if of_meta("lastModified") => Place::LastModified,
        () if of_meta("resourceType") => Place::ResourceType,
        () if of_meta("location") => return Err(invalid("`meta.location` cannot be filtered")),
        () => return Ok((Target { place: place(kind, found), sub: Some(part.name.to_owned()) }, Some(part))),
    };
    Ok((Target { place, sub: None }, Some(part)))
}

impl Question<'_> {
    fn ready(&self, attribute: Option<&Attribute>, path: &AttrPath) -> Result<Ask, Refusal> {
        let (op, value) = match self {
            Question::Present => return Ok(Ask::Present),
            Question::Compare(op, value) => (*op, *value),
        };
        let cannot = |what: &str| invalid(format!("`{path}` cannot be compared with {what}"));
        let shape = attribute.map(|attribute| attribute.shape);
        let wanted = match (shape, value) {
            (_, CompValue::Null) => Wanted::Null,
            (Some(Shape::Boolean) | None, CompValue::True) => Wanted::Boolean(true),
            (Some(Shape::Boolean) | None, CompValue::False) => Wanted::Boolean(false),
            (Some(Shape::Boolean), CompValue::Str(text)) if text.eq_ignore_ascii_case("true") => Wanted::Boolean(true),
            (Some(Shape::Boolean), CompValue::Str(text)) if text.eq_ignore_ascii_case("false") => {
                Wanted::Boolean(false)
            }
            (Some(Shape::Boolean), _) => return Err(cannot("that; it is true or false")),
            (Some(Shape::Time), CompValue::Str(text)) => {
                Wanted::Time(text.parse().map_err(|_| cannot("what is not a time such as 2026-01-31T12:00:00Z"))?)
            }
            (Some(Shape::Time), _) => return Err(cannot("what is not a time")),
            (Some(Shape::Complex(_)), _) => return Err(cannot("a value; it has sub-attributes")),
            (None, CompValue::Number(number)) => Wanted::Number(number.as_f64().unwrap_or(f64::NAN)),
            (None, CompValue::Str(text)) => Wanted::Folded(fold(text)),
            (Some(Shape::Text | Shape::Binary | Shape::Reference(_)), CompValue::Str(text)) => {
                if attribute.is_some_and(|attribute| attribute.exact) {
                    Wanted::Exact(text.clone())
                } else {
                    Wanted::Folded(fold(text))
                }
            }
            (Some(Shape::Text | Shape::Binary | Shape::Reference(_)), _) => return Err(cannot("what is not text")),
        };
        match (&wanted, op) {
            (_, CompareOp::Eq | CompareOp::Ne) | (Wanted::Exact(_) | Wanted::Folded(_), _) => {}
            (Wanted::Time(_) | Wanted::Number(_), CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le) => {}
            (Wanted::Null | Wanted::Boolean(_) | Wanted::Time(_) | Wanted::Number(_), op) => {
                return Err(invalid(format!("`{op}` cannot be asked of `{path}` with that value")));
            }
        }
        Ok(Ask::Compare(op.clone(), wanted))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::sandbox::{
        scim::{body, check::Subject},
        store::{Resource, Store},
    };

    fn resources() -> (Arc<Resource>, Arc<Resource>) {
        let mut store = Store::in_memory();
        let at = "2026-03-01T12:00:00Z".parse().unwrap();
        let user = json!({
            "userName": "Ada@example.com", "active": true, "title": "Say \"hi\"", "externalId": "X-1",
            "name": {"givenName": "Ada"},
            "emails": [{"value": "ada@example.com", "type": "work"}, {"value": "a@home.org", "type": "home"}],
            (schema::ENTERPRISE): {"department": "Engines", "manager": {"value": "7"}},
            "urn:acme:2.0:User": {"shoe": 43},
        });
        let user = body::read(ResourceKind::User, &user, &store).unwrap();
        let user = store.insert(ResourceKind::User, Some("1".into()), user, at).unwrap();
        let group =
            body::read(ResourceKind::Group, &json!({"displayName": "Sales", "members": [{"value": "1"}]}), &store);
        let group = store.insert(ResourceKind::Group, Some("2".into()), group.unwrap(), at).unwrap();
        (user, group)
    }

    fn passes(filter: &str) -> bool {
        let (user, group) = resources();
        let of_group = filter.starts_with("displayName") || filter.starts_with("members");
        let resource = if of_group { group } else { user };
        ready(resource.kind, &syntax(filter).unwrap()).unwrap().passes(Subject::Resource(&resource))
    }

    #[test]
    fn every_operator_compares_as_the_schema_says() {
        for filter in [
            r#"userName eq "ada@EXAMPLE.com""#,
            r#"USERNAME Eq "ada@example.com""#,
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ADA""#,
            r#"userName ne "bob@example.com""#,
            r#"userName co "A@ex""#,
            r#"userName ew ".COM""#,
            r#"userName gt "a" and userName lt "b""#,
            r#"title eq "Say \"hi\"""#,
            r#"externalId eq "X-1""#,
            r#"id eq "1""#,
            r#"name.givenName eq "ada""#,
            "name pr",
            "title pr and not (nickName pr)",
            "not(nickName pr)",
            "nickName eq null",
            r#"nickName ne "x""#,
            "active eq true",
            "active eq True",
            r#"active eq "True""#,
            "active ne false",
            r#"emails[type eq "work"].value eq "ada@example.com""#,
            r#"emails[type eq "home" or type eq "work"].value pr and active eq True"#,
            r#"not (emails[type eq "home"].value eq "ada@example.com")"#,
            r#"emails[type eq "work" and value eq "ada@example.com"]"#,
            r#"emails.value eq "A@home.org""#,
            r#"emails eq "a@home.org""#,
            r#"emails.type ne "work""#,
            "emails pr",
            r#"meta.created ge "2026-03-01T12:00:00Z" and meta.lastModified lt "2026-03-01T13:00:00+00:30""#,
            r#"meta.resourceType eq "User""#,
            r#"schemas eq "urn:acme:2.0:User""#,
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "engines""#,
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.value eq "7""#,
            "urn:acme:2.0:User:shoe gt 42",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr and urn:acme:2.0:user pr",
            "not (urn:acme:2.0:Group pr)",
            r#"nickName pr or (title pr and userName sw "ada")"#,
            r#"displayName eq "sales""#,
            r#"members[value eq "1"]"#,
            r#"members.value eq "1""#,
            r#"members eq "1""#,
            r#"members.type eq "user""#,
        ] {
            assert!(passes(filter), "{filter}");
        }
        for filter in [
            r#"externalId eq "x-1""#,
            r#"emails[type eq "home"].value eq "ada@example.com""#,
            "active eq false",
            r#"emails[type eq "home" and value eq "ada@example.com"]"#,
            r#"userName gt "b""#,
            "nickName pr",
            r#"nickName sw """#,
            r#"meta.created gt "2026-03-01T12:00:00Z""#,
            "urn:acme:2.0:User:shoe eq 42",
            "urn:acme:2.0:User:hat pr",
            r#"title pr and nickName pr or userName eq "x@example.com""#,
            r#"members[value eq "1" and type eq "Group"]"#,
        ] {
            assert!(!passes(filter), "{filter}");
        }
    }

    fn refused(filter: &str) -> Option<ScimType> {
        let ready = syntax(filter).and_then(|filter| ready(ResourceKind::User, &filter));
        ready.err().and_then(|refusal| refusal.scim_type)
    }

    #[test]
    fn what_cannot_be_asked_is_an_invalid_filter_and_never_an_empty_answer() {
        for filter in [
            "userName",
            "userName eq",
            r#"userName eq "a"#,
            r#"(userName eq "a""#,
            "userName eq 3",
            r#"shoeSize eq "3""#,
            "active gt true",
            r#"active eq "perhaps""#,
            "userName gt null",
            r#"name eq "Ada""#,
            r#"name.first eq "Ada""#,
            r#"title[value eq "x"]"#,
            r#"emails[color eq "x"]"#,
            r#"meta.created gt "yesterday""#,
            r#"displayName regex "x""#,
            "and",
            "💥",
        ] {
            assert_eq!(refused(filter), Some(ScimType::InvalidFilter), "{filter}");
        }
    }

    #[test]
    fn a_hostile_filter_is_refused_in_bounded_time() {
        assert_eq!(
            refused(&format!("{}title pr{}", "(".repeat(5_000), ")".repeat(5_000))),
            Some(ScimType::InvalidFilter)
        );
        assert_eq!(refused(&"not ".repeat(5_000)), Some(ScimType::InvalidFilter));
        assert_eq!(refused(&vec!["title pr"; 2_000].join(" or ")), Some(ScimType::InvalidFilter));
        assert_eq!(refused(&"\"".repeat(10_001)), Some(ScimType::InvalidFilter));
        assert_eq!(refused(&"\\".repeat(10_000)), Some(ScimType::InvalidFilter));
        assert_eq!(refused(&"a[b].c eq d ".repeat(80_000)), Some(ScimType::InvalidFilter));
        assert_eq!(refused(&"a[b].c eq \"".repeat(2_000)), Some(ScimType::InvalidFilter));
        assert_eq!(refused(&vec!["title pr"; 500].join(" or ")), None);
    }

    #[test]
    fn literals_inside_quotes_stay_as_they_are() {
        assert_eq!(normalised(r#"a eq "True not(x)" AND not(b eq TRUE)"#), r#"a eq "True not(x)" AND not (b eq true)"#);
        assert_eq!(normalised(r#"a eq "x\"True" or b eq False"#), r#"a eq "x\"True" or b eq false"#);
        assert_eq!(normalised(r#"emails[type eq "work"].value"#), r#"emails[type eq "work"].value"#);
    }
}
