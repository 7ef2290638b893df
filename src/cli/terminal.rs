//! Where a command writes: data to standard output, everything said to people
//! to standard error.

use std::io::{self, IsTerminal, Write};

use super::output::plain;

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal that knows them, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The two outputs of a command and what is known of them.
pub struct Terminal {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Whether data may be coloured.
    pub color: bool,
    /// Whether what is said to people may be coloured.
    pub color_err: bool,
    /// Whether a person can answer: standard input and error are terminals.
    pub interactive: bool,
    /// Whether progress can be drawn on standard error.
    pub progress: bool,
    /// Columns of standard output, where it is a terminal.
    pub width: Option<usize>,
    /// Nothing is said but errors.
    pub quiet: bool,
    /// What was complained of last, for whoever is told of a failure elsewhere.
    pub complaint: String,
    /// Why data could not be written, as on a full disk.
    pub unwritten: Option<io::Error>,
}

impl Terminal {
    /// The terminal of this process.
    pub fn of_process(color: Color, quiet: bool) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let wanted = |is_terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
        };
        let term = |name| std::env::var_os(name).is_some_and(|value| value != "dumb" && !value.is_empty());
        Self {
            color: wanted(out.is_terminal()),
            color_err: wanted(err.is_terminal()),
            interactive: io::stdin().is_terminal() && err.is_terminal(),
            progress: err.is_terminal() && term("TERM") && !quiet,
            width: std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
            quiet,
            complaint: String::new(),
            unwritten: None,
            out: Box::new(out),
            err: Box::new(err),
        }
    }

    /// A terminal that writes into buffers, without colour or a person.
    pub fn of_buffers(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        let (color, color_err, interactive, progress, quiet) = (false, false, false, false, false);
        let (width, complaint, unwritten) = (None, String::new(), None);
        Self { out, err, color, color_err, interactive, progress, width, quiet, complaint, unwritten }
    }

    /// A terminal that shows what this one shows and says nothing itself, for drawing beside it.
    pub fn twin(&self) -> Self {
        let Self {
            color,
            color_err,
            interactive: _,
            progress,
            width,
            quiet,
            complaint: _,
            unwritten: _,
            out: _,
            err: _,
        } = self;
        Self {
            color: *color,
            color_err: *color_err,
            progress: *progress,
            width: *width,
            quiet: *quiet,
            ..Self::of_buffers(Box::new(io::sink()), Box::new(io::sink()))
        }
    }

    /// A terminal that says what it has to say on standard error too, for a task of its own.
    pub fn beside(&self) -> Self {
        Self { err: Box::new(io::stderr()), ..self.twin() }
    }

    /// Writes data. A reader that went away (`| head`) is no error: the command goes on.
    /// Another failure is kept, and the command ends with it.
    pub fn data(&mut self, text: &str) {
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => self.unwritten = Some(error),
            Ok(()) | Err(_) => {}
        }
    }

    /// Says that data could not be written, if that is so.
    pub fn complain_of_unwritten(&mut self) -> bool {
        let Some(error) = self.unwritten.take() else { return false };
        self.complain(&format!("failed to write the output: {}; what was written of it is not whole", plain(&error)));
        true
    }

    /// Says something to people, with a line end; nothing with `--quiet`.
    pub fn say(&mut self, text: &str) {
        if !self.quiet {
            self.write(text);
        }
    }

    /// Says what is wrong, with a line end, also with `--quiet`.
    pub fn complain(&mut self, text: &str) {
        text.clone_into(&mut self.complaint);
        self.write(text);
    }

    fn write(&mut self, text: &str) {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        // Nobody is left to be told.
        let _ = write!(self.err, "{text}{end}").and_then(|()| self.err.flush());
    }
}
