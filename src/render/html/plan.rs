//! A plan as a page: numbers, what is held back, changes, notes, what is left alone.

use maud::{Markup, html};

use super::{
    CHUNK, change, held,
    page::{Filters, at, class, label, line, name, page, prose},
};
use crate::{
    names::count,
    plan::{Action, Kind, Note, Plan, SeatLine},
    render::{
        neutral,
        phrase::{cost, digits, explanation, heading, number},
        summary::Summary,
        text::paint::symbol,
    },
};

/// Seats by office and licence.
fn seats(seats: &[SeatLine]) -> Markup {
    html! {
        @if !seats.is_empty() {
            section id="seats" {
                h2 { "Seats" }
                table.seats {
                    thead {
                        tr { @for head in ["Office", "Licence", "Free", "Needed", "Freed", "Free after"] { th scope="col" { (head) } } }
                    }
                    tbody {
                        @for SeatLine { office, license, free_before, needed, freed, free_after, missing } in seats {
                            tr {
                                td { (name(office)) }
                                td { (name(license.product())) }
                                td { (free_before) }
                                td { (needed) }
                                td { (freed) }
                                td {
                                    (free_after)
                                    @if *missing > 0 { " (" (missing) " without a seat)" }
                                    @else if *free_after < 0 { " (" (free_after.unsigned_abs()) " may be billed)" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A plan as one HTML file.
pub fn plan(plan: &Plan) -> String {
    let summary = Summary::of(plan);
    let text = title(plan, &summary);
    let manifest = neutral::line(&plan.made_from.manifest);
    let head = html! {
        h1 { (name(&plan.made_from.manifest)) ": " (text) }
        (made_from(plan))
        (numbers(plan, &summary))
    };
    let body = html! {
        (held::sections(&summary))
        (seats(&plan.seats))
        @for (action, changes) in &summary.changes {
            section id={ "a-" (slug(*action)) } data-block=(label(*action)) {
                h2 {
                    (heading(*action, changes)) " "
                    @if let Some(text) = explanation(*action) { small { (text) } " " }
                    small.of {}
                }
                @for some in changes.chunks(CHUNK) {
                    div.chunk data-block="" { @for change in some { (change::entry(change)) } }
                }
            }
        }
        (notes(&plan.notes))
        (held::left_alone(&summary))
        (held::waiting(&summary))
        (unmanaged(plan, &summary))
    };
    page(&format!("{manifest}: {text}"), &head, &filters(plan), &body)
}

fn title(plan: &Plan, summary: &Summary) -> String {
    match (plan.changes.len(), summary.held()) {
        (0, 0) => format!("no changes, {}", number(plan.read.unchanged, "person matches", "people match")),
        (0, held) => format!("no changes that can be made, {} held back", digits(held)),
        (n, 0) => count(n, "change", "changes"),
        (n, held) => format!("{}, {} held back", count(n, "change", "changes"), digits(held)),
    }
}

/// What was compared, where and when.
pub(super) fn made_from(plan: &Plan) -> Markup {
    let read = &plan.read;
    let at = plan.made_from.at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    html! {
        p.soft {
            (number(read.people, "person", "people")) " in the source, "
            (number(read.live_users, "account", "accounts")) " on " (name(&plan.made_from.target))
            ", read " (at) "."
        }
    }
}

fn numbers(plan: &Plan, summary: &Summary) -> Markup {
    html! {
        dl.numbers {
            @for (title, kind) in [("People", Kind::User), ("Groups", Kind::Group)] {
                @let actions = summary.changes.keys().filter(|action| action.kind() == kind);
                @if actions.clone().next().is_some() {
                    dt { (title) }
                    dd { @for action in actions { (part(summary, *action)) " " } }
                }
            }
            @if summary.held() > 0 {
                dt { "Held back" }
                dd {
                    @for (reason, held) in &summary.held {
                        a.held href={ "#held-" (reason.name()) } { b { (digits(held.len())) } " " (reason.name()) } " "
                    }
                }
            }
            @if !plan.is_empty() {
                dt { "Applying" }
                dd { span { "sends " (cost(plan.requests(), plan.seconds(), plan.read.millirate)) } }
            }
            (beside(plan, summary))
        }
    }
}

/// What is not changed, in numbers.
fn beside(plan: &Plan, summary: &Summary) -> Markup {
    let protected = summary.protected.len();
    html! {
        @if plan.read.unchanged > 0 {
            dt { "As it should be" } dd { span { (number(plan.read.unchanged, "person", "people")) } }
        }
        @if plan.left_out > 0 {
            dt { "Left out" }
            dd { span { (number(plan.left_out, "change", "changes")) ", by " code { "--only" } ", " code { "--except" } " or " code { "pilot" } } }
        }
        @if protected > 0 {
            dt { "Left alone" } dd { a href="#protected" { (digits(protected)) " protected" } }
        }
        @if !plan.unmanaged.is_empty() {
            dt { "Not managed" } dd { a href="#unmanaged" { (not_managed(summary)) } }
        }
        @if !plan.notes.is_empty() {
            dt { "Notes" } dd { a href="#notes" { (count(plan.notes.len(), "note", "notes")) } }
        }
        @if !plan.made_from.allowed.is_empty() {
            dt { "Asked to let through" } dd { @for text in &plan.made_from.allowed { code { (line(text)) } } }
        }
    }
}

/// `7 disable`, with a link to the section.
fn part(summary: &Summary, action: Action) -> Markup {
    let n = match action {
        Action::AddMembers => summary.added,
        Action::RemoveMembers => summary.removed,
        _ => summary.number(action),
    };
    let (_, ink) = symbol(action);
    let what = match action {
        Action::AddMembers => "members in",
        Action::RemoveMembers => "members out",
        Action::SetManager if n == 1 => "manager",
        Action::SetManager => "managers",
        _ => action.verb(),
    };
    html! { a class=(class(ink)) href={ "#a-" (slug(action)) } { b { (digits(n)) } " " (what) } }
}

fn slug(action: Action) -> String {
    label(action).replace(' ', "-")
}

pub(super) fn notes(notes: &[Note]) -> Markup {
    html! {
        @if !notes.is_empty() {
            section id="notes" {
                h2 { (count(notes.len(), "note", "notes")) }
                ul {
                    @for Note { message, place, code: _ } in notes {
                        li { (prose(message)) @if let Some(place) = place { (at(place)) } }
                    }
                }
            }
        }
    }
}

fn not_managed(summary: &Summary) -> String {
    let kinds = [
        (summary.unmanaged_users, count(summary.unmanaged_users, "account", "accounts")),
        (summary.unmanaged_groups, count(summary.unmanaged_groups, "group", "groups")),
    ];
    kinds.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect::<Vec<_>>().join(" and ")
}

fn unmanaged(plan: &Plan, summary: &Summary) -> Markup {
    html! {
        @if !plan.unmanaged.is_empty() {
            section id="unmanaged" {
                h2 { "Not managed here and never changed: " (not_managed(summary)) }
                details {
                    summary { "Show the names" }
                    ul.names { @for subject in &plan.unmanaged { li { (name(&subject.name)) } } }
                }
            }
        }
    }
}

fn filters(plan: &Plan) -> Filters {
    let mut filters = Filters::default();
    let held = || plan.held_for_a_person();
    let of_changes = plan.changes.iter().map(|change| change.action);
    let mut actions: Vec<Action> = of_changes.chain(plan.held.iter().filter_map(|held| held.action)).collect();
    actions.sort_unstable();
    filters.row("Action", actions.into_iter().map(label));
    let mut reasons: Vec<_> = held().map(|held| held.reason).collect();
    reasons.sort_unstable();
    filters.row("Held for", reasons.into_iter().map(|reason| reason.name().to_owned()));
    filters
}
