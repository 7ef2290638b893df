//! One binary for all integration tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod applying;
mod client;
mod doctor;
mod eval;
mod examples;
mod explaining;
mod expressions;
mod faults;
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
mod simulation;
mod source_files;
