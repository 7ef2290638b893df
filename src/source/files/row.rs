//! What every format gives: rows of cells, each with its bytes.

use std::{borrow::Cow, ops::Range};

use super::{
    columns::Columns,
    csv, json,
    report::Report,
    text::{Format, Input},
    yaml,
};
use crate::names::{Place, Value};

/// An object of a file.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// Its bytes.
    pub(super) span: Range<usize>,
    /// Its place.
    pub(super) place: Place,
    /// What it says. Cells that say nothing are not there.
    pub(super) cells: Vec<RowCell<'a>>,
}

/// A cell of a row.
#[derive(Debug)]
pub(super) struct RowCell<'a> {
    /// The number of its column.
    pub(super) column: usize,
    /// Its bytes.
    pub(super) span: Range<usize>,
    /// What it holds.
    pub(super) cell: Cell<'a>,
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// A plain YAML scalar: text for an attribute that is text, whatever it looks like.
    Plain(Cow<'a, str>),
    /// A value with a type.
    Value(Value),
}

/// Reads the rows of a file, in order.
pub(super) fn rows<'a>(
    input: &'a Input,
    columns: &mut Columns,
    report: &mut Report,
    each: impl FnMut(Row<'a>, &mut Columns, &mut Report),
) {
    // Nothing but white space is a directory without anybody, whatever the format.
    if input.text[input.start()..].trim().is_empty() {
        return;
    }
    match input.format {
        Format::Csv => csv::rows(input, columns, report, each),
        Format::Json => json::rows(input, columns, report, each),
        Format::JsonLines => json::lines(input, columns, report, each),
        Format::Yaml => yaml::rows(input, columns, report, each),
    }
}

/// Line and column of ascending offsets, in one pass over the text.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    input: &'a Input,
    at: usize,
    line: u32,
    column: u32,
}

impl<'a> Lines<'a> {
    /// From the beginning of a file.
    pub(super) fn new(input: &'a Input) -> Self {
        Self { input, at: input.start(), line: 1, column: 1 }
    }

    /// The place of an offset, which is not before the last one.
    pub(super) fn place(&mut self, offset: usize) -> Place {
        let passed = self.input.text.get(self.at..offset).unwrap_or_default();
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        if let Some(newline) = passed.rfind('\n') {
            self.line = self.line.saturating_add(small(passed.bytes().filter(|byte| *byte == b'\n').count()));
            self.column = small(passed[newline + 1..].chars().count()).saturating_add(1);
        } else {
            self.column = self.column.saturating_add(small(passed.chars().count()));
        }
        self.at = self.at.max(offset);
        Place::new(self.input.file.clone(), self.line, self.column)
    }
}
