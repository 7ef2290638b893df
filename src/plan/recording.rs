//! A recording: the inputs of a plan in one value, for planning again without a
//! network or a secret.
//!
//! It holds all attributes that the source offers, not only those in use today.
//! The manifest is not in it: what a pull request changes is the manifest.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    directory::Directory,
    live::Live,
    manifest::{Manifest, MappingSource, attributes::portal_name},
    memory::Memory,
    names::{Place, Text, near_miss},
};

/// The version of the recording's format; a file of another version is refused.
pub const FORMAT_VERSION: u32 = 1;

/// The inputs of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// When the inputs were read; a replayed plan is made for this instant.
    pub at: Timestamp,
    /// The manifest's name, for telling recordings apart.
    pub manifest: Text,
    /// The target: the SCIM base URL, or `sandbox`.
    pub target: Text,
    /// Whether names, addresses and numbers were replaced.
    pub redacted: bool,
    /// Names of the attributes that the source offers, in order.
    pub offered: Vec<Text>,
    /// The people and groups.
    pub directory: Directory,
    /// What Dialpad held.
    pub live: Live,
    /// What was kept between runs.
    pub memory: Memory,
}

/// Why a recording cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// The text is not a recording.
    #[error("read the recording: {0}")]
    Malformed(String),
    /// It was changed or cut.
    #[error("read the recording: its digest does not fit its contents; record again")]
    Damaged,
    /// Another format.
    #[error("read the recording: it has format {found}, and this program reads {FORMAT_VERSION}; record again")]
    Version {
        /// The version that was found.
        found: u64,
    },
}

/// An attribute that the manifest asks for and the recording lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRecorded {
    /// Its name.
    pub attribute: Text,
    /// Where the manifest asks for it.
    pub place: Place,
    /// The recorded attribute that is probably meant.
    pub near: Option<Text>,
}

/// Attributes that are computed from a person rather than read.
const COMPUTED: [&str; 4] = ["IsSoftDeleted", "manager", "members", "appRoleAssignments"];

impl Recording {
    /// The recording as two lines of JSON: the digest of the second, and the second.
    pub fn write(&self) -> String {
        let body = serde_json::to_string(self).unwrap_or_default();
        format!("{{\"dialform_recording\":{FORMAT_VERSION},\"sha256\":\"{}\"}}\n{body}\n", digest(&body))
    }

    /// Reads what [`Recording::write`] wrote.
    ///
    /// # Errors
    /// A file that is no recording, of another version, cut or changed.
    pub fn read(text: &str) -> Result<Self, RecordingError> {
        let malformed = |problem: &str| RecordingError::Malformed(problem.to_owned());
        let (head, body) =
            text.split_once('\n').ok_or_else(|| malformed("it is not a recording of `dialform plan --record`"))?;
        let head: serde_json::Value =
            serde_json::from_str(head).map_err(|_| malformed("it is not a recording of `dialform plan --record`"))?;
        match head.get("dialform_recording").and_then(serde_json::Value::as_u64) {
            Some(version) if version == u64::from(FORMAT_VERSION) => {}
            Some(found) => return Err(RecordingError::Version { found }),
            None => return Err(malformed("it is not a recording of `dialform plan --record`")),
        }
        let body = body.strip_suffix('\n').unwrap_or(body);
        if head.get("sha256").and_then(serde_json::Value::as_str) != Some(digest(body).as_str()) {
            return Err(RecordingError::Damaged);
        }
        serde_json::from_str(body)
            .map_err(|error| malformed(&format!("line 2, column {}: not understood", error.column())))
    }

    /// Whether the source offered an attribute, by either of its names.
    fn offers(&self, name: &Text) -> bool {
        let is = |name: &str| self.offered.iter().any(|offered| **offered == *name);
        is(name) || portal_name(name).is_some_and(is)
    }

    /// What the manifest asks for and the recording lacks; never taken for empty.
    pub fn not_recorded(&self, manifest: &Manifest) -> Vec<NotRecorded> {
        let mut missing: Vec<NotRecorded> = asked(manifest)
            .into_iter()
            .filter(|(name, _)| !self.offers(name) && !COMPUTED.contains(&name.as_ref()))
            .map(|(attribute, place)| {
                let near = near_miss(&attribute, self.offered.iter().map(|name| &**name)).map(Text::from);
                NotRecorded { attribute, place, near }
            })
            .collect();
        missing.sort_by(|left, right| (&left.place, &left.attribute).cmp(&(&right.place, &right.attribute)));
        missing.dedup();
        missing
    }
}

/// Every source attribute that a manifest reads, with the place that reads it.
fn asked(manifest: &Manifest) -> Vec<(Text, Place)> {
    let mut asked = Vec::new();
    let groups = if manifest.groups.enabled { manifest.groups.attributes.as_slice() } else { &[] };
    for mapping in manifest.users.attributes.iter().chain(groups) {
        if matches!(mapping.source, MappingSource::Attribute(_) | MappingSource::Expression(_)) {
            asked.extend(mapping.reads().into_iter().map(|name| (name.clone(), mapping.place.clone())));
        }
    }
    for clause in manifest.user_filters.iter().chain(&manifest.group_filters).flat_map(|filter| &filter.clauses) {
        asked.push((clause.attribute.clone(), clause.place.clone()));
    }
    asked
}

/// SHA-256 in hex.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{Complete, Reading};

    fn recording() -> Recording {
        Recording {
            format_version: FORMAT_VERSION,
            at: "2026-11-24T12:00:00Z".parse().unwrap(),
            manifest: "acme".into(),
            target: "sandbox".into(),
            redacted: false,
            offered: vec!["userPrincipalName".into()],
            directory: Directory::new(
                Reading::Complete(Complete::attest(Vec::new())),
                Reading::Absent { because: "no groups are asked for".to_owned() },
            ),
            live: Live::empty(),
            memory: Memory::default(),
        }
    }

    #[test]
    fn a_recording_reads_back_as_what_was_written() {
        let written = recording().write();
        assert_eq!(Recording::read(&written).unwrap(), recording());
    }

    #[test]
    fn a_recording_cut_or_changed_anywhere_is_refused() {
        let written = recording().write();
        for end in 0..written.len() - 1 {
            assert!(Recording::read(&written[..end]).is_err(), "cut at {end}");
        }
        assert_eq!(Recording::read(&written.replace("acme", "other")), Err(RecordingError::Damaged));
    }

    #[test]
    fn another_version_says_so() {
        let written = recording().write().replace("\"dialform_recording\":1", "\"dialform_recording\":9");
        assert_eq!(Recording::read(&written), Err(RecordingError::Version { found: 9 }));
    }
}
