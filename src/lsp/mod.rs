//! Editor support: a language server inside manifests, beside one that knows YAML.
//!
//! It speaks the Language Server Protocol 3.17 on standard input and output.
//! One thread answers, in order; reading the input and the directory have their
//! own. Nothing is asked of the network.

mod complete;
mod cursor;
mod definition;
mod diagnostics;
mod explain;
mod formula;
mod hover;
mod known;
mod say;
mod session;
mod signature;
mod spot;
mod symbols;
mod text;
mod value;
mod wire;
mod workspace;

use std::{
    collections::VecDeque,
    io::{self, BufRead, Write},
    path::Path,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Instant,
};

use lsp_server::Message;

use crate::{
    manifest::{Listed, Unreadable, trust::AllowedHosts},
    names::Text,
};
use session::Session;
use wire::Received;

/// What the server needs of its surroundings.
#[derive(Clone, Debug)]
pub struct Host {
    /// Reads a file.
    pub read: fn(&Path) -> Result<String, Unreadable>,
    /// Lists the files below a folder that a glob matches.
    pub list: fn(&str, &str) -> Listed,
    /// Makes the editor's folder the one that paths are relative to.
    pub enter: fn(&Path) -> io::Result<()>,
    /// Where secrets may go.
    pub hosts: AllowedHosts,
    /// A manifest beside those that are found, relative to the editor's folder.
    pub manifest: Option<Text>,
    /// A recording to take names from.
    pub recording: Option<Text>,
}

/// How the session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The editor shut it down.
    ShutDown,
    /// The editor went away.
    Abandoned,
}

/// Serves one editor until it leaves.
///
/// # Errors
/// When the input is not of an editor, or the output is closed.
pub fn run(mut input: impl BufRead + Send + 'static, output: impl Write, host: Host) -> io::Result<Ended> {
    let (send, receive) = mpsc::channel();
    thread::Builder::new().name("editor".to_owned()).spawn(move || {
        loop {
            let next = wire::next(&mut input);
            let is_last = !matches!(next, Ok(Some(_)));
            // Who does not listen any more has ended.
            if send.send(next).is_err() || is_last {
                return;
            }
        }
    })?;
    let mut session = Session::new(host, output);
    let mut queue: VecDeque<Received> = VecDeque::new();
    loop {
        // All that has come is looked through, so that what was cancelled is not worked on.
        while let Ok(next) = receive.try_recv() {
            match next? {
                Some(received) => queue.push_back(received),
                None => return Ok(session.ended()),
            }
        }
        if session.due().is_some_and(|due| due <= Instant::now()) && (queue.is_empty() || session.is_overdue()) {
            session.check()?;
        }
        if queue.is_empty() {
            let next = match session.due() {
                Some(due) => receive.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => receive.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(next) => match next? {
                    Some(received) => queue.push_back(received),
                    None => return Ok(session.ended()),
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(session.ended()),
            }
            continue;
        }
        if let Some(received) = queue.pop_front() {
            let is_cancelled = is_cancelled(&received, &queue);
            if let Some(ended) = session.take(received, is_cancelled)? {
                return Ok(ended);
            }
        }
    }
}

/// Whether a request is cancelled by what came after it.
fn is_cancelled(received: &Received, queue: &VecDeque<Received>) -> bool {
    let Received::Message(message) = received else { return false };
    let Message::Request(request) = &**message else { return false };
    let Ok(id) = serde_json::to_value(&request.id) else { return false };
    queue.iter().any(|later| match later {
        Received::Message(later) => match &**later {
            Message::Notification(later) => later.method == "$/cancelRequest" && later.params.get("id") == Some(&id),
            Message::Request(_) | Message::Response(_) => false,
        },
        Received::Broken(_) => false,
    })
}
