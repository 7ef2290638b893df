//! .NET custom date and time formats in the invariant culture: taken apart and printed.
//!
//! Facts: "Custom date and time format strings" and `DateTime.ParseExact` in
//! the .NET documentation. A format of one letter is a standard format.

use jiff::civil::{DateTime, Weekday};

use super::twelve;

/// A format, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::expr) struct DateFormat {
    pub(super) tokens: Vec<Token>,
}

/// Why a text is no format, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::expr) struct FormatError {
    pub(in crate::expr) message: String,
    pub(in crate::expr) offset: usize,
    pub(in crate::expr) length: usize,
}

/// A date with what is known about its zone, which `K` and `z` print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expr) struct Moment {
    pub(in crate::expr) at: DateTime,
    pub(in crate::expr) zone: Zone,
}

/// .NET's `DateTimeKind`. The local zone of the cloud is UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expr) enum Zone {
    Unspecified,
    Utc,
    Local,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Digits: one letter takes one or two when read, more letters exactly so many.
    Year(usize),
    Month(usize),
    MonthName {
        full: bool,
    },
    Day(usize),
    DayName {
        full: bool,
    },
    Hour24(usize),
    Hour12(usize),
    Minute(usize),
    Second(usize),
    Fraction(usize),
    /// Without zeros at its end, and without the point before it when nothing is left.
    ShortFraction(usize),
    Half(usize),
    Offset(usize),
    Kind,
    /// A `Z` outside quotes is itself when printed, and means UTC when read.
    Zulu,
    Literal(String),
}

/// .NET's `DateTimeStyles`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expr) struct Styles {
    pub(super) leading_white: bool,
    pub(super) trailing_white: bool,
    pub(super) inner_white: bool,
    pub(super) no_current_date: bool,
    pub(super) adjust_to_universal: bool,
    pub(super) assume_local: bool,
    pub(super) assume_universal: bool,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const STYLES: [&str; 10] = [
    "None",
    "AllowLeadingWhite",
    "AllowTrailingWhite",
    "AllowInnerWhite",
    "AllowWhiteSpaces",
    "NoCurrentDateDefault",
    "AdjustToUniversal",
    "AssumeLocal",
    "AssumeUniversal",
    "RoundtripKind",
];

impl Default for Styles {
    /// What Entra uses when none is given: RoundtripKind, AllowLeadingWhite, AllowTrailingWhite.
    fn default() -> Self {
        Self { leading_white: true, trailing_white: true, ..Self::none() }
    }
}

impl Styles {
    fn none() -> Self {
        Self {
            leading_white: false,
            trailing_white: false,
            inner_white: false,
            no_current_date: false,
            adjust_to_universal: false,
            assume_local: false,
            assume_universal: false,
        }
    }

    pub(in crate::expr) fn names() -> [&'static str; 10] {
        STYLES
    }

    /// Names separated by commas, in any case; the default for nothing.
    ///
    /// # Errors
    /// The name that is none.
    pub(in crate::expr) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut styles = Self::none();
        for name in text.split(',').map(str::trim) {
            let Some(known) = STYLES.into_iter().find(|known| known.eq_ignore_ascii_case(name)) else {
                return Err(name.to_owned());
            };
            match known {
                "AllowLeadingWhite" => styles.leading_white = true,
                "AllowTrailingWhite" => styles.trailing_white = true,
                "AllowInnerWhite" => styles.inner_white = true,
                "AllowWhiteSpaces" => {
                    (styles.leading_white, styles.trailing_white, styles.inner_white) = (true, true, true);
                }
                "NoCurrentDateDefault" => styles.no_current_date = true,
                "AdjustToUniversal" => styles.adjust_to_universal = true,
                "AssumeLocal" => styles.assume_local = true,
                "AssumeUniversal" => styles.assume_universal = true,
                // RoundtripKind keeps the kind, which is done anyway: here all zones are UTC.
                _ => {}
            }
        }
        Ok(styles)
    }
}

/// The month of a full or short English name, from 1.
pub(super) fn month(name: &str) -> Option<i8> {
    let is = |month: &str| month.eq_ignore_ascii_case(name) || month[..3].eq_ignore_ascii_case(name);
    MONTHS.iter().position(|month| is(month)).and_then(|i| i8::try_from(i + 1).ok())
}

/// The weekday of a full or short English name.
pub(super) fn weekday(name: &str) -> Option<Weekday> {
    let is = |day: &str| day.eq_ignore_ascii_case(name) || day[..3].eq_ignore_ascii_case(name);
    let i = DAYS.iter().position(|day| is(day))?;
    Weekday::from_sunday_zero_offset(i8::try_from(i).ok()?).ok()
}

/// The custom format that a standard format of one letter stands for.
fn standard(letter: &str) -> Option<&'static str> {
    Some(match letter {
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "f" => "dddd, dd MMMM yyyy HH:mm",
        "F" | "U" => "dddd, dd MMMM yyyy HH:mm:ss",
        "g" => "MM/dd/yyyy HH:mm",
        "G" => "MM/dd/yyyy HH:mm:ss",
        "m" | "M" => "MMMM dd",
        "o" | "O" => "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
        "r" | "R" => "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
        "s" => "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "u" => "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
        "y" | "Y" => "yyyy MMMM",
        _ => return None,
    })
}

impl DateFormat {
    /// Takes a format apart.
    ///
    /// # Errors
    /// What .NET would refuse: nothing, one letter that is no standard format,
    /// a quote that is not closed, more than seven digits of a second.
    pub(in crate::expr) fn parse(text: &str) -> Result<Self, FormatError> {
        let fail = |message: &str, offset: usize, length: usize| {
            Err(FormatError { message: message.to_owned(), offset, length })
        };
        let text = match text.chars().count() {
            0 => return fail("the date format is empty", 0, 0),
            1 => match standard(text) {
                Some(long) => long,
                None => {
                    return fail(
                        "there is no standard date format of this one letter; a custom one is written with `%` before it",
                        0,
                        text.len(),
                    );
                }
            },
            _ => text,
        };
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let run = text[at..].chars().take_while(|next| *next == c).count();
            let mut taken = run;
            let token = match c {
                'y' => Token::Year(run),
                'M' if run <= 2 => Token::Month(run),
                'M' => Token::MonthName { full: run > 3 },
                'd' if run <= 2 => Token::Day(run),
                'd' => Token::DayName { full: run > 3 },
                'H' => Token::Hour24(run.min(2)),
                'h' => Token::Hour12(run.min(2)),
                'm' => Token::Minute(run.min(2)),
                's' => Token::Second(run.min(2)),
                'f' | 'F' if run > 7 => return fail("a second has at most seven decimal digits", at, run),
                'f' => Token::Fraction(run),
                'F' => Token::ShortFraction(run),
                't' => Token::Half(run.min(2)),
                'z' => Token::Offset(run.min(3)),
                'g' => Token::Literal("A.D.".to_owned()),
                'K' => {
                    taken = 1;
                    Token::Kind
                }
                'Z' => {
                    taken = 1;
                    Token::Zulu
                }
                '\'' | '"' => {
                    let Some(length) = text[at + 1..].find(c) else {
                        return fail("a quote in the date format is not closed", at, 1);
                    };
                    taken = length + 2;
                    Token::Literal(text[at + 1..at + 1 + length].to_owned())
                }
                '\\' => {
                    let Some(next) = text[at + 1..].chars().next() else {
                        return fail("a backslash ends the date format", at, 1);
                    };
                    taken = 1 + next.len_utf8();
                    Token::Literal(next.to_string())
                }
                // Marks the next letter as a custom format of its own.
                '%' => {
                    if matches!(text[at + 1..].chars().next(), None | Some('%')) {
                        return fail("`%` stands before one format letter", at, 1);
                    }
                    at += 1;
                    continue;
                }
                other => {
                    taken = other.len_utf8();
                    Token::Literal(other.to_string())
                }
            };
            at += taken;
            match (tokens.last_mut(), token) {
                (Some(Token::Literal(before)), Token::Literal(more)) => before.push_str(&more),
                (_, token) => tokens.push(token),
            }
        }
        Ok(Self { tokens })
    }

    /// Prints a date.
    pub(in crate::expr) fn print(&self, moment: Moment) -> String {
        let at = moment.at;
        let mut out = String::with_capacity(24);
        let pad = |out: &mut String, number: i64, width: usize| out.push_str(&format!("{number:0width$}"));
        for token in &self.tokens {
            match token {
                Token::Year(width @ 1..=2) => pad(&mut out, i64::from(at.year() % 100), *width),
                Token::Year(width) => pad(&mut out, i64::from(at.year()), *width),
                Token::Month(width) => pad(&mut out, at.month().into(), *width),
                Token::MonthName { full } => out.push_str(name(&MONTHS, at.month() - 1, *full)),
                Token::Day(width) => pad(&mut out, at.day().into(), *width),
                Token::DayName { full } => out.push_str(name(&DAYS, at.weekday().to_sunday_zero_offset(), *full)),
                Token::Hour24(width) => pad(&mut out, at.hour().into(), *width),
                Token::Hour12(width) => pad(&mut out, twelve(at.hour()).0.into(), *width),
                Token::Minute(width) => pad(&mut out, at.minute().into(), *width),
                Token::Second(width) => pad(&mut out, at.second().into(), *width),
                Token::Fraction(width) => out.push_str(&ticks(at)[..*width]),
                Token::ShortFraction(width) => {
                    let digits = ticks(at);
                    let digits = digits[..*width].trim_end_matches('0');
                    if digits.is_empty() && out.ends_with('.') {
                        out.pop();
                    }
                    out.push_str(digits);
                }
                Token::Half(width) => out.push_str(&twelve(at.hour()).1[..*width]),
                Token::Offset(width) => out.push_str(["+0", "+00", "+00:00"][(*width - 1).min(2)]),
                Token::Kind => out.push_str(match moment.zone {
                    Zone::Unspecified => "",
                    Zone::Utc => "Z",
                    Zone::Local => "+00:00",
                }),
                Token::Zulu => out.push('Z'),
                Token::Literal(text) => out.push_str(text),
            }
        }
        out
    }
}

fn name(names: &[&'static str], i: i8, full: bool) -> &'static str {
    let name = usize::try_from(i).ok().and_then(|i| names.get(i)).copied().unwrap_or("");
    if full { name } else { name.get(..3).unwrap_or(name) }
}

/// The seven digits behind the second.
fn ticks(at: DateTime) -> String {
    format!("{:07}", at.subsec_nanosecond() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(text: &str, from: &str, to: &str) -> Option<String> {
        let today = jiff::civil::date(2026, 12, 1);
        let moment = DateFormat::parse(from).unwrap().read(text, Styles::default(), today)?;
        Some(DateFormat::parse(to).unwrap().print(moment))
    }

    #[test]
    fn formats_work_in_both_directions() {
        let cases = [
            ("20150123105347.1Z", "yyyyMMddHHmmss.fZ", "yyyy-MM-dd", "2015-01-23"),
            ("2025-08-05", "yyyy-MM-dd", "dddd, MMMM d, yyyy", "Tuesday, August 5, 2025"),
            ("5 Aug 2025", "d MMM yyyy", "yy/M/d", "25/8/5"),
            ("12/31/2025 12:30:00 AM", "M/d/yyyy hh:mm:ss tt", "HH:mm h:m t", "00:30 12:30 A"),
            ("2020-12-31+08:00", "yyyy-MM-ddzzz", "yyyy-MM-dd HH:mm K", "2020-12-30 16:00 +00:00"),
            ("2020-12-31T10:11:12Z", "yyyy-MM-ddTHH:mm:ssK", "o", "2020-12-31T10:11:12.0000000Z"),
            ("2020-12-31T10:11:12", "s", "R", "Thu, 31 Dec 2020 10:11:12 GMT"),
            ("10:11:12.5", "HH:mm:ss.FFF", "yyyy-MM-dd HH:mm:ss.FFF", "2026-12-01 10:11:12.5"),
            ("10:11:12", "HH:mm:ss.FFF", "HH:mm:ss.FFF", "10:11:12"),
            ("2025W08", "yyyy'W'MM", "%d \\d", "1 d"),
            (" 2025-08-05 ", "yyyy-MM-dd", "MM", "08"),
        ];
        for (text, from, to, wanted) in cases {
            assert_eq!(change(text, from, to).as_deref(), Some(wanted), "{text} {from} {to}");
        }
    }

    #[test]
    fn a_text_that_does_not_fit_its_format_is_not_read() {
        for (text, from) in [
            ("2025-8-05", "yyyy-MM-dd"),
            ("8/5/2025 9:00:00 AM", "M/d/yyyy hh:mm:ss tt"),
            ("2025-02-30", "yyyy-MM-dd"),
            ("2025-08-05x", "yyyy-MM-dd"),
            ("Monday, August 5, 2025", "dddd, MMMM d, yyyy"),
            ("13:00 PM", "hh:mm tt"),
            ("", "yyyy"),
        ] {
            assert_eq!(change(text, from, "yyyy"), None, "{text} {from}");
        }
    }

    #[test]
    fn what_is_no_format_is_refused_with_its_place() {
        let offset = |text: &str| DateFormat::parse(text).unwrap_err().offset;
        assert_eq!(offset("yyyy 'open"), 5);
        assert_eq!(offset("ss.ffffffff"), 3);
        assert_eq!(offset("yyyy\\"), 4);
        assert_eq!(offset(""), 0);
        assert_eq!(offset("x"), 0);
    }
}
