//! The lock in an object store: one object with the holder, replaced only by who
//! has seen its last version.
//!
//! Nothing says whether a process of another machine lives, so a dead holder is
//! noticed when its lease is over by the store's own clock. The lock is given back
//! by writing that it is, since removing an object knows no condition.

use bytes::Bytes;
use jiff::Timestamp;
use object_store::{PutMode, UpdateVersion};

use super::{Holder, LEASE, LockError, Look};
use crate::{
    names::Text,
    state::{
        StateError,
        bucket::{Bucket, Object, Written},
    },
};

const FILE: &str = "lock.json";

/// How often others may come first while the lock is tried.
const TRIES: u32 = 3;

pub(super) fn text(holder: &Holder) -> Result<Bytes, StateError> {
    let text = serde_json::to_vec_pretty(holder).map_err(|error| StateError::damaged(FILE, error))?;
    Ok(text.into())
}

/// Who holds the lock by the object. One that makes no sense is no holder.
fn holder(object: &Object) -> Option<Holder> {
    serde_json::from_slice::<Holder>(&object.bytes).ok().filter(|holder| !holder.released)
}

/// Whether the lease is over by the store's clock; a runner's may be wrong.
fn is_over(bucket: &Bucket, object: &Object, run: &Text) -> Result<bool, StateError> {
    let age = bucket.now(run)?.duration_since(object.modified);
    Ok(age > jiff::SignedDuration::try_from(LEASE).unwrap_or_default())
}

/// Takes the lock; gives the version that it has now.
pub(super) fn take(bucket: &Bucket, here: &Holder) -> Result<UpdateVersion, LockError> {
    let ours = text(here)?;
    let mut seen = None;
    for _ in 0..TRIES {
        let found = bucket.get(FILE)?;
        let (written, stale) = match found {
            None => (bucket.create(FILE, ours.clone())?, None),
            Some(object) => {
                if let Some(other) = holder(&object)
                    && !is_over(bucket, &object, &here.run)?
                {
                    return Err(held(bucket, Some(other)));
                }
                seen = holder(&object);
                let stale = object.version.clone();
                (bucket.update(FILE, ours.clone(), object.version, false)?, Some(stale))
            }
        };
        if let Written::Ours(version) = written {
            prove(bucket, &ours, stale)?;
            return Ok(version);
        }
    }
    let now = bucket.get(FILE)?;
    Err(held(bucket, now.as_ref().and_then(holder).or(seen)))
}

fn held(bucket: &Bucket, holder: Option<Holder>) -> LockError {
    LockError::Held { folder: bucket.label().to_owned(), holder: holder.map(Box::new) }
}

/// Refuses a store that writes although a condition does not hold. Nothing but what is there already would be written.
fn prove(bucket: &Bucket, ours: &Bytes, stale: Option<UpdateVersion>) -> Result<(), StateError> {
    let conditions = [Some(PutMode::Create), stale.map(PutMode::Update)];
    for condition in conditions.into_iter().flatten() {
        if !bucket.refuses(FILE, ours.clone(), condition)? {
            return Err(StateError::objects("use", bucket.label(), IGNORES.to_owned(), NEXT));
        }
    }
    Ok(())
}

pub(in crate::state) const IGNORES: &str = "it ignores the conditions of writes (If-None-Match, If-Match)";
pub(in crate::state) const NEXT: &str =
    "use a store that obeys them: without it two runs could apply at once; nothing was sent";

/// Writes the record again; gives its new version.
pub(super) fn renew(bucket: &Bucket, holder: &Holder, version: UpdateVersion) -> Result<Written, StateError> {
    bucket.update(FILE, text(holder)?, version, true)
}

/// Who holds it now, and the version of that.
pub(super) fn read(bucket: &Bucket) -> Result<Option<(Holder, UpdateVersion)>, StateError> {
    Ok(bucket.get(FILE)?.and_then(|object| Some((holder(&object)?, object.version))))
}

/// Gives the lock back, if it is still at this version. Who is gone by then is noticed by the lease.
pub(super) fn release(bucket: &Bucket, last: &Holder, version: UpdateVersion) -> Result<bool, StateError> {
    let released = Holder { released: true, ..last.clone() };
    Ok(matches!(bucket.update(FILE, text(&released)?, version, true)?, Written::Ours(_)))
}

/// Looks at the lock without taking it.
pub(super) fn look(bucket: &Bucket) -> Result<Look, StateError> {
    let Some(object) = bucket.get(FILE)? else { return Ok(Look { holder: None, alive: false, over: true }) };
    let Some(holder) = holder(&object) else { return Ok(Look { holder: None, alive: false, over: true }) };
    let salt = Holder::of_this_process(&"look".into(), Timestamp::now());
    let salt = format!("look-{}-{}", salt.process, salt.since.as_nanosecond());
    let over = is_over(bucket, &object, &salt.as_str().into())?;
    Ok(Look { holder: Some(holder), alive: false, over })
}

/// Gives back the lock of another run, if it is still the one that was looked at.
pub(super) fn remove(bucket: &Bucket, seen: &Holder) -> Result<(), StateError> {
    match bucket.get(FILE)? {
        Some(object) if holder(&object).is_some_and(|holder| holder.run == seen.run) => {
            release(bucket, seen, object.version).map(drop)
        }
        Some(_) | None => Ok(()),
    }
}
