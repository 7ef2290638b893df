//! Users, each once, however many groups they are in.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, value::RawValue};

use super::{attributes::Selection, item, trouble::Trouble};
use crate::{
    directory::Person,
    names::{SourceId, Text, Value},
};

/// What marks the user principal name of a guest.
const GUEST: &str = "#EXT#";

/// The permission to read users.
pub(super) const PERMISSION: &str = "User.Read.All";

/// The users that were read.
#[derive(Debug)]
pub(super) struct People {
    selection: Selection,
    pub people: Vec<Person>,
    by_id: HashMap<SourceId, usize>,
    /// How many had other values in another answer, and one of them.
    pub differing: (usize, Option<Text>),
    /// How many do not say whether they may sign in, and one of them.
    pub without_state: (usize, Option<Text>),
}

impl People {
    pub fn new(selection: Selection) -> Self {
        Self { selection, people: Vec::new(), by_id: HashMap::new(), differing: (0, None), without_state: (0, None) }
    }

    pub fn is_known(&self, id: &SourceId) -> bool {
        self.by_id.contains_key(id)
    }

    pub fn get_mut(&mut self, id: &SourceId) -> Option<&mut Person> {
        self.by_id.get(id).map(|at| &mut self.people[*at])
    }

    /// Takes a user as Graph sends it; of several answers the last counts.
    pub fn take(&mut self, raw: &RawValue, what: &str) -> Result<SourceId, Trouble> {
        self.take_object(&item::object(raw, what)?, what)
    }

    pub fn take_object(&mut self, user: &Map<String, Json>, what: &str) -> Result<SourceId, Trouble> {
        let id = SourceId::new(item::id(user, "id", what)?);
        let wrong = |wrong: item::Wrong| Trouble::unusable(what, &format!("{wrong} (of user {id})"));
        let Some(name) = item::text(user, "userPrincipalName").map_err(wrong)? else {
            // Who lacks the permission gets users whose properties are all null.
            let said = format!("user {id} came without a user principal name, as all do for who may not read them");
            return Err(Trouble::permission(what, PERMISSION, &said));
        };
        let mut values = self.selection.values(user).map_err(wrong)?;
        let called = called(name);
        if self.selection.original_name() || called != name {
            values.push(("originalUserPrincipalName".into(), Value::text(name)));
        }
        values.push(("userPrincipalName".into(), Value::text(called)));
        let attributes: crate::names::Attributes = values.into_iter().collect();
        if attributes.get("accountEnabled").is_none() {
            note(&mut self.without_state, name);
        }
        let person = Person { id: id.clone(), attributes, soft_deleted: false, manager: None, place: None };
        match self.by_id.get(&id) {
            Some(at) => {
                if self.people[*at].attributes != person.attributes {
                    note(&mut self.differing, name);
                    self.people[*at] = person;
                }
            }
            None => {
                self.by_id.insert(id.clone(), self.people.len());
                self.people.push(person);
            }
        }
        Ok(id)
    }
}

impl People {
    /// Takes somebody from the recycle bin.
    pub fn take_deleted(&mut self, person: Person) {
        self.by_id.insert(person.id.clone(), self.people.len());
        self.people.push(person);
    }
}

fn note(count: &mut (usize, Option<Text>), name: &str) {
    count.0 += 1;
    count.1.get_or_insert_with(|| name.into());
}

/// How the provisioning service calls a user: a guest `ana_partner.example#EXT#@acme.example`
/// is `ana@partner.example` ("How provisioning works").
fn called(name: &str) -> String {
    let Some((guest, _)) = name.split_once(GUEST) else { return name.to_owned() };
    match guest.rsplit_once('_') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() => format!("{local}@{domain}"),
        Some(_) | None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_called_as_at_home() {
        assert_eq!(called("farah.haddad_partner.example.net#EXT#@example.com"), "farah.haddad@partner.example.net");
        assert_eq!(called("a_b_c.example#EXT#@x.example"), "a_b@c.example");
        assert_eq!(called("ana@example.com"), "ana@example.com");
        for odd in ["#EXT#@x.example", "ana#EXT#@x.example", "_a.example#EXT#@x.example"] {
            assert_eq!(called(odd), odd);
        }
    }

    fn people() -> People {
        People::new(Selection::new(["jobTitle"].into_iter(), false))
    }

    fn take(people: &mut People, json: &str) -> Result<SourceId, Trouble> {
        people.take(serde_json::from_str(json).unwrap(), "the members of group X")
    }

    #[test]
    fn a_user_of_several_answers_is_kept_once_and_the_last_counts() {
        let mut people = people();
        let user = |title: &str| {
            format!(r#"{{"id":"1","userPrincipalName":"a@x.example","accountEnabled":true,"jobTitle":"{title}"}}"#)
        };
        for title in ["Agent", "Agent", "Lead"] {
            take(&mut people, &user(title)).unwrap();
        }
        assert_eq!(people.people.len(), 1);
        assert_eq!(people.differing, (1, Some("a@x.example".into())));
        assert_eq!(&**people.people[0].text("jobTitle").unwrap(), "Lead");
    }

    #[test]
    fn users_that_may_not_be_read_are_a_missing_permission() {
        let mut people = people();
        let trouble = take(&mut people, r#"{"id":"1","userPrincipalName":null,"accountEnabled":null}"#).unwrap_err();
        assert_eq!(trouble.kind, super::super::Kind::Permission);
        assert!(trouble.help.contains("User.Read.All") && trouble.message.contains("the members of group X"));
        take(&mut people, r#"{"id":"2","userPrincipalName":"b@x.example"}"#).unwrap();
        assert_eq!(people.without_state.0, 1);
        for wrong in [r#"{"id":5}"#, r#"{"userPrincipalName":"a"}"#, "[]", "5", r#"{"id":"1","userPrincipalName":{}}"#]
        {
            assert_eq!(take(&mut people, wrong).unwrap_err().kind, super::super::Kind::Unusable, "{wrong}");
        }
    }
}
