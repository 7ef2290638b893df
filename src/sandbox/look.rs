//! What the sandbox holds, as values for tests and examples.

use std::sync::PoisonError;

use serde_json::Value;

use super::{
    Sandbox, SandboxError,
    account::{GroupKind, PolicyTarget, Role},
    admin::shapes,
    seats::Seats,
    store::{ResourceKind, StoreError},
};

/// Somebody's place in an office, department or contact center.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operator {
    /// What kind of group.
    pub kind: GroupKind,
    /// Its name.
    pub group: String,
    /// Who, by primary e-mail address.
    pub email: String,
    /// As what.
    pub role: Role,
    /// From 0 to 100; in contact centers only.
    pub skill: Option<u8>,
}

/// A policy that somebody has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyAssignment {
    /// The policy's name.
    pub policy: String,
    /// Who, by primary e-mail address.
    pub email: String,
    /// Where it applies.
    pub target: PolicyTarget,
    /// The name of the office or contact center, or of the company.
    pub at: String,
}

impl Sandbox {
    /// All users who are not deleted, as the admin API sends them, in order of creation.
    pub fn api_users(&self) -> Vec<Value> {
        let company = &self.inner.scim.company;
        self.look(|row| vec![shapes::user(company, row, false)])
    }

    /// All places in groups, by user in order of creation.
    pub fn operators(&self) -> Vec<Operator> {
        let company = &self.inner.scim.company;
        let name = |kind, id: &str| match kind {
            GroupKind::Office => company.office(id).map(|office| office.name.to_string()),
            GroupKind::Department | GroupKind::CallCenter => {
                company.group(kind, id).map(|group| group.name.to_string())
            }
        };
        self.look(|row| {
            let place = |place: &super::account::Place| Operator {
                kind: place.kind,
                group: name(place.kind, &place.group).unwrap_or_else(|| place.group.to_string()),
                email: row.content.email().to_owned(),
                role: place.role,
                skill: place.skill,
            };
            row.content.account.places.iter().map(place).collect()
        })
    }

    /// All assignments of policies, by user in order of creation.
    pub fn policy_assignments(&self) -> Vec<PolicyAssignment> {
        let company = &self.inner.scim.company;
        self.look(|row| {
            let assignment = |assignment: &super::account::Assignment| {
                let at = match assignment.target {
                    PolicyTarget::Company => Some(company.name.to_string()),
                    PolicyTarget::Office => company.office(&assignment.at).map(|office| office.name.to_string()),
                    PolicyTarget::CallCenter => {
                        company.group(GroupKind::CallCenter, &assignment.at).map(|group| group.name.to_string())
                    }
                };
                PolicyAssignment {
                    policy: company
                        .policy(&assignment.policy)
                        .map_or_else(String::new, |policy| policy.name.to_string()),
                    email: row.content.email().to_owned(),
                    target: assignment.target,
                    at: at.unwrap_or_else(|| assignment.at.to_string()),
                }
            };
            row.content.account.policies.iter().map(assignment).collect()
        })
    }

    /// All members of channels: the channel's name and the primary e-mail address.
    pub fn channel_members(&self) -> Vec<(String, String)> {
        let company = &self.inner.scim.company;
        self.look(|row| {
            let channels = row.content.account.channels.iter().filter_map(|id| company.channel(id));
            channels.map(|channel| (channel.name.to_string(), row.content.email().to_owned())).collect()
        })
    }

    /// Seats by office and kind.
    pub fn seats(&self) -> Vec<Seats> {
        let store = self.inner.scim.store.read().unwrap_or_else(PoisonError::into_inner);
        self.inner.scim.company.seats(&store)
    }

    /// Somebody logs in for the first time, and is pending no more. Says
    /// whether there is such a person.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn log_in(&self, email: &str) -> Result<bool, SandboxError> {
        let mut store = self.inner.scim.store.write().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = store.named(ResourceKind::User, email).cloned() else { return Ok(false) };
        let mut after = before.content.clone();
        after.account.pending = false;
        match store.update(&before, after, before.modified) {
            Ok(_) => Ok(true),
            Err(StoreError::Disk(error)) => Err(error.into()),
            // The names are those that it had.
            Err(StoreError::NameTaken { .. } | StoreError::IdTaken(_)) => Ok(false),
        }
    }

    /// Makes all cursors of the admin API invalid that were given so far.
    pub fn expire_cursors(&self) {
        self.inner.admin.expire_cursors();
    }

    fn look<T>(&self, each: impl Fn(&super::store::Resource) -> Vec<T>) -> Vec<T> {
        let store = self.inner.scim.store.read().unwrap_or_else(PoisonError::into_inner);
        store.rows(ResourceKind::User).iter().flat_map(|row| each(row)).collect()
    }
}
