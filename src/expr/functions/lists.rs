//! Several values: made, counted, picked, put together.

use std::{borrow::Cow, collections::HashSet};

use super::{Args, Flaw, Stop, Val};
use crate::{
    expr::tree::Node,
    names::{Text, Value},
};

type Result<'a> = std::result::Result<Val<'a>, Stop>;

pub(super) fn count<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let number = args.values(0)?.len();
    Ok(Val::Integer(i64::try_from(number).unwrap_or(i64::MAX)))
}

pub(super) fn item<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let (source, index) = (args.value(0)?, args.integer(1)?);
    let Some(index) = index else { return Ok(Val::Null) };
    if index < 1 {
        return Err(args.fail_at(1, "out_of_range", format!("`index` counts from 1, here it is {index}")));
    }
    let position = usize::try_from(index - 1).unwrap_or(usize::MAX);
    let (found, many) = match source {
        Val::Null => return Ok(Val::Null),
        Val::Kept(kept) => (kept.each().get(position).map(Val::Kept), kept.each().len()),
        Val::List(mut items) => {
            let many = items.len();
            (
                (position < many).then(|| match items.swap_remove(position) {
                    Value::Integer(number) => Val::Integer(number),
                    other => Val::Text(Cow::Owned(other.to_string())),
                }),
                many,
            )
        }
        one @ (Val::Text(_) | Val::Integer(_) | Val::Boolean(_) | Val::Date(_)) => ((position == 0).then_some(one), 1),
    };
    found.ok_or_else(|| args.fail_at(1, "out_of_range", format!("there is no value {index}: there are {many}")))
}

/// Empty values are left out, so that none adds a separator.
pub(super) fn join<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let separator = args.text(0)?.unwrap_or_default();
    let mut joined = String::with_capacity(48);
    let mut over = None;
    for i in 1..args.len() {
        args.each(i, &mut |piece| {
            if piece.is_empty() || over.is_some() {
                return;
            }
            let added = separator.len() + piece.len();
            if let Err(stop) = args.charge(added).and_then(|()| args.fits(joined.len() + added)) {
                over = Some(stop);
                return;
            }
            if !joined.is_empty() {
                joined.push_str(&separator);
            }
            joined.push_str(piece);
        })?;
        if let Some(stop) = over {
            return Err(stop);
        }
    }
    Ok(Val::Text(Cow::Owned(joined)))
}

pub(super) fn remove_duplicates<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let source = args.value(0)?;
    if source.is_null() {
        return Ok(Val::Null);
    }
    let values = args.values(0)?;
    let mut seen = HashSet::with_capacity(values.len());
    let mut kept = Vec::new();
    for value in values.iter() {
        let text = value.to_string();
        args.charge(text.len() + 16)?;
        if seen.insert(text) {
            kept.push(value.clone());
        }
    }
    Ok(Val::List(kept))
}

/// Parts are trimmed and empty ones dropped, as in Microsoft's one example.
pub(super) fn split<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let (text, delimiter) = (args.text(0)?, args.text(1)?);
    let Some(text) = text else { return Ok(Val::Null) };
    let delimiter = delimiter.unwrap_or_default();
    if delimiter.is_empty() {
        return Err(args.fail_at(1, "bad_delimiter", "the delimiter is empty"));
    }
    args.charge(text.len().saturating_mul(8))?;
    let parts = text.split(delimiter.as_ref()).map(str::trim).filter(|part| !part.is_empty());
    Ok(Val::List(parts.map(|part| Value::Text(Text::from(part))).collect()))
}

pub(super) fn check_split(args: &[Node]) -> Vec<Flaw> {
    let empty = args.get(1).and_then(Node::literal_text) == Some("");
    let flaw = || Flaw {
        code: "bad_delimiter",
        message: "the delimiter is empty".to_owned(),
        help: Some("it is one character, such as \",\"".to_owned()),
        arg: Some(1),
    };
    empty.then(flaw).into_iter().collect()
}
