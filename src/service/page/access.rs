//! Who may see names.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use super::sockets::Peer;
use crate::names::Secret;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visitor {
    /// This machine, or somebody with the token.
    Trusted,
    /// Somebody without a token: counts alone.
    Stranger,
    /// Somebody with a wrong token.
    Wrong,
    /// A browser of this machine that was led here under another name (DNS rebinding).
    Foreign,
}

impl Visitor {
    pub(super) fn sees_people(self) -> bool {
        match self {
            Visitor::Trusted => true,
            Visitor::Stranger | Visitor::Wrong | Visitor::Foreign => false,
        }
    }
}

/// Headers that a proxy adds: who asks is then not this machine, whatever the connection says.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/// Decides.
pub(super) struct Door {
    /// Digests are compared, so that the time it takes tells nothing.
    token: Option<[u8; 32]>,
}

impl Door {
    pub(super) fn new(token: Option<Secret>) -> Self {
        Self { token: token.map(|token| Sha256::digest(token.expose()).into()) }
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    pub(super) fn look(&self, peer: Option<Peer>, headers: &HeaderMap) -> Visitor {
        if let (Some(given), Some(token)) = (given(headers), self.token) {
            let digest: [u8; 32] = Sha256::digest(given).into();
            return if digest == token { Visitor::Trusted } else { Visitor::Wrong };
        }
        let is_near = peer.is_some_and(|Peer(address)| address.ip().to_canonical().is_loopback());
        let is_forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
        match (is_near && !is_forwarded, names_this_machine(headers)) {
            (true, true) => Visitor::Trusted,
            (true, false) if self.token.is_none() => Visitor::Foreign,
            _ => Visitor::Stranger,
        }
    }
}

/// The token that was sent: as a bearer token (RFC 6750), or as the password of a browser (RFC 7617).
fn given(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        return decoded.split_once(':').map(|(_, password)| password.to_owned());
    }
    None
}

/// Whether `Host` is a name that only this machine has.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn look(token: Option<&str>, peer: &str, headers: &[(&'static str, &str)]) -> Visitor {
        let door = Door::new(token.map(Secret::new));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        door.look(Some(Peer(peer.parse().unwrap())), &map)
    }

    #[test]
    fn this_machine_sees_names_and_others_need_the_token() {
        let near = "127.0.0.1:5000";
        for host in ["localhost", "localhost:9464", "127.0.0.1:9464", "[::1]:9464", "status.localhost", "LOCALHOST."] {
            assert_eq!(look(None, near, &[("host", host)]), Visitor::Trusted, "{host}");
            assert_eq!(look(Some("t0ken-long"), near, &[("host", host)]), Visitor::Trusted, "{host}");
        }
        assert_eq!(look(None, "[::ffff:127.0.0.1]:5", &[("host", "localhost")]), Visitor::Trusted);
        let far = "192.0.2.7:5000";
        assert_eq!(look(None, far, &[("host", "localhost")]), Visitor::Stranger);
        assert_eq!(look(Some("t0ken-long"), far, &[]), Visitor::Stranger);
        // `any:t0ken-long` in base64.
        for right in ["Bearer t0ken-long", "bearer t0ken-long", "Basic YW55OnQwa2VuLWxvbmc="] {
            assert_eq!(look(Some("t0ken-long"), far, &[("authorization", right)]), Visitor::Trusted, "{right}");
        }
        for wrong in ["Bearer t0ken-lon", "Bearer ", "Basic YW55Ong=", "Bearer t0ken-long2"] {
            assert_eq!(look(Some("t0ken-long"), far, &[("authorization", wrong)]), Visitor::Wrong, "{wrong}");
        }
        assert_eq!(look(Some("t0ken-long"), far, &[("authorization", "Basic ???")]), Visitor::Stranger);
        // Without a token of ours any token is no token.
        assert_eq!(look(None, far, &[("authorization", "Bearer x")]), Visitor::Stranger);
    }

    #[test]
    fn neither_a_rebound_name_nor_a_proxy_is_this_machine() {
        let near = "127.0.0.1:5000";
        for host in
            ["attacker.example", "attacker.example:9464", "localhost.attacker.example", "127.0.0.1.nip.example", ""]
        {
            assert_eq!(look(None, near, &[("host", host)]), Visitor::Foreign, "{host}");
            assert_eq!(look(Some("t0ken-long"), near, &[("host", host)]), Visitor::Stranger, "{host}");
        }
        for header in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
            assert_eq!(
                look(None, near, &[("host", "localhost"), (header, "192.0.2.7")]),
                Visitor::Stranger,
                "{header}"
            );
        }
    }
}
