//! How often `dialform run` reconciles, and where it shows itself.

use std::{net::SocketAddr, time::Duration};

use super::{Placed, SecretRef};

/// Settings of `dialform run`. They change no plan, so they are not in the manifest's digest.
#[derive(Clone, Debug)]
pub struct Run {
    /// From the beginning of one cycle to the beginning of the next.
    pub every: Duration,
    /// Where the status page, health and metrics are served.
    pub listen: Option<Placed<SocketAddr>>,
    /// What shows personal data to another machine.
    pub access: Option<Placed<SecretRef>>,
}

impl Default for Run {
    fn default() -> Self {
        Self { every: Duration::from_secs(40 * 60), listen: None, access: None }
    }
}
