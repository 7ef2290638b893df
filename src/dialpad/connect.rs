//! From the other end and its settings to a client.

use super::{
    AdminEnd, End, Reader, Writer,
    admin::{ADMIN_PATH, Api},
};
use crate::{
    http::{Address, AddressError, Client, EndError, Ends, Limits, bearer},
    manifest::Scim,
    names::{Secret, Text},
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
    /// The key of the admin API cannot be sent.
    #[error(
        "send the key of the admin API: it holds characters that cannot stand in a header; was more than the key copied into it?"
    )]
    Key,
}

/// The clients of both services. Where they are one company they share one rate: Dialpad's
/// 20 requests a second are the company's (developers.dialpad.com/docs/rate-limits).
fn clients(end: End, settings: &Scim, admin: Option<AdminEnd>) -> Result<(Client, Option<Client>), ConnectError> {
    match end {
        End::Sandbox(sandbox) => {
            let limits = Limits::new(settings.rate, settings.concurrency);
            let api = Client::sandbox(sandbox.clone(), ADMIN_PATH, limits.clone());
            Ok((Client::sandbox(sandbox, BASE_PATH, limits), Some(api)))
        }
        End::Socket { url, token, plain_http } => {
            let address = Address::parse(&url, plain_http)?;
            let Some(AdminEnd { url, key, plain_http, rate }) = admin else {
                let limits = Limits::new(settings.rate, settings.concurrency);
                return Ok((socket(&address, token, limits, ConnectError::Token)?, None));
            };
            let api: Text = format!("{url}{ADMIN_PATH}").into();
            let api = Address::parse(&api, plain_http)?;
            let (scim, api_limits) = if address.is_same_host(&api) {
                let limits = Limits::new(lower(settings.rate, rate), settings.concurrency);
                (limits.clone(), limits)
            } else {
                (Limits::new(settings.rate, settings.concurrency), Limits::new(rate, settings.concurrency))
            };
            let api = socket(&api, Some(key), api_limits, ConnectError::Key)?;
            Ok((socket(&address, token, scim, ConnectError::Token)?, Some(api)))
        }
    }
}

fn socket(
    address: &Address,
    token: Option<Secret>,
    limits: Limits,
    unsendable: ConnectError,
) -> Result<Client, ConnectError> {
    let token = match token {
        Some(token) => {
            let header = bearer(&token).ok_or(unsendable)?;
            Some((token, header))
        }
        None => None,
    };
    Ok(Client::socket(address, token, limits)?)
}

/// The lower of two rates, of which `None` is without a limit.
fn lower(left: Option<f64>, right: Option<f64>) -> Option<f64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (one, None) | (None, one) => one,
    }
}

impl Reader {
    /// A client that reads SCIM alone, and a sandbox's admin API. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address, the token or this machine's certificates cannot be used.
    pub fn connect(end: End, settings: &Scim) -> Result<Self, ConnectError> {
        Self::connect_with(end, settings, None)
    }

    /// A client of services in this process that answer as a test wants.
    pub fn in_process(scim: Ends, admin: Ends, settings: &Scim) -> Self {
        let limits = Limits::new(settings.rate, settings.concurrency);
        let at_once = settings.concurrency.max(1) as usize;
        let client = Client::in_process(admin, &format!("http://dialpad{ADMIN_PATH}"), limits.clone());
        Self::over(Client::in_process(scim, "http://dialpad/scim", limits), settings, Some(Api { client, at_once }))
    }

    /// A client that reads SCIM and the admin API. Nothing is sent yet.
    ///
    /// # Errors
    /// As [`Reader::connect`], for both.
    pub fn connect_with(end: End, settings: &Scim, admin: Option<AdminEnd>) -> Result<Self, ConnectError> {
        let (client, api) = clients(end, settings, admin)?;
        let at_once = settings.concurrency.max(1) as usize;
        Ok(Self::over(client, settings, api.map(|client| Api { client, at_once })))
    }
}

impl Writer {
    /// A client that also writes. There is no way from a [`Reader`] to one.
    ///
    /// # Errors
    /// As [`Reader::connect`].
    pub fn connect(end: End, settings: &Scim) -> Result<Self, ConnectError> {
        Self::connect_with(end, settings, None)
    }

    /// A client that also writes, to both.
    ///
    /// # Errors
    /// As [`Reader::connect_with`].
    pub fn connect_with(end: End, settings: &Scim, admin: Option<AdminEnd>) -> Result<Self, ConnectError> {
        Ok(Self::over(Reader::connect_with(end, settings, admin)?))
    }
}
