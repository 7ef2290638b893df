//! The commands: one file for each, and what they share.

pub mod apply;
pub mod base;
pub mod check;
pub mod ci;
pub mod completions;
pub mod connect;
pub mod directory;
pub mod doctor;
pub mod eval;
pub mod export;
pub mod help;
pub mod import;
pub mod init;
pub mod inputs;
pub mod load;
pub mod log;
pub mod logging;
pub mod lsp;
pub mod notify;
pub mod output;
pub mod plan;
pub mod progress;
pub mod run;
pub mod sandbox;
pub mod schema;
pub mod seats;
pub mod secret;
pub mod show;
pub mod state;
pub mod tell;
pub mod terminal;
pub mod test;
#[cfg(feature = "otel")]
mod traces;
pub mod undo;

use std::path::PathBuf;

pub use terminal::{Color, Terminal};

use crate::exit::Exit;

/// Dialpad provisioning as code: a manifest, a plan, an apply
#[derive(Debug, clap::Parser)]
#[command(name = "dialform", version, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", help_heading = "Everywhere")]
    pub color: Color,
    /// Say nothing but errors
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    pub quiet: bool,
    /// Tell more: once for requests, twice for retries and waits
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Everywhere")]
    pub verbose: u8,
    /// How `-v` and `run` write
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Everywhere")]
    pub log_format: LogFormat,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// How messages of `-v` and the lines of `run` are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Every command.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write a starter manifest, sample people, tests and a CI workflow
    Init(init::Args),
    /// Make a manifest of what another tool holds
    Import(import::Args),
    /// Make a manifest and a people file of what Dialpad holds, which plan to no changes
    Export(export::Args),
    /// Validate the manifest offline: all problems at once, each with its place
    Check(check::Args),
    /// Show what would change in Dialpad, and why
    Plan(plan::Args),
    /// Carry out a plan
    Apply(apply::Args),
    /// Show the licences of each office: free, needed, freed, free after the plan
    Seats(seats::Args),
    /// Keep reconciling: one cycle after the other, with a status page
    Run(run::Args),
    /// Explain one person: scope, match, values, decision
    Show(show::Args),
    /// Evaluate a mapping expression
    Eval(eval::Args),
    /// Run the manifest's own tests
    Test(test::Args),
    /// Test the connection, and say what the service supports
    Doctor(doctor::Args),
    /// Try whom `notify` of the manifest tells
    Notify(notify::Args),
    /// Query the provisioning log
    Log(log::Args),
    /// Plan the way back from what a run did
    Undo(undo::Args),
    /// Look at and mend what is kept between runs
    State(state::Args),
    /// Remove the lock of a run that is gone
    Unlock(state::UnlockArgs),
    /// Print a JSON Schema
    Schema(schema::Args),
    /// Serve an editor: completion, hover and problems inside manifests
    Lsp(lsp::Args),
    /// Run an embedded Dialpad on this machine
    Sandbox(sandbox::Args),
    /// Print shell completions
    Completions(completions::Args),
    /// Print a manual page
    Man(completions::ManArgs),
    /// Explain a topic: manifest, expressions, filters, exit-codes, or a command
    Help(help::Args),
}

/// The manifest that a command is about.
#[derive(Clone, Debug, clap::Args)]
pub struct ManifestArg {
    /// The manifest
    #[arg(short, long, value_name = "FILE", env = "DIALFORM_MANIFEST", default_value = "dialform.yaml")]
    pub manifest: PathBuf,
}

/// The runtime of the commands that reach a network.
///
/// # Errors
/// When the system gives no threads.
pub fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("start: {}", output::plain(&error)))
}

/// Says what failed, as a fragment behind "failed to".
pub fn failed(problem: &str, terminal: &mut Terminal) -> Exit {
    terminal.complain(&format!("failed to {problem}"));
    Exit::Failed
}
