//! What was found out about a service, for machines; for people it is in [`super::text`].

use serde::Serialize;

use crate::live::{Finding, Grade};

/// The version of the format.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Found<'a> {
    format_version: u32,
    ok: bool,
    service: &'a str,
    findings: &'a [Finding],
}

/// The findings as one JSON object.
pub fn json(service: &str, findings: &[Finding]) -> String {
    let ok = findings.iter().all(|finding| finding.grade < Grade::Error);
    let found = Found { format_version: FORMAT_VERSION, ok, service, findings };
    let mut text = serde_json::to_string_pretty(&found).expect("texts and numbers are always JSON");
    text.push('\n');
    text
}
