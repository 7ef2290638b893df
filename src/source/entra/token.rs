//! An access token for Microsoft Graph, and why there is none.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;

use crate::names::Secret;

/// An access token for Microsoft Graph.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token itself.
    pub secret: Secret,
    /// When it ends, where that is known.
    pub expires: Option<Timestamp>,
}

/// What a token says of itself. It is not verified: Graph does that. It is read only
/// to notice the wrong tenant early and to name a missing permission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// The tenant's id.
    #[serde(default)]
    pub tid: Option<String>,
    /// The application that signed in.
    #[serde(default, alias = "azp")]
    pub appid: Option<String>,
    /// The granted application permissions, such as `User.Read.All`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// When it ends, in seconds since 1970.
    #[serde(default)]
    pub exp: Option<i64>,
}

impl Token {
    /// A token that was handed over; when it ends is read from it.
    pub fn ready(secret: Secret) -> Self {
        let mut token = Self { secret, expires: None };
        token.expires = token.claims().and_then(|claims| Timestamp::from_second(claims.exp?).ok());
        token
    }

    /// What the token says of itself, where it is a JSON Web Token (RFC 7519) that can be read.
    pub fn claims(&self) -> Option<Claims> {
        let mut parts = self.secret.expose().split('.');
        let (_, body, _) = (parts.next()?, parts.next()?, parts.next()?);
        let body = URL_SAFE_NO_PAD.decode(body.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&body).ok()
    }
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sign in to Entra: {message}")]
pub struct SignInFailure {
    /// What is the matter: a lower-case fragment, without any secret.
    pub message: String,
    /// The next step.
    pub help: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_its_tenant_its_permissions_and_its_end() {
        let body = URL_SAFE_NO_PAD.encode(r#"{"tid":"t","roles":["User.Read.All"],"exp":1900000000,"x":[1]}"#);
        let token = Token::ready(Secret::new(&format!("e30.{body}.sig")));
        let claims = token.claims().unwrap();
        assert_eq!(
            (claims.tid.as_deref(), claims.roles.as_slice()),
            (Some("t"), ["User.Read.All".to_owned()].as_slice())
        );
        assert_eq!(token.expires.unwrap().as_second(), 1_900_000_000);
    }

    #[test]
    fn an_opaque_token_says_nothing() {
        for text in ["abc", "a.b.c", "a.e30", "", ".."] {
            assert_eq!(Token::ready(Secret::new(text)).claims(), None, "{text}");
        }
        let empty = Token::ready(Secret::new("a.e30.c"));
        assert_eq!((empty.claims(), empty.expires), (Some(Claims::default()), None));
    }
}
