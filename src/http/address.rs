use url::{Host, Url};

/// The address of a service, to which paths are appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    text: String,
    loopback: bool,
    near: bool,
}

/// Why a text is not an address that may be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no URL.
    #[error("use the address: it is not a URL ({0}); expected one such as `https://dialpad.com/scim`")]
    NotUrl(String),
    /// Neither `https` nor `http`.
    #[error("use the address: `{0}:` is not spoken here; expected a URL that begins with `https://`")]
    Scheme(String),
    /// Plain `http` to somewhere else.
    #[error(
        "use the address: plain http to `{0}` would show the token to everybody on the way; write `https://` (http is for this machine alone)"
    )]
    Plain(String),
    /// A name or password in it.
    #[error("use the address: it holds a user name or password; leave them out, the token has a setting of its own")]
    Credentials,
}

impl Address {
    /// Reads an address. Plain HTTP leaves this machine only with `plain_http`. Query and fragment are dropped (Entra's own switches
    /// such as `?aadOptscim062020` are none of the service's), as are slashes at the end.
    ///
    /// # Errors
    /// When it is no URL, or one to which no secret may be sent.
    pub fn parse(text: &str, plain_http: bool) -> Result<Self, AddressError> {
        let url = Url::parse(text.trim()).map_err(|error| AddressError::NotUrl(error.to_string()))?;
        let host = match url.host() {
            Some(host) if ["https", "http"].contains(&url.scheme()) => host,
            Some(_) | None => return Err(AddressError::Scheme(url.scheme().to_owned())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        let loopback = is_loopback(&host);
        let near = loopback || is_link_local(&host);
        if url.scheme() == "http" && !loopback && !plain_http {
            return Err(AddressError::Plain(host.to_string()));
        }
        let text = format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/'));
        Ok(Self { text, loopback, near })
    }

    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether both are the same host and port.
    pub fn is_same_host(&self, other: &Self) -> bool {
        let origin = |address: &Self| Url::parse(&address.text).map(|url| url.origin()).ok();
        origin(self).is_some_and(|own| origin(other) == Some(own))
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether it is this machine or one on the same wire (RFC 3927, RFC 4291 §2.5.6), where
    /// clouds tell a machine who it is. No proxy can ask for it in our place.
    pub fn is_near(&self) -> bool {
        self.near
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
    }
}

fn is_link_local(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(_) => false,
        Host::Ipv4(ip) => ip.is_link_local(),
        Host::Ipv6(ip) => ip.is_unicast_link_local() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_link_local()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_its_slash_and_its_query() {
        for (text, address) in [
            ("https://dialpad.com/scim", "https://dialpad.com/scim"),
            ("https://Dialpad.com:443/scim/?aadOptscim062020#x", "https://dialpad.com/scim"),
            (" http://127.0.0.1:8080/v2/ ", "http://127.0.0.1:8080/v2"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://localhost/scim", "http://localhost/scim"),
        ] {
            assert_eq!(Address::parse(text, false).unwrap().as_str(), address);
        }
    }

    #[test]
    fn what_is_near_is_not_asked_for_through_a_proxy() {
        for (text, near) in [
            ("http://127.0.0.1:1", true),
            ("http://localhost", true),
            ("http://169.254.169.254/metadata", true),
            ("http://[fe80::1]/", true),
            ("http://169.253.0.1", false),
            ("http://169.254.169.254.example.com", false),
            ("https://login.microsoftonline.com", false),
        ] {
            assert_eq!(Address::parse(text, true).unwrap().is_near(), near, "{text}");
        }
    }

    #[test]
    fn what_would_show_a_secret_is_refused() {
        assert_eq!(
            Address::parse("http://scim.example.com/v2", false).unwrap_err(),
            AddressError::Plain("scim.example.com".into())
        );
        assert!(Address::parse("http://scim.example.com/v2", true).is_ok());
        assert!(matches!(Address::parse("http://127.0.0.1.example.com", false), Err(AddressError::Plain(_))));
        let with_password = Address::parse("https://me:hunter2@dialpad.com", false).unwrap_err();
        assert_eq!(with_password, AddressError::Credentials);
        assert!(!with_password.to_string().contains("hunter2"));
        assert!(matches!(Address::parse("file:///etc/passwd", false), Err(AddressError::Scheme(_))));
        assert!(matches!(Address::parse("dialpad.com/scim", false), Err(AddressError::NotUrl(_))));
        assert!(matches!(Address::parse("data:text/plain,x", false), Err(AddressError::Scheme(_))));
    }
}
