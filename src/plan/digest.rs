//! Digests of the inputs, so that a saved plan tells from what it was made.
//!
//! Items are written in a binary form that no two different ones share, hashed one
//! by one, and their hashes added up: the order in which a service gave them must
//! not matter, and sorting a hundred thousand of them costs more than hashing them.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    directory::{Directory, Group, Member, Person},
    live::{self, Live},
    names::{Attributes, SourceId, Text, Value},
    plan::Change,
};

/// The digest of a directory, the same in whatever order it was read.
pub(super) fn directory(directory: &Directory) -> Text {
    let mut line = Line::default();
    let mut all = Sum::default();
    for person in directory.people.items().into_iter().flatten() {
        let Person { id, attributes, soft_deleted, manager, place: _ } = person;
        line.text(id.as_str())
            .attributes(attributes)
            .flag(*soft_deleted)
            .option(manager.as_ref().map(SourceId::as_str));
        all.add(&mut line);
    }
    let people = all.take();
    let mut members_of = Sum::default();
    for group in directory.groups.items().into_iter().flatten() {
        let Group { id, name, attributes, members, place: _ } = group;
        for member in members {
            match member {
                Member::Person(id) => line.tag(0).text(id.as_str()),
                Member::Group(id) => line.tag(1).text(id.as_str()),
            };
            members_of.add(&mut line);
        }
        line.text(id.as_str()).text(name).attributes(attributes).sum(&members_of.take());
        all.add(&mut line);
    }
    let groups = all.take();
    line.option(directory.people.because()).sum(&people);
    line.option(directory.groups.because()).sum(&groups);
    let Directory { people: _, groups: _, application, gone, former, default_domain, other_writer } = directory;
    if application.is_some() || !gone.is_empty() || *former > 0 || default_domain.is_some() {
        json(&mut line.0, &(application, gone, former, default_domain));
    }
    if !other_writer.is_none() {
        json(&mut line.0, other_writer);
    }
    line.finish()
}

/// The digest of what Dialpad holds.
pub(super) fn live(live: &Live) -> Text {
    let mut line = Line::default();
    let mut all = Sum::default();
    for user in live.users.items().into_iter().flatten() {
        let live::User { id, attributes, version } = user;
        line.text(id.as_str()).attributes(attributes).option(version.as_deref());
        all.add(&mut line);
    }
    let users = all.take();
    let mut members_of = Sum::default();
    for group in live.groups.items().into_iter().flatten() {
        let live::Group { id, attributes, members, version } = group;
        for member in members {
            line.text(member.as_str());
            members_of.add(&mut line);
        }
        line.text(id.as_str()).attributes(attributes).option(version.as_deref()).sum(&members_of.take());
        all.add(&mut line);
    }
    let groups = all.take();
    line.option(live.users.because()).sum(&users);
    line.option(live.groups.because()).sum(&groups);
    if let Some(tenant) = &live.tenant {
        json(&mut line.0, &tenant.in_order());
    }
    line.finish()
}

/// The digest of what a change wants, so that a change that was refused is told from a corrected one.
pub fn wanted(change: &Change) -> Text {
    let mut bytes = Vec::new();
    for attribute in change.attributes.iter() {
        json(&mut bytes, &(&attribute.path, &attribute.after));
    }
    for grant in &change.grants {
        json(&mut bytes, &(grant.kind, &grant.name, &grant.at, &grant.after));
    }
    hex(&Sha256::digest(&bytes))
}

fn json<T: Serialize>(bytes: &mut Vec<u8>, value: &T) {
    // The values of the core have text for all of their keys, so this cannot fail.
    let _ = serde_json::to_writer(&mut *bytes, value);
    bytes.push(b'\n');
}

/// One item in bytes. Every part says its kind or its length first, so that what is
/// written can be told apart again.
#[derive(Default)]
struct Line(Vec<u8>);

impl Line {
    fn tag(&mut self, tag: u8) -> &mut Self {
        self.0.push(tag);
        self
    }

    fn number(&mut self, number: usize) -> &mut Self {
        self.0.extend_from_slice(&(number as u64).to_be_bytes());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.number(text.len()).0.extend_from_slice(text.as_bytes());
        self
    }

    fn flag(&mut self, flag: bool) -> &mut Self {
        self.tag(u8::from(flag))
    }

    fn option(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            None => self.tag(0),
            Some(text) => self.tag(1).text(text),
        }
    }

    fn attributes(&mut self, attributes: &Attributes) -> &mut Self {
        self.number(attributes.len());
        for (name, value) in attributes.iter() {
            self.text(name).value(value);
        }
        self
    }

    fn value(&mut self, value: &Value) -> &mut Self {
        match value {
            Value::Text(text) => self.tag(0).text(text),
            Value::Integer(number) => {
                self.tag(1).0.extend_from_slice(&number.to_be_bytes());
                self
            }
            Value::Boolean(flag) => self.tag(2).flag(*flag),
            Value::DateTime(at) => {
                self.tag(3).0.extend_from_slice(&at.as_nanosecond().to_be_bytes());
                self
            }
            Value::List(items) => {
                self.tag(4).number(items.len());
                for item in items {
                    self.value(item);
                }
                self
            }
            Value::Record(members) => {
                self.tag(5).number(members.len());
                for (name, value) in members {
                    self.text(name).value(value);
                }
                self
            }
        }
    }

    fn sum(&mut self, sum: &Sum) -> &mut Self {
        self.number(sum.items);
        for lane in sum.lanes {
            self.0.extend_from_slice(&lane.to_be_bytes());
        }
        self
    }

    fn finish(&self) -> Text {
        hex(&Sha256::digest(&self.0))
    }
}

/// The hashes of items, added up: the same in whatever order they come.
#[derive(Default)]
struct Sum {
    lanes: [u64; 4],
    items: usize,
}

impl Sum {
    /// Adds the item that a line holds, and empties the line.
    fn add(&mut self, line: &mut Line) {
        let hash = Sha256::digest(&line.0);
        let (parts, _) = hash.as_chunks::<8>();
        for (lane, part) in self.lanes.iter_mut().zip(parts) {
            *lane = lane.wrapping_add(u64::from_be_bytes(*part));
        }
        self.items += 1;
        line.0.clear();
    }

    fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

fn hex(bytes: &[u8]) -> Text {
    use std::fmt::Write;
    let mut text = String::from("sha256:");
    for byte in bytes {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{Complete, Reading};

    fn person(json: &str) -> Person {
        let attributes: Attributes = serde_json::from_str(json).unwrap();
        let id = attributes.get("objectId").and_then(Value::as_text).unwrap().clone();
        Person { id: SourceId::new(id), attributes, soft_deleted: false, manager: None, place: None }
    }

    fn of(people: &[Person]) -> Text {
        let people = Reading::Complete(Complete::attest(people.to_vec()));
        directory(&Directory::new(people, Reading::Complete(Complete::attest(Vec::new()))))
    }

    #[test]
    fn the_order_does_not_matter_and_everything_else_does() {
        let (ana, bob) = (person(r#"{"objectId":"a","x":"12"}"#), person(r#"{"objectId":"b","x":["1","2"]}"#));
        let all = of(&[ana.clone(), bob.clone()]);
        assert_eq!(all, of(&[bob.clone(), ana.clone()]));
        let others = [
            vec![ana.clone()],
            vec![ana.clone(), ana.clone(), bob.clone()],
            vec![person(r#"{"objectId":"a","x":"12","y":""}"#), bob.clone()],
            vec![person(r#"{"objectId":"a","x":12}"#), bob.clone()],
            vec![ana.clone(), person(r#"{"objectId":"b","x":["12"]}"#)],
            vec![ana.clone(), Person { soft_deleted: true, ..bob.clone() }],
            vec![ana.clone(), Person { manager: Some("a".into()), ..bob.clone() }],
        ];
        let mut seen = std::collections::BTreeSet::from([all]);
        for other in &others {
            assert!(seen.insert(of(other)), "{other:?}");
        }
        let unread = Reading::Complete(Complete::attest(vec![ana, bob]));
        let unread = Directory::new(unread, Reading::Incomplete { items: Vec::new(), because: "x".into() });
        assert!(seen.insert(directory(&unread)));
    }
}
