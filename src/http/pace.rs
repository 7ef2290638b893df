//! When the next request may leave: evenly spaced, for all clones of a client
//! together, on tokio's clock.
//!
//! Requests leave at one place in time each, not in bursts at the start of a
//! window. After a 429 everybody waits, and the spacing grows; it shrinks again
//! with each success, quickly until near the rate that was refused and slowly
//! from there, never below what was configured.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// The part of the rate that is used. The rest keeps jitter on the way from
/// pressing one request more into a second than the service allows.
const USED: f64 = 0.99;

/// What is left of the rate after a refusal.
const LESS: f64 = 0.7;

/// The least rate, as a part of the configured one.
const LEAST: f64 = 0.02;

/// How much of the configured rate a success gives back, far from and near the refused rate.
const QUICK: f64 = 0.01;
const SLOW: f64 = 0.0005;

/// Without a configured rate, the rate after a refusal is found from what was sent in this time.
const LOOK_BACK: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Pace {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Requests a second at most; `None` is no limit.
    most: Option<f64>,
    /// Requests a second now; `None` is no limit.
    now: Option<f64>,
    /// The last rate that was refused.
    refused: f64,
    /// When the next request may leave.
    next: Instant,
    /// Nobody leaves before.
    closed_until: Instant,
    /// Counts refusals, so that those of requests under way count once.
    refusals: u64,
    /// Counts closings of the door: a place in time is good for one of them.
    closings: u64,
    /// What was sent since when, for a rate that nobody configured.
    since: Instant,
    sent: f64,
}

/// The leave to send one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leave {
    refusals: u64,
}

impl Pace {
    pub(super) fn new(rate: Option<f64>) -> Self {
        let most = rate.filter(|rate| *rate > 0.0 && rate.is_finite()).map(|rate| rate * USED);
        let now = Instant::now();
        let state = State {
            most,
            now: most,
            refused: f64::INFINITY,
            next: now,
            closed_until: now,
            refusals: 0,
            closings: 0,
            since: now,
            sent: 0.0,
        };
        Self { state: Mutex::new(state) }
    }

    /// Waits for one's turn.
    pub(super) async fn turn(&self) -> Leave {
        loop {
            let now = Instant::now();
            let (at, closings) = self.locked().take(now);
            if at > now {
                sleep_until(at).await;
            }
            let state = self.locked();
            // When the door was closed meanwhile, the place in time is void.
            if state.closings == closings {
                return Leave { refusals: state.refusals };
            }
        }
    }

    /// A request was refused for coming too soon.
    pub(super) fn refused(&self, leave: Leave, wait: Duration) {
        let mut state = self.locked();
        let now = Instant::now();
        if leave.refusals == state.refusals {
            state.slower(now);
        }
        state.close(now + wait);
    }

    /// Nobody is to send for a while, though not for coming too soon.
    pub(super) fn closed(&self, wait: Duration) {
        self.locked().close(Instant::now() + wait);
    }

    /// A request was answered.
    pub(super) fn answered(&self) {
        self.locked().quicker();
    }

    /// Requests a second now; `None` is without a limit.
    pub(super) fn rate(&self) -> Option<f64> {
        self.locked().now
    }

    /// A panic elsewhere leaves numbers that are still good.
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A place in time, and the closing after which it is good.
    fn take(&mut self, now: Instant) -> (Instant, u64) {
        if now.saturating_duration_since(self.since) > LOOK_BACK {
            (self.since, self.sent) = (now, 0.0);
        }
        self.sent += 1.0;
        let at = self.next.max(now).max(self.closed_until);
        self.next = self.now.map_or(at, |rate| at + Duration::from_secs_f64(1.0 / rate));
        (at, self.closings)
    }

    fn close(&mut self, until: Instant) {
        if until > self.closed_until {
            self.closed_until = until;
            self.closings += 1;
            // Those who wait take their places anew, from there on.
            self.next = until;
        }
    }

    fn slower(&mut self, now: Instant) {
        self.refusals += 1;
        let span = now.saturating_duration_since(self.since).max(Duration::from_millis(50)).as_secs_f64();
        let rate = self.now.unwrap_or_else(|| (self.sent / span).max(1.0));
        let least = self.most.map_or(0.2, |most| most * LEAST);
        self.refused = rate;
        self.now = Some((rate * LESS).max(least));
    }

    fn quicker(&mut self) {
        let Some(rate) = self.now else { return };
        let most = self.most.unwrap_or(f64::INFINITY);
        if rate < most {
            let scale = self.most.unwrap_or(self.refused);
            let step = if rate < self.refused * 0.9 { QUICK } else { SLOW };
            self.now = Some((rate + scale * step).min(most));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn times(pace: &Pace, count: usize) -> Vec<Duration> {
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..count {
            pace.turn().await;
            times.push(start.elapsed());
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_spaced_evenly_at_no_more_than_the_rate() {
        let times = times(&Pace::new(Some(20.0)), 2_000).await;
        let total = times[times.len() - 1].as_secs_f64();
        let rate = 1_999.0 / total;
        assert!((19.6..=20.0).contains(&rate), "{rate}");
        for window in times.windows(21) {
            assert!(window[20] - window[0] >= Duration::from_secs(1), "21 requests within a second");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_time_is_not_made_up_for() {
        let pace = Pace::new(Some(10.0));
        times(&pace, 5).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let after = times(&pace, 11).await;
        assert!(after[10] >= Duration::from_secs(1), "{after:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_refusal_everybody_waits_and_then_goes_slower() {
        let pace = std::sync::Arc::new(Pace::new(Some(20.0)));
        let leave = pace.turn().await;
        let start = Instant::now();
        let waiting: Vec<_> = (0..10)
            .map(|_| {
                let pace = pace.clone();
                tokio::spawn(async move {
                    pace.turn().await;
                    Instant::now()
                })
            })
            .collect();
        tokio::task::yield_now().await;
        pace.refused(leave, Duration::from_secs(3));
        // A second refusal of a request that left before the first is not counted again.
        pace.refused(leave, Duration::from_secs(1));
        let mut left = Vec::new();
        for one in waiting {
            left.push(one.await.unwrap() - start);
        }
        left.sort();
        assert!(left[0] >= Duration::from_secs(3), "{left:?}");
        let spacing = (left[9] - left[0]).as_secs_f64() / 9.0;
        assert!((0.065..0.08).contains(&spacing), "{spacing}");
        for _ in 0..200 {
            pace.answered();
        }
        let rate = pace.rate().unwrap();
        assert!((17.0..=19.8).contains(&rate), "{rate}");
        for _ in 0..10_000 {
            pace.answered();
        }
        assert_eq!(pace.rate(), Some(20.0 * USED));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_nobody_waits_until_the_service_asks() {
        let pace = Pace::new(None);
        let quick = times(&pace, 1_000).await;
        assert_eq!(quick[999], Duration::ZERO);
        let leave = pace.turn().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        pace.refused(leave, Duration::from_secs(2));
        assert!(times(&pace, 1).await[0] >= Duration::from_secs(2));
        assert!(pace.rate().is_some_and(|rate| (1_000.0..2_000.0).contains(&rate)), "{:?}", pace.rate());
    }
}
