//! Who is told: from the manifest to something that can be sent to.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::{mail::Server, notice::Notice, show, sign::Signer, webhook::Hook};
use crate::{
    manifest::{Data, Manifest, On, Placed, SecretRef, WebhookFormat},
    names::{Secret, Text},
};

/// Gets a secret from where the manifest says; may take its time.
pub type Secrets = Arc<dyn Fn(&Placed<SecretRef>) -> Result<Secret, String> + Send + Sync>;

/// All of a manifest.
#[derive(Clone, Debug, Default)]
pub struct Receivers {
    /// Mail first, then the webhooks in file order.
    pub list: Vec<Receiver>,
    /// What is asked after each good run.
    pub heartbeat: Option<Placed<SecretRef>>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// The name in what is remembered: `email`, `webhook-1`.
    pub key: Text,
    /// For people: `mail to it@acme.example`.
    pub label: String,
    /// What it is told.
    pub on: Vec<On>,
    /// How much of people.
    pub data: Data,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Mail { smtp: Placed<SecretRef>, from: Option<Text>, to: Vec<Text> },
    Hook { url: Placed<SecretRef>, format: WebhookFormat, sign: Option<Placed<SecretRef>> },
}

impl Receivers {
    /// Of a manifest.
    pub fn of(manifest: &Manifest) -> Self {
        let notify = &manifest.notify;
        let mail = notify.email.iter().map(|email| Receiver {
            key: "email".into(),
            label: format!("mail to {} ({})", email.to.join(", "), email.place),
            on: email.on.clone(),
            data: email.data,
            way: Way::Mail { smtp: email.smtp.clone(), from: email.from.clone(), to: email.to.clone() },
        });
        let hooks = notify.webhooks.iter().enumerate().map(|(n, hook)| Receiver {
            key: format!("webhook-{}", n + 1).into(),
            label: format!("{} webhook ({})", kind(hook.format), hook.place),
            on: hook.on.clone(),
            data: hook.data,
            way: Way::Hook { url: hook.url.clone(), format: hook.format, sign: hook.sign.clone() },
        });
        Self { list: mail.chain(hooks).collect(), heartbeat: notify.heartbeat.clone() }
    }
}

fn kind(format: WebhookFormat) -> &'static str {
    match format {
        WebhookFormat::Slack => "Slack",
        WebhookFormat::Teams => "Teams",
        WebhookFormat::Json => "JSON",
    }
}

impl Receiver {
    /// What would be sent, for people to look at.
    pub fn preview(&self, notice: &Notice, at: Timestamp) -> String {
        match &self.way {
            Way::Mail { .. } => format!("Subject: {}\n\n{}", notice.subject, show::text(notice)),
            Way::Hook { format, .. } => format!("{:#}\n", body(*format, notice, at)),
        }
    }

    /// Sends.
    ///
    /// # Errors
    /// What went wrong and what to do, without a secret.
    pub async fn send(&self, notice: &Notice, at: Timestamp, secrets: &Secrets) -> Result<(), String> {
        match &self.way {
            Way::Mail { smtp, from, to } => {
                let place = &smtp.place;
                let secret = resolved(smtp, secrets).await?;
                let server = Server::parse(&secret).map_err(|error| format!("{error} ({place})"))?;
                let from = match (from, to.first()) {
                    (Some(from), _) => from.clone(),
                    (None, first) => server.sender(first.map_or("", |to| to)),
                };
                server.send(&from, to, notice, (show::text(notice), show::html(notice))).await
            }
            Way::Hook { url, format, sign } => {
                let hook = hook(url, secrets).await?;
                let body = body(*format, notice, at).to_string().into_bytes();
                let headers = match sign {
                    Some(sign) => signed(&resolved(sign, secrets).await?, &self.key, &body, at)
                        .map_err(|error| format!("{error} ({})", sign.place))?,
                    None => Vec::new(),
                };
                hook.post(*format, body, headers).await
            }
        }
    }
}

/// The URL of a heartbeat or a webhook.
pub(super) async fn hook(url: &Placed<SecretRef>, secrets: &Secrets) -> Result<Hook, String> {
    Hook::parse(&resolved(url, secrets).await?).map_err(|error| format!("{error} ({})", url.place))
}

fn body(format: WebhookFormat, notice: &Notice, at: Timestamp) -> serde_json::Value {
    match format {
        WebhookFormat::Slack => show::slack(notice),
        WebhookFormat::Teams => show::teams(notice),
        WebhookFormat::Json => show::json(notice, at),
    }
}

/// The headers of Standard Webhooks. The id is the same when the same message comes again.
fn signed(
    key: &Secret,
    receiver: &str,
    body: &[u8],
    at: Timestamp,
) -> Result<Vec<(HeaderName, HeaderValue)>, super::SignError> {
    let mut digest = Sha256::new();
    digest.update(receiver.as_bytes());
    digest.update(body);
    let id: String = digest.finalize()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let id = format!("msg_{id}");
    let signature = Signer::new(key)?.sign(&id, at, body);
    let headers =
        [("webhook-id", id), ("webhook-timestamp", at.as_second().to_string()), ("webhook-signature", signature)];
    let header = |(name, value): (&'static str, String)| {
        // All three are letters, digits and signs of base64.
        HeaderValue::from_str(&value).ok().map(|value| (HeaderName::from_static(name), value))
    };
    Ok(headers.into_iter().filter_map(header).collect())
}

/// A command may take its time, and must not keep the others waiting, nor the end of the program.
async fn resolved(secret: &Placed<SecretRef>, secrets: &Secrets) -> Result<Secret, String> {
    let (say, hear) = oneshot::channel();
    let (secret, secrets) = (secret.clone(), Arc::clone(secrets));
    std::thread::spawn(move || {
        // Nobody listens any more when the time is over.
        let _ = say.send(secrets(&secret));
    });
    hear.await.unwrap_or_else(|_| Err("get the secret: it was given up".to_owned()))
}
