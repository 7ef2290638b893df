//! Where the state lies, and whether it can be used: for `doctor`.

use std::path::Path;

use bytes::Bytes;
use jiff::Timestamp;
use object_store::PutMode;

use super::{
    Bucket, State, StateError,
    bucket::Written,
    lock::{IGNORES, NEXT},
    run_id,
    store::Store,
};
use crate::{
    live::{Finding, Grade},
    manifest::Manifest,
    names::count,
};

/// Where the state of a manifest lies, whether it can be reached and read, and
/// whether an object store obeys conditions: for that one object is made and removed.
pub fn examine(manifest: &Manifest, base: &Path) -> Vec<Finding> {
    let state = match State::open(manifest, base) {
        Ok(state) => state,
        Err(error) => return vec![wrong(&error)],
    };
    let mut found = vec![kept(&state)];
    for warning in state.warnings() {
        found.push(finding("state", Grade::Warning, warning.clone()));
    }
    if let Store::Objects(bucket) = &state.store {
        found.push(conditions(bucket).unwrap_or_else(|error| unwritable(&error)));
    }
    found
}

fn finding(check: &'static str, grade: Grade, message: String) -> Finding {
    Finding { check, grade, message, remedy: None }
}

fn wrong(error: &StateError) -> Finding {
    finding("state", Grade::Error, format!("the state cannot be used: failed to {error}"))
}

fn kept(state: &State) -> Finding {
    let label = state.label();
    if state.is_new() {
        return finding("state", Grade::Good, format!("the state lies in `{label}`; nothing is kept yet"));
    }
    let people = count(state.memory().users.len(), "person linked", "people linked");
    finding("state", Grade::Good, format!("the state lies in `{label}`: {people}"))
}

/// Makes an object, makes it again, replaces it with an old version, and removes it.
fn conditions(bucket: &Bucket) -> Result<Finding, StateError> {
    let name = format!("doctor-{}", run_id(Timestamp::now()));
    let bytes = Bytes::from_static(b"made by dialform doctor\n");
    let made = bucket.create(&name, bytes.clone())?;
    let Written::Ours(old) = made else { return Ok(ignored()) };
    let proved = || {
        let create = bucket.refuses(&name, bytes.clone(), PutMode::Create)?;
        let replaced = bucket.update(&name, Bytes::from_static(b"replaced\n"), old.clone(), false)?;
        let stale = bucket.refuses(&name, bytes.clone(), PutMode::Update(old.clone()))?;
        Ok(create && stale && matches!(replaced, Written::Ours(_)))
    };
    let proved = proved();
    bucket.remove(vec![name]);
    if proved? {
        let message = "the state's store can be written, and obeys conditions: two runs never apply at once";
        return Ok(finding("state_conditions", Grade::Good, message.to_owned()));
    }
    Ok(ignored())
}

fn ignored() -> Finding {
    let message = format!("the state's store cannot be used: {IGNORES}");
    Finding { remedy: Some(NEXT.to_owned()), ..finding("state_conditions", Grade::Error, message) }
}

fn unwritable(error: &StateError) -> Finding {
    let message =
        format!("the state can be read and not be written, so plan works and apply does not: failed to {error}");
    finding("state_conditions", Grade::Warning, message)
}
