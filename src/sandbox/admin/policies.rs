//! Access control policies: who has which, and where.

use serde_json::Value;

use super::{Admin, Fields, Reading, Writing, refusal::Refusal, shapes};
use crate::{
    names::Text,
    sandbox::{
        account::{Assignment, GroupKind, PolicyTarget, UserState},
        company::Policy,
        store::ResourceKind,
    },
};

impl Admin {
    /// One item for each person, with all places.
    pub(super) fn assignments(&self, reading: &Reading<'_>, id: &str) -> Result<Value, Refusal> {
        let policy = self.policy(id)?;
        let rows = reading.store.rows(ResourceKind::User).iter();
        let assigned = rows
            .filter(|row| row.content.account.policies.iter().any(|assignment| assignment.policy == policy.id))
            .map(|row| (row.serial, row));
        let write = |row: &std::sync::Arc<_>| shapes::assignment(&self.company, policy, row);
        self.pages.page((reading.path, reading.query), assigned, write, reading.bend)
    }

    pub(super) fn assign(&self, writing: &mut Writing<'_>, id: &str) -> Result<Value, Refusal> {
        let policy = self.policy(id)?;
        let fields = writing.fields(&["target_id", "target_type", "user_id"], &["user_id"])?;
        let assignment = self.target(policy, &fields)?;
        let user = fields.required_id("user_id")?;
        let before = self.person(writing.store, &user)?;
        if before.content.state() == UserState::Suspended {
            return Err(Refusal::bad(format!("user {user} is not active")));
        }
        if before.content.account.policies.contains(&assignment) {
            return Err(Refusal::conflict("user is already assigned to this policy there"));
        }
        let mut after = before.content.clone();
        after.account.policies.push(assignment);
        let row = self.save(writing.store, &before, after)?;
        Ok(shapes::assignment(&self.company, policy, &row))
    }

    /// One place, or all of them with `unassign_all`.
    pub(super) fn unassign(&self, writing: &mut Writing<'_>, id: &str) -> Result<Value, Refusal> {
        let policy = self.policy(id)?;
        let fields = writing.fields(&["target_id", "target_type", "unassign_all", "user_id"], &["user_id"])?;
        let user = fields.required_id("user_id")?;
        let before = self.person(writing.store, &user)?;
        let mut after = before.content.clone();
        if fields.flag("unassign_all")?.unwrap_or(false) {
            after.account.policies.retain(|assignment| assignment.policy != policy.id);
        } else {
            let target = self.target(policy, &fields)?;
            after.account.policies.retain(|assignment| *assignment != target);
        }
        if after.account.policies.len() == before.content.account.policies.len() {
            return Err(Refusal::missing("assignment of user", &user));
        }
        let row = self.save(writing.store, &before, after)?;
        Ok(shapes::assignment(&self.company, policy, &row))
    }

    /// Where a message says that the policy applies; the company if it says nothing.
    fn target(&self, policy: &Policy, fields: &Fields) -> Result<Assignment, Refusal> {
        let target = fields.word::<PolicyTarget>("target_type")?.unwrap_or(PolicyTarget::Company);
        if target != policy.target {
            let message = format!("`target_type` must be {}, as the policy's", policy.target);
            return Err(Refusal::bad(message));
        }
        let id = fields.id("target_id")?;
        let needed = || Refusal::bad(format!("`target_id` is required for a policy of target type {target}"));
        let at: Text = match target {
            PolicyTarget::Company => self.company.id.clone(),
            PolicyTarget::Office => self.office(&id.ok_or_else(needed)?)?.id.clone(),
            PolicyTarget::CallCenter => self.group(GroupKind::CallCenter, &id.ok_or_else(needed)?)?.id.clone(),
        };
        Ok(Assignment { policy: policy.id.clone(), target, at })
    }
}
