//! The numbers of a plan, counted once for every output.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::{
    names::Value,
    plan::{Action, AttributeChange, Change, Gives, Held, Kind, MappedValue, Plan, Reason, Subject},
};

/// A plan in groups, each in the plan's order.
pub(super) struct Summary<'a> {
    /// Changes by action, in phase order.
    pub(super) changes: BTreeMap<Action, Vec<&'a Change>>,
    /// What needs a person, by reason.
    pub(super) held: BTreeMap<Reason, Vec<&'a Held>>,
    /// What `safety.protect` leaves alone.
    pub(super) protected: Vec<&'a Held>,
    /// What only waits for a first login.
    pub(super) waiting: Vec<&'a Held>,
    /// Members that are added, over all groups.
    pub(super) added: usize,
    /// Members that are removed.
    pub(super) removed: usize,
    /// Accounts that are not ours.
    pub(super) unmanaged_users: usize,
    /// Groups that are not ours.
    pub(super) unmanaged_groups: usize,
}

impl<'a> Summary<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let mut changes: BTreeMap<Action, Vec<&Change>> = BTreeMap::new();
        let (mut added, mut removed) = (0, 0);
        for change in &plan.changes {
            changes.entry(change.action).or_default().push(change);
            added += change.members.added.len();
            removed += change.members.removed.len();
        }
        let mut held: BTreeMap<Reason, Vec<&Held>> = BTreeMap::new();
        for entry in plan.held_for_a_person() {
            held.entry(entry.reason).or_default().push(entry);
        }
        let of = |reason: Reason| plan.held.iter().filter(move |held| held.reason == reason).collect();
        let (protected, waiting) = (of(Reason::Protected), of(Reason::Waiting));
        let of_kind = |kind: Kind| plan.unmanaged.iter().filter(|subject: &&Subject| subject.kind == kind).count();
        let (unmanaged_users, unmanaged_groups) = (of_kind(Kind::User), of_kind(Kind::Group));
        Self { changes, held, protected, waiting, added, removed, unmanaged_users, unmanaged_groups }
    }

    /// How many changes of an action.
    pub(super) fn number(&self, action: Action) -> usize {
        self.changes.get(&action).map_or(0, Vec::len)
    }

    /// How many held changes need a person.
    pub(super) fn held(&self) -> usize {
        self.held.values().map(Vec::len).sum()
    }
}

/// Whether the attributes of a disable or enable say nothing that the action does not say.
pub(super) fn says_no_more(change: &Change) -> bool {
    let active =
        |attribute: &AttributeChange| attribute.path.is("active") && matches!(attribute.after, Some(Value::Boolean(_)));
    matches!(change.action, Action::DisableUser | Action::EnableUser) && change.attributes.iter().all(active)
}

/// Held changes that differ only in whom they are about, together, in their order.
pub(super) fn alike<'a>(held: &[&'a Held]) -> Vec<Vec<&'a Held>> {
    let mut groups: IndexMap<_, Vec<&Held>> = IndexMap::new();
    for entry in held {
        let Held { reason: _, subject, action, message, places, remedy } = entry;
        groups.entry((subject.kind, action, message, places, remedy)).or_default().push(entry);
    }
    groups.into_values().collect()
}

/// Attributes of the source that a redacted mapping reads: as secret as what it gives.
pub(super) fn redacted(mapping: &[MappedValue]) -> BTreeSet<&str> {
    let redacted = mapping.iter().filter(|mapped| mapped.gives == Gives::Redacted);
    redacted.flat_map(|mapped| &mapped.reads).map(|(name, _)| &**name).collect()
}

/// One remedy for all of a reason: the same for each, or the flag that lets one or all
/// of them through. Nothing when each has its own.
pub fn common_remedy(held: &[&Held]) -> Option<String> {
    let (first, rest) = held.split_first()?;
    if rest.iter().all(|entry| entry.remedy == first.remedy) {
        return Some(first.remedy.to_string());
    }
    let flag = format!("--allow {}=", first.reason.name());
    let quoted = flag.replace(' ', " '");
    let allows = |entry: &&Held| {
        let Held { reason: _, subject, action: _, message: _, places: _, remedy } = entry;
        remedy.contains(&*subject.name) && (remedy.contains(&flag) || remedy.contains(&quoted))
    };
    let billed = if first.reason == Reason::NoSeat { "buy licences for the office; " } else { "" };
    let so = if first.reason == Reason::NoSeat { ", and they may be billed" } else { "" };
    (first.reason.can_be_allowed() && held.iter().all(allows))
        .then(|| format!("{billed}`{flag}NAME` lets one of them through, `{flag}{}` all of them{so}", held.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample;

    #[test]
    fn one_remedy_stands_for_all_that_differ_only_in_the_name() {
        let of = |reason, name: &str, remedy: &str| Held {
            subject: sample::user(name, true),
            remedy: remedy.into(),
            ..sample::held(reason)
        };
        let one = of(Reason::UnknownOwner, "a@x", "`--allow unknown_owner=a@x` lets it through");
        let two = of(Reason::UnknownOwner, "b x", "`--allow 'unknown_owner=b x'` lets it through");
        assert_eq!(common_remedy(&[&one]).as_deref(), Some(&*one.remedy));
        let both = "`--allow unknown_owner=NAME` lets one of them through, `--allow unknown_owner=2` all of them";
        assert_eq!(common_remedy(&[&one, &two]).as_deref(), Some(both));
        // Two budgets: neither number is the other's, nor their sum.
        let few = of(Reason::TooMany, "a@x", "`--allow too_many=30` lets them through");
        let many = of(Reason::TooMany, "b@x", "`--allow too_many=80` lets them through");
        assert_eq!(common_remedy(&[&few, &many]), None);
    }
}
