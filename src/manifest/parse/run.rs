//! `run`: how often, and where it is seen.

use std::{net::SocketAddr, time::Duration};

use super::{Judge, target};
use crate::manifest::{Placed, Run, raw};

/// Longer than any incident may stay unseen, and within what timers can hold.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

pub(super) fn run(raw: &raw::Run, judge: &mut Judge) -> Run {
    let raw::Run { every, listen, access } = raw;
    let every = interval(every, judge);
    let listen = listen.as_deref().and_then(|written| address(written, judge));
    let access = access.as_ref().and_then(|secret| target::secret(secret, &["run", "access"], judge));
    if access.is_some() && listen.is_none() {
        let spot = judge.key(&["run", "access"]);
        judge.warning(&spot, "never_used", "there is no status page to guard").help =
            Some("add `listen: 127.0.0.1:9464`, or take this out".to_owned());
    }
    Run { every, listen, access }
}

/// The pattern of the schema was held against it before.
fn interval(written: &str, judge: &mut Judge) -> Duration {
    let (digits, unit) = written.split_at(written.len().saturating_sub(1));
    let seconds = match unit {
        "h" => 3600,
        "m" => 60,
        _ => 1,
    };
    let every = Duration::from_secs(digits.parse::<u64>().unwrap_or(0).saturating_mul(seconds));
    if every.is_zero() || every > LONGEST {
        let spot = judge.spot(&["run", "every"]);
        let message = if every.is_zero() {
            "without a pause it would never stop reading"
        } else {
            "leavers would keep Dialpad for more than a week"
        };
        judge.error(&spot, "out_of_range", message).help = Some("write a time from `1s` to `168h`".to_owned());
    }
    every
}

/// An address with a port; `:9464` and `9464` are this machine's.
fn address(written: &str, judge: &mut Judge) -> Option<Placed<SocketAddr>> {
    let path = ["run", "listen"];
    let trimmed = written.trim();
    let port = trimmed.strip_prefix(':').unwrap_or(trimmed).parse::<u16>();
    let found = match (port, trimmed.strip_prefix("localhost:")) {
        (Ok(port), _) => Some(SocketAddr::from(([127, 0, 0, 1], port))),
        (Err(_), Some(port)) => port.parse().ok().map(|port: u16| SocketAddr::from(([127, 0, 0, 1], port))),
        (Err(_), None) => trimmed.parse().ok(),
    };
    let Some(found) = found else {
        let spot = judge.spot(&path);
        judge.error(&spot, "bad_address", format!("`{trimmed}` is not an address with a port")).help = Some(
            "write `127.0.0.1:9464` for this machine alone, or `0.0.0.0:9464` for whoever reaches this one".to_owned(),
        );
        return None;
    };
    Some(judge.placed(&path, found))
}
