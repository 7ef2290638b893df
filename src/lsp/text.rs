//! A text with its lines, and places in it as editors count them.
//!
//! Editors count UTF-16 units in a line unless they agree on bytes (LSP 3.17,
//! `PositionEncodingKind`). Lines end with `\n`, `\r\n` or `\r`.

use std::ops::Range;

use lsp_types::{Position, Range as Span, TextDocumentContentChangeEvent};

/// How columns are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Units {
    /// Units of UTF-16: what every editor knows.
    #[default]
    Utf16,
    /// Bytes.
    Utf8,
}

impl Units {
    fn of(self, c: char) -> usize {
        match self {
            Units::Utf16 => c.len_utf16(),
            Units::Utf8 => c.len_utf8(),
        }
    }
}

/// A text with the beginnings of its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    text: String,
    starts: Vec<usize>,
}

impl Lines {
    /// Finds the lines of a text.
    pub(super) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let bytes = text.as_bytes();
        let ends = |(at, byte): (usize, &u8)| match byte {
            b'\n' => Some(at + 1),
            b'\r' if bytes.get(at + 1) != Some(&b'\n') => Some(at + 1),
            _ => None,
        };
        let starts = std::iter::once(0).chain(bytes.iter().enumerate().filter_map(ends)).collect();
        Self { text, starts }
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The byte of a position. One beyond a line is the line's end, one beyond the
    /// text its end, and one within a character the character's beginning.
    pub(super) fn offset(&self, position: Position, units: Units) -> usize {
        let Some(line) = usize::try_from(position.line).ok().and_then(|line| self.line(line)) else {
            return self.text.len();
        };
        let mut left = usize::try_from(position.character).unwrap_or(usize::MAX);
        for (at, c) in self.text[line.clone()].char_indices() {
            let width = units.of(c);
            if left < width {
                return line.start + at;
            }
            left -= width;
        }
        line.end
    }

    /// The position of a byte.
    pub(super) fn position(&self, offset: usize, units: Units) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let column: usize = self.text[self.starts[line]..offset].chars().map(|c| units.of(c)).sum();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line), character: number(column) }
    }

    /// Bytes as an editor's range.
    pub(super) fn span(&self, range: &Range<usize>, units: Units) -> Span {
        Span { start: self.position(range.start, units), end: self.position(range.end, units) }
    }

    /// Takes over what the editor changed: a part, or without a range the whole text.
    pub(super) fn change(&mut self, change: &TextDocumentContentChangeEvent, units: Units) {
        let Some(range) = change.range else {
            *self = Self::new(change.text.as_str());
            return;
        };
        let (start, end) = (self.offset(range.start, units), self.offset(range.end, units));
        let mut text = std::mem::take(&mut self.text);
        text.replace_range(start.min(end)..start.max(end), &change.text);
        *self = Self::new(text);
    }

    /// A line's bytes, without its end.
    fn line(&self, line: usize) -> Option<Range<usize>> {
        let start = *self.starts.get(line)?;
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let kept = self.text[start..end].trim_end_matches(['\n', '\r']).len();
        Some(start..start + kept)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn position(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_are_counted_as_agreed() {
        // `é` is one unit of two bytes, `😀` two units of four bytes.
        let lines = Lines::new("aé😀b\r\nc\rd\n");
        for (offset, utf16, utf8) in
            [(0, (0, 0), (0, 0)), (1, (0, 1), (0, 1)), (3, (0, 2), (0, 3)), (7, (0, 4), (0, 7)), (8, (0, 5), (0, 8))]
        {
            assert_eq!(lines.position(offset, Units::Utf16), position(utf16.0, utf16.1));
            assert_eq!(lines.position(offset, Units::Utf8), position(utf8.0, utf8.1));
            assert_eq!(lines.offset(position(utf16.0, utf16.1), Units::Utf16), offset);
            assert_eq!(lines.offset(position(utf8.0, utf8.1), Units::Utf8), offset);
        }
        assert_eq!(lines.offset(position(0, 3), Units::Utf16), 3, "within a surrogate pair");
        assert_eq!(lines.offset(position(0, 99), Units::Utf16), 8, "behind the line");
        assert_eq!(lines.offset(position(2, 1), Units::Utf16), 13, "a lone carriage return ends a line");
        assert_eq!(lines.offset(position(99, 0), Units::Utf16), 14, "behind the text");
        assert_eq!(lines.position(14, Units::Utf16), position(3, 0));
    }

    proptest! {
        #[test]
        fn an_edit_is_taken_over_as_the_editor_made_it(
            text in "(?s)[ab\u{e9}\u{1f600}\n\r]{0,20}",
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), "(?s)[x\u{1f600}\n\r]{0,4}"), 0..6),
            bytes in any::<bool>(),
        ) {
            let units = if bytes { Units::Utf8 } else { Units::Utf16 };
            let mut ours = Lines::new(text.clone());
            let mut theirs: Vec<char> = text.chars().collect();
            for (from, to, new) in edits {
                let (from, to) = (from.index(theirs.len() + 1), to.index(theirs.len() + 1));
                let (from, to) = (from.min(to), from.max(to));
                // A position between `\r` and `\n` is in no line.
                let splits = |at: usize| at > 0 && at < theirs.len() && theirs[at - 1] == '\r' && theirs[at] == '\n';
                prop_assume!(!splits(from) && !splits(to));
                let at = |end: usize| theirs_position(&theirs[..end], theirs.get(end).copied(), units);
                let range = Some(Span { start: at(from), end: at(to) });
                ours.change(&TextDocumentContentChangeEvent { range, range_length: None, text: new.clone() }, units);
                theirs.splice(from..to, new.chars());
                prop_assert_eq!(ours.text(), theirs.iter().collect::<String>());
                prop_assert_eq!(&ours, &Lines::new(ours.text()));
            }
        }
    }

    /// The position behind some characters, counted in another way than ours.
    fn theirs_position(before: &[char], next: Option<char>, units: Units) -> Position {
        let (mut line, mut column) = (0, 0);
        for (at, c) in before.iter().enumerate() {
            let follows = before.get(at + 1).copied().or(next);
            if *c == '\n' || *c == '\r' && follows != Some('\n') {
                (line, column) = (line + 1, 0);
            } else {
                column += if units == Units::Utf8 { c.to_string().len() } else { c.to_string().encode_utf16().count() };
            }
        }
        position(line, u32::try_from(column).unwrap())
    }
}
