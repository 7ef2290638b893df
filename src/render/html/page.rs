//! What every page shares: the frame, its policy, the filters, foreign text.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::{
    names::Place,
    plan::{Action, Kind},
    render::{
        neutral,
        phrase::{digits, kinds},
        text::{
            page::place,
            paint::{Ink, symbol},
            value::cut,
        },
    },
};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Characters of a message that are shown.
const MOST: usize = 1000;

/// A whole page.
pub(super) fn page(title: &str, head: &Markup, filters: &Filters, body: &Markup) -> String {
    // A page from a file has no headers; the policy stands in it. Only what has these digests is obeyed.
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { (neutral::line(title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#list" { "Skip to the list" }
                header { (head) }
                (filters.bar())
                main id="list" {
                    p.soft id="filtered" hidden { "A filter is on: not everything is shown." }
                    (body)
                }
                footer { "Written by dialform " (env!("CARGO_PKG_VERSION")) ". This file holds personal data and is whole: it loads nothing and sends nothing." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// As a policy names a style or script (CSP Level 3 §6.7.3.3).
fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// What can be filtered by, with the number of entries each.
#[derive(Default)]
pub(super) struct Filters {
    /// By row, then by key, in the order of the rows.
    rows: Vec<(&'static str, Vec<(String, usize)>)>,
}

impl Filters {
    /// Adds a row; one with fewer than two keys filters nothing, unless there are others.
    pub(super) fn row(&mut self, label: &'static str, keys: impl IntoIterator<Item = String>) {
        let mut counts: Vec<(String, usize)> = Vec::new();
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        for key in keys {
            let index = *at.entry(key.clone()).or_insert_with(|| {
                counts.push((key, 0));
                counts.len() - 1
            });
            counts[index].1 += 1;
        }
        if !counts.is_empty() {
            self.rows.push((label, counts));
        }
    }

    fn bar(&self) -> Markup {
        let chips: usize = self.rows.iter().map(|(_, keys)| keys.len()).sum();
        html! {
            // Shown by the script: without it there is nothing that filters.
            div id="filter" role="search" hidden {
                div.row {
                    input id="search" type="search" autocomplete="off" spellcheck="false"
                        placeholder="Search names, values, causes" aria-label="Search names, values, causes"
                        aria-keyshortcuts="/" aria-controls="list";
                    button id="values" type="button" aria-pressed="false" { "Names only" }
                    button id="clear" type="button" hidden { "Clear" }
                    span id="count" role="status" {}
                }
                @if chips > 1 {
                    details open {
                        summary { "Filter" }
                        @for (label, keys) in &self.rows {
                            div.row role="group" aria-label=(label) {
                                span { (label) }
                                @for (key, n) in keys {
                                    button type="button" aria-pressed="false" data-of=(label) data-key=(key) {
                                        (key) " " (digits(*n))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A foreign text of one line.
pub(super) fn line(text: &str) -> Markup {
    html! { (cut(neutral::line(text).into_owned(), MOST)) }
}

/// A foreign name. Its direction does not change that of what stands around it.
pub(super) fn name(text: &str) -> Markup {
    html! { bdi { (cut(neutral::line(text).into_owned(), MOST)) } }
}

/// A sentence with foreign parts; what stands between backticks as code.
pub(super) fn prose(text: &str) -> Markup {
    let text = cut(neutral::line(text).into_owned(), 2 * MOST);
    let paired = text.matches('`').count().is_multiple_of(2);
    html! {
        @for (at, part) in text.split(|c| paired && c == '`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Where something stands, when it was written.
pub(super) fn at(written: &Place) -> Markup {
    html! { @if let Some(place) = place(written) { " " span.at { (place) } } }
}

/// The sign of an action, for the eye; what it means stands in the heading.
pub(super) fn sign(action: Action) -> Markup {
    let (symbol, ink) = symbol(action);
    html! { span class={ "sign " (class(ink)) } aria-hidden="true" { (symbol) } }
}

/// The class of what is painted so on a terminal.
pub(super) fn class(ink: Ink) -> &'static str {
    match ink {
        Ink::Added | Ink::NewPart => "in",
        Ink::Removed | Ink::OldPart | Ink::Failure => "out",
        Ink::Changed => "chg",
        Ink::Adopted => "adopt",
        Ink::Warning => "held",
        Ink::Heading => "head",
        Ink::Aside => "soft",
    }
}

/// What an action is called among the filters: its verb, with the kind where the verb alone is not enough.
pub(super) fn label(action: Action) -> String {
    let verb = action.verb();
    let shared = Action::ALL.into_iter().any(|other| other != action && other.verb() == verb);
    let kind: Kind = action.kind();
    if shared { format!("{verb} {}", kinds(kind)) } else { verb.to_owned() }
}
