//! A person as both services see them: what the admin API reads and writes in
//! the SCIM attributes.

use serde_json::{Map, Value, json};

use super::{
    account::{Account, UserState},
    scim::ENTERPRISE,
    store::{Content, ResourceKind},
};
use crate::names::{Text, eq_fold};

/// The type of the entry of `phoneNumbers` with a number that Dialpad gave
/// (help.dialpad.com, "Syncing Dialpad phone numbers to Okta").
const DIALPAD: &str = "Dialpad";

impl Content {
    /// A new person, as the admin API makes one.
    pub(crate) fn person(email: &str, first: Option<&str>, last: Option<&str>, account: Account) -> Self {
        let mut content = Self { account, ..Self::default() };
        content.attributes.insert("userName".into(), email.into());
        content.attributes.insert("emails".into(), json!([{"value": email, "type": "work", "primary": true}]));
        content.set_active(true);
        content.set_name("givenName", first);
        content.set_name("familyName", last);
        content
    }

    pub(crate) fn email(&self) -> &str {
        self.name(ResourceKind::User)
    }

    /// The address to log in with, and then the aliases.
    pub(crate) fn emails(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.email()).chain(self.account.aliases.iter().map(AsRef::as_ref))
    }

    /// Changes the addresses, in SCIM's `emails` too.
    pub(crate) fn set_emails(&mut self, emails: Vec<Text>) {
        let before = self.email().to_owned();
        let mut emails = emails.into_iter();
        let Some(first) = emails.next() else { return };
        if let Some(list) = self.attributes.get_mut("emails").and_then(Value::as_array_mut) {
            let own = |entry: &&mut Value| {
                entry.get("value").and_then(Value::as_str).is_some_and(|value| eq_fold(value, &before))
            };
            for entry in list.iter_mut().filter(own) {
                entry["value"] = first.as_ref().into();
            }
        }
        self.attributes.insert("userName".into(), first.as_ref().into());
        self.account.aliases = emails.collect();
    }

    /// People without the attribute are active.
    pub(crate) fn is_active(&self) -> bool {
        self.attributes.get("active").and_then(Value::as_bool).unwrap_or(true)
    }

    pub(crate) fn set_active(&mut self, active: bool) {
        self.attributes.insert("active".into(), active.into());
    }

    /// The state of somebody who is not deleted.
    pub(crate) fn state(&self) -> UserState {
        match (self.is_active(), self.account.pending) {
            (false, _) => UserState::Suspended,
            (true, true) => UserState::Pending,
            (true, false) => UserState::Active,
        }
    }

    /// `givenName` or `familyName`.
    pub(crate) fn part_of_name(&self, part: &str) -> Option<&str> {
        self.attributes.get("name")?.get(part)?.as_str()
    }

    pub(crate) fn set_name(&mut self, part: &str, value: Option<&str>) {
        let before = self.full_name();
        let name = self.attributes.entry("name").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(name) = name {
            match value.filter(|value| !value.is_empty()) {
                Some(value) => name.insert(part.into(), value.into()),
                None => name.shift_remove(part),
            };
            if name.is_empty() {
                self.attributes.shift_remove("name");
            }
        }
        // A display name that was made of the old name follows.
        if before.is_some() && self.attributes.get("displayName").and_then(Value::as_str) == before.as_deref() {
            match self.full_name() {
                Some(name) => self.attributes.insert("displayName".into(), name.into()),
                None => self.attributes.shift_remove("displayName"),
            };
        }
    }

    fn full_name(&self) -> Option<String> {
        let parts = [self.part_of_name("givenName"), self.part_of_name("familyName")];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then_some(name)
    }

    pub(crate) fn display_name(&self) -> String {
        let given = self.attributes.get("displayName").and_then(Value::as_str).map(str::to_owned);
        given.or_else(|| self.full_name()).unwrap_or_else(|| self.email().to_owned())
    }

    pub(crate) fn title(&self) -> Option<&str> {
        self.attributes.get("title").and_then(Value::as_str)
    }

    pub(crate) fn set_title(&mut self, title: &str) {
        if title.is_empty() {
            self.attributes.shift_remove("title");
        } else {
            self.attributes.insert("title".into(), title.into());
        }
    }

    /// A text of the enterprise extension; names are compared without case.
    pub(crate) fn enterprise(&self, name: &str) -> Option<&str> {
        let extension = self.attributes.get(ENTERPRISE)?.as_object()?;
        extension.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str().map(str::trim)
    }

    /// The country of the extension or of an address, as it was written.
    pub(crate) fn country(&self) -> Option<&str> {
        let addresses = self.attributes.get("addresses").and_then(Value::as_array);
        let of_address =
            || addresses?.iter().find_map(|address| address.get("country").and_then(Value::as_str)).map(str::trim);
        self.enterprise("country").or_else(of_address).filter(|country| !country.is_empty())
    }

    /// Writes the numbers into SCIM's `phoneNumbers`, where clients cannot change them.
    pub(crate) fn show_numbers(&mut self) {
        let entry = self.attributes.shift_remove("phoneNumbers");
        let others = match entry {
            Some(Value::Array(list)) => list,
            Some(_) | None => Vec::new(),
        };
        let others = others.into_iter().filter(|entry| {
            !entry.get("type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case(DIALPAD))
        });
        let own = self.account.numbers.iter().map(|number| json!({"value": number.as_ref(), "type": DIALPAD}));
        let all: Vec<Value> = others.chain(own).collect();
        if !all.is_empty() {
            self.attributes.insert("phoneNumbers".into(), all.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_changed_in_its_parts_and_in_a_display_name_that_was_made_of_them() {
        let mut ada = Content::person("ada@example.com", Some("Ada"), Some("Byron"), Account::default());
        assert_eq!(ada.display_name(), "Ada Byron");
        ada.attributes.insert("displayName".into(), "Ada Byron".into());
        ada.set_name("familyName", Some("Lovelace"));
        assert_eq!((ada.display_name().as_str(), ada.part_of_name("familyName")), ("Ada Lovelace", Some("Lovelace")));
        ada.attributes.insert("displayName".into(), "Countess".into());
        ada.set_name("givenName", None);
        assert_eq!((ada.display_name().as_str(), ada.part_of_name("givenName")), ("Countess", None));
    }

    #[test]
    fn numbers_stand_after_those_that_scim_wrote_and_cannot_be_forged() {
        let mut ada = Content::person("ada@example.com", None, None, Account::default());
        ada.attributes.insert(
            "phoneNumbers".into(),
            json!([{"value": "+15550", "type": "dialpad"}, {"value": "+4930", "type": "work"}]),
        );
        ada.account.numbers = vec!["+14155550100".into()];
        ada.show_numbers();
        let shown = json!([{"value": "+4930", "type": "work"}, {"value": "+14155550100", "type": "Dialpad"}]);
        assert_eq!(ada.attributes["phoneNumbers"], shown);
    }

    #[test]
    fn a_new_first_address_is_the_user_name_and_the_address_of_scim() {
        let mut ada = Content::person("ada@example.com", None, None, Account::default());
        ada.set_emails(vec!["lovelace@example.com".into(), "ada@example.com".into()]);
        assert_eq!(ada.emails().collect::<Vec<_>>(), ["lovelace@example.com", "ada@example.com"]);
        assert_eq!(ada.attributes["emails"][0]["value"], "lovelace@example.com");
    }
}
