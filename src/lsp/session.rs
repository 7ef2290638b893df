//! One editor's session: what it may ask in which phase, and the answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::{Duration, Instant},
};

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{
    Diagnostic, DidChangeTextDocumentParams, DidOpenTextDocumentParams, DocumentSymbolParams, PublishDiagnosticsParams,
    TextDocumentIdentifier, TextDocumentPositionParams, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Ended, Host, complete, cursor, definition, diagnostics, hover,
    known::Shelf,
    signature,
    spot::Spot,
    symbols,
    text::{Lines, Units},
    wire::Received,
    workspace::{Buffer, Workspace},
};
use crate::names::Text;

/// However much is typed, problems are looked for this often.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// The longest pause in typing that is waited for.
const LONGEST_PAUSE: Duration = Duration::from_millis(150);
/// What takes no longer than this is done at each key: a pause would only delay what people see.
const AT_ONCE: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Before `initialize`.
    New,
    /// At work.
    Open,
    /// After `shutdown`.
    ShutDown,
}

/// What changed since problems were looked for.
#[derive(Debug)]
struct Changed {
    /// Which files; `None` for any.
    files: Option<BTreeSet<Text>>,
    first: Instant,
    last: Instant,
}

/// One editor's session.
pub(super) struct Session<W> {
    host: Host,
    out: W,
    phase: Phase,
    units: Units,
    snippets: bool,
    watches: bool,
    workspace: Workspace,
    shelf: Shelf,
    published: BTreeMap<String, Vec<Diagnostic>>,
    changed: Option<Changed>,
    /// How long looking for problems took last.
    cost: Duration,
}

/// Why a request has no answer.
struct Refused {
    code: ErrorCode,
    message: String,
}

impl<W: Write> Session<W> {
    pub(super) fn new(host: Host, out: W) -> Self {
        Self {
            host,
            out,
            phase: Phase::New,
            units: Units::default(),
            snippets: false,
            watches: false,
            workspace: Workspace::default(),
            shelf: Shelf::default(),
            published: BTreeMap::new(),
            changed: None,
            cost: Duration::ZERO,
        }
    }

    /// How it ends when the editor goes away now.
    pub(super) fn ended(&self) -> Ended {
        match self.phase {
            Phase::ShutDown => Ended::ShutDown,
            Phase::New | Phase::Open => Ended::Abandoned,
        }
    }

    /// When problems are to be looked for.
    pub(super) fn due(&self) -> Option<Instant> {
        let changed = self.changed.as_ref()?;
        let pause = if self.cost <= AT_ONCE { Duration::ZERO } else { self.cost.min(LONGEST_PAUSE) };
        Some((changed.last + pause).min(changed.first + LONGEST_WAIT))
    }

    /// Whether problems have not been looked for in a long time.
    pub(super) fn is_overdue(&self) -> bool {
        self.changed.as_ref().is_some_and(|changed| changed.first.elapsed() > LONGEST_WAIT)
    }

    /// Takes what came; gives how the session ended when it did.
    pub(super) fn take(&mut self, received: Received, is_cancelled: bool) -> io::Result<Option<Ended>> {
        let message = match received {
            Received::Message(message) => *message,
            Received::Broken(message) => {
                self.broken(&message)?;
                return Ok(None);
            }
        };
        match message {
            Message::Notification(Notification { method, .. }) if method == "exit" => Ok(Some(self.ended())),
            Message::Notification(notification) => self.notified(notification).map(|()| None),
            Message::Request(request) => self.asked(request, is_cancelled).map(|()| None),
            // To what was asked of the editor; nothing depends on it.
            Message::Response(_) => Ok(None),
        }
    }

    fn broken(&mut self, message: &str) -> io::Result<()> {
        let error = json!({ "code": ErrorCode::ParseError as i32, "message": message });
        let text = json!({ "jsonrpc": "2.0", "id": null, "error": error }).to_string();
        write!(self.out, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        self.out.flush()
    }

    fn send(&mut self, message: &Message) -> io::Result<()> {
        message.write(&mut self.out)
    }

    fn asked(&mut self, request: Request, is_cancelled: bool) -> io::Result<()> {
        let Request { id, method, params } = request;
        let answer = if is_cancelled {
            Err(Refused { code: ErrorCode::RequestCanceled, message: "the request was cancelled".to_owned() })
        } else {
            // A mistake of ours must not take the editor's session with it.
            let answer = catch_unwind(AssertUnwindSafe(|| self.answer(&method, params)));
            answer.unwrap_or_else(|_| {
                let message = format!("`{method}` could not be answered; please report it with the file");
                Err(Refused { code: ErrorCode::InternalError, message })
            })
        };
        self.reply(id, answer)?;
        if self.changed.is_some() && self.due().is_some_and(|due| due <= Instant::now()) {
            return self.check();
        }
        Ok(())
    }

    fn reply(&mut self, id: RequestId, answer: Result<Value, Refused>) -> io::Result<()> {
        let response = match answer {
            Ok(value) => Response::new_ok(id, value),
            Err(Refused { code, message }) => Response::new_err(id, code as i32, message),
        };
        self.send(&Message::Response(response))
    }

    fn answer(&mut self, method: &str, params: Value) -> Result<Value, Refused> {
        let refused = |code, message: &str| Err(Refused { code, message: message.to_owned() });
        match (self.phase, method) {
            (Phase::New, "initialize") => {
                self.phase = Phase::Open;
                return Ok(self.initialize(&params));
            }
            (Phase::New, _) => return refused(ErrorCode::ServerNotInitialized, "`initialize` comes first"),
            (Phase::ShutDown, _) => return refused(ErrorCode::InvalidRequest, "the server was shut down"),
            (Phase::Open, "initialize") => return refused(ErrorCode::InvalidRequest, "`initialize` comes once"),
            (Phase::Open, "shutdown") => {
                self.phase = Phase::ShutDown;
                self.changed = None;
                return Ok(Value::Null);
            }
            (Phase::Open, _) => {}
        }
        match method {
            "textDocument/completion" => {
                let items = self.at(params, |spot, _, _| complete::at(spot))?;
                Ok(json!({ "isIncomplete": false, "items": items.unwrap_or_default() }))
            }
            "textDocument/hover" => self.at(params, |spot, _, _| hover::at(spot)).map(|found| json!(found.flatten())),
            "textDocument/signatureHelp" => {
                self.at(params, |spot, _, _| signature::at(spot)).map(|found| json!(found.flatten()))
            }
            "textDocument/definition" => self.at(params, definition::at).map(|found| json!(found.unwrap_or_default())),
            "textDocument/documentSymbol" => {
                let DocumentSymbolParams { text_document, .. } = parsed(params)?;
                let path = Workspace::path(text_document.uri.as_str());
                self.settle();
                let part = self.workspace.part(&path).map(|(part, _)| part);
                let buffer = self.workspace.buffers.get(&path);
                let outline = part.zip(buffer).map(|(part, buffer)| symbols::of(&buffer.lines, part, self.units));
                Ok(json!(outline.unwrap_or_default()))
            }
            _ => Err(Refused { code: ErrorCode::MethodNotFound, message: format!("`{method}` is not offered") }),
        }
    }

    /// Asks at a place of an open file; `None` where the file is no manifest.
    fn at<T>(&mut self, params: Value, ask: impl FnOnce(&Spot, &Workspace, &Host) -> T) -> Result<Option<T>, Refused> {
        let TextDocumentPositionParams { text_document, position } = parsed(params)?;
        let path = Workspace::path(text_document.uri.as_str());
        self.settle();
        let (Some((part, project)), Some(buffer)) = (self.workspace.part(&path), self.workspace.buffers.get(&path))
        else {
            return Ok(None);
        };
        let known = project.map(|project| self.shelf.of(project, &self.host)).unwrap_or_default();
        let offset = buffer.lines.offset(position, self.units);
        let spot = Spot {
            file: &self.workspace.name(&path),
            lines: &buffer.lines,
            offset,
            cursor: cursor::at(buffer.lines.text(), offset),
            part,
            project,
            known,
            units: self.units,
            snippets: self.snippets,
        };
        Ok(Some(ask(&spot, &self.workspace, &self.host)))
    }

    fn initialize(&mut self, params: &Value) -> Value {
        let text = |pointer: &str| params.pointer(pointer).and_then(Value::as_str);
        let is_true = |pointer: &str| params.pointer(pointer).and_then(Value::as_bool) == Some(true);
        let folder = text("/workspaceFolders/0/uri").or_else(|| text("/rootUri")).map(Workspace::path);
        let folder = folder.or_else(|| text("/rootPath").map(|path| path.replace('\\', "/").into()));
        // Without the folder paths are what they are: absolute.
        self.workspace.root = folder
            .filter(|folder| (self.host.enter)(Path::new(&**folder)).is_ok())
            .map_or_else(|| "".into(), |folder| folder.trim_end_matches('/').into());
        let encodings = params.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
        if encodings.is_some_and(|all| all.iter().any(|one| one == "utf-8")) {
            self.units = Units::Utf8;
        }
        self.snippets = is_true("/capabilities/textDocument/completion/completionItem/snippetSupport");
        self.watches = is_true("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration");
        let encoding = match self.units {
            Units::Utf8 => "utf-8",
            Units::Utf16 => "utf-16",
        };
        json!({
            "capabilities": {
                "positionEncoding": encoding,
                "textDocumentSync": { "openClose": true, "change": 2, "save": { "includeText": false } },
                "completionProvider": { "triggerCharacters": ["[", "(", "\"", ":", " ", ",", "{"] },
                "signatureHelpProvider": { "triggerCharacters": ["(", ","], "retriggerCharacters": [")"] },
                "hoverProvider": true,
                "definitionProvider": true,
                "documentSymbolProvider": true,
            },
            "serverInfo": { "name": "dialform", "version": env!("CARGO_PKG_VERSION") },
        })
    }

    fn notified(&mut self, notification: Notification) -> io::Result<()> {
        let Notification { method, params } = notification;
        if self.phase != Phase::Open {
            return Ok(());
        }
        match method.as_str() {
            "initialized" if self.watches => return self.watch(),
            "textDocument/didOpen" => self.opened(params),
            "textDocument/didChange" => self.edited(params),
            "textDocument/didClose" => {
                let closed = params.get("textDocument").cloned().map(serde_json::from_value::<TextDocumentIdentifier>);
                if let Some(Ok(document)) = closed {
                    self.workspace.buffers.remove(&Workspace::path(document.uri.as_str()));
                    self.touch(None);
                }
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.touch(None),
            // Others are news that need no answer.
            _ => {}
        }
        Ok(())
    }

    fn opened(&mut self, params: Value) {
        let Ok(DidOpenTextDocumentParams { text_document }) = serde_json::from_value(params) else { return };
        let uri = text_document.uri.as_str().to_owned();
        let path = Workspace::path(&uri);
        let is_yaml =
            text_document.language_id.starts_with("yaml") || path.ends_with(".yaml") || path.ends_with(".yml");
        let lines = Lines::new(text_document.text);
        self.workspace.buffers.insert(path, Buffer { uri, version: text_document.version, lines, is_yaml });
        self.touch(None);
    }

    fn edited(&mut self, params: Value) {
        let Ok(params) = serde_json::from_value(params) else { return };
        let DidChangeTextDocumentParams { text_document, content_changes } = params;
        let path = Workspace::path(text_document.uri.as_str());
        let Some(buffer) = self.workspace.buffers.get_mut(&path) else { return };
        for change in &content_changes {
            buffer.lines.change(change, self.units);
        }
        buffer.version = text_document.version;
        self.touch(Some(path));
    }

    /// Notes that a file, or any, changed.
    fn touch(&mut self, file: Option<Text>) {
        let now = Instant::now();
        let changed =
            self.changed.get_or_insert_with(|| Changed { files: Some(BTreeSet::new()), first: now, last: now });
        changed.last = now;
        match (file, &mut changed.files) {
            (Some(file), Some(files)) => {
                files.insert(file);
            }
            (_, files) => *files = None,
        }
    }

    /// Reads what changed, when that does not take long; else the last reading answers.
    fn settle(&mut self) {
        let Some(changed) = self.changed.as_mut().filter(|_| self.cost < LONGEST_PAUSE) else { return };
        let files = changed.files.replace(BTreeSet::new());
        self.workspace.refresh(files.as_ref(), &self.host);
    }

    /// Looks for problems, and tells the editor of those that are new or gone.
    pub(super) fn check(&mut self) -> io::Result<()> {
        let Some(Changed { files, .. }) = self.changed.take() else { return Ok(()) };
        let begun = Instant::now();
        let found = catch_unwind(AssertUnwindSafe(|| {
            self.workspace.refresh(files.as_ref(), &self.host);
            diagnostics::all(&self.workspace, self.units)
        }));
        self.cost = begun.elapsed();
        // As in `asked`; what was said before stays.
        let Ok(found) = found else { return Ok(()) };
        let gone: Vec<String> = self.published.keys().filter(|uri| !found.contains_key(*uri)).cloned().collect();
        for uri in gone {
            self.published.remove(&uri);
            self.publish(&uri, Vec::new())?;
        }
        for (uri, diagnostics) in found {
            let before = self.published.insert(uri.clone(), diagnostics.clone());
            // What never had a problem is not spoken of, but for open files: editors wait for those.
            let is_news = before.as_ref() != Some(&diagnostics);
            let is_open = self.workspace.buffers.contains_key(&Workspace::path(&uri));
            if is_open || is_news && !(before.is_none() && diagnostics.is_empty()) {
                self.publish(&uri, diagnostics)?;
            }
        }
        Ok(())
    }

    fn publish(&mut self, uri: &str, diagnostics: Vec<Diagnostic>) -> io::Result<()> {
        let Ok(parsed) = uri.parse::<Uri>() else { return Ok(()) };
        let version = self.workspace.buffers.get(&Workspace::path(uri)).map(|buffer| buffer.version);
        let params = PublishDiagnosticsParams { uri: parsed, diagnostics, version };
        self.send(&Message::Notification(Notification::new("textDocument/publishDiagnostics".to_owned(), params)))
    }

    /// Asks to be told of files that change on the disk.
    fn watch(&mut self) -> io::Result<()> {
        let watchers = json!([{ "globPattern": "**/*.{yaml,yml}" }, { "globPattern": "**/names.json" }]);
        let watch = json!({
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        });
        let params = json!({ "registrations": [watch] });
        let id = RequestId::from("watch".to_owned());
        self.send(&Message::Request(Request { id, method: "client/registerCapability".to_owned(), params }))
    }
}

fn parsed<T: DeserializeOwned>(params: Value) -> Result<T, Refused> {
    serde_json::from_value(params)
        .map_err(|error| Refused { code: ErrorCode::InvalidParams, message: format!("not understood: {error}") })
}
