//! Entra's own provisioning job beside us: two writers would undo each other's work.

use super::{Note, Reason, draft::Gate, scene::Scene};
use crate::directory::OtherWriter;

/// How the other writer is stopped.
pub const STOP: &str =
    "stop the job in the Entra admin center: Enterprise applications, the application, Provisioning, Stop";

/// What holds every change while the source's own job is active. With `enabled: false` nothing is
/// held: apply refuses as a whole, and a plan beside the running job is how a move is prepared.
pub(super) fn gate(scene: &Scene, notes: &mut Vec<Note>) -> Option<Gate> {
    let mut note = |code: &str, message: String| {
        notes.push(Note { code: code.into(), message: message.into(), place: None });
    };
    match &scene.inputs.directory.other_writer {
        OtherWriter::None => None,
        OtherWriter::Unknown { because } => {
            let message = format!(
                "whether Entra's own provisioning job for the application is active was not seen: {because}; \
                 make sure that it is stopped"
            );
            note("other_writer_unknown", message);
            None
        }
        OtherWriter::Active { application, job } => {
            let active = format!("Entra's provisioning job for {application} ({job}) is active");
            let enabled = &scene.manifest().enabled;
            if enabled.value {
                return Some(Gate::new(Reason::OtherWriter, active.into()));
            }
            let message = format!(
                "{active}; once `enabled` is true ({}), every change is held until it is stopped",
                enabled.place
            );
            note("other_writer", message);
            None
        }
    }
}
