//! A message for Teams: an Adaptive Card, as a Workflows webhook takes it.
//!
//! <https://support.microsoft.com/office/create-incoming-webhooks-with-workflows>; the connectors
//! of before are retired. A message holds 28 KB. `TextRun` knows no Markdown, so that nothing
//! foreign is markup.

use serde_json::{Value, json};

use super::{Notice, Part, foot, people};
use crate::notify::notice::Tone;

/// Bytes of the parts, so that the whole stays under 28 KB.
const MOST: usize = 20_000;

/// As a Workflows webhook takes it.
pub fn teams(notice: &Notice) -> Value {
    let mut body = vec![rich(vec![run(&notice.subject, json!({ "weight": "Bolder", "size": "Large" }))])];
    let (mut used, mut left) = (0, 0);
    for part in &notice.parts {
        let made = container(part);
        used += made.to_string().len();
        if used > MOST {
            left += 1;
        } else {
            body.push(made);
        }
    }
    if left > 0 {
        body.push(rich(vec![run(&format!("… and {left} more; `dialform plan` says all"), json!({}))]));
    }
    body.push(rich(vec![run(&foot(notice), json!({ "isSubtle": true, "size": "Small" }))]));
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": { "width": "Full" },
        "fallbackText": notice.subject,
        "body": body,
    });
    if let Some(link) = notice.link.as_deref().filter(|link| link.starts_with("https://")) {
        card["actions"] = json!([{ "type": "Action.OpenUrl", "title": "See the run", "url": link }]);
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

fn container(part: &Part) -> Value {
    let style = match part.tone {
        Tone::Bad => "attention",
        Tone::Waiting => "warning",
        Tone::Good => "good",
    };
    let mut items = vec![rich(vec![run(&part.heading, json!({ "weight": "Bolder" }))])];
    items.extend(part.lines.iter().map(|line| rich(vec![run(line, json!({}))])));
    items.extend(people(part).map(|people| rich(vec![run(&people, json!({}))])));
    items.extend(
        part.todo.as_ref().map(|todo| rich(vec![run("To do: ", json!({ "weight": "Bolder" })), run(todo, json!({}))])),
    );
    json!({ "type": "Container", "style": style, "items": items })
}

fn rich(inlines: Vec<Value>) -> Value {
    json!({ "type": "RichTextBlock", "inlines": Value::Array(inlines) })
}

fn run(text: &str, mut style: Value) -> Value {
    style["type"] = json!("TextRun");
    style["text"] = json!(text);
    style
}
