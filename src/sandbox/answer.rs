//! One request, from its arrival to the answer or the lack of one: counted,
//! delayed, limited, bent by faults, checked for its token, answered.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use serde_json::Value;

use super::{
    BASE_PATH, FaultPlan, RequestRecord, Sandbox, SandboxError,
    faults::{Bend, BodyFault, FaultBody, Instead},
    locked,
    scim::Refusal,
};

/// Where the sandbox itself is told things: not a part of Dialpad.
const CONTROL_PATH: &str = "/sandbox";

/// An answer and how it travels.
pub(super) struct Answer {
    pub(super) response: Response<Bytes>,
    pub(super) delivery: Delivery,
}

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    /// The body takes this long.
    Slow(Duration),
    /// The connection is cut after so many bytes of the body.
    CutAfter(usize),
}

/// There is no answer: the connection is cut.
#[derive(Debug)]
pub(super) struct NoAnswer;

impl Sandbox {
    /// Answers a request in process.
    ///
    /// # Errors
    /// [`SandboxError::Reset`] and [`SandboxError::Cut`], when faults cut the connection.
    pub async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SandboxError> {
        let Answer { response, delivery } = self.answer(&request).await.map_err(|NoAnswer| SandboxError::Reset)?;
        match delivery {
            Delivery::Whole => Ok(response),
            Delivery::Slow(time) => {
                tokio::time::sleep(time).await;
                Ok(response)
            }
            Delivery::CutAfter(_) => Err(SandboxError::Cut),
        }
    }

    pub(super) async fn answer(&self, request: &Request<Bytes>) -> Result<Answer, NoAnswer> {
        let path = request.uri().path();
        if let Some(rest) = below(path, CONTROL_PATH) {
            let response = self.control(request, rest).unwrap_or_else(|refusal| refusal.response());
            return Ok(Answer { response, delivery: Delivery::Whole });
        }
        let at = self.inner.opened.elapsed();
        let bend = locked(&self.inner.faults).next(request.method(), path);
        let admitted = self.admit(request);
        let latency = self.inner.latency.saturating_add(bend.latency);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let answer = match admitted {
            Ok(()) => self.bent(request, &bend),
            Err(seconds) => {
                let detail = "more requests than the rate limit allows";
                let refusal = Refusal::status(StatusCode::TOO_MANY_REQUESTS, detail);
                Ok(Answer { response: retry_after(refusal.response(), seconds), delivery: Delivery::Whole })
            }
        };
        let status = answer.as_ref().ok().map(|answer| answer.response.status().as_u16());
        let path = request.uri().path_and_query().map_or(path, http::uri::PathAndQuery::as_str).to_owned();
        locked(&self.inner.requests).add(RequestRecord { method: request.method().clone(), path, status, at });
        answer
    }

    fn admit(&self, request: &Request<Bytes>) -> Result<(), u64> {
        let Some(limit) = &mut *locked(&self.inner.limit) else { return Ok(()) };
        let key = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        limit.admit(key.unwrap_or_default(), tokio::time::Instant::now())
    }

    fn bent(&self, request: &Request<Bytes>, bend: &Bend) -> Result<Answer, NoAnswer> {
        match &bend.instead {
            Some(Instead::Reset { after }) => {
                if *after {
                    self.respond(request, bend);
                }
                Err(NoAnswer)
            }
            Some(Instead::Status { status, body, retry_after: seconds, after }) => {
                if *after {
                    self.respond(request, bend);
                }
                let response = status_fault(*status, *body);
                let response =
                    seconds.map_or_else(|| response.clone(), |seconds| retry_after(response.clone(), seconds));
                Ok(Answer { response, delivery: slow_or_whole(bend) })
            }
            None => Ok(spoil(self.respond(request, bend), bend)),
        }
    }

    /// What would be answered if nothing went wrong on the way.
    fn respond(&self, request: &Request<Bytes>, bend: &Bend) -> Response<Bytes> {
        if let Err(refusal) = self.authorize(request) {
            return unauthorized(&refusal);
        }
        match below(request.uri().path(), BASE_PATH) {
            Some(rest) => self.inner.scim.answer(request, rest, bend),
            None => {
                let detail = format!("there is nothing here; the base address ends with `{BASE_PATH}`");
                Refusal::status(StatusCode::NOT_FOUND, detail).response()
            }
        }
    }

    fn authorize(&self, request: &Request<Bytes>) -> Result<(), Refusal> {
        let Some(token) = &self.inner.token else { return Ok(()) };
        let wrong = |detail: &str| Refusal::status(StatusCode::UNAUTHORIZED, detail);
        let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, given) = header
            .and_then(|header| header.split_once(' '))
            .ok_or_else(|| wrong("send the API key as `Authorization: Bearer …`"))?;
        if scheme.eq_ignore_ascii_case("bearer") && given.trim() == token.expose() {
            Ok(())
        } else {
            Err(wrong("the API key is not valid"))
        }
    }

    /// `GET|PUT|DELETE /sandbox/faults` (one fault on a line) and
    /// `GET|DELETE /sandbox/requests`. These are neither counted nor limited.
    fn control(&self, request: &Request<Bytes>, rest: &str) -> Result<Response<Bytes>, Refusal> {
        self.authorize(request)?;
        match (request.method(), rest.trim_matches('/')) {
            (&Method::PUT, "faults") => {
                let wrong = |detail: String| Refusal::status(StatusCode::BAD_REQUEST, detail);
                let text = std::str::from_utf8(request.body()).map_err(|_| wrong("the body is not UTF-8".into()))?;
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                self.set_faults(FaultPlan::parse(lines).map_err(|error| wrong(format!("failed to {error}")))?);
                Ok(no_content())
            }
            (&Method::DELETE, "faults") => {
                self.set_faults(FaultPlan::default());
                Ok(no_content())
            }
            (&Method::GET, "requests") => {
                let body = locked(&self.inner.requests).to_json();
                let mut response = Response::new(Bytes::from(body.to_string()));
                response
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
                Ok(response)
            }
            (&Method::DELETE, "requests") => {
                self.reset_requests();
                Ok(no_content())
            }
            _ => Err(Refusal::status(
                StatusCode::NOT_FOUND,
                "expected PUT or DELETE `/sandbox/faults`, GET or DELETE `/sandbox/requests`",
            )),
        }
    }
}

/// The sandbox as the far end of an HTTP client made of tower services.
impl tower::Service<Request<Bytes>> for Sandbox {
    type Response = Response<Bytes>;
    type Error = SandboxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, SandboxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SandboxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let sandbox = self.clone();
        Box::pin(async move { Sandbox::call(&sandbox, request).await })
    }
}

/// What comes after a prefix of whole segments.
fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn no_content() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn unauthorized(refusal: &Refusal) -> Response<Bytes> {
    let mut response = refusal.response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    response
}

fn retry_after(mut response: Response<Bytes>, seconds: u64) -> Response<Bytes> {
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

fn status_fault(status: StatusCode, body: FaultBody) -> Response<Bytes> {
    match body {
        FaultBody::Scim => Refusal::status(status, "this went wrong on demand").response(),
        FaultBody::Empty => {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = status;
            response
        }
        FaultBody::Html => {
            let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
            let mut response = Response::new(Bytes::from(page));
            *response.status_mut() = status;
            response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"));
            response
        }
    }
}

fn slow_or_whole(bend: &Bend) -> Delivery {
    if bend.slow_body.is_zero() { Delivery::Whole } else { Delivery::Slow(bend.slow_body) }
}

/// Does to an answer's body what the faults say. An empty body cannot be spoilt.
fn spoil(mut response: Response<Bytes>, bend: &Bend) -> Answer {
    let length = response.body().len();
    let delivery = match bend.body.filter(|_| length > 0) {
        None => slow_or_whole(bend),
        Some(BodyFault::Truncated) => Delivery::CutAfter(length / 2),
        Some(BodyFault::WrongJson) => {
            let body = response.body_mut();
            *body = body.slice(..length / 2);
            slow_or_whole(bend)
        }
        Some(BodyFault::WrongShape) => {
            *response.body_mut() = Bytes::from(Value::from(vec!["this", "is", "not", "it"]).to_string());
            slow_or_whole(bend)
        }
    };
    Answer { response, delivery }
}
