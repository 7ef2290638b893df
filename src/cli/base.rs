//! `dialform plan --base MANIFEST`: what an edit of the manifest does to people.

use std::path::Path;

use super::{Terminal, inputs::Inputs, plan::Format};
use crate::{exit::Exit, plan::edit, render};

/// Compares what the manifest at `base` wants with what the edited one wants, for the same people.
pub fn run(base: &Path, inputs: &Inputs, format: Format, terminal: &mut Terminal) -> Exit {
    let before = match super::inputs::manifest(base, terminal) {
        Ok(manifest) => manifest,
        Err(exit) => return exit,
    };
    let Inputs { manifest, directory, now, .. } = inputs;
    let edit = edit::between(&before, manifest, directory, *now);
    let text = match format {
        Format::Text => render::edit::text(&edit, terminal.color),
        Format::Json => render::edit::json(&edit),
        Format::Markdown => render::edit::markdown(&edit),
    };
    terminal.data(&text);
    Exit::Done
}
