//! The target as YAML. Secrets are references, never values.

use crate::manifest::{
    Api, Dialpad, Sandbox, Scim, SecretRef, Target,
    yaml::write::{Page, scalar},
};

pub(super) fn target(target: &Target, page: &mut Page) {
    page.line(0, "target:");
    match target {
        Target::Dialpad(dialpad) => of_dialpad(dialpad, page),
        Target::Sandbox(Sandbox { folder, scim, tenant }) => {
            page.line(1, "sandbox:");
            page.line(2, &format!("folder: {}", scalar(folder)));
            if let Some(tenant) = tenant {
                page.line(2, &format!("tenant: {}", scalar(&tenant.value)));
            }
            if scim.rate.is_some() {
                page.line(2, &format!("rate: {}", rate(scim.rate)));
            }
        }
    }
}

fn of_dialpad(dialpad: &Dialpad, page: &mut Page) {
    let Dialpad { url, token, scim, company, api } = dialpad;
    page.line(1, "dialpad:");
    if let Some(company) = company {
        page.line(2, &format!("company: {}", quoted(&company.value)));
    }
    page.line(2, "scim:");
    page.line(3, &format!("url: {}", scalar(&url.value)));
    page.line(3, &format!("token: {{ {} }}", secret(&token.value)));
    of_scim(scim, page);
    let Some(api) = api else { return };
    let Api { url, key, expires, rate: of_api, owner } = &**api;
    page.line(2, "api:");
    page.line(3, &format!("url: {}", scalar(&url.value)));
    let expires = expires.as_ref().map(|day| format!(", expires: {}", day.value)).unwrap_or_default();
    page.line(3, &format!("key: {{ {}{expires} }}", secret(&key.value)));
    page.line(3, &format!("rate: {}", rate(*of_api)));
    if let Some(owner) = owner {
        page.line(3, &format!("owner: {}", scalar(owner.value.as_str())));
    }
}

fn of_scim(settings: &Scim, page: &mut Page) {
    let Scim { rate: of_scim, concurrency, patch, members, manager, read, page_size, members_per_request } = settings;
    page.line(3, &format!("rate: {}", rate(*of_scim)));
    page.line(3, &format!("concurrency: {concurrency}"));
    let word = |setting: serde_json::Value| setting.as_str().unwrap_or_default().to_owned();
    let (patch, members, manager, read) = (
        serde_json::to_value(patch).map(word).unwrap_or_default(),
        serde_json::to_value(members).map(word).unwrap_or_default(),
        serde_json::to_value(manager).map(word).unwrap_or_default(),
        serde_json::to_value(read).map(word).unwrap_or_default(),
    );
    page.line(3, &format!(
        "dialect: {{ patch: {patch}, members: {members}, manager: {manager}, read: {read}, page_size: {page_size}, members_per_request: {members_per_request} }}"
    ));
}

/// Text that looks like a number stays text.
fn quoted(text: &str) -> String {
    scalar(text)
}

fn secret(reference: &SecretRef) -> String {
    match reference {
        SecretRef::Env(name) => format!("env: {}", scalar(name)),
        SecretRef::File(file) => format!("file: {}", scalar(file)),
        SecretRef::Command(command) => format!("command: {}", scalar(command)),
    }
}

/// A rate as a manifest writes it, in the shortest time that has a whole number.
fn rate(per_second: Option<f64>) -> String {
    let Some(rate) = per_second else { return "unlimited".to_owned() };
    for (unit, seconds) in [("s", 1.0), ("m", 60.0), ("h", 3600.0)] {
        let count = rate * seconds;
        if (count - count.round()).abs() < 1e-6 && count >= 1.0 {
            return format!("{:.0}/{unit}", count.round());
        }
    }
    format!("{:.0}/h", (rate * 3600.0).max(1.0))
}
