//! A message as plain text: mail, and `--dry-run`.

use super::{Notice, foot, people};

/// As plain text.
pub fn text(notice: &Notice) -> String {
    let mut out = String::new();
    for part in &notice.parts {
        out.push_str(&format!("{}\n", part.heading));
        for line in &part.lines {
            out.push_str(&format!("  {line}\n"));
        }
        if let Some(people) = people(part) {
            out.push_str(&format!("  {people}\n"));
        }
        if let Some(todo) = &part.todo {
            out.push_str(&format!("  To do: {todo}\n"));
        }
        out.push('\n');
    }
    if let Some(link) = &notice.link {
        out.push_str(&format!("{link}\n"));
    }
    out.push_str(&format!("{}\nSent by dialform; `notify` in the manifest says to whom and when.\n", foot(notice)));
    out
}
