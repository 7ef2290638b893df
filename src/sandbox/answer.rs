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
    API_PATH, BASE_PATH, FaultPlan, RequestRecord, Sandbox, SandboxError, admin,
    faults::{Bend, BodyFault, FaultBody, Instead},
    locked,
    scim::{Refusal, shortened},
    tenant::ErrorShape,
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
            let response = match self.authorize(request) {
                Ok(()) => self.control(request, rest).unwrap_or_else(|refusal| refusal.response()),
                Err(refusal) => unauthorized(refusal.response()),
            };
            return Ok(Answer { response, delivery: Delivery::Whole });
        }
        let at = self.inner.opened.elapsed();
        let bend = locked(&self.inner.faults).next(request.method(), path);
        let admitted = self.admit();
        let latency = self.inner.latency.saturating_add(bend.latency);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let answer = match admitted {
            Ok(()) => self.bent(request, &bend),
            Err(seconds) => {
                let detail = "more requests than the rate limit allows";
                let response = self.own_error(request, StatusCode::TOO_MANY_REQUESTS, detail);
                Ok(Answer { response: retry_after(response, seconds), delivery: Delivery::Whole })
            }
        };
        let status = answer.as_ref().ok().map(|answer| answer.response.status().as_u16());
        let path = request.uri().path_and_query().map_or(path, http::uri::PathAndQuery::as_str).to_owned();
        locked(&self.inner.requests).add(RequestRecord { method: request.method().clone(), path, status, at });
        answer
    }

    fn admit(&self) -> Result<(), u64> {
        let Some(limit) = &mut *locked(&self.inner.limit) else { return Ok(()) };
        limit.admit(tokio::time::Instant::now())
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
                let mut response = self.status_fault(request, *status, *body);
                if let Some(seconds) = seconds {
                    response = retry_after(response, *seconds);
                }
                Ok(Answer { response, delivery: slow_or_whole(bend) })
            }
            None => Ok(spoil(self.respond(request, bend), bend)),
        }
    }

    /// What would be answered if nothing went wrong on the way.
    fn respond(&self, request: &Request<Bytes>, bend: &Bend) -> Response<Bytes> {
        if let Err(refusal) = self.authorize(request) {
            return unauthorized(self.own_error(request, refusal.status, &refusal.detail));
        }
        let (scim, path) = (&self.inner.scim, request.uri().path());
        if let Some(rest) = below(path, API_PATH) {
            return self.inner.admin.answer(&scim.store, request, rest, bend);
        }
        match below(path, BASE_PATH) {
            Some(rest) => scim.answer(request, rest, bend),
            None => {
                let detail = format!(
                    "there is nothing here; SCIM's base address ends with `{BASE_PATH}`, the admin API's with `{API_PATH}`"
                );
                Refusal::status(StatusCode::NOT_FOUND, detail).response()
            }
        }
    }

    /// An error in the words of the service that was asked.
    fn own_error(&self, request: &Request<Bytes>, status: StatusCode, detail: &str) -> Response<Bytes> {
        match below(request.uri().path(), API_PATH) {
            Some(_) => admin::Refusal::new(status, detail).response(self.inner.scim.company.behaviour.errors),
            None => Refusal::status(status, detail).response(),
        }
    }

    fn status_fault(&self, request: &Request<Bytes>, status: StatusCode, body: FaultBody) -> Response<Bytes> {
        let detail = "this went wrong on demand";
        let shaped = |shape| admin::Refusal::new(status, detail).response(shape);
        match body {
            FaultBody::Own => self.own_error(request, status, detail),
            FaultBody::Nested => shaped(ErrorShape::Nested),
            FaultBody::Message => shaped(ErrorShape::Message),
            FaultBody::Detail => shaped(ErrorShape::Detail),
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

    /// `PUT|DELETE /sandbox/faults` (one fault on a line) and
    /// `GET|DELETE /sandbox/requests`, and `POST /sandbox/logins` (one e-mail
    /// address on a line: who logs in for the first time). These are neither counted nor limited.
    fn control(&self, request: &Request<Bytes>, rest: &str) -> Result<Response<Bytes>, Refusal> {
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
            (&Method::POST, "logins") => {
                let wrong = |status, detail: String| Refusal::status(status, detail);
                let text = std::str::from_utf8(request.body())
                    .map_err(|_| wrong(StatusCode::BAD_REQUEST, "the body is not UTF-8".into()))?;
                for email in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                    let there = self
                        .log_in(email)
                        .map_err(|error| wrong(StatusCode::INTERNAL_SERVER_ERROR, format!("failed to {error}")))?;
                    if !there {
                        return Err(wrong(StatusCode::NOT_FOUND, format!("there is no user `{}`", shortened(email))));
                    }
                }
                Ok(no_content())
            }
            _ => Err(Refusal::status(
                StatusCode::NOT_FOUND,
                "expected PUT or DELETE `/sandbox/faults`, GET or DELETE `/sandbox/requests`, POST `/sandbox/logins`",
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

fn unauthorized(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    response
}

fn retry_after(mut response: Response<Bytes>, seconds: u64) -> Response<Bytes> {
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        names::Secret,
        sandbox::{FaultRule, Options},
    };

    fn sandbox(faults: &[&str]) -> Sandbox {
        let faults = FaultPlan::parse(faults.iter().copied()).unwrap();
        Sandbox::open(Options { rate: None, faults, ..Options::default() }).unwrap()
    }

    fn request(method: &str, path: &str, body: &Value) -> Request<Bytes> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder().method(method).uri(path).header("content-type", "application/scim+json");
        request.body(body.into()).unwrap()
    }

    async fn ask(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> Result<Response<Bytes>, SandboxError> {
        sandbox.call(request(method, path, body)).await
    }

    async fn get(sandbox: &Sandbox) -> Result<Response<Bytes>, SandboxError> {
        ask(sandbox, "GET", "/scim/Users", &Value::Null).await
    }

    async fn create(sandbox: &Sandbox, name: &str) -> Result<Response<Bytes>, SandboxError> {
        ask(sandbox, "POST", "/scim/Users", &json!({"userName": name, "title": "T"})).await
    }

    fn body(response: &Response<Bytes>) -> Value {
        serde_json::from_slice(response.body()).unwrap()
    }

    #[tokio::test]
    async fn the_token_is_asked_for_everywhere() {
        let token = Some(Secret::new("s3cret"));
        let sandbox = Sandbox::open(Options { token, ..Options::default() }).unwrap();
        for path in ["/scim/Users", "/scim/ServiceProviderConfig", "/scim/nothing", "/sandbox/requests"] {
            for (header, status) in [(None, 401), (Some("Bearer wrong"), 401), (Some("Basic s3cret"), 401)] {
                let mut request = request("GET", path, &Value::Null);
                request.headers_mut().extend(header.map(|header| (header::AUTHORIZATION, header.parse().unwrap())));
                let response = sandbox.call(request).await.unwrap();
                assert_eq!((response.status().as_u16(), body(&response)["status"].as_str()), (status, Some("401")));
                assert_eq!(response.headers()["www-authenticate"], "Bearer");
            }
        }
        let mut request = request("GET", "/scim/Users", &Value::Null);
        request.headers_mut().insert(header::AUTHORIZATION, "bearer s3cret".parse().unwrap());
        assert_eq!(sandbox.call(request).await.unwrap().status(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_limit_follows_tokios_clock() {
        let sandbox = Sandbox::open(Options::default()).unwrap();
        let mut statuses = Vec::new();
        for _ in 0..25 {
            statuses.push(get(&sandbox).await.unwrap().status().as_u16());
        }
        assert_eq!(
            (statuses.iter().filter(|status| **status == 200).count(), statuses[19], statuses[20]),
            (20, 200, 429)
        );
        let refused = get(&sandbox).await.unwrap();
        assert_eq!(refused.headers()["retry-after"], "1");
        assert_eq!(body(&refused)["status"], "429");
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..300 {
            assert_eq!(get(&sandbox).await.unwrap().status(), 200);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let requests = sandbox.requests();
        assert_eq!((requests.by_status[&429], requests.by_status[&200]), (6, 320));
        assert_eq!(requests.log.back().unwrap().at, Duration::from_millis(1000 + 299 * 50));
    }

    #[tokio::test(start_paused = true)]
    async fn latency_and_slow_bodies_take_their_time() {
        let sandbox = sandbox(&["latency=2s;nth=1", "slow=3s;nth=2"]);
        let start = tokio::time::Instant::now();
        get(&sandbox).await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(2));
        get(&sandbox).await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    }

    #[tokio::test]
    async fn a_status_comes_instead_of_the_answer_and_nothing_is_done_unless_it_says_after() {
        let sandbox = sandbox(&[
            "status=503;retry-after=7;nth=1",
            "status=500;body=empty;nth=2",
            "status=502;body=html;nth=3",
            "status=504;after;nth=4",
        ]);
        let first = create(&sandbox, "a@example.com").await.unwrap();
        assert_eq!((first.status().as_u16(), &first.headers()["retry-after"]), (503, &"7".parse().unwrap()));
        let second = create(&sandbox, "a@example.com").await.unwrap();
        assert_eq!((second.status().as_u16(), second.body().len()), (500, 0));
        let third = create(&sandbox, "a@example.com").await.unwrap();
        assert_eq!((third.status().as_u16(), &third.headers()["content-type"]), (502, &"text/html".parse().unwrap()));
        assert_eq!(sandbox.users().len(), 0);
        assert_eq!(create(&sandbox, "a@example.com").await.unwrap().status(), 504);
        assert_eq!(sandbox.users().len(), 1);
        assert_eq!(create(&sandbox, "a@example.com").await.unwrap().status(), 409);
    }

    #[tokio::test]
    async fn a_reset_does_nothing_and_a_lost_answer_has_taken_effect() {
        let sandbox = sandbox(&["reset;nth=1", "lost;nth=2"]);
        assert!(matches!(create(&sandbox, "a@example.com").await, Err(SandboxError::Reset)));
        assert_eq!(sandbox.users().len(), 0);
        assert!(matches!(create(&sandbox, "a@example.com").await, Err(SandboxError::Reset)));
        assert_eq!(sandbox.users().len(), 1);
        let requests = sandbox.requests();
        assert_eq!((requests.total, requests.writes(), requests.by_status[&0]), (2, 2, 2));
        assert_eq!(requests.log[1].status, None);
    }

    #[tokio::test]
    async fn bodies_are_spoilt_on_demand() {
        let sandbox = sandbox(&["truncated;nth=1", "wrong-json;nth=2", "wrong-shape;nth=3", "total=7;nth=4"]);
        assert!(matches!(get(&sandbox).await, Err(SandboxError::Cut)));
        assert!(serde_json::from_slice::<Value>(get(&sandbox).await.unwrap().body()).is_err());
        assert!(body(&get(&sandbox).await.unwrap()).is_array());
        assert_eq!(body(&get(&sandbox).await.unwrap())["totalResults"], 7);
        assert_eq!(body(&get(&sandbox).await.unwrap())["totalResults"], 0);
    }

    #[tokio::test]
    async fn what_is_not_stored_is_accepted_all_the_same() {
        let sandbox = sandbox(&["not-stored=TITLE,urn:x,members"]);
        let made = create(&sandbox, "a@example.com").await.unwrap();
        assert_eq!((made.status().as_u16(), body(&made).get("title")), (201, None));
        let path = format!("/scim/Users/{}", body(&made)["id"].as_str().unwrap());
        let put = json!({"userName": "a@example.com", "title": "U", "nickName": "N", "urn:x": {"y": 1}});
        let put = ask(&sandbox, "PUT", &path, &put).await.unwrap();
        assert_eq!((put.status().as_u16(), body(&put).get("title"), body(&put).get("urn:x")), (200, None, None));
        assert_eq!(sandbox.users()[0]["nickName"], "N");
        sandbox.load(&[json!({"displayName": "G", "members": [{"value": "a@example.com"}]})]).unwrap();
        let path = format!("/scim/Groups/{}", sandbox.groups()[0]["id"].as_str().unwrap());
        assert_eq!(ask(&sandbox, "PUT", &path, &json!({"displayName": "G"})).await.unwrap().status(), 200);
        assert_eq!(sandbox.groups()[0]["members"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn the_sandbox_is_controlled_beside_scim() {
        let sandbox = sandbox(&[]);
        let control = |method: &str, path: &str, body: &'static str| {
            Request::builder().method(method).uri(path).body(Bytes::from(body)).unwrap()
        };
        let set = sandbox.call(control("PUT", "/sandbox/faults", "status=503;nth=1\n\nreset;nth=2\n")).await.unwrap();
        assert_eq!(set.status(), 204);
        assert_eq!(get(&sandbox).await.unwrap().status(), 503);
        assert!(get(&sandbox).await.is_err());
        assert_eq!(get(&sandbox).await.unwrap().status(), 200);
        let counted = sandbox.call(control("GET", "/sandbox/requests", "")).await.unwrap();
        assert_eq!(
            body(&counted),
            json!({"total": 3, "byMethod": {"GET": 3}, "byStatus": {"0": 1, "200": 1, "503": 1}})
        );
        assert_eq!(sandbox.call(control("DELETE", "/sandbox/requests", "")).await.unwrap().status(), 204);
        assert_eq!(sandbox.requests().total, 0);
        let wrong = sandbox.call(control("PUT", "/sandbox/faults", "reste")).await.unwrap();
        assert!(body(&wrong)["detail"].as_str().unwrap().contains("did you mean `reset`?"), "{wrong:?}");
        assert_eq!(sandbox.call(control("GET", "/sandbox/else", "")).await.unwrap().status(), 404);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn clients_at_the_same_time_lose_nothing_of_each_other() {
        let sandbox = sandbox(&[]);
        let users: Vec<Value> = (0..40).map(|n| json!({"userName": format!("u{n}@example.com")})).collect();
        let ids = sandbox.load(&users).unwrap();
        sandbox.load(&[json!({"id": "1", "displayName": "G"})]).unwrap();
        let adding = ids.chunks(5).map(|ids| {
            let (sandbox, ids) = (sandbox.clone(), ids.to_vec());
            tokio::spawn(async move {
                for id in ids {
                    let operation = json!({"op": "add", "path": "members", "value": [{"value": id}]});
                    let patch = json!({
                        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation],
                    });
                    assert_eq!(ask(&sandbox, "PATCH", "/scim/Groups/1", &patch).await.unwrap().status(), 204);
                }
            })
        });
        for task in adding.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!(sandbox.groups()[0]["members"].as_array().unwrap().len(), 40);
    }

    #[tokio::test]
    async fn it_is_a_tower_service() {
        use tower::ServiceExt;
        let mut plan = FaultPlan::new([FaultRule::always(crate::sandbox::Fault::Reset)]);
        let sandbox = sandbox(&[]);
        assert_eq!(sandbox.clone().oneshot(request("GET", "/scim/Users", &Value::Null)).await.unwrap().status(), 200);
        plan.rules[0].times = Some(1);
        sandbox.set_faults(plan);
        assert!(sandbox.clone().oneshot(request("GET", "/scim/Users", &Value::Null)).await.is_err());
    }

    #[tokio::test]
    async fn addresses_outside_scim_are_not_found_in_scims_words() {
        let sandbox = sandbox(&[]);
        for path in ["/", "/scimx/Users", "/Users"] {
            let response = ask(&sandbox, "GET", path, &Value::Null).await.unwrap();
            assert_eq!((response.status().as_u16(), body(&response)["status"].as_str()), (404, Some("404")), "{path}");
        }
    }
}
