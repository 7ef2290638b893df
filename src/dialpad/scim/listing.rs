//! Listings that cannot be fooled (RFC 7644 §3.4.2.4, and servers as they are):
//! pages advance by what was received, and the end is an empty page or one with
//! nothing new, never a total.
//!
//! The first page tells the size of a page; the others are then asked for at
//! once. That takes as many requests as there are pages, and one for the end.

use std::collections::{HashMap, HashSet};

use http::StatusCode;
use serde_json::Value as Json;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::{Names, Resource, Trouble, escaped, failed, joined, json, kind, member, number, readable, unusable};
use crate::{
    dialpad::{Read, ReadError},
    http::{Call, Client},
    names::{AttrPath, Complete, Reading, TargetId},
};

/// More objects than this are not read: a service without end must not fill the memory.
const MOST_OBJECTS: usize = 2_000_000;

/// A listing, and why it is not whole, if it is not.
#[derive(Debug)]
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    pub(crate) because: Option<String>,
    /// How many of the objects say that they are members of which group.
    pub(crate) claims: Claims,
}

/// How many objects say that they are direct members of a group (`groups`, RFC 7643 §4.1.2).
pub(crate) type Claims = HashMap<TargetId, u64>;

impl<T> Listed<T> {
    /// The items, with the proof that they are all, if they are.
    pub(crate) fn reading(self) -> Reading<Vec<T>> {
        match self.because {
            None => Reading::Complete(Complete::attest(self.items)),
            Some(because) => Reading::Incomplete { items: self.items, because },
        }
    }
}

/// One page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) total: Option<u64>,
    pub(crate) resources: Vec<Json>,
}

impl Page {
    /// Reads a `ListResponse`.
    ///
    /// # Errors
    /// What it is instead, a fragment.
    pub(crate) fn read(mut json: Json) -> Result<Self, String> {
        if !json.is_object() {
            return Err(format!("expected a list response, found {}", kind(&json)));
        }
        let total = member(&json, "totalResults").and_then(number);
        let name = json
            .as_object()
            .and_then(|object| object.keys().find(|key| key.eq_ignore_ascii_case("Resources")).cloned());
        let resources = match name.and_then(|name| json.get_mut(&name).map(Json::take)) {
            Some(Json::Array(resources)) => resources,
            Some(Json::Null) => Vec::new(),
            // RFC 7644 §3.4.2 lets an empty list be left out.
            None if total.is_some() => Vec::new(),
            None => return Err("expected a list response with `Resources` or `totalResults`".to_owned()),
            Some(other) => return Err(format!("expected a list in `Resources`, found {}", kind(&other))),
        };
        Ok(Self { total, resources })
    }
}

async fn page(client: &Client, path: &str, what: &str) -> Result<Page, Trouble> {
    let answer = client.send(&Call::get(path)).await.map_err(|failure| failed(client, &failure))?;
    let json = json(client, &answer, what)?;
    let wrong = |message: String| Trouble {
        status: Some(answer.status),
        error: unusable(client, what.to_owned(), client.fit(&message)),
    };
    Page::read(json).map_err(wrong)
}

async fn page_from<T: Resource>(client: Client, start: u64, count: u64) -> Result<(u64, Page), Trouble> {
    let what = if start == 1 { T::MANY.to_owned() } else { format!("{} from number {start} on", T::MANY) };
    let page = page(&client, &format!("{}?startIndex={start}&count={count}", T::PATH), &what).await?;
    Ok((start, page))
}

/// Objects found by a filter `path eq "value"`, in one page. Nothing found proves nothing.
pub(crate) async fn search<T: Resource>(client: &Client, path: &AttrPath, value: &str) -> Result<Vec<T>, Trouble> {
    let quoted = serde_json::Value::from(value).to_string();
    let filter = escaped(&format!("{path} eq {quoted}"));
    let page = page(client, &format!("{}?filter={filter}", T::PATH), T::MANY).await?;
    Ok(readable(&page.resources))
}

/// What was gathered of a listing so far.
struct Gathered<T> {
    items: Vec<T>,
    seen: HashSet<TargetId>,
    names: Names,
    /// The largest total that any page told.
    total: u64,
    /// Entries that could not be read, and what is wrong with the first.
    unreadable: u64,
    first_wrong: Option<String>,
    claims: Claims,
}

impl<T: Resource> Gathered<T> {
    /// Takes a page in: how many objects it had, and how many were new.
    fn take(&mut self, page: &Page) -> (u64, u64) {
        self.total = self.total.max(page.total.unwrap_or(0));
        let mut new = 0;
        for json in &page.resources {
            match T::read(json, &mut self.names) {
                Ok(item) => {
                    if self.seen.insert(item.id().clone()) {
                        self.items.push(item);
                        for group in super::resource::claims(json) {
                            *self.claims.entry(group).or_insert(0) += 1;
                        }
                        new += 1;
                    }
                }
                Err(problem) => {
                    self.unreadable += 1;
                    self.first_wrong.get_or_insert(problem);
                }
            }
        }
        (page.resources.len() as u64, new)
    }

    fn is_full(&self) -> bool {
        self.items.len() >= MOST_OBJECTS
    }

    fn progress(&self) -> Read {
        let read = self.items.len() as u64;
        Read { read, total: self.total.max(read) }
    }

    fn because(&self, client: &Client) -> Option<String> {
        let read = self.items.len() as u64;
        if self.is_full() {
            return Some(format!("listing incomplete: more than {MOST_OBJECTS} {} are not read", T::MANY));
        }
        if let Some(problem) = &self.first_wrong {
            let (count, problem) = (self.unreadable, client.fit(problem));
            return Some(format!("listing incomplete: {count} of its entries cannot be read; the first: {problem}"));
        }
        (read < self.total).then(|| format!("listing incomplete: {read} of {}", self.total))
    }
}

/// Reads a whole listing.
///
/// # Errors
/// When not even the first page can be had, or the credentials are refused.
pub(crate) async fn read<T: Resource>(
    client: &Client,
    page_size: u32,
    at_once: u32,
    seen: &(dyn Fn(Read) + Send + Sync),
) -> Result<Listed<T>, Trouble> {
    let count = u64::from(page_size.max(1));
    let mut gathered = Gathered {
        items: Vec::new(),
        seen: HashSet::new(),
        names: Names::default(),
        total: 0,
        unreadable: 0,
        first_wrong: None,
        claims: Claims::new(),
    };
    let (_, first) = page_from::<T>(client.clone(), 1, count).await?;
    let (stride, _) = gathered.take(&first);
    seen(gathered.progress());
    let rest = if stride == 0 { Ok(()) } else { pages(client, &mut gathered, stride, count, at_once, seen).await };
    let because = match rest {
        Ok(()) => gathered.because(client),
        Err(trouble @ Trouble { error: ReadError::Credentials { .. }, .. }) => return Err(trouble),
        Err(Trouble { error, .. }) => {
            let (read, total) = (gathered.items.len() as u64, gathered.total);
            Some(format!("listing incomplete: {read} of {}: failed to {error}", total.max(read)))
        }
    };
    Ok(Listed { items: gathered.items, because, claims: gathered.claims })
}

/// The pages after the first: those that the total promises at once, what they
/// left out, and then one after the other until nothing new comes.
async fn pages<T: Resource>(
    client: &Client,
    gathered: &mut Gathered<T>,
    stride: u64,
    count: u64,
    at_once: u32,
    seen: &(dyn Fn(Read) + Send + Sync),
) -> Result<(), Trouble> {
    let mut next = 1 + stride;
    let mut end = stride;
    let mut short = Vec::new();
    let mut going_on = true;
    let mut under_way = JoinSet::new();
    loop {
        while going_on && next <= gathered.total && under_way.len() < at_once.max(1) as usize {
            under_way.spawn(page_from::<T>(client.clone(), next, count).in_current_span());
            next += stride;
        }
        let Some((start, page)) = joined(under_way.join_next().await)? else { break };
        let (received, new) = gathered.take(&page);
        seen(gathered.progress());
        end = end.max(start + received - 1);
        // A total that promises more than there is must not be followed to its end.
        going_on &= new > 0 && !gathered.is_full();
        if new > 0 && received < stride {
            short.push((start + received, start + stride));
        }
    }
    for (from, to) in short {
        // The last page is short by right.
        if from <= gathered.total.min(end) {
            sweep(client, gathered, from, Some(to), count, seen).await?;
        }
    }
    match sweep(client, gathered, end + 1, None, count, seen).await {
        // Some services take a page beyond the end for a mistake.
        Err(Trouble { status: Some(StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND), .. })
            if gathered.items.len() as u64 >= gathered.total =>
        {
            Ok(())
        }
        ended => ended,
    }
}

/// Pages one after the other, until nothing new comes or `to` is reached.
async fn sweep<T: Resource>(
    client: &Client,
    gathered: &mut Gathered<T>,
    mut from: u64,
    to: Option<u64>,
    count: u64,
    seen: &(dyn Fn(Read) + Send + Sync),
) -> Result<(), Trouble> {
    while to.is_none_or(|to| from < to) && !gathered.is_full() {
        let asked = to.map_or(count, |to| count.min(to - from));
        let (_, page) = page_from::<T>(client.clone(), from, asked).await?;
        let (received, new) = gathered.take(&page);
        seen(gathered.progress());
        if new == 0 {
            break;
        }
        from += received;
    }
    Ok(())
}
