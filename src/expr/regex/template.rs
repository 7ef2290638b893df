//! Replacement templates: `$1`, `${name}`, `$$`, `$&`, `` $` ``, `$'`, `$+`, `$_`.
//!
//! Facts: "Substitutions in regular expressions" of the .NET documentation.
//! What names no group is literal text.

use super::{Found, Pattern};

/// A replacement, taken apart for one pattern.
#[derive(Debug)]
pub(in crate::expr) struct Template<'t> {
    parts: Vec<Part<'t>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    /// By name or number.
    Group(&'t str),
    Before,
    After,
    Last,
    Whole,
}

impl<'t> Template<'t> {
    pub(in crate::expr) fn parse(text: &'t str, pattern: &Pattern) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            if dollar > 0 {
                parts.push(Part::Text(&rest[..dollar]));
            }
            let (part, length) = substitution(&rest[dollar..], pattern);
            parts.push(part);
            rest = &rest[dollar + length..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest));
        }
        Self { parts }
    }

    /// Appends the replacement of one match of `text` to `out`.
    pub(in crate::expr) fn expand(&self, found: &Found, text: &str, out: &mut String) {
        let (start, end) = found.span();
        for part in &self.parts {
            match part {
                Part::Text(literal) => out.push_str(literal),
                Part::Group(name) => out.push_str(found.group(name).map_or("", |(start, end)| &text[start..end])),
                Part::Before => out.push_str(&text[..start]),
                Part::After => out.push_str(&text[end..]),
                Part::Last => out.push_str(found.last().map_or("", |(start, end)| &text[start..end])),
                Part::Whole => out.push_str(text),
            }
        }
    }
}

/// The substitution at the start of `text`, which is a dollar, and its length.
fn substitution<'t>(text: &'t str, pattern: &Pattern) -> (Part<'t>, usize) {
    let literal = (Part::Text(&text[..1]), 1);
    match text.as_bytes().get(1) {
        Some(b'$') => (Part::Text(&text[..1]), 2),
        Some(b'&') => (Part::Group("0"), 2),
        Some(b'`') => (Part::Before, 2),
        Some(b'\'') => (Part::After, 2),
        Some(b'+') => (Part::Last, 2),
        Some(b'_') => (Part::Whole, 2),
        Some(b'{') => match text.find('}') {
            Some(close) if pattern.has_group(&text[2..close]) => (Part::Group(&text[2..close]), close + 1),
            _ => literal,
        },
        Some(b'0'..=b'9') => {
            // The longest number that is a group's.
            let digits = text[1..].bytes().take(9).take_while(u8::is_ascii_digit).count();
            let known = (1..=digits).rev().find(|n| pattern.has_group(&text[1..=*n]));
            known.map_or(literal, |n| (Part::Group(&text[1..=n]), n + 1))
        }
        _ => literal,
    }
}
