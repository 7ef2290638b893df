//! Linked objects that a listing leaves out: asked for one by one, since a search
//! index that lags behind lists too little and says nothing of it.
//!
//! Taken for gone, they would lose their memberships and be created once more.

use std::collections::HashSet;

use super::{ReadError, Reader, scim::Resource};
use crate::names::{Complete, Reading, TargetId};

/// So many are asked for at most: they stand for the others.
const MOST_ASKED: usize = 20;

/// Asks for linked objects that a complete listing lacks. What is there is taken in;
/// where one of them is `listed` by right, the listing is not whole.
///
/// # Errors
/// When the credentials are refused.
pub(super) async fn look<T: Resource>(
    reader: &Reader,
    linked: &[TargetId],
    reading: Reading<Vec<T>>,
    listed: fn(&T) -> bool,
) -> Result<Reading<Vec<T>>, ReadError> {
    let complete = match reading {
        Reading::Complete(complete) => complete,
        other @ (Reading::Incomplete { .. } | Reading::Absent { .. }) => return Ok(other),
    };
    let there: HashSet<&TargetId> = complete.items().iter().map(T::id).collect();
    let missing: Vec<&TargetId> = linked.iter().filter(|id| !there.contains(id)).take(MOST_ASKED).collect();
    let mut found: Vec<T> = Vec::new();
    for id in missing {
        match reader.one::<T>(id).await {
            Ok(one) => found.extend(one),
            Err(error @ ReadError::Credentials { .. }) => return Err(error),
            // Some services have other words than 404 for what is not there.
            Err(ReadError::Unreachable { .. } | ReadError::Unusable { .. }) => {}
        }
    }
    if found.is_empty() {
        return Ok(Reading::Complete(complete));
    }
    let left_out = found.iter().find(|one| listed(one)).map(|one| one.id().clone());
    let mut items = complete.into_items();
    items.extend(found);
    Ok(match left_out {
        None => Reading::Complete(Complete::attest(items)),
        Some(id) => {
            let because = format!("listing incomplete: {} {id} is there, and the listing leaves it out", T::ONE);
            Reading::Incomplete { items, because }
        }
    })
}
