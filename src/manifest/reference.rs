//! The page of `help manifest`: every key, made from the schema that editors get.

use serde_json::{Map, Value};

use super::raw;

/// Every key of the manifest on one page, as Markdown that also reads well as plain text.
pub fn reference() -> String {
    let schema = raw::manifest();
    let mut page = Page { definitions: &schema["$defs"], text: String::from(HEAD), open: Vec::new() };
    page.section("Top level", &schema);
    while let Some((title, name)) = page.next() {
        let definition = &schema["$defs"][name.as_str()];
        page.section(&title, definition);
    }
    page.text
}

const HEAD: &str = "# The manifest

One YAML document, a map at every level; unknown keys are refused.
`dialform check` finds every problem offline, `dialform check --effective` prints the manifest with every default.
Keys in **bold** are needed.
";

struct Page<'s> {
    definitions: &'s Value,
    text: String,
    /// Sections that are referred to, in order; those written stay, so that none comes twice.
    open: Vec<Section>,
}

struct Section {
    title: String,
    name: String,
    written: bool,
}

impl Page<'_> {
    /// The next section that was referred to and is not written.
    fn next(&mut self) -> Option<(String, String)> {
        let next = self.open.iter_mut().find(|section| !section.written)?;
        next.written = true;
        Some((next.title.clone(), next.name.clone()))
    }

    fn section(&mut self, title: &str, definition: &Value) {
        self.text.push_str(&format!("\n## {title}\n\n"));
        if let Some(description) = definition["description"].as_str() {
            self.text.push_str(&format!("{description}\n\n"));
        }
        let forms = ["oneOf", "anyOf"].iter().filter_map(|form| definition[form].as_array()).flatten();
        let properties = definition["properties"].as_object().into_iter();
        let all: Vec<(&Map<String, Value>, &Value)> = properties
            .map(|properties| (properties, definition))
            .chain(forms.filter_map(|form| form["properties"].as_object().map(|properties| (properties, form))))
            .collect();
        for (properties, of) in all {
            for (key, property) in properties {
                let needed = of["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
                self.key(title, key, property, needed);
            }
        }
    }

    fn key(&mut self, title: &str, key: &str, property: &Value, needed: bool) {
        let name = if needed { format!("**`{key}`**") } else { format!("`{key}`") };
        let mut line = format!("- {name} ({})", self.kind(property, title, key));
        if let Some(default) = property.get("default").filter(|default| !default.is_null()) {
            line.push_str(&format!(", default `{}`", plain(default)));
        }
        if let Some(description) = property["description"].as_str() {
            line.push_str(&format!(": {}", description.replace('\n', " ")));
        }
        let examples: Vec<String> = property["examples"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|example| format!("`{}`", plain(example)))
            .collect();
        if !examples.is_empty() {
            line.push_str(&format!(" For example {}.", examples.join(", ")));
        }
        self.text.push_str(&line);
        self.text.push('\n');
        for (value, meaning) in self.values(property) {
            self.text.push_str(&format!("  - `{value}`: {meaning}\n"));
        }
    }

    /// What a key holds, in words; a section that it refers to is remembered.
    fn kind(&mut self, property: &Value, title: &str, key: &str) -> String {
        if let Some(reference) = property["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            if !self.values(property).is_empty() {
                return "one of".to_owned();
            }
            let path = if title == "Top level" { key.to_owned() } else { format!("{title}.{key}") };
            if !self.open.iter().any(|section| section.name == reference) {
                self.open.push(Section { title: path, name: reference.to_owned(), written: false });
            }
            let known = self.open.iter().find(|section| section.name == reference);
            return format!("map, see `{}`", known.map_or(reference, |section| &section.title));
        }
        if property["type"] == "array" {
            return match self.kind(&property["items"], title, &format!("{key}[]")) {
                kind if kind.starts_with("map") => kind.replacen("map", "list of maps", 1),
                kind => format!("list of {kind}"),
            };
        }
        if property["additionalProperties"].is_object() {
            let kind = self.kind(&property["additionalProperties"], title, &format!("{key}.*"));
            return format!("map of names to {kind}");
        }
        match &property["type"] {
            Value::String(kind) => word(kind).to_owned(),
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).map(word).collect::<Vec<_>>().join(" or "),
            _ => "value".to_owned(),
        }
    }

    /// The values of an enumeration with their meanings.
    fn values(&self, property: &Value) -> Vec<(String, String)> {
        let of = match property["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            Some(name) => &self.definitions[name],
            None => property,
        };
        let values = of["oneOf"].as_array().into_iter().flatten();
        values
            .filter_map(|value| {
                let meaning = value["description"].as_str().unwrap_or_default().replace('\n', " ");
                Some((value["const"].as_str()?.to_owned(), meaning))
            })
            .collect()
    }
}

fn word(kind: &str) -> &str {
    match kind {
        "string" => "text",
        "boolean" => "true or false",
        "integer" | "number" => "number",
        "array" => "list",
        "object" => "map",
        other => other,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
