//! The document of the memory: one JSON object with a format version, replaced as a whole.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    StateError,
    journal::{Doubt, Untold},
};
use crate::{memory::Memory, names::Text};

/// The document.
pub(super) const FILE: &str = "memory.json";
/// The document before the last one.
pub(super) const PREVIOUS: &str = "memory.previous.json";

const FORMAT: &str = "dialform memory";
const VERSION: u64 = 1;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Links, suspensions and the like.
    pub memory: Memory,
    /// Requests of earlier runs of which nobody knows whether they were done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_doubt: Vec<Doubt>,
    /// Changes of earlier runs whose lines the log may lack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untold: Vec<Untold>,
}

/// What is kept, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    /// The target that it was written for.
    pub target: Text,
    /// Counts how often it was written.
    pub generation: u64,
    /// What is kept.
    pub kept: Kept,
}

#[derive(Deserialize)]
struct Envelope {
    target: Text,
    generation: u64,
    sum: String,
    kept: Value,
}

/// The document as text.
pub(super) fn write(document: &Document, manifest: &str, at: Timestamp) -> Result<String, String> {
    // Through a value, so that reading can write the same bytes to check them.
    let kept = serde_json::to_value(&document.kept).map_err(|error| error.to_string())?;
    let envelope = serde_json::json!({
        "format": FORMAT,
        "version": VERSION,
        "manifest": manifest,
        "target": document.target,
        "generation": document.generation,
        "written": at.to_string(),
        "sum": sum(&kept),
        "kept": kept,
    });
    Ok(format!("{envelope}\n"))
}

/// Reads a document, believing nothing before format, version and sum are right.
pub(super) fn read(bytes: &[u8], file: &str) -> Result<Document, StateError> {
    let damaged = |problem: String| StateError::damaged(file, problem);
    let value: Value = serde_json::from_slice(bytes).map_err(|error| damaged(format!("it is not JSON: {error}")))?;
    if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(damaged("it is not the memory of dialform".to_owned()));
    }
    match value.get("version").and_then(Value::as_u64) {
        Some(VERSION) => {}
        Some(version) => return Err(StateError::Version { file: file.to_owned(), version, ours: VERSION }),
        None => return Err(damaged("it has no format version".to_owned())),
    }
    let envelope: Envelope = serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?;
    if sum(&envelope.kept) != envelope.sum {
        return Err(damaged("its sum is wrong: it was cut or changed by something else".to_owned()));
    }
    let kept = serde_json::from_value(envelope.kept).map_err(|error| damaged(error.to_string()))?;
    Ok(Document { target: envelope.target, generation: envelope.generation, kept })
}

/// SHA-256 of the compact text, in hex.
fn sum(value: &Value) -> String {
    hex(&Sha256::digest(value.to_string().as_bytes()))
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        memory::UserLink,
        names::{SourceId, TargetId},
    };

    fn document() -> Document {
        let mut memory = Memory::default();
        let link = UserLink {
            target: TargetId::from("9"),
            name: "zoë@acme.example".into(),
            disabled_since: Some("2026-11-01T08:00:00Z".parse().unwrap()),
            vanished_since: None,
        };
        memory.users.insert(SourceId::from("p1"), link);
        Document { target: "sandbox".into(), generation: 3, kept: Kept { memory, ..Kept::default() } }
    }

    fn text() -> String {
        write(&document(), "acme", "2026-11-02T08:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(text().as_bytes(), "memory.json").unwrap(), document());
    }

    #[test]
    fn every_cut_is_noticed() {
        let text = text();
        // The last byte is the line end, which carries nothing.
        for cut in 0..text.len() - 1 {
            assert!(read(&text.as_bytes()[..cut], "memory.json").is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_changed_byte_of_what_is_kept_is_noticed() {
        let changed = text().replace("\"target\":\"9\"", "\"target\":\"8\"");
        let error = read(changed.as_bytes(), "memory.json").unwrap_err().to_string();
        assert!(error.contains("memory.json") && error.contains("its sum is wrong"), "{error}");
    }

    #[test]
    fn another_version_is_not_guessed_at() {
        let newer = text().replace("\"version\":1", "\"version\":2");
        let error = read(newer.as_bytes(), "memory.json").unwrap_err();
        assert!(matches!(error, StateError::Version { version: 2, .. }), "{error}");
        for (bytes, says) in [
            (&b""[..], "not JSON"),
            (b"[1]", "not the memory"),
            (b"{\"format\":\"dialform memory\"}", "no format version"),
            (b"\xff\xfe", "not JSON"),
        ] {
            let error = read(bytes, "memory.json").unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
