//! Plans and outcomes as text made for people.
//!
//! How it is to be read is in `docs/output.md`: numbers first, then what changes
//! in the order in which it is done, then what is held back and what to do about it.

mod changes;
mod explain;
mod export;
mod findings;
mod held;
mod import;
mod outcome;
pub(in crate::render) mod page;
pub(in crate::render) mod paint;
mod plan;
mod seats;
pub(in crate::render) mod value;

pub use explain::explain;
pub use export::export;
pub use findings::findings;
pub use import::import;
pub use outcome::{outcome, progress};
pub use plan::plan;
pub use seats::seats;

pub use super::phrase::duration;

use page::Page;

/// How text is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// With colours.
    pub color: bool,
    /// Columns, where it is known how many there are.
    pub width: Option<usize>,
    /// Everything, however long.
    pub all: bool,
    /// With the names of what is not managed.
    pub unmanaged: bool,
}

impl View {
    /// How many of a long list are shown.
    fn first(&self, most: usize) -> usize {
        if self.all { usize::MAX } else { most }
    }
}

#[cfg(test)]
mod tests;
