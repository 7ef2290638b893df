//! Whether a plan that was read holds together, so that applying can trust it.

use std::collections::HashMap;

use crate::plan::{
    Action, AdminRequest, ApiUser, Change, ChangeId, FORMAT_VERSION, Kind, Operation, Plan, Ref, Request, Sent,
};

/// How a plan contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistency {
    /// Two changes have one id.
    #[error("two changes have the id {0:?}")]
    Twice(String),
    /// A change needs one that is not there or comes later.
    #[error("change {change:?} needs {needs:?}, which {}", if *.later { "does not come before it" } else { "is not in the plan" })]
    Needs {
        /// The change.
        change: String,
        /// What it needs.
        needs: String,
        /// Whether that is there, but not before it.
        later: bool,
    },
    /// A request names an object of a change that creates no such object.
    #[error("change {change:?} names the {kind} that {by:?} creates, which creates none")]
    NotCreated {
        /// The change.
        change: String,
        /// `user` or `group`.
        kind: &'static str,
        /// The change that is said to create it.
        by: String,
    },
    /// A change sends what its action does not do.
    #[error("change {change:?} would send a request that `{action}` does not make")]
    Request {
        /// The change.
        change: String,
        /// What it says it does.
        action: &'static str,
    },
    /// A change of users about a group, or the reverse.
    #[error("change {0:?} is about another kind of object than its action")]
    Kind(String),
}

/// Checks ids, order, references, and that each change sends only what it says.
pub(super) fn check(plan: &Plan) -> Result<(), Inconsistency> {
    debug_assert_eq!(plan.format_version, FORMAT_VERSION, "checked before");
    let mut places: HashMap<&ChangeId, usize> = HashMap::with_capacity(plan.changes.len());
    for (at, change) in plan.changes.iter().enumerate() {
        if places.insert(&change.id, at).is_some() {
            return Err(Inconsistency::Twice(change.id.0.to_string()));
        }
    }
    let all = All { changes: &plan.changes, places };
    plan.changes.iter().enumerate().try_for_each(|(at, change)| all.check(at, change))
}

struct All<'a> {
    changes: &'a [Change],
    places: HashMap<&'a ChangeId, usize>,
}

impl All<'_> {
    fn check(&self, at: usize, change: &Change) -> Result<(), Inconsistency> {
        let id = || change.id.0.to_string();
        if change.subject.kind != change.action.kind() {
            return Err(Inconsistency::Kind(id()));
        }
        for needed in &change.depends_on {
            self.before(at, change, needed)?;
        }
        for member in &change.members.added {
            self.reference(at, change, &member.account, Kind::User)?;
        }
        for request in &change.requests {
            if !makes(change.action, request) {
                return Err(Inconsistency::Request { change: id(), action: change.action.verb() });
            }
            self.request(at, change, request)?;
        }
        Ok(())
    }

    fn request(&self, at: usize, change: &Change, request: &Request) -> Result<(), Inconsistency> {
        match request {
            Request::CreateUser { attributes } | Request::CreateGroup { attributes } => {
                attributes.references().try_for_each(|of| self.reference(at, change, of, Kind::User))
            }
            Request::PatchUser { user, operations } => {
                self.reference(at, change, user, Kind::User)?;
                self.operations(at, change, operations)
            }
            Request::DeleteUser { user } => self.reference(at, change, user, Kind::User),
            Request::PatchGroup { group, operations } => {
                self.reference(at, change, group, Kind::Group)?;
                self.operations(at, change, operations)
            }
            Request::AddMembers { group, members } => {
                self.reference(at, change, group, Kind::Group)?;
                members.iter().try_for_each(|member| self.reference(at, change, member, Kind::User))
            }
            Request::RemoveMembers { group, members: _ } | Request::DeleteGroup { group } => {
                self.reference(at, change, group, Kind::Group)
            }
            Request::Admin(request) => match request.user() {
                ApiUser::Live(_) => Ok(()),
                ApiUser::Created { change: by, email: _ } => {
                    self.reference(at, change, &Ref::Created(by.clone()), Kind::User)
                }
            },
        }
    }

    fn operations(&self, at: usize, change: &Change, operations: &[Operation]) -> Result<(), Inconsistency> {
        operations.iter().try_for_each(|operation| match operation {
            Operation::Add { path: _, value } | Operation::Replace { path: _, value } => self.sent(at, change, value),
            Operation::Remove { path: _ } => Ok(()),
        })
    }

    fn sent(&self, at: usize, change: &Change, sent: &Sent) -> Result<(), Inconsistency> {
        match sent {
            Sent::Value(_) => Ok(()),
            Sent::Reference(account) => self.reference(at, change, account, Kind::User),
        }
    }

    /// A reference to what another change creates needs that change to come first and to create it.
    fn reference(&self, at: usize, change: &Change, object: &Ref, kind: Kind) -> Result<(), Inconsistency> {
        let Ref::Created(by) = object else { return Ok(()) };
        let (creates, kind) = match kind {
            Kind::User => (Action::CreateUser, "user"),
            Kind::Group => (Action::CreateGroup, "group"),
        };
        let creator = self.before(at, change, by)?;
        if creator.action == creates {
            Ok(())
        } else {
            Err(Inconsistency::NotCreated { change: change.id.0.to_string(), kind, by: by.0.to_string() })
        }
    }

    fn before(&self, at: usize, change: &Change, needed: &ChangeId) -> Result<&Change, Inconsistency> {
        let place = self.places.get(needed).copied();
        place.filter(|place| *place < at).map(|place| &self.changes[place]).ok_or_else(|| Inconsistency::Needs {
            change: change.id.0.to_string(),
            needs: needed.0.to_string(),
            later: place.is_some(),
        })
    }
}

/// Whether an action makes a request of this kind. Disable is not delete.
fn makes(action: Action, request: &Request) -> bool {
    match action {
        Action::AdoptUser | Action::AdoptGroup => false,
        Action::CreateUser => matches!(request, Request::CreateUser { .. }),
        Action::DisableUser | Action::UpdateUser | Action::EnableUser | Action::SetManager => {
            matches!(request, Request::PatchUser { .. })
        }
        Action::CreateGroup => matches!(request, Request::CreateGroup { .. }),
        Action::UpdateGroup => matches!(request, Request::PatchGroup { .. }),
        Action::AddMembers => matches!(request, Request::AddMembers { .. }),
        Action::RemoveMembers => matches!(request, Request::RemoveMembers { .. }),
        Action::DeleteGroup => matches!(request, Request::DeleteGroup { .. }),
        Action::DeleteUser => matches!(request, Request::DeleteUser { .. }),
        Action::MoveOffice => {
            matches!(request, Request::Admin(AdminRequest::PatchUser { .. } | AdminRequest::MoveOffice { .. }))
        }
        Action::SetLicense | Action::SetSettings => matches!(request, Request::Admin(AdminRequest::PatchUser { .. })),
        Action::Grant => matches!(
            request,
            Request::Admin(
                AdminRequest::PatchUser { .. }
                    | AdminRequest::AddOperator { .. }
                    | AdminRequest::SetSkill { .. }
                    | AdminRequest::AssignPolicy { .. }
                    | AdminRequest::AddChannelMember { .. }
            )
        ),
        Action::Regrant => matches!(
            request,
            Request::Admin(
                AdminRequest::PatchUser { .. }
                    | AdminRequest::RemoveOperator { .. }
                    | AdminRequest::AddOperator { .. }
                    | AdminRequest::SetSkill { .. }
            )
        ),
        Action::Withdraw => matches!(
            request,
            Request::Admin(
                AdminRequest::PatchUser { .. }
                    | AdminRequest::RemoveOperator { .. }
                    | AdminRequest::UnassignPolicy { .. }
                    | AdminRequest::RemoveChannelMember { .. }
            )
        ),
    }
}
