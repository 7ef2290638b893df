//! The program killed for good at random instants, as a process with a disk and
//! a socket: whatever it was doing, the next run goes on from there, and the log says of
//! everything which run did it.
//!
//! `DIALFORM_KILLS` says how often; the instants follow from `DIALFORM_SEED`.

use std::{
    collections::BTreeSet,
    env,
    io::{Read, Write},
    net::TcpStream,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::process::{Folder, Served};

pub const TOKEN: &str = "kill-test-token";

/// The quickstart against a sandbox in another process.
fn folder(url: &str) -> Folder {
    let mut folder = Folder::example("quickstart");
    folder.edit(
        "dialform.yaml",
        "  sandbox: {}",
        &format!(
            "  dialpad:\n    scim:\n      url: {url}\n      token: {{ env: DIALPAD_TOKEN }}\n      rate: unlimited"
        ),
    );
    folder.set("DIALPAD_TOKEN", TOKEN);
    folder
}

/// A GET to a service on this machine.
pub fn get(url: &str, path: &str) -> Value {
    let host = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(&body[body.find('{').unwrap()..=body.rfind('}').unwrap()]).unwrap()
}

/// What the service holds, by names.
pub fn snapshot(url: &str) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    let users = get(url, "/scim/Users?count=100");
    let users = users["Resources"].as_array().unwrap();
    for user in users {
        assert!(shown.insert(format!("{} {} {}", user["userName"], user["externalId"], user["title"])));
    }
    for group in get(url, "/scim/Groups?count=100")["Resources"].as_array().unwrap() {
        for member in group["members"].as_array().unwrap() {
            let name = users.iter().find(|user| user["id"] == member["value"]).unwrap();
            assert!(shown.insert(format!("{}: {}", group["displayName"], name["userName"])), "a member is there twice");
        }
    }
    shown
}

const LOG: &str = ".dialform/quickstart/log/provisioning.jsonl";

/// What a power loss may take from the log of a run that was cut: anything from some line of its
/// own on, as long as the journal still has what came of them.
fn lose_lines(folder: &Folder, dice: u64) -> bool {
    let journal = std::fs::read_to_string(folder.path(".dialform/quickstart/journal.jsonl")).unwrap_or_default();
    let log = std::fs::read_to_string(folder.path(LOG)).unwrap_or_default();
    let Some(run) = journal.split("\"run\":\"").nth(1).and_then(|rest| rest.split('"').next()) else { return false };
    let own = |line: &str| line.contains(&format!("\"cycleId\":\"{run}\"")) && !line.contains("recoveredBy");
    let Some(first) = log.lines().position(own).filter(|_| journal.contains("\"ended\"")) else { return false };
    let begin: usize = log.split_inclusive('\n').take(first).map(str::len).sum();
    let keep = begin + usize::try_from(dice).unwrap() % (log.len() - begin);
    std::fs::write(folder.path(LOG), &log.as_bytes()[..keep]).unwrap();
    true
}

/// Everything that is there was made by one run, and the log says by which.
fn believe(folder: &Folder, expected: &BTreeSet<String>, context: &str) {
    let read = folder.run(&["log", "--format", "json", "--all"]);
    assert_eq!(read.code, 0, "{context}: {}", read.err);
    let lines: Vec<Value> = read.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut made: Vec<String> = Vec::new();
    for line in &lines {
        let (run, change) = (text(&line["cycleId"]), text(&line["changeId"]));
        if line["provisioningAction"] == "create" && line["provisioningStatusInfo"]["status"] == "success" {
            made.push(text(&line["sourceIdentity"]["displayName"]));
        }
        if let Some(by) = line["dialform"]["recoveredBy"].as_str() {
            assert!(*by != *run, "{context}: {line:#}");
            let plan = folder.read(&format!(".dialform/quickstart/log/{run}.plan.json"));
            assert!(plan.contains(&format!("\"{change}\"")), "{context}: {run} never meant to do {change}");
            assert!(!line["modifiedProperties"].as_array().unwrap().is_empty(), "{context}: {line:#}");
        }
    }
    made.sort();
    let mut there: Vec<String> = expected.iter().filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect();
    there.retain(|name| name.contains('@') || name.starts_with("SG-"));
    there.sort();
    there.dedup();
    assert_eq!(made, there, "{context}: {}", read.out);
}

/// Starts an apply and kills it after a while; gives whether it had ended by itself.
fn killed_after(folder: &Folder, wait: Duration) -> bool {
    let mut child = folder.command(&["apply", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(wait);
    let ended = child.try_wait().unwrap().is_some();
    if !ended {
        child.kill().unwrap();
    }
    child.wait().unwrap();
    ended
}

#[test]
fn an_apply_killed_at_random_instants_is_finished_by_the_next() {
    let number = |name: &str, default: u64| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (kills, seed) = (number("DIALFORM_KILLS", 12), number("DIALFORM_SEED", 7));
    // How long a whole run takes here, and what it comes to.
    let served = Served::start(TOKEN, &["--latency", "4ms"]);
    let whole = folder(&served.url);
    let started = Instant::now();
    let ran = whole.run(&["apply", "--yes"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let (takes, expected) = (started.elapsed(), snapshot(&served.url));
    let mut dice = seed;
    let (mut cut, mut lost) = (0, 0);
    for round in 0..kills {
        let context = format!("round {round}, DIALFORM_SEED={seed}");
        let served = Served::start(TOKEN, &["--latency", "4ms"]);
        let folder = folder(&served.url);
        for _ in 0..=round % 3 {
            // SplitMix64.
            dice = dice.wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_add(0x9E37_79B9_7F4A_7C15);
            let wait = takes.mul_f64((dice >> 40) as f64 / (1 << 24) as f64);
            if !killed_after(&folder, wait) {
                cut += 1;
                lost += u64::from(round % 2 == 0 && lose_lines(&folder, dice >> 20));
            }
        }
        let ran = folder.run(&["apply", "--yes"]);
        assert_eq!(ran.code, 0, "{context}: {}{}", ran.out, ran.err);
        let left = folder.json(&["plan", "--format", "json", "--detailed-exitcode"], 0);
        assert_eq!(left["changes"].as_array().unwrap().len(), 0, "{context}: {left:#}");
        assert_eq!(snapshot(&served.url), expected, "{context}");
        believe(&folder, &expected, &context);
        let requests = get(&served.url, "/sandbox/requests");
        assert_eq!(requests["byStatus"]["409"], Value::Null, "{context}: something was created twice");
    }
    assert!(cut > kills / 2, "only {cut} runs were cut");
    assert!(lost > 0, "no line of the log was ever lost");
}

#[test]
fn two_runs_at_once_are_one_apply_and_one_that_names_the_other() {
    let served = Served::start(TOKEN, &["--latency", "100ms"]);
    let folder = folder(&served.url);
    let mut first = folder.command(&["apply", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let record = folder.path(".dialform/quickstart/run.json");
    let waited = Instant::now();
    while !record.exists() {
        assert!(waited.elapsed() < Duration::from_secs(60), "the first run never took the lock");
        thread::sleep(Duration::from_millis(5));
    }
    let second = folder.run(&["apply", "--yes"]);
    assert_eq!(second.code, 6, "{}", second.err);
    assert!(second.err.contains(&format!("process {}", first.id())), "{}", second.err);
    let unlock = folder.run(&["unlock", "--yes"]);
    assert_eq!(unlock.code, 1, "{}", unlock.err);
    assert!(unlock.err.contains("still at work"), "{}", unlock.err);
    assert!(first.wait().unwrap().success());
    assert_eq!(folder.run(&["unlock", "--yes"]).err, "there is no lock\n");
    assert_eq!(folder.run(&["plan", "--detailed-exitcode"]).code, 0);
}

/// How many requests came that are not reads.
fn writes(url: &str) -> u64 {
    let requests = get(url, "/sandbox/requests");
    ["POST", "PATCH", "DELETE"].iter().filter_map(|method| requests["byMethod"][method].as_u64()).sum()
}

#[test]
fn a_service_that_dies_in_the_middle_ends_the_run_early_with_one_sentence() {
    let kept = tempfile::tempdir().unwrap();
    let place = kept.path().to_str().unwrap();
    let served = Served::start_in(place, TOKEN, &["--latency", "40ms"]);
    let folder = folder(&served.url);
    folder.edit("dialform.yaml", "rate: unlimited", "rate: unlimited\n      concurrency: 2");
    let child = folder.command(&["apply", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let waited = Instant::now();
    while writes(&served.url) < 3 {
        assert!(waited.elapsed() < Duration::from_secs(60), "nothing was ever sent");
        thread::sleep(Duration::from_millis(5));
    }
    let url = served.url.clone();
    drop(served);
    let died = Instant::now();
    let ended = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert!(died.elapsed() < Duration::from_secs(40), "it took {:?}: {out}", died.elapsed());
    assert_eq!(ended.status.code(), Some(1), "{out}{err}");
    let stopped = out.lines().find(|line| line.starts_with("Stopped: ")).unwrap_or_else(|| panic!("{out}{err}"));
    assert!(stopped.contains(&format!("could not connect to {url}")), "{stopped}");
    assert!(out.contains("Not tried: ") && out.contains("the service cannot be reached"), "{out}");
    // One cause, told once, with whom it is about.
    let told = out.lines().filter(|line| line.trim_start().starts_with("could not connect to")).count();
    assert_eq!(told, 1, "{out}");
    let port = url.split(':').nth(2).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
    let _again = Served::start_in(place, TOKEN, &["--listen", &format!("127.0.0.1:{port}")]);
    let ran = folder.run(&["apply", "--yes"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let left = folder.json(&["plan", "--format", "json", "--detailed-exitcode"], 0);
    assert_eq!(left["changes"].as_array().unwrap().len(), 0, "{left:#}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_finishes_what_is_under_way_and_ends_with_130() {
    let served = Served::start(TOKEN, &["--latency", "60ms"]);
    let folder = folder(&served.url);
    let child = folder.command(&["apply", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let journal = folder.path(".dialform/quickstart/journal.jsonl");
    let waited = Instant::now();
    while !std::fs::read_to_string(&journal).is_ok_and(|text| text.contains("\"intent\"")) {
        assert!(waited.elapsed() < Duration::from_secs(60), "nothing was ever sent");
        thread::sleep(Duration::from_millis(5));
    }
    let signal = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let ended = child.wait_with_output().unwrap();
    let err = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{err}");
    let state = folder.json(&["state", "list", "--format", "json"], 0);
    assert_eq!(state["in_doubt"], serde_json::json!([]), "{err}");
    assert!(!folder.path(".dialform/quickstart/run.json").exists(), "the lock is given back");
    assert_eq!(folder.run(&["apply", "--yes"]).code, 0);
}

#[test]
fn links_are_listed_mended_and_forgotten() {
    let served = Served::start(TOKEN, &[]);
    let folder = folder(&served.url);
    assert_eq!(
        folder.run(&["state", "list"]).out,
        "nothing is kept in `.dialform/quickstart` yet; the first apply begins it\n"
    );
    assert_eq!(folder.run(&["apply", "--yes"]).code, 0);
    let listed = folder.run(&["state", "list"]).out;
    assert!(listed.starts_with("12 people linked, 3 groups in .dialform/quickstart\n"), "{listed}");
    let before = folder.json(&["state", "list", "--format", "json"], 0)["memory"]["users"].clone();
    let forgotten = folder.run(&["state", "unlink", "ANA.diaz@acme.example"]);
    assert_eq!((forgotten.code, &*forgotten.err), (0, "unlinked ana.diaz@acme.example\n"));
    let again = folder.run(&["state", "unlink", "ana.diaz@acme.example"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("nobody with this name or id is linked"), "{}", again.err);
    let linked = folder.run(&["state", "link", "ana.diaz@acme.example", "ana.diaz@acme.example", "--suspended-by-us"]);
    assert_eq!(linked.code, 0, "{}", linked.err);
    let mut after = folder.json(&["state", "list", "--format", "json"], 0)["memory"]["users"].clone();
    for link in after.as_object_mut().unwrap().values_mut() {
        assert_eq!(link["disabled_since"].is_string(), link["name"] == "ana.diaz@acme.example");
        link.as_object_mut().unwrap().remove("disabled_since");
    }
    assert_eq!(after, before);
    let taken = folder.run(&["state", "link", "ana.diaz@acme.example", "chloe.lefevre@acme.example"]);
    assert_eq!(taken.code, 1);
    assert!(taken.err.contains("chloe.lefevre@acme.example belongs to"), "{}", taken.err);
    let nobody = folder.run(&["state", "link", "ana.diaz@acme.example", "nobody@acme.example"]);
    assert!(nobody.err.contains("find `nobody@acme.example` in Dialpad"), "{}", nobody.err);
}
