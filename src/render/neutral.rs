//! Makes foreign text harmless to print.
//!
//! A display name can hold an escape sequence that clears the screen, an override
//! that shows `exe.nimda` as `admin.exe`, or a newline that forges a line of the
//! plan. None of that reaches a terminal, a log or a comment: what cannot be seen
//! is written as an escape, as Rust writes it.

use std::borrow::Cow;

pub use crate::names::is_hostile;

/// The text on one line, with everything that cannot be seen written as an escape.
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// The same, with its own line ends kept: for texts of several lines that are ours.
pub fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c == '\n')
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let bad = |c: char| is_hostile(c) && !keep(c);
    let Some(first) = text.find(bad) else { return Cow::Borrowed(text) };
    let mut escaped = String::with_capacity(text.len() + 16);
    escaped.push_str(&text[..first]);
    for c in text[first..].chars() {
        if bad(c) { escaped.extend(c.escape_default()) } else { escaped.push(c) }
    }
    Cow::Owned(escaped)
}

/// JSON text without characters that a terminal would obey, as JSON's own escapes.
///
/// They can only stand inside strings, and there the escape means the same.
pub fn json(text: String) -> String {
    let bad = |c: char| (!c.is_ascii() || c == '\u{7f}') && is_hostile(c);
    if !text.contains(bad) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if bad(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_written_as_an_escape() {
        for (text, shown) in [
            ("Ana Lovelace", "Ana Lovelace"),
            ("Zoë 李 😀", "Zoë 李 😀"),
            ("a\u{1b}[2Jb", r"a\u{1b}[2Jb"),
            ("one\ntwo\r\tthree", r"one\ntwo\r\tthree"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("\u{202e}exe.nimda", r"\u{202e}exe.nimda"),
            ("\u{2066}x\u{2069}", r"\u{2066}x\u{2069}"),
            ("a\u{200b}b\u{feff}", r"a\u{200b}b\u{feff}"),
            ("\u{e0041}", r"\u{e0041}"),
            ("a\u{2028}b", r"a\u{2028}b"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ] {
            assert_eq!(line(text), shown);
        }
        assert_eq!(lines("one\ntwo\u{7}"), "one\ntwo\\u{7}");
    }

    #[test]
    fn json_means_the_same_when_it_is_harmless() {
        let texts = ["\u{9b}31m", "\u{202e}x", "\u{e0041}", "\u{7f}", "plain\n\u{1b}", "😀"];
        let harmless = json(serde_json::to_string(&texts).unwrap());
        assert!(!harmless.contains(is_hostile), "{harmless}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&harmless).unwrap(), texts);
    }
}
