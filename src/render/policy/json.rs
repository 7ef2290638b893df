use serde::Serialize;

use crate::{
    names::Place,
    policy_test::{Covered, Difference, Report, Verdict},
};

/// The report as one JSON object, with a line end.
pub fn json(report: &Report, with_coverage: bool) -> String {
    let failed = report.failed();
    let answer = Answer {
        format_version: 1,
        summary: Summary { tests: report.verdicts.len(), passed: report.verdicts.len() - failed, failed },
        tests: report.verdicts.iter().map(Test::of).collect(),
        coverage: with_coverage.then(|| {
            let [assignments, roles, filters, mappings] = report.coverage.parts().map(|(_, lines)| Part::of(lines));
            Coverage { assignments, roles, filters, mappings }
        }),
    };
    // Texts, numbers and lists always have a JSON.
    serde_json::to_string_pretty(&answer).unwrap_or_default() + "\n"
}

/// The frozen shape; fields are added, never changed.
#[derive(Serialize)]
struct Answer<'a> {
    format_version: u32,
    summary: Summary,
    tests: Vec<Test<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Coverage<'a>>,
}

#[derive(Serialize)]
struct Summary {
    tests: usize,
    passed: usize,
    failed: usize,
}

#[derive(Serialize)]
struct Test<'a> {
    name: &'a str,
    file: &'a str,
    line: u32,
    /// `passed` or `failed`.
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Unequal<'a>>,
}

impl<'a> Test<'a> {
    fn of(verdict: &'a Verdict) -> Self {
        Self {
            name: &verdict.name,
            file: &verdict.place.file,
            line: verdict.place.line,
            status: if verdict.passed() { "passed" } else { "failed" },
            differences: verdict.differences.iter().map(Unequal::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Unequal<'a> {
    /// `in_scope`, `because`, `roles` or `attributes.PATH`.
    what: &'a str,
    expected: serde_json::Value,
    actual: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
    reasons: Vec<Reason<'a>>,
}

impl<'a> Unequal<'a> {
    fn of(difference: &'a Difference) -> Self {
        let value = |value: &Option<crate::names::Value>| {
            value.as_ref().map_or(serde_json::Value::Null, crate::names::Value::to_json)
        };
        let reasons = difference.reasons.iter();
        Self {
            what: &difference.what,
            expected: value(&difference.expected),
            actual: value(&difference.actual),
            problem: difference.problem.as_deref(),
            reasons: reasons.map(|reason| Reason { text: &reason.text, place: reason.place.as_ref() }).collect(),
        }
    }
}

#[derive(Serialize)]
struct Reason<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a Place>,
}

#[derive(Serialize)]
struct Coverage<'a> {
    assignments: Part<'a>,
    roles: Part<'a>,
    filters: Part<'a>,
    mappings: Part<'a>,
}

#[derive(Serialize)]
struct Part<'a> {
    total: usize,
    covered: usize,
    uncovered: Vec<Line<'a>>,
}

impl<'a> Part<'a> {
    fn of(lines: &'a [Covered]) -> Self {
        let uncovered: Vec<Line> = lines
            .iter()
            .filter_map(|line| Some(Line { what: &line.what, because: line.lacks()?, place: &line.place }))
            .collect();
        Self { total: lines.len(), covered: lines.len() - uncovered.len(), uncovered }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    what: &'a str,
    because: &'static str,
    place: &'a Place,
}
