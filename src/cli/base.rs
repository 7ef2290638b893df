//! `dialform plan --base MANIFEST`: what an edit of the manifest does to people.

use super::{Terminal, inputs::Inputs, plan::Format};
use crate::{exit::Exit, manifest::Manifest, plan::edit, render};

/// Compares what the manifest of before wants with what the edited one wants, for the same people.
pub fn run(before: &Manifest, inputs: &Inputs, format: Format, terminal: &mut Terminal) -> Exit {
    let Inputs { manifest, directory, now, .. } = inputs;
    let edit = edit::between(before, manifest, directory, *now);
    let text = match format {
        Format::Text => render::edit::text(&edit, terminal.color),
        Format::Json => render::edit::json(&edit),
        Format::Markdown => render::edit::markdown(&edit),
        Format::Html => render::html::edit(&edit),
    };
    terminal.data(&text);
    Exit::Done
}
