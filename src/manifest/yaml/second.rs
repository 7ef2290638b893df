//! The second reading, by `serde_yaml`: a value that two readers take
//! differently is refused.

use serde_yaml::Value;

use super::{Kind, Node};
use crate::{names::Text, problem::Problem};

/// What the second reader takes differently. `node` is what the first one read.
pub(super) fn differences(file: &Text, text: &str, node: &Node) -> Vec<Problem> {
    let mut value: Value = match serde_yaml::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let start = error.location().map_or(0, |location| location.index()).min(text.len());
            let start = (0..=start).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0);
            let rest = &text[start..];
            let end = start + rest.find(['\n', '\r', ',', '}', ']']).unwrap_or(rest.len());
            let message = "readers of YAML disagree about this: one of them refuses it".to_owned();
            return vec![
                Problem::error("ambiguous_yaml", file, start..end, message)
                    .help("put the value in quotes, or write it in a simpler way; tabs cannot indent"),
            ];
        }
    };
    // Only maps under `<<` can fail, and the first reader has refused those.
    if value.apply_merge().is_err() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    compare(file, text, node, &value, &mut problems);
    problems
}

fn compare(file: &Text, text: &str, node: &Node, value: &Value, problems: &mut Vec<Problem>) {
    match (&node.kind, value) {
        (Kind::Null, Value::Null) => {}
        (Kind::Boolean(one), Value::Bool(two)) if one == two => {}
        (Kind::Text(one), Value::String(two)) if **one == **two => {}
        (Kind::Number(one), Value::Number(two)) if same(one, two) => {}
        (Kind::List(items), Value::Sequence(values)) if items.len() == values.len() => {
            for (item, value) in items.iter().zip(values) {
                compare(file, text, item, value, problems);
            }
        }
        (Kind::Map(entries), Value::Mapping(mapping)) => {
            for entry in entries {
                match mapping.get(&*entry.key) {
                    Some(value) => compare(file, text, &entry.value, value, problems),
                    None => problems.push(differs(file, text, entry.key_at.span.clone(), None)),
                }
            }
        }
        (_, other) => problems.push(differs(file, text, node.at.span.clone(), Some((node, other)))),
    }
}

fn same(one: &serde_json::Number, two: &serde_yaml::Number) -> bool {
    if one.is_i64() || two.is_i64() {
        return one.as_i64() == two.as_i64();
    }
    if one.is_u64() || two.is_u64() {
        return one.as_u64() == two.as_u64();
    }
    one.as_f64() == two.as_f64()
}

fn differs(file: &Text, text: &str, span: std::ops::Range<usize>, readings: Option<(&Node, &Value)>) -> Problem {
    let written = text.get(span.clone()).unwrap_or_default();
    let message = match readings {
        Some((node, value)) => {
            format!("readers of YAML disagree about `{written}`: {} or {}", noun(node), noun_of(value))
        }
        None => format!("readers of YAML disagree about `{written}`"),
    };
    Problem::error("ambiguous_yaml", file, span, message).help(format!("for text write `\"{written}\"`"))
}

fn noun(node: &Node) -> String {
    match &node.kind {
        Kind::Number(number) => format!("the number {number}"),
        Kind::Boolean(value) => value.to_string(),
        Kind::Null | Kind::Text(_) | Kind::List(_) | Kind::Map(_) => node.noun().to_owned(),
    }
}

fn noun_of(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "text".to_owned(),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) => "a map".to_owned(),
        Value::Tagged(_) => "a tagged value".to_owned(),
    }
}
