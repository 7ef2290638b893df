//! What time it is.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the instant: the system's, or one that moves with the timers, so that a
/// paused clock stops both.
#[derive(Clone, Copy, Debug, Default)]
pub enum Clock {
    /// The system's clock, which people and time servers set.
    #[default]
    System,
    /// An instant, and the timers since then.
    Timers {
        /// The instant at the beginning.
        from: Timestamp,
        /// The beginning.
        began: Instant,
    },
}

impl Clock {
    /// A clock that goes on from an instant with the timers.
    pub fn from(from: Timestamp) -> Self {
        Clock::Timers { from, began: Instant::now() }
    }

    /// The instant.
    pub fn now(self) -> Timestamp {
        match self {
            Clock::System => Timestamp::now(),
            Clock::Timers { from, began } => {
                let passed = SignedDuration::try_from(began.elapsed()).unwrap_or_default();
                from.checked_add(passed).unwrap_or(from)
            }
        }
    }
}
