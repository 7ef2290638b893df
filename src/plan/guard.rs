//! Guards: what moves from the changes to what is held, each with a reason and a remedy.

use std::collections::BTreeMap;

use super::{
    Action, Change, ChangeId, Extent, Held, Members, Note, Reason, Ref, Remember, SeatLine, Subject,
    budget::{exceeded, released},
    draft::{Draft, Gate, Planned},
    other_writer,
    protect::Protect,
    scene::Scene,
    seats,
};
use crate::{
    manifest::Seats,
    names::{Folded, HashMap, HashSet, Place, TargetId, Text, count},
};

/// A held change with its next step.
pub(super) fn held(
    reason: Reason,
    subject: Subject,
    action: Option<Action>,
    message: Text,
    places: Vec<Place>,
) -> Held {
    let mut places = places;
    places.retain(|place| !place.file.is_empty());
    let remedy = remedy(reason, &subject).into();
    Held { reason, subject, action, message, places, remedy }
}

/// What a person does about it.
fn remedy(reason: Reason, subject: &Subject) -> String {
    match reason {
        Reason::Protected => "nothing to do; to let it change, take the line out of `safety.protect`".to_owned(),
        Reason::ForeignTarget => {
            "check the target's URL and token; if the tenant was emptied on purpose, drop the links with \
             `dialform state unlink`"
                .to_owned()
        }
        Reason::Incomplete => {
            "correct the name that was not found, or see why the reading was not complete; then plan again".to_owned()
        }
        Reason::AmbiguousMatch => {
            "make the value unique in Dialpad, or say which account it is with `dialform state link`".to_owned()
        }
        Reason::DuplicateSource => "give only one of them this value in the directory or by a mapping".to_owned(),
        Reason::LinkConflict => {
            "say which account it is with `dialform state link`, or correct the external id in Dialpad".to_owned()
        }
        Reason::NoMatchingValue => {
            "give the person a value in the directory, or map another matching attribute".to_owned()
        }
        Reason::MissingRequired => "give it a value in the directory, or a `default` in the mapping".to_owned(),
        Reason::ExpressionFailed => "correct the expression or the person's values".to_owned(),
        Reason::UnknownRole => "declare the role under `roles`, or correct the assignment".to_owned(),
        Reason::RepeatedFailure => "correct what the service objects to, or try it now with `--retry-held`".to_owned(),
        Reason::LastAdmin => "make somebody else company administrator first".to_owned(),
        Reason::Waiting => "nothing to do: it follows once the person has logged in".to_owned(),
        Reason::NotInApi => {
            "check the person's addresses in Dialpad: e-mail is what joins SCIM and the admin API".to_owned()
        }
        Reason::UnknownName => {
            "correct the name in the role's grants, or give the thing in Dialpad this name".to_owned()
        }
        Reason::UnmappedValue => {
            "add the value to the role's map, or say what any other value gives with `otherwise`".to_owned()
        }
        Reason::DependsOnHeld => "it follows once what it waits for is let through".to_owned(),
        Reason::TooMany
        | Reason::OtherWriter
        | Reason::EmptySource
        | Reason::IdentityConflict
        | Reason::PossibleRename
        | Reason::Vanished
        | Reason::SuspendedElsewhere
        | Reason::UnknownOwner
        | Reason::UnprovenOwner
        | Reason::NoSeat
        | Reason::LosesNumbers
        | Reason::LastOperator
        | Reason::FirstRemovals => flag(reason, &subject.name),
        Reason::FirstEverything => flag(reason, "N"),
    }
}

/// The flag that lets something through, quoted for a shell where it has to be.
fn flag(reason: Reason, extent: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "@.-_+:/,=%".contains(c);
    let allowance = format!("{}={extent}", reason.name());
    if extent.chars().all(plain) {
        format!("`--allow {allowance}` lets it through")
    } else {
        format!("`--allow '{}'` lets it through", allowance.replace('\'', r"'\''"))
    }
}

/// What is left of a draft.
pub(super) struct Guarded {
    pub changes: Vec<Change>,
    pub held: Vec<Held>,
    pub remember: Vec<Remember>,
    pub notes: Vec<Note>,
    /// Seats by office and licence.
    pub seats: Vec<SeatLine>,
    /// Whether what was read is what one can compare later readings with.
    pub trusted: bool,
}

/// Moves what must not be done from the changes to what is held.
pub(super) fn run(scene: &Scene, draft: Draft) -> Guarded {
    let (ours, foreign, empty) = (draft.ours, foreign_target(scene, &draft), empty_source(scene, &draft));
    let mut guard = Guard {
        scene,
        stopped: vec![false; draft.planned.len()],
        protected: HashSet::default(),
        planned: draft.planned,
        held: draft.held,
        remember: draft.remember,
        notes: draft.notes,
        no_seat: BTreeMap::new(),
        followers: 0,
    };
    let trusted = match foreign {
        Some(message) => {
            guard.hold_all(Reason::ForeignTarget, &message);
            guard.remember.clear();
            false
        }
        None => {
            guard.protect();
            guard.repeated();
            let writer = other_writer::gate(scene, &mut guard.notes);
            guard.gates(empty.clone(), writer);
            guard.budgets(ours);
            guard.cascade();
            guard.seats();
            let still = |held: &Held| held.reason == Reason::EmptySource;
            empty.is_none() || scene.allowed.any(Reason::EmptySource) && !guard.held.iter().any(still)
        }
    };
    guard.finish(trusted)
}

/// Why this is another tenant than the one of the last runs.
fn foreign_target(scene: &Scene, draft: &Draft) -> Option<Text> {
    // One or two accounts that are gone are no other tenant.
    const ENOUGH: u64 = 3;
    let complete = scene.inputs.live.users.complete().is_some() && scene.is_listed();
    let foreign = complete && draft.links >= ENOUGH && draft.links_found * 2 < draft.links;
    foreign.then(|| {
        let (found, all) = (draft.links_found, draft.links);
        format!("only {found} of the {all} accounts that we know are there: this looks like another tenant").into()
    })
}

/// Why the source is not believed when it says that people are gone.
fn empty_source(scene: &Scene, draft: &Draft) -> Option<Text> {
    let size = |count: Option<usize>| count.unwrap_or_default() as u64;
    let people = scene.inputs.directory.size().unwrap_or_default();
    let groups = size(scene.inputs.directory.groups.items().map(Vec::len));
    let last = scene.inputs.memory.last_sizes;
    let last_people = last.map(|last| last.people).unwrap_or_default();
    let last_groups = last.map(|last| last.groups).unwrap_or_default();
    if people == 0 {
        Some("the source has no people".into())
    } else if people * 2 < last_people {
        Some(format!("the source has {people} people, and had {last_people} at the last run").into())
    } else if people * 2 < draft.ours_active {
        let ours = draft.ours_active;
        Some(format!("the source has {people} people, and {ours} active accounts are ours").into())
    } else if groups == 0 && last_groups > 0 {
        Some(format!("the source has no groups, and had {last_groups} at the last run").into())
    } else {
        None
    }
}

struct Guard<'s, 'a> {
    scene: &'s Scene<'a>,
    planned: Vec<Planned>,
    /// Which of them are held.
    stopped: Vec<bool>,
    /// Changes that are left alone: what needs them is left alone too.
    protected: HashSet<ChangeId>,
    held: Vec<Held>,
    remember: Vec<Remember>,
    notes: Vec<Note>,
    /// Seats that held changes want.
    no_seat: BTreeMap<seats::Place, u64>,
    /// Places, rights and settings of people who are held.
    followers: usize,
}

impl Guard<'_, '_> {
    fn hold(&mut self, at: usize, reason: Reason, message: Text, places: Vec<Place>, remedy: Option<String>) {
        self.stopped[at] = true;
        let change = &self.planned[at].change;
        let mut places = places;
        places.extend(change.cause.place.clone());
        let mut held = held(reason, change.subject.clone(), Some(change.action), message, places);
        if let Some(remedy) = remedy {
            held.remedy = remedy.into();
        }
        self.held.push(held);
    }

    fn hold_all(&mut self, reason: Reason, message: &Text) {
        for at in 0..self.planned.len() {
            self.hold(at, reason, message.clone(), Vec::new(), None);
        }
    }

    /// What `safety.protect` names is left alone.
    fn protect(&mut self) {
        let protect = Protect::new(self.scene);
        if protect.is_empty() {
            return;
        }
        for at in 0..self.planned.len() {
            let change = &self.planned[at].change;
            if let Some(place) = protect.of(&change.subject) {
                let message = "`safety.protect` names it".into();
                let place = place.clone();
                self.protected.insert(change.id.clone());
                self.hold(at, Reason::Protected, message, vec![place], None);
            } else if change.action == Action::RemoveMembers {
                self.keep_protected_members(at, &protect);
            }
        }
    }

    /// Protected people are not removed from groups either.
    fn keep_protected_members(&mut self, at: usize, protect: &Protect) {
        let change = &mut self.planned[at].change;
        let is_protected = |account: &Ref| matches!(account, Ref::Live(id) if protect.account(id).is_some());
        let (kept, removed): (Vec<_>, Vec<_>) =
            std::mem::take(&mut change.members.removed).into_iter().partition(|member| is_protected(&member.account));
        change.members.removed = removed;
        if kept.is_empty() {
            return;
        }
        let names: Vec<Text> = kept.iter().map(|member| member.name.clone()).collect();
        let shown = super::draft::names(&names, names.len());
        let message = format!("`safety.protect` names {shown}, who would be removed from the group");
        let places = kept.iter().filter_map(|member| match &member.account {
            Ref::Live(id) => protect.account(id).cloned(),
            Ref::Created(_) => None,
        });
        let places = places.collect();
        let subject = change.subject.clone();
        self.held.push(held(Reason::Protected, subject, Some(Action::RemoveMembers), message.into(), places));
        if change.members.removed.is_empty() {
            self.stopped[at] = true;
        }
    }

    /// What was refused in several runs waits for longer each time, unless something else
    /// is wanted now. A disable never waits: it is tried in every run.
    fn repeated(&mut self) {
        let scene = self.scene;
        for (_, planned) in self.planned.iter_mut().enumerate().filter(|(at, _)| !self.stopped[*at]) {
            let change = &planned.change;
            let Some(failure) = scene.inputs.memory.failures.get(&change.id.0) else { continue };
            let same = failure.wanted.is_empty() || failure.wanted == super::wanted(change);
            if failure.count < 2 || !same {
                continue;
            }
            let message =
                format!("refused in {} runs since {:.0}, last with: {}", failure.count, failure.first, failure.message);
            let waits = scene.inputs.now < failure.next && !scene.options.retry_held;
            if waits && change.action != Action::DisableUser {
                let message = format!("{message}; tried again from {:.0} on", failure.next).into();
                planned.gates.push(Gate::new(Reason::RepeatedFailure, message));
            } else {
                let message = format!("{} {}: {message}", change.action.verb(), change.subject.name).into();
                self.notes.push(Note { code: "failed_before".into(), message, place: None });
            }
        }
    }

    /// What stands in the way of single changes, unless a person lets it through.
    fn gates(&mut self, empty: Option<Text>, writer: Option<Gate>) {
        if let Some(writer) = writer {
            for (_, planned) in self.planned.iter_mut().enumerate().filter(|(at, _)| !self.stopped[*at]) {
                // Before all others: whatever else stands in the way, this is mended first.
                planned.gates.insert(0, writer.clone());
            }
        }
        if let Some(message) = empty {
            for (at, planned) in self.planned.iter_mut().enumerate() {
                if !self.stopped[at] && planned.change.action.takes_away() {
                    planned.gates.push(Gate::new(Reason::EmptySource, message.clone()));
                }
            }
        }
        let mut sizes: BTreeMap<Reason, u64> = BTreeMap::new();
        for (at, planned) in self.planned.iter().enumerate() {
            if !self.stopped[at] {
                for gate in &planned.gates {
                    *sizes.entry(gate.reason).or_default() += 1;
                }
            }
        }
        for at in 0..self.planned.len() {
            if self.stopped[at] || self.planned[at].gates.is_empty() {
                continue;
            }
            let gates = std::mem::take(&mut self.planned[at].gates);
            let mut everything = false;
            let closed = gates.into_iter().find(|gate| {
                let open = !gate.firm && self.is_allowed(gate.reason, at, sizes[&gate.reason]);
                everything |= open && gate.reason == Reason::FirstEverything;
                !open
            });
            match closed {
                Some(gate) => {
                    let size = sizes[&gate.reason];
                    let remedy = gate_remedy(&gate, size);
                    self.hold(at, gate.reason, gate.message, gate.places, remedy);
                }
                None if everything && !self.remember.contains(&Remember::EverythingAllowed) => {
                    self.remember.push(Remember::EverythingAllowed);
                }
                None => {}
            }
        }
    }

    fn is_allowed(&self, reason: Reason, at: usize, size: u64) -> bool {
        let allowed = &self.scene.allowed;
        if !reason.can_be_allowed() || !allowed.any(reason) {
            return false;
        }
        // Under `ownership: everything` the first plan is asked for by count alone.
        allowed.counts(reason).any(|count| count >= size)
            || reason != Reason::FirstEverything
                && allowed.names(reason, self.names_of(&self.planned[at].change.subject).into_iter())
    }

    /// What a person may call a subject.
    fn names_of<'n>(&'n self, subject: &'n Subject) -> Vec<&'n str> {
        let mut names = vec![&*subject.name];
        names.extend(subject.target.iter().map(TargetId::as_str));
        if let Some(source) = &subject.source {
            names.push(source.as_str());
            if let Some(person) = self.scene.position(source).map(|at| self.scene.people[at].person) {
                names.push(person.label());
                names.extend(person.text("mail").map(|mail| &**mail));
            }
        }
        names
    }

    fn budgets(&mut self, ours: u64) {
        let batches = exceeded(self.scene, &self.planned, &self.stopped, ours);
        let released = released(self.scene, &batches);
        for (batch, released) in batches.iter().zip(released) {
            if released {
                continue;
            }
            for at in &batch.places {
                let subject = &self.planned[*at].change.subject;
                if !self.scene.allowed.names(Reason::TooMany, self.names_of(subject).into_iter()) {
                    let remedy = flag(Reason::TooMany, &batch.planned.to_string()).replace("lets it", "lets them");
                    let places = vec![self.scene.manifest().safety.place.clone()];
                    self.hold(*at, Reason::TooMany, batch.message.clone().into(), places, Some(remedy));
                }
            }
        }
    }

    /// Whoever finds no seat is held; what another change frees is waited for.
    fn seats(&mut self) {
        let Some(tenant) = &self.scene.inputs.live.tenant else { return };
        let all = self.scene.manifest().safety.seats == Seats::Allow;
        loop {
            let size = seats::deal(tenant, &self.planned, &self.stopped, &|_| all).short.len() as u64;
            let billed = |at: usize| all || self.is_allowed(Reason::NoSeat, at, size);
            let seats::Dealt { short, after } = seats::deal(tenant, &self.planned, &self.stopped, &billed);
            if short.is_empty() {
                for (at, needed) in after {
                    let change = &mut self.planned[at].change;
                    if !change.depends_on.contains(&needed) {
                        change.depends_on.push(needed);
                    }
                }
                return;
            }
            for at in short {
                let Some((office, license)) = self.planned[at].seat.takes.clone() else { continue };
                let name = tenant.office(&office).map_or_else(|| office.text().clone(), |office| office.name.clone());
                let product = license.product().to_owned();
                *self.no_seat.entry((office, license)).or_default() += 1;
                let message = format!("{name} has no {product} licence free");
                let place = self.scene.manifest().safety.place.clone();
                let flag = flag(Reason::NoSeat, &self.planned[at].change.subject.name);
                let remedy = format!("buy a licence for the office, or {flag}, and it may be billed");
                self.hold(at, Reason::NoSeat, message.into(), vec![place], Some(remedy));
            }
            self.cascade();
        }
    }

    /// What needs something that is held is held too; members who get no account are left out.
    fn cascade(&mut self) {
        let mut open: Vec<usize> = (0..self.planned.len()).filter(|at| self.stopped[*at]).collect();
        if open.is_empty() {
            return;
        }
        let mut waiting: HashMap<ChangeId, Vec<usize>> = HashMap::default();
        for (at, planned) in self.planned.iter().enumerate() {
            let change = &planned.change;
            for needed in needs(planned) {
                waiting.entry(needed.clone()).or_default().push(at);
            }
            for member in &change.members.added {
                if let Ref::Created(created) = &member.account {
                    waiting.entry(created.clone()).or_default().push(at);
                }
            }
        }
        while let Some(at) = open.pop() {
            let id = self.planned[at].change.id.clone();
            for dependant in waiting.get(&id).into_iter().flatten().copied() {
                if !self.stopped[dependant] && self.loses(dependant, &id) {
                    self.depends_on_held(dependant, at);
                    open.push(dependant);
                }
            }
        }
        self.leave_out_members();
    }

    /// Whether a change cannot be done without the one that is held.
    fn loses(&self, dependant: usize, id: &ChangeId) -> bool {
        needs(&self.planned[dependant]).any(|needed| needed == id)
    }

    fn depends_on_held(&mut self, at: usize, needed: usize) {
        let needed = &self.planned[needed].change;
        // What a person is to have besides follows by itself: that the person is held is said once.
        if is_grant(self.planned[at].change.action) && self.planned[at].change.subject.source == needed.subject.source {
            if self.protected.contains(&needed.id) {
                self.protected.insert(self.planned[at].change.id.clone());
            }
            self.stopped[at] = true;
            self.followers += 1;
            return;
        }
        let what = format!("it needs {} of {}", needed.action.verb(), needed.subject.name);
        // Nobody is to do anything about what is left alone on purpose, nor about what follows from it.
        if self.protected.contains(&needed.id) {
            let message = format!("{what}, which `safety.protect` leaves alone");
            self.protected.insert(self.planned[at].change.id.clone());
            self.hold(at, Reason::Protected, message.into(), Vec::new(), None);
        } else {
            self.hold(at, Reason::DependsOnHeld, format!("{what}, which is held").into(), Vec::new(), None);
        }
    }

    /// An `--allow` that lets nothing through is a slip: fewer than are held, or nobody's name.
    fn say_what_lets_nothing_through(&mut self) {
        for allowance in &self.scene.options.allow {
            let held = self.held.iter().filter(|held| held.reason == allowance.reason).count();
            let why = match &allowance.extent {
                Extent::Count(count) if held > 0 && (*count as usize) < held => {
                    format!("{held} are held, and they go through all together or by name")
                }
                Extent::Subject(name) => {
                    let is = |subject: &Subject| self.names_of(subject).into_iter().any(|of| Folded::new(of) == *name);
                    let subjects = self.planned.iter().map(|planned| &planned.change.subject);
                    if subjects.chain(self.held.iter().map(|held| &held.subject)).any(is) {
                        continue;
                    }
                    "nothing is planned for anybody of that name".to_owned()
                }
                Extent::Count(_) => continue,
            };
            let message = format!("`--allow {allowance}` lets nothing through: {why}");
            self.notes.push(Note { code: "allow_unused".into(), message: message.into(), place: None });
        }
    }

    /// Takes members out whose account is not created or not taken over.
    fn leave_out_members(&mut self) {
        let held = self.planned.iter().zip(&self.stopped).filter(|(_, stopped)| **stopped).map(|(planned, _)| planned);
        let mut created: HashSet<ChangeId> = HashSet::default();
        let mut adopted: HashSet<TargetId> = HashSet::default();
        for planned in held {
            match planned.change.action {
                Action::CreateUser => {
                    created.insert(planned.change.id.clone());
                }
                Action::AdoptUser => adopted.extend(planned.change.subject.target.clone()),
                _ => {}
            }
        }
        if created.is_empty() && adopted.is_empty() {
            return;
        }
        for at in 0..self.planned.len() {
            if self.stopped[at] || self.planned[at].change.action != Action::AddMembers {
                continue;
            }
            let change = &mut self.planned[at].change;
            let stays = |account: &Ref| match account {
                Ref::Live(id) => !adopted.contains(id),
                Ref::Created(id) => !created.contains(id),
            };
            if let Some(message) = drop_members(change, stays) {
                let note = Note { code: "member_left_out".into(), message, place: change.cause.place.clone() };
                self.stopped[at] = change.members.added.is_empty();
                self.notes.push(note);
            }
        }
    }

    fn finish(mut self, trusted: bool) -> Guarded {
        let tenant = self.scene.inputs.live.tenant.as_ref();
        let seats =
            tenant.map(|tenant| seats::lines(tenant, &self.planned, &self.stopped, &self.no_seat)).unwrap_or_default();
        self.say_what_lets_nothing_through();
        if self.followers > 0 {
            let wait = count(self.followers, "place, right or setting waits", "places, rights and settings wait");
            let message = format!("{wait} for people who are held back, and follow by themselves");
            self.notes.push(Note { code: "grants_wait".into(), message: message.into(), place: None });
        }
        self.notes.extend(seats::notes(&seats, self.scene.manifest().grants.note_free_seats));
        let mut remember = self.remember;
        let mut stopped = self.stopped.into_iter();
        let open = self.planned.into_iter().filter(|_| !stopped.next().unwrap_or_default());
        // In place: a second list of all changes would be the most memory that a plan needs.
        let changes = open
            .map(|planned| {
                remember.extend(planned.remember.map(|remember| *remember));
                planned.change
            })
            .collect();
        Guarded { changes, held: self.held, remember, notes: self.notes, seats, trusted }
    }
}

/// What a change cannot be done without. Members who are created are none of it.
fn needs(planned: &Planned) -> impl Iterator<Item = &ChangeId> {
    planned.change.depends_on.iter().chain(&planned.together)
}

/// Keeps the members that stay; what to say of the others.
pub(super) fn drop_members(change: &mut Change, stays: impl Fn(&Ref) -> bool) -> Option<Text> {
    let Members { added, .. } = &mut change.members;
    let (kept, dropped): (Vec<_>, Vec<_>) =
        std::mem::take(added).into_iter().partition(|member| stays(&member.account));
    *added = kept;
    if dropped.is_empty() {
        return None;
    }
    let names: Vec<Text> = dropped.into_iter().map(|member| member.name).collect();
    let shown = super::draft::names(&names, names.len());
    let people = count(names.len(), "person is", "people are");
    let group = &change.subject.name;
    Some(format!("{people} left out of group {group}, because the account is held: {shown}").into())
}

/// Whether an action goes through the admin API.
fn is_grant(action: Action) -> bool {
    match action {
        Action::MoveOffice
        | Action::SetLicense
        | Action::SetSettings
        | Action::Grant
        | Action::Regrant
        | Action::Withdraw => true,
        Action::AdoptUser
        | Action::AdoptGroup
        | Action::DisableUser
        | Action::CreateUser
        | Action::UpdateUser
        | Action::EnableUser
        | Action::CreateGroup
        | Action::UpdateGroup
        | Action::AddMembers
        | Action::SetManager
        | Action::RemoveMembers
        | Action::DeleteGroup
        | Action::DeleteUser => false,
    }
}

/// The remedy of a gate, where it is not the reason's own.
fn gate_remedy(gate: &Gate, size: u64) -> Option<String> {
    if gate.firm && gate.reason == Reason::IdentityConflict {
        return Some("give the account in Dialpad another user name, or link it with `dialform state link`".to_owned());
    }
    match gate.reason {
        Reason::FirstEverything => {
            Some(flag(Reason::FirstEverything, &size.to_string()).replace("lets it", "lets them"))
        }
        Reason::EmptySource => Some(flag(Reason::EmptySource, &size.to_string()).replace("lets it", "lets them")),
        Reason::OtherWriter => {
            let flag = flag(Reason::OtherWriter, &size.to_string()).replace("lets it", "lets them");
            Some(format!("{}; {flag} all the same", other_writer::STOP))
        }
        _ => None,
    }
}
