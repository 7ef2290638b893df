//! Secrets that were written out: found, refused, and never shown again.

use std::ops::Range;

/// Keys under which people write a secret out.
const KEYS: [&str; 5] = ["token", "secret", "password", "key", "api_key"];

/// What stands before a secret: hosts whose addresses let whoever has one post.
const HOOKS: [&str; 8] = [
    // What stands before a key of Standard Webhooks.
    "whsec_",
    "hooks.slack.com",
    "webhook.office.com",
    "logic.azure.com",
    "api.powerplatform.com",
    "discord.com",
    "chat.googleapis.com",
    "hc-ping.com",
];

/// Keys that say where a secret is.
const REFERENCES: [&str; 3] = ["env", "file", "command"];

/// Whether a text looks like a token rather than a name.
pub fn looks_like_token(text: &str) -> bool {
    if text.starts_with("Bearer ") || text.starts_with("bearer ") || is_jwt(text) {
        return true;
    }
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '='));
    let has = |wanted: fn(&char) -> bool| text.chars().any(|c| wanted(&c));
    is_word
        && text.len() >= 24
        && has(char::is_ascii_digit)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_uppercase)
}

/// Whether a text is a signed token (RFC 7519) or carries one as a header would.
pub fn is_certainly_token(text: &str) -> bool {
    is_jwt(text) || text.strip_prefix("Bearer ").is_some_and(|token| token.len() >= 16)
}

fn is_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.len() > 40 && text.matches('.').count() == 2
}

/// The text for showing: what was written out as a secret becomes stars of the
/// same length, so that places stay right. It works on lines, because the text
/// may not be YAML.
pub fn masked(text: &str) -> String {
    let mut shown = text.to_owned();
    // The indentation of a key whose value stands on the lines below it.
    let mut open: Option<usize> = None;
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end();
        let indent = line.len() - line.trim_start().len();
        let is_item = line.trim_start().starts_with("- ");
        let is_below = open.is_some_and(|above| indent > above || line.is_empty() || is_item && indent == above);
        if !is_below {
            open = None;
        }
        let mut secrets = if is_below { inside(line, 0..line.len()) } else { Vec::new() };
        for value in KEYS.iter().flat_map(|key| values(line, key)) {
            match line[value.clone()].chars().next() {
                None | Some('|' | '>' | '&' | '!') => open = Some(indent),
                Some('*' | '#') => {}
                Some('{' | '[') => secrets.extend(inside(line, closed(line, value))),
                Some(_) => secrets.push(scalar(line, value)),
            }
        }
        secrets.extend(elsewhere(line));
        for secret in secrets {
            hide(&mut shown, start + secret.start, start + secret.end);
        }
        start += whole.len();
    }
    shown
}

/// What stands behind a key, to the end of the line.
fn values(line: &str, key: &str) -> Vec<Range<usize>> {
    let found = line.match_indices(key).filter_map(|(at, _)| {
        if line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')) {
            return None;
        }
        let rest = line[at + key.len()..].trim_start_matches(['"', '\'']).trim_start();
        let value =
            rest.strip_prefix(':').filter(|value| value.is_empty() || value.starts_with([' ', '\t', '"', '\'']))?;
        Some(line.len() - value.trim_start().len()..line.len())
    });
    found.collect()
}

/// The scalar that a value begins with, without its quotes.
fn scalar(line: &str, value: Range<usize>) -> Range<usize> {
    let text = &line[value.clone()];
    let start = value.start + text.len() - text.trim_start_matches(['"', '\'']).len();
    let text = &line[start..value.end];
    let end = text.find(['"', '\'', ',', '}', ']', '#']).unwrap_or(text.len());
    start..start + text[..end].trim_end().len()
}

/// Of a value in brackets, as far as they close. With a quote in it all of the line counts:
/// a bracket in a secret must not uncover the rest of it.
fn closed(line: &str, value: Range<usize>) -> Range<usize> {
    let mut depth = 0_usize;
    for (at, letter) in line[value.clone()].char_indices() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' if depth == 1 => return value.start..value.start + at + 1,
            '}' | ']' => depth -= 1,
            '"' | '\'' => break,
            _ => {}
        }
    }
    value
}

/// What stands in the place of a secret's reference: everything but a reference is hidden.
fn inside(line: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut start = range.start;
    for piece in line[range].split_inclusive([',', '{', '}', '[', ']']) {
        let end = start + piece.len();
        let (key, value) = match piece.split_once(": ") {
            Some((key, value)) => (key.trim().trim_matches(['"', '\'']), end - value.trim_start().len()..end),
            None => ("", end - piece.trim_start().trim_start_matches("- ").len()..end),
        };
        start = end;
        if !REFERENCES.contains(&key) && !line[value.clone()].starts_with(['{', '[']) {
            secrets.push(scalar(line, value));
        }
    }
    secrets
}

/// Tokens where no secret is expected.
fn elsewhere(line: &str) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    // A name and a command are shown, a token in their place is not.
    for value in REFERENCES.iter().flat_map(|key| values(line, key)) {
        let mut start = value.start;
        for word in line[value].split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '}' | ',')) {
            let bare = word.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '}' | ','));
            secrets.extend(looks_like_token(bare).then_some(start..start + bare.len()));
            start += word.len();
        }
    }
    for (at, _) in line.match_indices("eyJ") {
        let rest = &line[at..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
        let end = at + rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        secrets.extend(is_jwt(&line[at..end]).then_some(at..end));
    }
    for hook in HOOKS {
        for (at, host) in line.match_indices(hook) {
            let start = at + host.len();
            let path = line[start..].split([' ', '"', '\'', ',', '}', ']']).next().unwrap_or_default();
            secrets.extend((path.len() > 1).then_some(start..start + path.len()));
        }
    }
    // `https://user:password@host`
    for (at, slashes) in line.match_indices("://") {
        let start = at + slashes.len();
        let authority = line[start..].split(['/', '?', '#', ' ', '"', '\'', ',']).next().unwrap_or_default();
        secrets.extend(authority.rfind('@').map(|end| start..start + end));
    }
    secrets
}

fn hide(text: &mut String, start: usize, end: usize) {
    if text.get(start..end).is_some() {
        text.replace_range(start..end, &"*".repeat(end - start));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_was_written_out_is_not_shown() {
        for text in [
            "token: hunter2-and-more\n",
            "  token: 'hunter2-and-more'\n",
            "scim: { url: x, token: hunter2-and-more, rate: 20/s }\n",
            "\"token\": \"hunter2-and-more\"\r\n",
            "- password: hunter2-and-more # comment\n",
            "url: https://ana:hunter2@dialpad.com/scim\n",
            "token: [hunter2-and-more\n",
            "token: { value: hunter2-and-more }\n",
            "a:\n  token: >-\n    hunter2-and-more\n\n    hunter2\n  b: c\n",
            "a:\n  token:\n    value: 'hunter2-and-more'\n  b: c\n",
            "a:\n  token:\n  - hunter2-and-more\n",
        ] {
            let shown = masked(text);
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(shown.len(), text.len());
        }
    }

    #[test]
    fn a_token_in_the_place_of_a_reference_is_not_shown() {
        let shown = masked("token: { env: aB3dE6gH9jK2mN5pQ8sT1vW4xY7z }\n");
        assert_eq!(shown, "token: { env: **************************** }\n");
        let shown = masked("command: echo aB3dE6gH9jK2mN5pQ8sT1vW4xY7z\n");
        assert_eq!(shown, "command: echo ****************************\n");
    }

    #[test]
    fn references_are_shown() {
        for text in ["token: { env: DIALPAD_TOKEN }\n", "token:\n  env: DIALPAD_TOKEN\n", "mykey: x\n", "key:x\n"] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn a_token_looks_like_no_name() {
        assert!(looks_like_token("aB3dE6gH9jK2mN5pQ8sT1vW4"));
        assert!(looks_like_token("Bearer x"));
        assert!(!looks_like_token("DIALPAD_TOKEN"));
        assert!(!looks_like_token("DIALPAD_TOKEN_OF_THE_COMPANY_2"));
        assert!(!looks_like_token("op://it/dialpad/token"));
    }
}
