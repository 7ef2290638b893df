//! One line for each cycle, and for whatever else people should know.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};

use crate::{
    cli::{LogFormat, Terminal},
    names::{Text, count},
    render::{neutral, text::duration},
    service::{Cycle, Ending, Event, Failure},
    state::Clock,
};

/// Writes lines as text or as JSON, on standard error.
pub(super) struct Lines {
    format: LogFormat,
    manifest: Text,
    /// What was warned of last: the same is not said again each cycle.
    warned: Vec<String>,
}

impl Lines {
    pub(super) fn new(format: LogFormat, manifest: Text) -> Self {
        Self { format, manifest, warned: Vec::new() }
    }

    pub(super) fn listening(&self, address: &str, terminal: &mut Terminal) {
        let text = format!("status page on http://{address}/, metrics on http://{address}/metrics");
        self.line("info", "listening", &text, json!({ "address": address }), terminal);
    }

    /// What is found beside the cycles.
    pub(super) fn beside(&self, warning: &str, terminal: &mut Terminal) {
        self.line("warn", "not_told", &format!("warning: {warning}"), json!({}), terminal);
    }

    pub(super) fn end(&self, asked: bool, terminal: &mut Terminal) {
        if asked {
            self.line("info", "stopped", "stopped, as asked; nothing is left half done", json!({}), terminal);
        }
    }

    pub(super) fn event(&mut self, event: &Event<'_>, clock: Clock, terminal: &mut Terminal) {
        match event {
            Event::Cycle(cycle, next) => {
                self.warnings(&cycle.warnings, terminal);
                let level = match &cycle.ending {
                    Ending::Good | Ending::Interrupted => "info",
                    Ending::Held | Ending::SomeFailed | Ending::Locked(_) => "warn",
                    Ending::Failed(_) => "error",
                };
                self.line(level, "cycle", &sentence(cycle, *next), of_cycle(cycle, *next, clock), terminal);
            }
            Event::ManifestWrong(problem) => {
                let text = format!("the manifest cannot be used, and the last good one stays in use:\n{problem}");
                self.line("error", "manifest_wrong", &text, json!({}), terminal);
            }
            Event::ManifestChanged => {
                let text = "the manifest was read again; a cycle begins";
                self.line("info", "manifest_changed", text, json!({}), terminal);
            }
            Event::ManifestDoubtful(warnings) => {
                self.line("warn", "manifest_doubtful", warnings, json!({}), terminal);
            }
            Event::Paused(place) => {
                let text = format!("paused: {place} says `enabled: false`; `enabled: true` goes on");
                self.line("warn", "paused", &text, json!({}), terminal);
            }
        }
    }

    /// Says what was not said after the cycle before.
    fn warnings(&mut self, warnings: &[String], terminal: &mut Terminal) {
        for warning in warnings.iter().filter(|warning| !self.warned.contains(warning)) {
            self.line("warn", "warning", &format!("warning: {warning}"), json!({}), terminal);
        }
        self.warned = warnings.to_vec();
    }

    fn line(&self, level: &str, event: &str, text: &str, more: Value, terminal: &mut Terminal) {
        let text = neutral::lines(text);
        let is_error = level == "error";
        let line = match self.format {
            LogFormat::Text => text.into_owned(),
            LogFormat::Json => {
                let time = Clock::System.now();
                let mut line = json!({
                    "time": time, "level": level, "event": event, "manifest": self.manifest, "message": text,
                });
                if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
                    line.extend(more);
                }
                neutral::json(line.to_string())
            }
        };
        if is_error { terminal.complain(&line) } else { terminal.say(&line) }
    }
}

/// `cycle 3: 2 done, 1 failed, 4 held (too_many 4); 41 requests in 3 s; next in 40 min`.
fn sentence(cycle: &Cycle, next: Option<Duration>) -> String {
    let Cycle { number, took, ending, tally, traffic, quarantine, lifted, .. } = cycle;
    let mut text = match ending {
        Ending::Failed(_) => format!("cycle {number} failed"),
        Ending::Locked(_) => format!("cycle {number} did nothing"),
        Ending::Interrupted => format!("cycle {number} was interrupted, and what was begun was finished"),
        Ending::Good | Ending::Held | Ending::SomeFailed => format!("cycle {number}: {}", numbers(cycle)),
    };
    if !ending.is_whole() && tally.total().done > 0 {
        let _ = write!(text, ": {}", numbers(cycle));
    }
    let requests: u64 = traffic.by_status.values().map(|sent| sent.requests).sum();
    let requests = count(usize::try_from(requests).unwrap_or(usize::MAX), "request", "requests");
    let _ = write!(text, "; {requests} in {}", duration(took.as_secs()));
    if *lifted {
        text.push_str("; quarantine lifted");
    }
    if let Some(quarantine) = quarantine {
        let _ = write!(text, "; in quarantine since {:.0}", quarantine.since);
    }
    if let Some(next) = next {
        let _ = write!(text, "; next in {}", duration(next.as_secs().max(1)));
    }
    // What may have several lines stands last.
    if let Ending::Failed(Failure { message, .. }) | Ending::Locked(message) = ending {
        let _ = write!(text, "\nfailed to {}", message.trim_end());
    }
    text
}

fn numbers(cycle: &Cycle) -> String {
    let total = cycle.tally.total();
    let mut parts: Vec<String> = [(total.done, "done"), (total.failed, "failed"), (total.skipped, "skipped")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if parts.is_empty() {
        parts.push("no changes".to_owned());
    }
    if cycle.tally.held_in_all() > 0 {
        let reasons: Vec<String> =
            cycle.tally.held.iter().map(|(reason, number)| format!("{} {number}", reason.name())).collect();
        parts.push(format!("{} held ({})", cycle.tally.held_in_all(), reasons.join(", ")));
    }
    parts.join(", ")
}

fn of_cycle(cycle: &Cycle, next: Option<Duration>, clock: Clock) -> Value {
    let Cycle { number, target, began, took, ending, tally, traffic, quarantine, lifted, .. } = cycle;
    let changes: serde_json::Map<String, Value> = tally
        .changes
        .iter()
        .filter_map(|(action, counts)| {
            let name = serde_json::to_value(action).ok()?.as_str()?.to_owned();
            Some((name, json!({ "done": counts.done, "failed": counts.failed, "skipped": counts.skipped })))
        })
        .collect();
    let held: serde_json::Map<String, Value> =
        tally.held.iter().map(|(reason, number)| (reason.name().to_owned(), json!(number))).collect();
    let sent = |of: fn(&crate::http::Sent) -> u64| traffic.by_status.values().map(of).sum::<u64>();
    let mut line = json!({
        "cycle": number,
        "target": target,
        "began": began,
        "seconds": took.as_secs_f64(),
        "ending": ending.name(),
        "changes": changes,
        "held": held,
        "requests": sent(|sent| sent.requests),
        "retries": sent(|sent| sent.retries),
        "quarantine_lifted": lifted,
    });
    if let Ending::Failed(failure) = ending {
        line["trouble"] = json!(failure.trouble.name());
    }
    if let Some(quarantine) = quarantine {
        line["quarantine"] = json!({ "since": quarantine.since, "cycles": quarantine.count });
    }
    if let Some(next) = next.and_then(|next| clock.now().checked_add(next).ok()) {
        line["next"] = json!(next);
    }
    line
}
