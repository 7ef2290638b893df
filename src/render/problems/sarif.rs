//! Problems as SARIF 2.1.0 (OASIS), which code scanning reads.

use std::{collections::BTreeSet, ops::Range};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Places, level_name, sorted};
use crate::{
    problem::{Problem, Sources},
    render::neutral,
};

/// What a path of a relative URI may not hold as it is (RFC 3986 §3.3).
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// All problems as one SARIF log.
pub fn sarif(problems: &[Problem], sources: &Sources) -> String {
    let mut places = Places::new(sources);
    let codes: BTreeSet<&str> = problems.iter().map(|problem| problem.code).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let rules: Vec<Value> = codes.iter().map(|code| json!({ "id": code, "name": code })).collect();
    let results: Vec<Value> =
        sorted(problems).into_iter().map(|problem| result(problem, &codes, &mut places)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "dialform",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    neutral::json(format!("{log:#}\n"))
}

fn result(problem: &Problem, codes: &[&str], places: &mut Places) -> Value {
    let Problem { level, code, message, file, span, help, related } = problem;
    let text = match help {
        Some(help) => format!("{message}\n{help}"),
        None => message.clone(),
    };
    let mut result = json!({
        "ruleId": code,
        "ruleIndex": codes.binary_search(code).unwrap_or_default(),
        "level": level_name(*level),
        "message": { "text": text },
        "locations": [location(file, span, None, places)],
    });
    if !related.is_empty() {
        let related = related.iter().map(|other| location(&other.file, &other.span, Some(&other.message), places));
        result["relatedLocations"] = related.collect();
    }
    result
}

fn location(file: &str, span: &Range<usize>, message: Option<&str>, places: &mut Places) -> Value {
    let uri = utf8_percent_encode(&file.replace('\\', "/"), PATH).to_string();
    let mut location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri } } });
    if *span != (0..0)
        && let (Some(start), Some(end)) = (places.of(file, span.start), places.of(file, span.end))
    {
        location["physicalLocation"]["region"] = json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        });
    }
    if let Some(message) = message {
        location["message"] = json!({ "text": message });
    }
    location
}
