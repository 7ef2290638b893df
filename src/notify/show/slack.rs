//! A message for Slack: blocks, with a text for notifications and screen readers.
//!
//! <https://docs.slack.dev/messaging/formatting-message-text#escaping>: `&`, `<` and `>` are
//! escaped; nothing else can begin a mention or a link, since `verbatim` keeps Slack from
//! looking for them. A section holds 3,000 characters, a header 150, a message 50 blocks.

use serde_json::{Value, json};

use super::{Notice, Part, foot, people};
use crate::notify::notice::Tone;

const SECTION: usize = 2900;
const HEADER: usize = 150;
const BLOCKS: usize = 48;

/// As Slack's incoming webhooks take it.
pub fn slack(notice: &Notice) -> Value {
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": cut(&notice.subject, HEADER), "emoji": false },
    })];
    blocks.extend(notice.parts.iter().take(BLOCKS).map(section));
    let mut under = escaped(&foot(notice));
    if let Some(link) = notice.link.as_deref().filter(|link| link.starts_with("https://") && !link.contains('|')) {
        under = format!("<{}|See the run> · {under}", escaped(link));
    }
    blocks.push(json!({
        "type": "context",
        "elements": [{ "type": "mrkdwn", "text": cut(&under, SECTION), "verbatim": true }],
    }));
    json!({ "text": escaped(&notice.subject), "blocks": blocks, "unfurl_links": false, "unfurl_media": false })
}

fn section(part: &Part) -> Value {
    let sign = match part.tone {
        Tone::Bad => ":red_circle:",
        Tone::Waiting => ":large_yellow_circle:",
        Tone::Good => ":large_green_circle:",
    };
    let mut lines = vec![format!("{sign} *{}*", plain(&part.heading))];
    lines.extend(part.lines.iter().map(|line| escaped(line)));
    lines.extend(people(part).map(|people| escaped(&people)));
    lines.extend(part.todo.as_ref().map(|todo| format!("*To do:* {}", escaped(todo))));
    let text = cut(&lines.join("\n"), SECTION);
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Inside asterisks, where another one would end them.
fn plain(text: &str) -> String {
    escaped(text).replace('*', "∗")
}

/// The first characters; never the half of an escape.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most - 1).collect();
    if let Some(at) = kept.rfind('&').filter(|at| !kept[*at..].contains(';')) {
        kept.truncate(at);
    }
    kept + "…"
}
