//! The Azure CLI, asked for a token by `azure_identity` and run here, so that it cannot hang.

use std::{
    ffi::OsStr,
    io,
    process::{Output, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use azure_identity::Executor;
use tokio::{process::Command, time::timeout};

use super::{refusal::fit, way::failure};
use crate::source::entra::SignInFailure;

const MOST_TIME: Duration = Duration::from_secs(60);

/// Runs `az`.
#[derive(Debug, Default)]
pub(super) struct Runner {
    ended: Mutex<Option<Ended>>,
}

/// How it ended.
#[derive(Clone, Debug)]
enum Ended {
    NotRun(String),
    Late,
    Failed { code: Option<i32>, said: String },
    Well,
}

#[async_trait]
impl Executor for Runner {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let run = Command::new(program).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
        let output = timeout(MOST_TIME, run).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let ended = match &output {
            Ok(output) if output.status.success() => Ended::Well,
            Ok(output) => {
                Ended::Failed { code: output.status.code(), said: String::from_utf8_lossy(&output.stderr).into_owned() }
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ended::Late,
            Err(error) => Ended::NotRun(error.kind().to_string()),
        };
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        output
    }
}

impl Runner {
    /// Why it gave no token.
    pub(super) fn why(&self) -> SignInFailure {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match ended {
            None => failure("the Azure CLI was not asked".to_owned(), "see `tenant` in the manifest"),
            Some(Ended::NotRun(why)) => {
                failure(format!("cannot run the Azure CLI: {why}"), "install `az` and put it on PATH")
            }
            Some(Ended::Late) => failure(
                format!("the Azure CLI did not answer within {} s", MOST_TIME.as_secs()),
                "see what `az account get-access-token` says",
            ),
            Some(Ended::Failed { code: Some(127), .. }) => {
                failure("`az` is not on PATH".to_owned(), "install the Azure CLI, or choose another `auth`")
            }
            Some(Ended::Failed { said, .. }) => failed(&said),
            Some(Ended::Well) => failure(
                "the Azure CLI gave something that is no token".to_owned(),
                "Azure CLI 2.54 or newer is needed: `az upgrade`",
            ),
        }
    }
}

fn failed(said: &str) -> SignInFailure {
    // Warnings stand before what counts.
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let error = lines.iter().find(|line| line.starts_with("ERROR:")).or(lines.last());
    let line = error.copied().unwrap_or_default();
    let line = fit(line.trim_start_matches("ERROR:"), &[]);
    let help = if said.contains("az login") {
        "run `az login --tenant TENANT --scope https://graph.microsoft.com/.default` as somebody of the manifest's tenant"
    } else {
        "see what `az account get-access-token --scope https://graph.microsoft.com/.default` says"
    };
    if line.is_empty() {
        return failure("the Azure CLI failed, and said nothing".to_owned(), help);
    }
    failure(format!("the Azure CLI has no token: {line}"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cli_says_is_shown_in_one_line() {
        let failure = failed("WARNING: old\nERROR: Please run 'az login' to setup account.\n");
        assert_eq!(failure.message, "the Azure CLI has no token: Please run 'az login' to setup account.");
        assert!(failure.help.contains("az login"));
        assert!(failed("").message.contains("said nothing"));
        assert!(failed("Traceback\n  a\nValueError: b\n").message.ends_with("ValueError: b"));
    }
}
