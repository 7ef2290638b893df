//! Why Entra could not be read.

use super::SignInFailure;

/// Why Entra could not be read. Nothing is planned then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    /// What kind of trouble.
    pub kind: Kind,
    /// A lower-case fragment that follows "failed to", without any secret.
    pub message: String,
    /// The next step.
    pub help: String,
}

/// What stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is no token, or Graph refuses it.
    SignIn,
    /// The token is of another tenant than the manifest names.
    Tenant,
    /// The application is not there, or its name is that of several.
    Application,
    /// A permission is missing.
    Permission,
    /// Graph does not answer, or only that it is busy.
    Unreachable,
    /// What it answers cannot be used.
    Unusable,
}

impl Trouble {
    pub(super) fn new(kind: Kind, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: help.into() }
    }

    /// An answer that cannot be used: `what` was read, and what is wrong with it.
    pub(super) fn unusable(what: &str, wrong: &str) -> Self {
        let help = "try again; if it stays so, `dialform doctor` tests the connection";
        Self::new(Kind::Unusable, format!("read {what}: {wrong}"), help)
    }

    /// A permission that the sign-in lacks.
    pub(super) fn permission(what: &str, permission: &str, said: &str) -> Self {
        let help = format!(
            "grant the application permission `{permission}` to the identity that signs in, with admin consent \
             (docs/entra.md lists all that are needed)"
        );
        Self::new(Kind::Permission, format!("read {what}: {said}"), help)
    }
}

impl From<SignInFailure> for Trouble {
    fn from(failure: SignInFailure) -> Self {
        Self::new(Kind::SignIn, failure.to_string(), failure.help)
    }
}
