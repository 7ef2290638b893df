//! OData as the fake understands it: what Graph refuses is refused too.

use serde_json::{Value, json};

use super::store::Object;

/// Properties of a user that can be selected; the names are those of the v1.0 metadata.
const USER: &[&str] = &[
    "id",
    "accountEnabled",
    "ageGroup",
    "businessPhones",
    "city",
    "companyName",
    "consentProvidedForMinor",
    "country",
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "department",
    "displayName",
    "employeeHireDate",
    "employeeId",
    "employeeLeaveDateTime",
    "employeeOrgData",
    "employeeType",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "faxNumber",
    "givenName",
    "imAddresses",
    "jobTitle",
    "legalAgeGroupClassification",
    "mail",
    "mailNickname",
    "mobilePhone",
    "officeLocation",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesExtensionAttributes",
    "onPremisesImmutableId",
    "onPremisesLastSyncDateTime",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "onPremisesUserPrincipalName",
    "otherMails",
    "passwordPolicies",
    "postalCode",
    "preferredLanguage",
    "proxyAddresses",
    "showInAddressList",
    "signInSessionsValidFromDateTime",
    "state",
    "streetAddress",
    "surname",
    "usageLocation",
    "userPrincipalName",
    "userType",
];
const USER_DEFAULT: &[&str] = &[
    "id",
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];
const GROUP: &[&str] = &[
    "id",
    "description",
    "displayName",
    "groupTypes",
    "mail",
    "mailEnabled",
    "mailNickname",
    "securityEnabled",
    "visibility",
    "membershipRule",
    "onPremisesSyncEnabled",
];
const APPLICATION: &[&str] = &[
    "id",
    "appId",
    "displayName",
    "accountEnabled",
    "appRoleAssignmentRequired",
    "appRoles",
    "servicePrincipalType",
    "tags",
];
const ORGANIZATION: &[&str] = &["id", "displayName", "verifiedDomains"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    User,
    Group,
    Application,
    Organization,
}

/// A refusal: status, code and message.
pub type Refused = (u16, &'static str, String);

pub fn bad(message: impl Into<String>) -> Refused {
    (400, "Request_BadRequest", message.into())
}

/// A query, decoded.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `$top`, within bounds.
    pub fn top(&self, most: usize) -> Result<usize, Refused> {
        let Some(text) = self.get("$top") else { return Ok(100.min(most)) };
        let top: usize = text.parse().map_err(|_| bad(format!("Invalid page size specified: '{text}'.")))?;
        match top {
            1..=999 => Ok(top.min(most)),
            _ => Err(bad(format!("Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive."))),
        }
    }

    /// The properties that are answered.
    pub fn select(&self, kind: Kind) -> Result<Vec<String>, Refused> {
        let (known, default) = match kind {
            Kind::User => (USER, USER_DEFAULT),
            Kind::Group => (GROUP, GROUP),
            Kind::Application => (APPLICATION, APPLICATION),
            Kind::Organization => (ORGANIZATION, ORGANIZATION),
        };
        let Some(text) = self.get("$select") else {
            return Ok(default.iter().map(|name| (*name).to_owned()).collect());
        };
        let names: Vec<String> = text.split(',').map(str::to_owned).collect();
        for name in &names {
            let is_extension = name.starts_with("extension_") && name.len() > 43;
            // Of members, properties of any kind can be named.
            let in_any = known.contains(&name.as_str()) || kind == Kind::User && GROUP.contains(&name.as_str());
            if !in_any && !is_extension {
                return Err(bad(format!(
                    "Could not find a property named '{name}' on type 'microsoft.graph.{kind:?}'."
                )));
            }
        }
        Ok(names)
    }
}

/// An object with the selected properties alone. Extensions that are not set are not there.
pub fn project(object: &Object, names: &[String]) -> Object {
    let mut projected = Object::new();
    for name in names {
        match object.get(name) {
            Some(value) => projected.insert(name.clone(), value.clone()),
            None if name.starts_with("extension_") => None,
            None if ["businessPhones", "otherMails", "proxyAddresses", "imAddresses"].contains(&name.as_str()) => {
                projected.insert(name.clone(), json!([]))
            }
            None => projected.insert(name.clone(), Value::Null),
        };
    }
    projected
}

/// `property in ('a','b')` and `property eq 'a'`.
pub fn filter(text: &str) -> Result<impl Fn(&Object) -> bool, Refused> {
    let unsupported = || (400, "Request_UnsupportedQuery", format!("Unsupported Query: {text}"));
    let (property, rest) = text.split_once(' ').ok_or_else(unsupported)?;
    let values = if let Some(list) = rest.strip_prefix("in (").and_then(|rest| rest.strip_suffix(')')) {
        literals(list).ok_or_else(unsupported)?
    } else {
        let one = rest.strip_prefix("eq ").ok_or_else(unsupported)?;
        literals(one).filter(|all| all.len() == 1).ok_or_else(unsupported)?
    };
    if values.len() > 15 {
        return Err(bad("Too many child clauses specified in search filter expression. Max allowed: 15."));
    }
    if values.iter().any(|value| value.chars().count() > 120) {
        return Err((400, "Request_UnsupportedQuery", "Property value is too long.".to_owned()));
    }
    let is_id = |value: &String| value.len() == 36;
    if property == "id" && !values.iter().all(is_id) {
        return Err(bad("Invalid object identifier."));
    }
    if !["id", "displayName", "userPrincipalName", "mail", "appId"].contains(&property) {
        return Err(unsupported());
    }
    let (property, values) = (property.to_owned(), values.iter().map(|value| value.to_lowercase()).collect::<Vec<_>>());
    Ok(move |object: &Object| {
        object.get(&property).and_then(Value::as_str).is_some_and(|text| values.contains(&text.to_lowercase()))
    })
}

/// `'a','b''c'`
fn literals(text: &str) -> Option<Vec<String>> {
    let (mut values, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.strip_prefix('\'')?;
        let mut value = String::new();
        loop {
            let end = rest.find('\'')?;
            value.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix('\'') {
                Some(after) => {
                    value.push('\'');
                    rest = after;
                }
                None => break,
            }
        }
        values.push(value);
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None => return rest.is_empty().then_some(values),
        }
    }
}
