use std::ops::Range;

use serde_json::Value;

use super::*;
use crate::names::Text;

const MANIFEST: &str =
    "version: 1\nname: acme\nrols:\n  member: {}\nassignments:\n  - { group: SG-Ünï, role: membr }\n";

fn sources() -> Sources {
    let mut sources = Sources::default();
    sources.insert("dialform.yaml", MANIFEST);
    sources.insert("assignments/emea.yaml", "name: other\r\n# \u{1b}[2J \u{202e}cba\r\n");
    sources
}

fn span(needle: &str) -> Range<usize> {
    let start = MANIFEST.find(needle).unwrap();
    start..start + needle.len()
}

fn problems() -> Vec<Problem> {
    let (main, other): (Text, Text) = ("dialform.yaml".into(), "assignments/emea.yaml".into());
    vec![
        Problem::warning("unused_role", &main, span("member: {}"), "role `member` is never used"),
        Problem::error("unknown_role", &main, span("membr"), "role `membr` is not declared")
            .help("did you mean `member`?")
            .related(&main, span("rols"), "roles are declared here"),
        Problem::error("unknown_key", &main, span("rols"), "`rols` is not a key here").help("did you mean `roles`?"),
        Problem::error("duplicate_key", &other, 0..4, "`name` is given twice").related(
            &main,
            span("name"),
            "first here",
        ),
        Problem::error("hostile", &other, 15..20, "a comment of \u{1b}[31m red"),
        Problem::error("missing_file", &"gone\u{7}.csv".into(), 0..0, "no such file"),
    ]
}

#[test]
fn people_see_the_text_underlined_and_a_count() {
    insta::assert_snapshot!(text(&problems(), &sources(), false));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let (plain, colored) = (text(&problems(), &sources(), false), text(&problems(), &sources(), true));
    assert_ne!(plain, colored);
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
}

#[test]
fn machines_get_json() {
    insta::assert_snapshot!(json(&problems(), &sources()));
}

#[test]
fn code_scanning_gets_sarif() {
    insta::assert_snapshot!(sarif(&problems(), &sources()).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn github_gets_annotations() {
    let mut all = problems();
    all.push(Problem::error("odd", &"a,b:c%.yaml".into(), 0..0, "100% wrong:\nsecond line, ::error::x"));
    insta::assert_snapshot!(github(&all, &sources()));
}

#[test]
fn no_problems_are_no_text() {
    assert_eq!(text(&[], &sources(), true), "");
    assert_eq!(github(&[], &sources()), "");
    assert_eq!(serde_json::from_str::<Value>(&json(&[], &sources())).unwrap()["problems"], serde_json::json!([]));
}

#[test]
fn a_flood_is_bounded_and_keeps_its_errors() {
    let file: Text = "dialform.yaml".into();
    let mut many: Vec<_> =
        (0..5000).map(|n| Problem::warning("w", &file, n % 70..n % 70, format!("warning {n}"))).collect();
    many.push(Problem::error("e", &file, 5..6, "the one error"));
    let shown = text(&many, &sources(), false);
    assert!(shown.contains("the one error"));
    assert!(shown.ends_with("… and 4,951 more problems, not shown\n1 error, 5,000 warnings\n"), "{shown}");
    assert!(shown.lines().count() < 600);
}

#[test]
fn any_place_of_any_text_is_shown_without_panic_or_control_characters() {
    let texts = [
        String::new(),
        "\n\n".to_owned(),
        "é\u{1b}\r\n\r\r\t😀".to_owned(),
        "x".repeat(100_000),
        format!("{}\u{202e}é\u{7}{}", "ä".repeat(500), "ö".repeat(500)),
        "a\nb\nc\nd\ne\nf\ng\nh".to_owned(),
    ];
    for body in texts {
        let mut sources = Sources::default();
        sources.insert("f", body.as_str());
        let ends: Vec<usize> = (0..12).chain([500, 1001, 1003, body.len() / 2, body.len(), body.len() + 9]).collect();
        for start in &ends {
            for end in &ends {
                let problem = Problem::error("x", &"f".into(), *start..*end, "wrong");
                let shown = text(std::slice::from_ref(&problem), &sources, false);
                assert!(shown.contains("wrong") && shown.len() < 4000, "{start}..{end}: {shown}");
                assert!(!shown.contains(|c| c != '\n' && crate::render::neutral::is_hostile(c)), "{shown:?}");
                let _ = (json(std::slice::from_ref(&problem), &sources), sarif(&[problem], &sources));
            }
        }
    }
}
