//! The plan in the making: changes with what stands in their way.

use std::{collections::BTreeMap, sync::Arc};

use super::{Action, AttributeChange, Request, seats::Seat};
use super::{Cause, Change, ChangeId, Held, Kind, Members, Note, Reason, Remember, Subject};
use crate::{
    directory,
    names::{Place, SourceId, TargetId, Text, count},
};

/// What stands in the way of a change. It goes through when a person lets it.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub reason: Reason,
    pub message: Text,
    /// Lines of the manifest beside those of the cause.
    pub places: Vec<Place>,
    /// Nobody can let it through, whatever the reason.
    pub firm: bool,
}

impl Gate {
    /// A gate that a person can open, where its reason can be allowed.
    pub fn new(reason: Reason, message: Text) -> Self {
        Self { reason, message, places: Vec::new(), firm: false }
    }

    /// A gate that nobody can open.
    pub fn firm(reason: Reason, message: Text) -> Self {
        Self { firm: true, ..Self::new(reason, message) }
    }

    /// The same with a line of the manifest.
    pub fn at(self, place: &Place) -> Self {
        Self { places: vec![place.clone()], ..self }
    }
}

/// A change, unless a gate holds it.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub change: Change,
    pub gates: Vec<Gate>,
    /// Kept in memory when the change goes through.
    pub remember: Option<Box<Remember>>,
    /// A change without which this one makes no sense, although it comes later.
    pub together: Option<ChangeId>,
    /// The seats that it takes and gives back.
    pub seat: Seat,
}

impl Planned {
    /// A change without gates.
    pub fn open(change: Change) -> Self {
        Self { change, gates: Vec::new(), remember: None, together: None, seat: Seat::default() }
    }
}

/// Everything that is planned so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub planned: Vec<Planned>,
    pub held: Vec<Held>,
    pub notes: Vec<Note>,
    pub unmanaged: Vec<Subject>,
    pub remember: Vec<Remember>,
    /// Accounts that are ours: what a budget's percentage is of.
    pub ours: u64,
    /// Active accounts that a link or an external id proves to be ours.
    pub ours_active: u64,
    /// Links that were found live, and all links.
    pub links_found: u64,
    pub links: u64,
    pub unchanged: u64,
    /// What happens to many, said once with a count.
    counted: BTreeMap<&'static str, Counted>,
    /// What the service does not store: by attribute how many objects, and the first.
    not_stored: BTreeMap<Text, (usize, Option<Text>)>,
}

#[derive(Debug, Default)]
struct Counted {
    count: usize,
    names: Vec<Text>,
    place: Option<Place>,
}

impl Draft {
    /// What is known of the tenant as a whole, with nothing planned yet.
    pub fn emptied(&self) -> Self {
        let Self { ours, ours_active, links_found, links, .. } = *self;
        Self { ours, ours_active, links_found, links, ..Self::default() }
    }

    /// Adds a change without gates.
    pub fn plan(&mut self, change: Change) {
        self.gate(change, Vec::new());
    }

    /// Adds a change behind gates.
    pub fn gate(&mut self, change: Change, gates: Vec<Gate>) {
        self.planned.push(Planned { gates, ..Planned::open(change) });
    }

    /// Counts somebody to whom `code` applies; the names of the first few are kept.
    pub fn count(&mut self, code: &'static str, name: &Text, place: Option<&Place>) {
        let counted = self.counted.entry(code).or_default();
        counted.count += 1;
        if counted.names.len() < NAMED {
            counted.names.push(name.clone());
        }
        if counted.place.is_none() {
            counted.place = place.cloned();
        }
    }

    /// Counts an object whose attribute the service is known not to store.
    pub fn not_stored(&mut self, path: &Text, label: &Text) {
        let counted = self.not_stored.entry(path.clone()).or_default();
        counted.0 += 1;
        counted.1.get_or_insert_with(|| label.clone());
    }

    /// The counts as notes.
    pub fn tell_counts(&mut self) {
        let not_stored = std::mem::take(&mut self.not_stored);
        if !not_stored.is_empty() {
            let all = not_stored.values().map(|(objects, _)| objects).sum();
            let (one, many) = sentence("not_stored");
            let by_path: Vec<Text> = not_stored
                .iter()
                .map(|(path, (objects, first))| match objects - 1 {
                    0 => format!("{path} of {}", first.as_deref().unwrap_or_default()).into(),
                    rest => {
                        let others = count(rest, "other", "others");
                        format!("{path} of {} and {others}", first.as_deref().unwrap_or_default()).into()
                    }
                })
                .collect();
            let message = format!("{}: {}", count(all, one, many), names(&by_path, by_path.len()));
            self.notes.push(Note { code: "not_stored".into(), message: message.into(), place: None });
        }
        for (code, counted) in std::mem::take(&mut self.counted) {
            let (one, many) = sentence(code);
            let names = names(&counted.names, counted.count);
            let message = format!("{}: {names}", count(counted.count, one, many));
            self.notes.push(Note { code: code.into(), message: message.into(), place: counted.place });
        }
    }
}

/// How many names a message shows.
pub(super) const NAMED: usize = 10;

/// The first names, and how many more there are.
pub(super) fn names(shown: &[Text], all: usize) -> String {
    let mut text = shown.iter().take(NAMED).map(|name| &**name).collect::<Vec<_>>().join(", ");
    let shown = shown.len().min(NAMED);
    if all > shown {
        text.push_str(&format!(" and {} more", all - shown));
    }
    text
}

/// What a code of [`Draft::count`] says of one and of many.
fn sentence(code: &str) -> (&'static str, &'static str) {
    match code {
        "not_created" => (
            "entitled person has no account, and `create` is off",
            "entitled people have no account, and `create` is off",
        ),
        "kept_out_of_scope" => (
            "account stays active although its person left the scope (`on_out_of_scope: keep`)",
            "accounts stay active although their people left the scope (`on_out_of_scope: keep`)",
        ),
        "no_updates" => (
            "account stays active although its person left: `update` is off",
            "accounts stay active although their people left: `update` is off",
        ),
        "no_leaving_mapping" => (
            "account stays active although its person left: no mapping reads `IsSoftDeleted`",
            "accounts stay active although their people left: no mapping reads `IsSoftDeleted`",
        ),
        "not_looked_up" => (
            "account of somebody who is gone was not read (`read: lookup`), and cannot be disabled",
            "accounts of people who are gone were not read (`read: lookup`), and cannot be disabled",
        ),
        "manager_left_out" => (
            "person is planned without the manager, who has no account",
            "people are planned without their manager, who has no account",
        ),
        "not_stored" => (
            "attribute is not sent again: the service accepted it and did not store it",
            "attributes are not sent again: the service accepted them and did not store them",
        ),
        "grant_not_stored" => (
            "grant is not sent again: Dialpad accepted it and did not store it",
            "grants are not sent again: Dialpad accepted them and did not store them",
        ),
        "group_not_created" => (
            "group does not exist, and `create` is off for groups",
            "groups do not exist, and `create` is off for groups",
        ),
        "group_out_of_scope" => (
            "group left the scope and stays: `delete` is off for groups",
            "groups left the scope and stay: `delete` is off for groups",
        ),
        "role_wins" => (
            "person has several roles that give another licence or office; the role declared first counts",
            "people have several roles that give another licence or office; the role declared first counts",
        ),
        "office_unknown" => (
            "person is created without an office, which Dialpad then chooses: the seat is not counted",
            "people are created without an office, which Dialpad then chooses: their seats are not counted",
        ),
        "ungranted" => (
            "place or right that a role names is held by somebody whose roles do not give it; nothing says that it was given here, and it stays",
            "places and rights that roles name are held by people whose roles do not give them; nothing says that they were given here, and they stay",
        ),
        "undo_deleted" => (
            "deleted object cannot be brought back by a plan (Dialpad restores a user for a while)",
            "deleted objects cannot be brought back by a plan (Dialpad restores users for a while)",
        ),
        "undo_adopted" => (
            "object that was taken over stays linked; `dialform state unlink` lets go of it",
            "objects that were taken over stay linked; `dialform state unlink` lets go of them",
        ),
        "undo_grant" => (
            "change through the admin API is not taken back: the manifest does not name that API",
            "changes through the admin API are not taken back: the manifest does not name that API",
        ),
        "undo_unread" => (
            "grant of that run is not taken back: what is there now could not be read",
            "grants of that run are not taken back: what is there now could not be read",
        ),
        "undo_gone" => ("object of that run is gone", "objects of that run are gone"),
        "undo_group_stays" => (
            "group that was created stays, empty: `delete` is off for groups",
            "groups that were created stay, empty: `delete` is off for groups",
        ),
        "undo_changed_since" => (
            "value was changed since that run, and stays as it is",
            "values were changed since that run, and stay as they are",
        ),
        _ => ("case", "cases"),
    }
}

/// The id of a change: the same in the next plan.
pub(super) fn change_id(action: Action, subject: &Subject) -> ChangeId {
    let name = name_of(action);
    ChangeId(match (&subject.source, &subject.target) {
        (Some(source), _) => format!("{name}:{source}").into(),
        // A prefix keeps ids of the service apart from those of the source.
        (None, Some(target)) => format!("{name}:live:{target}").into(),
        (None, None) => format!("{name}:named:{}", subject.name).into(),
    })
}

fn name_of(action: Action) -> &'static str {
    match action {
        Action::AdoptUser => "adopt_user",
        Action::AdoptGroup => "adopt_group",
        Action::DisableUser => "disable_user",
        Action::CreateUser => "create_user",
        Action::UpdateUser => "update_user",
        Action::EnableUser => "enable_user",
        Action::MoveOffice => "move_office",
        Action::SetLicense => "set_license",
        Action::SetSettings => "set_settings",
        Action::Grant => "grant",
        Action::Regrant => "regrant",
        Action::Withdraw => "withdraw",
        Action::CreateGroup => "create_group",
        Action::UpdateGroup => "update_group",
        Action::AddMembers => "add_members",
        Action::SetManager => "set_manager",
        Action::RemoveMembers => "remove_members",
        Action::DeleteGroup => "delete_group",
        Action::DeleteUser => "delete_user",
    }
}

/// A change of a subject, with nothing in it yet.
pub(super) fn change(action: Action, subject: Subject, cause: Cause) -> Change {
    Change {
        id: change_id(action, &subject),
        action,
        subject,
        attributes: Arc::default(),
        members: Members::default(),
        grants: Vec::new(),
        requests: Vec::new(),
        depends_on: Vec::new(),
        cause,
        version: None,
    }
}

/// A change that sends one request.
pub(super) fn sending(
    action: Action,
    subject: Subject,
    cause: Cause,
    attributes: impl Into<Arc<[AttributeChange]>>,
    request: Request,
) -> Change {
    Change { attributes: attributes.into(), requests: vec![request], ..change(action, subject, cause) }
}

/// A person's account as a subject.
pub(super) fn user(name: &Text, source: Option<&SourceId>, target: Option<&TargetId>) -> Subject {
    Subject { kind: Kind::User, name: name.clone(), source: source.cloned(), target: target.cloned() }
}

/// A group as a subject.
pub(super) fn group(name: &Text, source: Option<&directory::Group>, target: Option<&TargetId>) -> Subject {
    Subject {
        kind: Kind::Group,
        name: name.clone(),
        source: source.map(|group| group.id.clone()),
        target: target.cloned(),
    }
}
