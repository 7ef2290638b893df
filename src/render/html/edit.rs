//! What an edit of the manifest does to people, as a page.

use maud::{Markup, html};

use super::page::{Filters, at, name, page};
use crate::{
    names::count,
    plan::edit::{Changes, Edit, GrantEdit, RolesChange, ValueChange},
    render::edit::{cause, names, roles, summary, wanted},
};

/// An edit as one HTML file.
pub fn edit(edit: &Edit) -> String {
    let text = summary(edit);
    let head = html! { h1 { "What this edit does to people" } p { (text) } };
    let Edit { enters, leaves, changes, same: _ } = edit;
    let mut filters = Filters::default();
    let all = [("enter", enters.len()), ("leave", leaves.len()), ("change", changes.len())];
    filters.row("Who", all.into_iter().flat_map(|(key, n)| std::iter::repeat_n(key.to_owned(), n)));
    let body = html! {
        (section("enter", "Enter", enters.iter().map(|who| (
            &*who.person,
            format!("now {}{}, before {}", cause(&who.after), roles(&who.roles), cause(&who.before)),
            Markup::default(),
        ))))
        (section("leave", "Leave", leaves.iter().map(|who| (
            &*who.person,
            format!("now {}, before {}", cause(&who.after), cause(&who.before)),
            Markup::default(),
        ))))
        (section("change", "Change", changes.iter().map(|who| (&*who.person, String::new(), table(who)))))
    };
    page("What this edit does to people", &head, &filters, &body)
}

fn section<'a>(key: &str, title: &str, people: impl ExactSizeIterator<Item = (&'a str, String, Markup)>) -> Markup {
    html! {
        @if people.len() > 0 {
            section data-block=(key) {
                h2 { (title) ": " (count(people.len(), "person", "people")) " " small.of {} }
                @for (who, why, details) in people {
                    article.item data-item=(key) {
                        h3 { (name(who)) }
                        @if !why.is_empty() { p.why { (why) } }
                        (details)
                    }
                }
            }
        }
    }
}

fn table(who: &Changes) -> Markup {
    let Changes { person: _, roles, values, grants } = who;
    html! {
        table {
            thead { tr { th scope="col" { "Attribute" } th scope="col" { "Before" } th scope="col" { "After" } } }
            tbody {
                @if let Some(RolesChange { before, after }) = roles {
                    (row(&html! { "roles" }, &names(before), &names(after)))
                }
                @for ValueChange { path, before, after, place } in values {
                    (row(&html! { (name(path.as_str())) (at(place)) }, &wanted(before), &wanted(after)))
                }
                @for GrantEdit { what, before, after, place } in grants {
                    (row(
                        &html! { (name(what)) (at(place)) },
                        before.as_deref().unwrap_or("none"),
                        after.as_deref().unwrap_or("none"),
                    ))
                }
            }
        }
    }
}

fn row(what: &Markup, before: &str, after: &str) -> Markup {
    html! {
        tr {
            th scope="row" { (what) }
            td.v data-side="before" { del { (before) } }
            td.v data-side="after" { ins { (after) } }
        }
    }
}
