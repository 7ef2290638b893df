//! `dialform show PERSON`: why somebody has, or has not, Dialpad.

use super::{ManifestArg, Terminal, directory::Reach, inputs};
use crate::{
    exit::Exit,
    plan::{self, Options},
    render::{self, text::View},
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Who: a user name, mail address or id of the source or of Dialpad; or a group's name
    person: String,
    #[command(flatten)]
    manifest: ManifestArg,
    #[command(flatten)]
    reading: inputs::ReadingArgs,
    /// How the explanation is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// How an explanation is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// Explains.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let inputs = match inputs::read(&args.manifest.manifest, &args.reading, Reach::default(), terminal) {
        Ok(inputs) => inputs,
        Err(exit) => return exit,
    };
    let options = Options { target: inputs.target.clone(), ..Options::default() };
    let explanation = match plan::explain(&inputs.values(), &options, &args.person) {
        Ok(explanation) => explanation,
        Err(unknown) => return super::failed(&unknown.to_string(), terminal),
    };
    let text = match args.format {
        Format::Text => {
            let view = View { color: terminal.color, width: terminal.width, ..View::default() };
            render::text::explain(&explanation, &view)
        }
        Format::Json => render::json::explain(&explanation),
    };
    terminal.data(&text);
    Exit::Done
}
