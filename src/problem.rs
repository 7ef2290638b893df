//! Problems with a place: what is wrong in a file that a person wrote.
//!
//! Readers gather all of them before they give up; `render` shows them, with the
//! offending text underlined where the text is at hand.

use std::{collections::BTreeMap, ops::Range};

use crate::names::{Place, Text};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It cannot be used.
    Error,
    /// It can, but is probably not meant.
    Warning,
}

/// Something wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub level: Level,
    /// A stable code in snake case, such as `unknown_key`.
    pub code: &'static str,
    /// A lower-case fragment.
    pub message: String,
    /// The file, as the user would name it.
    pub file: Text,
    /// Bytes of the file that are underlined; empty at a point, `0..0` for the whole file.
    pub span: Range<usize>,
    /// What was expected, a near miss, the next step.
    pub help: Option<String>,
    /// Other places that matter.
    pub related: Vec<Related>,
}

/// Another place that matters to a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// What is there, a lower-case fragment.
    pub message: String,
    /// The file.
    pub file: Text,
    /// Bytes of the file.
    pub span: Range<usize>,
}

impl Problem {
    /// An error.
    pub fn error(code: &'static str, file: &Text, span: Range<usize>, message: impl Into<String>) -> Self {
        let (file, message) = (file.clone(), message.into());
        Self { level: Level::Error, code, message, file, span, help: None, related: Vec::new() }
    }

    /// A warning.
    pub fn warning(code: &'static str, file: &Text, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, file, span, message) }
    }

    /// With the next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With another place.
    #[must_use]
    pub fn related(mut self, file: &Text, span: Range<usize>, message: impl Into<String>) -> Self {
        self.related.push(Related { message: message.into(), file: file.clone(), span });
        self
    }
}

/// The texts of files by name, for showing and computing places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    texts: BTreeMap<Text, Text>,
}

impl Sources {
    /// Keeps the text of a file.
    pub fn insert(&mut self, file: impl Into<Text>, text: impl Into<Text>) {
        self.texts.insert(file.into(), text.into());
    }

    /// The text of a file.
    pub fn get(&self, file: &str) -> Option<&Text> {
        self.texts.get(file)
    }

    /// The text of a file, with the name under which it is kept.
    pub fn entry(&self, file: &str) -> Option<(&Text, &Text)> {
        self.texts.get_key_value(file)
    }

    /// All files, in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Text)> {
        self.texts.iter()
    }

    /// Adds all files of `others`.
    pub fn extend(&mut self, others: Sources) {
        self.texts.extend(others.texts);
    }

    /// Line and column of a byte of a file.
    pub fn place(&self, file: &Text, offset: usize) -> Place {
        let text = self.get(file).map_or("", |text| &**text);
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place::new(file.clone(), number(line), number(column))
    }
}
