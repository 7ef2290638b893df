//! An object store: objects below a prefix, written only under a condition.
//!
//! The client works on a thread of its own, and who calls waits for it: a run
//! waits for its state as it waits for a disk, whatever its own threads and clock
//! do. Each request is tried again a bounded number of times. The answer of a
//! write may be lost, so an object that is "there already" is read: what holds our
//! own bytes was written by us.

mod connect;
mod trouble;

use std::{
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult, UpdateVersion, path::Path,
};
use tokio::runtime::Runtime;

use self::trouble::{Answer, answer};
use super::StateError;

/// The largest object that is read. A hundred thousand links take about 20 MB.
const LARGEST: u64 = 1 << 30;
/// Objects read at once.
const AT_ONCE: usize = 16;
/// No new try is begun after so long: a lock holds for a minute without renewal.
const LONGEST: Duration = Duration::from_secs(20);

/// How a store is treated.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a request is sent at most.
    pub tries: u32,
    /// The wait before the second try; doubled for each one after it.
    pub wait: Duration,
    /// Between the beginnings of two segments of the journal, so that their number is bounded.
    pub spacing: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 4, wait: Duration::from_millis(250), spacing: Duration::from_millis(200) }
    }
}

/// A prefix in an object store. Clones are the same.
#[derive(Clone)]
pub struct Bucket {
    inner: Arc<Inner>,
    /// `None` once the last clone is being dropped.
    runtime: Arc<Background>,
}

struct Inner {
    client: Arc<dyn ObjectStore>,
    prefix: Path,
    label: String,
    patience: Patience,
    requests: AtomicU64,
}

/// A runtime that may be dropped anywhere, also within another one.
struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// An object as it was read.
pub(super) struct Object {
    pub bytes: Bytes,
    /// What a later write of it is conditional on.
    pub version: UpdateVersion,
    /// When it was written, by the store's clock.
    pub modified: Timestamp,
}

/// What came of a conditional write.
pub(super) enum Written {
    /// It holds what was written, and this version.
    Ours(UpdateVersion),
    /// Somebody else was there before.
    Taken,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("label", &self.inner.label).finish_non_exhaustive()
    }
}

impl Bucket {
    /// A prefix in a store; `label` is what people call it.
    ///
    /// # Errors
    /// When the system gives no thread, or the prefix cannot be one.
    pub fn new(
        client: Arc<dyn ObjectStore>,
        prefix: &str,
        label: &str,
        patience: Patience,
    ) -> Result<Self, StateError> {
        let refused = |problem: String| StateError::objects("use", label, problem, "correct `state.url`");
        let prefix = Path::parse(prefix).map_err(|error| refused(error.to_string()))?;
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).thread_name("objects").enable_all().build();
        let runtime = runtime.map_err(|error| refused(format!("the system gives no thread: {error}")))?;
        let requests = AtomicU64::new(0);
        let inner = Inner { client, prefix, label: label.to_owned(), patience, requests };
        Ok(Self { inner: Arc::new(inner), runtime: Arc::new(Background(Some(runtime))) })
    }

    /// The prefix that a URL names, with `folder` behind it; keys come from the environment.
    ///
    /// # Errors
    /// When the environment lacks or contradicts something.
    pub fn connect(url: &str, folder: &str) -> Result<Self, StateError> {
        let label = format!("{url}/{folder}");
        let (client, prefix) = connect::client(url, &label)?;
        Self::new(client, prefix.join(folder).as_ref(), &label, Patience::default())
    }

    /// How people call it.
    pub fn label(&self) -> &str {
        &self.inner.label
    }

    /// How people call one of its objects.
    pub(super) fn object(&self, name: &str) -> String {
        format!("{}/{name}", self.inner.label)
    }

    /// Requests that were sent, repeats included.
    pub fn requests(&self) -> u64 {
        self.inner.requests.load(Ordering::Relaxed)
    }

    pub(super) fn patience(&self) -> Patience {
        self.inner.patience
    }

    /// Waits for the client's thread.
    fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StateError>> + Send + 'static,
    ) -> Result<T, StateError> {
        let (done, ended) = mpsc::sync_channel(1);
        if let Some(runtime) = &self.runtime.0 {
            runtime.spawn(async move {
                // Who waits is there until it has an answer.
                let _ = done.send(work.await);
            });
        }
        ended.recv().unwrap_or_else(|_| {
            Err(StateError::objects("use", self.label(), "its client ended unexpectedly".to_owned(), "run it again"))
        })
    }

    /// An object, if it is there.
    pub(super) fn get(&self, name: &str) -> Result<Option<Object>, StateError> {
        let (inner, name) = (Arc::clone(&self.inner), name.to_owned());
        self.wait(async move { inner.get(&name).await })
    }

    /// Several objects, in order.
    pub(super) fn get_all(&self, names: Vec<String>) -> Result<Vec<Option<Object>>, StateError> {
        let inner = Arc::clone(&self.inner);
        self.wait(async move {
            let read = names.into_iter().map(|name| {
                let inner = Arc::clone(&inner);
                async move { inner.get(&name).await }
            });
            futures_util::stream::iter(read).buffered(AT_ONCE).try_collect().await
        })
    }

    /// The names of all objects.
    pub(super) fn list(&self) -> Result<Vec<String>, StateError> {
        let inner = Arc::clone(&self.inner);
        self.wait(async move { inner.list().await })
    }

    /// Writes an object that is not there yet.
    pub(super) fn create(&self, name: &str, bytes: Bytes) -> Result<Written, StateError> {
        let (inner, name) = (Arc::clone(&self.inner), name.to_owned());
        self.wait(async move { inner.write(&name, bytes, &PutMode::Create, inner.patience.tries).await })
    }

    /// Replaces an object that is still at a version; `once` is without another try.
    pub(super) fn update(
        &self,
        name: &str,
        bytes: Bytes,
        version: UpdateVersion,
        once: bool,
    ) -> Result<Written, StateError> {
        let (inner, name) = (Arc::clone(&self.inner), name.to_owned());
        let tries = if once { 1 } else { inner.patience.tries };
        self.wait(async move { inner.write(&name, bytes, &PutMode::Update(version), tries).await })
    }

    /// Whether the store refuses a write whose condition does not hold.
    pub(super) fn refuses(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<bool, StateError> {
        let (inner, name) = (Arc::clone(&self.inner), name.to_owned());
        self.wait(async move {
            let put = || inner.put(&name, bytes.clone(), mode.clone());
            match inner.tried("write", inner.patience.tries, put).await? {
                Ok(_) => Ok(false),
                Err(_) => Ok(true),
            }
        })
    }

    /// The store's own time: that of an object which is made for it and removed.
    pub(super) fn now(&self, salt: &str) -> Result<Timestamp, StateError> {
        let name = format!("clock-{salt}");
        self.create(&name, Bytes::from_static(b"what time is it?\n"))?;
        let made = self.get(&name)?;
        self.remove(vec![name.clone()]);
        made.map(|object| object.modified).ok_or_else(|| StateError::damaged(self.object(&name), "it vanished"))
    }

    /// Removes objects that nobody needs. What cannot be removed is only in the way.
    pub(super) fn remove(&self, names: Vec<String>) {
        if names.is_empty() {
            return;
        }
        let inner = Arc::clone(&self.inner);
        // The next run finds them again and tries again.
        let _ = self.wait(async move { inner.remove(names).await });
    }
}

impl Inner {
    fn path(&self, name: &str) -> Path {
        self.prefix.clone().join(name)
    }

    fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Sends a request until it has an answer: done, or that a condition does not hold.
    async fn tried<T, F: Future<Output = Result<T, Error>>>(
        &self,
        doing: &'static str,
        tries: u32,
        send: impl Fn() -> F,
    ) -> Result<Result<T, Answer>, StateError> {
        let (begun, mut wait) = (Instant::now(), self.patience.wait);
        for left in (0..tries.max(1)).rev() {
            self.count();
            let error = match send().await {
                Ok(done) => return Ok(Ok(done)),
                Err(error) => error,
            };
            match answer(&error) {
                Answer::Away(why) if left > 0 && begun.elapsed() < LONGEST => {
                    tracing::debug!(store = %self.label, doing, problem = why.problem, "tried again");
                    tokio::time::sleep(wait).await;
                }
                Answer::Away(why) | Answer::Refused(why) => {
                    return Err(StateError::objects(doing, &self.label, why.problem, why.next));
                }
                condition @ (Answer::Missing | Answer::Exists) => return Ok(Err(condition)),
            }
            wait *= 2;
        }
        Err(StateError::objects(doing, &self.label, "it was not tried".to_owned(), "run it again"))
    }

    async fn get(&self, name: &str) -> Result<Option<Object>, StateError> {
        let path = self.path(name);
        let read = || async {
            let found = self.client.get(&path).await?;
            let meta = found.meta.clone();
            // Who put a huge object there must not fill the memory.
            let bytes = if meta.size > LARGEST { None } else { Some(found.bytes().await?) };
            Ok((meta, bytes))
        };
        match self.tried("read", self.patience.tries, read).await? {
            Ok((meta, Some(bytes))) => Ok(Some(Object {
                bytes,
                version: UpdateVersion { e_tag: meta.e_tag, version: meta.version },
                modified: Timestamp::from_millisecond(meta.last_modified.timestamp_millis()).unwrap_or_default(),
            })),
            Ok((_, None)) => Err(StateError::damaged(format!("{}/{name}", self.label), "it is larger than a gigabyte")),
            Err(_) => Ok(None),
        }
    }

    async fn list(&self) -> Result<Vec<String>, StateError> {
        let names = || async {
            let found: Vec<_> = self.client.list(Some(&self.prefix)).try_collect().await?;
            Ok(found.into_iter().filter_map(|meta| meta.location.filename().map(str::to_owned)).collect())
        };
        match self.tried("list", self.patience.tries, names).await? {
            Ok(names) => Ok(names),
            Err(_) => Ok(Vec::new()),
        }
    }

    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<PutResult, Error> {
        self.client.put_opts(&self.path(name), PutPayload::from(bytes), PutOptions::from(mode)).await
    }

    async fn write(&self, name: &str, bytes: Bytes, mode: &PutMode, tries: u32) -> Result<Written, StateError> {
        for _ in 0..tries.max(2) {
            match self.tried("write", tries, || self.put(name, bytes.clone(), mode.clone())).await? {
                Ok(done) => return Ok(Written::Ours(UpdateVersion { e_tag: done.e_tag, version: done.version })),
                Err(_) => match self.get(name).await? {
                    Some(object) if object.bytes == bytes => return Ok(Written::Ours(object.version)),
                    Some(_) => return Ok(Written::Taken),
                    // It was removed in between; only what must not be there yet can be tried again.
                    None if matches!(mode, PutMode::Create) => {}
                    None => return Ok(Written::Taken),
                },
            }
        }
        Ok(Written::Taken)
    }

    async fn remove(&self, names: Vec<String>) -> Result<(), StateError> {
        self.count();
        let paths: Vec<Path> = names.iter().map(|name| self.path(name)).collect();
        let all = futures_util::stream::iter(paths.clone().into_iter().map(Ok)).boxed();
        let done: Result<Vec<Path>, Error> = self.client.delete_stream(all).try_collect().await;
        if done.is_ok() {
            return Ok(());
        }
        // Not every store removes several at once.
        for path in paths {
            self.count();
            match self.client.delete(&path).await.map_err(|error| answer(&error)) {
                Ok(()) | Err(Answer::Missing | Answer::Exists) => {}
                Err(Answer::Away(why) | Answer::Refused(why)) => {
                    return Err(StateError::objects("remove objects from", &self.label, why.problem, why.next));
                }
            }
        }
        Ok(())
    }
}
