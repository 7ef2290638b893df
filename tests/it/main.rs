//! One binary for all integration tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod doctor;
mod eval;
mod examples;
mod explaining;
mod expressions;
mod filters;
mod group_planning;
mod inputs;
mod language_pages;
mod layers;
mod manifest;
mod odd_servers;
mod planning;
mod policy_tests;
#[expect(dead_code, reason = "for the tests to come")]
mod process;
mod program;
mod rendering;
mod selection;
mod source_files;
