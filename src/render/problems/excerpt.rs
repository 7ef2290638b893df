//! A few lines of a file around a place, harmless to print, for miette to underline.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::boundary;
use crate::render::neutral;

/// Lines shown before and after the place.
const CONTEXT: usize = 1;

/// Characters of a line that are shown before and after a place in it; files may
/// be one line of a megabyte.
const BEFORE: usize = 80;
const AFTER: usize = 160;

/// A place of more lines than this is shown by its first line.
const LINES: usize = 4;

/// Lines around a place, with the place's position among them.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    first_line: usize,
    column: usize,
    /// The place, in bytes of the excerpt.
    pub(super) span: Range<usize>,
}

impl Excerpt {
    /// The lines of `text` around `span`, which may lie outside and between characters.
    pub(super) fn new(file: &str, text: &str, span: &Range<usize>) -> Self {
        let start = boundary(text, span.start);
        let end = boundary(text, span.end.max(span.start)).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |newline| from + newline);
        let end = if text[start..end].matches('\n').count() >= LINES { line_end(start) } else { end };

        let mut excerpt = Self {
            name: neutral::line(file).into_owned(),
            text: String::new(),
            first_line: text[..line_start].matches('\n').count(),
            column: text[line_start..start].chars().count(),
            span: 0..0,
        };
        let mut from = line_start;
        for _ in 0..CONTEXT {
            if from > 0 {
                from = text[..from - 1].rfind('\n').map_or(0, |newline| newline + 1);
                excerpt.first_line -= 1;
            }
        }
        let mut after = 0;
        loop {
            let to = line_end(from);
            excerpt.push(text, from..to, start, end);
            after += usize::from(to >= end);
            if to == text.len() || after > CONTEXT {
                break;
            }
            excerpt.text.push('\n');
            from = to + 1;
        }
        excerpt
    }

    /// Takes over one line, noting where the place begins and ends.
    fn push(&mut self, text: &str, line: Range<usize>, start: usize, end: usize) {
        let focus = start.clamp(line.start, line.end);
        let nth_back = text[line.start..focus].char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
        let shown_from = line.start + nth_back;
        let shown_to = text[focus..line.end].char_indices().nth(AFTER).map_or(line.end, |(at, _)| focus + at);
        if shown_from > line.start {
            self.text.push('…');
        }
        for (at, c) in text[shown_from..shown_to].char_indices() {
            self.mark(shown_from + at, start, end);
            match c {
                // Part of a Windows line end.
                '\r' if shown_from + at + 1 == line.end => {}
                '\t' => self.text.push('\t'),
                c if neutral::is_hostile(c) => self.text.push('\u{fffd}'),
                c => self.text.push(c),
            }
        }
        self.mark(shown_to, start, end);
        if shown_to < line.end {
            if (shown_to..line.end).contains(&end) {
                self.span.end = self.text.len();
            }
            self.text.push('…');
        }
    }

    fn mark(&mut self, at: usize, start: usize, end: usize) {
        if at == start {
            self.span.start = self.text.len();
        }
        if at <= end && at >= start {
            self.span.end = self.text.len();
        }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        let column = if before == 0 { self.column } else { inner.column() };
        let line = self.first_line + inner.line();
        let contents = (inner.data(), *inner.span(), inner.line_count());
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), contents.0, contents.1, line, column, contents.2)))
    }
}
