//! Dialpad provisioning as code: a manifest, a plan, an apply.
//!
//! A YAML manifest declares who gets Dialpad, as what, with which values and
//! under which conditions. The planner compares that with live Dialpad and
//! gives a [`plan::Plan`]; applying carries out the plan and decides nothing.
//!
//! # Invariants
//!
//! - The planner cannot fail and cannot wait: [`plan::between`] returns a `Plan`,
//!   not a `Result`. What is wrong with one person is a held change.
//! - Equal inputs give byte-equal plans.
//! - A [`plan::Change`] holds all that is needed to carry it out. `apply` chooses
//!   only to go on or to stop.
//! - Nothing that is not ours is ever changed by a plan.
//! - Removals are planned only from a [`names::Complete`] reading.
//! - Only `dialpad` and `sandbox` know the wire's field names; only `render`
//!   knows colours; only `exit` knows exit codes.
//! - [`names::Secret`] prints as dots and is not `Serialize`.
//! - The rooms up to `render` are the core: synchronous, without files, network,
//!   clock, environment or terminal. `tests/it/layers.rs` holds the table.

pub mod apply;
pub mod cli;
pub mod desired;
pub mod dialpad;
pub mod directory;
pub mod exit;
pub mod export;
pub mod expr;
pub mod http;
pub mod import;
pub mod live;
pub mod log;
pub mod lsp;
pub mod manifest;
pub mod memory;
pub mod names;
pub mod notify;
pub mod plan;
pub mod policy_test;
pub mod problem;
pub mod render;
pub mod sandbox;
pub mod service;
pub mod source;
pub mod state;
