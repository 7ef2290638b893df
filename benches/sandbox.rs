//! Requests a second that the sandbox serves on loopback, in memory and without
//! a limit, while the load comes from the same machine.
//!
//! `cargo bench --bench sandbox`. The bar is 5,000 single-object requests a
//! second on two cores; the last column is the multiple of it. A page of a
//! listing costs what is on it, however many users there are: what is left of
//! growth between the last two lines is memory that no longer fits the caches.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and fails loudly")]

use std::{net::SocketAddr, time::Instant};

use dialform::sandbox::{Options, Sandbox};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const BAR: f64 = 5_000.0;
const CONNECTIONS: usize = 16;
const REQUESTS: usize = 40_000;
const USERS: usize = 2_000;

fn user(n: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "externalId": format!("external-{n}"),
        "userName": format!("person{n}@example.com"),
        "active": true,
        "title": "Engineer",
        "name": {"givenName": "Person", "familyName": format!("Number {n}")},
        "emails": [{"value": format!("person{n}@example.com"), "type": "work", "primary": true}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales", "officeName": "Berlin"},
    })
}

fn open(users: usize, page_limit: usize) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::open(Options { rate: None, page_limit, ..Options::default() }).unwrap();
    let users: Vec<Value> = (0..users).map(user).collect();
    let ids = sandbox.load(&users).unwrap();
    (sandbox, ids)
}

fn message(method: &str, path: &str, body: &Value) -> Vec<u8> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: sandbox\r\nauthorization: Bearer x\r\n\
         content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

/// Sends one message after another on a connection; each must be answered with a 2xx.
async fn send_all(address: SocketAddr, messages: Vec<Vec<u8>>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 64 * 1024];
    for message in messages {
        stream.write_all(&message).await.unwrap();
        let mut filled = 0;
        loop {
            let read = stream.read(&mut buffer[filled..]).await.unwrap();
            assert!(read > 0, "the connection was closed");
            filled += read;
            let Some(head) = buffer[..filled].windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let text = std::str::from_utf8(&buffer[..head]).unwrap();
            assert!(text.starts_with("HTTP/1.1 2"), "{text}");
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            if filled >= head + 4 + length.map_or(0, |length| length.parse().unwrap()) {
                break;
            }
        }
    }
}

async fn load(address: SocketAddr, name: &str, message: impl Fn(usize) -> Vec<u8>) {
    let shares: Vec<Vec<Vec<u8>>> = (0..CONNECTIONS)
        .map(|connection| (connection..REQUESTS).step_by(CONNECTIONS).map(&message).collect())
        .collect();
    let start = Instant::now();
    let sending: Vec<_> = shares.into_iter().map(|share| tokio::spawn(send_all(address, share))).collect();
    for connection in sending {
        connection.await.unwrap();
    }
    let rate = REQUESTS as f64 / start.elapsed().as_secs_f64();
    println!("{name:<24} {rate:>8.0} requests/s {:>6.1} x the bar", rate / BAR);
}

async fn list_all(users: usize) {
    let (sandbox, _) = open(users, 100);
    let start = Instant::now();
    let mut seen = 0;
    while seen < users {
        let path = format!("/scim/Users?startIndex={}&count=100", seen + 1);
        let response = sandbox.call(Request::get(path).body(bytes::Bytes::new()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        seen += 100;
    }
    let each = start.elapsed().as_nanos() as f64 / users as f64;
    println!("listing {users:>7} users     {each:>8.0} ns for each");
}

#[tokio::main]
async fn main() {
    let (sandbox, ids) = open(USERS, 100);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));

    let id = |n: usize| &ids[n % ids.len()];
    load(address, "GET by id", |n| message("GET", &format!("/scim/Users/{}", id(n)), &Value::Null)).await;
    load(address, "GET by userName", |n| {
        let filter = format!("userName%20eq%20%22person{}%40example.com%22", n % USERS);
        message("GET", &format!("/scim/Users?filter={filter}"), &Value::Null)
    })
    .await;
    load(address, "PATCH", |n| {
        let operation = json!({"op": "replace", "path": "title", "value": format!("Engineer {n}")});
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
        message("PATCH", &format!("/scim/Users/{}", id(n)), &body)
    })
    .await;
    load(address, "POST", |n| message("POST", "/scim/Users", &user(USERS + n))).await;
    assert_eq!(sandbox.requests().total, 4 * REQUESTS as u64);
    serving.abort();

    for users in [10_000, 100_000] {
        list_all(users).await;
    }
}
