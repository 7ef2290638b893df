//! `dialform show`.

use super::Terminal;
use crate::exit::Exit;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let _ = args;
    terminal.complain("failed to run: not written yet");
    Exit::Failed
}
