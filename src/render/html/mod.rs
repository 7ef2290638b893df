//! Plans and outcomes as one HTML file that needs nothing else.
//!
//! Styles and script stand in the page and are the only ones that its policy lets
//! through, by their digests; nothing is loaded and nothing is sent. Without
//! JavaScript the page is the plain list. Everything foreign goes through
//! [`neutral`](crate::render::neutral) and is escaped by the templates.

mod attribute;
mod change;
mod edit;
mod held;
mod outcome;
mod page;
mod plan;

/// Entries that a browser lays out together; those far from the window wait.
const CHUNK: usize = 50;

pub use edit::edit;
pub use outcome::outcome;
pub use plan::plan;

#[cfg(test)]
mod tests;
