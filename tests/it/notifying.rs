//! Whom the manifest tells: the program against webhooks and a mail server of the test's own.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use serde_json::Value;

use crate::process::{Folder, Ran, Served};

/// In the path of every URL and in every key and password.
const CANARY: &str = "c4nary5ecret71c2d0";

/// One request as it came: first line, headers, body.
#[derive(Clone, Debug, Default)]
struct Came {
    line: String,
    headers: Vec<String>,
    body: String,
}

impl Came {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|header| header.strip_prefix(name)?.strip_prefix(": "))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// `held entered` for each topic.
    fn topics(&self) -> Vec<String> {
        let topics = self.json()["data"]["topics"].as_array().unwrap().clone();
        topics
            .iter()
            .map(|topic| format!("{} {}", topic["on"].as_str().unwrap(), topic["why"].as_str().unwrap()))
            .collect()
    }
}

/// Somebody who is told, by HTTP; every request gets the same answer.
struct Hook {
    url: String,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Hook {
    fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/{CANARY}/hook", listener.local_addr().unwrap());
        let came = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&came);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let came = read(&stream);
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(came);
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { url, came }
    }

    fn came(&self) -> Vec<Came> {
        std::mem::take(&mut self.came.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn read(stream: &TcpStream) -> Came {
    let mut reader = BufReader::new(stream);
    let mut came = Came::default();
    reader.read_line(&mut came.line).unwrap();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        if let Some(said) = line.strip_prefix("content-length: ") {
            length = said.parse().unwrap();
        }
        came.headers.push(line);
    }
    let mut body = vec![0; length];
    std::io::Read::read_exact(&mut reader, &mut body).unwrap();
    came.body = String::from_utf8(body).unwrap();
    came
}

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

/// Its receivers and its text.
type Mail = (Vec<String>, String);

/// A mail server that takes what it does not refuse.
struct Mails {
    url: String,
    came: Arc<Mutex<Vec<Mail>>>,
}

impl Mails {
    fn start(refuses: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let came = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&came);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(mail) = converse(&stream, refuses) {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
                }
            }
        });
        Self { url, came }
    }

    fn came(&self) -> Vec<Mail> {
        std::mem::take(&mut self.came.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// RFC 5321, as much of it as a client needs.
fn converse(stream: &TcpStream, refuses: &str) -> Option<Mail> {
    let mut reader = BufReader::new(stream);
    let say = |text: &str| (&*stream).write_all(format!("{text}\r\n").as_bytes());
    say("220 test").ok()?;
    let (mut to, mut mail) = (Vec::new(), None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return mail;
        }
        match line.split([' ', '\r']).next()? {
            "EHLO" => say("250-test\r\n250 AUTH PLAIN").ok()?,
            "AUTH" if refuses == "password" => say(&format!("535 no, not {}", line.trim())).ok()?,
            "RCPT" if !refuses.is_empty() && line.contains(refuses) => say("550 5.1.1 nobody of that name").ok()?,
            "RCPT" => {
                to.push(line.trim().to_owned());
                say("250 ok").ok()?;
            }
            "RSET" => {
                to.clear();
                say("250 ok").ok()?;
            }
            "DATA" => {
                say("354 go on").ok()?;
                let mut text = String::new();
                while !text.ends_with("\r\n.\r\n") {
                    reader.read_line(&mut text).ok()?;
                }
                mail = Some((to.clone(), text));
                say("250 taken").ok()?;
            }
            "QUIT" => {
                say("221 bye").ok()?;
                return mail;
            }
            _ => say("250 ok").ok()?,
        }
    }
}

/// The quickstart with lines of its own, in which 12 people are held by a budget of 1.
fn folder(notify: &str) -> Folder {
    let folder = Folder::example("quickstart");
    let text = folder.read("dialform.yaml");
    folder.write(
        "dialform.yaml",
        &format!("{}\n{notify}", text.replace("\nsafety:\n", "\nsafety:\n  creates: { max: 1 }\n")),
    );
    folder
}

const HOOKS: &str = "notify:\n  webhook:\n    - { url: { env: HOOK }, sign: { env: KEY }, on: [failure, held, applied], data: names }\n  \
                     heartbeat: { url: { env: BEAT } }\n";

fn ran(folder: &Folder, line: &[&str], code: i32) -> Ran {
    let ran = folder.run(line);
    assert_eq!(ran.code, code, "{line:?}\n{}\n{}", ran.out, ran.err);
    for text in [&ran.out, &ran.err] {
        assert!(!text.contains(CANARY), "{line:?}\n{text}");
    }
    ran
}

#[test]
fn a_row_of_runs_tells_each_matter_once_and_that_it_is_over() {
    let (hook, beat) = (Hook::start(FINE), Hook::start(FINE));
    let mut folder = folder(HOOKS);
    folder.set("HOOK", &hook.url);
    folder.set("BEAT", &format!("{}/?x=1", beat.url));
    folder.set("KEY", &format!("{CANARY}{CANARY}"));
    ran(&folder, &["apply", "--yes"], 4);
    let came = hook.came();
    assert_eq!(came.len(), 1, "{came:?}");
    assert_eq!(came[0].topics(), ["held entered", "applied happened"]);
    assert_eq!(came[0].line, format!("POST /{CANARY}/hook HTTP/1.1\r\n"));
    assert_eq!(came[0].header("content-type"), Some("application/json"));
    let id = came[0].header("webhook-id").unwrap();
    let at: i64 = came[0].header("webhook-timestamp").unwrap().parse().unwrap();
    assert!(id.starts_with("msg_") && at > 1_700_000_000);
    // As anybody would check it who has the key and the specification.
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, format!("{CANARY}{CANARY}").as_bytes());
    let signed = came[0].header("webhook-signature").unwrap().strip_prefix("v1,").unwrap();
    let signature = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, signed).unwrap();
    ring::hmac::verify(&key, format!("{id}.{at}.{}", came[0].body).as_bytes(), &signature).unwrap();
    // Held changes are no failure: the run was good.
    assert_eq!(
        beat.came().first().map(|came| came.line.clone()),
        Some(format!("GET /{CANARY}/hook/?x=1 HTTP/1.1\r\n"))
    );
    // The next run of the same matter says nothing, also as another process.
    for _ in 0..2 {
        ran(&folder, &["apply", "--yes"], 4);
    }
    assert!(hook.came().is_empty());
    assert_eq!(beat.came().len(), 2);
    // What is well in a part of the people says nothing of the rest.
    folder.edit("dialform.yaml", "creates: { max: 1 }", "creates: { max: 50 }");
    ran(&folder, &["apply", "--yes", "--only", "ana.diaz@acme.example"], 0);
    assert!(hook.came().iter().all(|came| came.topics() == ["applied happened"]));
    ran(&folder, &["apply", "--yes"], 0);
    assert_eq!(hook.came()[0].topics(), ["held recovered", "applied happened"]);
    // The memory of it names nobody.
    let listed = ran(&folder, &["state", "list", "--format", "json"], 0);
    let told = serde_json::from_str::<Value>(&listed.out).unwrap()["memory"]["told"].to_string();
    assert!(!told.contains('@'), "{told}");
}

#[test]
fn a_run_that_cannot_begin_is_told_and_who_cannot_be_told_does_not_matter() {
    let (hook, beat) = (Hook::start(FINE), Hook::start(FINE));
    let mut folder = folder(HOOKS);
    folder.set("HOOK", &hook.url);
    folder.set("BEAT", &beat.url);
    folder.set("KEY", &format!("{CANARY}{CANARY}"));
    let people = folder.read("people.csv");
    std::fs::remove_file(folder.path("people.csv")).unwrap();
    ran(&folder, &["apply", "--yes"], 1);
    ran(&folder, &["apply", "--yes"], 1);
    let came = hook.came();
    assert_eq!(came.len(), 1);
    assert_eq!(came[0].topics(), ["failure entered"]);
    assert!(came[0].body.contains("people.csv"), "{}", came[0].body);
    assert!(beat.came().is_empty());
    folder.write("people.csv", &people);
    folder.set("HOOK", &format!("http://127.0.0.1:1/{CANARY}"));
    let unheard = ran(&folder, &["apply", "--yes"], 4);
    assert!(unheard.err.contains("warning: failed to send JSON webhook (dialform.yaml:"), "{}", unheard.err);
    // What nobody heard is told by the next run.
    folder.set("HOOK", &hook.url);
    ran(&folder, &["apply", "--yes"], 4);
    assert_eq!(hook.came()[0].topics(), ["failure recovered", "held entered"]);
}

#[test]
fn a_service_in_quarantine_tells_it_once_and_that_it_is_over() {
    let (hook, served) = (Hook::start(FINE), Served::start("right", &[]));
    let mut folder = Folder::example("quickstart");
    let target = format!("dialpad:\n    scim: {{ url: {}, token: {{ file: token }} }}", served.url);
    folder.edit("dialform.yaml", "sandbox: {}", &target);
    let text = folder.read("dialform.yaml");
    let notify = "notify: { webhook: [{ url: { env: HOOK }, on: [quarantine] }] }\nrun: { every: 1s }\n";
    folder.write("dialform.yaml", &format!("{text}\n{notify}"));
    folder.write("token", "wrong");
    folder.set("HOOK", &hook.url);
    let mut running = folder.command(&["run", "--log-format", "json"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    let mut cycle = || -> Value {
        let lines = lines.by_ref().map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        lines.into_iter().find(|line: &Value| line["event"] == "cycle").unwrap()
    };
    for ending in ["failed", "failed"] {
        assert_eq!(cycle()["ending"], ending);
    }
    folder.write("token", "right");
    while cycle()["ending"] == "failed" {}
    // It was told before the next cycle was.
    cycle();
    running.kill().unwrap();
    running.wait().unwrap();
    let told: Vec<_> = hook.came().iter().flat_map(Came::topics).collect();
    assert_eq!(told, ["quarantine entered", "quarantine recovered"]);
}

#[test]
fn each_bad_answer_is_said_with_what_to_do_and_without_the_url() {
    let elsewhere = Hook::start(FINE);
    let moved =
        format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", elsewhere.url);
    for (answer, says) in [
        (
            "HTTP/1.1 404 Not Found\r\ncontent-length: 10\r\nconnection: close\r\n\r\nno_service",
            "answered 404 (`no_service`); there is no such webhook",
        ),
        (
            "HTTP/1.1 429 Slow\r\nretry-after: 3600\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            "answered 429; too many messages",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 23\r\nconnection: close\r\n\r\n<!DOCTYPE html><title/>",
            "with a web page",
        ),
        (
            "HTTP/1.1 500 Oops\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>x</html>\n",
            "answered 500; it has trouble of its own",
        ),
        ("HTTP/1.1 403 No\r\ncontent-length: 4\r\nconnection: close\r\n\r\n\x1b[2J", "answered 403 (`\\u{1b}[2J`)"),
        (Box::leak(moved.into_boxed_str()), "redirects are not followed"),
    ] {
        let hook = Hook::start(answer);
        let mut folder = folder("notify: { webhook: { url: { env: HOOK }, format: slack } }\n");
        folder.set("HOOK", &hook.url);
        let tested = ran(&folder, &["-vvv", "notify", "--test"], 1);
        assert!(tested.out.contains(says), "{says}\n{}", tested.out);
        assert!(tested.out.contains("! Slack webhook (dialform.yaml:"), "{}", tested.out);
    }
    assert!(elsewhere.came().is_empty());
}

const MAIL: &str = "notify: { email: { to: [ana@acme.example, bob@acme.example], smtp: { env: SMTP_URL } } }\n";

#[test]
fn a_mail_is_plain_and_html_and_a_refused_receiver_does_not_keep_the_others_from_theirs() {
    let mails = Mails::start("bob@");
    let mut folder = folder(MAIL);
    folder.set("SMTP_URL", &mails.url.replace("smtp://", &format!("smtp://it%40acme.example:{CANARY}@")));
    let tested = ran(&folder, &["notify", "--test"], 1);
    assert!(tested.out.contains("bob@acme.example: 127.0.0.1:"), "{}", tested.out);
    assert!(
        tested.out.contains("550") && tested.out.contains("does not take the sender or the receiver"),
        "{}",
        tested.out
    );
    let came = mails.came();
    assert_eq!(came.len(), 1);
    assert_eq!(came[0].0, ["RCPT TO:<ana@acme.example>"]);
    let mail = &came[0].1;
    for line in [
        "From: Dialform <it@acme.example>\r\n",
        "Subject: quickstart: a test, messages arrive here\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Content-Type: multipart/alternative;",
        "Content-Type: text/plain; charset=utf-8\r\n",
        "Content-Type: text/html; charset=utf-8\r\n",
    ] {
        assert!(mail.contains(line), "{line}\n{mail}");
    }
}

#[test]
fn a_password_that_is_refused_is_not_told_even_if_the_server_tells_it() {
    let mails = Mails::start("password");
    let mut folder = folder(MAIL);
    folder.set("SMTP_URL", &mails.url.replace("smtp://", &format!("smtp://it:{CANARY}@")));
    let tested = ran(&folder, &["-vvv", "notify", "--test"], 1);
    // The server repeats what was sent, in base64.
    let sent = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("\0it\0{CANARY}"));
    assert!(!tested.out.contains(&sent) && !tested.err.contains(&sent), "{}", tested.out);
    assert!(
        tested.out.contains("535") && tested.out.contains("does not take the user name and password"),
        "{}",
        tested.out
    );
}

#[test]
fn secrets_are_nowhere_however_much_is_told() {
    for url in ["http://127.0.0.1:1/", "http://hooks.example/", "https://user:x@hooks.example/", "hooks/"] {
        let mut folder = folder(
            "notify:\n  email: { to: [a@acme.example], smtp: { env: SMTP_URL } }\n  webhook: { url: { env: HOOK }, sign: { env: KEY } }\n  heartbeat: { url: { env: HOOK } }\n",
        );
        folder.set("HOOK", &format!("{url}{CANARY}?key={CANARY}"));
        folder.set("KEY", &format!("whsec_{CANARY}!"));
        folder.set("SMTP_URL", &format!("smtp://it:{CANARY}@127.0.0.1:1"));
        folder.set("DIALFORM_LOG", "trace");
        for command in [
            &["notify", "--test"][..],
            &["notify", "--test", "--dry-run"],
            &["apply", "--yes"],
            &["check", "--effective"],
        ] {
            let code = match command {
                ["notify", "--test"] => 1,
                ["apply", ..] => 4,
                _ => 0,
            };
            ran(&folder, command, code);
        }
    }
}

#[test]
fn what_is_not_meant_is_refused_with_its_place() {
    for (notify, says) in [
        (
            "notify: { webhook: { url: { env: X }, format: slack, sign: { env: Y } } }",
            "Slack does not look at a signature",
        ),
        (
            "notify: { webhook: { url: \"https://hooks.slack.com/services/T0/B0/c4nary5ecret71c2d0\" } }",
            "`url` is written out",
        ),
        (
            "notify: { email: { to: [a@b.example], smtp: \"smtp://it:c4nary5ecret71c2d0@mail.example\" } }",
            "`smtp` is written out",
        ),
        (
            "notify: { email: { to: [\"a@b\\nBcc: x@y\"], smtp: { env: X } } }",
            "an address is written as name@example.com",
        ),
        ("notify: { email: { to: [], smtp: { env: X } } }", "notify"),
        ("notify: { email: { to: [a@b.example], smtp: { env: X }, on: [failures] } }", "failures"),
        ("notify: { webhook: [{ url: { env: X }, fromat: slack }] }", "fromat"),
    ] {
        let folder = folder(&format!("{notify}\n"));
        let checked = folder.run(&["check"]);
        assert_eq!(checked.code, 1, "{notify}\n{}", checked.err);
        let text = format!("{}{}", checked.out, checked.err);
        assert!(text.contains(says) && text.contains("dialform.yaml:"), "{notify}\n{text}");
        assert!(!text.contains(CANARY), "{text}");
    }
    let nobody = folder("").run(&["notify", "--test"]);
    assert!(nobody.code == 1 && nobody.err.contains("has no `notify`"), "{}", nobody.err);
}

#[test]
fn the_page_shows_what_is_accepted() {
    let page = include_str!("../../docs/notifications.md");
    let snippet = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let checked = folder(snippet).run(&["check"]);
    assert_eq!(checked.code, 0, "{}", checked.err);
}
