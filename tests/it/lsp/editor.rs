//! An editor that speaks to the server, as far as the tests need one.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    ops::Range,
    process::{Child, ChildStdin, Stdio},
    sync::mpsc,
    time::Duration,
};

use serde_json::{Value, json};

use crate::process::Folder;

/// How long an answer may take, in a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Editor {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: mpsc::Receiver<Value>,
    root: String,
    is_bytes: bool,
    last_id: i64,
    versions: BTreeMap<String, i64>,
    /// What was published last, by URI.
    pub diagnostics: BTreeMap<String, Value>,
    told: BTreeMap<String, i64>,
}

impl Editor {
    /// Starts the server in a folder and opens the session.
    pub fn start(folder: &Folder, arguments: &[&str], capabilities: Value) -> Self {
        let mut editor = Self::start_bare(folder, arguments);
        editor.initialize(capabilities);
        editor
    }

    pub fn start_bare(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = folder.command(&["lsp"]);
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (send, messages) = mpsc::channel();
        std::thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if out.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    match line.trim_end().split_once(": ") {
                        Some(("Content-Length", value)) => length = value.parse().unwrap(),
                        _ => break,
                    }
                }
                let mut body = vec![0; length];
                out.read_exact(&mut body).unwrap();
                if send.send(serde_json::from_slice(&body).unwrap()).is_err() {
                    return;
                }
            }
        });
        let root = url::Url::from_directory_path(folder.path("")).unwrap().to_string();
        Self {
            stdin: child.stdin.take(),
            child,
            messages,
            root,
            is_bytes: false,
            last_id: 0,
            versions: BTreeMap::new(),
            diagnostics: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    pub fn initialize(&mut self, capabilities: Value) {
        let root = self.root.trim_end_matches('/').to_owned();
        let params = json!({ "processId": null, "rootUri": root, "capabilities": capabilities });
        let answer = self.ask("initialize", params);
        self.is_bytes = answer["capabilities"]["positionEncoding"] == "utf-8";
        assert_eq!(answer["serverInfo"]["name"], "dialform");
        self.notify("initialized", json!({}));
    }

    pub fn uri(&self, file: &str) -> String {
        format!("{}{file}", self.root)
    }

    /// Opens a file with a text, or replaces the text of one that is open.
    pub fn show(&mut self, file: &str, text: &str) {
        let uri = self.uri(file);
        let version = self.versions.get(&uri).copied();
        self.versions.insert(uri.clone(), version.unwrap_or(0) + 1);
        if let Some(version) = version {
            let document = json!({ "uri": uri, "version": version + 1 });
            self.notify(
                "textDocument/didChange",
                json!({ "textDocument": document, "contentChanges": [{ "text": text }] }),
            );
        } else {
            let language = if file.ends_with(".yaml") { "yaml" } else { "plaintext" };
            let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
            self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        }
    }

    /// Replaces bytes of an open file, in the editor and for the server.
    pub fn edit(&mut self, file: &str, text: &mut String, range: Range<usize>, new: &str) {
        let uri = self.uri(file);
        let version = self.versions[&uri] + 1;
        self.versions.insert(uri.clone(), version);
        let at = |offset: usize| {
            let (line, column) = if self.is_bytes { bytes(text, offset) } else { position(text, offset) };
            json!({ "line": line, "character": column })
        };
        let change = json!({ "range": { "start": at(range.start), "end": at(range.end) }, "text": new });
        text.replace_range(range, new);
        let document = json!({ "uri": uri, "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
    }

    /// What is wrong with a file in its newest version, as soon as the server tells.
    pub fn told(&mut self, file: &str) -> Value {
        let uri = self.uri(file);
        let wanted = self.versions[&uri];
        self.told.remove(&uri);
        while self.told.get(&uri).is_none_or(|told| *told != wanted && *told != -1) {
            let message = self.next();
            assert!(message.get("id").is_none(), "nothing was asked: {message}");
        }
        self.diagnostics[&uri].clone()
    }

    /// Waits until everything that was sent is worked on.
    pub fn settle(&mut self) {
        std::thread::sleep(Duration::from_millis(1));
        self.ask_raw(
            "textDocument/hover",
            json!({ "textDocument": { "uri": "untitled:x" }, "position": { "line": 0, "character": 0 } }),
        );
    }

    pub fn ask_at(&mut self, method: &str, file: &str, text: &str, offset: usize) -> Value {
        let (line, column) = if self.is_bytes { bytes(text, offset) } else { position(text, offset) };
        let uri = self.uri(file);
        self.ask(method, json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": column } }))
    }

    /// The result of a request.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask_raw(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The whole answer to a request.
    pub fn ask_raw(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.answer(id)
    }

    pub fn answer(&mut self, id: i64) -> Value {
        loop {
            let message = self.next();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// The next message, remembering what it publishes.
    pub fn next(&mut self) -> Value {
        let message = self.messages.recv_timeout(PATIENCE).expect("the server says something");
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = message["params"]["uri"].as_str().unwrap().to_owned();
            self.told.insert(uri.clone(), message["params"]["version"].as_i64().unwrap_or(-1));
            self.diagnostics.insert(uri, message["params"]["diagnostics"].clone());
        }
        message
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.write(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub fn write(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(bytes).unwrap();
        stdin.flush().unwrap();
    }

    pub fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Waits for the server's exit code.
    pub fn ended(mut self) -> i32 {
        for _ in 0..PATIENCE.as_millis() / 10 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server does not end");
    }

    /// Ends the session in the way of the protocol.
    pub fn close(mut self) {
        self.ask("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        assert_eq!(self.ended(), 0);
    }

    /// The byte of a position that the server named.
    pub fn offset(&self, text: &str, at: &Value) -> usize {
        let wanted = (at["line"].as_u64().unwrap(), at["character"].as_u64().unwrap());
        let places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let place = |offset: usize| if self.is_bytes { bytes(text, offset) } else { position(text, offset) };
        places.into_iter().find(|offset| place(*offset) == wanted).unwrap_or_else(|| panic!("{at} is nowhere"))
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Line and UTF-16 unit of a byte.
pub fn position(text: &str, offset: usize) -> (u64, u64) {
    let line = text[..offset].rsplit('\n').next().unwrap();
    (text[..offset].matches('\n').count() as u64, line.encode_utf16().count() as u64)
}

/// Line and byte in the line of a byte.
fn bytes(text: &str, offset: usize) -> (u64, u64) {
    let line = text[..offset].rsplit('\n').next().unwrap();
    (text[..offset].matches('\n').count() as u64, line.len() as u64)
}

/// The text without its mark, and where the mark was.
pub fn marked(text: &str) -> (String, usize) {
    let at = text.find('▮').unwrap();
    (text.replacen('▮', "", 1), at)
}

pub fn labels(items: &Value) -> Vec<&str> {
    items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect()
}
