//! `Replace`: five functions in one, told apart by the arguments given.

use std::borrow::Cow;

use super::{Args, Flaw, Stop, Val};
use crate::{
    expr::{
        regex::{Template, TooExpensive},
        tree::{Form, Node, Prepared},
    },
    names::near_miss,
};

type Result<'a> = std::result::Result<Val<'a>, Stop>;

const SOURCE: usize = 0;
const OLD: usize = 1;
const PATTERN: usize = 2;
const GROUP: usize = 3;
const NEW: usize = 4;
const ATTRIBUTE: usize = 5;
const TEMPLATE: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Every occurrence of a text.
    Text,
    /// The source, put where a text occurs in a template.
    Template,
    /// Every match of a pattern.
    Pattern,
    /// What one group of a pattern captured, in every match.
    Group,
    /// The source, or else a group's capture in another attribute.
    Fallback,
}

/// Which of the five is meant, if any.
fn mode(given: impl Fn(usize) -> bool) -> Option<Mode> {
    let given = [OLD, PATTERN, GROUP, NEW, ATTRIBUTE, TEMPLATE].map(given);
    match given {
        [true, false, false, true, false, false] => Some(Mode::Text),
        [true, false, false, false, false, true] => Some(Mode::Template),
        [false, true, false, true, false, false] => Some(Mode::Pattern),
        [false, true, true, true, false, false] => Some(Mode::Group),
        [false, true, true, false, true, false] => Some(Mode::Fallback),
        _ => None,
    }
}

/// People write `""` for an argument that they leave out. As a pattern, group
/// or attribute it is of no use, so it counts as left out; as a template only
/// beside a replacement.
fn counts(i: usize, given: bool, literal: Option<&str>, with_new: bool) -> bool {
    let unusable = match i {
        PATTERN | GROUP | ATTRIBUTE => literal == Some(""),
        TEMPLATE => literal == Some("") && with_new,
        _ => false,
    };
    given && !unusable
}

pub(super) fn replace<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let source = args.text(SOURCE)?;
    let with_new = args.given(NEW);
    let Some(mode) = mode(|i| counts(i, args.given(i), args.literal(i), with_new)) else {
        return Err(args.fail("bad_combination", COMBINATIONS));
    };
    if mode == Mode::Fallback {
        return fallback(args, source);
    }
    let Some(source) = source else { return Ok(Val::Null) };
    match mode {
        Mode::Text => {
            let (old, new) = (args.text(OLD)?.unwrap_or_default(), args.text(NEW)?.unwrap_or_default());
            occurrences(args, source, &old, &new)
        }
        Mode::Template => {
            let (old, Some(template)) = (args.text(OLD)?.unwrap_or_default(), args.text(TEMPLATE)?) else {
                return Ok(Val::Null);
            };
            occurrences(args, template, &old, &source)
        }
        Mode::Pattern => matches(args, source),
        Mode::Group => captures(args, source),
        Mode::Fallback => Ok(Val::Text(source)),
    }
}

fn occurrences<'a>(args: &Args<'_, 'a>, text: Cow<'a, str>, old: &str, new: &str) -> Result<'a> {
    args.charge(text.len() + old.len())?;
    if old.is_empty() {
        return Ok(Val::Text(text));
    }
    let found = text.matches(old).count();
    if found == 0 {
        return Ok(Val::Text(text));
    }
    args.bounded(text.len() - found * old.len() + found.saturating_mul(new.len()))?;
    Ok(Val::Text(Cow::Owned(text.replace(old, new))))
}

/// A search that went on for too long, or the evaluation's own end.
struct Halt(Option<Stop>);

impl From<TooExpensive> for Halt {
    fn from(_: TooExpensive) -> Self {
        Self(None)
    }
}

impl Halt {
    fn stop(self, args: &Args) -> Stop {
        self.0.unwrap_or_else(|| args.fail_at(PATTERN, "too_expensive", TooExpensive.to_string()))
    }
}

fn matches<'a>(args: &Args<'_, 'a>, source: Cow<'a, str>) -> Result<'a> {
    let (Some(pattern), new) = (args.pattern(PATTERN)?, args.text(NEW)?.unwrap_or_default()) else {
        return Ok(Val::Text(source));
    };
    let template = Template::parse(&new, &pattern);
    let (mut out, mut last, mut any) = (String::new(), 0, false);
    pattern
        .find_all::<Halt>(&source, &|work| args.charge(work).map_err(|stop| Halt(Some(stop))), &mut |found| {
            let (start, end) = found.span();
            let before = out.len();
            out.push_str(&source[last..start]);
            template.expand(found, &source, &mut out);
            (last, any) = (end, true);
            args.charge(out.len() - before + 8).and_then(|()| args.fits(out.len())).map_err(|stop| Halt(Some(stop)))
        })
        .map_err(|halt| halt.stop(args))?;
    if !any {
        return Ok(Val::Text(source));
    }
    out.push_str(&source[last..]);
    args.made(out)
}

fn captures<'a>(args: &Args<'_, 'a>, source: Cow<'a, str>) -> Result<'a> {
    let (Some(pattern), Some(group)) = (args.pattern(PATTERN)?, args.text(GROUP)?) else {
        return Ok(Val::Text(source));
    };
    let new = args.text(NEW)?.unwrap_or_default();
    if !pattern.has_group(&group) {
        return Err(args.fail_at(GROUP, "unknown_group", format!("the pattern has no group `{group}`")));
    }
    let (mut out, mut last, mut any) = (String::new(), 0, false);
    pattern
        .find_all::<Halt>(&source, &|work| args.charge(work).map_err(|stop| Halt(Some(stop))), &mut |found| {
            // A capture inside a lookbehind can lie before the end of the last one.
            if let Some((start, end)) = found.group(&group).filter(|(start, _)| *start >= last) {
                out.push_str(&source[last..start]);
                out.push_str(&new);
                (last, any) = (end, true);
            }
            args.charge(new.len() + 8).and_then(|()| args.fits(out.len())).map_err(|stop| Halt(Some(stop)))
        })
        .map_err(|halt| halt.stop(args))?;
    if !any {
        return Ok(Val::Text(source));
    }
    out.push_str(&source[last..]);
    args.made(out)
}

fn fallback<'a>(args: &Args<'_, 'a>, source: Option<Cow<'a, str>>) -> Result<'a> {
    if let Some(source) = source.filter(|source| !source.is_empty()) {
        return Ok(Val::Text(source));
    }
    let (Some(pattern), Some(group), Some(other)) = (args.pattern(PATTERN)?, args.text(GROUP)?, args.text(ATTRIBUTE)?)
    else {
        return Ok(Val::Null);
    };
    if !pattern.has_group(&group) {
        return Err(args.fail_at(GROUP, "unknown_group", format!("the pattern has no group `{group}`")));
    }
    let found = pattern
        .find::<Halt>(&other, 0, &|work| args.charge(work).map_err(|stop| Halt(Some(stop))))
        .map_err(|halt| halt.stop(args))?;
    match found.and_then(|found| found.group(&group)) {
        Some((start, end)) => args.made(other[start..end].to_owned()),
        None => Ok(Val::Null),
    }
}

const COMBINATIONS: &str = "these arguments of `Replace` do not go together";
const HELP: &str = "give oldValue and replacementValue, oldValue and template, regexPattern and replacementValue, \
     regexPattern with regexGroupName and replacementValue, or regexPattern with regexGroupName and \
     replacementAttributeName; leave the others empty between their commas";

pub(super) fn check(args: &[Node]) -> Vec<Flaw> {
    let given = |i: usize| args.get(i).is_some_and(|arg| !matches!(arg.form, Form::Omitted));
    let literal = |i: usize| args.get(i).and_then(Node::literal_text);
    let with_new = given(NEW);
    if mode(|i| counts(i, given(i), literal(i), with_new)).is_none() {
        let (message, help) = (COMBINATIONS.to_owned(), Some(HELP.to_owned()));
        return vec![Flaw { code: "bad_combination", message, help, arg: None }];
    }
    let pattern = args.get(PATTERN).and_then(|arg| match &arg.form {
        Form::Literal(_, Prepared::Pattern(pattern)) => Some(pattern),
        _ => None,
    });
    let (Some(pattern), Some(group)) = (pattern, literal(GROUP).filter(|group| !group.is_empty())) else {
        return Vec::new();
    };
    if pattern.has_group(group) {
        return Vec::new();
    }
    let near = near_miss(group, pattern.group_names()).map(|near| format!("did you mean `{near}`?"));
    let message = format!("the pattern has no group `{group}`");
    vec![Flaw { code: "unknown_group", message, help: near, arg: Some(GROUP) }]
}
