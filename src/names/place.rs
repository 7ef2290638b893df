use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Where something was written: file, line and column (both from 1).
///
/// Every node of the manifest keeps its place, so that a change in a plan can
/// name the line that caused it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The path as the user wrote it, relative to where the command runs.
    pub file: Arc<str>,
    /// Line, from 1. Zero when the value was not written but is a default.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Place {
    /// A place in `file`.
    pub fn new(file: impl Into<Arc<str>>, line: u32, column: u32) -> Self {
        Self { file: file.into(), line, column }
    }

    /// The place of what was not written: a default.
    pub fn default_value() -> Self {
        Self { file: "default".into(), line: 0, column: 0 }
    }

    /// Whether this is a default rather than something written.
    pub fn is_default(&self) -> bool {
        self.line == 0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_default() { f.write_str(&self.file) } else { write!(f, "{}:{}", self.file, self.line) }
    }
}
