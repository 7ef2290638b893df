//! Signing in to Entra: from the manifest's `auth` and the environment to a token.

use super::{SignInFailure, Token};
use crate::{
    manifest::{Auth, Entra},
    names::Secret,
};

/// The variable with a ready access token.
pub const TOKEN_VARIABLE: &str = "GRAPH_ACCESS_TOKEN";

/// A chosen way to sign in.
#[derive(Debug)]
pub struct SignIn {
    token: Token,
}

impl SignIn {
    /// Chooses the way that the manifest names, from what the environment has.
    ///
    /// # Errors
    /// When the way is not there, with the next step.
    pub fn choose(entra: &Entra, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, SignInFailure> {
        let failure = |message: String, help: &str| Err(SignInFailure { message, help: help.to_owned() });
        match entra.auth.value {
            Auth::Auto | Auth::Token => {}
            Auth::Github | Auth::Workload | Auth::Secret | Auth::Managed | Auth::Cli => {
                return failure(
                    format!("this way to sign in is not supported by this version of Dialform ({})", entra.auth.place),
                    "write `auth: token` and set GRAPH_ACCESS_TOKEN",
                );
            }
        }
        match environment(TOKEN_VARIABLE).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) {
            Some(text) => Ok(Self { token: Token::ready(Secret::new(&text)) }),
            None => failure(
                format!("the environment has no `{TOKEN_VARIABLE}`"),
                "set GRAPH_ACCESS_TOKEN to an access token for Microsoft Graph",
            ),
        }
    }

    /// A token: the last one while it is good, or with `fresh` a new one, because the
    /// last was refused.
    ///
    /// # Errors
    /// When none can be had, with the next step.
    #[expect(clippy::unused_async, reason = "other ways to sign in wait for an answer")]
    pub async fn token(&self, fresh: bool) -> Result<Token, SignInFailure> {
        if fresh {
            return Err(SignInFailure {
                message: format!("the token in `{TOKEN_VARIABLE}` was refused, and there is no other"),
                help: "get a new access token and set it again".to_owned(),
            });
        }
        Ok(self.token.clone())
    }
}
