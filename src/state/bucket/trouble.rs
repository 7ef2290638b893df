//! What an answer of an object store means, in one clear sentence with the next step.
//!
//! Nothing of the answer itself is shown: it may repeat an address with a signature.

use object_store::Error;

/// What an answer means for who asked.
pub(super) enum Answer {
    /// The object is not there.
    Missing,
    /// The condition of a write does not hold.
    Exists,
    /// It may be otherwise in a moment.
    Away(Why),
    /// It will be the same in a moment.
    Refused(Why),
}

/// Why, and the next step.
pub(super) struct Why {
    pub problem: String,
    pub next: &'static str,
}

/// Words of an answer, what they mean, and the next step. The first that fits.
const WORDS: [(&[&str], &str, &str); 6] = [
    (
        &[
            "NoSuchBucket",
            "ContainerNotFound",
            "bucket does not exist",
            "container does not exist",
            "ContainerBeingDeleted",
        ],
        "there is no such bucket or container",
        "create it, or correct `state.url`",
    ),
    (
        &["ExpiredToken", "TokenExpired", "has expired", "RequestExpired"],
        "the credentials have expired",
        "get new ones and run it again",
    ),
    (
        &["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint", "configured region"],
        "the bucket lies in another region",
        "set AWS_REGION to the bucket's region",
    ),
    (
        &[
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "AuthenticationFailed",
            "failed to authenticate",
            "InvalidAuthenticationInfo",
            "invalid_grant",
        ],
        "the credentials are not accepted",
        "check the AWS_…, AZURE_… or GOOGLE_… variables",
    ),
    (&["RequestTimeTooSkewed"], "this machine's clock is wrong", "set the clock"),
    (
        &["169.254.", "metadata.google.internal", "MissingCredentials", "NoCredentials", "Missing credentials"],
        "there are no credentials for it",
        "set the AWS_…, AZURE_… or GOOGLE_… variables; docs/operations.md names them",
    ),
];

const DENIED: &str =
    "let these credentials list, read, write and remove below the prefix; docs/operations.md has the smallest policy";

/// What an error of the client means.
pub(super) fn answer(error: &Error) -> Answer {
    let text = whole(error);
    let known = WORDS.iter().find(|(words, ..)| words.iter().any(|word| text.contains(word)));
    if let Some((_, problem, next)) = known {
        return Answer::Refused(Why { problem: (*problem).to_owned(), next });
    }
    match error {
        Error::NotFound { .. } => Answer::Missing,
        Error::AlreadyExists { .. } | Error::Precondition { .. } => Answer::Exists,
        Error::PermissionDenied { .. } => Answer::Refused(why("access is denied", DENIED)),
        Error::Unauthenticated { .. } => Answer::Refused(why("the credentials are not accepted", WORDS[3].2)),
        Error::NotSupported { .. } | Error::NotImplemented { .. } => Answer::Refused(why(
            "it cannot write under a condition",
            "use a store that can: without it two runs could apply at once",
        )),
        Error::InvalidPath { .. } => Answer::Refused(why("its prefix is not a valid one", "correct `state.url`")),
        _ => status(&text).map_or_else(|| Answer::Away(lost(&text)), of_status),
    }
}

fn why(problem: &str, next: &'static str) -> Why {
    Why { problem: problem.to_owned(), next }
}

/// Of an answer that is none of those.
fn of_status(status: u16) -> Answer {
    let problem = format!("it answers with status {status}");
    match status {
        401 => Answer::Refused(why("the credentials are not accepted", WORDS[3].2)),
        403 => Answer::Refused(why("access is denied", DENIED)),
        404 => Answer::Refused(why(WORDS[0].1, WORDS[0].2)),
        408 | 429 | 500.. => Answer::Away(Why { problem, next: "run it again when it is well" }),
        _ => Answer::Refused(Why { problem, next: "check `state.url` and the variables; `dialform doctor` tests it" }),
    }
}

/// Without an answer.
fn lost(text: &str) -> Why {
    let text = text.to_ascii_lowercase();
    let next = "check the network, and AWS_ENDPOINT_URL or its like where one is set";
    if text.contains("timed out") || text.contains("timeout") {
        why("it does not answer in time", next)
    } else if text.contains("certificate") || text.contains("tls") {
        why("its certificate is not trusted", "SSL_CERT_FILE names the file of a private authority")
    } else if text.contains("dns") || text.contains("connect") || text.contains("sending request") {
        why("it cannot be reached", next)
    } else {
        why("the connection failed, or its answer cannot be understood", next)
    }
}

/// The status that the client writes into its text.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// The text of an error and of all that it comes from.
fn whole(error: &Error) -> String {
    let mut text = error.to_string();
    let mut inner = std::error::Error::source(error);
    while let Some(error) = inner {
        text.push(' ');
        text.push_str(&error.to_string());
        inner = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> Error {
        Error::Generic { store: "S3", source: text.to_owned().into() }
    }

    fn said(error: &Error) -> (bool, String) {
        match answer(error) {
            Answer::Away(why) => (true, format!("{}; {}", why.problem, why.next)),
            Answer::Refused(why) => (false, format!("{}; {}", why.problem, why.next)),
            Answer::Missing | Answer::Exists => unreachable!(),
        }
    }

    #[test]
    fn each_answer_has_its_sentence_and_whether_it_is_worth_another_try() {
        for (text, away, says) in [
            ("status code: 404 Not Found: <Code>NoSuchBucket</Code>", false, "no such bucket"),
            ("status code: 400 Bad Request: <Code>ExpiredToken</Code>", false, "expired"),
            ("status code: 301: <Code>PermanentRedirect</Code>", false, "AWS_REGION"),
            ("status code: 503 Service Unavailable", true, "status 503"),
            ("status code: 429 Too Many Requests", true, "status 429"),
            ("status code: 418 I'm a teapot", false, "dialform doctor"),
            ("error sending request: Connection refused", true, "cannot be reached"),
            ("operation timed out", true, "in time"),
        ] {
            let (again, sentence) = said(&generic(text));
            assert_eq!((again, sentence.contains(says)), (away, true), "{text}: {sentence}");
        }
    }

    #[test]
    fn a_missing_bucket_is_not_a_missing_object() {
        let missing = |text: &str| Error::NotFound { path: "x".to_owned(), source: text.to_owned().into() };
        assert!(matches!(answer(&missing("NoSuchKey")), Answer::Missing));
        assert!(matches!(answer(&missing("NoSuchBucket")), Answer::Refused(_)));
    }

    #[test]
    fn no_signature_is_repeated() {
        let (_, sentence) = said(&generic("GET https://a.blob.core.windows.net/c?sig=c2VjcmV0 status code: 500"));
        assert!(!sentence.contains("c2VjcmV0") && !sentence.contains("sig="), "{sentence}");
    }
}
