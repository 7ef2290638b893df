//! A secret in every command, every format, every verbosity, success and failure,
//! looked for in everything that was written.

use std::{fs, path::Path};

use crate::process::{Folder, Ran, Served};

const CANARY: &str = "c4nary-5ecret-71c2d0";

fn folder(url: &str) -> Folder {
    let mut folder = Folder::example("quickstart");
    folder.edit(
        "dialform.yaml",
        "sandbox: {}",
        &format!("dialpad: {{ scim: {{ url: \"{url}\", token: {{ env: DIALPAD_TOKEN }} }} }}"),
    );
    folder.set("DIALPAD_TOKEN", CANARY);
    folder
}

fn look(ran: &Ran, line: &[&str]) {
    assert!(!ran.out.contains(CANARY) && !ran.err.contains(CANARY), "{line:?}\n{}\n{}", ran.out, ran.err);
}

fn look_in_files(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look_in_files(&path);
        } else {
            let bytes = fs::read(&path).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains(CANARY), "{}", path.display());
        }
    }
}

#[test]
fn the_token_is_in_nothing_that_is_written() {
    let served = Served::start(CANARY, &[]);
    let folder = folder(&served.url);
    let commands: &[&[&str]] = &[
        &["check", "--effective"],
        &["check", "--format", "json"],
        &["doctor"],
        &["doctor", "--format", "json"],
        &["plan"],
        &["plan", "--format", "json", "--out", "plan.json", "--record", "inputs.rec"],
        &["plan", "--format", "markdown"],
        &["show", "ana.diaz@acme.example"],
        &["show", "ana.diaz@acme.example", "--format", "json"],
        &["apply", "plan.json", "--yes", "--format", "json"],
        &["apply", "--yes"],
        &["log"],
        &["log", "--format", "json"],
        &["state", "list"],
    ];
    for verbosity in ["-q", "-v", "-vvv"] {
        for command in commands {
            let line = [&[verbosity][..], command].concat();
            look(&folder.run(&line), &line);
            let line = [&["-vvv", "--log-format", "json"][..], command].concat();
            look(&folder.run(&line), &line);
        }
    }
    look_in_files(&folder.path(""));
}

#[test]
fn a_refused_token_and_a_dead_service_do_not_tell_it() {
    let served = Served::start("another", &[]);
    let refused = folder(&served.url);
    let dead = folder("http://127.0.0.1:1/scim");
    for folder in [&refused, &dead] {
        for command in [&["plan"][..], &["apply", "--yes"], &["doctor"], &["show", "ana.diaz@acme.example"]] {
            let line = [&["-vvv"][..], command].concat();
            let ran = folder.run(&line);
            assert_eq!(ran.code, 1, "{line:?} {}", ran.err);
            look(&ran, &line);
        }
        look_in_files(&folder.path(""));
    }
}

#[test]
fn a_token_that_cannot_be_a_header_is_refused_without_being_told() {
    let served = Served::start("another", &[]);
    let mut folder = folder(&served.url);
    let broken = format!("{CANARY}\nX-Other: 1");
    folder.set("DIALPAD_TOKEN", &broken);
    let ran = folder.run(&["-vvv", "plan"]);
    assert_eq!(ran.code, 1);
    look(&ran, &["plan"]);
}
