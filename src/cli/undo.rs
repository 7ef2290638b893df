//! `dialform undo RUN`: plans the way back from what a run did.

use std::path::{Path, PathBuf};

use super::{
    ManifestArg, Terminal,
    directory::Reach,
    failed, inputs,
    plan::{AboutArgs, Format, give},
};
use crate::{exit::Exit, log, plan, render::text::View, state::State};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The run: its id or the beginning of it, as `dialform log` prints it, or `last`
    run: String,
    #[command(flatten)]
    manifest: ManifestArg,
    #[command(flatten)]
    about: AboutArgs,
    /// Let the manifest's secrets come from a `command`
    #[arg(long)]
    allow_command: bool,
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Save the plan, for `dialform apply FILE`
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print every change, however many are alike
    #[arg(long)]
    all: bool,
}

/// Reads what the run did and what is there now, and prints the way back.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    match print(args, terminal) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn print(args: &Args, terminal: &mut Terminal) -> Result<Exit, Exit> {
    let manifest = inputs::manifest(&args.manifest.manifest, terminal)?;
    let folder = log::folder(&State::folder_of(&manifest, Path::new("")));
    let ran = log::ran(&folder, &args.run).map_err(|problem| failed(&problem.to_string(), terminal))?;
    if ran.plan.made_from.target != manifest.target.label() {
        let (then, now) = (&ran.plan.made_from.target, manifest.target.label());
        return Err(failed(
            &format!("take back run {}: it changed {then}, and the manifest names {now}", ran.run),
            terminal,
        ));
    }
    let reading = inputs::ReadingArgs { allow_command: args.allow_command, replay: None };
    let inputs = inputs::read(
        &args.manifest.manifest,
        &reading,
        Reach { touched: Some(&ran.plan), ..Reach::default() },
        terminal,
    )?;
    let options = args.about.options(inputs.target.clone());
    let plan = plan::undo(&inputs.values(), &options, plan::Ran { run: &ran.run, plan: &ran.plan, done: &ran.done });
    let view = View { color: terminal.color, width: terminal.width, all: args.all, unmanaged: false };
    give(&plan, args.format, args.out.as_deref(), &view, terminal)?;
    Ok(Exit::of_plan(&plan, false))
}
