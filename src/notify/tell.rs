//! Tells everybody at once, each within the same bound.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::timeout;

use super::{
    PATIENCE,
    decide::decide,
    event::Event,
    notice::Notice,
    receiver::{self, Receiver, Receivers, Secrets},
};
use crate::{
    manifest::{Manifest, On},
    memory::Told,
    names::Text,
};

const ALL: [On; 4] = [On::Failure, On::Held, On::Quarantine, On::Applied];

/// What came of telling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is to be remembered; the same as before when nobody was told anything.
    pub told: BTreeMap<Text, Told>,
    /// Whom it could not be told, and why: fragments behind "failed to", without secrets.
    pub problems: Vec<String>,
}

/// Tells what came of a run. What cannot be sent is logged, and told again with the
/// next run. It never takes longer than [`PATIENCE`].
pub async fn tell(manifest: &Manifest, event: &Event<'_>, told: &BTreeMap<Text, Told>, secrets: &Secrets) -> Outcome {
    let receivers = Receivers::of(manifest);
    let standings = event.standings();
    let told_each = join_all(receivers.list.iter().map(|receiver| async {
        let before = of(told, receiver);
        let decision = decide(&before, &receiver.on, &standings, event.at);
        if decision.topics.is_empty() {
            return (before, None);
        }
        let notice = Notice::of(event, &decision.topics, receiver.data);
        match bounded(receiver.send(&notice, event.at, secrets)).await {
            Ok(()) => {
                tracing::info!(receiver = %receiver.label, subject = %notice.subject, "notified");
                (decision.told, None)
            }
            Err(problem) => {
                tracing::warn!(receiver = %receiver.label, "failed to notify: {problem}");
                (before, Some(format!("send {}: {problem}", receiver.label)))
            }
        }
    }));
    let heartbeat = async {
        let url = receivers.heartbeat.as_ref().filter(|_| event.is_good())?;
        let problem = bounded(async { receiver::hook(url, secrets).await?.ask().await }).await.err()?;
        tracing::warn!(place = %url.place, "failed to send the heartbeat: {problem}");
        Some(format!("send the heartbeat ({}): {problem}", url.place))
    };
    let (told_each, unheard) = tokio::join!(told_each, heartbeat);
    let mut outcome = Outcome::default();
    for (receiver, (told, problem)) in receivers.list.iter().zip(told_each) {
        outcome.told.extend(told.into_iter().map(|(on, told)| (key(receiver, on), told)));
        outcome.problems.extend(problem);
    }
    outcome.problems.extend(unheard);
    outcome
}

/// What one receiver got.
#[derive(Debug)]
pub struct Report {
    /// Who.
    pub receiver: String,
    /// Whether it was sent; else what went wrong and what to do.
    pub sent: Result<(), String>,
}

/// Sends a test to everybody. The heartbeat is asked too: it is then counted as a good run.
pub async fn test(manifest: &Manifest, now: Timestamp, secrets: &Secrets) -> Vec<Report> {
    let receivers = Receivers::of(manifest);
    let target = manifest.target.label();
    let notice = Notice::test(&manifest.name, &target, now);
    let mut reports = join_all(receivers.list.iter().map(|receiver| async {
        let sent = bounded(receiver.send(&notice, now, secrets)).await;
        Report { receiver: receiver.label.clone(), sent }
    }))
    .await;
    if let Some(url) = &receivers.heartbeat {
        let sent = bounded(async { receiver::hook(url, secrets).await?.ask().await }).await;
        reports.push(Report { receiver: format!("heartbeat ({})", url.place), sent });
    }
    reports
}

/// Within [`PATIENCE`].
async fn bounded(sending: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let late = || {
        Err(format!(
            "it took longer than {} s; check the host and port, and whether a firewall is in the way",
            PATIENCE.as_secs()
        ))
    };
    timeout(PATIENCE, sending).await.unwrap_or_else(|_| late())
}

fn key(receiver: &Receiver, on: On) -> Text {
    format!("{}/{}", receiver.key, on.name()).into()
}

/// What a receiver was told, by condition.
fn of(told: &BTreeMap<Text, Told>, receiver: &Receiver) -> BTreeMap<On, Told> {
    ALL.into_iter().filter_map(|on| Some((on, told.get(&key(receiver, on))?.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_does_not_answer_is_waited_for_no_longer_than_the_bound() {
        let start = tokio::time::Instant::now();
        let error = bounded(std::future::pending()).await.unwrap_err();
        assert_eq!(start.elapsed(), PATIENCE);
        assert!(error.contains("longer than 10 s"), "{error}");
    }
}
