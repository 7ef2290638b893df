//! What was asked of the sandbox, so that a test can count.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use http::Method;
use serde_json::{Value, json};

/// The most requests that the log keeps; older ones are only counted.
const MOST_KEPT: usize = 10_000;

/// The longest path that the log keeps, in characters.
const LONGEST_PATH: usize = 2_000;

/// The requests since the sandbox was opened or the log was reset.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    /// How many there were.
    pub total: u64,
    /// How many of each method.
    pub by_method: BTreeMap<String, u64>,
    /// How many with each status; 0 counts those that got no answer.
    pub by_status: BTreeMap<u16, u64>,
    /// The last 10,000 of them, the oldest first.
    pub log: VecDeque<RequestRecord>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// The method.
    pub method: Method,
    /// The path with its query, cut at 2,000 characters.
    pub path: String,
    /// The status, `None` when the connection was cut before the answer.
    pub status: Option<u16>,
    /// When it came, since the sandbox was opened, by tokio's clock.
    pub at: Duration,
}

impl Requests {
    /// How many requests had this method.
    pub fn count(&self, method: &Method) -> u64 {
        self.by_method.get(method.as_str()).copied().unwrap_or(0)
    }

    /// How many requests were not reads: neither GET nor `POST …/.search`.
    pub fn writes(&self) -> u64 {
        self.total - self.count(&Method::GET) - self.by_method.get("SEARCH").copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, mut record: RequestRecord) {
        self.total += 1;
        let path = record.path.split('?').next().unwrap_or_default();
        let search = record.method == Method::POST && path.trim_end_matches('/').ends_with("/.search");
        // Any word is a method in HTTP; those that are not known are counted together.
        let method = match record.method {
            Method::POST if search => "SEARCH",
            Method::GET | Method::POST | Method::PUT | Method::PATCH | Method::DELETE => record.method.as_str(),
            Method::HEAD | Method::OPTIONS => record.method.as_str(),
            _ => "OTHER",
        };
        *self.by_method.entry(method.to_owned()).or_default() += 1;
        *self.by_status.entry(record.status.unwrap_or(0)).or_default() += 1;
        if let Some((end, _)) = record.path.char_indices().nth(LONGEST_PATH) {
            record.path.truncate(end);
        }
        if self.log.len() == MOST_KEPT {
            self.log.pop_front();
        }
        self.log.push_back(record);
    }

    /// The counters, as the control endpoint sends them.
    pub(crate) fn to_json(&self) -> Value {
        let statuses: BTreeMap<String, u64> = self.by_status.iter().map(|(k, v)| (k.to_string(), *v)).collect();
        json!({"total": self.total, "byMethod": self.by_method, "byStatus": statuses})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(method: Method, path: &str) -> RequestRecord {
        RequestRecord { method, path: path.to_owned(), status: Some(200), at: Duration::ZERO }
    }

    #[test]
    fn searches_are_not_writes() {
        let mut requests = Requests::default();
        for (method, path) in [
            (Method::GET, "/scim/Users?count=1"),
            (Method::POST, "/scim/Users/.search?x=1"),
            (Method::POST, "/scim/Users"),
            (Method::PATCH, "/scim/Users/1"),
        ] {
            requests.add(record(method, path));
        }
        assert_eq!((requests.total, requests.writes(), requests.count(&Method::POST)), (4, 2, 1));
    }

    #[test]
    fn the_log_is_bounded_and_the_counters_are_not() {
        let mut requests = Requests::default();
        for _ in 0..10_050 {
            requests.add(record(Method::GET, &"é".repeat(5_000)));
        }
        assert_eq!((requests.total, requests.log.len()), (10_050, 10_000));
        assert_eq!(requests.log[0].path.chars().count(), 2_000);
    }
}
