//! What a message says, before it is written for a receiver.

use std::collections::BTreeMap;

use super::{
    decide::{Topic, Why},
    event::{Event, Quarantine, What},
};
use crate::{
    manifest::{Data, On},
    names::count,
    plan::{
        Held, Plan, Subject,
        outcome::{ChangeResult, Outcome, Status},
    },
    render::{neutral, words},
};

/// People that are named for one matter.
const NAMED: usize = 20;

/// Kinds of answers, and reasons, that have a part of their own.
const PARTS: usize = 12;

/// Characters of a foreign text.
const MOST: usize = 300;

/// Lines of why a run failed.
const MOST_LINES: usize = 12;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The line that is read first: `acme: 3 changes failed, 12 held back`.
    pub subject: String,
    /// The manifest's name.
    pub manifest: String,
    /// The target.
    pub target: String,
    /// When it happened, for people.
    pub at: String,
    /// Where more is to be seen.
    pub link: Option<String>,
    /// Of what, and why now.
    pub topics: Vec<Topic>,
    /// What matters, the most urgent first.
    pub parts: Vec<Part>,
}

/// One matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How bad it is.
    pub tone: Tone,
    /// What it is.
    pub heading: String,
    /// Sentences.
    pub lines: Vec<String>,
    /// Whom it is about, as far as the receiver may know.
    pub people: Vec<String>,
    /// How many more of them there are.
    pub more: usize,
    /// The next step.
    pub todo: Option<String>,
}

/// How bad a matter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something failed.
    Bad,
    /// Somebody has to look.
    Waiting,
    /// It is well, or well again.
    Good,
}

impl Notice {
    /// The message of an event to a receiver.
    pub fn of(event: &Event<'_>, topics: &[Topic], data: Data) -> Self {
        let (mut parts, mut subject) = (Vec::new(), Vec::new());
        for topic in topics {
            let (made, said) = matter(event, *topic, data);
            parts.extend(made);
            subject.push(said);
        }
        let manifest = neutral::line(event.manifest).into_owned();
        Self {
            subject: format!("{manifest}: {}", subject.join(", ")),
            manifest,
            target: neutral::line(event.target).into_owned(),
            at: event.at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            link: event.link.map(|link| neutral::line(link).into_owned()),
            topics: topics.to_vec(),
            parts,
        }
    }

    /// A message that says that messages arrive.
    pub fn test(manifest: &str, target: &str, at: jiff::Timestamp) -> Self {
        let manifest = neutral::line(manifest).into_owned();
        Self {
            subject: format!("{manifest}: a test, messages arrive here"),
            target: neutral::line(target).into_owned(),
            at: at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            link: None,
            topics: Vec::new(),
            parts: vec![Part {
                tone: Tone::Good,
                heading: "This is a test".to_owned(),
                lines: vec![format!(
                    "Somebody ran `dialform notify --test` for {manifest}. Nothing happened in Dialpad."
                )],
                people: Vec::new(),
                more: 0,
                todo: None,
            }],
            manifest,
        }
    }
}

/// The parts of a topic and its words in the subject.
fn matter(event: &Event<'_>, topic: Topic, data: Data) -> (Vec<Part>, String) {
    if topic.why == Why::Recovered {
        return recovered(topic.on);
    }
    let still = if topic.why == Why::Reminder { "still " } else { "" };
    let (parts, said) = match (topic.on, event.what) {
        (On::Quarantine, _) => quarantine(event.quarantine, data),
        (On::Failure, What::Failed { message }) => run_failed(message, data),
        (On::Failure, What::Ran { plan, outcome, whole: _ }) => failed(plan, outcome, data),
        (On::Held, What::Ran { plan, outcome: _, whole: _ }) => held(plan, data),
        (On::Applied, What::Ran { plan: _, outcome, whole: _ }) => applied(outcome),
        (On::Held | On::Applied, What::Failed { message: _ }) => (Vec::new(), String::new()),
    };
    (parts, format!("{still}{said}"))
}

fn part(tone: Tone, heading: impl Into<String>) -> Part {
    Part { tone, heading: heading.into(), lines: Vec::new(), people: Vec::new(), more: 0, todo: None }
}

fn recovered(on: On) -> (Vec<Part>, String) {
    let (heading, said) = match on {
        On::Failure => ("The last run went well again", "works again"),
        On::Held => ("Nothing is held back any more", "nothing held any more"),
        On::Quarantine => ("Changes are applied again", "out of quarantine"),
        On::Applied => ("Applied", "applied"),
    };
    (vec![part(Tone::Good, heading)], said.to_owned())
}

fn quarantine(quarantine: Quarantine<'_>, data: Data) -> (Vec<Part>, String) {
    let mut part = part(Tone::Bad, "In quarantine: runs come further and further apart until this is mended");
    if let Quarantine::Since(why) = quarantine {
        part.lines.push(foreign(why, data));
    }
    part.todo =
        Some("`dialform doctor` tests the connections; the service goes on by itself once they work".to_owned());
    (vec![part], "in quarantine".to_owned())
}

fn run_failed(message: &str, data: Data) -> (Vec<Part>, String) {
    let mut part = part(Tone::Bad, "The run failed, and changed nothing");
    // What is wrong with a file has several lines, and says the next step itself.
    let lines: Vec<&str> = message.lines().filter(|line| !line.trim().is_empty()).collect();
    let more = lines.len().saturating_sub(MOST_LINES);
    part.lines.extend(lines.iter().take(MOST_LINES).enumerate().map(|(at, line)| match at {
        0 => format!("failed to {}", foreign(line, data)),
        _ => foreign(line, data),
    }));
    if more > 0 {
        part.lines.push(format!("… and {}", count(more, "more line", "more lines")));
    }
    part.todo = Some(
        "what failed is tried again by the next run; where it was a connection, `dialform doctor` tests it".to_owned(),
    );
    (vec![part], "the run failed".to_owned())
}

/// Who still has access, why it stopped, and what failed, by answer.
fn failed(plan: &Plan, outcome: &Outcome, data: Data) -> (Vec<Part>, String) {
    let (mut parts, mut said) = (Vec::new(), Vec::new());
    let access = words::still_have_access(outcome);
    if !access.is_empty() {
        let people = count(access.len(), "person", "people");
        let mut part = part(Tone::Bad, format!("Still with access: {people} whom the plan disables or deletes"));
        name(&mut part, access.iter().map(|result| &result.subject), data);
        parts.push(part);
        said.push(format!("{people} still with access"));
    }
    if let Some(stop) = &outcome.stopped {
        let (why, then) = words::stopped(stop);
        let mut part = part(Tone::Bad, "Stopped before the end");
        part.lines.push(foreign(&why, data));
        part.todo = Some(then.to_owned());
        parts.push(part);
        said.push("stopped".to_owned());
    }
    let mut by_answer: BTreeMap<(Option<u16>, &str), Vec<&ChangeResult>> = BTreeMap::new();
    for result in &outcome.results {
        if let Status::Failed { http, message } = &result.status {
            // What the service says may name people.
            let message = if data == Data::Names { &**message } else { "" };
            by_answer.entry((*http, message)).or_default().push(result);
        }
    }
    let failed = outcome.failed();
    if failed > 0 {
        said.push(count(failed, "change failed", "changes failed"));
    }
    for ((http, message), results) in by_answer.iter().take(PARTS) {
        parts.push(answer(*http, message, results, data));
    }
    let rest: usize = by_answer.values().skip(PARTS).map(Vec::len).sum();
    if rest > 0 {
        parts.push(part(Tone::Bad, format!("And {} with other answers", count(rest, "change", "changes"))));
    }
    let skipped = outcome.skipped();
    if skipped > 0 {
        parts.push(part(
            Tone::Waiting,
            format!("{}, because of it", count(skipped, "change was not tried", "changes were not tried")),
        ));
    }
    let of = count(plan.changes.len(), "change", "changes");
    parts.push(part(Tone::Good, format!("{} of {of} done", outcome.done())));
    (parts, said.join(", "))
}

fn answer(http: Option<u16>, message: &str, results: &[&ChangeResult], data: Data) -> Part {
    let answered = http.map_or_else(|| "no answer".to_owned(), |code| format!("the service answered {code}"));
    let changes = count(results.len(), "change failed", "changes failed");
    let mut part = part(Tone::Bad, format!("{changes}: {answered}"));
    if !message.is_empty() {
        part.lines.push(foreign(message, data));
    }
    let mut verbs: BTreeMap<&str, usize> = BTreeMap::new();
    for result in results {
        *verbs.entry(result.action.verb()).or_default() += 1;
    }
    if data != Data::Names {
        part.lines.push(verbs.iter().map(|(verb, n)| count(*n, verb, verb)).collect::<Vec<_>>().join(", "));
    }
    name(&mut part, results.iter().map(|result| &result.subject), data);
    part.todo = Some(words::next_step(http, message, results).to_owned());
    part
}

/// What is held, by reason.
fn held(plan: &Plan, data: Data) -> (Vec<Part>, String) {
    let mut by_reason: BTreeMap<_, Vec<&Held>> = BTreeMap::new();
    for held in plan.held_for_a_person() {
        by_reason.entry(held.reason).or_default().push(held);
    }
    let all: usize = by_reason.values().map(Vec::len).sum();
    let mut parts: Vec<Part> = Vec::new();
    for (reason, held) in by_reason.iter().take(PARTS) {
        let number = words::digits(held.len());
        let mut part = part(Tone::Waiting, format!("Held back: {number} {}", reason.name()));
        part.lines.push(words::meaning(*reason).to_owned());
        name(&mut part, held.iter().map(|held| &held.subject), data);
        part.todo = words::common_remedy(held).filter(|_| data == Data::Names).map(|remedy| foreign(&remedy, data));
        parts.push(part);
    }
    let rest: usize = by_reason.values().skip(PARTS).map(Vec::len).sum();
    if rest > 0 {
        parts.push(part(Tone::Waiting, format!("And {} held back for other reasons", words::digits(rest))));
    }
    if let Some(last) = parts.last_mut() {
        last.todo.get_or_insert_with(|| "`dialform plan` says for each why, and what lets it through".to_owned());
    }
    (parts, format!("{} held back", words::digits(all)))
}

fn applied(outcome: &Outcome) -> (Vec<Part>, String) {
    let mut verbs: BTreeMap<_, usize> = BTreeMap::new();
    let done = outcome.results.iter().filter(|result| result.status == Status::Done);
    for result in done.clone() {
        *verbs.entry(result.action).or_default() += 1;
    }
    let changes = count(done.count(), "change done", "changes done");
    let mut part = part(Tone::Good, format!("{changes} in {}", words::duration(outcome.millis.div_ceil(1000))));
    part.lines.extend(
        verbs.iter().map(|(action, n)| format!("{} {}", words::past(*action), words::objects(action.kind(), *n))),
    );
    (vec![part], changes)
}

/// Whom it is about, as far as the receiver may know.
fn name<'a>(part: &mut Part, subjects: impl ExactSizeIterator<Item = &'a Subject>, data: Data) {
    let all = subjects.len();
    let named = |subject: &Subject| match data {
        Data::Counts => None,
        Data::Ids => subject.source.as_ref().map(|id| short(id.as_str())),
        Data::Names => Some(short(&subject.name)),
    };
    part.people = subjects.take(NAMED).filter_map(named).collect();
    part.more = if part.people.is_empty() { 0 } else { all - part.people.len() };
}

/// A text that may name people; addresses in it are hidden from who may not know them.
fn foreign(text: &str, data: Data) -> String {
    let text = short(text);
    if data == Data::Names {
        return text;
    }
    let hidden = |word: &str| if word.contains('@') { "•••".to_owned() } else { word.to_owned() };
    text.split(' ').map(hidden).collect::<Vec<_>>().join(" ")
}

fn short(text: &str) -> String {
    let line = neutral::line(text);
    match line.char_indices().nth(MOST) {
        None => line.into_owned(),
        Some((at, _)) => format!("{}…", &line[..at]),
    }
}
