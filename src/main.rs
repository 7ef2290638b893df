//! The program: reads its arguments and runs a command of the library.

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use dialform::{cli::sandbox, names::Secret};

#[derive(Parser)]
#[command(version, about)]
enum Dialform {
    Sandbox(sandbox::Args),
}

fn main() -> ExitCode {
    let Dialform::Sandbox(args) = Dialform::parse();
    let token = env::var(sandbox::TOKEN_VARIABLE).ok().filter(|token| !token.trim().is_empty());
    let interrupted = async {
        // If signals cannot be had, the sandbox ends with its process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    let mut say = io::stderr();
    match runtime.block_on(sandbox::run(args, token.as_deref().map(Secret::new), interrupted, &mut say)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(problem: &str) -> ExitCode {
    // Nothing is left to do if this cannot be written.
    let _ = writeln!(io::stderr(), "failed to {problem}");
    ExitCode::FAILURE
}
