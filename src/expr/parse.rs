//! Text to tree, by recursive descent, with every error of the text at once.
//!
//! After an error inside an argument the parser goes on behind the next comma
//! or parenthesis that belongs to the same call, so that one mistake does not
//! hide the others and does not cause false ones. The grammar is section 3 of
//! Microsoft's function reference
//! (`entra-docs`, `functions-for-customizing-application-data.md`).

use super::{
    ExprError,
    functions::{self, Function},
    tree::{Call, Comparison, Condition, Constant, Form, Node, Prepared, Span},
};
use crate::names::{Value, near_miss};

/// Deepest nesting of calls. Published expressions reach about ten.
pub(super) const MAX_DEPTH: usize = 64;
/// Longest expression in UTF-16 units (Microsoft, "Known issues for provisioning").
pub(super) const MAX_LENGTH: usize = 10_000;
/// No more errors than a person can read.
const MAX_ERRORS: usize = 50;

pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// Set when a string or bracket ran to the end: what is then missing is no news.
    broken_off: bool,
    pub(super) errors: Vec<ExprError>,
}

/// Reads `text`. The tree has holes where errors are.
pub(super) fn parse(text: &str) -> (Node, Vec<ExprError>) {
    let mut parser = Parser { text, at: 0, depth: 0, broken_off: false, errors: Vec::new() };
    let units: usize = text.chars().map(char::len_utf16).sum();
    if units > MAX_LENGTH {
        let message = format!("an expression has at most {MAX_LENGTH} characters, this one has {units}");
        parser.error("too_long", Span::new(0, text.len()), message, None);
        return (parser.hole(0), parser.errors);
    }
    let root = parser.whole();
    (root, parser.errors)
}

const AND_OR: &str = "there is no AND or OR; nest `IIF` in one of the branches instead";

impl Parser<'_> {
    fn whole(&mut self) -> Node {
        self.blanks();
        if self.at == self.text.len() {
            let help = "an expression is a function call, such as `Append([mailNickname], \"@contoso.com\")`";
            self.error("empty", Span::new(0, self.text.len()), "the expression is empty".to_owned(), Some(help));
            return self.hole(0);
        }
        let root = self.value();
        self.blanks();
        if self.at < self.text.len() && !self.broken_off && !matches!(root.form, Form::Hole(_)) {
            self.trailing();
        }
        if let Form::Constant(constant) = &root.form {
            let message = format!("an expression is a function call, not `{}` alone", constant.as_str());
            self.error("not_a_call", root.span, message, None);
        }
        if let Form::Literal(Value::Integer(number), _) = &root.form {
            let message = format!("an expression is a function call, not the number {number}");
            self.error("not_a_call", root.span, message, Some("a fixed value is written as `constant:`"));
        }
        root
    }

    fn trailing(&mut self) {
        let span = Span::new(self.at, self.text.trim_end().len());
        let rest = &self.text[self.at..];
        let help = match rest.as_bytes().first() {
            Some(b'[') => Some("there is no indexing; `Item(list, 1)` takes one value of a list"),
            Some(b'&' | b'+') => Some("texts are put together with `Append` or `Join`"),
            Some(b'=' | b'<' | b'>') => Some("a comparison stands in `IIF` or `CBool`"),
            Some(b')') => Some("there is one `)` too many"),
            _ => Some("an expression is one function call; others go inside it as arguments"),
        };
        self.error("trailing_text", span, "there is text after the end of the expression".to_owned(), help);
    }

    /// One argument: omitted, a value, or a comparison.
    fn argument(&mut self) -> Node {
        self.blanks();
        if matches!(self.byte(), None | Some(b',' | b')' | b';')) {
            return Node { span: Span::new(self.at, self.at), form: Form::Omitted };
        }
        let left = self.value();
        let Some(operator) = self.comparison() else {
            return left;
        };
        self.blanks();
        let right = if matches!(self.byte(), None | Some(b',' | b')')) {
            let message = format!("nothing to compare with after `{}`", operator.as_str());
            self.error("missing_operand", Span::new(self.at, self.at), message, None);
            self.hole(self.at)
        } else {
            self.value()
        };
        let span = Span::new(left.span.offset(), right.span.end as usize);
        if matches!(left.form, Form::Hole(_)) || matches!(right.form, Form::Hole(_)) {
            return Node { span, form: Form::Hole(vec![left, right]) };
        }
        Node { span, form: Form::Condition(Box::new(Condition { left, operator, right })) }
    }

    fn comparison(&mut self) -> Option<Comparison> {
        self.blanks();
        let start = self.at;
        while matches!(self.byte(), Some(b'=' | b'<' | b'>' | b'!')) {
            self.at += 1;
        }
        let operator = match &self.text[start..self.at] {
            "" => return None,
            "=" => Comparison::Equal,
            "<>" => Comparison::NotEqual,
            ">" => Comparison::Greater,
            "<" => Comparison::Less,
            ">=" => Comparison::GreaterOrEqual,
            "<=" => Comparison::LessOrEqual,
            wrong => {
                let message = format!("`{wrong}` is not an operator");
                let help = match wrong {
                    "==" => "equality is written `=`",
                    "!=" => "inequality is written `<>`",
                    _ => "the operators are = <> > < >= <=",
                };
                self.error("bad_operator", Span::new(start, self.at), message, Some(help));
                Comparison::Equal
            }
        };
        Some(operator)
    }

    fn value(&mut self) -> Node {
        let start = self.at;
        match self.byte() {
            Some(b'"') => self.string(),
            Some(b'[') => self.attribute(),
            Some(b'0'..=b'9' | b'-' | b'&') => self.number(),
            Some(byte) if byte.is_ascii_alphabetic() => self.word(),
            _ => {
                let (message, help) = match self.text[start..].chars().next() {
                    Some('\'' | '“' | '”' | '‘' | '’' | '„' | '«') => {
                        self.skip_other_quotes();
                        ("a string stands in straight double quotes", Some("write `\"text\"`".to_owned()))
                    }
                    Some('%') => {
                        ("`%` does not start a value", Some("an attribute stands in brackets: `[name]`".to_owned()))
                    }
                    Some(c) if c.is_alphabetic() => {
                        ("a name has only the letters A to Z and digits", near_word(&self.text[start..]))
                    }
                    _ => ("expected a function call, `[attribute]`, \"text\" or a number", None),
                };
                self.skip_argument();
                if self.at == start {
                    self.at = self.ceil(start + 1);
                }
                let shown = self.text[start..self.at].trim_end().len().max(1);
                let end = self.ceil(start + shown);
                self.error("unexpected", Span::new(start, end), message.to_owned(), help.as_deref());
                self.hole(start)
            }
        }
    }

    fn string(&mut self) -> Node {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        let bytes = self.text.as_bytes();
        loop {
            let from = self.at;
            while !matches!(self.byte(), None | Some(b'"' | b'\\')) {
                self.at += 1;
            }
            text.push_str(&self.text[from..self.at]);
            match (self.byte(), bytes.get(self.at + 1)) {
                (Some(b'"'), _) => {
                    self.at += 1;
                    break;
                }
                (Some(b'\\'), Some(escaped @ (b'\\' | b'"'))) => {
                    text.push(char::from(*escaped));
                    self.at += 2;
                }
                // A backslash before anything else stays, with what follows.
                (Some(_), _) => {
                    text.push('\\');
                    self.at += 1;
                }
                (None, _) => {
                    self.broken_off = true;
                    let help = "close it with `\"`; a quote inside a string is written `\\\"`";
                    let message = "the string is not closed".to_owned();
                    self.error("unclosed_string", Span::new(start, self.at), message, Some(help));
                    return self.hole(start);
                }
            }
        }
        Node { span: Span::new(start, self.at), form: Form::Literal(Value::text(text), Prepared::Nothing) }
    }

    fn attribute(&mut self) -> Node {
        let start = self.at;
        let Some(length) = self.text[start..].find(']') else {
            self.at += 1;
            self.skip_argument();
            self.at = self.at.max(start + 1);
            let message = "the attribute is not closed".to_owned();
            self.error("unclosed_attribute", Span::new(start, self.at), message, Some("close it with `]`"));
            return self.hole(start);
        };
        self.at = start + length + 1;
        let name = &self.text[start + 1..start + length];
        if name.trim().is_empty() {
            let message = "there is no attribute name between the brackets".to_owned();
            self.error("empty_attribute", Span::new(start, self.at), message, None);
            return self.hole(start);
        }
        Node { span: Span::new(start, self.at), form: Form::Attribute(name.into()) }
    }

    fn number(&mut self) -> Node {
        let start = self.at;
        self.at += 1;
        while self.byte().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.') {
            self.at += 1;
        }
        let written = &self.text[start..self.at];
        let span = Span::new(start, self.at);
        let number = match written.strip_prefix("&H") {
            // Hexadecimal literals are bit patterns: &HFFFFFFFFFFFFFFFF is -1.
            Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16).ok().map(u64::cast_signed),
            Some(_) => None,
            None => written.parse::<i64>().ok(),
        };
        if let Some(number) = number {
            return Node { span, form: Form::Literal(Value::Integer(number), Prepared::Nothing) };
        }
        let digits = written.trim_start_matches('-');
        let (message, help) = if written == "&" {
            ("`&` does not put texts together here".to_owned(), Some("use `Append` or `Join`"))
        } else if digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() {
            (format!("{written} does not fit into 64 bits"), None)
        } else {
            (format!("`{written}` is not a whole number"), Some("numbers are decimal, or hexadecimal as `&HFF`"))
        };
        self.skip_argument();
        self.error("bad_number", span, message, help);
        self.hole(start)
    }

    /// A word is a call when a parenthesis follows, else a constant or a mistake.
    fn word(&mut self) -> Node {
        let start = self.at;
        while self.byte().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_') {
            self.at += 1;
        }
        let name = &self.text[start..self.at];
        let span = Span::new(start, self.at);
        self.blanks();
        if self.byte() == Some(b'(') {
            return self.call(name, span);
        }
        if let Some(constant) = Constant::ALL.into_iter().find(|constant| constant.as_str() == name) {
            return Node { span, form: Form::Constant(constant) };
        }
        let name = name.to_owned();
        let help = match name.to_ascii_lowercase().as_str() {
            "and" | "or" | "not" => "there is no AND, OR or NOT between conditions; nest `IIF` instead".to_owned(),
            "true" | "false" => format!("write it as text: \"{name}\""),
            "null" | "authorizednull" => "leave the argument out instead: nothing between two commas".to_owned(),
            _ => match near_miss(&name, Constant::ALL.map(Constant::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("an attribute stands in brackets, `[{name}]`; text in double quotes"),
            },
        };
        self.skip_argument();
        self.error("bare_word", span, format!("`{name}` stands alone"), Some(&help));
        self.hole(start)
    }

    fn call(&mut self, name: &str, name_span: Span) -> Node {
        let start = name_span.offset();
        let open = self.at;
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("calls are nested deeper than {MAX_DEPTH}");
            self.error("too_deep", name_span, message, None);
            self.at = self.text.len();
            self.broken_off = true;
            return self.hole(start);
        }
        let (args, trusted) = self.arguments(open);
        self.depth = self.depth.saturating_sub(1);
        let span = Span::new(start, self.at);
        match functions::find(name) {
            Some(function) if trusted => Node { span, form: Form::Call(Call { function, args }) },
            Some(_) => Node { span, form: Form::Hole(args) },
            None => {
                let (message, help) = unknown_function(name);
                self.error("unknown_function", name_span, message, help.as_deref());
                Node { span, form: Form::Hole(args) }
            }
        }
    }

    /// From behind `(` to behind `)`, and whether the commas can be trusted.
    fn arguments(&mut self, open: usize) -> (Vec<Node>, bool) {
        let (mut args, mut trusted) = (Vec::new(), true);
        loop {
            let mut arg = self.argument();
            self.blanks();
            if !matches!(self.byte(), None | Some(b')' | b',' | b';')) {
                arg = self.junk(arg);
                trusted = false;
            }
            let nothing = args.is_empty() && matches!(arg.form, Form::Omitted);
            let end = self.byte();
            if !nothing || matches!(end, Some(b',' | b';')) {
                args.push(arg);
            }
            match end {
                Some(b')') => {
                    self.at += 1;
                    return (args, trusted);
                }
                Some(b',') => self.at += 1,
                Some(_) => {
                    let span = Span::new(self.at, self.at + 1);
                    self.error("bad_separator", span, "arguments are separated by commas".to_owned(), None);
                    self.at += 1;
                }
                None => {
                    if !self.broken_off {
                        self.broken_off = true;
                        let message = "the parenthesis is not closed".to_owned();
                        self.error("unclosed_call", Span::new(open, open + 1), message, Some("close it with `)`"));
                    }
                    return (args, trusted);
                }
            }
            if self.errors.len() >= MAX_ERRORS {
                self.at = self.text.len();
                self.broken_off = true;
            }
        }
    }

    /// Text between the end of an argument and the next comma or parenthesis.
    fn junk(&mut self, before: Node) -> Node {
        let start = self.at;
        self.skip_argument();
        let found = self.text[start..self.at].trim_end();
        let word = found.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
        let help = match (found.as_bytes().first(), word.as_str()) {
            (_, "and" | "or") => AND_OR,
            _ if found.starts_with("&&") || found.starts_with("||") => AND_OR,
            (Some(b'['), _) => "there is no indexing; `Item(list, 1)` takes one value of a list",
            (Some(b'&' | b'+' | b'|'), _) => "texts are put together with `Append` or `Join`",
            (Some(b'=' | b'<' | b'>'), _) => "a condition has one comparison; nest `IIF` for more",
            _ => "is a comma missing before it?",
        };
        let span = Span::new(start, start + found.len());
        self.error("unexpected", span, "expected a comma or `)`".to_owned(), Some(help));
        Node { span: Span::new(before.span.offset(), self.at), form: Form::Hole(vec![before]) }
    }

    /// Goes to the next `,` `;` or `)` of this call, past strings, brackets and inner calls.
    fn skip_argument(&mut self) {
        let mut open = 0usize;
        let bytes = self.text.as_bytes();
        while let Some(byte) = self.byte() {
            match byte {
                b',' | b';' if open == 0 => break,
                b')' if open == 0 => break,
                b')' => open -= 1,
                b'(' => open += 1,
                b'"' => {
                    self.at += 1;
                    while self.byte().is_some_and(|b| b != b'"') {
                        let escapes =
                            self.byte() == Some(b'\\') && matches!(bytes.get(self.at + 1), Some(b'\\' | b'"'));
                        self.at += if escapes { 2 } else { 1 };
                    }
                }
                b'[' => {
                    if let Some(length) = self.text[self.at..].find(']') {
                        self.at += length;
                    }
                }
                _ => {}
            }
            self.at = (self.at + 1).min(self.text.len());
        }
    }

    fn skip_other_quotes(&mut self) {
        let rest = &self.text[self.at..];
        let Some(open) = rest.chars().next() else { return };
        let inside = &rest[open.len_utf8()..];
        let closes = |c: char| if open == '\'' { c == '\'' } else { matches!(c, '”' | '“' | '’' | '‘' | '»') };
        if let Some(length) = inside.find(closes) {
            let close = inside[length..].chars().next().map_or(0, char::len_utf8);
            self.at += open.len_utf8() + length + close;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn ceil(&self, mut offset: usize) -> usize {
        offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset += 1;
        }
        offset
    }

    fn hole(&self, start: usize) -> Node {
        Node { span: Span::new(start.min(self.at), self.at), form: Form::Hole(Vec::new()) }
    }

    fn error(&mut self, code: &'static str, span: Span, message: String, help: Option<&str>) {
        self.errors.push(ExprError {
            code,
            message,
            offset: span.offset(),
            length: span.length(),
            help: help.map(str::to_owned),
        });
    }
}

fn unknown_function(name: &str) -> (String, Option<String>) {
    let names = || functions::functions().iter().map(|function: &Function| function.name);
    if let Some(right) = names().find(|right| right.eq_ignore_ascii_case(name)) {
        let message = format!("there is no function `{name}`: names are case-sensitive");
        return (message, Some(format!("write `{right}`")));
    }
    let other = match name.to_ascii_lowercase().as_str() {
        "if" => Some("IIF"),
        "length" | "strlen" => Some("Len"),
        "concat" | "concatenate" => Some("Join"),
        "substring" | "substr" => Some("Mid"),
        "trim" | "ltrim" | "rtrim" => Some("StripSpaces"),
        "lower" | "lcase" => Some("ToLower"),
        "upper" | "ucase" => Some("ToUpper"),
        "contains" | "indexof" => Some("InStr"),
        "isblank" | "isempty" => Some("IsNullOrEmpty"),
        "case" | "choose" => Some("Switch"),
        _ => near_miss(name, names()),
    };
    let help = match other {
        Some(other) => format!("did you mean `{other}`?"),
        None => "`dialform help expressions` lists the functions".to_owned(),
    };
    (format!("there is no function `{name}`"), Some(help))
}

fn near_word(rest: &str) -> Option<String> {
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
    near_miss(&word, functions::functions().iter().map(|function| function.name))
        .map(|near| format!("did you mean `{near}`?"))
}
