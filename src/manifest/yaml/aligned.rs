//! Where each byte of a scalar's value was written: an error inside an
//! expression has to point into the file, also when quotes, escapes or folding
//! stand between.

use std::ops::Range;

/// A scalar's value laid beside its source.
#[derive(Clone, Debug)]
pub struct Aligned {
    /// For each byte of the value, and for its end, the byte of the file.
    offsets: Option<Vec<usize>>,
    span: Range<usize>,
}

impl Aligned {
    /// Lays `value` beside its source, the bytes `span` of `text`.
    pub fn new(text: &str, span: Range<usize>, value: &str) -> Self {
        let offsets = text.get(span.clone()).and_then(|source| align(source, span.start, value));
        Self { offsets, span }
    }

    /// The bytes of the file that hold a range of the value. The whole scalar
    /// where the two could not be laid side by side.
    pub fn span(&self, offset: usize, length: usize) -> Range<usize> {
        let Some(offsets) = &self.offsets else { return self.span.clone() };
        // Something that is missing is missing at the end.
        let last = offsets.len() - 1;
        let (start, end) = (offsets[offset.min(last)], offsets[(offset + length).min(last)]);
        start..end.max(start)
    }
}

/// Every character that is not white space has to be found in order; folding
/// only touches white space.
fn align(source: &str, start: usize, value: &str) -> Option<Vec<usize>> {
    let (quote, mut at, end) = match source.chars().next() {
        Some(quote @ ('"' | '\'')) if source.len() > 1 && source.ends_with(quote) => (Some(quote), 1, source.len() - 1),
        _ => (None, 0, source.len()),
    };
    let source = &source[..end];
    let mut offsets = Vec::with_capacity(value.len() + 1);
    for wanted in value.chars() {
        let (found, length) = loop {
            if at == source.len() && wanted.is_whitespace() {
                break (at, 0);
            }
            let (c, length) = written(&source[at..], quote)?;
            let is_folded = c.is_none_or(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
            match c {
                Some(c) if c == wanted => break (at, length),
                // The line end that became this blank is skipped with the next character.
                _ if wanted.is_whitespace() => break (at, 0),
                _ if is_folded => at += length,
                _ => return None,
            }
        };
        offsets.extend(std::iter::repeat_n(start + found, wanted.len_utf8()));
        at = found + length;
    }
    offsets.push(start + at);
    Some(offsets)
}

/// The character that stands first in a source, with the bytes it takes; `None`
/// for an escaped line end, which is no character.
fn written(source: &str, quote: Option<char>) -> Option<(Option<char>, usize)> {
    match (source.chars().next()?, quote) {
        ('\'', Some('\'')) => Some((Some('\''), 2)),
        ('\\', Some('"')) => escape(source),
        (c, _) => Some((Some(c), c.len_utf8())),
    }
}

/// An escape of a double-quoted scalar (YAML 1.2.2 §5.7).
fn escape(source: &str) -> Option<(Option<char>, usize)> {
    let kind = source[1..].chars().next()?;
    let plain = |c| Some((Some(c), 2));
    let coded = |digits: usize| {
        let code = u32::from_str_radix(source.get(2..2 + digits)?, 16).ok()?;
        Some((Some(char::from_u32(code)?), 2 + digits))
    };
    match kind {
        '0' => plain('\0'),
        'a' => plain('\u{7}'),
        'b' => plain('\u{8}'),
        't' | '\t' => plain('\t'),
        'n' => plain('\n'),
        'v' => plain('\u{b}'),
        'f' => plain('\u{c}'),
        'r' => plain('\r'),
        'e' => plain('\u{1b}'),
        ' ' | '"' | '/' | '\\' => plain(kind),
        'N' => plain('\u{85}'),
        '_' => plain('\u{a0}'),
        'L' => plain('\u{2028}'),
        'P' => plain('\u{2029}'),
        'x' => coded(2),
        'u' => coded(4),
        'U' => coded(8),
        '\r' if source[2..].starts_with('\n') => Some((None, 3)),
        '\n' | '\r' => Some((None, 2)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{manifest::yaml, names::Text};

    /// The source text that stands for a part of the value of the key `a`.
    fn source(text: &str, part: &str) -> String {
        let node = yaml::read(&Text::from("f"), text).unwrap();
        let node = node.get("a").unwrap();
        let value = node.text().unwrap();
        let aligned = Aligned::new(text, node.at.span.clone(), value);
        assert!(aligned.offsets.is_some(), "{text}");
        text[aligned.span(value.find(part).unwrap(), part.len())].to_owned()
    }

    #[test]
    fn a_part_of_a_plain_scalar_is_found() {
        assert_eq!(source("a: Not([x])\n", "[x]"), "[x]");
        assert_eq!(source("é: 1\na: Nöt([ü])\n", "[ü]"), "[ü]");
        assert_eq!(source("a: Join(1,\n   [x])\n", "[x]"), "[x]");
    }

    #[test]
    fn quotes_and_escapes_do_not_shift_the_place() {
        assert_eq!(source("a: 'Join('''', [x])'\n", "[x]"), "[x]");
        assert_eq!(source("a: 'Join('''', [x])'\n", "''"), "''''");
        assert_eq!(source(r#"a: "Join(\"\\t\u0041\", [x])""#, "[x]"), "[x]");
        assert_eq!(source(r#"a: "Join(\"A\", [x])""#, "\"A\""), r#"\"A\""#);
        assert_eq!(source("a: \"Join([y], \\\n   [x])\"\n", "[x]"), "[x]");
    }

    #[test]
    fn folding_does_not_shift_the_place() {
        assert_eq!(source("a: >-\n  Join(\n  [y],\n\n  [x])\n", "[x]"), "[x]");
        assert_eq!(source("a: |\n  Join(\n    [y],\n    [x])\n", "[x]"), "[x]");
        assert_eq!(source("a: |\r\n  Join(\r\n    [x])\r\nb: 1\r\n", "[x])"), "[x])");
    }

    #[test]
    fn what_cannot_be_laid_side_by_side_is_pointed_at_whole() {
        let aligned = Aligned::new("a: other", 3..8, "value");
        assert_eq!(aligned.span(1, 2), 3..8);
    }
}
