//! The schemas in an editor: yaml-language-server, driven over stdio.
//!
//! `tests/editor.sh` installs the server and runs this. Where it is not installed
//! the test says so and passes.

use std::{
    env, fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

const SERVER: &str = "target/editor/node_modules/yaml-language-server/bin/yaml-language-server";

/// Why it cannot be tried here.
fn missing() -> Option<String> {
    if !Path::new(SERVER).exists() {
        return Some("yaml-language-server is not installed; run tests/editor.sh".to_owned());
    }
    let node = Command::new("node").arg("--version").output();
    node.is_err().then(|| "there is no Node".to_owned())
}

/// A question at the place marked `▮`.
fn question(ask: &str, schema: &str, text: &str) -> Value {
    let text = format!("# yaml-language-server: $schema=./{schema}.schema.json\n{text}");
    let before = text.split('▮').next().unwrap();
    let line = before.matches('\n').count();
    let character = before.rsplit('\n').next().unwrap().encode_utf16().count();
    let text = text.replace('▮', "");
    json!({ "ask": ask, "text": text, "line": line, "character": character })
}

/// An example without the line that names its own schema.
fn example(name: &str) -> String {
    let text = fs::read_to_string(Path::new("examples").join(name)).unwrap();
    let (schema, rest) = text.split_once('\n').unwrap();
    assert!(schema.starts_with("# yaml-language-server"), "{name} names its schema");
    rest.to_owned()
}

/// The answers, in order.
fn answers(mut questions: Vec<Value>) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["manifest", "included", "tests"] {
        let file = format!("{name}.schema.json");
        fs::copy(Path::new("schema").join(&file), folder.path().join(&file)).unwrap();
    }
    for (i, question) in questions.iter_mut().enumerate() {
        question["name"] = json!(format!("case{i}.yaml"));
    }
    let mut node = Command::new("node")
        .args(["tests/editor/drive.mjs", SERVER])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(json!(questions).to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn labels(answer: &Value) -> Vec<&str> {
    answer.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect()
}

fn inserted<'a>(answer: &'a Value, label: &str) -> &'a str {
    let items = answer.as_array().unwrap();
    let item = items.iter().find(|item| item["label"] == label);
    assert!(item.is_some(), "no `{label}` in {:?}", labels(answer));
    item.unwrap()["insertText"].as_str().unwrap()
}

const HEAD: &str = "version: 1\nname: acme\nsource: { files: { people: people.csv } }\ntarget: { sandbox: {} }\n";

#[test]
fn an_editor_completes_explains_and_checks() {
    if let Some(why) = missing() {
        assert!(env::var_os("DIALFORM_EDITOR").is_none(), "{why}");
        eprintln!("skipped: {why}");
        return;
    }
    let ask = |what: &str, text: &str| question(what, "manifest", &format!("{HEAD}{text}"));
    let whole = fs::read_to_string("tests/cases/manifest/whole.yaml").unwrap();
    let mistakes = "enabled: yes\nscope: everybody\nassigments: []\nassignments:\n  - { group: A, user: b }\n  - { rôle: x }\nsafety: { deletes: { max: many, percent: 101 } }\nmappings: { users: { delete_after: 30 days, attributes: { title: {} } } }\nname: twice\n";
    let answers = answers(vec![
        ask("completion", "▮"),
        ask("completion", "scope: ▮"),
        ask("completion", "assignments:\n  - ▮"),
        ask(
            "completion",
            "filters:\n  users:\n    - name: Staff\n      where:\n        - attribute: country\n          operator: ▮",
        ),
        ask("completion", "mappings:\n  users:\n    attributes:\n      ▮"),
        ask("completion", "mappings:\n  users:\n    attributes:\n      userName:\n        ▮"),
        ask("completion", "mappings:\n  users:\n    attributes:\n      userName:\n        attribute: ▮"),
        ask("completion", "mappings:\n  groups:\n    on_rename: ▮"),
        ask("hover", "sco▮pe: assigned\n"),
        ask("hover", "safety:\n  owner▮ship: linked\n"),
        ask("hover", "mappings:\n  users:\n    attributes:\n      externalI▮d: { attribute: objectId }\n"),
        ask("diagnostics", mistakes),
        question("diagnostics", "manifest", &whole),
        question("diagnostics", "manifest", "extends: base.yaml\nversion: 1\nname: acme\n"),
        question("diagnostics", "manifest", "version: 1\nname: acme\n"),
        question("completion", "included", "▮"),
        question("diagnostics", "included", "assignments: [{ group: A }]\n"),
        question("diagnostics", "included", "safety: {}\n"),
        question("diagnostics", "manifest", &example("quickstart/dialform.yaml")),
        question("diagnostics", "manifest", &example("acme/dialform.yaml")),
        question("diagnostics", "included", &example("acme/assignments/sales.yaml")),
    ]);
    let mut answers = answers.iter();
    let mut next = || answers.next().unwrap();

    let keys = next();
    for key in ["assignments", "roles", "filters", "mappings", "safety", "extends", "include", "timezone", "state"] {
        assert!(inserted(keys, key).starts_with(&format!("{key}:")), "{keys}");
    }
    assert!(!labels(keys).contains(&"name"), "what is there is not offered again");
    assert_eq!(inserted(next(), "everyone"), "everyone");
    let assignment = next();
    for key in ["group", "user", "role", "nested", "from", "until"] {
        assert!(inserted(assignment, key).starts_with(&format!("{key}:")), "{assignment}");
    }
    assert_eq!(inserted(next(), "not_regex_match"), "not_regex_match");
    let targets = next();
    assert!(inserted(targets, "name.givenName").starts_with("name.givenName:"), "{targets}");
    let mapping = next();
    for key in ["attribute", "constant", "expression", "none", "default", "apply", "when_empty"] {
        assert!(inserted(mapping, key).starts_with(&format!("{key}:")), "{mapping}");
    }
    assert_eq!(inserted(next(), "physicalDeliveryOfficeName"), "physicalDeliveryOfficeName");
    assert_eq!(inserted(next(), "recreate"), "recreate");

    for part in ["Only who is assigned", "Accounts that are linked", "proves that an account is ours"] {
        let hover = next().as_str().unwrap_or_default();
        assert!(hover.contains(part), "{hover}");
        assert!(!hover.starts_with('#'), "no title stands before the text: {hover}");
    }

    let found = next();
    let lines: Vec<u64> = found.as_array().unwrap().iter().map(|problem| problem["line"].as_u64().unwrap()).collect();
    // The head takes five lines, the schema's among them.
    for line in 5..=13_u64 {
        let is_said = lines.contains(&line) || line == 8;
        assert!(is_said, "nothing about line {line} in {found}");
    }
    assert_eq!(next(), &json!([]), "a whole manifest is clean");
    assert_eq!(next(), &json!([]), "what is extended holds the rest");
    assert_eq!(next().as_array().unwrap().len(), 2, "source and target are missing");
    let included = next();
    assert_eq!(labels(included).iter().filter(|label| !label.contains(' ')).count(), 4, "{included}");
    assert_eq!(next(), &json!([]));
    assert_eq!(next().as_array().unwrap().len(), 1);
    for example in ["quickstart", "acme", "an included file of acme"] {
        assert_eq!(next(), &json!([]), "{example}");
    }
}
