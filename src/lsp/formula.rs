//! Where in a mapping expression a cursor stands, told from the text before it:
//! the expression rarely parses while somebody types.

use crate::expr::{self, Function, Parameter};

/// Where in an expression a cursor stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Within {
    /// What is being written.
    pub token: Token,
    /// The calls that are open, the outermost first.
    pub calls: Vec<Call>,
}

/// What is being written at a cursor. Offsets are bytes of the expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// The name of a source attribute, begun at this offset behind its bracket.
    Attribute(usize),
    /// A text in quotes, begun at this offset behind its quote.
    Text(usize),
    /// A word, or nothing yet, begun at this offset.
    Word(usize),
}

/// A call that is not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The name as written.
    pub name: String,
    /// Which argument the cursor is in, from 0.
    pub argument: usize,
    /// The source attribute that the first argument is.
    pub first: Option<String>,
}

impl Call {
    /// The function, where it is one, and the parameter that the cursor is in.
    pub(super) fn function(&self) -> Option<(&'static Function, Option<&'static Parameter>)> {
        let function = expr::find(&self.name)?;
        Some((function, function.parameter(self.argument)))
    }
}

/// Reads an expression up to a cursor.
pub(super) fn within(before: &str) -> Within {
    let mut calls: Vec<Call> = Vec::new();
    let mut starts: Vec<usize> = Vec::new();
    let mut token = Token::Word(0);
    let mut chars = before.char_indices();
    while let Some((at, c)) = chars.next() {
        let next = at + c.len_utf8();
        match (token, c) {
            (Token::Attribute(_), ']') | (Token::Text(_), '"') => token = Token::Word(next),
            (Token::Text(_), '\\') => {
                chars.next();
            }
            (Token::Attribute(_) | Token::Text(_), _) => {}
            (Token::Word(_), '[') => token = Token::Attribute(next),
            (Token::Word(_), '"') => token = Token::Text(next),
            (Token::Word(_), c) if is_word(c) => {}
            (Token::Word(_), c) => {
                token = Token::Word(next);
                match c {
                    '(' => {
                        let head = before[..at].trim_end();
                        calls.push(Call { name: last_word(head).to_owned(), argument: 0, first: None });
                        starts.push(next);
                    }
                    ')' => {
                        calls.pop();
                        starts.pop();
                    }
                    ',' => {
                        if let (Some(call), Some(start)) = (calls.last_mut(), starts.last()) {
                            if call.argument == 0 {
                                call.first = attribute(&before[*start..at]);
                            }
                            call.argument += 1;
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    Within { token, calls }
}

/// The name in `[name]`, where an argument is that and nothing else.
fn attribute(argument: &str) -> Option<String> {
    argument.trim().strip_prefix('[')?.strip_suffix(']').map(str::to_owned)
}

fn last_word(text: &str) -> &str {
    text.rfind(|c: char| !is_word(c)).map_or(text, |at| text[at..].trim_start_matches(|c: char| !is_word(c)))
}

/// Whether a character can be in the name of a function or marker.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The word around an offset: a function, or an attribute in its brackets.
pub(super) fn word(text: &str, offset: usize) -> Option<(Token, std::ops::Range<usize>)> {
    let offset = offset.min(text.len());
    let Within { token, .. } = within(text.get(..offset)?);
    match token {
        Token::Attribute(start) => {
            let end = text[start..].find(']').map_or(text.len(), |end| start + end);
            Some((token, start..end))
        }
        Token::Text(_) => None,
        Token::Word(_) => {
            if text[offset..].starts_with('[') {
                return word(text, offset + 1);
            }
            let start = offset - last_word(&text[..offset]).len();
            let end = text[offset..].find(|c: char| !is_word(c)).map_or(text.len(), |end| offset + end);
            (start < end).then_some((Token::Word(start), start..end))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(before: &str) -> (String, String) {
        let Within { token, calls } = within(before);
        let token = match token {
            Token::Attribute(start) => format!("[{}", &before[start..]),
            Token::Text(start) => format!("\"{}", &before[start..]),
            Token::Word(start) => before[start..].to_owned(),
        };
        let calls: Vec<String> = calls.iter().map(|call| format!("{}:{}", call.name, call.argument)).collect();
        (token, calls.join(" "))
    }

    #[test]
    fn a_cursor_knows_the_calls_around_it() {
        for (before, token, calls) in [
            ("", "", ""),
            ("Jo", "Jo", ""),
            ("Join(", "", "Join:0"),
            ("Join(\" \", [giv", "[giv", "Join:1"),
            ("Join(\" \", [givenName], ", "", "Join:2"),
            ("Join(\" \", [givenName], ToUp", "ToUp", "Join:2"),
            ("Switch(Word([mail], 1, \"@,\"), \"x", "\"x", "Switch:1"),
            ("IIF([a]=\"\\\"(\", Now(), ", "", "IIF:2"),
            ("Append (", "", "Append:0"),
            ("é(", "", "é:0"),
            ("A)B(", "", "B:0"),
        ] {
            assert_eq!(told(before), (token.to_owned(), calls.to_owned()), "{before}");
        }
    }

    #[test]
    fn the_word_at_an_offset_is_a_name() {
        let text = "Join(\" \", [givenName], ToUpper([é]))";
        let at = |part: &str| word(text, text.find(part).unwrap()).map(|(_, range)| &text[range]);
        assert_eq!(at("oin"), Some("Join"));
        assert_eq!(at("[given"), Some("givenName"));
        assert_eq!(at("Name]"), Some("givenName"));
        assert_eq!(at("é"), Some("é"));
        assert_eq!(within("Switch([country], \"x\", ").calls[0].first.as_deref(), Some("country"));
        assert_eq!(at("Upper"), Some("ToUpper"));
        assert_eq!(word(text, 6), None, "within a text");
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in "[A-Za-z(),\\[\\]\"\\\\ é😀=]{0,40}") {
            for (offset, _) in text.char_indices() {
                let _ = within(&text[..offset]);
                if let Some((_, range)) = word(&text, offset) {
                    prop_assert!(text.get(range).is_some());
                }
            }
        }
    }
}
