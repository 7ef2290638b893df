//! Values to text, for people and for machines.
//!
//! Every function here takes a value and gives a `String`. What comes from the
//! directory, from Dialpad or from a file is hostile until [`neutral`] has seen
//! it: it may carry terminal control sequences, text that runs backwards, or markup.

pub mod edit;
pub mod evaluation;
pub mod findings;
pub mod html;
pub mod json;
pub mod markdown;
pub mod neutral;
pub mod policy;
pub mod problems;
pub mod text;
pub mod waiting;
pub mod words;

mod outcome;
mod phrase;
mod summary;
