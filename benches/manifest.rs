//! Milliseconds to check a manifest of 1,000 lines: in memory, as a command, and while typing.
//!
//! `cargo bench --bench manifest`. The bar is 50 ms for the command, and from a key to the
//! diagnostics of the language server.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and fails loudly")]

use std::{
    fmt::Write as _,
    fs,
    hint::black_box,
    io::{BufRead, BufReader, Read, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::Instant,
};

use dialform::manifest::{self, Disk, raw, trust::AllowedHosts, yaml};
use serde_json::{Value, json};

const BAR: f64 = 50.0;

fn main() {
    let text = thousand_lines();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dialform.yaml");
    fs::write(&file, &text).unwrap();
    println!("{} lines{:>22} {:>8}", text.lines().count(), "ms", "of bar");
    measure("check, the command", || {
        let status = Command::new(env!("CARGO_BIN_EXE_dialform")).args(["check", "-q", "-m"]).arg(&file).status();
        assert!(status.unwrap().success());
    });
    measure("--help, the command", || {
        let output = Command::new(env!("CARGO_BIN_EXE_dialform")).arg("--help").output();
        assert!(output.unwrap().status.success());
    });
    // The first reading also makes the schema, as every command does.
    let start = Instant::now();
    black_box(raw::validator());
    println!("{:<24} {:>8.2}", "the schema, once", start.elapsed().as_secs_f64() * 1e3);
    measure("read, all stages", || {
        let mut disk = Disk { read: &mut |_| Ok(text.clone()), list: &mut |_, _| Ok(Vec::new()) };
        let read = manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default());
        assert!(read.manifest.is_some(), "{:?}", read.problems);
    });
    let name = "dialform.yaml".into();
    measure("the YAML alone", || {
        black_box(yaml::read(&name, &text).unwrap());
    });
    fs::write(folder.path().join("people.csv"), "id,userPrincipalName\n1,ana@example.com\n").unwrap();
    let mut typing = Typing::start(folder.path(), &text);
    // The first one also makes the schema and reads the people.
    typing.key(&text);
    let mut keys = 0;
    let times = (0..20).map(|_| {
        keys += 1;
        typing.key(&format!("{text}# {keys}\n"))
    });
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    for (name, ms) in [("a key, lsp, the best", times[0]), ("a key, lsp, the slowest", times[times.len() - 1])] {
        println!("{name:<24} {ms:>8.2} {:>7.0}%", ms / BAR * 100.0);
    }
    typing.server.kill().unwrap();
}

/// Somebody who types into a manifest, with the language server at work.
struct Typing {
    server: Child,
    out: BufReader<ChildStdout>,
    uri: String,
    version: u64,
}

impl Typing {
    fn start(folder: &Path, text: &str) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_dialform"))
            .arg("lsp")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(server.stdout.take().unwrap());
        let root = format!("file://{}", folder.display());
        let mut typing = Self { server, out, uri: format!("{root}/dialform.yaml"), version: 1 };
        typing.send(&json!({ "id": 1, "method": "initialize", "params": { "rootUri": root, "capabilities": {} } }));
        while typing.next()["id"] != 1 {}
        typing.send(&json!({ "method": "initialized", "params": {} }));
        let document = json!({ "uri": typing.uri, "languageId": "yaml", "version": 1, "text": text });
        typing.send(&json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }));
        typing.told();
        typing
    }

    /// Milliseconds from the new text to its diagnostics.
    fn key(&mut self, text: &str) -> f64 {
        self.version += 1;
        let start = Instant::now();
        let document = json!({ "uri": self.uri, "version": self.version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.send(&json!({ "method": "textDocument/didChange", "params": params }));
        self.told();
        start.elapsed().as_secs_f64() * 1e3
    }

    /// Waits for the diagnostics of the newest text.
    fn told(&mut self) {
        loop {
            let message = self.next();
            let params = &message["params"];
            if message["method"] == "textDocument/publishDiagnostics" && params["version"] == self.version {
                return assert_eq!(params["diagnostics"], json!([]), "the manifest is valid");
            }
        }
    }

    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = "2.0".into();
        let body = message.to_string();
        let input = self.server.stdin.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        input.flush().unwrap();
    }

    fn next(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "the server ended");
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.out.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }
}

/// The best of some rounds: what disturbs a machine only ever slows it down.
fn measure(name: &str, once: impl Fn()) {
    let rounds = (0..20).map(|_| {
        let start = Instant::now();
        once();
        start.elapsed().as_secs_f64() * 1e3
    });
    let ms = rounds.fold(f64::INFINITY, f64::min);
    println!("{name:<24} {ms:>8.2} {:>7.0}%", ms / BAR * 100.0);
}

/// Assignments for the most part, as in a company of many teams, with filters and mappings.
fn thousand_lines() -> String {
    let mut text = String::from(
        "version: 1\nname: acme\nsource: { files: { people: people.csv } }\ntarget: { sandbox: {} }\n\
         roles:\n  supervisor: {}\n  member: {}\nfilters:\n  users:\n    - name: Staff\n      where:\n        \
         - { attribute: country, operator: regex_match, value: '^(GB|DE|FR)$' }\nmappings:\n  users:\n    \
         attributes:\n      userName: { attribute: userPrincipalName }\n      active: { expression: \
         'Not([IsSoftDeleted])' }\n",
    );
    for i in 0..60 {
        writeln!(
            text,
            "      urn:example:params:scim:schemas:extension:acme:2.0:User:field{i}:\n        \
             {{ expression: 'IIF([extensionAttribute{}] = \"{i}\", Join(\" \", [givenName], [surname]), [mail])' }}",
            i % 15 + 1
        )
        .unwrap();
    }
    text.push_str("assignments:\n");
    while text.lines().count() < 1_000 {
        let i = text.len();
        writeln!(text, "  - {{ group: SG-Team-{i}, role: member, from: 2027-01-01, until: 2027-12-31 }}").unwrap();
    }
    text
}
