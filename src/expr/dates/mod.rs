//! Dates as .NET has them: UTC, years 1 to 9999, 100-nanosecond ticks.
//!
//! [`jiff::Timestamp`] ends a day before the year 9999 does, and HR systems
//! write `9999-12-31` for "never". So dates here are civil date-times in UTC.

mod exact;
mod format;
mod free;

use jiff::{
    Span, Timestamp,
    civil::{DateTime, date},
    tz::{Offset, TimeZone},
};

use crate::names::near_miss;
pub(super) use format::{DateFormat, FormatError, Styles};
pub(super) use free::read;

/// Ticks of 100 ns in a second.
const TICKS: i64 = 10_000_000;

/// Where Active Directory file times begin.
const EPOCH: DateTime = date(1601, 1, 1).at(0, 0, 0, 0);

/// A step of `DateAdd` and `DateDiff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interval {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

impl Interval {
    const ALL: [(&'static str, Interval); 7] = [
        ("yyyy", Interval::Year),
        ("m", Interval::Month),
        ("ww", Interval::Week),
        ("d", Interval::Day),
        ("h", Interval::Hour),
        ("n", Interval::Minute),
        ("s", Interval::Second),
    ];

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, interval)| *interval)
    }

    pub(super) fn help(text: &str) -> String {
        let words = ["year", "month", "week", "day", "hour", "minute", "second"];
        let near = match text {
            "w" | "q" | "y" => None,
            _ => near_miss(text, words).and_then(|near| words.iter().position(|word| *word == near)),
        };
        match near {
            Some(i) => format!("a {} is `{}`", words[i], Self::ALL[i].0),
            None => "the intervals are yyyy, m, ww, d, h, n (minute) and s".to_owned(),
        }
    }
}

/// An instant as a civil date-time in UTC.
pub(super) fn of(instant: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(instant)
}

/// The instant of a civil date-time in UTC; `None` in the last hours of the year 9999.
pub(super) fn instant(date: DateTime) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(date).ok()
}

/// `M/d/yyyy h:mm:ss tt`, the text of every date in the language.
pub(super) fn print(date: DateTime) -> String {
    let (hour, half) = twelve(date.hour());
    let (month, day, year, minute, second) = (date.month(), date.day(), date.year(), date.minute(), date.second());
    format!("{month}/{day}/{year:04} {hour}:{minute:02}:{second:02} {half}")
}

/// Hours on the clock's face.
fn twelve(hour: i8) -> (i8, &'static str) {
    (if hour % 12 == 0 { 12 } else { hour % 12 }, if hour < 12 { "AM" } else { "PM" })
}

/// Only what .NET's `DateTime` can hold.
fn in_range(date: DateTime) -> Option<DateTime> {
    (date.year() >= 1).then_some(date)
}

/// Applies an offset from UTC, in seconds.
fn to_utc(local: DateTime, offset: i32) -> Option<DateTime> {
    local.checked_sub(Span::new().seconds(offset)).ok().and_then(in_range)
}

/// Adds intervals; the end of a month stays in its month (.NET `AddMonths`).
/// `None` beyond the years 1 to 9999.
pub(super) fn add(date: DateTime, interval: Interval, n: i64) -> Option<DateTime> {
    let span = Span::new();
    let span = match interval {
        Interval::Year => span.try_years(n),
        Interval::Month => span.try_months(n),
        Interval::Week => span.try_weeks(n),
        Interval::Day => span.try_days(n),
        Interval::Hour => span.try_hours(n),
        Interval::Minute => span.try_minutes(n),
        Interval::Second => span.try_seconds(n),
    };
    date.checked_add(span.ok()?).ok().and_then(in_range)
}

/// Intervals between two dates as VB.NET's `DateDiff` counts them: whole
/// seconds, minutes, hours and days toward zero; weeks by their Sundays; months
/// and years by the calendar.
pub(super) fn difference(interval: Interval, from: DateTime, to: DateTime) -> i64 {
    let seconds = |from: DateTime, to: DateTime| to.duration_since(from).as_secs();
    let sunday = |date: DateTime| {
        let back = i64::from(date.weekday().to_sunday_zero_offset());
        date.saturating_sub(Span::new().days(back))
    };
    let year = |date: DateTime| i64::from(date.year());
    match interval {
        Interval::Year => year(to) - year(from),
        Interval::Month => (year(to) - year(from)) * 12 + i64::from(to.month()) - i64::from(from.month()),
        Interval::Week => seconds(sunday(from), sunday(to)) / 86_400 / 7,
        Interval::Day => seconds(from, to) / 86_400,
        Interval::Hour => seconds(from, to) / 3_600,
        Interval::Minute => seconds(from, to) / 60,
        Interval::Second => seconds(from, to),
    }
}

/// Ticks since 1601, as `DateTime.ToFileTimeUtc`; `None` before.
pub(super) fn to_file_time(date: DateTime) -> Option<i64> {
    let since = date.duration_since(EPOCH);
    (date >= EPOCH).then(|| since.as_secs() * TICKS + i64::from(since.subsec_nanos() / 100))
}

/// The date of a file time; `None` beyond the year 9999 (such as "never", `i64::MAX`) and
/// for negative numbers, which .NET refuses.
pub(super) fn from_file_time(ticks: i64) -> Option<DateTime> {
    if ticks < 0 {
        return None;
    }
    let span = Span::new().try_seconds(ticks / TICKS).ok()?.try_nanoseconds(ticks % TICKS * 100).ok()?;
    EPOCH.checked_add(span).ok().and_then(in_range)
}

/// Whether a name has the form of a culture's: `de`, `en-US`, `zh-Hans-CN`, or
/// nothing for the invariant culture.
pub(super) fn is_culture(name: &str) -> bool {
    name.is_empty()
        || name.split('-').enumerate().all(|(i, part)| match i {
            0 => (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()),
            _ => (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    #[test]
    fn file_times_are_ticks_of_100_ns_since_1601() {
        assert_eq!(to_file_time(at("2012-01-01T23:00:00")), Some(129_699_324_000_000_000));
        assert_eq!(from_file_time(129_699_324_000_000_000), Some(at("2012-01-01T23:00:00")));
        assert_eq!(from_file_time(0), Some(at("1601-01-01T00:00:00")));
        assert_eq!(from_file_time(i64::MAX), None);
        assert_eq!(from_file_time(-1), None);
        assert_eq!(to_file_time(at("1600-12-31T23:59:59.5")), None);
    }

    #[test]
    fn weeks_are_counted_by_their_sundays() {
        // Saturday to Sunday is one week; Sunday to Saturday is none.
        assert_eq!(difference(Interval::Week, at("2021-03-06T00:00:00"), at("2021-03-07T00:00:00")), 1);
        assert_eq!(difference(Interval::Week, at("2021-03-07T00:00:00"), at("2021-03-13T00:00:00")), 0);
    }

    #[test]
    fn the_last_day_of_a_month_stays_in_its_month() {
        assert_eq!(add(at("2021-01-31T00:00:00"), Interval::Month, 1), Some(at("2021-02-28T00:00:00")));
        assert_eq!(add(at("2020-02-29T00:00:00"), Interval::Year, 1), Some(at("2021-02-28T00:00:00")));
        assert_eq!(add(at("9999-12-31T00:00:00"), Interval::Day, 1), None);
        assert_eq!(add(at("0001-01-01T00:00:00"), Interval::Second, -1), None);
        assert_eq!(add(at("2021-01-31T00:00:00"), Interval::Year, i64::MAX), None);
    }
}
