//! Problems for people: the offending text underlined, and what to do.

use std::fmt::{self, Write as _};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode, ThemeStyles};

use super::{counts, excerpt::Excerpt, sorted};
use crate::{
    names::count,
    problem::{Level, Problem, Related, Sources},
    render::neutral,
};

/// As many problems are shown; more would push the first off the screen.
const SHOWN: usize = 50;

/// As many other places of one problem are shown.
const RELATED: usize = 8;

/// Columns of text.
const WIDTH: usize = 100;

/// All problems as text, errors first, with a count at the end. Empty when there are none.
pub fn text(problems: &[Problem], sources: &Sources, color: bool) -> String {
    if problems.is_empty() {
        return String::new();
    }
    let handler = handler(color);
    let mut out = String::new();
    for problem in sorted(problems).into_iter().take(SHOWN) {
        Report::problem(problem, sources).print(&handler, &mut out);
        for related in problem.related.iter().take(RELATED) {
            Report::related(related, sources).print(&handler, &mut out);
        }
        if let Some(more) = problem.related.len().checked_sub(RELATED).filter(|more| *more > 0) {
            let _ = writeln!(out, "  … and {}", count(more, "more place", "more places"));
        }
        out.push('\n');
    }
    if let Some(more) = problems.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(out, "… and {}, not shown", count(more, "more problem", "more problems"));
    }
    out.push_str(&counts(problems));
    out.push('\n');
    out
}

fn handler(color: bool) -> GraphicalReportHandler {
    let mut theme = GraphicalTheme::unicode_nocolor();
    if color {
        // The sixteen colours that people choose for their terminal.
        theme.styles = ThemeStyles::ansi();
    }
    GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_links(false).with_context_lines(1)
}

/// What miette is told: a message, at most one place, and help.
#[derive(Debug)]
struct Report {
    severity: Severity,
    code: Option<&'static str>,
    message: String,
    excerpt: Option<Excerpt>,
    help: Option<String>,
}

impl Report {
    fn problem(problem: &Problem, sources: &Sources) -> Self {
        let Problem { level, code, message, file, span, help, related: _ } = problem;
        let severity = match level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
        };
        let help = help.as_deref().map(|help| neutral::lines(help).into_owned());
        Self { code: Some(code), help, ..Self::at(severity, message, file, span, sources) }
    }

    fn related(related: &Related, sources: &Sources) -> Self {
        let Related { message, file, span } = related;
        Self::at(Severity::Advice, message, file, span, sources)
    }

    fn at(severity: Severity, message: &str, file: &str, span: &std::ops::Range<usize>, sources: &Sources) -> Self {
        let message = neutral::line(message);
        let whole_file = *span == (0..0);
        let excerpt = sources.get(file).filter(|_| !whole_file).map(|text| Excerpt::new(file, text, span));
        let message = match &excerpt {
            Some(_) => message.into_owned(),
            None => format!("{}: {message}", neutral::line(file)),
        };
        Self { severity, code: None, message, excerpt, help: None }
    }

    fn print(&self, handler: &GraphicalReportHandler, out: &mut String) {
        let mark = out.len();
        if handler.render_report(out, self).is_err() {
            // Not seen to happen; the message alone is better than nothing.
            out.truncate(mark);
            let _ = writeln!(out, "{}", self.message);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = &self.excerpt.as_ref()?.span;
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(None, span.clone()))))
    }
}
