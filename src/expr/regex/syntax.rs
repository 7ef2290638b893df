//! .NET regular expression syntax, read into a tree.
//!
//! Facts: "Regular Expression Language - Quick Reference" of the .NET
//! documentation and, where that is silent, `RegexParser.cs` of dotnet/runtime.
//! Refused, because the engine beneath cannot do them: balancing groups, lone
//! surrogates, and conditions that capture.

use super::{
    PatternError,
    tree::{Ast, GroupRef},
};

/// Deepest nesting of groups.
pub(super) const MAX_DEPTH: usize = 50;
/// Longest pattern in characters.
const MAX_LENGTH: usize = 10_000;

/// A capturing parenthesis: unnamed, or its name or number.
pub(super) type Captures = Vec<Option<String>>;

/// `(?imnsx)`
#[derive(Clone, Copy, Default)]
pub(super) struct Options {
    pub(super) fold: bool,
    lines: bool,
    newline: bool,
    explicit: bool,
    spaced: bool,
}

pub(super) struct Parser<'p> {
    pub(super) pattern: &'p str,
    chars: Vec<(usize, char)>,
    pub(super) at: usize,
    pub(super) depth: usize,
    pub(super) options: Options,
    captures: Captures,
}

pub(super) type Parsed<T> = Result<T, PatternError>;

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
    pub(super) fn error(&self, from: usize, message: &str) -> PatternError {
        let end = self.at.max(from + 1).min(self.chars.len());
        let (start, end) = (self.offset(from), self.offset(end));
        PatternError { message: message.to_owned(), offset: start, length: end.saturating_sub(start), help: None }
    }

    /// The byte where the character `i` begins.
    pub(super) fn offset(&self, i: usize) -> usize {
        self.chars.get(i).map_or(self.pattern.len(), |(offset, _)| *offset)
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).map(|(_, c)| *c)
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
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
        let number = |from: usize| {
            let digits: String = (from..).map_while(|i| self.peek_at(i).filter(char::is_ascii_digit)).collect();
            (from + digits.len(), (!digits.is_empty()).then(|| digits.parse().unwrap_or(u32::MAX)))
        };
        let (end, least) = number(1);
        let least = least?;
        let (end, most) = match self.peek_at(end)? {
            '}' => (end, Some(least)),
            ',' => number(end + 1),
            _ => return None,
        };
        (self.peek_at(end) == Some('}')).then_some((least, most, end + 1))
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

    pub(super) fn group_name(&mut self) -> String {
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
            None => Ast::IfGroup { group: GroupRef { name, at: self.offset(inner) }, yes, no },
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
}
