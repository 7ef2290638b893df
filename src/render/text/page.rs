//! Lines on a page of some width.

use unicode_width::UnicodeWidthStr;

use super::{
    View,
    paint::{Ink, Paint},
};
use crate::{names::Place, render::neutral};

/// Columns when nobody says how many there are.
const WIDTH: usize = 100;

/// Columns below which wrapping does more harm than good.
const NARROWEST: usize = 40;

/// A page that is being written.
pub(super) struct Page {
    text: String,
    pub(super) paint: Paint,
    width: usize,
}

impl Page {
    pub(super) fn new(view: &View) -> Self {
        let width = view.width.unwrap_or(WIDTH).max(NARROWEST);
        Self { text: String::new(), paint: Paint::new(view.color), width }
    }

    /// A line as it is, and an aside behind it.
    pub(super) fn line(&mut self, line: &str, aside: &str) {
        if aside.is_empty() {
            self.text.push_str(line.trim_end());
        } else {
            self.text.push_str(line);
            self.text.push_str("  ");
            self.text.push_str(&self.paint.ink(Ink::Aside, aside));
        }
        self.text.push('\n');
    }

    /// An empty line, once.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A heading after a gap.
    pub(super) fn heading(&mut self, ink: Ink, heading: &str, aside: &str) {
        self.gap();
        self.line(&self.paint.ink(ink, heading), aside);
    }

    /// Parts one after another, wrapped between parts.
    pub(super) fn flow(&mut self, indent: usize, parts: impl IntoIterator<Item = String>, between: &str) {
        self.labelled(&" ".repeat(indent), parts, between);
    }

    /// The same, with a label in front of the first line.
    pub(super) fn labelled(&mut self, label: &str, parts: impl IntoIterator<Item = String>, between: &str) {
        let indent = columns(label);
        let lead = " ".repeat(indent);
        let mut column = 0;
        for part in parts {
            let wide = columns(&part);
            if column == 0 {
                self.text.push_str(label);
                column = indent;
            } else if column + between.width() + wide > self.width {
                self.text.push_str(between.trim_end());
                self.text.push('\n');
                self.text.push_str(&lead);
                column = indent;
            } else {
                self.text.push_str(between);
                column += between.width();
            }
            self.text.push_str(&part);
            column += wide;
        }
        if column > 0 {
            self.text.push('\n');
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// Columns that a text takes, colours apart.
pub(super) fn columns(text: &str) -> usize {
    if text.contains('\u{1b}') { anstream::adapter::strip_str(text).to_string().width() } else { text.width() }
}

/// The blanks that bring a text to `width` columns.
pub(super) fn padding(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(columns(text)))
}

/// Where something stands, when it was written.
pub(in crate::render) fn place(place: &Place) -> Option<String> {
    (!place.is_default()).then(|| neutral::line(&place.to_string()).into_owned())
}
