//! The first page: what the service is at, what the last cycle did, and what waits for a person.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    held::{self, code},
    layout, plot, readiness,
};
use crate::{
    plan::{
        Action, Plan, Reason, SeatLine,
        outcome::{ChangeResult, Outcome, Status},
    },
    render::{neutral, text::duration, waiting::digits},
    service::{
        board::{Current, Doing, Shown},
        cycle::{Counts, Cycle, Ending, Tally},
    },
};

/// Seconds between two looks of a browser.
const CALM: u64 = 30;
const BUSY: u64 = 5;

/// Failed changes that are shown.
const FAILED: usize = 50;

/// The page. Without `people` it names nobody.
pub(super) fn page(shown: &Shown, people: bool, has_token: bool, now: Timestamp) -> Markup {
    let refresh = if matches!(shown.doing, Doing::Cycling(_)) { BUSY } else { CALM };
    let body = html! {
        header {
            h1 { (neutral::line(&shown.manifest)) }
            span class="aside" { "to " (neutral::line(&shown.target)) }
            nav {
                @if people { a href="/people" { "Look up a person" } }
                @else if has_token { a href="/people" { "Sign in for names" } }
            }
        }
        (now_banner(shown, now))
        (troubles(shown, people, now))
        @if let Some(cycle) = &shown.last { (last(cycle, people, now)) }
        @if let Some(plan) = planned(shown) {
            (escrow(plan))
            (held::section(plan, people))
            (seats(&plan.seats))
        }
        @if let Some(plot) = plot::plot(&shown.history) {
            section { h2 { "The last cycles" } (plot) }
        }
        (sums(shown, now))
        footer {
            "Dialform " (env!("CARGO_PKG_VERSION")) " · page of " (format!("{now:.0}")) ", looks again every "
            (refresh) " s"
            @if !people { " · counts only: names are shown on the machine itself, or with the token of " code { "run.access" } }
        }
    };
    layout::page(&title(shown), Some(refresh), &body)
}

/// What stands on the browser's tab.
fn title(shown: &Shown) -> String {
    let word = match (&shown.doing, shown.last.as_ref().map(|cycle| &cycle.ending)) {
        (Doing::Paused(_), _) => "paused",
        _ if shown.quarantine.is_some() => "quarantine",
        (Doing::Cycling(_), _) => "cycling",
        (Doing::Waiting, None) => "starting",
        (Doing::Waiting, Some(ending)) => word(ending),
    };
    format!("{} · {word}", neutral::line(&shown.manifest))
}

fn word(ending: &Ending) -> &'static str {
    match ending {
        Ending::Good => "good",
        Ending::Held => "needs a person",
        Ending::SomeFailed => "some changes failed",
        Ending::Failed(_) => "cycle failed",
        Ending::Locked(_) => "another run is at work",
        Ending::Interrupted => "interrupted",
    }
}

fn class(ending: &Ending) -> &'static str {
    match ending {
        Ending::Good => "good",
        Ending::Held | Ending::Locked(_) | Ending::Interrupted => "warn",
        Ending::SomeFailed | Ending::Failed(_) => "bad",
    }
}

fn planned(shown: &Shown) -> Option<&Plan> {
    shown.planned.as_ref().and_then(|cycle| cycle.plan.as_deref())
}

fn now_banner(shown: &Shown, now: Timestamp) -> Markup {
    match &shown.doing {
        Doing::Paused(place) => html! {
            div class="banner warn" {
                p class="headline" { "Paused" }
                p { (place) " says " code { "enabled: false" } ". Nothing is read and nothing is changed; "
                    code { "dialform plan" } " still works. " code { "enabled: true" } " goes on within seconds." }
            }
        },
        Doing::Cycling(current) => cycling(current, now),
        Doing::Waiting => {
            let class = shown.last.as_ref().map_or("calm", |cycle| class(&cycle.ending));
            let headline = shown.last.as_ref().map_or("Starting", |cycle| match &cycle.ending {
                Ending::Good if shown.manifest_problem.is_some() => "All is as the last good manifest wants it",
                Ending::Good => "All is as it should be",
                Ending::Held => "Something needs a person",
                Ending::SomeFailed => "Some changes failed",
                Ending::Failed(_) => "The last cycle failed",
                Ending::Locked(_) => "Another run is at work",
                Ending::Interrupted => "Interrupted",
            });
            html! {
                div class={ "banner " (class) } {
                    p class="headline" { (headline) }
                    p class="aside" {
                        @if let Some(next) = shown.next { "Next cycle " (when(next, now)) ", " }
                        "every " (duration(shown.every.as_secs()))
                        @if !readiness(shown).0 { " · " (readiness(shown).1) }
                    }
                }
            }
        }
    }
}

fn cycling(current: &Current, now: Timestamp) -> Markup {
    let Current { number, began, phase, since: _, done, total } = current;
    html! {
        div class="banner calm" {
            p class="headline" { "Cycle " (number) ": " (phase.words()) }
            @if let Some(total) = total.filter(|total| *total > 0) {
                progress max=(total) value=((*done).min(total)) { (done) " of " (total) }
                p class="aside" {
                    (digits(*done)) " of " (digits(total))
                    @if let Some(left) = current.left() { ", about " (duration(left.as_secs().max(1))) " left" }
                    " · began " (when(*began, now))
                }
            } @else {
                p class="aside" { @if *done > 0 { (digits(*done)) " so far · " } "began " (when(*began, now)) }
            }
        }
    }
}

/// Quarantine, and a manifest that cannot be used.
fn troubles(shown: &Shown, people: bool, now: Timestamp) -> Markup {
    html! {
        @if let Some(quarantine) = &shown.quarantine {
            div class="banner bad" {
                p class="headline" { "Quarantine since " (when(quarantine.since, now)) }
                p { (quarantine.count) @if quarantine.count == 1 { " cycle" } @else { " cycles in a row" }
                    ": " (quarantine.because.trouble.words()) @if people { ". Failed to " (code(&quarantine.because.message)) } }
                p class="aside" {
                    "Cycles come further and further apart, up to a day. A good cycle lifts it, and so does an edit \
                     of the manifest; " code { "kill -HUP" } " begins a cycle at once."
                }
            }
        }
        @if let Some((problem, since)) = &shown.manifest_problem {
            div class="banner bad" {
                p class="headline" { "The manifest cannot be used since " (when(*since, now)) }
                p { "The last good one stays in use. " code { "dialform check" } " shows the same:" }
                @if people { pre { (neutral::lines(problem)) } }
            }
        }
        @if let Some(warnings) = shown.manifest_warnings.as_ref().filter(|_| people) {
            details { summary { "The manifest has warnings" } pre { (neutral::lines(warnings)) } }
        }
    }
}

fn last(cycle: &Cycle, people: bool, now: Timestamp) -> Markup {
    let Cycle { number, began, took, ending, tally, plan, outcome, lifted, warnings, traffic, .. } = cycle;
    let requests: u64 = traffic.by_status.values().map(|sent| sent.requests).sum();
    html! {
        section {
            h2 { "Cycle " (number) " " span class={ "pill " (class(ending)) } { (word(ending)) } }
            p class="aside" {
                "began " (when(*began, now)) ", took " (spent(*took)) ", "
                (digits(requests)) @if requests == 1 { " request" } @else { " requests" } " to Dialpad"
                @if *lifted { " · quarantine lifted" }
            }
            (reason(ending, people))
            @if plan.is_some() { (numbers(tally)) (table(tally)) }
            @if let Some(outcome) = outcome { (failures(outcome, people)) }
            @for warning in warnings.iter().filter(|_| people) { p class="changes" { "Warning: " (neutral::lines(warning)) } }
            @if let Some(plan) = plan.as_ref().filter(|_| people) { (notes(plan)) }
        }
    }
}

/// Why it did not come to its end. What was read is quoted only to those who may see names.
fn reason(ending: &Ending, people: bool) -> Markup {
    match ending {
        Ending::Failed(failure) => html! {
            @if !people { p { (failure.trouble.words()) "." } }
            @else if failure.message.contains('\n') { pre { "Failed to " (neutral::lines(&failure.message)) } }
            @else { p { "Failed to " (code(&failure.message)) } }
        },
        Ending::Locked(who) => html! { @if people { p { "Failed to " (code(who)) } } },
        Ending::Interrupted => html! { p { "Somebody asked to stop; what was begun was finished and recorded." } },
        Ending::Good | Ending::Held | Ending::SomeFailed => html! {},
    }
}

fn numbers(tally: &Tally) -> Markup {
    let Counts { done, failed, skipped } = tally.total();
    let number = |class: &'static str, number: u64, words: &str| {
        let class = if number > 0 { class } else { "" };
        html! { div class=(class) { b { (digits(number)) } span class="unit" { (words) } } }
    };
    html! {
        div class="numbers" {
            (number("good", done, "changes done"))
            (number("bad", failed + skipped, "failed or skipped"))
            (number("warn", tally.held_in_all(), "held back"))
            (number("", tally.entitled, "entitled people"))
            (number("", tally.accounts, "accounts in Dialpad"))
            @if tally.unmanaged > 0 { (number("", tally.unmanaged, "not managed here")) }
            @if tally.protected > 0 { (number("", tally.protected, "protected, left alone")) }
        }
    }
}

fn table(tally: &Tally) -> Markup {
    let rows: Vec<(&Action, &Counts)> = tally.changes.iter().collect();
    html! {
        @if !rows.is_empty() {
            h3 { "Changes" }
            div class="scroll" {
                table {
                    tr { th { "what" } th class="number" { "done" } th class="number" { "failed" } th class="number" { "skipped" } }
                    @for (action, Counts { done, failed, skipped }) in rows {
                        tr {
                            td { (action.verb()) " " @match action.kind() {
                                crate::plan::Kind::User => "people",
                                crate::plan::Kind::Group => "groups",
                            } }
                            td class="number" { (digits(*done)) }
                            td class="number" { (digits(*failed)) }
                            td class="number" { (digits(*skipped)) }
                        }
                    }
                }
            }
        }
    }
}

/// Changes that failed, with what the service said.
fn failures(outcome: &Outcome, people: bool) -> Markup {
    let failed: Vec<&ChangeResult> =
        outcome.results.iter().filter(|result| matches!(result.status, Status::Failed { .. })).collect();
    html! {
        @if people && !failed.is_empty() {
            h3 { "Failed" }
            ul {
                @for result in failed.iter().take(FAILED) {
                    @if let Status::Failed { http, message } = &result.status {
                        li {
                            (result.action.verb()) " " b { (neutral::line(&result.subject.name)) } ": "
                            @if let Some(http) = http { (http) " " } (neutral::line(message))
                        }
                    }
                }
                @if failed.len() > FAILED {
                    li class="aside" { "… and " (digits((failed.len() - FAILED) as u64)) " more: "
                        code { "dialform log --status failure" } " lists every one" }
                }
            }
            p class="aside" { "Each is tried again with the next cycle, then after 6, 12 and 24 hours." }
        }
    }
}

fn notes(plan: &Plan) -> Markup {
    html! {
        @if !plan.notes.is_empty() {
            details {
                summary { (digits(plan.notes.len() as u64)) @if plan.notes.len() == 1 { " note" } @else { " notes" } }
                ul { @for note in plan.notes.iter().take(FAILED) { li { (code(&note.message)) } } }
                @if plan.notes.len() > FAILED { p class="aside" { "… and " (digits((plan.notes.len() - FAILED) as u64)) " more" } }
            }
        }
    }
}

/// What was refused several times and waits for its next try.
fn escrow(plan: &Plan) -> Markup {
    let waiting = plan.held.iter().filter(|held| held.reason == Reason::RepeatedFailure).count();
    html! {
        @if waiting > 0 {
            div class="banner warn" {
                p class="headline" { (digits(waiting as u64)) @if waiting == 1 { " change was" } @else { " changes were" }
                    " refused again and again" }
                p class="aside" {
                    "Each is tried after 6, 12 and 24 hours; a corrected value is tried at once, and "
                    code { "dialform apply --retry-held" } " tries all now."
                }
            }
        }
    }
}

/// Seats by office and licence; nothing where none are known.
fn seats(seats: &[SeatLine]) -> Markup {
    html! {
        @if !seats.is_empty() {
            section {
                h2 { "Seats" }
                div class="scroll" {
                    table {
                        tr {
                            th { "office" } th { "licence" }
                            @for head in ["free", "needed", "freed", "free after"] { th class="number" { (head) } }
                        }
                        @for SeatLine { office, license, free_before, needed, freed, free_after, missing } in seats {
                            tr {
                                td { (neutral::line(office)) }
                                td { (neutral::line(license.product())) }
                                @for number in [free_before, needed, freed] { td class="number" { (digits(*number)) } }
                                td class="number" {
                                    (free_after)
                                    @if *missing > 0 { div class="changes" { (digits(*missing)) " without a seat" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Everything since the service began.
fn sums(shown: &Shown, now: Timestamp) -> Markup {
    let up = Duration::try_from(now.duration_since(shown.started)).unwrap_or_default();
    let sent = |of: fn(&crate::http::Sent) -> u64| shown.totals.traffic.by_status.values().map(of).sum::<u64>();
    html! {
        section {
            h2 { "Since this service began" }
            p class="aside" { "up for " (duration(rounded(up.as_secs()))) }
            table {
                @for name in Ending::NAMES {
                    @if let Some(number) = shown.totals.cycles.get(name) {
                        tr { td { "cycles: " (name.replace('_', " ")) } td class="number" { (digits(*number)) } }
                    }
                }
                tr { td { "requests to Dialpad" } td class="number" { (digits(sent(|sent| sent.requests))) } }
                tr { td { "retries among them" } td class="number" { (digits(sent(|sent| sent.retries))) } }
            }
        }
    }
}

/// A time as people say it, in UTC: `at 14:03` today, with the day otherwise.
fn when(at: Timestamp, now: Timestamp) -> Markup {
    let distance = at.duration_since(now);
    let seconds = distance.as_secs().unsigned_abs();
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let clock = if day(at) == day(now) { at.strftime("%H:%M:%S") } else { at.strftime("%Y-%m-%d %H:%M") };
    let far = if seconds < 5 {
        "just now".to_owned()
    } else if distance.is_negative() {
        format!("{} ago", duration(rounded(seconds)))
    } else {
        format!("in {}", duration(rounded(seconds)))
    };
    html! { time datetime=(format!("{at:.0}")) title=(format!("{at:.0}")) { (far) " (" (clock.to_string()) " UTC)" } }
}

fn spent(took: Duration) -> String {
    if took.as_secs() == 0 { "less than a second".to_owned() } else { duration(took.as_secs()) }
}

/// Seconds mean nothing after ten minutes.
fn rounded(seconds: u64) -> u64 {
    if seconds >= 600 { seconds / 60 * 60 } else { seconds }
}
