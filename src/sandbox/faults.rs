//! Faults on demand: what goes wrong, and with which request.
//!
//! A plan is a list of rules. Every rule whose turn it is takes effect: delays
//! add up, changes of the answer come together, and of several statuses and
//! cut connections the first in the list wins.

use std::time::Duration;

use http::{Method, StatusCode};

use super::fault_text::FaultError;

/// What goes wrong with which requests. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// The rules; all are tried with each request.
    pub rules: Vec<FaultRule>,
}

/// One fault and its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    /// What goes wrong.
    pub fault: Fault,
    /// Which requests are meant at all.
    pub on: Matching,
    /// Which of those.
    pub when: When,
    /// How often at most; `None` without end.
    pub times: Option<u32>,
}

/// Which requests a rule is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matching {
    /// Only this method.
    pub method: Option<Method>,
    /// Only paths that have this text in them, such as `/Users`.
    pub path: Option<String>,
}

/// Which of the matching requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum When {
    /// Each.
    #[default]
    Always,
    /// The nth that matches, from 1.
    Nth(u64),
    /// The nth, the 2nth and so on of those that match.
    Every(u64),
    /// The nth request of all that came, if it matches.
    Request(u64),
    /// The nth that matches and all after it.
    From(u64),
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An error status instead of an answer. Nothing is done, unless `after` says so.
    Status {
        /// The status.
        status: StatusCode,
        /// What stands in its body.
        body: FaultBody,
        /// The `Retry-After` header, in seconds.
        retry_after: Option<u64>,
        /// Whether the request takes effect before the error, as with a gateway's 504.
        after: bool,
    },
    /// The connection is cut before anything is done.
    Reset,
    /// The request takes effect, and the connection is cut before the answer.
    LostAnswer,
    /// The answer waits before it starts.
    Latency(Duration),
    /// The answer starts at once, and its body takes this long to arrive.
    SlowBody(Duration),
    /// The connection is cut in the middle of the body.
    Truncated,
    /// The body ends in the middle, as if that were all.
    WrongJson,
    /// The body is JSON of another shape: a list.
    WrongShape,
    /// A listing has the rows of the page after the one asked for, and
    /// `totalResults` and `startIndex` as if nothing were missing.
    MissingPage,
    /// A list of the admin API gives the cursor again that it was asked with.
    SameCursor,
    /// Ids of the admin API are numbers instead of text.
    NumberIds,
    /// What an answer of the admin API would leave out of a user is there, and null.
    Nulls,
    /// Licences, states and roles of the admin API are words that no document has.
    UnknownWords,
    /// What the OpenAPI does not require is left out of the admin API's users.
    AbsentFields,
    /// `totalResults` is this number.
    Total(u64),
    /// A write succeeds, and these top-level attributes (or extensions) stay as they were.
    NotStored(Vec<String>),
}

/// What stands in the body of a status fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FaultBody {
    /// The service's own: a SCIM error below `/scim`, below `/api/v2` one of
    /// the shape that the tenant has chosen.
    #[default]
    Own,
    /// `{"error": {"code": 503, "message": "…"}}`.
    Nested,
    /// `{"message": "…"}`.
    Message,
    /// `{"detail": "…"}`.
    Detail,
    /// Nothing.
    Empty,
    /// A web page, as proxies send.
    Html,
}

impl FaultPlan {
    /// A plan of rules.
    pub fn new(rules: impl IntoIterator<Item = FaultRule>) -> Self {
        Self { rules: rules.into_iter().collect() }
    }

    /// Reads one rule for each text; see [`super::FAULT_HELP`].
    ///
    /// # Errors
    /// The first text that is not a fault.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, FaultError> {
        texts.into_iter().map(str::parse).collect::<Result<_, _>>().map(|rules| Self { rules })
    }
}

impl FaultRule {
    /// A fault at each request.
    pub fn always(fault: Fault) -> Self {
        Self { fault, on: Matching::default(), when: When::Always, times: None }
    }

    /// Only these requests: a method, a part of a path, or both.
    pub fn on(mut self, method: Option<Method>, path: Option<&str>) -> Self {
        self.on = Matching { method, path: path.map(str::to_owned) };
        self
    }

    /// Only then.
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// No more often than this.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

impl Fault {
    /// An error status with an error of the service's own, before anything is done.
    pub fn status(status: StatusCode) -> Self {
        Fault::Status { status, body: FaultBody::Own, retry_after: None, after: false }
    }

    /// 429 with `Retry-After` in seconds.
    pub fn throttle(seconds: u64) -> Self {
        Fault::Status {
            status: StatusCode::TOO_MANY_REQUESTS,
            body: FaultBody::Own,
            retry_after: Some(seconds),
            after: false,
        }
    }
}

/// A plan under way: how often each rule was tried and took effect.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<(FaultRule, Turns)>,
    requests: u64,
}

#[derive(Debug, Default)]
struct Turns {
    matched: u64,
    fired: u32,
}

/// What the faults of one request come to.
#[derive(Debug, Default)]
pub(crate) struct Bend {
    pub(crate) latency: Duration,
    pub(crate) slow_body: Duration,
    pub(crate) instead: Option<Instead>,
    pub(crate) body: Option<BodyFault>,
    pub(crate) missing_page: bool,
    pub(crate) same_cursor: bool,
    pub(crate) number_ids: bool,
    pub(crate) nulls: bool,
    pub(crate) unknown_words: bool,
    pub(crate) absent_fields: bool,
    pub(crate) total: Option<u64>,
    pub(crate) not_stored: Vec<String>,
}

/// What comes instead of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Instead {
    Status { status: StatusCode, body: FaultBody, retry_after: Option<u64>, after: bool },
    Reset { after: bool },
}

/// What is wrong with the answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFault {
    Truncated,
    WrongJson,
    WrongShape,
}

impl Faults {
    /// Starts a plan; counting begins anew.
    pub(crate) fn new(plan: FaultPlan) -> Self {
        Self { rules: plan.rules.into_iter().map(|rule| (rule, Turns::default())).collect(), requests: 0 }
    }

    /// Counts a request and says what goes wrong with it.
    pub(crate) fn next(&mut self, method: &Method, path: &str) -> Bend {
        self.requests += 1;
        let mut bend = Bend::default();
        for (rule, turns) in &mut self.rules {
            let matches = rule.on.method.as_ref().is_none_or(|wanted| wanted == method)
                && rule.on.path.as_ref().is_none_or(|wanted| path.contains(wanted.as_str()));
            if !matches {
                continue;
            }
            turns.matched += 1;
            let due = match rule.when {
                When::Always => true,
                When::Nth(n) => turns.matched == n,
                When::Every(n) => n != 0 && turns.matched.is_multiple_of(n),
                When::From(n) => turns.matched >= n,
                When::Request(n) => self.requests == n,
            };
            if due && rule.times.is_none_or(|times| turns.fired < times) {
                turns.fired += 1;
                bend.take(&rule.fault);
            }
        }
        bend
    }
}

impl Bend {
    fn take(&mut self, fault: &Fault) {
        match fault {
            Fault::Status { status, body, retry_after, after } => {
                let (status, body, retry_after, after) = (*status, *body, *retry_after, *after);
                self.instead.get_or_insert(Instead::Status { status, body, retry_after, after });
            }
            Fault::Reset => {
                self.instead.get_or_insert(Instead::Reset { after: false });
            }
            Fault::LostAnswer => {
                self.instead.get_or_insert(Instead::Reset { after: true });
            }
            Fault::Latency(time) => self.latency = self.latency.saturating_add(*time),
            Fault::SlowBody(time) => self.slow_body = self.slow_body.saturating_add(*time),
            Fault::Truncated => {
                self.body.get_or_insert(BodyFault::Truncated);
            }
            Fault::WrongJson => {
                self.body.get_or_insert(BodyFault::WrongJson);
            }
            Fault::WrongShape => {
                self.body.get_or_insert(BodyFault::WrongShape);
            }
            Fault::MissingPage => self.missing_page = true,
            Fault::SameCursor => self.same_cursor = true,
            Fault::NumberIds => self.number_ids = true,
            Fault::Nulls => self.nulls = true,
            Fault::UnknownWords => self.unknown_words = true,
            Fault::AbsentFields => self.absent_fields = true,
            Fault::Total(total) => self.total = Some(*total),
            Fault::NotStored(names) => self.not_stored.extend_from_slice(names),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the requests, of ten PATCHes after one GET, with which something goes wrong.
    fn struck(text: &str) -> Vec<usize> {
        let mut faults = Faults::new(FaultPlan::parse([text]).unwrap());
        let methods = std::iter::once(Method::GET).chain(std::iter::repeat_n(Method::PATCH, 10));
        let struck = |(at, method): (usize, Method)| faults.next(&method, "/scim/Users/1").instead.map(|_| at + 1);
        methods.enumerate().filter_map(struck).collect()
    }

    #[test]
    fn a_rule_strikes_when_its_turn_comes() {
        assert_eq!(struck("reset;on=PATCH;nth=3"), [4]);
        assert_eq!(struck("reset;on=PATCH;every=4"), [5, 9]);
        assert_eq!(struck("reset;on=PATCH;every=2;times=2"), [3, 5]);
        assert_eq!(struck("reset;request=1"), [1]);
        assert_eq!(struck("reset;request=1;on=PATCH"), [0; 0]);
        assert_eq!(struck("reset;on=/Users;from=10"), [10, 11]);
        assert_eq!(struck("reset;on=/Groups"), [0; 0]);
    }

    #[test]
    fn delays_add_up_and_the_first_status_wins() {
        let plan = FaultPlan::parse(["latency=1s", "status=500", "latency=2s", "reset", "wrong-json"]).unwrap();
        let bend = Faults::new(plan).next(&Method::GET, "/");
        assert_eq!(bend.latency, Duration::from_secs(3));
        assert!(matches!(bend.instead, Some(Instead::Status { status: StatusCode::INTERNAL_SERVER_ERROR, .. })));
        assert_eq!(bend.body, Some(BodyFault::WrongJson));
    }
}
