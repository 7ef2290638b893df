//! What a service says when it refuses: a SCIM error (RFC 7644 §3.12), and
//! everything that real servers and proxies send in its place.

use std::fmt;

use http::{StatusCode, header};
use serde_json::Value as Json;

use super::{member, parse};
use crate::http::{Answer, Client};

/// What a service says when it refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    pub(crate) scim_type: Option<String>,
    pub(crate) detail: Option<String>,
    /// How long it asks to wait, in seconds.
    pub(crate) wait: Option<u64>,
}

/// Reads a refusal. Nothing in it is taken for granted, and the token is never repeated.
pub(crate) fn said(client: &Client, answer: &Answer) -> Said {
    let status = answer.status;
    if status.is_redirection() {
        let location = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
        let to = location.map_or_else(|| "elsewhere".to_owned(), |to| format!("`{}`", client.fit(to)));
        let detail = format!("it redirects to {to}, which is not followed with a token; write the final address");
        return Said { status, scim_type: None, detail: Some(detail), wait: None };
    }
    let body = answer.body.trim_ascii();
    let (scim_type, detail) = match parse(body) {
        Ok(json) => of_json(&json),
        Err(_) if body.starts_with(b"<") => (None, Some(of_page(body))),
        Err(_) => (None, Some(String::from_utf8_lossy(&body[..body.len().min(2_000)]).into_owned())),
    };
    let fit = |text: Option<String>| text.map(|text| client.fit(&text)).filter(|text| !text.is_empty());
    let wait = answer.retry_after().map(|wait| wait.as_secs()).filter(|seconds| *seconds > 0);
    Said { status, scim_type: fit(scim_type), detail: fit(detail), wait }
}

fn of_json(json: &Json) -> (Option<String>, Option<String>) {
    // Some send a list of errors, some put them one level down.
    let inner = match json {
        Json::Array(list) => list.first(),
        Json::Object(_) => ["error", "Errors", "errors"].iter().find_map(|name| member(json, name)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => None,
    };
    let inner = match inner {
        Some(Json::Array(list)) => list.first(),
        other => other,
    };
    let text = |json: &Json, name: &str| member(json, name).and_then(Json::as_str).map(str::to_owned);
    let scim_type = text(json, "scimType").or_else(|| inner.and_then(|inner| text(inner, "scimType")));
    let described = |json: &Json| {
        ["detail", "message", "description", "error_description", "title"].iter().find_map(|name| text(json, name))
    };
    let detail = described(json)
        .or_else(|| inner.and_then(|inner| described(inner).or_else(|| inner.as_str().map(str::to_owned))))
        .or_else(|| json.as_str().map(str::to_owned));
    (scim_type, detail)
}

/// The title of a web page.
fn of_page(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(10_000)]).into_owned();
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|from| {
        let start = from + lower[from..].find('>')? + 1;
        let end = start + lower[start..].find("</title")?;
        text.get(start..end)
    });
    title.map_or_else(|| "a web page".to_owned(), |title| format!("a web page, \"{}\"", title.trim()))
}

impl Said {
    /// Whether the service means "not supported here", which trying again does not change.
    pub(crate) fn is_unsupported(&self) -> bool {
        let kind = self.scim_type.as_deref().unwrap_or_default();
        self.status == StatusCode::NOT_IMPLEMENTED
            || (self.status == StatusCode::BAD_REQUEST
                && ["invalidFilter", "noTarget", "invalidPath"].iter().any(|name| name.eq_ignore_ascii_case(kind)))
    }
}

/// `409 uniqueness: userName is taken`.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        if let Some(kind) = &self.scim_type {
            write!(f, " {kind}")?;
        }
        match (&self.detail, self.status.canonical_reason()) {
            (Some(detail), _) => write!(f, ": {detail}")?,
            (None, Some(reason)) if self.scim_type.is_none() => write!(f, " {reason}")?,
            (None, _) => {}
        }
        if let Some(seconds) = self.wait {
            write!(f, "; it asks to wait {seconds} s")?;
        }
        match self.status.as_u16() {
            413 | 431 => f.write_str("; send less at once: lower `members_per_request`"),
            _ if self.is_unsupported() => f.write_str(" (not supported by the service)"),
            _ => Ok(()),
        }
    }
}
