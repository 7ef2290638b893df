//! A message as the HTML half of a mail. Mail programs read styles only where they stand.

use maud::{DOCTYPE, Markup, html};

use super::{Notice, Part, foot, people};
use crate::notify::notice::Tone;

const FONT: &str = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;\
                    font-size:15px;line-height:1.5";

/// As a page for a mail program.
pub fn html(notice: &Notice) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                title { (notice.subject) }
            }
            body style={ "margin:0;padding:16px;" (FONT) } {
                div style="max-width:640px;margin:0 auto" {
                    h1 style="font-size:20px;line-height:1.3;margin:0 0 16px" { (notice.subject) }
                    @for part in &notice.parts { (matter(part)) }
                    @if let Some(link) = notice.link.as_deref().filter(|link| link.starts_with("https://")) {
                        p { a href=(link) { "See the run" } }
                    }
                    p style="font-size:13px;opacity:.75;margin-top:24px" {
                        (foot(notice)) br;
                        "Sent by dialform; " code { "notify" } " in the manifest says to whom and when."
                    }
                }
            }
        }
    };
    page.into_string()
}

fn matter(part: &Part) -> Markup {
    let color = match part.tone {
        Tone::Bad => "#c0392b",
        Tone::Waiting => "#b9770e",
        Tone::Good => "#1e8449",
    };
    html! {
        div style={ "border-left:4px solid " (color) ";padding:2px 0 2px 12px;margin:0 0 14px" } {
            strong { (part.heading) }
            @for line in &part.lines { p style="margin:2px 0" { (marked(line)) } }
            @if let Some(people) = people(part) { p style="margin:2px 0;overflow-wrap:anywhere" { (people) } }
            @if let Some(todo) = &part.todo { p style="margin:2px 0" { strong { "To do: " } (marked(todo)) } }
        }
    }
}

/// What stands between backticks as code.
fn marked(text: &str) -> Markup {
    let paired = text.matches('`').count().is_multiple_of(2);
    html! {
        @for (at, part) in text.split(|c| paired && c == '`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
