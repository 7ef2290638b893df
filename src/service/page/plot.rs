//! Changes and failures of the last cycles, drawn as bars.

use std::collections::VecDeque;

use maud::{Markup, html};

use crate::{render::waiting::digits, service::board::Point};

/// Bars that are drawn.
const BARS: usize = 72;

const WIDTH: usize = 720;
const HEIGHT: usize = 120;

/// The plot; nothing before there are two cycles.
pub(super) fn plot(history: &VecDeque<Point>) -> Option<Markup> {
    if history.len() < 2 {
        return None;
    }
    let points: Vec<&Point> = history.iter().rev().take(BARS).rev().collect();
    let total = |point: &Point| point.changes.done + point.changes.failed + point.changes.skipped;
    let most = points.iter().map(|point| total(point)).max().unwrap_or(0).max(1);
    // Few are drawn wider, so that they can be seen.
    let step = WIDTH / points.len().max(BARS / 3);
    let offset = WIDTH - points.len() * step;
    let height = |number: u64| {
        let scaled = number.saturating_mul(HEIGHT as u64) / most;
        // What is there is seen.
        usize::try_from(scaled).unwrap_or(HEIGHT).max(usize::from(number > 0) * 2)
    };
    let label = format!("changes and failures of the last {} cycles, at most {} in one", points.len(), digits(most));
    Some(html! {
        figure {
            svg viewBox=(format!("0 0 {WIDTH} {}", HEIGHT + 14)) role="img" aria-label=(label) {
                line x1="0" y1=(HEIGHT) x2=(WIDTH) y2=(HEIGHT) class="axis" {}
                @for (index, point) in points.iter().enumerate() {
                    (bar(point, offset + index * step, step, &height))
                }
            }
            figcaption {
                span class="key done" { "done" } " "
                span class="key failed" { "failed or skipped" } " "
                span class="key broken" { "cycle failed" } " "
                span class="key held" { "something held" }
                " · highest bar: " (digits(most)) " · newest on the right"
            }
        }
    })
}

fn bar(point: &Point, x: usize, step: usize, height: &dyn Fn(u64) -> usize) -> Markup {
    let (done, failed) = (height(point.changes.done), height(point.changes.failed + point.changes.skipped));
    let width = step.saturating_sub(2);
    let broken = matches!(point.ending, "failed" | "locked" | "interrupted");
    let title = format!(
        "cycle {} at {:.0}: {}; {} done, {} failed, {} skipped, {} held",
        point.number,
        point.began,
        point.ending,
        digits(point.changes.done),
        digits(point.changes.failed),
        digits(point.changes.skipped),
        digits(point.held)
    );
    html! {
        g {
            title { (title) }
            rect x=(x) y="0" width=(step) height=(HEIGHT) class="hover" {}
            rect x=(x) y=(HEIGHT.saturating_sub(done)) width=(width) height=(done.min(HEIGHT)) class="done" {}
            rect x=(x) y=(HEIGHT.saturating_sub(done + failed)) width=(width) height=(failed.min(HEIGHT)) class="failed" {}
            @if broken {
                rect x=(x) y=(HEIGHT + 3) width=(width) height="9" class="broken" {}
            } @else if point.held > 0 {
                rect x=(x) y=(HEIGHT + 3) width=(width) height="5" class="held" {}
            } @else {
                rect x=(x) y=(HEIGHT + 3) width=(width) height="3" class="fine" {}
            }
        }
    }
}
