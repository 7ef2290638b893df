//! The attribute names of the Entra portal, and the other spellings that its
//! exports, Microsoft Graph and the admin centres use for the same things.
//!
//! Sources: Microsoft, "Download a list of users" (`users-bulk-download.md`) for
//! the export's headers; "Azure AD Graph property differences" for the renames.

use super::columns::{Kind, Table};

/// Attributes of people that hold text.
const PEOPLE_TEXTS: [&str; 46] = [
    "ageGroup",
    "authenticationAlternativePhoneNumber",
    "authenticationEmail",
    "authenticationPhoneNumber",
    "city",
    "companyName",
    "consentProvidedForMinor",
    "country",
    "createdDateTime",
    "creationType",
    "department",
    "displayName",
    "employeeHireDate",
    "employeeId",
    "employeeLeaveDateTime",
    "employeeOrgData.costCenter",
    "employeeOrgData.division",
    "employeeType",
    "facsimileTelephoneNumber",
    "givenName",
    "immutableId",
    "jobTitle",
    "lastDirSyncTime",
    "legalAgeGroupClassification",
    "mail",
    "mailNickname",
    "mobile",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesUserPrincipalName",
    "originalUserPrincipalName",
    "passwordPolicies",
    "physicalDeliveryOfficeName",
    "postalCode",
    "preferredLanguage",
    "refreshTokensValidFromDateTime",
    "samAccountName",
    "state",
    "streetAddress",
    "surname",
    "usageLocation",
    "userState",
    "userStateChangedOn",
    "userType",
];

/// Attributes of people that are something else than text.
const PEOPLE_OTHERS: [(&str, Kind); 13] = [
    ("IsSoftDeleted", Kind::SoftDeleted),
    ("accountEnabled", Kind::Boolean),
    ("deletedDateTime", Kind::DeletedAt),
    ("dirSyncEnabled", Kind::Boolean),
    ("groups", Kind::Groups),
    ("isResourceAccount", Kind::Boolean),
    ("manager", Kind::Manager),
    ("objectId", Kind::Key),
    ("otherMails", Kind::List),
    ("proxyAddresses", Kind::List),
    ("showInAddressList", Kind::Boolean),
    ("sipProxyAddress", Kind::First),
    ("telephoneNumber", Kind::First),
];

/// Other spellings of people's attributes, in lower case without anything but letters and digits.
const PEOPLE_SPELLINGS: [(&str, &str); 46] = [
    ("alternateemailaddress", "otherMails"),
    ("alternateemailaddresses", "otherMails"),
    ("businessphone", "telephoneNumber"),
    ("businessphones", "telephoneNumber"),
    ("countryorregion", "country"),
    ("countryregion", "country"),
    ("creationtime", "createdDateTime"),
    ("deleted", "IsSoftDeleted"),
    ("email", "mail"),
    ("emailaddress", "mail"),
    ("employeeorgdata", ""),
    ("externaluserstate", "userState"),
    ("externaluserstatechangedatetime", "userStateChangedOn"),
    ("fax", "facsimileTelephoneNumber"),
    ("faxnumber", "facsimileTelephoneNumber"),
    ("firstname", "givenName"),
    ("id", "objectId"),
    ("imaddresses", "sipProxyAddress"),
    ("lastdirsyncdatetime", "lastDirSyncTime"),
    ("lastname", "surname"),
    ("managerid", "manager"),
    ("memberof", "groups"),
    ("mobilephone", "mobile"),
    ("mobilephonenumber", "mobile"),
    ("name", "displayName"),
    ("office", "physicalDeliveryOfficeName"),
    ("officelocation", "physicalDeliveryOfficeName"),
    ("officephone", "telephoneNumber"),
    ("onpremisesextensionattributes", ""),
    ("onpremisesimmutableid", "immutableId"),
    ("onpremiseslastsyncdatetime", "lastDirSyncTime"),
    ("onpremisessyncenabled", "dirSyncEnabled"),
    ("phonenumber", "telephoneNumber"),
    ("signinsessionsvalidfromdatetime", "refreshTokensValidFromDateTime"),
    ("softdeleted", "IsSoftDeleted"),
    ("softdeletiontimestamp", "deletedDateTime"),
    ("stateorprovince", "state"),
    ("title", "jobTitle"),
    ("upn", "userPrincipalName"),
    ("username", "userPrincipalName"),
    ("whencreated", "createdDateTime"),
    ("zip", "postalCode"),
    ("ziporpostalcode", "postalCode"),
    ("ziporpostcode", "postalCode"),
    ("postcode", "postalCode"),
    ("employeenumber", "employeeId"),
];

/// Attributes of groups.
const GROUPS: [(&str, Kind); 12] = [
    ("description", Kind::Text),
    ("displayName", Kind::Key),
    ("groupType", Kind::Text),
    ("groups", Kind::NestedGroups),
    ("mail", Kind::Text),
    ("mailEnabled", Kind::Boolean),
    ("mailNickname", Kind::Text),
    ("member", Kind::Member),
    ("members", Kind::Members),
    ("membershipType", Kind::Text),
    ("objectId", Kind::Key),
    ("securityEnabled", Kind::Boolean),
];

/// Other spellings of groups' attributes.
const GROUP_SPELLINGS: [(&str, &str); 7] = [
    ("group", "displayName"),
    ("groupname", "displayName"),
    ("groupobjectid", "objectId"),
    ("id", "objectId"),
    ("membergroups", "groups"),
    ("name", "displayName"),
    ("nestedgroups", "groups"),
];

/// What a file of one group's members says of each. The headers of the portal's
/// "Download members" are among them.
const MEMBERS: [(&str, Kind); 7] = [
    ("displayName", Kind::Key),
    ("isGroup", Kind::Boolean),
    ("mail", Kind::Text),
    ("member", Kind::Key),
    ("objectId", Kind::Key),
    ("objectType", Kind::Text),
    ("userPrincipalName", Kind::Key),
];

/// Other spellings for members.
const MEMBER_SPELLINGS: [(&str, &str); 7] = [
    ("group", "displayName"),
    ("id", "objectId"),
    ("name", "displayName"),
    ("odatatype", "objectType"),
    ("upn", "userPrincipalName"),
    ("user", "member"),
    ("username", "userPrincipalName"),
];

/// Every known name of a table with its kind.
pub(super) fn names(table: Table) -> Vec<(String, Kind)> {
    let own = |names: &[(&str, Kind)]| names.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    match table {
        Table::Groups => own(&GROUPS),
        Table::Members => own(&MEMBERS),
        Table::People => {
            let texts = PEOPLE_TEXTS.iter().map(|name| ((*name).to_owned(), Kind::Text));
            let numbered = (1..=15).map(|n| (format!("extensionAttribute{n}"), Kind::Text));
            let name = [("userPrincipalName".to_owned(), Kind::Key)];
            let mut names: Vec<(String, Kind)> = own(&PEOPLE_OTHERS);
            names.extend(texts.chain(numbered).chain(name));
            names
        }
    }
}

/// The portal's name for another spelling; empty for a record whose members are attributes.
pub(super) fn spelling(table: Table, key: &str) -> Option<&'static str> {
    let spellings: &[(&str, &'static str)] = match table {
        Table::People => &PEOPLE_SPELLINGS,
        Table::Groups => &GROUP_SPELLINGS,
        Table::Members => &MEMBER_SPELLINGS,
    };
    spellings.iter().find(|(spelling, _)| *spelling == key).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_leads_to_a_known_name() {
        for table in [Table::People, Table::Groups, Table::Members] {
            let names: Vec<String> = names(table).into_iter().map(|(name, _)| name).collect();
            let spellings: &[(&str, &str)] = match table {
                Table::People => &PEOPLE_SPELLINGS,
                Table::Groups => &GROUP_SPELLINGS,
                Table::Members => &MEMBER_SPELLINGS,
            };
            for (spelling, name) in spellings {
                assert!(name.is_empty() || names.iter().any(|known| known == name), "{table:?}: {spelling}");
                assert!(!names.iter().any(|known| known.to_ascii_lowercase() == *spelling), "{spelling} is a name");
            }
        }
    }
}
