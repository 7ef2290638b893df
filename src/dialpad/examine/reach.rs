//! The test of the connection, as Entra does it: somebody who does not exist is
//! asked for, and an empty list is expected.

use http::StatusCode;

use super::{Examination, filter, is_page, nobody};
use crate::{
    dialpad::scim::{self, listing::Page, said},
    http::{Answer, Failure, Reach},
    names::AttrPath,
};

const TENANT_URL: &str = "use the Tenant URL of the portal; for Dialpad it is `https://dialpad.com/scim`";

impl Examination<'_> {
    /// Whether there is any point in going on.
    pub(super) async fn test_connection(&mut self) -> bool {
        let matching = self.interest.matching.clone().unwrap_or_else(|| AttrPath::core("userName"));
        match self.get(&filter("/Users", &matching, &nobody())).await {
            Err(failure) => {
                self.unanswered(&failure);
                false
            }
            Ok(answer) => self.tested(&answer, &matching),
        }
    }

    fn unanswered(&mut self, failure: &Failure) {
        let address = self.client.address().to_owned();
        let message = format!("no answer from {address}: {failure}");
        let remedy = match failure {
            Failure::Unreached { reach, .. } => match reach {
                Reach::Name => "look for a typing mistake in `url`, and whether this machine can resolve names",
                Reach::Refused => "see whether the port is right and the service runs",
                Reach::Tls => {
                    "a private authority's certificate goes into the file that `SSL_CERT_FILE` names; verification cannot be turned off"
                }
                Reach::Time => "see whether a firewall is between; `HTTPS_PROXY` names a proxy",
                Reach::Proxy => "see `HTTPS_PROXY`, and its user name and password",
                Reach::Other => "see the address and the network",
            },
            Failure::Lost { .. } => "the service took the request and did not answer; try again, then ask its operator",
            Failure::TooLarge => TENANT_URL,
        };
        self.error("connection", message, remedy);
    }

    fn tested(&mut self, answer: &Answer, matching: &AttrPath) -> bool {
        let address = self.client.address().to_owned();
        self.good("connection", format!("{address} answers"));
        let message = said(&self.client, answer).to_string();
        match answer.status {
            StatusCode::UNAUTHORIZED => {
                let remedy = "make a new key (in Dialpad: Admin > My Company > Authentication > API Keys); keys expire";
                self.error("credentials", format!("the token is not accepted: {message}"), remedy);
                false
            }
            StatusCode::FORBIDDEN => {
                let remedy = "the key is known but may not do this: it needs to be a company administrator's";
                self.error("credentials", format!("the token is refused: {message}"), remedy);
                false
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                self.error("address", format!("there is no `/Users` below the address: {message}"), TENANT_URL);
                false
            }
            status if status.is_redirection() => {
                self.error("address", message, TENANT_URL);
                false
            }
            status if status.is_success() => self.empty(answer, matching),
            _ if is_page(&answer.body) => {
                self.error("address", format!("a web page came instead of SCIM: {message}"), TENANT_URL);
                false
            }
            StatusCode::BAD_REQUEST | StatusCode::NOT_IMPLEMENTED => {
                self.good("credentials", "the token is accepted");
                self.warning(
                    "filter",
                    format!("filters on `{matching}` are not supported: {message}"),
                    "plans read the whole listing and do not need them; Entra's own Test Connection would fail here",
                );
                true
            }
            _ => {
                let remedy = "try again; if it stays so, ask the service's operator";
                self.error("connection", format!("a test request was refused: {message}"), remedy);
                false
            }
        }
    }

    fn empty(&mut self, answer: &Answer, matching: &AttrPath) -> bool {
        match scim::parse(&answer.body).and_then(Page::read) {
            Ok(page) => {
                self.good("credentials", "the token is accepted");
                if super::entries(&page) == 0 {
                    self.good("filter", format!("a `{matching}` that nobody has finds nobody, as Entra expects"));
                } else {
                    self.warning(
                        "filter",
                        format!("filters are ignored: a `{matching}` that nobody has finds {}", super::entries(&page)),
                        "plans read the whole listing and do not need them; keep `read: list`",
                    );
                }
                true
            }
            Err(problem) => {
                let problem = self.client.fit(&problem);
                self.error("address", format!("what came is no SCIM: {problem}"), TENANT_URL);
                false
            }
        }
    }
}
