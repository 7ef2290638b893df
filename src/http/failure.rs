use std::{error::Error, io};

use rustls::CertificateError;

use crate::sandbox::SandboxError;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The request never left.
    #[error("{message}")]
    Unreached {
        /// What stood in the way.
        reach: Reach,
        /// A lower-case fragment.
        message: String,
    },
    /// It left, and what came of it is not known.
    #[error("{message}")]
    Lost {
        /// A lower-case fragment.
        message: String,
    },
    /// The answer is larger than what is read.
    #[error("the answer is larger than {} MB", super::MOST_BYTES / (1024 * 1024))]
    TooLarge,
}

/// What stood in the way of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The host's name is not known.
    Name,
    /// The connection was refused.
    Refused,
    /// The certificate or the handshake.
    Tls,
    /// Nobody answered in time.
    Time,
    /// A proxy on the way refused.
    Proxy,
    /// Something else.
    Other,
}

impl Failure {
    pub(super) fn lost(message: impl Into<String>) -> Self {
        Failure::Lost { message: message.into() }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // Addresses may hold what people search for; callers name the service themselves.
        let error = error.without_url();
        let (connect, name, time) = (error.is_connect(), error.is_dns(), error.is_timeout());
        let causes = Causes::of(&error);
        let message = causes.deepest.clone();
        if !connect {
            let lost =
                if time { "no answer came in time".to_owned() } else { format!("the connection broke: {message}") };
            return Failure::Lost { message: lost };
        }
        let (reach, message) = if name {
            (Reach::Name, format!("the host's name is not known ({message})"))
        } else if let Some(tls) = causes.tls {
            (Reach::Tls, tls)
        } else if causes.refused {
            (Reach::Refused, "the connection was refused; nothing listens there".to_owned())
        } else if causes.proxy {
            (Reach::Proxy, format!("the proxy refused ({message})"))
        } else if time || causes.time {
            (Reach::Time, "the connection was not answered in time".to_owned())
        } else {
            (Reach::Other, message)
        };
        Failure::Unreached { reach, message }
    }
}

/// What is wrong with TLS, in words.
fn of_tls(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return format!("TLS cannot be agreed on: {error}; does the service speak it on this port?");
    };
    let wrong = match certificate {
        CertificateError::UnknownIssuer => "is signed by nobody that this machine trusts",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet; is this machine's clock right?"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "is for another host",
        CertificateError::Revoked => "was revoked",
        _ => "is not one that a service may have (signed by itself?)",
    };
    format!("its certificate {wrong}")
}

/// What is found along the causes of an error.
#[derive(Default)]
struct Causes {
    deepest: String,
    tls: Option<String>,
    refused: bool,
    time: bool,
    proxy: bool,
}

impl Causes {
    fn of(error: &(dyn Error + 'static)) -> Self {
        let mut found = Self::default();
        let mut next = Some(error);
        while let Some(error) = next {
            found.deepest = error.to_string();
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                found.tls = Some(of_tls(tls));
            }
            let text = found.deepest.to_ascii_lowercase();
            found.proxy |= text.contains("proxy") || text.contains("tunnel");
            next = error.source();
            if let Some(io) = error.downcast_ref::<io::Error>() {
                found.refused |= io.kind() == io::ErrorKind::ConnectionRefused;
                found.time |= io.kind() == io::ErrorKind::TimedOut;
                // What an io error wraps is skipped by its own `source`.
                if let Some(inner) = io.get_ref() {
                    next = Some(inner);
                }
            }
        }
        found
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        Failure::Lost { message: format!("failed to {error}") }
    }
}
