//! What a reader should know of the assignments: those that end or begin soon,
//! change nothing, or name nobody.

use jiff::civil::Date;

use super::{Note, Standing, User, assigned::Assigned, index::Index, lines::Lines};
use crate::{
    manifest::{Assignment, Principal},
    names::Text,
};

/// Days that an end or a beginning is told ahead.
const AHEAD: i32 = 7;

/// In the order of the assignments.
pub(super) fn notes(lines: &Lines, index: &Index, assigned: &Assigned, users: &[User], today: Date) -> Vec<Note> {
    let assignments = lines.all.as_slice();
    let mut notes: Vec<(usize, &'static str, String)> =
        assigned.lost.iter().map(|(at, code, message)| (*at, *code, message.to_string())).collect();
    notes.extend(lines.notes());
    for (at, assignment) in assignments.iter().enumerate() {
        let ended = assignment.until.is_some_and(|until| until < today);
        // What is assigned in Entra is not this manifest's to tidy up.
        if ended || lines.is_entra(at) {
            continue;
        }
        let who = who(assignment, at, assigned, index);
        if let Some((other, why)) = moot(lines, assigned, at, today) {
            let message = format!("the assignment of {who} changes nothing: {why} ({})", assignments[other].place);
            notes.push((at, "moot", message));
            continue;
        }
        if let Some(days) = assignment.from.and_then(|from| soon(today, from)).filter(|days| *days > 0) {
            let from = assignment.from.unwrap_or(today);
            notes.push((at, "begins_soon", format!("the assignment of {who} begins {from}, {}", in_days(days))));
        }
        if let Some((until, days)) = assignment.until.and_then(|until| Some((until, soon(today, until)?))) {
            let rest = stays(assignments, assigned, at, until, users);
            notes.push((at, "ends_soon", format!("the assignment of {who} ends {until}, {}{rest}", in_days(days))));
        }
    }
    notes.sort_by_key(|(at, _, _)| *at);
    let place = |at: usize| Some(assignments[at].place.clone());
    notes
        .into_iter()
        .map(|(at, code, message)| Note { code: code.into(), message: message.into(), place: place(at) })
        .collect()
}

/// Days from today, when they are within a week.
fn soon(today: Date, day: Date) -> Option<i32> {
    let days = (day - today).get_days();
    (0..=AHEAD).contains(&days).then_some(days)
}

fn in_days(days: i32) -> String {
    match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("in {days} days"),
    }
}

/// `ana@acme.example as supervisor`, `group SG-Sales`.
fn who(assignment: &Assignment, at: usize, assigned: &Assigned, index: &Index) -> String {
    let name: Text = match &assignment.principal {
        Principal::User(name) => {
            assigned.person_of[at].map_or_else(|| name.as_str().into(), |at| index.people[at].label().clone())
        }
        Principal::Group { name, .. } => {
            let name = assigned.group_of[at].map_or(name, |at| &index.groups[at].name);
            format!("group {name}").into()
        }
        Principal::Entra => "the application".into(),
    };
    assignment.role.as_ref().map_or_else(|| name.to_string(), |role| format!("{name} as {role}"))
}

/// Another assignment that gives the same people the same role on all of its days from today.
fn moot(lines: &Lines, assigned: &Assigned, at: usize, today: Date) -> Option<(usize, String)> {
    let assignments = lines.all.as_slice();
    let this = &assignments[at];
    let covers = |other: usize| {
        if lines.is_entra(other) {
            return false;
        }
        let that = &assignments[other];
        let from = this.from.unwrap_or(today).max(today);
        let begins_in_time = that.from.is_none_or(|that| that <= from);
        let lasts = match (this.until, that.until) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(this), Some(that)) => this <= that,
        };
        other != at && that.role == this.role && begins_in_time && lasts
    };
    // Of two that say the same the later one is moot.
    let first = |other: usize| {
        let same_days = assignments[other].from == this.from && assignments[other].until == this.until;
        other < at || !same_days
    };
    match &this.principal {
        Principal::User(_) => {
            let person = assigned.person_of[at]?;
            let other = assigned.by_person[person].iter().copied().find(|other| {
                let by_group = matches!(assignments[*other].principal, Principal::Group { .. });
                covers(*other) && (by_group || first(*other))
            })?;
            Some((other, format!("{} gives the same", describe(&assignments[other]))))
        }
        Principal::Group { nested, .. } => {
            let group = assigned.group_of[at]?;
            let other = (0..assignments.len()).find(|other| {
                let wider = match &assignments[*other].principal {
                    Principal::Group { nested: that, .. } => *that || !nested,
                    Principal::User(_) | Principal::Entra => false,
                };
                let equal =
                    matches!(&assignments[*other].principal, Principal::Group { nested: that, .. } if that == nested);
                assigned.group_of[*other] == Some(group) && wider && covers(*other) && (!equal || first(*other))
            })?;
            Some((other, "another line gives the same group the same".to_owned()))
        }
        Principal::Entra => None,
    }
}

fn describe(assignment: &Assignment) -> String {
    match &assignment.principal {
        Principal::User(_) | Principal::Entra => "another line".to_owned(),
        Principal::Group { name, .. } => format!("group {name}"),
    }
}

/// What somebody keeps when their assignment ends.
fn stays(assignments: &[Assignment], assigned: &Assigned, at: usize, until: Date, users: &[User]) -> String {
    let Some(person) = assigned.person_of[at] else { return String::new() };
    if !matches!(users[person].standing, Standing::Entitled { .. }) {
        return String::new();
    }
    let after = assigned.by_person[person].iter().find(|other| {
        let that = &assignments[**other];
        **other != at
            && that.until.is_none_or(|that| that > until)
            && that.from.is_none_or(|from| from <= until.tomorrow().unwrap_or(until))
    });
    match after.map(|other| &assignments[*other]) {
        None => String::new(),
        Some(other) => {
            let role = other.role.as_ref().map_or_else(String::new, |role| format!(" as {role}"));
            format!("; access stays through {}{role}", describe(other))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CauseKind, build, fixture::*};
    use super::*;
    use crate::{
        desired::Cause,
        directory::Directory,
        names::{Complete, Reading},
    };

    fn told(assignments: Vec<Assignment>, directory: &Directory, today: &str) -> Vec<String> {
        let mut manifest = manifest();
        manifest.assignments = assignments;
        let notes = build(&manifest, directory, noon(today)).notes;
        notes
            .iter()
            .map(|note| format!("{} {}: {}", note.place.as_ref().unwrap().line, note.code, note.message))
            .collect()
    }

    fn some() -> Directory {
        let groups = vec![group("all", &["ana", "bo"]), group("twice", &["ana"]), group("Twice", &["bo"])];
        let mut directory = directory(vec![person("ana", &[]), person("bo", &[])], groups);
        if let Reading::Complete(complete) = &directory.groups {
            let mut groups = complete.items().clone();
            groups[2].id = "id-other".into();
            directory.groups = Reading::Complete(Complete::attest(groups));
        }
        directory
    }

    #[test]
    fn an_end_is_told_seven_days_ahead_and_on_the_day() {
        let ends = || vec![dated("ana@acme.example", "member", "", "2027-03-31", 10)];
        assert!(told(ends(), &some(), "2027-03-23").is_empty());
        let text = "10 ends_soon: the assignment of ana@acme.example as member ends 2027-03-31, ";
        assert_eq!(told(ends(), &some(), "2027-03-24"), [format!("{text}in 7 days")]);
        assert_eq!(told(ends(), &some(), "2027-03-30"), [format!("{text}tomorrow")]);
        assert_eq!(told(ends(), &some(), "2027-03-31"), [format!("{text}today")]);
        assert!(told(ends(), &some(), "2027-04-01").is_empty());
    }

    #[test]
    fn an_end_says_what_stays() {
        let lines = vec![assign("all", "member", 10), dated("ana@acme.example", "supervisor", "", "2027-01-02", 11)];
        assert_eq!(
            told(lines, &some(), "2027-01-01"),
            ["11 ends_soon: the assignment of ana@acme.example as supervisor ends 2027-01-02, tomorrow; \
              access stays through group all as member"]
        );
    }

    #[test]
    fn a_beginning_is_told_seven_days_ahead_but_not_on_the_day() {
        let begins = || vec![dated("all", "member", "2027-03-08", "", 10)];
        assert!(told(begins(), &some(), "2027-02-28").is_empty());
        assert_eq!(
            told(begins(), &some(), "2027-03-01"),
            ["10 begins_soon: the assignment of group all as member begins 2027-03-08, in 7 days"]
        );
        assert!(told(begins(), &some(), "2027-03-08").is_empty());
    }

    #[test]
    fn an_assignment_that_another_covers_is_moot() {
        let moot = |lines| told(lines, &some(), "2027-01-01");
        let until = || dated("ana@acme.example", "member", "", "2027-01-03", 11);
        assert_eq!(
            moot(vec![assign("all", "member", 10), until()]),
            ["11 moot: the assignment of ana@acme.example as member changes nothing: \
              group all gives the same (dialform.yaml:10)"]
        );
        // Another role, or fewer days, is not the same.
        assert!(moot(vec![assign("all", "supervisor", 10), assign("ana@acme.example", "member", 11)]).is_empty());
        let shorter = dated("all", "member", "", "2027-06-30", 10);
        assert!(moot(vec![shorter, assign("ana@acme.example", "member", 11)]).is_empty());
        let later = dated("all", "member", "2027-06-30", "", 10);
        assert!(moot(vec![later, assign("ana@acme.example", "member", 11)]).is_empty());
        // Of two equal lines the second is moot.
        let twice = vec![assign("ana@acme.example", "member", 10), assign("ANA@acme.example", "member", 11)];
        assert_eq!(moot(twice).len(), 1);
        let groups = moot(vec![assign("all", "member", 10), assign("all/", "member", 11)]);
        assert_eq!(
            groups,
            ["10 moot: the assignment of group all as member changes nothing: \
              another line gives the same group the same (dialform.yaml:11)"]
        );
    }

    #[test]
    fn names_that_are_nobody_come_with_a_near_miss() {
        let lines = vec![
            assign("anna@acme.example", "member", 10),
            assign("al", "member", 11),
            assign("zzzz", "member", 12),
            dated("gone@acme.example", "member", "", "2026-12-31", 13),
            assign("TWICE", "member", 14),
        ];
        assert_eq!(
            told(lines, &some(), "2027-01-01"),
            [
                "10 names_nobody: `anna@acme.example` is nobody in the directory; did you mean `ana@acme.example`?",
                "11 unknown_group: group `al` is not in the directory; did you mean `all`?",
                "12 unknown_group: group `zzzz` is not in the directory",
                "14 ambiguous_group: 2 groups are called `TWICE`; name one by id: id-twice, id-other",
            ]
        );
    }

    #[test]
    fn what_is_not_found_puts_removals_for_want_of_an_assignment_in_doubt() {
        let out = |kind| Cause { kind, text: "".into(), place: None };
        let doubt = |lines: Vec<Assignment>, directory: &Directory, kind| {
            let mut manifest = manifest();
            manifest.assignments = lines;
            build(&manifest, directory, noon("2027-01-01")).doubt(&out(kind)).map(ToString::to_string)
        };
        let lines = |until: &str| vec![dated("lost", "member", "", until, 10), assign("all", "member", 11)];
        let why = Some("group `lost` is not in the directory".to_owned());
        assert_eq!(doubt(lines(""), &some(), CauseKind::Unassigned), why);
        assert_eq!(doubt(lines(""), &some(), CauseKind::OutsideDates), why);
        assert_eq!(doubt(lines(""), &some(), CauseKind::Blocked), None);
        assert_eq!(doubt(lines(""), &some(), CauseKind::Filter), None);
        // What has ended or not begun is not missed, nor is a person who is gone.
        assert_eq!(doubt(lines("2026-12-31"), &some(), CauseKind::Unassigned), None);
        let begins = vec![dated("lost", "member", "2027-06-01", "", 10)];
        assert_eq!(doubt(begins, &some(), CauseKind::Unassigned), None);
        let gone = vec![assign("gone@acme.example", "member", 10)];
        assert_eq!(doubt(gone, &some(), CauseKind::Unassigned), None);
        // Groups that were not all read.
        let mut partly = some();
        let items = partly.groups.items().unwrap().clone();
        partly.groups = Reading::Incomplete { items, because: "page 2 failed".into() };
        let found = doubt(vec![assign("all", "member", 10)], &partly, CauseKind::Unassigned);
        assert_eq!(found.as_deref(), Some("the groups were not all read: page 2 failed"));
        assert_eq!(doubt(vec![assign("ana@acme.example", "member", 10)], &partly, CauseKind::Unassigned), None);
    }
}
