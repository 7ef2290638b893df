//! YAML, line by line: values that no reader can take for anything else, and comments.

use crate::names::is_hostile;

/// Where comments break.
const WIDTH: usize = 110;

/// Lines of YAML.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) text: String,
}

impl Page {
    /// A line, indented by so many levels.
    pub(crate) fn line(&mut self, level: usize, text: &str) {
        self.text.push_str(&"  ".repeat(level));
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A comment on lines of its own.
    pub(crate) fn comment(&mut self, level: usize, text: &str) {
        let mut line = String::new();
        let room = WIDTH - level * 2;
        // No character of a file can end the comment.
        let text: String = text.chars().map(|c| if is_hostile(c) { ' ' } else { c }).collect();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !line.is_empty() && line.chars().count() + word.chars().count() >= room {
                self.line(level, &format!("# {line}"));
                line = "  ".to_owned();
            } else if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(level, &format!("# {line}"));
    }

    /// Several comments.
    pub(crate) fn comments(&mut self, level: usize, texts: &[String]) {
        texts.iter().for_each(|text| self.comment(level, text));
    }
}

/// Text, bare where no reader can take it for anything else.
pub(crate) fn scalar(text: &str) -> String {
    const WORDS: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"];
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .replace("://", "")
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '/'))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { double(text) }
}

/// An expression: single quotes keep it as it is in the portal.
pub(crate) fn expression(text: &str) -> String {
    let is_plain = !text.chars().any(|c| c == '\n' || c == '\t' || is_hostile(c));
    if is_plain { format!("'{}'", text.replace('\'', "''")) } else { double(text) }
}

/// A SCIM path as a key.
pub(crate) fn key(path: &str) -> String {
    let is_plain = path.starts_with(|c: char| c.is_ascii_alphabetic())
        && path
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '[' | ']' | '"' | ' '))
        && !path.contains(": ")
        && !path.ends_with([':', ' ']);
    if is_plain && (scalar(path) == path || path.contains(['.', ':', '['])) { path.to_owned() } else { double(path) }
}

fn double(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if is_hostile(c) && u32::from(c) > 0xffff => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
            c if is_hostile(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_file_leaves_its_comment() {
        let mut page = Page::default();
        page.comment(1, "a\nscope: everyone\r\u{2028}b\u{85}c");
        assert_eq!(page.text, "  # a scope: everyone b c\n");
    }

    #[test]
    fn values_are_quoted_where_a_reader_could_err() {
        for (text, written) in [
            ("userName", "userName"),
            ("https://dialpad.com/scim", "https://dialpad.com/scim"),
            ("a:b", "\"a:b\""),
            ("true", "\"true\""),
            ("1e3", "\"1e3\""),
            ("", "\"\""),
            (" a", "\" a\""),
            ("a: b", "\"a: b\""),
            ("\u{202e}x", "\"\\u202ex\""),
        ] {
            assert_eq!(scalar(text), written);
        }
        assert_eq!(expression("Append([a], \"'\")"), "'Append([a], \"''\")'");
        assert_eq!(expression("Not(\n[a])"), "\"Not(\\n[a])\"");
        assert_eq!(key(r#"emails[type eq "work"].value"#), r#"emails[type eq "work"].value"#);
        assert_eq!(key("on"), "\"on\"");
    }
}
