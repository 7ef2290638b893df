//! Completion: names that a schema cannot know, and expressions.

mod expression;
mod item;
mod names;
mod targets;

use lsp_types::CompletionItem;

use super::{cursor::Slot, spot::Spot, workspace::Part};

/// No more than this many people or groups are offered at once.
const MOST: usize = 1000;

/// What can stand at a place.
pub(super) fn at(spot: &Spot) -> Vec<CompletionItem> {
    let words = spot.cursor.words();
    match &spot.cursor.slot {
        Slot::Nothing => Vec::new(),
        Slot::Key(range) => targets::keys(&words, spot, range, true),
        Slot::Word(scalar) => {
            let mut items = targets::keys(&words, spot, &scalar.inner, false);
            items.extend(values(&words, spot));
            items
        }
        Slot::Value(_) => values(&words, spot),
    }
}

fn values(words: &[&str], spot: &Spot) -> Vec<CompletionItem> {
    if spot.part == Part::Manifest && words.last() == Some(&"expression") {
        return expression::at(spot);
    }
    names::at(words, spot)
}
