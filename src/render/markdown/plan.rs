//! A plan as a comment: a table of numbers, then folded details.

use super::{
    MAX_CHARS,
    escape::{code, prose},
    sections::{Entry, Section, write},
};
use crate::{
    names::{Place, count},
    plan::{Action, AttributeChange, Cause, Change, Held, Kind, MemberName, Note, Plan, Reason, SeatLine},
    render::{
        phrase::{cost, digits, grant_text, heading, infinitive, meaning, number, those},
        summary::{Summary, alike, common_remedy, says_no_more},
        text::{
            page::place,
            value::{path, sides},
        },
    },
};

/// Characters of one value.
const VALUE: usize = 200;

/// Members of one group that are named.
const MEMBERS: usize = 20;

/// Attributes of one change that are shown.
const ATTRIBUTES: usize = 30;

/// Characters kept for what stands behind the sections.
const FOOT: usize = 1500;

/// A plan as Markdown, never longer than [`MAX_CHARS`].
pub fn plan(plan: &Plan) -> String {
    let summary = Summary::of(plan);
    let mut out = String::from("<!-- dialform plan -->\n");
    title(&mut out, plan, &summary);
    table(&mut out, &summary);
    seats(&mut out, &plan.seats);
    let mut sections: Vec<Section> =
        summary.changes.iter().map(|(action, changes)| changed(*action, changes)).collect();
    // What needs a person stands before what does not.
    sections.splice(0..0, held(&summary));
    sections.extend(left_alone(&summary));
    sections.extend(waiting(&summary));
    sections.extend(notes(&plan.notes));
    let foot = footer(plan, &summary);
    let used = out.chars().count() + foot.chars().count().max(FOOT);
    let cut = write(&mut out, &sections, MAX_CHARS.saturating_sub(used));
    if cut > 0 {
        let lines = count(cut, "entry", "entries");
        out.push_str(&format!("**This comment is cut: {lines} did not fit.** `dialform plan` shows all.\n\n"));
    }
    out.push_str(&foot);
    out
}

fn title(out: &mut String, plan: &Plan, summary: &Summary) {
    let name = code(&plan.made_from.manifest);
    let text = match (plan.changes.len(), summary.held()) {
        (0, 0) => format!("no changes, {}", number(plan.read.unchanged, "person matches", "people match")),
        (0, held) => format!("no changes that can be made, {held} held back"),
        (n, 0) => count(n, "change", "changes"),
        (n, held) => format!("{}, {} held back", count(n, "change", "changes"), digits(held)),
    };
    out.push_str(&format!("### Dialform plan for {name}: {text}\n\n"));
    let (people, accounts) =
        (number(plan.read.people, "person", "people"), number(plan.read.live_users, "account", "accounts"));
    out.push_str(&format!("{people} in the source, {accounts} on {}.", code(&plan.made_from.target)));
    if !plan.is_empty() {
        let cost = cost(plan.requests(), plan.seconds(), plan.read.millirate);
        out.push_str(&format!(" Applying sends {cost}."));
    }
    out.push_str("\n\n");
}

/// The columns of the table: what they count, for people and for groups.
const COLUMNS: [(&str, Option<Action>, Option<Action>); 13] = [
    ("adopt", Some(Action::AdoptUser), Some(Action::AdoptGroup)),
    ("create", Some(Action::CreateUser), Some(Action::CreateGroup)),
    ("update", Some(Action::UpdateUser), Some(Action::UpdateGroup)),
    ("set manager", Some(Action::SetManager), None),
    ("enable", Some(Action::EnableUser), None),
    ("move", Some(Action::MoveOffice), None),
    ("licence", Some(Action::SetLicense), None),
    ("settings", Some(Action::SetSettings), None),
    ("grant", Some(Action::Grant), None),
    ("change grant", Some(Action::Regrant), None),
    ("withdraw", Some(Action::Withdraw), None),
    ("disable", Some(Action::DisableUser), None),
    ("delete", Some(Action::DeleteUser), Some(Action::DeleteGroup)),
];

fn table(out: &mut String, summary: &Summary) {
    if summary.changes.is_empty() {
        return;
    }
    let of = |action: Option<Action>| action.map_or(0, |action| summary.number(action));
    let mut columns: Vec<(&str, usize, usize)> =
        COLUMNS.iter().map(|(name, user, group)| (*name, of(*user), of(*group))).collect();
    columns.push(("members in", 0, summary.added));
    columns.push(("members out", 0, summary.removed));
    columns.retain(|(_, user, group)| user + group > 0);
    let cell = |n: usize| if n == 0 { String::new() } else { digits(n) };
    let row = |label: &str, cells: Vec<String>| format!("| {label} | {} |\n", cells.join(" | "));
    out.push_str(&row("", columns.iter().map(|(name, ..)| (*name).to_owned()).collect()));
    out.push_str(&row("---", columns.iter().map(|_| "--:".to_owned()).collect()));
    if columns.iter().any(|(_, user, _)| *user > 0) {
        out.push_str(&row("people", columns.iter().map(|(_, user, _)| cell(*user)).collect()));
    }
    if columns.iter().any(|(_, _, group)| *group > 0) {
        out.push_str(&row("groups", columns.iter().map(|(_, _, group)| cell(*group)).collect()));
    }
    out.push('\n');
}

/// The seats alone.
pub fn seats_alone(plan: &Plan) -> String {
    let mut out = String::new();
    seats(&mut out, &plan.seats);
    out
}

/// Seats by office and licence.
fn seats(out: &mut String, seats: &[SeatLine]) {
    if seats.is_empty() {
        return;
    }
    out.push_str("| seats | | free | needed | freed | free after | |\n| --- | --- | --: | --: | --: | --: | --- |\n");
    for SeatLine { office, license, free_before, needed, freed, free_after, missing } in seats {
        let aside = match (missing, free_after) {
            (0, after @ ..0) => format!("**{} may be billed**", after.unsigned_abs()),
            (0, _) => String::new(),
            (missing, _) => format!("**{} without a seat**", number(*missing, "change", "changes")),
        };
        let (office, license) = (code(office), code(license.product()));
        out.push_str(&format!(
            "| {office} | {license} | {free_before} | {needed} | {freed} | {free_after} | {aside} |\n"
        ));
    }
    out.push('\n');
}

/// All changes of one action. Those that take something away are open.
fn changed<'a>(action: Action, changes: &[&'a Change]) -> Section<'a> {
    let open = action.takes_away();
    let entries = changes.iter().map(|change| -> Entry { Box::new(|| entry(change)) }).collect();
    Section { title: heading(action, changes), open, entries }
}

fn entry(change: &Change) -> String {
    let mut text = format!("- {} {}", code(&change.subject.name), because(&change.cause));
    let whole = match change.action {
        Action::CreateUser | Action::CreateGroup | Action::DeleteUser | Action::DeleteGroup => true,
        Action::DisableUser
        | Action::EnableUser
        | Action::AdoptUser
        | Action::AdoptGroup
        | Action::UpdateUser
        | Action::UpdateGroup
        | Action::AddMembers
        | Action::MoveOffice
        | Action::SetLicense
        | Action::SetSettings
        | Action::Grant
        | Action::Regrant
        | Action::Withdraw
        | Action::SetManager
        | Action::RemoveMembers => false,
    };
    // What an adoption is bound to stays as it is.
    let changing = |attribute: &&AttributeChange| attribute.before != attribute.after && !says_no_more(change);
    let attributes: Vec<&AttributeChange> = change.attributes.iter().filter(changing).collect();
    for attribute in attributes.iter().take(ATTRIBUTES) {
        text.push_str(&if whole { value(attribute) } else { difference(attribute, change.cause.place.as_ref()) });
    }
    if let Some(rest) = attributes.len().checked_sub(ATTRIBUTES).filter(|rest| *rest > 0) {
        text.push_str(&format!("\n  - … and {}", count(rest, "more attribute", "more attributes")));
    }
    for grant in &change.grants {
        let from = place(&grant.place).filter(|_| change.cause.place.as_ref() != Some(&grant.place));
        let from = from.map_or_else(String::new, |place| format!(" ({})", code(&place)));
        text.push_str(&format!("\n  - {}{from}", prose(&grant_text(grant))));
    }
    for (members, word) in [(&change.members.added, "in"), (&change.members.removed, "out")] {
        if !members.is_empty() {
            text.push_str(&format!("\n  - {word}: {}", named(members)));
        }
    }
    text
}

fn because(cause: &Cause) -> String {
    match cause.place.as_ref().and_then(place) {
        Some(place) => format!("{} ({})", prose(&cause.text), code(&place)),
        None => prose(&cause.text),
    }
}

/// An attribute of what comes or goes as a whole.
fn value(change: &AttributeChange) -> String {
    let (before, after) = sides(change, VALUE);
    let side = after.or(before).map_or_else(|| "(none)".to_owned(), |side| code(&side));
    format!("\n  - {}: {side}", code(&path(&change.path)))
}

fn difference(change: &AttributeChange, cause: Option<&Place>) -> String {
    let (before, after) = sides(change, VALUE);
    let before = before.map_or_else(|| "(none)".to_owned(), |side| code(&side));
    let after = after.map_or_else(|| "(removed)".to_owned(), |side| code(&side));
    let from = place(&change.place).filter(|_| cause != Some(&change.place));
    let from = from.map_or_else(String::new, |place| format!(" ({})", code(&place)));
    format!("\n  - {}: {before} → {after}{from}", code(&path(&change.path)))
}

fn named(members: &[MemberName]) -> String {
    let mut names: Vec<String> = members.iter().take(MEMBERS).map(|member| code(&member.name)).collect();
    if let Some(rest) = members.len().checked_sub(MEMBERS).filter(|rest| *rest > 0) {
        names.push(format!("… and {} more", digits(rest)));
    }
    names.join(", ")
}

/// One section for each reason that needs a person.
fn held<'a>(summary: &Summary<'a>) -> Vec<Section<'a>> {
    let section = |(reason, held): (&Reason, &Vec<&'a Held>)| Section {
        title: format!("Held back: {} {}: {}", digits(held.len()), reason.name(), meaning(*reason)),
        open: true,
        entries: {
            let common = common_remedy(held);
            let mut entries = held_entries(held, common.is_none());
            if let Some(common) = common {
                // First, so that it is not what is cut.
                entries.insert(0, Box::new(move || format!("- to do: {}", prose(&common))));
            }
            entries
        },
    };
    summary.held.iter().map(section).collect()
}

/// Those that differ only in whom they are about stand under one line.
fn held_entries<'a>(held: &[&'a Held], remedies: bool) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry> = Vec::new();
    for group in alike(held) {
        match group.as_slice() {
            [single] => entries.push(Box::new({
                let held = *single;
                move || held_entry(held, &code(&held.subject.name), remedies)
            })),
            many => {
                let (first, whom) = (many[0], those(many));
                entries.push(Box::new(move || held_entry(first, &whom, remedies)));
                let name = |held: &'a Held| -> Entry<'a> { Box::new(|| format!("  - {}", code(&held.subject.name))) };
                entries.extend(many.iter().map(|held| name(held)));
            }
        }
    }
    entries
}

fn held_entry(held: &Held, whom: &str, with_remedy: bool) -> String {
    let Held { reason: _, subject: _, action, message, places, remedy } = held;
    let doing = action.map_or_else(String::new, |action| format!("{} ", infinitive(action)));
    let places: Vec<String> = places.iter().take(5).filter_map(place).map(|place| code(&place)).collect();
    let places = if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) };
    let remedy =
        if remedy.is_empty() || !with_remedy { String::new() } else { format!("\n  - to do: {}", prose(remedy)) };
    format!("- {doing}{whom}: {}{places}{remedy}", prose(message))
}

fn left_alone<'a>(summary: &Summary<'a>) -> Option<Section<'a>> {
    let held = &summary.protected;
    (!held.is_empty()).then(|| Section {
        title: format!("Left alone: {} named by safety.protect", digits(held.len())),
        open: false,
        entries: held_entries(held, false),
    })
}

fn waiting<'a>(summary: &Summary<'a>) -> Option<Section<'a>> {
    let held = &summary.waiting;
    (!held.is_empty()).then(|| Section {
        title: format!("Waiting for a first login: {}", digits(held.len())),
        open: false,
        entries: held_entries(held, false),
    })
}

fn notes(notes: &[Note]) -> Option<Section<'_>> {
    let entry = |note: &Note| match note.place.as_ref().and_then(place) {
        Some(place) => format!("- {} ({})", prose(&note.message), code(&place)),
        None => format!("- {}", prose(&note.message)),
    };
    (!notes.is_empty()).then(|| Section {
        title: count(notes.len(), "note", "notes"),
        open: false,
        entries: notes.iter().map(|note| -> Entry { Box::new(move || entry(note)) }).collect(),
    })
}

fn footer(plan: &Plan, summary: &Summary) -> String {
    let mut lines = Vec::new();
    if plan.left_out > 0 {
        let left = number(plan.left_out, "change is", "changes are");
        lines.push(format!("{left} left out by `--only`, `--except` or `pilot`."));
    }
    if !plan.made_from.allowed.is_empty() {
        let allowed: Vec<String> = plan.made_from.allowed.iter().take(10).map(|text| code(text)).collect();
        lines.push(format!("Asked to let through: {}.", allowed.join(", ")));
    }
    let of_kind = |kind: Kind| match kind {
        Kind::User => count(summary.unmanaged_users, "account", "accounts"),
        Kind::Group => count(summary.unmanaged_groups, "group", "groups"),
    };
    if !plan.unmanaged.is_empty() {
        let (users, groups) = (of_kind(Kind::User), of_kind(Kind::Group));
        lines.push(format!("{users} and {groups} are not managed here and never changed."));
    }
    if !plan.is_empty() && plan.read.unchanged > 0 {
        lines.push(format!("{} already.", number(plan.read.unchanged, "person matches", "people match")));
    }
    if lines.is_empty() { String::new() } else { format!("{}\n", lines.join("<br>\n")) }
}
