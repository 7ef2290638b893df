//! `notify`: whom to tell.

use super::{Judge, target::secret};
use crate::manifest::{Email, Notify, On, Webhook, WebhookFormat, raw};

pub(super) fn notify(raw: &raw::Notify, judge: &mut Judge) -> Option<Notify> {
    let raw::Notify { email, webhook, heartbeat } = raw;
    let (one, several) = match webhook {
        None => (None, [].as_slice()),
        Some(raw::Webhooks::One(one)) => (Some(&**one), [].as_slice()),
        Some(raw::Webhooks::Several(several)) => (None, several.as_slice()),
    };
    let one = one.map(|one| webhook_at(one, &["notify", "webhook"], judge));
    let several: Vec<Option<Webhook>> = several
        .iter()
        .enumerate()
        .map(|(i, one)| webhook_at(one, &["notify", "webhook", &i.to_string()], judge))
        .collect();
    let email = email.as_ref().map(|email| email_at(email, judge));
    let heartbeat = heartbeat.as_ref().map(|beat| secret(&beat.url, &["notify", "heartbeat", "url"], judge));
    // What is wrong was said; nothing is told by halves.
    Some(Notify {
        email: match email {
            None => None,
            Some(email) => Some(email?),
        },
        webhooks: one.into_iter().chain(several).collect::<Option<Vec<Webhook>>>()?,
        heartbeat: match heartbeat {
            None => None,
            Some(url) => Some(url?),
        },
    })
}

fn email_at(raw: &raw::Email, judge: &mut Judge) -> Option<Email> {
    let raw::Email { to, from, smtp, on, data } = raw;
    Some(Email {
        to: to.iter().map(|address| address.as_str().into()).collect(),
        from: from.as_deref().map(Into::into),
        smtp: secret(smtp, &["notify", "email", "smtp"], judge)?,
        on: sorted(on),
        data: *data,
        place: judge.place(&["notify", "email"]),
    })
}

fn webhook_at(raw: &raw::Webhook, path: &[&str], judge: &mut Judge) -> Option<Webhook> {
    let raw::Webhook { url, format, on, data, sign } = raw;
    let at = |key| [path, &[key]].concat();
    let sign_at = at("sign");
    if sign.is_some() && *format != WebhookFormat::Json {
        let message = match format {
            WebhookFormat::Slack => "Slack does not look at a signature",
            WebhookFormat::Teams => "Teams does not look at a signature",
            WebhookFormat::Json => "",
        };
        judge.error(&judge.key(&sign_at), "not_signed", message).help =
            Some("take `sign` out, or write `format: json` for a program of your own".to_owned());
        return None;
    }
    let sign = match sign {
        None => None,
        Some(sign) => Some(secret(sign, &sign_at, judge)?),
    };
    Some(Webhook {
        url: secret(url, &at("url"), judge)?,
        format: *format,
        on: sorted(on),
        data: *data,
        sign,
        place: judge.place(path),
    })
}

/// Each once, in the order in which they are told.
fn sorted(on: &[On]) -> Vec<On> {
    let mut on = on.to_vec();
    on.sort_unstable();
    on.dedup();
    on
}
