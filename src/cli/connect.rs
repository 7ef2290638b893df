//! From the manifest's target to a client.

use std::{fs, path::PathBuf};

use jiff::civil::Date;

use super::{output::plain, secret};
use crate::{
    dialpad::{AdminEnd, End, Reader, Writer},
    manifest::{Api, Dialpad, Manifest, Placed, Target},
    names::{Text, count},
    sandbox::{Options, Sandbox, Tenant},
};

/// A client that only reads.
///
/// # Errors
/// Why there is none: the secret, the address, the sandbox's folder; a fragment with the next step.
pub fn reader(manifest: &Manifest, allow_command: bool) -> Result<Reader, String> {
    let (end, admin) = ends(&manifest.target, allow_command)?;
    Reader::connect_with(end, manifest.target.scim(), admin).map_err(|error| error.to_string())
}

/// A client that reads SCIM alone, without the key of the admin API.
///
/// # Errors
/// As [`reader`].
pub fn scim_reader(manifest: &Manifest, allow_command: bool) -> Result<Reader, String> {
    let end = end(&manifest.target, allow_command)?;
    Reader::connect(end, manifest.target.scim()).map_err(|error| error.to_string())
}

/// A client that reads the admin API alone, without the token of SCIM; `None` where there is no admin API.
///
/// # Errors
/// As [`reader`].
pub fn admin_reader(manifest: &Manifest, allow_command: bool) -> Result<Option<Reader>, String> {
    let end = match (&manifest.target, admin(&manifest.target, allow_command)?) {
        (Target::Dialpad(dialpad), Some(admin)) => {
            let url = dialpad.url.value.clone();
            (End::Socket { url, token: None, plain_http: true }, Some(admin))
        }
        (Target::Dialpad(_), None) => return Ok(None),
        (Target::Sandbox(_), admin) => (end(&manifest.target, allow_command)?, admin),
    };
    let reader = Reader::connect_with(end.0, manifest.target.scim(), end.1);
    reader.map(Some).map_err(|error| error.to_string())
}

/// A client that also writes.
///
/// # Errors
/// As [`reader`].
pub fn writer(manifest: &Manifest, allow_command: bool) -> Result<Writer, String> {
    let (end, admin) = ends(&manifest.target, allow_command)?;
    Writer::connect_with(end, manifest.target.scim(), admin).map_err(|error| error.to_string())
}

/// Both ends, or what both lack.
fn ends(target: &Target, allow_command: bool) -> Result<(End, Option<AdminEnd>), String> {
    match (end(target, allow_command), admin(target, allow_command)) {
        (Ok(end), Ok(admin)) => Ok((end, admin)),
        (Err(one), Err(other)) => Err(format!("{one}\nfailed to {other}")),
        (Err(problem), _) | (_, Err(problem)) => Err(problem),
    }
}

/// What the sandbox has to begin with.
fn tenant(file: &Placed<Text>) -> Result<Tenant, String> {
    let Placed { value: file, place } = file;
    let failed = |why: String| format!("open the sandbox's tenant `{file}` ({place}): {why}");
    let text = fs::read_to_string(&**file).map_err(|error| failed(plain(&error)))?;
    Tenant::parse(&text).map_err(|error| failed(error.to_string()))
}

/// The admin API, where the manifest names it. A sandbox has its own.
pub(super) fn admin(target: &Target, allow_command: bool) -> Result<Option<AdminEnd>, String> {
    match target {
        Target::Dialpad(Dialpad { api: Some(api), .. }) => {
            let Api { url, key, rate, expires: _, owner: _ } = &**api;
            let key = secret::resolve(key, allow_command)?;
            Ok(Some(AdminEnd { url: url.value.clone(), key, plain_http: true, rate: *rate }))
        }
        Target::Dialpad(_) | Target::Sandbox(_) => Ok(None),
    }
}

/// What to say of the day on which the key of the admin API expires: from 30 days before.
pub fn expiry(target: &Target, today: Date) -> Option<Expiry> {
    const DAYS_BEFORE: i32 = 30;
    let Target::Dialpad(Dialpad { api: Some(api), .. }) = target else { return None };
    let Placed { value: day, place } = api.expires.as_ref()?;
    let left = day.since(today).ok()?.get_days();
    let renew = "make a new key at Admin > My Company > Authentication > API Keys, and write its day there";
    match left {
        ..0 => {
            let message = format!("the key of the admin API expired on {day} ({place}); {renew}");
            Some(Expiry { message, is_past: true })
        }
        0..=DAYS_BEFORE => {
            let left = count(left.unsigned_abs() as usize, "day", "days");
            let message = format!("the key of the admin API expires on {day}, in {left} ({place}); {renew}");
            Some(Expiry { message, is_past: false })
        }
        _ => None,
    }
}

/// A key that expires soon, or has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// A fragment, with the next step.
    pub message: String,
    /// Whether it has expired.
    pub is_past: bool,
}

/// Where the manifest's secret may go was judged when the manifest was read.
pub(super) fn end(target: &Target, allow_command: bool) -> Result<End, String> {
    match target {
        Target::Dialpad(dialpad) => {
            let token = secret::resolve(&dialpad.token, allow_command)?;
            let url = dialpad.url.value.clone();
            Ok(End::Socket { url, token: Some(token), plain_http: true })
        }
        Target::Sandbox(sandbox) => {
            let folder = Some(PathBuf::from(&*sandbox.folder));
            // It allows what the manifest says that it allows.
            let rate = sandbox.scim.rate.map(|rate| rate.ceil().clamp(1.0, 1e6) as u32);
            let tenant = sandbox.tenant.as_ref().map(tenant).transpose()?;
            let options = Options { folder, rate, tenant, ..Options::default() };
            Sandbox::open(options).map(End::Sandbox).map_err(|error| error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        manifest::{ManagerDialect, MembersDialect, PatchDialect, ReadDialect, Scim, SecretRef},
        names::Place,
    };

    fn target(expires: Option<&str>) -> Target {
        fn placed<T>(value: T) -> Placed<T> {
            Placed { value, place: Place::new("dialform.yaml", 9, 7) }
        }
        let key = placed(SecretRef::Env("DIALPAD_API_KEY".into()));
        let expires = expires.map(|day| placed(day.parse().unwrap()));
        let api = Api { url: placed("https://dialpad.com".into()), key: key.clone(), expires, rate: None, owner: None };
        let scim = Scim {
            rate: None,
            concurrency: 1,
            patch: PatchDialect::Rfc7644,
            members: MembersDialect::Filter,
            manager: ManagerDialect::Record,
            read: ReadDialect::List,
            page_size: 1,
            members_per_request: 1,
        };
        let url = placed("https://dialpad.com/scim".into());
        Target::Dialpad(Dialpad { url, token: key, scim, company: None, api: Some(Box::new(api)) })
    }

    #[test]
    fn both_secrets_that_are_missing_are_told_at_once() {
        let Target::Dialpad(mut dialpad) = target(None) else { panic!("a Dialpad") };
        dialpad.token.value = SecretRef::Env("DIALFORM_NO_SUCH_TOKEN".into());
        dialpad.api.as_mut().unwrap().key.value = SecretRef::Env("DIALFORM_NO_SUCH_KEY".into());
        let told = ends(&Target::Dialpad(dialpad), false).err().unwrap();
        assert!(told.contains("`DIALFORM_NO_SUCH_TOKEN`") && told.contains("`DIALFORM_NO_SUCH_KEY`"), "{told}");
    }

    #[test]
    fn a_key_is_spoken_of_from_thirty_days_before_it_expires() {
        let told = |today: &str| expiry(&target(Some("2027-01-31")), today.parse().unwrap());
        assert_eq!(told("2026-12-31"), None);
        let first = told("2027-01-01").unwrap();
        assert!(first.message.contains("in 30 days (dialform.yaml:9") && !first.is_past, "{first:?}");
        assert!(told("2027-01-30").unwrap().message.contains("in 1 day "));
        assert!(!told("2027-01-31").unwrap().is_past);
        let past = told("2027-02-01").unwrap();
        assert!(past.is_past && past.message.contains("expired on 2027-01-31"), "{past:?}");
        assert_eq!(expiry(&target(None), "2027-02-01".parse().unwrap()), None);
    }
}
