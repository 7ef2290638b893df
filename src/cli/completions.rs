//! `dialform completions SHELL` and `dialform man`.

use clap::CommandFactory;

use super::{Cli, Terminal};
use crate::exit::Exit;

/// The arguments of `man`.
#[derive(Clone, Debug, clap::Args)]
pub struct ManArgs {
    /// The command that the page is about; without it, the program
    pub command: Option<String>,
}

/// Prints a manual page in roff: `dialform man | man -l -`.
pub fn man(args: &ManArgs, terminal: &mut Terminal) -> Exit {
    let mut program = Cli::command();
    program.build();
    let about = match &args.command {
        None => Some(program.clone()),
        Some(name) => program.find_subcommand(name).cloned(),
    };
    let mut page = Vec::new();
    match about.map(|command| clap_mangen::Man::new(command).render(&mut page)) {
        Some(Ok(())) => {
            terminal.data(&String::from_utf8_lossy(&page));
            Exit::Done
        }
        Some(Err(error)) => {
            terminal.complain(&format!("failed to write the page: {error}"));
            Exit::Failed
        }
        None => {
            terminal.complain("failed to find that command; `dialform help` lists them");
            Exit::Failed
        }
    }
}

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
