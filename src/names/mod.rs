//! What we compare: ids, values, attribute paths, places and secrets.
//!
//! Everything here is a plain value without behaviour of its own beyond
//! comparing, printing and parsing. All other rooms build on it; it builds on
//! none of them.

mod license;
mod order;
mod path;
mod place;
mod post;
mod reading;
mod secret;
mod value;

pub use license::License;
pub use order::{HashMap, HashSet, lead, repeated, sort_by_text};
pub use path::{AttrPath, PathError, Selector};
pub use place::Place;
pub use post::Post;
pub use reading::{Complete, Reading};
pub use secret::{LONGEST_SECRET, NoSecret, Secret};
pub use value::{Attributes, Value};

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use unicode_general_category::{GeneralCategory, get_general_category};

/// Shared, immutable text. Cloning is cheap, so a value read from the
/// directory flows to the plan without being copied.
pub type Text = Arc<str>;

macro_rules! text_newtype {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Text);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Text>) -> Self {
                Self(text.into())
            }

            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The shared text itself.
            pub fn text(&self) -> &Text {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
    )+};
}

text_newtype! {
    /// The immutable id of a person or group in the source (Entra's `objectId`).
    SourceId,
    /// The `id` that the SCIM service gave to a user or group (RFC 7643 §3.1).
    TargetId,
    /// The id that Dialpad's admin API gave to a user, office, department, contact center, policy or
    /// channel. Whether it is the SCIM id too is not documented, so the two are kept apart.
    ApiId,
    /// The key of a role in the manifest.
    RoleName,
}

/// A key for comparing without case: user names, e-mail addresses, group names
/// of the manifest. RFC 7643 §4.1.1 makes `userName` case-insensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folded(Text);

impl Folded {
    /// Folds `text`: surrounding white space dropped, lower case.
    pub fn new(text: &str) -> Self {
        Self(fold(text.trim()).into())
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lower case by Unicode's simple rules; ASCII without an allocation per character.
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}

/// Whether a character does something other than being seen.
///
/// Controls, line and paragraph separators, and format characters (bidi overrides
/// and isolates, zero-width characters, tags). The joiners U+200C and U+200D stay:
/// Persian names and many emoji need them.
pub fn is_hostile(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    match get_general_category(c) {
        GeneralCategory::Control | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => true,
        GeneralCategory::Format => !matches!(c, '\u{200c}' | '\u{200d}'),
        _ => false,
    }
}

/// Compares two texts without case.
pub fn eq_fold(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        left.eq_ignore_ascii_case(right)
    } else {
        left.to_lowercase() == right.to_lowercase()
    }
}

/// The candidate nearest to `wanted`, if any is near enough to suggest.
pub fn near_miss<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(wanted);
    candidates
        .into_iter()
        .map(|candidate| (likeness(&folded, &fold(candidate)), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0).then_with(|| right.1.cmp(left.1)))
        .map(|(_, candidate)| candidate)
}

/// From 0 to 1. Of short words one letter is much, so a single slip counts by itself, and so does
/// a word that stands whole within another: `base_url` for `url`.
fn likeness(wanted: &str, candidate: &str) -> f64 {
    let like = strsim::jaro_winkler(wanted, candidate);
    let slip = wanted.len() > 1 && strsim::osa_distance(wanted, candidate) == 1;
    let within = wanted.split(['_', '-', '.', ' ']).any(|word| word == candidate);
    if slip || within { like.max(0.95) } else { like }
}

/// `1 person`, `2 people`: a count with its noun.
pub fn count(n: usize, one: &str, many: &str) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_have_the_right_noun() {
        assert_eq!(count(1, "person", "people"), "1 person");
        assert_eq!(count(0, "person", "people"), "0 people");
        assert_eq!(count(1_234_567, "person", "people"), "1,234,567 people");
        assert_eq!(count(999, "x", "x"), "999 x");
    }

    #[test]
    fn a_near_miss_is_the_closest_candidate_or_none() {
        assert_eq!(near_miss("adminn", ["agent", "admin"]), Some("admin"));
        assert_eq!(near_miss("zzz", ["agent", "admin"]), None);
        assert_eq!(near_miss("rn", ["grants", "run", "roles"]), Some("run"), "one letter of a short word");
        assert_eq!(near_miss("base_url", ["concurrency", "url", "rate"]), Some("url"));
        assert_eq!(near_miss("x", ["y", "z"]), None, "one letter that is another is no slip");
    }
}
