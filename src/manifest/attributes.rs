//! The source attributes that the Entra portal offers, by their names there.
//!
//! Facts: Microsoft, "Customize attribute mappings" and "Azure AD Graph to
//! Microsoft Graph: property differences".

/// What Entra offers for people.
pub const USER: [&str; 71] = [
    "objectId",
    "IsSoftDeleted",
    "accountEnabled",
    "appRoleAssignments",
    "manager",
    "userPrincipalName",
    "originalUserPrincipalName",
    "mail",
    "mailNickname",
    "proxyAddresses",
    "otherMails",
    "displayName",
    "givenName",
    "surname",
    "jobTitle",
    "department",
    "companyName",
    "physicalDeliveryOfficeName",
    "telephoneNumber",
    "mobile",
    "facsimileTelephoneNumber",
    "streetAddress",
    "city",
    "state",
    "postalCode",
    "country",
    "preferredLanguage",
    "usageLocation",
    "employeeId",
    "immutableId",
    "onPremisesSecurityIdentifier",
    "onPremisesDistinguishedName",
    "onPremisesSamAccountName",
    "onPremisesDomainName",
    "onPremisesUserPrincipalName",
    "samAccountName",
    "dirSyncEnabled",
    "lastDirSyncTime",
    "lastDirSyncDateTime",
    "sipProxyAddress",
    "extensionAttribute1",
    "extensionAttribute2",
    "extensionAttribute3",
    "extensionAttribute4",
    "extensionAttribute5",
    "extensionAttribute6",
    "extensionAttribute7",
    "extensionAttribute8",
    "extensionAttribute9",
    "extensionAttribute10",
    "extensionAttribute11",
    "extensionAttribute12",
    "extensionAttribute13",
    "extensionAttribute14",
    "extensionAttribute15",
    "userState",
    "userStateChangedOn",
    "createdDateTime",
    "creationType",
    "userType",
    "ageGroup",
    "consentProvidedForMinor",
    "legalAgeGroupClassification",
    "passwordPolicies",
    "refreshTokensValidFromDateTime",
    "showInAddressList",
    "employeeHireDate",
    "employeeLeaveDateTime",
    "employeeType",
    "employeeOrgData.costCenter",
    "employeeOrgData.division",
];

/// What Entra offers for groups.
pub const GROUP: [&str; 8] =
    ["objectId", "displayName", "mailNickname", "description", "mail", "mailEnabled", "securityEnabled", "members"];

/// Names of Microsoft Graph, with the portal's names for the same. Both may be written.
const GRAPH: [(&str, &str); 12] = [
    ("id", "objectId"),
    ("officeLocation", "physicalDeliveryOfficeName"),
    ("businessPhones", "telephoneNumber"),
    ("mobilePhone", "mobile"),
    ("faxNumber", "facsimileTelephoneNumber"),
    ("onPremisesImmutableId", "immutableId"),
    ("onPremisesSyncEnabled", "dirSyncEnabled"),
    ("onPremisesLastSyncDateTime", "lastDirSyncTime"),
    ("imAddresses", "sipProxyAddress"),
    ("externalUserState", "userState"),
    ("externalUserStateChangeDateTime", "userStateChangedOn"),
    ("signInSessionsValidFromDateTime", "refreshTokensValidFromDateTime"),
];

/// Names of other programs for the same.
const OTHERS: [(&str, &str); 4] =
    [("givenname", "givenName"), ("lastName", "surname"), ("firstName", "givenName"), ("familyName", "surname")];

/// The portal's name of an attribute that was written by its name in Microsoft Graph.
pub fn portal_name(name: &str) -> Option<&'static str> {
    GRAPH.iter().find(|(graph, _)| *graph == name).map(|(_, portal)| *portal)
}

/// Whether Entra has an attribute that can be read, by either of its names. `known` are
/// [`USER`] or [`GROUP`].
pub fn is_of_entra(name: &str, known: &[&'static str]) -> bool {
    let name = portal_name(name).unwrap_or(name);
    known.contains(&name) || known.contains(&"userPrincipalName") && is_extension(name)
}

/// Whether it is a directory extension: `extension_`, the application's id as 32 hex digits, `_` and a name.
pub fn is_extension(name: &str) -> bool {
    let Some((id, name)) = name.strip_prefix("extension_").and_then(|rest| rest.split_once('_')) else { return false };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && !name.is_empty() && name.chars().all(is_name)
}

/// What every person or group has, so that a filter never meets nothing.
const ALWAYS: [&str; 7] = [
    "objectId",
    "userPrincipalName",
    "displayName",
    "accountEnabled",
    "IsSoftDeleted",
    "mailEnabled",
    "securityEnabled",
];

/// The names that an editor offers.
pub fn examples() -> Vec<&'static str> {
    USER.iter().copied().filter(|name| !name.starts_with("onPremises")).collect()
}

/// Whether every object has a value for it.
pub fn is_always_there(name: &str) -> bool {
    ALWAYS.contains(&name)
}

/// The name that was probably meant, where `name` is none of the known ones.
///
/// Only a slip of one or two letters counts: a source may have attributes of its
/// own, such as the columns of a file.
pub fn meant(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if known.contains(&name) {
        return None;
    }
    if portal_name(name).is_some_and(|portal| known.contains(&portal)) {
        return None;
    }
    if let Some((_, portal)) = OTHERS.iter().find(|(other, portal)| *other == name && known.contains(portal)) {
        return Some(portal);
    }
    let folded = name.to_lowercase();
    let allowed = if name.len() < 6 { 1 } else { 2 };
    known
        .iter()
        .copied()
        .filter(|candidate| !(name.starts_with("extensionAttribute") && candidate.starts_with("extensionAttribute")))
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && candidate.len() > 3)
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_pointed_at_and_an_attribute_of_ones_own_is_not() {
        assert_eq!(meant("userPrincipleName", &USER), Some("userPrincipalName"));
        assert_eq!(meant("Surname", &USER), Some("surname"));
        assert_eq!(meant("officeLocation", &USER), None);
        assert_eq!(portal_name("officeLocation"), Some("physicalDeliveryOfficeName"));
        assert_eq!(meant("lastName", &USER), Some("surname"));
        assert_eq!(meant("employeID", &USER), Some("employeeId"));
        for own in ["surname", "costCenter", "extension_0a1b_costCenter", "team", "office", "extensionAttribute99"] {
            assert_eq!(meant(own, &USER), None, "{own}");
        }
        assert_eq!(meant("employeeType", &GROUP), None);
    }
}
