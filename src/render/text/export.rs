//! What an export says, for people.

use super::{View, page::Page, paint::Ink};
use crate::{
    export::{Note, Report, Stranger, Why},
    names::{Text, count},
    render::neutral,
};

/// So many names of one kind are shown; `--format json` has all of them.
const SHOWN: usize = 10;

/// The numbers, the roles, who is not in the files, and what the files do not say.
pub fn export(report: &Report, view: &View) -> String {
    let Report { accounts, people, groups, roles, strangers, notes } = report;
    let mut page = Page::new(view);
    let mut numbers = vec![format!("exported {people} of {}", count(*accounts, "account", "accounts"))];
    numbers.push(count(roles.len(), "role", "roles"));
    if *groups > 0 {
        numbers.push(count(*groups, "group", "groups"));
    }
    page.line(&numbers.join(", "), "");
    if !roles.is_empty() {
        page.gap();
        page.line("Roles", "people who have the same share one");
        let width = roles.iter().take(SHOWN).map(|role| role.name.chars().count()).max().unwrap_or_default();
        for role in roles.iter().take(SHOWN) {
            let name = format!("{:width$}", neutral::line(&role.name));
            let words = neutral::line(&role.gives).split(' ').map(str::to_owned).collect::<Vec<_>>();
            page.labelled(&format!("  {:>5}  {name}  ", role.people), words, " ");
        }
        more(roles.len(), "role", "roles", &mut page);
    }
    if !strangers.is_empty() {
        page.gap();
        let title = format!("Not in the files, and left as they are: {}", strangers.len());
        page.line(&page.paint.ink(Ink::Warning, title), "");
        for why in Why::ALL {
            let found: Vec<&Stranger> = strangers.iter().filter(|stranger| stranger.why == why).collect();
            if !found.is_empty() {
                group(why, &found, &mut page);
            }
        }
    }
    if !notes.is_empty() {
        page.gap();
        let title = format!("What the files do not say: {}", notes.len());
        page.line(&page.paint.ink(Ink::Warning, title), "");
        notes.iter().for_each(|note| one(note, &mut page));
    }
    page.finish()
}

fn group(why: Why, found: &[&Stranger], page: &mut Page) {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    page.labelled(&format!("  - {:>3}  ", found.len()), words(why.because()), " ");
    let name = |stranger: &&Stranger| {
        let Stranger { name, id, detail, why: _ } = stranger;
        let id = if id == name { String::new() } else { format!(" ({id})") };
        let detail = detail.as_ref().map(|detail| format!(", {detail}")).unwrap_or_default();
        neutral::line(&format!("{name}{id}{detail}")).into_owned()
    };
    for stranger in found.iter().take(SHOWN) {
        page.line(&format!("         {}", name(stranger)), "");
    }
    more(found.len(), "account", "accounts", page);
    page.labelled("         → ", words(why.next()), " ");
}

fn one(note: &Note, page: &mut Page) {
    let Note { code: _, message, who } = note;
    let words = neutral::line(message).split(' ').map(str::to_owned).collect::<Vec<_>>();
    page.labelled("  - ", words, " ");
    if !who.is_empty() {
        let shown: Vec<String> = who.iter().take(SHOWN).map(|name: &Text| neutral::line(name).into_owned()).collect();
        let rest = who.len().saturating_sub(SHOWN);
        let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let names = format!("{}{rest}", shown.join(", ")).split(' ').map(str::to_owned).collect::<Vec<_>>();
        page.labelled("    ", names, " ");
    }
}

fn more(all: usize, one: &str, many: &str, page: &mut Page) {
    if let Some(rest) = all.checked_sub(SHOWN).filter(|rest| *rest > 0) {
        let text = format!("         and {}", count(rest, &format!("more {one}"), &format!("more {many}")));
        page.line(&page.paint.ink(Ink::Aside, text), "");
    }
}
