//! Entra's own provisioning jobs for the application.
//!
//! Microsoft documents `/servicePrincipals/{id}/synchronization/jobs` with the object id. Where the
//! manifest names the application id, the same is asked by that key, which costs no request of its
//! own; whatever is answered other than with success, the documented address is asked once the
//! object id is known.

use serde_json::{Map, Value as Json, value::RawValue};

use super::{
    application::Found,
    fetch::{Got, Shape, Want},
    item,
    trouble::{Kind, Trouble},
};
use crate::{
    directory::OtherWriter,
    manifest::{Entra, is_active_job, trust::is_guid},
    names::Text,
};

/// The permission to read jobs and their schemas.
pub(super) const PERMISSION: &str = "Synchronization.Read.All";

const WHAT: &str = "Entra's provisioning jobs for the application";

/// What is known of the jobs after the first answers.
pub(super) enum Answered {
    /// They were read.
    Jobs(Vec<Map<String, Json>>),
    /// They cannot be read.
    Not(Trouble),
    /// They have to be asked for by the object id.
    Later,
}

/// How the jobs are asked for before the object id is known: by either id, where there is one.
pub(super) fn first(entra: &Entra) -> Vec<Want> {
    let name = &entra.application.value;
    if !is_guid(name) {
        return Vec::new();
    }
    let id = name.to_ascii_lowercase();
    let keys = [format!("/servicePrincipals(appId='{id}')"), format!("/servicePrincipals/{id}")];
    keys.iter().map(|key| of(key).optional()).collect()
}

/// What asks for the jobs of an application that was found.
pub(super) fn by_id(found: &Found) -> Want {
    of(&format!("/servicePrincipals/{}", found.id))
}

fn of(key: &str) -> Want {
    Want::new(Shape::Many, format!("{key}/synchronization/jobs"), WHAT, PERMISSION)
}

/// What the answers to [`first`] say.
pub(super) fn answered(got: Vec<Got>) -> Answered {
    let mut refused = None;
    for got in got {
        match got {
            Got::Many(items) => {
                return read(&items).map_or_else(Answered::Not, Answered::Jobs);
            }
            Got::Refused(trouble) if trouble.kind == Kind::Permission => refused = Some(trouble),
            Got::Refused(_) | Got::NotFound | Got::One(_) => {}
        }
    }
    refused.map_or(Answered::Later, Answered::Not)
}

/// What the answer to [`by_id`] says. Where provisioning was never set up, there may be no such thing.
pub(super) fn answered_by_id(got: Option<Got>) -> Result<Vec<Map<String, Json>>, Trouble> {
    match got {
        Some(Got::Many(items)) => read(&items),
        Some(Got::Refused(trouble)) => Err(trouble),
        Some(Got::NotFound | Got::One(_)) | None => Ok(Vec::new()),
    }
}

fn read(items: &[Box<RawValue>]) -> Result<Vec<Map<String, Json>>, Trouble> {
    items.iter().map(|raw| item::object(raw, WHAT)).collect()
}

/// The id of a job.
pub(super) fn id(job: &Map<String, Json>) -> Result<Text, Trouble> {
    item::id(job, "id", WHAT).map(Text::from)
}

/// Whether a job works.
pub(super) fn is_active(job: &Map<String, Json>) -> bool {
    let text = |of: &str, name: &str| job.get(of).and_then(|of| of.get(name)).and_then(Json::as_str);
    is_active_job(text("schedule", "state"), text("status", "code"))
}

/// The jobs as planning sees them.
pub(super) fn writer(application: &Text, jobs: Result<Vec<Map<String, Json>>, Trouble>) -> OtherWriter {
    let active = |jobs: Vec<Map<String, Json>>| match jobs.iter().find(|job| is_active(job)) {
        Some(job) => id(job).map(|job| OtherWriter::Active { application: application.clone(), job }),
        None => Ok(OtherWriter::None),
    };
    jobs.and_then(active).unwrap_or_else(|trouble| unknown(&trouble))
}

/// That it cannot be seen.
pub(super) fn unknown(trouble: &Trouble) -> OtherWriter {
    let because = match trouble.kind {
        Kind::Permission => format!("the permission to look is missing ({})", trouble.message),
        _ => trouble.message.clone(),
    };
    OtherWriter::Unknown { because: because.into() }
}
