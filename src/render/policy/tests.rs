use super::*;
use crate::{
    names::Place,
    policy_test::{Coverage, Covered, Reason, Report, Verdict},
};

fn report() -> Report {
    let place = |file: &str, line| Place::new(file, line, 3);
    let reason = |text: &str, line| Reason { text: text.into(), place: Some(place("dialform.yaml", line)) };
    let scope = vec![reason("group SG-Dialpad-Users as member", 20), reason("filter `EMEA` lets it pass", 31)];
    let differ = |what: &str, expected: Option<Value>, actual: Option<Value>, reasons: Vec<Reason>| Difference {
        what: what.into(),
        expected,
        actual,
        problem: None,
        reasons,
    };
    let title = vec![reason("mapping title: attribute jobTitle", 44)];
    let failing = Difference {
        problem: Some("the mapping fails: expected a whole number, found \"x\"".into()),
        ..differ(
            "attributes.nickName",
            Some("Ana".into()),
            None,
            vec![reason("mapping nickName: expression Mid(…)", 45)],
        )
    };
    let verdict =
        |name: &str, file, line, differences| Verdict { name: name.into(), place: place(file, line), differences };
    let covered = |what: &str, touched, stopped| Covered {
        what: what.into(),
        place: place("dialform.yaml", 50),
        touched,
        stopped,
    };
    Report {
        verdicts: vec![
            verdict("a sales person is a member", "tests/a.yaml", 1, vec![]),
            verdict(
                "a <German> \"contractor\" & co is out\u{202e}\u{1b}[2J",
                "tests/a.yaml",
                9,
                vec![
                    differ("in_scope", Some(false.into()), Some(true.into()), scope.clone()),
                    differ("because", Some("filter".into()), None, scope),
                    differ(
                        "attributes.title",
                        Some("Vice President Sales".into()),
                        Some("Vice President Sale".into()),
                        title,
                    ),
                    failing,
                ],
            ),
            verdict("somebody else", "tests/b.yaml", 1, vec![]),
        ],
        coverage: Coverage {
            assignments: vec![covered("group SG-A as member", 2, None), covered("group SG-B", 0, None)],
            roles: vec![],
            filters: vec![
                covered("filter `A`", 1, Some(0)),
                covered("filter `B`", 1, Some(1)),
                covered("filter `C`", 0, Some(3)),
            ],
            mappings: vec![covered("mapping title", 1, None)],
        },
    }
}

#[test]
fn failures_show_both_sides_and_what_decided() {
    insta::assert_snapshot!(text(&report(), true, false));
}

#[test]
fn colour_marks_what_differs_within_a_line() {
    let page = text(&report(), false, true);
    assert!(page.contains("\u{1b}[32m✓\u{1b}[0m a sales person is a member"), "{page}");
    assert_eq!(page.replace('\u{1b}', "ESC").matches("ESC[2J").count(), 0, "{page}");
}

#[test]
fn junit_is_escaped_and_has_a_suite_for_each_file() {
    insta::assert_snapshot!(junit(&report()));
}

#[test]
fn json_has_everything() {
    insta::assert_snapshot!(json(&report(), true));
}

#[test]
fn when_all_pass_one_line_says_so() {
    let mut report = report();
    report.verdicts.remove(1);
    assert!(text(&report, false, false).ends_with("\n2 tests passed\n"));
}
