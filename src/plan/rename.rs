//! Accounts that nobody claims, by their addresses: one of them may be a person
//! whose address changed.

use std::collections::HashMap;

use super::{
    compare::folded,
    index::{At, Objects},
};
use crate::{
    directory::Person,
    live::at,
    names::{AttrPath, Value},
};

/// Addresses of accounts that nobody claims.
#[derive(Debug)]
pub(super) struct Addresses(HashMap<String, At>);

/// Where a person's other addresses stand (Microsoft Graph, `user`).
const ATTRIBUTES: [&str; 3] = ["proxyAddresses", "otherMails", "mail"];

impl Addresses {
    /// Addresses of all accounts that are not claimed.
    pub fn new(objects: &Objects, claimed: &[bool]) -> Self {
        let mut addresses = HashMap::new();
        let paths = [AttrPath::core("userName"), AttrPath::core("emails")];
        for place in objects.positions().filter(|at| !claimed[*at as usize]) {
            let attributes = objects.get(place).attributes;
            for value in paths.iter().filter_map(|path| at(attributes, path)) {
                for text in value.each().iter().filter_map(|value| value.member("value").unwrap_or(value).as_text()) {
                    addresses.entry(folded(text).into_owned()).or_insert(place);
                }
            }
        }
        Self(addresses)
    }

    /// The first account that has one of the person's other addresses, and which.
    pub fn find(&self, person: &Person) -> Option<(At, String)> {
        if self.0.is_empty() {
            return None;
        }
        let values = ATTRIBUTES.iter().filter_map(|name| person.attributes.get(name));
        let mut texts = values.flat_map(Value::each).filter_map(Value::as_text).flat_map(|text| text.split(';'));
        texts.find_map(|text| {
            let address = folded(plain(text.trim())).into_owned();
            self.0.get(&address).map(|at| (*at, address))
        })
    }
}

/// The address without its kind: `SMTP:ana@x` is the primary one, `smtp:` a further one.
fn plain(text: &str) -> &str {
    match text.split_once(':') {
        Some((kind, address)) if kind.eq_ignore_ascii_case("smtp") => address,
        _ => text,
    }
}
