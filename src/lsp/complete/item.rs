//! One suggestion.

use std::ops::Range;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat, MarkupContent, MarkupKind,
    TextEdit,
};

use crate::{
    lsp::{
        cursor::{Scalar, Style},
        spot::Spot,
    },
    render::neutral,
};

/// A suggestion to put `new` in the place of `range`.
pub(super) fn item(
    spot: &Spot,
    label: &str,
    kind: CompletionItemKind,
    range: &Range<usize>,
    new: impl Into<String>,
) -> CompletionItem {
    CompletionItem {
        label: neutral::line(label).into_owned(),
        kind: Some(kind),
        filter_text: Some(label.to_owned()),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range: spot.span(range), new_text: new.into() })),
        ..CompletionItem::default()
    }
}

/// With a note behind the label.
pub(super) fn noted(mut item: CompletionItem, detail: impl Into<String>) -> CompletionItem {
    let detail: String = detail.into();
    item.detail = Some(neutral::line(&detail).into_owned()).filter(|detail| !detail.is_empty());
    item
}

/// With its documentation.
pub(super) fn documented(mut item: CompletionItem, doc: impl Into<String>) -> CompletionItem {
    item.documentation =
        Some(Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: doc.into() }));
    item
}

/// With places to fill in.
pub(super) fn snippet(mut item: CompletionItem) -> CompletionItem {
    item.insert_text_format = Some(InsertTextFormat::SNIPPET);
    item
}

/// A suggestion that replaces a whole scalar by a name, in quotes where YAML needs them.
pub(super) fn name(spot: &Spot, label: &str, kind: CompletionItemKind, scalar: &Scalar) -> CompletionItem {
    let new = match scalar.style {
        Style::Plain => plain(label),
        Style::Single => label.replace('\'', "''"),
        Style::Double => {
            let quoted = quoted(label);
            quoted[1..quoted.len() - 1].to_owned()
        }
        Style::Block => label.to_owned(),
    };
    item(spot, label, kind, &scalar.inner, new)
}

/// A text as a plain scalar anywhere, or in double quotes.
pub(super) fn plain(text: &str) -> String {
    let is_odd = text.is_empty()
        || text.trim() != text
        // Between brackets readers disagree about a colon before other signs, such as `A:?`.
        || text.split(':').skip(1).any(|after| !after.starts_with(char::is_alphanumeric))
        || text.contains(" #")
        || text.contains([',', '[', ']', '{', '}', '"', '\n', '\t', '\\'])
        || text.starts_with(['-', '?', ':', '#', '&', '*', '!', '|', '>', '\'', '%', '@', '`', '='])
        || text.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '.')
        || ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"].contains(&text.to_lowercase().as_str());
    if is_odd { quoted(text) } else { text.to_owned() }
}

/// JSON's strings are YAML's too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{manifest::yaml, names::Text};

    proptest! {
        #[test]
        fn a_name_reads_back_wherever_it_is_put(text in "[ -~é😀]{1,12}") {
            for document in [format!("a: {}\n", plain(&text)), format!("{{ a: {}, b: [{}] }}", plain(&text), plain(&text))] {
                let read = yaml::read(&Text::from("f"), &document);
                let read = read.unwrap_or_else(|problems| panic!("{document}: {problems:?}"));
                prop_assert_eq!(read.get("a").and_then(|node| node.text()).map(|text| &**text), Some(&*text));
            }
        }
    }
}
