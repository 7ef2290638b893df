//! Problems as workflow commands: GitHub shows them at the lines of a pull request.

use std::fmt::Write as _;

use super::{Places, level_name, sorted};
use crate::{
    problem::{Problem, Sources},
    render::neutral,
};

/// One `::error file=…,line=…::message` a line (GitHub's documentation, "Workflow commands").
pub fn github(problems: &[Problem], sources: &Sources) -> String {
    let mut places = Places::new(sources);
    let mut out = String::new();
    for problem in sorted(problems) {
        let _ = write!(out, "::{} file={}", level_name(problem.level), property(&problem.file));
        if problem.span != (0..0)
            && let (Some(start), Some(end)) =
                (places.of(&problem.file, problem.span.start), places.of(&problem.file, problem.span.end))
        {
            let _ = write!(out, ",line={},col={},endLine={}", start.line, start.column, end.line);
            // GitHub refuses a column of the end when the lines differ.
            if start.line == end.line {
                let _ = write!(out, ",endColumn={}", end.column);
            }
        }
        let help = problem.help.iter().map(|help| format!("\n{help}")).collect::<String>();
        let message = format!("{}{help}", problem.message);
        let _ = writeln!(out, ",title={}::{}", property(problem.code), data(&message));
    }
    out
}

/// A message: only what would end the command is escaped.
fn data(text: &str) -> String {
    neutral::lines(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: a comma or a colon would end it too.
fn property(text: &str) -> String {
    neutral::line(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}
