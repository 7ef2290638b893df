//! A place that an editor asks about, with everything that is known there.

use std::sync::Arc;

use lsp_types::Range as Span;

use super::{
    cursor::{Cursor, Scalar},
    known::Known,
    text::{Lines, Units},
    workspace::{Part, Project},
};
use crate::manifest::{attributes, yaml::Aligned};

/// A place in an open file.
pub(super) struct Spot<'a> {
    /// The file, as `check` names it.
    pub file: &'a str,
    /// Its text.
    pub lines: &'a Lines,
    /// The byte.
    pub offset: usize,
    /// Where that is in the document.
    pub cursor: Cursor,
    /// What the file is.
    pub part: Part,
    /// The manifest that it belongs to.
    pub project: Option<&'a Project>,
    /// Names that exist.
    pub known: Arc<Known>,
    /// How the editor counts columns.
    pub units: Units,
    /// Whether the editor understands snippets.
    pub snippets: bool,
}

/// An expression as it is meant, without the quotes of YAML.
pub(super) struct Formula {
    /// Its text.
    pub text: String,
    /// Where the place is in it.
    pub offset: usize,
    aligned: Aligned,
}

impl Formula {
    /// The bytes of the file that hold a range of the expression.
    pub(super) fn in_file(&self, range: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        self.aligned.span(range.start, range.len())
    }
}

impl Spot<'_> {
    /// Bytes as a range of the editor.
    pub(super) fn span(&self, range: &std::ops::Range<usize>) -> Span {
        self.lines.span(range, self.units)
    }

    /// The expression at the place, where there is one.
    pub(super) fn formula(&self) -> Option<Formula> {
        if self.cursor.words().last() != Some(&"expression") {
            return None;
        }
        let scalar = self.cursor.scalar()?;
        let source = self.lines.text();
        let text = scalar.meant(&source[scalar.inner.clone()]);
        let aligned = Aligned::new(source, scalar.outer.clone(), &text);
        let offset =
            (0..=text.len()).find(|at| text.is_char_boundary(*at) && aligned.span(*at, 0).start >= self.offset);
        Some(Formula { offset: offset.unwrap_or(text.len()), text, aligned })
    }

    /// The scalar's text up to the place, as it is meant.
    pub(super) fn before(&self, scalar: &Scalar) -> String {
        let end = self.offset.clamp(scalar.inner.start, scalar.inner.end);
        scalar.meant(&self.lines.text()[scalar.inner.start..end])
    }

    /// Whether the place is about groups rather than people.
    pub(super) fn is_of_groups(&self) -> bool {
        matches!(self.cursor.words().as_slice(), ["filters" | "mappings", "groups", ..])
    }

    /// The attributes that the Entra portal offers here.
    pub(super) fn portal(&self) -> &'static [&'static str] {
        if self.is_of_groups() { &attributes::GROUP } else { &attributes::USER }
    }

    /// The source attribute that stands before the place in the same item or map.
    pub(super) fn attribute_before(&self) -> Option<&str> {
        let text = &self.lines.text()[..self.offset];
        let mut from = text.len().saturating_sub(2000);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let text = &text[from..];
        let at = text.rfind("attribute:")?;
        let value = text[at + "attribute:".len()..].split([',', '}', '\n']).next()?;
        let value = value.split(" #").next()?.trim().trim_matches(['"', '\'']);
        (!value.is_empty()).then_some(value)
    }
}
