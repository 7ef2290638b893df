//! The order of the changes: what nothing holds up any more is begun, in the
//! plan's order, as many at once as are allowed.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    task::{Id, JoinSet},
    time::Instant,
};
use tracing::Instrument;

use super::{
    Event, Options, Stopping, Watch,
    carry::{Carried, Context, Halt},
    objects::Pages,
    verify,
};
use crate::{
    names::{AttrPath, TargetId, Text},
    plan::{
        Action, Change, Plan, Ref, Request,
        outcome::{ChangeResult, LeftOut, Outcome, Status, Stop},
    },
    state::{Ended, State},
};

/// So many changes are looked at for telling a bad run from a few bad changes.
const FIRST: u64 = 50;
/// So many refusals in a row at the beginning are refused credentials: one may be about one object.
const FORBIDDEN: u64 = 3;

/// Where the walk is.
struct Walk<'a> {
    plan: &'a Plan,
    /// What is carried out: the plan's changes, less the members whose accounts did not come to be.
    changes: Vec<Arc<Change>>,
    /// Who was left out of each change.
    left_out: Vec<Vec<LeftOut>>,
    context: Arc<Context>,
    state: &'a mut State,
    watch: Watch<'a>,
    results: Vec<Option<ChangeResult>>,
    /// How many dependencies of each change are not done yet.
    waiting: Vec<usize>,
    /// Who depends on each change.
    dependants: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
    finished: usize,
    /// Changes that were sent and answered, and how many of them failed or were forbidden.
    tried: u64,
    failed: u64,
    forbidden: u64,
    unreached: Unreached,
    stop: Option<Stop>,
    checks: Vec<Check>,
}

/// Changes in a row that could not connect.
#[derive(Clone, Copy, Debug, Default)]
struct Unreached {
    /// When the first of them was given up.
    since: Option<Instant>,
    count: u64,
}

impl Unreached {
    /// So many in a row are enough, where one of them was begun after another was given up:
    /// those that are under way together say no more than one of them.
    const ENOUGH: u64 = 3;

    /// One more, begun at this instant; gives how many there are when they are enough.
    fn again(&mut self, begun: Instant) -> Option<u64> {
        self.count += 1;
        let since = *self.since.get_or_insert_with(Instant::now);
        (self.count >= Self::ENOUGH && begun >= since).then_some(self.count)
    }
}

/// A change whose object has to be read back before it is believed.
struct Check {
    at: usize,
    target: TargetId,
    /// Whether the answer showed nothing of what is stored.
    unshown: bool,
    /// Since when the account was suspended by us.
    disabled_since: Option<Timestamp>,
}

/// The results when nothing can be tried at all.
pub(super) fn nothing_done(plan: &Plan, stop: &Stop) -> Outcome {
    let because = because(stop);
    let skip = |change: &Change| result(change, Status::Skipped { because: because.clone() });
    let results = plan.changes.iter().map(skip).collect();
    Outcome { results, stopped: Some(stop.clone()), ..Outcome::default() }
}

/// Carries out all changes.
pub(super) async fn walk(
    plan: &Plan,
    mut context: Context,
    state: &mut State,
    options: &Options,
    stopping: &Stopping,
    watch: Watch<'_>,
) -> Outcome {
    context.failing = state.memory().failures.keys().cloned().collect();
    let mut walk = Walk::new(plan, Arc::new(context), state, watch);
    walk.take_for_done(options);
    walk.go(options.concurrency.max(1) as usize, stopping.clone()).await;
    let unverified = if walk.stop.is_none() { walk.verify(options).await } else { walk.checks.len() as u64 };
    let results = walk.close();
    let lookups = walk.context.records.lookups();
    Outcome { results, stopped: walk.stop, unverified, lookups, ..Outcome::default() }
}

impl<'a> Walk<'a> {
    fn new(plan: &'a Plan, context: Arc<Context>, state: &'a mut State, watch: Watch<'a>) -> Self {
        let changes: Vec<_> = plan.changes.iter().cloned().map(Arc::new).collect();
        let index: HashMap<_, _> = changes.iter().enumerate().map(|(at, change)| (&change.id, at)).collect();
        let mut dependants = vec![Vec::new(); changes.len()];
        let mut waiting = vec![0; changes.len()];
        for (at, change) in changes.iter().enumerate() {
            for needed in change.depends_on.iter().collect::<BTreeSet<_>>() {
                waiting[at] += 1;
                if let Some(needed) = index.get(needed) {
                    dependants[*needed].push(at);
                }
            }
        }
        let ready = (0..changes.len()).filter(|at| waiting[*at] == 0).collect();
        drop(index);
        Self {
            plan,
            results: vec![None; changes.len()],
            left_out: vec![Vec::new(); changes.len()],
            changes,
            context,
            state,
            watch,
            waiting,
            dependants,
            ready,
            finished: 0,
            tried: 0,
            failed: 0,
            forbidden: 0,
            unreached: Unreached::default(),
            stop: None,
            checks: Vec::new(),
        }
    }

    /// Takes changes for done or left out, as was asked.
    fn take_for_done(&mut self, options: &Options) {
        for (at, change) in self.changes.clone().into_iter().enumerate() {
            let change = &*change;
            if let Some(because) = options.dropped.get(&change.id) {
                self.finish(at, result(change, Status::Skipped { because: because.clone() }), Duration::ZERO);
            } else if let Some(id) = options.already.get(&change.id) {
                let target = id.clone().or_else(|| change.subject.target.clone());
                if let Some(id) = &target {
                    self.context.learn(&change.id, id.clone());
                }
                let effects = crate::state::effect::of_subject(change.action, &change.subject, target.as_ref());
                if let Err(error) = self.state.record(effects) {
                    self.halt(Halt::of(&error));
                }
                self.finish(at, ChangeResult { target, ..result(change, Status::Already) }, Duration::ZERO);
            }
        }
    }

    /// Begins what is ready and takes in what is finished, until nothing is under way.
    async fn go(&mut self, most: usize, mut stopping: Stopping) {
        let mut running: JoinSet<Carried> = JoinSet::new();
        let mut at_of: HashMap<Id, (usize, Instant)> = HashMap::new();
        loop {
            while self.stop.is_none() && running.len() < most {
                let Some(at) = self.ready.pop_first() else { break };
                let (context, change) = (Arc::clone(&self.context), Arc::clone(&self.changes[at]));
                let task = running.spawn(async move { context.carry(&change).await }.in_current_span());
                at_of.insert(task.id(), (at, Instant::now()));
            }
            if running.is_empty() {
                break;
            }
            let joined = tokio::select! {
                joined = running.join_next_with_id() => joined,
                () = stopping.asked(), if self.stop.is_none() => {
                    self.stop = Some(Stop::Interrupted);
                    continue;
                }
            };
            let (id, carried) = match joined {
                Some(Ok((id, carried))) => (id, carried),
                Some(Err(error)) => (error.id(), Carried::failed(None, "carrying it out ended unexpectedly")),
                None => break,
            };
            if let Some((at, begun)) = at_of.remove(&id) {
                self.take_in(at, carried, begun);
            }
        }
    }

    fn take_in(&mut self, at: usize, carried: Carried, begun: Instant) {
        let Carried { status, target, intent, effects, in_doubt, check, unshown, not_stored, waiting, halt } = carried;
        let person = self.changes[at].subject.source.as_ref();
        let disabled_since =
            person.and_then(|person| self.state.memory().users.get(person)).and_then(|link| link.disabled_since);
        self.checks.extend(check.map(|target| Check { at, target, unshown, disabled_since }));
        if let Some(doubt) = in_doubt {
            self.state.keep_in_doubt(doubt);
        }
        let took = begun.elapsed();
        if matches!(status, Status::Done | Status::Already | Status::Failed { http: Some(_), .. }) {
            // Something answered.
            self.unreached = Unreached::default();
        }
        let forbidden = matches!(&halt, Some(Halt::Credentials { status: 403, .. }));
        if !matches!(status, Status::Skipped { .. }) {
            self.tried += 1;
            self.failed += u64::from(matches!(status, Status::Failed { .. }));
            self.forbidden += u64::from(forbidden);
        }
        // First it is told, then the journal has it: who is killed in between finds it in
        // doubt, and tells it again. The other way round nobody would ever tell it.
        let result = ChangeResult { target, not_stored, waiting, ..result(&self.changes[at], status) };
        let ended = self.ended(at, &result);
        self.finish(at, result, took);
        self.state.absorb(&effects);
        if let Err(error) = self.context.settle(&self.changes[at], intent, effects, ended) {
            self.halt(Halt::of(&error));
        }
        match halt {
            // One account that may not be touched is no reason to leave the others alone.
            Some(Halt::Credentials { .. }) if forbidden && (self.tried < FORBIDDEN || self.forbidden < self.tried) => {}
            Some(Halt::Unreached(message)) => {
                if let Some(failed) = self.unreached.again(begun) {
                    let message = message.into();
                    self.stop.get_or_insert(Stop::Unreachable { message, failed });
                }
            }
            Some(halt) => self.halt(halt),
            None if self.tried <= FIRST && self.failed > FIRST / 2 => {
                self.stop.get_or_insert(Stop::MassFailure { failed: self.failed, tried: self.tried });
            }
            None => {}
        }
    }

    /// What the journal keeps of the end of a change, for the log.
    fn ended(&self, at: usize, result: &ChangeResult) -> Option<Ended> {
        let left_out = match &result.status {
            Status::Done | Status::Already => self.left_out[at].clone(),
            Status::Failed { .. } => Vec::new(),
            // Nothing was done that could be forgotten.
            Status::Skipped { .. } => return None,
        };
        Some(Ended { status: result.status.clone(), target: result.target.clone(), left_out })
    }

    fn halt(&mut self, halt: Halt) {
        let stop = match halt {
            Halt::Credentials { message, .. } => Stop::Credentials { message: message.into() },
            Halt::State(message) => Stop::State { message: message.into() },
            Halt::Lock(message) => Stop::LockLost { message: message.into() },
            Halt::Unreached(message) => Stop::Unreachable { message: message.into(), failed: 1 },
            Halt::Interrupted => Stop::Interrupted,
        };
        match &self.stop {
            // Whoever has taken over the lock must not find us writing.
            None | Some(Stop::Interrupted) => self.stop = Some(stop),
            Some(
                Stop::Credentials { .. }
                | Stop::MassFailure { .. }
                | Stop::Unreachable { .. }
                | Stop::LockLost { .. }
                | Stop::State { .. },
            ) => {}
        }
    }

    /// Takes in how a change ended, and frees or skips what depends on it.
    fn finish(&mut self, at: usize, result: ChangeResult, took: Duration) {
        let mut ended = vec![(at, result, took)];
        while let Some((at, mut result, took)) = ended.pop() {
            if self.results[at].is_some() {
                continue;
            }
            if matches!(result.status, Status::Done | Status::Already) {
                result.left_out = std::mem::take(&mut self.left_out[at]);
            }
            self.ready.remove(&at);
            self.finished += 1;
            (self.watch)(Event::Finished { result: &result, took, done: self.finished, of: self.changes.len() });
            let because = match &result.status {
                Status::Done | Status::Already => None,
                Status::Failed { .. } => Some(format!("{} failed", describe(&self.changes[at]))),
                Status::Skipped { .. } if result.waiting => {
                    Some(format!("{} waits for a first login", describe(&self.changes[at])))
                }
                Status::Skipped { .. } => Some(format!("{} was skipped", describe(&self.changes[at]))),
            };
            let waiting = result.waiting;
            self.results[at] = Some(result);
            for dependant in std::mem::take(&mut self.dependants[at]) {
                let goes_on = match &because {
                    None => true,
                    Some(because) => self.leave_out(dependant, at, because),
                };
                match &because {
                    Some(because) if !goes_on => {
                        let because = because.as_str().into();
                        let skipped = self::result(&self.changes[dependant], Status::Skipped { because });
                        ended.push((dependant, ChangeResult { waiting, ..skipped }, Duration::ZERO));
                    }
                    None | Some(_) => {
                        self.waiting[dependant] -= 1;
                        if self.waiting[dependant] == 0 && self.results[dependant].is_none() {
                            self.ready.insert(dependant);
                        }
                    }
                }
            }
        }
    }

    /// Leaves out of a group the members whose account did not come to be, so that the others get in.
    ///
    /// Whether the change can go on: it needed the lost one for nothing else, and somebody is left.
    fn leave_out(&mut self, at: usize, lost: usize, because: &str) -> bool {
        let account = Ref::Created(self.changes[lost].id.clone());
        let change = Arc::make_mut(&mut self.changes[at]);
        let names =
            |request: &Request| matches!(request, Request::AddMembers { members, .. } if members.contains(&account));
        if change.action != Action::AddMembers || !change.requests.iter().any(names) {
            return false;
        }
        for request in &mut change.requests {
            match request {
                Request::AddMembers { group, .. } if *group == account => return false,
                Request::AddMembers { members, .. } => members.retain(|member| *member != account),
                Request::CreateUser { .. }
                | Request::PatchUser { .. }
                | Request::DeleteUser { .. }
                | Request::CreateGroup { .. }
                | Request::PatchGroup { .. }
                | Request::RemoveMembers { .. }
                | Request::DeleteGroup { .. }
                | Request::Admin(_) => return false,
            }
        }
        change.requests.retain(|request| !matches!(request, Request::AddMembers { members, .. } if members.is_empty()));
        let lost = change.members.added.extract_if(.., |member| member.account == account);
        self.left_out[at].extend(lost.map(|member| LeftOut { member: member.name, because: because.into() }));
        change.depends_on.retain(|needed| Ref::Created(needed.clone()) != account);
        !change.requests.is_empty()
    }

    /// Reads back what the answers left open; gives how many could not be read.
    async fn verify(&mut self, options: &Options) -> u64 {
        let checks = std::mem::take(&mut self.checks);
        if checks.is_empty() {
            return 0;
        }
        (self.watch)(Event::Verifying { objects: checks.len() });
        let pages = Pages::of(&self.plan.read, options.page_size);
        let wanted: Vec<_> = checks.iter().map(|check| (check.at, check.target.clone())).collect();
        let mut read = verify::verify(&self.context, &self.changes, &wanted, pages, options.concurrency).await;
        self.insist(&checks, &mut read, options).await;
        let unread = read.iter().filter(|missing| missing.is_none()).count() as u64;
        for (check, missing) in checks.iter().zip(read) {
            self.not_stored(check, missing.unwrap_or_default());
        }
        unread
    }

    /// Sends once more what is not there after an answer that showed nothing: somebody on
    /// the way may have given it, and then it is not the service that does not store.
    async fn insist(&mut self, checks: &[Check], read: &mut [Option<Vec<AttrPath>>], options: &Options) {
        let lacks = |missing: &Option<Vec<AttrPath>>| missing.as_ref().is_some_and(|missing| !missing.is_empty());
        let again: Vec<usize> = (0..checks.len()).filter(|i| checks[*i].unshown && lacks(&read[*i])).collect();
        for i in &again {
            let at = checks[*i].at;
            let change = Arc::clone(&self.changes[at]);
            if let Some(trouble) = verify::insist(&self.context, &change).await {
                self.take_trouble(at, trouble);
                read[*i] = Some(Vec::new());
            }
            if self.stop.is_some() {
                return;
            }
        }
        let wanted: Vec<_> = again.iter().map(|i| (checks[*i].at, checks[*i].target.clone())).collect();
        if !wanted.is_empty() {
            let pages = Pages::of(&self.plan.read, options.page_size);
            let then = verify::verify(&self.context, &self.changes, &wanted, pages, options.concurrency).await;
            for (i, then) in again.into_iter().zip(then) {
                // What failed when it was sent again is told as that.
                if lacks(&read[i]) {
                    read[i] = then;
                }
            }
        }
    }

    /// A change that seemed done, was not, and failed when it was sent once more.
    fn take_trouble(&mut self, at: usize, carried: Carried) {
        let Carried { status, intent, effects, in_doubt, halt, .. } = carried;
        if let Some(doubt) = in_doubt {
            self.state.keep_in_doubt(doubt);
        }
        let result = ChangeResult { target: None, ..result(&self.changes[at], status) };
        let ended = self.ended(at, &result);
        (self.watch)(Event::Finished {
            result: &result,
            took: Duration::ZERO,
            done: self.finished,
            of: self.changes.len(),
        });
        self.results[at] = Some(result);
        self.state.absorb(&effects);
        if let Err(error) = self.context.settle(&self.changes[at], intent, effects, ended) {
            self.halt(Halt::of(&error));
        }
        if let Some(halt) = halt {
            self.halt(halt);
        }
    }

    fn not_stored(&mut self, check: &Check, missing: Vec<AttrPath>) {
        let at = check.at;
        let Some(mut result) = self.results[at].clone().filter(|_| !missing.is_empty()) else { return };
        let change = &self.changes[at];
        let effects = verify::take_back(change, &mut result, missing, check.disabled_since, &self.context);
        self.results[at] = Some(result);
        if let Err(error) = self.state.record(effects) {
            self.halt(Halt::of(&error));
        }
    }

    /// One result for each change: what was not begun is skipped.
    fn close(&mut self) -> Vec<ChangeResult> {
        let because = self
            .stop
            .as_ref()
            .map_or_else(|| "it depends on a change that is not in the plan, or on itself".into(), because);
        let changes = self.changes.iter().zip(self.results.iter_mut());
        changes
            .map(|(change, ended)| {
                ended.take().unwrap_or_else(|| result(change, Status::Skipped { because: because.clone() }))
            })
            .collect()
    }
}

fn because(stop: &Stop) -> Text {
    match stop {
        Stop::Credentials { .. } => "the service refuses the credentials".into(),
        Stop::MassFailure { .. } => "too many of the first changes failed".into(),
        Stop::Unreachable { .. } => "the service cannot be reached".into(),
        Stop::Interrupted => "the run was interrupted".into(),
        Stop::LockLost { .. } => "the lock was lost".into(),
        Stop::State { message } => format!("the state cannot be written: {message}").into(),
    }
}

fn describe(change: &Change) -> String {
    format!("`{} {}`", change.action.verb(), change.subject.name)
}

fn result(change: &Change, status: Status) -> ChangeResult {
    let Change { id, action, subject, grants, .. } = change;
    ChangeResult {
        change: id.clone(),
        action: *action,
        subject: subject.clone(),
        grants: grants.clone(),
        status,
        target: subject.target.clone(),
        left_out: Vec::new(),
        not_stored: Vec::new(),
        waiting: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn changes_that_were_under_way_together_count_as_one() {
        let second = Duration::from_secs(1);
        let begun = Instant::now();
        tokio::time::advance(second).await;
        let mut row = Unreached::default();
        for _ in 0..8 {
            assert_eq!(row.again(begun), None, "a service that comes back at once loses no more than these");
        }
        assert_eq!(row.again(Instant::now()), Some(9));
        let mut row = Unreached::default();
        let mut one_by_one = Vec::new();
        for _ in 0..3 {
            let begun = Instant::now();
            tokio::time::advance(second).await;
            one_by_one.push(row.again(begun));
        }
        assert_eq!(one_by_one, [None, None, Some(3)]);
    }
}
