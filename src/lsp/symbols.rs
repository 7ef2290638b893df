//! The outline of a file: sections, and in them roles, assignments, filters,
//! mappings; of a file of tests the tests.

use lsp_types::{DocumentSymbol, SymbolKind};

use super::{
    text::{Lines, Units},
    workspace::Part,
};
use crate::{
    manifest::{
        tree::{At, Entry, Kind, Node},
        yaml,
    },
    names::Text,
};

/// The outline; empty while the text is no YAML.
pub(super) fn of(lines: &Lines, part: Part, units: Units) -> Vec<DocumentSymbol> {
    let text = lines.text();
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let Ok(root) = yaml::read(&Text::from("outline"), &text[mark..]) else { return Vec::new() };
    let outline = Outline { lines, mark, units };
    match part {
        Part::Manifest => root.entries().iter().map(|entry| outline.section(entry)).collect(),
        Part::Tests => outline.items(&root, SymbolKind::METHOD, &["name"]),
    }
}

struct Outline<'a> {
    lines: &'a Lines,
    mark: usize,
    units: Units,
}

impl Outline<'_> {
    fn section(&self, entry: &Entry) -> DocumentSymbol {
        let below = match &*entry.key {
            "roles" => self.keys(&entry.value, SymbolKind::CLASS),
            "assignments" => self.items(&entry.value, SymbolKind::KEY, &["group", "user", "entra"]),
            "filters" => self.parts(&entry.value, |node| self.items(node, SymbolKind::BOOLEAN, &["name"])),
            "mappings" => self.parts(&entry.value, |node| {
                node.get("attributes").map_or_else(Vec::new, |node| self.keys(node, SymbolKind::PROPERTY))
            }),
            _ => Vec::new(),
        };
        self.symbol(&entry.key, None, SymbolKind::NAMESPACE, &entry.key_at, &entry.value, below)
    }

    /// `users` and `groups` of a section.
    fn parts(&self, node: &Node, below: impl Fn(&Node) -> Vec<DocumentSymbol>) -> Vec<DocumentSymbol> {
        let part = |entry: &Entry| {
            let below = below(&entry.value);
            self.symbol(&entry.key, None, SymbolKind::NAMESPACE, &entry.key_at, &entry.value, below)
        };
        node.entries().iter().map(part).collect()
    }

    fn keys(&self, node: &Node, kind: SymbolKind) -> Vec<DocumentSymbol> {
        let key = |entry: &Entry| {
            let detail = ["description", "attribute", "expression", "constant"]
                .iter()
                .find_map(|key| entry.value.get(key)?.text().map(ToString::to_string));
            self.symbol(&entry.key, detail, kind, &entry.key_at, &entry.value, Vec::new())
        };
        node.entries().iter().map(key).collect()
    }

    fn items(&self, node: &Node, kind: SymbolKind, names: &[&str]) -> Vec<DocumentSymbol> {
        let item = |item: &Node| {
            let entry = names.iter().find_map(|name| item.entry(name))?;
            let name = match &entry.value.kind {
                Kind::Text(text) => text.to_string(),
                _ => entry.key.to_string(),
            };
            let role = item.get("role").and_then(|role| role.text()).map(ToString::to_string);
            Some(self.symbol(&name, role, kind, &entry.value.at, item, Vec::new()))
        };
        node.items().iter().filter_map(item).collect()
    }

    fn symbol(
        &self,
        name: &str,
        detail: Option<String>,
        kind: SymbolKind,
        at: &At,
        whole: &Node,
        children: Vec<DocumentSymbol>,
    ) -> DocumentSymbol {
        let start = at.span.start.min(whole.at.span.start);
        let end = end(whole).max(at.span.end);
        let span = |from: usize, to: usize| self.lines.span(&(from + self.mark..to + self.mark), self.units);
        #[expect(deprecated, reason = "the field `deprecated` has to be given to build the struct")]
        DocumentSymbol {
            // Editors refuse a symbol without a name.
            name: if name.trim().is_empty() { "(empty)".to_owned() } else { name.to_owned() },
            detail,
            kind,
            tags: None,
            deprecated: None,
            range: span(start, end),
            selection_range: span(at.span.start, at.span.end),
            children: Some(children).filter(|children| !children.is_empty()),
        }
    }
}

/// Where the last thing within a node ends.
fn end(node: &Node) -> usize {
    let below = match &node.kind {
        Kind::List(items) => items.iter().map(end).max(),
        Kind::Map(entries) => entries.iter().map(|entry| end(&entry.value).max(entry.key_at.span.end)).max(),
        Kind::Null | Kind::Boolean(_) | Kind::Number(_) | Kind::Text(_) => None,
    };
    node.at.span.end.max(below.unwrap_or(0))
}
