//! `dialform schema`: the JSON Schema of what people and programs read and write.

use serde_json::Value;

use super::Terminal;
use crate::{exit::Exit, manifest::raw};

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
}

impl Name {
    /// The schema.
    pub fn schema(self) -> Value {
        match self {
            Name::Manifest => raw::manifest(),
            Name::Included => raw::included(),
        }
    }
}

/// Prints the schema.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    terminal.data(&format!("{:#}\n", args.name.schema()));
    Exit::Done
}
