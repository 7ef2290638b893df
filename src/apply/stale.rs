//! Whether a saved plan still fits: the manifest it was made from, and each object that it touches.

mod grants;

use std::collections::{BTreeMap, HashMap};

use super::{
    Options,
    carry::seek_of,
    objects::{self, Object, Objects, Pages},
};
use crate::{
    dialpad::{ReadError, Reader, confirm},
    live::User,
    manifest::Manifest,
    names::{AttrPath, TargetId, Text, Value, eq_fold, fold},
    plan::{Action, AttributeChange, Change, ChangeId, FORMAT_VERSION, Kind, MadeFrom, Plan, Ref, Request, Subject},
    state::Seek,
};

/// Why a saved plan is not this manifest's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another version of the format.
    #[error("use the plan: it has format version {found}, and this dialform knows {FORMAT_VERSION}; make it again")]
    Version {
        /// The plan's.
        found: u32,
    },
    /// Another manifest.
    #[error("use the plan: it was made from the manifest `{found}`, and this one is `{here}`")]
    Manifest {
        /// The plan's.
        found: Text,
        /// This one's.
        here: Text,
    },
    /// The manifest was edited since.
    #[error(
        "use the plan: the manifest `{manifest}` says something else since the plan was made; make it again and review it"
    )]
    Edited {
        /// Its name.
        manifest: Text,
    },
    /// Another service.
    #[error("use the plan: it was made for {found}, and the manifest's target is {here}; make it again")]
    Target {
        /// The plan's.
        found: Text,
        /// This one's.
        here: Text,
    },
}

/// Refuses a plan that was made from another manifest, for another target or by another version.
///
/// # Errors
/// What differs, with the next step.
pub fn check_fits(plan: &Plan, manifest: &Manifest) -> Result<(), Mismatch> {
    let MadeFrom { manifest: name, manifest_digest, target, .. } = &plan.made_from;
    if plan.format_version != FORMAT_VERSION {
        return Err(Mismatch::Version { found: plan.format_version });
    }
    if *name != manifest.name {
        return Err(Mismatch::Manifest { found: name.clone(), here: manifest.name.clone() });
    }
    let here = manifest.target.label();
    if *target != here {
        return Err(Mismatch::Target { found: target.clone(), here });
    }
    if *manifest_digest != manifest.digest {
        return Err(Mismatch::Edited { manifest: name.clone() });
    }
    Ok(())
}

/// An object that is not any more as the plan found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The change that no longer fits.
    pub change: ChangeId,
    /// What it was to do.
    pub action: Action,
    /// To whom or what.
    pub subject: Subject,
    /// What moved: fragments such as "`title` was `A` and is now `B`".
    pub what: Vec<String>,
}

/// What came of reading the objects of a plan again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// Changes whose object moved, in the plan's order.
    pub moved: Vec<Moved>,
    /// Changes that are done already, with their object.
    pub already: BTreeMap<ChangeId, Option<TargetId>>,
}

impl Freshness {
    /// Options for applying what is left: done changes are not sent again, moved ones
    /// (`--skip-stale`) are left out.
    #[must_use]
    pub fn options(self, options: &Options) -> Options {
        let because = |moved: Moved| format!("{} since the plan was made", moved.what.join(", ")).into();
        let dropped = self.moved.into_iter().map(|moved| (moved.change.clone(), because(moved))).collect();
        Options { already: self.already, dropped, ..options.clone() }
    }
}

/// Reads each object that a saved plan touches, and compares it with what the plan
/// found: by page or one by one, whichever takes fewer requests. An object that is
/// as it will be is done already.
///
/// # Errors
/// When an object cannot be read.
pub async fn check_stale(plan: &Plan, reader: &Reader, options: &Options) -> Result<Freshness, ReadError> {
    let pages = Pages::of(&plan.read, options.page_size);
    // That somebody is not there is only known when everything was listed.
    let listings = if plan.changes.iter().any(is_create) { pages.all() } else { 0 };
    let targets = |change: &Change| {
        let target = change.subject.target.clone().filter(|_| !grants::is_grant(change));
        target.map(|id| (change.action.kind(), id))
    };
    let wanted: Vec<(Kind, TargetId)> = plan.changes.iter().filter_map(targets).collect();
    let groups = plan.changes.iter().any(|change| change.action.kind() == Kind::Group);
    let objects = objects::read(reader, wanted, listings, groups, pages, options.concurrency).await;
    if let Some(error) = objects.error {
        return Err(error);
    }
    let tenant = match grants::touched(plan) {
        Some(wanted) => Some(reader.tenant(&wanted, &|_| {}).await?),
        None => None,
    };
    let index = Index::of(&objects);
    let mut fresh = Freshness::default();
    let mut created: HashMap<&ChangeId, Object> = HashMap::new();
    // What is created comes before what refers to it.
    for change in &plan.changes {
        let standing = if let (true, Some(tenant)) = (grants::is_grant(change), &tenant) {
            grants::of_grants(change, tenant)
        } else if is_create(change) {
            let seek = change.requests.first().map(seek_of).unwrap_or_default();
            let found = if objects.listed { index.find(change, &seek) } else { look_up(reader, change, &seek).await? };
            let standing = of_create(change, &seek, found.as_ref(), &fresh);
            created.extend(found.map(|found| (&change.id, found)));
            standing
        } else if change.subject.target.is_none() {
            of_created(change, &created, &fresh)
        } else {
            of_object(change, &objects, &fresh)
        };
        match standing {
            Standing::AsPlanned => {}
            Standing::Done(target) => {
                fresh.already.insert(change.id.clone(), target);
            }
            Standing::Moved(what) => {
                let Change { id, action, subject, .. } = change;
                fresh.moved.push(Moved { change: id.clone(), action: *action, subject: subject.clone(), what });
            }
        }
    }
    Ok(fresh)
}

enum Standing {
    AsPlanned,
    Done(Option<TargetId>),
    Moved(Vec<String>),
}

fn is_create(change: &Change) -> bool {
    matches!(change.action, Action::CreateUser | Action::CreateGroup)
}

/// Accounts and groups of a listing by what a new one is found by.
struct Index<'a> {
    users: HashMap<String, &'a Object>,
    groups: HashMap<String, &'a Object>,
}

impl<'a> Index<'a> {
    fn of(objects: &'a Objects) -> Self {
        let mut index = Self { users: HashMap::new(), groups: HashMap::new() };
        for object in &objects.all {
            match object {
                Object::User(user) => index.users.insert(fold(user.label()), object),
                Object::Group(group) => index.groups.insert(fold(group.label()), object),
            };
        }
        index
    }

    fn find(&self, change: &Change, seek: &Seek) -> Option<Object> {
        let name = fold(seek.name.as_ref()?);
        let found = match change.action.kind() {
            Kind::User => self.users.get(&name),
            Kind::Group => self.groups.get(&name),
        };
        found.copied().cloned()
    }
}

async fn look_up(reader: &Reader, change: &Change, seek: &Seek) -> Result<Option<Object>, ReadError> {
    let Some(name) = &seek.name else { return Ok(None) };
    Ok(match change.action.kind() {
        Kind::User => {
            let users = reader.find_users(&AttrPath::core("userName"), name).await?;
            users.into_iter().next().map(Object::User)
        }
        Kind::Group => reader.find_groups(name).await?.into_iter().next().map(Object::Group),
    })
}

/// Who was to be created and is there: by an earlier run of the same plan, or by somebody else.
fn of_create(change: &Change, seek: &Seek, found: Option<&Object>, fresh: &Freshness) -> Standing {
    let Some(found) = found else { return Standing::AsPlanned };
    let (ours, id) = match found {
        Object::User(user) => (seek.is_user(user), user.id.clone()),
        Object::Group(group) => (seek.is_group(group), group.id.clone()),
    };
    let proven = match found {
        Object::User(user) => seek.external_id.is_some() && user.external_id() == seek.external_id.as_ref(),
        Object::Group(_) => false,
    };
    if ours && (proven || is_done(change, found, fresh)) {
        return Standing::Done(Some(id));
    }
    Standing::Moved(vec![format!("`{}` is there already, as {id}", change.subject.name)])
}

/// What is changed right after it was created has nothing before; it may be done already.
fn of_created(change: &Change, created: &HashMap<&ChangeId, Object>, fresh: &Freshness) -> Standing {
    let object = change.depends_on.iter().find_map(|id| {
        let target = fresh.already.get(id)?.clone()?;
        let object = created.get(id).filter(|_| is_about(change, id))?;
        Some((target, object))
    });
    match object {
        Some((target, object)) if is_done(change, object, fresh) => Standing::Done(Some(target)),
        Some(_) | None => Standing::AsPlanned,
    }
}

/// Whether the requests of a change are sent to what another one creates.
fn is_about(change: &Change, create: &ChangeId) -> bool {
    let created = |of: &Ref| matches!(of, Ref::Created(id) if id == create);
    !change.requests.is_empty()
        && change.requests.iter().all(|request| match request {
            Request::PatchUser { user, .. } | Request::DeleteUser { user } => created(user),
            Request::PatchGroup { group, .. }
            | Request::AddMembers { group, .. }
            | Request::RemoveMembers { group, .. }
            | Request::DeleteGroup { group } => created(group),
            Request::CreateUser { .. } | Request::CreateGroup { .. } | Request::Admin(_) => false,
        })
}

fn of_object(change: &Change, objects: &Objects, fresh: &Freshness) -> Standing {
    let Some(target) = change.subject.target.clone() else { return Standing::AsPlanned };
    let deletes = matches!(change.action, Action::DeleteUser | Action::DeleteGroup);
    let Some(Some(object)) = objects.by_id.get(&(change.action.kind(), target.clone())) else {
        return if deletes { Standing::Done(Some(target)) } else { Standing::Moved(vec!["it is gone".to_owned()]) };
    };
    let moved: Vec<String> = change.attributes.iter().filter_map(|one| how_it_moved(one, object)).collect();
    // Members are each there or not; whoever is as they will be is not sent anew by the service.
    let has_members = !change.members.is_empty();
    if !deletes && !change.requests.is_empty() && (has_members || !moved.is_empty()) && is_done(change, object, fresh) {
        return Standing::Done(Some(target));
    }
    if moved.is_empty() { Standing::AsPlanned } else { Standing::Moved(moved) }
}

/// Whether the object is as it will be.
fn is_done(change: &Change, object: &Object, fresh: &Freshness) -> bool {
    let resolve = |of: &Ref| match of {
        Ref::Live(id) => Some(id.clone()),
        Ref::Created(change) => fresh.already.get(change).cloned().flatten(),
    };
    let names_unknown = change.members.added.iter().any(|member| resolve(&member.account).is_none());
    !names_unknown && change.requests.iter().all(|request| confirm(request, &resolve, object.stored()).is_empty())
}

/// How an attribute differs from what the plan found, if it does.
fn how_it_moved(planned: &AttributeChange, object: &Object) -> Option<String> {
    let found = match object {
        Object::User(user) => user.get(&planned.path),
        Object::Group(group) => group.get(&planned.path),
    };
    let before = planned.before.as_ref().filter(|value| !value.is_empty());
    let same = match object {
        Object::User(user) if planned.path == AttrPath::core("active") => is_as_active(user, before),
        Object::User(_) | Object::Group(_) => match (before, found.as_deref()) {
            (None, None) => true,
            (Some(before), Some(found)) => is_same(before, found),
            (Some(_), None) | (None, Some(_)) => false,
        },
    };
    if same {
        return None;
    }
    let path = &planned.path;
    if planned.redacted {
        return Some(format!("`{path}` has another value"));
    }
    let text = |value: Option<&Value>| value.map_or_else(|| "empty".to_owned(), |value| format!("`{value}`"));
    Some(format!("`{path}` was {} and is now {}", text(before), text(found.as_deref())))
}

/// Services leave `active` out, or hold it as text.
fn is_as_active(user: &User, before: Option<&Value>) -> bool {
    before.is_none_or(|before| eq_fold(&before.to_string(), if user.is_active() { "True" } else { "False" }))
}

/// The same value; lists in any order.
fn is_same(before: &Value, found: &Value) -> bool {
    match (before, found) {
        (Value::List(before), Value::List(found)) => {
            before.len() == found.len() && before.iter().all(|one| found.contains(one))
        }
        // Of a reference the plan names the id; services hold a record around it, or the bare id.
        (Value::Text(_), Value::Record(_)) => found.member("value") == Some(before),
        (before, found) => before == found,
    }
}
