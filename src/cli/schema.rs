//! `dialform schema`: the JSON Schema of what people and programs read and write.

use super::Terminal;
use crate::{exit::Exit, manifest::raw, policy_test, render::json};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Of what
    #[arg(value_enum, default_value_t, value_name = "NAME")]
    pub name: Name,
}

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
            Name::Tests => format!("{:#}\n", policy_test::schema()),
        }
    }
}

/// Prints the schema.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    terminal.data(&args.name.schema());
    Exit::Done
}
