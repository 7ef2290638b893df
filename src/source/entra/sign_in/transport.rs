//! How `azure_identity` reaches the network: through our own HTTP client, so that
//! certificates, proxies, limits and the log are the same for everything.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::{
    Error, Result,
    error::ErrorKind,
    http::{AsyncRawResponse, Body, Method as Verb, Request, headers::Headers},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

use crate::http::{Address, Answer, Call, Client, Failure, Limits, Patience, Repeat};

/// No token lives longer; what says so would overflow a clock.
const LONGEST_LIFE: i64 = 366 * 24 * 60 * 60;

/// What came of the last request, for whoever has to say why there is no token.
#[derive(Clone, Debug)]
pub(super) enum Last {
    /// Nothing was sent.
    Unsent(String),
    /// No answer came from a host.
    Unanswered(String, Failure),
    /// An answer came.
    Answered(u16, Bytes),
}

#[derive(Debug)]
pub(super) struct Transport {
    patience: Patience,
    last: Mutex<Option<Last>>,
}

impl Transport {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, last: Mutex::new(None) }
    }

    /// What came of the last request.
    pub(super) fn last(&self) -> Option<Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, last: Last) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    }

    /// Sends one request.
    pub(super) async fn send(&self, url: &url::Url, mut call: Call) -> std::result::Result<Answer, Last> {
        call.patience = self.patience;
        let sent = send(url, call).await;
        self.keep(match &sent {
            Ok(answer) => Last::Answered(answer.status.as_u16(), answer.body.clone()),
            Err(last) => last.clone(),
        });
        sent
    }
}

async fn send(url: &url::Url, mut call: Call) -> std::result::Result<Answer, Last> {
    let unsent = |why: &dyn std::fmt::Display| Last::Unsent(why.to_string());
    let origin = url.origin().ascii_serialization();
    // Plain http is for whom a cloud puts next to the machine, and for nobody else.
    let near = Address::parse(&origin, true).is_ok_and(|address| address.is_near());
    let address = Address::parse(&origin, near).map_err(|error| unsent(&error))?;
    let client = Client::socket(&address, None, Limits::new(None, 1)).map_err(|error| unsent(&error))?;
    let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
    call.path = format!("{}{query}", url.path());
    client.send(&call).await.map_err(|failure| Last::Unanswered(origin, failure))
}

#[async_trait]
impl azure_core::http::HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> Result<AsyncRawResponse> {
        let call = Call {
            method: if request.method() == Verb::Post { Method::POST } else { Method::GET },
            path: String::new(),
            body: match request.body() {
                Body::Bytes(bytes) if !bytes.is_empty() => Some(bytes.clone()),
                Body::Bytes(_) | Body::SeekableStream(_) => None,
            },
            headers: request
                .headers()
                .iter()
                .filter_map(|(name, value)| {
                    let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
                    let mut value = HeaderValue::from_str(value.as_str()).ok()?;
                    value.set_sensitive(true);
                    Some((name, value))
                })
                .collect(),
            // A token that nobody received does no harm.
            repeat: Repeat::Harmless,
            patience: self.patience,
        };
        // `Other` is what azure_core does not try again: that was done here.
        let settled = |why: &str| Error::with_message(ErrorKind::Other, why.to_owned());
        let answer = self.send(request.url(), call).await.map_err(|_| settled("there is no answer"))?;
        if lives_too_long(&answer.body) {
            return Err(settled("the token's life is not one"));
        }
        Ok(AsyncRawResponse::from_bytes(answer.status.as_u16().into(), Headers::new(), answer.body))
    }
}

/// azure_identity adds a token's life to the clock, and an overflow there is a panic.
fn lives_too_long(body: &[u8]) -> bool {
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(body) else { return false };
    let life = answer.get("expires_in").and_then(serde_json::Value::as_i64);
    life.is_some_and(|life| !(0..=LONGEST_LIFE).contains(&life))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_that_would_overflow_the_clock_is_no_token() {
        assert!(lives_too_long(br#"{"expires_in":9223372036854775807}"#));
        assert!(lives_too_long(br#"{"expires_in":-1}"#));
        assert!(!lives_too_long(br#"{"expires_in":3599}"#));
        assert!(!lives_too_long(br#"{"expires_in":"3599","expires_on":"1900000000"}"#));
        assert!(!lives_too_long(b"<html>"));
    }

    #[tokio::test]
    async fn plain_http_goes_only_to_what_is_near() {
        let sent = |url: &str| {
            let url = url::Url::parse(url).unwrap();
            async move { send(&url, Call { patience: Patience::NONE, ..Call::get("") }).await.unwrap_err() }
        };
        assert!(matches!(sent("http://login.example/x").await, Last::Unsent(why) if why.contains("plain http")));
        assert!(
            matches!(sent("http://127.0.0.1:1/x").await, Last::Unanswered(host, _) if host == "http://127.0.0.1:1")
        );
    }
}
