//! `target`: where people go, how fast, and with which secret.

use url::Url;

use super::{Judge, Spot};
use crate::{
    manifest::{
        Dialpad, MembersDialect, PatchDialect, Placed, ReadDialect, Sandbox, Scim, SecretRef, Target, literals, raw,
    },
    names::Text,
};

const SCIM: [&str; 3] = ["target", "dialpad", "scim"];

pub(super) fn target(raw: &raw::Target, state: &str, judge: &mut Judge) -> Option<Target> {
    if let Some(dialpad) = &raw.dialpad {
        return dialpad_target(&dialpad.scim, judge).map(Target::Dialpad);
    }
    let sandbox = raw.sandbox.as_ref()?;
    let folder = match &sandbox.folder {
        Some(folder) => judge.path(&["target", "sandbox", "folder"], folder),
        None => Text::from(crate::manifest::paths::joined(state, "sandbox")),
    };
    let scim = Scim {
        rate: rate(&sandbox.rate, &["target", "sandbox", "rate"], judge),
        concurrency: 16,
        patch: PatchDialect::Rfc7644,
        members: MembersDialect::Filter,
        read: ReadDialect::List,
        page_size: 100,
        members_per_request: 1000,
    };
    Some(Target::Sandbox(Sandbox { folder, scim }))
}

fn dialpad_target(raw: &raw::Scim, judge: &mut Judge) -> Option<Dialpad> {
    let at = |key| [SCIM[0], SCIM[1], SCIM[2], key];
    let url = url(&raw.url, &judge.spot(&at("url")), judge);
    let token = secret(&raw.token, &at("token"), judge);
    let scim = Scim {
        rate: rate(&raw.rate, &at("rate"), judge),
        concurrency: raw.concurrency,
        patch: raw.dialect.patch,
        members: raw.dialect.members,
        read: raw.dialect.read,
        page_size: raw.dialect.page_size,
        members_per_request: raw.dialect.members_per_request,
    };
    let url = judge.placed(&at("url"), url?);
    Some(Dialpad { url, token: token?, scim })
}

/// The base URL: `/Users` is appended to it, so nothing may stand behind the path.
fn url(written: &str, spot: &Spot, judge: &mut Judge) -> Option<Text> {
    const EXAMPLE: &str = "write the portal's Tenant URL, such as `https://dialpad.com/scim`";
    let url = match Url::parse(written.trim()) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => url,
        _ => {
            judge.error(spot, "bad_url", "this is not a URL that begins with `https://`").help =
                Some(EXAMPLE.to_owned());
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        judge.error(spot, "literal_secret", "the URL holds a user name or password").help =
            Some("take it out; the secret goes into `token`".to_owned());
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        judge.error(spot, "bad_url", "the URL ends with `?` or `#`, but paths are appended to it").help =
            Some(EXAMPLE.to_owned());
        return None;
    }
    if let Err(untrusted) = judge.hosts.judge(&url) {
        judge.error(spot, untrusted.code, untrusted.message).help = Some(untrusted.help);
        return None;
    }
    Some(Text::from(url.as_str().trim_end_matches('/')))
}

fn rate(written: &str, path: &[&str], judge: &mut Judge) -> Option<f64> {
    if written == "unlimited" {
        return None;
    }
    let (count, unit) = written.split_once('/')?;
    let seconds = match unit {
        "m" => 60.0,
        "h" => 3600.0,
        _ => 1.0,
    };
    let count: f64 = count.parse().ok()?;
    if count <= 0.0 {
        let spot = judge.spot(path);
        judge.error(&spot, "out_of_range", "with this rate nothing would ever be sent").help =
            Some("write `20/s`, or `unlimited`".to_owned());
    }
    Some(count / seconds)
}

fn secret(raw: &raw::Secret, path: &[&str; 4], judge: &mut Judge) -> Option<Placed<SecretRef>> {
    let at = |key| [path[0], path[1], path[2], path[3], key];
    let (key, written) = match (&raw.env, &raw.file, &raw.command) {
        (Some(name), _, _) => ("env", name),
        (_, Some(file), _) => ("file", file),
        (_, _, Some(command)) => ("command", command),
        (None, None, None) => return None,
    };
    let spot = judge.spot(&at(key));
    if written.split_whitespace().any(literals::looks_like_token) {
        judge.error(&spot, "literal_secret", format!("`{key}` looks like the token itself")).help = Some(
            "a secret never stands in the manifest: revoke this one, put a new one into a variable, and write \
             `token: { env: DIALPAD_TOKEN }`"
                .to_owned(),
        );
        return None;
    }
    let reference = match key {
        "env" => SecretRef::Env(written.as_str().into()),
        "file" => SecretRef::File(judge.path(&at(key), written)),
        _ => {
            if shell_words::split(written).map_or(true, |words| words.is_empty()) {
                judge.error(&spot, "bad_command", "the command cannot be split into words").help =
                    Some("it is run without a shell; close every quote".to_owned());
                return None;
            }
            SecretRef::Command(written.as_str().into())
        }
    };
    Some(judge.placed(path, reference))
}
