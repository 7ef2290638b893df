//! Completion inside expressions: functions, source attributes, and the words and
//! texts that an argument takes.

use std::ops::Range;

use lsp_types::{CompletionItem, CompletionItemKind as Kind};

use super::{
    item::{documented, item, noted, snippet},
    names::attributes,
};
use crate::{
    expr::{self, Function, Kind as Takes},
    lsp::{
        cursor::{Scalar, Style},
        formula::{self, Call, Token},
        spot::Spot,
    },
};

/// What can stand at a place of an expression.
pub(super) fn at(spot: &Spot) -> Vec<CompletionItem> {
    let Some(scalar) = spot.cursor.scalar() else { return Vec::new() };
    let before = spot.before(scalar);
    let within = formula::within(&before);
    let call = within.calls.last();
    match within.token {
        Token::Attribute(start) => in_brackets(spot, scalar, before.len() - start),
        Token::Text(start) => texts(spot, scalar, call, before.len() - start),
        Token::Word(start) => words(spot, scalar, call, before.len() - start),
    }
}

/// The bytes of the file from so many before the place to the end of the word there.
fn around(spot: &Spot, scalar: &Scalar, typed: usize, goes_on: impl Fn(char) -> bool) -> Range<usize> {
    let text = spot.lines.text();
    let start = spot.offset.saturating_sub(typed).max(scalar.inner.start);
    let rest = text.get(spot.offset..scalar.inner.end.max(spot.offset)).unwrap_or_default();
    let end = rest.find(|c| !goes_on(c)).map_or(rest.len(), |end| end);
    let mut start = start;
    while !text.is_char_boundary(start) {
        start += 1;
    }
    start..spot.offset + end
}

fn in_brackets(spot: &Spot, scalar: &Scalar, typed: usize) -> Vec<CompletionItem> {
    let range = around(spot, scalar, typed, |c| formula::is_word(c) || c == '.');
    let is_closed = spot.lines.text()[range.end..].starts_with(']');
    let end = if is_closed { "" } else { "]" };
    let item = |(label, note): (String, String)| {
        let new = format!("{label}{end}");
        noted(item(spot, &label, Kind::FIELD, &range, new), note)
    };
    attributes(spot).into_iter().map(item).collect()
}

/// Functions, attributes in their brackets, and the words that an argument takes.
fn words(spot: &Spot, scalar: &Scalar, call: Option<&Call>, typed: usize) -> Vec<CompletionItem> {
    let range = around(spot, scalar, typed, formula::is_word);
    let takes = call.and_then(|call| Some(call.function()?.1?.kind));
    let mut items: Vec<CompletionItem> = Vec::new();
    for word in words_of(takes) {
        items.push(first(item(spot, word, Kind::CONSTANT, &range, *word)));
    }
    for text in texts_of(takes) {
        let quote = if scalar.style == Style::Double { "\\\"" } else { "\"" };
        let new = format!("{quote}{text}{quote}");
        items.push(first(item(spot, &format!("\"{text}\""), Kind::VALUE, &range, new)));
    }
    let is_outermost = call.is_none();
    for function in expr::functions().iter().filter(|function| is_outermost || !function.top_level) {
        items.push(offered(spot, &range, function));
    }
    for (label, note) in attributes(spot) {
        let label = format!("[{label}]");
        items.push(noted(item(spot, &label, Kind::FIELD, &range, label.as_str()), note));
    }
    items
}

fn offered(spot: &Spot, range: &Range<usize>, function: &Function) -> CompletionItem {
    let name = function.name;
    let is_called = spot.lines.text()[range.end..].starts_with('(');
    let one = match (is_called, spot.snippets, function.parameters.is_empty()) {
        (true, ..) => item(spot, name, Kind::FUNCTION, range, name),
        (false, _, true) => item(spot, name, Kind::FUNCTION, range, format!("{name}()")),
        (false, true, false) => snippet(item(spot, name, Kind::FUNCTION, range, format!("{name}($0)"))),
        (false, false, false) => item(spot, name, Kind::FUNCTION, range, format!("{name}(")),
    };
    documented(noted(one, function.signature()), function.doc)
}

/// What an argument in quotes can be.
fn texts(spot: &Spot, scalar: &Scalar, call: Option<&Call>, typed: usize) -> Vec<CompletionItem> {
    let range = around(spot, scalar, typed, |c| !matches!(c, '"' | '\\' | ',' | ')' | '\n'));
    let Some(call) = call else { return Vec::new() };
    let parameter = call.function().and_then(|(_, parameter)| parameter);
    let mut items = Vec::new();
    // The keys of `Switch`, and what a comparison in `IIF` holds an attribute against.
    let is_key = call.name == "Switch" && parameter.is_some_and(|parameter| parameter.name == "key");
    let before = spot.before(scalar);
    let attribute = if is_key { call.first.as_deref() } else { compared(&before) };
    for value in attribute.and_then(|name| spot.known.values.get(name)).into_iter().flatten() {
        let name = attribute.unwrap_or_default();
        let meant = value.replace('\\', "\\\\").replace('"', "\\\"");
        let new = match scalar.style {
            Style::Single => meant.replace('\'', "''"),
            Style::Double => meant.replace('\\', "\\\\").replace('"', "\\\""),
            Style::Plain | Style::Block => meant,
        };
        items.push(noted(item(spot, value, Kind::VALUE, &range, new), format!("a value of {name}")));
    }
    for text in texts_of(parameter.map(|parameter| parameter.kind)) {
        items.push(item(spot, text, Kind::VALUE, &range, *text));
    }
    items
}

/// The attribute before a comparison that the text behind the last quote is held against.
fn compared(before: &str) -> Option<&str> {
    let head = before[..before.rfind('"')?].trim_end();
    let head = head.strip_suffix(['=', '>'])?.trim_end_matches(['<', '=']).trim_end().strip_suffix(']')?;
    Some(&head[head.rfind('[')? + 1..])
}

/// Words without quotes that a parameter takes.
fn words_of(takes: Option<Takes>) -> &'static [&'static str] {
    match takes {
        Some(Takes::Compare) => &["vbTextCompare", "vbBinaryCompare"],
        Some(Takes::Boolean) => &["True", "False"],
        Some(Takes::Roles) => &["[appRoleAssignments]"],
        Some(Takes::Any) => &["IgnoreAttributeFlow"],
        Some(_) | None => &[],
    }
}

/// Texts that a parameter takes.
fn texts_of(takes: Option<Takes>) -> &'static [&'static str] {
    match takes {
        Some(Takes::Interval) => &["yyyy", "m", "ww", "d", "h", "n", "s"],
        Some(Takes::DateFormat) => {
            &["yyyy-MM-dd", "yyyyMMddHHmmss.fZ", "yyyy-MM-ddTHH:mm:ssZ", "dd/MM/yyyy", "MM/dd/yyyy"]
        }
        Some(Takes::Culture) => &["en-GB", "en-US", "de-DE", "fr-FR", "es-ES", "tr-TR"],
        Some(_) | None => &[],
    }
}

/// Before functions and attributes.
fn first(mut item: CompletionItem) -> CompletionItem {
    item.sort_text = Some(format!("!{}", item.label));
    item
}
