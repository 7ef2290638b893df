//! Cycles that only do harm come further and further apart: credentials that are
//! refused, or a service that refuses most changes. Entra does the same
//! (`application-provisioning-quarantine-status`).

use std::time::Duration;

use jiff::Timestamp;

use super::cycle::{Ending, Failure};

/// However long it lasts, it is tried once a day.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Cycles are held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Since when.
    pub since: Timestamp,
    /// Cycles that failed so, one after the other.
    pub count: u32,
    /// Why the last one did.
    pub because: Failure,
}

impl Quarantine {
    /// What a cycle that ended at `now` makes of it.
    pub fn after(known: Option<Quarantine>, ending: &Ending, now: Timestamp) -> Option<Quarantine> {
        match ending {
            Ending::Failed(because) if because.trouble.is_for_quarantine() => {
                let (since, count) = known.map_or((now, 0), |known| (known.since, known.count));
                Some(Self { since, count: count.saturating_add(1), because: because.clone() })
            }
            // It says nothing about what was wrong.
            Ending::Failed(_) | Ending::Locked(_) | Ending::Interrupted => known,
            Ending::Good | Ending::Held | Ending::SomeFailed => None,
        }
    }

    /// From the beginning of a cycle to the next: as usual after the first failure, then
    /// twice as long each time, up to a day.
    pub fn delay(&self, every: Duration) -> Duration {
        let times = 1u32.checked_shl(self.count.saturating_sub(1)).unwrap_or(u32::MAX);
        every.saturating_mul(times).min(LONGEST.max(every))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::cycle::Trouble;

    #[test]
    fn refused_credentials_are_tried_less_and_less_often_until_a_good_cycle() {
        let every = Duration::from_secs(40 * 60);
        let refused = Ending::Failed(Failure::new(Trouble::Credentials, "sign in"));
        let mut quarantine = None;
        let mut minutes = Vec::new();
        for _ in 0..7 {
            quarantine = Quarantine::after(quarantine, &refused, Timestamp::UNIX_EPOCH);
            minutes.push(quarantine.as_ref().unwrap().delay(every).as_secs() / 60);
        }
        assert_eq!(minutes, [40, 80, 160, 320, 640, 1280, 1440]);
        let unreachable = Ending::Failed(Failure::new(Trouble::Target, "reach it"));
        let still = Quarantine::after(quarantine, &unreachable, Timestamp::UNIX_EPOCH);
        assert_eq!(still.as_ref().map(|still| still.count), Some(7), "being out of reach proves nothing");
        assert_eq!(Quarantine::after(still, &Ending::Held, Timestamp::UNIX_EPOCH), None);
        assert_eq!(Quarantine::after(None, &unreachable, Timestamp::UNIX_EPOCH), None);
    }

    #[test]
    fn a_week_between_cycles_is_not_made_shorter() {
        let every = Duration::from_secs(7 * 24 * 3600);
        let because = Failure::new(Trouble::MassFailure, "carry out");
        let quarantine = Quarantine { since: Timestamp::UNIX_EPOCH, count: u32::MAX, because };
        assert_eq!(quarantine.delay(every), every);
    }
}
