//! Dialpad over SCIM 2.0 and its admin API: reads [`crate::live::Live`] and carries
//! out one request of a plan at a time.
//!
//! Only this room and the sandbox know the wire's field names. How real servers
//! behave, and the rules that follow for a client, is in `docs/scim-servers.md`.

mod admin;
mod confirm;
mod connect;
mod examine;
mod members;
mod missed;
mod read;
mod scim;
mod send;
mod wire;

use bytes::Bytes;

pub use self::{
    admin::{ADMIN_PATH, AdminEnd, Granted, Part, People, Wanted, examine_admin},
    confirm::{Stored, confirm},
    connect::ConnectError,
    examine::{Interest, examine},
    read::Reader,
    send::Writer,
};

use crate::{
    live::{Group, User},
    names::{AttrPath, Secret, TargetId, Text},
    plan::{Dialect, Ref, Request},
    sandbox::Sandbox,
};

/// The other end of the client.
#[derive(Clone, Debug)]
pub enum End {
    /// A SCIM service at a base URL, on a socket.
    Socket {
        /// The base URL, without a slash at its end.
        url: Text,
        /// The bearer token.
        token: Option<Secret>,
        /// Whether plain HTTP may leave this machine: asked for outside of the manifest.
        plain_http: bool,
    },
    /// A sandbox in this process.
    Sandbox(Sandbox),
}

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct Want {
    /// Whether groups are read.
    pub groups: bool,
    /// For `read: lookup`: the values of the matching attributes to look up.
    pub lookups: Vec<(AttrPath, Text)>,
    /// What is read of the admin API.
    pub tenant: Option<Wanted>,
    /// Accounts that are linked: those that the listing lacks are asked for one by one.
    pub linked_users: Vec<TargetId>,
    /// Groups that are linked, likewise.
    pub linked_groups: Vec<TargetId>,
}

/// How far reading is: called after each page.
pub type Progress<'a> = &'a (dyn Fn(Read) + Send + Sync);

/// Objects read so far, and how many there are said to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Objects so far.
    pub read: u64,
    /// Objects in all.
    pub total: u64,
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// 401 or 403.
    #[error("sign in to {service}: {message}")]
    Credentials {
        /// The base URL.
        service: Text,
        /// What the service said.
        message: String,
    },
    /// No connection, or no answer in time, after the retries.
    #[error("reach {service}: {message}")]
    Unreachable {
        /// The base URL.
        service: Text,
        /// What happened.
        message: String,
    },
    /// An answer that cannot be used.
    #[error("read {what} from {service}: {message}")]
    Unusable {
        /// The base URL.
        service: Text,
        /// What was read.
        what: String,
        /// What is wrong with the answer.
        message: String,
    },
}

/// How a request went that was answered with success.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The object after the change, from the answer or a read-back; `None` after a delete.
    pub user: Option<User>,
    /// The group after the change.
    pub group: Option<Group>,
    /// Whether there was no answer body, so that reading back is needed to know what was stored.
    pub unconfirmed: bool,
}

/// Why a request did not succeed. Retries have been used up where they are safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// 401 or 403.
    #[error("{message}")]
    Credentials {
        /// The status.
        status: u16,
        /// What the service said.
        message: String,
    },
    /// 409.
    #[error("{message}")]
    Conflict {
        /// What the service said.
        message: String,
    },
    /// 404: the object is not there.
    #[error("{message}")]
    Gone {
        /// What the service said.
        message: String,
    },
    /// 412: the object changed since it was read.
    #[error("{message}")]
    Stale {
        /// What the service said.
        message: String,
    },
    /// Any other refusal; nothing was done.
    #[error("{message}")]
    Refused {
        /// The status.
        status: u16,
        /// What the service said.
        message: String,
    },
    /// The answer was lost: it may have been done or not.
    #[error("{message}")]
    InDoubt {
        /// What happened.
        message: String,
    },
    /// No connection could be made, so nothing was sent.
    #[error("{message}")]
    Unreached {
        /// To where, and what stood in the way.
        message: String,
    },
    /// It was not sent, or the service said that it did nothing (429).
    #[error("{message}")]
    NotSent {
        /// What happened.
        message: String,
    },
}

/// Ids of objects that a plan's references name.
pub type Resolve<'a> = &'a (dyn Fn(&Ref) -> Option<TargetId> + Send + Sync);

/// The body of a request as it is sent, for showing; `None` where there is none,
/// or where it names an object that has no id.
pub fn body(request: &Request, dialect: Dialect, resolve: Resolve<'_>) -> Option<Bytes> {
    wire::write(request, dialect, resolve).ok()?.body
}

/// What a page of a listing holds, read as an account and as a group each; entries
/// that cannot be read are left out. Reading a service goes through [`Reader`];
/// this is for looking at a body by itself.
///
/// # Errors
/// What the body is instead of a page, a lower-case fragment.
pub fn page(body: &[u8]) -> Result<(Vec<User>, Vec<Group>), String> {
    let page = scim::listing::Page::read(scim::parse(body)?)?;
    Ok((scim::readable(&page.resources), scim::readable(&page.resources)))
}
