//! Finds out what a service does, without writing: the connection as Entra tests
//! it, and then what Dialform would rely on.

mod discovery;
mod reach;
mod users;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{
    ConnectError, End, Reader,
    scim::{self, listing::Page, said},
};
use crate::{
    http::{Answer, Call, Client, Failure, Patience},
    live::{Finding, Grade},
    manifest::Scim,
    names::{AttrPath, Text},
};

/// What the manifest is going to use.
#[derive(Clone, Debug, Default)]
pub struct Interest {
    /// The attribute by which accounts are matched.
    pub matching: Option<AttrPath>,
    /// The user attributes that are mapped.
    pub mapped: Vec<AttrPath>,
    /// Whether groups are mapped.
    pub groups: bool,
}

/// Asks the service and says what was found, in the order in which it was asked.
///
/// # Errors
/// When the connection cannot even be tried.
pub async fn examine(end: End, settings: &Scim, interest: &Interest) -> Result<Vec<Finding>, ConnectError> {
    let reader = Reader::connect(end, settings)?;
    let mut examination = Examination {
        client: reader.client().clone(),
        settings,
        interest,
        findings: Vec::new(),
        headers: HeaderMap::new(),
        slowest: Duration::ZERO,
        asked: 0,
        total_time: Duration::ZERO,
    };
    examination.run().await;
    Ok(examination.findings)
}

struct Examination<'a> {
    client: Client,
    settings: &'a Scim,
    interest: &'a Interest,
    findings: Vec<Finding>,
    /// The headers of the last answer that came.
    headers: HeaderMap,
    slowest: Duration,
    total_time: Duration,
    asked: u32,
}

/// A page, or why there is none.
enum Asked {
    Page(Page),
    /// A refusal, or a success that is no listing.
    Refused(StatusCode, String),
    Unanswered(Failure),
}

impl Examination<'_> {
    async fn run(&mut self) {
        if !self.test_connection().await {
            return;
        }
        let users = self.users().await;
        self.groups().await;
        self.discovery().await;
        self.pace(users);
    }

    fn found(&mut self, check: &'static str, grade: Grade, message: impl Into<String>, remedy: &str) {
        let remedy = (!remedy.is_empty()).then(|| remedy.to_owned());
        self.findings.push(Finding { check, grade, message: message.into(), remedy });
    }

    fn good(&mut self, check: &'static str, message: impl Into<String>) {
        self.found(check, Grade::Good, message, "");
    }

    fn note(&mut self, check: &'static str, message: impl Into<String>, remedy: &str) {
        self.found(check, Grade::Note, message, remedy);
    }

    fn warning(&mut self, check: &'static str, message: impl Into<String>, remedy: &str) {
        self.found(check, Grade::Warning, message, remedy);
    }

    fn error(&mut self, check: &'static str, message: impl Into<String>, remedy: &str) {
        self.found(check, Grade::Error, message, remedy);
    }

    async fn get(&mut self, path: &str) -> Result<Answer, Failure> {
        let answer = self.client.send(&Call { patience: Patience::BRIEF, ..Call::get(path) }).await?;
        self.asked += 1;
        self.slowest = self.slowest.max(answer.took);
        self.total_time += answer.took;
        self.headers.extend(answer.headers.clone());
        Ok(answer)
    }

    async fn page(&mut self, path: &str) -> Asked {
        let answer = match self.get(path).await {
            Ok(answer) => answer,
            Err(failure) => return Asked::Unanswered(failure),
        };
        let status = answer.status;
        if !status.is_success() {
            return Asked::Refused(status, said(&self.client, &answer).to_string());
        }
        match scim::parse(&answer.body).and_then(Page::read) {
            Ok(page) => Asked::Page(page),
            Err(problem) => Asked::Refused(status, self.client.fit(&problem)),
        }
    }

    async fn groups(&mut self) {
        let needed = self.interest.groups;
        match self.page("/Groups?startIndex=1&count=1").await {
            Asked::Page(page) => {
                let total = page.total.unwrap_or(page.resources.len() as u64);
                self.good("groups", format!("groups are served; there are {total}"));
            }
            Asked::Refused(StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED, _) if needed => {
                self.error(
                    "groups",
                    "the service has no `/Groups`, and the manifest maps groups",
                    "leave out `mappings.groups`, or set its `enabled` to false",
                );
            }
            Asked::Refused(StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED, _) => {
                self.note("groups", "the service has no `/Groups`; the manifest does not map any", "");
            }
            Asked::Refused(_, message) => {
                let grade = if needed { Grade::Error } else { Grade::Note };
                self.found("groups", grade, format!("groups cannot be read: {message}"), "see what the key may do");
            }
            Asked::Unanswered(failure) => {
                let grade = if needed { Grade::Error } else { Grade::Warning };
                self.found("groups", grade, format!("groups cannot be read: {failure}"), "try again");
            }
        }
    }

    /// What was seen of limits and speed, and what reading everything would take.
    fn pace(&mut self, users: Option<u64>) {
        let announced: Vec<String> = ["x-ratelimit-limit", "ratelimit-limit", "ratelimit-policy", "retry-after"]
            .iter()
            .filter_map(|name| Some((name, self.headers.get(*name)?.to_str().ok()?)))
            .map(|(name, value)| format!("`{name}: {}`", self.client.fit(value)))
            .collect();
        if !announced.is_empty() {
            self.note("rate", format!("the service announces {}", announced.join(", ")), "");
        }
        if self.client.sent().retries > 0 {
            self.warning(
                "rate",
                "the service refused or lost a request while it was asked one at a time",
                "something else may use the same key; a lower `rate` leaves it room",
            );
        }
        let mean = self.total_time / self.asked.max(1);
        if self.slowest > Duration::from_secs(2) {
            let message = format!("answers are slow: {mean:.1?} on average, {:.1?} at worst", self.slowest);
            self.warning("speed", message, "a smaller `page_size` makes each answer quicker");
        } else {
            self.good("speed", format!("an answer takes {mean:.0?} on average"));
        }
        if let (Some(pages), Some(rate)) = (users, self.settings.rate) {
            let pages = pages + 4;
            let seconds = (pages as f64 / rate).ceil();
            self.note(
                "rate",
                format!("reading everything takes about {pages} requests, {seconds} s at {rate} a second"),
                "",
            );
        }
    }
}

/// A name that nobody has, in the shape of Entra's: a GUID.
fn nobody() -> Text {
    use std::hash::{BuildHasher, RandomState};
    let random = || RandomState::new().hash_one(0_u8);
    let (high, low) = (random(), random());
    let part = |bits: u64, shift: u32, mask: u64| (bits >> shift) & mask;
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        part(high, 32, 0xffff_ffff),
        part(high, 16, 0xffff),
        part(high, 0, 0xfff),
        part(low, 48, 0xfff),
        part(low, 0, 0xffff_ffff_ffff),
    )
    .into()
}

/// The body of an answer as a page's number of entries, for messages.
fn entries(page: &Page) -> usize {
    page.resources.len()
}

/// A query for objects whose attribute has a value.
fn filter(collection: &str, path: &AttrPath, value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    format!("{collection}?filter={}", scim::escaped(&format!("{path} eq {quoted}")))
}

/// Whether a body looks like a web page.
fn is_page(body: &Bytes) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}
