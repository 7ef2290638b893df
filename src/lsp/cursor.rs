//! Where in a YAML document a cursor stands, told from the text before it.
//!
//! While somebody types, the document rarely parses. So this reads indentation,
//! dashes, keys and brackets line by line, believes what it sees, and gives up
//! nothing: an unclosed quote or bracket ends where the next key is not deeper.

use std::ops::{ControlFlow, Range};

use ControlFlow::{Break, Continue};

/// Where a cursor stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The keys and items above, the outermost first.
    pub path: Vec<Step>,
    /// What stands there.
    pub slot: Slot,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The value of a key.
    Key(String),
    /// An item of a list.
    Item,
}

/// What stands at a cursor. Ranges are bytes of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// A key, with its colon.
    Key(Range<usize>),
    /// What may become a key or a value: a word, or nothing yet.
    Word(Scalar),
    /// A value.
    Value(Scalar),
    /// A comment, or behind everything.
    Nothing,
}

/// A scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    /// The text, without quotes.
    pub inner: Range<usize>,
    /// The text with its quotes.
    pub outer: Range<usize>,
    /// How it is written.
    pub style: Style,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// Below `|` or `>`.
    Block,
}

impl Scalar {
    fn plain(inner: Range<usize>) -> Self {
        Self { outer: inner.clone(), inner, style: Style::Plain }
    }

    /// Source text of this scalar as it is meant: without the escapes of its quotes.
    pub(super) fn meant(&self, source: &str) -> String {
        match self.style {
            Style::Plain | Style::Block => source.to_owned(),
            Style::Single => source.replace("''", "'"),
            Style::Double => {
                let mut meant = String::with_capacity(source.len());
                let mut chars = source.chars();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => meant.extend(chars.next().map(|c| match c {
                            'n' => '\n',
                            't' => '\t',
                            other => other,
                        })),
                        c => meant.push(c),
                    }
                }
                meant
            }
        }
    }
}

impl Cursor {
    /// The path as words: keys, and `-` for items.
    pub(super) fn words(&self) -> Vec<&str> {
        self.path
            .iter()
            .map(|step| match step {
                Step::Key(key) => key.as_str(),
                Step::Item => "-",
            })
            .collect()
    }

    /// The scalar at the cursor.
    pub(super) fn scalar(&self) -> Option<&Scalar> {
        match &self.slot {
            Slot::Word(scalar) | Slot::Value(scalar) => Some(scalar),
            Slot::Key(_) | Slot::Nothing => None,
        }
    }
}

/// Where the byte `offset` of a document stands.
pub(super) fn at(text: &str, offset: usize) -> Cursor {
    let mut scan = Scan { text, cursor: offset.min(text.len()), frames: Vec::new(), plain: None };
    match scan.whole() {
        Break(cursor) => cursor,
        Continue(()) => Cursor { path: Vec::new(), slot: Slot::Nothing },
    }
}

/// A key or item of the block style, with its column.
struct Frame {
    column: usize,
    step: Step,
}

/// An open bracket of the flow style.
struct Flow {
    is_map: bool,
    key: Option<String>,
}

struct Scan<'t> {
    text: &'t str,
    cursor: usize,
    frames: Vec<Frame>,
    /// Where a plain scalar began that may go on.
    plain: Option<usize>,
}

type Seek<T> = ControlFlow<Cursor, T>;

impl Scan<'_> {
    fn whole(&mut self) -> Seek<()> {
        let mut at = 0;
        while at <= self.text.len() && at <= self.cursor {
            at = self.line(at)?;
        }
        Continue(())
    }

    /// Reads a line, and those that belong to what begins on it; gives the next line's start.
    fn line(&mut self, start: usize) -> Seek<usize> {
        let end = self.line_end(start);
        let at = self.blanks(start, end);
        let is_empty = at == end || self.byte(at) == Some(b'#') || self.text[start..end].starts_with("---");
        if self.cursor <= end && (is_empty || self.cursor < at) {
            if at < self.cursor {
                return self.found(Slot::Nothing);
            }
            self.leave(self.cursor - start);
            return self.found(Slot::Word(Scalar::plain(self.cursor..self.cursor)));
        }
        if is_empty { Continue(end + 1) } else { self.block(start, at, end) }
    }

    /// Dashes, and what stands behind them.
    fn block(&mut self, start: usize, mut at: usize, end: usize) -> Seek<usize> {
        while self.byte(at) == Some(b'-') && matches!(self.byte(at + 1), None | Some(b' ' | b'\n' | b'\r' | b'\t')) {
            let column = at - start;
            self.plain = None;
            while self
                .frames
                .last()
                .is_some_and(|frame| frame.column > column || frame.column == column && frame.step == Step::Item)
            {
                self.frames.pop();
            }
            self.frames.push(Frame { column, step: Step::Item });
            let dash = at;
            at = self.blanks(at + 1, end);
            let is_empty = at == end || self.byte(at) == Some(b'#');
            if self.cursor <= end && self.cursor > dash && (is_empty || self.cursor < at) {
                return self.found(Slot::Word(Scalar::plain(self.cursor..self.cursor)));
            }
            if is_empty {
                return Continue(end + 1);
            }
        }
        self.entry(start, at, end)
    }

    /// A key with its value, or a value alone.
    fn entry(&mut self, start: usize, at: usize, end: usize) -> Seek<usize> {
        let column = at - start;
        self.leave(column);
        let quote = matches!(self.byte(at), Some(b'"' | b'\'')).then(|| self.quoted(at));
        let colon = match &quote {
            Some(scalar) => Some(self.blanks(scalar.outer.end, end)).filter(|at| self.is_colon(*at)),
            None if matches!(self.byte(at), Some(b'{' | b'[' | b'|' | b'>' | b'&' | b'*' | b'!')) => None,
            None => self.colon(at, end),
        };
        let Some(colon) = colon else { return self.value(at, end, true) };
        let (key, range) = match quote {
            Some(scalar) => (scalar.meant(&self.text[scalar.inner.clone()]), scalar.inner),
            None => (self.text[at..colon].trim_end().to_owned(), at..at + self.text[at..colon].trim_end().len()),
        };
        if (at..=colon).contains(&self.cursor) {
            return self.found(Slot::Key(range));
        }
        self.plain = None;
        self.frames.push(Frame { column, step: Step::Key(key) });
        let at = self.blanks(colon + 1, end);
        let is_empty = at == end || self.byte(at) == Some(b'#');
        if self.cursor <= end && (self.cursor < at || is_empty) {
            if self.byte(at) == Some(b'#') && self.cursor > at {
                return self.found(Slot::Nothing);
            }
            return self.found(Slot::Value(Scalar::plain(self.cursor..self.cursor)));
        }
        if is_empty { Continue(end + 1) } else { self.value(at, end, false) }
    }

    /// A value. `is_word` where a key could stand as well.
    fn value(&mut self, mut at: usize, end: usize, is_word: bool) -> Seek<usize> {
        while matches!(self.byte(at), Some(b'&' | b'!')) {
            let word = self.text[at..end].find(' ').map_or(end, |blank| at + blank);
            at = self.blanks(word, end);
            if at == end {
                return Continue(end + 1);
            }
        }
        match self.byte(at) {
            Some(b'"' | b'\'') => {
                self.plain = None;
                let scalar = self.quoted(at);
                let next = self.line_end(scalar.outer.end) + 1;
                if (scalar.inner.start..=scalar.inner.end).contains(&self.cursor) {
                    return self.found(Slot::Value(scalar));
                }
                Continue(next)
            }
            Some(b'{' | b'[') => {
                self.plain = None;
                self.flow(at)
            }
            Some(b'|' | b'>') => {
                self.plain = None;
                self.literal(end)
            }
            _ => self.plain(at, end, is_word),
        }
    }

    fn plain(&mut self, at: usize, end: usize, is_word: bool) -> Seek<usize> {
        let start = *self.plain.get_or_insert(at);
        let comment = self.text[at..end].find(" #").map_or(end, |comment| at + comment);
        if self.cursor > comment && comment < end && self.cursor <= end {
            return self.found(Slot::Nothing);
        }
        if self.cursor > end {
            return Continue(end + 1);
        }
        let written = at + self.text[at..comment].trim_end().len();
        let mut last = written.max(self.cursor);
        // What goes on below belongs to it, unless it looks like a key.
        let mut next = end + 1;
        while next < self.text.len() {
            let line_end = self.line_end(next);
            let word = self.blanks(next, line_end);
            let goes_on = word < line_end
                && self.owner().is_none_or(|owner| word - next > owner)
                && !matches!(self.byte(word), Some(b'#' | b'-'))
                && self.colon(word, line_end).is_none();
            if !goes_on {
                break;
            }
            last = word + self.text[word..line_end].trim_end().len();
            next = line_end + 1;
        }
        let scalar = Scalar::plain(start..last);
        self.found(if is_word && !self.text[start..last].contains('\n') {
            Slot::Word(scalar)
        } else {
            Slot::Value(scalar)
        })
    }

    /// The lines below `|` or `>`.
    fn literal(&mut self, header_end: usize) -> Seek<usize> {
        let owner = self.owner();
        let first = (header_end + 1).min(self.text.len());
        let (mut at, mut last) = (first, first);
        while at < self.text.len() {
            let end = self.line_end(at);
            let word = self.blanks(at, end);
            if word < end && owner.is_some_and(|owner| word - at <= owner) {
                break;
            }
            last = end;
            at = end + 1;
        }
        let is_at_margin = |scan: &Self| {
            let line = scan.text[..scan.cursor].rfind('\n').map_or(0, |newline| newline + 1);
            owner.is_some_and(|owner| scan.cursor - line <= owner) && scan.text[line..scan.cursor].trim().is_empty()
        };
        if (first..=last).contains(&self.cursor) && !is_at_margin(self) {
            return self.found(Slot::Value(Scalar { inner: first..last, outer: first..last, style: Style::Block }));
        }
        // Blank lines at its end may be the place of the next key.
        let blank = self.text[first..last].trim_end().len() + first;
        let rest = self.line_end(blank) + 1;
        Continue(if self.cursor > blank { rest.min(at) } else { at })
    }

    /// A quoted scalar. Without its end it ends where the next line is not deeper.
    fn quoted(&self, start: usize) -> Scalar {
        let quote = self.text.as_bytes()[start];
        let style = if quote == b'"' { Style::Double } else { Style::Single };
        let mut at = start + 1;
        while let Some(byte) = self.byte(at) {
            match byte {
                b'\\' if style == Style::Double => at += 1,
                b'\'' if style == Style::Single && self.byte(at + 1) == Some(b'\'') => at += 1,
                byte if byte == quote => {
                    return Scalar { inner: start + 1..at, outer: start..at + 1, style };
                }
                b'\n' if self.is_left(at + 1) => break,
                _ => {}
            }
            at += 1;
        }
        let end = self.floor(at.min(self.text.len()));
        Scalar { inner: (start + 1).min(end)..end, outer: start..end, style }
    }

    /// Brackets and what is in them, over several lines.
    fn flow(&mut self, start: usize) -> Seek<usize> {
        let mut stack: Vec<Flow> = Vec::new();
        let mut at = start;
        loop {
            match self.flow_blanks(at, &stack)? {
                Some(next) => at = next,
                None => return Continue(self.line_end(at) + 1),
            }
            match self.byte(at) {
                Some(open @ (b'{' | b'[')) if stack.len() < 64 => {
                    stack.push(Flow { is_map: open == b'{', key: None });
                }
                Some(b'}' | b']') => {
                    stack.pop();
                    if stack.is_empty() {
                        return Continue(self.line_end(at) + 1);
                    }
                }
                Some(b',') => {
                    if let Some(top) = stack.last_mut() {
                        top.key = None;
                    }
                }
                Some(b'"' | b'\'') => {
                    let scalar = self.quoted(at);
                    at = self.flow_scalar(scalar, &mut stack)?;
                    continue;
                }
                Some(_) => {
                    let scalar = Scalar::plain(at..self.flow_word(at));
                    at = self.flow_scalar(scalar, &mut stack)?;
                    continue;
                }
                None => return Continue(self.text.len() + 1),
            }
            at += 1;
        }
    }

    /// A scalar in brackets, as a key where a colon follows.
    fn flow_scalar(&self, scalar: Scalar, stack: &mut [Flow]) -> Seek<usize> {
        let end = scalar.outer.end;
        let colon = self.blanks(end, self.line_end(end));
        let is_open = stack.last().is_some_and(|top| top.is_map && top.key.is_none());
        let is_key = is_open && self.byte(colon) == Some(b':');
        let is_quoted = scalar.style != Style::Plain;
        let here = if is_quoted { scalar.inner.start..=scalar.inner.end } else { scalar.inner.start..=colon };
        if here.contains(&self.cursor) && !(is_key && self.cursor > colon) {
            let slot = match (is_key, is_open || !stack.last().is_some_and(|top| top.is_map)) {
                (true, _) => Slot::Key(scalar.inner),
                (false, true) if !is_quoted => Slot::Word(grown(scalar, self.cursor)),
                (false, _) => Slot::Value(grown(scalar, self.cursor)),
            };
            return self.found_in(slot, stack);
        }
        if is_key && let Some(top) = stack.last_mut() {
            top.key = Some(scalar.meant(&self.text[scalar.inner.clone()]).trim().to_owned());
            return Continue(colon + 1);
        }
        // A stray colon must not stop the reading.
        let is_stuck = end == scalar.outer.start;
        Continue(if is_stuck { self.ceil(end + 1) } else { end })
    }

    /// Where a plain scalar in brackets ends.
    fn flow_word(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            let next = bytes.get(at + 1);
            match byte {
                b',' | b'[' | b']' | b'{' | b'}' | b'\n' => break,
                b':' if matches!(next, None | Some(b' ' | b'\n' | b'\r' | b',' | b']' | b'}')) => break,
                b'#' if at > start && bytes[at - 1] == b' ' => break,
                _ => at += 1,
            }
        }
        start + self.text[start..at].trim_end().len()
    }

    /// Blanks and line ends within brackets; `None` where the brackets were left open.
    fn flow_blanks(&self, start: usize, stack: &[Flow]) -> Seek<Option<usize>> {
        let mut at = start;
        let mut is_left = false;
        while let Some(byte) = self.byte(at) {
            match byte {
                b'\n' if self.is_left(at + 1) && !self.closes(at + 1) => {
                    is_left = true;
                    break;
                }
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'#' if at > start => at = self.line_end(at),
                _ => break,
            }
        }
        let is_gap = matches!(self.byte(at), None | Some(b'}' | b']' | b',' | b'\n'));
        let is_here = (start..at).contains(&self.cursor) || is_gap && self.cursor == at;
        if is_here && !stack.is_empty() {
            let scalar = Scalar::plain(self.cursor..self.cursor);
            let has_key = stack.last().is_some_and(|top| top.key.is_some());
            return self.found_in(if has_key { Slot::Value(scalar) } else { Slot::Word(scalar) }, stack);
        }
        Continue((!is_left).then_some(at))
    }

    /// Whether the line at `start` begins with a closing bracket.
    fn closes(&self, start: usize) -> bool {
        let at = self.blanks(start, self.line_end(start));
        matches!(self.byte(at), Some(b'}' | b']'))
    }

    /// Whether what the next line holds is not deeper than the key that is open.
    fn is_left(&self, start: usize) -> bool {
        let mut start = start;
        while start < self.text.len() {
            let end = self.line_end(start);
            let at = self.blanks(start, end);
            if at < end {
                return self.owner().is_some_and(|owner| at - start <= owner);
            }
            start = end + 1;
        }
        false
    }

    fn owner(&self) -> Option<usize> {
        self.frames.last().map(|frame| frame.column)
    }

    /// Leaves what is not above a column.
    fn leave(&mut self, column: usize) {
        while self.frames.last().is_some_and(|frame| frame.column >= column) {
            self.frames.pop();
            self.plain = None;
        }
    }

    fn found<T>(&self, slot: Slot) -> Seek<T> {
        self.found_in(slot, &[])
    }

    fn found_in<T>(&self, slot: Slot, stack: &[Flow]) -> Seek<T> {
        let mut path: Vec<Step> = self.frames.iter().map(|frame| frame.step.clone()).collect();
        for flow in stack {
            match (&flow.key, flow.is_map) {
                (Some(key), _) => path.push(Step::Key(key.clone())),
                (None, false) => path.push(Step::Item),
                (None, true) => {}
            }
        }
        Break(Cursor { path, slot })
    }

    /// The colon that ends a plain key.
    fn colon(&self, start: usize, end: usize) -> Option<usize> {
        let line = &self.text[start..end];
        let comment = line.find(" #").unwrap_or(line.len());
        line[..comment].match_indices(':').map(|(at, _)| start + at).find(|at| self.is_colon(*at))
    }

    fn is_colon(&self, at: usize) -> bool {
        self.byte(at) == Some(b':') && matches!(self.byte(at + 1), None | Some(b' ' | b'\t' | b'\r' | b'\n'))
    }

    fn blanks(&self, start: usize, end: usize) -> usize {
        let rest = &self.text[start.min(end)..end];
        start.min(end) + rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len()
    }

    fn line_end(&self, start: usize) -> usize {
        let start = start.min(self.text.len());
        self.text[start..].find('\n').map_or(self.text.len(), |newline| start + newline)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn floor(&self, mut at: usize) -> usize {
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn ceil(&self, mut at: usize) -> usize {
        while at < self.text.len() && !self.text.is_char_boundary(at) {
            at += 1;
        }
        at
    }
}

/// With the blanks up to the cursor.
fn grown(mut scalar: Scalar, cursor: usize) -> Scalar {
    if scalar.style == Style::Plain && cursor > scalar.inner.end {
        scalar.inner.end = cursor;
        scalar.outer.end = cursor;
    }
    scalar
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The path and the text of the scalar or key at `▮`.
    fn told(marked: &str) -> String {
        let offset = marked.find('▮').unwrap();
        let text = marked.replace('▮', "");
        let cursor = at(&text, offset);
        let path = cursor.words().join("/");
        match cursor.slot {
            Slot::Key(range) => format!("{path} key `{}`", &text[range]),
            Slot::Word(scalar) => format!("{path} word `{}`", &text[scalar.inner]),
            Slot::Value(scalar) => format!("{path} value `{}`", &text[scalar.inner]),
            Slot::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn a_cursor_knows_the_keys_above_it() {
        for (marked, expected) in [
            ("▮", " word ``"),
            ("ver▮sion: 1\n", " key `version`"),
            ("name: ▮", "name value ``"),
            ("name: ac▮me # c\n", "name value `acme`"),
            ("name: acme # c▮\n", "nothing"),
            ("a:\n  b:\n    ▮\n", "a/b word ``"),
            ("a:\n  b:\n  ▮\n", "a word ``"),
            ("a:\n  b: 1\n▮", " word ``"),
            ("a:\n  - ▮", "a/- word ``"),
            ("a:\n- x: ▮", "a/-/x value ``"),
            ("a:\n- x: 1\n- ▮y\n", "a/- word `y`"),
            ("a:\n  - - x▮\n", "a/-/- word `x`"),
            ("a:\n  - x: 1\n    y: ▮2\n", "a/-/y value `2`"),
            ("a: { b: ▮ }\n", "a/b value ``"),
            ("a: { b: c▮ }\n", "a/b value `c`"),
            ("a: { b: 1, ▮ }\n", "a word ``"),
            ("a: { b▮: 1 }\n", "a key `b`"),
            ("a: { b: 1, c: [d, ▮] }\n", "a/c/- word ``"),
            ("a: [d▮, e]\n", "a/- word `d`"),
            ("a: [{ b: 'x▮' }]\n", "a/-/b value `x`"),
            ("a: {\n  b: ▮\n}\n", "a/b value ``"),
            (
                "a:\n  emails[type eq \"work\"].value: { expression: '▮' }\n",
                "a/emails[type eq \"work\"].value/expression value ``",
            ),
            ("a: 'it''s ▮'\n", "a value `it''s `"),
            ("a: |\n  one▮\n  two\nb: 1\n", "a value `  one\n  two`"),
            ("a: |\n  one\nb: ▮1\n", "b value `1`"),
            ("a: >-\n  one\n\n▮", " word ``"),
            ("a:\n  Join(▮\n", "a word `Join(`"),
            ("a: Join(x,\n  y▮)\n", "a value `Join(x,\n  y)`"),
            ("? ▮", " word `? `"),
        ] {
            assert_eq!(told(marked), expected, "{marked:?}");
        }
    }

    #[test]
    fn what_is_left_open_does_not_swallow_what_follows() {
        for (marked, expected) in [
            ("a:\n  x: { expression: 'Join([ma▮ }\n  y: { attribute: b }\n", "a/x/expression value `Join([ma }`"),
            ("a:\n  x: { expression: 'Join([ma }\n  y: { attribute: ▮b }\n", "a/y/attribute value `b`"),
            ("a:\n  x: { attribute:\n  y: { attribute: ▮b }\n", "a/y/attribute value `b`"),
            ("a:\n  x: \"open\n  y: ▮b\n", "a/y value `b`"),
            ("a:\n  x: [one, ▮\n  y: b\n", "a/x/- word ``"),
            ("a:\n  x: { attribute: ▮\n  y: b\n", "a/x/attribute value ``"),
            ("a:\r\n  x: { attribute: ▮ }\r\n", "a/x/attribute value ``"),
        ] {
            assert_eq!(told(marked), expected, "{marked:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_cursor_anywhere(text in "(?s)[a-z:\\- {}\\[\\]\"',#|>&*\n\té😀]{0,60}") {
            for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
                if let Some(scalar) = at(&text, offset).scalar() {
                    prop_assert!(text.get(scalar.inner.clone()).is_some());
                    prop_assert!(text.get(scalar.outer.clone()).is_some());
                }
            }
        }
    }
}
