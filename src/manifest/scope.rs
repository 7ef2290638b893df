//! Scoping filters: which people and groups a manifest is about.
//!
//! A filter is a list of clauses that must all be true; of several filters one
//! is enough. A clause on a null or empty value is false, the denying operators
//! included; only `is_null` is true then. Facts: Microsoft, "Scoping users or
//! groups to be provisioned with scoping filters" (`entra-docs`,
//! `define-conditional-rules-for-provisioning-user-accounts.md`).

use std::{borrow::Cow, fmt, sync::Arc};

use crate::{
    expr::{Lookup, Pattern},
    names::{Place, Text, Value, near_miss},
};

/// A scoping filter: an object passes when every clause is true.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Its name in the manifest.
    pub name: Text,
    /// All must be true. Never empty.
    pub clauses: Vec<Clause>,
    /// Where it was written.
    pub place: Place,
}

/// A test of one attribute.
#[derive(Clone, Debug)]
pub struct Clause {
    /// The source attribute, by its exact name.
    pub attribute: Text,
    /// What is tested.
    pub operator: Operator,
    /// What it is held against; `None` for the operators that take nothing.
    pub value: Option<Text>,
    /// Where the clause was written.
    pub place: Place,
    operand: Operand,
}

/// The value of a clause in the form that its operator needs.
#[derive(Clone, Debug)]
enum Operand {
    Nothing,
    Text,
    Integer(i64),
    Pattern(Arc<Pattern>),
}

/// What is wrong with a clause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ClauseError {
    /// Which part of it.
    pub what: Part,
    /// A lower-case fragment.
    pub message: String,
    /// The next step.
    pub help: Option<String>,
}

/// A part of a clause, by its key in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `attribute`
    Attribute,
    /// `operator`
    Operator,
    /// `value`
    Value,
}

/// Something about a clause that is allowed but probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseLint {
    /// A stable code in snake case.
    pub code: &'static str,
    /// Which part of the clause.
    pub what: Part,
    /// A lower-case fragment.
    pub message: String,
    /// The next step.
    pub help: String,
}

macro_rules! operators {
    ($($variant:ident $name:literal $portal:literal $value:literal $doc:literal),+ $(,)?) => {
        /// The operators of scoping filters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operator {
            $(#[doc = $doc] $variant,)+
        }

        impl Operator {
            /// All of them, in the order of Microsoft's page.
            pub const ALL: [Operator; 14] = [$(Operator::$variant),+];

            /// The spelling of the manifest.
            pub fn as_str(self) -> &'static str {
                match self { $(Operator::$variant => $name),+ }
            }

            /// The spelling of the Entra portal, which is also the `operatorName` of
            /// Microsoft Graph where that is known.
            pub fn portal(self) -> &'static str {
                match self { $(Operator::$variant => $portal),+ }
            }

            /// Whether it takes a value.
            pub fn takes_value(self) -> bool {
                match self { $(Operator::$variant => $value),+ }
            }

            /// One line for people: when it is true.
            pub fn doc(self) -> &'static str {
                match self { $(Operator::$variant => $doc),+ }
            }
        }
    };
}

operators! {
    Equals "equals" "EQUALS" true "The value is the same, case included.",
    NotEquals "not_equals" "NOT EQUALS" true "There is a value and it is another one, case included.",
    IsTrue "is_true" "IS TRUE" false "The value is true.",
    IsFalse "is_false" "IS FALSE" false "The value is false.",
    IsNull "is_null" "IS NULL" false "There is no value, or it is empty.",
    IsNotNull "is_not_null" "IS NOT NULL" false "There is a value that is not empty.",
    RegexMatch "regex_match" "REGEX MATCH" true "The .NET pattern is found in the value, case included.",
    NotRegexMatch "not_regex_match" "NOT REGEX MATCH" true "There is a value and the .NET pattern is not found in it.",
    GreaterThan "greater_than" "Greater_Than" true "The value is a whole number above this one.",
    GreaterThanOrEquals "greater_than_or_equals" "Greater_Than_OR_EQUALS" true
        "The value is a whole number, this one or above.",
    Includes "includes" "Includes" true "The value contains this text, case included.",
    EndsWith "ends_with" "ENDS_WITH" true "The value ends with this text, case included.",
    OccursIn "&" "&" true "The value occurs in this text.",
    OccursNotIn "!&" "!&" true "There is a value and it does not occur in this text.",
}

/// What Microsoft lists as not supported in scoping filters, by why.
const REFUSED: [(&str, &str); 11] = [
    ("members", "it is the list of a group's members"),
    ("appRoleAssignments", "roles are given under `assignments`"),
    ("userType", "Entra does not evaluate it in filters"),
    ("manager", "it refers to another person"),
    ("StatusHireDate", DATE),
    ("startDate", DATE),
    ("endDate", DATE),
    ("StatusTerminationDate", DATE),
    ("accountExpires", DATE),
    ("proxyAddresses", LIST),
    ("otherMails", LIST),
];
const DATE: &str = "dates cannot be filtered on";
const LIST: &str = "it has several values";

impl Operator {
    /// Reads an operator in any case, with blanks, underscores or dashes alike.
    ///
    /// # Errors
    /// What is no operator, with the one that is probably meant.
    pub fn parse(text: &str) -> Result<Self, ClauseError> {
        let key = |text: &str| text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
        let wanted = key(text);
        if let Some(found) = Operator::ALL.into_iter().find(|operator| operator.as_str() == wanted) {
            return Ok(found);
        }
        let help = match wanted.replace('_', "").as_str() {
            "ismemberof" => {
                let message = "Entra does not support the operator `IsMemberOf`".to_owned();
                let help = Some("name the group under `assignments` instead".to_owned());
                return Err(ClauseError { what: Part::Operator, message, help });
            }
            "startswith" | "beginswith" => "use `regex_match` with `^`".to_owned(),
            "contains" => "use `includes`".to_owned(),
            "lessthan" | "lessthanorequals" => "there is only `greater_than` and `greater_than_or_equals`".to_owned(),
            "in" => "use `regex_match` with `^(A|B)$`".to_owned(),
            _ => match near_miss(&wanted, Operator::ALL.map(Operator::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the operators are {}", Operator::ALL.map(Operator::as_str).join(", ")),
            },
        };
        let message = format!("`{}` is not an operator", text.trim());
        Err(ClauseError { what: Part::Operator, message, help: Some(help) })
    }

    /// Whether it excludes: an empty value does not pass it, which surprises
    /// where the attribute is optional.
    pub fn denies(self) -> bool {
        matches!(self, Operator::NotEquals | Operator::NotRegexMatch | Operator::OccursNotIn)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Clause {
    /// Reads a clause. A value that the operator does not take is ignored, as in
    /// the portal; [`Clause::lints`] says so.
    ///
    /// # Errors
    /// Everything that is wrong: an attribute that cannot be filtered on, an
    /// unknown operator, a value that is missing or can never work.
    pub fn compile(
        attribute: &str,
        operator: &str,
        value: Option<&str>,
        place: Place,
    ) -> Result<Self, Vec<ClauseError>> {
        let mut errors = Vec::new();
        if let Some((name, why)) = REFUSED.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute)) {
            let message = format!("`{name}` is not supported in filters: {why}");
            errors.push(ClauseError { what: Part::Attribute, message, help: None });
        } else if attribute.trim().is_empty() {
            let message = "the name of the attribute is empty".to_owned();
            errors.push(ClauseError { what: Part::Attribute, message, help: None });
        }
        let compiled = Operator::parse(operator).and_then(|operator| Ok((operator, Operand::of(operator, value)?)));
        match compiled {
            Ok((operator, operand)) if errors.is_empty() => {
                Ok(Self { attribute: attribute.into(), operator, value: value.map(Text::from), place, operand })
            }
            Ok(_) => Err(errors),
            Err(error) => {
                errors.push(error);
                Err(errors)
            }
        }
    }

    /// Whether the clause is true of an object. A pattern that takes too many
    /// steps on its value makes the clause false, whichever way it asks.
    pub fn passes(&self, object: &dyn Lookup) -> bool {
        let value = match object.get(&self.attribute).filter(|value| !value.is_empty()).map(Value::each) {
            None => return self.operator == Operator::IsNull,
            Some([single]) => single,
            // Filters are not defined on several values; that there are some is certain.
            Some(_) => return self.operator == Operator::IsNotNull,
        };
        if value.is_empty() {
            return self.operator == Operator::IsNull;
        }
        let wanted = self.value.as_deref().unwrap_or_default();
        let text = || text(value);
        match self.operator {
            Operator::IsNull => false,
            Operator::IsNotNull => true,
            Operator::IsTrue => text().eq_ignore_ascii_case("true"),
            Operator::IsFalse => text().eq_ignore_ascii_case("false"),
            Operator::Equals => text() == wanted,
            Operator::NotEquals => text() != wanted,
            Operator::Includes => text().contains(wanted),
            Operator::EndsWith => text().ends_with(wanted),
            Operator::OccursIn => wanted.contains(text().as_ref()),
            Operator::OccursNotIn => !wanted.contains(text().as_ref()),
            Operator::RegexMatch => self.found(&text()) == Some(true),
            Operator::NotRegexMatch => self.found(&text()) == Some(false),
            Operator::GreaterThan => self.above(&text()).is_some_and(|order| order.is_gt()),
            Operator::GreaterThanOrEquals => self.above(&text()).is_some_and(|order| order.is_ge()),
        }
    }

    fn found(&self, text: &str) -> Option<bool> {
        match &self.operand {
            Operand::Pattern(pattern) => pattern.is_match(text).ok(),
            Operand::Nothing | Operand::Text | Operand::Integer(_) => None,
        }
    }

    fn above(&self, text: &str) -> Option<std::cmp::Ordering> {
        match &self.operand {
            Operand::Integer(wanted) => Some(text.trim().parse::<i64>().ok()?.cmp(wanted)),
            Operand::Nothing | Operand::Text | Operand::Pattern(_) => None,
        }
    }

    /// What is allowed but probably not meant.
    pub fn lints(&self) -> Vec<ClauseLint> {
        let mut lints = Vec::new();
        let mut add = |code, what, message: String, help: String| lints.push(ClauseLint { code, what, message, help });
        if let (Operand::Pattern(pattern), Some(value)) = (&self.operand, &self.value)
            && !pattern.is_anchored()
        {
            let message = format!("the pattern is searched for anywhere in `{}`", self.attribute);
            let help = format!("for the whole value write `^(?:{value})$`");
            add("unanchored_pattern", Part::Value, message, help);
        }
        if matches!(self.operator, Operator::OccursIn | Operator::OccursNotIn) {
            let message = format!("Microsoft describes `{}` in one sentence that can be read otherwise", self.operator);
            let help = "here the value has to occur in the text; `regex_match` says it clearly".to_owned();
            add("unclear_operator", Part::Operator, message, help);
        }
        if !self.operator.takes_value() && self.value.is_some() {
            let message = format!("`{}` takes no value", self.operator);
            add("unused_value", Part::Value, message, "the value is ignored".to_owned());
        }
        lints
    }
}

impl Operand {
    fn of(operator: Operator, value: Option<&str>) -> Result<Self, ClauseError> {
        let fail = |message: String, help: Option<String>| Err(ClauseError { what: Part::Value, message, help });
        if !operator.takes_value() {
            return Ok(Operand::Nothing);
        }
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            let help = "for an empty attribute there are `is_null` and `is_not_null`";
            return fail(format!("`{operator}` needs a value"), Some(help.to_owned()));
        };
        match operator {
            Operator::RegexMatch | Operator::NotRegexMatch => match Pattern::new(value) {
                Ok(pattern) => Ok(Operand::Pattern(Arc::new(pattern))),
                Err(error) => {
                    let around = value.get(error.offset..).unwrap_or_default();
                    let found: String = around.chars().take(20).collect();
                    let place = if found.is_empty() { "its end".to_owned() } else { format!("`{found}`") };
                    fail(format!("{}, at {place}", error.message), error.help)
                }
            },
            Operator::GreaterThan | Operator::GreaterThanOrEquals => match value.trim().parse() {
                Ok(number) => Ok(Operand::Integer(number)),
                Err(_) => fail(format!("`{operator}` needs a whole number, not `{value}`"), None),
            },
            Operator::Equals
            | Operator::NotEquals
            | Operator::Includes
            | Operator::EndsWith
            | Operator::OccursIn
            | Operator::OccursNotIn => Ok(Operand::Text),
            Operator::IsTrue | Operator::IsFalse | Operator::IsNull | Operator::IsNotNull => Ok(Operand::Nothing),
        }
    }
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Boolean(value) => Cow::Borrowed(if *value { "True" } else { "False" }),
        Value::Integer(_) | Value::DateTime(_) | Value::List(_) | Value::Record(_) => Cow::Owned(value.to_string()),
    }
}

/// `department not_equals "Sales"`
impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.attribute, self.operator)?;
        match &self.value {
            Some(value) if self.operator.takes_value() => write!(f, " {value:?}"),
            _ => Ok(()),
        }
    }
}

impl Filter {
    /// A filter of clauses.
    ///
    /// # Errors
    /// When there is no clause: it would let everything pass.
    pub fn new(name: impl Into<Text>, clauses: Vec<Clause>, place: Place) -> Result<Self, ClauseError> {
        let name = name.into();
        if clauses.is_empty() {
            let message = format!("the filter `{name}` has no clause");
            let help = Some("leave the filter out to let everything pass".to_owned());
            return Err(ClauseError { what: Part::Attribute, message, help });
        }
        Ok(Self { name, clauses, place })
    }

    /// Whether a person or group passes.
    pub fn passes(&self, object: &dyn Lookup) -> bool {
        self.clauses.iter().all(|clause| clause.passes(object))
    }

    /// The first clause that is false, to say why something is filtered out.
    pub fn stops_at(&self, object: &dyn Lookup) -> Option<&Clause> {
        self.clauses.iter().find(|clause| !clause.passes(object))
    }
}

/// The filter that lets an object pass, or `Err` when there are filters and none does.
///
/// # Errors
/// Nothing but that: the object is filtered out.
pub fn passed<'f>(filters: &'f [Filter], object: &dyn Lookup) -> Result<Option<&'f Filter>, FilteredOut> {
    match filters.iter().find(|filter| filter.passes(object)) {
        Some(filter) => Ok(Some(filter)),
        None if filters.is_empty() => Ok(None),
        None => Err(FilteredOut),
    }
}

/// There are filters and the object passes none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("filtered out")]
pub struct FilteredOut;

/// The page of `help filters`, as Markdown that also reads well as plain text.
pub fn reference() -> String {
    let mut page = String::from(
        "# Filters

    filters:
      users:
        - name: Staff in EMEA
          where:
            - { attribute: country, operator: regex_match, value: \"^(GB|DE|FR)$\" }
            - { attribute: employeeType, operator: not_equals, value: Contractor }

An object is in scope when it passes any filter, or when there are none. It passes a filter when
every clause is true. Attribute names and values are case-sensitive; operators are written in any
case, with blanks or underscores.

A clause on an absent or empty value is false, also for the operators that deny; only `is_null` is
true then. To let empty values pass an exclusion, add a second filter with `is_null`.

## Operators

",
    );
    for operator in Operator::ALL {
        let (name, portal) = (operator.as_str(), operator.portal());
        let value = if operator.takes_value() { "" } else { " Takes no value." };
        page.push_str(&format!("- `{name}` (in the portal `{portal}`)  \n  {}{value}\n", operator.doc()));
    }
    page.push_str("\n## Not supported\n\n- `IsMemberOf`: name the group under `assignments`.\n");
    for (name, why) in REFUSED {
        page.push_str(&format!("- `{name}`: {why}.\n"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Attributes;

    fn clause(attribute: &str, operator: &str, value: &str) -> Clause {
        Clause::compile(attribute, operator, Some(value), Place::default_value()).unwrap()
    }

    fn with(value: Value) -> Attributes {
        [("a".into(), value)].into_iter().collect()
    }

    #[test]
    fn an_operator_is_read_in_every_spelling_and_written_in_one() {
        for operator in Operator::ALL {
            for spelling in
                [operator.as_str().to_owned(), operator.portal().to_lowercase(), operator.portal().replace(' ', "_")]
            {
                assert_eq!(Operator::parse(&spelling), Ok(operator), "{spelling}");
            }
        }
        assert_eq!(Operator::parse("Is Not_NULL").unwrap().to_string(), "is_not_null");
        assert_eq!(Operator::parse("eqals").unwrap_err().help.as_deref(), Some("did you mean `equals`?"));
    }

    #[test]
    fn everything_wrong_with_a_clause_is_said_at_once() {
        let errors = Clause::compile("manager", "greater_than", Some("1.5"), Place::default_value()).unwrap_err();
        let parts: Vec<Part> = errors.iter().map(|error| error.what).collect();
        assert_eq!(parts, [Part::Attribute, Part::Value]);
        let errors = Clause::compile("a", "equals", None, Place::default_value()).unwrap_err();
        assert_eq!(errors[0].message, "`equals` needs a value");
    }

    #[test]
    fn an_empty_value_passes_only_is_null() {
        for operator in Operator::ALL {
            let clause = clause("a", operator.as_str(), "1");
            for object in [Attributes::default(), with("".into()), with(Value::List(Vec::new()))] {
                assert_eq!(clause.passes(&object), operator == Operator::IsNull, "{operator}");
            }
        }
    }

    #[test]
    fn several_values_are_only_known_to_be_there() {
        let several = with(Value::List(vec!["x".into(), "y".into()]));
        for operator in Operator::ALL {
            let passes = clause("a", operator.as_str(), "1").passes(&several);
            assert_eq!(passes, operator == Operator::IsNotNull, "{operator}");
        }
        assert!(clause("a", "equals", "x").passes(&with(Value::List(vec!["x".into()]))));
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(clause("a", "greater_than", "-5").passes(&with(Value::Integer(-4))));
        assert!(clause("a", "greater_than", "9").passes(&with("15".into())));
        assert!(!clause("a", "greater_than", "9").passes(&with("x15".into())));
    }

    #[test]
    fn a_pattern_without_anchors_is_pointed_at() {
        let codes = |pattern: &str| clause("a", "regex_match", pattern).lints().len();
        for pattern in ["([1-9][0-9])", r".*\@domain.com", "Sales|Marketing", "^Sales|Marketing$", "a|^b$"] {
            assert_eq!(codes(pattern), 1, "{pattern}");
        }
        for pattern in ["^(GB|DE)$", "^Sales", r"@contoso\.com$", ".*#EXT#.*", "^(?i)sales$", "^a$|^b$", "(^a|^b)"] {
            assert_eq!(codes(pattern), 0, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_never_ends_makes_its_clause_false() {
        let text = with(Value::text(format!("{}!", "a".repeat(60))));
        assert!(!clause("a", "regex_match", r"^((a|aa)\2?)*$").passes(&text));
        assert!(!clause("a", "not_regex_match", r"^((a|aa)\2?)*$").passes(&text));
    }

    #[test]
    fn the_page_has_every_operator() {
        let page = reference();
        assert!(Operator::ALL.iter().all(|operator| page.contains(&format!("- `{operator}` "))));
    }
}
