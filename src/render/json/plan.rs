//! A plan as JSON.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    FORMAT_VERSION, pretty,
    shapes::{Action, Kind, Place, Subject},
};
use crate::{
    memory::GrantKind,
    plan::{self, AttributeChange, CauseKind, Kind as PlanKind, Plan},
    render::summary,
};

/// What would change in Dialpad, what is held back, and why. Printed by
/// `dialform plan --format json`; `dialform apply` reads the file of `--out` instead.
#[derive(Serialize, JsonSchema)]
pub(super) struct Report<'a> {
    /// The version of this format. Fields are added without raising it.
    format_version: u32,
    /// The manifest's name.
    manifest: &'a str,
    /// The SCIM base URL, or `sandbox`.
    target: &'a str,
    /// When the inputs were read, RFC 3339.
    at: String,
    /// What `--allow` let through, as given.
    allowed: Vec<&'a str>,
    /// The numbers.
    summary: Summary,
    /// What is done, in this order.
    changes: Vec<Change<'a>>,
    /// What is not done, and what to do about it.
    held: Vec<Held<'a>>,
    /// What a reader should know beside.
    notes: Vec<Note<'a>>,
    /// Seats by office and licence; empty when they were not read.
    seats: Vec<Seats<'a>>,
    /// Accounts and groups that are not managed here and never changed.
    unmanaged: Vec<Subject<'a>>,
}

/// The numbers of a plan.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// All changes.
    total: usize,
    /// Changes by kind of object and action. What has none is left out.
    changes: ByKind,
    /// Members that join, over all groups.
    members_added: usize,
    /// Members that leave, over all groups.
    members_removed: usize,
    /// Held changes by reason, protected ones included.
    held: IndexMap<&'static str, usize>,
    /// Held changes that need a person: all but `protected` and `waiting`.
    held_for_a_person: usize,
    /// Accounts and groups that are not managed here.
    unmanaged: usize,
    /// Changes that `--only`, `--except` or `pilot` left out.
    left_out: u64,
    /// Requests that applying sends, look-ups and retries apart.
    requests: u64,
    /// Seconds that they take at the allowed rate; null without a limit.
    seconds: Option<u64>,
    /// What was read and compared.
    read: Read,
}

/// Changes by action, for each kind of object.
#[derive(Serialize, JsonSchema)]
struct ByKind {
    /// Accounts.
    user: IndexMap<&'static str, usize>,
    /// Groups.
    group: IndexMap<&'static str, usize>,
}

/// What was read and compared.
#[derive(Serialize, JsonSchema)]
struct Read {
    /// Requests that reading Dialpad took.
    requests: u64,
    /// People in the source.
    people: u64,
    /// Groups in the source.
    groups: u64,
    /// People entitled to an account.
    entitled: u64,
    /// Accounts in Dialpad.
    live_users: u64,
    /// Groups in Dialpad.
    live_groups: u64,
    /// Entitled people whose account needs nothing.
    unchanged: u64,
}

/// One change of one object.
#[derive(Serialize, JsonSchema)]
pub(super) struct Change<'a> {
    /// The id within the plan; the same in the next plan.
    id: &'a str,
    /// What is done.
    action: Action,
    /// The kind of the object.
    kind: Kind,
    /// To whom or what.
    subject: Subject<'a>,
    /// Attributes before and after. For a delete, what is lost.
    attributes: Vec<Attribute<'a>>,
    /// Members that come and go, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Members<'a>>,
    /// What is given or taken through the admin API.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<Grant<'a>>,
    /// How many requests it sends.
    requests: usize,
    /// Ids of changes that are done before.
    depends_on: Vec<&'a str>,
    /// Why.
    cause: Cause<'a>,
}

/// One attribute before and after.
#[derive(Serialize, JsonSchema)]
struct Attribute<'a> {
    /// The SCIM path.
    path: &'a str,
    /// What Dialpad holds; absent when it holds nothing, or the value is hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<serde_json::Value>,
    /// What it will hold; absent when the value is removed, or hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<serde_json::Value>,
    /// Whether the values are hidden because the manifest says so.
    redacted: bool,
    /// The line of the mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

/// What is given or taken through the admin API.
#[derive(Serialize, JsonSchema)]
pub(super) struct Grant<'a> {
    /// What kind: `license`, `office`, `department`, `contact_center`, `policy`, …
    kind: &'static str,
    /// What people call it; absent where the kind says it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// Where a policy holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a str>,
    /// What Dialpad holds; absent when it holds nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    /// What it will hold; absent when it is taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
    /// The line of the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

/// The seats of one licence in one office.
#[derive(Serialize, JsonSchema)]
pub(super) struct Seats<'a> {
    /// The office.
    office: &'a str,
    /// The licence, by the admin API's word.
    license: &'a str,
    /// The name of the product.
    product: &'a str,
    /// Free before the plan.
    free_before: u64,
    /// Taken by the plan's changes.
    needed: u64,
    /// Given back by the plan's changes.
    freed: u64,
    /// Free after the plan; below zero what may be billed.
    free_after: i64,
    /// Wanted by changes that are held for want of one.
    missing: u64,
}

/// Members that come and go, by user name.
#[derive(Serialize, JsonSchema)]
struct Members<'a> {
    /// Who joins.
    added: Vec<&'a str>,
    /// Who leaves.
    removed: Vec<&'a str>,
}

/// Why a change is there.
#[derive(Serialize, JsonSchema)]
struct Cause<'a> {
    /// What caused it: `assigned`, `mapping`, `blocked`, `soft_deleted`, `absent`, `unassigned`,
    /// `outside_dates`, `filter`, `delete_after`, `membership`, `group_out_of_scope`, `not_entitled`, `undo`.
    kind: &'static str,
    /// In words.
    text: &'a str,
    /// The line of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

/// A change that is not done.
#[derive(Serialize, JsonSchema)]
pub(super) struct Held<'a> {
    /// Why, as in `--allow REASON=N`. `protected` is left alone on purpose.
    reason: &'static str,
    /// Whom or what it is about.
    subject: Subject<'a>,
    /// What would have been done, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Action>,
    /// What is the matter.
    message: &'a str,
    /// Lines of the manifest that matter.
    places: Vec<Place<'a>>,
    /// What to do about it.
    remedy: &'a str,
    /// Whether `--allow` can let it through.
    can_be_allowed: bool,
}

/// Something a reader should know.
#[derive(Serialize, JsonSchema)]
pub(super) struct Note<'a> {
    /// A stable name.
    code: &'a str,
    /// A sentence.
    message: &'a str,
    /// The line of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

/// A plan as one JSON object.
pub fn plan(plan: &Plan) -> String {
    let made_from = &plan.made_from;
    pretty(&Report {
        format_version: FORMAT_VERSION,
        manifest: &made_from.manifest,
        target: &made_from.target,
        at: made_from.at.to_string(),
        allowed: made_from.allowed.iter().map(|text| &**text).collect(),
        summary: summary(plan),
        changes: plan.changes.iter().map(change).collect(),
        held: plan.held.iter().map(held).collect(),
        notes: plan.notes.iter().map(note).collect(),
        seats: plan.seats.iter().map(seats).collect(),
        unmanaged: plan.unmanaged.iter().map(Subject::of).collect(),
    })
}

/// The seats of a plan as one JSON object.
pub fn seats_alone(plan: &Plan) -> String {
    pretty(&serde_json::json!({
        "format_version": FORMAT_VERSION,
        "manifest": &*plan.made_from.manifest,
        "target": &*plan.made_from.target,
        "at": plan.made_from.at.to_string(),
        "seats": plan.seats.iter().map(seats).collect::<Vec<_>>(),
    }))
}

fn summary(plan: &Plan) -> Summary {
    let counted = summary::Summary::of(plan);
    let (mut user, mut group) = (IndexMap::new(), IndexMap::new());
    for (action, changes) in &counted.changes {
        let by_action = match action.kind() {
            PlanKind::User => &mut user,
            PlanKind::Group => &mut group,
        };
        by_action.insert(Action::of(*action).name(), changes.len());
    }
    let mut held: IndexMap<_, _> = counted.held.iter().map(|(reason, held)| (reason.name(), held.len())).collect();
    for (reason, of) in [(plan::Reason::Protected, &counted.protected), (plan::Reason::Waiting, &counted.waiting)] {
        if !of.is_empty() {
            held.insert(reason.name(), of.len());
        }
    }
    let plan::Read { requests, people, groups, entitled, live_users, live_groups, unchanged, millirate: _ } = plan.read;
    Summary {
        total: plan.changes.len(),
        changes: ByKind { user, group },
        members_added: counted.added,
        members_removed: counted.removed,
        held,
        held_for_a_person: counted.held(),
        unmanaged: plan.unmanaged.len(),
        left_out: plan.left_out,
        requests: plan.requests(),
        seconds: plan.seconds(),
        read: Read { requests, people, groups, entitled, live_users, live_groups, unchanged },
    }
}

pub(super) fn change(change: &plan::Change) -> Change<'_> {
    let plan::Change { id, action, subject, attributes, members, grants, requests, depends_on, cause, version: _ } =
        change;
    Change {
        id: &id.0,
        action: Action::of(*action),
        kind: Kind::of(action.kind()),
        subject: Subject::of(subject),
        attributes: attributes.iter().map(attribute).collect(),
        members: (!members.is_empty()).then(|| Members {
            added: members.added.iter().map(|member| &*member.name).collect(),
            removed: members.removed.iter().map(|member| &*member.name).collect(),
        }),
        grants: grants.iter().map(grant).collect(),
        requests: requests.len(),
        depends_on: depends_on.iter().map(|id| &*id.0).collect(),
        cause: Cause {
            kind: cause_name(cause.kind),
            text: &cause.text,
            place: cause.place.as_ref().and_then(Place::of),
        },
    }
}

pub(super) fn grant(grant: &plan::GrantChange) -> Grant<'_> {
    let plan::GrantChange { kind, name, at, before, after, given: _, place } = grant;
    Grant {
        kind: grant_kind(*kind),
        name: Some(&**name).filter(|name| !name.is_empty()),
        at: at.as_deref(),
        before: before.as_deref(),
        after: after.as_deref(),
        place: Place::of(place),
    }
}

fn grant_kind(kind: GrantKind) -> &'static str {
    match kind {
        GrantKind::Office => "office",
        GrantKind::License => "license",
        GrantKind::Setting => "setting",
        GrantKind::Department => "department",
        GrantKind::ContactCenter => "contact_center",
        GrantKind::OfficeAdmin => "office_admin",
        GrantKind::CompanyAdmin => "company_admin",
        GrantKind::Policy => "policy",
        GrantKind::Channel => "channel",
    }
}

pub(super) fn seats(line: &plan::SeatLine) -> Seats<'_> {
    let plan::SeatLine { office, license, free_before, needed, freed, free_after, missing } = line;
    Seats {
        office,
        license: license.as_str(),
        product: license.product(),
        free_before: *free_before,
        needed: *needed,
        freed: *freed,
        free_after: *free_after,
        missing: *missing,
    }
}

fn attribute(change: &AttributeChange) -> Attribute<'_> {
    let AttributeChange { path, before, after, place, redacted } = change;
    let shown = |value: &Option<crate::names::Value>| match value {
        Some(value) if !redacted => Some(value.to_json()),
        _ => None,
    };
    Attribute {
        path: path.as_str(),
        before: shown(before),
        after: shown(after),
        redacted: *redacted,
        place: Place::of(place),
    }
}

pub(super) fn held(held: &plan::Held) -> Held<'_> {
    let plan::Held { reason, subject, action, message, places, remedy } = held;
    Held {
        reason: reason.name(),
        subject: Subject::of(subject),
        action: action.map(Action::of),
        message,
        places: places.iter().filter_map(Place::of).collect(),
        remedy,
        can_be_allowed: reason.can_be_allowed(),
    }
}

pub(super) fn note(note: &plan::Note) -> Note<'_> {
    let plan::Note { code, message, place } = note;
    Note { code, message, place: place.as_ref().and_then(Place::of) }
}

fn cause_name(kind: CauseKind) -> &'static str {
    match kind {
        CauseKind::Assigned => "assigned",
        CauseKind::Mapping => "mapping",
        CauseKind::Blocked => "blocked",
        CauseKind::SoftDeleted => "soft_deleted",
        CauseKind::Absent => "absent",
        CauseKind::Unassigned => "unassigned",
        CauseKind::OutsideDates => "outside_dates",
        CauseKind::Filter => "filter",
        CauseKind::DeleteAfter => "delete_after",
        CauseKind::Gone => "gone",
        CauseKind::UnknownRole => "unknown_role",
        CauseKind::Membership => "membership",
        CauseKind::GroupOutOfScope => "group_out_of_scope",
        CauseKind::NotEntitled => "not_entitled",
        CauseKind::Undo => "undo",
    }
}
