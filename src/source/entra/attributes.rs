//! The attributes that can be read, by the portal's names, and what Graph calls them.
//!
//! Facts: Microsoft, "Customize attribute mappings", "Azure AD Graph to Microsoft Graph:
//! property differences", and the `user` resource of Microsoft Graph v1.0.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::item::{self, Wrong};
use crate::{
    manifest::attributes::{is_extension, portal_name},
    names::{Text, Value},
};

/// How a value lies in a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Text,
    Boolean,
    List,
    /// The first of a list that holds at most one.
    First,
    /// A member of a complex property.
    Member(&'static str),
}

use How::{Boolean, First, List, Member, Text as Plain};

/// The portal's name, Graph's property, and how its value lies there. What has its own
/// place is not here: `objectId`, `manager`, `appRoleAssignments`, `IsSoftDeleted`.
const USER: [(&str, &str, How); 50] = [
    ("accountEnabled", "accountEnabled", Boolean),
    ("ageGroup", "ageGroup", Plain),
    ("city", "city", Plain),
    ("companyName", "companyName", Plain),
    ("consentProvidedForMinor", "consentProvidedForMinor", Plain),
    ("country", "country", Plain),
    ("createdDateTime", "createdDateTime", Plain),
    ("creationType", "creationType", Plain),
    ("department", "department", Plain),
    ("dirSyncEnabled", "onPremisesSyncEnabled", Boolean),
    ("displayName", "displayName", Plain),
    ("employeeHireDate", "employeeHireDate", Plain),
    ("employeeId", "employeeId", Plain),
    ("employeeLeaveDateTime", "employeeLeaveDateTime", Plain),
    ("employeeOrgData.costCenter", "employeeOrgData", Member("costCenter")),
    ("employeeOrgData.division", "employeeOrgData", Member("division")),
    ("employeeType", "employeeType", Plain),
    ("facsimileTelephoneNumber", "faxNumber", Plain),
    ("givenName", "givenName", Plain),
    ("immutableId", "onPremisesImmutableId", Plain),
    ("jobTitle", "jobTitle", Plain),
    ("lastDirSyncDateTime", "onPremisesLastSyncDateTime", Plain),
    ("lastDirSyncTime", "onPremisesLastSyncDateTime", Plain),
    ("legalAgeGroupClassification", "legalAgeGroupClassification", Plain),
    ("mail", "mail", Plain),
    ("mailNickname", "mailNickname", Plain),
    ("mobile", "mobilePhone", Plain),
    ("onPremisesDistinguishedName", "onPremisesDistinguishedName", Plain),
    ("onPremisesDomainName", "onPremisesDomainName", Plain),
    ("onPremisesSamAccountName", "onPremisesSamAccountName", Plain),
    ("onPremisesSecurityIdentifier", "onPremisesSecurityIdentifier", Plain),
    ("onPremisesUserPrincipalName", "onPremisesUserPrincipalName", Plain),
    ("otherMails", "otherMails", List),
    ("passwordPolicies", "passwordPolicies", Plain),
    ("physicalDeliveryOfficeName", "officeLocation", Plain),
    ("postalCode", "postalCode", Plain),
    ("preferredLanguage", "preferredLanguage", Plain),
    ("proxyAddresses", "proxyAddresses", List),
    ("refreshTokensValidFromDateTime", "signInSessionsValidFromDateTime", Plain),
    ("samAccountName", "onPremisesSamAccountName", Plain),
    ("showInAddressList", "showInAddressList", Boolean),
    ("sipProxyAddress", "imAddresses", First),
    ("state", "state", Plain),
    ("streetAddress", "streetAddress", Plain),
    ("surname", "surname", Plain),
    ("telephoneNumber", "businessPhones", First),
    ("usageLocation", "usageLocation", Plain),
    ("userState", "externalUserState", Plain),
    ("userStateChangedOn", "externalUserStateChangeDateTime", Plain),
    ("userType", "userType", Plain),
];

/// Properties that every user is read with: who they are, and what names their accounts
/// may have had (`possible_rename`).
const ALWAYS: [&str; 6] = ["accountEnabled", "displayName", "mail", "otherMails", "proxyAddresses", "userType"];

/// What needs a permission of its own, and so is read only when a manifest asks for it.
const OWN_PERMISSION: [&str; 1] = ["employeeLeaveDateTime"];

/// The extension attributes of Exchange, members of one property.
const EXTENSION_ATTRIBUTES: [&str; 15] = [
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
];

/// The attributes of users that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// By the portal's name.
    columns: BTreeMap<Text, (Text, How)>,
    /// Whether the untouched name of guests is wanted of everybody.
    original_name: bool,
}

impl Selection {
    /// Those in use, by either of their names, or with `all` whatever there is.
    pub fn new<'n>(used: impl Iterator<Item = &'n str>, all: bool) -> Self {
        let used: BTreeSet<&str> = used.map(|name| portal_name(name).unwrap_or(name)).collect();
        let mut columns = BTreeMap::new();
        for (name, property, how) in USER {
            let wanted = used.contains(name) || ALWAYS.contains(&name) || all && !OWN_PERMISSION.contains(&name);
            if wanted {
                columns.insert(name.into(), (property.into(), how));
            }
        }
        for name in EXTENSION_ATTRIBUTES.into_iter().filter(|name| all || used.contains(name)) {
            columns.insert(name.into(), ("onPremisesExtensionAttributes".into(), Member(name)));
        }
        for name in used.iter().filter(|name| is_extension(name)) {
            columns.insert((*name).into(), ((*name).into(), Plain));
        }
        Self { columns, original_name: all || used.contains("originalUserPrincipalName") }
    }

    /// The value of `$select`.
    pub fn select(&self) -> String {
        let properties: BTreeSet<&str> = self.columns.values().map(|(property, _)| &**property).collect();
        let all = ["id", "userPrincipalName"].into_iter().chain(properties);
        all.collect::<Vec<_>>().join(",")
    }

    /// The names that are read, whether anybody has a value or not.
    pub fn offered(&self) -> Vec<Text> {
        let mut names: Vec<Text> = self.columns.keys().cloned().collect();
        names.extend(["objectId", "userPrincipalName"].map(Text::from));
        if self.original_name {
            names.push("originalUserPrincipalName".into());
        }
        names.sort_unstable();
        names
    }

    /// The values of a user, without the user principal name.
    pub fn values(&self, user: &Map<String, Json>) -> Result<Vec<(Text, Value)>, Wrong> {
        let mut values = Vec::with_capacity(self.columns.len() + 2);
        for (name, (property, how)) in &self.columns {
            values.extend(value(user, property, *how)?.map(|value| (name.clone(), value)));
        }
        Ok(values)
    }

    /// Whether the untouched user principal name is wanted.
    pub fn original_name(&self) -> bool {
        self.original_name
    }
}

fn value(user: &Map<String, Json>, property: &str, how: How) -> Result<Option<Value>, Wrong> {
    Ok(match how {
        Plain if is_extension(property) => match user.get(property) {
            // Directory extensions have types of their own; lists are not provisioned.
            None | Some(Json::Null | Json::Array(_) | Json::Object(_)) => None,
            Some(json) => Value::from_json(json),
        },
        Plain => item::text(user, property)?.map(Value::text),
        Boolean => item::boolean(user, property)?.map(Value::Boolean),
        List => item::texts(user, property)?.map(|texts| Value::List(texts.into_iter().map(Value::text).collect())),
        First => item::texts(user, property)?.and_then(|texts| texts.first().map(|text| Value::text(*text))),
        Member(name) => match user.get(property) {
            None | Some(Json::Null) => None,
            Some(Json::Object(members)) => item::text(members, name)?.map(Value::text),
            Some(other) => return Err(Wrong::new(property, "an object", other)),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::attributes;

    #[test]
    fn every_attribute_that_a_manifest_may_name_is_read_somehow() {
        const COMPUTED: [&str; 5] =
            ["objectId", "IsSoftDeleted", "appRoleAssignments", "manager", "originalUserPrincipalName"];
        let all = Selection::new(attributes::USER.into_iter(), false).offered();
        for name in attributes::USER {
            assert!(all.iter().any(|known| **known == *name) || COMPUTED.contains(&name), "{name}");
        }
        for (name, ..) in USER {
            assert!(attributes::USER.contains(&name), "{name}");
        }
    }

    #[test]
    fn both_spellings_select_one_property() {
        let minimum = "id,userPrincipalName,accountEnabled,displayName,mail,otherMails,proxyAddresses,userType";
        assert_eq!(Selection::new([].into_iter(), false).select(), minimum);
        for name in ["physicalDeliveryOfficeName", "officeLocation"] {
            let selection = Selection::new([name].into_iter(), false);
            assert!(selection.select().contains("officeLocation"), "{name}");
            let user = serde_json::from_str(r#"{"officeLocation":"Oslo 4"}"#).unwrap();
            let values = selection.values(&user).unwrap();
            assert_eq!(values, [("physicalDeliveryOfficeName".into(), Value::text("Oslo 4"))]);
        }
    }

    #[test]
    fn values_lie_where_graph_puts_them() {
        let name = "extension_21c4f45a9dde5c248fe092486ac05f6d_deskCode";
        let used = ["telephoneNumber", "extensionAttribute15", "employeeOrgData.division", "dirSyncEnabled", name];
        let selection = Selection::new(used.into_iter(), false);
        let read = |json: &str| {
            let values = selection.values(&serde_json::from_str(json).unwrap())?;
            Ok::<_, Wrong>(values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>())
        };
        let whole = format!(
            r#"{{"businessPhones":["+1","+2"],"onPremisesExtensionAttributes":{{"extensionAttribute15":"x","extensionAttribute1":"y"}},
                "employeeOrgData":{{"division":"EMEA"}},"onPremisesSyncEnabled":true,"{name}":"D-42"}}"#
        );
        assert_eq!(
            read(&whole).unwrap(),
            [
                "dirSyncEnabled=True",
                "employeeOrgData.division=EMEA",
                "extensionAttribute15=x",
                &format!("{name}=D-42"),
                "telephoneNumber=+1",
            ]
        );
        let empty = r#"{"businessPhones":[],"onPremisesExtensionAttributes":null,"employeeOrgData":null,"mail":null}"#;
        assert!(read(empty).unwrap().is_empty());
        assert_eq!(read(r#"{"mail":5}"#).unwrap_err().to_string(), "`mail` is a number, not text");
        assert!(read(r#"{"businessPhones":"x"}"#).is_err() && read(r#"{"employeeOrgData":[]}"#).is_err());
    }

    #[test]
    fn everything_leaves_out_what_needs_a_permission_of_its_own() {
        let all = Selection::new([].into_iter(), true);
        assert!(!all.select().contains("employeeLeaveDateTime") && all.select().contains("employeeHireDate"));
        assert!(Selection::new(["employeeLeaveDateTime"].into_iter(), true).select().contains("employeeLeave"));
    }
}
