//! Parts of texts and their case. Positions count UTF-16 units from 1, as .NET
//! does; half of a surrogate pair is never given.

use std::borrow::Cow;

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;

use super::{Args, Stop, Val};
use crate::expr::tree::Constant;

type Result<'a> = std::result::Result<Val<'a>, Stop>;

/// Passes null on, else a text that is made of the argument.
fn mapped<'a>(args: &Args<'_, 'a>, map: impl FnOnce(Cow<'a, str>) -> Cow<'a, str>) -> Result<'a> {
    let Some(text) = args.text(0)? else { return Ok(Val::Null) };
    args.bounded(text.len())?;
    Ok(Val::Text(map(text)))
}

pub(super) fn append<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let (source, suffix) = (args.text(0)?, args.text(1)?);
    match (source, suffix) {
        (None, _) => Ok(Val::Null),
        (Some(source), None) => Ok(Val::Text(source)),
        (Some(source), Some(suffix)) => {
            args.bounded(source.len() + suffix.len())?;
            let mut text = source.into_owned();
            text.push_str(&suffix);
            Ok(Val::Text(Cow::Owned(text)))
        }
    }
}

/// UTF-16 units in a text.
fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// Byte offsets of the characters that lie wholly within these units.
fn slice(text: &str, from: usize, to: usize) -> (usize, usize) {
    if text.is_ascii() {
        let to = to.min(text.len());
        return (from.min(to), to);
    }
    let (mut unit, mut start, mut end) = (0, None, text.len());
    for (byte, c) in text.char_indices() {
        if unit >= from && start.is_none() {
            start = Some(byte);
        }
        if unit + c.len_utf16() > to {
            end = byte;
            break;
        }
        unit += c.len_utf16();
    }
    let start = start.unwrap_or(end);
    (start.min(end), end)
}

fn cut<'a>(text: Cow<'a, str>, from: usize, to: usize) -> Val<'a> {
    let (start, end) = slice(&text, from, to);
    Val::Text(match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            text.drain(..start);
            Cow::Owned(text)
        }
    })
}

pub(super) fn left<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let (text, number) = (args.text(0)?, args.integer(1)?);
    let Some(text) = text else { return Ok(Val::Text(Cow::Borrowed(""))) };
    args.charge(text.len())?;
    // A negative number means the whole text.
    let to = number.map_or(0, |number| usize::try_from(number).unwrap_or(usize::MAX));
    Ok(cut(text, 0, to))
}

pub(super) fn mid<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let (text, start, length) = (args.text(0)?, args.integer(1)?, args.integer(2)?);
    let (Some(text), Some(start), Some(length)) = (text, start, length) else { return Ok(Val::Null) };
    args.charge(text.len())?;
    if start < 1 {
        return Err(args.fail_at(1, "out_of_range", format!("`start` counts from 1, here it is {start}")));
    }
    let from = usize::try_from(start - 1).unwrap_or(usize::MAX);
    let length = usize::try_from(length).unwrap_or(0);
    Ok(cut(text, from, from.saturating_add(length)))
}

pub(super) fn len<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let text = args.text(0)?.unwrap_or_default();
    args.charge(text.len())?;
    Ok(Val::Integer(i64::try_from(units(&text)).unwrap_or(i64::MAX)))
}

pub(super) fn in_str<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let (Some(text), Some(wanted)) = (args.text(0)?, args.text(1)?) else { return Ok(Val::Integer(0)) };
    let start = if args.given(2) { args.integer(2)?.unwrap_or(1) } else { 1 };
    if start < 1 {
        return Err(args.fail_at(2, "out_of_range", format!("`start` counts from 1, here it is {start}")));
    }
    args.charge(text.len() + wanted.len())?;
    let folded = args.constant(3) == Some(Constant::TextCompare);
    // Folding maps one character to one, so positions stay what they were.
    let fold = |text: Cow<'a, str>| if folded { change_case(text, Case::Lower, "") } else { text };
    let (text, wanted) = (fold(text), fold(wanted));
    let from = usize::try_from(start - 1).unwrap_or(usize::MAX);
    if from > units(&text) {
        return Ok(Val::Integer(0));
    }
    let (from, _) = slice(&text, from, usize::MAX);
    let found = text[from..].find(wanted.as_ref()).map_or(0, |at| units(&text[..from + at]) + 1);
    Ok(Val::Integer(i64::try_from(found).unwrap_or(i64::MAX)))
}

pub(super) fn strip_spaces<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    mapped(args, |text| if text.contains(' ') { Cow::Owned(text.replace(' ', "")) } else { text })
}

/// Each character of `delimiters` separates; there are no empty words.
pub(super) fn word<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let (text, number, delimiters) = (args.text(0)?, args.integer(1)?, args.text(2)?);
    let empty = Val::Text(Cow::Borrowed(""));
    let (Some(text), Some(number)) = (text, number) else { return Ok(empty) };
    let delimiters = delimiters.unwrap_or_default();
    args.charge(text.len().saturating_mul(delimiters.len().clamp(1, 64)))?;
    let Some(skipped) = number.checked_sub(1).and_then(|n| usize::try_from(n).ok()) else { return Ok(empty) };
    let word = |text: &str| {
        let mut words = text.split(|c| delimiters.contains(c)).filter(|word| !word.is_empty());
        words.nth(skipped).map(|word| {
            let start = word.as_ptr().addr() - text.as_ptr().addr();
            (start, start + word.len())
        })
    };
    Ok(match (word(&text), text) {
        (None, _) => empty,
        (Some((start, end)), Cow::Borrowed(text)) => Val::Text(Cow::Borrowed(&text[start..end])),
        (Some((start, end)), Cow::Owned(text)) => Val::Text(Cow::Owned(text[start..end].to_owned())),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Lower,
    Upper,
}

pub(super) fn to_lower<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    cased(args, Case::Lower)
}

pub(super) fn to_upper<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    cased(args, Case::Upper)
}

fn cased<'a>(args: &Args<'_, 'a>, case: Case) -> Result<'a> {
    let culture = args.text(1)?.unwrap_or_default();
    if !crate::expr::dates::is_culture(&culture) {
        return Err(args.fail_at(1, "unknown_culture", "this is not the name of a culture"));
    }
    mapped(args, |text| change_case(text, case, &culture))
}

/// Case as .NET changes it: one character for one, so `ß` stays and there is
/// no final sigma; `ı` and `İ` stay in the invariant culture.
fn change_case<'a>(text: Cow<'a, str>, case: Case, culture: &str) -> Cow<'a, str> {
    let language = culture.split('-').next().unwrap_or_default();
    let turkic = language.eq_ignore_ascii_case("tr") || language.eq_ignore_ascii_case("az");
    let unchanged = |b: u8| match case {
        Case::Lower => !b.is_ascii_uppercase(),
        Case::Upper => !b.is_ascii_lowercase(),
    };
    if text.is_ascii() && !turkic {
        if text.bytes().all(unchanged) {
            return text;
        }
        let mut text = text.into_owned();
        match case {
            Case::Lower => text.make_ascii_lowercase(),
            Case::Upper => text.make_ascii_uppercase(),
        }
        return Cow::Owned(text);
    }
    let one = |c: char| match (case, c) {
        (Case::Lower, 'I') if turkic => 'ı',
        (Case::Upper, 'i') if turkic => 'İ',
        (Case::Lower, 'İ') | (Case::Upper, 'ı') if language.is_empty() => c,
        (Case::Lower, 'İ') => 'i',
        (Case::Lower, c) => only(c.to_lowercase(), c),
        (Case::Upper, c) => only(c.to_uppercase(), c),
    };
    Cow::Owned(text.chars().map(one).collect())
}

/// A mapping to several characters is none in .NET.
fn only(mut mapped: impl Iterator<Item = char>, c: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

pub(super) fn pcase<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let separators = if args.given(1) { args.text(1)? } else { None };
    let Some(text) = args.text(0)? else { return Ok(Val::Null) };
    args.charge(text.len().saturating_mul(separators.as_ref().map_or(4, |s| s.len().clamp(1, 64))))?;
    let lower = change_case(text, Case::Lower, "");
    let text = match separators {
        Some(separators) => capitals(&lower, |c| separators.contains(c)),
        None => title(&lower),
    };
    args.made(text)
}

fn upper(c: char) -> char {
    if c == 'ı' { c } else { only(c.to_uppercase(), c) }
}

fn capitals(text: &str, separates: impl Fn(char) -> bool) -> String {
    let mut starts = true;
    let mut capital = |c: char| {
        let out = if starts { upper(c) } else { c };
        starts = separates(c);
        out
    };
    text.chars().map(&mut capital).collect()
}

/// .NET's `TextInfo.ToTitleCase` over lower-cased text: a word begins at a
/// letter that follows no other character of a word, so digits do not count as
/// its start (`3rd` becomes `3Rd`) and an apostrophe inside does not end it.
fn title(text: &str) -> String {
    let mut inside = false;
    let mut one = |c: char| {
        let category = if c.is_ascii_alphabetic() { GeneralCategory::LowercaseLetter } else { get_general_category(c) };
        if inside {
            inside = c == '\'' || !is_separator(category);
            return c;
        }
        inside = is_letter(category);
        if inside { upper(c) } else { c }
    };
    text.chars().map(&mut one).collect()
}

fn is_letter(category: GeneralCategory) -> bool {
    use GeneralCategory as G;
    matches!(
        category,
        G::UppercaseLetter | G::LowercaseLetter | G::TitlecaseLetter | G::ModifierLetter | G::OtherLetter
    )
}

/// Zs Zl Zp Cc Cf Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So.
fn is_separator(category: GeneralCategory) -> bool {
    use GeneralCategory as G;
    matches!(
        category,
        G::SpaceSeparator
            | G::LineSeparator
            | G::ParagraphSeparator
            | G::Control
            | G::Format
            | G::ConnectorPunctuation
            | G::DashPunctuation
            | G::OpenPunctuation
            | G::ClosePunctuation
            | G::InitialPunctuation
            | G::FinalPunctuation
            | G::OtherPunctuation
            | G::MathSymbol
            | G::CurrencySymbol
            | G::ModifierSymbol
            | G::OtherSymbol
    )
}

pub(super) fn normalize_diacritics<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let Some(text) = args.text(0)? else { return Ok(Val::Null) };
    if text.is_ascii() {
        return Ok(Val::Text(text));
    }
    args.charge(text.len().saturating_mul(4))?;
    let mut plain = String::with_capacity(text.len());
    for c in text.nfd().filter(|c| !is_mark(*c)) {
        match base(c) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(c),
        }
    }
    // What was taken apart and kept, such as Korean, is put together again.
    let plain = if plain.is_ascii() { plain } else { plain.nfc().collect() };
    args.made(plain)
}

/// The blocks of combining diacritical marks. Marks of other scripts are
/// letters there and stay: vowel signs, the dots of Japanese kana.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Letters of Microsoft's table that are no base with marks, and the few that
/// it leaves out although people have them in their names (đ, œ, þ, ð).
fn base(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'Æ' => "AE",
        'ø' | 'œ' => "oe",
        'Ø' | 'Œ' => "OE",
        'ß' => "ss",
        'ł' => "l",
        'Ł' => "L",
        'ı' => "i",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'þ' => "th",
        'Þ' => "TH",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_utf16_units_and_never_cut_a_pair() {
        let part = |from, to| {
            let text = "a😀b";
            let (start, end) = slice(text, from, to);
            &text[start..end]
        };
        assert_eq!(units("a😀b"), 4);
        assert_eq!(part(0, 1), "a");
        assert_eq!(part(0, 2), "a");
        assert_eq!(part(0, 3), "a😀");
        assert_eq!(part(1, 4), "😀b");
        assert_eq!(part(2, 4), "b");
        assert_eq!(part(9, 12), "");
    }

    #[test]
    fn case_changes_one_character_for_one() {
        let change = |text: &'static str, case, culture| change_case(Cow::Borrowed(text), case, culture).into_owned();
        assert_eq!(change("straße", Case::Upper, ""), "STRAßE");
        assert_eq!(change("ΣΑΣ", Case::Lower, ""), "σασ");
        assert_eq!(change("Iıİi", Case::Lower, ""), "iıİi");
        assert_eq!(change("Iıİi", Case::Lower, "tr-TR"), "ııii");
        assert_eq!(change("Iıİi", Case::Upper, "az"), "IIİİ");
        assert_eq!(change("ıi", Case::Upper, "en-US"), "II");
    }

    #[test]
    fn words_begin_at_letters() {
        assert_eq!(title("john's 3rd o'neil-smith"), "John's 3Rd O'neil-Smith");
        assert_eq!(title("élan ǆ a1b"), "Élan Ǆ A1b");
        assert_eq!(capitals("o'neil-smith", |c| "-'".contains(c)), "O'Neil-Smith");
    }
}
