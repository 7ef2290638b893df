//! Mail: the server's URL, the message, and what a server may answer.

use std::{error::Error as _, time::Duration};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{self, TlsParameters},
    },
};
use percent_encoding::percent_decode_str;
use url::Url;

use super::notice::Notice;
use crate::{
    manifest::trust::is_loopback,
    names::{Secret, Text},
    render::neutral,
};

/// How long one command of SMTP may take.
const COMMAND: Duration = Duration::from_secs(8);

/// Characters of an answer that are shown.
const SHOWN: usize = 200;

/// A mail server.
pub struct Server {
    host: String,
    port: u16,
    tls: Tls,
    user: Option<(String, Secret)>,
}

/// How the connection is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (RFC 8314 §3).
    Implicit,
    /// By STARTTLS, or not at all (RFC 3207).
    StartTls,
    /// By STARTTLS where the server offers it; on this machine alone.
    Offered,
    /// None, as the URL asks for.
    Plain,
}

/// Why a text is no server. It never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// Not a URL of mail.
    #[error(
        "the secret is not the URL of a mail server; expected `smtps://USER:PASSWORD@HOST` or `smtp://USER:PASSWORD@HOST:587`"
    )]
    NotUrl,
    /// A user name alone.
    #[error("the URL has a user name and no password; write `USER:PASSWORD@`, and %40 for an `@` in either")]
    NoPassword,
    /// Something behind the host.
    #[error(
        "the URL has something behind the host that is not known; the only option is `?tls=none`, for a relay without TLS and without a password"
    )]
    Unknown,
    /// A password in the clear.
    #[error("with `?tls=none` the password would go in the clear; leave one of them out")]
    Clear,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Server {
    /// Reads a URL.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(secret: &Secret) -> Result<Self, ServerError> {
        let url = Url::parse(secret.expose()).map_err(|_| ServerError::NotUrl)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(ServerError::NotUrl)?.to_owned();
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(|text| text.into_owned());
        let user = match (url.username(), url.password()) {
            ("", None) => None,
            (_, None) => return Err(ServerError::NoPassword),
            (name, Some(password)) => {
                let (name, password) = (decoded(name), decoded(password));
                Some((name.map_err(|_| ServerError::NotUrl)?, Secret::new(&password.map_err(|_| ServerError::NotUrl)?)))
            }
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(ServerError::Unknown);
        }
        let near = is_loopback(&Url::parse(&format!("http://{host}")).map_err(|_| ServerError::NotUrl)?);
        let (tls, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Tls::Implicit, 465),
            ("smtp", None) if near => (Tls::Offered, 587),
            ("smtp", None | Some("tls=required")) => (Tls::StartTls, 587),
            ("smtp", Some("tls=none")) if user.is_some() && !near => return Err(ServerError::Clear),
            ("smtp", Some("tls=none")) => (Tls::Plain, 25),
            ("smtp" | "smtps", Some(_)) => return Err(ServerError::Unknown),
            _ => return Err(ServerError::NotUrl),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), tls, user })
    }

    /// Who sends, where the manifest does not say: the user name where that is an
    /// address, else `dialform` at the domain of a receiver.
    pub fn sender(&self, to: &str) -> Text {
        let user = self.user.as_ref().map(|(name, _)| name.as_str()).filter(|name| name.parse::<Address>().is_ok());
        match user {
            Some(name) => name.into(),
            None => format!("dialform@{}", to.rsplit('@').next().unwrap_or("localhost")).into(),
        }
    }

    /// Sends a message. Of several receivers a refused one does not keep the others from theirs.
    ///
    /// # Errors
    /// What went wrong and what to do, without the password.
    pub async fn send(&self, from: &str, to: &[Text], notice: &Notice, bodies: (String, String)) -> Result<(), String> {
        let (text, html) = bodies;
        let address = |text: &str| {
            text.parse::<Address>().map_err(|_| format!("`{}` is not an address of mail", neutral::line(text)))
        };
        let sender = address(from)?;
        let receivers = to.iter().map(|to| address(to)).collect::<Result<Vec<Address>, String>>()?;
        let mut message = Message::builder()
            .from(Mailbox::new(Some("Dialform".to_owned()), sender.clone()))
            .subject(notice.subject.clone())
            .header(AutoSubmitted)
            .date_now()
            .message_id(None);
        for receiver in &receivers {
            message = message.to(Mailbox::new(None, receiver.clone()));
        }
        let message = message
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|error| format!("write the mail: {error}"))?
            .formatted();
        let transport = self.transport()?;
        let envelope = |to: Vec<Address>| Envelope::new(Some(sender.clone()), to).map_err(|error| error.to_string());
        let Err(error) = transport.send_raw(&envelope(receivers.clone())?, &message).await else { return Ok(()) };
        if receivers.len() == 1 || !error.is_permanent() || self.is_of_all(&error) {
            return Err(self.explain(&error));
        }
        let mut refused = Vec::new();
        for receiver in receivers {
            let to = receiver.to_string();
            if let Err(error) = transport.send_raw(&envelope(vec![receiver])?, &message).await {
                refused.push(format!("{to}: {}", self.explain(&error)));
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(refused.join("; ")) }
    }

    /// Whether an answer has nothing to do with a receiver.
    fn is_of_all(&self, error: &smtp::Error) -> bool {
        error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let parameters = || {
            TlsParameters::builder(self.host.clone())
                .build_rustls()
                .map_err(|error| format!("set up TLS: {error}; `SSL_CERT_FILE` names the file of a private authority"))
        };
        let tls = match self.tls {
            Tls::Implicit => client::Tls::Wrapper(parameters()?),
            Tls::StartTls => client::Tls::Required(parameters()?),
            Tls::Offered => client::Tls::Opportunistic(parameters()?),
            Tls::Plain => client::Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(self.host.clone())
            .port(self.port)
            .tls(tls)
            .timeout(Some(COMMAND));
        if let Some((name, password)) = &self.user {
            builder = builder.credentials(Credentials::new(name.clone(), password.expose().to_owned()));
        }
        Ok(builder.build())
    }

    /// What a failure means, and what to do.
    fn explain(&self, error: &smtp::Error) -> String {
        let at = format!("{}:{}", self.host, self.port);
        let said = self.said(error);
        if let Some(code) = error.status() {
            let next = match u16::from(code) {
                421 | 450..=452 => "it is busy or puts this off: it is told with the next run",
                530 | 538 => "it wants a user name and password, or TLS: write them into the URL",
                534 | 535 => "it does not take the user name and password (some want one made for programs)",
                550..=553 => {
                    "it does not take the sender or the receiver: `from` has to be an address that this user may send as"
                }
                554 => "it does not take mail from here: ask who runs it",
                _ => "ask who runs it",
            };
            return format!("{at} answered {code} {said}; {next}");
        }
        if error.is_timeout() {
            return format!(
                "{at} did not answer in time; `smtps://` is for port 465 and `smtp://` for 587, and a firewall may be in the way"
            );
        }
        if error.is_tls() || said.contains("certificate") {
            return format!(
                "{at}: TLS cannot be agreed on ({said}); `SSL_CERT_FILE` names the file of a private authority, and `smtps://` is for port 465"
            );
        }
        if said.contains("STARTTLS") {
            return format!(
                "{at} offers no TLS; use its port that does, or `?tls=none` without a password for a relay of yours"
            );
        }
        format!("{at} cannot be used ({said}); check host and port, and whether this machine may go there")
    }

    /// What stands behind an error, without what signs in.
    fn said(&self, error: &smtp::Error) -> String {
        let mut text = match error.source() {
            None => error.to_string(),
            Some(mut source) => {
                while let Some(next) = source.source() {
                    source = next;
                }
                source.to_string()
            }
        };
        if let Some((name, password)) = &self.user {
            use base64::{Engine, engine::general_purpose::STANDARD};
            let plain = format!("\0{name}\0{}", password.expose());
            for secret in [password.expose().to_owned(), STANDARD.encode(password.expose()), STANDARD.encode(plain)] {
                text = text.replace(&secret, "••••••");
            }
        }
        neutral::line(&text).chars().take(SHOWN).collect()
    }
}

/// That nobody wrote it, so that nobody's holiday answers it (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_host_port_tls_and_user() {
        for (url, host, port, tls) in [
            ("smtps://it%40acme.example:p%40ss@mail.example", "mail.example", 465, Tls::Implicit),
            ("smtp://mail.example", "mail.example", 587, Tls::StartTls),
            ("smtp://mail.example:2525?tls=required", "mail.example", 2525, Tls::StartTls),
            ("smtp://relay.example?tls=none", "relay.example", 25, Tls::Plain),
            ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, Tls::Offered),
        ] {
            let server = Server::parse(&Secret::new(url)).unwrap();
            assert_eq!((server.host.as_str(), server.port, server.tls), (host, port, tls), "{url}");
        }
        let server = Server::parse(&Secret::new("smtps://it%40acme.example:p%40ss@mail.example")).unwrap();
        assert_eq!(&*server.sender("x@other.example"), "it@acme.example");
        assert_eq!(server.user.as_ref().map(|(_, password)| password.expose()), Some("p@ss"));
        assert!(!format!("{server:?}").contains("p@ss"));
        let server = Server::parse(&Secret::new("smtp://apikey:x@mail.example")).unwrap();
        assert_eq!(&*server.sender("it@acme.example"), "dialform@acme.example");
    }

    #[test]
    fn what_is_no_server_is_refused_without_being_told() {
        for (url, why) in [
            ("hunter2", ServerError::NotUrl),
            ("https://u:hunter2@mail.example", ServerError::NotUrl),
            ("smtp://hunter2@mail.example", ServerError::NoPassword),
            ("smtp://u:hunter2@mail.example?tls=none", ServerError::Clear),
            ("smtp://u:hunter2@mail.example?tls=maybe", ServerError::Unknown),
            ("smtp://mail.example/hunter2", ServerError::Unknown),
        ] {
            let error = Server::parse(&Secret::new(url)).unwrap_err();
            assert_eq!(error, why, "{url}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
