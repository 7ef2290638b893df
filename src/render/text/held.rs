//! What is held back, by reason, with what to do about it; what is left alone.

use super::{Page, View, page::place, paint::Ink, plan::more};
use crate::{
    names::count,
    plan::{Held, Reason},
    render::{
        neutral,
        phrase::{digits, infinitive, meaning, those},
        summary::{Summary, alike, common_remedy},
    },
};

/// Entries of one reason that are shown.
const SHOWN: usize = 10;

/// Names of those who differ in nothing else.
const NAMES: usize = 20;

pub(super) fn write(page: &mut Page, summary: &Summary, view: &View) {
    if summary.held() > 0 {
        let heading = format!("Held back: {} a person", count(summary.held(), "needs", "need"));
        page.heading(Ink::Warning, &heading, "");
        for (reason, held) in &summary.held {
            group(page, *reason, held, view);
        }
    }
    if !summary.protected.is_empty() {
        let heading = format!("Left alone: {}", count(summary.protected.len(), "protected", "protected"));
        page.heading(Ink::Heading, &heading, meaning(Reason::Protected));
        list(page, &summary.protected, false, 2, view);
    }
    if !summary.waiting.is_empty() {
        let heading = format!("Waiting: {}", count(summary.waiting.len(), "change", "changes"));
        page.heading(Ink::Heading, &heading, meaning(Reason::Waiting));
        list(page, &summary.waiting, false, 2, view);
    }
}

fn group(page: &mut Page, reason: Reason, held: &[&Held], view: &View) {
    let heading = format!("  {} {}", digits(held.len()), reason.name());
    page.line(&page.paint.ink(Ink::Warning, heading), meaning(reason));
    let common = common_remedy(held);
    list(page, held, common.is_none(), 4, view);
    if let Some(common) = common {
        remedy(page, &common, 6);
    }
}

/// Entries, those that differ only in whom they are about together.
pub(super) fn list(page: &mut Page, held: &[&Held], with_remedies: bool, indent: usize, view: &View) {
    let first = view.first(SHOWN);
    let alike = alike(held);
    for entries in alike.iter().take(first) {
        match entries.as_slice() {
            [single] => line(page, single, &neutral::line(&single.subject.name), indent),
            many => together(page, many, indent, view),
        }
        if with_remedies {
            remedy(page, &entries[0].remedy, indent + 4);
        }
    }
    more(page, indent, alike.len(), first);
}

/// Several that differ only in whom they are about.
fn together(page: &mut Page, held: &[&Held], indent: usize, view: &View) {
    line(page, held[0], &those(held), indent);
    let first = view.first(NAMES);
    let mut names: Vec<String> =
        held.iter().take(first).map(|held| neutral::line(&held.subject.name).into_owned()).collect();
    if let Some(rest) = held.len().checked_sub(first).filter(|rest| *rest > 0) {
        names.push(format!("… and {} more", digits(rest)));
    }
    page.flow(indent + 2, names, ", ");
}

fn line(page: &mut Page, held: &Held, whom: &str, indent: usize) {
    let Held { reason: _, subject: _, action, message, places, remedy: _ } = held;
    let doing = action.map_or_else(String::new, |action| format!("{} ", infinitive(action)));
    let places: Vec<String> = places.iter().filter_map(place).collect();
    let whom = page.paint.ink(Ink::Heading, whom);
    page.line(&format!("{}? {doing}{whom}: {}", " ".repeat(indent), neutral::line(message)), &places.join(", "));
}

fn remedy(page: &mut Page, remedy: &str, indent: usize) {
    if !remedy.is_empty() {
        let remedy = neutral::lines(remedy).replace('\n', " ");
        page.line(&format!("{}→ {}", " ".repeat(indent), page.paint.ink(Ink::Added, remedy)), "");
    }
}
