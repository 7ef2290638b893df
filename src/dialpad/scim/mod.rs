//! Answers of a SCIM service, read for what they hold and not for what they should.

pub(super) mod discovery;
pub(super) mod listing;
mod refusal;
mod resource;

use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

use super::ReadError;
use crate::{
    http::{Answer, Client, Failure},
    names::TargetId,
};

pub(super) use refusal::said;
pub(super) use resource::{Names, Resource};

/// All but what RFC 3986 §2.3 leaves unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why an answer is of no use, and its status.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) status: Option<StatusCode>,
    pub(super) error: ReadError,
}

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Self {
        Self { status: None, error }
    }
}

/// The path of an object; `None` for an id that would lead elsewhere however it is escaped.
pub(super) fn path<T: Resource>(id: &TargetId) -> Option<String> {
    object_path(T::PATH, id)
}

/// As [`path`], below a collection.
pub(super) fn object_path(collection: &str, id: &TargetId) -> Option<String> {
    (!["", ".", ".."].contains(&id.as_str())).then(|| format!("{collection}/{}", escaped(id.as_str())))
}

/// A text as it stands in a path or query.
pub(super) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

pub(super) fn unusable(client: &Client, what: String, message: String) -> ReadError {
    ReadError::Unusable { service: client.address().into(), what, message }
}

/// Why there was no answer to a read.
pub(super) fn failed(client: &Client, failure: &Failure) -> ReadError {
    ReadError::Unreachable { service: client.address().into(), message: client.fit(&failure.to_string()) }
}

/// Those of the resources that can be read.
pub(super) fn readable<T: Resource>(resources: &[Json]) -> Vec<T> {
    let mut names = Names::default();
    resources.iter().filter_map(|json| T::read(json, &mut names).ok()).collect()
}

/// What a task gave; a task that was torn down with its runtime gives nothing.
pub(super) fn joined<T, E>(task: Option<Result<Result<T, E>, tokio::task::JoinError>>) -> Result<Option<T>, E> {
    match task {
        Some(Ok(done)) => done.map(Some),
        Some(Err(_)) | None => Ok(None),
    }
}

/// The JSON of an answer that is a success.
pub(super) fn json(client: &Client, answer: &Answer, what: &str) -> Result<Json, Trouble> {
    let status = answer.status;
    if !status.is_success() {
        let service = client.address().into();
        let message = said(client, answer).to_string();
        let error = match status.as_u16() {
            401 | 403 => ReadError::Credentials { service, message },
            408 | 429 | 502 | 503 | 504 => ReadError::Unreachable { service, message },
            _ => ReadError::Unusable { service, what: what.to_owned(), message },
        };
        return Err(Trouble { status: Some(status), error });
    }
    parse(&answer.body).map_err(|message| Trouble {
        status: Some(status),
        error: unusable(client, what.to_owned(), client.fit(&message)),
    })
}

/// Reads a body.
///
/// # Errors
/// What it is instead of JSON, a fragment.
pub(super) fn parse(body: &[u8]) -> Result<Json, String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match body.trim_ascii_start().first() {
        None => return Err("the answer is empty".to_owned()),
        Some(b'<') => return Err("the answer is a web page, not SCIM; is the address right?".to_owned()),
        Some(_) => {}
    }
    serde_json::from_slice(body).map_err(|error| match std::str::from_utf8(body) {
        Err(utf8) => format!("the answer is not UTF-8 from byte {} on", utf8.valid_up_to()),
        Ok(_) if error.is_eof() => format!("the answer ends in the middle, after {} bytes", body.len()),
        Ok(_) => format!("the answer is not JSON: {error}"),
    })
}

/// The member of an object with this name, without case, `null` counted as absent.
pub(super) fn member<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    let object = json.as_object()?;
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
        .filter(|value| !value.is_null())
}

/// A count, also where it is written as text.
pub(super) fn number(json: &Json) -> Option<u64> {
    match json {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.trim().parse().ok(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// A truth, also where it is written as text.
pub(super) fn truth(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(value) => Some(*value),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Json::Null | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// What kind of JSON it is, for messages.
pub(super) fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
