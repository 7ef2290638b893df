//! Requests to the admin API within a change: whose record it is, and what a lost
//! answer means.
//!
//! Nothing is looked up when an answer is lost: sent again it ends the same, and the
//! next plan goes on from what is there.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::OnceCell;

use super::carry::{Answered, Context, Halt, Trouble, failed};
use crate::{
    dialpad::{Granted, SendError},
    live::tenant::{Member, MemberState},
    names::{ApiId, Post, Text},
    plan::{AdminRequest, ApiUser, Change, ChangeId, OperatorsOf, Request},
    state::Seek,
};

/// A record that is looked up once, whoever asks for it at the same time.
type Looked = Arc<OnceCell<Result<Member, SendError>>>;

/// Records in the admin API of people whom this run created.
#[derive(Debug, Default)]
pub(super) struct Records {
    of: Mutex<BTreeMap<ChangeId, Looked>>,
    lookups: AtomicU64,
}

impl Records {
    /// Requests that looking them up took.
    pub fn lookups(&self) -> u64 {
        self.lookups.load(Ordering::Relaxed)
    }

    fn cell(&self, change: &ChangeId) -> Looked {
        // Inserting cannot be left half done by a panic.
        self.of.lock().unwrap_or_else(PoisonError::into_inner).entry(change.clone()).or_default().clone()
    }

    async fn of(&self, context: &Context, change: &ChangeId, email: &Text) -> Result<Member, SendError> {
        let look_up = || async {
            let (asked, found) = context.writer.record(email).await;
            self.lookups.fetch_add(asked, Ordering::Relaxed);
            found
        };
        self.cell(change).get_or_init(look_up).await.clone()
    }
}

/// Sends one request.
pub(super) async fn send(
    context: &Context,
    change: &Change,
    index: usize,
    request: &AdminRequest,
) -> Result<Answered, Trouble> {
    context.go().map_err(Trouble::Halt)?;
    let user = user(context, change, request).await?;
    let doubt = context.doubt(change, index, Seek::default());
    let line = context.journal.intend(&doubt).await.map_err(|error| Trouble::Halt(Halt::of(&error)))?;
    // Writing it down may have taken its time, and somebody else may have taken over.
    context.hold.check().map_err(|lost| Trouble::Halt(Halt::Lock(lost)))?;
    match context.writer.grant(request, &user).await {
        Ok(Granted { already, not_stored }) => Ok(Answered { not_stored, ..Answered::without_body(line, already) }),
        Err(SendError::InDoubt { message }) => {
            let message =
                format!("{message}; whether it was done is not known: the next plan goes on from what is there");
            Err(Trouble::Doubt { doubt: Box::new(doubt), message, halt: None })
        }
        Err(error) => Err(failed(line, &error)),
    }
}

/// Whose record it is. Of somebody whom this run created it is looked up by e-mail.
async fn user(context: &Context, change: &Change, request: &AdminRequest) -> Result<ApiId, Trouble> {
    let (created, email) = match request.user() {
        ApiUser::Live(id) => return Ok(id.clone()),
        ApiUser::Created { change, email } => (change, email),
    };
    let member = context.records.of(context, created, email).await.map_err(|error| {
        let halt = match &error {
            SendError::Credentials { status, message } => {
                Some(Halt::Credentials { status: *status, message: message.clone() })
            }
            SendError::Conflict { .. }
            | SendError::Gone { .. }
            | SendError::Stale { .. }
            | SendError::Refused { .. }
            | SendError::InDoubt { .. }
            | SendError::NotSent { .. } => None,
            SendError::Unreached { message } => Some(Halt::Unreached(message.clone())),
        };
        Trouble::Failed { line: None, http: None, message: error.to_string(), refused: false, halt }
    })?;
    if member.state == MemberState::Pending && request.needs_login() {
        let because = format!(
            "waits: {} has not logged in yet; the next plan gives it after the first login",
            change.subject.name
        );
        return Err(Trouble::Waits { because });
    }
    Ok(member.id)
}

/// Says what is half done when an operator was removed to be added as something else, and was not added.
pub(super) fn half_done(change: &Change, index: usize, message: String) -> String {
    let at = |index: usize| match change.requests.get(index) {
        Some(Request::Admin(request)) => Some(request),
        Some(_) | None => None,
    };
    let before = index.checked_sub(1).and_then(at);
    match (before, at(index)) {
        (
            Some(AdminRequest::RemoveOperator { group: from, .. }),
            Some(AdminRequest::AddOperator { group: to, post, .. }),
        ) if from == to => {
            let (place, wanted) = match (to, post) {
                (OperatorsOf::Department(_), post) => ("the department", post),
                (OperatorsOf::ContactCenter(_), post) => ("the contact center", post),
            };
            let wanted = match wanted {
                Post::Operator => "operator",
                Post::Supervisor => "supervisor",
                Post::Admin => "admin",
            };
            format!(
                "half done: {} was taken out of {place} and not added again as {wanted}, which the next plan does: {message}",
                change.subject.name
            )
        }
        _ => message,
    }
}
