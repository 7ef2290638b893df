//! `dialform test`: the manifest's own tests, from YAML to what people and CI read.

use std::{fs, path::Path};

use serde_json::{Value as Json, json};

use crate::program::{Ran, dialform};

const MANIFEST: &str = r#"version: 1
name: acme
timezone: Europe/London
source: { files: { people: people.csv } }
target: { sandbox: {} }
roles:
  supervisor: {}
  member: {}
assignments:
  - { group: SG-Dialpad-Users, role: member }
  - { group: SG-Support-Leads, role: supervisor }
  - { user: ana@acme.example, role: supervisor, from: 2026-12-01, until: 2027-03-31 }
filters:
  users:
    - name: Staff in EMEA
      where:
        - { attribute: country, operator: regex_match, value: "^(GB|DE|FR)$" }
        - { attribute: employeeType, operator: not_equals, value: Contractor }
mappings:
  users:
    match: [userName]
    attributes:
      userName: { attribute: userPrincipalName }
      externalId: { attribute: objectId }
      active: { expression: 'Not([IsSoftDeleted])' }
      name.familyName: { attribute: surname, default: "-" }
      title: { expression: 'IgnoreFlowIfNullOrEmpty([jobTitle])' }
      nickName: { expression: 'Mid([mailNickname], [employeeId], 3)' }
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager: { attribute: manager }
"#;

/// Runs `dialform test` on a manifest with one file of tests.
fn test(tests: &str, line: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tests")).unwrap();
    fs::write(folder.path().join("tests/people.yaml"), tests).unwrap();
    run(folder.path(), MANIFEST, line)
}

/// Runs it in a folder; the folder's name is left out of what was written.
fn run(folder: &Path, manifest: &str, line: &[&str]) -> Ran {
    fs::write(folder.join("people.csv"), "userPrincipalName\nana@acme.example\n").unwrap();
    let file = folder.join("dialform.yaml");
    fs::write(&file, manifest).unwrap();
    let (file, folder) = (file.display().to_string(), format!("{}/", folder.display()));
    let words: Vec<&str> = ["test", "-m", &file].into_iter().chain(line.iter().copied()).collect();
    let Ran { out, err, code } = dialform(&words);
    Ran { out: out.replace(&folder, ""), err: err.replace(&folder, ""), code }
}

const EVERYTHING: &str = r#"
- name: a German contractor is out of scope
  person: { userPrincipalName: kai@acme.example, country: DE, employeeType: Contractor }
  groups: [SG-Dialpad-Users]
  expect: { in_scope: false, because: filter, roles: [] }
- name: support leads are supervisors too
  person: { userPrincipalName: bo@acme.example, country: GB, employeeType: Employee, surname: Lee }
  groups: [sg-dialpad-users, SG-Support-Leads]
  expect:
    in_scope: true
    roles: [member, supervisor]
    attributes: { userName: bo@acme.example, externalId: bo@acme.example, active: true, name.familyName: Lee }
- name: the last day counts
  person: { userPrincipalName: Ana@acme.example, country: GB, employeeType: Employee }
  on: 2027-03-31
  expect: { in_scope: true, roles: [supervisor] }
- name: the day after does not
  person: { userPrincipalName: ana@acme.example, country: GB, employeeType: Employee }
  on: 2027-04-01
  expect: { because: dates, attributes: { active: false } }
- name: the day before does not either
  person: { userPrincipalName: ana@acme.example, country: GB, employeeType: Employee }
  on: 2026-11-30
  expect: { because: dates }
- name: blocked comes before everything
  person: { userPrincipalName: x@acme.example, accountEnabled: false }
  expect: { because: disabled }
- name: deleted
  person: { userPrincipalName: x@acme.example }
  deleted: true
  expect: { because: deleted }
- name: nobody named them
  person: { userPrincipalName: x@acme.example, country: GB, employeeType: Employee }
  groups: [SG-Other]
  expect: { in_scope: false, because: unassigned }
- name: a group within a group is not enough
  person: { userPrincipalName: x@acme.example, country: GB, employeeType: Employee }
  nested_groups: [SG-Dialpad-Users]
  expect: { because: unassigned }
- name: empty values, defaults and managers
  person: { userPrincipalName: x@acme.example, country: GB, employeeType: Employee, jobTitle: "", manager: boss }
  groups: [SG-Dialpad-Users]
  expect:
    attributes:
      title: null
      name.familyName: "-"
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager: boss
"#;

#[test]
fn every_kind_of_expectation_can_be_met() {
    let ran = test(EVERYTHING, &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.ends_with("\n10 tests passed\n"), "{}", ran.out);
}

/// The same tests with every expectation turned round: all of them fail.
#[test]
fn every_kind_of_expectation_can_fail() {
    let turned = EVERYTHING
        .replace("in_scope: false, because: filter, roles: []", "in_scope: true")
        .replace("roles: [member, supervisor]", "roles: [member]")
        .replace("roles: [supervisor]", "roles: []")
        .replace("active: false", "active: true")
        .replace("because: dates }", "because: filter }")
        .replace("because: disabled", "because: deleted")
        .replace("because: deleted }\n- name: nobody", "because: dates }\n- name: nobody")
        .replace("because: unassigned", "because: role")
        .replace("title: null", "title: Boss");
    let ran = test(&turned, &["--format", "json"]);
    let answer: Json = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &answer["summary"]["failed"]), (1, &Json::from(10)), "{}", ran.out);
}

const FAILING: &str = r#"
- name: contractors are out
  person: { userPrincipalName: bo@acme.example, country: DE, employeeType: Freelancer }
  groups: [SG-Dialpad-Users]
  expect: { in_scope: false, because: filter }
- name: the wrong reason
  person: { userPrincipalName: bo@acme.example, country: FI, employeeType: Employee }
  groups: [SG-Dialpad-Users]
  expect: { because: unassigned, roles: [member], attributes: { active: true, title: Boss } }
- name: values
  person: { userPrincipalName: bo@acme.example, country: GB, employeeType: Employee, employeeId: x, mailNickname: bo }
  groups: [SG-Dialpad-Users]
  expect:
    roles: [supervisor]
    attributes: { userName: Bo@acme.example, name.familyName: null, nickName: b }
- name: passes
  person: { userPrincipalName: bo@acme.example, country: GB, employeeType: Employee }
  groups: [SG-Dialpad-Users]
  expect: { in_scope: true }
"#;

#[test]
fn a_failure_shows_both_sides_and_the_lines_that_decided() {
    let ran = test(FAILING, &["--coverage"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!("failures", ran.out);
}

#[test]
fn junit_and_json_tell_the_same() {
    let ran = test(FAILING, &["--format", "junit"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("<testsuite name=\"tests/people.yaml\" tests=\"4\" failures=\"3\""), "{}", ran.out);
    let ran = test(FAILING, &["--format", "json", "--coverage"]);
    let answer: Json = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["tests"][0]["differences"][0]["what"], "in_scope");
    assert_eq!(answer["tests"][2]["differences"].as_array().unwrap().len(), 4);
    assert_eq!(answer["coverage"]["assignments"]["covered"], 1);
    assert_eq!(answer["coverage"]["filters"]["covered"], 1);
}

#[test]
fn tests_are_chosen_by_name() {
    let ran = test(FAILING, &["--name", "PASS"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "✓ passes\n\n1 test passed\n"));
    let ran = test(FAILING, &["--name", "nothing like it"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.err, "failed to find a test whose name contains `nothing like it` among 4\n");
}

#[test]
fn everything_wrong_with_the_tests_is_said_at_once() {
    let ran = test(
        r#"
- name: keys and kinds
  persn: {}
  expect: { in_scope: yes, license: agents }
- name: expects nothing
  person: { country: GB }
  expect: {}
- name: names
  person: { userPrincipleName: a@acme.example, IsSoftDeleted: true, nested: { a: 1 } }
  groups: [SG-Dialpad-User]
  expect: { in_scope: true }
- name: names
  person: { userPrincipleName: a@acme.example, IsSoftDeleted: true }
  groups: [SG-Dialpad-User]
  on: 2027-02-30
  expect: { in_scope: true, because: filter, roles: [supervisr], attributes: { titel: x, "emails[": y } }
- name: because
  person: {}
  on: tomorrow
  expect: { because: filtered }
"#,
        &[],
    );
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    insta::assert_snapshot!("wrong_tests", ran.err);
}

#[test]
fn files_that_are_no_tests_are_refused() {
    for (text, says) in [
        ("", "the file has no test"),
        ("[]", "the file has no test"),
        ("name: x", "a file of tests is a list, not a map"),
        ("- [", "tests/people.yaml:1"),
        ("- 7", "has to be a map"),
        ("- name: x\n  name: y\n", "the key `name` comes twice"),
    ] {
        let ran = test(text, &[]);
        assert_eq!(ran.code, 1, "{text}");
        assert!(ran.err.contains(says), "{text}: {}", ran.err);
    }
    let ran = test("", &["--format", "json"]);
    assert!(serde_json::from_str::<Json>(&ran.out).unwrap().is_object(), "{}", ran.out);
}

#[test]
fn files_can_be_named_and_none_is_an_error_with_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), MANIFEST, &[]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.err,
        "failed to find a test: there is no `tests/*.yaml`; `dialform help test` shows one to start from, \
         and a file can be named\n"
    );
    let file = folder.path().join("mine.yaml");
    fs::write(&file, "- { name: x, person: {}, expect: { in_scope: false } }").unwrap();
    let ran = run(folder.path(), MANIFEST, &[file.to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "✓ x\n\n1 test passed\n"), "{}", ran.err);
    let ran = run(folder.path(), MANIFEST, &["/nowhere/tests.yaml"]);
    assert!(ran.err.contains("there is no file `/nowhere/tests.yaml`"), "{}", ran.err);
    let ran = run(folder.path(), "version: 1\n", &[]);
    assert!(ran.code == 1 && ran.err.contains("`source`"), "{}", ran.err);
}

#[test]
fn the_examples_of_the_command_and_of_the_schema_are_tests() {
    let ran = dialform(&["test", "--help"]);
    let example: String =
        ran.err.lines().skip_while(|line| !line.starts_with("  - name")).map(|l| format!("{l}\n")).collect();
    let example: String =
        example.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect();
    let ran = test(&example, &[]);
    assert_eq!(ran.out.lines().last(), Some("2 tests passed"), "{}{}\n{example}", ran.out, ran.err);
}

#[test]
fn is_soft_deleted_follows_from_the_test_and_is_only_warned_about() {
    let ran = test("- { name: x, person: { IsSoftDeleted: true }, expect: { because: deleted } }", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "✓ x\n\n1 test passed\n"));
    assert!(ran.err.contains("`IsSoftDeleted` is computed"), "{}", ran.err);
}

/// The filter of a case in a manifest, its object as a person, its answer as an expectation.
fn filter_case(case: &Json, folder: &Path) -> Option<String> {
    let assigned = case["provisioningScope"] == "syncAssigned";
    let filters: Vec<Json> = case["filter"]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(at, group)| json!({ "name": format!("filter {at}"), "where": group["clauses"] }))
        .collect();
    let manifest = json!({
        "version": 1,
        "name": "case",
        "source": { "files": { "people": "people.csv" } },
        "target": { "sandbox": {} },
        "scope": if assigned { "assigned" } else { "everyone" },
        "assignments": if assigned { json!([{ "group": "SG" }]) } else { json!([]) },
        "filters": { "users": filters },
    });
    let groups = if case["assigned"] == true { json!(["SG"]) } else { json!([]) };
    let tests = json!([{
        "name": "case",
        "person": case["attributes"],
        "groups": groups,
        "expect": { "in_scope": case["expect"] == true },
    }]);
    fs::write(folder.join("tests/case.yaml"), tests.to_string()).unwrap();
    let ran = run(folder, &manifest.to_string(), &[]);
    // Who is blocked from sign-in is out, whatever the filter says.
    let blocked = case["attributes"]["accountEnabled"] == false && case["expect"] == true;
    let is_error = case["expect"]["error"] == true;
    let fits = ran.code == u8::from(is_error || blocked) && ran.out.is_empty() == is_error;
    (!fits).then(|| format!("{}: {}\n{}{}", case["id"], case["filter"], ran.out, ran.err))
}

#[test]
fn every_case_of_the_filters_holds_as_a_test_of_a_manifest() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../cases/filters.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tests")).unwrap();
    let wrong: Vec<String> = cases.iter().filter_map(|case| filter_case(case, folder.path())).collect();
    assert!(cases.len() >= 145 && wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
