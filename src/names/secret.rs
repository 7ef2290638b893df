use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// The most bytes of a secret. An access token of Entra is a few kilobytes.
pub const LONGEST_SECRET: usize = 64 << 10;

/// A token or key. Prints as dots, is not serialisable, and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

/// Why a text is no secret. It never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// More than [`LONGEST_SECRET`].
    #[error("is longer than {} KiB; is it the right one?", LONGEST_SECRET >> 10)]
    Long,
    /// A line break, other than one at the end.
    #[error("holds more than one line; expected the secret alone")]
    Lines,
    /// A control character.
    #[error("holds a control character; was something else copied along with the secret?")]
    Control,
    /// Bytes that are no text.
    #[error("is not UTF-8 text")]
    Binary,
}

impl Secret {
    /// Reads a secret from where people keep one: a variable, a file, what a command
    /// wrote. One line break at the end and blanks around it are not part of it.
    ///
    /// # Errors
    /// When it is empty, too long, or holds what no secret holds.
    pub fn parse(text: &str) -> Result<Self, NoSecret> {
        if text.len() > LONGEST_SECRET {
            return Err(NoSecret::Long);
        }
        let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        if line.trim().is_empty() {
            return Err(NoSecret::Empty);
        }
        if line.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            return Err(NoSecret::Lines);
        }
        if line.trim_matches([' ', '\t']).chars().any(char::is_control) {
            return Err(NoSecret::Control);
        }
        Ok(Self::new(line))
    }

    /// As [`Secret::parse`], of bytes.
    ///
    /// # Errors
    /// As [`Secret::parse`], and when they are not UTF-8.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, NoSecret> {
        if bytes.len() > LONGEST_SECRET {
            return Err(NoSecret::Long);
        }
        Self::parse(std::str::from_utf8(bytes).map_err(|_| NoSecret::Binary)?)
    }

    /// Wraps `text`; surrounding white space (a newline at the end of a file) is dropped.
    pub fn new(text: &str) -> Self {
        Self(SecretString::from(text.trim()))
    }

    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_SECRET, NoSecret, Secret};

    #[test]
    fn a_secret_prints_as_dots() {
        let secret = Secret::new("hunter2\n");
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "•••••• ••••••");
    }

    #[test]
    fn a_secret_is_one_line() {
        let read = |text: &str| Secret::parse(text).map(|secret| secret.expose().to_owned());
        for text in ["t0ken", "t0ken\n", "t0ken\r\n", " t0ken\t\n"] {
            assert_eq!(read(text).as_deref(), Ok("t0ken"), "{text:?}");
        }
        // A passphrase may hold blanks.
        assert_eq!(read("two words").as_deref(), Ok("two words"));
        for (text, why) in [
            ("", NoSecret::Empty),
            ("\n", NoSecret::Empty),
            (" \t\r\n", NoSecret::Empty),
            ("t0ken\n\n", NoSecret::Lines),
            ("t0ken\nX-Other: 1", NoSecret::Lines),
            ("\nt0ken", NoSecret::Lines),
            ("t0ken\r", NoSecret::Lines),
            ("a\u{2028}b", NoSecret::Lines),
            ("a\tb", NoSecret::Control),
            ("a\0b", NoSecret::Control),
            ("a\u{1b}[2J", NoSecret::Control),
        ] {
            assert_eq!(read(text), Err(why), "{text:?}");
        }
        assert_eq!(Secret::parse(&"a".repeat(LONGEST_SECRET)).map(drop), Ok(()));
        assert_eq!(Secret::parse(&"a".repeat(LONGEST_SECRET + 1)).map(drop), Err(NoSecret::Long));
        assert_eq!(Secret::parse_bytes(&[0xff, 0xfe]).map(drop), Err(NoSecret::Binary));
    }
}
