//! Errors as SCIM tells them (RFC 7644 §3.12).

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::{Map, Value};

/// The media type of SCIM (RFC 7644 §3.1).
pub(crate) const MEDIA_TYPE: &str = "application/scim+json";

/// Why the sandbox does not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) scim_type: Option<ScimType>,
    pub(crate) detail: String,
}

/// The `scimType` of an error (RFC 7644 table 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScimType {
    InvalidFilter,
    TooMany,
    Uniqueness,
    Mutability,
    InvalidSyntax,
    InvalidPath,
    NoTarget,
    InvalidValue,
}

impl ScimType {
    fn as_str(self) -> &'static str {
        match self {
            ScimType::InvalidFilter => "invalidFilter",
            ScimType::TooMany => "tooMany",
            ScimType::Uniqueness => "uniqueness",
            ScimType::Mutability => "mutability",
            ScimType::InvalidSyntax => "invalidSyntax",
            ScimType::InvalidPath => "invalidPath",
            ScimType::NoTarget => "noTarget",
            ScimType::InvalidValue => "invalidValue",
        }
    }
}

impl Refusal {
    /// A 400 with its `scimType`; a 409 for `uniqueness`.
    pub(crate) fn new(scim_type: ScimType, detail: impl Into<String>) -> Self {
        let status = if scim_type == ScimType::Uniqueness { StatusCode::CONFLICT } else { StatusCode::BAD_REQUEST };
        Self { status, scim_type: Some(scim_type), detail: detail.into() }
    }

    /// An error that has no `scimType`.
    pub(crate) fn status(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into() }
    }

    /// The error as it is sent.
    pub(crate) fn response(&self) -> Response<Bytes> {
        let mut body = Map::new();
        body.insert("schemas".into(), vec!["urn:ietf:params:scim:api:messages:2.0:Error"].into());
        body.insert("status".into(), self.status.as_str().into());
        if let Some(scim_type) = self.scim_type {
            body.insert("scimType".into(), scim_type.as_str().into());
        }
        body.insert("detail".into(), self.detail.as_str().into());
        json(self.status, &Value::Object(body))
    }
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(MEDIA_TYPE));
    response
}

/// At most 80 characters of what somebody sent, for an error message.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_the_shape_of_rfc_7644() {
        let response = Refusal::new(ScimType::Uniqueness, "taken").response();
        assert_eq!(response.status(), 409);
        assert_eq!(response.headers()["content-type"], "application/scim+json");
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "status": "409", "scimType": "uniqueness", "detail": "taken",
            })
        );
    }
}
