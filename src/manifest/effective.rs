//! The manifest as it is meant: one file with every default written out, and
//! after each value where it comes from.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{
    include::is_section,
    paths,
    read::Written,
    state,
    tree::{At, Entry, Node},
};

/// The column at which the comments stand, where there is room.
const COMMENT: usize = 64;

impl Written {
    /// The text: a manifest that means the same and stands alone.
    pub fn effective(&self) -> String {
        let mut page = Page { text: String::new() };
        let _ = writeln!(page.text, "# {} with every default. After each value: where it comes from.", self.path);
        let values = self.values();
        let Value::Object(values) = &values else { return page.text };
        for (key, value) in values {
            page.entry(key, value, self.root.entry(key), &[key]);
        }
        page.text
    }

    /// All values, with what depends on other values filled in and paths as this one file names them.
    fn values(&self) -> Value {
        let mut raw = self.raw.clone();
        // Both have been followed.
        (raw.extends, raw.include) = (None, Vec::new());
        for assignment in &mut raw.assignments {
            if assignment.group.is_some() {
                assignment.nested.get_or_insert(false);
            }
        }
        let mut values = serde_json::to_value(&raw).unwrap_or_default();
        let groups = values.pointer("/source/files/groups").and_then(Value::as_object);
        let groups: Vec<String> = groups.map(|files| files.keys().cloned().collect()).unwrap_or_default();
        let mut found = vec![
            vec!["source", "files", "people"],
            vec!["source", "files", "groups"],
            vec!["target", "dialpad", "scim", "token", "file"],
            vec!["notify", "email", "smtp", "file"],
            vec!["notify", "heartbeat", "url", "file"],
            vec!["target", "sandbox", "folder"],
            vec!["state", "url"],
            vec!["run", "access", "file"],
        ];
        let webhooks = values.pointer("/notify/webhook").and_then(Value::as_array).map_or(0, Vec::len);
        let numbers: Vec<String> = (0..webhooks).map(|n| n.to_string()).collect();
        for key in ["url", "sign"] {
            found.push(vec!["notify", "webhook", key, "file"]);
            found.extend(numbers.iter().map(|number| vec!["notify", "webhook", number, key, "file"]));
        }
        found.extend(groups.iter().map(|name| vec!["source", "files", "groups", name]));
        for path in found {
            self.rebase(&mut values, &path);
        }
        if let Some(sandbox) = values.pointer_mut("/target/sandbox").and_then(Value::as_object_mut)
            && !sandbox.contains_key("folder")
        {
            let state = match state::told(&raw.state.url) {
                Ok(state::Written::Path(path)) => path,
                Ok(state::Written::Objects(_)) | Err(_) => state::BESIDE,
            };
            let file = self.root.at(&["state", "url"]).map_or(&self.path, |(node, _)| &node.at.file);
            let folder = paths::joined(&paths::resolved(file, state), "sandbox");
            sandbox.insert("folder".to_owned(), json!(paths::seen_from(paths::folder(&self.path), &folder)));
        }
        values
    }

    /// A path of another file, as the main file would name it.
    fn rebase(&self, values: &mut Value, path: &[&str]) {
        let mut found = Some(values);
        for step in path {
            found = found.and_then(|value| match value {
                Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
                value => value.get_mut(*step),
            });
        }
        let (Some(Value::String(written)), Some((node, _))) = (found, self.root.at(path)) else { return };
        let state = path == ["state", "url"];
        let file = match state::told(written) {
            Ok(state::Written::Path(file)) if state => file.to_owned(),
            Ok(state::Written::Objects(_)) | Err(_) if state => return,
            Ok(_) | Err(_) => written.clone(),
        };
        if node.at.file != self.path {
            let resolved = paths::resolved(&node.at.file, &file);
            *written = paths::seen_from(paths::folder(&self.path), &resolved);
        }
    }
}

struct Page {
    text: String,
}

impl Page {
    fn entry(&mut self, key: &str, value: &Value, written: Option<&Entry>, path: &[&str]) {
        let indent = "  ".repeat(path.len() - 1);
        let node = written.map(|entry| &entry.value);
        let head = format!("{indent}{}:", scalar(key));
        match value {
            Value::Object(entries) if is_section(path) && !entries.is_empty() => {
                self.line(&head, None);
                self.section(entries, node, path);
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                self.line(&head, None);
                for (i, item) in items.iter().enumerate() {
                    self.item(item, node.and_then(|node| node.items().get(i)), &indent);
                }
            }
            value => {
                let comment = comment(written.map(|entry| &entry.key_at), node, value);
                self.line(&format!("{head} {}", flow(value)), Some(&comment));
            }
        }
    }

    fn section(&mut self, entries: &serde_json::Map<String, Value>, node: Option<&Node>, path: &[&str]) {
        for (key, value) in entries {
            let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            self.entry(key, value, node.and_then(|node| node.entry(key)), &path);
        }
    }

    /// An item of a list; a filter has its clauses on lines of their own.
    fn item(&mut self, item: &Value, node: Option<&Node>, indent: &str) {
        let at = node.map(|node| &node.at);
        let Some(clauses) = item.get("where").and_then(Value::as_array) else {
            self.line(&format!("{indent}  - {}", flow(item)), Some(&comment(at, node, item)));
            return;
        };
        let name = item.get("name").unwrap_or(&Value::Null);
        self.line(&format!("{indent}  - name: {}", flow(name)), Some(&comment(at, None, name)));
        self.line(&format!("{indent}    where:"), None);
        for (i, clause) in clauses.iter().enumerate() {
            let node = node.and_then(|node| node.get("where")?.items().get(i));
            let comment = comment(node.map(|node| &node.at), node, clause);
            self.line(&format!("{indent}      - {}", flow(clause)), Some(&comment));
        }
    }

    fn line(&mut self, text: &str, comment: Option<&str>) {
        // Writing into a string cannot fail.
        let _ = match comment {
            Some(comment) => writeln!(self.text, "{text:COMMENT$} # {comment}"),
            None => writeln!(self.text, "{text}"),
        };
    }
}

/// Where a value comes from: its line, and which of its parts are defaults.
fn comment(at: Option<&At>, node: Option<&Node>, value: &Value) -> String {
    let Some(at) = at else { return "default".to_owned() };
    // A file's name can hold anything.
    let place = at.place().to_string().escape_debug().to_string();
    let Value::Object(values) = value else { return place };
    let is_default = |key: &&String| node.is_some_and(|node| node.get(key).is_none());
    let defaults: Vec<&str> = values.keys().filter(is_default).map(String::as_str).collect();
    if defaults.is_empty() { place } else { format!("{place}; {} by default", defaults.join(", ")) }
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Text, bare where no reader can take it for anything else.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"];
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '/'))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
