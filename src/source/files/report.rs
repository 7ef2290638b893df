//! Problems as they are found: all of them, but no more of a kind than a person reads.

use std::{collections::BTreeMap, ops::Range};

use crate::{
    names::{Text, count},
    problem::{Level, Problem, Sources},
};

/// Problems of one kind in one file that are shown; the others are counted.
const SHOWN: usize = 20;

/// All problems of a reading.
#[derive(Debug, Default)]
pub(super) struct Report {
    problems: Vec<Problem>,
    counts: BTreeMap<(Text, &'static str, Level), usize>,
    sources: Sources,
    failed: bool,
}

impl Report {
    /// Takes an error. Its further parts are made only where it is shown.
    pub(super) fn error(
        &mut self,
        code: &'static str,
        file: &Text,
        span: Range<usize>,
        message: impl Into<String>,
        more: impl FnOnce(Problem) -> Problem,
    ) {
        self.failed = true;
        self.push(Problem::error(code, file, span, message), more);
    }

    /// Takes a warning. Its further parts are made only where it is shown.
    pub(super) fn warning(
        &mut self,
        code: &'static str,
        file: &Text,
        span: Range<usize>,
        message: impl Into<String>,
        more: impl FnOnce(Problem) -> Problem,
    ) {
        self.push(Problem::warning(code, file, span, message), more);
    }

    fn push(&mut self, problem: Problem, more: impl FnOnce(Problem) -> Problem) {
        let count = self.counts.entry((problem.file.clone(), problem.code, problem.level)).or_default();
        *count += 1;
        if *count <= SHOWN {
            self.problems.push(more(problem));
        }
    }

    /// Keeps the text of a file, if a problem points into it.
    pub(super) fn keep_text(&mut self, file: &Text, text: String) {
        let points_here = |name: &Text, span: &Range<usize>| name == file && *span != (0..0);
        let needed = self.problems.iter().any(|problem| {
            points_here(&problem.file, &problem.span)
                || problem.related.iter().any(|related| points_here(&related.file, &related.span))
        });
        if needed {
            self.sources.insert(file.clone(), text);
        }
    }

    /// Whether there was an error.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    /// The problems in order of files and places, with how many more of a kind there are, and the texts.
    pub(super) fn finish(mut self) -> (Vec<Problem>, Sources) {
        self.problems.sort_by(|a, b| (&a.file, a.span.start, a.code).cmp(&(&b.file, b.span.start, b.code)));
        for ((file, code, level), seen) in self.counts {
            if let Some(more) = seen.checked_sub(SHOWN).filter(|more| *more > 0) {
                let message =
                    format!("{} like the {SHOWN} shown as `{code}`", count(more, "more problem", "more problems"));
                let problem = Problem::error(code, &file, 0..0, message);
                self.problems.push(Problem { level, ..problem });
            }
        }
        (self.problems, self.sources)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_bound_is_counted() {
        let mut report = Report::default();
        let file = Text::from("people.csv");
        for at in 0..1_050 {
            report.error("ragged", &file, at..at + 1, "too short", |problem| problem);
        }
        report.warning("ragged", &file, 1..2, "a warning is counted apart", |problem| problem);
        let (problems, _) = report.finish();
        assert_eq!(problems.len(), SHOWN + 2);
        assert_eq!(problems.last().unwrap().message, "1,030 more problems like the 20 shown as `ragged`");
    }

    #[test]
    fn a_text_that_nothing_points_into_is_not_kept() {
        let mut report = Report::default();
        let (people, groups) = (Text::from("people.csv"), Text::from("groups.csv"));
        report.warning("no_object_id", &people, 0..0, "of the whole file", |problem| problem);
        report.warning("unknown_member", &groups, 3..5, "of a place", |problem| problem);
        report.keep_text(&people, "long".to_owned());
        report.keep_text(&groups, "long".to_owned());
        let (_, sources) = report.finish();
        assert_eq!(sources.iter().map(|(file, _)| &**file).collect::<Vec<_>>(), ["groups.csv"]);
    }
}
