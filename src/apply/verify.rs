//! Success is not believed: what an answer did not show is read back and compared
//! with what was sent.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    carry::{Carried, Context, Halt},
    objects::{self, Pages},
    seek::Look,
};
use crate::{
    dialpad::confirm,
    names::{AttrPath, TargetId, Text},
    plan::{
        self, Action, Change, Kind, Operation, Request, Sent, Subject,
        outcome::{ChangeResult, Status},
    },
    state::{Effect, Seek},
};

/// Reads back the objects of these changes; gives for each what it sent that is not
/// stored, or `None` where the object could not be read.
pub(super) async fn verify(
    context: &Context,
    changes: &[Arc<Change>],
    checks: &[(usize, TargetId)],
    pages: Pages,
    concurrency: u32,
) -> Vec<Option<Vec<AttrPath>>> {
    let wanted: Vec<(Kind, TargetId)> =
        checks.iter().map(|(at, target)| (changes[*at].action.kind(), target.clone())).collect();
    let groups = wanted.iter().any(|(kind, _)| *kind == Kind::Group);
    let objects = objects::read(context.writer.reader(), wanted, 0, groups, pages, concurrency).await;
    let missing = |(at, target): &(usize, TargetId)| {
        let change = &changes[*at];
        let object = objects.by_id.get(&(change.action.kind(), target.clone()))?.as_ref()?;
        let lacks = |request| confirm(request, &|of| context.resolve(of), object.stored());
        let mut missing: Vec<AttrPath> = change.requests.iter().flat_map(lacks).collect();
        missing.sort_unstable();
        missing.dedup();
        Some(missing)
    };
    checks.iter().map(missing).collect()
}

/// Looks at each request of a change and sends once more what of it is not there; gives
/// what came in its way. Only what ends the same when it is repeated: members are planned
/// again by the next run, since nothing of them is remembered as not stored.
pub(super) async fn insist(context: &Context, change: &Change) -> Option<Carried> {
    for (index, request) in change.requests.iter().enumerate() {
        match request {
            Request::PatchUser { .. } | Request::PatchGroup { .. } => {}
            Request::CreateUser { .. }
            | Request::CreateGroup { .. }
            | Request::AddMembers { .. }
            | Request::RemoveMembers { .. }
            | Request::DeleteUser { .. }
            | Request::DeleteGroup { .. }
            | Request::Admin(_) => continue,
        }
        // Its own number in the journal: the first time has its result already.
        let index = change.requests.len() + index;
        let doubt = context.doubt(change, index, Seek::default());
        let Look::NotThere(rest) = context.look(&doubt, request, true, false).await else { continue };
        let settled = match context.send(change, index, &rest).await {
            Ok(answered) => context.settle(change, Some(answered.line), Vec::new(), None),
            Err(trouble) => return Some(context.troubled(change, index, change.subject.target.clone(), trouble)),
        };
        if let Err(error) = settled {
            return Some(Carried { halt: Some(Halt::of(&error)), ..Carried::failed(None, error.to_string()) });
        }
    }
    None
}

/// What is to be remembered when some of a change was accepted and not stored.
///
/// An account that should be suspended and is not, or the other way, is a failure:
/// it must be tried again, and people must hear of it.
pub(super) fn take_back(
    change: &Change,
    result: &mut ChangeResult,
    missing: Vec<AttrPath>,
    disabled_since: Option<Timestamp>,
    context: &Context,
) -> Vec<Effect> {
    let now = context.now();
    let mut effects = Vec::new();
    let suspends = matches!(change.action, Action::DisableUser | Action::EnableUser);
    for path in missing {
        if suspends && path == AttrPath::core("active") {
            let message: Text = match change.action {
                Action::DisableUser => "the service accepted it, and the account is still active".into(),
                _ => "the service accepted it, and the account is still suspended".into(),
            };
            result.status = Status::Failed { http: None, message: message.clone() };
            let Subject { name, source, .. } = &change.subject;
            effects.extend(source.clone().zip(result.target.clone()).and_then(|(person, target)| {
                Some(match change.action {
                    Action::DisableUser => Effect::Enabled { person },
                    _ => Effect::Disabled { person, target, name: name.clone(), at: disabled_since? },
                })
            }));
            let (change, wanted) = (change.id.clone(), plan::wanted(change));
            effects.push(Effect::Failed { change, message, at: now, wanted });
        } else if let (false, Some(target)) = (path == AttrPath::core("members"), &result.target) {
            let value = sent(change, &path, context);
            effects.push(Effect::NotStored { target: target.clone(), path: path.clone(), value });
        }
        result.not_stored.push(path);
    }
    effects
}

/// The value that a change sent for an attribute, as the planner will want it the next
/// time: a reference is the id that it stood for. Empty where it removed the value.
fn sent(change: &Change, path: &AttrPath, context: &Context) -> Text {
    let value = |request: &Request| {
        let operations = match request {
            Request::CreateUser { attributes } | Request::CreateGroup { attributes } => return attributes.get(path),
            Request::PatchUser { operations, .. } | Request::PatchGroup { operations, .. } => operations,
            Request::AddMembers { .. }
            | Request::RemoveMembers { .. }
            | Request::DeleteUser { .. }
            | Request::DeleteGroup { .. }
            | Request::Admin(_) => return None,
        };
        operations.iter().find_map(|operation| match operation {
            Operation::Add { path: known, value } | Operation::Replace { path: known, value } => {
                (known == path).then(|| value.clone())
            }
            Operation::Remove { .. } => None,
        })
    };
    match change.requests.iter().find_map(value) {
        Some(Sent::Value(value)) => value.to_string().into(),
        Some(Sent::Reference(of)) => {
            context.resolve(&of).map_or_else(|| "".into(), |id| context.dialect.manager.remembered(&id).into())
        }
        None => "".into(),
    }
}
