//! Markdown for what pops up in an editor.

use crate::render::neutral;

/// The longest value that is shown, in characters.
const MOST: usize = 300;

/// A name or value from outside, as code. Nothing in it can end the code.
pub(super) fn code(text: &str) -> String {
    let text = neutral::line(text);
    let cut = match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into_owned(),
    };
    let longest = cut.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if cut.starts_with('`') || cut.ends_with('`') || cut.is_empty() { " " } else { "" };
    format!("{fence}{blank}{cut}{blank}{fence}")
}

/// A block of code.
pub(super) fn block(text: &str) -> String {
    format!("```text\n{}\n```", neutral::lines(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_code() {
        assert_eq!(code("Ana"), "`Ana`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``"), "``` `` ```");
        assert_eq!(code(""), "`  `");
        assert_eq!(code("a\n# b"), "`a\\n# b`");
        assert!(code(&"x".repeat(1000)).chars().count() < 310);
    }
}
