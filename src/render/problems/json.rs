//! Problems as JSON. The structs are the contract: fields are added, never changed.

use serde::Serialize;

use super::{Places, level_name, number, sorted};
use crate::{
    problem::{Level, Problem, Sources},
    render::neutral,
};

#[derive(Serialize)]
struct Report<'a> {
    format_version: u32,
    summary: Summary,
    problems: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    level: &'static str,
    code: &'static str,
    message: &'a str,
    #[serde(flatten)]
    at: At<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Other<'a>>,
}

/// Where; lines and columns are left out for a whole file or one that was not read.
#[derive(Serialize)]
struct At<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
    offset: usize,
    length: usize,
}

#[derive(Serialize)]
struct Other<'a> {
    message: &'a str,
    #[serde(flatten)]
    at: At<'a>,
}

/// All problems as one JSON object.
pub fn json(problems: &[Problem], sources: &Sources) -> String {
    let mut places = Places::new(sources);
    let entries = sorted(problems)
        .into_iter()
        .map(|problem| Entry {
            level: level_name(problem.level),
            code: problem.code,
            message: &problem.message,
            at: at(&problem.file, &problem.span, &mut places),
            help: problem.help.as_deref(),
            related: problem
                .related
                .iter()
                .map(|other| Other { message: &other.message, at: at(&other.file, &other.span, &mut places) })
                .collect(),
        })
        .collect();
    let summary = Summary { errors: number(problems, Level::Error), warnings: number(problems, Level::Warning) };
    let report = Report { format_version: 1, summary, problems: entries };
    let mut text = serde_json::to_string_pretty(&report).expect("texts and numbers are always JSON");
    text.push('\n');
    neutral::json(text)
}

fn at<'a>(file: &'a str, span: &std::ops::Range<usize>, places: &mut Places) -> At<'a> {
    let whole = *span == (0..0);
    let mut of = |offset| if whole { None } else { places.of(file, offset) };
    let (start, end) = (of(span.start), of(span.end));
    At {
        file,
        line: start.map(|start| start.line),
        column: start.map(|start| start.column),
        end_line: end.map(|end| end.line),
        end_column: end.map(|end| end.column),
        offset: span.start,
        length: span.len(),
    }
}
