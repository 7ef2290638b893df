//! The changes, by action in the order in which they are done.

use std::collections::BTreeMap;

use super::{
    Page, View,
    page::{columns, padding, place},
    paint::{Ink, symbol},
    plan::more,
    value,
};
use crate::{
    names::{Place, Value, count},
    plan::{Action, AttributeChange, Cause, CauseKind, Change, GrantChange, MemberName},
    render::{
        neutral,
        phrase::{digits, explanation, grant_text, heading},
        summary::{Summary, says_no_more},
    },
};

/// Changes of one action that are shown, and members of one group.
const SHOWN: usize = 20;

/// From so many changes on their causes are counted, if there are no more than so few.
const MANY: usize = 8;
const FEW: usize = 6;

/// Columns that names are padded to at most.
const NAME: usize = 40;

/// Characters of one value in a line of many.
const FLOWED: usize = 200;

pub(super) fn write(page: &mut Page, summary: &Summary, view: &View) {
    for (action, changes) in &summary.changes {
        group(page, *action, changes, view);
    }
}

/// All changes of one action: heading, what is common to all, then each.
pub(super) fn group(page: &mut Page, action: Action, changes: &[&Change], view: &View) {
    let (_, ink) = symbol(action);
    page.heading(ink, &heading(action, changes), explanation(action).unwrap_or_default());
    let common = common_cause(changes);
    match common {
        Some(cause) => page.line(&format!("  because: {}", because(cause)), ""),
        None => causes(page, changes),
    }
    if action == Action::UpdateUser && changes.len() > 1 {
        frequencies(page, changes);
    }
    let first = view.first(SHOWN);
    let shown = changes.iter().take(first);
    let width = shown.clone().map(|change| columns(&neutral::line(&change.subject.name))).max();
    let width = width.unwrap_or(0).min(NAME);
    for change in shown {
        one(page, change, common.is_none(), width, view);
    }
    more(page, 2, changes.len(), first);
}

/// The cause, when many changes have the same.
fn common_cause<'a>(changes: &[&'a Change]) -> Option<&'a Cause> {
    let (first, rest) = changes.split_first()?;
    (!rest.is_empty() && rest.iter().all(|change| change.cause == first.cause)).then_some(&first.cause)
}

/// The cause and its line.
fn because(cause: &Cause) -> String {
    let text = neutral::line(&cause.text);
    match cause.place.as_ref().and_then(place) {
        Some(place) => format!("{text} ({place})"),
        None => text.into_owned(),
    }
}

/// How often each cause holds, where there are many changes of few causes.
fn causes(page: &mut Page, changes: &[&Change]) {
    let parts = frequent(changes.iter().map(|change| neutral::line(&change.cause.text).into_owned()));
    if changes.len() >= MANY && parts.len() <= FEW {
        page.flow(2, parts, " · ");
    }
}

/// `1,800 title`, for each text, the most frequent first.
fn frequent(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for text in texts {
        *times.entry(text).or_default() += 1;
    }
    let mut times: Vec<_> = times.into_iter().collect();
    times.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    times.into_iter().map(|(text, n)| count(n, &text, &text)).collect()
}

/// How often each attribute changes: what a reviewer of 2,000 updates wants to know first.
fn frequencies(page: &mut Page, changes: &[&Change]) {
    let attributes = changes.iter().flat_map(|change| change.attributes.iter());
    let parts = frequent(attributes.map(|attribute| value::path(&attribute.path)));
    page.flow(2, parts, " · ");
}

fn one(page: &mut Page, change: &Change, with_cause: bool, width: usize, view: &View) {
    let (symbol, ink) = symbol(change.action);
    let name = neutral::line(&change.subject.name);
    let aside = if with_cause { because(&change.cause) } else { String::new() };
    let pad = padding(&name, width);
    if let Some(difference) = only_difference(page, change) {
        let lead = page.paint.ink(ink, format!("{symbol} {name}"));
        let at = change.cause.place.as_ref().filter(|_| with_cause).and_then(place).unwrap_or_default();
        page.line(&format!("  {lead}{pad}  {difference}"), &at);
        return;
    }
    if let [grant] = change.grants.as_slice() {
        let lead = page.paint.ink(ink, format!("{symbol} {name}"));
        let given = neutral::line(&grant_text(grant)).into_owned();
        page.line(&format!("  {lead}{pad}  {given}"), &aside);
        return;
    }
    page.line(&format!("  {}{pad}", page.paint.ink(ink, format!("{symbol} {name}"))), &aside);
    match change.action {
        Action::CreateUser | Action::CreateGroup => values(page, &change.attributes, |change| &change.after),
        Action::DeleteUser | Action::DeleteGroup => values(page, &change.attributes, |change| &change.before),
        Action::DisableUser | Action::EnableUser if says_no_more(change) => {}
        Action::AddMembers | Action::RemoveMembers => {
            members(page, &change.members.added, '+', Ink::Added, view);
            members(page, &change.members.removed, '-', Ink::Removed, view);
        }
        Action::MoveOffice
        | Action::SetLicense
        | Action::SetSettings
        | Action::Grant
        | Action::Regrant
        | Action::Withdraw => grants(page, &change.grants, change.cause.place.as_ref()),
        Action::AdoptUser
        | Action::AdoptGroup
        | Action::DisableUser
        | Action::UpdateUser
        | Action::EnableUser
        | Action::UpdateGroup
        | Action::SetManager => {
            // What an adoption is bound to stays as it is.
            let changing = || change.attributes.iter().filter(|attribute| attribute.before != attribute.after);
            let width = changing().map(|change| value::path(&change.path).chars().count()).max();
            for attribute in changing() {
                let from = mapped_at(&attribute.place, change.cause.place.as_ref());
                value::attribute(page, attribute, 6, width.unwrap_or(0), &from);
            }
        }
    }
}

/// A single short difference that its own mapping caused, for the line of its name.
fn only_difference(page: &Page, change: &Change) -> Option<String> {
    let [attribute] = &*change.attributes else { return None };
    let updates = matches!(change.action, Action::UpdateUser | Action::UpdateGroup | Action::SetManager);
    if !updates || change.cause.kind != CauseKind::Mapping || change.cause.place.as_ref() != Some(&*attribute.place) {
        return None;
    }
    let difference = value::short(page.paint, attribute)?;
    Some(format!("{}  {difference}", value::path(&attribute.path)))
}

/// The mapping's line, when the cause has not named it.
fn mapped_at(at: &Place, cause: Option<&Place>) -> String {
    if cause == Some(at) { String::new() } else { place(at).unwrap_or_default() }
}

/// Attributes of what comes or goes as a whole.
fn values(page: &mut Page, attributes: &[AttributeChange], side: impl Fn(&AttributeChange) -> &Option<Value>) {
    let paint = page.paint;
    let parts = attributes.iter().filter_map(|change| {
        let value = side(change).as_ref()?;
        let shown = if change.redacted { "(hidden)".to_owned() } else { value::shown(value, FLOWED) };
        Some(format!("{} {shown}", paint.ink(Ink::Aside, value::path(&change.path))))
    });
    let parts: Vec<String> = parts.collect();
    page.flow(6, parts, " · ");
}

/// What is given and taken, before and after.
fn grants(page: &mut Page, grants: &[GrantChange], cause: Option<&Place>) {
    for grant in grants {
        let line = neutral::line(&grant_text(grant)).into_owned();
        let ink = match (&grant.before, &grant.after) {
            (None, _) => Ink::Added,
            (Some(_), None) => Ink::Removed,
            (Some(_), Some(_)) => Ink::Changed,
        };
        let from = mapped_at(&grant.place, cause);
        let painted = page.paint.ink(ink, line);
        page.line(&format!("      {painted}"), &from);
    }
}

fn members(page: &mut Page, members: &[MemberName], symbol: char, ink: Ink, view: &View) {
    let first = view.first(SHOWN);
    let paint = page.paint;
    let mut parts: Vec<String> = members
        .iter()
        .take(first)
        .map(|member| paint.ink(ink, format!("{symbol}{}", neutral::line(&member.name))))
        .collect();
    if let Some(rest) = members.len().checked_sub(first).filter(|rest| *rest > 0) {
        parts.push(format!("… and {} more", digits(rest)));
    }
    page.flow(6, parts, " ");
}
