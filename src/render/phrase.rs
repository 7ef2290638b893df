//! The words for what a plan holds, the same in every output for people.

use crate::{
    names::count,
    plan::{Action, Change, Kind, Reason},
};

/// `count` for the plan's own numbers.
pub(super) fn number(n: u64, one: &str, many: &str) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), one, many)
}

/// `2,980`.
pub(super) fn digits(n: usize) -> String {
    count(n, "", "").trim_end().to_owned()
}

/// `3 people`, `1 group`.
pub(super) fn objects(kind: Kind, n: usize) -> String {
    match kind {
        Kind::User => count(n, "person", "people"),
        Kind::Group => count(n, "group", "groups"),
    }
}

/// The name of a kind, for several.
pub(super) fn kinds(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "people",
        Kind::Group => "groups",
    }
}

/// The heading over all changes of one action: `Disable 7 people`.
pub(super) fn heading(action: Action, changes: &[&Change]) -> String {
    let objects = objects(action.kind(), changes.len());
    let members = |n: usize| count(n, "member", "members");
    match action {
        Action::AdoptUser | Action::AdoptGroup => format!("Adopt {objects}"),
        Action::DisableUser => format!("Disable {objects}"),
        Action::CreateUser | Action::CreateGroup => format!("Create {objects}"),
        Action::UpdateUser | Action::UpdateGroup => format!("Update {objects}"),
        Action::EnableUser => format!("Enable {objects}"),
        Action::SetManager => format!("Set the manager of {objects}"),
        Action::DeleteUser | Action::DeleteGroup => format!("Delete {objects}"),
        Action::AddMembers => {
            let added = changes.iter().map(|change| change.members.added.len()).sum();
            format!("Add {} to {objects}", members(added))
        }
        Action::RemoveMembers => {
            let removed = changes.iter().map(|change| change.members.removed.len()).sum();
            format!("Remove {} from {objects}", members(removed))
        }
    }
}

/// What stands under the heading, where it is not plain what the action does.
pub(super) fn explanation(action: Action) -> Option<&'static str> {
    match action {
        Action::AdoptUser | Action::AdoptGroup => Some("existing ones are taken over; nothing is sent"),
        Action::DisableUser => Some("suspended; the seat is free, the account stays"),
        Action::DeleteUser => Some("for good: Dialpad can restore an account for 72 hours"),
        Action::CreateUser
        | Action::UpdateUser
        | Action::EnableUser
        | Action::CreateGroup
        | Action::UpdateGroup
        | Action::AddMembers
        | Action::SetManager
        | Action::RemoveMembers
        | Action::DeleteGroup => None,
    }
}

/// `created`, `disabled`: the action done.
pub(super) fn past(action: Action) -> &'static str {
    match action {
        Action::AdoptUser | Action::AdoptGroup => "adopted",
        Action::DisableUser => "disabled",
        Action::CreateUser | Action::CreateGroup => "created",
        Action::UpdateUser | Action::UpdateGroup => "updated",
        Action::EnableUser => "enabled",
        Action::AddMembers => "added members to",
        Action::SetManager => "set the manager of",
        Action::RemoveMembers => "removed members from",
        Action::DeleteUser | Action::DeleteGroup => "deleted",
    }
}

/// `create`, `add members to`: the action to be done, before its object.
pub(super) fn infinitive(action: Action) -> &'static str {
    match action {
        Action::AddMembers => "add members to",
        Action::RemoveMembers => "remove members from",
        Action::SetManager => "set the manager of",
        Action::AdoptUser
        | Action::AdoptGroup
        | Action::DisableUser
        | Action::CreateUser
        | Action::UpdateUser
        | Action::EnableUser
        | Action::CreateGroup
        | Action::UpdateGroup
        | Action::DeleteGroup
        | Action::DeleteUser => action.verb(),
    }
}

/// What a reason means.
pub(super) fn meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::Protected => "named by `safety.protect`",
        Reason::TooMany => "more than the budget of `safety` allows",
        Reason::ForeignTarget => "fewer than half of the known accounts are there: this looks like another tenant",
        Reason::OtherWriter => "Entra's own provisioning job is active, and two writers undo each other's work",
        Reason::EmptySource => "the source has far fewer people than before",
        Reason::Incomplete => "not everything could be read, so nothing is removed",
        Reason::AmbiguousMatch => "several accounts match one person",
        Reason::DuplicateSource => "two people want one account",
        Reason::LinkConflict => "the link and the external id name different accounts",
        Reason::IdentityConflict => "the account carries another person's identity",
        Reason::PossibleRename => "an account has another address of the person",
        Reason::Vanished => "the account is gone and can be restored for a while",
        Reason::NoMatchingValue => "no matching attribute has a value",
        Reason::MissingRequired => "a required attribute has no value",
        Reason::ExpressionFailed => "an expression has no value for this person",
        Reason::UnknownRole => "a role is not declared in the manifest",
        Reason::SuspendedElsewhere => "somebody else suspended the account",
        Reason::UnknownOwner => "nothing says whose account it is",
        Reason::UnprovenOwner => "it matched, but nothing proves that it is ours",
        Reason::FirstRemovals => "first removals from a group that was found by name",
        Reason::FirstEverything => "the first plan that disables under `ownership: everything`",
        Reason::RepeatedFailure => "the service refused it in several runs",
        Reason::DependsOnHeld => "it needs something that is held back",
    }
}

/// `3 s`, `2 min 5 s`, `1 h 40 min`.
pub fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) if rest == 0 => format!("{minutes} min"),
        (0, _) => format!("{minutes} min {rest} s"),
        (_, 0) => format!("{hours} h"),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// A rate in requests a second times 1,000, as people write it: `20`, `0.5`.
pub(super) fn rate(millirate: u64) -> String {
    let (whole, part) = (millirate / 1000, millirate % 1000);
    if part == 0 { whole.to_string() } else { format!("{whole}.{part:03}").trim_end_matches('0').to_owned() }
}

/// What carrying out the plan costs: `17 requests, about 1 s at 20 requests a second`.
pub(super) fn cost(requests: u64, seconds: Option<u64>, millirate: Option<u64>) -> String {
    let mut text = number(requests, "request", "requests");
    if let (Some(seconds), Some(millirate)) = (seconds.filter(|_| requests > 0), millirate) {
        text.push_str(&format!(", about {} at {} requests a second", duration(seconds.max(1)), rate(millirate)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_rates_are_as_people_write_them() {
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (125, "2 min 5 s"), (3600, "1 h"), (6000, "1 h 40 min")]
        {
            assert_eq!(duration(seconds), text);
        }
        for (millirate, text) in [(20_000, "20"), (500, "0.5"), (1250, "1.25")] {
            assert_eq!(rate(millirate), text);
        }
        assert_eq!(cost(1, Some(0), Some(20_000)), "1 request, about 1 s at 20 requests a second");
        assert_eq!(cost(1200, None, None), "1,200 requests");
        assert_eq!(cost(0, Some(0), Some(20_000)), "0 requests");
    }
}
