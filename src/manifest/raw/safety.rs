//! What YAML may say under `safety`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::{OnOutOfScope, Ownership, Seats};

/// How much one plan may do without a person's word, and what it must never touch.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Safety {
    /// Accounts created. Unlimited unless set.
    #[serde(default)]
    pub creates: Budget,
    /// Existing accounts taken over by a matching attribute alone.
    #[serde(default = "quarter")]
    pub adopts: Budget,
    /// Accounts enabled again. Unlimited unless set.
    #[serde(default)]
    pub enables: Budget,
    /// Places and permissions taken away.
    #[serde(default = "quarter")]
    pub withdrawals: Budget,
    /// Accounts disabled, for each cause apart.
    #[serde(default = "disables")]
    pub disables: Budget,
    /// Accounts or groups deleted.
    #[serde(default = "deletes")]
    pub deletes: Budget,
    /// Members removed from one group.
    #[serde(default = "member_removals")]
    pub member_removals: Budget,
    /// Accounts or groups updated. Unlimited unless set.
    #[serde(default)]
    pub updates: Budget,
    /// Never changed, whatever the plan says.
    #[serde(default)]
    pub protect: Vec<Protected>,
    /// Which accounts in Dialpad are ours to disable.
    #[serde(default)]
    pub ownership: Ownership,
    /// What leaving the scope does to an account.
    #[serde(default)]
    pub on_out_of_scope: OnOutOfScope,
    /// What happens to a change that needs a licence the office does not have.
    #[serde(default)]
    pub seats: Seats,
}

impl Default for Safety {
    fn default() -> Self {
        Self {
            creates: Budget::default(),
            adopts: quarter(),
            enables: Budget::default(),
            withdrawals: quarter(),
            disables: disables(),
            deletes: deletes(),
            member_removals: member_removals(),
            updates: Budget::default(),
            protect: Vec::new(),
            ownership: Ownership::default(),
            on_out_of_scope: OnOutOfScope::default(),
            seats: Seats::default(),
        }
    }
}

/// How many changes of a kind go through in one plan and in a rolling day; the lower of the two wins.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// At most this many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// At most this share of the accounts that are ours, in percent; rounded up, and never under 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 100))]
    pub percent: Option<u32>,
}

/// Something that is never changed: a person, a group, or the people in a group.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["user"] },
    { "required": ["group"] },
    { "required": ["members_of"] },
]))]
pub struct Protected {
    /// A person, by user name in the directory or in Dialpad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub user: Option<String>,
    /// A group object, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub group: Option<String>,
    /// The people in a group, by the group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub members_of: Option<String>,
}

fn quarter() -> Budget {
    Budget { max: Some(25), percent: None }
}

fn disables() -> Budget {
    Budget { max: Some(25), percent: Some(10) }
}

fn deletes() -> Budget {
    Budget { max: Some(5), percent: None }
}

fn member_removals() -> Budget {
    Budget { max: Some(100), percent: None }
}
