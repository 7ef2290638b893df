//! `dialform schema`: the JSON Schema of what people and programs read and write.

mod live;

use std::path::PathBuf;

use super::{ManifestArg, Terminal, failed};
use crate::{
    exit::Exit,
    manifest::raw,
    policy_test,
    render::{json, neutral},
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Args {
    /// Of what
    #[arg(value_enum, default_value_t, value_name = "NAME")]
    pub name: Name,
    /// With the names that exist, of groups, attributes, offices and the like, for completion; any other may be written too
    #[arg(long)]
    pub live: bool,
    /// Where the source and Dialpad are named
    #[command(flatten)]
    pub manifest: ManifestArg,
    /// Let the manifest's secrets come from a `command`
    #[arg(long, requires = "live")]
    pub allow_command: bool,
    /// Take the names from a recording: no network, no secrets, no manifest
    #[arg(long, value_name = "FILE", requires = "live")]
    pub replay: Option<PathBuf>,
}

const AFTER: &str = "`--live` is for `manifest` and `included`. It reads the source and the admin API of the manifest, \
and writes nothing to either: dialform schema manifest --live > schema/manifest.schema.json. What cannot be read is \
said, and the rest is there.";

/// What has a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Name {
    /// The manifest.
    #[default]
    Manifest,
    /// A file that a manifest includes.
    Included,
    /// What `plan --format json` prints.
    Plan,
    /// What `apply --format json` prints.
    Outcome,
    /// What `import entra --format json` prints.
    Import,
    /// What `export --format json` prints.
    Export,
    /// A file of the manifest's own tests.
    Tests,
}

impl Name {
    /// The schema, as it is committed.
    pub fn schema(self) -> String {
        match self {
            Name::Manifest => format!("{:#}\n", raw::manifest()),
            Name::Included => format!("{:#}\n", raw::included()),
            Name::Plan => json::plan_schema(),
            Name::Outcome => json::outcome_schema(),
            Name::Import => json::import_schema(),
            Name::Export => json::export_schema(),
            Name::Tests => format!("{:#}\n", policy_test::schema()),
        }
    }
}

/// Prints the schema.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    if !args.live {
        terminal.data(&args.name.schema());
        return Exit::Done;
    }
    let schema = match args.name {
        Name::Manifest => raw::manifest(),
        Name::Included => raw::included(),
        Name::Plan | Name::Outcome | Name::Import | Name::Export | Name::Tests => {
            return failed("add names: only `manifest` and `included` have any; leave `--live` out", terminal);
        }
    };
    let (names, exit) = live::names(args, terminal);
    // Also without names: what is written over must not be left empty.
    terminal.data(&neutral::json(format!("{:#}\n", raw::suggesting(schema, &names))));
    exit
}
