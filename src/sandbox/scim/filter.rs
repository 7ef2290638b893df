//! Filters (RFC 7644 §3.4.2.2): made ready once against the schema, then asked
//! of each resource, or of each element of a multi-valued attribute.

use jiff::Timestamp;
use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter, ValFilter};
use serde_json::{Map, Value};

use super::{
    body,
    refusal::{Refusal, ScimType, shortened},
    schema::{self, Attribute, Found, Shape},
};
use crate::{
    names::{eq_fold, fold},
    sandbox::store::{Resource, ResourceKind},
};

/// A filter that is ready to be asked.
#[derive(Debug)]
pub(crate) enum Check {
    All(Vec<Check>),
    Any(Vec<Check>),
    Not(Box<Check>),
    /// A question about one attribute.
    Ask(Target, Ask),
    /// At least one element of a multi-valued attribute passes.
    Element(Target, Box<Check>),
}

/// Where the values stand that a question is about.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    place: Place,
    sub: Option<String>,
}

#[derive(Debug, Clone)]
enum Place {
    Id,
    Schemas,
    Created,
    LastModified,
    ResourceType,
    Members,
    /// An attribute of the resource or, in an extension, of its object.
    Attribute {
        home: Option<String>,
        name: String,
    },
    /// A sub-attribute of the element at hand.
    Part(String),
}

/// What is asked of a value.
#[derive(Debug)]
pub(crate) enum Ask {
    Present,
    Compare(CompareOp, Wanted),
}

/// The value to compare with.
#[derive(Debug)]
pub(crate) enum Wanted {
    Null,
    Boolean(bool),
    Number(f64),
    Time(Timestamp),
    /// Exactly this text.
    Exact(String),
    /// This text without case; folded already.
    Folded(String),
}

/// What a filter is asked of.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    Resource(&'a Resource),
    Element(&'a Map<String, Value>),
    Member(&'a str, ResourceKind),
}

fn invalid(detail: impl Into<String>) -> Refusal {
    Refusal::new(ScimType::InvalidFilter, detail)
}

/// Parses a filter.
pub(crate) fn syntax(text: &str) -> Result<Filter, Refusal> {
    normalised(text).parse::<Filter>().map_err(|error| {
        invalid(format!("the filter `{}` cannot be read: {}", shortened(text), shortened(&error.to_string())))
    })
}

/// `True` for `true`, as Entra writes it, and `not(` for `not (`, as the RFC's
/// grammar has it: outside quotes, both are made what the parser knows.
pub(crate) fn normalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let mut escaped = false;
                let end = rest[1..].find(|c| {
                    let closes = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    closes
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            first if first.is_ascii_alphabetic() => {
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-:.$".contains(c))).unwrap_or(rest.len())
            }
            first => first.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        if ["true", "false", "null"].iter().any(|literal| word.eq_ignore_ascii_case(literal)) {
            out.push_str(&word.to_ascii_lowercase());
        } else {
            out.push_str(word);
        }
        if word.eq_ignore_ascii_case("not") && after.starts_with('(') {
            out.push(' ');
        }
        rest = after;
    }
    out
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

fn find(kind: ResourceKind, path: &AttrPath) -> Result<Found, Refusal> {
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
fn target(
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

impl Check {
    /// Whether the subject passes.
    pub(crate) fn passes(&self, subject: Subject<'_>) -> bool {
        match self {
            Check::All(list) => list.iter().all(|check| check.passes(subject)),
            Check::Any(list) => list.iter().any(|check| check.passes(subject)),
            Check::Not(inner) => !inner.passes(subject),
            Check::Ask(target, ask) => ask.of(target, subject),
            Check::Element(target, inner) => target.elements(subject, |element| inner.passes(element)),
        }
    }

    /// The one name that a resource must have to pass, if the filter says so:
    /// then the resource is looked up instead of searched for.
    pub(crate) fn only_name(&self, kind: ResourceKind) -> Option<&str> {
        match self {
            Check::Ask(
                Target { place: Place::Attribute { home: None, name }, sub: None },
                Ask::Compare(CompareOp::Eq, Wanted::Folded(wanted)),
            ) if name == kind.naming_attribute() => Some(wanted),
            Check::All(list) => list.iter().find_map(|check| check.only_name(kind)),
            Check::Ask(..) | Check::Any(_) | Check::Not(_) | Check::Element(..) => None,
        }
    }

    /// The ids that a filter on members names, if it does nothing else:
    /// `value eq "1"` and several of them with `or`.
    pub(crate) fn only_member_ids(&self) -> Option<Vec<&str>> {
        match self {
            Check::Ask(
                Target { place: Place::Part(part), sub: None },
                Ask::Compare(CompareOp::Eq, Wanted::Exact(wanted)),
            ) if part == "value" => Some(vec![wanted]),
            Check::Any(list) => {
                let lists: Option<Vec<_>> = list.iter().map(Check::only_member_ids).collect();
                lists.map(|lists| lists.concat())
            }
            Check::Ask(..) | Check::All(_) | Check::Not(_) | Check::Element(..) => None,
        }
    }
}

/// The value of a key, without case.
pub(crate) fn get<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).or_else(|| object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value))
}

impl Target {
    /// The value as it is kept, where it is kept as JSON.
    fn value<'a>(&self, subject: Subject<'a>) -> Option<&'a Value> {
        match (&self.place, subject) {
            (Place::Attribute { home: None, name }, Subject::Resource(resource)) => {
                resource.content.attributes.get(name)
            }
            (Place::Attribute { home: Some(home), name }, Subject::Resource(resource)) => {
                get(get(&resource.content.attributes, home)?.as_object()?, name)
            }
            (Place::Part(part), Subject::Element(element)) => element.get(part),
            _ => None,
        }
    }

    /// Whether any element passes.
    fn elements<'a>(&self, subject: Subject<'a>, mut passes: impl FnMut(Subject<'a>) -> bool) -> bool {
        if let (Place::Members, Subject::Resource(resource)) = (&self.place, subject) {
            return resource.content.members.iter().any(|(id, kind)| passes(Subject::Member(id, *kind)));
        }
        let elements = self.value(subject).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        elements.iter().filter_map(Value::as_object).any(|element| passes(Subject::Element(element)))
    }

    /// Calls `passes` with each value until one passes.
    fn any(&self, subject: Subject<'_>, passes: &mut dyn FnMut(Leaf<'_>) -> bool) -> bool {
        match (&self.place, subject) {
            (Place::Id, Subject::Resource(resource)) => passes(Leaf::Text(&resource.id)),
            (Place::ResourceType, Subject::Resource(resource)) => passes(Leaf::Text(resource.kind.name())),
            (Place::Created, Subject::Resource(resource)) => passes(Leaf::Time(resource.created)),
            (Place::LastModified, Subject::Resource(resource)) => passes(Leaf::Time(resource.modified)),
            (Place::Schemas, Subject::Resource(resource)) => {
                let extensions = resource.content.attributes.keys().filter(|key| schema::is_urn(key));
                std::iter::once(schema::urn(resource.kind))
                    .chain(extensions.map(String::as_str))
                    .any(|urn| passes(Leaf::Text(urn)))
            }
            (Place::Members, Subject::Resource(resource)) => {
                let by_type = self.sub.as_deref() == Some("type");
                let mut members = resource.content.members.iter();
                members.any(|(id, kind)| passes(Leaf::Text(if by_type { kind.name() } else { id })))
            }
            (Place::Part(part), Subject::Member(id, kind)) => match part.as_str() {
                "value" => passes(Leaf::Text(id)),
                "type" => passes(Leaf::Text(kind.name())),
                _ => false,
            },
            _ => self.value(subject).is_some_and(|value| leaves(value, self.sub.as_deref(), passes)),
        }
    }
}

/// One value to compare.
enum Leaf<'a> {
    Text(&'a str),
    Boolean(bool),
    Number(f64),
    Time(Timestamp),
    /// An object: present, and equal to nothing.
    Whole,
}

fn leaves(value: &Value, sub: Option<&str>, passes: &mut dyn FnMut(Leaf<'_>) -> bool) -> bool {
    match (value, sub) {
        (Value::Array(list), _) => list.iter().any(|value| leaves(value, sub, passes)),
        (Value::Object(object), Some(sub)) => get(object, sub).is_some_and(|value| leaves(value, None, passes)),
        (Value::Object(_), None) => passes(Leaf::Whole),
        (_, Some(_)) | (Value::Null, None) => false,
        (Value::String(text), None) => passes(Leaf::Text(text)),
        (Value::Bool(boolean), None) => passes(Leaf::Boolean(*boolean)),
        (Value::Number(number), None) => passes(Leaf::Number(number.as_f64().unwrap_or(f64::NAN))),
    }
}

impl Ask {
    /// Asks it of the target's values. With several values one that passes is
    /// enough; `ne` also passes when there is none.
    fn of(&self, target: &Target, subject: Subject<'_>) -> bool {
        let present = |leaf: Leaf<'_>| !matches!(leaf, Leaf::Text(""));
        match self {
            Ask::Present => target.any(subject, &mut { present }),
            Ask::Compare(CompareOp::Eq, Wanted::Null) => !target.any(subject, &mut { present }),
            Ask::Compare(_, Wanted::Null) => target.any(subject, &mut { present }),
            Ask::Compare(CompareOp::Ne, wanted) => {
                let mut none = true;
                let differs = target.any(subject, &mut |leaf| {
                    none = false;
                    !equal(&leaf, wanted)
                });
                differs || none
            }
            Ask::Compare(op, wanted) => target.any(subject, &mut |leaf| compare(op, &leaf, wanted)),
        }
    }
}

fn equal(leaf: &Leaf<'_>, wanted: &Wanted) -> bool {
    match (leaf, wanted) {
        (Leaf::Text(text), Wanted::Exact(wanted)) => text == wanted,
        (Leaf::Text(text), Wanted::Folded(wanted)) => eq_fold(text, wanted),
        (Leaf::Boolean(boolean), Wanted::Boolean(wanted)) => boolean == wanted,
        (Leaf::Number(number), Wanted::Number(wanted)) => number == wanted,
        (Leaf::Time(time), Wanted::Time(wanted)) => time == wanted,
        _ => false,
    }
}

fn compare(op: &CompareOp, leaf: &Leaf<'_>, wanted: &Wanted) -> bool {
    let order = match (leaf, wanted) {
        _ if *op == CompareOp::Eq => return equal(leaf, wanted),
        (Leaf::Text(text), Wanted::Exact(wanted)) => return compare_text(op, text, wanted),
        (Leaf::Text(text), Wanted::Folded(wanted)) => return compare_text(op, &fold(text), wanted),
        (Leaf::Number(number), Wanted::Number(wanted)) => number.partial_cmp(wanted),
        (Leaf::Time(time), Wanted::Time(wanted)) => Some(time.cmp(wanted)),
        _ => None,
    };
    order.is_some_and(|order| in_order(op, order))
}

fn compare_text(op: &CompareOp, text: &str, wanted: &str) -> bool {
    match op {
        CompareOp::Co => text.contains(wanted),
        CompareOp::Sw => text.starts_with(wanted),
        CompareOp::Ew => text.ends_with(wanted),
        CompareOp::Eq | CompareOp::Ne | CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le => {
            in_order(op, text.cmp(wanted))
        }
    }
}

fn in_order(op: &CompareOp, order: std::cmp::Ordering) -> bool {
    match op {
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}

/// What a resource is sorted by: the primary or first value, without case
/// unless the schema says otherwise (RFC 7644 §3.4.2.3).
pub(crate) struct SortBy {
    target: Target,
    exact: bool,
}

impl SortBy {
    /// Parses `sortBy`.
    pub(crate) fn parse(kind: ResourceKind, text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::new(ScimType::InvalidPath, format!("`sortBy` `{}` is not known", shortened(text)));
        let Ok(Filter::Attr(AttrExp::Present(path))) = format!("{text} pr").parse::<Filter>() else {
            return Err(wrong());
        };
        let found = find(kind, &path).map_err(|_| wrong())?;
        let (target, leaf) = target(kind, &found, path.sub_attr.as_deref(), false).map_err(|_| wrong())?;
        Ok(Self { target, exact: leaf.is_some_and(|leaf| leaf.exact) })
    }

    /// The key of a resource; `None`, for one without a value, comes last.
    pub(crate) fn key(&self, resource: &Resource) -> Option<String> {
        let subject = Subject::Resource(resource);
        let mut key = None;
        let mut take = |leaf: Leaf<'_>| {
            key = match leaf {
                Leaf::Text(text) if self.exact => Some(text.to_owned()),
                Leaf::Text(text) => Some(fold(text)),
                Leaf::Boolean(boolean) => Some(boolean.to_string()),
                Leaf::Number(number) => Some(number.to_string()),
                Leaf::Time(time) => Some(time.to_string()),
                Leaf::Whole => None,
            };
            true
        };
        let elements = self.target.value(subject).and_then(Value::as_array);
        let primary = elements.and_then(|list| list.iter().find(|value| body::is_primary(value)));
        match primary {
            Some(value) => leaves(value, self.target.sub.as_deref(), &mut take),
            None => self.target.any(subject, &mut take),
        };
        key
    }
}
