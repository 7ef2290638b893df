//! What `doctor` finds out about signing in to Entra: by what, to which tenant, with which permissions.

use super::entra::finding;
use crate::{
    cli::directory,
    live::{Finding, Grade},
    manifest::{Entra, Manifest},
    names::count,
    source::entra::{
        Claims, SignInFailure, Token, Wanted,
        sign_in::{
            SignIn,
            permissions::{Asked, Verdict, judge},
        },
    },
};

const GRANT: &str = "in Entra, App registrations > the application > API permissions";

/// Signs in.
///
/// # Errors
/// Why that cannot be, as findings.
pub(super) async fn examine(entra: &Entra) -> Result<(SignIn, Token, Vec<Finding>), Vec<Finding>> {
    let good = |grade, message: String| finding("entra_sign_in", grade, message, None);
    let sign_in = directory::sign_in(entra).map_err(|failure| vec![failed(failure)])?;
    match sign_in.token(false).await {
        Err(failure) => Err(vec![good(Grade::Note, format!("signs in by {}", sign_in.by())), failed(failure)]),
        Ok(token) => {
            let mut found = vec![good(Grade::Good, format!("signed in by {}", sign_in.by()))];
            let claims = token.claims().unwrap_or_default();
            if let Some(tenant) = &claims.tid {
                found.push(good(Grade::Good, format!("the token is of tenant {tenant}{}", who(&claims))));
            }
            Ok((sign_in, token, found))
        }
    }
}

pub(super) fn failed(SignInFailure { message, help }: SignInFailure) -> Finding {
    finding("entra_sign_in", Grade::Error, message, Some(help))
}

/// What the token may do, and whether that is enough. Where everything `was_read` all the same, a
/// directory role such as Directory Readers stands in for permissions.
pub(super) fn permissions(token: &Token, manifest: &Manifest, was_read: bool, found: &mut Vec<Finding>) {
    let asked = Asked::of(&Wanted::of(&[manifest], [], false));
    match judge(&token.claims().unwrap_or_default(), asked) {
        Some(verdict) => granted(&verdict, was_read, found),
        None => found.push(finding(
            "entra_permissions",
            Grade::Note,
            "the token does not say what it may do".to_owned(),
            Some("what was read below shows it".to_owned()),
        )),
    }
}

fn who(claims: &Claims) -> String {
    match (&claims.name, &claims.appid) {
        (Some(name), Some(id)) => format!(", for application {name} ({id})"),
        (None, Some(id)) => format!(", for application {id}"),
        (_, None) => String::new(),
    }
}

fn granted(verdict: &Verdict, was_read: bool, found: &mut Vec<Finding>) {
    let kind = if verdict.delegated { "delegated to it" } else { "granted" };
    if !verdict.granted.is_empty() {
        let list = verdict.granted.join(", ");
        found.push(finding("entra_permissions", Grade::Good, format!("{kind}: {list}"), None));
    }
    for missing in &verdict.missing {
        let permission = missing.permission;
        if was_read {
            let message = format!("`{permission}` is not granted, and what it is for was read all the same");
            let remedy = "a directory role stands in for it; the permission alone would be less";
            found.push(finding("entra_permissions", Grade::Note, message, Some(remedy.to_owned())));
            continue;
        }
        let kind = if verdict.delegated { "delegated" } else { "application" };
        let remedy = format!(
            "{GRANT}: add Microsoft Graph's {kind} permission `{permission}` and grant admin consent; a managed identity is granted it by a script"
        );
        let message = format!("`{permission}` is missing: {}", missing.stops);
        found.push(finding("entra_permissions", Grade::Error, message, Some(remedy)));
    }
    if !verdict.writing.is_empty() {
        let many = count(verdict.writing.len(), "permission", "permissions");
        // What a person may do cannot be taken from one's tokens here.
        let (grade, remedy) = if verdict.delegated {
            (Grade::Note, "runs that nobody watches should sign in as an application that only reads".to_owned())
        } else {
            (Grade::Warning, format!("take them away {GRANT}; whoever gets hold of this sign-in could use them"))
        };
        let message = format!("{many} can change things, and reading needs none: {}", verdict.writing.join(", "));
        found.push(finding("entra_permissions", grade, message, Some(remedy)));
    }
    if !verdict.unneeded.is_empty() {
        let message = format!("not needed for reading people and groups: {}", verdict.unneeded.join(", "));
        found.push(finding("entra_permissions", Grade::Note, message, Some(format!("take them away {GRANT}"))));
    }
}
