//! One HTTP client: timeouts, pool, rate limit, retry, redaction.
//!
//! It is one `tower` service with two ends: `reqwest` on a socket, and the
//! sandbox called in process. Everything above the ends is the same for both, so
//! that rate, retry and recovery are tested in the second under a paused clock.
//!
//! Certificates are verified against the system's roots; `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` name others, `HTTPS_PROXY` and `NO_PROXY` are obeyed, but
//! loopback and link-local addresses are never asked for through a proxy.

mod address;
mod client;
mod ends;
mod failure;
mod pace;
mod retry;

pub use address::{Address, AddressError};
pub(crate) use client::bearer;
pub use client::{Answer, Call, Client, Limits, Sent, Traffic};
pub use ends::{EndError, Ends};
pub use failure::{Failure, Reach};
pub use retry::{Patience, Repeat, retry_after};

/// The target of spans: what traces are made of, and what no log line shows.
pub const SPANS: &str = "spans";

/// The most bytes of an answer that are read, after decompression.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;
