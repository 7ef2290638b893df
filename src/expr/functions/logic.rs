//! Choosing between values, and asking about null and empty.

use std::borrow::Cow;

use super::{Args, Stop, Val};
use crate::{expr::eval::text, names::Value};

type Result<'a> = std::result::Result<Val<'a>, Stop>;

/// Only the chosen branch is evaluated.
pub(super) fn iif<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    if args.single(0)?.is_true() { args.value(1) } else { args.value(2) }
}

/// Only keys up to the right one, and only its value or the default, are evaluated.
pub(super) fn switch<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let source = text(args.single(0)?);
    for key in (2..args.len()).step_by(2) {
        let Some(wanted) = args.text(key)? else { continue };
        args.charge(wanted.len() + 1)?;
        // The empty key also stands for null.
        if source.as_deref().unwrap_or_default() == wanted && (source.is_some() || wanted.is_empty()) {
            return args.value(key + 1);
        }
    }
    args.value(1)
}

pub(super) fn coalesce<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    for i in 0..args.len() {
        let value = args.value(i)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Val::Null)
}

pub(super) fn cbool<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    Ok(Val::Boolean(args.single(0)?.is_true()))
}

/// Only True is true here: a number is something else, which gives True.
pub(super) fn not<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let is_true = match args.single(0)? {
        Val::Boolean(value) => value,
        Val::Kept(Value::Boolean(value)) => *value,
        other => text(other).is_some_and(|text| text.eq_ignore_ascii_case("true")),
    };
    Ok(Val::Boolean(!is_true))
}

pub(super) fn is_null<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    Ok(Val::Boolean(args.value(0)?.is_null()))
}

pub(super) fn is_null_or_empty<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    Ok(Val::Boolean(args.value(0)?.is_null_or_empty()))
}

pub(super) fn is_present<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    Ok(Val::Boolean(!args.value(0)?.is_null_or_empty()))
}

/// Whether `CStr` would give a text: one value, not null and not complex.
pub(super) fn is_string<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let one = match args.value(0)? {
        Val::Null => false,
        Val::Kept(Value::List(items)) => items.len() == 1,
        Val::List(items) => items.len() == 1,
        Val::Kept(Value::Record(_)) => false,
        Val::Kept(_) | Val::Text(_) | Val::Integer(_) | Val::Boolean(_) | Val::Date(_) => true,
    };
    Ok(Val::Boolean(one))
}

pub(super) fn ignore_if_empty<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let value = args.value(0)?;
    if value.is_null_or_empty() { Err(Stop::Ignored) } else { Ok(value) }
}

pub(super) fn redact<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    args.value(0)
}

/// A rule without a value is no candidate.
pub(super) fn select_unique<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    for i in 0..args.len() {
        let Some(candidate) = args.text(i)?.filter(|text| !text.is_empty()) else { continue };
        if !(args.run.world.taken)(&candidate) {
            return Ok(Val::Text(Cow::Owned(candidate.into_owned())));
        }
    }
    Err(args.fail("all_taken", "every value that the rules give is taken"))
}
