//! One person: the four checks, in order.

use std::cmp::Reverse;

use super::{
    Cause, CauseKind, Standing, Subject,
    assigned::{Assigned, When},
    index::Index,
    lines::Lines,
};
use crate::{
    directory::Person,
    manifest::{Assignment, Filter, Manifest, Principal, Scope, scope},
    names::{Place, RoleName, Text, Value},
};

/// Everything that is the same for everybody, worked out once.
pub(super) struct Judge<'m> {
    manifest: &'m Manifest,
    lines: &'m Lines,
    assigned: &'m Assigned,
    when: &'m [When],
    groups: &'m Index<'m>,
    /// For each assignment its precedence: the position of its role.
    precedence: Vec<usize>,
    /// For each assignment what it says as a cause.
    causes: Vec<Cause>,
    everyone: Cause,
    unassigned: Cause,
    blocked: Cause,
    soft_deleted: Cause,
}

impl<'m> Judge<'m> {
    pub fn new(
        manifest: &'m Manifest,
        lines: &'m Lines,
        index: &'m Index<'m>,
        assigned: &'m Assigned,
        when: &'m [When],
    ) -> Self {
        let roles = &manifest.roles;
        let position = |assignment: &Assignment| {
            let role = assignment.role.as_ref()?;
            roles.iter().position(|declared| declared.name == *role)
        };
        let assignments = lines.all.iter().enumerate();
        let cause = |kind, text: &str, place| Cause { kind, text: text.into(), place };
        Self {
            manifest,
            lines,
            assigned,
            when,
            groups: index,
            precedence: lines.all.iter().map(|a| position(a).unwrap_or(roles.len())).collect(),
            causes: assignments
                .map(|(at, assignment)| Cause {
                    kind: CauseKind::Assigned,
                    text: as_text(assignment, at, lines, assigned, index).into(),
                    place: Some(assignment.place.clone()),
                })
                .collect(),
            everyone: cause(CauseKind::Assigned, "scope everyone", Some(manifest.scope.place.clone())),
            unassigned: unassigned(manifest, lines, assigned, index),
            blocked: cause(CauseKind::Blocked, "sign-in is blocked in the directory", None),
            soft_deleted: cause(CauseKind::SoftDeleted, "deleted in the directory", None),
        }
    }

    /// The first check that fails, or all that entitles.
    pub fn standing(&self, at: usize, person: &Person) -> Standing {
        if !person.is_enabled() {
            return Standing::Out(self.blocked.clone());
        }
        if person.soft_deleted {
            return Standing::Out(self.soft_deleted.clone());
        }
        let in_force = || self.assigned.by_person[at].iter().copied().filter(|at| self.when[*at] == When::InForce);
        let counts = |at: &usize| self.lines.counts(*at);
        let first = in_force().filter(counts).min_by_key(|at| (self.precedence[*at], *at));
        let cause = match (first, self.manifest.scope.value) {
            (Some(first), _) => &self.causes[first],
            (None, Scope::Everyone) => &self.everyone,
            (None, Scope::Assigned) => {
                return self.not_counted(in_force()).unwrap_or_else(|| Standing::Out(self.not_assigned(at)));
            }
        };
        if let Some(filtered) = filtered(&self.manifest.user_filters, person) {
            return Standing::Out(filtered);
        }
        let mut held: Vec<usize> = in_force().filter(counts).map(|at| self.precedence[at]).collect();
        held.sort_unstable();
        held.dedup();
        let roles: Vec<RoleName> =
            held.into_iter().filter_map(|at| self.manifest.roles.get(at)).map(|role| role.name.clone()).collect();
        Standing::Entitled { cause: cause.clone(), roles }
    }

    /// What an assignment says as a cause.
    pub fn cause(&self, assignment: usize) -> &Cause {
        &self.causes[assignment]
    }

    /// `scope: everyone` as a cause.
    pub fn everyone(&self) -> &Cause {
        &self.everyone
    }

    /// Whether an assignment's days include today.
    pub fn in_force(&self, assignment: usize) -> bool {
        self.when[assignment] == When::InForce
    }

    /// Of somebody whose assignments are all in Entra and none of them counts: why.
    fn not_counted(&self, in_force: impl Iterator<Item = usize>) -> Option<Standing> {
        let standings = in_force.filter_map(|at| {
            let said = self.lines.said_of(at)?;
            let cause = |kind| Cause {
                kind,
                text: format!("{}: {said}", self.causes[at].text).into(),
                place: self.causes[at].place.clone(),
            };
            Some(match self.lines.is_default_access(at) {
                true => Standing::Out(cause(CauseKind::Unassigned)),
                false => Standing::Unclear(cause(CauseKind::UnknownRole)),
            })
        });
        // A mistake holds; that Default Access does not count is a rule.
        standings.min_by_key(|standing| !matches!(standing, Standing::Unclear(_)))
    }

    fn not_assigned(&self, at: usize) -> Cause {
        let held = &self.assigned.by_person[at];
        let dated = |assignment: usize, text: String| Cause {
            kind: CauseKind::OutsideDates,
            text: format!("{text} ({})", self.causes[assignment].text).into(),
            place: self.causes[assignment].place.clone(),
        };
        let ended = held.iter().filter_map(|at| match self.when[*at] {
            When::Ended(until) => Some((until, *at)),
            When::InForce | When::Begins(_) => None,
        });
        let begins = held.iter().filter_map(|at| match self.when[*at] {
            When::Begins(from) => Some((from, *at)),
            When::InForce | When::Ended(_) => None,
        });
        let next = begins.min();
        match (ended.max_by_key(|(until, at)| (*until, Reverse(*at))), next) {
            (Some((until, at)), Some((from, _))) => {
                dated(at, format!("assignment ended {until}, another begins {from}"))
            }
            (Some((until, at)), None) => dated(at, format!("assignment ended {until}")),
            (None, Some((from, at))) => dated(at, format!("assignment begins {from}")),
            (None, None) => self.only_nested(at).unwrap_or_else(|| self.unassigned.clone()),
        }
    }

    fn only_nested(&self, at: usize) -> Option<Cause> {
        let (assignment, within) = self.assigned.only_nested.get(&at)?;
        let outer = self.assigned.group_of[*assignment].map(|at| &self.groups.groups[at].name)?;
        let inner = &self.groups.groups[*within].name;
        Some(Cause {
            kind: CauseKind::Unassigned,
            text: format!("in group {inner} within {outer}, which counts only with `nested: true`").into(),
            place: self.causes[*assignment].place.clone(),
        })
    }
}

/// `group SG-Sales as member`, `user ana@acme.example`.
fn as_text(assignment: &Assignment, at: usize, lines: &Lines, assigned: &Assigned, index: &Index) -> String {
    let who = match &assignment.principal {
        Principal::User(name) => {
            let person = assigned.person_of[at].map(|at| index.people[at].label());
            format!("user {}", person.map_or(name.as_str(), |label| label))
        }
        Principal::Group { name, .. } => {
            let group = assigned.group_of[at].map(|at| &index.groups[at].name);
            format!("group {}", group.unwrap_or(name))
        }
        Principal::Entra => "the application".to_owned(),
    };
    let origin = if lines.is_entra(at) { ", in Entra" } else { "" };
    match &assignment.role {
        Some(role) => format!("{who} as {role}{origin}"),
        None => format!("{who}{origin}"),
    }
}

/// What is said of somebody whom no assignment names.
fn unassigned(manifest: &Manifest, lines: &Lines, assigned: &Assigned, index: &Index) -> Cause {
    const SHOWN: usize = 3;
    let mut names: Vec<&Text> = Vec::new();
    let mut place: Option<&Place> = None;
    let mut users = false;
    for (at, assignment) in lines.all.iter().enumerate().filter(|(at, _)| !lines.is_entra(*at)) {
        match &assignment.principal {
            Principal::User(_) => users = true,
            Principal::Entra => {}
            Principal::Group { name, .. } => {
                let name = assigned.group_of[at].map_or(name, |at| &index.groups[at].name);
                if !names.contains(&name) {
                    names.push(name);
                }
                place = place.or(Some(&assignment.place));
            }
        }
    }
    let text = match names.as_slice() {
        [] if users => "not named by an assignment".to_owned(),
        [] if lines.application().is_some() => String::new(),
        [] => "there are no assignments".to_owned(),
        [one] => format!("not in group {one}"),
        several if several.len() <= SHOWN => {
            let (last, before) = several.split_last().unwrap_or((&several[0], &[]));
            let before: Vec<&str> = before.iter().map(|name| &***name).collect();
            format!("not in group {} or {last}", before.join(", "))
        }
        several => {
            let shown: Vec<&str> = several[..SHOWN].iter().map(|name| &***name).collect();
            format!("not in group {} or {} more", shown.join(", "), several.len() - SHOWN)
        }
    };
    let text = match lines.application() {
        Some((name, _)) if text.is_empty() => format!("not assigned to {name} in Entra"),
        Some((name, _)) => format!("{text}, and not assigned to {name} in Entra"),
        None => text,
    };
    let place = place.or(lines.application().map(|(_, place)| place));
    let place = place.cloned().or_else(|| (!manifest.scope.place.is_default()).then(|| manifest.scope.place.clone()));
    Cause { kind: CauseKind::Unassigned, text: text.into(), place }
}

/// Why no filter passes, if there are any and none does.
fn filtered(filters: &[Filter], person: &Person) -> Option<Cause> {
    const SHOWN: usize = 3;
    let subject = Subject::new(person, false);
    scope::passed(filters, &subject).err()?;
    let mut text = String::new();
    for filter in filters.iter().take(SHOWN) {
        if let Some(clause) = filter.stops_at(&subject) {
            let separator = if text.is_empty() { "" } else { "; " };
            let found = found(crate::expr::Lookup::get(&subject, &clause.attribute));
            text.push_str(&format!("{separator}filter `{}`: {} {found}", filter.name, clause.attribute));
            if found != "is empty" {
                let wanted = clause.value.as_ref().filter(|_| clause.operator.takes_value());
                let wanted = wanted.map_or_else(String::new, |value| format!(" \"{value}\""));
                text.push_str(&format!(", wanted {}{wanted}", clause.operator));
            }
        }
    }
    if filters.len() > SHOWN {
        text.push_str(&format!("; nor {} other filters", filters.len() - SHOWN));
    }
    Some(Cause { kind: CauseKind::Filter, text: text.into(), place: filters.first().map(|first| first.place.clone()) })
}

fn found(value: Option<&Value>) -> String {
    match value {
        None => "is empty".to_owned(),
        Some(value) if value.is_empty() => "is empty".to_owned(),
        Some(Value::List(items)) if items.len() > 1 => format!("has {} values", items.len()),
        Some(value) => {
            let text: String = value.to_string().chars().take(60).collect();
            format!("is \"{text}\"")
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::{Standing, build, fixture::*};
    use super::*;
    use crate::directory::Directory;

    /// `ROLES by CAUSE` or `KIND: TEXT`, with the line.
    fn told(manifest: &Manifest, directory: &Directory, now: &str, id: &str) -> String {
        let now = if now.len() == 10 { noon(now) } else { now.parse().unwrap() };
        let desired = build(manifest, directory, now);
        let line = |cause: &Cause| cause.place.as_ref().map_or(0, |place| place.line);
        match &desired.user(&id.into()).unwrap().standing {
            Standing::Entitled { cause, roles } => {
                let roles: Vec<&str> = roles.iter().map(RoleName::as_str).collect();
                format!("{} by {} on {}", roles.join("+"), cause.text, line(cause))
            }
            Standing::Out(cause) | Standing::Unclear(cause) => {
                format!("{:?}: {} on {}", cause.kind, cause.text, line(cause))
            }
        }
    }

    #[test]
    fn whoever_is_blocked_or_deleted_is_out_before_anything_else_is_asked() {
        let mut deleted = person("del", &[]);
        deleted.soft_deleted = true;
        let people = vec![
            person("off", &[("accountEnabled", false.into())]),
            person("text", &[("accountEnabled", "False".into())]),
            deleted,
        ];
        let directory = directory(people, Vec::new());
        let told = |id| told(&manifest(), &directory, "2027-01-01", id);
        assert_eq!(told("id-off"), "Blocked: sign-in is blocked in the directory on 0");
        assert_eq!(told("id-text"), "Blocked: sign-in is blocked in the directory on 0");
        assert_eq!(told("id-del"), "SoftDeleted: deleted in the directory on 0");
    }

    #[test]
    fn a_person_is_named_by_user_name_mail_or_id_without_case() {
        let people = vec![
            person("upn", &[]),
            person("mail", &[("mail", "Ana.Lee@Acme.example".into())]),
            person("id", &[]),
            person("nobody", &[]),
        ];
        let directory = directory(people, Vec::new());
        let mut manifest = manifest();
        manifest.assignments =
            vec![assign("UPN@ACME.example", "member", 10), assign("ana.lee@acme.EXAMPLE", "supervisor", 11)];
        let id = Assignment {
            principal: Principal::User(crate::names::Folded::new("ID-ID")),
            ..assign("x@y", "member", 12)
        };
        manifest.assignments.push(id);
        let told = |id| told(&manifest, &directory, "2027-01-01", id);
        assert_eq!(told("id-upn"), "member by user upn@acme.example as member on 10");
        assert_eq!(told("id-mail"), "supervisor by user mail@acme.example as supervisor on 11");
        assert_eq!(told("id-id"), "member by user id@acme.example as member on 12");
        assert_eq!(told("id-nobody"), "Unassigned: not named by an assignment on 2");
    }

    #[test]
    fn a_user_name_counts_before_somebody_elses_mail() {
        let people = vec![person("a", &[("mail", "b@acme.example".into())]), person("b", &[])];
        let mut manifest = manifest();
        manifest.assignments = vec![assign("b@acme.example", "member", 10)];
        let directory = directory(people, Vec::new());
        assert!(told(&manifest, &directory, "2027-01-01", "id-a").starts_with("Unassigned"));
        assert!(told(&manifest, &directory, "2027-01-01", "id-b").starts_with("member by"));
    }

    #[test]
    fn nested_groups_count_only_when_asked_for_and_may_contain_each_other() {
        let groups = vec![
            group("top", &["direct", "+middle"]),
            group("middle", &["inner", "+deep"]),
            group("deep", &["deepest", "+top", "+deep"]),
        ];
        let directory = directory(
            vec![person("direct", &[]), person("inner", &[]), person("deepest", &[]), person("none", &[])],
            groups,
        );
        let mut manifest = manifest();
        manifest.assignments = vec![assign("TOP", "member", 10)];
        let now = "2027-01-01";
        assert_eq!(told(&manifest, &directory, now, "id-direct"), "member by group top as member on 10");
        assert_eq!(
            told(&manifest, &directory, now, "id-deepest"),
            "Unassigned: in group deep within top, which counts only with `nested: true` on 10"
        );
        assert_eq!(told(&manifest, &directory, now, "id-none"), "Unassigned: not in group top on 10");
        manifest.assignments = vec![assign("top/", "member", 10)];
        for id in ["id-direct", "id-inner", "id-deepest"] {
            assert_eq!(told(&manifest, &directory, now, id), "member by group top as member on 10");
        }
    }

    #[test]
    fn both_days_are_included_in_the_time_zone_of_the_manifest() {
        let directory = directory(vec![person("ana", &[])], Vec::new());
        let mut manifest = manifest();
        manifest.assignments = vec![dated("ana@acme.example", "member", "2026-12-01", "2027-03-28", 10)];
        let in_force = "member by user ana@acme.example as member on 10";
        let begins = "OutsideDates: assignment begins 2026-12-01 (user ana@acme.example as member) on 10";
        let ended = "OutsideDates: assignment ended 2027-03-28 (user ana@acme.example as member) on 10";
        for (zone, now, expected) in [
            ("UTC", "2026-11-30T23:59:59Z", begins),
            ("UTC", "2026-12-01T00:00:00Z", in_force),
            ("UTC", "2027-03-28T23:59:59Z", in_force),
            ("UTC", "2027-03-29T00:00:00Z", ended),
            // London is an hour ahead from 2027-03-28 01:00 UTC: the day ends at 23:00 UTC.
            ("Europe/London", "2027-03-28T22:59:59Z", in_force),
            ("Europe/London", "2027-03-28T23:00:00Z", ended),
            // Tokyo is nine hours ahead, Los Angeles eight behind in winter.
            ("Asia/Tokyo", "2026-11-30T14:59:59Z", begins),
            ("Asia/Tokyo", "2026-11-30T15:00:00Z", in_force),
            ("America/Los_Angeles", "2026-12-01T07:59:59Z", begins),
            ("America/Los_Angeles", "2026-12-01T08:00:00Z", in_force),
        ] {
            manifest.timezone = TimeZone::get(zone).unwrap();
            assert_eq!(told(&manifest, &directory, now, "id-ana"), expected, "{zone} {now}");
        }
    }

    #[test]
    fn an_end_is_told_before_a_beginning_and_the_last_end_counts() {
        let directory = directory(vec![person("ana", &[])], Vec::new());
        let mut manifest = manifest();
        manifest.assignments = vec![
            dated("ana@acme.example", "member", "", "2026-01-31", 10),
            dated("ana@acme.example", "member", "", "2026-03-31", 11),
            dated("ana@acme.example", "supervisor", "2027-06-01", "", 12),
        ];
        assert_eq!(
            told(&manifest, &directory, "2027-01-01", "id-ana"),
            "OutsideDates: assignment ended 2026-03-31, another begins 2027-06-01 (user ana@acme.example as member) on 11"
        );
    }

    #[test]
    fn roles_are_united_in_declared_order_and_the_first_names_the_cause() {
        let groups = vec![group("all", &["ana"]), group("leads", &["ana"])];
        let directory = directory(vec![person("ana", &[])], groups);
        let mut manifest = manifest();
        manifest.assignments = vec![
            assign("all", "member", 10),
            assign("leads", "supervisor", 11),
            assign("ana@acme.example", "member", 12),
            dated("ana@acme.example", "supervisor", "2030-01-01", "", 13),
        ];
        assert_eq!(
            told(&manifest, &directory, "2027-01-01", "id-ana"),
            "supervisor+member by group leads as supervisor on 11"
        );
        manifest.roles.reverse();
        assert_eq!(
            told(&manifest, &directory, "2027-01-01", "id-ana"),
            "member+supervisor by group all as member on 10"
        );
    }

    #[test]
    fn under_scope_everyone_assignments_only_give_roles() {
        let directory = directory(vec![person("ana", &[]), person("bo", &[])], Vec::new());
        let mut manifest = manifest();
        manifest.scope.value = Scope::Everyone;
        manifest.assignments = vec![assign("ana@acme.example", "member", 10)];
        assert_eq!(
            told(&manifest, &directory, "2027-01-01", "id-ana"),
            "member by user ana@acme.example as member on 10"
        );
        assert_eq!(told(&manifest, &directory, "2027-01-01", "id-bo"), " by scope everyone on 2");
    }

    #[test]
    fn filters_come_last_and_say_what_they_saw() {
        let country = |name, country: &str| person(name, &[("country", country.into())]);
        let people = vec![country("gb", "GB"), country("fr", "FR"), person("none", &[]), country("out", "FR")];
        let directory = directory(people, vec![group("all", &["gb", "fr", "none"])]);
        let mut manifest = manifest();
        manifest.assignments = vec![assign("all", "", 10)];
        manifest.roles.clear();
        manifest.user_filters = vec![
            filter("Britain", &[("country", "regex_match", "^GB$")], 20),
            filter("Managers", &[("country", "is_not_null", ""), ("jobTitle", "equals", "Manager")], 21),
        ];
        let told = |id| told(&manifest, &directory, "2027-01-01", id);
        assert_eq!(told("id-gb"), " by group all on 10");
        assert_eq!(
            told("id-fr"),
            "Filter: filter `Britain`: country is \"FR\", wanted regex_match \"^GB$\"; \
             filter `Managers`: jobTitle is empty on 20"
        );
        assert_eq!(
            told("id-none"),
            "Filter: filter `Britain`: country is empty; filter `Managers`: country is empty on 20"
        );
        assert_eq!(told("id-out"), "Unassigned: not in group all on 10");
    }

    #[test]
    fn several_groups_are_listed_and_many_are_counted() {
        let directory = directory(vec![person("ana", &[])], ["a", "b", "c", "d"].map(|name| group(name, &[])).into());
        let mut manifest = manifest();
        let mut text = |groups: &[&str]| {
            manifest.assignments = groups.iter().map(|name| assign(name, "member", 10)).collect();
            told(&manifest, &directory, "2027-01-01", "id-ana")
        };
        assert_eq!(text(&["a", "b"]), "Unassigned: not in group a or b on 10");
        assert_eq!(text(&["a", "b", "c"]), "Unassigned: not in group a, b or c on 10");
        assert_eq!(text(&["a", "b", "c", "d", "A"]), "Unassigned: not in group a, b, c or 1 more on 10");
        assert_eq!(text(&[]), "Unassigned: there are no assignments on 2");
    }
}
