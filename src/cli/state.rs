//! `dialform state list|link|unlink` and `dialform unlock`.

use super::Terminal;
use crate::exit::Exit;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {}

/// The arguments of `unlock`.
#[derive(Clone, Debug, clap::Args)]
pub struct UnlockArgs {}

/// Runs `state`.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let _ = args;
    terminal.complain("failed to run: not written yet");
    Exit::Failed
}

/// Runs `unlock`.
pub fn unlock(args: &UnlockArgs, terminal: &mut Terminal) -> Exit {
    let _ = args;
    terminal.complain("failed to run: not written yet");
    Exit::Failed
}
