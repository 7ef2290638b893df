//! CSV as spreadsheets and the Entra portal write it: RFC 4180, with `,`, `;` or
//! tabs between cells.

use std::{borrow::Cow, ops::Range};

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use super::{
    columns::{Columns, MAX_COLUMNS},
    report::Report,
    row::{Cell, Lines, Row, RowCell},
    text::Input,
};
use crate::names::{count, near_miss};

/// Reads the rows below the header.
pub(super) fn rows<'a>(
    input: &'a Input,
    columns: &mut Columns,
    report: &mut Report,
    mut each: impl FnMut(Row<'a>, &mut Columns, &mut Report),
) {
    let (delimiter, start) = delimiter(input);
    let mut records = Records::new(input, delimiter, start);
    let Some(header) = header(&mut records, columns, report) else { return };
    let mut lines = Lines::new(input);
    let mut cells = Vec::new();
    while records.next(&mut cells, header.len().max(1) + MAX_COLUMNS) {
        let (Some(first), Some(last)) = (cells.first(), cells.last()) else { continue };
        let span = first.span.start..last.span.end;
        // What spreadsheets leave behind: rows of delimiters alone.
        if cells.iter().all(|cell| cell.text.trim().is_empty()) {
            continue;
        }
        let place = lines.place(span.start);
        if !are_quoted_well(&cells, input, report) || !is_even(&cells, &header, input, report) {
            continue;
        }
        let told = cells.drain(..).zip(&header).filter(|(cell, _)| !cell.text.is_empty());
        let row = told.map(|(RawCell { span, text, .. }, header)| RowCell {
            column: header.column,
            span,
            cell: Cell::Text(text),
        });
        each(Row { span, place, cells: row.collect() }, columns, report);
    }
}

/// A cell of the header.
struct Header {
    column: usize,
    named: bool,
}

/// Reads the header; `None` when the file cannot be used.
fn header<'a>(records: &mut Records<'a>, columns: &mut Columns, report: &mut Report) -> Option<Vec<Header>> {
    let file = &records.input.file;
    let mut cells: Vec<RawCell<'a>> = Vec::new();
    loop {
        if !records.next(&mut cells, MAX_COLUMNS + 1) {
            return None;
        }
        // The first line of the portal's templates for bulk changes.
        if cells.first().is_none_or(|cell| !cell.text.starts_with("version:")) {
            break;
        }
    }
    if cells.len() > MAX_COLUMNS {
        let message = format!("the header has more than {MAX_COLUMNS} columns");
        report.error("too_many_columns", file, 0..0, message, |problem| problem);
        return None;
    }
    columns.begin_row();
    let mut header: Vec<Header> = Vec::with_capacity(cells.len());
    for (at, RawCell { span, text, .. }) in cells.iter().enumerate() {
        let column = columns.number(text, span.clone(), report);
        let named = !text.trim().is_empty();
        if columns.is_doubled(column) && named {
            let name = columns.get(column).name.clone();
            let is_first = |(_, other): &(usize, &Header)| columns.get(other.column).name == name;
            let first = header.iter().enumerate().find(is_first).map_or(at, |(at, _)| at);
            let message = format!("two columns are `{}`", name.escape_debug());
            report.error("duplicate_column", file, span.clone(), message, |problem| {
                problem.related(file, cells[first].span.clone(), "the other one").help("keep one of them")
            });
        }
        header.push(Header { column, named });
    }
    if !are_quoted_well(&cells, records.input, report) {
        return None;
    }
    if !columns.identify() {
        no_header(columns, &cells, report);
        return None;
    }
    Some(header)
}

fn no_header(columns: &Columns, cells: &[RawCell<'_>], report: &mut Report) {
    let (file, span) = (columns.file(), span_of(cells));
    let wanted = columns.table.identifying();
    let noun = columns.table.noun();
    if cells.iter().any(|cell| cell.text.contains('@')) {
        let message = format!("the first line is a {noun}, not a header");
        let help = format!("write the names of the attributes above it, `{}` among them", wanted[0]);
        report.error("no_header", file, span, message, |problem| problem.help(help));
        return;
    }
    let names: Vec<String> = wanted.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("the header has no column {}", names.join(" or "));
    let near = cells.iter().find_map(|cell| Some((near_miss(&cell.text, wanted.iter().copied())?, cell.text.trim())));
    let help = match near {
        Some((meant, written)) => format!("did you mean `{meant}` by `{}`?", written.escape_debug()),
        None => format!("it tells one {noun} from another; the first line has to name the attributes"),
    };
    report.error("no_header", file, span, message, |problem| problem.help(help));
}

/// The bytes of a record, which has at least one cell.
fn span_of(cells: &[RawCell<'_>]) -> Range<usize> {
    cells.first().map_or(0, |first| first.span.start)..cells.last().map_or(0, |last| last.span.end)
}

/// Whether every quote of a record is closed, and doubled where it belongs to the text.
fn are_quoted_well(cells: &[RawCell<'_>], input: &Input, report: &mut Report) -> bool {
    let Some(cell) = cells.iter().find(|cell| cell.badly_quoted) else { return true };
    let raw = &input.text[cell.span.clone()];
    let help = "write two quotes for one that belongs to the text";
    if raw.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 && cell.span.end >= input.text.trim_end().len() {
        let message = "a quote is opened here and not closed before the file ends";
        let span = cell.span.start..cell.span.start + 1;
        report.error("open_quote", &input.file, span, message, |problem| problem.help(help));
    } else {
        let message = "a quote stands inside of a cell in quotes";
        report.error("bad_quote", &input.file, cell.span.clone(), message, |problem| problem.help(help));
    }
    false
}

/// Whether a row has a cell for each column, and none without one.
fn is_even(cells: &[RawCell<'_>], header: &[Header], input: &Input, report: &mut Report) -> bool {
    let file = &input.file;
    // Of a row this wide not even all cells were kept.
    let too_wide = cells.get(header.len() + MAX_COLUMNS - 1);
    if let Some(extra) = cells.iter().skip(header.len()).find(|cell| !cell.text.trim().is_empty()).or(too_wide) {
        let message = format!("the row has {} for {}", cells_of(cells.len()), columns_of(header.len()));
        let help = "put a cell that holds the delimiter in quotes, without a blank before them";
        report.error("ragged_row", file, extra.span.clone(), message, |problem| problem.help(help));
        return false;
    }
    if cells.len() < header.len() {
        let message = format!("the row has {} for {}", cells_of(cells.len()), columns_of(header.len()));
        let help = "add what is missing, empty where there is no value";
        report.error("ragged_row", file, span_of(cells), message, |problem| problem.help(help));
        return false;
    }
    let nameless = cells.iter().zip(header).find(|(cell, header)| !header.named && !cell.text.trim().is_empty());
    if let Some((RawCell { span, .. }, _)) = nameless {
        let message = "the cell stands in a column without a name";
        report.error("nameless_column", file, span.clone(), message, |problem| problem.help("name it in the header"));
        return false;
    }
    true
}

fn cells_of(n: usize) -> String {
    if n > MAX_COLUMNS {
        format!("more than {}", count(MAX_COLUMNS, "cell", "cells"))
    } else {
        count(n, "cell", "cells")
    }
}

fn columns_of(n: usize) -> String {
    count(n, "column", "columns")
}

/// What stands between cells, and where the header begins.
fn delimiter(input: &Input) -> (u8, usize) {
    let text = &input.text[input.start()..];
    let line = text.lines().next().unwrap_or_default();
    // Excel's own hint: "sep=;".
    if let Some(&[delimiter]) = line.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        return (delimiter, input.start() + line.len());
    }
    let header = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("version:")).unwrap_or(line);
    let mut quoted = false;
    let mut seen = [(b',', 0usize), (b';', 0), (b'\t', 0)];
    for byte in header.bytes() {
        quoted ^= byte == b'"';
        for (delimiter, count) in &mut seen {
            *count += usize::from(!quoted && byte == *delimiter);
        }
    }
    let [comma, others @ ..] = seen;
    let most = others.into_iter().fold(comma, |most, next| if next.1 > most.1 { next } else { most });
    (most.0, input.start())
}

/// A cell as it was found.
struct RawCell<'a> {
    /// Its bytes, quotes included.
    span: Range<usize>,
    /// Its text, without quotes.
    text: Cow<'a, str>,
    /// Whether a quote is not closed, or not doubled.
    badly_quoted: bool,
}

/// The records of a file, with the bytes of each cell.
struct Records<'a> {
    input: &'a Input,
    reader: Reader,
    at: usize,
    buffer: Vec<u8>,
}

impl<'a> Records<'a> {
    fn new(input: &'a Input, delimiter: u8, start: usize) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Self { input, reader, at: start, buffer: vec![0; 1 << 10] }
    }

    /// Reads a record; `false` at the end. Cells over the bound are dropped.
    fn next(&mut self, cells: &mut Vec<RawCell<'a>>, max_cells: usize) -> bool {
        cells.clear();
        let text = self.input.text.as_str();
        self.skip_line_ends();
        loop {
            let start = self.at;
            let mut filled = 0;
            let ended = loop {
                let (result, read, written) =
                    self.reader.read_field(&text.as_bytes()[self.at..], &mut self.buffer[filled..]);
                self.at += read;
                filled += written;
                match result {
                    ReadFieldResult::InputEmpty => {}
                    ReadFieldResult::OutputFull => self.buffer.resize(self.buffer.len() * 2, 0),
                    ReadFieldResult::Field { record_end } => break record_end,
                    ReadFieldResult::End => return !cells.is_empty(),
                }
            };
            if cells.len() < max_cells {
                // What ends a cell is a byte of its own, or the end of the file.
                let behind = usize::from(!ended && self.at > start);
                cells.push(cell(text, start..self.at - behind, &self.buffer[..filled]));
            }
            if ended {
                return true;
            }
        }
    }

    /// So that a record begins where its first cell does.
    fn skip_line_ends(&mut self) {
        let rest = &self.input.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    }
}

/// A cell from its bytes in the file and what the reader made of them.
fn cell<'a>(text: &'a str, raw: Range<usize>, unquoted: &[u8]) -> RawCell<'a> {
    let written = &text[raw.clone()];
    // White space around a cell without quotes was written for the eye.
    let trimmed = written.trim();
    let blank = if trimmed.is_empty() { 0 } else { written.len() - written.trim_start().len() };
    let start = raw.start + blank;
    let span = start..start + trimmed.len();
    if !written.starts_with('"') {
        return RawCell { span, text: Cow::Borrowed(trimmed), badly_quoted: false };
    }
    let inside = trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let badly_quoted = inside.is_none_or(|inside| inside.replace("\"\"", "").contains('"'));
    // The reader only takes quotes away, so what is left is UTF-8 as well.
    RawCell { span, text: Cow::Owned(String::from_utf8_lossy(unquoted).into_owned()), badly_quoted }
}
