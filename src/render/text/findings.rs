//! What was found out about a service, for people.

use super::{View, page::Page, paint::Ink};
use crate::{
    live::{Finding, Grade},
    names::count,
    render::neutral,
};

/// One line for each finding, with what to do about it below, and a count at the end.
pub fn findings(service: &str, findings: &[Finding], view: &View) -> String {
    let mut page = Page::new(view);
    page.line(&format!("Dialpad at {}", neutral::line(service)), "");
    page.gap();
    for finding in findings {
        let (symbol, ink) = match finding.grade {
            Grade::Good => ("ok      ", Ink::Added),
            Grade::Note => ("note    ", Ink::Adopted),
            Grade::Warning => ("warning ", Ink::Warning),
            Grade::Error => ("error   ", Ink::Failure),
        };
        let label = format!("  {}", page.paint.ink(ink, symbol));
        let words = |text: &str| neutral::line(text).split(' ').map(str::to_owned).collect::<Vec<_>>();
        page.labelled(&label, words(&finding.message), " ");
        if let Some(remedy) = &finding.remedy {
            let mut label = "          → ";
            for line in remedy.lines() {
                page.labelled(label, words(line), " ");
                label = "            ";
            }
        }
    }
    page.gap();
    let of = |grade: Grade| findings.iter().filter(|finding| finding.grade == grade).count();
    let (errors, warnings) = (of(Grade::Error), of(Grade::Warning));
    let summary = match (errors, warnings) {
        (0, 0) => page.paint.ink(Ink::Added, "Everything that Dialform needs is there."),
        (0, _) => page.paint.ink(Ink::Warning, format!("It works, with {}.", count(warnings, "warning", "warnings"))),
        (_, 0) => page.paint.ink(Ink::Failure, format!("{}.", count(errors, "error", "errors"))),
        (_, _) => {
            let both = format!("{}, {}.", count(errors, "error", "errors"), count(warnings, "warning", "warnings"));
            page.paint.ink(Ink::Failure, both)
        }
    };
    page.line(&summary, "");
    page.finish()
}
