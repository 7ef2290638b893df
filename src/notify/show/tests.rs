use proptest::prelude::*;

use super::*;
use crate::{
    manifest::{Data, On},
    notify::{Event, Quarantine, Topic, What, Why},
    plan::{
        Plan,
        outcome::{Outcome, Status, Stop},
        sample,
    },
    render::neutral,
};

fn event<'a>(plan: &'a Plan, outcome: &'a Outcome) -> Event<'a> {
    Event {
        manifest: &plan.made_from.manifest,
        target: &plan.made_from.target,
        at: plan.made_from.at,
        link: Some("https://ci.example/runs/1?x=1&y=2"),
        what: What::Ran { plan, outcome, whole: true },
        quarantine: Quarantine::None,
    }
}

/// Three changes failed, one person still has access, two people are held.
fn small() -> (Plan, Outcome) {
    let mut plan = sample::documented();
    plan.held.push(crate::plan::Held { subject: sample::user("eva@acme.example", true), ..plan.held[0].clone() });
    let mut outcome = sample::outcome(&plan);
    for (at, result) in outcome.results.iter_mut().enumerate() {
        result.status = match at {
            0 => Status::Failed { http: Some(500), message: "the service answered: oops for left@acme.example".into() },
            1 | 2 => Status::Failed { http: Some(409), message: "userName is taken".into() },
            _ => Status::Done,
        };
    }
    (plan, outcome)
}

fn notice(data: Data) -> Notice {
    let (plan, outcome) = small();
    let topics = [Topic { on: On::Failure, why: Why::Entered }, Topic { on: On::Held, why: Why::Reminder }];
    Notice::of(&event(&plan, &outcome), &topics, data)
}

#[test]
fn a_mail_with_counts_and_one_with_names() {
    let counts = notice(Data::Counts);
    assert_eq!(counts.subject, "acme: 1 person still with access, 3 changes failed, still 2 held back");
    insta::assert_snapshot!("text_counts", text(&counts));
    insta::assert_snapshot!("text_names", text(&notice(Data::Names)));
    insta::assert_snapshot!("html_names", html(&notice(Data::Names)).replace("<div", "\n<div").replace("<p", "\n<p"));
}

#[test]
fn what_slack_teams_and_programs_get() {
    let names = notice(Data::Names);
    insta::assert_snapshot!("slack", format!("{:#}", slack(&names)));
    insta::assert_snapshot!("teams", format!("{:#}", teams(&names)));
    insta::assert_snapshot!("json", format!("{:#}", json(&notice(Data::Ids), "2026-10-05T09:30:00Z".parse().unwrap())));
}

#[test]
fn who_is_told_numbers_hears_of_nobody() {
    let (plan, mut outcome) = small();
    outcome.stopped = Some(Stop::LockLost { message: "taken by ana@acme.example".into() });
    let all = [On::Failure, On::Held, On::Applied].map(|on| Topic { on, why: Why::Entered });
    for (data, hidden) in [
        (Data::Counts, ["left@", "ada@", "kim@", "ana@", "e-left", "e-kim"].as_slice()),
        (Data::Ids, &["e-left@", "ana@", "userName is taken"]),
    ] {
        let notice = Notice::of(&event(&plan, &outcome), &all, data);
        let shown = [text(&notice), html(&notice), slack(&notice).to_string(), teams(&notice).to_string()].concat();
        for name in hidden.iter().filter(|_| data == Data::Counts) {
            assert!(!shown.contains(name), "{data:?} {name}\n{shown}");
        }
        assert!(!shown.contains("ana@acme.example") && !shown.contains("userName is taken"), "{shown}");
    }
    let failed = What::Failed { message: "read `people.csv`: line 3: eve@acme.example is there twice" };
    let notice = Notice::of(&Event { what: failed, ..event(&plan, &outcome) }, &all[..1], Data::Counts);
    assert!(!text(&notice).contains("eve@") && text(&notice).contains("is there twice"), "{}", text(&notice));
    let lines = format!("read the people:\n\n{}", "  × one\n".repeat(40));
    let notice = Notice::of(
        &Event { what: What::Failed { message: &lines }, ..event(&plan, &outcome) },
        &all[..1],
        Data::Counts,
    );
    let lines = &notice.parts[0].lines;
    assert_eq!((&*lines[0], &*lines[1], lines.len()), ("failed to read the people:", "  × one", 13));
    assert_eq!(lines[12], "… and 29 more lines");
}

#[test]
fn a_message_of_any_size_fits() {
    let mut plan = sample::everything();
    for n in 0..10_000 {
        let mut held = sample::held(crate::plan::Reason::TooMany);
        held.subject = sample::user(&format!("a.very.long.name.of.a.person.{n}@a.rather.long.domain.example"), true);
        plan.held.push(held);
    }
    let outcome = sample::outcome(&plan);
    let all = [On::Failure, On::Held, On::Applied].map(|on| Topic { on, why: Why::Entered });
    let notice = Notice::of(&event(&plan, &outcome), &all, Data::Names);
    let slack = slack(&notice);
    let blocks = slack["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50);
    for block in blocks {
        let text = block["text"]["text"].as_str().unwrap_or_default();
        assert!(text.chars().count() <= 3000, "{text}");
    }
    assert!(teams(&notice).to_string().len() < 28_000);
    assert!(notice.parts.iter().all(|part| part.people.len() <= 20));
}

/// Every text in a JSON value that Slack formats; `plain_text` it shows as it is.
fn texts(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        serde_json::Value::Object(fields) if fields.get("type").is_some_and(|kind| kind == "plain_text") => {}
        serde_json::Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_foreign_is_markup_for_anybody(any in sample::arbitrary(), message in sample::hostile_text()) {
        let mut outcome = sample::outcome(&any);
        for result in &mut outcome.results {
            if let Status::Failed { message: said, .. } = &mut result.status {
                *said = message.as_str().into();
            }
        }
        let all = [On::Failure, On::Held, On::Applied].map(|on| Topic { on, why: Why::Entered });
        let notice = Notice::of(&event(&any, &outcome), &all, Data::Names);
        // One line, so that no header of a mail can follow it.
        prop_assert!(!notice.subject.contains(neutral::is_hostile));
        let mut said = Vec::new();
        texts(&slack(&notice), &mut said);
        for text in &said {
            let own = text.replace("<https://ci.example/runs/1?x=1&amp;y=2|See the run>", "");
            prop_assert!(!own.contains(['<', '>']), "{own}");
            for (at, _) in own.match_indices('&') {
                prop_assert!(["&amp;", "&lt;", "&gt;"].iter().any(|entity| own[at..].starts_with(entity)), "{own}");
            }
        }
        // In a card only text runs hold what is foreign, and they know no Markdown.
        prop_assert!(!teams(&notice).to_string().contains("\"TextBlock\""));
        let page = html(&notice);
        for tag in ["<script", "<img", "<b>", "</details", "<iframe"] {
            prop_assert!(!page.contains(tag), "{page}");
        }
        prop_assert!(!text(&notice).contains(|c| neutral::is_hostile(c) && c != '\n'));
    }
}
