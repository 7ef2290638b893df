//! Redaction of a recording: names, addresses and numbers are replaced, the same
//! by the same, so that matching and filters on other attributes still work.
//!
//! A word is replaced wherever it stands in a person's record: `Ana Souza` and
//! `ana.souza@acme.example` stay each other's. Diacritics are dropped before a
//! word is replaced, so an expression that normalises them finds the same word.
//!
//! Ids of accounts stay, since they join the lists with each other and name nobody;
//! an id that is an address is replaced as addresses are.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sha2::{Digest, Sha256};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::recording::Recording;
use crate::{
    live::{
        User,
        tenant::{Member, Tenant},
    },
    memory::Memory,
    names::{AttrPath, Attributes, Complete, Folded, Reading, SourceId, TargetId, Text, Value, fold},
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
    let users = recording.live.users.items().map(Vec::as_slice).unwrap_or_default();
    let veil = Veil { salt, keep, ids: users.iter().map(|user| user.id.as_str()).collect() };
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
            user.id = veil.target(&user.id);
            user.attributes = veil.attributes(&user.attributes);
        }
        users
    });
    redacted.live.groups = changed(&recording.live.groups, |groups| {
        let mut groups = groups.clone();
        for group in &mut groups {
            group.members = group.members.iter().map(|id| veil.target(id)).collect();
            group.members.sort_unstable();
        }
        groups
    });
    redacted.live.tenant = recording.live.tenant.as_ref().map(|tenant| veil.tenant(tenant));
    redacted.memory = veil.memory(&recording.memory, users);
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
    /// The ids of all accounts.
    ids: HashSet<&'a str>,
}

impl Veil<'_> {
    fn source(&self, id: &SourceId) -> SourceId {
        SourceId::new(self.text(id.as_str()))
    }

    fn target(&self, id: &TargetId) -> TargetId {
        if id.as_str().contains('@') { TargetId::new(self.text(id.as_str())) } else { id.clone() }
    }

    /// What the admin API holds of people.
    fn tenant(&self, tenant: &Tenant) -> Tenant {
        let all = |texts: &[Text]| texts.iter().map(|text| self.text(text).into()).collect();
        let users = tenant.users.iter().map(|member| {
            let mut words = BTreeSet::new();
            member.emails.iter().for_each(|email| gather(&Value::Text(email.clone()), &mut words));
            Member {
                emails: all(&member.emails),
                numbers: all(&member.numbers),
                forwarding_numbers: all(&member.forwarding_numbers),
                extension: member.extension.as_ref().map(|extension| self.text(extension).into()),
                job_title: member.job_title.as_ref().map(|title| self.words(title, Some(&words)).into()),
                ..member.clone()
            }
        });
        Tenant { users: users.collect(), ..tenant.clone() }
    }

    fn memory(&self, memory: &Memory, users: &[User]) -> Memory {
        let mut veiled = memory.clone();
        veiled.users = memory
            .users
            .iter()
            .map(|(id, link)| {
                let mut link = link.clone();
                link.name = self.text(&link.name).into();
                link.target = self.target(&link.target);
                (self.source(id), link)
            })
            .collect();
        veiled.grants = memory.grants.iter().map(|(id, given)| (self.source(id), given.clone())).collect();
        // What was sent may be a title or a number; without it the plan sends it again, and names nobody.
        veiled.grants_not_stored.clear();
        // What a service says of a refusal names whom it likes.
        veiled.failures.clear();
        let known = memory.not_stored.iter().map(|(id, values)| {
            let user = users.iter().find(|user| user.id == *id);
            let words = user.map(|user| own_words(&user.attributes)).unwrap_or_default();
            let value = |(path, value): (&AttrPath, &Text)| (path.clone(), self.not_stored(path, value, &words));
            (self.target(id), values.iter().map(value).collect::<BTreeMap<_, _>>())
        });
        veiled.not_stored = known.collect();
        veiled
    }

    fn not_stored(&self, path: &AttrPath, value: &Text, words: &BTreeSet<String>) -> Text {
        match self.of(&path.attribute().into(), &Value::Text(value.clone()), Some(words)) {
            Value::Text(veiled) => veiled,
            Value::Integer(_) | Value::Boolean(_) | Value::DateTime(_) | Value::List(_) | Value::Record(_) => "".into(),
        }
    }

    fn attributes(&self, attributes: &Attributes) -> Attributes {
        let words = own_words(attributes);
        attributes.iter().map(|(name, value)| (name.clone(), self.of(name, value, Some(&words)))).collect()
    }

    /// The value of the attribute `name`.
    fn of(&self, name: &Text, value: &Value, among: Option<&BTreeSet<String>>) -> Value {
        match name.as_ref() {
            "type" | "primary" => value.clone(),
            _ if fold(name) == "manager" => self.manager(value),
            _ if identifying(name) => self.value(value, None),
            _ => self.value(value, among),
        }
    }

    /// A manager is the account's id, or a record of it.
    fn manager(&self, value: &Value) -> Value {
        match value {
            Value::Text(id) if self.ids.contains(&**id) => {
                Value::Text(self.target(&TargetId::new(id.clone())).text().clone())
            }
            Value::Record(members) => {
                let kept = members.iter().filter(|(name, _)| &**name != "$ref");
                let each = |(name, value): &(Text, Value)| {
                    let id = &**name == "value";
                    (name.clone(), if id { self.manager(value) } else { self.value(value, None) })
                };
                Value::Record(kept.map(each).collect())
            }
            Value::Text(_) | Value::Integer(_) | Value::Boolean(_) | Value::DateTime(_) | Value::List(_) => {
                self.value(value, None)
            }
        }
    }

    /// A value: all of its words, or only those `among` the person's own.
    fn value(&self, value: &Value, among: Option<&BTreeSet<String>>) -> Value {
        match value {
            Value::Text(text) => Value::text(self.words(text, among)),
            Value::List(items) => Value::List(items.iter().map(|item| self.value(item, among)).collect()),
            Value::Record(members) => Value::Record(
                members
                    .iter()
                    // An address of an object may hold a name, and nothing is planned from it.
                    .filter(|(name, _)| &**name != "$ref")
                    .map(|(name, value)| (name.clone(), self.of(name, value, among)))
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

    /// As many digits, others for others: short ones would meet each other otherwise, and
    /// two people be one. Four rounds of a Feistel network, each half moved by the other.
    fn digits(&self, digits: &str) -> String {
        let mut all: Vec<u8> = digits.chars().map(|c| (c.to_digit(10).unwrap_or(u32::from(c) % 10)) as u8).collect();
        let shown = |digits: &[u8]| digits.iter().map(|digit| char::from(b'0' + digit)).collect::<String>();
        if let [digit] = all[..] {
            let mut others: Vec<u8> = (0..10).collect();
            others.sort_by_key(|other| self.hash(&format!("digit {other}")));
            return shown(&[others[usize::from(digit)]]);
        }
        let half = all.len() / 2;
        for round in 0..4 {
            let (left, right) = all.split_at_mut(half);
            let (moved, by) = if round % 2 == 0 { (left, right) } else { (right, left) };
            let key = self.hash(&format!("round {round} {}", shown(by)));
            for (digit, byte) in moved.iter_mut().zip(key.iter().cycle()) {
                *digit = (*digit + byte % 10) % 10;
            }
        }
        shown(&all)
    }

    fn hash(&self, text: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.salt);
        hash.update(text.as_bytes());
        hash.finalize().into()
    }
}

/// The words by which a person is known.
fn own_words(attributes: &Attributes) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for (_, value) in attributes.iter().filter(|(name, _)| identifying(name)) {
        gather(value, &mut words);
    }
    words
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
        let veil = Veil { salt: b"salt", keep: &keep, ids: HashSet::new() };
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
    fn other_digits_stay_others() {
        let keep = BTreeSet::new();
        let veil = Veil { salt: b"salt", keep: &keep, ids: HashSet::new() };
        for length in 1..=3 {
            let all = 10usize.pow(length);
            let written = (0..all).map(|n| format!("{n:0width$}", width = length as usize));
            let veiled: HashSet<String> = written.map(|digits| veil.digits(&digits)).collect();
            assert_eq!(veiled.len(), all);
            assert!(veiled.iter().all(|digits| digits.len() == length as usize));
        }
    }

    #[test]
    fn a_manager_stays_the_account_that_it_is_and_an_id_that_is_an_address_does_not_stay() {
        let keep = BTreeSet::new();
        let veil = Veil { salt: b"salt", keep: &keep, ids: HashSet::from(["5000000000000002", "ana@acme.example"]) };
        let manager = |id: &str| {
            let record =
                Value::Record([("value", id), ("$ref", "../Users/1")].map(|(k, v)| (k.into(), v.into())).into());
            veil.attributes(&[(Text::from("manager"), record)].into_iter().collect()).get("manager").unwrap().clone()
        };
        let stays = Value::Record([(Text::from("value"), Value::from("5000000000000002"))].into());
        assert_eq!(manager("5000000000000002"), stays);
        let address = veil.target(&"ana@acme.example".into());
        assert_ne!(address.as_str(), "ana@acme.example");
        assert_eq!(manager("ana@acme.example"), Value::Record([("value".into(), address.as_str().into())].into()));
    }

    #[test]
    fn what_the_admin_api_and_the_memory_hold_of_people_is_replaced() {
        let keep = BTreeSet::new();
        let veil = Veil { salt: b"salt", keep: &keep, ids: HashSet::new() };
        let member: Member = serde_json::from_value(serde_json::json!({
            "id": "1", "emails": ["zoe.quill@acme.example"], "state": "active", "numbers": ["+442079460123"],
            "forwarding_numbers": ["+442079460124"], "extension": "4711", "job_title": "Office of Quill"
        }))
        .unwrap();
        let shown = format!("{:?}", veil.tenant(&Tenant { users: vec![member], ..Tenant::default() })).to_lowercase();
        for real in ["zoe", "quill", "442079460123", "442079460124", "4711"] {
            assert!(!shown.contains(real), "{real}: {shown}");
        }
        assert!(shown.contains("office of"), "{shown}");
        let mut memory = Memory::default();
        let values =
            [("title", "Quill"), ("phoneNumbers[type eq \"work\"].value", "+442079460123"), ("active", "true")];
        let values = values.map(|(path, value)| (AttrPath::parse(path).unwrap(), Text::from(value)));
        memory.not_stored.insert("1".into(), values.into());
        memory.failures.insert(
            "create_user:zoe@acme.example".into(),
            crate::memory::Failure {
                count: 1,
                first: jiff::Timestamp::UNIX_EPOCH,
                last: jiff::Timestamp::UNIX_EPOCH,
                next: jiff::Timestamp::UNIX_EPOCH,
                message: "zoe is taken".into(),
                wanted: "".into(),
            },
        );
        let attributes = [(Text::from("userName"), Value::from("zoe.quill@acme.example"))].into_iter().collect();
        let veiled = veil.memory(&memory, &[User { id: "1".into(), attributes, version: None }]);
        assert!(veiled.failures.is_empty());
        let shown = format!("{:?}", veiled.not_stored).to_lowercase();
        assert!(!shown.contains("quill") && !shown.contains("442079460123"), "{shown}");
        assert!(shown.contains("true"), "{shown}");
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
