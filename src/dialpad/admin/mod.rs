//! Dialpad's admin API (`/api/v2`): reads [`crate::live::Tenant`], carries out one
//! request of a plan at a time, and says what the key can do.
//!
//! The shapes are those of Dialpad's OpenAPI file; answers are read for what they
//! hold, since ids come as numbers and as text, and nulls come everywhere. Which
//! requests are sent, and the traps, are in `docs/admin-api.md`.

mod examine;
mod look_up;
mod pages;
mod people;
mod places;
mod read;
mod send;
mod value;
mod wanted;
mod wire;

use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value as Json;

pub use self::{
    examine::examine_admin,
    send::Granted,
    wanted::{Part, People, Wanted},
};

pub(super) use self::{
    read::{tenant, whose},
    send::{record, send},
};

use super::{
    ReadError,
    scim::{self, Trouble, said},
};
use crate::{
    http::{Answer, Call, Client, Failure, Patience, Repeat},
    names::{Secret, Text},
};

/// The path of the admin API below its host (Dialpad's OpenAPI file).
pub const ADMIN_PATH: &str = crate::sandbox::API_PATH;

/// The admin API on a socket. A sandbox has its own.
#[derive(Clone, Debug)]
pub struct AdminEnd {
    /// The base URL, without `/api/v2` and without a slash at its end.
    pub url: Text,
    /// The API key.
    pub key: Secret,
    /// Whether plain HTTP may leave this machine: asked for outside of the manifest.
    pub plain_http: bool,
    /// Requests a second; `None` is without a limit.
    pub rate: Option<f64>,
}

/// A client of the admin API. Clones share its pool, its rate and its counts.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) client: Client,
    /// Requests under way at once, at most.
    pub(super) at_once: usize,
}

/// How long a read waits after a 500, which a plain repeat often mends.
const AGAIN: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

impl Api {
    /// Reads `path`; `what` is for messages.
    async fn get(&self, path: &str, what: &str) -> Result<Json, Trouble> {
        self.ask(path, what, Patience::USUAL).await
    }

    async fn ask(&self, path: &str, what: &str, patience: Patience) -> Result<Json, Trouble> {
        let mut waits = AGAIN.into_iter();
        loop {
            let answer = self.send(Method::GET, path, None, Repeat::Harmless, patience).await;
            let answer = answer.map_err(|failure| scim::failed(&self.client, &failure))?;
            match waits.next().filter(|_| answer.status == StatusCode::INTERNAL_SERVER_ERROR && patience.tries > 1) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return scim::json(&self.client, &answer, what),
            }
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
        repeat: Repeat,
        patience: Patience,
    ) -> Result<Answer, Failure> {
        let json = HeaderValue::from_static("application/json");
        let mut headers = vec![(header::ACCEPT, json.clone())];
        if body.is_some() {
            headers.push((header::CONTENT_TYPE, json));
        }
        let body = body.map(|body| body.to_string().into());
        self.client.send(&Call { method, path: path.to_owned(), body, headers, repeat, patience }).await
    }

    /// What an answer says that is no success.
    fn said(&self, answer: &Answer) -> String {
        said(&self.client, answer).to_string()
    }
}

/// Why a part could not be read, in words that follow its name.
fn because(trouble: &Trouble) -> String {
    match &trouble.error {
        ReadError::Credentials { message, .. } => format!("the key may not read them: {message}"),
        ReadError::Unreachable { message, .. } => format!("no answer: {message}"),
        ReadError::Unusable { message, .. } => message.clone(),
    }
}
