use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

use super::sides;
use crate::{
    names::{Place, count},
    policy_test::{Coverage, Difference, Reason, Report, Verdict},
    render::neutral,
};

/// Every test on a line, failures with what differs and what decided it, and the count.
pub fn text(report: &Report, with_coverage: bool, color: bool) -> String {
    let paint = Paint { color };
    let mut page = String::new();
    for verdict in &report.verdicts {
        one(&mut page, verdict, paint);
    }
    if with_coverage {
        page.push('\n');
        coverage(&mut page, &report.coverage, paint);
    }
    let (all, failed) = (report.verdicts.len(), report.failed());
    page.push('\n');
    if failed == 0 {
        page.push_str(&format!("{}\n", paint.good(format!("{} passed", count(all, "test", "tests")))));
    } else {
        let passed = count(all - failed, "test", "tests");
        page.push_str(&format!(
            "{}, {passed} passed\n",
            paint.bad(format!("{} failed", count(failed, "test", "tests")))
        ));
    }
    page
}

fn one(page: &mut String, verdict: &Verdict, paint: Paint) {
    let name = neutral::line(&verdict.name);
    if verdict.passed() {
        page.push_str(&format!("{} {name}\n", paint.good("✓")));
        return;
    }
    let place = paint.aside(neutral::line(&verdict.place.to_string()));
    page.push_str(&format!("{} {name}  {place}\n", paint.bad("✗")));
    for (at, difference) in verdict.differences.iter().enumerate() {
        diff(page, difference, paint);
        // Differences that the same lines decided share them.
        let next = verdict.differences.get(at + 1).map(|next| &next.reasons);
        if next != Some(&difference.reasons) {
            reasons(page, &difference.reasons, paint);
        }
    }
}

/// Expected and actual, with what differs within the line marked.
fn diff(page: &mut String, difference: &Difference, paint: Paint) {
    let (expected, actual) = sides(difference);
    let (expected, actual) = (neutral::line(&expected).into_owned(), neutral::line(&actual).into_owned());
    let lines = TextDiff::from_lines(&expected, &actual);
    for op in lines.ops() {
        for change in lines.iter_inline_changes(op) {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ("- ", AnsiColor::Red.on_default()),
                ChangeTag::Insert => ("+ ", AnsiColor::Green.on_default()),
                ChangeTag::Equal => ("  ", Style::new()),
            };
            let part = |(is_other, part): (bool, std::borrow::Cow<str>)| {
                let style = if is_other { style.bold().underline() } else { style };
                paint.ink(style, part.trim_end_matches('\n'))
            };
            let line: String = change.iter_strings_lossy().map(part).collect();
            page.push_str(&format!("    {}{line}\n", paint.ink(style, sign)));
        }
    }
}

fn reasons(page: &mut String, reasons: &[Reason], paint: Paint) {
    for reason in reasons {
        let place = reason.place.as_ref().filter(|place| !place.is_default()).map(Place::to_string);
        let place = place.map_or_else(String::new, |place| format!("  {}", paint.aside(neutral::line(&place))));
        page.push_str(&format!("      {}{place}\n", neutral::line(&reason.text)));
    }
}

fn coverage(page: &mut String, coverage: &Coverage, paint: Paint) {
    let parts = coverage.parts();
    let counts: Vec<String> = parts
        .iter()
        .map(|(part, lines)| {
            let covered = lines.iter().filter(|line| line.lacks().is_none()).count();
            format!("{covered} of {} {}", lines.len(), part.name())
        })
        .collect();
    page.push_str(&format!("Coverage: {}\n", counts.join(", ")));
    for (_, lines) in parts {
        for line in lines {
            if let Some(lacks) = line.lacks() {
                let place = paint.aside(neutral::line(&line.place.to_string()));
                page.push_str(&format!("  {}: {lacks}  {place}\n", neutral::line(&line.what)));
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Paint {
    color: bool,
}

impl Paint {
    fn ink(self, style: Style, text: impl Display) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_string() }
    }

    fn good(self, text: impl Display) -> String {
        self.ink(AnsiColor::Green.on_default(), text)
    }

    fn bad(self, text: impl Display) -> String {
        self.ink(AnsiColor::Red.on_default().bold(), text)
    }

    fn aside(self, text: impl Display) -> String {
        self.ink(Style::new().dimmed(), text)
    }
}
