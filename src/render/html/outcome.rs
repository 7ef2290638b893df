//! An outcome as a page: who still has access first, then numbers, then every change with its result.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{
    CHUNK,
    change::{carried_out, word},
    held,
    page::{Filters, label, name, page, prose},
    plan::{made_from, notes},
};
use crate::{
    names::count,
    plan::{
        Action, Change, ChangeId, Plan,
        outcome::{ChangeResult, Outcome, Status},
    },
    render::{
        neutral,
        outcome::{Tally, stopped},
        phrase::{digits, duration, number},
        summary::Summary,
    },
};

/// An outcome as one HTML file.
pub fn outcome(plan: &Plan, outcome: &Outcome) -> String {
    let tally = Tally::of(plan, outcome);
    let summary = Summary::of(plan);
    let text = title(outcome, &tally);
    let manifest = neutral::line(&plan.made_from.manifest);
    let head = html! {
        h1 { (name(&plan.made_from.manifest)) ": " (text) }
        (made_from(plan))
        (alarms(outcome, &tally))
        (numbers(outcome, &tally))
    };
    let changes: BTreeMap<&ChangeId, &Change> = plan.changes.iter().map(|change| (&change.id, change)).collect();
    let body = html! {
        @for (title, class, results) in groups(outcome) {
            section data-block=(title) {
                h2 class=(class) { (title) ": " (count(results.len(), "change", "changes")) " " small.of {} }
                @for some in results.chunks(CHUNK) {
                    div.chunk data-block="" {
                        @for result in some { (carried_out(changes.get(&result.change).copied(), result)) }
                    }
                }
            }
        }
        (held::sections(&summary))
        (notes(&plan.notes))
        (held::left_alone(&summary))
    };
    page(&format!("{manifest}: {text}"), &head, &filters(plan, outcome), &body)
}

fn title(outcome: &Outcome, tally: &Tally) -> String {
    let all = count(outcome.results.len(), "change", "changes");
    let done = tally.done + tally.already;
    let well = done == outcome.results.len() && outcome.stopped.is_none();
    match (well, outcome.results.len()) {
        (true, 0) => "nothing to do".to_owned(),
        (true, 1) => format!("{all} done"),
        (true, _) => format!("all {all} done"),
        (false, _) => format!("{} of {all} done", digits(done)),
    }
}

/// What cannot wait: whose access is not gone, and why it stopped.
fn alarms(outcome: &Outcome, tally: &Tally) -> Markup {
    let people = &tally.still_have_access;
    html! {
        @if !people.is_empty() {
            div.alarm role="alert" {
                h2 { "Still with access: " (count(people.len(), "person", "people")) " whom the plan disables or deletes" }
                ul { @for (result, cause) in people { li { (name(&result.subject.name)) " " span.soft { (prose(cause)) } } } }
            }
        }
        @if let Some(stop) = &outcome.stopped {
            @let (why, then) = stopped(stop);
            div.alarm role="alert" { h2 { "Stopped: " (prose(&why)) } p.todo { (prose(then)) } }
        }
    }
}

fn numbers(outcome: &Outcome, tally: &Tally) -> Markup {
    let left_out: usize = tally.left_out.values().map(Vec::len).sum();
    html! {
        dl.numbers {
            dt { "Changes" }
            dd {
                span.done { b { (digits(tally.done)) } " done" } " "
                @if tally.already > 0 { span { b { (digits(tally.already)) } " already so" } " " }
                @if !tally.failed.is_empty() { span.bad { b { (digits(tally.failed.len())) } " failed" } " " }
                @if !tally.skipped.is_empty() { span.skipped { b { (digits(tally.skipped.len())) } " not tried" } " " }
                @if !tally.waiting.is_empty() { span { b { (digits(tally.waiting.len())) } " waiting" } " " }
                @if tally.held > 0 { span.held { b { (digits(tally.held)) } " held back, not done" } }
            }
            @if left_out > 0 {
                dt { "Left out" }
                dd { span { (count(left_out, "member", "members")) ", added by a later plan, once the account is there" } }
            }
            @if !tally.not_stored.is_empty() {
                dt { "Not stored" }
                dd { @for (path, names) in &tally.not_stored { span { (name(path)) " of " (count(names.len(), "object", "objects")) } } }
            }
            @if outcome.unverified > 0 {
                dt { "Not read back" } dd { span { (number(outcome.unverified, "change", "changes")) } }
            }
            dt { "Sent" }
            dd {
                span {
                    (number(outcome.requests, "request", "requests")) ", "
                    (number(outcome.retries, "retry", "retries")) " in " (duration(outcome.millis.div_ceil(1000)))
                }
            }
        }
    }
}

/// What failed first, then what was not tried, then the rest.
fn groups(outcome: &Outcome) -> Vec<(&'static str, &'static str, Vec<&ChangeResult>)> {
    let of = |wanted: &'static str| {
        let results = outcome.results.iter().filter(move |result| word(result) == wanted);
        results.collect::<Vec<_>>()
    };
    let all = [
        ("Failed", "bad", "failed"),
        ("Not tried", "skipped", "not tried"),
        ("Waiting for a first login", "soft", "waiting"),
        ("Done", "done", "done"),
        ("Already so", "soft", "already so"),
    ];
    let groups = all.into_iter().map(|(title, class, wanted)| (title, class, of(wanted)));
    groups.filter(|(_, _, results)| !results.is_empty()).collect()
}

fn filters(plan: &Plan, outcome: &Outcome) -> Filters {
    let mut filters = Filters::default();
    let rank = |result: &ChangeResult| match &result.status {
        Status::Failed { http: _, message: _ } => 0,
        Status::Skipped { because: _ } if result.waiting => 2,
        Status::Skipped { because: _ } => 1,
        Status::Done => 3,
        Status::Already => 4,
    };
    let mut words: Vec<(u8, &str)> = outcome.results.iter().map(|result| (rank(result), word(result))).collect();
    words.sort_unstable();
    filters.row("Result", words.into_iter().map(|(_, word)| word.to_owned()));
    let of_results = outcome.results.iter().map(|result| result.action);
    let mut actions: Vec<Action> = of_results.chain(plan.held.iter().filter_map(|held| held.action)).collect();
    actions.sort_unstable();
    filters.row("Action", actions.into_iter().map(label));
    let mut reasons: Vec<_> = plan.held_for_a_person().map(|held| held.reason).collect();
    reasons.sort_unstable();
    filters.row("Held for", reasons.into_iter().map(|reason| reason.name().to_owned()));
    filters
}
