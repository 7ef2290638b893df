//! Who is in the files, under which id, and in which groups.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    holdings::Gives,
    report::{Notes, Stranger, Why},
};
use crate::{
    live::{Live, User},
    names::{Folded, Reading, SourceId, TargetId, Text, is_hostile},
    plan::{Joined, addresses, joined},
};

/// A person of the file.
#[derive(Debug)]
pub(super) struct Row<'l> {
    /// The account.
    pub(super) user: &'l User,
    /// The id in the source: the external id, where it can be one.
    pub(super) id: SourceId,
    /// The user name.
    pub(super) name: Text,
    /// Values by column.
    pub(super) cells: Vec<Option<Text>>,
    /// Names of groups.
    pub(super) groups: Vec<Text>,
    /// What they have beyond SCIM; `None` where nothing is known of that.
    pub(super) gives: Option<Gives>,
    /// Settings by their columns.
    pub(super) settings: Vec<Option<Text>>,
    /// The role, by position.
    pub(super) role: usize,
}

/// Everybody, in the files or not.
#[derive(Debug)]
pub(super) struct Sorted<'l> {
    pub(super) rows: Vec<Row<'l>>,
    pub(super) strangers: Vec<Stranger>,
    pub(super) accounts: usize,
}

/// Tells who can be in the files.
pub(super) fn sorted(live: &Live) -> Sorted<'_> {
    let users = live.users.items().map(Vec::as_slice).unwrap_or_default();
    let mut named: HashMap<Folded, usize> = HashMap::new();
    for name in users.iter().filter_map(|user| user.text("userName")) {
        *named.entry(Folded::new(name)).or_default() += 1;
    }
    let mut rows = Vec::with_capacity(users.len());
    let mut strangers = Vec::new();
    for user in users {
        match why_not(user, &named) {
            Some(why) => {
                let (name, id) = (user.label().clone(), user.id.text().clone());
                strangers.push(Stranger { why, name, id, detail: None });
            }
            None => rows.extend(user.text("userName").map(|name| Row {
                user,
                id: SourceId::new(user.id.text().clone()),
                name: name.clone(),
                cells: Vec::new(),
                groups: Vec::new(),
                gives: None,
                settings: Vec::new(),
                role: 0,
            })),
        }
    }
    rows.sort_by(|left, right| {
        (Folded::new(&left.name), &left.user.id).cmp(&(Folded::new(&right.name), &right.user.id))
    });
    identify(&mut rows, users);
    strangers.extend(only_in_api(live));
    let order = |why: Why| Why::ALL.iter().position(|other| *other == why);
    strangers.sort_by(|left, right| {
        (order(left.why), &left.name, &left.id).cmp(&(order(right.why), &right.name, &right.id))
    });
    Sorted { rows, strangers, accounts: users.len() }
}

fn why_not(user: &User, named: &HashMap<Folded, usize>) -> Option<Why> {
    let Some(name) = user.text("userName").filter(|name| !name.trim().is_empty()) else {
        return Some(Why::NoUserName);
    };
    if !user.is_active() {
        return Some(Why::Suspended);
    }
    if named.get(&Folded::new(name)).is_some_and(|accounts| *accounts > 1) {
        return Some(Why::DuplicateUserName);
    }
    // `#EXT#@` is a guest's name, which the reader of files turns into the name at home.
    let is_guest = name.to_ascii_uppercase().contains("#EXT#@");
    if name.trim() != &**name || name.chars().any(is_hostile) || is_guest {
        return Some(Why::UnusableUserName);
    }
    let is_address =
        |text: &Text| text.split_once('@').is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty());
    (!addresses(&user.attributes).iter().any(is_address)).then_some(Why::NoEmail)
}

/// Gives each person an id that no other has: the external id, else the account's.
fn identify(rows: &mut [Row], users: &[User]) {
    // An id that is another's name, or another account's external id, would be taken for that one.
    let mut taken: HashMap<String, Option<TargetId>> = HashMap::new();
    let mut take = |text: &str, by: &TargetId| {
        let key = Folded::new(text).as_str().to_owned();
        taken
            .entry(key)
            .and_modify(|owner| {
                if owner.as_ref() != Some(by) {
                    *owner = None;
                }
            })
            .or_insert_with(|| Some(by.clone()));
    };
    for user in users {
        for text in user.text("userName").into_iter().chain(user.external_id()) {
            take(text, &user.id);
        }
    }
    let mut used: HashSet<String> = HashSet::new();
    for row in rows.iter_mut() {
        let key = |text: &str| Folded::new(text).as_str().to_owned();
        let is_free = |text: &str, used: &HashSet<String>| {
            let owner = taken.get(&key(text));
            !used.contains(&key(text)) && owner.is_none_or(|owner| owner.as_ref() == Some(&row.user.id))
        };
        let is_clean = |text: &str| text.trim() == text && !text.is_empty() && !text.chars().any(is_hostile);
        let external = row.user.external_id().filter(|text| is_clean(text) && is_free(text, &used));
        let own = row.user.id.as_str();
        let id: Text = match external {
            Some(external) => external.clone(),
            None if is_clean(own) && is_free(own, &used) => own.into(),
            None => {
                let numbered = (1u32..).map(|n| format!("account-{n}"));
                numbered.filter(|id| is_free(id, &used)).map(Text::from).next().unwrap_or_else(|| own.into())
            }
        };
        used.insert(key(&id));
        row.id = SourceId::new(id);
    }
}

/// Whether everybody's id is their external id, so that it can be mapped for good.
pub(super) fn all_have_external_id(rows: &[Row]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.user.external_id() == Some(row.id.text()))
}

/// Records of the admin API to which no account leads.
fn only_in_api(live: &Live) -> Vec<Stranger> {
    let Some(tenant) = &live.tenant else { return Vec::new() };
    let known: HashSet<Folded> = live
        .users
        .items()
        .into_iter()
        .flatten()
        .flat_map(|user| addresses(&user.attributes))
        .map(|address| Folded::new(&address))
        .collect();
    let alone =
        tenant.users.iter().filter(|member| !member.emails.iter().any(|email| known.contains(&Folded::new(email))));
    let stranger = |member: &crate::live::tenant::Member| Stranger {
        why: Why::OnlyInApi,
        name: member.emails.first().unwrap_or(member.id.text()).clone(),
        id: member.id.text().clone(),
        detail: Some(member.state.as_str().into()),
    };
    alone.map(stranger).collect()
}

/// The record of each row, as the planner would find it.
pub(super) fn records(live: &Live, rows: &[Row]) -> Vec<Joined> {
    let joined = joined(live);
    rows.iter().map(|row| joined.get(&row.user.id).copied().unwrap_or(Joined::None)).collect()
}

/// Puts people into Dialpad's groups by name; gives the names, without case.
pub(super) fn groups(live: &Live, rows: &mut [Row], notes: &mut Notes) -> HashSet<Folded> {
    if let Reading::Incomplete { because, items: _ } = &live.groups {
        let message = format!("the groups were not all read, so that some may be missing: {because}");
        notes.add("groups_not_read", &message, "");
    }
    let at: HashMap<&TargetId, usize> = rows.iter().enumerate().map(|(at, row)| (&row.user.id, at)).collect();
    let mut names: BTreeMap<Folded, Text> = BTreeMap::new();
    let mut in_groups: Vec<(usize, Text)> = Vec::new();
    for group in live.groups.items().into_iter().flatten() {
        let name: Text = group.label().trim().into();
        if name.is_empty() {
            continue;
        }
        let key = Folded::new(&name);
        if names.contains_key(&key) {
            notes.add("same_group_name", "several groups have this name; in the file they are one", &name);
        }
        let name = names.entry(key).or_insert(name).clone();
        let known: Vec<usize> = group.members.iter().filter_map(|id| at.get(id).copied()).collect();
        if known.len() < group.members.len() {
            notes.add("members_left_out", "members of this group are groups, or people who are not in the file", &name);
        }
        in_groups.extend(known.into_iter().map(|row| (row, name.clone())));
    }
    for (row, name) in in_groups {
        rows[row].groups.push(name);
    }
    for row in rows {
        row.groups.sort();
        row.groups.dedup();
    }
    names.into_keys().collect()
}
