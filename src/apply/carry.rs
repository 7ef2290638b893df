//! Carrying out one change: its requests in order, each in the journal before it is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::{
    Stopping,
    grants::{self, Records},
    recover::ON_ITS_WAY,
    seek::Look,
};
use crate::{
    dialpad::{Done, SendError, Stored, Writer, confirm},
    live::{Group, User},
    names::{AttrPath, TargetId, Text},
    plan::{self, Action, Change, ChangeId, Dialect, NewObject, Operation, Ref, Request, Sent, outcome::Status},
    state::{Doubt, Effect, Ended, Hold, Journal, Seek, StateError, effect, journal::Line},
};

/// How often a request is sent whose answer was lost and that was found not done.
const TRIES: u32 = 3;

/// What all changes of a run share.
pub(super) struct Context {
    pub writer: Writer,
    pub journal: Arc<Journal>,
    pub hold: Hold,
    pub stopping: Stopping,
    pub dialect: Dialect,
    /// Changes that failed in earlier runs.
    pub failing: BTreeSet<Text>,
    pub began: Timestamp,
    pub started: Instant,
    ids: Mutex<BTreeMap<ChangeId, TargetId>>,
    /// Records in the admin API of people whom this run created.
    pub records: Records,
}

/// What came of one change.
pub(super) struct Carried {
    pub status: Status,
    pub target: Option<TargetId>,
    /// The intent of its last request, where that was answered and the journal lacks the result.
    pub intent: Option<Line>,
    /// What the memory and the journal learn.
    pub effects: Vec<Effect>,
    /// A request of which nobody knows whether it was done.
    pub in_doubt: Option<Doubt>,
    /// The object that has to be read back before the change is believed.
    pub check: Option<TargetId>,
    /// Whether an answer showed nothing of what is stored.
    pub unshown: bool,
    /// Fields of the admin API that were accepted and not stored.
    pub not_stored: Vec<AttrPath>,
    /// Whether it waits for somebody to log in a first time.
    pub waiting: bool,
    /// Why nothing more is to be sent.
    pub halt: Option<Halt>,
}

/// Why nothing more is to be sent.
#[derive(Clone, Debug)]
pub(super) enum Halt {
    Credentials {
        status: u16,
        message: String,
    },
    State(String),
    Lock(String),
    /// One alone is no reason to stop; several in a row are.
    Unreached(String),
    Interrupted,
}

/// Why a request did not succeed.
pub(super) enum Trouble {
    /// Nothing was sent.
    Halt(Halt),
    /// It waits for somebody to log in a first time.
    Waits { because: String },
    /// It was not done. Of what was not sent there is no line in the journal.
    Failed { line: Option<Line>, http: Option<u16>, message: String, refused: bool, halt: Option<Halt> },
    /// Nobody knows.
    Doubt { doubt: Box<Doubt>, message: String, halt: Option<Halt> },
}

/// A request that is done.
pub(super) struct Answered {
    pub line: Line,
    pub already: bool,
    pub user: Option<User>,
    pub group: Option<Group>,
    pub unconfirmed: bool,
    pub not_stored: Vec<AttrPath>,
}

impl Context {
    pub fn new(writer: &Writer, journal: &Arc<Journal>, hold: Hold, stopping: Stopping, dialect: Dialect) -> Self {
        Self {
            writer: writer.clone(),
            journal: Arc::clone(journal),
            hold,
            stopping,
            dialect,
            failing: BTreeSet::new(),
            began: Timestamp::now(),
            started: Instant::now(),
            ids: Mutex::default(),
            records: Records::default(),
        }
    }

    /// The instant, by the clock that tests can pause.
    pub fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.started.elapsed()).unwrap_or_default();
        self.began.checked_add(elapsed).unwrap_or(self.began)
    }

    /// Writes down what came of a change, with the result of its last request.
    pub fn settle(
        &self,
        change: &Change,
        intent: Option<Line>,
        effects: Vec<Effect>,
        ended: Option<Ended>,
    ) -> Result<(), StateError> {
        match (intent, ended) {
            (Some(line), ended) => self.journal.settle(line, effects, ended),
            (None, Some(ended)) if !effects.is_empty() => {
                self.journal.ended(self.doubt(change, 0, Seek::default()), effects, ended)
            }
            (None, Some(_) | None) => self.journal.note(effects),
        }
    }

    pub fn learn(&self, change: &ChangeId, id: TargetId) {
        // Inserting cannot be left half done by a panic.
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(change.clone(), id);
    }

    pub fn resolve(&self, of: &Ref) -> Option<TargetId> {
        match of {
            Ref::Live(id) => Some(id.clone()),
            Ref::Created(change) => self.ids.lock().unwrap_or_else(PoisonError::into_inner).get(change).cloned(),
        }
    }

    /// Whether something new may be sent.
    pub fn go(&self) -> Result<(), Halt> {
        if self.stopping.is_asked() {
            return Err(Halt::Interrupted);
        }
        self.hold.check().map_err(Halt::Lock)
    }

    /// Carries out a change that nothing holds up any more.
    pub async fn carry(&self, change: &Change) -> Carried {
        let mut target = change.subject.target.clone();
        let mut seen = Seen::default();
        let mut already = false;
        let mut last = None;
        for (index, request) in change.requests.iter().enumerate() {
            if let Some(line) = last.take()
                && let Err(error) = self.journal.settle(line, Vec::new(), None)
            {
                return self.not_tried(target, Halt::of(&error));
            }
            if references(request).any(|of| self.resolve(of).is_none()) {
                return Carried::failed(target, "an object that it names was not created");
            }
            let answered = match self.send(change, index, request).await {
                Ok(answered) => answered,
                Err(trouble) => return self.troubled(change, index, target, trouble),
            };
            seen.answer(self, request, &answered);
            // A grant is so already when all of its requests were.
            already = answered.already && (already || index == 0 || !matches!(request, Request::Admin(_)));
            last = Some(answered.line);
            seen.not_stored.extend(answered.not_stored.iter().cloned());
            target = answered.id().or_else(|| subject_of(request).and_then(|of| self.resolve(of))).or(target);
        }
        if let (Action::CreateUser | Action::CreateGroup, Some(id)) = (change.action, &target) {
            self.learn(&change.id, id.clone());
        }
        self.finish(change, target, last, already, &seen)
    }

    /// What is to be written down of a change that is done, and what has to be read back.
    fn finish(
        &self,
        change: &Change,
        target: Option<TargetId>,
        last: Option<Line>,
        already: bool,
        seen: &Seen,
    ) -> Carried {
        let mut effects = effect::of_done(change, target.as_ref(), self.now());
        if already {
            // It was done by an earlier run, which counted it, or by nobody of ours.
            effects.retain(|effect| !matches!(effect, Effect::Counted(_)));
        }
        if self.failing.contains(&change.id.0) {
            effects.push(Effect::Mended { change: change.id.clone() });
        }
        let gone = matches!(change.action, Action::DeleteUser | Action::DeleteGroup);
        let check = target.clone().filter(|_| !gone && seen.doubtful);
        let status = if already { Status::Already } else { Status::Done };
        let (not_stored, unshown) = (seen.not_stored.clone(), seen.unshown);
        effects.extend(effect::of_grants_not_stored(change, &not_stored));
        Carried { status, intent: last, effects, check, unshown, not_stored, ..Carried::failed(target, "") }
    }

    fn not_tried(&self, target: Option<TargetId>, halt: Halt) -> Carried {
        Carried { status: Status::Skipped { because: halt.because() }, halt: Some(halt), ..Carried::failed(target, "") }
    }

    pub fn troubled(&self, change: &Change, index: usize, target: Option<TargetId>, trouble: Trouble) -> Carried {
        match trouble {
            Trouble::Halt(halt) if index == 0 => self.not_tried(target, halt),
            Trouble::Halt(halt) => {
                let because = format!("{} after {index} of its {} requests", halt.because(), change.requests.len());
                Carried { halt: Some(halt), ..Carried::failed(target, because) }
            }
            Trouble::Waits { because } => {
                let status = Status::Skipped { because: because.into() };
                Carried { status, waiting: true, ..Carried::failed(target, "") }
            }
            Trouble::Failed { line, http, message, refused, halt } => {
                let message = grants::half_done(change, index, message);
                let (wanted, message): (_, Text) = (plan::wanted(change), message.into());
                let (change, at) = (change.id.clone(), self.now());
                let failed = Effect::Failed { change, message: message.clone(), at, wanted };
                let effects = if refused { vec![failed] } else { Vec::new() };
                let status = Status::Failed { http, message };
                Carried { status, intent: line, effects, halt, ..Carried::failed(target, "") }
            }
            Trouble::Doubt { doubt, message, halt } => {
                let message = grants::half_done(change, index, message);
                Carried { in_doubt: Some(*doubt), halt, ..Carried::failed(target, message) }
            }
        }
    }

    /// Sends one request until it is known whether it was done.
    pub async fn send(&self, change: &Change, index: usize, request: &Request) -> Result<Answered, Trouble> {
        if let Request::Admin(request) = request {
            return grants::send(self, change, index, request).await;
        }
        self.go().map_err(Trouble::Halt)?;
        let doubt = self.doubt(change, index, seek_of(request));
        let line = self.journal.intend(&doubt).await.map_err(|error| Trouble::Halt(Halt::of(&error)))?;
        // Writing it down may have taken its time, and somebody else may have taken over.
        self.hold.check().map_err(|lost| Trouble::Halt(Halt::Lock(lost)))?;
        let version = change.version.as_ref().filter(|_| index == 0);
        let mut pending = request.clone();
        let mut lost: Option<String> = None;
        for _ in 0..TRIES {
            let error = match self.writer.send(&pending, self.dialect, version, &|of| self.resolve(of)).await {
                Ok(done) => return self.done(line, &doubt, request, done).await,
                Err(error) => error,
            };
            // What is gone is deleted, whoever did it.
            if let (SendError::Gone { .. }, Request::DeleteUser { .. } | Request::DeleteGroup { .. }) =
                (&error, request)
            {
                return Ok(Answered::without_body(line, lost.is_none()));
            }
            let in_doubt = matches!(error, SendError::InDoubt { .. });
            // A service may fall over after it has stored what it was sent.
            let fell = matches!(error, SendError::Refused { status: 500.., .. });
            let taken = matches!(error, SendError::Conflict { .. }) && is_create(request);
            let moved = matches!(error, SendError::Stale { .. }) && lost.is_some();
            if !in_doubt && !taken && !moved && !fell {
                return Err(failed(line, &error));
            }
            if in_doubt {
                lost = Some(error.to_string());
                if is_create(request) || matches!(request, Request::AddMembers { .. }) {
                    tokio::time::sleep(ON_ITS_WAY).await;
                }
            }
            match self.look(&doubt, request, lost.is_some() || fell, taken).await {
                Look::There { user, group } => {
                    let of = Answered::without_body(line, lost.is_none() && !fell);
                    return Ok(Answered { user, group, ..of });
                }
                Look::NotThere(rest) if in_doubt => pending = rest,
                Look::NotThere(_) => return Err(failed(line, &error)),
                Look::NotOurs(_) if fell => return Err(failed(line, &error)),
                Look::NotOurs(message) => {
                    let (http, halt) = (Some(409), None);
                    return Err(Trouble::Failed { line: Some(line), http, message, refused: true, halt });
                }
                Look::Refused(halt) => {
                    let message = format!("{error}, and the service refuses to be asked; the next run looks again");
                    return Err(Trouble::Doubt { doubt: Box::new(doubt), message, halt: Some(halt) });
                }
                Look::Unknown(problem) => {
                    let message = format!("{error}, and looking it up failed: {problem}; the next run looks again");
                    return Err(Trouble::Doubt { doubt: Box::new(doubt), message, halt: None });
                }
            }
            if let Err(halt) = self.go() {
                let message = format!("it was not done, and not sent again: {}", halt.because());
                let line = Some(line);
                return Err(Trouble::Failed { line, http: None, message, refused: false, halt: Some(halt) });
            }
        }
        let message = lost.unwrap_or_else(|| "no answer".to_owned());
        let message = format!("{message}; it was sent {TRIES} times and is not done");
        Err(Trouble::Failed { line: Some(line), http: None, message, refused: false, halt: None })
    }

    /// A create without an answer body has to be looked up, or nobody knows its id.
    async fn done(&self, line: Line, doubt: &Doubt, request: &Request, done: Done) -> Result<Answered, Trouble> {
        let Done { user, group, unconfirmed } = done;
        if !is_create(request) || user.is_some() || group.is_some() {
            return Ok(Answered { user, group, unconfirmed, ..Answered::without_body(line, false) });
        }
        let unknown = |problem: String, halt: Option<Halt>| {
            let message = format!("it was accepted without an answer, and looking it up failed: {problem}");
            Err(Trouble::Doubt { doubt: Box::new(doubt.clone()), message, halt })
        };
        match self.look(doubt, request, true, false).await {
            Look::There { user, group } => Ok(Answered { user, group, ..Answered::without_body(line, false) }),
            Look::Refused(halt) => unknown(halt.because().to_string(), Some(halt)),
            Look::NotThere(_) => Err(Trouble::Failed {
                line: Some(line),
                http: None,
                message: "it was accepted without an answer, and is not there".to_owned(),
                refused: false,
                halt: None,
            }),
            Look::NotOurs(problem) | Look::Unknown(problem) => unknown(problem, None),
        }
    }

    pub fn doubt(&self, change: &Change, index: usize, seek: Seek) -> Doubt {
        Doubt {
            id: format!("{}/{}/{index}", self.journal.run(), change.id.0).into(),
            change: change.id.clone(),
            action: change.action,
            subject: change.subject.clone(),
            cause: change.cause.kind,
            at: self.now(),
            seek,
        }
    }
}

impl Halt {
    /// Of a state that cannot be written.
    pub fn of(error: &StateError) -> Self {
        if error.is_taken_over() { Halt::Lock(error.to_string()) } else { Halt::State(error.to_string()) }
    }

    /// What it means for a change that is not tried.
    pub fn because(&self) -> Text {
        match self {
            Halt::Credentials { .. } => "the service refuses the credentials".into(),
            Halt::State(_) => "the journal cannot be written".into(),
            Halt::Lock(_) => "the lock was lost".into(),
            Halt::Unreached(_) => "the service cannot be reached".into(),
            Halt::Interrupted => "the run was interrupted".into(),
        }
    }
}

impl Carried {
    pub fn failed(target: Option<TargetId>, message: impl Into<Text>) -> Self {
        let status = Status::Failed { http: None, message: message.into() };
        Self {
            status,
            target,
            intent: None,
            effects: Vec::new(),
            in_doubt: None,
            check: None,
            unshown: false,
            not_stored: Vec::new(),
            waiting: false,
            halt: None,
        }
    }
}

impl Answered {
    pub fn without_body(line: Line, already: bool) -> Self {
        Self { line, already, user: None, group: None, unconfirmed: false, not_stored: Vec::new() }
    }

    fn id(&self) -> Option<TargetId> {
        self.user.as_ref().map(|user| &user.id).or(self.group.as_ref().map(|group| &group.id)).cloned()
    }
}

/// Whether the answers leave open that everything is stored as it was sent.
#[derive(Default)]
struct Seen {
    doubtful: bool,
    unshown: bool,
    not_stored: Vec<AttrPath>,
}

impl Seen {
    /// An answer may leave attributes out, so what it lacks is read again.
    fn answer(&mut self, context: &Context, request: &Request, answered: &Answered) {
        let lacks = |stored| !confirm(request, &|of| context.resolve(of), stored).is_empty();
        self.doubtful |= match (&answered.user, &answered.group) {
            (Some(user), _) => lacks(Stored::User(user)),
            (None, Some(group)) => lacks(Stored::Group(group)),
            (None, None) => answered.unconfirmed,
        };
        self.unshown |= answered.unconfirmed && answered.user.is_none() && answered.group.is_none();
    }
}

fn is_create(request: &Request) -> bool {
    matches!(request, Request::CreateUser { .. } | Request::CreateGroup { .. })
}

/// The object that a request changes, where it exists before.
fn subject_of(request: &Request) -> Option<&Ref> {
    match request {
        Request::PatchUser { user, .. } | Request::DeleteUser { user } => Some(user),
        Request::PatchGroup { group, .. }
        | Request::AddMembers { group, .. }
        | Request::RemoveMembers { group, .. }
        | Request::DeleteGroup { group } => Some(group),
        Request::CreateUser { .. } | Request::CreateGroup { .. } | Request::Admin(_) => None,
    }
}

/// Every object that a request names.
fn references(request: &Request) -> impl Iterator<Item = &Ref> {
    let (new, operations, members) = match request {
        Request::CreateUser { attributes } | Request::CreateGroup { attributes } => {
            (Some(attributes), &[][..], &[][..])
        }
        Request::PatchUser { operations, .. } | Request::PatchGroup { operations, .. } => {
            (None, &operations[..], &[][..])
        }
        Request::AddMembers { members, .. } => (None, &[][..], &members[..]),
        Request::RemoveMembers { .. }
        | Request::DeleteUser { .. }
        | Request::DeleteGroup { .. }
        | Request::Admin(_) => (None, &[][..], &[][..]),
    };
    let set = operations.iter().filter_map(|operation| match operation {
        Operation::Add { value: Sent::Reference(of), .. } | Operation::Replace { value: Sent::Reference(of), .. } => {
            Some(of)
        }
        Operation::Add { .. } | Operation::Replace { .. } | Operation::Remove { .. } => None,
    });
    let given = new.into_iter().flat_map(NewObject::references);
    subject_of(request).into_iter().chain(given).chain(set).chain(members)
}

/// How a new object is found.
pub(super) fn seek_of(request: &Request) -> Seek {
    let (attributes, name) = match request {
        Request::CreateUser { attributes } => (attributes, "userName"),
        Request::CreateGroup { attributes } => (attributes, "displayName"),
        Request::PatchUser { .. }
        | Request::DeleteUser { .. }
        | Request::PatchGroup { .. }
        | Request::AddMembers { .. }
        | Request::RemoveMembers { .. }
        | Request::DeleteGroup { .. }
        | Request::Admin(_) => return Seek::default(),
    };
    let text = |name: &str| {
        attributes.get(&AttrPath::core(name)).and_then(|sent| match sent {
            Sent::Value(value) => value.as_text().filter(|text| !text.is_empty()).cloned(),
            Sent::Reference(_) => None,
        })
    };
    Seek { external_id: text("externalId"), name: text(name) }
}

pub(super) fn failed(line: Line, error: &SendError) -> Trouble {
    let (http, message, refused, halt) = match error {
        SendError::Credentials { status, message } => {
            let halt = Halt::Credentials { status: *status, message: message.clone() };
            (Some(*status), message.clone(), false, Some(halt))
        }
        SendError::Conflict { message } => (Some(409), message.clone(), true, None),
        SendError::Gone { message } => {
            (Some(404), format!("it is not there any more: {message}; plan again"), false, None)
        }
        SendError::Stale { message } => {
            (Some(412), format!("somebody else changed it since it was read: {message}; plan again"), false, None)
        }
        SendError::Refused { status, message } => (Some(*status), message.clone(), true, None),
        SendError::Unreached { message } => (None, message.clone(), false, Some(Halt::Unreached(message.clone()))),
        SendError::InDoubt { message } | SendError::NotSent { message } => (None, message.clone(), false, None),
    };
    Trouble::Failed { line: Some(line), http, message, refused, halt }
}
