//! One binary for all integration tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod expressions;
mod filters;
mod layers;
mod source_files;
