//! The plan file: JSON with a format version and a digest, read back as the same value.
//!
//! The digest is no signature: it notices what was cut, edited or merged, not a
//! forger. So a plan that was read is also checked against itself, and applying
//! can trust its order and its references.

mod consistency;

use serde::{Deserialize, de::IgnoredAny};
use sha2::{Digest, Sha256};

use super::{FORMAT_VERSION, Plan};
pub use consistency::Inconsistency;

/// The largest file that is read. A plan of 100,000 changes takes about a tenth.
pub const MAX_BYTES: u64 = 1 << 30;

/// Why a plan file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is nothing in it.
    #[error("read the plan: the file is empty; make it with `dialform plan --out FILE`")]
    Empty,
    /// It is larger than any plan.
    #[error("read the plan: the file is larger than {} bytes; it is not a plan", MAX_BYTES)]
    TooLarge,
    /// It is not text.
    #[error("read the plan: the file is not UTF-8 from byte {offset} on{}", next_step(.hint))]
    NotText {
        /// The first byte that is not.
        offset: usize,
        /// What it probably is.
        hint: Option<&'static str>,
    },
    /// It is not JSON, or it is cut short.
    #[error("read the plan: {what} at line {line}, column {column}; make it again with `dialform plan --out FILE`")]
    NotJson {
        /// How it is broken.
        what: &'static str,
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
    },
    /// It is JSON, but no plan file.
    #[error("read the plan: the file is not a saved plan{}", next_step(.hint))]
    NotAPlan {
        /// What it probably is.
        hint: Option<&'static str>,
    },
    /// Another version wrote it.
    #[error(
        "read the plan: it has format version {found} and this program reads {}; \
         make it again with this program",
        FORMAT_VERSION
    )]
    Version {
        /// Its version.
        found: u64,
    },
    /// It is not what was written.
    #[error(
        "read the plan: the file was changed after it was written (its digest does not fit); \
         a plan is not edited: change the manifest and make it again"
    )]
    Changed,
    /// The digest fits, but a value in it does not.
    #[error("read the plan: {what}, at line {line}, column {column}; make it again with `dialform plan --out FILE`")]
    Malformed {
        /// What is wrong, a fragment.
        what: String,
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
    },
    /// It contradicts itself.
    #[error("read the plan: {0}; make it again with `dialform plan --out FILE`")]
    Inconsistent(#[from] Inconsistency),
}

fn next_step(hint: &Option<&'static str>) -> String {
    hint.map_or_else(|| "; make one with `dialform plan --out FILE`".to_owned(), |hint| format!("; {hint}"))
}

/// The plan as the text of a file. It holds personal data: write it for its owner alone.
pub fn write(plan: &Plan) -> String {
    seal(&serde_json::to_string(plan).expect("a plan has text for all of its keys"))
}

/// The file around the plan's JSON: version and digest. Not checked; for tests and fuzzing.
#[doc(hidden)]
pub fn seal(body: &str) -> String {
    let mut text = head(&digest(body));
    text.reserve(body.len() + 2);
    text.push_str(body);
    text.push_str("}\n");
    text
}

/// Reads a plan file, checking version and digest before anything else is believed.
///
/// # Errors
/// What is wrong, with the next step.
pub fn read(text: &str) -> Result<Plan, FileError> {
    if text.len() as u64 > MAX_BYTES {
        return Err(FileError::TooLarge);
    }
    if text.trim().is_empty() {
        return Err(FileError::Empty);
    }
    let found = envelope(text)?;
    let body = text
        .strip_prefix(&head(&found))
        .and_then(|rest| rest.trim_end().strip_suffix('}'))
        .filter(|body| digest(body) == found)
        .ok_or(FileError::Changed)?;
    let plan: Plan = serde_json::from_str(body).map_err(|error| malformed(&error))?;
    if plan.format_version != FORMAT_VERSION {
        return Err(FileError::Version { found: plan.format_version.into() });
    }
    consistency::check(&plan)?;
    Ok(plan)
}

/// Reads a plan file from its bytes, which may be anything.
///
/// # Errors
/// What is wrong, with the next step.
pub fn read_bytes(bytes: &[u8]) -> Result<Plan, FileError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(FileError::TooLarge);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => read(text),
        Err(error) => {
            let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
            let hint = utf16.then_some("it looks like UTF-16; write the plan with `--out FILE`, not with `>`");
            Err(FileError::NotText { offset: error.valid_up_to(), hint })
        }
    }
}

/// What stands before the plan. Always the same bytes, so that the plan's own are known.
fn head(digest: &str) -> String {
    format!("{{\"dialform_plan\":{FORMAT_VERSION},\"digest\":\"{digest}\",\"plan\":")
}

fn digest(body: &str) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(body.as_bytes()) {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// What a file says of itself, as far as it says something.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    dialform_plan: Option<serde_json::Value>,
    digest: Option<serde_json::Value>,
    plan: Option<IgnoredAny>,
    // To tell what else it is.
    format_version: Option<IgnoredAny>,
    changes: Option<IgnoredAny>,
    results: Option<IgnoredAny>,
}

/// Checks that the text is JSON to its end and a plan of this version; the digest that it claims.
fn envelope(text: &str) -> Result<String, FileError> {
    let envelope: Envelope = match serde_json::from_str(text) {
        Ok(envelope) => envelope,
        Err(error) if error.is_data() => return Err(FileError::NotAPlan { hint: None }),
        Err(error) => {
            let what = match error.to_string().contains("recursion limit") {
                true => "the file is nested too deeply",
                false if error.is_eof() => "the file is cut short",
                false => "the file is not JSON",
            };
            return Err(FileError::NotJson { what, line: error.line(), column: error.column() });
        }
    };
    let Envelope { dialform_plan, digest, plan, format_version, changes, results } = envelope;
    let Some(version) = dialform_plan else {
        let printed = format_version.is_some().then_some(());
        let hint = match (printed, changes, results) {
            (Some(()), Some(_), _) => {
                Some("it is what `plan --format json` prints; `apply` wants what `plan --out FILE` writes")
            }
            (Some(()), _, Some(_)) => {
                Some("it is the outcome of an apply; `apply` wants what `plan --out FILE` writes")
            }
            _ => None,
        };
        return Err(FileError::NotAPlan { hint });
    };
    match version.as_u64() {
        Some(found) if found == u64::from(FORMAT_VERSION) => {}
        Some(found) => return Err(FileError::Version { found }),
        None => return Err(FileError::NotAPlan { hint: None }),
    }
    match (digest, plan) {
        (Some(serde_json::Value::String(digest)), Some(_)) => Ok(digest),
        _ => Err(FileError::Changed),
    }
}

/// An error of the JSON reader in our words: it would name Rust's types.
fn malformed(error: &serde_json::Error) -> FileError {
    let text = error.to_string();
    let what = text.split(", expected").next().unwrap_or_default();
    let what = what.split(" at line ").next().unwrap_or_default();
    let what = if what.is_empty() || what.contains("struct") || what.contains("enum") {
        "a value is not what a plan holds".to_owned()
    } else {
        what.to_owned()
    };
    FileError::Malformed { what, line: error.line(), column: error.column() }
}

#[cfg(test)]
mod tests;
