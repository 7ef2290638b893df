//! The embedded Dialpad: a SCIM 2.0 server of users and groups, and the part of
//! the admin API that Dialform uses, with Dialpad's documented limits and with
//! faults on demand. Both services see the same people.
//!
//! It is one program with three uses: the first run of a newcomer (kept in a
//! folder between commands), the test server (called in process, under a paused
//! clock if need be), and the load target (in memory, without a limit).

mod account;
mod admin;
mod answer;
mod company;
mod disk;
mod fault_text;
mod faults;
mod limit;
mod look;
mod numbers;
mod person;
mod requests;
mod scim;
mod seats;
mod serve;
mod settle;
mod store;
mod tenant;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

pub(crate) use self::fault_text::parse_duration;
pub use self::{
    account::{GroupKind, License, Line, PolicyTarget, Role, UserState},
    disk::DiskError,
    fault_text::{FAULT_HELP, FaultError},
    faults::{Fault, FaultBody, FaultPlan, FaultRule, Matching, When},
    look::{Operator, PolicyAssignment},
    requests::{RequestRecord, Requests},
    scim::GroupRename,
    seats::Seats,
    tenant::{Tenant, TenantError},
};
use self::{
    admin::Admin,
    faults::Faults,
    limit::Limit,
    scim::Scim,
    store::{Content, ResourceKind, Store, StoreError},
};
use crate::names::Secret;

/// The path of Dialpad's SCIM service: `https://dialpad.com/scim` (Microsoft's
/// Dialpad provisioning tutorial).
pub const BASE_PATH: &str = "/scim";

/// The path of Dialpad's admin API (Dialpad's OpenAPI file).
pub const API_PATH: &str = "/api/v2";

/// How the sandbox behaves. The default is in memory, with Dialpad's limit of
/// 20 requests a second, pages of 100, any token, and nothing going wrong.
#[derive(Debug, Clone)]
pub struct Options {
    /// The bearer token that requests must carry. Without one, nothing is asked for.
    pub token: Option<Secret>,
    /// Requests a second for the whole company; `None` is no limit.
    pub rate: Option<u32>,
    /// How long each answer waits before anything is done.
    pub latency: Duration,
    /// The most resources on a page. When nothing is asked there are 100, or this if it is less.
    pub page_limit: usize,
    /// What a change of a group's name does.
    pub group_rename: GroupRename,
    /// Whether a `userName` or a group's `displayName` is refused that is there already, as
    /// Dialpad does. Some services take it, and then have it twice.
    pub unique_names: bool,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// Where the data are kept; in memory without it.
    pub folder: Option<PathBuf>,
    /// The company. Without one there is an office with more licences than
    /// anybody needs, and nobody gets a number by itself. Its people are put in
    /// when the folder is empty; the rest is read each time.
    pub tenant: Option<Tenant>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            token: None,
            rate: Some(20),
            latency: Duration::ZERO,
            page_limit: 100,
            group_rename: GroupRename::Ignored,
            unique_names: true,
            faults: FaultPlan::default(),
            folder: None,
            tenant: None,
        }
    }
}

/// Why the sandbox cannot be had, or why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The folder cannot be used.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A resource to begin with was refused.
    #[error("load resource {number}: {problem}")]
    Load {
        /// Which one, from 1.
        number: usize,
        /// Why.
        problem: String,
    },
    /// The connection was cut before an answer, on demand.
    #[error("get an answer: the connection was reset")]
    Reset,
    /// The connection was cut within the body, on demand.
    #[error("read the answer: the connection was closed before the body ended")]
    Cut,
    /// The system refused to serve.
    #[error("serve the sandbox: {0}")]
    Serve(#[source] std::io::Error),
}

/// A running sandbox. Clones are the same sandbox.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    scim: Scim,
    admin: Admin,
    token: Option<Secret>,
    latency: Duration,
    limit: Mutex<Option<Limit>>,
    faults: Mutex<Faults>,
    requests: Mutex<Requests>,
    opened: Instant,
}

/// Puts the tenant's people in, if nobody and nothing is there. Names and seats
/// were checked when the tenant was read.
fn begin(store: &mut Store, users: Vec<Content>) -> Result<(), SandboxError> {
    if !store.is_empty() {
        return Ok(());
    }
    for (at, content) in users.into_iter().enumerate() {
        let refused = |error: StoreError| SandboxError::Load { number: at + 1, problem: error.to_string() };
        store.insert(ResourceKind::User, None, content, Timestamp::now()).map_err(refused)?;
    }
    Ok(())
}

/// A panic elsewhere leaves counters that are still good to count with.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Opens a sandbox: empty, or with what its folder holds.
    ///
    /// # Errors
    /// When the folder cannot be used, is in use, or holds a damaged file.
    pub fn open(options: Options) -> Result<Self, SandboxError> {
        let Options { token, rate, latency, page_limit, group_rename, unique_names, faults, folder, tenant } = options;
        let mut store = match &folder {
            Some(folder) => Store::open(folder)?,
            None => Store::in_memory(),
        };
        if !unique_names {
            store.allow_duplicates();
        }
        let Tenant { company, users } = tenant.unwrap_or_default();
        begin(&mut store, users)?;
        let company = Arc::new(company);
        let admin = Admin::new(company.clone(), page_limit);
        let inner = Inner {
            scim: Scim { store: RwLock::new(store), page_limit: page_limit.max(1), group_rename, company },
            admin,
            token,
            latency,
            limit: Mutex::new(Limit::new(rate)),
            faults: Mutex::new(Faults::new(faults)),
            requests: Mutex::new(Requests::default()),
            opened: Instant::now(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The token that requests must carry, for a client in this process.
    pub(crate) fn token(&self) -> Option<Secret> {
        self.inner.token.clone()
    }

    /// What was asked since the sandbox was opened or [`Sandbox::reset_requests`].
    pub fn requests(&self) -> Requests {
        locked(&self.inner.requests).clone()
    }

    /// Forgets all requests.
    pub fn reset_requests(&self) {
        *locked(&self.inner.requests) = Requests::default();
    }

    /// Replaces what goes wrong. Turns are counted from here.
    pub fn set_faults(&self, plan: FaultPlan) {
        *locked(&self.inner.faults) = Faults::new(plan);
    }

    /// All users, as they would be sent, in order of creation.
    pub fn users(&self) -> Vec<Value> {
        self.inner.scim.all(ResourceKind::User)
    }

    /// All groups, as they would be sent, in order of creation.
    pub fn groups(&self) -> Vec<Value> {
        self.inner.scim.all(ResourceKind::Group)
    }

    /// Puts users and groups in without a request. What has a `userName` is a
    /// user. An `id` is kept if it is given; members may be named by `userName`
    /// too, and must come before the group. Gives the ids in the same order.
    ///
    /// # Errors
    /// The first resource that is refused; those before it are in.
    pub fn load<'a>(&self, resources: impl IntoIterator<Item = &'a Value>) -> Result<Vec<String>, SandboxError> {
        let load = |(at, resource)| {
            let refused = |refusal: scim::Refusal| SandboxError::Load { number: at + 1, problem: refusal.detail };
            self.inner.scim.load(resource).map_err(refused)
        };
        resources.into_iter().enumerate().map(load).collect()
    }
}
