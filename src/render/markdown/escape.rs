//! Foreign text inside Markdown.
//!
//! Everything that could be markup is written as an HTML entity, which a Markdown
//! reader decodes to plain text and never to markup. Mentions and references
//! (`@team`, `#12`) are made after that, from the text, but not inside `<code>`;
//! outside, an invisible joiner behind the sign keeps them from being made.

use crate::render::{neutral, text::value::cut};

/// Characters of one foreign text that are shown.
const MOST: usize = 300;

/// A foreign name or value as code.
pub(in crate::render) fn code(text: &str) -> String {
    let text = cut(neutral::line(text).into_owned(), MOST);
    let mut escaped = String::with_capacity(text.len() + 13);
    escaped.push_str("<code>");
    push(&mut escaped, &text, |_| "");
    escaped.push_str("</code>");
    escaped
}

/// A sentence with foreign parts, as prose; what stands between backticks as code.
pub(in crate::render) fn prose(text: &str) -> String {
    let text = cut(neutral::line(text).into_owned(), 2 * MOST);
    let mut escaped = String::with_capacity(text.len());
    let paired = text.matches('`').count().is_multiple_of(2);
    for (at, part) in text.split(|c| paired && c == '`').enumerate() {
        if at % 2 == 1 {
            escaped.push_str(&code(part));
        } else {
            // The word joiner is invisible; it keeps `@` and what follows from being a mention.
            push(&mut escaped, part, |c| if matches!(c, '@' | '#') { "&#8288;" } else { "" });
        }
    }
    escaped
}

fn push(out: &mut String, text: &str, behind: impl Fn(char) -> &'static str) {
    let mut tail = Tail::default();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Markup, mentions, links (`://`, `www.`), tables, mathematics, emoji.
            '|' | '`' | '*' | '_' | '~' | '[' | ']' | '!' | '\\' | '#' | '@' | '$' => entity(out, c),
            ':' if !matches!(rest.clone().next(), None | Some(' ')) => entity(out, c),
            '.' if tail.is_www() => entity(out, c),
            // A list or a line under a heading, at the beginning of a line only.
            '=' | '+' | '-' if tail.is_empty() => entity(out, c),
            c => out.push(c),
        }
        out.push_str(behind(c));
        tail.push(c);
    }
}

/// The three characters before this one.
#[derive(Default)]
struct Tail([char; 3]);

impl Tail {
    fn push(&mut self, c: char) {
        self.0 = [self.0[1], self.0[2], c.to_ascii_lowercase()];
    }

    fn is_www(&self) -> bool {
        self.0 == ['w'; 3]
    }

    fn is_empty(&self) -> bool {
        self.0 == ['\0'; 3]
    }
}

fn entity(out: &mut String, c: char) {
    out.push_str(&format!("&#{};", u32::from(c)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_is_markup() {
        for (text, escaped) in [
            ("ada@acme.example", "<code>ada&#64;acme.example</code>"),
            ("<b>&lt;", "<code>&lt;b&gt;&amp;lt;</code>"),
            ("a|b`c`", "<code>a&#124;b&#96;c&#96;</code>"),
            ("[x](http://e.example)", "<code>&#91;x&#93;(http&#58;//e.example)</code>"),
            ("www.e.example", "<code>www&#46;e.example</code>"),
            ("one\ntwo", "<code>one&#92;ntwo</code>"),
            ("*a* _b_ ~c~ $d$", "<code>&#42;a&#42; &#95;b&#95; &#126;c&#126; &#36;d&#36;</code>"),
            ("Note: at 9:30, see", "<code>Note: at 9&#58;30, see</code>"),
            ("O'Neill-Smith", "<code>O'Neill-Smith</code>"),
        ] {
            assert_eq!(code(text), escaped);
        }
        assert_eq!(prose("- ask @team about #12"), "&#45; ask &#64;&#8288;team about &#35;&#8288;12");
        assert_eq!(prose("`--allow a=b@c` lets it"), "<code>&#45;-allow a=b&#64;c</code> lets it");
        assert_eq!(prose("`<b>"), "&#96;&lt;b&gt;");
        assert!(code(&"x".repeat(10_000)).len() < 400);
    }
}
