//! A whole plan: numbers, changes, what is held back, notes, cost.

use super::{
    Page, View, changes, held,
    page::{padding, place},
    paint::{Ink, symbol},
    seats,
};
use crate::{
    names::count,
    plan::{Action, Kind, Note, Plan, Subject},
    render::{
        neutral,
        phrase::{cost, digits, number},
        summary::Summary,
    },
};

/// Notes that are shown of a long list.
const NOTES: usize = 20;

/// A plan as text.
pub fn plan(plan: &Plan, view: &View) -> String {
    let mut page = Page::new(view);
    let summary = Summary::of(plan);
    title(&mut page, plan, &summary);
    numbers(&mut page, &summary);
    changes::write(&mut page, &summary, view);
    held::write(&mut page, &summary, view);
    seats::write(&mut page, &plan.seats);
    notes(&mut page, &plan.notes, view);
    footer(&mut page, plan, &summary, view);
    page.finish()
}

fn title(page: &mut Page, plan: &Plan, summary: &Summary) {
    let name = neutral::line(&plan.made_from.manifest);
    let target = format!("on {}", neutral::line(&plan.made_from.target));
    let read = &plan.read;
    if !plan.is_empty() {
        let changes = count(plan.changes.len(), "change", "changes");
        page.line(&page.paint.ink(Ink::Heading, format!("{name}: {changes}")), &target);
        return;
    }
    let compared = format!("{} in the source, {} {target}", number(read.people, "person", "people"), accounts(plan));
    if summary.held() == 0 {
        let matching = format!("{name}: no changes: {}", people_match(read.unchanged));
        page.line(&page.paint.ink(Ink::Heading, matching), &compared);
    } else {
        let held = format!("{name}: no changes that can be made; {} held back", summary.held());
        page.line(&page.paint.ink(Ink::Warning, held), &compared);
    }
}

fn accounts(plan: &Plan) -> String {
    number(plan.read.live_users, "account", "accounts")
}

fn people_match(n: u64) -> String {
    number(n, "person matches", "people match")
}

/// The table of numbers: people, groups, what is held, what is left alone.
fn numbers(page: &mut Page, summary: &Summary) {
    let mut rows: Vec<(&str, Vec<String>)> = Vec::new();
    for (label, kind) in [("people", Kind::User), ("groups", Kind::Group)] {
        let parts = Action::ALL.into_iter().filter(|action| action.kind() == kind);
        let parts: Vec<String> = parts.filter_map(|action| part(page, summary, action)).collect();
        if !parts.is_empty() {
            rows.push((label, parts));
        }
    }
    if summary.held() > 0 {
        let reasons = summary.held.iter().map(|(reason, held)| format!("{} {}", held.len(), reason.name()));
        rows.push(("held", reasons.map(|part| page.paint.ink(Ink::Warning, part)).collect()));
    }
    if rows.is_empty() {
        return;
    }
    page.gap();
    for (label, parts) in rows {
        page.labelled(&format!("  {label}{}", padding(label, 8)), parts, " · ");
    }
}

/// `7 disable`, in its colour; nothing when there is none.
fn part(page: &Page, summary: &Summary, action: Action) -> Option<String> {
    let n = match action {
        Action::AddMembers => summary.added,
        Action::RemoveMembers => summary.removed,
        _ => summary.number(action),
    };
    let what = match action {
        Action::AddMembers => count(n, "member in", "members in"),
        Action::RemoveMembers => count(n, "member out", "members out"),
        Action::SetManager => count(n, "manager", "managers"),
        _ => count(n, action.verb(), action.verb()),
    };
    let (_, ink) = symbol(action);
    (n > 0).then(|| page.paint.ink(ink, what))
}

pub(super) fn notes(page: &mut Page, notes: &[Note], view: &View) {
    if notes.is_empty() {
        return;
    }
    page.heading(Ink::Heading, "Notes", "");
    let first = view.first(NOTES);
    for Note { message, place: at, code: _ } in notes.iter().take(first) {
        let aside = at.as_ref().and_then(place).unwrap_or_default();
        page.line(&format!("  · {}", neutral::line(message)), &aside);
    }
    more(page, 2, notes.len(), first);
}

/// Says how many are not shown.
pub(super) fn more(page: &mut Page, indent: usize, all: usize, shown: usize) {
    if let Some(rest) = all.checked_sub(shown).filter(|rest| *rest > 0) {
        page.line(&format!("{}… and {} more", " ".repeat(indent), digits(rest)), "`dialform plan --all` shows them");
    }
}

fn footer(page: &mut Page, plan: &Plan, summary: &Summary, view: &View) {
    let allowed = &plan.made_from.allowed;
    if plan.left_out > 0 || !allowed.is_empty() || !plan.unmanaged.is_empty() || !plan.is_empty() {
        page.gap();
    }
    if plan.left_out > 0 {
        let left = number(plan.left_out, "change is", "changes are");
        page.line(&format!("{left} left out by `--only`, `--except` or `pilot`."), "");
    }
    if !allowed.is_empty() {
        let allowed: Vec<_> = allowed.iter().map(|text| neutral::line(text)).collect();
        page.line(&format!("Asked to let through: {}.", allowed.join(", ")), "");
    }
    if !plan.unmanaged.is_empty() {
        unmanaged(page, plan, summary, view);
    }
    if !plan.is_empty() {
        let matching = match plan.read.unchanged {
            0 => String::new(),
            n => format!(" {} already.", people_match(n)),
        };
        let cost = cost(plan.requests(), plan.seconds(), plan.read.millirate);
        page.line(&format!("Applying sends {cost}.{matching}"), "");
    }
}

fn unmanaged(page: &mut Page, plan: &Plan, summary: &Summary, view: &View) {
    let kinds = [
        (summary.unmanaged_users, count(summary.unmanaged_users, "account", "accounts")),
        (summary.unmanaged_groups, count(summary.unmanaged_groups, "group", "groups")),
    ];
    let kinds: Vec<String> = kinds.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect();
    let is = if plan.unmanaged.len() == 1 { "is" } else { "are" };
    let end = if view.unmanaged { ":" } else { " (`--unmanaged` lists them)." };
    page.line(&format!("{} {is} not managed here and never changed{end}", kinds.join(" and ")), "");
    if view.unmanaged {
        for kind in [Kind::User, Kind::Group] {
            let of_kind = plan.unmanaged.iter().filter(|subject: &&Subject| subject.kind == kind);
            page.flow(4, of_kind.map(|subject| neutral::line(&subject.name).into_owned()), ", ");
        }
    }
}
