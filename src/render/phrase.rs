//! The words for what a plan holds, the same in every output for people.

use crate::{
    memory::GrantKind,
    names::{License, Text, count},
    plan::{Action, Change, GrantChange, Held, Kind, Reason},
};

/// `count` for the plan's own numbers.
pub fn number(n: u64, one: &str, many: &str) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), one, many)
}

/// `2,980`.
pub fn digits(n: usize) -> String {
    count(n, "", "").trim_end().to_owned()
}

/// `3 people`, `1 group`.
pub fn objects(kind: Kind, n: usize) -> String {
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

/// Those whom held changes are about: `3 people`, of whom one can have several places.
pub(super) fn those(held: &[&Held]) -> String {
    let people: std::collections::BTreeSet<_> = held.iter().map(|held| &held.subject).collect();
    match held.first() {
        Some(first) if people.len() < held.len() => {
            format!("{} ({})", objects(first.subject.kind, people.len()), count(held.len(), "change", "changes"))
        }
        Some(first) => objects(first.subject.kind, held.len()),
        None => String::new(),
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
        Action::MoveOffice => format!("Move {objects} to another office"),
        Action::SetLicense => format!("Change the licence of {objects}"),
        Action::SetSettings => format!("Change settings of {objects}"),
        Action::Grant => format!("Grant {} to {}", places(changes), people(changes)),
        Action::Regrant => format!("Change {} of {}", places(changes), people(changes)),
        Action::Withdraw => format!("Withdraw {} from {}", places(changes), people(changes)),
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

/// `3 places or rights`.
fn places(changes: &[&Change]) -> String {
    count(changes.len(), "place or right", "places and rights")
}

/// How many people changes are about.
fn people(changes: &[&Change]) -> String {
    let people: std::collections::BTreeSet<_> = changes.iter().map(|change| &change.subject).collect();
    objects(Kind::User, people.len())
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
        | Action::MoveOffice
        | Action::SetSettings
        | Action::Grant
        | Action::Regrant
        | Action::Withdraw
        | Action::RemoveMembers
        | Action::DeleteGroup => None,
        Action::SetLicense => Some("this affects billing"),
    }
}

/// `created`, `disabled`: the action done.
pub fn past(action: Action) -> &'static str {
    match action {
        Action::AdoptUser | Action::AdoptGroup => "adopted",
        Action::DisableUser => "disabled",
        Action::CreateUser | Action::CreateGroup => "created",
        Action::UpdateUser | Action::UpdateGroup => "updated",
        Action::EnableUser => "enabled",
        Action::AddMembers => "added members to",
        Action::SetManager => "set the manager of",
        Action::MoveOffice => "moved",
        Action::SetLicense => "changed the licence of",
        Action::SetSettings => "changed settings of",
        Action::Grant => "gave a place or right to",
        Action::Regrant => "changed a place or right of",
        Action::Withdraw => "took a place or right from",
        Action::RemoveMembers => "removed members from",
        Action::DeleteUser | Action::DeleteGroup => "deleted",
    }
}

/// `create`, `add members to`: the action to be done, before its object.
pub fn infinitive(action: Action) -> &'static str {
    match action {
        Action::AddMembers => "add members to",
        Action::RemoveMembers => "remove members from",
        Action::SetManager => "set the manager of",
        Action::SetLicense => "change the licence of",
        Action::SetSettings => "change settings of",
        Action::Grant => "give a place or right to",
        Action::Regrant => "change a place or right of",
        Action::Withdraw => "take a place or right from",
        Action::AdoptUser
        | Action::AdoptGroup
        | Action::DisableUser
        | Action::CreateUser
        | Action::UpdateUser
        | Action::EnableUser
        | Action::MoveOffice
        | Action::CreateGroup
        | Action::UpdateGroup
        | Action::DeleteGroup
        | Action::DeleteUser => action.verb(),
    }
}

/// What a grant changes, in words: `contact center Support EMEA: operator, skill 50 → supervisor`.
pub(super) fn grant_text(grant: &GrantChange) -> String {
    let GrantChange { kind, name, at, before, after, given: _, place: _ } = grant;
    // People know licences by the product.
    let side = |text: &Option<Text>| match (kind, text) {
        (GrantKind::License, Some(text)) => Some(License::read(text).product().to_owned()),
        (_, text) => text.as_deref().map(str::to_owned),
    };
    let (before, after) = (side(before), side(after));
    let what = match kind {
        GrantKind::Setting => name.to_string(),
        _ if name.is_empty() => kind.noun().to_owned(),
        kind => format!("{} {name}", kind.noun()),
    };
    let what = at.as_ref().map_or(what.clone(), |at| format!("{what} at {at}"));
    match (before, after) {
        (Some(before), Some(after)) => format!("{what}: {before} → {after}"),
        (None, Some(after)) if after.is_empty() => what,
        (None, Some(after)) => format!("{what}: {after}"),
        (Some(before), None) if before.is_empty() => format!("{what}: taken away"),
        (Some(before), None) => format!("{what}: {before} taken away"),
        (None, None) => what,
    }
}

/// What a reason means.
pub fn meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::Protected => "named by `safety.protect`",
        Reason::TooMany => "more than the budget of `safety` allows",
        Reason::ForeignTarget => "fewer than half of the known accounts are there: this looks like another tenant",
        Reason::OtherWriter => "Entra's own provisioning job is active, and two writers undo each other's work",
        Reason::EmptySource => "the source has far fewer people than before",
        Reason::Incomplete => "not everything could be read or found, so nothing is removed",
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
        Reason::NoSeat => "the office has no licence free for it",
        Reason::LosesNumbers => "phone numbers would be lost",
        Reason::LastAdmin => "nobody would be left to administer the company",
        Reason::LastOperator => "nobody would be left to take the calls",
        Reason::Waiting => "the person has never logged in, and Dialpad wants that first",
        Reason::NotInApi => "SCIM and the admin API do not agree about the person",
        Reason::UnknownName => "the admin API has nothing of that name",
        Reason::UnmappedValue => "the role's map does not have the person's value",
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
