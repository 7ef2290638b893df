//! An expression as a tree: what the parser makes, what everything else reads.
//!
//! Every node knows where it was written. Printing a tree gives the canonical
//! form; parsing that gives the same tree.

use std::fmt;

use jiff::civil::DateTime;

use super::{
    dates::{DateFormat, Interval, Styles},
    functions::Function,
    regex::Pattern,
};
use crate::names::Value;

/// Bytes of the expression, end excluded. Expressions have at most 10,000 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    pub(super) fn offset(self) -> usize {
        self.start as usize
    }

    pub(super) fn length(self) -> usize {
        (self.end - self.start) as usize
    }
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) form: Form,
}

#[derive(Debug)]
pub(super) enum Form {
    Call(Call),
    Attribute(Box<str>),
    /// A string or a number, with what its parameter made of it at parse time.
    Literal(Value, Prepared),
    Constant(Constant),
    Condition(Box<Condition>),
    /// Nothing between two commas. Not the same as an empty string.
    Omitted,
    /// What could not be read, with what could inside it. Never in a finished expression.
    Hole(Vec<Node>),
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: &'static Function,
    pub(super) args: Vec<Node>,
}

#[derive(Debug)]
pub(super) struct Condition {
    pub(super) left: Node,
    pub(super) operator: Comparison,
    pub(super) right: Node,
}

/// The comparison operators of `IIF` and `CBool`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
}

impl Comparison {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Greater => ">",
            Comparison::Less => "<",
            Comparison::GreaterOrEqual => ">=",
            Comparison::LessOrEqual => "<=",
        }
    }
}

/// The words that stand without quotes or brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Constant {
    TextCompare,
    BinaryCompare,
    IgnoreAttributeFlow,
    IgnoreObjectFlow,
}

impl Constant {
    pub(super) const ALL: [Constant; 4] =
        [Constant::TextCompare, Constant::BinaryCompare, Constant::IgnoreAttributeFlow, Constant::IgnoreObjectFlow];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Constant::TextCompare => "vbTextCompare",
            Constant::BinaryCompare => "vbBinaryCompare",
            Constant::IgnoreAttributeFlow => "IgnoreAttributeFlow",
            Constant::IgnoreObjectFlow => "IgnoreObjectFlow",
        }
    }
}

/// What a literal was turned into when its expression was parsed, so that no
/// pattern, format or date is read again for each person.
#[derive(Debug)]
pub(super) enum Prepared {
    Nothing,
    Integer(i64),
    Date(DateTime),
    Pattern(Box<Pattern>),
    Format(Box<DateFormat>),
    Styles(Styles),
    Interval(Interval),
}

impl Node {
    /// Whether two trees are the same, wherever they were written.
    pub(super) fn same(&self, other: &Node) -> bool {
        match (&self.form, &other.form) {
            (Form::Call(left), Form::Call(right)) => {
                std::ptr::eq(left.function, right.function)
                    && left.args.len() == right.args.len()
                    && left.args.iter().zip(&right.args).all(|(left, right)| left.same(right))
            }
            (Form::Attribute(left), Form::Attribute(right)) => left == right,
            (Form::Literal(left, _), Form::Literal(right, _)) => left == right,
            (Form::Constant(left), Form::Constant(right)) => left == right,
            (Form::Condition(left), Form::Condition(right)) => {
                left.operator == right.operator && left.left.same(&right.left) && left.right.same(&right.right)
            }
            (Form::Omitted, Form::Omitted) => true,
            _ => false,
        }
    }

    /// The nodes directly below.
    pub(super) fn children(&self) -> Vec<&Node> {
        match &self.form {
            Form::Call(call) => call.args.iter().collect(),
            Form::Condition(condition) => vec![&condition.left, &condition.right],
            Form::Hole(inside) => inside.iter().collect(),
            Form::Attribute(_) | Form::Literal(..) | Form::Constant(_) | Form::Omitted => Vec::new(),
        }
    }

    /// Calls `see` for this node and everything below, in the order of the text.
    pub(super) fn walk<'a>(&'a self, see: &mut dyn FnMut(&'a Node)) {
        see(self);
        for child in self.children() {
            child.walk(see);
        }
    }

    /// The text of a string literal.
    pub(super) fn literal_text(&self) -> Option<&str> {
        match &self.form {
            Form::Literal(Value::Text(text), _) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Call(call) => {
                write!(f, "{}(", call.function.name)?;
                for (i, arg) in call.args.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{arg}")?;
                }
                f.write_str(")")
            }
            Form::Attribute(name) => write!(f, "[{name}]"),
            Form::Literal(Value::Text(text), _) => {
                f.write_str("\"")?;
                for c in text.chars() {
                    if matches!(c, '"' | '\\') {
                        f.write_str("\\")?;
                    }
                    write!(f, "{c}")?;
                }
                f.write_str("\"")
            }
            Form::Literal(value, _) => write!(f, "{value}"),
            Form::Constant(constant) => f.write_str(constant.as_str()),
            Form::Condition(condition) => {
                write!(f, "{} {} {}", condition.left, condition.operator.as_str(), condition.right)
            }
            Form::Omitted | Form::Hole(_) => Ok(()),
        }
    }
}
