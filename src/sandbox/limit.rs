//! The rate limit: so many requests a second for the whole company, as Dialpad
//! documents ("20 requests per second", developers.dialpad.com/docs/rate-limits),
//! SCIM and admin API together.
//!
//! How Dialpad counts is not documented. Here there is a bucket of one second's
//! worth of requests, refilled evenly: a client that spaces its requests is
//! never refused, and a burst is refused after the bucket is empty. It runs on
//! tokio's clock, so that a test may pause it.

use std::time::Duration;

use tokio::time::Instant;

/// The limit and how much of it is used.
#[derive(Debug)]
pub(crate) struct Limit {
    /// Between two requests of a spaced client.
    interval: Duration,
    /// How far ahead of that the company may be.
    slack: Duration,
    /// When the bucket is full again.
    full_at: Option<Instant>,
}

impl Limit {
    /// `per_second` requests a second; `None` and 0 are no limit.
    pub(crate) fn new(per_second: Option<u32>) -> Option<Self> {
        let per_second = per_second.filter(|rate| *rate > 0)?;
        let interval = Duration::from_secs(1) / per_second;
        Some(Self { interval, slack: interval * (per_second - 1), full_at: None })
    }

    /// Counts a request; refused, it says after how many whole seconds to come again.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<(), u64> {
        let ahead = self.full_at.map_or(Duration::ZERO, |full_at| full_at.saturating_duration_since(now));
        if ahead > self.slack {
            let wait = ahead - self.slack;
            return Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        }
        self.full_at = Some(now + ahead + self.interval);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaced_requests_are_never_refused_and_a_burst_is_after_one_second_of_them() {
        let mut limit = Limit::new(Some(20)).unwrap();
        let start = Instant::now();
        for n in 0..200 {
            assert_eq!(limit.admit(start + Duration::from_millis(50) * n), Ok(()));
        }
        let after = start + Duration::from_secs(60);
        let passed = (0..30).filter(|_| limit.admit(after).is_ok()).count();
        assert_eq!(passed, 20);
        assert_eq!(limit.admit(after), Err(1));
        assert_eq!(limit.admit(after + Duration::from_millis(50)), Ok(()));
    }

    #[test]
    fn a_slow_limit_says_how_long_to_wait() {
        assert!(Limit::new(None).is_none());
        assert!(Limit::new(Some(0)).is_none());
        let mut limit = Limit::new(Some(1)).unwrap();
        let start = Instant::now();
        assert_eq!(limit.admit(start), Ok(()));
        assert_eq!(limit.admit(start + Duration::from_millis(1)), Err(1));
        assert_eq!(limit.admit(start + Duration::from_secs(1)), Ok(()));
    }
}
