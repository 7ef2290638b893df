//! Problems of files as text, JSON, SARIF and GitHub annotations.

mod excerpt;
mod github;
mod json;
mod sarif;
mod text;

use std::collections::HashMap;

pub use github::github;
pub use json::json;
pub use sarif::sarif;
pub use text::text;

use crate::{
    names::count,
    problem::{Level, Problem, Sources},
};

/// Errors before warnings, then by file and place.
fn sorted(problems: &[Problem]) -> Vec<&Problem> {
    let mut sorted: Vec<&Problem> = problems.iter().collect();
    sorted.sort_by(|left, right| {
        let key = |problem: &'_ Problem| (problem.level, problem.span.start, problem.span.end, problem.code);
        (left.level, &left.file).cmp(&(right.level, &right.file)).then_with(|| key(left).cmp(&key(right)))
    });
    sorted
}

/// How many there are of a level.
fn number(problems: &[Problem], level: Level) -> usize {
    problems.iter().filter(|problem| problem.level == level).count()
}

/// `2 errors, 1 warning`.
fn counts(problems: &[Problem]) -> String {
    let (errors, warnings) = (number(problems, Level::Error), number(problems, Level::Warning));
    let (errors, warnings) =
        ((errors, count(errors, "error", "errors")), (warnings, count(warnings, "warning", "warnings")));
    match (errors.0, warnings.0) {
        (0, 0) => "no problems".to_owned(),
        (_, 0) => errors.1,
        (0, _) => warnings.1,
        _ => format!("{}, {}", errors.1, warnings.1),
    }
}

/// The word for a level.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

/// Line and column from 1, by offset, with the lines of each file found once.
struct Places<'a> {
    sources: &'a Sources,
    starts: HashMap<&'a str, Vec<usize>>,
}

/// Line and column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    line: usize,
    column: usize,
}

impl<'a> Places<'a> {
    fn new(sources: &'a Sources) -> Self {
        Self { sources, starts: HashMap::new() }
    }

    /// Where a byte of a file stands; `None` when the file's text is not at hand.
    fn of(&mut self, file: &str, offset: usize) -> Option<Position> {
        let (name, text) = self.sources.entry(file)?;
        let starts = self.starts.entry(name).or_insert_with(|| {
            std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect()
        });
        let offset = boundary(text, offset);
        let line = starts.partition_point(|start| *start <= offset);
        let column = text[starts[line - 1]..offset].chars().count() + 1;
        Some(Position { line, column })
    }
}

/// The nearest place at or before `offset` where a character begins.
fn boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests;
