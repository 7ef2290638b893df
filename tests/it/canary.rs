//! A secret in every command, every format, every verbosity, success and failure,
//! looked for in everything that was written.

use std::{fs, path::Path};

use crate::process::{Folder, Ran, Served};

/// Every secret of the tests' login begins so: client secret, assertion, access token, request
/// token of GitHub, header of a managed identity.
#[cfg(all(unix, not(target_vendor = "apple")))]
const OF_ENTRA: &str = "c4nary";

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

#[cfg(all(unix, not(target_vendor = "apple")))]
mod entra {
    use std::collections::VecDeque;

    use serde_json::json;

    use super::*;
    use crate::{
        entra::{ASSIGNED, folder, manifest},
        graph::{FakeGraph, Store},
        login::{Answer, Login, SECRET, SENT, SUBJECT, assertion},
    };

    const COMMANDS: &[&[&str]] = &[
        &["check", "--effective"],
        &["doctor"],
        &["doctor", "--format", "json"],
        &["plan"],
        &["plan", "--format", "json", "--out", "plan.json", "--record", "inputs.rec"],
        &["show", "abeo.lind@example.com", "--format", "json"],
        &["eval", "[displayName]", "--person", "abeo.lind@example.com"],
        &["apply", "--yes", "--format", "json"],
        &["log", "--format", "json"],
        &["state", "list"],
    ];

    fn ways(login: &Login) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
        let az = login.az(&format!(
            "echo '{}'",
            json!({ "accessToken": login.token(), "expires_on": 4_000_000_000_u64, "tokenType": "Bearer" })
        ));
        vec![
            ("secret", login.by_secret(SECRET)),
            ("github", login.by_github()),
            ("workload", login.by_workload(&assertion(SUBJECT, "api://AzureADTokenExchange"))),
            ("managed", login.by_identity()),
            ("cli", vec![("PATH", format!("{}:/usr/bin:/bin", az.display()))]),
            ("token", vec![("GRAPH_ACCESS_TOKEN", login.token())]),
        ]
    }

    fn set_up(login: &Login, graph: &FakeGraph, auth: &str, variables: &[(&'static str, String)]) -> Folder {
        let mut folder = folder(graph, &manifest(ASSIGNED).replace("auth: token", &format!("auth: {auth}")));
        folder.set("GRAPH_ACCESS_TOKEN", "");
        for (name, value) in login.here().iter().chain(variables) {
            folder.set(name, value);
        }
        folder
    }

    /// A Graph that takes what the login gives.
    fn both() -> (Login, FakeGraph) {
        let (login, graph) = (Login::start(), FakeGraph::start(Store::load("small")));
        let tokens = login.tokens();
        graph.tokens(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
        (login, graph)
    }

    fn run(folder: &Folder, line: &[&str]) -> Ran {
        let ran = folder.run(line);
        assert!(!ran.out.contains(OF_ENTRA) && !ran.err.contains(OF_ENTRA), "{line:?}\n{}\n{}", ran.out, ran.err);
        ran
    }

    fn nothing_in_files(folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                nothing_in_files(&path);
            } else {
                let bytes = fs::read(&path).unwrap();
                assert!(!String::from_utf8_lossy(&bytes).contains(OF_ENTRA), "{}", path.display());
            }
        }
    }

    #[test]
    fn what_signs_in_to_entra_is_in_nothing_that_is_written() {
        let (login, graph) = both();
        for (auth, variables) in ways(&login) {
            let mut folder = set_up(&login, &graph, auth, &variables);
            for command in COMMANDS {
                let ran = run(&folder, &[&["-vvv"][..], command].concat());
                assert_eq!(ran.code, 0, "{auth} {command:?}\n{}\n{}", ran.out, ran.err);
            }
            run(&folder, &["-q", "plan"]);
            run(&folder, &["-vvv", "--log-format", "json", "plan"]);
            // What every library tells, too.
            folder.set("DIALFORM_LOG", "trace");
            let ran = run(&folder, &["plan"]);
            assert!(ran.err.contains("TRACE"), "{}", ran.err);
            nothing_in_files(&folder.path(""));
        }
    }

    #[test]
    fn what_entra_refuses_is_not_told() {
        let (login, graph) = both();
        let echo = |name: &str| json!({ "error": "x", name: SENT });
        for (auth, variables) in ways(&login) {
            let mut folder = set_up(&login, &graph, auth, &variables);
            folder.set("DIALFORM_LOG", "trace");
            // All that was sent comes back.
            for answer in [
                Answer::json(400, &echo("error_description")),
                Answer::json(200, &echo("access_token")),
                Answer::json(500, &json!({ "error": SENT })),
                Answer::page(200, SENT),
            ] {
                login.change(|world| world.faults = VecDeque::from(vec![("/".to_owned(), answer)]));
                run(&folder, &["doctor"]);
                login.change(|world| world.faults.clear());
            }
            folder.set("DIALFORM_GRAPH_URL", "http://127.0.0.1:1/v1.0");
            assert_eq!(run(&folder, &["plan"]).code, 1, "{auth}");
            assert_eq!(run(&folder, &["apply", "--yes"]).code, 1, "{auth}");
        }
    }
}
