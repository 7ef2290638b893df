//! Reading: everything, or one object.

use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use tokio::time::Instant;
use tracing::Instrument;

use super::{
    Progress, Read, ReadError, Want,
    admin::{self, Api},
    members, missed,
    scim::{
        self, Resource, Trouble,
        listing::{self, Claims, Listed},
    },
};
use crate::{
    http::{Call, Client, SPANS, Sent, Traffic},
    live::{Group, Live, Tenant, User, tenant::Company},
    manifest::{ReadDialect, Scim},
    names::{AttrPath, Complete, Reading, TargetId, Value, eq_fold},
};

/// Reads. It has no way to write.
#[derive(Clone, Debug)]
pub struct Reader {
    client: Client,
    api: Option<Api>,
    settings: Arc<Scim>,
    users: Arc<Recent<User>>,
    groups: Arc<Recent<Group>>,
}

/// The last listing that was read to find something, so that those who ask at
/// the same time share it.
#[derive(Debug)]
struct Recent<T>(tokio::sync::Mutex<Option<(Instant, Arc<Vec<T>>)>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(tokio::sync::Mutex::new(None))
    }
}

/// Adds up how far the listings are.
struct Tally<'a> {
    users: Mutex<Read>,
    groups: Mutex<Read>,
    tenant: Mutex<Read>,
    progress: Progress<'a>,
}

impl Tally<'_> {
    fn say(&self, which: &Mutex<Read>, now: Read) {
        let read = |one: &Mutex<Read>| *one.lock().unwrap_or_else(PoisonError::into_inner);
        *which.lock().unwrap_or_else(PoisonError::into_inner) = now;
        let parts = [read(&self.users), read(&self.groups), read(&self.tenant)];
        let sum = |of: fn(&Read) -> u64| parts.iter().map(of).sum();
        (self.progress)(Read { read: sum(|part| part.read), total: sum(|part| part.total) });
    }
}

impl Reader {
    pub(super) fn over(client: Client, settings: &Scim, api: Option<Api>) -> Self {
        let settings = Arc::new(settings.clone());
        Self { client, api, settings, users: Arc::default(), groups: Arc::default() }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The admin API, where there is one.
    pub(super) fn api(&self) -> Option<&Api> {
        self.api.as_ref()
    }

    /// Requests under way at once, at most.
    pub(super) fn at_once(&self) -> usize {
        self.settings.concurrency.max(1) as usize
    }

    /// What was sent so far, by all clones.
    pub fn sent(&self) -> Sent {
        let (scim, api) = (self.client.sent(), self.api.as_ref().map(|api| api.client.sent()).unwrap_or_default());
        Sent { requests: scim.requests + api.requests, retries: scim.retries + api.retries }
    }

    /// How it was answered, of all clones.
    pub fn traffic(&self) -> Traffic {
        let mut traffic = self.client.traffic();
        if let Some(api) = &self.api {
            traffic.add(&api.client.traffic());
        }
        traffic
    }

    /// Requests a second that are sent at most now; `None` is without a limit.
    pub fn rate(&self) -> Option<f64> {
        self.client.rate()
    }

    /// Reads everything.
    ///
    /// # Errors
    /// When nothing useful could be read. A partial listing is no error but incomplete.
    #[tracing::instrument(target = SPANS, name = "read Dialpad", skip_all)]
    pub async fn live(&self, want: &Want, progress: Progress<'_>) -> Result<Live, ReadError> {
        let before = self.client.sent().requests;
        let tally = Tally { users: Mutex::default(), groups: Mutex::default(), tenant: Mutex::default(), progress };
        let of_users = |now| tally.say(&tally.users, now);
        let users = async {
            let read = match self.settings.read {
                ReadDialect::List => self.list::<User>(&of_users).await,
                ReadDialect::Lookup => self.look_up(&want.lookups, &of_users).await,
            };
            read.map_err(|trouble| trouble.error)
        };
        let groups = async {
            if !want.groups {
                return Ok(Reading::Absent { because: "groups were not asked for".to_owned() });
            }
            let read = self.list::<Group>(&|now| tally.say(&tally.groups, now)).await;
            Ok(read.map_or_else(|trouble| no_groups(&trouble), Listed::reading))
        };
        let discovery = async { Ok(scim::discovery::read(&self.client).await) };
        let tenant = async {
            match &want.tenant {
                Some(wanted) => self.tenant(wanted, &|now| tally.say(&tally.tenant, now)).await.map(Some),
                None => Ok(None),
            }
        };
        let (users, mut groups, (schema, mut service), tenant) = tokio::try_join!(users, groups, discovery, tenant)?;
        members::complete(self, &users.claims, &mut groups).await?;
        // A suspended account may be left out of a listing by right.
        let mut users = missed::look(self, &want.linked_users, users.reading(), User::is_active).await?;
        let mut groups = missed::look(self, &want.linked_groups, groups, |_| true).await?;
        if !service.etag {
            forget_versions(&mut users, &mut groups);
        }
        service.requests = self.client.sent().requests - before;
        Ok(Live { users, groups, schema, service, tenant })
    }

    /// The company that the key of the admin API belongs to, where it tells.
    pub async fn company(&self) -> Option<Company> {
        admin::whose(self.api.as_ref()?).await
    }

    /// Reads what is wanted of the admin API.
    ///
    /// # Errors
    /// When there is none, or the key is refused. Parts that cannot be read are named in the tenant.
    pub async fn tenant(&self, wanted: &admin::Wanted, progress: Progress<'_>) -> Result<Tenant, ReadError> {
        match &self.api {
            Some(api) => admin::tenant(api, wanted, progress).await,
            None => {
                let message = "the manifest names no admin API; add `target.dialpad.api`".to_owned();
                Err(scim::unusable(&self.client, "the admin API".to_owned(), message))
            }
        }
    }

    async fn list<T: Resource>(&self, seen: &(dyn Fn(Read) + Send + Sync)) -> Result<Listed<T>, Trouble> {
        listing::read(&self.client, self.settings.page_size, self.settings.concurrency, seen).await
    }

    /// One account, by id; `None` when it is not there.
    ///
    /// # Errors
    /// As [`Reader::live`].
    pub async fn user(&self, id: &TargetId) -> Result<Option<User>, ReadError> {
        self.one(id).await
    }

    /// One group with all its members, by id; `None` when it is not there.
    ///
    /// # Errors
    /// As [`Reader::live`].
    pub async fn group(&self, id: &TargetId) -> Result<Option<Group>, ReadError> {
        self.one(id).await
    }

    pub(super) async fn one<T: Resource>(&self, id: &TargetId) -> Result<Option<T>, ReadError> {
        let what = format!("{} `{id}`", T::ONE);
        let Some(path) = scim::path::<T>(id) else {
            return Err(scim::unusable(&self.client, what, "its id cannot stand in an address".to_owned()));
        };
        let answer =
            self.client.send(&Call::get(path)).await.map_err(|failure| scim::failed(&self.client, &failure))?;
        if answer.status == StatusCode::NOT_FOUND || answer.status == StatusCode::GONE {
            return Ok(None);
        }
        let json = scim::json(&self.client, &answer, &what).map_err(|trouble| trouble.error)?;
        match T::read(&json, &mut scim::Names::default()) {
            Ok(found) if found.id() == id => Ok(Some(found)),
            Ok(found) => {
                let message = format!("it answered with `{}`", self.client.fit(found.id().as_str()));
                Err(scim::unusable(&self.client, what, message))
            }
            Err(message) => Err(scim::unusable(&self.client, what, message)),
        }
    }

    /// Accounts whose attribute has this value: asked by a filter, and where the
    /// service finds none, by the listing, since an empty answer proves nothing.
    ///
    /// # Errors
    /// As [`Reader::live`].
    pub async fn find_users(&self, path: &AttrPath, value: &str) -> Result<Vec<User>, ReadError> {
        self.find(&self.users, path, value, |user| holds(user.get(path).as_deref(), value)).await
    }

    /// Groups with this display name, found as [`Reader::find_users`] finds.
    ///
    /// # Errors
    /// As [`Reader::live`].
    pub async fn find_groups(&self, display_name: &str) -> Result<Vec<Group>, ReadError> {
        let path = AttrPath::core("displayName");
        self.find(&self.groups, &path, display_name, |group| holds(group.get(&path).as_deref(), display_name)).await
    }

    async fn find<T: Resource>(
        &self,
        recent: &Recent<T>,
        path: &AttrPath,
        value: &str,
        fits: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, ReadError> {
        let asked = Instant::now();
        match listing::search(&self.client, path, value).await {
            Ok(found) => {
                // Some services ignore a filter and list everything.
                let found: Vec<T> = found.into_iter().filter(&fits).collect();
                if !found.is_empty() {
                    return Ok(found);
                }
            }
            Err(Trouble { error: error @ (ReadError::Credentials { .. } | ReadError::Unreachable { .. }), .. }) => {
                return Err(error);
            }
            Err(_) => {}
        }
        let mut kept = recent.0.lock().await;
        let fresh = kept.as_ref().filter(|(began, _)| *began >= asked).map(|(_, items)| items.clone());
        let items = if let Some(items) = fresh {
            items
        } else {
            let began = Instant::now();
            let listed = self.list::<T>(&|_| {}).await.map_err(|trouble| trouble.error)?;
            if let Some(because) = listed.because {
                return Err(scim::unusable(&self.client, T::MANY.to_owned(), because));
            }
            let items = Arc::new(listed.items);
            *kept = Some((began, items.clone()));
            items
        };
        Ok(items.iter().filter(|item| fits(item)).cloned().collect())
    }

    /// One search for each wanted value.
    async fn look_up(
        &self,
        lookups: &[(AttrPath, crate::names::Text)],
        seen: &(dyn Fn(Read) + Send + Sync),
    ) -> Result<Listed<User>, Trouble> {
        let mut searches = tokio::task::JoinSet::new();
        let mut found = std::collections::BTreeMap::new();
        let total = lookups.len() as u64;
        let mut read = 0;
        let mut waiting = lookups.iter();
        loop {
            while searches.len() < self.at_once()
                && let Some((path, value)) = waiting.next()
            {
                let (client, path, value) = (self.client.clone(), path.clone(), value.clone());
                let search = async move {
                    let users = listing::search::<User>(&client, &path, &value).await?;
                    let fits = |user: &User| holds(user.get(&path).as_deref(), &value);
                    Ok::<_, Trouble>(users.into_iter().filter(fits).collect::<Vec<_>>())
                };
                searches.spawn(search.in_current_span());
            }
            let Some(users) = scim::joined(searches.join_next().await)? else { break };
            found.extend(users.into_iter().map(|user| (user.id.clone(), user)));
            read += 1;
            seen(Read { read, total });
        }
        let because = "accounts were looked up one by one (`read: lookup`), so others are not known".to_owned();
        Ok(Listed { items: found.into_values().collect(), because: Some(because), claims: Claims::new() })
    }
}

/// What a failing `/Groups` means: that there are none, or that they are not known.
fn no_groups(trouble: &Trouble) -> Reading<Vec<Group>> {
    match trouble.status {
        Some(StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED) => {
            Reading::Absent { because: "the service has no `/Groups`".to_owned() }
        }
        _ => Reading::Incomplete { items: Vec::new(), because: format!("failed to {}", trouble.error) },
    }
}

/// `If-Match` is only sent where the service announces it; elsewhere a version is noise.
fn forget_versions(users: &mut Reading<Vec<User>>, groups: &mut Reading<Vec<Group>>) {
    change(users, |user| user.version = None);
    change(groups, |group| group.version = None);
}

fn change<T>(reading: &mut Reading<Vec<T>>, mut with: impl FnMut(&mut T)) {
    let taken = std::mem::replace(reading, Reading::Absent { because: String::new() });
    *reading = match taken {
        Reading::Complete(complete) => {
            let mut items = complete.into_items();
            items.iter_mut().for_each(&mut with);
            Reading::Complete(Complete::attest(items))
        }
        Reading::Incomplete { mut items, because } => {
            items.iter_mut().for_each(&mut with);
            Reading::Incomplete { items, because }
        }
        absent @ Reading::Absent { .. } => absent,
    };
}

/// Whether one of the values is this text, without case.
fn holds(held: Option<&Value>, wanted: &str) -> bool {
    held.is_some_and(|held| {
        held.each().iter().any(|item| match item {
            Value::Text(text) => eq_fold(text, wanted),
            other => eq_fold(&other.to_string(), wanted),
        })
    })
}
