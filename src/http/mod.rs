//! One HTTP client: timeouts, pool, rate limit, retry, redaction.
//!
//! It is one `tower` service with two ends: `reqwest` on a socket, and the
//! sandbox called in process.
