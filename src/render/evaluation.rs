//! What came of evaluating one expression: text and the JSON of `eval`.

use serde::Serialize;

use super::neutral;
use crate::{
    expr::{ExprError, Outcome, Step},
    names::Value,
};

/// The outcome of `eval`, or all that is wrong. One object, with a line end.
pub fn json(outcome: &Result<Outcome, Vec<ExprError>>, steps: Option<&Step>) -> String {
    let mut answer = match outcome {
        Ok(Outcome::Value(value)) => Answer {
            ok: true,
            value: Some(value.to_json()),
            r#type: Some(kind(value)),
            text: Some(value.to_string()),
            ..Answer::default()
        },
        Ok(Outcome::Empty) => Answer {
            ok: true,
            value: Some(serde_json::Value::Null),
            r#type: Some("null"),
            text: Some(String::new()),
            ..Answer::default()
        },
        Ok(Outcome::Ignored) => Answer { ok: true, ignored: Some(true), ..Answer::default() },
        Err(errors) => Answer {
            error: errors.first().map(Problem::of),
            more_errors: errors.iter().skip(1).map(Problem::of).collect(),
            ..Answer::default()
        },
    };
    answer.steps = steps.map(Node::of);
    // Texts, numbers and lists always have a JSON.
    serde_json::to_string(&answer).unwrap_or_default() + "\n"
}

/// The type's name: `string`, `integer`, `boolean`, `datetime`, `list`, `record`.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Text(_) => "string",
        Value::Integer(_) => "integer",
        Value::Boolean(_) => "boolean",
        Value::DateTime(_) => "datetime",
        Value::List(_) => "list",
        Value::Record(_) => "record",
    }
}

/// The frozen shape; fields are added, never changed.
#[derive(Default, Serialize)]
struct Answer {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignored: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    more_errors: Vec<Problem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Node>,
}

#[derive(Serialize)]
struct Problem {
    code: &'static str,
    message: String,
    offset: usize,
    length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Problem {
    fn of(error: &ExprError) -> Self {
        let ExprError { code, message, offset, length, help } = error.clone();
        Self { code, message, offset, length, help }
    }
}

/// A node of the tree with what it gave.
#[derive(Serialize)]
struct Node {
    expression: String,
    offset: usize,
    length: usize,
    /// `value`, `null`, `ignored`, `failed` or `not_evaluated`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    arguments: Vec<Node>,
}

impl Node {
    fn of(step: &Step) -> Self {
        let (mut value, mut r#type, mut error) = (None, None, None);
        let outcome = match &step.outcome {
            None => "not_evaluated",
            Some(Ok(Outcome::Value(found))) => {
                (value, r#type) = (Some(found.to_json()), Some(kind(found)));
                "value"
            }
            Some(Ok(Outcome::Empty)) => "null",
            Some(Ok(Outcome::Ignored)) => "ignored",
            Some(Err(failed)) => {
                error = Some(Problem::of(failed));
                "failed"
            }
        };
        Self {
            expression: step.text.clone(),
            offset: step.offset,
            length: step.length,
            outcome,
            value,
            r#type,
            error,
            arguments: step.steps.iter().map(Node::of).collect(),
        }
    }
}

/// The tree with the value of each node, one node a line.
pub fn tree(step: &Step) -> String {
    let mut lines = Vec::new();
    gather(step, "", "", &mut lines);
    let width = lines.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0).min(WIDTH);
    lines.iter().map(|(left, right)| format!("{left:<width$}  {right}").trim_end().to_owned() + "\n").collect()
}

/// Columns up to which values are aligned.
const WIDTH: usize = 60;

fn gather(step: &Step, first: &str, rest: &str, lines: &mut Vec<(String, String)>) {
    let shown = if step.steps.is_empty() { step.text.clone() } else { shortened(&step.text) };
    // A literal says itself; its value would only repeat it.
    let is_literal = step.steps.is_empty()
        && step.text.starts_with(['"', '-', '&', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    let right = if is_literal { String::new() } else { neutral::line(&gave(step)).into_owned() };
    lines.push((format!("{first}{}", neutral::line(&shown)), right));
    let last = step.steps.len().saturating_sub(1);
    for (at, argument) in step.steps.iter().enumerate() {
        let (branch, below) = if at == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        gather(argument, &format!("{rest}{branch}"), &format!("{rest}{below}"), lines);
    }
}

/// The call without what stands below it.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST).collect();
    format!("{cut}…")
}

fn gave(step: &Step) -> String {
    match &step.outcome {
        None => "(not evaluated)".to_owned(),
        Some(Ok(Outcome::Value(Value::Text(text)))) => format!("= {text:?}"),
        Some(Ok(Outcome::Value(value @ Value::List(_)))) => format!("= {}", value.to_json()),
        Some(Ok(Outcome::Value(value))) => format!("= {value}"),
        Some(Ok(Outcome::Empty)) => "= null".to_owned(),
        Some(Ok(Outcome::Ignored)) => "= left out of the flow".to_owned(),
        Some(Err(error)) => format!("failed: {error}"),
    }
}
