//! Redaction of a recording: names, addresses and numbers are replaced, the same
//! by the same, so that matching and filters on other attributes still work.
//!
//! A word is replaced wherever it stands in a person's record: `Ana Souza` and
//! `ana.souza@acme.example` stay each other's. Diacritics are dropped before a
//! word is replaced, so an expression that normalises them finds the same word.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::recording::Recording;
use crate::{
    memory::Memory,
    names::{Attributes, Complete, Folded, Reading, SourceId, Text, Value, fold},
};

/// Attributes whose words and digits identify a person, by the names of the
/// Entra portal and of SCIM, in lower case.
const IDENTIFYING: [&str; 38] = [
    "userprincipalname",
    "originaluserprincipalname",
    "onpremisesuserprincipalname",
    "onpremisessamaccountname",
    "samaccountname",
    "mail",
    "mailnickname",
    "othermails",
    "proxyaddresses",
    "imaddresses",
    "displayname",
    "givenname",
    "surname",
    "familyname",
    "middlename",
    "formatted",
    "nickname",
    "name",
    "username",
    "emails",
    "phonenumbers",
    "ims",
    "addresses",
    "photos",
    "profileurl",
    "telephonenumber",
    "businessphones",
    "mobile",
    "mobilephone",
    "facsimiletelephonenumber",
    "faxnumber",
    "streetaddress",
    "postalcode",
    "employeeid",
    "employeenumber",
    "manager",
    "externalid",
    "objectid",
];

/// Replaces what identifies people. `salt` makes the replacements of one recording
/// its own; `keep` are names that the manifest itself says, so they are no secret of it.
pub fn redact(recording: &Recording, salt: &[u8], keep: &BTreeSet<Folded>) -> Recording {
    let veil = Veil { salt, keep };
    let mut redacted = recording.clone();
    redacted.redacted = true;
    redacted.directory.people = changed(&recording.directory.people, |people| {
        let mut people = people.clone();
        for person in &mut people {
            person.id = veil.source(&person.id);
            person.manager = person.manager.as_ref().map(|manager| veil.source(manager));
            person.attributes = veil.attributes(&person.attributes);
        }
        people
    });
    redacted.directory.groups = changed(&recording.directory.groups, |groups| {
        let mut groups = groups.clone();
        for member in groups.iter_mut().flat_map(|group| &mut group.members) {
            if let crate::directory::Member::Person(id) = member {
                *id = veil.source(id);
            }
        }
        groups
    });
    redacted.directory.gone = recording.directory.gone.iter().map(|id| veil.source(id)).collect();
    redacted.directory.gone.sort_unstable();
    for assigned in redacted.directory.application.iter_mut().flat_map(|application| &mut application.assigned) {
        if let crate::directory::Member::Person(id) = &assigned.principal {
            assigned.principal = crate::directory::Member::Person(veil.source(id));
            assigned.name = veil.text(&assigned.name).into();
        }
    }
    // The id of a job holds the tenant's; why it could not be seen may hold others.
    match &mut redacted.directory.other_writer {
        crate::directory::OtherWriter::None => {}
        crate::directory::OtherWriter::Active { application: _, job } => *job = "job".into(),
        crate::directory::OtherWriter::Unknown { because } => *because = "it was not read".into(),
    }
    redacted.live.users = changed(&recording.live.users, |users| {
        let mut users = users.clone();
        for user in &mut users {
            user.attributes = veil.attributes(&user.attributes);
        }
        users
    });
    redacted.memory = veil.memory(&recording.memory);
    redacted
}

fn changed<T>(reading: &Reading<T>, change: impl Fn(&T) -> T) -> Reading<T> {
    match reading {
        Reading::Complete(complete) => Reading::Complete(Complete::attest(change(complete.items()))),
        Reading::Incomplete { items, because } => {
            Reading::Incomplete { items: change(items), because: because.clone() }
        }
        Reading::Absent { because } => Reading::Absent { because: because.clone() },
    }
}

struct Veil<'a> {
    salt: &'a [u8],
    keep: &'a BTreeSet<Folded>,
}

impl Veil<'_> {
    fn source(&self, id: &SourceId) -> SourceId {
        SourceId::new(self.text(id.as_str()))
    }

    fn memory(&self, memory: &Memory) -> Memory {
        let mut veiled = memory.clone();
        veiled.users = memory
            .users
            .iter()
            .map(|(id, link)| {
                let mut link = link.clone();
                link.name = self.text(&link.name).into();
                (self.source(id), link)
            })
            .collect();
        veiled.grants = memory.grants.iter().map(|(id, given)| (self.source(id), given.clone())).collect();
        // What was sent may be a title or a number; without it the plan sends it again, and names nobody.
        veiled.grants_not_stored.clear();
        veiled
    }

    fn attributes(&self, attributes: &Attributes) -> Attributes {
        let mut words = BTreeSet::new();
        for (_, value) in attributes.iter().filter(|(name, _)| identifying(name)) {
            gather(value, &mut words);
        }
        attributes
            .iter()
            .map(|(name, value)| {
                let whole = identifying(name);
                (name.clone(), self.value(value, if whole { None } else { Some(&words) }))
            })
            .collect()
    }

    /// A value: all of its words, or only those `among` the person's own.
    fn value(&self, value: &Value, among: Option<&BTreeSet<String>>) -> Value {
        match value {
            Value::Text(text) => Value::text(self.words(text, among)),
            Value::List(items) => Value::List(items.iter().map(|item| self.value(item, among)).collect()),
            Value::Record(members) => Value::Record(
                members
                    .iter()
                    .map(|(name, value)| {
                        let structural = ["type", "primary", "$ref"].contains(&name.as_ref());
                        let among = if identifying(name) { None } else { among };
                        (name.clone(), if structural { value.clone() } else { self.value(value, among) })
                    })
                    .collect(),
            ),
            Value::Integer(_) | Value::Boolean(_) | Value::DateTime(_) => value.clone(),
        }
    }

    fn text(&self, text: &str) -> String {
        self.words(text, None)
    }

    fn words(&self, text: &str, among: Option<&BTreeSet<String>>) -> String {
        if is_guid(text) || self.keep.contains(&Folded::new(text)) {
            return text.to_owned();
        }
        let (local, domain) = match text.rsplit_once('@') {
            Some((local, domain)) => (local, Some(domain)),
            None => (text, None),
        };
        let mut veiled = String::with_capacity(text.len());
        for piece in pieces(local) {
            let chosen = domain.is_some() || among.is_none_or(|words| words.contains(&plain(piece)));
            match piece.chars().next() {
                Some(first) if chosen && first.is_alphabetic() => veiled.push_str(&self.word(piece)),
                Some(first) if chosen && first.is_numeric() => veiled.push_str(&self.digits(piece)),
                _ => veiled.push_str(piece),
            }
        }
        // The domain stays: it is the company's, and filters ask for it.
        if let Some(domain) = domain {
            veiled.push('@');
            veiled.push_str(domain);
        }
        veiled
    }

    /// Another word for `word`, with its capitals.
    fn word(&self, word: &str) -> String {
        const SOUNDS: [&str; 32] = [
            "ba", "be", "bo", "da", "de", "do", "fa", "fi", "ga", "go", "ka", "ke", "ko", "la", "le", "lo", "ma", "mi",
            "mo", "na", "ne", "no", "pa", "po", "ra", "ri", "ro", "sa", "so", "ta", "ti", "vo",
        ];
        let bytes = self.hash(&plain(word));
        let other: String = bytes.iter().take(5).map(|byte| SOUNDS[usize::from(byte % 32)]).collect();
        let mut capitals = word.chars().map(char::is_uppercase);
        let (first, rest) = (capitals.next() == Some(true), capitals.clone().all(|up| up) && word.chars().count() > 1);
        match (first, rest) {
            (true, true) => other.to_uppercase(),
            (true, false) => other[..1].to_uppercase() + &other[1..],
            (false, _) => other,
        }
    }

    fn digits(&self, digits: &str) -> String {
        let bytes = self.hash(digits);
        digits.chars().zip(bytes.iter().cycle()).map(|(_, byte)| char::from(b'0' + byte % 10)).collect()
    }

    fn hash(&self, text: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.salt);
        hash.update(text.as_bytes());
        hash.finalize().into()
    }
}

fn identifying(name: &Text) -> bool {
    IDENTIFYING.contains(&fold(name).as_str())
}

/// An opaque id says nothing of a person, and joins the source with Dialpad.
fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if [8, 13, 18, 23].contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// Lower case without diacritics.
fn plain(word: &str) -> String {
    fold(&word.nfd().filter(|c| !is_combining_mark(*c)).collect::<String>())
}

fn gather(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::Text(text) => {
            let local = text.rsplit_once('@').map_or(&**text, |(local, _)| local);
            words.extend(pieces(local).map(plain).filter(|word| word.chars().count() > 2));
        }
        Value::List(items) => items.iter().for_each(|item| gather(item, words)),
        Value::Record(members) => members
            .iter()
            .filter(|(name, _)| !["type", "primary", "$ref"].contains(&name.as_ref()))
            .for_each(|(_, value)| gather(value, words)),
        Value::Integer(_) | Value::Boolean(_) | Value::DateTime(_) => {}
    }
}

/// Runs of letters, of digits, and of everything else, in order.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let kind = |c: char| if c.is_alphabetic() || is_combining_mark(c) { 0 } else { 1 + u8::from(c.is_numeric()) };
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = kind(rest.chars().next()?);
        let end = rest.find(|c| kind(c) != first).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veiled(pairs: &[(&str, &str)]) -> Attributes {
        let keep = BTreeSet::from([Folded::new("boss@acme.example")]);
        let veil = Veil { salt: b"salt", keep: &keep };
        veil.attributes(&pairs.iter().map(|(name, value)| (Text::from(*name), Value::from(*value))).collect())
    }

    fn text(attributes: &Attributes, name: &str) -> String {
        attributes.get(name).unwrap().to_string()
    }

    #[test]
    fn a_name_and_its_address_stay_each_others() {
        let person = veiled(&[
            ("givenName", "José"),
            ("surname", "SOUZA"),
            ("displayName", "José Souza"),
            ("mail", "jose.souza@acme.example"),
            ("department", "Sales"),
            ("info", "office of Souza"),
        ]);
        let (given, surname) = (text(&person, "givenName"), text(&person, "surname"));
        assert_eq!(text(&person, "mail"), format!("{}.{}@acme.example", given.to_lowercase(), surname.to_lowercase()));
        assert!(text(&person, "displayName").starts_with(&given));
        assert_eq!(surname, surname.to_uppercase());
        assert_eq!(text(&person, "department"), "Sales");
        for (_, value) in person.iter() {
            let shown = value.to_string().to_lowercase();
            assert!(!shown.contains("souza") && !shown.contains("jos"), "{shown}");
        }
    }

    #[test]
    fn what_the_manifest_says_itself_is_kept_and_numbers_keep_their_length() {
        let person = veiled(&[("mail", "Boss@acme.example"), ("telephoneNumber", "+44 20 7946 0123")]);
        assert_eq!(text(&person, "mail"), "Boss@acme.example");
        let number = text(&person, "telephoneNumber");
        assert_ne!(number, "+44 20 7946 0123");
        assert_eq!(number.len(), "+44 20 7946 0123".len());
    }
}
