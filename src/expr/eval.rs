//! Tree and person to value.
//!
//! Functions ask for the arguments they need, so `IIF` and `Switch` are lazy
//! without being special. Work is counted: every evaluation ends within a
//! bounded number of steps and bytes, whatever was written.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::HashMap,
};

use jiff::civil::DateTime;

use super::{
    ExprError, Lookup, Outcome, World,
    dates::{self, DateFormat, FormatError, Interval, Styles},
    regex::Pattern,
    tree::{Call, Comparison, Condition, Constant, Form, Node, Prepared, Span},
};
use crate::names::{Text, Value};

/// Longest text that an evaluation may make, in bytes. A SCIM attribute that
/// is longer has no use, and growth by nested `Replace` stops here.
const MAX_TEXT: usize = 1_000_000;
/// Work of one evaluation: roughly bytes read and written, and steps of
/// regular expressions. A typical mapping needs a few hundred.
const FUEL: u64 = 20_000_000;

/// A value on its way: borrowed from the person or the expression as long as
/// possible.
#[derive(Clone, Debug)]
pub(super) enum Val<'a> {
    Null,
    Kept(&'a Value),
    Text(Cow<'a, str>),
    Integer(i64),
    Boolean(bool),
    /// UTC. Wider than [`Value::DateTime`], which ends a day before the year 9999 does.
    Date(DateTime),
    List(Vec<Value>),
}

/// Why an evaluation ended without a value.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// The attribute is dropped from the flow.
    Ignored,
    Failed(Box<ExprError>),
}

/// One evaluation.
pub(super) struct Run<'a> {
    person: &'a dyn Lookup,
    pub(super) world: &'a World<'a>,
    fuel: Cell<u64>,
    trace: Option<RefCell<HashMap<usize, Result<Outcome, ExprError>>>>,
}

/// The arguments of one call, evaluated when asked for.
pub(super) struct Args<'e, 'a> {
    pub(super) run: &'e Run<'a>,
    call: &'a Call,
    span: Span,
}

impl<'a> Run<'a> {
    pub(super) fn new(person: &'a dyn Lookup, world: &'a World<'a>, traced: bool) -> Self {
        Self { person, world, fuel: Cell::new(FUEL), trace: traced.then(RefCell::default) }
    }

    pub(super) fn node(&self, node: &'a Node) -> Result<Val<'a>, Stop> {
        let value = self.form(node);
        if let Some(trace) = &self.trace {
            trace.borrow_mut().insert(std::ptr::from_ref(node).addr(), outcome(value.clone()));
        }
        value
    }

    fn form(&self, node: &'a Node) -> Result<Val<'a>, Stop> {
        match &node.form {
            Form::Call(call) => (call.function.apply)(&Args { run: self, call, span: node.span }),
            Form::Attribute(name) => Ok(self.person.get(name).map_or(Val::Null, Val::Kept)),
            Form::Literal(value, _) => Ok(Val::Kept(value)),
            Form::Constant(Constant::IgnoreAttributeFlow | Constant::IgnoreObjectFlow) => Err(Stop::Ignored),
            Form::Constant(Constant::TextCompare | Constant::BinaryCompare) | Form::Omitted | Form::Hole(_) => {
                Ok(Val::Null)
            }
            Form::Condition(condition) => Ok(Val::Boolean(self.compare(condition, node.span)?)),
        }
    }

    /// What was seen at a node, when this run keeps a trace.
    pub(super) fn seen(&self, node: &Node) -> Option<Result<Outcome, ExprError>> {
        self.trace.as_ref()?.borrow().get(&std::ptr::from_ref(node).addr()).cloned()
    }

    /// Counts work.
    pub(super) fn charge(&self, work: usize, span: Span) -> Result<(), Stop> {
        let left = self.fuel.get().checked_sub(work as u64);
        self.fuel.set(left.unwrap_or(0));
        match left {
            Some(_) => Ok(()),
            None => Err(fail("too_expensive", "the evaluation takes too much work for one person", span)),
        }
    }

    /// Comparison with null is false, whatever the operator.
    fn compare(&self, condition: &'a Condition, span: Span) -> Result<bool, Stop> {
        let left = single(self.node(&condition.left)?, condition.left.span)?;
        let right = single(self.node(&condition.right)?, condition.right.span)?;
        if matches!(left, Val::Null) || matches!(right, Val::Null) {
            return Ok(false);
        }
        let order = if let (Val::Date(left), Val::Date(right)) = (&left, &right) {
            left.cmp(right)
        } else if let (Some(left), Some(right)) = (integer(&left), integer(&right)) {
            left.cmp(&right)
        } else {
            let (left, right) = (text(left), text(right));
            match condition.operator {
                Comparison::Equal => return Ok(left == right),
                Comparison::NotEqual => return Ok(left != right),
                Comparison::Greater | Comparison::Less | Comparison::GreaterOrEqual | Comparison::LessOrEqual => {
                    let operator = condition.operator.as_str();
                    let message = format!("`{operator}` compares numbers or dates, not texts");
                    return Err(fail("not_comparable", message, span));
                }
            }
        };
        Ok(match condition.operator {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Greater => order.is_gt(),
            Comparison::Less => order.is_lt(),
            Comparison::GreaterOrEqual => order.is_ge(),
            Comparison::LessOrEqual => order.is_le(),
        })
    }
}

impl<'e, 'a> Args<'e, 'a> {
    /// How many arguments were written, omitted ones included.
    pub(super) fn len(&self) -> usize {
        self.call.args.len()
    }

    /// Whether argument `i` was written and not left out.
    pub(super) fn given(&self, i: usize) -> bool {
        self.call.args.get(i).is_some_and(|arg| !matches!(arg.form, Form::Omitted))
    }

    pub(super) fn literal(&self, i: usize) -> Option<&'a str> {
        self.call.args.get(i)?.literal_text()
    }

    /// The bare constant at argument `i`.
    pub(super) fn constant(&self, i: usize) -> Option<Constant> {
        match self.call.args.get(i)?.form {
            Form::Constant(constant) => Some(constant),
            _ => None,
        }
    }

    pub(super) fn value(&self, i: usize) -> Result<Val<'a>, Stop> {
        self.call.args.get(i).map_or(Ok(Val::Null), |arg| self.run.node(arg))
    }

    /// One value: a list of one is that one, an empty list is null.
    pub(super) fn single(&self, i: usize) -> Result<Val<'a>, Stop> {
        single(self.value(i)?, self.span_of(i))
    }

    pub(super) fn text(&self, i: usize) -> Result<Option<Cow<'a, str>>, Stop> {
        Ok(text(self.single(i)?))
    }

    pub(super) fn integer(&self, i: usize) -> Result<Option<i64>, Stop> {
        if let Some(Prepared::Integer(number)) = self.prepared(i) {
            return Ok(Some(*number));
        }
        let value = self.single(i)?;
        match integer(&value) {
            Some(number) => Ok(Some(number)),
            None if matches!(value, Val::Null) => Ok(None),
            None => {
                let shown = text(value).unwrap_or_default();
                Err(self.fail_at(i, "not_a_number", format!("expected a whole number, found \"{}\"", short(&shown))))
            }
        }
    }

    pub(super) fn date(&self, i: usize) -> Result<Option<DateTime>, Stop> {
        if let Some(Prepared::Date(date)) = self.prepared(i) {
            return Ok(Some(*date));
        }
        let value = self.single(i)?;
        if let Val::Date(date) = value {
            return Ok(Some(date));
        }
        if let Val::Kept(Value::DateTime(instant)) = value {
            return Ok(Some(dates::of(*instant)));
        }
        let Some(text) = text(value) else {
            return Ok(None);
        };
        match dates::read(&text) {
            Some(date) => Ok(Some(date)),
            None => Err(self.fail_at(i, "not_a_date", format!("\"{}\" is not a date", short(&text)))),
        }
    }

    /// Calls `see` with the text of each value at argument `i`.
    pub(super) fn each(&self, i: usize, see: &mut dyn FnMut(&str)) -> Result<(), Stop> {
        let value = self.value(i)?;
        let items: &[Value] = match &value {
            Val::Kept(kept) => kept.each(),
            Val::List(items) => items,
            Val::Null => return Ok(()),
            Val::Text(text) => {
                see(text);
                return Ok(());
            }
            Val::Integer(_) | Val::Boolean(_) | Val::Date(_) => {
                see(&text(value).unwrap_or_default());
                return Ok(());
            }
        };
        for item in items {
            match item {
                Value::Text(text) => see(text),
                Value::Integer(_) | Value::Boolean(_) | Value::DateTime(_) | Value::List(_) | Value::Record(_) => {
                    see(&item.to_string());
                }
            }
        }
        Ok(())
    }

    /// The values at argument `i`; none for null.
    pub(super) fn values(&self, i: usize) -> Result<Cow<'a, [Value]>, Stop> {
        Ok(match self.value(i)? {
            Val::Null => Cow::Owned(Vec::new()),
            Val::Kept(kept) => Cow::Borrowed(kept.each()),
            Val::List(items) => Cow::Owned(items),
            other => Cow::Owned(finish(other).into_iter().collect()),
        })
    }

    pub(super) fn pattern(&self, i: usize) -> Result<Option<Held<'a, Pattern>>, Stop> {
        if let Some(Prepared::Pattern(pattern)) = self.prepared(i) {
            return Ok(Some(Held::Kept(pattern)));
        }
        let Some(text) = self.text(i)? else {
            return Ok(None);
        };
        // A pattern that a person brings is compiled for that person: dear.
        self.charge(500_000)?;
        match Pattern::new(&text) {
            Ok(pattern) => Ok(Some(Held::Made(Box::new(pattern)))),
            Err(error) => Err(self.fail_at(i, "bad_regex", error.message)),
        }
    }

    pub(super) fn format(&self, i: usize) -> Result<Option<Held<'a, DateFormat>>, Stop> {
        if let Some(Prepared::Format(format)) = self.prepared(i) {
            return Ok(Some(Held::Kept(format)));
        }
        let Some(text) = self.text(i)? else {
            return Ok(None);
        };
        self.charge(text.len())?;
        match DateFormat::parse(&text) {
            Ok(format) => Ok(Some(Held::Made(Box::new(format)))),
            Err(FormatError { message, .. }) => Err(self.fail_at(i, "bad_date_format", message)),
        }
    }

    pub(super) fn interval(&self, i: usize) -> Result<Option<Interval>, Stop> {
        if let Some(Prepared::Interval(interval)) = self.prepared(i) {
            return Ok(Some(*interval));
        }
        let Some(text) = self.text(i)? else {
            return Ok(None);
        };
        match Interval::parse(&text) {
            Some(interval) => Ok(Some(interval)),
            None => {
                let message = format!("\"{}\" is not an interval; {}", short(&text), Interval::help(&text));
                Err(self.fail_at(i, "unknown_interval", message))
            }
        }
    }

    pub(super) fn styles(&self, i: usize) -> Result<Styles, Stop> {
        if let Some(Prepared::Styles(styles)) = self.prepared(i) {
            return Ok(*styles);
        }
        let Some(text) = self.text(i)? else {
            return Ok(Styles::default());
        };
        Styles::parse(&text).map_err(|wrong| {
            self.fail_at(i, "unknown_style", format!("\"{}\" is not a date/time style", short(&wrong)))
        })
    }

    fn prepared(&self, i: usize) -> Option<&'a Prepared> {
        match &self.call.args.get(i)?.form {
            Form::Literal(_, prepared) => Some(prepared),
            _ => None,
        }
    }

    pub(super) fn charge(&self, work: usize) -> Result<(), Stop> {
        self.run.charge(work, self.span)
    }

    /// Refuses a text that is longer than any attribute.
    pub(super) fn fits(&self, length: usize) -> Result<(), Stop> {
        if length > MAX_TEXT {
            let message = format!("`{}` would give a text of more than {MAX_TEXT} bytes", self.call.function.name);
            return Err(self.fail("too_long", message));
        }
        Ok(())
    }

    /// The same, and counts the bytes as work.
    pub(super) fn bounded(&self, length: usize) -> Result<(), Stop> {
        self.fits(length)?;
        self.charge(length)
    }

    pub(super) fn made(&self, text: String) -> Result<Val<'a>, Stop> {
        self.bounded(text.len())?;
        Ok(Val::Text(Cow::Owned(text)))
    }

    pub(super) fn fail(&self, code: &'static str, message: impl Into<String>) -> Stop {
        fail(code, message, self.span)
    }

    pub(super) fn fail_at(&self, i: usize, code: &'static str, message: impl Into<String>) -> Stop {
        fail(code, message, self.span_of(i))
    }

    fn span_of(&self, i: usize) -> Span {
        self.call.args.get(i).map_or(self.span, |arg| arg.span)
    }

    /// Where this call stands in the expression: tells two random calls apart.
    pub(super) fn offset(&self) -> usize {
        self.span.offset()
    }
}

/// Borrowed from the expression, or made for this evaluation.
pub(super) enum Held<'a, T> {
    Kept(&'a T),
    Made(Box<T>),
}

impl<T> std::ops::Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Held::Kept(kept) => kept,
            Held::Made(made) => made,
        }
    }
}

/// One value of many: a list of one is that one, an empty list is null.
fn single(value: Val<'_>, span: Span) -> Result<Val<'_>, Stop> {
    let many = |n: usize| fail("many_values", format!("expected one value, found {n}"), span);
    match value {
        Val::Kept(Value::List(items)) => match items.as_slice() {
            [] => Ok(Val::Null),
            [one] => Ok(Val::Kept(one)),
            more => Err(many(more.len())),
        },
        Val::List(mut items) => match items.len() {
            0 => Ok(Val::Null),
            1 => Ok(match items.remove(0) {
                Value::Integer(number) => Val::Integer(number),
                Value::Boolean(value) => Val::Boolean(value),
                other => Val::Text(Cow::Owned(other.to_string())),
            }),
            more => Err(many(more)),
        },
        other => Ok(other),
    }
}

/// The text of one value.
pub(super) fn text(value: Val<'_>) -> Option<Cow<'_, str>> {
    match value {
        Val::Null => None,
        Val::Kept(Value::Text(text)) => Some(Cow::Borrowed(text)),
        Val::Kept(Value::Boolean(value)) => text(Val::Boolean(*value)),
        Val::Kept(other) => Some(Cow::Owned(other.to_string())),
        Val::Text(text) => Some(text),
        Val::Integer(number) => Some(Cow::Owned(number.to_string())),
        Val::Boolean(value) => Some(Cow::Borrowed(if value { "True" } else { "False" })),
        Val::Date(date) => Some(Cow::Owned(dates::print(date))),
        Val::List(items) => Some(Cow::Owned(Value::List(items).to_string())),
    }
}

fn integer(value: &Val<'_>) -> Option<i64> {
    match value {
        Val::Integer(number) | Val::Kept(Value::Integer(number)) => Some(*number),
        Val::Kept(Value::Text(text)) => text.trim().parse().ok(),
        Val::Text(text) => text.trim().parse().ok(),
        Val::Null | Val::Kept(_) | Val::Boolean(_) | Val::Date(_) | Val::List(_) => None,
    }
}

impl Val<'_> {
    /// True for True, the text True in any case, and numbers other than zero.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Val::Boolean(value) | Val::Kept(Value::Boolean(value)) => *value,
            Val::Kept(Value::Text(text)) if text.eq_ignore_ascii_case("true") => true,
            Val::Text(text) if text.eq_ignore_ascii_case("true") => true,
            other => integer(other).is_some_and(|number| number != 0),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        match self {
            Val::Null => true,
            Val::Kept(Value::List(items)) => items.is_empty(),
            Val::List(items) => items.is_empty(),
            Val::Kept(_) | Val::Text(_) | Val::Integer(_) | Val::Boolean(_) | Val::Date(_) => false,
        }
    }

    pub(super) fn is_null_or_empty(&self) -> bool {
        match self {
            Val::Kept(value) => value.is_empty(),
            Val::Text(text) => text.is_empty(),
            Val::Null | Val::List(_) | Val::Integer(_) | Val::Boolean(_) | Val::Date(_) => self.is_null(),
        }
    }
}

/// The value that leaves the language.
pub(super) fn finish(value: Val<'_>) -> Option<Value> {
    Some(match value {
        Val::Null => return None,
        Val::Kept(value) => value.clone(),
        Val::Text(text) => Value::Text(Text::from(text.as_ref())),
        Val::Integer(number) => Value::Integer(number),
        Val::Boolean(value) => Value::Boolean(value),
        Val::Date(date) => dates::instant(date).map_or_else(|| Value::text(dates::print(date)), Value::DateTime),
        Val::List(items) => Value::List(items),
    })
}

pub(super) fn outcome(result: Result<Val<'_>, Stop>) -> Result<Outcome, ExprError> {
    match result {
        Ok(value) => Ok(finish(value).map_or(Outcome::Empty, Outcome::Value)),
        Err(Stop::Ignored) => Ok(Outcome::Ignored),
        Err(Stop::Failed(error)) => Err(*error),
    }
}

pub(super) fn fail(code: &'static str, message: impl Into<String>, span: Span) -> Stop {
    Stop::Failed(Box::new(ExprError {
        code,
        message: message.into(),
        offset: span.offset(),
        length: span.length(),
        help: None,
    }))
}

/// The start of a value, for messages.
fn short(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
