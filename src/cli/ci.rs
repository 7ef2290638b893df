//! Memory under CI: a job that begins without one says what that costs.
//!
//! Whether a folder survives the job cannot be seen from within, but whether one
//! survived so far can: after the first apply it holds something. So the rule is: a
//! CI job, Dialpad as the target, a folder as the state, and nothing in it. A
//! folder that came back from a cache is not warned about, and a first run once.

use super::Terminal;
use crate::{
    log::Origin,
    manifest::{Manifest, StateUrl, Target},
    state::State,
};

/// Says that this run remembers nothing, where it is a CI job with a fresh folder.
pub fn warn_of_no_memory(manifest: &Manifest, state: &State, terminal: &mut Terminal) {
    let variable = |name: &str| std::env::var(name).ok();
    if Origin::of(&variable).automatic && starts_without_memory(manifest, state) {
        let text = text(&state.label());
        // Errors and warnings are shown beside the run there.
        if variable("GITHUB_ACTIONS").is_some() {
            terminal.complain(&format!("::warning title=Dialform has no memory::{}", text.replace('\n', "%0A")));
        } else {
            terminal.complain(&format!("warning: {text}"));
        }
    }
}

fn starts_without_memory(manifest: &Manifest, state: &State) -> bool {
    let is_folder = matches!(manifest.state.value, StateUrl::Folder(_));
    // The sandbox is gone with its folder, and needs no memory of what was.
    let is_dialpad = matches!(manifest.target, Target::Dialpad(_));
    is_folder && is_dialpad && state.is_new()
}

fn text(label: &str) -> String {
    format!(
        "this is a CI job, and nothing is remembered in `{label}`: either it is the first run, or the folder is lost \
         after each job\n  \
         if it is lost: who we suspended and comes back is held (suspended_elsewhere), leavers without our externalId \
         are held (unproven_owner), budgets of a rolling day begin anew with each job, and two jobs can apply at once\n  \
         keep the folder between jobs, or let them share it with `state: {{ url: s3://BUCKET/PREFIX }}`; \
         docs/operations.md shows both"
    )
}
