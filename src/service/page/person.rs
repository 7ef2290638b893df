//! One person: every step with its values and the line behind it, as `dialform show` explains them.

use maud::{Markup, html};

use super::{held::code, layout};
use crate::{
    names::{Place, Value},
    plan::{
        self, Account, Check, Explanation, GivenGrant, Gives, Import, MappedValue, Matching, Options, Passed, Tried,
        Unknown, Verdict,
    },
    render::{
        neutral,
        waiting::{hidden, wanted},
    },
    service::board::{Scene, Shown},
};

/// Characters of one value.
const VALUE: usize = 300;

/// Why somebody has, or has not, an account, by what the last cycle has read.
pub(super) fn explained(scene: &Scene, name: &str) -> Result<Box<Explanation>, Unknown> {
    let options = Options { target: scene.manifest.target.label(), ..Options::default() };
    plan::explain(&scene.inputs(), &options, name).map(Box::new)
}

/// The page with the question and, where there is one, the answer.
pub(super) fn page(shown: &Shown, asked: Option<&str>, found: Option<Result<Box<Explanation>, Unknown>>) -> Markup {
    let read = shown.scene.as_ref().map(|scene| scene.now);
    let body = html! {
        header {
            h1 { "Why has somebody Dialpad, or not?" }
            nav { a href="/" { "Overview" } }
        }
        section {
            form action="/people" method="get" role="search" {
                input type="search" name="person" value=(asked.unwrap_or_default()) required
                    aria-label="User name, mail address, id or group name" placeholder="User name, mail address, id or group";
                button type="submit" { "Explain" }
            }
            p class="aside" {
                @match read {
                    Some(read) => { "By what was read at " (format!("{read:.0}")) ", before the changes of that cycle." },
                    None => { "Nothing has been read yet; the first cycle has to come to its end." },
                }
            }
        }
        @match found {
            None => {}
            Some(Ok(explanation)) => (explanation_of(&explanation)),
            Some(Err(unknown)) => (nobody(&unknown)),
        }
    };
    layout::page(&format!("{} · people", neutral::line(&shown.manifest)), None, &body)
}

fn nobody(unknown: &Unknown) -> Markup {
    html! {
        div class="banner warn" {
            p class="headline" { "Nobody is called " (neutral::line(&unknown.name)) }
            @if let Some(near) = &unknown.near {
                p { "Did you mean " a href=(format!("/people?person={}", escaped(near))) { (neutral::line(near)) } "?" }
            }
        }
    }
}

/// As a value of a query.
fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn explanation_of(explanation: &Explanation) -> Markup {
    let Explanation { subject, also, import, matching, scope, roles, mapping, grants, record, verdict } = explanation;
    html! {
        div class="banner calm" {
            p class="headline" { (neutral::line(&subject.name)) ": " (code(&verdict.text)) }
            @if let Some(place) = &verdict.place { p { (at(place)) } }
            @for other in also {
                p class="aside" { "Another is called the same: "
                    code { (neutral::line(&other.source.as_ref().map_or_else(|| other.name.to_string(), ToString::to_string))) } }
            }
        }
        (concluded(verdict))
        @if let Some(import) = import { (imported(import, mapping)) }
        (matched(matching))
        @if !scope.is_empty() {
            section {
                h2 { "Scope" }
                table {
                    @for Check { name, passed, because, place } in scope {
                        tr {
                            td { (sign(*passed)) " " (name) }
                            td { (neutral::line(because)) " " @if let Some(place) = place { " " (at(place)) } }
                        }
                    }
                }
                @if !roles.is_empty() {
                    p { "Roles: " (roles.iter().map(|role| neutral::line(role.as_str())).collect::<Vec<_>>().join(", ")) }
                }
            }
        }
        @if !mapping.is_empty() { (mapped(mapping, matching.account.is_some())) }
        @if !grants.is_empty() || !record.is_empty() {
            section {
                h2 { "Grants" }
                table {
                    @for GivenGrant { what, gives, place } in grants {
                        tr { td { (neutral::line(what)) } td { (neutral::line(gives)) " " (at(place)) } }
                    }
                    @for (what, holds) in record {
                        tr { td class="aside" { "Dialpad has: " (neutral::line(what)) } td { (neutral::line(holds)) } }
                    }
                }
            }
        }
    }
}

fn sign(passed: Passed) -> Markup {
    match passed {
        Passed::Yes => html! { span class="pill good" { "✓" } },
        Passed::No => html! { span class="pill bad" { "✗" } },
        Passed::NotReached => html! { span class="pill" { "·" } },
    }
}

fn concluded(verdict: &Verdict) -> Markup {
    let Verdict { text: _, place: _, changes, held, notes } = verdict;
    html! {
        @if !(changes.is_empty() && held.is_empty() && notes.is_empty()) {
            section {
                h2 { "What comes of it" }
                ul {
                    @for change in changes {
                        li { b { (change.action.verb()) } " " (neutral::line(&change.subject.name)) ": "
                            (neutral::line(&change.cause.text)) @if let Some(place) = &change.cause.place { " " (at(place)) } }
                    }
                    @for held in held {
                        li { span class="pill held" { (held.reason.name()) } " " (wanted(held)) ": " (neutral::line(&held.message))
                            @if !held.remedy.is_empty() { div class="next" { "→ " (code(&held.remedy)) } } }
                    }
                    @for note in notes { li class="aside" { (code(&note.message)) } }
                }
            }
        }
    }
}

fn imported(import: &Import, mapping: &[MappedValue]) -> Markup {
    let Import { id, attributes, manager, soft_deleted, groups, members, place } = import;
    let secret = hidden(mapping);
    html! {
        section {
            h2 { "In the source " @if let Some(place) = place { (at(place)) } }
            table {
                (row("id", id.as_str()))
                @for (name, held) in attributes.iter() {
                    (row(name, &if secret.contains(&**name) { "(hidden)".to_owned() } else { value(held) }))
                }
                @if let Some(manager) = manager { (row("manager", manager)) }
                @if *soft_deleted { (row("recycle bin", "yes")) }
                @if let Some(members) = members { (row("members", &members.to_string())) }
                @if !groups.is_empty() { (row("groups", &groups.join(", "))) }
            }
        }
    }
}

fn row(name: &str, held: &str) -> Markup {
    html! { tr { td { (neutral::line(name)) } td { (neutral::line(held)) } } }
}

fn matched(matching: &Matching) -> Markup {
    let Matching { account, by, link, tried } = matching;
    html! {
        section {
            h2 { "In Dialpad" }
            @match account {
                Some(account) => p { span class="pill good" { "✓" } " " (named(account))
                    @if let Some(by) = by { ", found by " (neutral::line(by)) } },
                None => p { "There is no account." },
            }
            @if let Some(link) = link { p class="aside" { "linked to " code { (neutral::line(link.as_str())) } } }
            @if !tried.is_empty() {
                table {
                    @for Tried { attribute, value: held, held_by, place } in tried {
                        tr {
                            td { (neutral::line(attribute)) " = " (held.as_ref().map_or_else(|| "no value".to_owned(), value)) }
                            td { @if held_by.is_empty() { "no account" }
                                @for account in held_by { (named(account)) " " }
                                @if let Some(place) = place { (at(place)) } }
                        }
                    }
                }
            }
        }
    }
}

fn named(account: &Account) -> Markup {
    let Account { id, name, active } = account;
    html! { b { (neutral::line(name)) } " " code { (neutral::line(id.as_str())) } @if !active { " suspended" } }
}

fn mapped(mapping: &[MappedValue], exists: bool) -> Markup {
    html! {
        section {
            h2 { "Values" }
            div class="scroll" {
                table {
                    tr { th { "attribute" } th { "should be" } @if exists { th { "is" } } th { "from" } }
                    @for mapped in mapping { (one(mapped, exists)) }
                }
            }
        }
    }
}

fn one(mapped: &MappedValue, exists: bool) -> Markup {
    let MappedValue { target, source, reads: _, gives, default: _, holds, ignored, differs, place } = mapped;
    let is_secret = *gives == Gives::Redacted;
    let given = match gives {
        Gives::Value(given) => value(given),
        Gives::Reference(name) => neutral::line(name).into_owned(),
        Gives::Redacted => "(hidden)".to_owned(),
        Gives::Empty => "(empty)".to_owned(),
        Gives::Ignored => "(left out)".to_owned(),
        Gives::Failed(why) => format!("fails: {}", neutral::line(why)),
    };
    let held = match (is_secret, holds) {
        (true, Some(_)) => "(hidden)".to_owned(),
        (_, Some(held)) => value(held),
        (_, None) => "(none)".to_owned(),
    };
    html! {
        tr {
            td { (neutral::line(target)) }
            td class=(if *differs && exists { "changes" } else { "" }) { (given) }
            @if exists {
                td { (held) @if let Some(why) = ignored { " " span class="aside" { "not compared: " (why) } } }
            }
            td { code { (neutral::line(source)) } " " (at(place)) }
        }
    }
}

fn at(place: &Place) -> Markup {
    html! { @if !place.is_default() { span class="place" { (neutral::line(&place.to_string())) } } }
}

/// A value on one line, cut when it is very long.
fn value(held: &Value) -> String {
    let text = match held {
        Value::Boolean(held) => held.to_string(),
        other => other.to_string(),
    };
    let text = neutral::line(&text).into_owned();
    match text.char_indices().nth(VALUE) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
