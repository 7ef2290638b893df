//! What the embedded Dialpad holds: users and groups in order of creation,
//! found by id and by name without a search, kept in memory and, if a folder
//! is given, on disk.
//!
//! The store knows names, members and order; what an attribute means is
//! `scim`'s business. Every change goes to disk before it shows in memory.

use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::Arc,
};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    account::Account,
    company::user_id,
    disk::{Disk, DiskError, Ledger, Record},
};
use crate::names::{Text, fold};

/// What kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ResourceKind {
    /// A person.
    User,
    /// A group of users and groups.
    Group,
}

impl ResourceKind {
    /// The name of the resource type.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ResourceKind::User => "User",
            ResourceKind::Group => "Group",
        }
    }

    /// The last part of the address of its collection.
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            ResourceKind::User => "Users",
            ResourceKind::Group => "Groups",
        }
    }

    /// The attribute that is unique without case.
    pub(crate) fn naming_attribute(self) -> &'static str {
        match self {
            ResourceKind::User => "userName",
            ResourceKind::Group => "displayName",
        }
    }
}

/// What clients write: attributes in the schema's spelling, extensions under
/// their URN; a group's members, apart because there can be many; and what
/// only the admin API knows of a user.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Content {
    pub(crate) attributes: Map<String, Value>,
    pub(crate) members: IndexMap<Text, ResourceKind>,
    pub(crate) account: Account,
}

impl Content {
    /// The name that is unique, as it was written.
    pub(crate) fn name(&self, kind: ResourceKind) -> &str {
        self.attributes.get(kind.naming_attribute()).and_then(Value::as_str).unwrap_or_default()
    }

    /// All that must be unique: the name, and a user's further addresses.
    fn names(&self, kind: ResourceKind) -> impl Iterator<Item = &str> {
        std::iter::once(self.name(kind)).chain(self.account.aliases.iter().map(AsRef::as_ref))
    }
}

/// A user or group.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) id: Text,
    pub(crate) kind: ResourceKind,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) content: Content,
    /// Grows with every creation; the order of listings.
    pub(crate) serial: u64,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("{attribute} `{name}` is taken by {id}")]
    NameTaken { attribute: &'static str, name: String, id: Text },
    #[error("id `{0}` is taken")]
    IdTaken(Text),
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// One kind of resource, in order of creation.
#[derive(Debug, Default)]
struct Shelf {
    /// Sorted by serial, so that a page is a slice and a place is found by halving.
    rows: Vec<Arc<Resource>>,
    by_id: HashMap<Text, u64>,
    by_name: HashMap<String, u64>,
    /// Users only: the id in the admin API.
    by_user_id: HashMap<Text, u64>,
}

impl Shelf {
    fn place(&self, serial: u64) -> Option<usize> {
        self.rows.binary_search_by_key(&serial, |row| row.serial).ok()
    }

    fn at(&self, serial: u64) -> Option<&Arc<Resource>> {
        self.place(serial).map(|place| &self.rows[place])
    }

    fn put(&mut self, row: &Arc<Resource>) {
        match self.rows.binary_search_by_key(&row.serial, |row| row.serial) {
            Ok(place) => {
                let before = std::mem::replace(&mut self.rows[place], row.clone());
                self.forget_names(&before);
            }
            Err(place) => {
                self.rows.insert(place, row.clone());
                if row.kind == ResourceKind::User {
                    self.by_user_id.insert(user_id(&row.id), row.serial);
                }
            }
        }
        self.by_id.insert(row.id.clone(), row.serial);
        for name in row.content.names(row.kind) {
            self.by_name.insert(fold(name), row.serial);
        }
    }

    fn forget_names(&mut self, row: &Resource) {
        for name in row.content.names(row.kind) {
            self.by_name.remove(&fold(name));
        }
    }

    fn take(&mut self, id: &str) -> Option<Arc<Resource>> {
        let serial = self.by_id.remove(id)?;
        let place = self.place(serial)?;
        let row = self.rows.remove(place);
        self.forget_names(&row);
        self.by_user_id.remove(&user_id(&row.id));
        Some(row)
    }
}

/// All users and groups.
#[derive(Debug)]
pub(crate) struct Store {
    users: Shelf,
    groups: Shelf,
    /// The last users that were deleted, the oldest first; the admin API still tells of them.
    deleted: VecDeque<Arc<Resource>>,
    ledger: Ledger,
    /// Whether a name is given to one resource alone.
    unique: bool,
    next_id: u64,
    next_serial: u64,
    disk: Option<Disk>,
}

/// Dialpad's ids are decimal numbers of 16 digits, sent as text.
const FIRST_ID: u64 = 5_000_000_000_000_001;

/// How many deleted users are remembered.
const MOST_DELETED: usize = 1_000;

/// The file is written afresh when it has this many lines and four for each resource.
const LINES_BEFORE_REWRITE: usize = 10_000;

impl Store {
    /// An empty store in memory.
    pub(crate) fn in_memory() -> Self {
        Self {
            users: Shelf::default(),
            groups: Shelf::default(),
            deleted: VecDeque::new(),
            ledger: Ledger::default(),
            unique: true,
            next_id: FIRST_ID,
            next_serial: 0,
            disk: None,
        }
    }

    /// The store that is kept in `folder`, which is made if it is not there.
    pub(crate) fn open(folder: &Path) -> Result<Self, DiskError> {
        let (disk, records) = Disk::open(folder)?;
        let mut store = Self::in_memory();
        for record in records {
            store.replay(record);
        }
        store.disk = Some(disk);
        Ok(store)
    }

    fn replay(&mut self, record: Record) {
        match record {
            Record::Next(next) => self.next_id = self.next_id.max(next),
            Record::Put { id, kind, created, modified, content } => {
                self.see(&id);
                let serial = self.serial_of(kind, &id);
                let content = *content;
                self.shelf_mut(kind).put(&Arc::new(Resource { id, kind, created, modified, content, serial }));
            }
            Record::Gone { kind, id, at } => self.take(kind, &id, at),
            Record::Ledger(ledger) => self.ledger = ledger,
        }
    }

    /// Ids are never given twice, not even those of deleted resources.
    fn see(&mut self, id: &str) {
        if let Ok(number) = id.parse::<u64>() {
            self.next_id = self.next_id.max(number.saturating_add(1));
        }
    }

    fn serial_of(&mut self, kind: ResourceKind, id: &str) -> u64 {
        if let Some(serial) = self.shelf(kind).by_id.get(id) {
            return *serial;
        }
        self.next_serial += 1;
        self.next_serial
    }

    fn shelf(&self, kind: ResourceKind) -> &Shelf {
        match kind {
            ResourceKind::User => &self.users,
            ResourceKind::Group => &self.groups,
        }
    }

    fn shelf_mut(&mut self, kind: ResourceKind) -> &mut Shelf {
        match kind {
            ResourceKind::User => &mut self.users,
            ResourceKind::Group => &mut self.groups,
        }
    }

    /// Whether nothing is there and nobody was deleted.
    pub(crate) fn is_empty(&self) -> bool {
        self.users.rows.is_empty() && self.groups.rows.is_empty() && self.deleted.is_empty()
    }

    /// All resources of a kind, in order of creation.
    pub(crate) fn rows(&self, kind: ResourceKind) -> &[Arc<Resource>] {
        &self.shelf(kind).rows
    }

    /// The resource with this id.
    pub(crate) fn get(&self, kind: ResourceKind, id: &str) -> Option<&Arc<Resource>> {
        let shelf = self.shelf(kind);
        shelf.at(*shelf.by_id.get(id)?)
    }

    /// The resource with this `userName` or group `displayName`, without case.
    pub(crate) fn named(&self, kind: ResourceKind, name: &str) -> Option<&Arc<Resource>> {
        let shelf = self.shelf(kind);
        shelf.at(*shelf.by_name.get(&fold(name))?)
    }

    /// The user with this id in the admin API.
    pub(crate) fn user(&self, id: &str) -> Option<&Arc<Resource>> {
        self.users.at(*self.users.by_user_id.get(id)?)
    }

    /// The users that were deleted, the oldest first.
    pub(crate) fn deleted(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.deleted.iter()
    }

    /// What was bought and given since the tenant file.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn set_ledger(&mut self, ledger: Ledger) -> Result<(), DiskError> {
        if ledger != self.ledger {
            self.write(&Record::Ledger(ledger.clone()))?;
            self.ledger = ledger;
        }
        Ok(())
    }

    /// What the resource with this id is, if there is one.
    pub(crate) fn kind_of(&self, id: &str) -> Option<ResourceKind> {
        [ResourceKind::User, ResourceKind::Group].into_iter().find(|kind| self.shelf(*kind).by_id.contains_key(id))
    }

    /// Makes a resource. Without an id it gets the next number.
    pub(crate) fn insert(
        &mut self,
        kind: ResourceKind,
        id: Option<Text>,
        content: Content,
        now: Timestamp,
    ) -> Result<Arc<Resource>, StoreError> {
        self.check_name(kind, None, &content)?;
        let id = match id {
            Some(id) if self.kind_of(&id).is_some() => return Err(StoreError::IdTaken(id)),
            Some(id) => id,
            None => self.next_id.to_string().into(),
        };
        self.write(&Record::Put {
            id: id.clone(),
            kind,
            created: now,
            modified: now,
            content: Box::new(content.clone()),
        })?;
        self.see(&id);
        let serial = self.serial_of(kind, &id);
        let row = Arc::new(Resource { id, kind, created: now, modified: now, content, serial });
        self.shelf_mut(kind).put(&row);
        Ok(row)
    }

    /// Replaces the content of a resource; nothing happens, not even to
    /// `lastModified`, if it is the same.
    pub(crate) fn update(
        &mut self,
        before: &Arc<Resource>,
        content: Content,
        now: Timestamp,
    ) -> Result<Arc<Resource>, StoreError> {
        if before.content == content {
            return Ok(before.clone());
        }
        self.check_name(before.kind, Some(&before.id), &content)?;
        let (id, kind, created) = (before.id.clone(), before.kind, before.created);
        self.write(&Record::Put { id: id.clone(), kind, created, modified: now, content: Box::new(content.clone()) })?;
        let row = Arc::new(Resource { id, kind, created, modified: now, content, serial: before.serial });
        self.shelf_mut(kind).put(&row);
        Ok(row)
    }

    /// Deletes a resource and takes it out of all groups. Says whether it was there.
    pub(crate) fn remove(&mut self, kind: ResourceKind, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        if self.get(kind, id).is_none() {
            return Ok(false);
        }
        self.write(&Record::Gone { kind, id: id.into(), at: now })?;
        self.take(kind, id, now);
        Ok(true)
    }

    fn take(&mut self, kind: ResourceKind, id: &str, now: Timestamp) {
        let gone = self.shelf_mut(kind).take(id);
        if let Some(gone) = gone.filter(|gone| gone.kind == ResourceKind::User) {
            self.deleted.push_back(gone);
            if self.deleted.len() > MOST_DELETED {
                self.deleted.pop_front();
            }
        }
        self.see(id);
        for group in self.groups.rows.iter_mut().filter(|group| group.content.members.contains_key(id)) {
            let mut content = group.content.clone();
            content.members.shift_remove(id);
            *group = Arc::new(Resource {
                id: group.id.clone(),
                kind: group.kind,
                created: group.created,
                modified: now,
                content,
                serial: group.serial,
            });
        }
    }

    /// From now on the same name may be there twice, as some services let it.
    pub(crate) fn allow_duplicates(&mut self) {
        self.unique = false;
    }

    /// Whether a name tells one resource from all others.
    pub(crate) fn is_unique(&self) -> bool {
        self.unique
    }

    /// Whether nobody else has the names.
    pub(crate) fn check_name(
        &self,
        kind: ResourceKind,
        own: Option<&Text>,
        content: &Content,
    ) -> Result<(), StoreError> {
        for name in content.names(kind).filter(|_| self.unique) {
            if let Some(other) = self.named(kind, name).filter(|other| Some(&other.id) != own) {
                let (attribute, id) = (kind.naming_attribute(), other.id.clone());
                return Err(StoreError::NameTaken { attribute, name: name.to_owned(), id });
            }
        }
        Ok(())
    }

    fn write(&mut self, record: &Record) -> Result<(), DiskError> {
        let Some(disk) = &mut self.disk else { return Ok(()) };
        let live = self.users.rows.len() + self.groups.rows.len() + self.deleted.len();
        if disk.lines() > LINES_BEFORE_REWRITE + 4 * live {
            let deleted = self
                .deleted
                .iter()
                .flat_map(|row| [put(row), Record::Gone { kind: row.kind, id: row.id.clone(), at: row.modified }]);
            let rows = self.users.rows.iter().chain(&self.groups.rows).map(put);
            let ledger = (self.ledger != Ledger::default()).then(|| Record::Ledger(self.ledger.clone()));
            let records = std::iter::once(Record::Next(self.next_id)).chain(ledger).chain(deleted).chain(rows);
            disk.rewrite(records)?;
        }
        disk.append(record)
    }
}

fn put(row: &Arc<Resource>) -> Record {
    Record::Put {
        id: row.id.clone(),
        kind: row.kind,
        created: row.created,
        modified: row.modified,
        content: Box::new(row.content.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(kind: ResourceKind, name: &str) -> Content {
        let mut content = Content::default();
        content.attributes.insert(kind.naming_attribute().into(), json!(name));
        content
    }

    fn user(store: &mut Store, name: &str) -> Arc<Resource> {
        store.insert(ResourceKind::User, None, named(ResourceKind::User, name), Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn ids_are_decimal_text_and_are_never_given_twice() {
        let mut store = Store::in_memory();
        let first = user(&mut store, "a@example.com");
        assert_eq!(first.id.as_ref(), "5000000000000001");
        store.remove(ResourceKind::User, &first.id, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(user(&mut store, "a@example.com").id.as_ref(), "5000000000000002");
    }

    #[test]
    fn a_name_is_found_and_taken_without_case_and_free_after_a_rename() {
        let mut store = Store::in_memory();
        let ada = user(&mut store, "Ada@Example.com");
        assert_eq!(store.named(ResourceKind::User, "aDA@example.COM").unwrap().id, ada.id);
        let again =
            store.insert(ResourceKind::User, None, named(ResourceKind::User, "ada@example.com"), Timestamp::UNIX_EPOCH);
        assert!(matches!(again, Err(StoreError::NameTaken { .. })), "{again:?}");
        store.update(&ada, named(ResourceKind::User, "lovelace@example.com"), Timestamp::UNIX_EPOCH).unwrap();
        assert_ne!(user(&mut store, "ada@example.com").id, ada.id);
    }

    #[test]
    fn a_deleted_user_leaves_all_groups() {
        let mut store = Store::in_memory();
        let ada = user(&mut store, "ada@example.com");
        let bob = user(&mut store, "bob@example.com");
        let mut sales = named(ResourceKind::Group, "Sales");
        sales.members.insert(ada.id.clone(), ResourceKind::User);
        sales.members.insert(bob.id.clone(), ResourceKind::User);
        let sales = store.insert(ResourceKind::Group, None, sales, Timestamp::UNIX_EPOCH).unwrap();
        assert!(store.remove(ResourceKind::User, &ada.id, Timestamp::UNIX_EPOCH).unwrap());
        let members: Vec<_> =
            store.get(ResourceKind::Group, &sales.id).unwrap().content.members.keys().cloned().collect();
        assert_eq!(members, std::slice::from_ref(&bob.id));
        assert!(!store.remove(ResourceKind::User, &ada.id, Timestamp::UNIX_EPOCH).unwrap());
    }

    #[test]
    fn rows_stay_in_order_of_creation_through_changes_and_deletions() {
        let mut store = Store::in_memory();
        let made: Vec<_> = (0..5).map(|n| user(&mut store, &format!("u{n}@example.com"))).collect();
        store.remove(ResourceKind::User, &made[1].id, Timestamp::UNIX_EPOCH).unwrap();
        store.update(&made[3], named(ResourceKind::User, "renamed@example.com"), Timestamp::UNIX_EPOCH).unwrap();
        let names: Vec<_> =
            store.rows(ResourceKind::User).iter().map(|row| row.content.name(ResourceKind::User)).collect();
        assert_eq!(names, ["u0@example.com", "u2@example.com", "renamed@example.com", "u4@example.com"]);
    }
}
