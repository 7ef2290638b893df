//! What is held back, by reason, with what to do about it; what is left alone.

use super::{Page, View, page::place, paint::Ink, plan::more};
use crate::{
    names::count,
    plan::{Held, Reason},
    render::{
        neutral,
        phrase::{infinitive, meaning},
        summary::Summary,
    },
};

/// Entries of one reason that are shown.
const SHOWN: usize = 10;

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
        let first = view.first(SHOWN);
        for held in summary.protected.iter().take(first) {
            entry(page, held, 2);
        }
        more(page, 2, summary.protected.len(), first);
    }
}

fn group(page: &mut Page, reason: Reason, held: &[&Held], view: &View) {
    let heading = format!("  {} {}", held.len(), reason.name());
    page.line(&page.paint.ink(Ink::Warning, heading), meaning(reason));
    let first = view.first(SHOWN);
    let same_remedy = held.iter().all(|entry| entry.remedy == held[0].remedy);
    for entry_held in held.iter().take(first) {
        entry(page, entry_held, 4);
        if !same_remedy {
            remedy(page, entry_held, 8);
        }
    }
    more(page, 4, held.len(), first);
    if let (true, Some(first)) = (same_remedy, held.first()) {
        remedy(page, first, 6);
    }
}

fn entry(page: &mut Page, held: &Held, indent: usize) {
    let Held { reason: _, subject, action, message, places, remedy: _ } = held;
    let doing = action.map_or_else(String::new, |action| format!("{} ", infinitive(action)));
    let places: Vec<String> = places.iter().filter_map(place).collect();
    let line = format!(
        "{}? {doing}{}: {}",
        " ".repeat(indent),
        page.paint.ink(Ink::Heading, neutral::line(&subject.name)),
        neutral::line(message)
    );
    page.line(&line, &places.join(", "));
}

fn remedy(page: &mut Page, held: &Held, indent: usize) {
    if !held.remedy.is_empty() {
        let remedy = neutral::lines(&held.remedy).replace('\n', " ");
        page.line(&format!("{}→ {}", " ".repeat(indent), page.paint.ink(Ink::Added, remedy)), "");
    }
}
