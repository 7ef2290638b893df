//! What can be known about an expression without a person.
//!
//! Holds each call against its row of the function table: how many arguments,
//! of what kind, and whether a constant can ever work. Constants are turned
//! into what their parameter needs (a pattern, a date format) on the way, so a
//! bad one is found here and a good one is read once.

use super::{
    ExprError,
    dates::{self, DateFormat, FormatError, Interval, Styles},
    functions::{Function, Kind, Parameter},
    regex::Pattern,
    tree::{Call, Constant, Form, Node, Prepared, Span},
};
use crate::names::{Value, count, near_miss};

/// What `Switch` wants, and people forget.
const PAIRS: &str = ": after the default come pairs of key and value";

/// How large all constant patterns of an expression may be together.
const MAX_PATTERNS: u64 = 60_000;

pub(super) struct Checker<'t> {
    text: &'t str,
    /// How large the patterns seen so far are.
    patterns: u64,
    pub(super) errors: Vec<ExprError>,
}

impl<'t> Checker<'t> {
    pub(super) fn new(text: &'t str, errors: Vec<ExprError>) -> Self {
        Self { text, patterns: 0, errors }
    }

    /// Checks a whole expression.
    pub(super) fn whole(&mut self, root: &mut Node) {
        self.node(root, &Parameter::WHOLE);
    }

    fn node(&mut self, node: &mut Node, parameter: &Parameter) {
        let span = node.span;
        match &mut node.form {
            Form::Call(call) => {
                self.returned(call.function, span, parameter);
                self.call(call, span);
            }
            Form::Literal(value, prepared) => {
                if let Some(made) = self.literal(value, span, parameter) {
                    *prepared = made;
                }
            }
            Form::Constant(constant) => self.constant(*constant, span, parameter),
            Form::Condition(condition) => {
                if parameter.kind != Kind::Condition {
                    let message = "a comparison cannot stand here".to_owned();
                    let help = "a comparison is the first argument of `IIF` or the argument of `CBool`";
                    self.error("misplaced_condition", span, message, Some(help.to_owned()));
                }
                self.node(&mut condition.left, &Parameter::OPERAND);
                self.node(&mut condition.right, &Parameter::OPERAND);
            }
            // What a call holds is checked even when the call itself cannot be.
            Form::Hole(inside) => inside.iter_mut().for_each(|node| self.inside_hole(node)),
            Form::Attribute(_) | Form::Omitted => {}
        }
    }

    fn inside_hole(&mut self, node: &mut Node) {
        let span = node.span;
        match &mut node.form {
            Form::Call(call) => self.call(call, span),
            Form::Hole(inside) => inside.iter_mut().for_each(|node| self.inside_hole(node)),
            Form::Condition(condition) => {
                self.inside_hole(&mut condition.left);
                self.inside_hole(&mut condition.right);
            }
            Form::Attribute(_) | Form::Literal(..) | Form::Constant(_) | Form::Omitted => {}
        }
    }

    fn call(&mut self, call: &mut Call, span: Span) {
        let function = call.function;
        if let Some(reshape) = function.reshape {
            reshape(&mut call.args);
        }
        let fits = self.arity(call, span);
        let total = call.args.len();
        for (i, arg) in call.args.iter_mut().enumerate() {
            let Some(parameter) = function.parameter(i) else {
                self.node(arg, &Parameter::OPERAND);
                continue;
            };
            if matches!(arg.form, Form::Omitted) && parameter.required && fits {
                let message = format!("`{}` needs its argument {} (`{}`)", function.name, i + 1, parameter.name);
                let help =
                    if i + 1 == total { "is there a comma too many?" } else { "an empty text is written `\"\"`" };
                self.error("missing_argument", arg.span, message, Some(help.to_owned()));
            }
            self.node(arg, parameter);
        }
        let whole = fits && !call.args.iter().any(|arg| matches!(arg.form, Form::Hole(_)));
        if whole && let Some(check) = function.check {
            for flaw in check(&call.args) {
                let at = flaw.arg.and_then(|i| call.args.get(i)).map_or(span, |arg| arg.span);
                self.error(flaw.code, at, flaw.message, flaw.help);
            }
        }
    }

    /// Whether the number of arguments is right.
    fn arity(&mut self, call: &Call, span: Span) -> bool {
        let (function, given) = (call.function, call.args.len());
        let (least, most, step) = function.arity();
        let wrong = if given < least {
            let missing = function.parameters.iter().filter(|parameter| parameter.required).nth(given);
            let detail = match missing {
                _ if step > 1 => PAIRS.to_owned(),
                Some(parameter) => format!(": `{}` is missing", parameter.name),
                None => String::new(),
            };
            Some(("missing_argument", detail))
        } else if most.is_some_and(|most| given > most) {
            Some(("too_many_arguments", String::new()))
        } else if (given - least) % step != 0 {
            Some(("odd_arguments", PAIRS.to_owned()))
        } else {
            None
        };
        let Some((code, detail)) = wrong else {
            return true;
        };
        let wanted = match (least, most) {
            (least, Some(most)) if least == most => count(least, "argument", "arguments"),
            (least, Some(most)) => format!("{least} to {most} arguments"),
            (least, None) => format!("at least {}", count(least, "argument", "arguments")),
        };
        let message = format!("`{}` takes {wanted}, here are {given}{detail}", function.name);
        // Extra arguments are pointed at; missing ones have no place but the call.
        let at = match most.and_then(|most| call.args.get(most)) {
            Some(extra) => {
                let end = call.args.last().map_or(extra.span.end, |last| last.span.end);
                Span::new(extra.span.offset(), end as usize)
            }
            None => span,
        };
        self.error(code, at, message, Some(function.signature()));
        false
    }

    /// Whether what a call gives can be what the parameter takes.
    fn returned(&mut self, function: &'static Function, span: Span, parameter: &Parameter) {
        if function.top_level && parameter.kind != Kind::Whole {
            let message = format!("`{}` cannot stand inside another function", function.name);
            let help = "it is the outermost function of an expression";
            self.error("not_top_level", span, message, Some(help.to_owned()));
        }
        if !parameter.kind.accepts(function.returns) {
            let (wanted, gives) = (parameter.kind.describe(), function.returns.describe());
            let message = format!("`{}` takes {wanted}, `{}` gives {gives}", parameter.name, function.name);
            self.error("wrong_kind", span, message, None);
        }
    }

    fn constant(&mut self, constant: Constant, span: Span, parameter: &Parameter) {
        let fits = match constant {
            Constant::TextCompare | Constant::BinaryCompare => parameter.kind == Kind::Compare,
            Constant::IgnoreAttributeFlow | Constant::IgnoreObjectFlow => {
                matches!(parameter.kind, Kind::Any | Kind::Whole)
            }
        };
        if !fits {
            let message = format!("`{}` cannot stand here", constant.as_str());
            let help = match constant {
                Constant::TextCompare | Constant::BinaryCompare => "it is the last argument of `InStr`",
                Constant::IgnoreAttributeFlow | Constant::IgnoreObjectFlow => {
                    "it stands where a value would flow, such as a branch of `IIF` or `Switch`"
                }
            };
            self.error("wrong_kind", span, message, Some(help.to_owned()));
        }
    }

    fn literal(&mut self, value: &Value, span: Span, parameter: &Parameter) -> Option<Prepared> {
        let printed;
        let text = match value {
            Value::Text(text) => text.as_ref(),
            other => {
                printed = other.to_string();
                &printed
            }
        };
        match parameter.kind {
            Kind::Whole | Kind::Any | Kind::Text | Kind::Condition | Kind::Boolean | Kind::List | Kind::Group => None,
            Kind::Integer => match text.trim().parse() {
                Ok(number) => Some(Prepared::Integer(number)),
                Err(_) => self.bad(span, "not_a_number", format!("`{}` takes a whole number", parameter.name), None),
            },
            Kind::DateTime => match (value, dates::read(text)) {
                (Value::Text(_), Some(date)) => Some(Prepared::Date(date)),
                _ => self.bad(
                    span,
                    "not_a_date",
                    format!("`{}` takes a date, not {}", parameter.name, quoted(text)),
                    Some("such as \"2027-01-31\" or \"1/31/2027 9:00:00 AM\"".to_owned()),
                ),
            },
            Kind::Compare => self.bad(
                span,
                "wrong_kind",
                format!("`{}` is `vbTextCompare` or `vbBinaryCompare`, without quotes", parameter.name),
                None,
            ),
            Kind::Roles => self.bad(
                span,
                "wrong_kind",
                format!("`{}` takes an attribute", parameter.name),
                Some("write `[appRoleAssignments]`".to_owned()),
            ),
            Kind::Interval => match Interval::parse(text) {
                Some(interval) => Some(Prepared::Interval(interval)),
                None => {
                    let help = Interval::help(text);
                    self.bad(span, "unknown_interval", format!("{} is not an interval", quoted(text)), Some(help))
                }
            },
            Kind::Culture => {
                if dates::is_culture(text) {
                    return None;
                }
                let message = format!("{} is not the name of a culture", quoted(text));
                self.bad(span, "unknown_culture", message, Some("such as \"en-US\" or \"tr-TR\"".to_owned()))
            }
            Kind::DateStyles => match Styles::parse(text) {
                Ok(styles) => Some(Prepared::Styles(styles)),
                Err(wrong) => {
                    let help = near_miss(&wrong, Styles::names()).map(|near| format!("did you mean `{near}`?"));
                    self.bad(span, "unknown_style", format!("{} is not a date/time style", quoted(&wrong)), help)
                }
            },
            Kind::DateFormat => match DateFormat::parse(text) {
                Ok(format) => Some(Prepared::Format(Box::new(format))),
                Err(FormatError { message, offset, length }) => {
                    let at = self.inside(span, text, offset, length);
                    self.bad(at, "bad_date_format", message, None)
                }
            },
            // An empty pattern is what people write for an omitted one; `Replace` decides.
            Kind::Pattern if text.is_empty() => None,
            Kind::Pattern if self.patterns > MAX_PATTERNS => {
                let message = "the regular expressions of this expression are too large together".to_owned();
                self.bad(span, "too_expensive", message, None)
            }
            Kind::Pattern => match Pattern::new(text) {
                Ok(pattern) => {
                    self.patterns += pattern.weight();
                    Some(Prepared::Pattern(Box::new(pattern)))
                }
                Err(error) => {
                    let at = self.inside(span, text, error.offset, error.length);
                    self.bad(at, "bad_regex", error.message, error.help)
                }
            },
        }
    }

    fn bad(&mut self, span: Span, code: &'static str, message: String, help: Option<String>) -> Option<Prepared> {
        self.error(code, span, message, help);
        None
    }

    /// The place in the expression of a place in a string literal's value.
    fn inside(&self, literal: Span, value: &str, offset: usize, length: usize) -> Span {
        let start = literal.offset() + 1;
        // A number has no inside.
        let Some(written) = self.text.get(start..literal.end as usize).filter(|_| self.text[..start].ends_with('"'))
        else {
            return literal;
        };
        let written_at = |wanted: usize| {
            let (mut from, mut to) = (0, 0);
            for c in value.chars() {
                if to >= wanted {
                    break;
                }
                let escaped = written[from..].starts_with("\\\\") || written[from..].starts_with("\\\"");
                from += if escaped { 2 } else { c.len_utf8() };
                to += c.len_utf8();
            }
            from
        };
        Span::new(start + written_at(offset), start + written_at(offset + length.max(1)))
    }

    fn error(&mut self, code: &'static str, span: Span, message: String, help: Option<String>) {
        self.errors.push(ExprError { code, message, offset: span.offset(), length: span.length(), help });
    }
}

fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("\"{short}\"")
}
