//! The program: reads its arguments and runs a command of the library.

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, error::ErrorKind};
use dialform::{
    cli::{self, Cli, Command, LogFormat, Terminal},
    exit::Exit,
    names::Secret,
};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing is left to do if this cannot be written.
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked { Exit::Done } else { Exit::Failed }.into();
        }
    };
    let mut terminal = Terminal::of_process(cli.color, cli.quiet);
    let (_logging, problem) = cli::logging::start(cli.verbose, cli.log_format, terminal.color_err);
    if let Some(problem) = problem {
        terminal.complain(&format!("warning: failed to {problem}"));
    }
    // What they did in Dialpad is not undone by a report that nobody got.
    let changes = matches!(cli.command, Command::Apply(_) | Command::Run(_));
    let exit = run(cli.command, cli.log_format, &mut terminal);
    let exit = if terminal.complain_of_unwritten() && !changes { Exit::Failed } else { exit };
    exit.into()
}

fn run(command: Command, format: LogFormat, terminal: &mut Terminal) -> Exit {
    match command {
        Command::Init(args) => cli::init::run(&args, terminal),
        Command::Import(args) => cli::import::run(&args, terminal),
        Command::Export(args) => cli::export::run(&args, terminal),
        Command::Check(args) => cli::check::run(&args, terminal),
        Command::Plan(args) => cli::plan::run(&args, terminal),
        Command::Apply(args) => cli::apply::run(&args, terminal),
        Command::Seats(args) => cli::seats::run(&args, terminal),
        Command::Run(args) => cli::run::run(&args, format, terminal),
        Command::Show(args) => cli::show::run(&args, terminal),
        Command::Eval(args) => cli::eval::run(&args, terminal),
        Command::Test(args) => cli::test::run(&args, terminal),
        Command::Doctor(args) => cli::doctor::run(&args, terminal),
        Command::Notify(args) => cli::notify::run(&args, terminal),
        Command::Log(args) => cli::log::run(&args, terminal),
        Command::Undo(args) => cli::undo::run(&args, terminal),
        Command::State(args) => cli::state::run(&args, terminal),
        Command::Unlock(args) => cli::state::unlock(&args, terminal),
        Command::Schema(args) => cli::schema::run(&args, terminal),
        Command::Lsp(args) => cli::lsp::run(&args, terminal),
        Command::Sandbox(args) => sandbox(args, terminal),
        Command::Completions(args) => cli::completions::run(&args, terminal),
        Command::Man(args) => cli::completions::man(&args, terminal),
        Command::Help(args) => cli::help::run(&args, terminal),
    }
}

fn sandbox(args: cli::sandbox::Args, terminal: &mut Terminal) -> Exit {
    let token = env::var(cli::sandbox::TOKEN_VARIABLE).ok().filter(|token| !token.trim().is_empty());
    let interrupted = async {
        // If signals cannot be had, the sandbox ends with its process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let ran = tokio::runtime::Runtime::new().map_err(|error| error.to_string()).and_then(|runtime| {
        let mut say: Box<dyn Write + Send> = Box::new(io::stderr());
        runtime
            .block_on(cli::sandbox::run(args, token.as_deref().map(Secret::new), interrupted, &mut say))
            .map_err(|error| error.to_string())
    });
    match ran {
        Ok(()) => Exit::Done,
        Err(problem) => {
            terminal.complain(&format!("failed to {problem}"));
            Exit::Failed
        }
    }
}
