//! The program as a user runs it: a line of arguments, and what it wrote and returned.

use std::{
    ffi::OsString,
    io::{self, Write},
    sync::{Arc, Mutex},
};

use clap::Parser;
use dialform::{
    cli::{self, Cli, Command, Terminal},
    exit::Exit,
};

/// What a command wrote, and its exit code.
#[derive(Debug)]
pub struct Ran {
    pub out: String,
    pub err: String,
    pub code: u8,
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Runs an offline command in this process; others run as a process of their own.
pub fn dialform<T: AsRef<str>>(line: &[T]) -> Ran {
    let words = || std::iter::once("dialform").chain(line.iter().map(AsRef::as_ref)).map(OsString::from);
    let cli = match Cli::try_parse_from(words()) {
        Ok(cli) => cli,
        Err(error) => return Ran { out: String::new(), err: error.to_string(), code: Exit::Failed.code() },
    };
    let (out, err) = (Buffer::default(), Buffer::default());
    let mut terminal = Terminal::of_buffers(Box::new(out.clone()), Box::new(err.clone()));
    terminal.quiet = cli.quiet;
    let exit = match cli.command {
        Command::Check(args) => cli::check::run(&args, &mut terminal),
        Command::Import(args) => cli::import::run(&args, &mut terminal),
        Command::Schema(args) => cli::schema::run(&args, &mut terminal),
        Command::Eval(args) => cli::eval::run(&args, &mut terminal),
        Command::Init(args) => cli::init::run(&args, &mut terminal),
        Command::Test(args) => cli::test::run(&args, &mut terminal),
        other => unreachable!("{other:?} is not run in this process"),
    };
    Ran { out: out.text(), err: err.text(), code: exit.code() }
}
