//! `dialform seats`: the licences of each office before and after the plan, and nothing else.

use super::{ManifestArg, Terminal, directory::Reach, inputs};
use crate::{
    exit::Exit,
    plan::{self, Options},
    render::{self, text::View},
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    manifest: ManifestArg,
    #[command(flatten)]
    reading: inputs::ReadingArgs,
    /// How the seats are printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// How seats are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines: `seats` as in a plan.
    Json,
    /// For a comment.
    Markdown,
}

/// Reads, plans, and prints the seats.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let inputs = match inputs::read(&args.manifest.manifest, &args.reading, Reach::default(), terminal) {
        Ok(inputs) => inputs,
        Err(exit) => return exit,
    };
    if inputs.live.tenant.is_none() {
        return super::failed(
            "count seats: the manifest names no admin API; add `api: { key: { env: DIALPAD_API_KEY } }` under \
             `target.dialpad`",
            terminal,
        );
    }
    let options = Options { target: inputs.target.clone(), ..Options::default() };
    let plan = plan::between(&inputs.values(), &options);
    let text = match args.format {
        Format::Text => {
            let view = View { color: terminal.color, width: terminal.width, ..View::default() };
            render::text::seats(&plan, &view)
        }
        Format::Json => render::json::seats(&plan),
        Format::Markdown => render::markdown::seats(&plan),
    };
    terminal.data(&text);
    Exit::Done
}
