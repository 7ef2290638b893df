//! The company behind both services: offices with their seats, departments,
//! contact centers, channels and policies. These are fixed by the tenant file;
//! what people have of them stands in their accounts.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    account::{GroupKind, Line, PolicyTarget},
    store::Content,
    tenant::Behaviour,
};
use crate::names::{Text, eq_fold};

/// An office.
#[derive(Debug, Clone)]
pub(crate) struct Office {
    pub(crate) id: Text,
    pub(crate) name: Text,
    /// Two small letters, as in the OpenAPI's examples.
    pub(crate) country: Text,
    pub(crate) timezone: Text,
    pub(crate) area_code: Text,
    pub(crate) primary: bool,
    /// How many seats were bought; `None` is more than anybody needs.
    pub(crate) lines: Option<BTreeMap<Line, u64>>,
}

/// A department or contact center.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: Text,
    pub(crate) kind: GroupKind,
    pub(crate) name: Text,
    pub(crate) office: Text,
}

/// A channel.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: Text,
    pub(crate) name: Text,
}

/// An access control policy.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) target: PolicyTarget,
    pub(crate) permissions: Vec<Text>,
}

/// The company.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    pub(crate) id: Text,
    pub(crate) name: Text,
    /// In small letters; none is any.
    pub(crate) domains: Vec<String>,
    pub(crate) country: Text,
    /// The primary one first, the others as they were named.
    pub(crate) offices: Vec<Office>,
    pub(crate) groups: Vec<Group>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) reserved_numbers: Vec<Text>,
    pub(crate) behaviour: Behaviour,
    /// Whether there is a tenant file. Without one nobody gets a number by
    /// itself, and SCIM shows what was written and nothing else.
    pub(crate) declared: bool,
}

/// The seats of somebody who has no tenant file, in the API's answers.
pub(crate) const PLENTY: u64 = 1_000_000;

impl Default for Company {
    fn default() -> Self {
        let office = Office {
            id: id_of(PLACES, &["office", "Main Office"]),
            name: "Main Office".into(),
            country: "us".into(),
            timezone: "US/Pacific".into(),
            area_code: "415".into(),
            primary: true,
            lines: None,
        };
        Self {
            id: id_of(PLACES, &["company", "Sandbox"]),
            name: "Sandbox".into(),
            domains: Vec::new(),
            country: "us".into(),
            offices: vec![office],
            groups: Vec::new(),
            channels: Vec::new(),
            policies: Vec::new(),
            reserved_numbers: Vec::new(),
            behaviour: Behaviour::default(),
            declared: false,
        }
    }
}

/// Ids of what the tenant names begin with 4, those of people with 6. SCIM's
/// begin with 5, so that nobody takes one for the other.
pub(crate) const PLACES: u64 = 4_000_000_000_000_000;
const PEOPLE: u64 = 6_000_000_000_000_000;

/// A number of 16 digits that is always the same for the same words, so that a
/// folder can be opened again with a tenant file to which something was added.
pub(crate) fn id_of(base: u64, words: &[&str]) -> Text {
    let digest = Sha256::digest(words.join("\u{0}"));
    let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    (base + number % 1_000_000_000_000_000).to_string().into()
}

/// The id of a person in the admin API, which is not the one in SCIM.
pub(crate) fn user_id(scim: &str) -> Text {
    id_of(PEOPLE, &["user", scim])
}

impl Company {
    pub(crate) fn primary(&self) -> &Office {
        // A tenant without an office is refused when it is read.
        &self.offices[0]
    }

    pub(crate) fn office(&self, id: &str) -> Option<&Office> {
        self.offices.iter().find(|office| &*office.id == id)
    }

    /// Where somebody is. An office that the tenant no longer names is the primary one.
    pub(crate) fn office_of(&self, content: &Content) -> &Office {
        content.account.office.as_deref().and_then(|id| self.office(id)).unwrap_or_else(|| self.primary())
    }

    pub(crate) fn group(&self, kind: GroupKind, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.kind == kind && &*group.id == id)
    }

    pub(crate) fn groups(&self, kind: GroupKind) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |group| group.kind == kind)
    }

    pub(crate) fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| &*channel.id == id)
    }

    pub(crate) fn policy(&self, id: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| &*policy.id == id)
    }

    /// Whether an address may belong to this company.
    pub(crate) fn owns(&self, email: &str) -> bool {
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.domains.is_empty() || self.domains.iter().any(|own| eq_fold(own, domain))
    }

    /// The office that SCIM's attributes ask for by name: `officeName`,
    /// `physicalDeliveryOfficeName` or `department` of the enterprise extension
    /// (help.dialpad.com, "SCIM FAQs").
    pub(crate) fn office_named_by(&self, content: &Content) -> Option<&Office> {
        ["officeName", "physicalDeliveryOfficeName", "department"]
            .into_iter()
            .filter_map(|attribute| content.enterprise(attribute))
            .find_map(|name| self.offices.iter().find(|office| eq_fold(&office.name, name)))
    }

    /// The office for a new person: by name, else one in the country, else the primary one.
    pub(crate) fn office_for(&self, content: &Content) -> &Office {
        let in_country = || {
            let country = content.country()?;
            self.offices.iter().find(|office| eq_fold(&office.country, country))
        };
        self.office_named_by(content).or_else(in_country).unwrap_or_else(|| self.primary())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::{account::Account, scim::ENTERPRISE, tenant::Tenant};

    fn company() -> Company {
        let text = "{company: {name: Acme, domains: [acme.example]}, offices: \
                    [{name: London, country: gb}, {name: Berlin, country: de}, {name: Austin, country: us, primary: true}]}";
        Tenant::parse(text).unwrap().company
    }

    #[test]
    fn an_office_is_found_by_name_then_by_country_then_it_is_the_primary_one() {
        let company = company();
        let place = |extension: serde_json::Value, country: Option<&str>| {
            let mut person = Content::person("a@acme.example", None, None, Account::default());
            person.attributes.insert(ENTERPRISE.into(), extension);
            if let Some(country) = country {
                person.attributes.insert("addresses".into(), json!([{"country": country}]));
            }
            company.office_for(&person).name.to_string()
        };
        assert_eq!(place(json!({"officeName": " berlin"}), Some("GB")), "Berlin");
        assert_eq!(place(json!({"officeName": "Paris", "department": "London"}), None), "London");
        assert_eq!(place(json!({"physicalDeliveryOfficeName": "Paris"}), Some("DE")), "Berlin");
        assert_eq!(place(json!({"department": "Sales"}), Some("FR")), "Austin");
        assert_eq!(place(json!({}), None), "Austin");
    }

    #[test]
    fn ids_are_numbers_of_sixteen_digits_that_stay() {
        assert_eq!(user_id("5000000000000001"), user_id("5000000000000001"));
        let ids = [user_id("5000000000000001"), user_id("5000000000000002"), company().offices[0].id.clone()];
        for id in &ids {
            assert!(id.len() == 16 && id.parse::<u64>().is_ok(), "{id}");
            // Readers that take them for floating-point numbers must not lose a digit.
            assert!(id.parse::<u64>().unwrap() < 1 << 53, "{id}");
        }
        assert!(ids[0].starts_with('6') && ids[0] != ids[1] && ids[2].starts_with('4'));
    }

    #[test]
    fn only_own_domains_are_owned_and_none_declared_is_any() {
        assert!(
            company().owns("a@ACME.example") && !company().owns("a@x.acme.example") && !company().owns("acme.example")
        );
        assert!(Company::default().owns("a@anything.example"));
    }
}
