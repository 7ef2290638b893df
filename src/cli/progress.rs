//! How far reading and applying are: a bar on a terminal, lines elsewhere, nothing with `--quiet`.

use std::{
    fmt::Write as _,
    io::{self, Write},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::Terminal;
use crate::{
    names::count,
    plan::outcome::{ChangeResult, Status},
    render::text::{self, View},
};

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// How far something is. It can be told from several threads at once.
pub struct Progress {
    shown: Shown,
    view: View,
}

enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines(Mutex<Lines>),
}

struct Lines {
    to: Box<dyn Write + Send>,
    what: &'static str,
    begun: Instant,
    last: Instant,
    done: u64,
    total: Option<u64>,
}

impl Progress {
    /// Progress of `what` (`reading accounts`), of `total` where that is known.
    pub fn new(terminal: &Terminal, what: &'static str, total: Option<u64>) -> Self {
        let view = View { color: terminal.color_err, ..View::default() };
        let shown = if terminal.quiet {
            Shown::Nothing
        } else if terminal.progress {
            Shown::Bar(bar(what, total, terminal.color_err))
        } else {
            Shown::Lines(Mutex::new(Lines::new(Box::new(io::stderr()), what, total, Instant::now())))
        };
        Self { shown, view }
    }

    /// So much is done, of so much.
    pub fn set(&self, done: u64, total: Option<u64>) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                if let Some(total) = total {
                    if bar.length().is_none() {
                        // How much there is is known from the first page on.
                        bar.set_style(style(true, self.view.color));
                    }
                    bar.set_length(total);
                }
                bar.set_position(done);
            }
            Shown::Lines(lines) => lock(lines).set(done, total, Instant::now()),
        }
    }

    /// A change was tried. On a terminal only what failed leaves a line; elsewhere each does.
    pub fn result(&self, result: &ChangeResult) {
        let line = || text::progress(result, &self.view);
        match &self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                if matches!(result.status, Status::Failed { .. }) {
                    bar.println(line());
                }
                bar.inc(1);
            }
            Shown::Lines(lines) => lock(lines).write(&line()),
        }
    }

    /// It is over: the bar goes, what it said stays.
    pub fn finish(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// What a panic elsewhere left is still right: it is only shown.
fn lock(lines: &Mutex<Lines>) -> std::sync::MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bar(what: &'static str, total: Option<u64>, color: bool) -> ProgressBar {
    let bar = match total {
        Some(total) => ProgressBar::new(total),
        None => ProgressBar::no_length(),
    };
    let bar = bar.with_style(style(total.is_some(), color)).with_message(what);
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
    bar
}

fn style(total: bool, color: bool) -> ProgressStyle {
    let template = match (total, color) {
        (true, true) => "{msg} {bar:30.cyan/dim} {human_pos} of {human_len}, {rate}, {eta} left",
        (true, false) => "{msg} {bar:30} {human_pos} of {human_len}, {rate}, {eta} left",
        (false, true) => "{spinner:.cyan} {msg} {human_pos}, {rate}",
        (false, false) => "{spinner} {msg} {human_pos}, {rate}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key(
        "rate",
        |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // Nowhere to complain, and nothing is lost.
            let _ = write!(out, "{}", rate(state.per_sec()));
        },
    )
}

impl Lines {
    fn new(to: Box<dyn Write + Send>, what: &'static str, total: Option<u64>, now: Instant) -> Self {
        Self { to, what, begun: now, last: now, done: 0, total }
    }

    fn set(&mut self, done: u64, total: Option<u64>, now: Instant) {
        self.done = done;
        self.total = total.or(self.total);
        if now.duration_since(self.last) >= EVERY {
            self.last = now;
            let line = sentence(self.what, done, self.total, now.duration_since(self.begun));
            self.write(&line);
        }
    }

    fn write(&mut self, line: &str) {
        // Nobody is left to be told.
        let _ = writeln!(self.to, "{line}").and_then(|()| self.to.flush());
    }
}

/// `reading accounts: 3,400 of 10,000, 20 a second, about 5 min left`.
fn sentence(what: &str, done: u64, total: Option<u64>, taken: Duration) -> String {
    let bare = |n: u64| count(usize::try_from(n).unwrap_or(usize::MAX), "", "").trim_end().to_owned();
    let mut line = format!("{what}: {}", bare(done));
    if let Some(total) = total {
        let _ = write!(line, " of {}", bare(total));
    }
    let per_second = number(done) / taken.as_secs_f64().max(0.001);
    let _ = write!(line, ", {}", rate(per_second));
    if let Some(left) = total.map(|total| total.saturating_sub(done)).filter(|left| *left > 0 && done > 0) {
        let seconds = Duration::try_from_secs_f64(number(left) / per_second).unwrap_or_default().as_secs();
        let _ = write!(line, ", about {} left", text::duration(seconds.max(1)));
    }
    line
}

/// For rates, where a rounded number is good enough.
fn number(n: u64) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// `20/s`, `0.5/s`.
fn rate(per_second: f64) -> String {
    if per_second >= 10.0 { format!("{per_second:.0}/s") } else { format!("{per_second:.1}/s") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::sample;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Buffer {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    #[test]
    fn elsewhere_a_line_is_written_every_ten_seconds() {
        let (buffer, begun) = (Buffer::default(), Instant::now());
        let mut lines = Lines::new(Box::new(buffer.clone()), "reading accounts", Some(10_000), begun);
        for second in 0..=25 {
            lines.set(second * 100, None, begun + Duration::from_secs(second));
        }
        assert_eq!(
            buffer.text(),
            "reading accounts: 1,000 of 10,000, 100/s, about 1 min 30 s left\n\
             reading accounts: 2,000 of 10,000, 100/s, about 1 min 20 s left\n"
        );
    }

    #[test]
    fn without_a_total_there_is_no_estimate() {
        assert_eq!(sentence("reading groups", 5, None, Duration::from_secs(10)), "reading groups: 5, 0.5/s");
        assert_eq!(sentence("reading groups", 0, Some(9), Duration::ZERO), "reading groups: 0 of 9, 0.0/s");
    }

    #[test]
    fn elsewhere_each_change_leaves_a_line_and_quiet_says_nothing() {
        let plan = sample::everything();
        let outcome = sample::outcome(&plan);
        let buffer = Buffer::default();
        let lines = Lines::new(Box::new(buffer.clone()), "applying", Some(19), Instant::now());
        let progress = Progress { shown: Shown::Lines(Mutex::new(lines)), view: View::default() };
        outcome.results.iter().for_each(|result| progress.result(result));
        assert_eq!(buffer.text().lines().count(), outcome.results.len());
        let mut terminal = Terminal::of_buffers(Box::new(io::sink()), Box::new(io::sink()));
        terminal.quiet = true;
        assert!(matches!(Progress::new(&terminal, "applying", None).shown, Shown::Nothing));
    }

    #[test]
    fn a_bar_takes_what_it_is_told() {
        for color in [true, false] {
            let bar = bar("applying", Some(25), color);
            bar.set_draw_target(ProgressDrawTarget::hidden());
            let progress = Progress { shown: Shown::Bar(bar.clone()), view: View::default() };
            let plan = sample::everything();
            sample::outcome(&plan).results.iter().for_each(|result| progress.result(result));
            assert_eq!(bar.position(), 25);
            progress.set(26, Some(30));
            assert_eq!((bar.position(), bar.length()), (26, Some(30)));
            drop(progress);
            assert!(bar.is_finished());
        }
    }
}
