//! One binary for all integration tests.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::needless_pass_by_value, reason = "`json!` is written where it is used")]

mod admin_reading;
mod applying;
mod canary;
mod client;
mod client_faults;
mod desired;
mod doctor;
mod editor;
mod entra;
mod entra_example;
mod entra_reading;
mod escrow;
mod eval;
mod examples;
mod explaining;
mod expressions;
mod faults;
mod filters;
mod granting;
mod graph;
mod group_planning;
mod hostile_manifests;
mod importing;
mod importing_live;
mod init;
mod inputs;
mod interop;
mod interop_faults;
mod kills;
mod language_pages;
mod laws;
mod layers;
mod login;
mod manifest;
mod memory_in_ci;
mod model;
mod object_stores;
mod objects;
mod odd_servers;
mod pages;
mod planning;
mod policy_tests;
mod process;
mod program;
mod proxy;
mod quickstart;
mod rendering;
mod sandbox_api;
mod seat_law;
mod selection;
mod signing_in;
mod simulation;
mod source_files;
