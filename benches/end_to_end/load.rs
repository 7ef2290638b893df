//! A load generator: the same bodies by the same library, as many at once, and nothing else.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::Method;
use tokio::task::JoinSet;

use super::{
    AT_ONCE, Took,
    server::{Server, TOKEN},
};

/// A request as it goes over the wire.
#[derive(Clone)]
pub struct Message {
    pub method: Method,
    /// Below the base URL.
    pub path: String,
    pub body: Bytes,
}

/// A client of the library that the program uses, set up as the program does.
pub fn client() -> reqwest::Client {
    // Another call may have chosen it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().retry(reqwest::retry::never()).tcp_nodelay(true).no_proxy().build().unwrap()
}

pub struct Generator {
    client: reqwest::Client,
    url: Arc<str>,
}

impl Generator {
    pub fn new(server: &Server) -> Self {
        Self { client: client(), url: server.url.as_str().into() }
    }

    /// Sends everything; the answers come in the order of the messages. Each must be a success.
    pub async fn send(&self, messages: &[Message]) -> (Took, Vec<Bytes>) {
        let mut answers = vec![Bytes::new(); messages.len()];
        let start = Instant::now();
        let mut running = JoinSet::new();
        let mut next = messages.iter().cloned().enumerate();
        loop {
            while running.len() < AT_ONCE as usize
                && let Some((at, message)) = next.next()
            {
                let (client, url) = (self.client.clone(), Arc::clone(&self.url));
                running.spawn(async move { (at, one(&client, &url, message).await) });
            }
            let Some(done) = running.join_next().await else { break };
            let (at, answer) = done.unwrap();
            answers[at] = answer;
        }
        (Took { requests: messages.len() as u64, time: start.elapsed() }, answers)
    }
}

async fn one(client: &reqwest::Client, url: &str, message: Message) -> Bytes {
    let Message { method, path, body } = message;
    let request = client
        .request(method, format!("{url}{path}"))
        .bearer_auth(TOKEN)
        .header("content-type", "application/scim+json")
        .header("accept", "application/scim+json")
        .body(body);
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    body
}

/// The bodies of updates for the accounts that a generator made, whose ids are in the answers.
pub fn patches(updates: &[Message], created: &[Bytes]) -> Vec<Message> {
    let path = |answer: &Bytes| {
        let user: serde_json::Value = serde_json::from_slice(answer).unwrap();
        format!("/Users/{}", user["id"].as_str().unwrap())
    };
    let accounts = created.iter().map(path);
    updates.iter().zip(accounts).map(|(update, path)| Message { path, ..update.clone() }).collect()
}
