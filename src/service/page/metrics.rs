//! Metrics, as Prometheus reads them (OpenMetrics 1.0): base units, counters with `_total`.

use std::{fmt, sync::atomic::AtomicU64};

use jiff::Timestamp;
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::{Registry, Unit},
};

use crate::{
    plan::{Action, Reason},
    service::{
        board::{Doing, Shown},
        cycle::{Counts, Ending},
    },
};

/// The format's own content type.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;
type Seconds = Gauge<f64, AtomicU64>;
type Whole = Gauge<u64, AtomicU64>;

/// All numbers on the board. They name nobody.
pub(super) fn text(shown: &Shown, now: Timestamp) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("dialform");
    cycles(&mut registry, shown, now);
    changes(&mut registry, shown);
    requests(&mut registry, shown);
    standing(&mut registry, shown);
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

fn cycles(registry: &mut Registry, shown: &Shown, now: Timestamp) {
    let about = vec![("version", env!("CARGO_PKG_VERSION").to_owned()), ("manifest", shown.manifest.to_string())];
    registry.register("build", "The program and the manifest's name", Info::new(about));
    let cycles = Family::<Labels, Counter>::default();
    for name in Ending::NAMES {
        let ended = shown.totals.cycles.get(name).copied().unwrap_or(0);
        cycles.get_or_create(&vec![("ending", name.to_owned())]).inc_by(ended);
    }
    registry.register("cycles", "Cycles that are over, by how they ended", cycles);
    let failures = Family::<Labels, Counter>::default();
    for (name, number) in &shown.totals.failures {
        failures.get_or_create(&vec![("trouble", (*name).to_owned())]).inc_by(*number);
    }
    registry.register("cycle_failures", "Cycles that did not come to their end, by what stood in the way", failures);
    let spent = Counter::<f64, AtomicU64>::default();
    spent.inc_by(shown.totals.spent.as_secs_f64());
    registry.register_with_unit("cycle_duration", "Time spent in cycles", Unit::Seconds, spent);
    let last = shown.last.as_ref().map_or(0.0, |cycle| cycle.took.as_secs_f64());
    seconds(registry, "last_cycle_duration", "How long the last cycle took", last);
    seconds(registry, "interval", "From the beginning of one cycle to the next", shown.every.as_secs_f64());
    let stamp = |at: Option<Timestamp>| at.map_or(0.0, |at| at.as_millisecond() as f64 / 1000.0);
    let whole = shown.whole.map(|(at, _)| at);
    seconds(registry, "last_success_timestamp", "When the last whole cycle ended, 0 before the first", stamp(whole));
    seconds(registry, "next_cycle_timestamp", "When the next cycle begins, 0 while one goes on", stamp(shown.next));
    let up = now.duration_since(shown.started).as_secs_f64();
    seconds(registry, "uptime", "How long the service runs", up);
}

fn seconds(registry: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge = Seconds::default();
    gauge.set(value);
    registry.register_with_unit(name, help, Unit::Seconds, gauge);
}

fn changes(registry: &mut Registry, shown: &Shown) {
    let changes = Family::<Labels, Counter>::default();
    for action in Action::ALL {
        let Counts { done, failed, skipped } = shown.totals.changes.get(&action).copied().unwrap_or_default();
        for (outcome, number) in [("done", done), ("failed", failed), ("skipped", skipped)] {
            let labels = vec![("action", name(action)), ("outcome", outcome.to_owned())];
            changes.get_or_create(&labels).inc_by(number);
        }
    }
    registry.register("changes", "Changes, by action and outcome", changes);
    let held = Family::<Labels, Whole>::default();
    let tally = shown.planned.as_ref().map(|cycle| &cycle.tally);
    for reason in Reason::ALL.into_iter().filter(|reason| *reason != Reason::Protected) {
        let number = tally.and_then(|tally| tally.held.get(&reason)).copied().unwrap_or(0);
        held.get_or_create(&vec![("reason", reason.name().to_owned())]).set(number);
    }
    registry.register("held", "Changes that the last plan holds back for a person, by reason", held);
    let people = Family::<Labels, Whole>::default();
    let numbers = tally.map_or((0, 0, 0), |tally| (tally.people, tally.entitled, tally.accounts));
    for (what, number) in [("source", numbers.0), ("entitled", numbers.1), ("accounts", numbers.2)] {
        people.get_or_create(&vec![("in", what.to_owned())]).set(number);
    }
    let free = Family::<Labels, Gauge>::default();
    let missing = Family::<Labels, Whole>::default();
    let plan = shown.planned.as_ref().and_then(|cycle| cycle.plan.as_deref());
    for line in plan.into_iter().flat_map(|plan| &plan.seats) {
        let labels = vec![("office", line.office.to_string()), ("license", line.license.product().to_string())];
        free.get_or_create(&labels).set(line.free_after);
        missing.get_or_create(&labels).set(line.missing);
    }
    registry.register("seats_free", "Seats that are free after the last plan, by office and licence", free);
    registry.register("seats_missing", "Seats that changes are held back for", missing);
    registry.register("people", "People in the source, entitled ones among them, and live accounts", people);
}

/// The name of an action, as in the plan's JSON.
fn name(action: Action) -> String {
    let name = serde_json::to_value(action).ok();
    name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn requests(registry: &mut Registry, shown: &Shown) {
    let requests = Family::<Labels, Counter>::default();
    let retries = Family::<Labels, Counter>::default();
    for (status, sent) in &shown.totals.traffic.by_status {
        let status = if *status == 0 { "none".to_owned() } else { status.to_string() };
        let labels = vec![("service", "dialpad".to_owned()), ("status", status)];
        requests.get_or_create(&labels).inc_by(sent.requests);
        retries.get_or_create(&labels).inc_by(sent.retries);
    }
    registry.register("requests", "Requests to Dialpad, retries included, by the status of the answer", requests);
    registry.register("request_retries", "Retries among them", retries);
    let waited = Counter::<f64, AtomicU64>::default();
    waited.inc_by(shown.totals.traffic.waited.as_secs_f64());
    registry.register_with_unit("limiter_wait", "Time that requests waited for their turn", Unit::Seconds, waited);
}

fn standing(registry: &mut Registry, shown: &Shown) {
    let yes = |yes: bool| u64::from(yes);
    let paused = matches!(shown.doing, Doing::Paused(_));
    let cycling = matches!(shown.doing, Doing::Cycling(_));
    for (name, help, value) in [
        ("quarantined", "Whether cycles are held back after refusals", yes(shown.quarantine.is_some())),
        ("manifest_valid", "Whether the files of the manifest can be used", yes(shown.manifest_problem.is_none())),
        ("paused", "Whether the manifest says `enabled: false`", yes(paused)),
        ("cycling", "Whether a cycle goes on", yes(cycling)),
    ] {
        let gauge = Whole::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
}
