use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    plan::{
        Reason,
        outcome::{Outcome, Stop},
        sample,
    },
    render::neutral,
};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// What the schema says against a JSON text.
fn against(schema: &str, text: &str) -> Vec<String> {
    let validator = jsonschema::validator_for(&parsed(schema)).unwrap();
    validator.iter_errors(&parsed(text)).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn a_plan_with_everything() {
    insta::assert_snapshot!(plan(&sample::everything()));
}

#[test]
fn an_empty_plan_has_all_fields_too() {
    let empty = parsed(&plan(&sample::empty()));
    for field in ["format_version", "summary", "changes", "held", "notes", "unmanaged"] {
        assert!(empty.get(field).is_some(), "{field}");
    }
    assert_eq!(empty["summary"]["total"], 0);
    assert_eq!(empty["summary"]["seconds"], 0);
}

#[test]
fn without_a_limit_there_is_no_time() {
    let mut unlimited = sample::everything();
    unlimited.read.millirate = None;
    assert_eq!(parsed(&plan(&unlimited))["summary"]["seconds"], Value::Null);
}

#[test]
fn the_summary_counts_what_the_lists_hold() {
    let report = parsed(&plan(&sample::everything()));
    let changes = report["changes"].as_array().unwrap();
    let held = report["held"].as_array().unwrap();
    let summary = &report["summary"];
    for kind in ["user", "group"] {
        for (action, n) in summary["changes"][kind].as_object().unwrap() {
            let listed = changes.iter().filter(|change| change["kind"] == kind && change["action"] == *action);
            assert_eq!(json!(listed.count()), *n, "{kind} {action}");
        }
    }
    for (reason, n) in summary["held"].as_object().unwrap() {
        assert_eq!(json!(held.iter().filter(|held| held["reason"] == *reason).count()), *n, "{reason}");
    }
    assert_eq!(summary["held"].as_object().unwrap().len(), Reason::ALL.len());
    // Two of each reason would be too many to look at: one, and one more of some; protected and waiting apart.
    let apart = |held: &&Value| held["reason"] != "protected" && held["reason"] != "waiting";
    assert_eq!(summary["held_for_a_person"], held.iter().filter(apart).count());
    assert_eq!((&summary["members_added"], &summary["members_removed"]), (&json!(2), &json!(15)));
}

#[test]
fn a_hidden_value_is_nowhere() {
    let text = plan(&sample::everything());
    assert!(!text.contains("secret project"));
    assert!(text.contains("\"redacted\": true"));
}

#[test]
fn an_outcome_with_everything() {
    let everything = sample::everything();
    let stopped = Some(Stop::Credentials { message: "401 invalid token".into() });
    insta::assert_snapshot!(outcome(&everything, &Outcome { stopped, ..sample::outcome(&everything) }));
}

#[test]
fn the_committed_schemas_are_fresh() {
    let hint = "run `cargo run -- schema NAME > schema/NAME.schema.json`";
    assert_eq!(plan_schema(), include_str!("../../../schema/plan.schema.json"), "{hint}");
    assert_eq!(outcome_schema(), include_str!("../../../schema/outcome.schema.json"), "{hint}");
}

#[test]
fn the_schemas_refuse_what_is_not_theirs() {
    let schema = plan_schema();
    assert!(!against(&schema, "{}").is_empty());
    let text = plan(&sample::everything());
    assert!(!against(&schema, &text.replacen("\"action\": \"adopt\"", "\"action\": \"abduct\"", 1)).is_empty());
    assert!(!against(&outcome_schema(), &text).is_empty());
}

#[test]
fn every_stop_fits_the_schema() {
    let everything = sample::everything();
    for stop in [
        Stop::Credentials { message: "401".into() },
        Stop::MassFailure { failed: 26, tried: 50 },
        Stop::Unreachable { message: "could not connect to https://dialpad.com/scim: refused".into(), failed: 3 },
        Stop::Interrupted,
        Stop::LockLost { message: "40 s".into() },
    ] {
        let stopped = Outcome { stopped: Some(stop), ..sample::outcome(&everything) };
        assert_eq!(against(&outcome_schema(), &outcome(&everything, &stopped)), Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_plan_fits_the_schema_and_prints_no_control_characters(any in sample::arbitrary()) {
        let text = plan(&any);
        prop_assert_eq!(against(&plan_schema(), &text), Vec::<String>::new());
        prop_assert!(!text.contains(|c| c != '\n' && neutral::is_hostile(c)), "{}", text);
        let text = outcome(&any, &sample::outcome(&any));
        prop_assert_eq!(against(&outcome_schema(), &text), Vec::<String>::new());
        prop_assert!(!text.contains(|c| c != '\n' && neutral::is_hostile(c)), "{}", text);
    }
}

#[test]
fn the_documentation_names_every_field() {
    let page = include_str!("../../../docs/output.md");
    for schema in [plan_schema(), outcome_schema(), export_schema()] {
        let schema = parsed(&schema);
        let shapes = schema["$defs"].as_object().unwrap().values().chain([&schema]);
        for name in shapes.filter_map(|shape| shape["properties"].as_object()).flat_map(|fields| fields.keys()) {
            assert!(page.contains(&format!("`{name}`")), "docs/output.md does not name `{name}`");
        }
    }
}
