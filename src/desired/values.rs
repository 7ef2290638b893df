//! Mapping: one subject's attributes to the values of the target.

use crate::{
    expr::{ExprError, Lookup, Outcome, World},
    manifest::{Mapping, MappingSource},
    names::{AttrPath, SourceId, Value},
};

/// What a mapping gives for one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// A value that is not empty.
    Value(Value),
    /// Another person of the source, by id: the target takes the id of their account.
    Reference(SourceId),
    /// Nothing: null, empty text, an empty list.
    Empty,
    /// Left out of the flow (`IgnoreFlowIfNullOrEmpty`, or a mapping of kind `none`).
    Ignored,
    /// The expression fails for this subject.
    Failed(ExprError),
}

/// The value of every mapping, in their order. `default` is not applied: it counts on create only.
pub fn map(mappings: &[Mapping], subject: &dyn Lookup, world: &World) -> Vec<Mapped> {
    mappings.iter().map(|mapping| value(mapping, subject, world)).collect()
}

/// The value of one mapping. `default` is not applied.
pub fn value(mapping: &Mapping, subject: &dyn Lookup, world: &World) -> Mapped {
    match &mapping.source {
        MappingSource::None => Mapped::Ignored,
        MappingSource::Constant(constant) => fitting(&mapping.target, Some(constant.clone()), 0),
        MappingSource::Attribute(name) => {
            let found = subject.get(name);
            match found {
                Some(Value::Text(id)) if !id.is_empty() && is_reference(mapping) => {
                    Mapped::Reference(SourceId::new(id.clone()))
                }
                _ => fitting(&mapping.target, found.cloned(), name.len()),
            }
        }
        MappingSource::Expression(expression) => match expression.evaluate(subject, world) {
            Ok(Outcome::Value(value)) => fitting(&mapping.target, Some(value), expression.text().len()),
            Ok(Outcome::Empty) => Mapped::Empty,
            Ok(Outcome::Ignored) => Mapped::Ignored,
            Err(error) => Mapped::Failed(error),
        },
    }
}

/// Whether the mapping gives a person rather than a value: the source's `manager`
/// to the target's.
pub fn is_reference(mapping: &Mapping) -> bool {
    let MappingSource::Attribute(name) = &mapping.source else { return false };
    let target = &mapping.target;
    &**name == "manager"
        && target.attribute().eq_ignore_ascii_case("manager")
        && target.sub().is_none_or(|sub| sub.eq_ignore_ascii_case("value"))
}

/// A value as the target can take it. A list of one is that one where one is wanted;
/// of several none is picked: which one would be chance.
fn fitting(target: &AttrPath, value: Option<Value>, length: usize) -> Mapped {
    match value {
        None => Mapped::Empty,
        Some(Value::List(mut items)) if takes_one(target) => {
            items.retain(|item| !item.is_empty());
            match items.len() {
                0 => Mapped::Empty,
                1 => items.pop().map_or(Mapped::Empty, Mapped::Value),
                several => Mapped::Failed(ExprError {
                    code: "many_values",
                    message: format!("`{target}` takes one value, found {several}"),
                    offset: 0,
                    length,
                    help: Some("choose with `Item([name], 1)`, or put them together with `Join`".to_owned()),
                }),
            }
        }
        Some(value) if value.is_empty() => Mapped::Empty,
        Some(value) => Mapped::Value(value),
    }
}

/// Single-valued attributes of the core and enterprise schemas (RFC 7643 §4.1, §4.3).
const SINGLE: [&str; 18] = [
    "userName",
    "externalId",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "active",
    "password",
    "employeeNumber",
    "costCenter",
    "organization",
    "division",
    "department",
    "manager",
];

/// Whether the target takes one value. An attribute that no schema of ours names may take several.
fn takes_one(target: &AttrPath) -> bool {
    target.sub().is_some() || SINGLE.iter().any(|name| target.attribute().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::super::{Subject, fixture::person};
    use super::*;
    use crate::{
        expr::Expression,
        manifest::{Apply, WhenEmpty},
        names::Place,
    };

    fn mapped(target: &str, source: MappingSource, out: bool) -> Mapped {
        let mapping = Mapping {
            target: AttrPath::parse(target).unwrap(),
            source,
            default: Some("unused".into()),
            apply: Apply::Always,
            when_empty: WhenEmpty::Keep,
            place: Place::default_value(),
        };
        let list = |items: &[&str]| Value::List(items.iter().map(|item| Value::text(*item)).collect());
        let mut person = person(
            "ana",
            &[
                ("age", Value::Integer(42)),
                ("blank", "".into()),
                ("one", list(&["x"])),
                ("two", list(&["x", "y"])),
                ("gaps", list(&["", "y"])),
                ("none", list(&[])),
            ],
        );
        person.manager = Some("id-boss".into());
        let now = "2027-01-31T09:00:00Z".parse().unwrap();
        let world = World { now, default_domain: None, taken: &|_| false, seed: 1 };
        map(std::slice::from_ref(&mapping), &Subject::new(&person, out), &world).remove(0)
    }

    fn attribute(target: &str, name: &str) -> Mapped {
        mapped(target, MappingSource::Attribute(name.into()), false)
    }

    fn expression(target: &str, text: &str) -> Mapped {
        mapped(target, MappingSource::Expression(Box::new(Expression::parse(text).unwrap())), false)
    }

    #[test]
    fn attributes_and_constants_keep_their_types() {
        assert_eq!(attribute("title", "age"), Mapped::Value(Value::Integer(42)));
        assert_eq!(attribute("externalId", "objectId"), Mapped::Value("id-ana".into()));
        assert_eq!(mapped("active", MappingSource::Constant(true.into()), false), Mapped::Value(true.into()));
        assert_eq!(mapped("title", MappingSource::None, false), Mapped::Ignored);
    }

    #[test]
    fn absent_blank_and_null_are_empty_and_ignored_is_not() {
        for name in ["missing", "blank", "none"] {
            assert_eq!(attribute("title", name), Mapped::Empty, "{name}");
        }
        assert_eq!(expression("title", "Coalesce([missing], [blank])"), Mapped::Empty);
        assert_eq!(expression("title", "IgnoreFlowIfNullOrEmpty([missing])"), Mapped::Ignored);
        assert_eq!(mapped("title", MappingSource::Constant("".into()), false), Mapped::Empty);
    }

    #[test]
    fn what_fails_for_a_person_says_where() {
        let Mapped::Failed(error) = expression("title", "Mid([age], [blank], 1)") else { panic!() };
        assert_eq!((error.code, error.offset), ("not_a_number", 11));
    }

    #[test]
    fn of_several_values_none_is_picked_for_a_target_that_takes_one() {
        assert_eq!(attribute("title", "one"), Mapped::Value("x".into()));
        assert_eq!(attribute("title", "gaps"), Mapped::Value("y".into()));
        let Mapped::Failed(error) = attribute(r#"emails[type eq "work"].value"#, "two") else { panic!() };
        assert_eq!(error.code, "many_values");
        let several = Value::List(vec!["x".into(), "y".into()]);
        assert_eq!(attribute("emails", "two"), Mapped::Value(several.clone()));
        assert_eq!(attribute("urn:acme:2.0:User:tags", "two"), Mapped::Value(several));
    }

    #[test]
    fn is_soft_deleted_is_what_the_caller_says() {
        let not = || MappingSource::Expression(Box::new(Expression::parse("Not([IsSoftDeleted])").unwrap()));
        assert_eq!(mapped("active", not(), false), Mapped::Value(true.into()));
        assert_eq!(mapped("active", not(), true), Mapped::Value(false.into()));
    }

    #[test]
    fn a_manager_is_a_reference_only_where_the_target_is_one() {
        const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
        assert_eq!(attribute(MANAGER, "manager"), Mapped::Reference("id-boss".into()));
        assert_eq!(attribute(&format!("{MANAGER}.value"), "manager"), Mapped::Reference("id-boss".into()));
        assert_eq!(attribute("title", "manager"), Mapped::Value("id-boss".into()));
        assert_eq!(attribute(MANAGER, "age"), Mapped::Value(Value::Integer(42)));
    }
}
