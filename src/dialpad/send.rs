//! Carrying out one request of a plan.

use http::{HeaderValue, StatusCode, header};

use super::{
    Done, Granted, Reader, Resolve, SendError, admin,
    scim::{Names, Resource, parse, said},
    wire::{self, Written},
};
use crate::{
    http::{Answer, Call, Client, Failure, Patience, Repeat, Sent},
    live::{Group, User, tenant::Member},
    names::{ApiId, Text},
    plan::{AdminRequest, Dialect, Request},
};

/// Carries out requests of a plan.
#[derive(Clone, Debug)]
pub struct Writer {
    reader: Reader,
}

impl Writer {
    pub(super) fn over(reader: Reader) -> Self {
        Self { reader }
    }

    /// The reading side, over the same limiter and pool.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// What was sent so far, by all clones and the reading side.
    pub fn sent(&self) -> Sent {
        self.reader.sent()
    }

    /// Sends one request to the admin API about the person with this id, retrying
    /// where nothing can have been done twice.
    ///
    /// # Errors
    /// Why it did not succeed.
    pub async fn grant(&self, request: &AdminRequest, user: &ApiId) -> Result<Granted, SendError> {
        match self.reader.api() {
            Some(api) => admin::send(api, request, user).await,
            None => Err(no_api()),
        }
    }

    /// The record in the admin API of somebody whom SCIM has created, by e-mail, which
    /// may not be there at once; and how many requests that took.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub async fn record(&self, email: &Text) -> (u64, Result<Member, SendError>) {
        match self.reader.api() {
            Some(api) => admin::record(api, email).await,
            None => (0, Err(no_api())),
        }
    }

    /// Sends one request of a plan over SCIM, retrying where nothing can have been done twice.
    ///
    /// # Errors
    /// Why it did not succeed.
    pub async fn send(
        &self,
        request: &Request,
        dialect: Dialect,
        version: Option<&Text>,
        resolve: Resolve<'_>,
    ) -> Result<Done, SendError> {
        let client = self.reader.client();
        let not_sent = |message: String| SendError::NotSent { message };
        let Written { method, path, body, repeat } =
            wire::write(request, dialect, resolve).map_err(|error| not_sent(error.to_string()))?;
        let version = version.and_then(|version| HeaderValue::from_str(version).ok());
        let headers = version.map(|version| (header::IF_MATCH, version)).into_iter().collect();
        let call = Call { method, path, body, headers, repeat, patience: Patience::USUAL };
        let answer = client.send(&call).await.map_err(|failure| unanswered(client, &failure))?;
        match request {
            Request::DeleteUser { .. } | Request::DeleteGroup { .. } | Request::Admin(_) => deleted(client, &answer),
            Request::CreateUser { .. } | Request::PatchUser { .. } => {
                accepted(client, &answer, repeat)?;
                let user = stored::<User>(&answer);
                Ok(Done { unconfirmed: user.is_none(), user, group: None })
            }
            Request::CreateGroup { .. }
            | Request::PatchGroup { .. }
            | Request::AddMembers { .. }
            | Request::RemoveMembers { .. } => {
                accepted(client, &answer, repeat)?;
                let group = stored::<Group>(&answer);
                Ok(Done { unconfirmed: group.is_none(), user: None, group })
            }
        }
    }
}

fn no_api() -> SendError {
    SendError::NotSent { message: wire::WriteError::Admin.to_string() }
}

fn unanswered(client: &Client, failure: &Failure) -> SendError {
    let message = client.fit(&failure.to_string());
    match failure {
        Failure::Unreached { .. } => unreached(client, &message),
        // The whole answer was not read, but an answer came: something was done.
        Failure::Lost { .. } | Failure::TooLarge => SendError::InDoubt { message },
    }
}

/// No connection: the same words for everybody whose change it was.
pub(super) fn unreached(client: &Client, message: &str) -> SendError {
    SendError::Unreached { message: format!("could not connect to {}: {message}", client.address()) }
}

/// The object in an answer, if there is one that can be read.
fn stored<T: Resource>(answer: &Answer) -> Option<T> {
    T::read(&parse(&answer.body).ok()?, &mut Names::default()).ok()
}

/// What is gone is deleted, whoever did it.
fn deleted(client: &Client, answer: &Answer) -> Result<Done, SendError> {
    if answer.status != StatusCode::NOT_FOUND && answer.status != StatusCode::GONE {
        accepted(client, answer, Repeat::Harmless)?;
    }
    Ok(Done { user: None, group: None, unconfirmed: false })
}

/// Success, or what the refusal means.
fn accepted(client: &Client, answer: &Answer, repeat: Repeat) -> Result<(), SendError> {
    let status = answer.status;
    if status.is_success() {
        return from_the_service(answer);
    }
    let message = said(client, answer).to_string();
    Err(match status.as_u16() {
        401 | 403 => SendError::Credentials { status: status.as_u16(), message },
        404 | 410 => SendError::Gone { message },
        409 => SendError::Conflict { message },
        // Our own first try may have moved the version.
        412 if answer.maybe_done_before => SendError::InDoubt { message },
        412 => SendError::Stale { message },
        429 => SendError::NotSent { message },
        408 | 502 | 503 | 504 => SendError::InDoubt { message },
        // A refusal of a later try says nothing of an earlier one that was lost.
        _ if answer.maybe_done_before && repeat == Repeat::IfUnprocessed => SendError::InDoubt { message },
        status => SendError::Refused { status, message: of_seats(status, message) },
    })
}

/// Success that comes with a web page comes from somebody else on the way, such as a
/// portal that wants a sign-in.
fn from_the_service(answer: &Answer) -> Result<(), SendError> {
    if !answer.body.trim_ascii_start().starts_with(b"<") {
        return Ok(());
    }
    let status = answer.status;
    let message = format!("{status} came with a web page, which is no answer of a SCIM service");
    Err(SendError::InDoubt { message })
}

/// A refusal that is about licences is called so: what was sent is not at fault.
fn of_seats(status: u16, message: String) -> String {
    let folded = crate::names::fold(&message);
    let is_billing = status == 402 || folded.contains("billing issue") || folded.contains("transaction failed");
    if is_billing { format!("no licence free: {message}") } else { message }
}
