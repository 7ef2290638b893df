//! What stands behind a backslash or between brackets in a .NET pattern.
//!
//! Facts: `ScanBackslash`, `ScanCharEscape` and `ScanCharClass` of
//! `RegexParser.cs` in dotnet/runtime.

use super::{
    blocks,
    syntax::{MAX_DEPTH, Parsed, Parser},
    tree::{Ast, Class, ClassItem, GroupRef},
};

impl Parser<'_> {
    pub(super) fn escape(&mut self, start: usize) -> Parsed<Ast> {
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
                    Some(name) => Ok(Some(Ast::Back { to: GroupRef { name, at: self.offset(start) }, fold })),
                    None => Err(self.error(start, "`\\k` needs the name of a group: `\\k<name>`")),
                }
            }
            // `\<` is a literal unless a whole `\<name>` stands there.
            Some('<' | '\'') => match angled(self) {
                Some(name) => Ok(Some(Ast::Back { to: GroupRef { name, at: self.offset(start) }, fold })),
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
                Ok(Some(Ast::Back { to: GroupRef { name, at: self.offset(start) }, fold }))
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
    pub(super) fn class(&mut self, start: usize) -> Parsed<Class> {
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
