//! Whom to tell, what, and how much of it.

use super::{Placed, SecretRef};
use crate::names::{Place, Text};

/// The section `notify`.
#[derive(Clone, Debug, Default)]
pub struct Notify {
    /// Mail.
    pub email: Option<Email>,
    /// In file order.
    pub webhooks: Vec<Webhook>,
    /// What is asked after each good run.
    pub heartbeat: Option<Placed<SecretRef>>,
}

impl Notify {
    /// Whether nobody is told anything.
    pub fn is_empty(&self) -> bool {
        let Notify { email, webhooks, heartbeat } = self;
        email.is_none() && webhooks.is_empty() && heartbeat.is_none()
    }
}

/// Mail through a server.
#[derive(Clone, Debug)]
pub struct Email {
    /// Who gets it; at least one.
    pub to: Vec<Text>,
    /// Who sends it, where that is said.
    pub from: Option<Text>,
    /// Where the server's URL comes from.
    pub smtp: Placed<SecretRef>,
    /// What is told.
    pub on: Vec<On>,
    /// How much is said of people.
    pub data: Data,
    /// Where it was written.
    pub place: Place,
}

/// An address that messages are posted to.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Where the URL comes from.
    pub url: Placed<SecretRef>,
    /// How a message is written.
    pub format: WebhookFormat,
    /// What is told.
    pub on: Vec<On>,
    /// How much is said of people.
    pub data: Data,
    /// Where the key comes from that signs it.
    pub sign: Option<Placed<SecretRef>>,
    /// Where it was written.
    pub place: Place,
}

/// What people are told of.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// A run failed, or changes in it.
    Failure,
    /// Changes are held back and need a person.
    Held,
    /// `run` comes back less and less often, because credentials or most changes are refused.
    Quarantine,
    /// A run changed something.
    Applied,
}

impl On {
    /// The name in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            On::Failure => "failure",
            On::Held => "held",
            On::Quarantine => "quarantine",
            On::Applied => "applied",
        }
    }
}

/// How much a message says of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// How many, and nobody by name.
    #[default]
    Counts,
    /// The ids of the source, which say nothing without it.
    Ids,
    /// User names, group names, and what the service said of them.
    Names,
}

/// How a message to a webhook is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookFormat {
    /// Slack's incoming webhooks.
    Slack,
    /// Microsoft Teams, through Workflows.
    Teams,
    /// One JSON object, for a program; `sign` lets it be sure who sent it.
    #[default]
    Json,
}
