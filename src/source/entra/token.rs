//! An access token for Microsoft Graph, and why there is none.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Map, Value};

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The tenant's id.
    pub tid: Option<String>,
    /// What it is for: Microsoft Graph, as a URL or as an application's id.
    pub aud: Option<String>,
    /// The application that signed in.
    pub appid: Option<String>,
    /// The application's name.
    pub name: Option<String>,
    /// The granted application permissions, such as `User.Read.All`.
    pub roles: Vec<String>,
    /// The granted delegated permissions: a person signed in.
    pub scp: Vec<String>,
    /// When it ends, in seconds since 1970.
    pub exp: Option<i64>,
}

impl Claims {
    /// What has another type than it should is as if it were not there.
    fn read(body: &Map<String, Value>) -> Self {
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let list = |key: &str| match body.get(key) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Self {
            tid: text("tid"),
            aud: text("aud"),
            appid: text("appid").or_else(|| text("azp")),
            name: text("app_displayname"),
            roles: list("roles"),
            scp: list("scp"),
            exp: body.get("exp").and_then(Value::as_i64),
        }
    }
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
        serde_json::from_slice(&body).ok().map(|body| Claims::read(&body))
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

    #[test]
    fn what_has_another_type_is_passed_over() {
        let body = r#"{"tid":"t","aud":["x"],"roles":"A.Read.All","scp":"User.Read openid","exp":"soon","azp":"p"}"#;
        let claims = Token::ready(Secret::new(&format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(body)))).claims().unwrap();
        assert_eq!(
            (claims.tid.as_deref(), claims.appid.as_deref(), claims.aud, claims.exp),
            (Some("t"), Some("p"), None, None)
        );
        assert_eq!(
            (claims.roles, claims.scp),
            (vec!["A.Read.All".to_owned()], vec!["User.Read".to_owned(), "openid".to_owned()])
        );
        let list = Token::ready(Secret::new(&format!("e30.{}.sig", URL_SAFE_NO_PAD.encode("[1]"))));
        assert_eq!(list.claims(), None);
    }
}
