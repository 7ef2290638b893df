//! Dates read by a .NET format, as `DateTime.ParseExact` does.

use jiff::civil::{Date, Time, Weekday};

use super::{
    format::{DAYS, DateFormat, MONTHS, Moment, Styles, Token, Zone},
    free::{century, civil},
    to_utc,
};

impl DateFormat {
    /// Reads a date, as `DateTime.ParseExact`. An offset is applied: what comes
    /// out is UTC. Without any part of a date it is `today`.
    pub(in crate::expr) fn read(&self, text: &str, styles: Styles, today: Date) -> Option<Moment> {
        let mut reader = Reader { rest: text, styles, fields: Fields::default() };
        if styles.leading_white {
            reader.rest = reader.rest.trim_start();
        }
        for (i, token) in self.tokens.iter().enumerate() {
            reader.token(token, self.tokens.get(i + 1))?;
        }
        let rest = if styles.trailing_white { reader.rest.trim_end() } else { reader.rest };
        if !rest.is_empty() {
            return None;
        }
        reader.fields.moment(styles, today)
    }
}

/// What was read so far.
#[derive(Default)]
struct Fields {
    year: Option<i32>,
    month: Option<i32>,
    day: Option<i32>,
    weekday: Option<Weekday>,
    hour: Option<i32>,
    hour12: Option<i32>,
    minute: Option<i32>,
    second: Option<i32>,
    ticks: i32,
    pm: Option<bool>,
    /// Seconds, and whether it was written as `Z`.
    offset: Option<(i32, bool)>,
}

impl Fields {
    fn moment(self, styles: Styles, today: Date) -> Option<Moment> {
        let day = match (self.year, self.month, self.day) {
            (None, None, None) if styles.no_current_date => civil(1, 1, 1)?,
            (None, None, None) => today,
            (year, month, day) => {
                civil(year.unwrap_or_else(|| today.year().into()), month.unwrap_or(1), day.unwrap_or(1))?
            }
        };
        if self.weekday.is_some_and(|weekday| weekday != day.weekday()) {
            return None;
        }
        let hour = match (self.hour, self.hour12) {
            (Some(hour), _) => hour,
            // Without AM or PM it is the morning.
            (None, Some(hour)) if (1..=12).contains(&hour) => hour % 12 + if self.pm.unwrap_or(false) { 12 } else { 0 },
            (None, Some(_)) => return None,
            (None, None) => 0,
        };
        let small = |n: i32| i8::try_from(n).ok();
        let time = Time::new(
            small(hour)?,
            small(self.minute.unwrap_or(0))?,
            small(self.second.unwrap_or(0))?,
            self.ticks * 100,
        )
        .ok()?;
        let local = day.to_datetime(time);
        let (at, mut zone) = match self.offset {
            Some((offset, zulu)) => (to_utc(local, offset)?, if zulu { Zone::Utc } else { Zone::Local }),
            None if styles.assume_universal || styles.assume_local => (local, Zone::Local),
            None => (local, Zone::Unspecified),
        };
        if styles.adjust_to_universal && zone != Zone::Unspecified {
            zone = Zone::Utc;
        }
        Some(Moment { at, zone })
    }
}

struct Reader<'t> {
    rest: &'t str,
    styles: Styles,
    fields: Fields,
}

impl Reader<'_> {
    fn token(&mut self, token: &Token, next: Option<&Token>) -> Option<()> {
        match token {
            Token::Year(width @ 1..=2) => {
                let (year, digits) = self.digits(*width, 2)?;
                let year = century(year, digits.max(2))?;
                set(&mut self.fields.year, year)?;
            }
            Token::Year(width) => {
                let year = self.digits((*width).max(4), (*width).max(4))?.0;
                set(&mut self.fields.year, year)?;
            }
            Token::Month(width) => {
                let month = self.digits(*width, 2)?.0;
                set(&mut self.fields.month, month)?;
            }
            Token::MonthName { full } => {
                let month = self.name(&MONTHS, *full)?;
                set(&mut self.fields.month, month + 1)?;
            }
            Token::Day(width) => {
                let day = self.digits(*width, 2)?.0;
                set(&mut self.fields.day, day)?;
            }
            Token::DayName { full } => {
                let day = i8::try_from(self.name(&DAYS, *full)?).ok()?;
                self.fields.weekday = Weekday::from_sunday_zero_offset(day).ok();
            }
            Token::Hour24(width) => self.fields.hour = Some(self.digits(*width, 2)?.0),
            Token::Hour12(width) => self.fields.hour12 = Some(self.digits(*width, 2)?.0),
            Token::Minute(width) => self.fields.minute = Some(self.digits(*width, 2)?.0),
            Token::Second(width) => self.fields.second = Some(self.digits(*width, 2)?.0),
            Token::Fraction(width) => self.fraction(*width, *width)?,
            Token::ShortFraction(width) => self.fraction(0, *width)?,
            Token::Half(width) => self.half(*width)?,
            Token::Offset(width) => self.offset(*width)?,
            Token::Kind => {
                if let Some(rest) = self.rest.strip_prefix('Z') {
                    self.rest = rest;
                    self.fields.offset = Some((0, true));
                } else if self.rest.starts_with(['+', '-']) {
                    self.offset(3)?;
                }
            }
            Token::Zulu => {
                self.rest = self.rest.strip_prefix("GMT").or_else(|| self.rest.strip_prefix(['Z', 'z']))?;
                self.fields.offset = Some((0, true));
            }
            Token::Literal(text) => self.literal(text, matches!(next, Some(Token::ShortFraction(_))))?,
        }
        Some(())
    }

    /// Between `least` and `most` digits; one letter in the format takes two at most.
    fn digits(&mut self, least: usize, most: usize) -> Option<(i32, usize)> {
        if self.styles.inner_white {
            self.rest = self.rest.trim_start();
        }
        let n = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if n < least.max(1) {
            return None;
        }
        let number = self.rest[..n].parse().ok()?;
        self.rest = &self.rest[n..];
        Some((number, n))
    }

    fn fraction(&mut self, least: usize, most: usize) -> Option<()> {
        let n = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if n < least {
            return None;
        }
        let digits = format!("{:0<7}", &self.rest[..n]);
        self.fields.ticks = digits.parse().ok()?;
        self.rest = &self.rest[n..];
        Some(())
    }

    fn name(&mut self, names: &[&str], full: bool) -> Option<i32> {
        let i = names.iter().position(|name| {
            let wanted = if full { name } else { &name[..3] };
            self.rest.get(..wanted.len()).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
        })?;
        let length = if full { names[i].len() } else { 3 };
        self.rest = &self.rest[length..];
        i32::try_from(i).ok()
    }

    fn half(&mut self, width: usize) -> Option<()> {
        let found = self.rest.get(..width)?.to_ascii_uppercase();
        self.fields.pm = Some(match found.as_str() {
            "A" | "AM" => false,
            "P" | "PM" => true,
            _ => return None,
        });
        self.rest = &self.rest[width..];
        Some(())
    }

    fn offset(&mut self, width: usize) -> Option<()> {
        let sign = match self.rest.chars().next()? {
            '+' => 1,
            '-' => -1,
            _ => return None,
        };
        self.rest = &self.rest[1..];
        let (hours, _) = self.digits(width.min(2), 2)?;
        let mut minutes = 0;
        if width == 3 {
            self.rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
            minutes = self.digits(2, 2)?.0;
        }
        if minutes > 59 || hours * 60 + minutes > 14 * 60 {
            return None;
        }
        self.fields.offset = Some((sign * (hours * 60 + minutes) * 60, false));
        Some(())
    }

    fn literal(&mut self, text: &str, before_short_fraction: bool) -> Option<()> {
        if self.styles.inner_white {
            for c in text.chars().filter(|c| !c.is_whitespace()) {
                self.rest = self.rest.trim_start().strip_prefix(c)?;
            }
            self.rest = self.rest.trim_start();
            return Some(());
        }
        self.rest = match self.rest.strip_prefix(text) {
            Some(rest) => rest,
            // `.FFF` may be missing as a whole.
            None if before_short_fraction => self.rest.strip_prefix(text.strip_suffix('.')?)?,
            None => return None,
        };
        Some(())
    }
}

/// A part that is written twice must be the same both times.
fn set(field: &mut Option<i32>, value: i32) -> Option<()> {
    if field.is_some_and(|before| before != value) {
        return None;
    }
    *field = Some(value);
    Some(())
}
