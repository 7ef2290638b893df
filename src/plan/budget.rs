//! Budgets: how much of each kind goes through without a person's word.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Action, Change, Reason, draft::Planned, scene::Scene};
use crate::{
    manifest::{Budget, Budgets},
    memory::budget,
    names::{SourceId, count},
};

/// What a change uses of a budget: the budget's name, the group where it is counted
/// for each group apart, and how many.
///
/// Disables are counted apart by who took the entitlement, so that a wide edit of
/// the manifest never holds back a real leaver.
pub fn spent(change: &Change) -> Option<(&'static str, Option<&SourceId>, u64)> {
    match change.action {
        Action::CreateUser => Some((budget::CREATES, None, 1)),
        Action::AdoptUser if is_proven(change) => None,
        Action::AdoptUser => Some((budget::ADOPTS, None, 1)),
        Action::EnableUser => Some((budget::ENABLES, None, 1)),
        Action::DisableUser if change.cause.kind.is_directory() => Some((budget::DIRECTORY_DISABLES, None, 1)),
        Action::DisableUser => Some((budget::POLICY_DISABLES, None, 1)),
        Action::DeleteUser | Action::DeleteGroup => Some((budget::DELETES, None, 1)),
        Action::RemoveMembers => {
            Some((budget::MEMBER_REMOVALS, change.subject.source.as_ref(), change.members.removed.len() as u64))
        }
        Action::UpdateUser | Action::UpdateGroup => Some((budget::UPDATES, None, 1)),
        Action::Withdraw => Some((budget::WITHDRAWALS, None, 1)),
        Action::AdoptGroup
        | Action::CreateGroup
        | Action::AddMembers
        | Action::SetManager
        | Action::MoveOffice
        | Action::SetLicense
        | Action::SetSettings
        | Action::Grant
        | Action::Regrant => None,
    }
}

/// Whether an account is taken over because it carries the person's external id,
/// rather than by a matching attribute alone.
pub fn is_proven(adopt: &Change) -> bool {
    adopt.attributes.first().is_some_and(|by| by.path.is("externalId"))
}

/// Changes that count against one budget.
pub(super) struct Batch {
    /// Positions of the changes.
    pub places: Vec<usize>,
    /// How many are planned.
    pub planned: u64,
    /// Why they are too many.
    pub message: String,
}

/// The batches that are over their budget.
pub(super) fn exceeded(scene: &Scene, planned: &[Planned], held: &[bool], ours: u64) -> Vec<Batch> {
    type Key<'g> = (&'static str, Option<&'g SourceId>);
    let mut batches: BTreeMap<Key, (Vec<usize>, u64)> = BTreeMap::new();
    for (at, planned) in planned.iter().enumerate().filter(|(at, _)| !held[*at]) {
        if let Some((name, group, count)) = spent(&planned.change) {
            let batch = batches.entry((name, group)).or_default();
            batch.0.push(at);
            batch.1 += count;
        }
    }
    let budgets = &scene.manifest().safety.budgets;
    let over = batches.into_iter().filter_map(|((name, group), (places, planned_now))| {
        let of = match group {
            Some(_) => places.first().map(|at| members_of(scene, &planned[*at].change)).unwrap_or_default(),
            None => ours,
        };
        let limit = limit(of_name(budgets, name), of)?;
        let again = places.iter().filter(|at| is_counted(scene, &planned[**at].change)).count() as u64;
        let before = done_today(scene, name, group).saturating_sub(again);
        (planned_now + before > limit).then(|| Batch {
            places,
            planned: planned_now,
            message: message(name, planned_now, before, limit),
        })
    });
    over.collect()
}

/// Whether it disables an account that we disabled today: somebody brought it back, or the
/// service only said that it was done. It is the same account, and counts once.
fn is_counted(scene: &Scene, change: &Change) -> bool {
    let link = change.subject.source.as_ref().and_then(|source| scene.inputs.memory.users.get(source));
    let since = link.and_then(|link| link.disabled_since);
    change.action == Action::DisableUser && since.is_some_and(|since| since > a_day_ago(scene))
}

fn a_day_ago(scene: &Scene) -> Timestamp {
    let now = scene.inputs.now;
    now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now)
}

fn of_name(budgets: &Budgets, name: &str) -> Budget {
    match name {
        budget::CREATES => budgets.creates,
        budget::ADOPTS => budgets.adopts,
        budget::ENABLES => budgets.enables,
        budget::DIRECTORY_DISABLES | budget::POLICY_DISABLES => budgets.disables,
        budget::DELETES => budgets.deletes,
        budget::MEMBER_REMOVALS => budgets.member_removals,
        _ => budgets.updates,
    }
}

/// How many go through: the lower of the two. A percentage is rounded up and never
/// under three, so that a small company is not held up by one leaver.
fn limit(budget: Budget, of: u64) -> Option<u64> {
    let share = budget.percent.map(|percent| (of * u64::from(percent)).div_ceil(100).max(3));
    match (budget.max.map(u64::from), share) {
        (Some(max), Some(share)) => Some(max.min(share)),
        (max, share) => max.or(share),
    }
}

/// What applies of the last 24 hours used of a budget.
fn done_today(scene: &Scene, name: &str, group: Option<&SourceId>) -> u64 {
    let (now, from) = (scene.inputs.now, a_day_ago(scene));
    let today = scene
        .inputs
        .memory
        .done
        .iter()
        .filter(|done| &*done.budget == name && done.group.as_ref() == group && done.at > from && done.at <= now);
    today.map(|done| done.count).sum()
}

fn members_of(scene: &Scene, change: &Change) -> u64 {
    let groups = scene.inputs.live.groups.items().map(Vec::as_slice).unwrap_or_default();
    let group = change.subject.target.as_ref().and_then(|id| groups.iter().find(|group| group.id == *id));
    group.map(|group| group.members.len() as u64).unwrap_or_default()
}

fn message(name: &str, planned: u64, before: u64, limit: u64) -> String {
    let noun = match name {
        budget::CREATES => ("account would be created", "accounts would be created"),
        budget::ADOPTS => ("account would be taken over without proof", "accounts would be taken over without proof"),
        budget::ENABLES => ("account would be enabled", "accounts would be enabled"),
        budget::DIRECTORY_DISABLES => (
            "account would be disabled because of the directory",
            "accounts would be disabled because of the directory",
        ),
        budget::POLICY_DISABLES => (
            "account would be disabled because of the manifest or a group",
            "accounts would be disabled because of the manifest or a group",
        ),
        budget::DELETES => ("account or group would be deleted", "accounts and groups would be deleted"),
        budget::MEMBER_REMOVALS => {
            ("member would be removed from the group", "members would be removed from the group")
        }
        _ => ("account or group would be updated", "accounts and groups would be updated"),
    };
    let now = count(usize::try_from(planned).unwrap_or(usize::MAX), noun.0, noun.1);
    let today = match before {
        0 => String::new(),
        before => format!(", after {before} in the last 24 hours"),
    };
    format!("{now}{today}; the budget is {limit}")
}

/// Which batches a person lets through by count: each count lets the largest batch
/// through that it covers, and no other.
pub(super) fn released(scene: &Scene, batches: &[Batch]) -> Vec<bool> {
    let mut released = vec![false; batches.len()];
    for count in scene.allowed.counts(Reason::TooMany) {
        let fits = |at: &usize| !released[*at] && batches[*at].planned <= count;
        let largest = (0..batches.len()).filter(fits).max_by_key(|at| (batches[*at].planned, usize::MAX - at));
        if let Some(largest) = largest {
            released[largest] = true;
        }
    }
    released
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(max: Option<u32>, percent: Option<u32>) -> Budget {
        Budget { max, percent }
    }

    #[test]
    fn the_lower_of_the_two_wins_and_a_percentage_is_rounded_up_and_never_under_three() {
        assert_eq!(limit(budget(None, None), 1000), None);
        assert_eq!(limit(budget(Some(25), None), 10), Some(25));
        assert_eq!(limit(budget(None, Some(5)), 1001), Some(51));
        assert_eq!(limit(budget(None, Some(5)), 10), Some(3));
        assert_eq!(limit(budget(Some(25), Some(5)), 1000), Some(25));
        assert_eq!(limit(budget(Some(25), Some(5)), 100), Some(5));
        assert_eq!(limit(budget(Some(1), Some(5)), 10), Some(1));
    }
}
