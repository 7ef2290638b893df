//! What YAML may say under `notify`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::Secret;
use crate::manifest::{Data, On, WebhookFormat};

/// Whom to tell when a run fails, holds something back, or changes something.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// Mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Slack, Teams, or a program of your own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhooks>,
    /// An address that is asked after each good run, so that silence is noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Heartbeat>,
}

/// Mail through a server of yours.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// Who gets it.
    #[schemars(schema_with = "addresses")]
    pub to: Vec<String>,
    /// Who sends it. The user name in the server's URL where that is an address, else `dialform` at the first receiver's domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "address")]
    pub from: Option<String>,
    /// Where the server's URL comes from: `smtps://USER:PASSWORD@HOST` or `smtp://USER:PASSWORD@HOST:587`. It is never written here.
    pub smtp: Secret,
    /// What is told.
    #[serde(default = "usual")]
    #[schemars(length(min = 1))]
    pub on: Vec<On>,
    /// How much a message says of people.
    #[serde(default)]
    pub data: Data,
}

/// An address that messages are posted to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where the URL comes from. Whoever has it can post, so it is a secret and never written here.
    pub url: Secret,
    /// How a message is written.
    #[serde(default)]
    pub format: WebhookFormat,
    /// What is told.
    #[serde(default = "usual")]
    #[schemars(length(min = 1))]
    pub on: Vec<On>,
    /// How much a message says of people.
    #[serde(default)]
    pub data: Data,
    /// Where the key comes from that signs a message, as standardwebhooks.com has it; for `format: json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<Secret>,
}

/// An address that is asked after each good run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// Where the URL comes from. It is never written here.
    pub url: Secret,
}

/// One webhook or several.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Webhooks {
    /// One.
    One(Box<Webhook>),
    /// Several.
    Several(Vec<Webhook>),
}

impl JsonSchema for Webhooks {
    fn schema_name() -> Cow<'static, str> {
        "Webhooks".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<Webhook>();
        // What says something of maps says nothing of lists, and the other way round.
        let mut either = Webhook::json_schema(generator);
        either.insert("description".to_owned(), "One webhook, or a list of them.".into());
        either.insert("type".to_owned(), vec!["object", "array"].into());
        either.insert("items".to_owned(), one.to_value());
        either.insert("minItems".to_owned(), 1.into());
        either.insert("maxItems".to_owned(), 20.into());
        either
    }
}

/// An address of mail, without a name before it. What it may hold keeps it out of other headers.
fn address(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "^[^\\s@<>,;:\"()\\[\\]\\\\]+@[^\\s@<>,;:\"()\\[\\]\\\\]+$",
        "patternErrorMessage": "an address is written as name@example.com",
        "maxLength": 254,
    })
}

fn addresses(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": address(generator),
        "minItems": 1,
        "maxItems": 50,
        "examples": [["it-alerts@acme.example"]],
    })
}

fn usual() -> Vec<On> {
    vec![On::Failure, On::Held, On::Quarantine]
}
