//! What every page has.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style sheet stands in the page: nothing comes from elsewhere.
pub(super) const STYLE: &str = include_str!("style.css");

/// A page. With `refresh` it is asked for again after so many seconds.
pub(super) fn page(title: &str, refresh: Option<u64>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                @if let Some(seconds) = refresh { meta http-equiv="refresh" content=(seconds); }
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
}
