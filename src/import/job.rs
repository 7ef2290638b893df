//! What a schema does not hold: the job, its settings, and the switches among its secrets.
//!
//! Of secrets, only the values of four switches are read; of every other one only
//! that it is there. None is ever shown.

use url::Url;

use super::{
    at::At,
    recognise::Inputs,
    report::{Findings, Kind, holds_token, quoted},
};
use crate::manifest::{is_active_job, literals::looks_like_token, trust::AllowedHosts};

/// The switches that were found.
#[derive(Debug, Default)]
pub(super) struct Switches {
    /// The portal's Tenant URL, where the token may be sent there.
    pub(super) url: Option<String>,
    pub(super) url_notes: Vec<String>,
    /// The flag `AzureAdScimPatch2017` of the Tenant URL: changes are written as Entra does by default.
    pub(super) entra_dialect: bool,
    /// Everybody, or who is assigned.
    pub(super) sync_all: Option<bool>,
    /// Who leaves the scope is left alone.
    pub(super) skip_out_of_scope: Option<bool>,
    /// The accidental deletions threshold, where it is on.
    pub(super) threshold: Option<u32>,
}

/// Reads them.
pub(super) fn switches(inputs: &Inputs, findings: &mut Findings) -> Switches {
    let mut switches = Switches::default();
    for job in &inputs.jobs {
        one_job(job, findings);
    }
    for setting in &inputs.settings {
        let what = format!("the job setting `{}`", quoted(setting.string("name").unwrap_or_default()));
        let (why, next) = match setting.string("name").map(str::to_ascii_lowercase).as_deref() {
            Some("quarantinetoomanydeletesthreshold") => (
                "budgets stand in its place: 25 disables or 10 percent, and 5 deletes, for each plan and day",
                "set other budgets under `safety` if you need them",
            ),
            _ => ("Dialform has nothing like it", "look whether it matters to you"),
        };
        findings.add(Kind::NotCarried, "job_setting", setting, what, why, next);
    }
    let mut seen: Vec<String> = Vec::new();
    for secret in &inputs.secrets {
        let key = secret.string("key").unwrap_or_default().trim().to_ascii_lowercase();
        if seen.contains(&key) {
            let what = format!("a second value of `{}`", quoted(&key));
            findings.add(Kind::NotCarried, "key_twice", secret, what, "only the first is read", "look which is meant");
            continue;
        }
        one_secret(&key, secret, &mut switches, findings);
        seen.push(key);
    }
    switches
}

fn one_job(job: &At, findings: &mut Findings) {
    let state = job.get("schedule").and_then(|schedule| schedule.string("state"));
    let code = job.get("status").and_then(|status| status.string("code"));
    if is_active_job(state, code) {
        let why = "it goes on provisioning the same accounts, and the two would undo each other's work";
        let next = "plan as often as you like; pause it in the portal before `enabled: true`";
        findings.add(Kind::Confirm, "job_active", job, "the job is active".to_owned(), why, next);
    }
    if let Some(quarantine) = job.get("status").and_then(|status| status.get("quarantine")) {
        let reason = quoted(quarantine.string("reason").unwrap_or("unknown"));
        let what = format!("the job is in quarantine: `{reason}`");
        let next = "`dialform doctor` says what is wrong with the connection";
        findings.add(Kind::Noted, "quarantine", &quarantine, what, "Entra has stopped or slowed it down", next);
    }
}

fn one_secret(key: &str, at: &At, switches: &mut Switches, findings: &mut Findings) {
    let Some(value) = at.get("value").filter(|value| !value.is_empty()) else { return };
    match key {
        "baseaddress" => base_address(&value, switches, findings),
        "syncall" => switches.sync_all = truth("SyncAll", &value, findings),
        "skipoutofscopedeletions" => {
            switches.skip_out_of_scope = truth("SkipOutOfScopeDeletions", &value, findings);
        }
        "syncnotificationsettings" => notification(&value, switches, findings),
        "harddeletesenabled" | "updatekeyonsoftdelete" | "authenticationtype" | "testreferences" => {
            let what = format!("the job's `{}`", quoted(at.string("key").unwrap_or_default()));
            let why = "what it does is not documented";
            findings.add(Kind::NotCarried, "job_switch", at, what, why, "look whether it matters to you");
        }
        _ => {
            let what = format!("a value of `{}`", quoted(at.string("key").unwrap_or_default()));
            let why = "it may be a secret: it is neither read nor shown";
            let next = "delete the file; make a new token if somebody else could read it. Dialform takes the token \
                from the environment, as `DIALPAD_TOKEN`";
            findings.add(Kind::Noted, "secret_in_file", at, what, why, next);
        }
    }
}

fn truth(name: &str, value: &At, findings: &mut Findings) -> Option<bool> {
    let truth = value.truth();
    if truth.is_none() {
        let what = format!("the value of `{name}`");
        let why = "it is neither true nor false";
        findings.add(Kind::NotCarried, "bad_switch", value, what, why, "look at it in the portal");
    }
    truth
}

/// The Tenant URL: without its flags, and only where a token may go.
fn base_address(value: &At, switches: &mut Switches, findings: &mut Findings) {
    let url = value.text().and_then(|text| Url::parse(text.trim()).ok()).filter(Url::has_host);
    let Some(mut url) = url else {
        let next = "copy the portal's Tenant URL into `url`";
        findings.add(Kind::NotCarried, "bad_url", value, "the Tenant URL".to_owned(), "it is not a URL", next);
        return;
    };
    let has_secret = !url.username().is_empty()
        || url.password().is_some()
        || url.path_segments().is_some_and(|mut parts| parts.any(|part| looks_like_token(part) || holds_token(part)));
    if has_secret {
        let why = "a user name, a password or a token stands in it";
        let next = "write `url` by hand, without it";
        findings.add(Kind::NotCarried, "literal_secret", value, "the Tenant URL".to_owned(), why, next);
        return;
    }
    let flags = url.query().unwrap_or_default().to_ascii_lowercase();
    switches.entra_dialect = flags.split(['&', '?']).any(|flag| flag.starts_with("azureadscimpatch2017"));
    let has_others = flags.split(['&', '?']).any(|flag| {
        !flag.is_empty() && !flag.starts_with("azureadscimpatch2017") && !flag.starts_with("aadoptscim062020")
    });
    if has_others {
        let why = "only the flags `aadOptscim062020` and `AzureAdScimPatch2017` are known";
        let next = "look what it asks of the service";
        findings.add(
            Kind::NotCarried,
            "url_query",
            value,
            "what stands behind `?` in the Tenant URL".to_owned(),
            why,
            next,
        );
    }
    url.set_query(None);
    url.set_fragment(None);
    let shown = url.as_str().trim_end_matches('/').to_owned();
    match AllowedHosts::default().judge(&url) {
        Ok(()) => switches.url = Some(shown),
        Err(_) => {
            let why = "it is not Dialpad's, and a token is sent elsewhere only where the environment allows it";
            let next = format!(
                "if it is meant, write it into `url`, and set DIALFORM_ALLOWED_HOSTS={} where Dialform runs",
                url.host_str().unwrap_or_default()
            );
            switches.url_notes.push(format!("confirm: the Tenant URL in Entra is {}, {why}", quoted(&shown)));
            findings.add(
                Kind::NotCarried,
                "untrusted_host",
                value,
                format!("the Tenant URL `{}`", quoted(&shown)),
                why,
                &next,
            );
        }
    }
}

/// `{"Enabled":true,"Recipients":"…","DeleteThresholdEnabled":true,"DeleteThresholdValue":50}`, as text.
fn notification(value: &At, switches: &mut Switches, findings: &mut Findings) {
    let text = value.text().unwrap_or_default();
    let Ok(settings) = serde_json::from_str::<serde_json::Value>(text) else {
        let what = "the notification settings".to_owned();
        findings.add(Kind::NotCarried, "bad_switch", value, what, "they are not JSON", "look at them in the portal");
        return;
    };
    let get = |name: &str| {
        let members = settings.as_object()?;
        members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let is_true = |name: &str| {
        get(name).is_some_and(|value| {
            value.as_bool() == Some(true) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
        })
    };
    let number = |value: &serde_json::Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    if is_true("DeleteThresholdEnabled") {
        switches.threshold = get("DeleteThresholdValue").and_then(number).and_then(|number| u32::try_from(number).ok());
        let what = "the threshold of accidental deletions".to_owned();
        let (why, next) = match switches.threshold {
            Some(_) => (
                "Entra counts disables and deletes of a cycle together; here each has its own budget, for a plan and a day",
                "look at `disables` and `deletes` under `safety`",
            ),
            None => ("its number cannot be read; the default budgets hold", "set `disables` under `safety`"),
        };
        findings.add(Kind::Changed, "threshold", value, what, why, next);
    }
    if is_true("Enabled") {
        let what = match get("Recipients").and_then(|recipients| recipients.as_str()) {
            Some(recipients) => format!("mails about quarantine to {}", quoted(recipients)),
            None => "mails about quarantine".to_owned(),
        };
        let why = "a run tells by its exit code and its log";
        findings.add(Kind::NotCarried, "notification", value, what, why, "let what runs it tell people when it fails");
    }
}
