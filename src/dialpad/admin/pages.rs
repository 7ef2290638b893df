//! Lists by cursor: the next page is asked for with the cursor of the last, and a
//! page without one is the end (OpenAPI, `UserCollection` and its like).
//!
//! No `limit` is sent: above 100 the service refuses one call in five on purpose.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::{
    super::scim::{Trouble, escaped, kind, member, unusable},
    Api, value,
};
use crate::names::ApiId;

/// More entries than this are not read: a service without end must not fill the memory.
const MOST: usize = 2_000_000;

/// So many pages in a row may bring nothing new; what is deleted is left out of them.
const MOST_EMPTY: u32 = 20;

/// Is told how many more entries were read.
pub(super) type Seen<'a> = &'a (dyn Fn(u64) + Send + Sync);

/// Reads a whole list. `read` gives an entry with its id, or nothing for one that is left out.
///
/// # Errors
/// When a page cannot be had, or the cursor leads in a circle: part of a list is no list.
pub(super) async fn list<T>(
    api: &Api,
    path: &str,
    what: &str,
    read: impl Fn(&Json) -> Option<(ApiId, T)>,
    seen: Seen<'_>,
) -> Result<Vec<T>, Trouble> {
    let mut ids = HashSet::new();
    let mut cursors = HashSet::new();
    let mut found = Vec::new();
    let mut empty = 0;
    let mut next = path.to_owned();
    loop {
        let page = api.get(&next, what).await?;
        let items = items(&page).map_err(|message| wrong(api, what, message))?;
        let before = found.len();
        for item in items {
            if let Some((id, entry)) = read(item)
                && ids.insert(id)
            {
                found.push(entry);
            }
        }
        seen((found.len() - before) as u64);
        empty = if found.len() > before { 0 } else { empty + 1 };
        let Some(cursor) = member(&page, "cursor").and_then(value::text) else { return Ok(found) };
        let read = found.len();
        if !cursors.insert(cursor.clone()) {
            return Err(wrong(
                api,
                what,
                format!("the list repeats its cursor after {read} of them, so that it has no end"),
            ));
        }
        if empty > MOST_EMPTY || read > MOST {
            return Err(wrong(api, what, format!("the list goes on without an end after {read} of them")));
        }
        let joint = if path.contains('?') { '&' } else { '?' };
        next = format!("{path}{joint}cursor={}", escaped(&cursor));
    }
}

/// The entries of a page, of which none may be there.
fn items(page: &Json) -> Result<&[Json], String> {
    match page {
        Json::Array(items) => Ok(items),
        Json::Object(_) => match member(page, "items") {
            Some(Json::Array(items)) => Ok(items),
            None => Ok(&[]),
            Some(other) => Err(format!("expected a list in `items`, found {}", kind(other))),
        },
        other => Err(format!("expected an object with `items`, found {}", kind(other))),
    }
}

fn wrong(api: &Api, what: &str, message: String) -> Trouble {
    unusable(&api.client, what.to_owned(), message).into()
}
