//! One binary for all integration tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod doctor;
mod eval;
mod examples;
mod expressions;
mod filters;
mod inputs;
mod language_pages;
mod layers;
mod manifest;
mod odd_servers;
mod planning;
mod policy_tests;
mod program;
mod rendering;
mod source_files;
