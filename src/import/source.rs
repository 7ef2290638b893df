//! Where a mapping's value comes from: an attribute, a constant, an expression, or nothing.

use super::{
    at::At,
    attribute::Reading,
    report::{Findings, quoted},
    tree,
};
use crate::{
    expr::{Expression, Outcome, World},
    names::{Attributes, Value},
};

/// A source that was understood.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Attribute(String),
    Constant(String),
    Expression(Expression),
    None,
}

const CROSS: &str = "the file holds it twice, and the two differ";
const LOOK: &str = "look in the portal which of them is meant";

/// Reads a source; `None` when it cannot be carried over, which is said.
pub(super) fn source(at: Option<&At>, reading: &mut Reading) -> Option<Source> {
    let Some(at) = at else { return Some(Source::None) };
    if let Some(text) = at.text() {
        return told_by_text(text, reading);
    }
    if !at.is_map() {
        let why = format!("its source is {}, not an object", at.kind());
        return reading.lost("wrong_type", &why, "map it by hand");
    }
    unknown(at, reading.findings);
    let text = at.string("expression").map(str::trim).filter(|text| !text.is_empty());
    let name = at.string("name").filter(|name| !name.is_empty());
    match at.string("type").map(str::to_ascii_lowercase).as_deref() {
        Some("attribute") => attribute(name, text, at, reading),
        Some("constant") => constant(at, text, reading),
        Some("function") => function(text, at, reading),
        kind => {
            let kind = kind.map_or("no type".to_owned(), |kind| format!("the type `{}`", quoted(kind)));
            let Some(text) = text else {
                let why = format!("its source has {kind} and no expression");
                return reading.lost("unknown_type", &why, "map it by hand");
            };
            let why = format!("its source has {kind}, so what it is was told by its text");
            reading.changed("unknown_type", &why, "look at it in the portal");
            told_by_text(text, reading)
        }
    }
}

/// What a text is by its form.
fn told_by_text(text: &str, reading: &mut Reading) -> Option<Source> {
    if let Some(name) = bracketed(text) {
        return Some(Source::Attribute(name.to_owned()));
    }
    match Expression::parse(text) {
        Ok(expression) => Some(match literal(&expression) {
            Some(text) => Source::Constant(text),
            None => Source::Expression(expression),
        }),
        Err(errors) => unreadable(&errors, reading),
    }
}

fn attribute(name: Option<&str>, text: Option<&str>, at: &At, reading: &mut Reading) -> Option<Source> {
    if !at.list("parameters").is_empty() {
        reading.changed("unused_parameters", "an attribute has parameters, which are not read", LOOK);
    }
    let written = text.and_then(bracketed);
    let found = match (written, name, text) {
        (Some(written), Some(name), _) if written != name => {
            let why = format!("{CROSS}: `{}` by its text, `{}` by its name", quoted(written), quoted(name));
            reading.changed("text_differs", &format!("{why}; the text is used"), LOOK);
            written
        }
        (Some(written), ..) => written,
        (None, Some(name), Some(text)) if text != name => {
            let why = format!("it is called an attribute, but its text is `{}`", quoted(text));
            reading.changed("text_differs", &format!("{why}; the text is used"), LOOK);
            return told_by_text(text, reading);
        }
        (None, Some(name), _) => name,
        (None, None, Some(text)) => return told_by_text(text, reading),
        (None, None, None) => return reading.lost("no_source", "its source names no attribute", "map it by hand"),
    };
    if found.contains(['[', ']', '(', '"']) || found.trim().is_empty() {
        let why = format!("`{}` is not the name of an attribute", quoted(found));
        return reading.lost("bad_attribute", &why, "map it by hand");
    }
    Some(Source::Attribute(found.to_owned()))
}

/// The name of a constant is its value; the expression is the same in quotes.
fn constant(at: &At, text: Option<&str>, reading: &mut Reading) -> Option<Source> {
    let name = at.get("name").and_then(|name| name.scalar());
    let written = text.and_then(|text| literal(&Expression::parse(text).ok()?));
    match (name, written) {
        (Some(name), Some(written)) if name != written => {
            let why = format!("{CROSS}: `{}` by its name, `{}` by its text", quoted(&name), quoted(&written));
            reading.changed("text_differs", &format!("{why}; the name is used"), LOOK);
            Some(Source::Constant(name))
        }
        (Some(value), _) | (None, Some(value)) => Some(Source::Constant(value)),
        (None, None) => match text {
            Some(text) => told_by_text(text, reading),
            None => reading.lost("no_source", "it is a constant without a value", "map it by hand"),
        },
    }
}

fn function(text: Option<&str>, at: &At, reading: &mut Reading) -> Option<Source> {
    let from_tree = || tree::expression(at).filter(|_| at.string("name").is_some());
    let Some(text) = text else {
        return match from_tree() {
            Some(expression) => {
                let why = "the file has no text of the expression, so it was made of its parameters";
                reading.changed("text_of_tree", why, "compare it with the portal");
                Some(Source::Expression(expression))
            }
            None => reading.lost("no_source", "its source has no expression", "map it by hand"),
        };
    };
    if let Some(name) = bracketed(text) {
        return Some(Source::Attribute(name.to_owned()));
    }
    match Expression::parse(text) {
        Ok(expression) => {
            if tree::agrees(&expression, at) == Some(false) {
                let why = format!("{CROSS}: its parameters say something else than its text; the text is used");
                reading.changed("text_differs", &why, LOOK);
            }
            Some(Source::Expression(expression))
        }
        Err(errors) => match from_tree() {
            Some(expression) => {
                let why = "the text of the expression cannot be read, so it was made of its parameters";
                reading.changed("text_of_tree", why, "compare it with the portal");
                Some(Source::Expression(expression))
            }
            None => unreadable(&errors, reading),
        },
    }
}

fn unreadable(errors: &[crate::expr::ExprError], reading: &mut Reading) -> Option<Source> {
    let said: Vec<String> = errors
        .iter()
        .take(3)
        .map(|error| match &error.help {
            Some(help) => format!("{} at character {} ({help})", error.message, error.offset + 1),
            None => format!("{} at character {}", error.message, error.offset + 1),
        })
        .collect();
    reading.lost("bad_expression", &said.join("; "), "write an expression that does the same; `dialform eval` tries it")
}

/// `[name]`
fn bracketed(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    (!inner.contains(['[', ']']) && !inner.trim().is_empty()).then_some(inner)
}

/// The text of an expression that is nothing but a constant.
fn literal(expression: &Expression) -> Option<String> {
    if expression.functions().next().is_some() || !expression.attributes().is_empty() {
        return None;
    }
    let now = jiff::Timestamp::UNIX_EPOCH;
    let world = World { now, default_domain: None, taken: &|_| false, seed: 0 };
    match expression.evaluate(&Attributes::default(), &world) {
        Ok(Outcome::Value(value @ (Value::Text(_) | Value::Integer(_)))) => Some(value.to_string()),
        _ => None,
    }
}

/// Members that are not known, at any depth of the tree.
fn unknown(at: &At, findings: &mut Findings) {
    findings.unknown(at, "a source", &["type", "name", "expression", "parameters"]);
    for parameter in at.list("parameters") {
        findings.unknown(&parameter, "a parameter", &["key", "value"]);
        if let Some(value) = parameter.get("value").filter(At::is_map) {
            unknown(&value, findings);
        }
    }
}
