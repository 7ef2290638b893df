//! What a manifest needs from Entra.

use std::collections::BTreeMap;

use super::attributes::Selection;
use crate::{
    manifest::{Manifest, MappingSource, Principal, Protected, Scope, attributes::portal_name, trust::is_guid},
    names::{Folded, SourceId, Text},
};

/// What is read, and no more.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Everybody, rather than who is assigned.
    pub(super) everyone: bool,
    /// Every group: all are group objects.
    pub(super) every_group: bool,
    /// Who is assigned to the application in Entra.
    pub(super) assigned: bool,
    /// Groups that the manifest names, without case; whether groups within them count.
    pub(super) groups: BTreeMap<Folded, Named>,
    /// People that the manifest assigns by name or id.
    pub(super) users: Vec<Text>,
    /// The attributes.
    pub(super) selection: Selection,
    /// Whether a mapping or filter needs managers.
    pub(super) managers: bool,
    /// Whether one needs the app roles of each person.
    pub(super) roles: bool,
    /// People of before.
    pub(super) former: Vec<Former>,
    /// Whether who is gone for good is to be proven.
    pub(super) proof: bool,
}

/// A group that the manifest names.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// As written.
    pub name: Text,
    pub nested: bool,
}

/// Somebody to whom we gave an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// The id in the source.
    pub id: SourceId,
    /// Whether we suspended the account already.
    pub disabled: bool,
}

impl Wanted {
    /// What these manifests need together; with `all` every attribute that there is, for a recording.
    pub fn of(manifests: &[&Manifest], former: impl IntoIterator<Item = Former>, all: bool) -> Self {
        let mut groups: BTreeMap<Folded, Named> = BTreeMap::new();
        let mut name_group = |name: &Text, nested: bool| {
            let named = Named { name: name.clone(), nested: false };
            groups.entry(Folded::new(name)).or_insert(named).nested |= nested;
        };
        let (mut users, mut assigned) = (Vec::new(), false);
        for assignment in manifests.iter().flat_map(|manifest| &manifest.assignments) {
            match &assignment.principal {
                Principal::Group { name, nested } => name_group(name, *nested),
                Principal::User(name) => users.push(Text::from(name.as_str())),
                Principal::Entra => assigned = true,
            }
        }
        for protected in manifests.iter().flat_map(|manifest| &manifest.safety.protect) {
            match protected {
                // Better one too many than one too few.
                Protected::MembersOf { group, .. } => name_group(group, true),
                Protected::User { .. } | Protected::Group { .. } => {}
            }
        }
        users.sort_unstable();
        users.dedup();
        let used = used(manifests);
        let is_used = |name: &str| used.iter().any(|used| **used == *name);
        let everyone = manifests.iter().any(|manifest| manifest.scope.value == Scope::Everyone);
        // An id of a file's people is no id of Entra's, and cannot be asked for there.
        let former = former.into_iter().filter(|former| is_guid(former.id.as_str()));
        Self {
            everyone,
            every_group: everyone && manifests.iter().any(|manifest| manifest.groups.enabled),
            assigned,
            groups,
            users,
            selection: Selection::new(used.iter().map(|name| &**name), all),
            managers: all || is_used("manager"),
            roles: assigned && (all || is_used("appRoleAssignments")),
            former: former.collect(),
            proof: manifests.iter().any(|manifest| manifest.users.delete),
        }
    }

    /// The same, with the application and who is assigned to it, whether the manifest needs them or not.
    #[must_use]
    pub fn with_application(self) -> Self {
        Self { assigned: true, ..self }
    }

    /// The names of the attributes that are read, whether anybody has a value or not.
    pub(super) fn offered(&self) -> Vec<Text> {
        let mut offered = self.selection.offered();
        let groups =
            ["description", "displayName", "mail", "mailEnabled", "mailNickname", "objectId", "securityEnabled"];
        offered.extend(groups.map(Text::from));
        offered.sort_unstable();
        offered.dedup();
        offered
    }
}

/// The attributes of people that the manifests read, by the portal's names.
fn used(manifests: &[&Manifest]) -> Vec<Text> {
    let mut used: Vec<Text> = Vec::new();
    for mapping in manifests.iter().flat_map(|manifest| &manifest.users.attributes) {
        if !matches!(mapping.source, MappingSource::None) {
            used.extend(mapping.reads().into_iter().cloned());
        }
    }
    let filters = manifests.iter().flat_map(|manifest| &manifest.user_filters);
    used.extend(filters.flat_map(|filter| &filter.clauses).map(|clause| clause.attribute.clone()));
    for name in &mut used {
        if let Some(portal) = portal_name(name) {
            *name = portal.into();
        }
    }
    used.sort_unstable();
    used.dedup();
    used
}
