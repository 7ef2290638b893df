//! HTTP/1.1, one request after the other, over TLS or not.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Without its query.
    pub path: String,
    pub query: BTreeMap<String, String>,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The fields of a form.
    pub form: BTreeMap<String, String>,
}

impl Request {
    /// All its values, as JSON takes them within a text.
    pub fn sent(&self) -> String {
        let values = self.form.values().chain(self.headers.values());
        values.map(String::as_str).collect::<Vec<_>>().join(" ").replace(['"', '\\'], "")
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    pub body: String,
}

impl Answer {
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, kind: "application/json; charset=utf-8", body: body.to_string() }
    }

    pub fn page(status: u16, body: &str) -> Self {
        Self { status, kind: "text/html", body: body.to_owned() }
    }
}

pub fn serve(stream: TcpStream, config: Option<Arc<rustls::ServerConfig>>, answer: &dyn Fn(&Request) -> Answer) {
    // A connection that nobody uses must not keep a thread for ever.
    if stream.set_read_timeout(Some(Duration::from_secs(60))).is_err() {
        return;
    }
    match config {
        None => converse(stream, answer),
        Some(config) => {
            if let Ok(connection) = rustls::ServerConnection::new(config) {
                converse(rustls::StreamOwned::new(connection, stream), answer);
            }
        }
    }
}

fn converse<S: Read + Write>(stream: S, answer: &dyn Fn(&Request) -> Answer) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream) {
        let Answer { status, kind, body } = answer(&request);
        let length = body.len();
        let text = format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}");
        let sent = stream.get_mut().write_all(text.as_bytes()).and_then(|()| stream.get_mut().flush());
        if sent.is_err() {
            return;
        }
    }
}

fn read(stream: &mut impl BufRead) -> Option<Request> {
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap_or(0));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = |text: &[u8]| url::form_urlencoded::parse(text).into_owned().collect();
    Some(Request { method, path: path.to_owned(), query: pairs(query.as_bytes()), headers, form: pairs(&body) })
}
