//! `dialform check`: the manifest, offline.

use std::path::Path;

use super::{ManifestArg, Terminal, load};
use crate::{
    exit::Exit,
    manifest::Manifest,
    names::count,
    problem::{Level, Problem, Sources},
    render::problems,
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Args {
    /// The manifest
    #[command(flatten)]
    pub manifest: ManifestArg,
    /// How to print what is wrong
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Print the manifest as one file with every default, and where each value comes from
    #[arg(long)]
    pub effective: bool,
    /// Fail on warnings too
    #[arg(long)]
    pub strict: bool,
}

const AFTER: &str = "No network, no source and no secret is needed. Problems go to standard error as text, and to \
standard output in the other formats. Exits with 1 when there is an error, with 0 when there are only warnings.";

/// How problems are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, with the offending text underlined.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

/// Runs the command.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let path = &args.manifest.manifest;
    match load::manifest(path) {
        Ok(loaded) => {
            show(args.format, &loaded.warnings, &loaded.sources, terminal);
            if args.effective && args.format == Format::Text {
                terminal.data(&loaded.written.effective());
            } else if args.format == Format::Text {
                terminal.say(&summary(path, &loaded.manifest, loaded.warnings.len()));
            }
            if args.strict && !loaded.warnings.is_empty() { Exit::Failed } else { Exit::Done }
        }
        Err(load::Unusable { problems, sources }) => {
            show(args.format, &problems, &sources, terminal);
            Exit::Failed
        }
    }
}

fn show(format: Format, found: &[Problem], sources: &Sources, terminal: &mut Terminal) {
    match format {
        Format::Text if found.iter().any(|problem| problem.level == Level::Error) => {
            terminal.complain(&problems::text(found, sources, terminal.color_err));
        }
        Format::Text if found.is_empty() => {}
        Format::Text => terminal.say(&problems::text(found, sources, terminal.color_err)),
        Format::Json => terminal.data(&problems::json(found, sources)),
        Format::Sarif => terminal.data(&problems::sarif(found, sources)),
        Format::Github => terminal.data(&problems::github(found, sources)),
    }
}

/// `dialform.yaml is valid: 3 roles, 4 assignments, 1 filter, 8 mappings`
fn summary(path: &Path, manifest: &Manifest, warnings: usize) -> String {
    let filters = manifest.user_filters.len() + manifest.group_filters.len();
    let mut parts = vec![
        count(manifest.roles.len(), "role", "roles"),
        count(manifest.assignments.len(), "assignment", "assignments"),
        count(filters, "filter", "filters"),
        count(manifest.users.attributes.len(), "user mapping", "user mappings"),
    ];
    if manifest.groups.enabled {
        let mapped = manifest.groups.attributes.len() + usize::from(manifest.groups.members.is_some());
        parts.push(count(mapped, "group mapping", "group mappings"));
    }
    if warnings > 0 {
        parts.push(count(warnings, "warning", "warnings"));
    }
    format!("{} is valid: {}", path.display(), parts.join(", "))
}
