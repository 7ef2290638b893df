//! `dialform eval`: every case of the language through the command's own code, and the errors that people see.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value as Json, json};

use crate::program::{Ran, dialform};

/// The answer of `eval --format json` for a case.
fn answer(case: &Json, file: &std::path::Path) -> (Json, u8) {
    fs::write(file, case["attributes"].to_string()).unwrap();
    let mut line = vec!["eval".to_owned(), case["expression"].as_str().unwrap().to_owned()];
    let mut add = |flag: &str, value: String| line.extend([flag.to_owned(), value]);
    add("--attributes", file.display().to_string());
    add("--format", "json".to_owned());
    if let Some(now) = case["now"].as_str() {
        add("--now", now.to_owned());
    }
    if !case["taken"].is_null() {
        add("--taken", case["taken"].to_string());
    }
    if let Some(domain) = case["defaultDomain"].as_str() {
        add("--default-domain", domain.to_owned());
    }
    let Ran { out, err, code } = dialform(&line);
    assert_eq!(err, "", "{line:?}");
    assert_eq!(out.lines().count(), 1, "{line:?}");
    (serde_json::from_str(&out).unwrap(), code)
}

/// The canonical text of a value in a case or an answer.
fn text(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        Json::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(",")),
        Json::Object(members) => {
            let mut members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
    }
}

fn differs(case: &Json, file: &std::path::Path) -> Option<String> {
    let ((answer, code), expect) = (answer(case, file), &case["expect"]);
    let fits = if expect["error"] == true {
        answer["ok"] == false && code == 1 && answer["error"]["code"].is_string() && answer["error"]["offset"].is_u64()
    } else if expect["ignore"] == true {
        answer == json!({"ok": true, "ignored": true}) && code == 0
    } else if let Some(patterns) = expect["matches"].as_array() {
        let value = answer["value"].as_str().unwrap();
        let found =
            |pattern: &Json| fancy_regex::Regex::new(pattern.as_str().unwrap()).unwrap().is_match(value).unwrap();
        patterns.iter().all(found)
    } else {
        let kind = match &answer["value"] {
            Json::Null => vec!["null"],
            Json::Bool(_) => vec!["boolean"],
            Json::Number(_) => vec!["integer"],
            Json::String(_) => vec!["string", "datetime"],
            Json::Array(_) => vec!["list"],
            Json::Object(_) => vec![],
        };
        let single = !answer["value"].is_array() && !answer["value"].is_null();
        answer["ok"] == true
            && code == 0
            && text(&answer["value"]) == text(expect)
            && kind.iter().any(|kind| answer["type"] == *kind)
            && (!single || answer["text"] == text(expect))
    };
    (!fits).then(|| format!("{}: {}\n  expected {expect}\n  got {answer}", case["id"], case["expression"]))
}

#[test]
fn every_case_of_the_language_gives_its_value_as_json() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../cases/expressions.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("person.json");
    let wrong: Vec<String> = cases.iter().filter_map(|case| differs(case, &file)).collect();
    assert!(cases.len() >= 545 && wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn eval(line: &[&str]) -> Ran {
    dialform(&std::iter::once("eval").chain(line.iter().copied()).collect::<Vec<_>>())
}

#[test]
fn each_type_has_its_name_and_text() {
    for (expression, value, kind, text) in [
        ("\"x\"", json!("x"), "string", "x"),
        ("BitAnd(&HF, &HF7)", json!(7), "integer", "7"),
        ("Not(\"False\")", json!(true), "boolean", "True"),
        ("CDate(\"2027-01-31T09:00:00Z\")", json!("1/31/2027 9:00:00 AM"), "datetime", "1/31/2027 9:00:00 AM"),
        ("Split(\"a;b\", \";\")", json!(["a", "b"]), "list", "a; b"),
        ("[nothing]", json!(null), "null", ""),
    ] {
        let ran = eval(&[expression, "--format", "json"]);
        let answer: Json = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(answer, json!({"ok": true, "value": value, "type": kind, "text": text}), "{expression}");
    }
}

#[test]
fn an_error_is_one_object_with_its_place() {
    let ran = eval(&["Joni([a], Nope())", "--format", "json"]);
    let answer: Json = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &answer["ok"]), (1, &json!(false)));
    assert_eq!(answer["error"]["code"], "unknown_function");
    assert_eq!((&answer["error"]["offset"], &answer["error"]["length"]), (&json!(0), &json!(4)));
    assert_eq!(answer["error"]["help"], "did you mean `Join`?");
    assert_eq!(answer["more_errors"][0]["offset"], 10);
    let ran = eval(&["[a]", "--format", "json", "--attributes", "/nowhere.json"]);
    let answer: Json = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &answer["error"]["code"]), (1, &json!("attributes")));
}

#[test]
fn people_get_the_value_or_the_place_of_the_error() {
    let ran = eval(&["Join(\" \", \"Ana\", \"Lee\")"]);
    assert_eq!((ran.out.as_str(), ran.err.as_str(), ran.code), ("Ana Lee\n", "", 0));
    insta::assert_snapshot!("an_error", eval(&["Join(\" \", Uper([givenName]), [surname])"]).err);
    insta::assert_snapshot!("no_person", eval(&["ToUpper([givenName])"]).err);
    assert_eq!(eval(&["IgnoreFlowIfNullOrEmpty(\"\")"]).err, "ignored: the attribute is left out of the flow\n");
}

#[test]
fn explain_shows_what_each_part_gave() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("person.json");
    fs::write(&file, r#"{"country": "DE", "department": "Ventas y más", "langs": ["de", "en"]}"#).unwrap();
    let file = file.display().to_string();
    let line = [
        r#"IIF([country] = "DE", Join("-", ToUpper([department]), Count([langs]), [nothing]), [companyName])"#,
        "--attributes",
        &file,
        "--explain",
    ];
    insta::assert_snapshot!("explained", eval(&line).out);
    let ran = eval(&[&line[..], &["--format", "json"]].concat());
    let answer: Json = serde_json::from_str(&ran.out).unwrap();
    let arguments = answer["steps"]["arguments"].as_array().unwrap();
    assert_eq!(arguments.last().unwrap()["outcome"], "not_evaluated");
    assert_eq!(answer["steps"]["value"], answer["value"]);
}

#[test]
fn a_person_of_the_source_can_be_named_in_every_way() {
    let manifest = ["-m", "examples/quickstart/dialform.yaml"];
    for name in ["FREYA.holt@acme.example", "6f1d2a10-0000-4000-8000-000000000006"] {
        let ran = eval(&[&["Coalesce([mail], [userPrincipalName])", "--person", name], &manifest[..]].concat());
        assert_eq!((ran.out.as_str(), ran.err.as_str(), ran.code), ("freya.holt@acme.example\n", "", 0));
    }
    let value = |expression: &str, name: &str| {
        eval(&[&[expression, "--person", name, "--now", "2027-01-31T09:00:00Z"], &manifest[..]].concat()).out
    };
    assert_eq!(value("Not([IsSoftDeleted])", "freya.holt@acme.example"), "True\n");
    assert_eq!(value("Append([manager], \"\")", "freya.holt@acme.example"), "6f1d2a10-0000-4000-8000-000000000003\n");
    let ran = eval(&[&["[mial]", "--person", "freya.holt@acme.example"], &manifest[..]].concat());
    assert!(
        ran.err.contains("did you mean `mail`?") && ran.err.ends_with("null: the attribute has no value\n"),
        "{}",
        ran.err
    );
    let ran = eval(&[&["[mail]", "--person", "freya.hold@acme.example"], &manifest[..]].concat());
    let says = "failed to find `freya.hold@acme.example` among 12 people; did you mean `freya.holt@acme.example`?\n";
    assert_eq!((ran.err.as_str(), ran.code), (says, 1));
}

#[test]
fn wrong_usage_is_refused() {
    for (line, says) in [
        (&["[a]", "--now", "yesterday"][..], "--now"),
        (&["[a]", "--taken", "ana"], "expected a JSON list of strings"),
        (&["[a]", "--person", "a", "--attributes", "b"], "cannot be used with"),
        (&[], "EXPRESSION"),
    ] {
        let ran = eval(line);
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains(says), "{}", ran.err);
    }
}

#[test]
fn attributes_come_from_standard_input() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dialform"))
        .args(["eval", "Word([mail], 1, \"@\")", "--attributes", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(br#"{"mail": "ana@acme.example"}"#).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"ana\n");
}
