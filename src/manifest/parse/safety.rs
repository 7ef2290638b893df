//! `safety`: budgets, protection and ownership.

use super::Judge;
use crate::{
    manifest::{Budget, Budgets, Ownership, Protected, Safety, raw},
    names::Folded,
};

pub(super) fn safety(raw: &raw::Safety, judge: &mut Judge) -> Safety {
    let raw::Safety {
        creates,
        adopts,
        enables,
        withdrawals,
        disables,
        deletes,
        member_removals,
        updates,
        protect,
        ownership,
        on_out_of_scope,
        seats,
    } = raw;
    let budget = |raw: &raw::Budget| Budget { max: raw.max, percent: raw.percent };
    let budgets = Budgets {
        creates: budget(creates),
        adopts: budget(adopts),
        enables: budget(enables),
        withdrawals: budget(withdrawals),
        disables: budget(disables),
        deletes: budget(deletes),
        member_removals: budget(member_removals),
        updates: budget(updates),
    };
    if *ownership == Ownership::Everything {
        let spot = judge.spot(&["safety", "ownership"]);
        let message = "every account in Dialpad that is not entitled will be disabled, whoever made it";
        judge.warning(&spot, "owns_everything", message).help =
            Some("the first plan that disables anybody is held; name exceptions under `protect`".to_owned());
    }
    Safety {
        budgets,
        protect: protect.iter().enumerate().filter_map(|(i, line)| protected(i, line, judge)).collect(),
        ownership: *ownership,
        on_out_of_scope: *on_out_of_scope,
        seats: *seats,
        place: judge.place(&["safety"]),
    }
}

fn protected(index: usize, raw: &raw::Protected, judge: &Judge) -> Option<Protected> {
    let place = judge.place(&["safety", "protect", &index.to_string()]);
    match (&raw.user, &raw.group, &raw.members_of) {
        (Some(name), _, _) => Some(Protected::User { name: Folded::new(name), place }),
        (_, Some(name), _) => Some(Protected::Group { name: name.as_str().into(), place }),
        (_, _, Some(group)) => Some(Protected::MembersOf { group: group.as_str().into(), place }),
        (None, None, None) => None,
    }
}
