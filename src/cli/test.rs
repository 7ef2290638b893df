//! `dialform test`: the manifest's own tests, offline and without secrets.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{ManifestArg, Terminal, load};
use crate::{
    exit::Exit,
    manifest::Manifest,
    names::{Text, fold},
    policy_test::{self, Test},
    problem::{Level, Problem, Sources},
    render::{neutral, policy, problems},
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Files of tests; without any, `tests/*.yaml` beside the manifest
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Run only the tests whose name contains this, without case
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// How to print the results
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// List assignments, roles, filters and mappings that no test touches
    #[arg(long)]
    pub coverage: bool,
    /// Whose tests they are
    #[command(flatten)]
    pub manifest: ManifestArg,
}

const EXAMPLE: &str = "A test is one person and what is expected of them:
  - name: a German contractor is out of scope
    person: { userPrincipalName: kai@acme.example, country: DE, employeeType: Contractor }
    groups: [SG-Dialpad-Users]
    on: 2027-01-01
    expect: { in_scope: false, because: filter }
  - name: support leads are supervisors
    person: { userPrincipalName: ana@acme.example, country: GB, employeeType: Employee }
    groups: [SG-Dialpad-Users, SG-Support-Leads]
    expect:
      roles: [supervisor, member]
      attributes: { userName: ana@acme.example, active: true, title: null }";

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// JUnit XML, for CI.
    Junit,
}

/// Runs the command.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let path = &args.manifest.manifest;
    let loaded = match load::manifest(path) {
        Ok(loaded) => loaded,
        Err(load::Unusable { problems, sources }) => {
            return unusable(&problems, &sources, args, terminal);
        }
    };
    let files = match files(args) {
        Ok(files) => files,
        Err(message) => {
            terminal.complain(&format!("failed to {}", neutral::line(&message)));
            return Exit::Failed;
        }
    };
    let mut sources = loaded.sources;
    let mut found = Vec::new();
    let tests = read(&files, &loaded.manifest, &mut sources, &mut found);
    if found.iter().any(|problem| problem.level == Level::Error) {
        return unusable(&found, &sources, args, terminal);
    }
    if !found.is_empty() {
        terminal.say(problems::text(&found, &sources, terminal.color_err).trim_end());
    }
    let wanted = args.name.as_deref().map(fold);
    let count = tests.len();
    let tests: Vec<Test> = tests
        .into_iter()
        .filter(|test| wanted.as_ref().is_none_or(|wanted| fold(&test.name).contains(wanted)))
        .collect();
    if tests.is_empty() {
        let name = neutral::line(args.name.as_deref().unwrap_or_default()).into_owned();
        terminal.complain(&format!("failed to find a test whose name contains `{name}` among {count}"));
        return Exit::Failed;
    }
    let report = policy_test::run(&loaded.manifest, &tests, Timestamp::now());
    terminal.data(&match args.format {
        Format::Text => policy::text(&report, args.coverage, terminal.color),
        Format::Json => policy::json(&report, args.coverage),
        Format::Junit => policy::junit(&report),
    });
    if report.failed() == 0 { Exit::Done } else { Exit::Failed }
}

/// Says all that is wrong with manifest or tests.
fn unusable(found: &[Problem], sources: &Sources, args: &Args, terminal: &mut Terminal) -> Exit {
    match args.format {
        Format::Json => terminal.data(&problems::json(found, sources)),
        Format::Text | Format::Junit => {
            terminal.complain(problems::text(found, sources, terminal.color_err).trim_end());
        }
    }
    Exit::Failed
}

/// The files of tests, as the user would name them.
fn files(args: &Args) -> Result<Vec<PathBuf>, String> {
    if !args.files.is_empty() {
        return Ok(args.files.clone());
    }
    let folder = args.manifest.manifest.parent().unwrap_or(Path::new(""));
    let name = folder.join("tests");
    let mut files = Vec::new();
    if let Ok(entries) = std::fs::read_dir(&name) {
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
                files.push(path);
            }
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(format!(
            "find a test: there is no `{}`; `dialform help test` shows one to start from, and a file can be named",
            name.join("*.yaml").display()
        ));
    }
    Ok(files)
}

fn read(files: &[PathBuf], manifest: &Manifest, sources: &mut Sources, found: &mut Vec<Problem>) -> Vec<Test> {
    let mut tests = Vec::new();
    for path in files {
        let file = Text::from(path.to_string_lossy());
        match load::text(path) {
            Ok(text) => {
                sources.insert(file.clone(), text);
                tests.extend(policy_test::read(&file, manifest, sources, found));
            }
            Err(unreadable) => {
                let problem = Problem::error(unreadable.code, &file, 0..0, unreadable.message);
                let help = match unreadable.code {
                    "missing_file" => Some("name a file of tests; without one `tests/*.yaml` is run".to_owned()),
                    _ => unreadable.help,
                };
                found.push(Problem { help, ..problem });
            }
        }
    }
    tests
}
