//! How a manifest can name what the tenant has: by name, with the office where that tells
//! several apart. What no name tells apart cannot be granted.

use std::collections::HashMap;

use crate::{
    live::{
        Tenant,
        tenant::{ContactCenter, Department},
    },
    names::{ApiId, Folded, Text},
};

/// A name, and the office it is in where the name alone is not enough.
pub(super) type Named = (Text, Option<Text>);

/// The names of a tenant, by id.
#[derive(Debug, Default)]
pub(super) struct Naming {
    pub(super) offices: HashMap<ApiId, Text>,
    pub(super) departments: HashMap<ApiId, Named>,
    pub(super) contact_centers: HashMap<ApiId, Named>,
    pub(super) policies: HashMap<ApiId, Text>,
    pub(super) channels: HashMap<ApiId, Text>,
}

impl Naming {
    pub(super) fn of(tenant: &Tenant) -> Self {
        let offices = alone(tenant.offices.iter().map(|office| (&office.id, &office.name)));
        let department = |one: &Department| (one.id.clone(), one.name.clone(), one.office.clone());
        let center = |one: &ContactCenter| (one.id.clone(), one.name.clone(), one.office.clone());
        Self {
            departments: within(&tenant.departments.iter().map(department).collect::<Vec<_>>(), &offices),
            contact_centers: within(&tenant.contact_centers.iter().map(center).collect::<Vec<_>>(), &offices),
            policies: alone(tenant.policies.iter().map(|policy| (&policy.id, &policy.name))),
            channels: alone(tenant.channels.iter().map(|channel| (&channel.id, &channel.name))),
            offices,
        }
    }
}

/// A name as a manifest has it; blanks around it are not read.
fn plain(name: &Text) -> Option<Text> {
    let name = name.trim();
    (!name.is_empty()).then(|| name.into())
}

/// Names that only one has.
fn alone<'t>(all: impl Iterator<Item = (&'t ApiId, &'t Text)>) -> HashMap<ApiId, Text> {
    let all: Vec<(&ApiId, &Text)> = all.collect();
    let mut known: HashMap<Folded, usize> = HashMap::new();
    for (_, name) in &all {
        *known.entry(Folded::new(name)).or_default() += 1;
    }
    let single = |name: &Text| known.get(&Folded::new(name)) == Some(&1);
    all.into_iter().filter(|(_, name)| single(name)).filter_map(|(id, name)| Some((id.clone(), plain(name)?))).collect()
}

/// Names that only one has, or only one of an office.
fn within(all: &[(ApiId, Text, Option<ApiId>)], offices: &HashMap<ApiId, Text>) -> HashMap<ApiId, Named> {
    let mut known: HashMap<Folded, usize> = HashMap::new();
    let mut here: HashMap<(Folded, Option<&ApiId>), usize> = HashMap::new();
    for (_, name, office) in all {
        *known.entry(Folded::new(name)).or_default() += 1;
        *here.entry((Folded::new(name), office.as_ref())).or_default() += 1;
    }
    let named = |(id, name, office): &(ApiId, Text, Option<ApiId>)| {
        let key = Folded::new(name);
        let plain = plain(name)?;
        if known.get(&key) == Some(&1) {
            return Some((id.clone(), (plain, None)));
        }
        let shown = office.as_ref().and_then(|office| offices.get(office))?;
        let single = here.get(&(key, office.as_ref())) == Some(&1);
        single.then(|| (id.clone(), (plain, Some(shown.clone()))))
    };
    all.iter().filter_map(named).collect()
}
