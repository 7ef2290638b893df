//! What an import could not carry over, for people.

use super::{View, page::Page, paint::Ink};
use crate::{
    import::{Carried, Finding, Kind, Report},
    names::count,
    render::neutral,
};

/// So many places of one finding are shown.
const PLACES: usize = 3;

/// The numbers, then what needs eyes: what is missing, what is not quite the same, what is to be confirmed.
pub fn import(report: &Report, view: &View) -> String {
    let mut page = Page::new(view);
    let numbers = [
        (report.users, "user mapping", "user mappings"),
        (report.groups, "group mapping", "group mappings"),
        (report.filters, "filter", "filters"),
        (report.roles, "role", "roles"),
    ];
    let numbers: Vec<String> = numbers
        .iter()
        .filter(|(carried, ..)| carried.all > 0)
        .map(|(Carried { carried, all }, one, many)| format!("{carried} of {}", count(*all, one, many)))
        .collect();
    let numbers = if numbers.is_empty() { "nothing".to_owned() } else { numbers.join(", ") };
    page.line(&format!("imported {numbers}"), "");
    let parts = [
        (Kind::NotCarried, "Not carried over", Ink::Failure),
        (Kind::Changed, "Carried over, and not quite the same", Ink::Warning),
        (Kind::Confirm, "To be confirmed", Ink::Warning),
        (Kind::Noted, "Good to know", Ink::Aside),
    ];
    for (kind, title, ink) in parts {
        let found: Vec<&Finding> = report.findings.iter().filter(|finding| finding.kind == kind).collect();
        if found.is_empty() {
            continue;
        }
        page.gap();
        page.line(&page.paint.ink(ink, format!("{title}: {}", found.len())), "");
        found.iter().for_each(|finding| one(finding, &mut page));
    }
    page.finish()
}

fn one(finding: &Finding, page: &mut Page) {
    let words = |text: &str| neutral::line(text).split(' ').map(str::to_owned).collect::<Vec<_>>();
    page.labelled("  - ", words(&format!("{}: {}", finding.what, finding.why)), " ");
    for place in finding.places.iter().take(PLACES) {
        let place = page.paint.ink(Ink::Aside, format!("at {}", neutral::line(&place.to_string())));
        page.line(&format!("      {place}"), "");
    }
    if let Some(more) = finding.places.len().checked_sub(PLACES).filter(|more| *more > 0) {
        let more = format!("and at {}", count(more, "more place", "more places"));
        page.line(&format!("      {}", page.paint.ink(Ink::Aside, more)), "");
    }
    if finding.next != "nothing" {
        page.labelled("      → ", words(&finding.next), " ");
    }
}
