//! What is held back, with what to do; of many the first, the rest counted.

use maud::{Markup, html};

use crate::{
    names::Place,
    plan::{Held, Plan, Reason},
    render::{
        neutral,
        waiting::{Waiting, digits, waiting, wanted},
    },
};

/// Lines of one reason.
const LINES: usize = 20;

/// Names in one line.
const NAMES: usize = 15;

/// What waits for a person. Without `people` there are counts and meanings alone.
pub(super) fn section(plan: &Plan, people: bool) -> Markup {
    let waiting = waiting(plan);
    let number: usize = waiting.iter().map(|waiting| waiting.count).sum();
    html! {
        @if number > 0 {
            section {
                h2 { "Held back: " (digits(number as u64)) @if number == 1 { " needs" } @else { " need" } " a person" }
                @for group in &waiting {
                    (reason(group, people))
                }
                // What was refused again and again is tried again by itself, as its own words say.
                @if waiting.iter().any(|waiting| waiting.reason != Reason::RepeatedFailure) { p class="aside" {
                    "Nothing here is done until somebody decides: release it with "
                    code { "dialform apply --allow …" }
                    ", or mend the cause. The next cycle looks again."
                } }
            }
        }
    }
}

fn reason(group: &Waiting<'_>, people: bool) -> Markup {
    let Waiting { reason, meaning, count, remedy, alike } = group;
    html! {
        details open[people && alike.len() <= LINES] {
            summary { span class="pill held" { (digits(*count as u64)) " " (reason.name()) } " " (code(meaning)) }
            @if let Some(remedy) = remedy.as_ref().filter(|_| people) {
                p class="next" { "→ " (code(remedy)) }
            }
            @if people {
                ul {
                    @for held in alike.iter().take(LINES) {
                        (line(held, remedy.is_none()))
                    }
                    @if alike.len() > LINES {
                        li class="aside" {
                            "… and " (digits((alike.len() - LINES) as u64)) " more: " code { "dialform plan --all" }
                            " lists every one"
                        }
                    }
                }
            }
        }
    }
}

/// Those who differ in nothing but their names.
fn line(alike: &[&Held], with_remedy: bool) -> Markup {
    let Some(first) = alike.first() else { return html! {} };
    let names = alike.iter().take(NAMES).map(|held| neutral::line(&held.subject.name));
    let places: Vec<String> = first.places.iter().filter(|place| !place.is_default()).map(Place::to_string).collect();
    html! {
        li {
            (wanted(first)) " "
            b { (names.collect::<Vec<_>>().join(", ")) }
            @if alike.len() > NAMES { " and " (digits((alike.len() - NAMES) as u64)) " more" }
            ": " (neutral::line(&first.message))
            @if !places.is_empty() { " " span class="place" { (neutral::line(&places.join(", "))) } }
            @if with_remedy && !first.remedy.is_empty() {
                div class="next" { "→ " (code(&first.remedy)) }
            }
        }
    }
}

/// Text in which what stands between backquotes is code.
pub(super) fn code(text: &str) -> Markup {
    let text = neutral::lines(text);
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
