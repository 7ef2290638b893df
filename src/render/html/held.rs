//! What is held back, by reason, with what to do about it; what is left alone.

use maud::{Markup, html};

use super::{
    CHUNK,
    page::{at, label, name, prose},
};
use crate::{
    plan::{Held, Reason},
    render::{
        phrase::{digits, infinitive, meaning, those},
        summary::{Summary, alike, common_remedy},
    },
};

/// One section for each reason that needs a person.
pub(super) fn sections(summary: &Summary) -> Markup {
    html! { @for (reason, held) in &summary.held { (section(*reason, held)) } }
}

fn section(reason: Reason, held: &[&Held]) -> Markup {
    let common = common_remedy(held);
    html! {
        section id={ "held-" (reason.name()) } data-block=(reason.name()) {
            h2.held {
                "Held back: " (digits(held.len())) " " (reason.name()) " "
                small { (prose(meaning(reason))) } " " small.of {}
            }
            @if let Some(common) = &common { p.todo { (prose(common)) } }
            (groups(held, common.is_none()))
        }
    }
}

/// What `safety.protect` leaves alone.
pub(super) fn left_alone(summary: &Summary) -> Markup {
    let held = &summary.protected;
    html! {
        @if !held.is_empty() {
            section id="protected" data-block="protected" {
                h2 {
                    "Left alone: " (digits(held.len())) " protected "
                    small { (prose(meaning(Reason::Protected))) } " " small.of {}
                }
                (groups(held, false))
            }
        }
    }
}

/// What only waits for a first login.
pub(super) fn waiting(summary: &Summary) -> Markup {
    let held = &summary.waiting;
    html! {
        @if !held.is_empty() {
            section id="waiting" data-block="waiting" {
                h2 {
                    "Waiting: " (digits(held.len())) " "
                    small { (prose(meaning(Reason::Waiting))) } " " small.of {}
                }
                (groups(held, false))
            }
        }
    }
}

/// Those that differ only in whom they are about stand together.
fn groups(held: &[&Held], remedies: bool) -> Markup {
    html! {
        @for same in alike(held) {
            @match same.as_slice() {
                [single] => {
                    article.item data-item=(keys(single)) {
                        (matter(single, &html! { h3 { (name(&single.subject.name)) } }))
                        (remedy(single, remedies))
                    }
                },
                many => {
                    div.group data-block=(many[0].message) {
                        (matter(many[0], &html! { strong { (those(many)) } }))
                        (remedy(many[0], remedies))
                        @for some in many.chunks(CHUNK) {
                            ul.names.chunk data-block="" {
                                @for held in some { li.item data-item=(keys(held)) { (name(&held.subject.name)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn matter(held: &Held, whom: &Markup) -> Markup {
    let Held { reason: _, subject: _, action, message, places, remedy: _ } = held;
    html! {
        span.sign.held aria-hidden="true" { "?" }
        @if let Some(action) = action { (infinitive(*action)) " " }
        (whom)
        " " p.why { (prose(message)) @for place in places { (at(place)) } }
    }
}

fn remedy(held: &Held, shown: bool) -> Markup {
    html! { @if shown && !held.remedy.is_empty() { p.todo { (prose(&held.remedy)) } } }
}

/// The keys of its filters: the reason, and what would have been done.
fn keys(held: &Held) -> String {
    match held.action {
        Some(action) => format!("{}|{}", held.reason.name(), label(action)),
        None => held.reason.name().to_owned(),
    }
}
