//! Cells to values: what a cell may hold is told by its attribute.

use super::{
    columns::{Column, Kind},
    row::Cell,
};
use crate::names::Value;

/// The longest value, in bytes: the members of a group of 300,000.
pub(super) const MAX_VALUE: usize = 16 << 20;

/// A value that is not what its attribute holds: a lower-case fragment, and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What was expected.
    pub(super) message: String,
    /// The next step.
    pub(super) help: &'static str,
}

/// The value of a cell; `None` when it says nothing.
pub(super) fn value(cell: Cell<'_>, column: &mut Column) -> Result<Option<Value>, Wrong> {
    let wrong = |message: String, help| Err(Wrong { message, help });
    let name = column.name.clone();
    if let Cell::Text(text) | Cell::Plain(text) = &cell
        && text.len() > MAX_VALUE
    {
        return wrong(format!("the value is longer than {} MiB", MAX_VALUE >> 20), "nothing that Dialpad takes is");
    }
    match column.kind {
        Kind::Boolean | Kind::SoftDeleted => boolean(&cell, &name).map(|value| value.map(Value::Boolean)),
        Kind::Blocked => boolean(&cell, "block sign in").map(|value| value.map(|blocked| Value::Boolean(!blocked))),
        Kind::List | Kind::Groups | Kind::Members | Kind::Member | Kind::NestedGroups => Ok(list(cell)),
        Kind::First => match cell {
            Cell::Value(Value::List(items)) => match items.into_iter().find(|item| !item.is_empty()) {
                Some(first) => text(Cell::Value(first), column, &name),
                None => Ok(None),
            },
            Cell::Text(_) | Cell::Plain(_) | Cell::Value(_) => text(cell, column, &name),
        },
        Kind::Free => Ok(free(cell, column)),
        Kind::Key | Kind::Text | Kind::DeletedAt => text(cell, column, &name),
        Kind::Manager => match cell {
            Cell::Value(Value::List(_)) => wrong("`manager` names one person".to_owned(), "keep one of them"),
            Cell::Value(record @ Value::Record(_)) => Ok(Some(record)),
            Cell::Text(_) | Cell::Plain(_) | Cell::Value(_) => text(cell, column, &name),
        },
        Kind::Nested => match cell {
            Cell::Value(record @ Value::Record(_)) => Ok(Some(record)),
            Cell::Text(_) | Cell::Plain(_) | Cell::Value(_) => {
                wrong(format!("`{name}` holds attributes"), "expected an object with an attribute a key")
            }
        },
        Kind::Ignored => Ok(None),
    }
}

fn text(cell: Cell<'_>, column: &mut Column, name: &str) -> Result<Option<Value>, Wrong> {
    let is_key = column.kind != Kind::Text && column.kind != Kind::First;
    let mut share = |text: &str| {
        let kept = if is_key { text.trim() } else { text };
        (!text.trim().is_empty()).then(|| Value::Text(column.share(kept)))
    };
    let wrong = |what: &str, help| Err(Wrong { message: format!("`{name}` is text, and this is {what}"), help });
    match cell {
        Cell::Text(text) => Ok(share(&text)),
        Cell::Plain(text) if is_null(&text) => Ok(None),
        Cell::Plain(text) => Ok(share(&text)),
        Cell::Value(Value::Text(text)) => Ok(share(&text)),
        Cell::Value(Value::Integer(number)) => Ok(share(&number.to_string())),
        Cell::Value(Value::DateTime(instant)) => Ok(share(&instant.to_string())),
        Cell::Value(Value::Boolean(_)) => wrong("true or false", "put it in quotes if it is meant as text"),
        Cell::Value(Value::List(items)) if items.is_empty() => Ok(None),
        Cell::Value(Value::List(_)) => wrong("a list", "write one text"),
        Cell::Value(Value::Record(_)) => wrong("an object", "write one text"),
    }
}

/// An attribute of which nothing is known: text in CSV, as it is typed elsewhere.
fn free(cell: Cell<'_>, column: &mut Column) -> Option<Value> {
    match cell {
        Cell::Text(text) => (!text.trim().is_empty()).then(|| Value::Text(column.share(&text))),
        Cell::Plain(text) => plain(&text).map(|value| match value {
            Value::Text(text) => Value::Text(column.share(&text)),
            other => other,
        }),
        Cell::Value(value) => Some(value).filter(|value| !value.is_empty()),
    }
}

/// A plain scalar by YAML 1.2's core schema (§10.3.2).
pub(super) fn plain(text: &str) -> Option<Value> {
    match text {
        text if is_null(text) => None,
        "true" | "True" | "TRUE" => Some(Value::Boolean(true)),
        "false" | "False" | "FALSE" => Some(Value::Boolean(false)),
        // A leading zero or plus is part of a number that people read, not count with.
        text if text.starts_with('+') || (text.len() > 1 && text.starts_with('0')) => Some(Value::text(text)),
        text => Some(text.parse().map_or_else(|_| Value::text(text), Value::Integer)),
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Several texts. In one text they are separated by `;`.
fn list(cell: Cell<'_>) -> Option<Value> {
    let parts = |text: &str| {
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        parts.map(Value::text).collect::<Vec<_>>()
    };
    let items = match cell {
        Cell::Text(text) => parts(&text),
        Cell::Plain(text) if is_null(&text) => return None,
        Cell::Plain(text) => parts(&text),
        Cell::Value(Value::Text(text)) => parts(&text),
        Cell::Value(Value::List(items)) => items.into_iter().filter(|item| !item.is_empty()).collect(),
        Cell::Value(other) => vec![other],
    };
    (!items.is_empty()).then_some(Value::List(items))
}

/// True and false as files say them: spreadsheets write them in the language of the desk.
fn boolean(cell: &Cell<'_>, name: &str) -> Result<Option<bool>, Wrong> {
    let text = match cell {
        Cell::Value(Value::Boolean(value)) => return Ok(Some(*value)),
        Cell::Text(text) | Cell::Plain(text) => text.trim(),
        Cell::Value(Value::Text(text)) => text.trim(),
        Cell::Value(Value::Integer(0)) => "0",
        Cell::Value(Value::Integer(1)) => "1",
        Cell::Value(_) => "?",
    };
    match text.to_lowercase().as_str() {
        "" | "null" | "~" => Ok(None),
        "true" | "yes" | "1" | "wahr" | "vrai" | "verdadero" | "verdadeiro" | "vero" | "waar" | "prawda" => {
            Ok(Some(true))
        }
        "false" | "no" | "0" | "falsch" | "faux" | "falso" | "onwaar" | "fałsz" => Ok(Some(false)),
        _ => Err(Wrong { message: format!("`{name}` is true or false"), help: "write TRUE or FALSE" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreadsheets_of_every_language_say_true_and_false() {
        for (text, means) in [("TRUE", true), ("Wahr", true), ("FAUX", false), ("falsch", false), (" no ", false)] {
            assert_eq!(boolean(&Cell::Text(text.into()), "x"), Ok(Some(means)), "{text}");
        }
        assert_eq!(boolean(&Cell::Text(" ".into()), "x"), Ok(None));
        assert!(boolean(&Cell::Text("maybe".into()), "x").is_err());
    }

    #[test]
    fn a_plain_scalar_that_looks_like_a_phone_number_stays_one() {
        assert_eq!(plain("+4930123456"), Some(Value::text("+4930123456")));
        assert_eq!(plain("007"), Some(Value::text("007")));
        assert_eq!(plain("7"), Some(Value::Integer(7)));
        assert_eq!(plain("NO"), Some(Value::text("NO")));
        assert_eq!(plain("null"), None);
    }
}
