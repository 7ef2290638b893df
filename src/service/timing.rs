//! When the next cycle begins.

use std::time::Duration;

/// How far from the interval a cycle may begin, in thousandths: many services that began
/// together drift apart.
const JITTER: u64 = 50;

/// Chances, the same for the same seed.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (`SplitMix64`, Steele, Lea and Flood 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The interval, a little longer or shorter.
    pub(super) fn jittered(&mut self, interval: Duration) -> Duration {
        let thousandths = 1000 - JITTER + self.next() % (2 * JITTER + 1);
        let jittered = interval.as_micros().saturating_mul(u128::from(thousandths)) / 1000;
        Duration::from_micros(u64::try_from(jittered).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_differ_by_a_twentieth_and_are_the_interval_on_average() {
        let mut dice = Dice::new(7);
        let interval = Duration::from_secs(1000);
        let all: Vec<u64> = (0..2000).map(|_| dice.jittered(interval).as_secs()).collect();
        assert!(all.iter().all(|seconds| (950..=1050).contains(seconds)));
        let mean = all.iter().sum::<u64>() / 2000;
        assert!((997..=1003).contains(&mean), "{mean}");
        assert!(all.iter().collect::<std::collections::BTreeSet<_>>().len() > 80);
    }
}
