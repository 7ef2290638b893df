//! The plan: what would change, what is held back, and why.
//!
//! A plan is a complete value. Each change names its subject, what is before and
//! after, the requests it sends, what it depends on and what caused it; carrying
//! it out leaves nothing to decide.

pub mod edit;
pub mod file;
pub mod grant;
pub mod outcome;
pub mod recording;
pub mod redact;

mod allow;
mod budget;
mod compare;
mod difference;
mod digest;
mod draft;
mod explain;
mod finish;
mod grants;
mod groups;
mod guard;
mod index;
mod leavers;
mod lookups;
mod matching;
mod members;
mod new_object;
mod operations;
mod order;
mod other_writer;
mod protect;
mod rename;
#[cfg(test)]
pub(crate) mod sample;
mod scene;
mod seats;
mod select;
mod targets;
mod undo;
mod user_names;
mod users;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::desired::{Cause, CauseKind, Note};
pub use allow::{Allowance, AllowanceError, Extent};
pub use budget::{is_proven, spent};
pub use compare::Comparison;
pub use digest::wanted;
pub use explain::{
    Account, Check, Explanation, GivenGrant, Gives, Import, MappedValue, Matching, Passed, Tried, Unknown, Verdict,
    explain,
};
pub use grant::{AdminRequest, ApiUser, GrantChange, OperatorsOf, PolicyTarget, SeatLine, UserField};
pub use grants::{Joined, UnknownName, addresses, joined, now as held_now, unknown_names};
pub use lookups::lookups;
pub use new_object::NewObject;
pub use order::PHASES;
pub use other_writer::STOP as STOP_OTHER_WRITER;
pub use undo::{Ran, undo};

use draft::Draft;
use groups::Groups;
use scene::Scene;
use users::Users;

use crate::{
    desired,
    directory::Directory,
    live::Live,
    manifest::{ManagerDialect, Manifest, MembersDialect, PatchDialect},
    memory::{Memory, Sizes},
    names::{AttrPath, Place, SourceId, TargetId, Text, Value},
};

/// The version of the plan's format; a file of another version is refused.
pub const FORMAT_VERSION: u32 = 1;

/// All that a plan is made from. The planner is a pure function of these and of [`Options`].
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What is wanted.
    pub manifest: &'a Manifest,
    /// The people and groups of the source.
    pub directory: &'a Directory,
    /// What Dialpad holds.
    pub live: &'a Live,
    /// What is kept between runs.
    pub memory: &'a Memory,
    /// The instant at which the plan is made.
    pub now: Timestamp,
}

/// What was asked of this one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whom or what the plan is about; everybody when empty. User names, source ids or group names, without case.
    pub only: Vec<Text>,
    /// Whom or what the plan leaves out.
    pub except: Vec<Text>,
    /// What is let through.
    pub allow: Vec<Allowance>,
    /// Whether changes that were refused in several runs are tried before their time.
    pub retry_held: bool,
    /// The target: the SCIM base URL, or `sandbox`.
    pub target: Text,
}

/// Compares what should be with what is.
///
/// It cannot fail: what is wrong with one person is a held change.
pub fn between(inputs: &Inputs, options: &Options) -> Plan {
    let desired = desired::build(inputs.manifest, inputs.directory, inputs.now);
    let scene = Scene::new(inputs, options, &desired);
    let (users, draft) = draft(&scene);
    drop(users);
    finish::plan(&scene, draft)
}

/// Everybody's account, and all that would be planned if nothing stood in the way.
fn draft<'s, 'a>(scene: &'s Scene<'a>) -> (Users<'s, 'a>, Draft) {
    let mut draft = Draft::default();
    draft.notes.extend(scene.desired.notes.iter().cloned());
    let mut users = Users::new(scene);
    users.plan(&mut draft);
    users.plan_others(&mut draft);
    if let Some(groups) = Groups::new(&users, &mut draft) {
        groups.plan(&mut draft);
    }
    grants::plan(&users, &mut draft);
    user_names::settle(&users, &mut draft);
    draft.tell_counts();
    (users, draft)
}

/// What would change, and what is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a plan that is neither shown, saved nor applied was made for nothing"]
pub struct Plan {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// What the plan was made from.
    pub made_from: MadeFrom,
    /// The changes, in the order of the phases; dependencies stand before what needs them.
    pub changes: Vec<Change>,
    /// What is not done, each with its reason.
    pub held: Vec<Held>,
    /// What a reader should know beside.
    pub notes: Vec<Note>,
    /// Accounts and groups that are not ours, by label; never changed.
    pub unmanaged: Vec<Subject>,
    /// Changes that `--only`, `--except` or `pilot` left out.
    pub left_out: u64,
    /// What apply keeps in memory beside the results of the changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remember: Vec<Remember>,
    /// Seats by office and licence, when they were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<SeatLine>,
    /// What reading cost and found.
    pub read: Read,
}

/// What apply keeps in memory, beside the results of the changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remember {
    /// How much was read, when all of it was.
    Sizes(Sizes),
    /// A linked account is missing since.
    Vanished {
        /// Whose account.
        person: SourceId,
        /// Since when.
        since: Timestamp,
    },
    /// The account is there, or the link is given up.
    NotVanished {
        /// Whose account.
        person: SourceId,
    },
    /// Members that do not belong may be removed from the group from now on.
    RemovalsAllowed {
        /// The group of the source.
        group: SourceId,
    },
    /// A first plan under `ownership: everything` was let through.
    EverythingAllowed,
    /// A person has what a role gives, without a change: it was there, or came by itself.
    Granted {
        /// The person.
        person: SourceId,
        /// What they have.
        given: crate::memory::Given,
    },
    /// Dialpad accepted a grant and did not store it.
    GrantNotStored {
        /// The person.
        person: SourceId,
        /// Which grant, as [`GrantChange::field`] calls it.
        field: Text,
        /// What was sent, in words.
        value: Text,
    },
    /// Dialpad does hold what it had once not stored.
    GrantStored {
        /// The person.
        person: SourceId,
        /// Which grant, as [`GrantChange::field`] calls it.
        field: Text,
    },
    /// Nobody of ours has it any more: it is gone without a change.
    NotGranted {
        /// The person.
        person: SourceId,
        /// What they had.
        given: crate::memory::Given,
    },
}

/// What a plan was made from, so that another manifest, tenant or version is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFrom {
    /// The manifest's name.
    pub manifest: Text,
    /// The digest of the validated manifest.
    pub manifest_digest: Text,
    /// The digest of the directory.
    pub directory_digest: Text,
    /// The digest of the live state.
    pub live_digest: Text,
    /// The target: the SCIM base URL, or `sandbox`.
    pub target: Text,
    /// When the inputs were read.
    pub at: Timestamp,
    /// How requests are written.
    pub dialect: Dialect,
    /// What was let through, as given: `too_many=30`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Text>,
}

/// How requests are written; part of the plan, so that what it shows is what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// PATCH.
    pub patch: PatchDialect,
    /// Removing members.
    pub members: MembersDialect,
    /// Writing a manager.
    #[serde(default)]
    pub manager: ManagerDialect,
}

/// What reading cost and found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Requests sent to the target.
    pub requests: u64,
    /// People in the source.
    pub people: u64,
    /// Groups in the source.
    pub groups: u64,
    /// People entitled to an account.
    pub entitled: u64,
    /// Live user accounts.
    pub live_users: u64,
    /// Live groups.
    pub live_groups: u64,
    /// Entitled people whose account needs nothing.
    pub unchanged: u64,
    /// The rate that the target allows, in requests a second times 1,000; `None` is without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub millirate: Option<u64>,
}

impl Plan {
    /// Requests that carrying out the plan sends, retries apart: those of its changes, and one to
    /// look up each person whom it creates and gives something through the admin API.
    pub fn requests(&self) -> u64 {
        let of_changes: u64 = self.changes.iter().map(|change| change.requests.len() as u64).sum();
        let looked_up: HashSet<&ChangeId> = self
            .changes
            .iter()
            .flat_map(|change| &change.requests)
            .filter_map(|request| {
                let Request::Admin(admin) = request else { return None };
                match admin.user() {
                    ApiUser::Created { change, email: _ } => Some(change),
                    ApiUser::Live(_) => None,
                }
            })
            .collect();
        of_changes + looked_up.len() as u64
    }

    /// Seconds that the plan's requests take at the allowed rate; `None` without a limit.
    pub fn seconds(&self) -> Option<u64> {
        self.read.millirate.filter(|rate| *rate > 0).map(|rate| (self.requests() * 1000).div_ceil(rate))
    }

    /// Whether there is nothing to carry out.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Held changes that need a person: all but those that `protect` leaves alone
    /// and those that only wait for a first login.
    pub fn held_for_a_person(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(|held| !matches!(held.reason, Reason::Protected | Reason::Waiting))
    }
}

/// The id of a change within its plan: the action and the subject's id,
/// so that it stays the same when other changes come or go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeId(pub Text);

/// One change of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The id within the plan.
    pub id: ChangeId,
    /// What is done.
    pub action: Action,
    /// To whom or what.
    pub subject: Subject,
    /// Attributes that change, by path. For a delete, what is lost. Shared with the request of a create.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub attributes: Arc<[AttributeChange]>,
    /// Members that come and go, for changes of membership.
    #[serde(default, skip_serializing_if = "Members::is_empty")]
    pub members: Members,
    /// What is given or taken through the admin API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<GrantChange>,
    /// What is sent, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Request>,
    /// Changes that must be done before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<ChangeId>,
    /// Why.
    pub cause: Cause,
    /// The live object's version, where the service announces ETags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
}

/// What a change does. The order of the variants is the order of the phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// An existing account is taken over: a link, no request.
    AdoptUser,
    /// An existing group is taken over: a link, no request.
    AdoptGroup,
    /// An account is suspended.
    DisableUser,
    /// An account is created.
    CreateUser,
    /// Attributes of an account change.
    UpdateUser,
    /// A suspended account is made active again.
    EnableUser,
    /// A person moves to another office.
    MoveOffice,
    /// A person gets another licence.
    SetLicense,
    /// Settings of a person change.
    SetSettings,
    /// A group is created, without members.
    CreateGroup,
    /// Attributes of a group change.
    UpdateGroup,
    /// Members are added to a group.
    AddMembers,
    /// A manager is set who had no account before.
    SetManager,
    /// A person gets a place or a right.
    Grant,
    /// A place or right of a person changes, such as the skill.
    Regrant,
    /// A place or right is taken away.
    Withdraw,
    /// Members are removed from a group.
    RemoveMembers,
    /// A group is deleted.
    DeleteGroup,
    /// An account is deleted.
    DeleteUser,
}

impl Action {
    /// The object that it touches.
    pub fn kind(self) -> Kind {
        match self {
            Action::AdoptUser
            | Action::CreateUser
            | Action::UpdateUser
            | Action::EnableUser
            | Action::SetManager
            | Action::DisableUser
            | Action::MoveOffice
            | Action::SetLicense
            | Action::SetSettings
            | Action::Grant
            | Action::Regrant
            | Action::Withdraw
            | Action::DeleteUser => Kind::User,
            Action::AdoptGroup
            | Action::CreateGroup
            | Action::UpdateGroup
            | Action::AddMembers
            | Action::RemoveMembers
            | Action::DeleteGroup => Kind::Group,
        }
    }

    /// The word that people read: `create`, `update`, `disable`, …
    pub fn verb(self) -> &'static str {
        match self {
            Action::AdoptUser | Action::AdoptGroup => "adopt",
            Action::CreateUser | Action::CreateGroup => "create",
            Action::UpdateUser | Action::UpdateGroup => "update",
            Action::EnableUser => "enable",
            Action::SetManager => "set manager",
            Action::MoveOffice => "move",
            Action::SetLicense => "set licence",
            Action::SetSettings => "set settings",
            Action::Grant => "grant",
            Action::Regrant => "change grant",
            Action::Withdraw => "withdraw",
            Action::AddMembers => "add members",
            Action::RemoveMembers => "remove members",
            Action::DisableUser => "disable",
            Action::DeleteUser | Action::DeleteGroup => "delete",
        }
    }

    /// Whether it takes something away from somebody.
    pub fn takes_away(self) -> bool {
        match self {
            Action::DisableUser
            | Action::Withdraw
            | Action::RemoveMembers
            | Action::DeleteGroup
            | Action::DeleteUser => true,
            Action::AdoptUser
            | Action::AdoptGroup
            | Action::CreateUser
            | Action::UpdateUser
            | Action::EnableUser
            | Action::CreateGroup
            | Action::UpdateGroup
            | Action::AddMembers
            | Action::MoveOffice
            | Action::SetLicense
            | Action::SetSettings
            | Action::Grant
            | Action::Regrant
            | Action::SetManager => false,
        }
    }

    /// Every action, in phase order.
    pub const ALL: [Action; 19] = [
        Action::AdoptUser,
        Action::AdoptGroup,
        Action::DisableUser,
        Action::CreateUser,
        Action::UpdateUser,
        Action::EnableUser,
        Action::MoveOffice,
        Action::SetLicense,
        Action::SetSettings,
        Action::CreateGroup,
        Action::UpdateGroup,
        Action::AddMembers,
        Action::SetManager,
        Action::Grant,
        Action::Regrant,
        Action::Withdraw,
        Action::RemoveMembers,
        Action::DeleteGroup,
        Action::DeleteUser,
    ];
}

/// The kind of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person's account.
    User,
    /// A group.
    Group,
}

/// Whom or what a change is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// An account or a group.
    pub kind: Kind,
    /// How people call it: the user name or the group's name.
    pub name: Text,
    /// The id in the source, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    /// The id in Dialpad, where it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetId>,
}

/// One attribute, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// The target attribute.
    pub path: AttrPath,
    /// What Dialpad holds; absent when it holds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it will hold; absent when the value is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// The mapping that produced it. Shared by all people.
    pub place: Arc<Place>,
    /// Whether the provisioning log shows the value (`Redact`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
}

/// Members that come and go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// Who is added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<MemberName>,
    /// Who is removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<MemberName>,
}

impl Members {
    /// Whether nobody comes or goes.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// A member with the name that people read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MemberName {
    /// The user name.
    pub name: Text,
    /// The account.
    pub account: Ref,
}

/// An object that a request names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ref {
    /// It exists.
    Live(TargetId),
    /// The change that creates it.
    Created(ChangeId),
}

/// One request. How it is written on the wire is a function of this and the plan's [`Dialect`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// `POST /Users`.
    CreateUser {
        /// Every attribute of the new account.
        attributes: NewObject,
    },
    /// `PATCH /Users/{id}`.
    PatchUser {
        /// The account.
        user: Ref,
        /// One operation for each attribute.
        operations: Vec<Operation>,
    },
    /// `DELETE /Users/{id}`.
    DeleteUser {
        /// The account.
        user: Ref,
    },
    /// `POST /Groups`, without members.
    CreateGroup {
        /// Every attribute of the new group.
        attributes: NewObject,
    },
    /// `PATCH /Groups/{id}`.
    PatchGroup {
        /// The group.
        group: Ref,
        /// One operation for each attribute.
        operations: Vec<Operation>,
    },
    /// `PATCH /Groups/{id}`, adding members.
    AddMembers {
        /// The group.
        group: Ref,
        /// Who is added; none of them is a member yet.
        members: Vec<Ref>,
    },
    /// `PATCH /Groups/{id}`, removing members.
    RemoveMembers {
        /// The group.
        group: Ref,
        /// Who is removed.
        members: Vec<TargetId>,
    },
    /// `DELETE /Groups/{id}`.
    DeleteGroup {
        /// The group.
        group: Ref,
    },
    /// A request to the admin API.
    Admin(AdminRequest),
}

/// One PATCH operation (RFC 7644 §3.5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// The attribute has no value yet.
    Add {
        /// The attribute.
        path: AttrPath,
        /// Its value.
        value: Sent,
    },
    /// The attribute has another value.
    Replace {
        /// The attribute. Without a selector it may stand for the whole
        /// multi-valued attribute, when no value of the wanted type exists yet.
        path: AttrPath,
        /// Its value.
        value: Sent,
    },
    /// The value goes.
    Remove {
        /// The attribute.
        path: AttrPath,
    },
}

/// A value to be sent: known, or the id of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// A value.
    Value(Value),
    /// The id of an object, as a reference (`manager`).
    Reference(Ref),
}

/// A change that is not done, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Why.
    pub reason: Reason,
    /// Whom or what it is about.
    pub subject: Subject,
    /// What would have been done, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// What is the matter, as a lower-case fragment, with the values seen.
    pub message: Text,
    /// The lines of the manifest that matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// The next step: the flag that lets it through, or what to mend.
    pub remedy: Text,
}

/// Why something is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// `safety.protect` names it. Left alone, not a failure.
    Protected,
    /// A budget is exceeded.
    TooMany,
    /// Fewer than half of our links are found live: this is another tenant.
    ForeignTarget,
    /// Entra's own provisioning job for the application is active.
    OtherWriter,
    /// No people, or under half of what was there before.
    EmptySource,
    /// A listing was not complete.
    Incomplete,
    /// Several live accounts match.
    AmbiguousMatch,
    /// Two people want one account.
    DuplicateSource,
    /// The link and the external id point to different accounts.
    LinkConflict,
    /// The account carries another person's identity.
    IdentityConflict,
    /// A live account has another address of the person.
    PossibleRename,
    /// The linked account is gone; it can be restored for a while.
    Vanished,
    /// No matching attribute has a value.
    NoMatchingValue,
    /// A required attribute has no value.
    MissingRequired,
    /// An expression has no value for this person.
    ExpressionFailed,
    /// A role is not declared.
    UnknownRole,
    /// Somebody else suspended the account.
    SuspendedElsewhere,
    /// Nothing says whose account it is.
    UnknownOwner,
    /// It matched, but nothing proves that it is ours.
    UnprovenOwner,
    /// First removals from a group that was found by name.
    FirstRemovals,
    /// The first plan that disables under `ownership: everything`.
    FirstEverything,
    /// It was refused in several runs, and its time to be tried again has not come.
    RepeatedFailure,
    /// The office has no licence free for it.
    NoSeat,
    /// Direct numbers would be lost.
    LosesNumbers,
    /// Nobody would administer the company, or the owner of the key in use would lose it.
    LastAdmin,
    /// Nobody would be left to take the calls.
    LastOperator,
    /// The person has never logged in, and Dialpad wants that first. Nothing to do but to wait.
    Waiting,
    /// The person is not in the admin API, or twice.
    NotInApi,
    /// The admin API has nothing of that name, or several.
    UnknownName,
    /// The role's map does not say what the person's value gives.
    UnmappedValue,
    /// It needs something that is held.
    DependsOnHeld,
}

impl Reason {
    /// The name, as in `--allow NAME=N`.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Protected => "protected",
            Reason::TooMany => "too_many",
            Reason::ForeignTarget => "foreign_target",
            Reason::OtherWriter => "other_writer",
            Reason::EmptySource => "empty_source",
            Reason::Incomplete => "incomplete",
            Reason::AmbiguousMatch => "ambiguous_match",
            Reason::DuplicateSource => "duplicate_source",
            Reason::LinkConflict => "link_conflict",
            Reason::IdentityConflict => "identity_conflict",
            Reason::PossibleRename => "possible_rename",
            Reason::Vanished => "vanished",
            Reason::NoMatchingValue => "no_matching_value",
            Reason::MissingRequired => "missing_required",
            Reason::ExpressionFailed => "expression_failed",
            Reason::UnknownRole => "unknown_role",
            Reason::SuspendedElsewhere => "suspended_elsewhere",
            Reason::UnknownOwner => "unknown_owner",
            Reason::UnprovenOwner => "unproven_owner",
            Reason::FirstRemovals => "first_removals",
            Reason::FirstEverything => "first_everything",
            Reason::RepeatedFailure => "repeated_failure",
            Reason::NoSeat => "no_seat",
            Reason::LosesNumbers => "loses_numbers",
            Reason::LastAdmin => "last_admin",
            Reason::LastOperator => "last_operator",
            Reason::Waiting => "waiting",
            Reason::NotInApi => "not_in_api",
            Reason::UnknownName => "unknown_name",
            Reason::UnmappedValue => "unmapped_value",
            Reason::DependsOnHeld => "depends_on_held",
        }
    }

    /// Whether `--allow` can let it through. What cannot has to be mended instead.
    pub fn can_be_allowed(self) -> bool {
        match self {
            Reason::TooMany
            | Reason::OtherWriter
            | Reason::EmptySource
            | Reason::IdentityConflict
            | Reason::PossibleRename
            | Reason::Vanished
            | Reason::SuspendedElsewhere
            | Reason::UnknownOwner
            | Reason::UnprovenOwner
            | Reason::FirstRemovals
            | Reason::FirstEverything
            | Reason::NoSeat
            | Reason::LosesNumbers
            | Reason::LastOperator
            | Reason::RepeatedFailure => true,
            Reason::Protected
            | Reason::ForeignTarget
            | Reason::Incomplete
            | Reason::AmbiguousMatch
            | Reason::DuplicateSource
            | Reason::LinkConflict
            | Reason::NoMatchingValue
            | Reason::MissingRequired
            | Reason::ExpressionFailed
            | Reason::UnknownRole
            | Reason::LastAdmin
            | Reason::Waiting
            | Reason::NotInApi
            | Reason::UnknownName
            | Reason::UnmappedValue
            | Reason::DependsOnHeld => false,
        }
    }

    /// Every reason.
    pub const ALL: [Reason; 31] = [
        Reason::Protected,
        Reason::TooMany,
        Reason::ForeignTarget,
        Reason::OtherWriter,
        Reason::EmptySource,
        Reason::Incomplete,
        Reason::AmbiguousMatch,
        Reason::DuplicateSource,
        Reason::LinkConflict,
        Reason::IdentityConflict,
        Reason::PossibleRename,
        Reason::Vanished,
        Reason::NoMatchingValue,
        Reason::MissingRequired,
        Reason::ExpressionFailed,
        Reason::UnknownRole,
        Reason::SuspendedElsewhere,
        Reason::UnknownOwner,
        Reason::UnprovenOwner,
        Reason::FirstRemovals,
        Reason::FirstEverything,
        Reason::RepeatedFailure,
        Reason::NoSeat,
        Reason::LosesNumbers,
        Reason::LastAdmin,
        Reason::LastOperator,
        Reason::Waiting,
        Reason::NotInApi,
        Reason::UnknownName,
        Reason::UnmappedValue,
        Reason::DependsOnHeld,
    ];
}

/// Counts of changes by action, in phase order.
pub fn counts(changes: &[Change]) -> BTreeMap<Action, u64> {
    let mut counts = BTreeMap::new();
    for change in changes {
        *counts.entry(change.action).or_insert(0) += 1;
    }
    counts
}
