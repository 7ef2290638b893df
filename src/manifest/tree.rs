//! A YAML document as a tree in which every node keeps its place.
//!
//! Files are joined as trees (`include`, `extends`), so a node knows its file.

use std::ops::Range;

use crate::names::{Place, Text};

/// A node of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it was written.
    pub at: At,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing: `~`, `null`, or no value at all.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(serde_json::Number),
    /// Text.
    Text(Text),
    /// A list.
    List(Vec<Node>),
    /// A map, in file order.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Text,
    /// Where the key was written.
    pub key_at: At,
    /// The value.
    pub value: Node,
}

/// Where something was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The file.
    pub file: Text,
    /// Bytes of the file. Of a list or map only its beginning.
    pub span: Range<usize>,
    /// Where an alias or merge brought it in; it was written elsewhere then.
    pub used: Option<Range<usize>>,
    /// Line and column of where it is used.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl At {
    /// The place that a change caused by it names: where it is used.
    pub fn place(&self) -> Place {
        Place::new(self.file.clone(), self.line, self.column)
    }
}

impl Node {
    /// The entry of a map.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| &*entry.key == key)
    }

    /// The value of a map's entry.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            Kind::Null | Kind::Boolean(_) | Kind::Number(_) | Kind::Text(_) | Kind::List(_) => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Null | Kind::Boolean(_) | Kind::Number(_) | Kind::Text(_) | Kind::Map(_) => &[],
        }
    }

    /// The text of a text node.
    pub fn text(&self) -> Option<&Text> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            Kind::Null | Kind::Boolean(_) | Kind::Number(_) | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The node at a path of keys and indices, and its entry where it is a map's value.
    pub fn at<'a>(&'a self, path: &[&str]) -> Option<(&'a Node, Option<&'a Entry>)> {
        let mut found = (self, None);
        for step in path {
            found = match &found.0.kind {
                Kind::Map(_) => found.0.entry(step).map(|entry| (&entry.value, Some(entry)))?,
                Kind::List(items) => (items.get(step.parse::<usize>().ok()?)?, None),
                Kind::Null | Kind::Boolean(_) | Kind::Number(_) | Kind::Text(_) => return None,
            };
        }
        Some(found)
    }

    /// Removes the node at a path; what stands behind it in a list moves up.
    pub fn remove(&mut self, path: &[&str]) {
        let Some((step, above)) = path.split_last() else { return };
        let Some(parent) = self.at_mut(above) else { return };
        match &mut parent.kind {
            Kind::Map(entries) => entries.retain(|entry| &*entry.key != *step),
            Kind::List(items) => {
                if let Some(index) = step.parse::<usize>().ok().filter(|index| *index < items.len()) {
                    items.remove(index);
                }
            }
            Kind::Null | Kind::Boolean(_) | Kind::Number(_) | Kind::Text(_) => {}
        }
    }

    fn at_mut(&mut self, path: &[&str]) -> Option<&mut Node> {
        let mut found = self;
        for step in path {
            found = match &mut found.kind {
                Kind::Map(entries) => &mut entries.iter_mut().find(|entry| &*entry.key == *step)?.value,
                Kind::List(items) => items.get_mut(step.parse::<usize>().ok()?)?,
                Kind::Null | Kind::Boolean(_) | Kind::Number(_) | Kind::Text(_) => return None,
            };
        }
        Some(found)
    }

    /// As JSON, for the schema and the raw types.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.kind {
            Kind::Null => Json::Null,
            Kind::Boolean(value) => Json::Bool(*value),
            Kind::Number(number) => Json::Number(number.clone()),
            Kind::Text(text) => Json::String(text.to_string()),
            Kind::List(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Kind::Map(entries) => {
                Json::Object(entries.iter().map(|entry| (entry.key.to_string(), entry.value.to_json())).collect())
            }
        }
    }

    /// What it is, for people: `a list`, `the text`.
    pub fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Boolean(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}
