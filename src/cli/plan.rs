//! `dialform plan`: reads, compares, prints.

use std::path::{Path, PathBuf};

use super::{ManifestArg, Terminal, directory::Reach, inputs, output};
use crate::{
    exit::Exit,
    http::SPANS,
    names::Text,
    plan::{self, Allowance, Options, Plan},
    render::{self, text::View},
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    manifest: ManifestArg,
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    reading: inputs::ReadingArgs,
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Save the plan, for `dialform apply FILE`
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// End with 2 when there are changes
    #[arg(long)]
    detailed_exitcode: bool,
    /// List the accounts and groups that are not ours
    #[arg(long)]
    unmanaged: bool,
    /// Print every change, however many are alike
    #[arg(long)]
    all: bool,
    /// Say what the edit from this manifest does to people, instead of a plan
    #[arg(long, value_name = "MANIFEST", conflicts_with_all = ["out", "unmanaged"])]
    base: Option<PathBuf>,
    /// Keep the inputs in a file, for planning again without network or secrets
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Replace names, addresses and numbers in the recording, the same by the same
    #[arg(long, requires = "record")]
    redact: bool,
}

/// What a plan is about and what it lets through.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct AboutArgs {
    /// Plan for this person or group alone; can be given again
    #[arg(long, value_name = "PERSON_OR_GROUP")]
    pub only: Vec<String>,
    /// Leave this person or group out; can be given again
    #[arg(long, value_name = "PERSON_OR_GROUP")]
    pub except: Vec<String>,
    /// Let through what a guard holds: REASON=N or REASON=PERSON, as the plan prints it; can be given again
    #[arg(long, value_name = "REASON=N")]
    pub allow: Vec<Allowance>,
    /// Try again what failed in several runs
    #[arg(long)]
    pub retry_held: bool,
}

impl AboutArgs {
    /// As the planner takes them.
    pub fn options(&self, target: Text) -> Options {
        let texts = |names: &[String]| names.iter().map(|name| Text::from(name.as_str())).collect();
        let (only, except) = (texts(&self.only), texts(&self.except));
        Options { only, except, allow: self.allow.clone(), retry_held: self.retry_held, target }
    }
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines; `dialform schema plan` describes it.
    Json,
    /// For a pull request comment.
    Markdown,
    /// One page for a browser, which needs nothing else.
    Html,
}

/// Reads, compares, prints.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let _span = tracing::info_span!(target: SPANS, "dialform plan").entered();
    let before = match args.base.as_ref().map(|base| inputs::manifest(base, terminal)).transpose() {
        Ok(before) => before,
        Err(exit) => return exit,
    };
    let reach = Reach { all: args.record.is_some(), also: before.as_ref(), ..Reach::default() };
    let inputs = match inputs::read(&args.manifest.manifest, &args.reading, reach, terminal) {
        Ok(inputs) => inputs,
        Err(exit) => return exit,
    };
    if let Some(file) = &args.record
        && let Err(exit) = inputs.record(file, args.redact, terminal)
    {
        return exit;
    }
    if let Some(before) = &before {
        return super::base::run(before, &inputs, args.format, terminal);
    }
    let plan = tracing::info_span!(target: SPANS, "plan")
        .in_scope(|| plan::between(&inputs.values(), &args.about.options(inputs.target.clone())));
    let Args { unmanaged, all, .. } = *args;
    let view = View { color: terminal.color, width: terminal.width, all, unmanaged };
    match give(&plan, args.format, args.out.as_deref(), &view, terminal) {
        Ok(()) => Exit::of_plan(&plan, args.detailed_exitcode),
        Err(exit) => exit,
    }
}

/// Saves a plan where that is asked for, and prints it.
///
/// # Errors
/// [`Exit::Failed`], after saying why it cannot be saved.
pub fn give(plan: &Plan, format: Format, out: Option<&Path>, view: &View, terminal: &mut Terminal) -> Result<(), Exit> {
    if let Some(file) = out {
        output::write_private(file, plan::file::write(plan).as_bytes(), "save the plan", terminal)?;
    }
    let text = match format {
        Format::Text => render::text::plan(plan, view),
        Format::Json => render::json::plan(plan),
        Format::Markdown => render::markdown::plan(plan),
        Format::Html => render::html::plan(plan),
    };
    terminal.data(&text);
    Ok(())
}
