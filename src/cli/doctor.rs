//! `dialform doctor`: tests the connections, to Dialpad as Entra does and to Entra, and says what is there.

mod entra;
mod sign_in;

use std::path::Path;

use super::{ManifestArg, Terminal, connect, load};
use crate::{
    dialpad::{Interest, examine, examine_admin},
    exit::Exit,
    live::{Finding, Grade},
    manifest::{Manifest, Source, Target},
    names::Text,
    render::{
        findings, neutral, problems,
        text::{self, View},
    },
    state,
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How to print what was found
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Whether a secret's `command` may be run
    #[arg(long)]
    pub allow_command: bool,
    /// Whose target is tested
    #[command(flatten)]
    pub manifest: ManifestArg,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Runs the command. From Dialpad it only reads, whatever the key may do; in an
/// object store for the state it makes one object and removes it.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let loaded = match load::manifest(&args.manifest.manifest) {
        Ok(loaded) => loaded,
        Err(load::Unusable { problems: found, sources }) => {
            terminal.complain(&problems::text(&found, &sources, terminal.color_err));
            return Exit::Failed;
        }
    };
    let service = match &loaded.manifest.target {
        Target::Dialpad(dialpad) => dialpad.url.value.clone(),
        Target::Sandbox(sandbox) => Text::from(format!("the sandbox in {}", sandbox.folder)),
    };
    match found(&loaded.manifest, args.allow_command) {
        Ok(mut found) => {
            found.extend(state::examine(&loaded.manifest, Path::new("")));
            let view = View { color: terminal.color, width: terminal.width, ..View::default() };
            terminal.data(&match args.format {
                Format::Text => text::findings(&service, &found, &view),
                Format::Json => findings::json(&service, &found),
            });
            if found.iter().any(|finding| finding.grade == Grade::Error) { Exit::Failed } else { Exit::Done }
        }
        Err(problem) => {
            terminal.complain(&format!("failed to {}", neutral::line(&problem)));
            Exit::Failed
        }
    }
}

fn found(manifest: &Manifest, allow_command: bool) -> Result<Vec<Finding>, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("start: {error}"))?;
    let mut found = match &manifest.source {
        Source::Files(_) => Vec::new(),
        Source::Entra(source) => runtime.block_on(entra::examine(manifest, source)),
    };
    let end = connect::end(&manifest.target, allow_command)?;
    let interest = Interest {
        matching: manifest.users.matching.first().cloned(),
        mapped: manifest.users.attributes.iter().map(|mapping| mapping.target.clone()).collect(),
        groups: manifest.groups.enabled,
    };
    let target = runtime.block_on(examine(end, manifest.target.scim(), &interest)).map_err(|error| error.to_string());
    match target {
        Ok(target) => found.extend(target),
        // What is wrong with the source is said all the same.
        Err(message) if found.is_empty() => return Err(message),
        Err(message) => found.push(Finding { check: "target", grade: Grade::Error, message, remedy: None }),
    }
    if manifest.needs_tenant() {
        found.extend(admin_api(manifest, allow_command, &runtime));
    }
    Ok(found)
}

/// What the key of the admin API can do, and when it expires.
fn admin_api(manifest: &Manifest, allow_command: bool, runtime: &tokio::runtime::Runtime) -> Vec<Finding> {
    let target = &manifest.target;
    let mut found = Vec::new();
    let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
    if let Some(expiry) = connect::expiry(target, today) {
        let grade = if expiry.is_past { Grade::Error } else { Grade::Warning };
        found.push(Finding { check: "admin_key", grade, message: expiry.message, remedy: None });
    }
    if let Target::Dialpad(dialpad) = target
        && dialpad.api.as_ref().is_some_and(|api| api.owner.is_none())
    {
        found.push(Finding {
            check: "admin_owner",
            grade: Grade::Note,
            message: "nothing says whose the key of the admin API is".to_owned(),
            remedy: Some(
                "`target.dialpad.api.owner: ADDRESS` keeps a plan from disabling its owner, and the key with them"
                    .to_owned(),
            ),
        });
    }
    let asked = connect::end(target, allow_command).and_then(|end| {
        let admin = connect::admin(target, allow_command)?;
        let company = match target {
            Target::Dialpad(dialpad) => dialpad.company.as_ref().map(|company| &company.value),
            Target::Sandbox(_) => None,
        };
        let examined = runtime.block_on(examine_admin(end, target.scim(), admin, company));
        examined.map_err(|error| error.to_string())
    });
    match asked {
        Ok(more) => found.extend(more),
        Err(message) => found.push(Finding { check: "admin_api", grade: Grade::Error, message, remedy: None }),
    }
    found
}
