//! The status page for people, and the endpoints for machines: `/healthz`, `/readyz`, `/metrics`.
//!
//! Nothing here writes: every other method than GET and HEAD is refused. Names and
//! values are shown to this machine, and to others with the token of `run.access`;
//! whoever else asks sees counts alone.

mod access;
mod held;
mod layout;
mod metrics;
mod overview;
mod person;
mod plot;
mod sockets;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, Query, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, sync::Semaphore, time::Instant};

use self::{
    access::{Door, Visitor},
    sockets::{Bounded, Peer},
};
use super::{
    Board,
    board::{Doing, Shown},
};
use crate::names::Secret;

/// A wrong token is answered so much later.
const WRONG: Duration = Duration::from_millis(300);

/// The longest name that is looked for, in characters.
const LONGEST: usize = 300;

/// What every answer is made from.
#[derive(Clone)]
struct Site {
    board: Board,
    door: Arc<Door>,
    /// Explaining a person plans for everybody: one at a time.
    explaining: Arc<Semaphore>,
}

/// The page and the endpoints. `access` is the token that shows names to other machines.
pub fn router(board: Board, access: Option<Secret>) -> Router {
    let site = Site { board, door: Arc::new(Door::new(access)), explaining: Arc::new(Semaphore::new(1)) };
    Router::new()
        .route("/", get(overview))
        .route("/people", get(people))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .fallback(async || (StatusCode::NOT_FOUND, "there is no such page; the status page is at /\n"))
        .layer(middleware::from_fn_with_state(site.clone(), guarded))
        .with_state(site)
}

/// Serves for as long as the process lives.
pub async fn serve(listener: TcpListener, board: Board, access: Option<Secret>) {
    let service = router(board, access).into_make_service_with_connect_info::<Peer>();
    // It ends with the process, and accepts again after an error of the system.
    let _ = axum::serve(Bounded::new(listener), service).await;
}

/// Looks at who asks, and adds what every answer carries.
async fn guarded(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|info| info.0);
    let visitor = site.door.look(peer, request.headers());
    let mut response = match visitor {
        Visitor::Foreign => (
            StatusCode::MISDIRECTED_REQUEST,
            "this page answers to localhost and 127.0.0.1 alone; behind a proxy set `run.access`\n",
        )
            .into_response(),
        visitor => {
            if visitor == Visitor::Wrong {
                tokio::time::sleep(WRONG).await;
            }
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
    };
    let headers = response.headers_mut();
    for (name, value) in secure() {
        headers.insert(name.clone(), value.clone());
    }
    response
}

/// Headers of every answer: nothing from elsewhere, in nobody's frame, kept by nobody.
fn secure() -> &'static [(HeaderName, HeaderValue)] {
    static HEADERS: OnceLock<Vec<(HeaderName, HeaderValue)>> = OnceLock::new();
    HEADERS.get_or_init(|| {
        let style = STANDARD.encode(Sha256::digest(layout::STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; img-src data:; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        let fixed = |value: &'static str| HeaderValue::from_static(value);
        vec![
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
            (header::X_FRAME_OPTIONS, fixed("DENY")),
            (header::REFERRER_POLICY, fixed("no-referrer")),
            (header::CACHE_CONTROL, fixed("no-store")),
            (HeaderName::from_static("cross-origin-resource-policy"), fixed("same-origin")),
            (HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin")),
        ]
    })
}

async fn overview(State(site): State<Site>, request: Request) -> Response {
    let visitor = visitor(&request);
    if visitor == Visitor::Wrong {
        return ask();
    }
    let shown = site.board.shown();
    page(overview::page(&shown, visitor.sees_people(), site.door.has_token(), jiff::Timestamp::now()).into_string())
}

async fn people(State(site): State<Site>, Query(query): Query<BTreeMap<String, String>>, request: Request) -> Response {
    match visitor(&request) {
        Visitor::Trusted => {}
        Visitor::Stranger if !site.door.has_token() => {
            let text = "names are shown on the machine itself; for others set `run.access` in the manifest\n";
            return (StatusCode::FORBIDDEN, text).into_response();
        }
        Visitor::Stranger | Visitor::Wrong | Visitor::Foreign => return ask(),
    }
    let asked = query.get("person").map(|name| name.trim().chars().take(LONGEST).collect::<String>());
    let asked = asked.filter(|name| !name.is_empty());
    let shown = site.board.shown();
    let (Some(name), Some(scene)) = (asked.clone(), shown.scene.clone()) else {
        return page(person::page(&shown, asked.as_deref(), None).into_string());
    };
    let Ok(_turn) = site.explaining.acquire().await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let explained = tokio::task::spawn_blocking(move || person::explained(&scene, &name)).await;
    match explained {
        Ok(found) => page(person::page(&shown, asked.as_deref(), Some(found)).into_string()),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the explanation failed; `dialform show` may say more\n")
            .into_response(),
    }
}

fn visitor(request: &Request) -> Visitor {
    request.extensions().get::<Visitor>().copied().unwrap_or(Visitor::Stranger)
}

/// Asks the browser for the token: as the password, the user name does not matter.
fn ask() -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(
            "Basic realm=\"Dialform: the token of run.access is the password\", charset=\"UTF-8\"",
        ),
    );
    let text = "give the token of `run.access` as the password (any user name), or as `Authorization: Bearer TOKEN`\n";
    (StatusCode::UNAUTHORIZED, headers, text).into_response()
}

fn page(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

async fn numbers(State(site): State<Site>) -> Response {
    match metrics::text(&site.board.shown(), jiff::Timestamp::now()) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written\n").into_response(),
    }
}

async fn ready(State(site): State<Site>) -> Response {
    let (is_ready, text) = readiness(&site.board.shown());
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, format!("{text}\n")).into_response()
}

/// Whether a whole cycle ended within twice the interval, and a word on it.
pub(super) fn readiness(shown: &Shown) -> (bool, &'static str) {
    let whole: Option<Instant> = shown.whole.map(|(_, at)| at);
    match (&shown.doing, whole) {
        (Doing::Paused(_), _) => (true, "paused by the manifest"),
        (Doing::Waiting | Doing::Cycling(_), Some(at)) if at.elapsed() <= shown.every.saturating_mul(2) => {
            (true, "ready")
        }
        (Doing::Waiting | Doing::Cycling(_), Some(_)) => (false, "no whole cycle within twice the interval"),
        (Doing::Waiting | Doing::Cycling(_), None) => (false, "no whole cycle yet"),
    }
}
