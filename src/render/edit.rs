//! What an edit of the manifest does to people, as text, JSON and Markdown.

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use super::neutral::line;
use crate::{
    desired::Cause,
    names::{Place, count},
    plan::edit::{Edit, ValueChange, Wanted},
};

/// The most people that Markdown lists of each kind; a comment has 65,536 characters.
const MOST_LISTED: usize = 150;

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
        (&*person.person, roles.chain(values).collect::<Vec<_>>().join("; "))
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
    for (who, why) in rows.take(MOST_LISTED) {
        out.push_str(&format!("| {} | {} |\n", cell(who, 60), cell(&why, 140)));
    }
    if number > MOST_LISTED {
        out.push_str(&format!("\n{} more are not listed.\n", number - MOST_LISTED));
    }
    out.push_str("\n</details>\n");
}

/// Foreign text in a cell of a table: nothing in it is markup, and it has an end.
fn cell(text: &str, most: usize) -> String {
    let mut cell = String::new();
    for (at, c) in line(text).chars().enumerate() {
        if at == most {
            cell.push('…');
            break;
        }
        match c {
            '&' => cell.push_str("&amp;"),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '@' => cell.push_str("&#64;"),
            ':' => cell.push_str("&#58;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '\\' | '#' | '!' | '~' => {
                cell.push('\\');
                cell.push(c);
            }
            c => cell.push(c),
        }
    }
    cell
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
            })
            .collect(),
    };
    serde_json::to_string_pretty(&value).map(|text| text + "\n").unwrap_or_default()
}

fn cause_json(cause: &Cause) -> CauseJson {
    let place = |place: &Place| PlaceJson { file: place.file.to_string(), line: place.line };
    CauseJson { text: cause.text.to_string(), place: cause.place.as_ref().map(place) }
}

fn summary(edit: &Edit) -> String {
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

fn cause(cause: &Cause) -> String {
    let place = cause.place.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
    format!("{}{place}", line(&cause.text))
}

fn names(roles: &[crate::names::RoleName]) -> String {
    match roles {
        [] => "none".to_owned(),
        roles => roles.iter().map(|role| line(role.as_str()).into_owned()).collect::<Vec<_>>().join(", "),
    }
}

fn roles(roles: &[crate::names::RoleName]) -> String {
    if roles.is_empty() { String::new() } else { format!(" as {}", names(roles)) }
}

fn wanted(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Value(value) => format!("\"{}\"", line(&value.to_string())),
        Wanted::Empty => "empty".to_owned(),
        Wanted::Unmapped => "left alone".to_owned(),
        Wanted::Failed(message) => format!("fails: {}", line(message)),
    }
}
