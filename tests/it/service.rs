//! `dialform run` as a process: what it says, serves, survives and how it ends.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStderr, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::process::Folder;

/// Longer than anything here takes, so that a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A service that runs until it is dropped.
struct Running {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
    address: Option<String>,
}

fn folder(run: &str) -> Folder {
    let folder = Folder::example("quickstart");
    let text = folder.read("dialform.yaml");
    folder.write("dialform.yaml", &format!("{text}\nrun: {run}\n"));
    folder
}

impl Running {
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let arguments: Vec<&str> = ["run", "--log-format", "json"].iter().chain(arguments).copied().collect();
        let mut child = folder.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = follow(child.stderr.take().unwrap());
        Self { child, lines, address: None }
    }

    /// The next line of an event.
    fn event(&mut self, name: &str) -> Value {
        let begun = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|_| panic!("there was no `{name}`"));
            let line: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
            if line["event"] == name {
                return line;
            }
        }
    }

    fn listen(&mut self) {
        self.address = Some(self.event("listening")["address"].as_str().unwrap().to_owned());
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    fn end(&mut self) -> i32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Status, head and body of an answer.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
        let address = self.address.as_ref().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            request.push_str(&format!("host: {address}\r\n"));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    fn get(&self, path: &str) -> (u16, String, String) {
        self.ask("GET", path, &[])
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stderr: ChildStderr) -> std::sync::mpsc::Receiver<String> {
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

#[test]
fn cycles_go_on_until_it_is_told_to_stop_and_a_quiet_one_only_reads() {
    let folder = folder("{ every: 1s }");
    let mut running = Running::start(&folder, &[]);
    let first = running.event("cycle");
    assert_eq!((&first["cycle"], &first["ending"]), (&1.into(), &"good".into()), "{first}");
    assert_eq!(first["changes"]["create_user"]["done"], 12);
    let second = running.event("cycle");
    assert_eq!(second["changes"], serde_json::json!({}), "{second}");
    running.signal("-TERM");
    running.event("stopped");
    assert_eq!(running.end(), 0);
    // Nobody needed anything in the second cycle, and that is not written down again.
    let log = folder.read(".dialform/quickstart/log/provisioning.jsonl");
    let runs: std::collections::BTreeSet<String> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["cycleId"].as_str().unwrap().to_owned())
        .collect();
    assert!(runs.len() <= 2, "{runs:?}");
    assert_eq!(folder.json(&["plan", "--format", "json"], 0)["summary"]["total"], 0);
}

#[test]
fn a_manifest_is_read_again_a_wrong_one_is_said_once_and_the_last_good_one_kept() {
    let folder = folder("{ every: 1h, listen: '127.0.0.1:0' }");
    let good = folder.read("dialform.yaml");
    let mut running = Running::start(&folder, &[]);
    running.listen();
    running.event("cycle");
    // Wrong: said, shown, and the last good one cycles on.
    folder.write("dialform.yaml", &good.replace("version: 1", "version: 1\nfrobnicate: yes"));
    running.signal("-HUP");
    let wrong = running.event("manifest_wrong");
    assert!(wrong["message"].as_str().unwrap().contains("frobnicate"), "{wrong}");
    assert_eq!(running.event("cycle")["ending"], "good");
    let page = running.get("/").2;
    assert!(page.contains("The manifest cannot be used") && page.contains("frobnicate"), "{page}");
    assert!(running.get("/metrics").2.contains("dialform_manifest_valid 0"));
    // Gone: another problem, so it is said.
    fs::remove_file(folder.path("dialform.yaml")).unwrap();
    running.signal("-HUP");
    assert!(running.event("manifest_wrong")["message"].as_str().unwrap().contains("there is no file"));
    assert_eq!(running.event("cycle")["ending"], "good");
    // Back, and paused.
    folder.write("dialform.yaml", &good.replace("version: 1", "version: 1\nenabled: false"));
    running.event("manifest_changed");
    let paused = running.event("paused");
    assert!(paused["message"].as_str().unwrap().contains("dialform.yaml:"), "{paused}");
    assert!(running.get("/").2.contains("Paused"));
    assert_eq!(running.get("/readyz").0, 200);
    folder.write("dialform.yaml", &good);
    running.event("manifest_changed");
    assert_eq!(running.event("cycle")["ending"], "good");
    running.signal("-INT");
    assert_eq!(running.end(), 0);
}

#[test]
fn a_port_that_is_taken_is_said_with_the_next_step() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = folder(&format!("{{ listen: '{}' }}", taken.local_addr().unwrap()));
    let ran = folder.run(&["run"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("address already in use") && ran.err.contains("`run.listen`"), "{}", ran.err);
    assert!(ran.err.contains("dialform.yaml:"), "{}", ran.err);
}

#[test]
fn one_cycle_ends_as_an_apply_does() {
    let folder = folder("{ every: 1h }");
    assert_eq!(folder.run(&["run", "--once"]).code, 0);
    // More people leave than the budget allows.
    let people = folder.read("people.csv");
    folder.write("people.csv", &people.replace(",Employee,", ",Contractor,"));
    folder.edit("dialform.yaml", "safety:", "safety:\n  disables: { max: 1 }");
    let ran = folder.run(&["run", "--once"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("held (too_many"), "{}", ran.err);
}

#[test]
fn the_page_shows_names_to_this_machine_and_counts_to_others() {
    let mut folder = folder("{ every: 1h, listen: '127.0.0.1:0', access: { env: PAGE_TOKEN } }");
    folder.set("PAGE_TOKEN", "page-token-for-tests");
    let mut running = Running::start(&folder, &[]);
    running.listen();
    running.event("cycle");
    let (status, head, body) = running.get("/people?person=lena@acme.example");
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("lena@acme.example") && body.contains("dialform.yaml:"), "{body}");
    for header in ["content-security-policy: default-src 'none'", "x-frame-options: deny", "nosniff", "no-store"] {
        assert!(head.contains(header), "{head}");
    }
    // Another machine, as a proxy tells it.
    let far = ("x-forwarded-for", "192.0.2.7");
    assert_eq!(running.ask("GET", "/people", &[far]).0, 401);
    let page = running.ask("GET", "/", &[far]).2;
    assert!(!page.contains("@acme.example") && page.contains("counts only"), "{page}");
    let right = ("authorization", "Bearer page-token-for-tests");
    assert_eq!(running.ask("GET", "/people", &[far, right]).0, 200);
    assert_eq!(running.ask("GET", "/people", &[far, ("authorization", "Bearer other")]).0, 401);
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        assert_eq!(running.ask(method, "/", &[]).0, 405, "{method}");
    }
    assert_eq!(running.ask("HEAD", "/", &[]).0, 200);
    let (status, _, body) = running.get("/people?person=%3Cscript%3Ealert(1)%3C/script%3E");
    assert_eq!(status, 200);
    assert!(body.contains("&lt;script&gt;") && !body.contains("<script>"), "{body}");
    assert_eq!((running.get("/healthz").0, running.get("/readyz").0, running.get("/nowhere").0), (200, 200, 404));
}

#[test]
fn a_browser_that_was_led_here_under_another_name_sees_nothing() {
    let folder = folder("{ every: 1h, listen: '127.0.0.1:0' }");
    let mut running = Running::start(&folder, &[]);
    running.listen();
    running.event("cycle");
    for path in ["/", "/people", "/metrics"] {
        let (status, _, body) = running.ask("GET", path, &[("host", "attacker.example:9464")]);
        assert_eq!(status, 421, "{path}: {body}");
        assert!(!body.contains("quickstart"), "{body}");
    }
    assert_eq!(running.ask("GET", "/people", &[("x-forwarded-for", "192.0.2.7")]).0, 403);
}

#[test]
fn the_examples_are_what_their_readers_take() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/run");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let documents = |text: &str| -> Vec<Value> {
        text.split("\n---\n").map(|document| serde_yaml::from_str(document).unwrap()).collect()
    };
    let kinds: Vec<Value> = documents(&read("kubernetes.yaml")).iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["Deployment", "CronJob"]);
    let unit = read("dialform.service");
    for needed in ["ExecStart=/usr/bin/dialform run", "ExecReload=/bin/kill -HUP", "SuccessExitStatus=130"] {
        assert!(unit.contains(needed), "{needed}");
    }
    assert!(read("Containerfile").contains("CMD [\"run\"]"));
    // Every metric that an alert names is served, and every one that is served is in the documentation.
    let service = self::folder("{ every: 1h, listen: '127.0.0.1:0' }");
    let mut running = Running::start(&service, &[]);
    running.listen();
    running.event("cycle");
    let served = running.get("/metrics").2;
    let alerts = read("alerts.yaml");
    let operations = fs::read_to_string(folder.join("../../docs/operations.md")).unwrap();
    let rules = documents(&alerts)[0]["groups"][0]["rules"].as_array().unwrap().clone();
    assert!(rules.len() >= 8);
    for rule in &rules {
        let expression = rule["expr"].as_str().unwrap();
        for word in expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if word.starts_with("dialform_") {
                assert!(served.contains(&format!("\n{word}")), "{word} is not served");
            }
        }
    }
    for line in served.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        assert!(operations.contains(name), "{name} is not documented");
    }
    assert!(served.ends_with("# EOF\n"));
}
