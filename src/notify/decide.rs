//! What is told, and what is not told again.
//!
//! A condition is told when it is entered, when its reason changes, once a day while it
//! lasts, and when it is over. A condition that comes and goes is bounded too:
//! [`MOST_A_DAY`] messages in any 24 hours, and then the next when one of them is a day old.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::event::{Standing, Standings};
use crate::{manifest::On, memory::Told};

/// Messages of one condition to one receiver in any 24 hours.
pub const MOST_A_DAY: usize = 6;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A daily run may come a little early.
const REMINDER: SignedDuration = SignedDuration::from_hours(23);

/// One thing that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Of what.
    pub on: On,
    /// Why now.
    pub why: Why,
}

/// Why something is told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was well before.
    Entered,
    /// It is something else than before.
    Changed,
    /// It has lasted for another day.
    Reminder,
    /// It is over.
    Recovered,
    /// It happened; nothing lasts.
    Happened,
}

impl Why {
    /// The word in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Why::Entered => "entered",
            Why::Changed => "changed",
            Why::Reminder => "reminder",
            Why::Recovered => "recovered",
            Why::Happened => "happened",
        }
    }
}

/// What one receiver is told, in one message, and what is remembered if it arrives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Of what; nothing is sent for none.
    pub topics: Vec<Topic>,
    /// What was told of each condition then.
    pub told: BTreeMap<On, Told>,
}

/// Decides what a receiver is told.
pub fn decide(before: &BTreeMap<On, Told>, on: &[On], standings: &Standings, now: Timestamp) -> Decision {
    let mut decision = Decision::default();
    for &on in on {
        if on == On::Applied {
            if standings.applied {
                decision.topics.push(Topic { on, why: Why::Happened });
            }
            continue;
        }
        let mut told = before.get(&on).cloned().unwrap_or_default();
        // A clock that was put back leaves times that are still to come: as if nothing was told then.
        told.times.retain(|time| *time <= now && now.duration_since(*time) < DAY);
        if let Some(why) = why(&told, standings.of(on), now).filter(|_| told.times.len() < MOST_A_DAY) {
            decision.topics.push(Topic { on, why });
            told.times.push(now);
            told.reason = match standings.of(on) {
                Standing::Wrong(reason) => Some(reason.clone()),
                Standing::Fine | Standing::Unknown => None,
            };
        }
        if told != Told::default() {
            decision.told.insert(on, told);
        }
    }
    decision
}

fn why(told: &Told, standing: &Standing, now: Timestamp) -> Option<Why> {
    match (&told.reason, standing) {
        (_, Standing::Unknown) | (None, Standing::Fine) => None,
        (None, Standing::Wrong(_)) => Some(Why::Entered),
        (Some(_), Standing::Fine) => Some(Why::Recovered),
        (Some(before), Standing::Wrong(reason)) if before != reason => Some(Why::Changed),
        (Some(_), Standing::Wrong(_)) => {
            let recent = told.times.last().is_some_and(|last| now.duration_since(*last) < REMINDER);
            (!recent).then_some(Why::Reminder)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [On; 4] = [On::Failure, On::Held, On::Quarantine, On::Applied];

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
    }

    fn standings(failure: Standing) -> Standings {
        Standings { failure, held: Standing::Unknown, quarantine: Standing::Unknown, applied: false }
    }

    fn wrong(reason: &str) -> Standing {
        Standing::Wrong(reason.into())
    }

    /// What is told over a row of runs, by minute.
    fn story(runs: &[(i64, Standing)]) -> Vec<(i64, Why)> {
        let mut told = BTreeMap::new();
        let mut heard = Vec::new();
        for (minute, standing) in runs {
            let decision = decide(&told, &ALL, &standings(standing.clone()), at(*minute));
            heard.extend(decision.topics.iter().map(|topic| (*minute, topic.why)));
            told = decision.told;
        }
        heard
    }

    #[test]
    fn a_condition_is_told_when_it_begins_changes_lasts_and_ends() {
        let mut runs = vec![(0, Standing::Fine), (40, wrong("500"))];
        runs.extend((2..60).map(|n| (n * 40, wrong("500"))));
        runs.extend([(2400, wrong("403")), (2440, wrong("403")), (2480, Standing::Fine), (2520, Standing::Fine)]);
        // 23 hours after 40 is 1420; the first run from then on is 1440.
        let heard = [(40, Why::Entered), (1440, Why::Reminder), (2400, Why::Changed), (2480, Why::Recovered)];
        assert_eq!(story(&runs), heard);
    }

    #[test]
    fn a_daily_run_that_is_a_little_early_reminds_every_day() {
        let day = 24 * 60;
        let runs: Vec<_> = [0, day - 3, 2 * day + 2, 3 * day - 1].map(|minute| (minute, wrong("x"))).into();
        assert_eq!(story(&runs).len(), 4);
    }

    #[test]
    fn a_run_that_says_nothing_of_a_condition_neither_ends_nor_reminds() {
        let runs = [(0, wrong("x")), (40, Standing::Unknown), (3000, Standing::Unknown), (3040, Standing::Fine)];
        assert_eq!(story(&runs), [(0, Why::Entered), (3040, Why::Recovered)]);
    }

    #[test]
    fn what_comes_and_goes_is_told_a_few_times_a_day_and_at_last_as_it_is() {
        let runs: Vec<_> = (0..36).map(|n| (n * 40, if n % 2 == 0 { wrong("x") } else { Standing::Fine })).collect();
        let heard = story(&runs);
        assert_eq!(heard.len(), MOST_A_DAY);
        assert_eq!(heard.last(), Some(&(200, Why::Recovered)));
        // It stays wrong: the first run a day after the first message says so.
        let longer: Vec<_> = runs.into_iter().chain([(1440, wrong("x")), (1480, wrong("x"))]).collect();
        assert_eq!(story(&longer).last(), Some(&(1440, Why::Entered)));
    }

    #[test]
    fn a_clock_that_was_put_back_silences_nothing() {
        let heard = story(&[(1_000_000, wrong("x")), (0, wrong("x")), (40, wrong("x"))]);
        assert_eq!(heard, [(1_000_000, Why::Entered), (0, Why::Reminder)]);
    }

    #[test]
    fn only_what_was_asked_for_is_told_and_what_changed_each_time() {
        let standings = Standings { held: wrong("y"), applied: true, ..standings(wrong("x")) };
        let decision = decide(&BTreeMap::new(), &[On::Held, On::Applied], &standings, at(0));
        let topics: Vec<_> = decision.topics.iter().map(|topic| (topic.on, topic.why)).collect();
        assert_eq!(topics, [(On::Held, Why::Entered), (On::Applied, Why::Happened)]);
        let again = decide(&decision.told, &[On::Held, On::Applied], &standings, at(40));
        assert_eq!(again.topics, [Topic { on: On::Applied, why: Why::Happened }]);
        assert_eq!(again.told, decision.told);
    }

    fn standing() -> impl Strategy<Value = Standing> {
        prop_oneof![
            3 => Just(Standing::Fine),
            1 => Just(Standing::Unknown),
            3 => "[a-c]".prop_map(|reason| Standing::Wrong(reason.as_str().into())),
        ]
    }

    proptest! {
        #[test]
        fn no_row_of_runs_is_a_storm(runs in proptest::collection::vec((1i64..300, standing()), 1..200)) {
            let mut minute = 0;
            let runs: Vec<_> = runs.into_iter().map(|(wait, standing)| { minute += wait; (minute, standing) }).collect();
            let heard = story(&runs);
            for (from, _) in &heard {
                let day = heard.iter().filter(|(at, _)| (*from..from + 24 * 60).contains(at)).count();
                prop_assert!(day <= MOST_A_DAY, "{day} from {from}");
            }
            // What stays is told in the end, as it is.
            let (last, standing) = runs.last().unwrap();
            let quiet: Vec<_> =
                runs.iter().cloned().chain([(last + 24 * 60, standing.clone()), (last + 48 * 60, standing.clone())]).collect();
            let told = story(&quiet);
            match standing {
                Standing::Wrong(_) => prop_assert!(told.last().is_some_and(|(at, why)| at + 24 * 60 >= last + 48 * 60 && *why != Why::Recovered)),
                Standing::Fine => prop_assert!(told.last().is_none_or(|(_, why)| *why == Why::Recovered)),
                Standing::Unknown => {}
            }
        }
    }
}
