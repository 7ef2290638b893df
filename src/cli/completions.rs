//! `dialform completions SHELL` and `dialform man`.

use clap::CommandFactory;

use super::{Cli, Terminal};
use crate::exit::Exit;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Prints the script that completes commands and flags.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dialform", &mut script);
    terminal.data(&String::from_utf8_lossy(&script));
    Exit::Done
}
