//! What is sent again, after how long, and when to give up.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use http::{HeaderMap, StatusCode, header};

use super::{Answer, Failure, Reach};

/// Whether sending twice can do harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It ends the same however often it is sent: a read, or a write that sets what it names.
    Harmless,
    /// Only if it was certainly not processed.
    IfUnprocessed,
}

/// How long one request is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often it is sent at most.
    pub tries: usize,
    /// No wait ends later than this after the first try.
    pub total: Duration,
}

impl Patience {
    /// For what must succeed.
    pub const USUAL: Patience = Patience { tries: 8, total: Duration::from_secs(300) };
    /// For what can be done without.
    pub const BRIEF: Patience = Patience { tries: 2, total: Duration::from_secs(10) };
    /// Once.
    pub const NONE: Patience = Patience { tries: 1, total: Duration::ZERO };

    pub(super) fn delays(self) -> ExponentialBackoff {
        ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(250))
            .with_max_delay(Duration::from_secs(30))
            .with_max_times(self.tries.saturating_sub(1))
            .with_jitter()
            .build()
    }
}

/// What follows from how a try went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This is the end of it.
    Settled,
    /// Again, if there are tries left out of so many.
    Again {
        /// What the service asked to wait.
        asked: Option<Duration>,
        /// Whether the request may have been processed.
        maybe_done: bool,
        /// No more tries than this.
        tries: usize,
    },
}

pub(super) fn verdict(outcome: &Result<Answer, Failure>, repeat: Repeat) -> Verdict {
    let again = |asked, maybe_done| Verdict::Again { asked, maybe_done, tries: usize::MAX };
    let harmless = repeat == Repeat::Harmless;
    match outcome {
        Err(Failure::Unreached { reach, .. }) => {
            let tries = match reach {
                // What a person has to mend does not go away by asking again.
                Reach::Tls | Reach::Proxy => return Verdict::Settled,
                Reach::Name | Reach::Time => 3,
                Reach::Refused | Reach::Other => 4,
            };
            Verdict::Again { asked: None, maybe_done: false, tries }
        }
        Err(Failure::Lost { .. }) if harmless => again(None, true),
        Err(Failure::Lost { .. } | Failure::TooLarge) => Verdict::Settled,
        Ok(answer) => match answer.status {
            StatusCode::TOO_MANY_REQUESTS => again(answer.retry_after(), false),
            StatusCode::SERVICE_UNAVAILABLE => match answer.retry_after() {
                // A gateway on the way says when to come back too, and may have passed it on.
                Some(asked) if harmless => again(Some(asked), true),
                None if harmless => again(None, true),
                Some(_) | None => Verdict::Settled,
            },
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT if harmless => {
                again(None, true)
            }
            _ => Verdict::Settled,
        },
    }
}

/// What `Retry-After` asks for: seconds, with a fraction as some services send,
/// or a date (RFC 9110 §10.2.3).
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        // `max` would make a number of what is not one.
        let seconds = Some(seconds).filter(|seconds| !seconds.is_nan())?;
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn answer(status: u16, asked: Option<&'static str>) -> Result<Answer, Failure> {
        let mut headers = HeaderMap::new();
        if let Some(asked) = asked {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(asked));
        }
        Ok(Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: bytes::Bytes::new(),
            maybe_done_before: false,
            took: Duration::ZERO,
        })
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Tue, 01 Sep 2026 10:00:00 GMT").unwrap();
        let read = |text| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(text));
            retry_after(&headers, now)
        };
        assert_eq!(read("3"), Some(Duration::from_secs(3)));
        assert_eq!(read(" 0.25 "), Some(Duration::from_millis(250)));
        assert_eq!(read("-5"), Some(Duration::ZERO));
        assert_eq!(read("Tue, 01 Sep 2026 10:00:07 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(read("Tue, 01 Sep 2026 09:00:00 GMT"), Some(Duration::ZERO));
        for wrong in ["", "soon", "NaN", "inf", "1e300"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn only_what_was_not_processed_is_sent_twice_unless_it_is_harmless() {
        let again = |outcome: &Result<Answer, Failure>, repeat| match verdict(outcome, repeat) {
            Verdict::Again { maybe_done, .. } => Some(maybe_done),
            Verdict::Settled => None,
        };
        let lost = Err(Failure::lost("x"));
        let refused = Err(Failure::Unreached { reach: Reach::Refused, message: String::new() });
        let tls = Err(Failure::Unreached { reach: Reach::Tls, message: String::new() });
        for (outcome, harmless, unprocessed) in [
            (&answer(429, None), Some(false), Some(false)),
            (&answer(503, Some("1")), Some(true), None),
            (&answer(503, None), Some(true), None),
            (&answer(502, None), Some(true), None),
            (&answer(504, Some("1")), Some(true), None),
            (&answer(408, None), Some(true), None),
            (&answer(500, None), None, None),
            (&answer(501, None), None, None),
            (&answer(404, None), None, None),
            (&answer(200, None), None, None),
            (&lost, Some(true), None),
            (&refused, Some(false), Some(false)),
            (&tls, None, None),
            (&Err(Failure::TooLarge), None, None),
        ] {
            assert_eq!(again(outcome, Repeat::Harmless), harmless, "{outcome:?}");
            assert_eq!(again(outcome, Repeat::IfUnprocessed), unprocessed, "{outcome:?}");
        }
    }

    #[test]
    fn waits_grow_and_are_bounded() {
        let delays: Vec<Duration> = Patience::USUAL.delays().collect();
        assert_eq!(delays.len(), 7);
        assert!(delays[0] >= Duration::from_millis(250) && delays[0] <= Duration::from_millis(500));
        assert!(delays.iter().all(|delay| *delay <= Duration::from_secs(60)));
        assert_eq!(Patience::NONE.delays().count(), 0);
    }
}
