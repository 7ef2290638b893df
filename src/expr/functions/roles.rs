//! App roles. The attribute is a list of role names, of objects with `value`
//! and `displayName`, or of such objects as JSON text (Microsoft, "Customize
//! application attributes").

use super::{Args, Stop, Val};
use crate::names::{Text, Value};

type Result<'a> = std::result::Result<Val<'a>, Stop>;

/// The type that Microsoft's samples give each role.
const TYPE: &str = "WindowsAzureActiveDirectoryRole";

struct Role {
    value: Text,
    display: Text,
}

fn roles(args: &Args) -> std::result::Result<Vec<Role>, Stop> {
    let mut roles = Vec::new();
    for value in args.values(0)?.iter() {
        let text = value.to_string();
        args.bounded(text.len())?;
        let parsed = match value {
            Value::Text(text) if text.trim_start().starts_with('{') => {
                serde_json::from_str(text).ok().and_then(|json| Value::from_json(&json))
            }
            Value::Text(_) | Value::Integer(_) | Value::Boolean(_) | Value::DateTime(_) | Value::List(_) => None,
            Value::Record(_) => Some(value.clone()),
        };
        let member = |name: &str| {
            let found = parsed.as_ref()?.member(name)?.to_string();
            (!found.is_empty()).then(|| Text::from(found))
        };
        let display = member("displayName").or_else(|| member("display"));
        let name = member("value").or_else(|| display.clone()).unwrap_or_else(|| Text::from(text.as_str()));
        if !name.is_empty() {
            roles.push(Role { display: display.unwrap_or_else(|| name.clone()), value: name });
        }
    }
    Ok(roles)
}

/// The display name where it differs from the value: what vendors' guides for
/// this function compare with.
pub(super) fn single<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let roles = roles(args)?;
    match roles.as_slice() {
        [] => Ok(Val::Null),
        [one] => Ok(Val::Text(one.display.to_string().into())),
        more => {
            let names: Vec<&str> = more.iter().take(5).map(|role| role.display.as_ref()).collect();
            let message = format!("expected one app role, found {}: {}", more.len(), names.join(", "));
            Err(args.fail("many_roles", message))
        }
    }
}

pub(super) fn complex<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    objects(args, "displayName")
}

/// Microsoft's sample of this variant writes the key `display`.
pub(super) fn assertive<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    objects(args, "display")
}

fn objects<'a>(args: &Args<'_, 'a>, display: &str) -> Result<'a> {
    let object = |role: Role| {
        Value::Record(vec![
            ("primary".into(), Value::Boolean(false)),
            ("type".into(), Value::text(TYPE)),
            (display.into(), Value::Text(role.display)),
            ("value".into(), Value::Text(role.value)),
        ])
    };
    Ok(Val::List(roles(args)?.into_iter().map(object).collect()))
}
