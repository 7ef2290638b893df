//! A message as each receiver reads it. Everything foreign is escaped as that receiver needs it.

mod html;
mod json;
mod slack;
mod teams;
mod text;

pub use html::html;
pub use json::json;
pub use slack::slack;
pub use teams::teams;
pub use text::text;

use super::notice::{Notice, Part};

/// Who it is about, in one line.
fn people(part: &Part) -> Option<String> {
    if part.people.is_empty() {
        return None;
    }
    let more = if part.more > 0 { format!(" and {} more", part.more) } else { String::new() };
    Some(format!("{}{more}", part.people.join(", ")))
}

/// What stands under every message.
fn foot(notice: &Notice) -> String {
    format!("{} on {}, {}", notice.manifest, notice.target, notice.at)
}

#[cfg(test)]
mod tests;
