//! JSON (a list of objects, or an object that holds one, as Graph answers) and
//! JSON Lines (an object a line).

use std::{borrow::Cow, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};

use super::{
    columns::{Columns, MAX_COLUMNS, Table},
    report::Report,
    row::{Cell, Lines, Row, RowCell},
    text::Input,
    values::MAX_VALUE,
};
use crate::names::{Text, Value};

/// The keys of an object that holds the list: Graph's, and what people write.
const LISTS: [&str; 5] = ["value", "people", "users", "groups", "members"];

/// Reads the objects of a list.
pub(super) fn rows<'a>(
    input: &'a Input,
    columns: &mut Columns,
    report: &mut Report,
    mut each: impl FnMut(Row<'a>, &mut Columns, &mut Report),
) {
    let body = &input.text[input.start()..];
    let whole: &RawValue = match serde_json::from_str(body) {
        Ok(whole) => whole,
        Err(error) => return syntax(input, input.start(), &error, report),
    };
    let Some(items) = items(input, whole, report) else { return };
    let mut lines = Lines::new(input);
    for item in items {
        if let Some(row) = row(input, item, &mut lines, columns, report) {
            each(row, columns, report);
        }
    }
}

/// Reads an object a line.
pub(super) fn lines<'a>(
    input: &'a Input,
    columns: &mut Columns,
    report: &mut Report,
    mut each: impl FnMut(Row<'a>, &mut Columns, &mut Report),
) {
    let mut lines = Lines::new(input);
    let mut start = input.start();
    for line in input.text[start..].split_inclusive('\n') {
        if !line.trim().is_empty() {
            match serde_json::from_str::<&RawValue>(line.trim_end()) {
                Ok(item) => {
                    if let Some(row) = row(input, item, &mut lines, columns, report) {
                        each(row, columns, report);
                    }
                }
                Err(error) => syntax(input, start, &error, report),
            }
        }
        start += line.len();
    }
}

/// The items of the list that a file holds.
fn items<'a>(input: &'a Input, whole: &'a RawValue, report: &mut Report) -> Option<Vec<&'a RawValue>> {
    let file = &input.file;
    let wrong = |span: Range<usize>, message: &str, report: &mut Report| {
        let help = "expected a list of objects: `[{ … }, { … }]`";
        report.error("no_list", file, span, message, |problem| problem.help(help));
        None
    };
    let list = match whole.get().as_bytes().first() {
        Some(b'[') => whole,
        Some(b'{') => {
            let Ok(Object(entries)) = serde_json::from_str(whole.get()) else { return None };
            if let Some((_, next)) = entries.iter().find(|(key, _)| key == "@odata.nextLink") {
                let message = "this is one page of several: `@odata.nextLink` says where the next one is";
                let help = "put all pages into one list; whoever is missing would look like a leaver";
                report.error("one_page", file, span_of(input, next), message, |problem| problem.help(help));
                return None;
            }
            let mut lists =
                entries.iter().filter(|(key, value)| LISTS.contains(&&**key) && value.get().starts_with('['));
            match (lists.next(), lists.next()) {
                (Some((_, list)), None) => *list,
                _ => return wrong(span_of(input, whole), "the file holds one object, not a list", report),
            }
        }
        _ => return wrong(span_of(input, whole), "the file holds no list", report),
    };
    match serde_json::from_str(list.get()) {
        Ok(items) => Some(items),
        // It was read before, so this is the limit of nesting.
        Err(_) => wrong(span_of(input, list), "the list cannot be read", report),
    }
}

/// A row from an object; a file of members may also hold names alone.
fn row<'a>(
    input: &'a Input,
    item: &'a RawValue,
    lines: &mut Lines<'_>,
    columns: &mut Columns,
    report: &mut Report,
) -> Option<Row<'a>> {
    let span = span_of(input, item);
    let place = lines.place(span.start);
    let file = &input.file;
    if columns.table == Table::Members && item.get().starts_with('"') {
        let cell = read(item, report, file, &span)?;
        let column = columns.number("member", span.clone(), report);
        return Some(Row { span: span.clone(), place, cells: vec![RowCell { column, span, cell }] });
    }
    if !item.get().starts_with('{') {
        let message = format!("expected an object that describes a {}", columns.table.noun());
        report.error("no_object", file, span, message, |problem| problem.help("write `{ \"name\": value, … }`"));
        return None;
    }
    let object = match serde_json::from_str(item.get()) {
        Ok(Object(entries)) => entries,
        Err(error) => {
            syntax(input, span.start, &error, report);
            return None;
        }
    };
    if object.len() > MAX_COLUMNS {
        let message = format!("the object has more than {MAX_COLUMNS} keys");
        report.error("too_many_columns", file, span, message, |problem| problem);
        return None;
    }
    columns.begin_row();
    let mut cells: Vec<RowCell<'a>> = Vec::with_capacity(object.len());
    for (key, value) in object {
        let at = span_of(input, value);
        let column = columns.number(&key, at.clone(), report);
        if columns.is_doubled(column) {
            let name = columns.get(column).name.clone();
            let first = cells.iter().find(|cell| columns.get(cell.column).name == name).map(|cell| cell.span.clone());
            let message = format!("`{}` comes twice", name.escape_debug());
            report.error("duplicate_key", file, at, message, |problem| {
                let problem = problem.help("keep one of them");
                first.map_or(problem.clone(), |first| problem.related(file, first, "the other one"))
            });
            return None;
        }
        if value.get() != "null" {
            let cell = read(value, report, file, &at)?;
            cells.push(RowCell { column, span: at, cell });
        }
    }
    Some(Row { span, place, cells })
}

/// A value. What is nested deeper than the reader goes is an error.
fn read<'a>(value: &RawValue, report: &mut Report, file: &Text, span: &Range<usize>) -> Option<Cell<'a>> {
    if value.get().len() > MAX_VALUE {
        let message = format!("the value is longer than {} MiB", MAX_VALUE >> 20);
        report.error("too_large", file, span.clone(), message, |problem| problem);
        return None;
    }
    match serde_json::from_str::<Value>(value.get()) {
        Ok(value) => Some(Cell::Value(value)),
        Err(error) => {
            let is_deep = error.to_string().contains("recursion limit");
            let message = if is_deep { "the value is nested too deeply" } else { "the value cannot be read" };
            let help = "an attribute is text, a number, true or false, or a list of them";
            report.error("bad_value", file, span.clone(), message, |problem| problem.help(help));
            None
        }
    }
}

/// Where a piece of the text stands in it.
fn span_of(input: &Input, raw: &RawValue) -> Range<usize> {
    let start = (raw.get().as_ptr() as usize).wrapping_sub(input.text.as_ptr() as usize).min(input.text.len());
    start..(start + raw.get().len()).min(input.text.len())
}

/// What is wrong with JSON that begins at an offset of the file.
fn syntax(input: &Input, start: usize, error: &serde_json::Error, report: &mut Report) {
    let text = &input.text[start..];
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut at = (start + line_start + error.column().saturating_sub(1)).min(input.text.len());
    while !input.text.is_char_boundary(at) {
        at -= 1;
    }
    let whole = error.to_string();
    let said = whole.split(" at line ").next().unwrap_or(&whole).to_owned();
    let (message, help) = match error.classify() {
        Category::Eof => ("the JSON ends in the middle".to_owned(), "the file seems to be cut off; write it again"),
        _ if said == "trailing characters" => (
            "something stands behind the end of the JSON".to_owned(),
            "a file with an object a line is JSON Lines: name it .jsonl; otherwise put the objects into one list",
        ),
        _ => (format!("this is not JSON: {said}"), "check the commas and quotes before it"),
    };
    report.error("bad_json", &input.file, at..at, message, |problem| problem.help(help));
}

/// An object's keys and values, in order, doubles included.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(16);
        while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
            // One more than is allowed, so that it is noticed.
            if entries.len() <= MAX_COLUMNS {
                entries.push((key, value));
            }
        }
        Ok(Object(entries))
    }
}
