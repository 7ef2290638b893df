//! Errors of the admin API. Their body is not documented; three shapes have
//! been seen, and the tenant file chooses one.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::{Value, json};

use crate::sandbox::{seats::Denied, store::StoreError, tenant::ErrorShape};

/// Why the admin API does not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn missing(what: &str, id: &str) -> Self {
        let id: String = id.chars().take(80).collect();
        Self::new(StatusCode::NOT_FOUND, format!("{what} {id} not found"))
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// The error as it is sent.
    pub(crate) fn response(&self, shape: ErrorShape) -> Response<Bytes> {
        let message = self.message.as_str();
        let body = match shape {
            ErrorShape::Nested => {
                let reason = self.status.canonical_reason().unwrap_or("error");
                let one = json!({"domain": "global", "reason": reason, "message": message});
                json!({"error": {"code": self.status.as_u16(), "message": message, "errors": [one]}})
            }
            ErrorShape::Message => json!({"message": message}),
            ErrorShape::Detail => json!({"detail": message}),
        };
        answer(self.status, Some(&body))
    }
}

/// A JSON answer, or an empty one.
pub(super) fn answer(status: StatusCode, body: Option<&Value>) -> Response<Bytes> {
    let mut response = Response::new(body.map(|body| Bytes::from(body.to_string())).unwrap_or_default());
    *response.status_mut() = status;
    if body.is_some() {
        response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    }
    response
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Seat | Denied::Domain => Self::bad(denied.to_string()),
            Denied::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NameTaken { name, .. } => {
                Self::conflict(format!("a user with the email {name} already exists"))
            }
            StoreError::IdTaken(_) => Self::conflict(error.to_string()),
            StoreError::Disk(error) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("failed to {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_three_shapes() {
        let refusal = Refusal::bad("no");
        let body = |shape| {
            let response = refusal.response(shape);
            assert_eq!(
                (response.status(), &response.headers()["content-type"]),
                (StatusCode::BAD_REQUEST, &"application/json".parse().unwrap())
            );
            serde_json::from_slice::<Value>(response.body()).unwrap()
        };
        assert_eq!(body(ErrorShape::Nested)["error"]["message"], "no");
        assert_eq!(body(ErrorShape::Nested)["error"]["code"], 400);
        assert_eq!(body(ErrorShape::Message), json!({"message": "no"}));
        assert_eq!(body(ErrorShape::Detail), json!({"detail": "no"}));
    }
}
