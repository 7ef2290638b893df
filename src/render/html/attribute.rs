//! Attributes, before and after side by side, with the parts marked that differ.

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

use super::page::{at, name};
use crate::{
    names::{Place, Value},
    plan::AttributeChange,
    render::{
        neutral,
        text::value::{path, shown, sides},
    },
};

/// Characters of one value that are shown.
const MOST: usize = 1000;

/// The heading of the only side that needs none.
pub(super) const VALUE: &str = "Value";

/// Entries of one list that are shown.
const ENTRIES: usize = 200;

/// Attributes of what comes or goes as a whole: one side.
pub(super) fn whole(attributes: &[AttributeChange], side: &str) -> Markup {
    html! {
        @if !attributes.is_empty() {
            table.one[side == VALUE] {
                thead { tr { th scope="col" { "Attribute" } th scope="col" { (side) } } }
                tbody {
                    @for change in attributes {
                        @let (before, after) = sides(change, MOST);
                        tr {
                            th scope="row" { bdi { (path(&change.path)) } }
                            td.v { @if let Some(text) = after.or(before) { (name(&text)) } @else { span.none { "none" } } }
                        }
                    }
                }
            }
        }
    }
}

/// Attributes that change: both sides, and the mapping's line where the cause has not named it.
pub(super) fn differences<'a>(attributes: impl Iterator<Item = &'a AttributeChange>, cause: Option<&Place>) -> Markup {
    let mut rows = attributes.peekable();
    html! {
        @if rows.peek().is_some() {
            table {
                thead { tr { th scope="col" { "Attribute" } th scope="col" { "Before" } th scope="col" { "After" } } }
                tbody { @for change in rows { (difference(change, cause)) } }
            }
        }
    }
}

fn difference(change: &AttributeChange, cause: Option<&Place>) -> Markup {
    let (before, after) = both(change);
    html! {
        tr {
            th scope="row" {
                bdi { (path(&change.path)) }
                @if cause != Some(&*change.place) { (at(&change.place)) }
            }
            td.v data-side="before" { (before) }
            td.v data-side="after" { (after) }
        }
    }
}

fn both(change: &AttributeChange) -> (Markup, Markup) {
    if let (Some(Value::List(old)), Some(Value::List(new)), false) = (&change.before, &change.after, change.redacted) {
        return (entries(old, new, false), entries(new, old, true));
    }
    match sides(change, MOST) {
        (Some(before), Some(after)) => marked(&before, &after),
        (before, after) => (side(before, "none", false), side(after, "removed", true)),
    }
}

/// The only side that has a value, marked as a whole.
fn side(text: Option<String>, none: &str, comes: bool) -> Markup {
    html! {
        @match text {
            Some(text) if comes => ins { (text) },
            Some(text) => del { (text) },
            None => span.none { (none) },
        }
    }
}

/// Both texts with the words marked that differ.
fn marked(before: &str, after: &str) -> (Markup, Markup) {
    let diff = TextDiff::from_unicode_words(before, after);
    let changes = || diff.iter_all_changes();
    let old = html! {
        @for (differs, text) in runs(changes().filter(|change| change.tag() != ChangeTag::Insert)) {
            @if differs { del { (text) } } @else { (text) }
        }
    };
    let new = html! {
        @for (differs, text) in runs(changes().filter(|change| change.tag() != ChangeTag::Delete)) {
            @if differs { ins { (text) } } @else { (text) }
        }
    };
    (old, new)
}

/// Words in few runs that differ or not.
fn runs<'a>(words: impl Iterator<Item = similar::Change<&'a str>>) -> Vec<(bool, String)> {
    let mut runs: Vec<(bool, String)> = Vec::new();
    for word in words {
        let differs = word.tag() != ChangeTag::Equal;
        match runs.last_mut() {
            Some((as_before, run)) if *as_before == differs => run.push_str(word.value()),
            _ => runs.push((differs, word.value().to_owned())),
        }
    }
    runs
}

/// The entries of one side of a list; those that the other lacks are marked.
fn entries(these: &[Value], those: &[Value], comes: bool) -> Markup {
    let rest = these.len().saturating_sub(ENTRIES);
    html! {
        @if these.is_empty() { span.none { "empty list" } } @else {
            ul {
                @for value in these.iter().take(ENTRIES) {
                    @let text = neutral::line(&shown(value, MOST)).into_owned();
                    li {
                        @if those.contains(value) { (text) } @else if comes { ins { (text) } } @else { del { (text) } }
                    }
                }
                @if rest > 0 { li.soft { "… and " (rest) " more" } }
            }
        }
    }
}
