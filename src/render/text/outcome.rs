//! What came of an apply: who still has access first, then numbers, then what failed.

use std::collections::BTreeMap;

use super::{
    Page, View,
    paint::{Ink, symbol},
    value,
};
use crate::{
    names::count,
    plan::{
        Plan,
        outcome::{ChangeResult, Outcome, Status},
    },
    render::{
        neutral,
        outcome::{MEMBERS, MEMBERS_UNSEEN, Tally, code_before, next_step, stopped, takes_access},
        phrase::{digits, duration, grant_text, infinitive, number, past},
    },
};

/// Entries of a list that are shown.
const SHOWN: usize = 20;

/// An outcome as text.
pub fn outcome(plan: &Plan, outcome: &Outcome, view: &View) -> String {
    let mut page = Page::new(view);
    let tally = Tally::of(plan, outcome);
    still_have_access(&mut page, &tally, view);
    if let Some(stop) = &outcome.stopped {
        let (why, then) = stopped(stop);
        page.heading(Ink::Failure, &format!("Stopped: {}", neutral::line(&why)), "");
        page.line(&format!("  → {then}"), "");
        page.gap();
    }
    numbers(&mut page, plan, outcome, &tally);
    failed(&mut page, &tally, view);
    skipped(&mut page, &tally, view);
    left_out(&mut page, &tally, view);
    not_stored(&mut page, &tally);
    if tally.held > 0 {
        page.gap();
        let held = count(tally.held, "change was", "changes were");
        let takes = plan.held_for_a_person().filter(|held| held.action.is_some_and(takes_access)).count();
        let among = match takes {
            0 => String::new(),
            n => format!(", {} among them", count(n, "disable", "disables")),
        };
        page.line(&format!("{held} held back, not done{among}: `dialform plan` says why."), "");
    }
    page.finish()
}

/// Whom the plan would have taken access from, and who still has it.
fn still_have_access(page: &mut Page, tally: &Tally, view: &View) {
    if tally.still_have_access.is_empty() {
        return;
    }
    let n = tally.still_have_access.len();
    let heading = format!("Still with access: {} whom the plan disables or deletes", count(n, "person", "people"));
    page.heading(Ink::Failure, &heading, "");
    let first = view.first(SHOWN);
    for (result, cause) in tally.still_have_access.iter().take(first) {
        let name = page.paint.ink(Ink::Heading, neutral::line(&result.subject.name));
        page.line(&format!("  ! {name}  {}", neutral::line(cause)), &why(result));
    }
    more(page, 2, n, first);
    page.gap();
}

/// `failed: 400 …` or `not tried: …`.
fn why(result: &ChangeResult) -> String {
    match &result.status {
        Status::Done | Status::Already => String::new(),
        Status::Failed { http, message } => format!("failed: {}", answer(*http, message)),
        Status::Skipped { because } => format!("not tried: {}", neutral::line(because)),
    }
}

fn answer(http: Option<u16>, message: &str) -> String {
    let message = value::cut(neutral::line(message).into_owned(), 500);
    code_before(http, &message).map_or_else(|| message.clone(), |code| format!("{code} {message}"))
}

fn numbers(page: &mut Page, plan: &Plan, outcome: &Outcome, tally: &Tally) {
    let all = count(plan.changes.len(), "change", "changes");
    let seconds = outcome.millis.div_ceil(1000);
    let spent = format!(
        "{}, {} in {}",
        number(outcome.requests, "request", "requests"),
        number(outcome.retries, "retry", "retries"),
        duration(seconds)
    );
    let well = tally.failed.is_empty() && tally.skipped.is_empty() && outcome.stopped.is_none();
    let name = neutral::line(&plan.made_from.manifest);
    let (ink, text) = match (well, plan.changes.len()) {
        (true, 0) => (Ink::Heading, format!("{name}: nothing to do")),
        (true, _) if !tally.waiting.is_empty() => {
            (Ink::Added, format!("{name}: {} of {all} done", tally.done + tally.already))
        }
        (true, 1) => (Ink::Added, format!("{name}: {all} done")),
        (true, _) => (Ink::Added, format!("{name}: all {all} done")),
        (false, _) => (Ink::Failure, format!("{name}: {} of {all} done", tally.done + tally.already)),
    };
    page.line(&page.paint.ink(ink, text), &spent);
    let parts = [
        (tally.failed.len(), "failed", Ink::Failure),
        (tally.skipped.len(), "not tried", Ink::Warning),
        (tally.waiting.len(), "waiting for a first login", Ink::Aside),
        (tally.already, "already so", Ink::Aside),
        (usize::try_from(outcome.unverified).unwrap_or(usize::MAX), "could not be read back", Ink::Warning),
    ];
    let paint = page.paint;
    let parts = parts.into_iter().filter(|(n, ..)| *n > 0);
    page.flow(2, parts.map(|(n, what, ink)| paint.ink(ink, count(n, what, what))), " · ");
}

/// Failed changes, those with the same answer together, each kind with a next step.
fn failed(page: &mut Page, tally: &Tally, view: &View) {
    let mut by_answer: BTreeMap<(Option<u16>, &str), Vec<&ChangeResult>> = BTreeMap::new();
    for (result, http, message) in &tally.failed {
        by_answer.entry((*http, message)).or_default().push(result);
    }
    if !by_answer.is_empty() {
        page.heading(Ink::Failure, &format!("Failed: {}", count(tally.failed.len(), "change", "changes")), "");
    }
    let kinds = by_answer.len();
    let first = view.first(SHOWN);
    for ((http, message), results) in by_answer.into_iter().take(first) {
        page.line(&format!("  {}", page.paint.ink(Ink::Failure, answer(http, message))), "");
        for result in results.iter().take(first) {
            let name = neutral::line(&result.subject.name);
            page.line(&format!("    ! {} {name}{}", infinitive(result.action), which(result)), "");
        }
        more(page, 4, results.len(), first);
        page.line(&format!("    → {}", page.paint.ink(Ink::Added, next_step(http, message, &results))), "");
    }
    more(page, 2, kinds, first);
}

/// What was not tried, and what waits, by reason.
fn skipped(page: &mut Page, tally: &Tally, view: &View) {
    reasons(page, &tally.skipped, (Ink::Warning, "Not tried"), view);
    reasons(page, &tally.waiting, (Ink::Aside, "Waiting for a first login"), view);
}

/// Changes by the reason that they are not done.
fn reasons(page: &mut Page, all: &[(&ChangeResult, &str)], (ink, title): (Ink, &str), view: &View) {
    let mut by_reason: BTreeMap<&str, Vec<&ChangeResult>> = BTreeMap::new();
    for (result, because) in all {
        by_reason.entry(because).or_default().push(result);
    }
    if by_reason.is_empty() {
        return;
    }
    page.heading(ink, &format!("{title}: {}", count(all.len(), "change", "changes")), "");
    let first = view.first(SHOWN);
    let reasons = by_reason.len();
    for (because, results) in by_reason.into_iter().take(first) {
        page.line(&format!("  {}", neutral::line(because)), "");
        let mut names: Vec<String> = results
            .iter()
            .take(first)
            .map(|result| {
                format!("{} {}{}", infinitive(result.action), neutral::line(&result.subject.name), which(result))
            })
            .collect();
        if let Some(rest) = results.len().checked_sub(first).filter(|rest| *rest > 0) {
            names.push(format!("… and {} more", digits(rest)));
        }
        page.flow(4, names, ", ");
    }
    more(page, 2, reasons, first);
}

/// Members that their groups went on without, by reason.
fn left_out(page: &mut Page, tally: &Tally, view: &View) {
    let n: usize = tally.left_out.values().map(Vec::len).sum();
    if n == 0 {
        return;
    }
    page.heading(
        Ink::Warning,
        &format!("Left out: {}", count(n, "member", "members")),
        "added by a later plan, once the account is there",
    );
    let first = view.first(SHOWN);
    for (because, members) in tally.left_out.iter().take(first) {
        page.line(&format!("  {}", neutral::line(because)), "");
        let shown = members.iter().take(first);
        let mut names: Vec<String> =
            shown.map(|(member, group)| format!("{} of {}", neutral::line(member), neutral::line(group))).collect();
        if let Some(rest) = members.len().checked_sub(first).filter(|rest| *rest > 0) {
            names.push(format!("… and {} more", digits(rest)));
        }
        page.flow(4, names, ", ");
    }
    more(page, 2, tally.left_out.len(), first);
}

/// ` (contact center Support EMEA: operator)`: which place or right it is about.
fn which(result: &ChangeResult) -> String {
    if result.grants.is_empty() {
        return String::new();
    }
    let grants: Vec<_> = result.grants.iter().map(grant_text).collect();
    format!(" ({})", neutral::line(&grants.join("; ")))
}

/// Says how many are not shown.
fn more(page: &mut Page, indent: usize, all: usize, shown: usize) {
    if let Some(rest) = all.checked_sub(shown).filter(|rest| *rest > 0) {
        page.line(&format!("{}… and {} more", " ".repeat(indent), digits(rest)), "`--format json` has all");
    }
}

/// Attributes that the service took and did not keep.
fn not_stored(page: &mut Page, tally: &Tally) {
    let (members, attributes): (Vec<_>, Vec<_>) = tally.not_stored.iter().partition(|(path, _)| **path == MEMBERS);
    let list = |page: &mut Page, entries: &[(&&str, &Vec<&str>)]| {
        for (path, names) in entries {
            let first = names.first().map(|name| neutral::line(name)).unwrap_or_default();
            let rest = match names.len() - 1 {
                0 => String::new(),
                n => format!(" and {}", count(n, "other", "others")),
            };
            page.line(&format!("  ~ {} of {first}{rest}", neutral::line(path)), "");
        }
    };
    if !attributes.is_empty() {
        page.heading(Ink::Warning, "Accepted but not stored", "remembered, so that it is not planned again and again");
        list(page, &attributes);
        if attributes.iter().any(|(path, _)| path.ends_with(":manager")) {
            page.line("    → the service may want managers written another way: `dialect.manager`", "");
        }
    }
    if !members.is_empty() {
        page.heading(Ink::Warning, "Accepted, and not seen in the group", "the next plan sends it again");
        list(page, &members);
        page.line(&format!("    → {MEMBERS_UNSEEN}"), "");
    }
}

/// One result on one line: the progress of an apply where there is no terminal.
pub fn progress(result: &ChangeResult, view: &View) -> String {
    let paint = super::paint::Paint::new(view.color);
    let name = format!("{}{}", neutral::line(&result.subject.name), which(result));
    let (sign, ink) = symbol(result.action);
    let (doing, did) = (infinitive(result.action), past(result.action));
    match &result.status {
        Status::Done => paint.ink(ink, format!("{sign} {did} {name}")),
        Status::Already => paint.ink(Ink::Aside, format!("= already {did} {name}")),
        Status::Failed { http, message } => {
            paint.ink(Ink::Failure, format!("! failed to {doing} {name}: {}", answer(*http, message)))
        }
        Status::Skipped { because } => {
            paint.ink(Ink::Warning, format!("? did not {doing} {name}: {}", neutral::line(because)))
        }
    }
}
