//! What vouches for us: a token of somebody else's, which Entra takes in the place of a secret.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use azure_core::{Error, error::ErrorKind, http::ClientMethodOptions};
use azure_identity::ClientAssertion;
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use url::Url;

use super::{
    refusal,
    transport::Transport,
    way::{ASSERTION_FILE, GITHUB_URL, failure},
};
use crate::{
    http::{Call, bearer},
    names::{LONGEST_SECRET, NoSecret, Secret},
    source::entra::SignInFailure,
};

/// Where the token that vouches comes from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A file that somebody else renews.
    File(PathBuf),
    /// GitHub, asked by the job.
    Github { url: String, token: Secret, audience: &'static str },
}

/// An assertion, got anew for each token: it lives minutes.
#[derive(Clone, Debug)]
pub(super) struct Assertion {
    from: Origin,
    transport: Arc<Transport>,
    /// What came of it, since azure_core's errors carry only text.
    got: Arc<Mutex<Option<Result<Secret, SignInFailure>>>>,
}

impl Assertion {
    pub(super) fn new(from: Origin, transport: Arc<Transport>) -> Self {
        Self { from, transport, got: Arc::default() }
    }

    /// What came of the last try.
    pub(super) fn got(&self) -> Option<Result<Secret, SignInFailure>> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let got = match &self.from {
            Origin::File(file) => read(file, ASSERTION_FILE),
            Origin::Github { url, token, audience } => github(url, token, audience, &self.transport).await,
        };
        *self.got.lock().unwrap_or_else(PoisonError::into_inner) = Some(got.clone());
        let none = |_| Error::with_message(ErrorKind::Credential, "there is no assertion".to_owned());
        got.map(|secret| secret.expose().to_owned()).map_err(none)
    }
}

/// Reads a secret that stands in a file, which `variable` names. A line break at its end,
/// which editors and `echo` leave, is not part of it.
pub(super) fn read(file: &Path, variable: &str) -> Result<Secret, SignInFailure> {
    let shown = file.display();
    let bytes = File::open(file).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(LONGEST_SECRET as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    match bytes {
        Ok(bytes) => Secret::parse_bytes(&bytes).map_err(|why| {
            let help = match why {
                NoSecret::Empty => "see whether what writes the file has run",
                _ => "the file has to hold the token and nothing else",
            };
            failure(format!("`{shown}` ({variable}) {why}"), help)
        }),
        Err(error) => {
            let why = match error.kind() {
                io::ErrorKind::NotFound => "there is no such file".to_owned(),
                io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
                _ => error.kind().to_string(),
            };
            Err(failure(
                format!("cannot read `{shown}`: {why}"),
                &format!("{variable} has to name the file with the token"),
            ))
        }
    }
}

/// Asks GitHub for a token about this job ("OpenID Connect in GitHub Actions").
async fn github(url: &str, token: &Secret, audience: &str, transport: &Transport) -> Result<Secret, SignInFailure> {
    #[derive(Deserialize)]
    struct Vouched {
        value: String,
    }
    let unusable = |what: &str| failure(format!("{GITHUB_URL} {what}"), "leave it as the runner of the job set it");
    let mut url = Url::parse(url).map_err(|_| unusable("is not a URL"))?;
    // It has a query already.
    url.query_pairs_mut().append_pair("audience", audience);
    let mut call = Call::get("");
    call.headers
        .push((header::AUTHORIZATION, bearer(token).ok_or_else(|| unusable("has a token that cannot be sent"))?));
    call.headers.push((header::ACCEPT, HeaderValue::from_static("application/json")));
    let answer = transport
        .send(&url, call)
        .await
        .map_err(|last| refusal::unsent(&last, "GitHub", std::slice::from_ref(token)))?;
    let status = answer.status;
    if !status.is_success() {
        let help = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                "the job needs `permissions: id-token: write`, and its request token ends with the job"
            }
            _ => "run the job again; see https://www.githubstatus.com if it stays so",
        };
        return Err(failure(format!("GitHub gives no identity token for this job (HTTP {})", status.as_u16()), help));
    }
    serde_json::from_slice::<Vouched>(&answer.body)
        .ok()
        .and_then(|vouched| Secret::parse(&vouched.value).ok())
        .ok_or_else(|| unusable("answers with something that is no identity token"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_its_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        for text in ["e30.hunter2.x", "e30.hunter2.x\n", "e30.hunter2.x\r\n"] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(read(&file, ASSERTION_FILE).unwrap().expose(), "e30.hunter2.x");
        }
        for (text, says) in
            [("", "empty"), ("\n", "empty"), ("hunter2\nhunter2\n", "one line"), ("a\0hunter2", "control")]
        {
            std::fs::write(&file, text).unwrap();
            let failure = read(&file, ASSERTION_FILE).unwrap_err();
            assert!(failure.message.contains(says) && !failure.message.contains("hunter2"), "{failure}");
        }
        let failure = read(&folder.path().join("none"), ASSERTION_FILE).unwrap_err();
        assert!(failure.message.contains("no such file") && failure.help.contains(ASSERTION_FILE), "{failure}");
        assert!(read(folder.path(), ASSERTION_FILE).is_err());
    }
}
