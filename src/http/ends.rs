use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use tower::{ServiceExt, util::BoxCloneSyncService};

use super::{Address, Failure, MOST_BYTES};
use crate::sandbox::Sandbox;

/// Node servers close a connection that idles for 5 s; ours are given up before.
const IDLE: Duration = Duration::from_secs(4);

const CONNECT: Duration = Duration::from_secs(10);

/// The far end of a client: a request with its whole body in, an answer with its whole body out.
pub type Ends = BoxCloneSyncService<Request<Bytes>, Response<Bytes>, Failure>;

/// Why a connection cannot even be tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndError {
    /// TLS cannot be set up.
    #[error(
        "set up TLS: {0}; a machine without system certificates needs `SSL_CERT_FILE` to name a file of them (package `ca-certificates`)"
    )]
    Tls(String),
}

/// A sandbox in this process.
pub(super) fn sandbox(sandbox: Sandbox) -> Ends {
    BoxCloneSyncService::new(sandbox.map_err(Failure::from))
}

/// A socket.
///
/// # Errors
/// When the system's certificates cannot be read.
pub(super) fn socket(address: &Address) -> Result<Ends, EndError> {
    // Another part of the program may have chosen one before; any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("dialform/", env!("CARGO_PKG_VERSION")))
        // A redirect would carry the token or the change to somewhere that nobody named.
        .redirect(reqwest::redirect::Policy::none())
        // All repeats pass through the one place that counts them.
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true);
    if address.is_near() {
        builder = builder.no_proxy();
    }
    let client = builder.build().map_err(|error| EndError::Tls(deepest(&error)))?;
    Ok(BoxCloneSyncService::new(tower::service_fn(move |request| exchange(client.clone(), request))))
}

async fn exchange(client: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
    let mut answer = client.execute(reqwest::Request::try_from(request)?).await?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    *response.body_mut() = body.freeze();
    Ok(response)
}

fn deepest(error: &dyn std::error::Error) -> String {
    let mut deepest = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        deepest = error.to_string();
        next = error.source();
    }
    deepest
}
