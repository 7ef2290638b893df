//! A client of Microsoft Graph: batches of up to twenty reads, what is throttled sent again,
//! a refused token replaced once.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use tokio::task::JoinSet;
use tracing::Instrument;

use super::{
    Claims, Token,
    cloud::graph_host,
    sign_in::SignIn,
    trouble::{Kind, Trouble},
};
use crate::{
    http::{Address, Call, Client, Ends, Failure, Limits, Patience, Repeat, Sent, bearer, retry_after},
    manifest::Cloud,
};

/// The variable with another base URL of Graph, version included: for tests. It is not in the
/// manifest, because a pull request can edit the manifest.
pub const URL_VARIABLE: &str = "DIALFORM_GRAPH_URL";

/// The variable that, when it is `off`, has every read sent by itself, so that a proxy can
/// check each. For tests.
pub const BATCH_VARIABLE: &str = "DIALFORM_GRAPH_BATCH";

/// The most requests in a batch ("JSON batching").
const IN_A_BATCH: usize = 20;

/// Batches under way at once.
const AT_ONCE: u32 = 4;

/// How often a part is sent at most, and for how long.
const TRIES: u32 = 8;
const BUDGET: Duration = Duration::from_secs(300);

/// The longest wait of our own between tries.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A client of Microsoft Graph that only reads. Clones share its token and its counts.
#[derive(Clone)]
pub struct Graph {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    sign_in: SignIn,
    /// What must not appear in anything that is said: the tokens of this run.
    token: tokio::sync::Mutex<Option<Held>>,
    batch: bool,
}

/// A token in use.
#[derive(Clone)]
struct Held {
    token: Token,
    header: HeaderValue,
    /// Whether Graph took it once; one that never was is not replaced a second time.
    proven: bool,
    /// Whether it replaced a refused one.
    fresh: bool,
}

/// An answer to one read.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub status: StatusCode,
    pub body: Body,
    /// What support asks for.
    pub request_id: Option<String>,
    asked: Option<Duration>,
    /// Whether it is the answer to a whole request, which the client below tried again already.
    whole: bool,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Json(Box<RawValue>),
    /// Nothing, HTML, or cut JSON: what it is, for people.
    Other(&'static str),
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Graph").field("address", &self.inner.client.address()).finish_non_exhaustive()
    }
}

impl Graph {
    /// A client. `environment` may name another address and switch batches off. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address or this machine's certificates cannot be used.
    pub fn connect(
        cloud: Cloud,
        sign_in: SignIn,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Trouble> {
        let unusable = |message: String| {
            let help = format!("{URL_VARIABLE} is the base URL of Graph with its version, on https or this machine");
            Trouble::new(Kind::Unreachable, message, help)
        };
        let url = environment(URL_VARIABLE).map(|url| url.trim().to_owned()).filter(|url| !url.is_empty());
        let url = url.unwrap_or_else(|| format!("https://{}/v1.0", graph_host(cloud)));
        let address = Address::parse(&url, false).map_err(|error| unusable(error.to_string()))?;
        let client =
            Client::socket(&address, None, Limits::new(None, AT_ONCE)).map_err(|error| unusable(error.to_string()))?;
        let batch = environment(BATCH_VARIABLE).is_none_or(|text| !text.trim().eq_ignore_ascii_case("off"));
        Ok(Self { inner: Arc::new(Inner { client, sign_in, token: tokio::sync::Mutex::default(), batch }) })
    }

    /// A client of a Graph in this process that answers as a test wants, at this base address.
    pub fn in_process(ends: Ends, base: &str, sign_in: SignIn) -> Self {
        let client = Client::in_process(ends, base, Limits::new(None, AT_ONCE));
        Self { inner: Arc::new(Inner { client, sign_in, token: tokio::sync::Mutex::default(), batch: true }) }
    }

    /// What was sent so far.
    pub fn sent(&self) -> Sent {
        self.inner.client.sent()
    }

    /// The base address, with the version.
    pub(super) fn base(&self) -> &str {
        self.inner.client.address()
    }

    /// What the token says of itself, where it can be read.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn claims(&self) -> Result<Option<Claims>, Trouble> {
        Ok(self.held().await?.token.claims())
    }

    /// Asks for paths below the base. The answers come in the order of the paths, whatever
    /// their status; what is throttled or not answered in full is asked again.
    ///
    /// # Errors
    /// When there is no token, or no answer at all.
    pub(super) async fn ask(&self, paths: &[String]) -> Result<Vec<Reply>, Trouble> {
        let mut replies: Vec<Option<Reply>> = vec![None; paths.len()];
        let mut open: Vec<usize> = (0..paths.len()).collect();
        let (begun, mut tries) = (Instant::now(), 0);
        loop {
            let answered = self.round(paths, &open).await?;
            let mut wait = Duration::ZERO;
            let mut again = Vec::new();
            for (at, reply) in answered {
                if reply.is_again() {
                    again.push(at);
                    wait = wait.max(reply.asked.unwrap_or_else(|| backoff(tries)));
                }
                replies[at] = Some(reply);
            }
            tries += 1;
            if again.is_empty() || tries >= TRIES {
                break;
            }
            let refused = |at: &usize| replies[*at].as_ref().is_some_and(|reply| reply.status == 401);
            if again.iter().any(refused) && !self.replace().await? {
                break;
            }
            if !again.iter().all(refused) {
                if begun.elapsed() + wait > BUDGET {
                    break;
                }
                tokio::time::sleep(wait).await;
            }
            open = again;
        }
        Ok(replies.into_iter().flatten().collect())
    }

    async fn round(&self, paths: &[String], open: &[usize]) -> Result<Vec<(usize, Reply)>, Trouble> {
        let held = self.held().await?;
        let size = if self.inner.batch { IN_A_BATCH } else { 1 };
        let mut waiting = open.chunks(size);
        let mut under_way = JoinSet::new();
        let mut answered = Vec::with_capacity(open.len());
        loop {
            while under_way.len() < AT_ONCE as usize
                && let Some(chunk) = waiting.next()
            {
                let parts: Vec<(usize, String)> = chunk.iter().map(|at| (*at, paths[*at].clone())).collect();
                let (graph, header) = (self.clone(), held.header.clone());
                let secret = held.token.secret.clone();
                let asking = async move {
                    let sent = match graph.inner.batch {
                        true => graph.batch(&parts, header).await,
                        false => graph.single(&parts, header).await,
                    };
                    sent.map_err(|failure| graph.unreachable(&failure, secret.expose()))
                };
                under_way.spawn(asking.in_current_span());
            }
            match under_way.join_next().await {
                None => break,
                Some(Ok(replies)) => answered.extend(replies?),
                Some(Err(_)) => {
                    return Err(Trouble::new(
                        Kind::Unreachable,
                        "read Microsoft Graph: it was interrupted",
                        "try again",
                    ));
                }
            }
        }
        if answered.iter().any(|(_, reply)| reply.status.is_success()) {
            self.took(&held).await;
        }
        Ok(answered)
    }

    async fn batch(&self, parts: &[(usize, String)], token: HeaderValue) -> Result<Vec<(usize, Reply)>, Failure> {
        let requests: Vec<_> =
            parts.iter().map(|(at, path)| json!({ "id": at.to_string(), "method": "GET", "url": path })).collect();
        let body = json!({ "requests": requests }).to_string();
        let mut call = call(Method::POST, "/$batch".to_owned(), token.clone());
        call.body = Some(Bytes::from(body));
        call.headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        let answer = match self.inner.client.send(&call).await {
            // Together they are too large, which does not mean that one of them is.
            Err(Failure::TooLarge) if parts.len() > 1 => return self.single(parts, token).await,
            answer => answer?,
        };
        let whole = reply(answer.status, &answer.headers, &answer.body);
        if !answer.status.is_success() {
            // The whole of it was refused, and so each part.
            return Ok(parts.iter().map(|(at, _)| (*at, whole.clone())).collect());
        }
        let parsed: Result<Responses, _> = serde_json::from_slice(&answer.body);
        let Ok(Responses { responses }) = parsed else {
            let broken = Reply { body: Body::Other(nature(&answer.body)), ..whole };
            return Ok(parts.iter().map(|(at, _)| (*at, broken.clone())).collect());
        };
        let mut found: BTreeMap<usize, Reply> = BTreeMap::new();
        for part in responses {
            if let Some(at) = part.id.parse().ok().filter(|at| parts.iter().any(|(part, _)| part == at)) {
                found.entry(at).or_insert_with(|| part.reply());
            }
        }
        let lost = || Reply {
            // What Graph calls a dependency that failed; asked again like what is throttled.
            status: StatusCode::FAILED_DEPENDENCY,
            body: Body::Other("nothing: the batch was answered without this part"),
            request_id: whole.request_id.clone(),
            asked: None,
            whole: false,
        };
        Ok(parts.iter().map(|(at, _)| (*at, found.remove(at).unwrap_or_else(lost))).collect())
    }

    async fn single(&self, parts: &[(usize, String)], token: HeaderValue) -> Result<Vec<(usize, Reply)>, Failure> {
        let mut replies = Vec::with_capacity(parts.len());
        for (at, path) in parts {
            let answer = self.inner.client.send(&call(Method::GET, path.clone(), token.clone())).await?;
            replies.push((*at, reply(answer.status, &answer.headers, &answer.body)));
        }
        Ok(replies)
    }

    fn unreachable(&self, failure: &Failure, token: &str) -> Trouble {
        let said = self.fit(&failure.to_string(), token);
        let address = self.inner.client.address();
        Trouble::new(
            Kind::Unreachable,
            format!("reach Microsoft Graph at {address}: {said}"),
            "check the network and try again",
        )
    }

    /// A text of Graph's, fit to be shown.
    pub(super) fn fit(&self, text: &str, token: &str) -> String {
        let text = if token.len() > 3 { text.replace(token, "••••••") } else { text.to_owned() };
        self.inner.client.fit(&text)
    }

    /// The same, without the token of now.
    pub(super) async fn shown(&self, text: &str) -> String {
        let held = self.inner.token.lock().await;
        self.fit(text, held.as_ref().map(|held| held.token.secret.expose()).unwrap_or_default())
    }

    async fn held(&self) -> Result<Held, Trouble> {
        let mut held = self.inner.token.lock().await;
        // The way to sign in knows when a token ends, and keeps one that is good.
        let token = self.inner.sign_in.token(false).await?;
        let now = match held.as_ref() {
            Some(known) if known.token.secret.expose() == token.secret.expose() => known.clone(),
            Some(_) | None => Held::new(token, false)?,
        };
        *held = Some(now.clone());
        Ok(now)
    }

    async fn took(&self, proven: &Held) {
        let mut held = self.inner.token.lock().await;
        if let Some(held) = held.as_mut().filter(|held| held.header == proven.header) {
            held.proven = true;
        }
    }

    /// Replaces a refused token by a new one; false when the refused one was new already.
    async fn replace(&self) -> Result<bool, Trouble> {
        let mut held = self.inner.token.lock().await;
        if held.as_ref().is_some_and(|held| held.fresh && !held.proven) {
            return Ok(false);
        }
        let token = self.inner.sign_in.token(true).await?;
        *held = Some(Held::new(token, true)?);
        Ok(true)
    }
}

impl Held {
    fn new(token: Token, fresh: bool) -> Result<Self, Trouble> {
        let Some(header) = bearer(&token.secret) else {
            let message = "sign in to Entra: the token holds characters that cannot stand in a header";
            return Err(Trouble::new(Kind::SignIn, message, "was more than the token copied into the variable?"));
        };
        Ok(Self { token, header, proven: false, fresh })
    }
}

impl Reply {
    /// Whether it is asked again: throttled, not there now, or refused for its token.
    fn is_again(&self) -> bool {
        match self.status.as_u16() {
            401 | 424 | 500 | 509 => true,
            408 | 429 | 502 | 503 | 504 => !self.whole,
            _ => false,
        }
    }
}

fn backoff(tries: u32) -> Duration {
    Duration::from_millis(200).saturating_mul(2_u32.saturating_pow(tries)).min(LONGEST_WAIT)
}

fn call(method: Method, path: String, token: HeaderValue) -> Call {
    let headers = vec![
        (header::AUTHORIZATION, token),
        (header::ACCEPT, HeaderValue::from_static("application/json")),
        (HeaderName::from_static("client-request-id"), client_request_id()),
    ];
    // Every batch of ours only reads.
    Call { method, path, body: None, headers, repeat: Repeat::Harmless, patience: Patience::USUAL }
}

/// A GUID of our own for one request, which Microsoft's support asks for.
fn client_request_id() -> HeaderValue {
    use std::hash::{BuildHasher, Hasher};
    // Keyed by the system's randomness.
    let half = || std::hash::RandomState::new().build_hasher().finish();
    let (high, low) = (half(), half());
    let text = format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("dialform"))
}

#[derive(Deserialize)]
struct Responses {
    responses: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    body: Option<Box<RawValue>>,
}

impl Part {
    fn reply(self) -> Reply {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.unwrap_or_default() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(text)) {
                headers.insert(name, value);
            }
        }
        let body = match self.body {
            // What is not JSON comes as text in base64.
            Some(body) if body.get().starts_with(['{', '[']) => Body::Json(body),
            Some(_) => Body::Other("something that is not JSON"),
            None => Body::Other("nothing"),
        };
        Reply {
            // A status that there is not is a fault of the server's.
            status: StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            body,
            request_id: request_id(&headers),
            asked: retry_after(&headers, SystemTime::now()),
            whole: false,
        }
    }
}

fn reply(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Reply {
    let parsed: Option<Box<RawValue>> = serde_json::from_slice(body).ok();
    let body = match parsed {
        Some(json) if json.get().starts_with(['{', '[']) => Body::Json(json),
        Some(_) | None => Body::Other(nature(body)),
    };
    let asked = retry_after(headers, SystemTime::now());
    Reply { status, body, request_id: request_id(headers), asked, whole: true }
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("request-id")?.to_str().ok()?;
    (id.len() <= 64).then(|| id.to_owned())
}

/// What a body is that is not the JSON that was expected.
fn nature(body: &Bytes) -> &'static str {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => "nothing",
        Some(b'<') => "a page of HTML",
        Some(b'{' | b'[') => "JSON that is cut or not as expected",
        Some(_) => "something that is not JSON",
    }
}
