//! One change: whom, why, and what is before and after; with its result where it was carried out.

use maud::{Markup, html};

use super::{
    attribute::{VALUE, differences, whole},
    page::{at, label, name, prose, sign},
};
use crate::{
    names::{Place, count},
    plan::{
        Action, AttributeChange, Cause, Change, GrantChange, MemberName,
        outcome::{ChangeResult, Status},
    },
    render::{
        outcome::{code_before, next_step},
        phrase::{grant_text, infinitive},
        summary::says_no_more,
    },
};

/// Members of one group that are named; the rest is counted.
const MEMBERS: usize = 2000;

/// Why, with the line of the manifest.
pub(super) fn because(cause: &Cause) -> Markup {
    html! { (prose(&cause.text)) @if let Some(place) = &cause.place { (at(place)) } }
}

/// A change as an entry of the list.
pub(super) fn entry(change: &Change) -> Markup {
    html! {
        article.item data-item=(label(change.action)) {
            (sign(change.action)) h3 { (name(&change.subject.name)) }
            " " p.why { (because(&change.cause)) }
            (details(change))
        }
    }
}

/// A change that was to be carried out, and what came of it.
pub(super) fn carried_out(change: Option<&Change>, result: &ChangeResult) -> Markup {
    let ChangeResult { change: _, action, subject, grants: _, status, target: _, left_out, not_stored, waiting: _ } =
        result;
    let word = word(result);
    html! {
        article.item data-item={ (label(*action)) "|" (word) } {
            (sign(*action)) h3 { (infinitive(*action)) " " (name(&subject.name)) }
            " " span class={ "result " (class(status)) } { (word) }
            @if let Some(change) = change { " " p.why { (because(&change.cause)) } }
            (answer(result))
            @if let Some(change) = change { (details(change)) }
            @for out in left_out {
                p.held { "Without " (name(&out.member)) ": " (prose(&out.because)) }
            }
            @for path in not_stored {
                p.held { "Accepted but not stored: " (name(path.as_str())) }
            }
        }
    }
}

/// The word of a result, and the key of its filter.
pub(super) fn word(result: &ChangeResult) -> &'static str {
    match &result.status {
        Status::Skipped { because: _ } if result.waiting => "waiting",
        Status::Done => "done",
        Status::Already => "already so",
        Status::Failed { http: _, message: _ } => "failed",
        Status::Skipped { because: _ } => "not tried",
    }
}

fn class(status: &Status) -> &'static str {
    match status {
        Status::Done => "done",
        Status::Already => "soft",
        Status::Failed { http: _, message: _ } => "bad",
        Status::Skipped { because: _ } => "skipped",
    }
}

/// Why it is not done, and what to do.
fn answer(result: &ChangeResult) -> Markup {
    html! {
        @match &result.status {
            Status::Done | Status::Already => {}
            Status::Failed { http, message } => {
                p { @if let Some(code) = code_before(*http, message) { (code) " " } (prose(message)) }
                p.todo { (prose(next_step(*http, message, &[result]))) }
            }
            Status::Skipped { because } => p { (prose(because)) },
        }
    }
}

/// What is before and after.
fn details(change: &Change) -> Markup {
    // What an adoption is bound to stays as it is.
    let changing = |attribute: &&AttributeChange| attribute.before != attribute.after && !says_no_more(change);
    let place = change.cause.place.as_ref();
    html! {
        @match one_sided(change.action) {
            Some(side) => (whole(&change.attributes, side)),
            None => (differences(change.attributes.iter().filter(changing), place)),
        }
        (grants(&change.grants, place))
        (members(&change.members.added, "in", '+'))
        (members(&change.members.removed, "out", '-'))
    }
}

/// The heading of the only side of what comes or goes as a whole.
fn one_sided(action: Action) -> Option<&'static str> {
    match action {
        Action::CreateUser | Action::CreateGroup => Some(VALUE),
        Action::DeleteUser | Action::DeleteGroup => Some("What is lost"),
        Action::AdoptUser
        | Action::AdoptGroup
        | Action::DisableUser
        | Action::UpdateUser
        | Action::EnableUser
        | Action::UpdateGroup
        | Action::AddMembers
        | Action::SetManager
        | Action::MoveOffice
        | Action::SetLicense
        | Action::SetSettings
        | Action::Grant
        | Action::Regrant
        | Action::Withdraw
        | Action::RemoveMembers => None,
    }
}

/// What is given or taken through the admin API.
fn grants(grants: &[GrantChange], cause: Option<&Place>) -> Markup {
    html! {
        @if !grants.is_empty() {
            ul.grants {
                @for grant in grants {
                    li {
                        (prose(&grant_text(grant)))
                        @if !grant.place.is_default() && cause != Some(&grant.place) { " " (at(&grant.place)) }
                    }
                }
            }
        }
    }
}

fn members(members: &[MemberName], class: &str, sign: char) -> Markup {
    let rest = members.len().saturating_sub(MEMBERS);
    html! {
        @if !members.is_empty() {
            ul.members aria-label={ (count(members.len(), "member", "members")) " " (class) } {
                @for member in members.iter().take(MEMBERS) {
                    li { span class=(class) { (sign) } (name(&member.name)) }
                }
                @if rest > 0 { li.soft { "… and " (rest) " more" } }
            }
        }
    }
}
