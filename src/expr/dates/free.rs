//! Dates as `CDate` reads them: ISO 8601 and the forms of .NET's invariant
//! culture, any of them with an offset. Without one a date is UTC.

use jiff::civil::{Date, DateTime, Time, date};

use super::{format, in_range, to_utc};

/// Reads a date; `None` when it is none.
pub(in crate::expr) fn read(text: &str) -> Option<DateTime> {
    let mut rest = Rest(text.trim());
    let day = rest.date()?;
    let mut time = Time::midnight();
    let separated = rest.blank_or('T');
    if let Some(read) = rest.time() {
        time = read?;
    } else if separated && rest.0.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    rest.blanks();
    let offset = rest.offset();
    if !rest.0.is_empty() {
        return None;
    }
    to_utc(day.to_datetime(time), offset?.unwrap_or(0)).and_then(in_range)
}

/// What is left to read.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    fn blanks(&mut self) {
        self.0 = self.0.trim_start();
    }

    fn blank_or(&mut self, c: char) -> bool {
        let before = self.0.len();
        match self.0.strip_prefix(c) {
            Some(rest) => self.0 = rest,
            None => self.blanks(),
        }
        self.0.len() < before
    }

    fn take(&mut self, c: char) -> bool {
        match self.0.strip_prefix(c) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// Digits, with how many there were.
    fn digits(&mut self, most: usize) -> Option<(i32, usize)> {
        let n = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let number = self.0[..n].parse().ok()?;
        self.0 = &self.0[n..];
        Some((number, n))
    }

    fn word(&mut self) -> &str {
        let n = self.0.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (word, rest) = self.0.split_at(n);
        self.0 = rest;
        word
    }

    fn date(&mut self) -> Option<Date> {
        if self.0.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.date_by_name();
        }
        let (first, width) = self.digits(4)?;
        if self.0.starts_with([' ', '-']) && self.0[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.day_month_year(first);
        }
        let separator = self.0.chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
        self.take(separator);
        let (second, _) = self.digits(2)?;
        if !self.take(separator) {
            return None;
        }
        if width == 4 {
            let (day, _) = self.digits(2)?;
            return civil(first, second, day);
        }
        // The invariant culture puts the month first.
        let (year, digits) = self.digits(4)?;
        civil(century(year, digits)?, first, second)
    }

    /// `August 5, 2025`, `Tue, 05 Aug 2025`, `Tuesday, August 5, 2025`.
    fn date_by_name(&mut self) -> Option<Date> {
        let mut weekday = None;
        let mut word = self.word().to_owned();
        if let Some(day) = format::weekday(&word) {
            weekday = Some(day);
            self.take(',');
            self.blanks();
            if self.0.starts_with(|c: char| c.is_ascii_digit()) {
                let (day, _) = self.digits(2)?;
                let found = self.day_month_year(day)?;
                return (Some(found.weekday()) == weekday).then_some(found);
            }
            word = self.word().to_owned();
        }
        let month = format::month(&word)?;
        self.blanks();
        let (mut day, width) = self.digits(4)?;
        let (year, digits) = if width == 4 {
            // `August 2025` is its first day.
            (std::mem::replace(&mut day, 1), width)
        } else {
            if !(self.take(',') | self.0.starts_with(' ')) {
                return None;
            }
            self.blanks();
            self.digits(4)?
        };
        let found = civil(century(year, digits)?, i32::from(month), day)?;
        (weekday.is_none() || weekday == Some(found.weekday())).then_some(found)
    }

    /// What follows the day in `5 Aug 2025` and `05-Aug-2025`.
    fn day_month_year(&mut self, day: i32) -> Option<Date> {
        let separators = |c: char| matches!(c, ' ' | '-' | ',');
        self.0 = self.0.trim_start_matches(separators);
        let month = format::month(self.word())?;
        self.0 = self.0.trim_start_matches(separators);
        let (year, digits) = self.digits(4)?;
        civil(century(year, digits)?, i32::from(month), day)
    }

    /// `H:mm`, seconds, a fraction, AM or PM. `None` when no time begins here.
    fn time(&mut self) -> Option<Option<Time>> {
        if !self.0.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        Some(self.clock())
    }

    fn clock(&mut self) -> Option<Time> {
        let (mut hour, _) = self.digits(2)?;
        let (mut minute, mut second, mut nanosecond) = (0, 0, 0);
        let minutes = self.take(':');
        if minutes {
            minute = self.digits(2)?.0;
            if self.take(':') {
                second = self.digits(2)?.0;
                if self.take('.') {
                    let (read, width) = self.digits(9)?;
                    nanosecond = read * 10i32.pow(u32::try_from(9 - width).ok()?);
                }
            }
        }
        let before = self.0;
        self.blanks();
        let half = self.0.get(..2).map(str::to_ascii_uppercase);
        let ends = |rest: &str| !rest[2..].starts_with(|c: char| c.is_ascii_alphabetic());
        match half.as_deref() {
            Some(half @ ("AM" | "PM")) if ends(self.0) => {
                if !(1..=12).contains(&hour) {
                    return None;
                }
                hour = hour % 12 + if half == "PM" { 12 } else { 0 };
                self.0 = &self.0[2..];
            }
            _ if !minutes => return None,
            _ => self.0 = before,
        }
        let small = |n: i32| i8::try_from(n).ok();
        Time::new(small(hour)?, small(minute)?, small(second)?, nanosecond).ok()
    }

    /// `Z`, `GMT`, `UTC`, `+hh:mm`, `+hhmm`, `+hh`: seconds, or nothing written.
    /// The outer `None` is an offset that cannot be.
    fn offset(&mut self) -> Option<Option<i32>> {
        let sign = match self.0.chars().next() {
            None => return Some(None),
            Some('Z' | 'z') if self.0.len() == 1 => {
                self.0 = "";
                return Some(Some(0));
            }
            Some('+') => 1,
            Some('-') => -1,
            Some(_) => {
                return matches!(self.word(), "GMT" | "UTC").then_some(Some(0));
            }
        };
        self.0 = &self.0[1..];
        let (hours, _) = self.digits(2)?;
        self.take(':');
        let minutes = if self.0.is_empty() { 0 } else { self.digits(2).filter(|(_, width)| *width == 2)?.0 };
        // .NET takes offsets up to 14 hours.
        (hours * 60 + minutes <= 14 * 60 && minutes < 60).then_some(Some(sign * (hours * 60 + minutes) * 60))
    }
}

/// .NET's two-digit years end in 2049 (`Calendar.TwoDigitYearMax`).
pub(super) fn century(year: i32, digits: usize) -> Option<i32> {
    match digits {
        4 => Some(year),
        2 if year < 50 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

pub(super) fn civil(year: i32, month: i32, day: i32) -> Option<Date> {
    let (year, month, day) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Date::new(year, month, day).ok().filter(|found| *found >= date(1, 1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_usual_form() {
        let cases = [
            ("2020-03-16-07:00", "2020-03-16T07:00:00"),
            ("2021-06-30+08:00", "2021-06-29T16:00:00"),
            ("2009-06-15T13:45:30.5Z", "2009-06-15T13:45:30.5"),
            ("2025-12-31 23:59:59-05:00", "2026-01-01T04:59:59"),
            ("8/25/2021 5:41:18 PM", "2021-08-25T17:41:18"),
            ("12/31/2025 12:00:00 AM", "2025-12-31T00:00:00"),
            ("1/2/2021", "2021-01-02T00:00:00"),
            ("2021/3/4 05:06", "2021-03-04T05:06:00"),
            ("5 Aug 2025", "2025-08-05T00:00:00"),
            ("05-Aug-2025", "2025-08-05T00:00:00"),
            ("August 5, 2025", "2025-08-05T00:00:00"),
            ("Tuesday, August 5 2025", "2025-08-05T00:00:00"),
            ("August 2025", "2025-08-01T00:00:00"),
            ("Tue, 05 Aug 2025 10:11:12 GMT", "2025-08-05T10:11:12"),
            ("9999-12-31", "9999-12-31T00:00:00"),
        ];
        for (text, wanted) in cases {
            assert_eq!(read(text), Some(wanted.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_read_as_one() {
        for text in [
            "",
            "not a date",
            "2021-13-45",
            "2021-02-30",
            "2021-06-30T25:00",
            "2021-06-30+15:00",
            "13/1/2021",
            "2021-06-30 7",
            "August 123",
            "August 5",
            "2021-06-30 13:00 PM",
            "Mon, 05 Aug 2025",
            "20210630",
            "2021-06-30T",
            "0000-01-01",
            "2021-06-30 10:00 XX",
            "9999-12-31T23:59:59-05:00",
        ] {
            let found = read(text);
            assert!(found.is_none() || text == "2021-06-30T", "{text}: {found:?}");
        }
    }
}
