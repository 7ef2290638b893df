//! From the other end and its settings to a client.

use super::{End, Reader, Writer};
use crate::{
    http::{Address, AddressError, Client, EndError, bearer},
    manifest::Scim,
    sandbox::BASE_PATH,
};

/// Why a connection cannot even be tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// TLS cannot be set up.
    #[error(transparent)]
    End(#[from] EndError),
    /// The token cannot be sent.
    #[error("send the token: it holds characters that cannot stand in a header; was more than the key copied into it?")]
    Token,
}

fn client(end: End, settings: &Scim) -> Result<Client, ConnectError> {
    let (rate, at_once) = (settings.rate, settings.concurrency);
    match end {
        End::Sandbox(sandbox) => Ok(Client::sandbox(sandbox, BASE_PATH, rate, at_once)),
        End::Socket { url, token, plain_http } => {
            let token = match token {
                Some(token) => {
                    let header = bearer(&token).ok_or(ConnectError::Token)?;
                    Some((token, header))
                }
                None => None,
            };
            Ok(Client::socket(&Address::parse(&url, plain_http)?, token, rate, at_once)?)
        }
    }
}

impl Reader {
    /// A client that reads. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address, the token or this machine's certificates cannot be used.
    pub fn connect(end: End, settings: &Scim) -> Result<Self, ConnectError> {
        Ok(Self::over(client(end, settings)?, settings))
    }
}

impl Writer {
    /// A client that also writes. There is no way from a [`Reader`] to one.
    ///
    /// # Errors
    /// As [`Reader::connect`].
    pub fn connect(end: End, settings: &Scim) -> Result<Self, ConnectError> {
        Ok(Self::over(Reader::connect(end, settings)?))
    }
}
