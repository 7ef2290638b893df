//! Why Entra gives no token, in one sentence with what to mend.
//!
//! The codes are from "Microsoft Entra authentication and authorization error codes".
//! Microsoft says that codes change: one that is not known here is shown with Entra's own words.

use super::{
    transport::Last,
    way::{AUTHORITY, CLIENT, CLIENT_SECRET, failure},
};
use crate::{
    http::{Failure, Reach},
    names::Secret,
    source::entra::SignInFailure,
};

/// The longest text of a service that is passed on, in characters.
const LONGEST_SAID: usize = 300;

/// What is known of the sign-in that was refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    pub(super) tenant: &'a str,
    pub(super) client: &'a str,
    pub(super) cloud: &'static str,
    pub(super) host: &'a str,
    pub(super) secrets: &'a [Secret],
}

/// How Entra refuses (RFC 6749 §5.2, with Microsoft's additions).
#[derive(Debug, Default)]
struct Refusal {
    error: String,
    error_description: String,
    error_codes: Vec<u64>,
    trace_id: Option<String>,
    timestamp: Option<String>,
}

/// From an answer of the token endpoint, or from none, to why there is no token.
pub(super) fn of(last: &Last, attempt: &Attempt) -> SignInFailure {
    let Last::Answered(status, body) = last else { return unsent(last, "the login", attempt.secrets) };
    let refusal: Refusal = match serde_json::from_slice::<serde_json::Value>(body) {
        // Whatever has another type than it should is as if it were not there.
        Ok(value @ serde_json::Value::Object(_)) => lenient(&value),
        Ok(_) | Err(_) => return no_login(*status, attempt),
    };
    let code = refusal.error_codes.first().copied().or_else(|| code_in(&refusal.error_description));
    let Some(code) = code else {
        return if refusal.error.is_empty() {
            no_login(*status, attempt)
        } else {
            unknown(*status, None, &refusal, attempt)
        };
    };
    let known = known(code, &refusal, attempt);
    let mut failure = match known {
        Some((message, help)) => failure(format!("{message} (AADSTS{code})"), &help),
        None => unknown(*status, Some(code), &refusal, attempt),
    };
    if let Some(trace) = &refusal.trace_id {
        let trace = fit(trace, attempt.secrets);
        let at =
            refusal.timestamp.as_deref().map_or_else(String::new, |at| format!(" at {}", fit(at, attempt.secrets)));
        failure.help.push_str(&format!("; Microsoft's support asks for trace id {trace}{at}"));
    }
    failure
}

fn lenient(value: &serde_json::Value) -> Refusal {
    let text = |key: &str| value.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
    let codes = value.get("error_codes").and_then(serde_json::Value::as_array);
    Refusal {
        error: text("error").unwrap_or_default(),
        error_description: text("error_description").unwrap_or_default(),
        error_codes: codes.into_iter().flatten().filter_map(serde_json::Value::as_u64).collect(),
        trace_id: text("trace_id"),
        timestamp: text("timestamp"),
    }
}

/// What is the matter, and what to do.
fn known(code: u64, refusal: &Refusal, attempt: &Attempt) -> Option<(String, String)> {
    let Attempt { tenant, client, cloud, .. } = attempt;
    let portal = "in Entra, App registrations > the application > Certificates & secrets";
    Some(match code {
        7_000_215 => (
            format!("the client secret is not one of application {client}"),
            format!("{CLIENT_SECRET} has to hold the secret's value, not its id; make a new one {portal}"),
        ),
        7_000_222 => (
            format!("the client secret of application {client} has expired"),
            format!("make a new one {portal}, and set {CLIENT_SECRET} to its value"),
        ),
        700_016 | 7_000_229 | 700_229 => (
            format!("there is no application {client} in tenant {tenant}"),
            format!(
                "see {CLIENT}, and `source.entra.tenant` in the manifest; an application of another tenant needs an administrator's consent in this one"
            ),
        ),
        700_038 | 900_144 => (
            format!("`{client}` is not an application's id"),
            format!("set {CLIENT} to the Application (client) ID of the app registration's overview"),
        ),
        7_000_112 => (
            format!("application {client} is disabled"),
            "enable it: in Entra, Enterprise applications > the application > Properties > Enabled for users to sign-in"
                .to_owned(),
        ),
        90_002 | 900_021 | 900_023 => (
            format!("there is no tenant {tenant} in the cloud `{cloud}`"),
            "see `tenant` and `cloud` of `source.entra` in the manifest; the tenant's id stands on the overview page of Entra"
                .to_owned(),
        ),
        500_011 => (
            format!("tenant {tenant} does not know Microsoft Graph of the cloud `{cloud}`"),
            "see `cloud` of `source.entra` in the manifest".to_owned(),
        ),
        900_382 | 900_432 => (
            format!("tenant {tenant} is in another cloud than `{cloud}`"),
            format!("see `cloud` of `source.entra` in the manifest, and {AUTHORITY}"),
        ),
        70_021 | 700_211 | 700_212 | 700_213 | 7_002_138 => {
            let about = quoted(&refusal.error_description).map_or_else(String::new, |about| {
                format!(" for `{}`", fit(about, attempt.secrets))
            });
            (
                format!("application {client} has no federated credential{about}"),
                format!(
                    "{portal} > Federated credentials: issuer, subject and audience have to equal the token's, letter case too; for GitHub the subject is `repo:ORG/REPO:environment:NAME`, or ends in `ref:refs/heads/BRANCH` or `pull_request`"
                ),
            )
        }
        700_024 => (
            "the token that vouches for us is not valid at this time".to_owned(),
            "see whether it is renewed, and whether this machine's clock is right".to_owned(),
        ),
        50_027 | 50_013 | 700_027 | 5_002_723 => (
            "the token that vouches for us is not accepted".to_owned(),
            "see that the file holds a whole token and nothing else, and who issued it".to_owned(),
        ),
        53_003 | 53_000 | 53_001 => (
            format!("a Conditional Access policy of tenant {tenant} keeps application {client} out"),
            "see Entra's sign-in log, and let the place where this runs through".to_owned(),
        ),
        _ => return None,
    })
}

fn unknown(status: u16, code: Option<u64>, refusal: &Refusal, attempt: &Attempt) -> SignInFailure {
    let said = if refusal.error_description.is_empty() { &refusal.error } else { &refusal.error_description };
    let said = fit(without_trace(said), attempt.secrets);
    let help = match code {
        _ if passing(status) => "this passes; try again in a few minutes".to_owned(),
        Some(code) => format!("see https://{}/error?code={code}", attempt.host),
        None => "see the application's sign-in log in Entra".to_owned(),
    };
    failure(format!("Entra refused application {} (HTTP {status}): {said}", attempt.client), &help)
}

fn passing(status: u16) -> bool {
    status == 429 || (500..600).contains(&status)
}

/// What answered is not the login.
fn no_login(status: u16, attempt: &Attempt) -> SignInFailure {
    if passing(status) {
        let message = format!("the login at {} is not available (HTTP {status})", attempt.host);
        return failure(message, "this passes; try again in a few minutes");
    }
    failure(
        format!("what answers at {} is not the login of Entra (HTTP {status})", attempt.host),
        &format!(
            "see whether a proxy or a sign-in page of the network is between; {AUTHORITY} and `cloud` name the host"
        ),
    )
}

/// Why there is no answer at all.
pub(super) fn unsent(last: &Last, whose: &str, secrets: &[Secret]) -> SignInFailure {
    match last {
        Last::Unsent(why) => failure(fit(why, secrets), "see the address, and this machine's certificates"),
        Last::Unanswered(host, lost) => {
            let help = match lost {
                Failure::Unreached { reach, .. } => match reach {
                    Reach::Name => "see whether this machine can resolve names",
                    Reach::Refused => "see whether the address is right and nothing blocks it",
                    Reach::Tls => {
                        "a private authority's certificate goes into the file that `SSL_CERT_FILE` names; verification cannot be turned off"
                    }
                    Reach::Time => "see whether a firewall is between; `HTTPS_PROXY` names a proxy",
                    Reach::Proxy => "see `HTTPS_PROXY`, and its user name and password",
                    Reach::Other => "see the address and the network",
                },
                Failure::Lost { .. } | Failure::TooLarge => "try again; see whether a proxy is between",
            };
            failure(format!("no answer from {host}: {}", fit(&lost.to_string(), secrets)), help)
        }
        Last::Answered(status, _) => {
            failure(format!("{whose} answered HTTP {status}, and no token"), "try again in a few minutes")
        }
    }
}

/// A text that came from outside, fit to be shown: on one line, not too long, without what is secret.
pub(super) fn fit(text: &str, secrets: &[Secret]) -> String {
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for secret in secrets {
        let plain = secret.expose();
        if plain.len() >= 4 {
            let encoded: String = url::form_urlencoded::byte_serialize(plain.as_bytes()).collect();
            text = text.replace(plain, "••••••").replace(&encoded, "••••••");
        }
    }
    let mut fit: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_SAID).collect();
    if text.chars().nth(LONGEST_SAID).is_some() {
        fit.push('…');
    }
    fit
}

/// The code at the beginning of a description: `AADSTS7000215: …`.
fn code_in(description: &str) -> Option<u64> {
    let rest = description.split_once("AADSTS")?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A description without the ids behind it.
fn without_trace(description: &str) -> &str {
    description.split("Trace ID:").next().unwrap_or_default().trim()
}

/// The first thing in quotes: whom a token that vouches is about.
fn quoted(description: &str) -> Option<&str> {
    let rest = description.split_once('\'')?.1;
    rest.split_once('\'').map(|(quoted, _)| quoted).filter(|quoted| !quoted.is_empty())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    const TENANT: &str = "9b2f6c1e-0000-4000-8000-000000000001";

    fn attempt(secrets: &[Secret]) -> Attempt<'_> {
        Attempt { tenant: TENANT, client: "app-1", cloud: "public", host: "login.microsoftonline.com", secrets }
    }

    fn refused(status: u16, body: &str) -> SignInFailure {
        let secrets = [Secret::new("hunter2 & co")];
        of(&Last::Answered(status, Bytes::from(body.to_owned())), &attempt(&secrets))
    }

    fn of_code(code: u64, error: &str, description: &str) -> SignInFailure {
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {description} Trace ID: 7a81654d Correlation ID: 96148f27 Timestamp: 2026-03-01 09:30:00Z"
            ),
            "error_codes": [code],
            "timestamp": "2026-03-01 09:30:00Z",
            "trace_id": "7a81654d",
            "correlation_id": "96148f27",
        });
        refused(400, &body.to_string())
    }

    #[test]
    fn each_refusal_says_what_to_mend() {
        for (code, message, help) in [
            (7_000_215, "client secret is not one of application app-1", CLIENT_SECRET),
            (7_000_222, "has expired", "Certificates & secrets"),
            (700_016, "no application app-1 in tenant 9b2f6c1e", CLIENT),
            (700_038, "not an application's id", CLIENT),
            (7_000_112, "disabled", "Enterprise applications"),
            (90_002, "no tenant 9b2f6c1e", "`tenant`"),
            (500_011, "Microsoft Graph of the cloud `public`", "`cloud`"),
            (900_382, "another cloud", "`cloud`"),
            (700_213, "no federated credential", "subject"),
            (700_024, "not valid at this time", "clock"),
            (53_003, "Conditional Access", "sign-in log"),
        ] {
            let failure = of_code(code, "invalid_client", "Some words.");
            assert!(failure.message.contains(message), "{code}: {failure}");
            assert!(failure.message.ends_with(&format!("(AADSTS{code})")), "{code}: {failure}");
            assert!(failure.help.contains(help), "{code}: {}", failure.help);
            assert!(failure.help.contains("trace id 7a81654d at 2026-03-01"), "{}", failure.help);
            assert!(!failure.message.contains('\n'), "{failure}");
        }
    }

    /// Codes of the table in `docs/entra-sign-in.md`.
    #[test]
    fn the_page_has_every_code_that_is_known() {
        let page = include_str!("../../../../docs/entra-sign-in.md");
        let listed: Vec<u64> =
            page.split("`AADSTS").skip(1).filter_map(|rest| rest.split('`').next()?.parse().ok()).collect();
        assert!(listed.len() > 20, "{listed:?}");
        for code in &listed {
            let failure = of_code(*code, "x", "Words.");
            assert!(!failure.message.contains("Words."), "AADSTS{code} is on the page and not known");
        }
        let known: Vec<u64> = include_str!("refusal.rs")
            .lines()
            .map(str::trim)
            .filter(|line| line.ends_with("=> (") || line.ends_with("=> {"))
            .flat_map(|line| line.split(['|', '=']))
            .filter_map(|code| code.trim().replace('_', "").parse().ok())
            .collect();
        assert!(known.len() > 20, "{known:?}");
        for code in known {
            assert!(listed.contains(&code), "AADSTS{code} is known and not on the page");
        }
    }

    #[test]
    fn a_federated_mismatch_names_the_subject_that_was_sent() {
        let said = "No matching federated identity record found for presented assertion subject 'repo:example/telephony:ref:refs/heads/main'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.";
        let failure = of_code(700_213, "invalid_client", said);
        assert!(failure.message.contains("`repo:example/telephony:ref:refs/heads/main`"), "{failure}");
    }

    #[test]
    fn a_code_nobody_knows_is_shown_in_entras_words() {
        let failure = of_code(1_234_567, "invalid_request", "The moon is full.");
        assert!(failure.message.contains("The moon is full.") && !failure.message.contains("Trace"), "{failure}");
        assert!(failure.help.contains("https://login.microsoftonline.com/error?code=1234567"), "{}", failure.help);
        // Only the description has it.
        let failure = refused(401, r#"{"error":"invalid_client","error_description":"AADSTS7000222: old"}"#);
        assert!(failure.message.contains("expired"), "{failure}");
    }

    #[test]
    fn what_is_no_login_is_said_to_be_none() {
        for body in ["", "<html>hello</html>", "[]", "null", "{}", "{\"error\":7}", "\u{0}"] {
            let failure = refused(200, body);
            assert!(failure.message.contains("is not the login of Entra"), "{body}: {failure}");
        }
        for status in [429, 500, 503] {
            assert!(refused(status, "<html>").help.contains("try again"));
            assert!(refused(status, r#"{"error":"server_error"}"#).help.contains("try again"));
        }
        let odd = refused(400, r#"{"error":["x"],"error_description":{"a":1},"error_codes":"7000215","trace_id":7}"#);
        assert!(odd.message.contains("not the login"), "{odd}");
        let odd = refused(400, r#"{"error":"x","error_codes":[-1,"a",7000222]}"#);
        assert!(odd.message.contains("expired"), "{odd}");
    }

    #[test]
    fn a_secret_that_comes_back_is_not_repeated() {
        for echo in ["hunter2 & co", "hunter2+%26+co"] {
            let failure = of_code(1_234_567, "invalid_request", &format!("Bad value {echo}."));
            assert!(!failure.message.contains("hunter2"), "{failure}");
        }
        let long = of_code(1_234_567, "x", &"word ".repeat(1_000));
        assert!(long.message.chars().count() < 400, "{long}");
        let colours = of_code(1_234_567, "x", "\u{1b}[31mred\u{1b}[0m");
        assert!(!colours.message.contains('\u{1b}'), "{colours}");
    }

    #[test]
    fn no_answer_says_which_host_and_why() {
        let lost = Last::Unanswered(
            "https://login.microsoftonline.com".to_owned(),
            Failure::Unreached { reach: Reach::Tls, message: "its certificate has expired".to_owned() },
        );
        let failure = of(&lost, &attempt(&[]));
        assert!(
            failure.message.contains("login.microsoftonline.com") && failure.message.contains("expired"),
            "{failure}"
        );
        assert!(failure.help.contains("SSL_CERT_FILE"), "{}", failure.help);
    }
}
