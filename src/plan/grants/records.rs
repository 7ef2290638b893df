//! Which record of the admin API belongs to which account of SCIM: e-mail is the only join
//! (`UserProto` has no external id), primary address and aliases, without case.

use crate::{
    live::{self, Live, Tenant, tenant::Member},
    names::{AttrPath, Attributes, Folded, HashMap, HashSet, TargetId, Text, Value},
    plan::index::{At, Objects},
};

/// Records by address, and by account.
#[derive(Debug)]
pub(in crate::plan) struct Records<'a> {
    pub tenant: &'a Tenant,
    by_address: HashMap<Folded, Vec<usize>>,
    of_account: Vec<Joined>,
    /// The account of each record, where exactly one account leads to it.
    account_of: Vec<Option<At>>,
}

/// What the admin API has of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// One record, by its position.
    One(usize),
    /// No record has an address of the account.
    None,
    /// Several records have, or several accounts lead to one record.
    Several,
}

impl<'a> Records<'a> {
    pub fn new(tenant: &'a Tenant, objects: &Objects<'a>) -> Self {
        let mut by_address: HashMap<Folded, Vec<usize>> = HashMap::default();
        for (at, member) in tenant.users.iter().enumerate() {
            for email in &member.emails {
                let known = by_address.entry(Folded::new(email)).or_default();
                if !known.contains(&at) {
                    known.push(at);
                }
            }
        }
        let mut records = Self {
            tenant,
            by_address,
            of_account: Vec::with_capacity(objects.all.len()),
            account_of: vec![None; tenant.users.len()],
        };
        let mut shared: HashSet<usize> = HashSet::default();
        for object in &objects.all {
            let joined = records.find(addresses(object.attributes).iter().map(|text| &**text));
            records.of_account.push(joined);
        }
        for at in objects.positions() {
            if let Joined::One(member) = records.of_account[at as usize]
                && records.account_of[member].replace(at).is_some()
            {
                shared.insert(member);
            }
        }
        for member in shared {
            records.account_of[member] = None;
            for joined in &mut records.of_account {
                if *joined == Joined::One(member) {
                    *joined = Joined::Several;
                }
            }
        }
        records
    }

    /// The record with any of these addresses.
    pub fn find<'t>(&self, addresses: impl Iterator<Item = &'t str>) -> Joined {
        let mut found: Option<usize> = None;
        for at in addresses.filter_map(|address| self.by_address.get(&Folded::new(address))).flatten() {
            match found {
                Some(other) if other != *at => return Joined::Several,
                Some(_) | None => found = Some(*at),
            }
        }
        found.map_or(Joined::None, Joined::One)
    }

    /// All records with any of these addresses.
    pub fn all<'s>(&'s self, addresses: impl Iterator<Item = &'s str>) -> impl Iterator<Item = &'a Member> {
        addresses
            .filter_map(|address| self.by_address.get(&Folded::new(address)))
            .flatten()
            .map(|at| &self.tenant.users[*at])
    }

    pub fn of(&self, account: At) -> Joined {
        self.of_account[account as usize]
    }

    pub fn member(&self, at: usize) -> &'a Member {
        &self.tenant.users[at]
    }

    /// The record of an account, where it is certain.
    pub fn member_of(&self, account: At) -> Option<&'a Member> {
        match self.of(account) {
            Joined::One(at) => Some(self.member(at)),
            Joined::None | Joined::Several => None,
        }
    }

    /// The account of a record, where it is certain.
    pub fn account_of(&self, member: usize) -> Option<At> {
        self.account_of[member]
    }
}

/// What the admin API has of each account, as the planner sees it. Empty when it was not read.
pub fn joined(live: &Live) -> HashMap<TargetId, Joined> {
    let Some(tenant) = &live.tenant else { return HashMap::default() };
    let objects = Objects::users(live);
    let records = Records::new(tenant, &objects);
    objects.positions().map(|at| (objects.get(at).id.clone(), records.of(at))).collect()
}

/// Every address of an account: the user name, and the values of `emails`.
pub fn addresses(attributes: &Attributes) -> Vec<Text> {
    let text = |value: &Value| value.as_text().cloned();
    let name = live::at(attributes, &AttrPath::core("userName")).and_then(|value| text(&value));
    let emails = live::at(attributes, &AttrPath::core("emails"));
    let values = emails.iter().flat_map(|list| list.each()).filter_map(|item| match item {
        Value::Record(_) => item.member("value").and_then(text),
        other => text(other),
    });
    name.into_iter().chain(values).filter(|text| !text.is_empty()).collect()
}
