//! `dialform import`: what another tool holds, as a manifest.

mod live;

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::{Terminal, init::put, output::plain};
use crate::{
    exit::Exit,
    import::{self, Document, Imported, MAX_BYTES},
    manifest::{self, Disk, trust::AllowedHosts},
    names::count,
    problem::{Level, Problem},
    render::{self, neutral, text::View},
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// From where
    #[command(subcommand)]
    pub from: From,
}

/// Where a configuration can come from.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum From {
    /// Make a manifest of an exported Microsoft Entra provisioning configuration
    Entra(EntraArgs),
}

/// The arguments of `import entra`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct EntraArgs {
    /// The exported schema, and what else there is: job, settings, service principal, assignments; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "live", conflicts_with = "live")]
    pub files: Vec<PathBuf>,
    /// Read all of it from the tenant, by Microsoft Graph; the job's secrets are never asked for
    #[arg(long)]
    pub live: bool,
    /// Which tenant and application it is read from.
    #[command(flatten)]
    pub tenant: TenantArgs,
    /// Write the manifest there instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Overwrite what is there
    #[arg(long, requires = "out")]
    pub force: bool,
    /// How to print what could not be carried over
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// Which application of which tenant.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Live")]
pub struct TenantArgs {
    /// The manifest whose `source.entra` says where to look; without it DIALFORM_MANIFEST, then dialform.yaml
    #[arg(short, long, value_name = "FILE", requires = "live", conflicts_with_all = ["tenant", "application", "cloud", "auth"])]
    pub manifest: Option<PathBuf>,
    /// The tenant's id or one of its domains, where there is no manifest yet
    #[arg(long, value_name = "ID", requires_all = ["live", "application"])]
    pub tenant: Option<String>,
    /// The enterprise application: name, application id or object id
    #[arg(long, value_name = "NAME", requires = "tenant")]
    pub application: Option<String>,
    /// Which of Microsoft's clouds: public, us_government, us_dod, china
    #[arg(long, requires = "tenant")]
    pub cloud: Option<String>,
    /// How to sign in: auto, github, workload, secret, managed, cli, token
    #[arg(long, value_name = "WAY", requires = "tenant")]
    pub auth: Option<String>,
    /// Which provisioning job, where the application has several
    #[arg(long, value_name = "ID", requires = "live")]
    pub job: Option<String>,
}

const AFTER: &str = "The schema: in the portal under Attribute mapping, Show advanced options, Review your schema here, \
Download; or the answer of Microsoft Graph for `/servicePrincipals/{id}/synchronization/jobs/{id}/schema`. The other \
files are answers of Microsoft Graph, recognised by what is in them. No network is needed, and no secret is read or \
shown. With `--live` the same is read from the tenant, with `Synchronization.Read.All` and `Application.Read.All`.\n\nThe manifest goes to standard output and the report to standard error; with `--format json` both go to \
standard output as one object. What could not be carried over is no failure: it is in the report, and in the manifest \
as a comment.";

/// How the report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines: manifest and report in one object.
    Json,
}

/// Runs the command.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let From::Entra(args) = &args.from;
    let read = match args.live {
        true => match live::documents(&args.tenant, terminal) {
            Ok((documents, origin)) => import::entra_of(&documents, &origin)
                .map_err(|refused| refused.iter().map(ToString::to_string).collect()),
            Err(exit) => return exit,
        },
        false => read(&args.files),
    };
    let imported = match read {
        Ok(imported) => imported,
        Err(problems) => {
            problems
                .iter()
                .for_each(|problem| terminal.complain(&format!("failed to import {}", neutral::line(problem))));
            return Exit::Failed;
        }
    };
    if let Some(out) = &args.out
        && let Err(problem) = write(out, &imported.manifest, args.force)
    {
        return super::failed(&problem, terminal);
    }
    show(args, &imported, terminal);
    Exit::Done
}

/// Everything that is wrong with any of the files comes at once.
fn read(files: &[PathBuf]) -> Result<Imported, Vec<String>> {
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        let shown = if file.as_os_str() == "-" { "standard input".to_owned() } else { file.display().to_string() };
        match bytes(file) {
            Err(problem) => problems.push(format!("{shown}: {problem}")),
            Ok(bytes) => match Document::parse(&shown, &bytes) {
                Ok(document) => documents.push(document),
                Err(refused) => problems.push(refused.to_string()),
            },
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    import::entra(&documents).map_err(|refused| refused.iter().map(ToString::to_string).collect())
}

/// The bytes of a file, and no more than can be used.
fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        match fs::File::open(file) {
            Ok(opened) if opened.metadata().is_ok_and(|data| data.is_dir()) => {
                return Err("this is a folder; name the files in it".to_owned());
            }
            Ok(opened) => opened.take(limit).read_to_end(&mut bytes),
            Err(error) => Err(error),
        }
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(plain(&error)),
    }
}

fn write(out: &Path, manifest: &str, force: bool) -> Result<(), String> {
    let shown = out.display();
    match fs::read(out) {
        Ok(there) if there == manifest.as_bytes() => return Ok(()),
        Ok(_) if !force => {
            return Err(format!(
                "write `{shown}`: it is there already and would be lost; add `--force` to overwrite it"
            ));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound && !force => {
            return Err(format!("write `{shown}`: {}", plain(&error)));
        }
        _ => {}
    }
    put(out, manifest).map_err(|error| format!("write `{shown}`: {}", plain(&error)))
}

fn show(args: &EntraArgs, imported: &Imported, terminal: &mut Terminal) {
    if args.format == Format::Json {
        return terminal.data(&render::json::import(imported));
    }
    if args.out.is_none() {
        terminal.data(&imported.manifest);
    }
    let view = View { color: terminal.color_err, width: terminal.width, ..View::default() };
    terminal.say(&render::text::import(&imported.report, &view));
    refused(&imported.manifest, terminal);
    if let Some(out) = &args.out {
        let shown = out.display().to_string();
        let file = shell_words::quote(&shown);
        terminal.say(&format!("wrote {shown}; next:\n  dialform check -m {file}\n  dialform plan -m {file}"));
    }
}

/// Says when `check` refuses what was made: a manifest can name what this version does not know.
fn refused(text: &str, terminal: &mut Terminal) {
    let mut disk = Disk { read: &mut |_| Ok(text.to_owned()), list: &mut |_, _| Ok(Vec::new()) };
    let problems = manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default()).problems;
    let errors: Vec<&Problem> = problems.iter().filter(|problem| problem.level == Level::Error).collect();
    if let [first, ..] = errors.as_slice() {
        let number = count(errors.len(), "error", "errors");
        terminal.say(&format!("note: `dialform check` refuses this manifest: {number}, the first: {}", first.message));
    }
}
