//! Plans and outcomes as Markdown for a comment on a pull request.
//!
//! A comment holds 65,536 characters; what does not fit is cut, and said. Nothing
//! from the directory is Markdown or HTML here: see [`escape`].

pub(super) mod escape;
mod outcome;
mod plan;
mod sections;

pub use outcome::outcome;
pub use plan::{plan, seats_alone as seats};

/// The longest comment, in characters: GitHub's limit is 65,536.
pub const MAX_CHARS: usize = 65_000;

#[cfg(test)]
mod tests;
