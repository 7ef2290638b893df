//! Faults as text, for flags and the control address: `status=503;on=PATCH;nth=3`.

use std::{str::FromStr, time::Duration};

use http::{Method, StatusCode};

use super::faults::{Fault, FaultBody, FaultRule, Matching, When};
use crate::names::near_miss;

/// Why a text is not a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read the fault `{text}`: {problem}")]
pub struct FaultError {
    /// The text.
    pub text: String,
    /// A lower-case fragment.
    pub problem: String,
}

/// How a fault is written, for help and errors.
pub const FAULT_HELP: &str = "\
one fault and, after `;`, its turn: \
`status=503[;body=own|nested|message|detail|empty|html][;retry-after=SECONDS][;after]`, `throttle=SECONDS`, `reset`, `lost`, \
`latency=2s`, `slow=2s`, `truncated`, `wrong-json`, `wrong-shape`, `missing-page`, `same-cursor`, `number-ids`, `nulls`, `unknown-words`, `absent-fields`, `total=N`, `not-stored=title,name`; \
turn: `on=PATCH`, `on=/Users`, `on=GET /Groups`, `nth=3`, `every=5`, `from=4`, `request=7`, `times=2`";

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const KEYS: [&str; 26] = [
    "status",
    "throttle",
    "reset",
    "lost",
    "latency",
    "slow",
    "truncated",
    "wrong-json",
    "wrong-shape",
    "missing-page",
    "same-cursor",
    "number-ids",
    "nulls",
    "unknown-words",
    "absent-fields",
    "total",
    "not-stored",
    "on",
    "nth",
    "every",
    "from",
    "request",
    "times",
    "body",
    "retry-after",
    "after",
];

impl FromStr for FaultRule {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = |problem: String| FaultError { text: text.trim().to_owned(), problem };
        let mut fault: Option<Fault> = None;
        let mut rule = FaultRule::always(Fault::Reset);
        let (mut fault_body, mut retry_after, mut after) = (None, None, false);
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').map_or((part, ""), |(key, value)| (key.trim(), value.trim()));
            let number = || number(key, value).map_err(&wrong);
            let count =
                || number().and_then(|n| if n == 0 { Err(wrong(format!("`{key}` counts from 1"))) } else { Ok(n) });
            let next = match key {
                "status" => Fault::status(status(value).map_err(&wrong)?),
                "throttle" => Fault::throttle(if value.is_empty() { 1 } else { number()? }),
                "reset" => Fault::Reset,
                "lost" => Fault::LostAnswer,
                "latency" => Fault::Latency(duration(key, value).map_err(&wrong)?),
                "slow" => Fault::SlowBody(duration(key, value).map_err(&wrong)?),
                "truncated" => Fault::Truncated,
                "wrong-json" => Fault::WrongJson,
                "wrong-shape" => Fault::WrongShape,
                "missing-page" => Fault::MissingPage,
                "same-cursor" => Fault::SameCursor,
                "number-ids" => Fault::NumberIds,
                "nulls" => Fault::Nulls,
                "unknown-words" => Fault::UnknownWords,
                "absent-fields" => Fault::AbsentFields,
                "total" => Fault::Total(number()?),
                "not-stored" => Fault::NotStored(names(value).map_err(&wrong)?),
                "on" => {
                    rule.on = matching(value).map_err(&wrong)?;
                    continue;
                }
                "nth" | "every" | "from" | "request" => {
                    let n = count()?;
                    if rule.when != When::Always {
                        return Err(wrong("two turns in one rule".to_owned()));
                    }
                    rule.when = match key {
                        "nth" => When::Nth(n),
                        "every" => When::Every(n),
                        "from" => When::From(n),
                        _ => When::Request(n),
                    };
                    continue;
                }
                "times" => {
                    rule.times = Some(u32::try_from(count()?).unwrap_or(u32::MAX));
                    continue;
                }
                "body" => {
                    fault_body = Some(body(value).map_err(&wrong)?);
                    continue;
                }
                "retry-after" => {
                    retry_after = Some(number()?);
                    continue;
                }
                "after" => {
                    after = true;
                    continue;
                }
                _ => return Err(wrong(unknown(key))),
            };
            if fault.replace(next).is_some() {
                return Err(wrong("two faults in one rule; give each a rule of its own".to_owned()));
            }
        }
        rule.fault = fault.ok_or_else(|| wrong(format!("it has no fault; expected {FAULT_HELP}")))?;
        if let Fault::Status { body, retry_after: header, after: done, .. } = &mut rule.fault {
            *body = fault_body.unwrap_or_default();
            *header = retry_after.or(*header);
            *done = after;
        } else if fault_body.is_some() || retry_after.is_some() || after {
            return Err(wrong("`body`, `retry-after` and `after` go with `status`".to_owned()));
        }
        Ok(rule)
    }
}

fn unknown(key: &str) -> String {
    match near_miss(key, KEYS) {
        Some(near) => format!("unknown `{key}`; did you mean `{near}`?"),
        None => format!("unknown `{key}`; expected {FAULT_HELP}"),
    }
}

fn number(key: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("`{key}` needs a whole number, such as `{key}=3`"))
}

fn status(value: &str) -> Result<StatusCode, String> {
    let code = value.parse::<u16>().ok().filter(|code| (200..=599).contains(code));
    code.and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| "`status` is a number from 200 to 599, such as `status=503`".to_owned())
}

fn duration(key: &str, value: &str) -> Result<Duration, String> {
    parse_duration(value).ok_or_else(|| format!("`{key}` needs a time such as `{key}=500ms` or `{key}=2s`"))
}

/// `500ms`, `2s`, `1m`.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    match &text[digits..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    }
}

fn names(value: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> =
        value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.is_empty() {
        Err("`not-stored` needs attributes, such as `not-stored=title`".to_owned())
    } else {
        Ok(names)
    }
}

fn body(value: &str) -> Result<FaultBody, String> {
    match value {
        // `scim` is what it was called before there was another service.
        "own" | "scim" => Ok(FaultBody::Own),
        "nested" => Ok(FaultBody::Nested),
        "message" => Ok(FaultBody::Message),
        "detail" => Ok(FaultBody::Detail),
        "empty" => Ok(FaultBody::Empty),
        "html" => Ok(FaultBody::Html),
        _ => Err("`body` is `own`, `nested`, `message`, `detail`, `empty` or `html`".to_owned()),
    }
}

/// `PATCH`, `/Users`, `PATCH /Users`.
fn matching(value: &str) -> Result<Matching, String> {
    let (method, path) = match value.split_once(char::is_whitespace) {
        Some((method, path)) => (Some(method), Some(path.trim())),
        None if value.starts_with('/') => (None, Some(value)),
        None => (Some(value), None),
    };
    let method = match method {
        Some(text) => Some(known_method(text)?),
        None => None,
    };
    Ok(Matching { method, path: path.map(str::to_owned) })
}

fn known_method(text: &str) -> Result<Method, String> {
    let upper = text.to_ascii_uppercase();
    let method = METHODS.contains(&upper.as_str()).then(|| Method::from_bytes(upper.as_bytes()).ok()).flatten();
    method.ok_or_else(|| match near_miss(text, METHODS) {
        Some(near) => format!("`on` needs a method or a path such as `/Users`; did you mean `{near}`?"),
        None => "`on` needs a method, a path such as `/Users`, or both".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> FaultRule {
        text.parse().unwrap()
    }

    #[test]
    fn faults_are_read_from_text() {
        assert_eq!(
            rule("status=503;on=PATCH;nth=3"),
            FaultRule::always(Fault::status(StatusCode::SERVICE_UNAVAILABLE))
                .on(Some(Method::PATCH), None)
                .when(When::Nth(3))
        );
        assert_eq!(
            rule(" throttle=7 ; on = get /Groups ; every=2 ; times=4 "),
            FaultRule::always(Fault::throttle(7)).on(Some(Method::GET), Some("/Groups")).when(When::Every(2)).times(4)
        );
        assert_eq!(
            rule("status=504;body=html;retry-after=2;after").fault,
            Fault::Status {
                status: StatusCode::GATEWAY_TIMEOUT,
                body: FaultBody::Html,
                retry_after: Some(2),
                after: true
            }
        );
        assert_eq!(rule("slow=1500ms;on=/Users").fault, Fault::SlowBody(Duration::from_millis(1500)));
        assert_eq!(rule("not-stored=title,name").fault, Fault::NotStored(vec!["title".into(), "name".into()]));
        assert_eq!(rule("reset;request=12").when, When::Request(12));
    }

    #[test]
    fn a_text_that_is_no_fault_says_why() {
        for (text, says) in [
            ("", "it has no fault"),
            ("nth=3", "it has no fault"),
            ("statsu=503", "did you mean `status`?"),
            ("status=12", "from 200 to 599"),
            ("status=503;nth=0", "counts from 1"),
            ("status=503;reset", "two faults"),
            ("reset;after", "go with `status`"),
            ("latency=fast", "latency=500ms"),
            ("not-stored=", "needs attributes"),
            ("total=-1", "whole number"),
            ("reset;on=PTACH", "did you mean `PATCH`?"),
            ("reset;on=Users", "a path such as `/Users`"),
            ("reset;nth=1;every=2", "two turns"),
        ] {
            let error = text.parse::<FaultRule>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
