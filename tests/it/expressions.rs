//! The expression language against its case file and its laws.
//!
//! `tests/cases/expressions.json` holds facts from Microsoft's documentation and
//! from published expressions: text, attributes, what the outside world answers,
//! and the value. Values are compared by their canonical text.

use dialform::{
    expr::{Expression, Outcome, World},
    names::{Attributes, Value},
};
use serde_json::Value as Json;

fn attributes(json: &Json) -> Attributes {
    let members = json.as_object().unwrap();
    members.iter().filter_map(|(name, value)| Some((name.as_str().into(), Value::from_json(value)?))).collect()
}

/// The outcome of a case, or the errors.
fn run(case: &Json) -> Result<Outcome, String> {
    let taken: Vec<&str> = case["taken"]
        .as_array()
        .map(|taken| taken.iter().map(|value| value.as_str().unwrap()).collect())
        .unwrap_or_default();
    let world = World {
        now: case["now"].as_str().unwrap_or("2025-07-30T12:00:00Z").parse().unwrap(),
        default_domain: case["defaultDomain"].as_str().map(Into::into),
        taken: &|value| taken.contains(&value),
        seed: 7,
    };
    let text = case["expression"].as_str().unwrap();
    let expression = Expression::parse(text).map_err(|errors| format!("{errors:?}"))?;
    let again = Expression::parse(&expression.to_string()).map_err(|errors| format!("printed: {errors:?}"))?;
    assert_eq!(expression, again, "{text}");
    expression.evaluate(&attributes(&case["attributes"]), &world).map_err(|error| format!("{error:?}"))
}

fn canonical(json: &Json) -> String {
    match json {
        Json::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Json::Object(_) => {
            let mut members = json.as_object().unwrap().clone();
            members.sort_keys();
            format!("{members:?}")
        }
        Json::Null => "null".to_owned(),
        Json::String(_) | Json::Number(_) | Json::Bool(_) => Value::from_json(json).unwrap().to_string(),
    }
}

fn differs(case: &Json) -> Option<String> {
    let (got, expect) = (run(case), &case["expect"]);
    let fits = match &got {
        Err(_) => expect["error"] == true,
        Ok(Outcome::Ignored) => expect["ignore"] == true,
        Ok(Outcome::Empty) => expect.is_null(),
        Ok(Outcome::Value(value)) => match expect["matches"].as_array() {
            Some(patterns) => patterns.iter().all(|pattern| {
                fancy_regex::Regex::new(pattern.as_str().unwrap()).unwrap().is_match(&value.to_string()).unwrap()
            }),
            None => canonical(&value.to_json()) == canonical(expect),
        },
    };
    (!fits).then(|| format!("{}: {}\n  expected {expect}\n  got {got:?}", case["id"], case["expression"]))
}

#[test]
fn every_case_gives_what_the_documentation_says() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../cases/expressions.json")).unwrap();
    assert!(cases.len() >= 545);
    let wrong: Vec<String> = cases.iter().filter_map(differs).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
