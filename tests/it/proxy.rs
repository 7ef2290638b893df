//! A proxy that has accidents: it stands between the program and a SCIM server
//! that others wrote, counts the requests that come, and does to some of them
//! what networks, gateways and overloaded services do.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

/// What can happen to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut before the request reaches the server.
    CutBefore,
    /// The server has answered, and the connection is cut.
    CutAfter,
    /// The connection is cut, and the request reaches the server a little later.
    Late,
    /// 429 with `Retry-After`; the server sees nothing.
    Throttled,
    /// 503 without a word; the server sees nothing.
    Unavailable,
    /// 503 with `Retry-After`; the server sees nothing.
    Busy,
    /// 500 with a SCIM error; the server sees nothing.
    Broken,
    /// A gateway's page with 502; the server sees nothing.
    GatewayPage,
    /// A gateway's page with 504, after the server has done it.
    GatewayTimeout,
    /// The answer ends in the middle of its body.
    Truncated,
    /// The answer comes in drops.
    Slow,
    /// The body is no JSON.
    WrongJson,
    /// The body is JSON, and not what was asked for.
    WrongShape,
    /// A listing has lost its resources, and counts them all the same.
    LostPage,
}

impl Fault {
    pub const ALL: [Fault; 14] = [
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::Late,
        Fault::Throttled,
        Fault::Unavailable,
        Fault::Busy,
        Fault::Broken,
        Fault::GatewayPage,
        Fault::GatewayTimeout,
        Fault::Truncated,
        Fault::Slow,
        Fault::WrongJson,
        Fault::WrongShape,
        Fault::LostPage,
    ];
}

/// How late a request comes that was cut off.
const LATE: Duration = Duration::from_millis(150);
const PAGE: &str = "<html><head><title>Bad Gateway</title></head><body>upstream</body></html>";

/// What the connections share.
#[derive(Debug, Default)]
struct Shared {
    upstream: String,
    script: Mutex<BTreeMap<u64, Fault>>,
    came: AtomicU64,
    delay: AtomicU64,
    /// Creates that the server refused because the object is there already.
    conflicts: AtomicU64,
    /// Requests that the server may still get or be at.
    under_way: AtomicU64,
    closed: AtomicBool,
}

/// The proxy, until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    /// The base URL through it.
    pub url: String,
    address: String,
}

impl Proxy {
    /// Stands before the server whose base URL this is.
    pub fn before(base: &str) -> Self {
        let (upstream, path) = base.trim_start_matches("http://").split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared { upstream: upstream.to_owned(), ..Shared::default() });
        let kept = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if kept.closed.load(Ordering::Relaxed) {
                    break;
                }
                let shared = Arc::clone(&kept);
                // A client that is gone is no fault of the proxy.
                thread::spawn(move || shared.converse(stream).unwrap_or_default());
            }
        });
        Self { shared, url: format!("http://{address}/{path}"), address }
    }

    /// From now on these happen to the requests of these numbers, counted from 1.
    pub fn script(&self, faults: impl IntoIterator<Item = (u64, Fault)>) {
        self.shared.came.store(0, Ordering::SeqCst);
        *self.shared.script.lock().unwrap() = faults.into_iter().collect();
    }

    /// Each request waits so long on the way there, and on the way back.
    pub fn delay(&self, by: Duration) {
        self.shared.delay.store(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Requests since the last script.
    pub fn came(&self) -> u64 {
        self.shared.came.load(Ordering::SeqCst)
    }

    /// Creates so far that were refused because the object was there.
    pub fn conflicts(&self) -> u64 {
        self.shared.conflicts.load(Ordering::SeqCst)
    }

    /// No more faults; what was under way, late requests too, has come when it returns.
    pub fn quiet(&self) {
        self.script([]);
        self.delay(Duration::ZERO);
        while self.shared.under_way.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        // It wakes up by one more connection.
        let _ = TcpStream::connect(&self.address);
    }
}

/// A request or an answer: its first line, its headers, its body.
#[derive(Clone, Debug)]
struct Message {
    first: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Shared {
    /// Serves one connection until either side has enough.
    fn converse(self: &Arc<Self>, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut client = stream;
        while let Some(request) = Message::read(&mut reader, false)? {
            let number = self.came.fetch_add(1, Ordering::SeqCst) + 1;
            let fault = self.script.lock().unwrap().get(&number).copied();
            let delay = Duration::from_millis(self.delay.load(Ordering::SeqCst));
            self.under_way.fetch_add(1, Ordering::SeqCst);
            thread::sleep(delay);
            let answered = self.answer(&request, fault);
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            let Some(answer) = answered? else { return Ok(()) };
            thread::sleep(delay);
            let bytes = answer.bytes();
            match fault {
                Some(Fault::Truncated) => {
                    let cut = bytes.len() - answer.body.len().div_ceil(2);
                    client.write_all(&bytes[..cut])?;
                    return Ok(());
                }
                Some(Fault::Slow) => {
                    for drop in bytes.chunks(bytes.len().div_ceil(6).max(1)) {
                        client.write_all(drop)?;
                        thread::sleep(Duration::from_millis(25));
                    }
                }
                _ => client.write_all(&bytes)?,
            }
        }
        Ok(())
    }

    /// What the client gets, with or without the server; nothing when it is cut off.
    fn answer(self: &Arc<Self>, request: &Message, fault: Option<Fault>) -> std::io::Result<Option<Message>> {
        let scim = "application/scim+json";
        Ok(Some(match fault {
            Some(Fault::CutBefore) => return Ok(None),
            Some(Fault::CutAfter) => {
                self.forward(request)?;
                return Ok(None);
            }
            Some(Fault::Late) => {
                self.later(request);
                return Ok(None);
            }
            Some(Fault::Throttled) => Message::of(429, &[("Retry-After", "1")], b""),
            Some(Fault::Unavailable) => Message::of(503, &[], b""),
            Some(Fault::Busy) => Message::of(503, &[("Retry-After", "1")], b""),
            Some(Fault::Broken) => {
                let error = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "500", "detail": "oops",
                });
                Message::of(500, &[("Content-Type", scim)], error.to_string().as_bytes())
            }
            Some(Fault::GatewayPage) => Message::of(502, &[("Content-Type", "text/html")], PAGE.as_bytes()),
            Some(Fault::GatewayTimeout) => {
                self.forward(request)?;
                Message::of(504, &[("Content-Type", "text/html")], PAGE.as_bytes())
            }
            Some(Fault::WrongJson) => self.forward(request)?.with(b"{\"schemas\": [\"urn:ietf:par"),
            Some(Fault::WrongShape) => self.forward(request)?.with(b"[{\"ok\": true}]"),
            Some(Fault::LostPage) => {
                let answer = self.forward(request)?;
                match serde_json::from_slice::<Value>(&answer.body) {
                    Ok(mut list) if list["Resources"].is_array() => {
                        list["Resources"] = json!([]);
                        answer.with(list.to_string().as_bytes())
                    }
                    Ok(_) | Err(_) => answer,
                }
            }
            Some(Fault::Truncated | Fault::Slow) | None => self.forward(request)?,
        }))
    }

    /// Sends a request when its client has given it up.
    fn later(self: &Arc<Self>, request: &Message) {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let (shared, request) = (Arc::clone(self), request.clone());
        thread::spawn(move || {
            thread::sleep(LATE);
            // Whatever the server says, nobody hears it.
            let _ = shared.forward(&request);
            shared.under_way.fetch_sub(1, Ordering::SeqCst);
        });
    }

    fn forward(&self, request: &Message) -> std::io::Result<Message> {
        let answer = exchange(&self.upstream, request)?;
        if request.first.starts_with("POST") && answer.first.contains(" 409 ") {
            self.conflicts.fetch_add(1, Ordering::SeqCst);
        }
        Ok(answer)
    }
}

impl Message {
    fn of(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { first: format!("HTTP/1.1 {status} Accident"), headers, body: body.to_owned() }
    }

    fn with(self, body: &[u8]) -> Self {
        Self { body: body.to_owned(), ..self }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Reads one message; nothing when the connection ended before it. An answer
    /// without a length goes on to the end of the connection.
    fn read(from: &mut impl BufRead, to_the_end: bool) -> std::io::Result<Option<Self>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if from.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut lines = lines.into_iter();
        let Some(first) = lines.next() else { return Ok(None) };
        let headers = lines
            .filter_map(|line| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned())))
            .collect();
        let mut message = Self { first, headers, body: Vec::new() };
        if message.header("transfer-encoding").is_some_and(|how| how.eq_ignore_ascii_case("chunked")) {
            message.body = chunks(from)?;
        } else if let Some(length) = message.header("content-length").and_then(|text| text.parse().ok()) {
            message.body = vec![0; length];
            from.read_exact(&mut message.body)?;
        } else if to_the_end && ![" 204 ", " 304 "].iter().any(|status| message.first.contains(status)) {
            from.read_to_end(&mut message.body)?;
        }
        Ok(Some(message))
    }

    /// Written out as HTTP/1.1, with the length of the body.
    fn bytes(&self) -> Vec<u8> {
        const HOP: [&str; 4] = ["connection", "keep-alive", "content-length", "transfer-encoding"];
        let first = self.first.replacen("HTTP/1.0", "HTTP/1.1", 1);
        let mut head = format!("{first}\r\n");
        for (name, value) in &self.headers {
            if !HOP.iter().any(|hop| name.eq_ignore_ascii_case(hop)) {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        if !first.contains(" 204 ") {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        [format!("{head}\r\n").as_bytes(), &self.body].concat()
    }
}

fn chunks(from: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
        let mut chunk = vec![0; length + 2];
        from.read_exact(&mut chunk)?;
        if length == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}

/// Asks the server on a connection of its own.
fn exchange(upstream: &str, request: &Message) -> std::io::Result<Message> {
    let mut stream = TcpStream::connect(upstream)?;
    let once = Message {
        headers: request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("connection")).cloned().collect(),
        ..request.clone()
    };
    let mut bytes = format!("{}\r\n", once.first);
    for (name, value) in &once.headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str("Connection: close\r\n\r\n");
    stream.write_all(&[bytes.as_bytes(), &once.body].concat())?;
    let answer = Message::read(&mut BufReader::new(stream), true)?;
    answer.ok_or_else(|| std::io::Error::other("the server did not answer"))
}
