//! Where a secret may be sent.
//!
//! A pull request can edit a `url` in the manifest, so a token goes only to
//! Dialpad, to this machine, or to hosts that are named outside of the manifest.

use url::{Host, Url};

/// The hosts that are named outside of the manifest, in `DIALFORM_ALLOWED_HOSTS`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts(Vec<Allowed>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Allowed {
    host: String,
    port: Option<u16>,
    plain: bool,
}

/// Why a secret is not sent to a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Untrusted {
    /// A stable code in snake case.
    pub code: &'static str,
    /// A lower-case fragment.
    pub message: String,
    /// The next step.
    pub help: String,
}

impl AllowedHosts {
    /// Reads a list separated by commas or blanks: `scim.example.com`,
    /// `scim.example.com:8443`, `*.example.com`, and with plain HTTP allowed too
    /// `http://scim.internal:8080`.
    pub fn parse(text: &str) -> Self {
        let entries = text.split([',', ' ', '\n', '\t']).filter(|entry| !entry.is_empty()).map(|entry| {
            let entry = entry.to_ascii_lowercase();
            let plain = entry.starts_with("http://");
            let rest = entry.trim_start_matches("http://").trim_start_matches("https://");
            let rest = rest.split('/').next().unwrap_or_default();
            let (host, port) = match rest.rsplit_once(':') {
                Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse().ok()),
                _ => (rest, None),
            };
            Allowed { host: host.to_owned(), port, plain }
        });
        Self(entries.collect())
    }

    /// Whether a secret may be sent there.
    ///
    /// # Errors
    /// Why not, with the next step.
    pub fn judge(&self, url: &Url) -> Result<(), Untrusted> {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        if is_loopback(url) {
            return Ok(());
        }
        let named = self.0.iter().find(|allowed| allowed.fits(&host, url.port_or_known_default()));
        let is_known = host == "dialpad.com" || host.ends_with(".dialpad.com") || named.is_some();
        if !is_known {
            let message = format!("the token would be sent to `{host}`, which is not Dialpad");
            let help =
                format!("if that is meant, set DIALFORM_ALLOWED_HOSTS={host} outside of the manifest, where it runs");
            return Err(Untrusted { code: "untrusted_host", message, help });
        }
        if url.scheme() != "https" && !named.is_some_and(|allowed| allowed.plain) {
            let message = format!("the token would be sent to `{host}` in the clear");
            let help = format!(
                "write `https://`; if plain HTTP is meant, set DIALFORM_ALLOWED_HOSTS=http://{host} outside of the manifest"
            );
            return Err(Untrusted { code: "plain_http", message, help });
        }
        Ok(())
    }
}

impl Allowed {
    fn fits(&self, host: &str, port: Option<u16>) -> bool {
        let fits = match self.host.strip_prefix("*.") {
            Some(domain) => host.strip_suffix(domain).is_some_and(|head| head.len() > 1 && head.ends_with('.')),
            None => self.host == host,
        };
        fits && (self.port.is_none() || self.port == port)
    }
}

/// Whether a text is a GUID, as ids of tenants, applications and directory objects are.
pub fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    let fits = |wanted: usize| {
        parts.next().is_some_and(|part| part.len() == wanted && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    lengths.into_iter().all(fits) && text.len() == 36
}

/// Whether a URL stays on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => {
            let domain = domain.trim_end_matches('.').to_ascii_lowercase();
            domain == "localhost" || domain.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|address| address.is_loopback())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(url: &str, allowed: &str) -> Option<&'static str> {
        AllowedHosts::parse(allowed).judge(&Url::parse(url).unwrap()).err().map(|untrusted| untrusted.code)
    }

    #[test]
    fn dialpad_and_this_machine_are_trusted() {
        for url in [
            "https://dialpad.com/scim",
            "https://eu.Dialpad.com/scim",
            "http://localhost:8080/scim",
            "http://127.8.0.1/scim",
            "http://[::1]:8080/scim",
            "https://127.0.0.1/scim",
        ] {
            assert_eq!(code(url, ""), None, "{url}");
        }
    }

    #[test]
    fn what_only_looks_like_dialpad_or_this_machine_is_not() {
        for url in [
            "https://dialpad.com.evil.example/scim",
            "https://notdialpad.com/scim",
            "https://localhost.evil.example/scim",
            "https://10.0.0.1/scim",
            "https://dialpad.com@evil.example/scim",
            "https://0.0.0.0/scim",
        ] {
            assert_eq!(code(url, ""), Some("untrusted_host"), "{url}");
        }
    }

    #[test]
    fn hosts_are_named_outside_of_the_manifest() {
        assert_eq!(code("https://scim.example.com/v2", "a.example, scim.example.com"), None);
        assert_eq!(code("https://scim.example.com:8443/v2", "scim.example.com:8443"), None);
        assert_eq!(code("https://scim.example.com/v2", "scim.example.com:8443"), Some("untrusted_host"));
        assert_eq!(code("https://a.example.com/v2", "*.example.com"), None);
        assert_eq!(code("https://example.com/v2", "*.example.com"), Some("untrusted_host"));
        assert_eq!(code("https://evilexample.com/v2", "*.example.com"), Some("untrusted_host"));
    }

    #[test]
    fn plain_http_leaves_this_machine_only_when_asked_for() {
        assert_eq!(code("http://dialpad.com/scim", ""), Some("plain_http"));
        assert_eq!(code("http://scim.internal:8080/v2", "scim.internal"), Some("plain_http"));
        assert_eq!(code("http://scim.internal:8080/v2", "http://scim.internal:8080"), None);
    }
}
