use proptest::prelude::*;

use super::*;
use crate::{
    plan::{
        Action, CauseKind, Plan, Reason,
        outcome::{Outcome, Status, Stop},
        sample,
    },
    render::neutral,
};

fn plain() -> View {
    View::default()
}

fn colored() -> View {
    View { color: true, ..View::default() }
}

fn strip(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn a_plan_with_everything() {
    insta::assert_snapshot!(plan(&sample::everything(), &plain()));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let everything = sample::everything();
    assert_eq!(strip(&plan(&everything, &colored())), plan(&everything, &plain()));
    let outcome_of = sample::outcome(&everything);
    assert_eq!(strip(&outcome(&everything, &outcome_of, &colored())), outcome(&everything, &outcome_of, &plain()));
}

#[test]
fn long_values_show_which_words_differ() {
    let mut only = sample::empty();
    only.changes = sample::everything().changes.into_iter().filter(|c| c.action == Action::UpdateUser).collect();
    let text = plan(&only, &colored());
    let line = text.lines().find(|line| line.contains("success")).unwrap();
    insta::assert_snapshot!(line.replace('\u{1b}', "␛"));
}

#[test]
fn an_empty_plan_is_one_line_with_what_was_compared() {
    assert_eq!(
        plan(&sample::empty(), &plain()),
        "acme: no changes: 1,988 people match  2,100 people in the source, 2,003 accounts on https://dialpad.com/scim\n"
    );
}

#[test]
fn an_empty_plan_with_held_changes_says_so_first() {
    let mut held = sample::empty();
    held.held = vec![sample::held(Reason::TooMany), sample::held(Reason::Protected)];
    insta::assert_snapshot!(plan(&held, &plain()));
}

#[test]
fn what_is_not_managed_is_listed_when_asked_for() {
    let mut strangers = sample::empty();
    strangers.unmanaged = sample::everything().unmanaged;
    let counted = plan(&strangers, &plain());
    assert!(counted.contains("2 accounts and 1 group are not managed here and never changed (`--unmanaged` lists"));
    assert!(!counted.contains("fax@acme.example"));
    let listed = plan(&strangers, &View { unmanaged: true, ..plain() });
    assert!(listed.contains("changed:\n    fax@acme.example, lobby@acme.example\n    Front desk\n"), "{listed}");
}

/// A plan that creates `n` people for one cause, and updates as many.
fn many(n: usize) -> Plan {
    let mut many = sample::empty();
    let cause = |line| sample::cause(CauseKind::Assigned, "group SG-Dialpad-Users as member", line);
    for at in 0..n {
        let change =
            sample::change(Action::CreateUser, sample::user(&format!("p{at:05}@acme.example"), false), cause(20));
        many.changes.push(sample::with(change, vec![sample::attribute("userName", None, Some("p"))]));
    }
    for at in 0..n {
        let change =
            sample::change(Action::UpdateUser, sample::user(&format!("u{at:05}@acme.example"), true), cause(41));
        let title = sample::attribute("title", Some("Agent"), Some("Lead"));
        let mut attributes = vec![title];
        if at % 3 == 0 {
            attributes.push(sample::attribute("name.givenName", None, Some("Al")));
        }
        many.changes.push(sample::with(change, attributes));
    }
    many
}

#[test]
fn long_groups_are_folded_unless_all_is_asked_for() {
    let big = many(3000);
    let folded = plan(&big, &plain());
    assert!(folded.lines().count() < 130, "{folded}");
    assert!(folded.contains("Create 3,000 people\n  because: group SG-Dialpad-Users as member (dialform.yaml:20)\n"));
    assert!(folded.contains("  … and 2,980 more  `dialform plan --all` shows them\n"), "{folded}");
    assert!(folded.contains("  3,000 title · 1,000 name.givenName\n"));
    let all = plan(&big, &View { all: true, ..plain() });
    assert!(all.contains("p02999@acme.example") && all.contains("u02999@acme.example") && !all.contains("more"));
}

#[test]
fn lines_of_many_values_are_wrapped_at_the_width() {
    let narrow = View { width: Some(60), ..plain() };
    let text = plan(&sample::everything(), &narrow);
    let line = text.lines().find(|line| line.contains("userName ada@acme.example")).unwrap();
    assert!(line.chars().count() <= 60, "{line}");
}

#[test]
fn values_that_print_alike_are_told_apart() {
    let mut odd = sample::empty();
    let change = sample::change(
        Action::UpdateUser,
        sample::user("a@acme.example", true),
        sample::cause(CauseKind::Mapping, "differs", 1),
    );
    let one = crate::plan::AttributeChange {
        before: Some(crate::names::Value::Integer(1)),
        ..sample::attribute("x", None, Some("1"))
    };
    let blank = sample::attribute("title", Some(""), Some(" a "));
    let list = crate::plan::AttributeChange {
        before: Some(crate::names::Value::List(vec!["a".into(), "b".into()])),
        after: Some(crate::names::Value::List(vec!["b".into(), "c".into()])),
        ..sample::attribute("emails", None, None)
    };
    odd.changes.push(sample::with(change, vec![one, blank, list]));
    let text = plan(&odd, &plain());
    assert!(text.contains("x       1 → \"1\""), "{text}");
    assert!(text.contains("title   \"\" → \" a \""), "{text}");
    assert!(text.contains("emails  -a, +c, (1 stay)"), "{text}");
}

#[test]
fn a_hidden_value_is_nowhere() {
    for view in [plain(), colored(), View { all: true, ..plain() }] {
        let text = plan(&sample::everything(), &view);
        assert!(!text.contains("secret project") && text.contains("(hidden)"));
    }
}

#[test]
fn an_outcome_begins_with_who_still_has_access() {
    let everything = sample::everything();
    let text = outcome(&everything, &sample::outcome(&everything), &plain());
    assert!(text.starts_with("Still with access: "), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn an_outcome_that_went_well_is_one_line() {
    let everything = sample::everything();
    let mut well = sample::outcome(&everything);
    let mut plan = everything;
    plan.held.clear();
    for result in &mut well.results {
        (result.status, result.not_stored) = (Status::Done, Vec::new());
        result.left_out.clear();
    }
    assert_eq!(outcome(&plan, &well, &plain()), "acme: all 25 changes done  31 requests, 4 retries in 13 s\n");
    plan.changes.clear();
    assert_eq!(outcome(&plan, &Outcome::default(), &plain()), "acme: nothing to do  0 requests, 0 retries in 0 s\n");
}

#[test]
fn why_it_stopped_is_said_with_the_next_step() {
    let everything = sample::everything();
    for stop in [
        Stop::Credentials { message: "401 invalid token".into() },
        Stop::MassFailure { failed: 26, tried: 50 },
        Stop::Unreachable { message: "could not connect to https://dialpad.com/scim: refused".into(), failed: 3 },
        Stop::Interrupted,
        Stop::LockLost { message: "40 s without renewal".into() },
    ] {
        let stopped = Outcome { stopped: Some(stop), ..sample::outcome(&everything) };
        let text = outcome(&everything, &stopped, &plain());
        let at = text.lines().position(|line| line.starts_with("Stopped: ")).unwrap();
        assert!(text.lines().nth(at + 1).unwrap().starts_with("  → "), "{text}");
    }
}

#[test]
fn members_that_are_refused_may_be_too_many_at_once() {
    let everything = sample::everything();
    for (action, expected) in [(Action::AddMembers, true), (Action::UpdateUser, false)] {
        let mut outcome_of = sample::outcome(&everything);
        outcome_of.results.retain(|result| result.action == action);
        assert!(!outcome_of.results.is_empty());
        for result in &mut outcome_of.results {
            result.status = Status::Failed { http: Some(400), message: "Bad Request".into() };
        }
        let text = outcome(&everything, &outcome_of, &plain());
        assert!(text.contains("→ the service refuses"), "{text}");
        assert_eq!(text.contains("members_per_request"), expected, "{text}");
    }
}

#[test]
fn progress_is_one_line_a_change() {
    let everything = sample::everything();
    let lines: Vec<String> =
        sample::outcome(&everything).results.iter().map(|result| progress(result, &plain())).collect();
    assert!(lines.iter().all(|line| !line.contains('\n')));
    insta::assert_snapshot!(lines.join("\n"));
}

/// Control characters that are neither a line end nor a colour.
fn unwanted(text: &str) -> Option<char> {
    strip(text).chars().find(|c| *c != '\n' && neutral::is_hostile(*c))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_plan_prints_control_characters(any in sample::arbitrary(), color: bool, all: bool, width in 0usize..200) {
        let view = View { color, all, unmanaged: true, width: Some(width) };
        let text = plan(&any, &view);
        prop_assert_eq!(unwanted(&text), None, "{}", text);
        // Without colour there is not even an escape.
        prop_assert!(color || !text.contains('\u{1b}'), "{}", text);
    }

    #[test]
    fn no_outcome_prints_control_characters(any in sample::arbitrary(), message in sample::hostile_text()) {
        let mut of = sample::outcome(&any);
        for result in &mut of.results {
            if let Status::Failed { message: said, .. } = &mut result.status {
                *said = message.as_str().into();
            }
        }
        of.stopped = Some(Stop::Credentials { message: message.as_str().into() });
        let text = outcome(&any, &of, &plain());
        prop_assert!(!text.chars().any(|c| c != '\n' && neutral::is_hostile(c)), "{}", text);
        for result in &of.results {
            let line = progress(result, &plain());
            prop_assert!(!line.chars().any(neutral::is_hostile), "{}", line);
        }
    }
}

#[test]
fn the_documentation_shows_what_is_printed() {
    let page = include_str!("../../../docs/output.md");
    let documented = sample::documented();
    let text = plan(&documented, &View { width: Some(100), ..plain() });
    assert!(page.contains(&text), "docs/output.md has no longer this:\n{text}");
    let mut went = sample::outcome(&documented);
    for (result, status) in went.results.iter_mut().zip([
        Status::Failed { http: Some(503), message: "the service is overloaded".into() },
        Status::Done,
        Status::Done,
        Status::Already,
    ]) {
        result.status = status;
    }
    let text = outcome(&documented, &went, &View { width: Some(100), ..plain() });
    assert!(page.contains(&text), "docs/output.md has no longer this:\n{text}");
}
