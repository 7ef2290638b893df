//! Reading objects again, by page or one by one, whichever takes fewer requests.

use std::collections::{HashMap, VecDeque};

use tokio::task::JoinSet;
use tracing::Instrument;

use crate::{
    dialpad::{ReadError, Reader, Stored, Want},
    live::{Group, User},
    names::TargetId,
    plan::{Kind, Read},
};

/// An object that was read.
#[derive(Clone, Debug)]
pub(super) enum Object {
    User(User),
    Group(Group),
}

impl Object {
    pub fn stored(&self) -> Stored<'_> {
        match self {
            Object::User(user) => Stored::User(user),
            Object::Group(group) => Stored::Group(group),
        }
    }
}

/// What was read again.
#[derive(Debug, Default)]
pub(super) struct Objects {
    /// What is there; `None` is known not to be there, and what is missing could not be read.
    pub by_id: HashMap<(Kind, TargetId), Option<Object>>,
    /// All accounts and groups, when they were read by page.
    pub all: Vec<Object>,
    /// Whether they were.
    pub listed: bool,
    /// Why something could not be read.
    pub error: Option<ReadError>,
}

/// How many pages hold everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pages {
    users: u64,
    groups: u64,
}

impl Pages {
    pub fn of(read: &Read, page_size: u32) -> Self {
        let pages = |objects: u64| objects.div_ceil(u64::from(page_size.max(1))).max(1);
        Self { users: pages(read.live_users), groups: pages(read.live_groups) }
    }

    /// Requests to list everything.
    pub fn all(self) -> u64 {
        self.users + self.groups
    }

    fn to_read(self, groups: bool) -> u64 {
        self.users + if groups { self.groups } else { 0 }
    }
}

/// Reads `wanted`; `more` requests would follow that reading by page makes needless.
pub(super) async fn read(
    reader: &Reader,
    mut wanted: Vec<(Kind, TargetId)>,
    more: u64,
    groups: bool,
    pages: Pages,
    concurrency: u32,
) -> Objects {
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.len() as u64 + more > pages.to_read(groups)
        && let Some(objects) = list(reader, &wanted, groups).await
    {
        return objects;
    }
    one_by_one(reader, wanted, concurrency).await
}

/// Everything, if all of it could be read.
async fn list(reader: &Reader, wanted: &[(Kind, TargetId)], groups: bool) -> Option<Objects> {
    let live = reader.live(&Want { groups, ..Want::default() }, &|_| {}).await.ok()?;
    let users = live.users.complete()?.items().iter().cloned().map(Object::User);
    let mut all: Vec<Object> = users.collect();
    if groups {
        all.extend(live.groups.complete()?.items().iter().cloned().map(Object::Group));
    }
    let mut by_id: HashMap<_, Option<Object>> = wanted.iter().map(|wanted| (wanted.clone(), None)).collect();
    for object in &all {
        let key = match object {
            Object::User(user) => (Kind::User, user.id.clone()),
            Object::Group(group) => (Kind::Group, group.id.clone()),
        };
        if let Some(found) = by_id.get_mut(&key) {
            *found = Some(object.clone());
        }
    }
    Some(Objects { by_id, all, listed: true, error: None })
}

async fn one_by_one(reader: &Reader, wanted: Vec<(Kind, TargetId)>, concurrency: u32) -> Objects {
    let mut left = VecDeque::from(wanted);
    let mut reading = JoinSet::new();
    let mut objects = Objects::default();
    loop {
        while reading.len() < concurrency.max(1) as usize && objects.error.is_none() {
            let Some((kind, id)) = left.pop_front() else { break };
            let reader = reader.clone();
            let read = async move {
                let found = match kind {
                    Kind::User => reader.user(&id).await.map(|user| user.map(Object::User)),
                    Kind::Group => reader.group(&id).await.map(|group| group.map(Object::Group)),
                };
                ((kind, id), found)
            };
            reading.spawn(read.in_current_span());
        }
        match reading.join_next().await {
            Some(Ok((key, Ok(found)))) => {
                objects.by_id.insert(key, found);
            }
            Some(Ok((_, Err(error)))) => objects.error = Some(error),
            // What a reading that ended unexpectedly leaves counts as not read.
            Some(Err(_)) => {}
            None => return objects,
        }
    }
}
