use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};
use tower::ServiceExt;
use tracing::{Instrument, field::Empty};

use super::{
    Address, EndError, Ends, Failure, Patience, Repeat, ends,
    pace::Pace,
    retry::{self, Verdict},
};
use crate::{names::Secret, sandbox::Sandbox};

/// How long one try may take, from its first byte to the last of its answer.
const ANSWER: Duration = Duration::from_secs(60);

/// The longest text of a service that is passed on, in characters.
const LONGEST_SAID: usize = 300;

/// Shorter tokens are not looked for in what services say: every text would have them.
const SHORTEST_TOKEN: usize = 4;

/// A client of one service. Clones share its pool, its rate and its counts.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    ends: Ends,
    base: String,
    token: Option<(Secret, HeaderValue)>,
    limits: Limits,
    requests: AtomicU64,
    retries: AtomicU64,
    traffic: Mutex<Traffic>,
}

/// How much is sent at most. Clones are the same limits: a company has one rate
/// for all of its services.
#[derive(Clone)]
pub struct Limits {
    pace: Arc<Pace>,
    at_once: Arc<Semaphore>,
}

impl Limits {
    /// So many requests a second (`None` is without a limit), and so many under way at once.
    pub fn new(rate: Option<f64>, at_once: u32) -> Self {
        let permits = usize::try_from(at_once).unwrap_or(1).clamp(1, Semaphore::MAX_PERMITS);
        Self { pace: Arc::new(Pace::new(rate)), at_once: Arc::new(Semaphore::new(permits)) }
    }
}

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// What is appended to the service's address: a path, escaped, and a query.
    pub path: String,
    /// The body with its type.
    pub body: Option<Bytes>,
    /// Headers beside those that every request has.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether sending twice can do harm.
    pub repeat: Repeat,
    /// How long it is tried.
    pub patience: Patience,
}

impl Call {
    /// A read.
    pub fn get(path: impl Into<String>) -> Self {
        let (repeat, patience) = (Repeat::Harmless, Patience::USUAL);
        Self { method: Method::GET, path: path.into(), body: None, headers: Vec::new(), repeat, patience }
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Whether an earlier try may have been processed.
    pub maybe_done_before: bool,
    /// How long the last try took.
    pub took: Duration,
}

impl Answer {
    /// What the service asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(&self.headers, SystemTime::now())
    }
}

/// How much was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Requests, retries included.
    pub requests: u64,
    /// Retries among them.
    pub retries: u64,
}

/// How requests were answered, and how long they waited for their turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// By status; 0 stands for no answer.
    pub by_status: BTreeMap<u16, Sent>,
    /// How long all of them together were held up by the rate, here.
    pub waited: Duration,
}

impl Traffic {
    /// Adds what another client did.
    pub fn add(&mut self, other: &Self) {
        for (status, sent) in &other.by_status {
            let known = self.by_status.entry(*status).or_default();
            known.requests += sent.requests;
            known.retries += sent.retries;
        }
        self.waited += other.waited;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.inner.base).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of a service on a socket. `token` is the header with its secret.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn socket(address: &Address, token: Option<(Secret, HeaderValue)>, limits: Limits) -> Result<Self, EndError> {
        let ends = ends::socket(address)?;
        Ok(Self::of(ends, address.as_str().to_owned(), token, limits))
    }

    /// A client of a sandbox in this process, below the path `base`.
    pub fn sandbox(sandbox: Sandbox, base: &str, limits: Limits) -> Self {
        let token = sandbox.token().and_then(|token| bearer(&token).map(|header| (token, header)));
        Self::of(ends::sandbox(sandbox), format!("http://sandbox{base}"), token, limits)
    }

    /// A client of a service in this process that is none of ours, such as a test's.
    pub fn in_process(ends: Ends, base: &str, limits: Limits) -> Self {
        Self::of(ends, base.to_owned(), None, limits)
    }

    fn of(ends: Ends, base: String, token: Option<(Secret, HeaderValue)>, limits: Limits) -> Self {
        let (requests, retries, traffic) = (AtomicU64::new(0), AtomicU64::new(0), Mutex::default());
        let inner = Inner { ends, base, token, limits, requests, retries, traffic };
        Self { inner: Arc::new(inner) }
    }

    /// The service's address.
    pub fn address(&self) -> &str {
        &self.inner.base
    }

    /// What was sent so far, by all clones.
    pub fn sent(&self) -> Sent {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Sent { requests: read(&self.inner.requests), retries: read(&self.inner.retries) }
    }

    /// How they were answered, of all clones.
    pub fn traffic(&self) -> Traffic {
        self.counted(|traffic| traffic.clone())
    }

    /// A panic elsewhere leaves counts that are still good.
    fn counted<T>(&self, with: impl FnOnce(&mut Traffic) -> T) -> T {
        with(&mut self.inner.traffic.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Requests a second that are sent at most now; less than what was
    /// configured after refusals. `None` is without a limit.
    pub fn rate(&self) -> Option<f64> {
        self.inner.limits.pace.rate()
    }

    /// A text that came from outside, fit to be shown: without the token,
    /// without control characters, on one line and not too long.
    pub fn fit(&self, text: &str) -> String {
        let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((token, _)) = &self.inner.token
            && token.expose().len() >= SHORTEST_TOKEN
        {
            text = text.replace(token.expose(), "••••••");
        }
        let mut fit: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_SAID).collect();
        if text.chars().nth(LONGEST_SAID).is_some() {
            fit.push('…');
        }
        fit
    }

    /// Sends, and sends again where that is safe and can help. An answer of any
    /// status is an answer.
    ///
    /// # Errors
    /// Why there was none.
    pub async fn send(&self, call: &Call) -> Result<Answer, Failure> {
        let mut delays = call.patience.delays();
        let mut first_try = None;
        let mut maybe_done_before = false;
        let mut tried = 0;
        loop {
            let outcome = self.attempt(call, tried, &mut first_try).await;
            tried += 1;
            let finished =
                |outcome: Result<Answer, Failure>| outcome.map(|answer| Answer { maybe_done_before, ..answer });
            let (asked, maybe_done, tries) = match retry::verdict(&outcome, call.repeat) {
                Verdict::Settled => return finished(outcome),
                Verdict::Again { asked, maybe_done, tries } => (asked, maybe_done, tries),
            };
            let Some(delay) = delays.next().filter(|_| tried < tries) else { return finished(outcome) };
            let wait = asked.unwrap_or(delay);
            let passed = first_try.map_or(Duration::ZERO, |first: Instant| first.elapsed());
            if passed.saturating_add(wait) > call.patience.total {
                return finished(outcome);
            }
            maybe_done_before |= maybe_done;
            tracing::debug!(method = %call.method, path = shown(&call.path), tried, ?wait, "again");
            // The door is closed for all by then, if the service asked; this one waits its turn behind it.
            if asked.is_none() {
                sleep(wait).await;
            }
        }
    }

    async fn attempt(&self, call: &Call, tried: usize, first_try: &mut Option<Instant>) -> Result<Answer, Failure> {
        let request = self.request(call)?;
        // The semaphore is never closed.
        let _permit = self.inner.limits.at_once.acquire().await;
        let queued = Instant::now();
        let leave = self.inner.limits.pace.turn().await;
        let start = Instant::now();
        first_try.get_or_insert(start);
        self.inner.requests.fetch_add(1, Ordering::Relaxed);
        if tried > 0 {
            self.inner.retries.fetch_add(1, Ordering::Relaxed);
        }
        let path = shown(&call.path);
        let span = tracing::info_span!(
            target: super::SPANS, "request",
            otel.name = %format_args!("{} {path}", call.method), otel.kind = "client", otel.status_code = Empty,
            http.request.method = %call.method, url.path = path,
            http.request.resend_count = i64::try_from(tried).unwrap_or(i64::MAX), http.response.status_code = Empty,
        );
        let outcome = timeout(ANSWER, self.inner.ends.clone().oneshot(request)).instrument(span.clone()).await;
        let took = start.elapsed();
        let answer = match outcome {
            Ok(Ok(response)) => {
                let (head, body) = response.into_parts();
                Ok(Answer { status: head.status, headers: head.headers, body, maybe_done_before: false, took })
            }
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(Failure::lost(format!("no answer came within {} s", ANSWER.as_secs()))),
        };
        match &answer {
            Ok(answer) => {
                let status = answer.status.as_u16();
                span.record("http.response.status_code", i64::from(status));
                tracing::info!(method = %call.method, path, status, ?took, "answered");
            }
            Err(failure) => {
                span.record("otel.status_code", "ERROR");
                tracing::info!(method = %call.method, path, %failure, ?took, "not answered");
            }
        }
        self.counted(|traffic| {
            traffic.waited += start.duration_since(queued);
            let sent = traffic.by_status.entry(answer.as_ref().map_or(0, |answer| answer.status.as_u16())).or_default();
            sent.requests += 1;
            sent.retries += u64::from(tried > 0);
        });
        self.learn(&answer, leave, call.patience);
        answer
    }

    /// What an answer says of the pace.
    fn learn(&self, answer: &Result<Answer, Failure>, leave: super::pace::Leave, patience: Patience) {
        let Ok(answer) = answer else { return };
        // Longer waits are refused by who asked, not by everybody.
        let asked = answer.retry_after().filter(|asked| *asked <= patience.total);
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => self.inner.limits.pace.refused(leave, asked.unwrap_or_default()),
            StatusCode::SERVICE_UNAVAILABLE => {
                if let Some(asked) = asked {
                    self.inner.limits.pace.closed(asked);
                }
            }
            _ => self.inner.limits.pace.answered(),
        }
    }

    fn request(&self, call: &Call) -> Result<Request<Bytes>, Failure> {
        let unsendable = |message: String| Failure::Unreached { reach: super::Reach::Other, message };
        let uri: Uri = format!("{}{}", self.inner.base, call.path)
            .parse()
            .map_err(|_| unsendable("the address cannot be written as a URL".to_owned()))?;
        let mut request = Request::new(call.body.clone().unwrap_or_default());
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        let says = |name: HeaderName| call.headers.iter().any(|(said, _)| *said == name);
        if !says(header::ACCEPT) {
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/scim+json, application/json"));
        }
        if call.body.is_some() && !says(header::CONTENT_TYPE) {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/scim+json"));
        }
        if let Some((_, value)) = &self.inner.token {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        headers.extend(call.headers.iter().cloned());
        Ok(request)
    }
}

/// The header that carries a bearer token (RFC 6750 §2.1); `None` when the
/// token holds what cannot stand in a header.
pub(crate) fn bearer(token: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A path without its query, which names people.
fn shown(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}
