//! The mapping expression language: text to tree with spans, tree and person
//! to value, one table of functions.
//!
//! It is Microsoft Entra's language for attribute mappings. [`Expression::parse`]
//! finds every error that does not depend on a person, each with its place in
//! the text; [`Expression::evaluate`] gives a value, nothing, or leaves the
//! attribute out of the flow, which are three different things.

mod check;
mod dates;
mod eval;
mod functions;
mod lints;
mod parse;
mod reference;
mod regex;
mod tree;

use std::{fmt, sync::Arc};

use crate::names::{Attributes, Text, Value};
use eval::Run;
use tree::{Form, Node};

pub use functions::{Function, Kind, Parameter, find, functions};
pub use lints::{Level, Lint};
pub use reference::reference;
pub use regex::{Pattern, PatternError, TooExpensive};

/// A parsed and checked expression. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Expression {
    text: Text,
    root: Arc<Node>,
    attributes: Arc<[Attribute]>,
}

/// A reference to a source attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name between the brackets, as written: names are case-sensitive.
    pub name: Text,
    /// Byte offset of the name (behind the bracket) in the expression.
    pub offset: usize,
    /// Length of the name in bytes.
    pub length: usize,
}

/// What came of evaluating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A value. It may be an empty text or list.
    Value(Value),
    /// Null.
    Empty,
    /// The attribute is dropped from the flow.
    Ignored,
}

/// Where an expression gets attributes from.
pub trait Lookup {
    /// The value of a source attribute, by its exact name.
    fn get(&self, name: &str) -> Option<&Value>;
}

impl Lookup for Attributes {
    fn get(&self, name: &str) -> Option<&Value> {
        Attributes::get(self, name)
    }
}

/// Attributes with some computed ones laid over them, such as `IsSoftDeleted`.
pub struct Overlay<'a> {
    /// These win.
    pub over: &'a [(&'a str, Value)],
    /// Everything else.
    pub under: &'a dyn Lookup,
}

impl Lookup for Overlay<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.over.iter().find(|(key, _)| *key == name).map(|(_, value)| value).or_else(|| self.under.get(name))
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
    /// For `Guid` and `RandomString`: the same seed gives the same values.
    pub seed: u64,
}

/// What is wrong with an expression, or why it has no value for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// A stable code in snake case.
    pub code: &'static str,
    /// A lower-case fragment.
    pub message: String,
    /// Byte offset into the expression.
    pub offset: usize,
    /// Length in bytes; zero where something is missing.
    pub length: usize,
    /// The next step.
    pub help: Option<String>,
}

/// One node of an expression with its value, for people who ask why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The node in canonical form.
    pub text: String,
    /// Byte offset into the expression.
    pub offset: usize,
    /// Length in bytes.
    pub length: usize,
    /// What it gave; `None` when it was not evaluated, like the other branch of `IIF`.
    pub outcome: Option<Result<Outcome, ExprError>>,
    /// The arguments.
    pub steps: Vec<Step>,
}

impl Expression {
    /// Parses and checks `text`.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the text.
    pub fn parse(text: &str) -> Result<Expression, Vec<ExprError>> {
        let (mut root, errors) = parse::parse(text);
        let mut checker = check::Checker::new(text, errors);
        checker.whole(&mut root);
        let mut errors = checker.errors;
        if !errors.is_empty() {
            errors.sort_by_key(|error| error.offset);
            return Err(errors);
        }
        let mut attributes = Vec::new();
        root.walk(&mut |node| {
            if let Form::Attribute(name) = &node.form {
                attributes.push(Attribute {
                    name: name.as_ref().into(),
                    offset: node.span.offset() + 1,
                    length: name.len(),
                });
            }
        });
        Ok(Expression { text: text.into(), root: Arc::new(root), attributes: attributes.into() })
    }

    /// The text that was parsed.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// Every reference to a source attribute, in the order of the text.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// Every function that is called, in the order of the text.
    pub fn functions(&self) -> impl Iterator<Item = &'static Function> {
        let mut functions = Vec::new();
        self.root.walk(&mut |node| {
            if let Form::Call(call) = &node.form {
                functions.push(call.function);
            }
        });
        functions.into_iter()
    }

    /// What is allowed but probably not meant, or would not work in Entra.
    pub fn lints(&self) -> Vec<Lint> {
        lints::lints(&self.root)
    }

    /// Whether `Guid` or `RandomString` is used, so that each new seed gives another value.
    pub fn is_random(&self) -> bool {
        self.functions().any(|function| matches!(function.name, "Guid" | "RandomString"))
    }

    /// Whether logs must not show the value: it goes through `Redact`.
    pub fn is_redacted(&self) -> bool {
        self.functions().any(|function| function.name == "Redact")
    }

    /// Evaluates it for one person, within bounded time and memory.
    ///
    /// # Errors
    /// Why it has no value for this person, with the place in the text.
    pub fn evaluate(&self, person: &dyn Lookup, world: &World) -> Result<Outcome, ExprError> {
        eval::outcome(Run::new(person, world, false).node(&self.root))
    }

    /// Evaluates it for one person and tells what each node gave.
    pub fn explain(&self, person: &dyn Lookup, world: &World) -> Step {
        let run = Run::new(person, world, true);
        // The outcome is kept in the run, node by node.
        let _ = run.node(&self.root);
        step(&self.root, &run)
    }
}

fn step(node: &Node, run: &Run) -> Step {
    Step {
        text: node.to_string(),
        offset: node.span.offset(),
        length: node.span.length(),
        outcome: run.seen(node),
        steps: node
            .children()
            .into_iter()
            .filter(|child| !matches!(child.form, Form::Omitted))
            .map(|child| step(child, run))
            .collect(),
    }
}

/// Two expressions are equal when they are the same tree, however they are spaced.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.root.same(&other.root)
    }
}

impl Eq for Expression {}

/// The canonical form.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)
    }
}
