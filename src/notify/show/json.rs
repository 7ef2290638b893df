//! A message for a program: one JSON object, a contract. Fields are added, never changed.
//! `docs/notifications.md` has them; type, timestamp and data as Standard Webhooks suggests.

use serde::Serialize;

use super::{Notice, Part};
use crate::notify::{decide::Topic, notice::Tone};

/// The version of the format.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Message<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    format_version: u32,
    manifest: &'a str,
    target: &'a str,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    topics: Vec<About>,
    parts: Vec<Matter<'a>>,
}

#[derive(Serialize)]
struct About {
    on: &'static str,
    why: &'static str,
}

#[derive(Serialize)]
struct Matter<'a> {
    tone: &'static str,
    heading: &'a str,
    lines: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    people: &'a [String],
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    todo: Option<&'a str>,
}

/// As one JSON object.
pub fn json(notice: &Notice, at: jiff::Timestamp) -> serde_json::Value {
    let message = Message {
        r#type: if notice.topics.is_empty() { "dialform.test" } else { "dialform.run" },
        timestamp: at.to_string(),
        data: Data {
            format_version: FORMAT_VERSION,
            manifest: &notice.manifest,
            target: &notice.target,
            subject: &notice.subject,
            link: notice.link.as_deref(),
            topics: notice.topics.iter().map(|Topic { on, why }| About { on: on.name(), why: why.name() }).collect(),
            parts: notice.parts.iter().map(matter).collect(),
        },
    };
    serde_json::to_value(message).unwrap_or_default()
}

fn matter(part: &Part) -> Matter<'_> {
    let Part { tone, heading, lines, people, more, todo } = part;
    let tone = match tone {
        Tone::Bad => "bad",
        Tone::Waiting => "waiting",
        Tone::Good => "good",
    };
    Matter { tone, heading, lines, people, more: *more, todo: todo.as_deref() }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}
