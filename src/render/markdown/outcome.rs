//! An outcome as a comment: who still has access first, then numbers, then details.

use super::{
    MAX_CHARS,
    escape::{code, prose},
    sections::{Entry, Section, write},
};
use crate::{
    names::count,
    plan::{
        Plan,
        outcome::{ChangeResult, Outcome},
    },
    render::{
        outcome::{MEMBERS, MEMBERS_UNSEEN, Tally, code_before, next_step, stopped},
        phrase::{duration, grant_text, infinitive, number},
    },
};

/// Characters kept for what stands behind the sections.
const FOOT: usize = 500;

/// An outcome as Markdown, never longer than [`MAX_CHARS`].
pub fn outcome(plan: &Plan, outcome: &Outcome) -> String {
    let tally = Tally::of(plan, outcome);
    let mut out = String::from("<!-- dialform outcome -->\n");
    title(&mut out, plan, outcome, &tally);
    if let Some(stop) = &outcome.stopped {
        let (why, then) = stopped(stop);
        out.push_str(&format!("**Stopped: {}.** To do: {then}.\n\n", prose(&why)));
    }
    table(&mut out, outcome, &tally);
    let sections: Vec<Section> = [
        still_have_access(&tally),
        failed(&tally),
        skipped(&tally),
        waiting(&tally),
        left_out(&tally),
        not_stored(&tally, false),
        not_stored(&tally, true),
    ]
    .into_iter()
    .flatten()
    .collect();
    let used = out.chars().count() + FOOT;
    let cut = write(&mut out, &sections, MAX_CHARS.saturating_sub(used));
    if cut > 0 {
        let entries = count(cut, "entry", "entries");
        out.push_str(&format!("**This comment is cut: {entries} did not fit.** `--format json` has all.\n"));
    }
    out
}

fn title(out: &mut String, plan: &Plan, outcome: &Outcome, tally: &Tally) {
    let name = code(&plan.made_from.manifest);
    let all = count(outcome.results.len(), "change", "changes");
    let done = tally.done + tally.already;
    let well = done == outcome.results.len() && outcome.stopped.is_none();
    let text = match (well, outcome.results.len()) {
        (true, 0) => "nothing to do".to_owned(),
        (true, 1) => format!("{all} done"),
        (true, _) => format!("all {all} done"),
        (false, _) => format!("{done} of {all} done"),
    };
    out.push_str(&format!("### Dialform apply for {name}: {text}\n\n"));
    match tally.still_have_access.len() {
        0 => {}
        n => out.push_str(&format!(
            "**{} still with access whom the plan disables or deletes.**\n\n",
            count(n, "person", "people")
        )),
    }
}

fn table(out: &mut String, outcome: &Outcome, tally: &Tally) {
    out.push_str("| done | already so | failed | not tried | held back | requests | retries | time |\n");
    out.push_str("| --: | --: | --: | --: | --: | --: | --: | --: |\n");
    let seconds = duration(outcome.millis.div_ceil(1000));
    let bare = |n: u64| number(n, "", "").trim_end().to_owned();
    let (failed, skipped) = (tally.failed.len(), tally.skipped.len());
    let (requests, retries) = (bare(outcome.requests), bare(outcome.retries));
    out.push_str(&format!(
        "| {} | {} | {failed} | {skipped} | {} | {requests} | {retries} | {seconds} |\n\n",
        tally.done, tally.already, tally.held
    ));
}

fn still_have_access<'a>(tally: &'a Tally<'a>) -> Option<Section<'a>> {
    let people = &tally.still_have_access;
    (!people.is_empty()).then(|| Section {
        title: format!("Still with access: {}", count(people.len(), "person", "people")),
        open: true,
        entries: people
            .iter()
            .map(|(result, cause)| -> Entry {
                Box::new(|| format!("- {} {}", code(&result.subject.name), prose(cause)))
            })
            .collect(),
    })
}

fn failed<'a>(tally: &'a Tally<'a>) -> Option<Section<'a>> {
    (!tally.failed.is_empty()).then(|| Section {
        title: format!("Failed: {}", count(tally.failed.len(), "change", "changes")),
        open: true,
        entries: tally
            .failed
            .iter()
            .map(|(result, http, message)| -> Entry {
                Box::new(|| {
                    let http_text = code_before(*http, message).map_or_else(String::new, |code| format!("{code} "));
                    let then = next_step(*http, message, &[result]);
                    format!("- {}: {http_text}{}\n  - to do: {then}", what(result), prose(message))
                })
            })
            .collect(),
    })
}

fn skipped<'a>(tally: &'a Tally<'a>) -> Option<Section<'a>> {
    not_done("Not tried", &tally.skipped)
}

fn waiting<'a>(tally: &'a Tally<'a>) -> Option<Section<'a>> {
    not_done("Waiting for a first login", &tally.waiting)
}

fn not_done<'a>(title: &str, all: &'a [(&'a ChangeResult, &'a str)]) -> Option<Section<'a>> {
    (!all.is_empty()).then(|| Section {
        title: format!("{title}: {}", count(all.len(), "change", "changes")),
        open: false,
        entries: all
            .iter()
            .map(|(result, because)| -> Entry { Box::new(|| format!("- {}: {}", what(result), prose(because))) })
            .collect(),
    })
}

fn left_out<'a>(tally: &'a Tally<'a>) -> Option<Section<'a>> {
    let all = tally.left_out.iter().flat_map(|(because, members)| members.iter().map(move |member| (because, member)));
    (!tally.left_out.is_empty()).then(|| Section {
        title: format!(
            "Left out: {}; added by a later plan, once the account is there",
            count(all.clone().count(), "member", "members")
        ),
        open: false,
        entries: all
            .map(|(because, (member, group))| -> Entry {
                Box::new(|| format!("- {} of {}: {}", code(member), code(group), prose(because)))
            })
            .collect(),
    })
}

fn not_stored<'a>(tally: &'a Tally<'a>, members: bool) -> Option<Section<'a>> {
    let entries: Vec<_> = tally.not_stored.iter().filter(|(path, _)| (**path == MEMBERS) == members).collect();
    let title = if members {
        format!("Accepted, and not seen in the group; the next plan sends it again ({MEMBERS_UNSEEN})")
    } else {
        "Accepted but not stored; remembered, so that it is not planned again".to_owned()
    };
    (!entries.is_empty()).then(|| Section {
        title,
        open: false,
        entries: entries
            .into_iter()
            .map(|(path, names)| -> Entry {
                Box::new(|| format!("- {} of {}", code(path), count(names.len(), "object", "objects")))
            })
            .collect(),
    })
}

fn what(result: &ChangeResult) -> String {
    let what = format!("{} {}", infinitive(result.action), code(&result.subject.name));
    if result.grants.is_empty() {
        return what;
    }
    let grants: Vec<_> = result.grants.iter().map(|grant| code(&grant_text(grant))).collect();
    format!("{what}, {}", grants.join(", "))
}
