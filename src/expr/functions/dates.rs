//! Dates: read, counted with, printed.

use super::{Args, Stop, Val};
use crate::expr::{
    dates,
    tree::{Form, Node, Span},
};

type Result<'a> = std::result::Result<Val<'a>, Stop>;

fn out_of_range(args: &Args, from: &str) -> Stop {
    args.fail("out_of_range", format!("the date is outside the years {from} to 9999"))
}

pub(super) fn now<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    Ok(Val::Date(dates::of(args.run.world.now)))
}

pub(super) fn cdate<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    Ok(args.date(0)?.map_or(Val::Null, Val::Date))
}

pub(super) fn add<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let (interval, number, date) = (args.interval(0)?, args.integer(1)?, args.date(2)?);
    let (Some(interval), Some(number), Some(date)) = (interval, number, date) else { return Ok(Val::Null) };
    dates::add(date, interval, number).map(Val::Date).ok_or_else(|| out_of_range(args, "1"))
}

pub(super) fn difference<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let (interval, from, to) = (args.interval(0)?, args.date(1)?, args.date(2)?);
    let (Some(interval), Some(from), Some(to)) = (interval, from, to) else { return Ok(Val::Null) };
    Ok(Val::Integer(dates::difference(interval, from, to)))
}

pub(super) fn from_number<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let Some(ticks) = args.integer(0)? else { return Ok(Val::Null) };
    dates::from_file_time(ticks).map(Val::Date).ok_or_else(|| out_of_range(args, "1601"))
}

pub(super) fn to_number<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let Some(date) = args.date(0)? else { return Ok(Val::Null) };
    dates::to_file_time(date).map(Val::Integer).ok_or_else(|| out_of_range(args, "1601"))
}

pub(super) fn format<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let (text, styles) = (args.text(0)?, args.styles(1)?);
    let (Some(text), Some(input), Some(output)) = (text, args.format(2)?, args.format(3)?) else {
        return Ok(Val::Null);
    };
    args.charge(text.len() + 64)?;
    let today = dates::of(args.run.world.now).date();
    match input.read(&text, styles, today) {
        Some(moment) => args.made(output.print(moment)),
        None => {
            let shown: String = text.chars().take(40).collect();
            Err(args.fail_at(0, "not_a_date", format!("\"{shown}\" does not have the input format")))
        }
    }
}

/// The older form without styles, which Microsoft still prints in places: the
/// omitted argument is put in.
pub(super) fn older_form(args: &mut Vec<Node>) {
    if args.len() == 3 {
        let at = args[1].span.offset();
        args.insert(1, Node { span: Span::new(at, at), form: Form::Omitted });
    }
}
