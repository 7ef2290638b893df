//! Budgets, protection and ownership: what a plan may do without a person's word.

use crate::names::{Folded, Place, Text};

/// The section `safety`.
#[derive(Clone, Debug)]
pub struct Safety {
    /// How much of each kind goes through.
    pub budgets: Budgets,
    /// What is never changed, whatever the plan says.
    pub protect: Vec<Protected>,
    /// Which live accounts are ours to disable.
    pub ownership: Ownership,
    /// What leaving the scope does.
    pub on_out_of_scope: OnOutOfScope,
    /// What a change does that needs a licence the office does not have.
    pub seats: Seats,
    /// Where the section was written.
    pub place: Place,
}

/// A budget for each kind of action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// Accounts created.
    pub creates: Budget,
    /// Accounts taken over without proof.
    pub adopts: Budget,
    /// Accounts enabled.
    pub enables: Budget,
    /// Grants taken away.
    pub withdrawals: Budget,
    /// Accounts disabled, for each cause apart.
    pub disables: Budget,
    /// Accounts or groups deleted.
    pub deletes: Budget,
    /// Members removed, for each group apart.
    pub member_removals: Budget,
    /// Accounts or groups updated.
    pub updates: Budget,
}

/// How many changes of a kind go through; the lower of the two wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// At most this many.
    pub max: Option<u32>,
    /// At most this share of the accounts that are ours, in percent; rounded up, never under 3.
    pub percent: Option<u32>,
}

/// One line of `protect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protected {
    /// A person, by directory or live user name.
    User {
        /// Without case.
        name: Folded,
        /// Where it was written.
        place: Place,
    },
    /// A group object.
    Group {
        /// As written; compared without case.
        name: Text,
        /// Where it was written.
        place: Place,
    },
    /// The people in a group.
    MembersOf {
        /// As written; compared without case.
        group: Text,
        /// Where it was written.
        place: Place,
    },
}

/// Which live accounts are ours to disable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// Accounts whose `externalId` is the one we would give, or that are linked.
    #[default]
    ExternalId,
    /// Accounts that are linked: made or taken over by Dialform.
    Linked,
    /// Every account, whoever made it.
    Everything,
}

/// What leaving the scope does to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnOutOfScope {
    /// The account is disabled.
    #[default]
    Disable,
    /// The account stays as it is.
    Keep,
}

/// What a change does that needs a licence the office does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seats {
    /// It is held, for somebody to buy a licence or to say yes.
    #[default]
    Hold,
    /// It goes through, and may be billed.
    Allow,
}
