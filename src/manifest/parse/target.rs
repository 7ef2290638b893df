//! `target`: where people go, how fast, and with which secret.

use url::Url;

use super::{Judge, Spot};
use crate::{
    manifest::{
        Api, Dialpad, ManagerDialect, MembersDialect, PatchDialect, Placed, ReadDialect, Sandbox, Scim, SecretRef,
        Target, literals, raw,
    },
    names::{Folded, Text},
};

const SCIM: [&str; 3] = ["target", "dialpad", "scim"];

pub(super) fn target(raw: &raw::Target, state: &str, judge: &mut Judge) -> Option<Target> {
    if let Some(dialpad) = &raw.dialpad {
        return dialpad_target(dialpad, judge).map(Target::Dialpad);
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
        manager: ManagerDialect::Record,
        read: ReadDialect::List,
        page_size: 100,
        members_per_request: 1000,
    };
    let at = ["target", "sandbox", "tenant"];
    let tenant = sandbox.tenant.as_ref().map(|file| {
        let file = judge.path(&at, file);
        judge.placed(&at, file)
    });
    Some(Target::Sandbox(Sandbox { folder, scim, tenant }))
}

fn dialpad_target(dialpad: &raw::Dialpad, judge: &mut Judge) -> Option<Dialpad> {
    let raw::Dialpad { company, scim: raw, api } = dialpad;
    let at = |key| [SCIM[0], SCIM[1], SCIM[2], key];
    let url = url(&raw.url, &judge.spot(&at("url")), SCIM_EXAMPLE, judge);
    let token = secret(&raw.token, &at("token"), judge);
    let scim = Scim {
        rate: rate(&raw.rate, &at("rate"), judge),
        concurrency: raw.concurrency,
        patch: raw.dialect.patch,
        members: raw.dialect.members,
        manager: raw.dialect.manager,
        read: raw.dialect.read,
        page_size: raw.dialect.page_size,
        members_per_request: raw.dialect.members_per_request,
    };
    if company.is_some() && api.is_none() && judge.pruned.is_whole("/target/dialpad/api") {
        let spot = judge.key(&["target", "dialpad", "company"]);
        judge.error(&spot, "no_api", "the company can only be checked through the admin API").help =
            Some("add `api: { key: { env: DIALPAD_API_KEY } }` beside it, or take this out".to_owned());
    }
    let company = company.as_deref().map(|id| judge.placed(&["target", "dialpad", "company"], Text::from(id.trim())));
    let api = match api {
        Some(raw) => Some(Box::new(admin(raw, judge)?)),
        None => None,
    };
    let url = judge.placed(&at("url"), url?);
    Some(Dialpad { url, token: token?, scim, company, api })
}

/// The admin API.
fn admin(raw: &raw::Api, judge: &mut Judge) -> Option<Api> {
    let at = |key| ["target", "dialpad", "api", key];
    let url = url(&raw.url, &judge.spot(&at("url")), "write `https://dialpad.com`", judge);
    let key = secret(&raw.key.secret(), &at("key"), judge);
    let expires = match &raw.key.expires {
        None => None,
        Some(day) => match day.parse() {
            Ok(day) => Some(judge.placed(&["target", "dialpad", "api", "key", "expires"], day)),
            Err(_) => {
                let spot = judge.spot(&["target", "dialpad", "api", "key", "expires"]);
                judge.error(&spot, "bad_date", format!("there is no day `{day}`")).help =
                    Some("a day is written as 2027-01-31".to_owned());
                None
            }
        },
    };
    let rate = rate(&raw.rate, &at("rate"), judge);
    let owner = raw.owner.as_deref().map(|name| judge.placed(&at("owner"), Folded::new(name)));
    let url = url?;
    let url = url.strip_suffix("/api/v2").map_or(url.clone(), Text::from);
    Some(Api { url: judge.placed(&at("url"), url), key: key?, expires, rate, owner })
}

const SCIM_EXAMPLE: &str = "write the portal's Tenant URL, such as `https://dialpad.com/scim`";

/// The base URL: `/Users` is appended to it, so nothing may stand behind the path.
fn url(written: &str, spot: &Spot, example: &str, judge: &mut Judge) -> Option<Text> {
    let url = match Url::parse(written.trim()) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => url,
        _ => {
            judge.error(spot, "bad_url", "this is not a URL that begins with `https://`").help =
                Some(example.to_owned());
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        judge.error(spot, "literal_secret", "the URL holds a user name or password").help =
            Some("take it out; the secret goes into `token` or `key`".to_owned());
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        judge.error(spot, "bad_url", "the URL ends with `?` or `#`, but paths are appended to it").help =
            Some(example.to_owned());
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

/// Where a secret comes from; the secret itself is refused.
pub(super) fn secret(raw: &raw::Secret, path: &[&str], judge: &mut Judge) -> Option<Placed<SecretRef>> {
    let at = |key| [path, &[key]].concat();
    let (key, written) = match (&raw.env, &raw.file, &raw.command) {
        (Some(name), _, _) => ("env", name),
        (_, Some(file), _) => ("file", file),
        (_, _, Some(command)) => ("command", command),
        (None, None, None) => return None,
    };
    let spot = judge.spot(&at(key));
    if written.split_whitespace().any(literals::looks_like_token) {
        let (of, name) = match path.last() {
            Some(&"token") | None => ("token", "DIALPAD_TOKEN"),
            Some(of) => (*of, "NAME"),
        };
        judge.error(&spot, "literal_secret", format!("`{key}` looks like the {of} itself")).help = Some(format!(
            "a secret never stands in the manifest: revoke this one, put a new one into a variable, and write \
             `{of}: {{ env: {name} }}`"
        ));
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
