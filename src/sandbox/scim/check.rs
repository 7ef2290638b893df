//! A filter that is ready: asked of each resource, or of each element of a
//! multi-valued attribute; and what resources are sorted by.

use jiff::Timestamp;
use scim_v2::filter::{AttrExp, CompareOp, Filter};
use serde_json::{Map, Value};

use super::{
    body::{self, get},
    filter,
    refusal::{Refusal, ScimType, shortened},
    schema::{self, is_joined},
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
    pub(crate) place: Place,
    pub(crate) sub: Option<String>,
}

/// The attribute itself.
#[derive(Debug, Clone)]
pub(crate) enum Place {
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

impl Target {
    /// The value as it is kept, where it is kept as JSON.
    fn value<'a>(&self, subject: Subject<'a>) -> Option<&'a Value> {
        match (&self.place, subject) {
            (Place::Attribute { home: None, name }, Subject::Resource(resource)) => {
                resource.content.attributes.get(name)
            }
            (Place::Attribute { home: Some(home), name }, Subject::Resource(resource)) => {
                let attributes = &resource.content.attributes;
                match get(attributes, home) {
                    Some(extension) => get(extension.as_object()?, name),
                    // `URN pr`: the path is the extension itself, and its last part was read as a name.
                    None => attributes.iter().find(|(key, _)| is_joined(key, home, name)).map(|(_, value)| value),
                }
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
        let found = filter::find(kind, &path).map_err(|_| wrong())?;
        let (target, leaf) = filter::target(kind, &found, path.sub_attr.as_deref(), false).map_err(|_| wrong())?;
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
