//! .NET regular expression syntax, read into a tree.
//!
//! Facts: "Regular Expression Language - Quick Reference" of the .NET
//! documentation and, where that is silent, `RegexParser.cs` of dotnet/runtime.
//! Refused, because the engine beneath cannot do them: balancing groups, lone
//! surrogates, and conditions that capture.

use super::{PatternError, blocks};

/// Deepest nesting of groups.
const MAX_DEPTH: usize = 50;
/// Longest pattern in characters.
const MAX_LENGTH: usize = 10_000;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ast {
    Empty,
    Char {
        c: char,
        fold: bool,
    },
    Class {
        class: Class,
        fold: bool,
    },
    /// `.`
    Any {
        newline: bool,
    },
    /// `^` or `\A`.
    Start {
        lines: bool,
    },
    /// `$`, `\Z`: the end, or before a newline at the end.
    End {
        lines: bool,
    },
    /// `\z`
    VeryEnd,
    Boundary {
        not: bool,
    },
    /// `\G`
    Continue,
    Concat(Vec<Ast>),
    Alternate(Vec<Ast>),
    Repeat {
        body: Box<Ast>,
        least: u32,
        most: Option<u32>,
        lazy: bool,
    },
    Group(Box<Ast>),
    /// The n-th capturing parenthesis of the pattern, from 1.
    Capture {
        slot: usize,
        body: Box<Ast>,
    },
    Look {
        behind: bool,
        not: bool,
        body: Box<Ast>,
    },
    Atomic(Box<Ast>),
    Back {
        to: GroupRef,
        fold: bool,
    },
    /// `(?(group)yes|no)`
    IfGroup {
        group: GroupRef,
        yes: Box<Ast>,
        no: Box<Ast>,
    },
    /// `(?(?=…)yes|no)`
    IfLook {
        look: Box<Ast>,
        yes: Box<Ast>,
        no: Box<Ast>,
    },
}

impl Ast {
    /// Whether every branch begins with an anchor, or every branch ends with one,
    /// or all begin and end with `.*`.
    pub(super) fn is_anchored(&self) -> bool {
        let branches = match self {
            Ast::Group(body) | Ast::Capture { body, .. } => return body.is_anchored(),
            Ast::Alternate(branches) => branches.as_slice(),
            single => std::slice::from_ref(single),
        };
        let all = |holds: &dyn Fn(&Ast, bool) -> bool, first: bool| branches.iter().all(|branch| holds(branch, first));
        let anchor =
            |ast: &Ast, first: bool| matches!(ast.edge(first), Ast::Start { .. } | Ast::End { .. } | Ast::VeryEnd);
        let any = |ast: &Ast, first: bool| {
            let edge = ast.edge(first);
            matches!(edge, Ast::Repeat { body, least: 0, most: None, .. } if matches!(**body, Ast::Any { .. }))
        };
        all(&anchor, true) || all(&anchor, false) || all(&any, true) && all(&any, false)
    }

    /// The first or last part.
    fn edge(&self, first: bool) -> &Ast {
        match self {
            Ast::Concat(items) => match if first { items.first() } else { items.last() } {
                Some(item) => item.edge(first),
                None => self,
            },
            Ast::Group(body) | Ast::Capture { body, .. } => body.edge(first),
            other => other,
        }
    }
}

/// A group by number or name, with the place for messages.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GroupRef {
    pub(super) name: String,
    pub(super) at: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Class {
    pub(super) negated: bool,
    pub(super) items: Vec<ClassItem>,
    pub(super) without: Option<Box<Class>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ClassItem {
    Range(char, char),
    Digit {
        not: bool,
    },
    Word {
        not: bool,
    },
    Space {
        not: bool,
    },
    /// A general category, by its short name.
    Category {
        name: String,
        not: bool,
    },
    /// A named block.
    Block {
        from: char,
        to: char,
        not: bool,
    },
}

/// A capturing parenthesis: unnamed, or its name or number.
pub(super) type Captures = Vec<Option<String>>;

#[derive(Clone, Copy, Default)]
struct Options {
    fold: bool,
    lines: bool,
    newline: bool,
    explicit: bool,
    spaced: bool,
}

pub(super) struct Parser<'p> {
    pattern: &'p str,
    chars: Vec<(usize, char)>,
    at: usize,
    depth: usize,
    options: Options,
    captures: Captures,
}

type Parsed<T> = Result<T, PatternError>;

/// Reads a pattern: the tree and its capturing parentheses in order.
pub(super) fn parse(pattern: &str) -> Parsed<(Ast, Captures)> {
    let mut parser = Parser {
        pattern,
        chars: pattern.char_indices().collect(),
        at: 0,
        depth: 0,
        options: Options::default(),
        captures: Vec::new(),
    };
    if parser.chars.len() > MAX_LENGTH {
        return Err(parser.error(0, "the regular expression is too long"));
    }
    let ast = parser.alternation()?;
    if parser.at < parser.chars.len() {
        return Err(parser.error(parser.at, "there is one `)` too many in the regular expression"));
    }
    Ok((ast, parser.captures))
}

impl Parser<'_> {
    fn error(&self, from: usize, message: &str) -> PatternError {
        let offset = |i: usize| self.chars.get(i).map_or(self.pattern.len(), |(offset, _)| *offset);
        let end = self.at.max(from + 1).min(self.chars.len());
        let (start, end) = (offset(from), offset(end));
        PatternError { message: message.to_owned(), offset: start, length: end.saturating_sub(start), help: None }
    }

    fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).map(|(_, c)| *c)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let fits = text.chars().enumerate().all(|(i, c)| self.peek_at(i) == Some(c));
        if fits {
            self.at += text.chars().count();
        }
        fits
    }

    fn alternation(&mut self) -> Parsed<Ast> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(self.at, "the regular expression is nested too deeply"));
        }
        // Options set inside a group end with it.
        let outer = self.options;
        let mut branches = vec![self.sequence()?];
        while self.eat("|") {
            branches.push(self.sequence()?);
        }
        self.options = outer;
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.remove(0) } else { Ast::Alternate(branches) })
    }

    fn sequence(&mut self) -> Parsed<Ast> {
        let mut items = Vec::new();
        loop {
            self.skip_spacing();
            let start = self.at;
            match self.peek() {
                None | Some('|' | ')') => break,
                Some('*' | '+' | '?') => {
                    self.at += 1;
                    return Err(self.error(start, "there is nothing to repeat before this quantifier"));
                }
                Some('{') if self.counts().is_some() => {
                    return Err(self.error(start, "there is nothing to repeat before this quantifier"));
                }
                Some(_) => {}
            }
            let Some(atom) = self.atom()? else { continue };
            items.push(self.quantified(atom)?);
        }
        Ok(match items.len() {
            0 => Ast::Empty,
            1 => items.remove(0),
            _ => Ast::Concat(items),
        })
    }

    fn skip_spacing(&mut self) {
        loop {
            if self.peek() == Some('(') && self.peek_at(1) == Some('?') && self.peek_at(2) == Some('#') {
                while self.next().is_some_and(|c| c != ')') {}
            } else if self.options.spaced && self.peek().is_some_and(|c| matches!(c, ' ' | '\t'..='\r')) {
                self.at += 1;
            } else if self.options.spaced && self.peek() == Some('#') {
                while self.next().is_some_and(|c| c != '\n') {}
            } else {
                break;
            }
        }
    }

    fn quantified(&mut self, atom: Ast) -> Parsed<Ast> {
        self.skip_spacing();
        let start = self.at;
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.counts() {
                Some((least, most, width)) => {
                    self.at += width - 1;
                    (least, most)
                }
                None => return Ok(atom),
            },
            _ => return Ok(atom),
        };
        self.at += 1;
        if most.is_some_and(|most| least > most) {
            return Err(self.error(start, "the counts of this quantifier are in the wrong order"));
        }
        self.skip_spacing();
        let lazy = self.eat("?");
        self.skip_spacing();
        if matches!(self.peek(), Some('*' | '+' | '?')) || (self.peek() == Some('{') && self.counts().is_some()) {
            self.at += 1;
            return Err(self.error(start, "a quantifier cannot follow a quantifier"));
        }
        Ok(Ast::Repeat { body: Box::new(atom), least, most, lazy })
    }

    /// `{2}`, `{2,}`, `{2,5}` at this place, with its width. Anything else is literal in .NET.
    fn counts(&self) -> Option<(u32, Option<u32>, usize)> {
        let mut width = 1;
        let mut number = || {
            let from = width;
            while self.peek_at(width).is_some_and(|c| c.is_ascii_digit()) {
                width += 1;
            }
            let digits: String = (from..width).filter_map(|i| self.peek_at(i)).collect();
            (!digits.is_empty()).then(|| digits.parse().unwrap_or(u32::MAX))
        };
        let least = number()?;
        if self.peek_at(width) == Some('}') {
            return Some((least, Some(least), width + 1));
        }
        if self.peek_at(width) != Some(',') {
            return None;
        }
        width += 1;
        let mut number = || {
            let from = width;
            while self.peek_at(width).is_some_and(|c| c.is_ascii_digit()) {
                width += 1;
            }
            let digits: String = (from..width).filter_map(|i| self.peek_at(i)).collect();
            (!digits.is_empty()).then(|| digits.parse().unwrap_or(u32::MAX))
        };
        let most = number();
        (self.peek_at(width) == Some('}')).then_some((least, most, width + 1))
    }

    /// One atom; `None` for inline options, which are no atom.
    fn atom(&mut self) -> Parsed<Option<Ast>> {
        let Options { fold, lines, newline, .. } = self.options;
        let start = self.at;
        let Some(c) = self.next() else { return Ok(None) };
        Ok(Some(match c {
            '.' => Ast::Any { newline },
            '^' => Ast::Start { lines },
            '$' => Ast::End { lines },
            '[' => Ast::Class { class: self.class(start)?, fold },
            '(' => return self.group(start),
            '\\' => self.escape(start)?,
            other => Ast::Char { c: other, fold },
        }))
    }

    fn close(&mut self, start: usize, body: Ast) -> Parsed<Ast> {
        if self.eat(")") {
            Ok(body)
        } else {
            Err(self.error(start, "a parenthesis in the regular expression is not closed"))
        }
    }

    fn group(&mut self, start: usize) -> Parsed<Option<Ast>> {
        if self.peek() != Some('?') {
            if self.options.explicit {
                let body = self.alternation()?;
                return self.close(start, Ast::Group(Box::new(body))).map(Some);
            }
            return self.capture(start, None).map(Some);
        }
        self.at += 1;
        let wrap: fn(Box<Ast>) -> Ast = if self.eat(":") {
            Ast::Group
        } else if self.eat("=") {
            |body| Ast::Look { behind: false, not: false, body }
        } else if self.eat("!") {
            |body| Ast::Look { behind: false, not: true, body }
        } else if self.eat("<=") {
            |body| Ast::Look { behind: true, not: false, body }
        } else if self.eat("<!") {
            |body| Ast::Look { behind: true, not: true, body }
        } else if self.eat(">") {
            Ast::Atomic
        } else if self.eat("<") {
            return self.named(start, '>').map(Some);
        } else if self.eat("'") {
            return self.named(start, '\'').map(Some);
        } else if self.eat("(") {
            return self.conditional(start).map(Some);
        } else {
            return self.inline_options(start);
        };
        let body = self.alternation()?;
        self.close(start, wrap(Box::new(body))).map(Some)
    }

    fn capture(&mut self, start: usize, name: Option<String>) -> Parsed<Ast> {
        self.captures.push(name);
        let slot = self.captures.len();
        let body = self.alternation()?;
        self.close(start, Ast::Capture { slot, body: Box::new(body) })
    }

    fn named(&mut self, start: usize, close: char) -> Parsed<Ast> {
        let name = self.group_name();
        if self.peek() == Some('-') {
            self.at += 1;
            return Err(self.error(start, "balancing groups are not supported"));
        }
        if name.is_empty() || self.next() != Some(close) {
            return Err(self.error(start, "a group name has letters, digits and `_`, and a closing bracket"));
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) && name.parse::<u32>().is_ok_and(|n| n == 0 || n > 1000) {
            return Err(self.error(start, "a group number is from 1 to 1000"));
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) && !name.bytes().all(|b| b.is_ascii_digit()) {
            return Err(self.error(start, "a group name does not start with a digit"));
        }
        self.capture(start, Some(name))
    }

    fn group_name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_alphanumeric() || *c == '_') {
            name.push(c);
            self.at += 1;
        }
        name
    }

    fn conditional(&mut self, start: usize) -> Parsed<Ast> {
        let inner = self.at;
        let name = self.group_name();
        let by_name = !name.is_empty() && self.eat(")");
        // Whether a name is a group's is known at the end; .NET decides the same way.
        let known = name.bytes().all(|b| b.is_ascii_digit()) || self.names_a_group(&name);
        let look = if by_name && known {
            None
        } else {
            self.at = inner;
            let captured = self.captures.len();
            let not_look = self.peek() != Some('?');
            let body = if not_look {
                let body = self.alternation()?;
                let body = self.close(start, body)?;
                Ast::Look { behind: false, not: false, body: Box::new(body) }
            } else {
                self.at -= 1;
                let at = self.at;
                self.at += 1;
                match self.group(at)? {
                    Some(look @ Ast::Look { .. }) => look,
                    _ => return Err(self.error(start, "this is no condition of a group")),
                }
            };
            if self.captures.len() > captured {
                return Err(self.error(start, "a condition that captures is not supported"));
            }
            Some(body)
        };
        let yes_no = self.alternation()?;
        let mut branches = match yes_no {
            Ast::Alternate(branches) => branches,
            single => vec![single],
        };
        if branches.len() > 2 {
            return Err(self.error(start, "a condition has at most two branches"));
        }
        let no = Box::new(if branches.len() == 2 { branches.remove(1) } else { Ast::Empty });
        let yes = Box::new(branches.remove(0));
        let ast = match look {
            Some(look) => Ast::IfLook { look: Box::new(look), yes, no },
            None => Ast::IfGroup { group: GroupRef { name, at: inner }, yes, no },
        };
        self.close(start, ast)
    }

    fn names_a_group(&self, name: &str) -> bool {
        [format!("(?<{name}>"), format!("(?'{name}'")].iter().any(|group| self.pattern.contains(group.as_str()))
    }

    /// `(?i)` for the rest of the group, `(?i:…)` for a group of its own.
    fn inline_options(&mut self, start: usize) -> Parsed<Option<Ast>> {
        let outer = self.options;
        let mut on = true;
        loop {
            match self.next() {
                Some('+') => on = true,
                Some('-') => on = false,
                Some('i') => self.options.fold = on,
                Some('m') => self.options.lines = on,
                Some('s') => self.options.newline = on,
                Some('n') => self.options.explicit = on,
                Some('x') => self.options.spaced = on,
                Some(')') => return Ok(None),
                Some(':') => {
                    let body = self.alternation()?;
                    self.options = outer;
                    return self.close(start, Ast::Group(Box::new(body))).map(Some);
                }
                _ => return Err(self.error(start, "`(?` does not begin a group that .NET knows")),
            }
        }
    }

    fn escape(&mut self, start: usize) -> Parsed<Ast> {
        let fold = self.options.fold;
        let Some(c) = self.peek() else {
            return Err(self.error(start, "a backslash ends the regular expression"));
        };
        if let Some(item) = self.class_escape(start)? {
            let class = Class { items: vec![item], ..Class::default() };
            return Ok(Ast::Class { class, fold });
        }
        let simple = match c {
            'A' => Some(Ast::Start { lines: false }),
            'Z' => Some(Ast::End { lines: false }),
            'z' => Some(Ast::VeryEnd),
            'G' => Some(Ast::Continue),
            'b' => Some(Ast::Boundary { not: false }),
            'B' => Some(Ast::Boundary { not: true }),
            _ => None,
        };
        if let Some(ast) = simple {
            self.at += 1;
            return Ok(ast);
        }
        if let Some(back) = self.back_reference(start)? {
            return Ok(back);
        }
        Ok(Ast::Char { c: self.char_escape(start)?, fold })
    }

    fn back_reference(&mut self, start: usize) -> Parsed<Option<Ast>> {
        let fold = self.options.fold;
        let before = self.at;
        let angled = |parser: &mut Self| {
            let close = match parser.next() {
                Some('<') => '>',
                Some('\'') => '\'',
                _ => return None,
            };
            let name = parser.group_name();
            (!name.is_empty() && parser.next() == Some(close)).then_some(name)
        };
        match self.peek() {
            Some('k') => {
                self.at += 1;
                match angled(self) {
                    Some(name) => Ok(Some(Ast::Back { to: GroupRef { name, at: start }, fold })),
                    None => Err(self.error(start, "`\\k` needs the name of a group: `\\k<name>`")),
                }
            }
            // `\<` is a literal unless a whole `\<name>` stands there.
            Some('<' | '\'') => match angled(self) {
                Some(name) => Ok(Some(Ast::Back { to: GroupRef { name, at: start }, fold })),
                None => {
                    self.at = before;
                    Ok(None)
                }
            },
            Some('1'..='9') => {
                let mut name = String::new();
                while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
                    name.push(digit);
                    self.at += 1;
                }
                // `\10` is the tenth group when there is one, else octal.
                let groups = self.pattern.matches('(').count();
                if name.len() > 1 && name.parse::<usize>().is_ok_and(|number| number > groups) {
                    self.at = before;
                    return Ok(None);
                }
                Ok(Some(Ast::Back { to: GroupRef { name, at: start }, fold }))
            }
            _ => Ok(None),
        }
    }

    /// `\d \w \s \p{…}` and their opposites, inside classes and outside.
    fn class_escape(&mut self, start: usize) -> Parsed<Option<ClassItem>> {
        let item = match self.peek() {
            Some('d') => ClassItem::Digit { not: false },
            Some('D') => ClassItem::Digit { not: true },
            Some('w') => ClassItem::Word { not: false },
            Some('W') => ClassItem::Word { not: true },
            Some('s') => ClassItem::Space { not: false },
            Some('S') => ClassItem::Space { not: true },
            Some(p @ ('p' | 'P')) => {
                self.at += 1;
                let mut name = String::new();
                let opened = self.eat("{");
                while let Some(c) = self.peek().filter(|c| c.is_ascii_alphanumeric() || *c == '-') {
                    name.push(c);
                    self.at += 1;
                }
                if !opened || !self.eat("}") {
                    return Err(self.error(start, "a Unicode category is written `\\p{Lu}`"));
                }
                let not = p == 'P';
                if blocks::CATEGORIES.contains(&name.as_str()) {
                    return Ok(Some(ClassItem::Category { name, not }));
                }
                return match blocks::find(&name) {
                    Some((from, to)) => Ok(Some(ClassItem::Block { from, to, not })),
                    None => Err(self.error(start, "this is no Unicode category or block that is known here")),
                };
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(item))
    }

    fn char_escape(&mut self, start: usize) -> Parsed<char> {
        let Some(c) = self.next() else {
            return Err(self.error(start, "a backslash ends the regular expression"));
        };
        Ok(match c {
            'a' => '\u{7}',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => self.code(start, 2)?,
            'u' => self.code(start, 4)?,
            'c' => match self.next() {
                Some(c) if c.is_ascii_alphabetic() || ('@'..='_').contains(&c) => {
                    char::from(c.to_ascii_uppercase() as u8 - 64)
                }
                _ => return Err(self.error(start, "`\\c` needs a letter")),
            },
            '0'..='7' => {
                let mut code = c.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
                    code = code * 8 + digit;
                    self.at += 1;
                }
                char::from_u32(code & 0xff).unwrap_or('\0')
            }
            other if other.is_alphanumeric() || other == '_' => {
                return Err(self.error(start, "this escape does not exist in .NET"));
            }
            other => other,
        })
    }

    /// Hexadecimal digits; two `\u` escapes can be a surrogate pair.
    fn code(&mut self, start: usize, digits: usize) -> Parsed<char> {
        let unit = self.hex(start, digits)?;
        if !(0xd800..0xe000).contains(&unit) {
            return Ok(char::from_u32(unit).unwrap_or('\u{fffd}'));
        }
        if unit < 0xdc00 && self.eat("\\u") {
            let low = self.hex(start, 4)?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
        }
        Err(self.error(start, "half of a surrogate pair is not supported"))
    }

    fn hex(&mut self, start: usize, digits: usize) -> Parsed<u32> {
        let mut code = 0;
        for _ in 0..digits {
            match self.next().and_then(|c| c.to_digit(16)) {
                Some(digit) => code = code * 16 + digit,
                None => return Err(self.error(start, "this escape needs hexadecimal digits")),
            }
        }
        Ok(code)
    }

    /// A class from behind its `[`, as `RegexParser.ScanCharClass` reads it.
    fn class(&mut self, start: usize) -> Parsed<Class> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(start, "the regular expression is nested too deeply"));
        }
        let mut class = Class { negated: self.eat("^"), ..Class::default() };
        let mut range_from = None;
        let mut first = true;
        loop {
            let here = self.at;
            let Some(mut c) = self.next() else {
                return Err(self.error(start, "a `[` in the regular expression is not closed"));
            };
            let mut escaped = false;
            if c == ']' && !first {
                break;
            }
            if c == '\\' {
                if let Some(item) = self.class_escape(here)? {
                    if range_from.is_some() {
                        return Err(self.error(here, "a range ends with one character, not a class"));
                    }
                    class.items.push(item);
                    first = false;
                    continue;
                }
                // Inside a class `\b` is a backspace.
                c = if self.eat("b") { '\u{8}' } else { self.char_escape(here)? };
                escaped = true;
            }
            if let Some(from) = range_from.take() {
                if c == '[' && !escaped && !first {
                    class.items.push(ClassItem::Range(from, from));
                    self.subtraction(&mut class, here)?;
                } else if from > c {
                    return Err(self.error(here, "a range in a class is in the wrong order"));
                } else {
                    class.items.push(ClassItem::Range(from, c));
                }
            } else if self.peek() == Some('-') && self.peek_at(1).is_some_and(|next| next != ']') {
                range_from = Some(c);
                self.at += 1;
            } else if c == '-' && !escaped && !first && self.peek() == Some('[') {
                self.at += 1;
                self.subtraction(&mut class, here)?;
            } else {
                class.items.push(ClassItem::Range(c, c));
            }
            first = false;
        }
        self.depth -= 1;
        Ok(class)
    }

    fn subtraction(&mut self, class: &mut Class, start: usize) -> Parsed<()> {
        class.without = Some(Box::new(self.class(start)?));
        if self.peek() == Some(']') {
            return Ok(());
        }
        Err(self.error(start, "a subtraction is the last part of a class"))
    }
}
