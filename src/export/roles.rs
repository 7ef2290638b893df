//! Roles: one for all who have the same, with a name that says what it gives.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    holdings::{At, Gives, Holdings},
    people::Row,
    report::RoleLine,
};
use crate::names::{Folded, License, Post, Text};

/// What is in front of the name of a role's group.
const PREFIX: &str = "dialpad-";

/// The roles and how their office is said.
#[derive(Debug)]
pub(super) struct Roles {
    /// In the order of their names.
    pub(super) all: Vec<Role>,
    /// Whether a person's office stands in a column.
    pub(super) office_column: bool,
}

/// A role and its group.
#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) name: Text,
    /// The group that is assigned it.
    pub(super) group: Text,
    /// What it gives; `None` without an admin API, or without a record there.
    pub(super) gives: Option<Gives>,
    pub(super) office: Where,
    pub(super) people: usize,
}

/// The office of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// It gives none.
    Nowhere,
    /// The same for all.
    Always(Text),
    /// By the column.
    By(BTreeSet<Text>),
}

/// What makes two people share a role.
type Key = Option<(Gives, bool)>;

/// Sorts people into roles. The office stands in a column where that makes fewer roles.
pub(super) fn roles(rows: &mut [Row], holdings: &Holdings, groups: &HashSet<Folded>) -> Roles {
    let apart: BTreeSet<&Option<Gives>> = rows.iter().map(|row| &row.gives).collect();
    let together: BTreeSet<Key> = rows.iter().map(|row| without_office(row.gives.as_ref())).collect();
    let office_column = together.len() < apart.len();
    let key = |row: &Row| match office_column {
        true => without_office(row.gives.as_ref()),
        false => row.gives.clone().map(|gives| (gives, true)),
    };
    let mut found: BTreeMap<Key, (BTreeSet<Text>, Vec<usize>)> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let (offices, people) = found.entry(key(row)).or_default();
        offices.extend(row.gives.as_ref().and_then(|gives| gives.office.clone()));
        people.push(at);
    }
    let mut taken: HashSet<String> = HashSet::new();
    let mut all: Vec<(Role, Vec<usize>)> = Vec::with_capacity(found.len());
    for (key, (offices, people)) in found {
        let mut offices = offices;
        let office = match offices.len() {
            0 => Where::Nowhere,
            1 => offices.pop_first().map_or(Where::Nowhere, Where::Always),
            _ => Where::By(offices),
        };
        let gives = key.map(|(gives, _)| gives);
        let base = base_name(gives.as_ref(), &office, holdings);
        let is_free =
            |name: &String| !taken.contains(name) && !groups.contains(&Folded::new(&format!("{PREFIX}{name}")));
        let numbered = (2u32..).map(|n| format!("{base}-{n}"));
        let name = std::iter::once(base.clone()).chain(numbered).find(is_free).unwrap_or(base);
        taken.insert(name.clone());
        let group = format!("{PREFIX}{name}").into();
        let role = Role { name: name.into(), group, gives, office, people: people.len() };
        all.push((role, people));
    }
    all.sort_by(|(left, _), (right, _)| left.name.cmp(&right.name));
    let mut roles = Vec::with_capacity(all.len());
    for (at, (role, people)) in all.into_iter().enumerate() {
        for person in people {
            rows[person].role = at;
        }
        roles.push(role);
    }
    Roles { all: roles, office_column }
}

fn without_office(gives: Option<&Gives>) -> Key {
    let gives = gives?;
    Some((Gives { office: None, ..gives.clone() }, gives.office.is_some()))
}

/// A name that says what the role gives: `sell-london-support-lead`.
fn base_name(gives: Option<&Gives>, office: &Where, holdings: &Holdings) -> String {
    const MOST: usize = 48;
    let Some(gives) = gives else {
        return if holdings.has_api { "scim-only" } else { "member" }.to_owned();
    };
    let Gives { license, office: _, contact_centers, departments, company_admin, office_admin, policies, channels } =
        gives;
    let mut parts: Vec<String> = Vec::new();
    parts.extend(license.as_ref().map(|license| slug(product(license))));
    if let Where::Always(office) = office {
        parts.push(slug(office));
    }
    if *company_admin {
        parts.push("company-admin".to_owned());
    }
    if !office_admin.is_empty() {
        parts.push("office-admin".to_owned());
    }
    let word = |post: &Post| match post {
        Post::Operator => "",
        Post::Supervisor => "-lead",
        Post::Admin => "-admin",
    };
    let centers = contact_centers.iter().map(|((name, _), (post, _))| format!("{}{}", slug(name), word(post)));
    let departments = departments.iter().map(|((name, _), post)| format!("{}{}", slug(name), word(post)));
    let rights = policies.iter().map(|(name, _)| slug(name)).chain(channels.iter().map(slug_of));
    let mut places: Vec<String> = centers.chain(departments).chain(rights).filter(|part| !part.is_empty()).collect();
    places.dedup();
    let more = places.len().saturating_sub(2);
    parts.extend(places.into_iter().take(2));
    if more > 0 {
        parts.push(format!("and-{more}"));
    }
    let mut name = String::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        // The first part is cut, and others are left out, where the name would be too long.
        if name.is_empty() {
            name.extend(part.chars().take(MOST));
        } else if name.len() + part.len() < MOST {
            name.extend(["-", part]);
        }
    }
    let name = name.trim_matches('-');
    match name.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => name.to_owned(),
        Some(_) => format!("role-{name}"),
        None => "member".to_owned(),
    }
}

fn product(license: &License) -> &str {
    license.product()
}

fn slug_of(text: &Text) -> String {
    slug(text)
}

/// Small letters, digits and single hyphens.
fn slug(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    text.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

impl Roles {
    /// As the report has them.
    pub(super) fn lines(&self) -> Vec<RoleLine> {
        let line = |role: &Role| RoleLine { name: role.name.clone(), gives: role.words().into(), people: role.people };
        self.all.iter().map(line).collect()
    }
}

impl Role {
    /// What it gives, in words.
    pub(super) fn words(&self) -> String {
        const MOST: usize = 160;
        let Some(gives) = &self.gives else { return "an account, nothing beyond SCIM".to_owned() };
        let Gives { license, office: _, contact_centers, departments, company_admin, office_admin, policies, channels } =
            gives;
        let mut parts: Vec<String> = Vec::new();
        let office = match &self.office {
            Where::Nowhere => String::new(),
            Where::Always(office) => format!("in {office}"),
            Where::By(_) => "in the person's office".to_owned(),
        };
        let license = license.as_ref().map(|license| license.product().to_owned());
        let head: Vec<String> = license.into_iter().chain(Some(office).filter(|office| !office.is_empty())).collect();
        parts.extend(Some(head.join(" ")).filter(|head| !head.is_empty()));
        if *company_admin {
            parts.push("company admin".to_owned());
        }
        let offices: Vec<&str> = office_admin.iter().map(|office| &**office).collect();
        parts.extend((!offices.is_empty()).then(|| format!("admin of {}", offices.join(", "))));
        for ((name, _), (post, skill)) in contact_centers {
            let skill = skill.map(|skill| format!(" ({skill})")).unwrap_or_default();
            parts.push(format!("{} of {name}{skill}", post.as_str()));
        }
        parts.extend(departments.iter().map(|((name, _), post)| format!("{} of {name}", post.as_str())));
        parts.extend(policies.iter().map(|(name, at)| match at {
            At::Company => name.to_string(),
            At::Office(at) | At::ContactCenter(at) => format!("{name} at {at}"),
        }));
        parts.extend(channels.iter().map(|name| format!("channel {name}")));
        let words = if parts.is_empty() { "an account, nothing beyond SCIM".to_owned() } else { parts.join(", ") };
        let cut = words.chars().count() > MOST;
        let mut words: String = words.chars().take(MOST).collect();
        if cut {
            words.push('…');
        }
        words
    }
}
