//! One line: what was done with an object, in the shape of Entra's log.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::About;
use crate::{
    desired::{Cause, CauseKind},
    directory::Person,
    names::{Text, Value as Attribute},
    plan::{
        self, AttributeChange, Change, GrantChange, Held, Kind, MemberName, Reason, Subject,
        outcome::{self, ChangeResult, LeftOut},
    },
    state::{Doubt, Fate, Untold},
};

/// `provisioningAction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "camelCase")]
pub enum Action {
    /// An account or group was made.
    Create,
    /// It was changed.
    Update,
    /// It was deleted.
    Delete,
    /// The account was suspended.
    Disable,
    /// Anything else, such as taking over an account or finding it as it should be.
    Other,
}

impl Action {
    /// As it stands in the log.
    pub fn name(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Disable => "disable",
            Action::Other => "other",
        }
    }

    fn of(action: plan::Action) -> Self {
        match action {
            plan::Action::CreateUser | plan::Action::CreateGroup => Action::Create,
            plan::Action::UpdateUser
            | plan::Action::UpdateGroup
            | plan::Action::EnableUser
            | plan::Action::SetManager
            | plan::Action::MoveOffice
            | plan::Action::SetLicense
            | plan::Action::SetSettings
            | plan::Action::Grant
            | plan::Action::Regrant
            | plan::Action::Withdraw
            | plan::Action::AddMembers
            | plan::Action::RemoveMembers => Action::Update,
            plan::Action::DisableUser => Action::Disable,
            plan::Action::DeleteUser | plan::Action::DeleteGroup => Action::Delete,
            plan::Action::AdoptUser | plan::Action::AdoptGroup => Action::Other,
        }
    }

    /// The name of the export step.
    fn export(self) -> &'static str {
        match self {
            Action::Create => "EntryExportAdd",
            Action::Update | Action::Other => "EntryExportUpdate",
            Action::Disable => "EntryExportUpdateSoftDelete",
            Action::Delete => "EntryExportDelete",
        }
    }
}

/// `provisioningStatusInfo.status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Status {
    /// Done.
    Success,
    /// Refused or lost.
    Failure,
    /// Nothing was done.
    Skipped,
    /// Done, and not all of it was stored.
    Warning,
}

impl Status {
    /// As it stands in the log.
    pub fn name(self) -> &'static str {
        match self {
            Status::Success => "success",
            Status::Failure => "failure",
            Status::Skipped => "skipped",
            Status::Warning => "warning",
        }
    }
}

/// What went wrong or was left.
struct Trouble<'a> {
    code: &'a str,
    reason: String,
    category: &'a str,
    recommended: &'a str,
}

/// A line in the making.
struct Line<'a> {
    id: &'a str,
    action: Action,
    subject: &'a Subject,
    status: Status,
    trouble: Option<Trouble<'a>>,
    steps: Vec<Value>,
    modified: Vec<Value>,
    took: Duration,
    cause: Option<&'a Cause>,
    held: Option<Reason>,
}

pub(super) fn of_change(
    about: &About,
    change: &Change,
    result: &ChangeResult,
    took: Duration,
    now: Timestamp,
) -> Value {
    let subject =
        Subject { target: result.target.clone().or_else(|| change.subject.target.clone()), ..change.subject.clone() };
    let action = Action::of(change.action);
    let (status, trouble) = ended(result);
    let mut steps = vec![imported(&subject), matched(&subject, action), scoped(change), processed(change)];
    if change.requests.iter().any(names_another) {
        steps.push(step(
            "ReferenceResolution",
            "referenceResolution",
            Status::Success,
            "ids of other objects were put in",
        ));
    }
    for LeftOut { member, because } in &result.left_out {
        let told = format!("{member} was left out: {because}");
        steps.push(step("MemberLeftOut", "referenceResolution", Status::Skipped, &told));
    }
    let told = match &result.status {
        outcome::Status::Done => format!("{} {}", change.action.verb(), subject.name),
        outcome::Status::Already => "it was so already".to_owned(),
        outcome::Status::Failed { message, .. } => message.to_string(),
        outcome::Status::Skipped { because } => because.to_string(),
    };
    steps.push(step(action.export(), "export", status, &told));
    let modified = properties(change, &result.left_out);
    let line = Line {
        id: &change.id.0,
        action,
        subject: &subject,
        status,
        trouble,
        steps,
        modified,
        took,
        cause: Some(&change.cause),
        held: None,
    };
    line.write(about, now)
}

pub(super) fn of_held(about: &About, held: &Held, now: Timestamp) -> Value {
    let action = held.action.map_or(Action::Other, Action::of);
    let (code, is_failure) = code_of(held.reason);
    let status = if is_failure { Status::Failure } else { Status::Skipped };
    let category = if is_failure { "failure" } else { "nonServiceFailure" };
    let trouble = Trouble { code, reason: held.message.to_string(), category, recommended: &held.remedy };
    let steps = vec![imported(&held.subject), step("EntrySynchronizationSkip", "processing", status, &held.message)];
    let id = format!("held:{}:{}", held.reason.name(), held.subject.name);
    let line = Line {
        id: &id,
        action,
        subject: &held.subject,
        status,
        trouble: Some(trouble),
        steps,
        modified: Vec::new(),
        took: Duration::ZERO,
        cause: None,
        held: Some(held.reason),
    };
    line.write(about, now)
}

pub(super) fn of_unchanged(
    about: &About,
    person: &Person,
    out: Option<&Cause>,
    account: Option<&Text>,
    now: Timestamp,
) -> Value {
    let subject = Subject {
        kind: Kind::User,
        name: person.label().clone(),
        source: Some(person.id.clone()),
        target: account.map(|id| crate::names::TargetId::new(id.clone())),
    };
    let (code, reason) = match out {
        Some(cause) => ("NotEffectivelyEntitled", cause.text.to_string()),
        None => ("RedundantExport", "source and target match already".to_owned()),
    };
    let in_scope = if out.is_some() { "False" } else { "True" };
    let mut scoping = step("EntrySynchronizationScoping", "scoping", Status::Success, &reason);
    scoping["details"] = json!({"IsInProvisioningScope": in_scope, "SkipReason": code});
    let steps = vec![imported(&subject), scoping];
    let id = format!("none:{}", person.id);
    let line = Line {
        id: &id,
        action: Action::Other,
        subject: &subject,
        status: Status::Skipped,
        trouble: Some(Trouble { code, reason, category: "nonServiceFailure", recommended: "" }),
        steps,
        modified: Vec::new(),
        took: Duration::ZERO,
        cause: out,
        held: None,
    };
    line.write(about, now)
}

/// Of a request of a run that was cut off before it could write what came of it. `change` is
/// what the run was to carry out, where that is known.
pub(super) fn of_doubt(about: &About, doubt: &Doubt, fate: Fate, change: Option<&Change>) -> Value {
    let action = Action::of(doubt.action);
    let (status, end) = match fate {
        Fate::Done => (Status::Success, "it was found done"),
        Fate::NotDone => (Status::Skipped, "it was found not done"),
        Fate::Open => (Status::Warning, "no answer is known; the next plan goes on from what Dialpad holds"),
    };
    let told = format!("a run that was cut off sent it on {:.0}, and {end}", doubt.at);
    let trouble = (fate == Fate::Open).then(|| Trouble {
        code: "NoAnswer",
        reason: told.clone(),
        category: "nonServiceFailure",
        recommended: "",
    });
    of_earlier(about, doubt, change, (status, trouble), step(action.export(), "export", status, &told))
}

/// Of a change of a run that was cut off after it had written it to its journal. What the
/// change was in full is not known any more.
pub(super) fn of_untold(about: &About, untold: &Untold) -> Value {
    let (of, result) = (&untold.of, untold.result());
    let (status, trouble) = ended(&result);
    let told = recovered_step(status);
    let of = Doubt { subject: Subject { target: result.target, ..of.subject.clone() }, ..of.clone() };
    of_earlier(about, &of, None, (status, trouble), told)
}

/// Says that a line was written from the journal.
pub(super) fn recovered_step(status: Status) -> Value {
    step("LineRecovered", "export", status, "the run was cut off, and its journal says what came of it")
}

fn of_earlier(
    about: &About,
    of: &Doubt,
    change: Option<&Change>,
    (status, trouble): (Status, Option<Trouble<'_>>),
    told: Value,
) -> Value {
    let line = Line {
        id: &of.change.0,
        action: Action::of(of.action),
        subject: &of.subject,
        status,
        trouble,
        steps: vec![told],
        modified: change.map(|change| properties(change, &[])).unwrap_or_default(),
        took: Duration::ZERO,
        cause: change.map(|change| &change.cause),
        held: None,
    };
    line.write(about, of.at)
}

/// What a change modifies, beside who was left out.
fn properties(change: &Change, left_out: &[LeftOut]) -> Vec<Value> {
    let modified = change.attributes.iter().map(modified).chain(members(change, left_out));
    modified.chain(change.grants.iter().map(granted)).collect()
}

impl Line<'_> {
    fn write(self, about: &About, now: Timestamp) -> Value {
        let Line { id, action, subject, status, trouble, steps, modified, took, cause, held } = self;
        let origin = &about.origin;
        let kind = match subject.kind {
            Kind::User => "User",
            Kind::Group => "Group",
        };
        let error = trouble.map(|Trouble { code, reason, category, recommended }| {
            json!({
                "errorCode": code, "reason": reason, "additionalDetails": Value::Null,
                "errorCategory": category, "recommendedAction": recommended,
            })
        });
        let identity =
            |id: Option<&str>| json!({"id": id, "displayName": &*subject.name, "identityType": kind, "details": {}});
        let mut ours = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                ours.insert(key.to_owned(), value);
            }
        };
        put("commit", origin.commit.clone().map(Value::from));
        put("pullRequest", origin.pull_request.clone().map(Value::from));
        put("runAddress", origin.address.clone().map(Value::from));
        put(
            "cause",
            cause.map(|cause| json!({"text": &*cause.text, "place": cause.place.as_ref().map(ToString::to_string)})),
        );
        put("recoveredBy", about.recovered_by.as_deref().map(Value::from));
        put("recoveredAt", about.recovered_by.as_ref().map(|_| Value::from(Timestamp::now().to_string())));
        put("held", held.map(|reason| Value::from(reason.name())));
        json!({
            "id": format!("{}/{id}", about.run),
            "activityDateTime": now.to_string(),
            "jobId": &*about.manifest,
            "cycleId": &*about.run,
            "changeId": id,
            "provisioningAction": action.name(),
            "durationInMilliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "initiatedBy": {
                "id": Value::Null,
                "displayName": origin.actor.as_deref().unwrap_or("dialform"),
                "initiatorType": if origin.automatic { "application" } else { "user" },
            },
            "servicePrincipal": {"id": Value::Null, "displayName": "Dialpad"},
            "sourceSystem": {"id": Value::Null, "displayName": &*about.source, "details": {}},
            "targetSystem": {"id": Value::Null, "displayName": "Dialpad", "details": {"address": &*about.target}},
            "sourceIdentity": identity(subject.source.as_ref().map(|id| id.as_str())),
            "targetIdentity": identity(subject.target.as_ref().map(|id| id.as_str())),
            "provisioningStatusInfo": {"status": status.name(), "errorInformation": error},
            "provisioningSteps": steps,
            "modifiedProperties": modified,
            "dialform": ours,
        })
    }
}

fn step(name: &str, kind: &str, status: Status, description: &str) -> Value {
    json!({
        "name": name, "provisioningStepType": kind, "status": status.name(),
        "description": description, "details": {},
    })
}

fn imported(subject: &Subject) -> Value {
    let told = match &subject.source {
        Some(id) => format!("{} ({id}) was read from the source", subject.name),
        None => format!("{} is not in the source", subject.name),
    };
    step("EntryImport", "import", Status::Success, &told)
}

fn matched(subject: &Subject, action: Action) -> Value {
    let told = match (&subject.target, action) {
        (Some(id), Action::Update | Action::Delete | Action::Disable | Action::Other) => {
            format!("it is {id} in Dialpad")
        }
        (_, Action::Create) | (None, _) => "nothing in Dialpad matches it".to_owned(),
    };
    step("EntryMatching", "matching", Status::Success, &told)
}

fn scoped(change: &Change) -> Value {
    let out = match change.cause.kind {
        CauseKind::Blocked
        | CauseKind::SoftDeleted
        | CauseKind::Absent
        | CauseKind::Unassigned
        | CauseKind::OutsideDates
        | CauseKind::Filter
        | CauseKind::DeleteAfter
        | CauseKind::Gone
        | CauseKind::UnknownRole
        | CauseKind::GroupOutOfScope
        | CauseKind::NotEntitled => true,
        CauseKind::Assigned | CauseKind::Mapping | CauseKind::Membership | CauseKind::Undo => false,
    };
    let mut step = step("EntrySynchronizationScoping", "scoping", Status::Success, &change.cause.text);
    step["details"] = json!({"IsInProvisioningScope": if out { "False" } else { "True" }});
    step
}

fn processed(change: &Change) -> Value {
    let name = if Action::of(change.action) == Action::Create {
        "EntrySynchronizationAdd"
    } else {
        "EntrySynchronizationUpdate"
    };
    step(name, "processing", Status::Success, &format!("{} is to be done", change.action.verb()))
}

fn names_another(request: &plan::Request) -> bool {
    let is_reference = |sent: &plan::Sent| matches!(sent, plan::Sent::Reference(_));
    match request {
        plan::Request::AddMembers { .. } | plan::Request::RemoveMembers { .. } => true,
        plan::Request::CreateUser { attributes } | plan::Request::CreateGroup { attributes } => {
            attributes.references().next().is_some()
        }
        plan::Request::PatchUser { operations, .. } | plan::Request::PatchGroup { operations, .. } => {
            operations.iter().any(|operation| match operation {
                plan::Operation::Add { value, .. } | plan::Operation::Replace { value, .. } => is_reference(value),
                plan::Operation::Remove { .. } => false,
            })
        }
        plan::Request::DeleteUser { .. } | plan::Request::DeleteGroup { .. } | plan::Request::Admin(_) => false,
    }
}

fn modified(change: &AttributeChange) -> Value {
    let shown = |value: &Option<Attribute>| match value {
        Some(_) if change.redacted => Value::from("[Redacted]"),
        Some(value) => Value::from(value.to_string()),
        None => Value::Null,
    };
    json!({"displayName": change.path.as_str(), "oldValue": shown(&change.before), "newValue": shown(&change.after)})
}

/// What is given or taken through the admin API: `contact center Support EMEA`, from
/// `operator` to `supervisor, skill 50`.
fn granted(grant: &GrantChange) -> Value {
    let noun = grant.kind.noun();
    let name = if grant.name.is_empty() { String::new() } else { format!(" {}", grant.name) };
    let at = grant.at.as_ref().map(|at| format!(" in {at}")).unwrap_or_default();
    // What is held or not and has no value of its own.
    let shown = |text: &Option<Text>| match text {
        None => Value::Null,
        Some(text) if text.is_empty() => Value::from("yes"),
        Some(text) => Value::from(&**text),
    };
    json!({
        "displayName": format!("{noun}{name}{at}"), "oldValue": shown(&grant.before), "newValue": shown(&grant.after),
    })
}

/// Members as Entra writes them: one property for each who comes or goes.
fn members<'a>(change: &'a Change, left_out: &'a [LeftOut]) -> impl Iterator<Item = Value> + 'a {
    let joins = |member: &&MemberName| !left_out.iter().any(|out| out.member == member.name);
    let added = change.members.added.iter().filter(joins);
    let added =
        added.map(|member| json!({"displayName": "members", "oldValue": Value::Null, "newValue": &*member.name}));
    let removed = change.members.removed.iter();
    added.chain(
        removed.map(|member| json!({"displayName": "members", "oldValue": &*member.name, "newValue": Value::Null})),
    )
}

fn ended(result: &ChangeResult) -> (Status, Option<Trouble<'static>>) {
    match &result.status {
        outcome::Status::Done | outcome::Status::Already if !result.not_stored.is_empty() => {
            let paths: Vec<&str> = result.not_stored.iter().map(crate::names::AttrPath::as_str).collect();
            let reason = format!("the service accepted and did not store {}", paths.join(", "));
            let recommended = "take the mapping out, or ask the service for the attribute";
            (
                Status::Warning,
                Some(Trouble { code: "SchemaAttributeNotFound", reason, category: "nonServiceFailure", recommended }),
            )
        }
        outcome::Status::Done => (Status::Success, None),
        outcome::Status::Already => {
            let (code, recommended) = ("RedundantExport", "");
            let reason = "it was so already".to_owned();
            (Status::Skipped, Some(Trouble { code, reason, category: "nonServiceFailure", recommended }))
        }
        outcome::Status::Failed { http, message } => {
            let code = match http {
                Some(400 | 413 | 422) => "UnprocessableEntity",
                Some(401) => "Unauthorized",
                Some(403) => "InsufficientRights",
                Some(404 | 410) => "InvalidAnchor",
                Some(405) => "MethodNotAllowed",
                Some(409) => "EntryConflict",
                Some(429) => "TooManyRequests",
                Some(500..) => "InternalServerError",
                Some(_) => "WebExceptionProtocolError",
                None => "Timeout",
            };
            let recommended = "see what the service says, correct it, and apply again";
            (Status::Failure, Some(Trouble { code, reason: message.to_string(), category: "failure", recommended }))
        }
        outcome::Status::Skipped { because } if result.waiting => {
            let (code, recommended) =
                ("EntrySynchronizationSkipped", "nothing: the next plan gives it after the first login");
            (
                Status::Skipped,
                Some(Trouble { code, reason: because.to_string(), category: "nonServiceFailure", recommended }),
            )
        }
        outcome::Status::Skipped { because } => {
            let (code, recommended) = ("EntrySynchronizationSkipped", "apply again once what it depends on is done");
            (
                Status::Skipped,
                Some(Trouble { code, reason: because.to_string(), category: "nonServiceFailure", recommended }),
            )
        }
    }
}

/// Entra's name for why something is held, and whether Entra counts it as a failure.
fn code_of(reason: Reason) -> (&'static str, bool) {
    match reason {
        Reason::AmbiguousMatch => ("DuplicateTargetEntries", true),
        Reason::DuplicateSource => ("DuplicateSourceEntries", true),
        Reason::LinkConflict | Reason::IdentityConflict => ("EntryConflict", true),
        Reason::NoMatchingValue | Reason::MissingRequired => ("MandatoryFieldsMissing", true),
        Reason::ExpressionFailed | Reason::RepeatedFailure => ("InternalError", true),
        Reason::UnknownRole => ("NotEffectivelyEntitled", false),
        Reason::Vanished => ("InvalidAnchor", true),
        Reason::EmptySource | Reason::Incomplete => ("ImportSkipped", false),
        Reason::Protected
        | Reason::TooMany
        | Reason::ForeignTarget
        | Reason::OtherWriter
        | Reason::PossibleRename
        | Reason::SuspendedElsewhere
        | Reason::UnknownOwner
        | Reason::UnprovenOwner
        | Reason::FirstRemovals
        | Reason::FirstEverything
        | Reason::NoSeat
        | Reason::LosesNumbers
        | Reason::LastAdmin
        | Reason::LastOperator
        | Reason::Waiting
        | Reason::NotInApi
        | Reason::UnknownName
        | Reason::UnmappedValue
        | Reason::DependsOnHeld => ("EntrySynchronizationSkipped", false),
    }
}
