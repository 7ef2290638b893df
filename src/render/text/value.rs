//! Values before and after, with the difference inside long ones.

use similar::{ChangeTag, TextDiff};

use super::{
    Page,
    paint::{Ink, Paint},
};
use crate::{
    names::{AttrPath, Text, Value},
    plan::AttributeChange,
    render::neutral,
};

/// Characters from which on a value gets a line of its own and the difference is marked.
const LONG: usize = 32;

/// Characters of a value that are shown at most.
const MOST: usize = 1000;

/// The prefix that all standard extensions share; without it they are still told apart.
const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:";

/// The path as people read it.
pub(in crate::render) fn path(path: &AttrPath) -> String {
    let text = path.as_str();
    let short = text.get(..EXTENSION.len()).filter(|head| head.eq_ignore_ascii_case(EXTENSION));
    neutral::line(if short.is_some() { &text[EXTENSION.len()..] } else { text }).into_owned()
}

/// A value on one line, shortened when it is very long.
pub(in crate::render) fn shown(value: &Value, most: usize) -> String {
    let text = match value {
        // As it is sent; the language's own `True` is not.
        Value::Boolean(value) => value.to_string(),
        other => other.to_string(),
    };
    let text = neutral::line(&text);
    let blank = text.is_empty() || text.starts_with(' ') || text.ends_with(' ');
    let text = if blank { format!("\"{text}\"") } else { text.into_owned() };
    cut(text, most)
}

/// The first `most` characters, saying how many there are.
pub(in crate::render) fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text,
        Some((at, _)) => format!("{}… ({} characters)", &text[..at], text.chars().count()),
    }
}

/// Both sides of a change as text; told apart even where they print alike (`"1"` and `1`).
pub(in crate::render) fn sides(change: &AttributeChange, most: usize) -> (Option<String>, Option<String>) {
    let AttributeChange { before, after, redacted, path: _, place: _ } = change;
    if *redacted {
        let hidden = |value: &Option<Value>| value.as_ref().map(|_| "(hidden)".to_owned());
        return (hidden(before), hidden(after));
    }
    let plain = |value: &Option<Value>| value.as_ref().map(|value| shown(value, most));
    let (old, new) = (plain(before), plain(after));
    if old.is_some() && old == new && before != after {
        let typed = |value: &Option<Value>| {
            value.as_ref().map(|value| cut(neutral::line(&value.to_json().to_string()).into_owned(), most))
        };
        return (typed(before), typed(after));
    }
    (old, new)
}

/// Writes one attribute: `path  before → after`, or two lines when long, or the
/// entries of a list that come and go.
pub(super) fn attribute(page: &mut Page, change: &AttributeChange, indent: usize, width: usize, aside: &str) {
    let name = path(&change.path);
    let pad = " ".repeat(width.saturating_sub(name.chars().count()));
    let lead = format!("{}{name}{pad}  ", " ".repeat(indent));
    let paint = page.paint;
    if let Some(short) = short(paint, change) {
        page.line(&format!("{lead}{short}"), aside);
    } else if let (Some(before), Some(after)) = sides(change, MOST) {
        let (before, after) = marked(paint, &before, &after);
        page.line(&format!("{lead}{} {before}", paint.ink(Ink::Removed, "-")), aside);
        let under = " ".repeat(indent + width.max(name.chars().count()) + 2);
        page.line(&format!("{under}{} {after}", paint.ink(Ink::Added, "+")), "");
    }
}

/// `before → after`, or the entries of a list that come and go; nothing when two long
/// values have to be compared.
pub(super) fn short(paint: Paint, change: &AttributeChange) -> Option<String> {
    if let (Some(Value::List(old)), Some(Value::List(new)), false) = (&change.before, &change.after, change.redacted) {
        return Some(entries(paint, old, new));
    }
    let (old, new) = sides(change, MOST);
    let long = |side: &Option<String>| side.as_ref().is_some_and(|text| text.chars().count() >= LONG);
    if old.is_some() && new.is_some() && (long(&old) || long(&new)) {
        return None;
    }
    let side = |ink, text: Option<String>, none: &str| match text {
        Some(text) => paint.ink(ink, text),
        None => paint.ink(Ink::Aside, none),
    };
    Some(format!("{} → {}", side(Ink::Removed, old, "(none)"), side(Ink::Added, new, "(removed)")))
}

/// Both texts with the words marked that differ.
fn marked(paint: Paint, before: &str, after: &str) -> (String, String) {
    let diff = TextDiff::from_unicode_words(before, after);
    let (mut old, mut new) = (Runs::new(paint), Runs::new(paint));
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => {
                old.push(Ink::Removed, change.value());
                new.push(Ink::Added, change.value());
            }
            ChangeTag::Delete => old.push(Ink::OldPart, change.value()),
            ChangeTag::Insert => new.push(Ink::NewPart, change.value()),
        }
    }
    (old.finish(), new.finish())
}

/// Text in few runs of one colour each.
struct Runs {
    paint: Paint,
    done: String,
    ink: Ink,
    run: String,
}

impl Runs {
    fn new(paint: Paint) -> Self {
        Self { paint, done: String::new(), ink: Ink::Aside, run: String::new() }
    }

    fn push(&mut self, ink: Ink, text: &str) {
        if ink != self.ink {
            self.close();
            self.ink = ink;
        }
        self.run.push_str(text);
    }

    fn close(&mut self) {
        if !self.run.is_empty() {
            self.done.push_str(&self.paint.ink(self.ink, &self.run));
            self.run.clear();
        }
    }

    fn finish(mut self) -> String {
        self.close();
        self.done
    }
}

/// The entries of a list that come and go, and how many stay.
fn entries(paint: Paint, old: &[Value], new: &[Value]) -> String {
    let without = |these: &[Value], those: &[Value]| -> Vec<Text> {
        these.iter().filter(|value| !those.contains(value)).map(|value| shown(value, MOST).into()).collect()
    };
    let (gone, come) = (without(old, new), without(new, old));
    let kept = old.len() - gone.len();
    let mut parts: Vec<String> = gone.iter().map(|entry| paint.ink(Ink::Removed, format!("-{entry}"))).collect();
    parts.extend(come.iter().map(|entry| paint.ink(Ink::Added, format!("+{entry}"))));
    if kept > 0 || parts.is_empty() {
        parts.push(paint.ink(Ink::Aside, format!("({kept} stay)")));
    }
    parts.join(", ")
}
