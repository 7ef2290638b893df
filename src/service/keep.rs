//! Keeps reconciling, until somebody asks to stop.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, task::JoinHandle, time::Instant};

use super::{
    board::Board,
    cycle::{Cycle, Ending, Failure, Tally, Trouble},
    last_good::{LastGood, News, SETTLES},
    means::Means,
    once::{self, Written},
    quarantine::Quarantine,
    timing::Dice,
};
use crate::{apply::Stopping, http::Traffic, manifest::Manifest};

/// A cycle that found the lock taken comes back so soon.
const COMES_BACK: Duration = Duration::from_secs(60);

/// Between a cycle that took longer than the interval and the next.
const BREATH: Duration = Duration::from_secs(1);

/// How long whoever is notified may still take when the service ends.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// What may be asked of the service from outside.
#[derive(Clone, Debug)]
pub struct Asked {
    /// To end.
    pub stop: Stopping,
    /// To read the manifest again and cycle now.
    pub now: Arc<Notify>,
}

/// What the service tells while it goes on.
#[derive(Debug)]
pub enum Event<'a> {
    /// A cycle is over, and how long it is until the next.
    Cycle(&'a Cycle, Option<Duration>),
    /// The manifest is wrong now; the last good one is used.
    ManifestWrong(&'a str),
    /// The manifest means something else now, or is good again.
    ManifestChanged,
    /// What is allowed in the manifest but probably not meant.
    ManifestDoubtful(&'a str),
    /// `enabled: false`: nothing is done, and where it says so.
    Paused(&'a str),
}

/// Everything between two cycles.
struct Keeper<'a> {
    means: &'a Arc<Means>,
    board: &'a Board,
    asked: &'a Asked,
    good: LastGood,
    number: u64,
    quarantine: Option<Quarantine>,
    written: Written,
    dice: Dice,
    telling: Option<JoinHandle<()>>,
}

/// Cycles until somebody asks to stop, or once. Gives the last cycle.
///
/// # Errors
/// When the manifest is wrong from the start: all that is wrong with it.
pub async fn keep(
    means: &Arc<Means>,
    board: &Board,
    asked: &Asked,
    once: bool,
    say: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Option<Arc<Cycle>>, String> {
    let good = LastGood::first(means)?;
    let dice = Dice::new(means.seed);
    let (number, quarantine, written, telling) = (0, None, Written::default(), None);
    let mut keeper = Keeper { means, board, asked, good, number, quarantine, written, dice, telling };
    keeper.show_manifest();
    let mut last = None;
    loop {
        let began = Instant::now();
        let manifest = Arc::clone(keeper.good.manifest());
        let wait = if manifest.enabled.value {
            let cycle = keeper.cycle(&manifest).await;
            let interrupted = cycle.ending == Ending::Interrupted;
            let wait = keeper.wait(&cycle.ending, &manifest, began);
            say(Event::Cycle(&cycle, (!once && !interrupted).then_some(wait)));
            keeper.tell(&manifest, &cycle).await;
            last = Some(cycle);
            if interrupted {
                break;
            }
            wait
        } else {
            let place = manifest.enabled.place.to_string();
            board.pause(Some(place.clone()));
            say(Event::Paused(&place));
            manifest.run.every
        };
        if once || !keeper.until_next(began, wait, say).await {
            break;
        }
    }
    keeper.last_words().await;
    Ok(last)
}

impl Keeper<'_> {
    async fn cycle(&mut self, manifest: &Arc<Manifest>) -> Arc<Cycle> {
        self.number += 1;
        let began = self.means.clock.now();
        self.board.begin(self.number, began, manifest);
        let (means, board, stopping) = (Arc::clone(self.means), self.board.clone(), self.asked.stop.clone());
        let written = std::mem::take(&mut self.written);
        // In a task of its own, so that a mistake of ours ends one cycle and not the service.
        let started = Instant::now();
        let task =
            tokio::spawn(once::cycle(self.number, Arc::clone(manifest), means, board, stopping, written.clone()));
        let mut cycle = match task.await {
            Ok((cycle, written)) => {
                self.written = written;
                cycle
            }
            Err(_) => self.crashed(manifest, began, started.elapsed()),
        };
        let before = self.quarantine.take();
        let was = before.is_some();
        let now = self.means.clock.now();
        self.quarantine = Quarantine::after(before, &cycle.ending, now);
        cycle.quarantine.clone_from(&self.quarantine);
        cycle.lifted = was && self.quarantine.is_none();
        cycle.manifest_problem = self.good.problem().cloned();
        let cycle = Arc::new(cycle);
        self.board.end(&cycle, now);
        cycle
    }

    fn crashed(&self, manifest: &Manifest, began: jiff::Timestamp, took: Duration) -> Cycle {
        let message = "go through the cycle: dialform itself is at fault; what was begun is looked up by the next \
                       cycle. Please report it with the lines above";
        Cycle {
            number: self.number,
            manifest: manifest.name.clone(),
            target: manifest.target.label(),
            began,
            took,
            ending: Ending::Failed(Failure::new(Trouble::Internal, message)),
            plan: None,
            outcome: None,
            tally: Tally::default(),
            traffic: Traffic::default(),
            quarantine: None,
            lifted: false,
            manifest_problem: None,
            warnings: Vec::new(),
        }
    }

    /// How long to wait from the beginning of a cycle.
    fn interval(&mut self, ending: Option<&Ending>, manifest: &Manifest) -> Duration {
        let every = manifest.run.every;
        let interval = match (ending, &self.quarantine) {
            (Some(Ending::Locked(_)), _) => every.min(COMES_BACK),
            (_, Some(quarantine)) => quarantine.delay(every),
            (_, None) => every,
        };
        self.dice.jittered(interval)
    }

    /// How long to wait from now on.
    fn wait(&mut self, ending: &Ending, manifest: &Manifest, began: Instant) -> Duration {
        let interval = self.interval(Some(ending), manifest);
        let wait = interval.saturating_sub(began.elapsed()).max(BREATH.min(interval));
        self.show_next(wait);
        wait
    }

    fn show_next(&self, wait: Duration) {
        let next = self.means.clock.now().checked_add(wait).ok();
        self.board.next(next);
    }

    /// Tells others, unless they still hear of the cycle before: then after that.
    async fn tell(&mut self, manifest: &Arc<Manifest>, cycle: &Arc<Cycle>) {
        if let Some(telling) = self.telling.take()
            && !telling.is_finished()
        {
            // What they do has an end of its own; their failure is theirs.
            let _ = tokio::time::timeout(LAST_WORDS, telling).await;
        }
        self.telling = Some(tokio::spawn((self.means.tell)(Arc::clone(manifest), Arc::clone(cycle))));
    }

    async fn last_words(&mut self) {
        if let Some(telling) = self.telling.take() {
            // As in `tell`.
            let _ = tokio::time::timeout(LAST_WORDS, telling).await;
        }
    }

    /// Waits for the next cycle; false when somebody asks to stop.
    async fn until_next(&mut self, began: Instant, wait: Duration, say: &mut (dyn FnMut(Event<'_>) + Send)) -> bool {
        let mut due = Instant::now() + wait;
        let mut stop = self.asked.stop.clone();
        loop {
            let look = Instant::now() + SETTLES;
            tokio::select! {
                biased;
                () = stop.asked() => return false,
                () = self.asked.now.notified() => {
                    // Whoever asks has finished writing.
                    self.read_again(say);
                    return true;
                }
                () = tokio::time::sleep_until(due) => {
                    if self.good.is_touched() {
                        tokio::select! {
                            biased;
                            () = stop.asked() => return false,
                            () = self.good.settled() => {}
                        }
                        self.read_again(say);
                    }
                    return true;
                }
                () = tokio::time::sleep_until(look.min(due)), if look < due => {}
            }
            if !self.good.is_touched() {
                continue;
            }
            tokio::select! {
                biased;
                () = stop.asked() => return false,
                () = self.good.settled() => {}
            }
            let every = self.good.manifest().run.every;
            if self.read_again(say) {
                return true;
            }
            let manifest = Arc::clone(self.good.manifest());
            if manifest.run.every != every {
                let interval = self.interval(None, &manifest);
                due = (began + interval).max(Instant::now());
                self.show_next(due.duration_since(Instant::now()));
            }
        }
    }

    /// Reads the manifest again; whether it means something else now. That lifts a quarantine.
    fn read_again(&mut self, say: &mut (dyn FnMut(Event<'_>) + Send)) -> bool {
        let news = self.good.read_again(self.means);
        self.show_manifest();
        match news {
            News::None => false,
            News::Wrong => {
                say(Event::ManifestWrong(self.good.problem().map_or("", String::as_str)));
                false
            }
            News::Changed => {
                say(Event::ManifestChanged);
                if let Some(warnings) = self.good.warnings() {
                    say(Event::ManifestDoubtful(warnings));
                }
                self.quarantine = None;
                self.board.lift();
                true
            }
        }
    }

    fn show_manifest(&self) {
        let (problem, warnings) = (self.good.problem().cloned(), self.good.warnings().cloned());
        self.board.manifest(self.good.manifest(), problem, warnings, self.means.clock.now());
    }
}
