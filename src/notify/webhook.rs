//! Posts to a URL that is a secret: whoever has it can post.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use url::Url;

use crate::{
    http::{Address, Answer, Call, Client, Limits, Patience, Repeat},
    manifest::{WebhookFormat, trust::is_loopback},
    names::Secret,
};

/// Characters of an answer that are shown.
const SHOWN: usize = 120;

/// A second try where the first certainly did nothing; all within the bound of the receiver.
const TRIES: Patience = Patience { tries: 2, total: std::time::Duration::from_secs(5) };

/// A URL that messages go to. It prints as dots.
pub struct Hook {
    /// All but the query, which is said in no log.
    address: Address,
    /// What stands behind the address: slashes at its end, and the query.
    rest: String,
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook(••••••)")
    }
}

impl Hook {
    /// Reads a URL. Plain http is for this machine alone.
    ///
    /// # Errors
    /// Why it is none, without the URL.
    pub fn parse(secret: &Secret) -> Result<Self, String> {
        const EXPECTED: &str = "expected the whole URL, which begins with `https://`";
        let url = Url::parse(secret.expose()).map_err(|_| format!("the secret is not a URL; {EXPECTED}"))?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(format!("plain http would show the URL to everybody on the way; {EXPECTED}")),
            _ => return Err(format!("the secret is not a URL of the web; {EXPECTED}")),
        }
        let address = Address::parse(url.as_str(), false)
            .map_err(|_| "the URL holds a user name or password; leave them out".to_owned())?;
        let path = url.path();
        let slashes = &path[path.trim_end_matches('/').len()..];
        let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
        Ok(Self { address, rest: format!("{slashes}{query}") })
    }

    /// Posts a body.
    ///
    /// # Errors
    /// What went wrong and what to do, without the URL.
    pub async fn post(
        &self,
        format: WebhookFormat,
        body: Vec<u8>,
        mut headers: Vec<(HeaderName, HeaderValue)>,
    ) -> Result<(), String> {
        headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        headers.push((header::ACCEPT, HeaderValue::from_static("application/json, text/plain;q=0.9, */*;q=0.1")));
        let call = Call {
            method: Method::POST,
            path: self.rest.clone(),
            body: Some(Bytes::from(body)),
            headers,
            repeat: Repeat::IfUnprocessed,
            patience: TRIES,
        };
        self.send(&call, Some(format)).await
    }

    /// Asks, for a heartbeat.
    ///
    /// # Errors
    /// As [`Hook::post`].
    pub async fn ask(&self) -> Result<(), String> {
        let call = Call {
            headers: vec![(header::ACCEPT, HeaderValue::from_static("*/*"))],
            patience: TRIES,
            ..Call::get(self.rest.clone())
        };
        self.send(&call, None).await
    }

    async fn send(&self, call: &Call, format: Option<WebhookFormat>) -> Result<(), String> {
        let client = Client::socket(&self.address, None, Limits::new(None, 1)).map_err(|error| error.to_string())?;
        let answer = client.send(call).await.map_err(|failure| {
            format!("{failure}; check the URL, and whether this machine may go there (`HTTPS_PROXY`)")
        })?;
        judge(&answer, format)
    }
}

/// Whether an answer says that the message arrived.
fn judge(answer: &Answer, format: Option<WebhookFormat>) -> Result<(), String> {
    let status = answer.status.as_u16();
    let next = match status {
        200..=299 if format.is_some() && is_page(&answer.body) => {
            return Err(format!(
                "it answered {status} with a web page, as a sign-in page or a proxy does: is it the webhook's own URL?"
            ));
        }
        200..=299 => return Ok(()),
        300..=399 => "redirects are not followed, since the URL is a secret: write the final one",
        401 | 403 => {
            "the URL or its key is not accepted: make a new webhook, and put its URL where the secret comes from"
        }
        404 | 410 => "there is no such webhook (any more): make a new one, and put its URL where the secret comes from",
        413 => "the message is too large: choose `data: counts`",
        429 => "too many messages came there: this one is told with the next run",
        500..=599 => "it has trouble of its own: this is told with the next run",
        _ => match format {
            Some(WebhookFormat::Teams) => {
                "is it a Workflows webhook? those of the retired connectors do not take cards"
            }
            Some(WebhookFormat::Slack) => "is it the URL of a Slack incoming webhook?",
            Some(WebhookFormat::Json) | None => "look into its own log for what it expects",
        },
    };
    let said = said(&answer.body);
    Err(format!("it answered {status}{said}; {next}"))
}

fn is_page(body: &[u8]) -> bool {
    let start: Vec<u8> = body.trim_ascii_start().iter().take(9).map(u8::to_ascii_lowercase).collect();
    start.starts_with(b"<!doctype") || start.starts_with(b"<html")
}

/// What an answer says, where that is a few words. A page is none.
fn said(body: &[u8]) -> String {
    match std::str::from_utf8(body).map(str::trim) {
        Ok(text) if !text.is_empty() && !is_page(body) => {
            let line = crate::render::neutral::line(text);
            let shown: String = line.chars().take(SHOWN).collect();
            format!(" (`{}`)", shown.replace('`', "'"))
        }
        Ok(_) | Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_its_slashes_and_its_query_and_prints_as_dots() {
        for (url, address, rest) in [
            ("https://hooks.example/a/b", "https://hooks.example/a/b", ""),
            ("https://hooks.example/a/?sig=x%2By&v=1", "https://hooks.example/a", "/?sig=x%2By&v=1"),
            ("http://127.0.0.1:9/x", "http://127.0.0.1:9/x", ""),
        ] {
            let hook = Hook::parse(&Secret::new(url)).unwrap();
            assert_eq!((hook.address.as_str(), hook.rest.as_str()), (address, rest));
            assert!(!format!("{hook:?}").contains("hooks"));
        }
    }

    #[test]
    fn what_is_no_url_is_refused_without_being_told() {
        for text in
            ["s3cret", "http://hooks.example/s3cret", "ftp://hooks.example/s3cret", "https://s3cret:x@hooks.example"]
        {
            let error = Hook::parse(&Secret::new(text)).unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
