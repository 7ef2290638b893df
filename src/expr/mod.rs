//! The mapping expression language: signatures only until the room itself lands.

use crate::names::{Attributes, Text, Value};

/// A parsed and checked expression.
#[derive(Clone, Debug)]
pub struct Expression {
    text: Text,
}

/// A reference to a source attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name between the brackets.
    pub name: Text,
    /// Byte offset into the expression.
    pub offset: usize,
    /// Length in bytes.
    pub length: usize,
}

/// What came of evaluating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A value.
    Value(Value),
    /// Nothing.
    Empty,
    /// The attribute is dropped from the flow.
    Ignored,
}

/// Where an expression gets attributes from.
pub trait Lookup {
    /// The value of a source attribute.
    fn get(&self, name: &str) -> Option<&Value>;
}

impl Lookup for Attributes {
    fn get(&self, name: &str) -> Option<&Value> {
        Attributes::get(self, name)
    }
}

/// What the outside world would answer.
pub struct World<'a> {
    /// The instant of `Now()`.
    pub now: jiff::Timestamp,
    /// The tenant's default domain.
    pub default_domain: Option<Text>,
    /// Whether a value is taken in the target.
    pub taken: &'a dyn Fn(&str) -> bool,
    /// For `Guid` and `RandomString`.
    pub seed: u64,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// A stable code.
    pub code: &'static str,
    /// A lower-case fragment.
    pub message: String,
    /// Byte offset into the expression.
    pub offset: usize,
    /// Length in bytes.
    pub length: usize,
    /// The next step.
    pub help: Option<String>,
}

impl Expression {
    /// Parses and checks `text`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Expression, Vec<ExprError>> {
        Ok(Expression { text: text.into() })
    }

    /// The source attributes that it names.
    pub fn attributes(&self) -> &[Attribute] {
        &[]
    }

    /// Evaluates it for one person.
    ///
    /// # Errors
    /// Why it has no value for this person.
    pub fn evaluate(&self, person: &dyn Lookup, _world: &World) -> Result<Outcome, ExprError> {
        Ok(person.get(&self.text).cloned().map_or(Outcome::Empty, Outcome::Value))
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
