//! Why somebody has, or does not have, an account: the answer first, then each step.

use std::collections::BTreeSet;

use super::{
    Page, View, changes, held,
    page::{padding, place},
    paint::Ink,
    value,
};
use crate::{
    names::{Text, Value, count},
    plan::{Account, Check, Explanation, GivenGrant, Gives, Import, MappedValue, Matching, Passed, Verdict},
    render::{neutral, summary::redacted},
};

/// Attributes of the source that are shown.
const ATTRIBUTES: usize = 60;

/// Characters of one value.
const VALUE: usize = 300;

/// An explanation as text.
pub fn explain(explanation: &Explanation, view: &View) -> String {
    let Explanation { subject, also, import, matching, scope, roles, mapping, grants, record, verdict } = explanation;
    let mut page = Page::new(view);
    let name = page.paint.ink(Ink::Heading, neutral::line(&subject.name));
    let at = verdict.place.as_ref().and_then(place).unwrap_or_default();
    page.line(&format!("{name}: {}", neutral::line(&verdict.text)), &at);
    if !also.is_empty() {
        let ids = also.iter().map(|other| {
            let id = other.source.as_ref().map(ToString::to_string).or(other.target.as_ref().map(ToString::to_string));
            neutral::line(&id.unwrap_or_else(|| other.name.to_string())).into_owned()
        });
        let others = count(also.len(), "other is", "others are");
        page.labelled(&format!("  {others} called the same; ask by id: "), ids, ", ");
    }
    if let Some(import) = import {
        imported(&mut page, import, &redacted(mapping), view);
    }
    matched(&mut page, matching);
    checks(&mut page, scope);
    if !roles.is_empty() {
        let roles: Vec<_> = roles.iter().map(|role| neutral::line(role.as_str())).collect();
        page.line(&format!("  roles     {}", roles.join(", ")), "");
    }
    mapped(&mut page, mapping, matching.account.is_some());
    beyond(&mut page, grants, record);
    concluded(&mut page, verdict, view);
    page.finish()
}

fn imported(page: &mut Page, import: &Import, hidden: &BTreeSet<&str>, view: &View) {
    let Import { id, attributes, manager, soft_deleted, groups, members, place: row } = import;
    page.heading(Ink::Heading, "Import", &row.as_ref().and_then(place).unwrap_or_default());
    let first = view.first(ATTRIBUTES);
    let mut rows: Vec<(String, String)> = vec![("id".to_owned(), neutral::line(id.as_str()).into_owned())];
    let shown = attributes.iter().take(first);
    let held = |name: &str, held| match hidden.contains(name) {
        true => "(hidden)".to_owned(),
        false => value::shown(held, VALUE),
    };
    rows.extend(shown.map(|(name, value)| (neutral::line(name).into_owned(), held(name, value))));
    rows.extend(manager.iter().map(|name| ("manager".to_owned(), neutral::line(name).into_owned())));
    rows.extend(soft_deleted.then(|| ("recycle bin".to_owned(), "yes".to_owned())));
    rows.extend(members.map(|n| ("members".to_owned(), n.to_string())));
    let width = rows.iter().map(|(name, _)| super::page::columns(name)).max().unwrap_or(0);
    table(page, rows, width);
    if let Some(rest) = attributes.iter().count().checked_sub(first).filter(|rest| *rest > 0) {
        page.line(&format!("  … and {}", count(rest, "more attribute", "more attributes")), "`--format json` has all");
    }
    if !groups.is_empty() {
        let label = page.paint.ink(Ink::Aside, "groups");
        let pad = padding("groups", width);
        page.labelled(&format!("  {label}{pad}  "), groups.iter().map(|name| neutral::line(name).into_owned()), ", ");
    }
}

fn table(page: &mut Page, rows: Vec<(String, String)>, width: usize) {
    for (name, held) in rows {
        let pad = padding(&name, width);
        page.line(&format!("  {}{pad}  {held}", page.paint.ink(Ink::Aside, name)), "");
    }
}

fn matched(page: &mut Page, matching: &Matching) {
    let Matching { account, by, link, tried } = matching;
    page.heading(Ink::Heading, "Match", "");
    for tried in tried {
        let held = tried.value.as_ref().map_or_else(|| "no value".to_owned(), |held| value::shown(held, VALUE));
        let holders: Vec<String> = tried.held_by.iter().map(named).collect();
        let found = if holders.is_empty() { "no account".to_owned() } else { holders.join(", ") };
        let at = tried.place.as_ref().and_then(place).unwrap_or_default();
        page.line(&format!("  {} = {held}: {found}", neutral::line(&tried.attribute)), &at);
    }
    if let Some(link) = link {
        page.line(&format!("  linked to {}", neutral::line(link.as_str())), "");
    }
    match account {
        Some(account) => {
            let by = by.as_ref().map(|by| format!(" by {}", neutral::line(by))).unwrap_or_default();
            page.line(&format!("  {} it is {}{by}", page.paint.ink(Ink::Added, "✓"), named(account)), "");
        }
        None => page.line(&format!("  {} there is no account", page.paint.ink(Ink::Aside, "·")), ""),
    }
}

fn named(account: &Account) -> String {
    let Account { id, name, active } = account;
    let suspended = if *active { "" } else { ", suspended" };
    format!("{} ({}{suspended})", neutral::line(name), neutral::line(id.as_str()))
}

fn checks(page: &mut Page, checks: &[Check]) {
    if checks.is_empty() {
        return;
    }
    page.heading(Ink::Heading, "Scope", "");
    for Check { name, passed, because, place: at } in checks {
        let (sign, ink) = match passed {
            Passed::Yes => ('✓', Ink::Added),
            Passed::No => ('✗', Ink::Removed),
            Passed::NotReached => ('·', Ink::Aside),
        };
        let sign = page.paint.ink(ink, format!("{sign} {name}"));
        let at = at.as_ref().and_then(place).unwrap_or_default();
        page.line(&format!("  {sign}{}{}", padding(name, 10), neutral::line(because)), &at);
    }
}

/// What each mapping gives, from what, and what the account holds.
fn mapped(page: &mut Page, mapping: &[MappedValue], exists: bool) {
    if mapping.is_empty() {
        return;
    }
    page.heading(Ink::Heading, "Values", "");
    let width = mapping.iter().map(|mapped| mapped.target.chars().count()).max().unwrap_or(0);
    for mapped in mapping {
        one(page, mapped, width, exists);
    }
}

fn one(page: &mut Page, mapped: &MappedValue, width: usize, exists: bool) {
    let MappedValue { target, source, reads, gives, default, holds, ignored, differs, place: at } = mapped;
    let hidden = *gives == Gives::Redacted;
    let held = |held: &Value| if hidden { "(hidden)".to_owned() } else { value::shown(held, VALUE) };
    let (ink, text) = match gives {
        Gives::Value(given) => (Ink::Added, value::shown(given, VALUE)),
        Gives::Reference(name) => (Ink::Added, neutral::line(name).into_owned()),
        Gives::Redacted => (Ink::Aside, "(hidden)".to_owned()),
        Gives::Empty => (Ink::Aside, "(empty)".to_owned()),
        Gives::Ignored => (Ink::Aside, "(left out)".to_owned()),
        Gives::Failed(why) => (Ink::Failure, format!("fails: {}", neutral::line(why))),
    };
    let changes = *differs && exists;
    let sign = if changes { page.paint.ink(Ink::Changed, "~") } else { " ".to_owned() };
    let shown = if changes {
        let now = holds.as_ref().map_or_else(|| "(none)".to_owned(), held);
        format!("{} → {}", page.paint.ink(Ink::Removed, now), page.paint.ink(ink, text))
    } else {
        page.paint.ink(ink, text)
    };
    let name = neutral::line(target);
    let why = match ignored {
        Some(why) => format!("  not compared: {}", neutral::line(why)),
        None => String::new(),
    };
    let pad = padding(&name, width);
    page.line(&format!("{sign} {name}{pad}  {shown}{why}"), &place(at).unwrap_or_default());
    let mut from = vec![format!("from {}", value::cut(neutral::line(source).into_owned(), VALUE))];
    // What a plain attribute gives is what it holds.
    let plain = matches!(reads.as_slice(), [(name, _)] if **source == format!("[{name}]"));
    from.extend(reads.iter().filter(|_| !plain).map(|(name, read)| {
        let read = read.as_ref().map_or_else(|| "(empty)".to_owned(), held);
        format!("{} = {read}", neutral::line(name))
    }));
    from.extend(default.iter().map(|default| format!("default {}", held(default))));
    let paint = page.paint;
    page.flow(width + 4, from.into_iter().map(|part| paint.ink(Ink::Aside, part)), " · ");
}

/// What the roles give beyond SCIM, and what the admin API has.
fn beyond(page: &mut Page, grants: &[GivenGrant], record: &[(Text, Text)]) {
    if !grants.is_empty() {
        page.heading(Ink::Heading, "Grants", "");
        let width = grants.iter().map(|grant| grant.what.chars().count()).max().unwrap_or(0);
        for GivenGrant { what, gives, place: at } in grants {
            let (what, gives) = (neutral::line(what), neutral::line(gives));
            let pad = padding(&what, width);
            page.line(&format!("  {what}{pad}  {gives}"), &place(at).unwrap_or_default());
        }
    }
    if !record.is_empty() {
        let parts = record.iter().map(|(what, held)| neutral::line(&format!("{what} {held}")).into_owned());
        let label = page.paint.ink(Ink::Aside, "Dialpad has");
        page.labelled(&format!("  {label}  "), parts, " · ");
    }
}

fn concluded(page: &mut Page, verdict: &Verdict, view: &View) {
    let Verdict { text: _, place: _, changes: planned, held: back, notes } = verdict;
    for same in planned.chunk_by(|left, right| left.action == right.action) {
        let same: Vec<_> = same.iter().collect();
        changes::group(page, same[0].action, &same, view);
    }
    if !back.is_empty() {
        page.heading(Ink::Warning, "Held back", "");
        let back: Vec<_> = back.iter().collect();
        held::list(page, &back, true, 2, view);
    }
    super::plan::notes(page, notes, view);
}
