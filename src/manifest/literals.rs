//! Secrets that were written out: found, refused, and never shown again.

use std::ops::Range;

/// Keys under which people write a secret out.
const KEYS: [&str; 5] = ["token", "secret", "password", "key", "api_key"];

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
    for (start, line) in lines(text) {
        for secret in secrets(line) {
            hide(&mut shown, start + secret.start, start + secret.end);
        }
    }
    shown
}

fn secrets(line: &str) -> Vec<Range<usize>> {
    let values = |keys: &[&'static str]| -> Vec<Range<usize>> {
        let found = keys.iter().flat_map(|key| line.match_indices(key));
        found.filter_map(|(at, key)| value_behind(line, at, key.len())).collect()
    };
    let mut secrets = values(&KEYS);
    // A name and a command are shown, a token in their place is not.
    for value in values(&REFERENCES) {
        let words = line[value.clone()].split_whitespace().filter(|word| looks_like_token(word));
        secrets.extend(words.filter_map(|word| {
            let at = value.start + line[value.clone()].find(word)?;
            Some(at..at + word.len())
        }));
    }
    for (at, _) in line.match_indices("eyJ") {
        let rest = &line[at..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
        let end = at + rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        secrets.extend(is_jwt(&line[at..end]).then_some(at..end));
    }
    // `https://user:password@host`
    for (at, slashes) in line.match_indices("://") {
        let start = at + slashes.len();
        let authority = line[start..].split(['/', '?', '#', ' ', '"', '\'', ',']).next().unwrap_or_default();
        secrets.extend(authority.rfind('@').map(|end| start..start + end));
    }
    secrets
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        (at, line.trim_end())
    })
}

/// The scalar behind a key at `found`, where it is one.
fn value_behind(line: &str, found: usize, length: usize) -> Option<Range<usize>> {
    if line[..found].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')) {
        return None;
    }
    let rest = line[found + length..].trim_start_matches(['"', '\'']).trim_start();
    let value = rest.strip_prefix(':')?;
    if !value.starts_with([' ', '\t', '"', '\'']) {
        return None;
    }
    let value = value.trim_start();
    let start = line.len() - value.len();
    let (start, value) = match value.chars().next()? {
        '{' | '[' | '&' | '*' | '|' | '>' | '!' | '#' => return None,
        '"' | '\'' => (start + 1, &value[1..]),
        _ => (start, value),
    };
    let end = value.find(['"', '\'', ',', '}', '#']).unwrap_or(value.len());
    (end > 0).then(|| start..start + value[..end].trim_end().len())
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
