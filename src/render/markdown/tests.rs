use proptest::prelude::*;

use super::*;
use crate::{
    plan::{
        Action, CauseKind, Plan,
        outcome::{Outcome, Status, Stop},
        sample,
    },
    render::neutral,
};

/// The only tags that are ours.
const TAGS: [&str; 9] = [
    "<!-- dialform plan -->",
    "<!-- dialform outcome -->",
    "<details>",
    "<details open>",
    "</details>",
    "<summary>",
    "</summary>",
    "<code>",
    "</code>",
];

/// The first sign of markup that is not ours.
fn markup(markdown: &str) -> Option<String> {
    let mut rest = markdown.replace("<br>", "");
    for tag in TAGS {
        rest = rest.replace(tag, "");
    }
    let found = |line: &str| {
        let table = line.starts_with("| ") && line.ends_with(" |");
        let bar = line.contains('|') && !table;
        let hostile = line.contains(neutral::is_hostile);
        let mention = line.replace("&#64;&#8288;", "").contains('@');
        bar || line.contains('<') || hostile || mention || line.contains("://") || line.contains("](")
    };
    rest.lines().find(|line| found(line)).map(str::to_owned)
}

/// Every `<details>` is closed, none is closed that was not opened.
fn balanced(markdown: &str) -> bool {
    let mut depth = 0;
    for line in markdown.lines() {
        depth += i32::from(line.starts_with("<details")) - i32::from(line.starts_with("</details>"));
        if !(0..=1).contains(&depth) {
            return false;
        }
    }
    depth == 0
}

#[test]
fn a_plan_with_everything() {
    insta::assert_snapshot!(plan(&sample::everything()));
}

#[test]
fn an_empty_plan_is_a_title_and_what_was_compared() {
    insta::assert_snapshot!(plan(&sample::empty()));
}

#[test]
fn an_outcome_with_everything() {
    let everything = sample::everything();
    let stopped = Some(Stop::MassFailure { failed: 26, tried: 50 });
    insta::assert_snapshot!(outcome(&everything, &Outcome { stopped, ..sample::outcome(&everything) }));
}

#[test]
fn a_hidden_value_is_nowhere() {
    let text = plan(&sample::everything());
    assert!(!text.contains("secret project") && text.contains("(hidden)"));
}

/// `n` creates, `n` updates with long hostile values, three disables.
fn large(n: usize) -> Plan {
    let cause = |kind| sample::cause(kind, "group SG-Dialpad-Users as member", 20);
    let mut large = sample::everything();
    large.changes.clear();
    for at in 0..n {
        let user = sample::user(&format!("person.{at}@acme.example"), false);
        let create = sample::change(Action::CreateUser, user.clone(), cause(CauseKind::Assigned));
        let name = sample::attribute("displayName", None, Some("| **Bold** <b> @all |"));
        large.changes.push(sample::with(create, vec![name]));
        let long = "| <x> @y `z` ".repeat(60);
        let update = sample::change(Action::UpdateUser, user, cause(CauseKind::Mapping));
        large.changes.push(sample::with(update, vec![sample::attribute("title", Some(&long), Some("short"))]));
    }
    for name in ["a", "b", "c"] {
        let user = sample::user(&format!("leaver.{name}@acme.example"), true);
        large.changes.push(sample::change(Action::DisableUser, user, cause(CauseKind::Blocked)));
    }
    large
}

#[test]
fn a_plan_of_any_size_fits_and_says_what_it_cut() {
    let text = plan(&large(2000));
    let length = text.chars().count();
    assert!(length <= MAX_CHARS && length > MAX_CHARS * 8 / 10, "{length}");
    assert!(text.contains("**This comment is cut: "), "{}", &text[text.len() - 300..]);
    // Small sections are whole although large ones come before them.
    assert!(text.contains("leaver.c") && text.contains("- … and 1,"));
    assert!(balanced(&text));
    assert_eq!(markup(&text), None);
}

#[test]
fn an_outcome_of_any_size_fits_and_says_what_it_cut() {
    let large = large(2000);
    let mut of = sample::outcome(&large);
    for result in &mut of.results {
        if let Status::Failed { message, .. } = &mut result.status {
            *message = "<b>@all</b> | ".repeat(200).into();
        }
    }
    let text = outcome(&large, &of);
    assert!(text.chars().count() <= MAX_CHARS && text.contains("**This comment is cut: "));
    assert!(balanced(&text));
    assert_eq!(markup(&text), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_foreign_is_markup_in_any_plan(any in sample::arbitrary()) {
        let text = plan(&any);
        prop_assert_eq!(markup(&text), None);
        prop_assert!(balanced(&text) && text.chars().count() <= MAX_CHARS);
    }

    #[test]
    fn nothing_foreign_is_markup_in_any_outcome(any in sample::arbitrary(), message in sample::hostile_text()) {
        let mut of = sample::outcome(&any);
        of.stopped = Some(Stop::LockLost { message: message.as_str().into() });
        for result in &mut of.results {
            if let Status::Skipped { because } = &mut result.status {
                *because = message.as_str().into();
            }
        }
        let text = outcome(&any, &of);
        prop_assert_eq!(markup(&text), None);
        prop_assert!(balanced(&text) && text.chars().count() <= MAX_CHARS);
    }
}
