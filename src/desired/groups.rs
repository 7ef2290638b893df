//! Groups that are to be group objects, with their members.

use super::{Cause, Group, assigned::Assigned, index::Index, lines::Lines, standing::Judge};
use crate::{
    directory::Member,
    manifest::{Manifest, Principal, Scope, scope},
    names::{SourceId, Text, sort_by_text},
};

/// Assigned groups, or with `scope: everyone` all, that pass the filters; in the directory's order.
pub(super) fn groups<'a>(
    manifest: &Manifest,
    lines: &Lines,
    index: &Index<'a>,
    assigned: &Assigned,
    judge: &Judge,
) -> Vec<Group<'a>> {
    if !manifest.groups.enabled {
        return Vec::new();
    }
    let mut wanted: Vec<Option<(Cause, bool)>> = match manifest.scope.value {
        Scope::Everyone => vec![Some((judge.everyone().clone(), false)); index.groups.len()],
        Scope::Assigned => vec![None; index.groups.len()],
    };
    for (at, assignment) in lines.all.iter().enumerate() {
        let Principal::Group { nested, .. } = &assignment.principal else { continue };
        let counts = judge.in_force(at) && !lines.is_default_access(at);
        if let Some(group) = assigned.group_of[at].filter(|_| counts) {
            match &mut wanted[group] {
                Some((_, open)) => *open |= nested,
                none => *none = Some((judge.cause(at).clone(), *nested)),
            }
        }
    }
    let passes = |at: usize| scope::passed(&manifest.group_filters, &index.groups[at]).is_ok();
    wanted
        .into_iter()
        .enumerate()
        .filter(|(at, _)| passes(*at))
        .filter_map(|(at, wanted)| wanted.map(|(cause, nested)| object(index, at, cause, nested)))
        .collect()
}

fn object<'a>(index: &Index<'a>, at: usize, cause: Cause, nested: bool) -> Group<'a> {
    let group = &index.groups[at];
    let direct = group.members.iter().filter_map(|member| match member {
        Member::Person(id) => Some(id),
        Member::Group(_) => None,
    });
    let mut members: Vec<&SourceId> = direct.collect();
    let mut missing = Vec::new();
    if nested {
        for inner in index.inside(at, &mut missing) {
            members.extend(index.groups[inner].members.iter().filter_map(|member| match member {
                Member::Person(id) => Some(id),
                Member::Group(_) => None,
            }));
        }
    }
    sort_by_text(&mut members, |id| id.as_str());
    members.dedup();
    let doubt = missing.first().map(|id| Text::from(format!("group `{id}` within it is not in the directory")));
    Group { group, cause, members, doubt }
}

#[cfg(test)]
mod tests {
    use super::super::{build, fixture::*};
    use super::*;
    use crate::directory::Directory;

    fn told(manifest: &Manifest, directory: &Directory) -> Vec<String> {
        let groups = build(manifest, directory, noon("2027-01-01")).groups;
        let line = |group: &Group| {
            let members: Vec<&str> = group.members.iter().map(|id| id.as_str()).collect();
            let doubt = group.doubt.as_ref().map_or_else(String::new, |doubt| format!(" ({doubt})"));
            format!("{} by {}: {}{doubt}", group.group.name, group.cause.text, members.join(" "))
        };
        groups.iter().map(line).collect()
    }

    fn some() -> Directory {
        directory(
            vec![person("ana", &[]), person("bo", &[])],
            vec![
                group("a", &["bo", "ana", "bo", "gone", "+b"]),
                group("b", &["inner", "ana", "+a"]),
                group("c", &["+lost"]),
            ],
        )
    }

    #[test]
    fn assigned_groups_are_objects_with_their_direct_members_each_once() {
        let mut manifest = manifest();
        manifest.assignments =
            vec![assign("c", "member", 10), assign("a", "member", 11), dated("b", "member", "", "2026-12-31", 12)];
        assert_eq!(
            told(&manifest, &some()),
            ["a by group a as member: id-ana id-bo id-gone", "c by group c as member: "]
        );
        manifest.groups.enabled = false;
        assert!(told(&manifest, &some()).is_empty());
    }

    #[test]
    fn one_nested_assignment_opens_the_groups_within() {
        let mut manifest = manifest();
        manifest.assignments =
            vec![assign("a", "member", 10), assign("a/", "supervisor", 11), assign("c/", "member", 12)];
        assert_eq!(
            told(&manifest, &some()),
            [
                "a by group a as member: id-ana id-bo id-gone id-inner",
                "c by group c as member:  (group `id-lost` within it is not in the directory)",
            ]
        );
    }

    #[test]
    fn under_scope_everyone_every_group_that_passes_is_one() {
        let mut manifest = manifest();
        manifest.scope.value = Scope::Everyone;
        manifest.group_filters = vec![filter("No b", &[("displayName", "not_equals", "b")], 20)];
        assert_eq!(told(&manifest, &some()), ["a by scope everyone: id-ana id-bo id-gone", "c by scope everyone: "]);
    }
}
