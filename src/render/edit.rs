//! What an edit of the manifest does to people, as text, JSON and Markdown.

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    markdown::escape::{code, prose},
    neutral::line,
};
use crate::{
    desired::Cause,
    names::{Place, count},
    plan::edit::{Edit, GrantEdit, ValueChange, Wanted},
};

/// Bytes of the people of one kind in Markdown; a comment has 65,536 characters for all three.
const MOST_LISTED: usize = 20_000;

/// For people: counts first, then who enters, who leaves and what changes.
pub fn text(edit: &Edit, color: bool) -> String {
    let paint = |style: AnsiColor, text: String| {
        let style = Style::new().fg_color(Some(style.into()));
        if color { format!("{style}{text}{style:#}") } else { text }
    };
    let mut out = summary(edit);
    out.push('\n');
    if !edit.enters.is_empty() {
        out.push_str("\nEnter:\n");
    }
    for person in &edit.enters {
        let roles = roles(&person.roles);
        let who = line(&person.person);
        out.push_str(&paint(AnsiColor::Green, format!("  + {who}{roles}")));
        out.push_str(&format!("\n      now {}, before {}\n", cause(&person.after), cause(&person.before)));
    }
    if !edit.leaves.is_empty() {
        out.push_str("\nLeave:\n");
    }
    for person in &edit.leaves {
        out.push_str(&paint(AnsiColor::Red, format!("  - {}", line(&person.person))));
        out.push_str(&format!("\n      now {}, before {}\n", cause(&person.after), cause(&person.before)));
    }
    if !edit.changes.is_empty() {
        out.push_str("\nChange:\n");
    }
    for person in &edit.changes {
        out.push_str(&paint(AnsiColor::Yellow, format!("  ~ {}", line(&person.person))));
        out.push('\n');
        if let Some(change) = &person.roles {
            out.push_str(&format!("      roles: {} → {}\n", names(&change.before), names(&change.after)));
        }
        for change in &person.values {
            let ValueChange { path, before, after, place } = change;
            out.push_str(&format!(
                "      {}: {} → {}  ({place})\n",
                line(path.as_str()),
                wanted(before),
                wanted(after)
            ));
        }
        for change in &person.grants {
            out.push_str(&format!("      {}  ({})\n", line(&granted(change)), change.place));
        }
    }
    out
}

/// For a pull request comment.
pub fn markdown(edit: &Edit) -> String {
    let mut out = format!("### What this edit does to people\n\n{}\n", summary(edit));
    let enters = edit.enters.iter().map(|person| {
        (&*person.person, format!("{}{}; before {}", cause(&person.after), roles(&person.roles), cause(&person.before)))
    });
    section(&mut out, "Enter", edit.enters.len(), enters);
    let leaves = edit
        .leaves
        .iter()
        .map(|person| (&*person.person, format!("{}; before {}", cause(&person.after), cause(&person.before))));
    section(&mut out, "Leave", edit.leaves.len(), leaves);
    let changes = edit.changes.iter().map(|person| {
        let roles =
            person.roles.iter().map(|change| format!("roles: {} → {}", names(&change.before), names(&change.after)));
        let values = person
            .values
            .iter()
            .map(|change| format!("{}: {} → {}", change.path.as_str(), wanted(&change.before), wanted(&change.after)));
        let grants = person.grants.iter().map(granted);
        (&*person.person, roles.chain(values).chain(grants).collect::<Vec<_>>().join("; "))
    });
    section(&mut out, "Change", edit.changes.len(), changes);
    out
}

fn section<'a>(out: &mut String, title: &str, number: usize, rows: impl Iterator<Item = (&'a str, String)>) {
    if number == 0 {
        return;
    }
    let open = if number <= 20 { " open" } else { "" };
    out.push_str(&format!(
        "\n<details{open}><summary>{title}: {}</summary>\n\n| who | why |\n|---|---|\n",
        count(number, "person", "people")
    ));
    let mut list = String::new();
    let mut listed = 0;
    for (who, why) in rows {
        let row = format!("| {} | {} |\n", code(who), prose(&why));
        if list.len() + row.len() > MOST_LISTED {
            break;
        }
        list.push_str(&row);
        listed += 1;
    }
    out.push_str(&list);
    if number > listed {
        out.push_str(&format!("\n{} more are not listed.\n", number - listed));
    }
    out.push_str("\n</details>\n");
}

/// The JSON of `plan --base --format json`.
#[derive(Serialize, JsonSchema)]
struct EditJson {
    /// The version of this format; fields are added, never changed.
    format_version: u32,
    /// How many people are concerned.
    summary: SummaryJson,
    /// Who gets Dialpad by the edit.
    enters: Vec<PersonJson>,
    /// Who loses it.
    leaves: Vec<PersonJson>,
    /// Who stays with other roles or values.
    changes: Vec<ChangeJson>,
}

#[derive(Serialize, JsonSchema)]
struct SummaryJson {
    enters: usize,
    leaves: usize,
    changes: usize,
    same: u64,
}

#[derive(Serialize, JsonSchema)]
struct PersonJson {
    person: String,
    before: CauseJson,
    after: CauseJson,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct CauseJson {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceJson>,
}

#[derive(Serialize, JsonSchema)]
struct PlaceJson {
    file: String,
    line: u32,
}

#[derive(Serialize, JsonSchema)]
struct ChangeJson {
    person: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<RolesJson>,
    values: Vec<ValueJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<GrantJson>,
}

#[derive(Serialize, JsonSchema)]
struct GrantJson {
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct RolesJson {
    before: Vec<String>,
    after: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct ValueJson {
    path: String,
    before: serde_json::Value,
    after: serde_json::Value,
}

/// For machines.
pub fn json(edit: &Edit) -> String {
    let strings = |roles: &[crate::names::RoleName]| roles.iter().map(ToString::to_string).collect::<Vec<_>>();
    let value = |wanted: &Wanted| match wanted {
        Wanted::Value(value) => value.to_json(),
        Wanted::Empty | Wanted::Unmapped | Wanted::Failed(_) => serde_json::Value::Null,
    };
    let value = EditJson {
        format_version: 1,
        summary: SummaryJson {
            enters: edit.enters.len(),
            leaves: edit.leaves.len(),
            changes: edit.changes.len(),
            same: edit.same,
        },
        enters: edit
            .enters
            .iter()
            .map(|person| PersonJson {
                person: person.person.to_string(),
                before: cause_json(&person.before),
                after: cause_json(&person.after),
                roles: strings(&person.roles),
            })
            .collect(),
        leaves: edit
            .leaves
            .iter()
            .map(|person| PersonJson {
                person: person.person.to_string(),
                before: cause_json(&person.before),
                after: cause_json(&person.after),
                roles: Vec::new(),
            })
            .collect(),
        changes: edit
            .changes
            .iter()
            .map(|person| ChangeJson {
                person: person.person.to_string(),
                roles: person
                    .roles
                    .as_ref()
                    .map(|change| RolesJson { before: strings(&change.before), after: strings(&change.after) }),
                values: person
                    .values
                    .iter()
                    .map(|change| ValueJson {
                        path: change.path.as_str().to_owned(),
                        before: value(&change.before),
                        after: value(&change.after),
                    })
                    .collect(),
                grants: person
                    .grants
                    .iter()
                    .map(|change| GrantJson {
                        what: change.what.to_string(),
                        before: change.before.as_deref().map(str::to_owned),
                        after: change.after.as_deref().map(str::to_owned),
                    })
                    .collect(),
            })
            .collect(),
    };
    serde_json::to_string_pretty(&value).map(|text| text + "\n").unwrap_or_default()
}

fn cause_json(cause: &Cause) -> CauseJson {
    let place = |place: &Place| PlaceJson { file: place.file.to_string(), line: place.line };
    CauseJson { text: cause.text.to_string(), place: cause.place.as_ref().map(place) }
}

pub(super) fn summary(edit: &Edit) -> String {
    if edit.is_empty() {
        let same = usize::try_from(edit.same).unwrap_or(usize::MAX);
        return format!("The edit changes nobody: {} stay as they are.", count(same, "person", "people"));
    }
    let people = |n: usize| count(n, "person", "people");
    let same = usize::try_from(edit.same).unwrap_or(usize::MAX);
    format!(
        "{} get Dialpad, {} lose it, {} change, {} stay as they are.",
        people(edit.enters.len()),
        people(edit.leaves.len()),
        people(edit.changes.len()),
        people(same)
    )
}

pub(super) fn cause(cause: &Cause) -> String {
    let place = cause.place.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
    format!("{}{place}", line(&cause.text))
}

pub(super) fn names(roles: &[crate::names::RoleName]) -> String {
    match roles {
        [] => "none".to_owned(),
        roles => roles.iter().map(|role| line(role.as_str()).into_owned()).collect::<Vec<_>>().join(", "),
    }
}

pub(super) fn roles(roles: &[crate::names::RoleName]) -> String {
    if roles.is_empty() { String::new() } else { format!(" as {}", names(roles)) }
}

/// `licence: Connect → Sell`, `contact center Billing: none → operator`.
pub(super) fn granted(change: &GrantEdit) -> String {
    let GrantEdit { what, before, after, place: _ } = change;
    let side = |text: &Option<crate::names::Text>| text.as_deref().unwrap_or("none").to_owned();
    format!("{what}: {} → {}", side(before), side(after))
}

pub(super) fn wanted(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Value(value) => format!("\"{}\"", line(&value.to_string())),
        Wanted::Empty => "empty".to_owned(),
        Wanted::Unmapped => "left alone".to_owned(),
        Wanted::Failed(message) => format!("fails: {}", line(message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{desired::CauseKind, plan::edit::Leaves};

    #[test]
    fn markdown_fits_a_comment_and_nothing_foreign_is_markup_or_a_mention() {
        let cause = |text: &str| Cause { kind: CauseKind::Filter, text: text.into(), place: None };
        let leaves = |n: usize| Leaves {
            person: format!("<b>|@team{n}").as_str().into(),
            before: cause("group <SG>|@all"),
            after: cause("filter `x|y`"),
        };
        let edit = Edit { leaves: (0..5_000).map(leaves).collect(), ..Edit::default() };
        let text = markdown(&edit);
        assert!(text.len() < 65_000 && text.contains("more are not listed"), "{}", text.len());
        assert!(text.contains("| <code>&lt;b&gt;"), "{text}");
        assert!(!text.contains("<b>") && !text.contains("<SG>") && !text.contains("@all") && !text.contains("@team"));
        for row in text.lines().filter(|line| line.starts_with("| <code>")) {
            assert_eq!(row.matches('|').count(), 3, "{row}");
        }
    }
}
