//! Who has what, by person: built once, because a contact center can have thousands of operators.

use crate::{
    live::{
        Tenant,
        tenant::{Member, Operator, PolicyAssignment},
    },
    names::{ApiId, HashMap, HashSet},
};

/// Operators, members and assignments by the id of what they have, then by person.
#[derive(Debug, Default)]
pub(super) struct Holders<'a> {
    operators: HashMap<(Group, &'a ApiId), HashMap<&'a ApiId, &'a Operator>>,
    channels: HashMap<&'a ApiId, HashSet<&'a ApiId>>,
    policies: HashMap<&'a ApiId, HashSet<(&'a ApiId, Option<&'a ApiId>)>>,
    members: HashMap<&'a ApiId, usize>,
}

/// What has operators; ids of the two may be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Group {
    Department,
    ContactCenter,
}

impl<'a> Holders<'a> {
    pub fn new(tenant: &'a Tenant) -> Self {
        let mut holders = Self::default();
        // Of an operator whom a list names twice, the first counts, as when a saved plan is checked.
        let by_person =
            |operators: &'a [Operator]| operators.iter().rev().map(|operator| (&operator.user, operator)).collect();
        for department in &tenant.departments {
            if let Some(operators) = &department.operators {
                holders.operators.insert((Group::Department, &department.id), by_person(operators));
            }
        }
        for center in &tenant.contact_centers {
            if let Some(operators) = &center.operators {
                holders.operators.insert((Group::ContactCenter, &center.id), by_person(operators));
            }
        }
        for channel in &tenant.channels {
            if let Some(members) = &channel.members {
                holders.channels.insert(&channel.id, members.iter().collect());
            }
        }
        for policy in &tenant.policies {
            if let Some(assignments) = &policy.assignments {
                let pairs = assignments.iter().map(|PolicyAssignment { user, at }| (user, at.as_ref()));
                // Whoever has it anywhere has it for whoever asks without a place.
                let anywhere = assignments.iter().map(|one| (&one.user, None));
                holders.policies.insert(&policy.id, pairs.chain(anywhere).collect());
            }
        }
        holders.members = tenant.users.iter().enumerate().map(|(at, member)| (&member.id, at)).collect();
        holders
    }

    /// Whether it was read who operates something.
    pub fn knows(&self, group: Group, id: &ApiId) -> bool {
        self.operators.contains_key(&(group, id))
    }

    pub fn operator(&self, group: Group, id: &ApiId, member: &Member) -> Option<&'a Operator> {
        self.operators.get(&(group, id))?.get(&member.id).copied()
    }

    /// Whether it was read who is in a channel.
    pub fn knows_channel(&self, id: &ApiId) -> bool {
        self.channels.contains_key(id)
    }

    /// Whether it was read who has a policy.
    pub fn knows_policy(&self, id: &ApiId) -> bool {
        self.policies.contains_key(id)
    }

    pub fn in_channel(&self, id: &ApiId, member: &Member) -> bool {
        self.channels.get(id).is_some_and(|members| members.contains(&member.id))
    }

    pub fn has_policy(&self, id: &ApiId, member: &Member, at: Option<&ApiId>) -> bool {
        self.policies.get(id).is_some_and(|pairs| pairs.contains(&(&member.id, at)))
    }

    /// The position of a person's record.
    pub fn position(&self, id: &ApiId) -> Option<usize> {
        self.members.get(id).copied()
    }
}
