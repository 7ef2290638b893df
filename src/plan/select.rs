//! `--only`, `--except` and `pilot`: whom a plan is about.

use std::collections::{HashMap, HashSet};

use super::{
    Action, ChangeId, Kind, Note, Ref, Subject,
    draft::{Draft, Planned},
    guard::drop_members,
    scene::Scene,
};
use crate::names::{Folded, SourceId, near_miss};

/// Leaves out what the plan is not about; how many changes that are.
pub(super) fn apply(scene: &Scene, draft: &mut Draft) -> u64 {
    let options = scene.options;
    let pilot = &scene.manifest().pilot;
    if options.only.is_empty() && options.except.is_empty() && pilot.is_empty() {
        return 0;
    }
    let folded = |names: &[crate::names::Text]| names.iter().map(|name| Folded::new(name)).collect::<Vec<_>>();
    let only = (!options.only.is_empty()).then(|| Chosen::new(scene, folded(&options.only)));
    let except = Chosen::new(scene, folded(&options.except));
    let pilot = (!pilot.is_empty()).then(|| Chosen::new(scene, pilot.iter().map(|line| line.value.clone()).collect()));
    note_strangers(scene, draft, only.as_ref(), &except);
    let may = |subject: &Subject| {
        pilot.as_ref().is_none_or(|pilot| subject.kind == Kind::User && pilot.is(subject)) && !except.is(subject)
    };
    let wants = |subject: &Subject| only.as_ref().is_none_or(|only| only.is(subject));
    let kept = kept(&draft.planned, &may, &wants);
    draft.held.retain(|held| may(&held.subject) && wants(&held.subject));
    let all = draft.planned.len();
    let mut kept = kept.into_iter();
    draft.planned.retain(|_| kept.next().unwrap_or_default());
    (all - draft.planned.len()) as u64
}

/// Which changes stay: those that are wanted and what they need, without those that
/// need something that is left out.
fn kept(planned: &[Planned], may: &dyn Fn(&Subject) -> bool, wants: &dyn Fn(&Subject) -> bool) -> Vec<bool> {
    let places: HashMap<&ChangeId, usize> = planned.iter().enumerate().map(|(at, of)| (&of.change.id, at)).collect();
    let needs = |at: usize| {
        let planned = &planned[at];
        planned.change.depends_on.iter().chain(&planned.together).filter_map(|id| places.get(id).copied()).collect()
    };
    let permitted: Vec<bool> = planned.iter().map(|planned| may(&planned.change.subject)).collect();
    let mut kept: Vec<bool> =
        planned.iter().zip(&permitted).map(|(planned, may)| *may && wants(&planned.change.subject)).collect();
    let mut open: Vec<usize> = (0..planned.len()).filter(|at| kept[*at]).collect();
    while let Some(at) = open.pop() {
        let mut needed: Vec<usize> = needs(at);
        needed.extend(created_members(&planned[at]).filter_map(|id| places.get(id).copied()));
        for needed in needed {
            if permitted[needed] && !kept[needed] {
                kept[needed] = true;
                open.push(needed);
            }
        }
    }
    loop {
        let orphan = |at: &usize| kept[*at] && needs(*at).into_iter().any(|needed: usize| !kept[needed]);
        let orphans: Vec<usize> = (0..planned.len()).filter(orphan).collect();
        if orphans.is_empty() {
            return kept;
        }
        for at in orphans {
            kept[at] = false;
        }
    }
}

fn created_members(planned: &Planned) -> impl Iterator<Item = &ChangeId> {
    planned.change.members.added.iter().filter_map(|member| match &member.account {
        Ref::Created(id) => Some(id),
        Ref::Live(_) => None,
    })
}

/// Takes out members whose account is not created in this plan; for after the selection.
pub(super) fn drop_left_out_members(draft: &mut Draft) -> u64 {
    let there: HashSet<ChangeId> = draft
        .planned
        .iter()
        .filter(|planned| planned.change.action == Action::CreateUser)
        .map(|planned| planned.change.id.clone())
        .collect();
    for planned in draft.planned.iter_mut().filter(|planned| planned.change.action == Action::AddMembers) {
        let stays = |account: &Ref| match account {
            Ref::Live(_) => true,
            Ref::Created(id) => there.contains(id),
        };
        // That they are left out is said by the count.
        let _ = drop_members(&mut planned.change, stays);
    }
    let before = draft.planned.len();
    draft
        .planned
        .retain(|planned| planned.change.action != Action::AddMembers || !planned.change.members.added.is_empty());
    (before - draft.planned.len()) as u64
}

/// People and groups that were named, by every name that they have.
struct Chosen<'a> {
    names: HashSet<Folded>,
    sources: HashSet<&'a SourceId>,
    /// Names that fit somebody of the directory.
    known: HashSet<Folded>,
}

impl<'a> Chosen<'a> {
    fn new(scene: &Scene<'a>, names: Vec<Folded>) -> Self {
        let names: HashSet<Folded> = names.into_iter().collect();
        let mut chosen = Self { names, sources: HashSet::new(), known: HashSet::new() };
        if chosen.names.is_empty() {
            return chosen;
        }
        for user in &scene.people {
            let person = user.person;
            let names = [Some(person.label()), person.text("mail"), Some(person.id.text())];
            for name in names.into_iter().flatten() {
                chosen.note(&person.id, name);
            }
        }
        for group in scene.inputs.directory.groups.items().into_iter().flatten() {
            chosen.note(&group.id, &group.name);
            chosen.note(&group.id, group.id.as_str());
        }
        chosen
    }

    fn note(&mut self, id: &'a SourceId, name: &str) {
        let name = Folded::new(name);
        if self.names.contains(&name) {
            self.sources.insert(id);
            self.known.insert(name);
        }
    }

    fn is(&self, subject: &Subject) -> bool {
        subject.source.as_ref().is_some_and(|id| self.sources.contains(id))
            || !self.names.is_empty()
                && (self.names.contains(&Folded::new(&subject.name))
                    || subject.target.as_ref().is_some_and(|id| self.names.contains(&Folded::new(id.as_str()))))
    }
}

/// Says which names fit nobody, with the nearest that does.
fn note_strangers(scene: &Scene, draft: &mut Draft, only: Option<&Chosen>, except: &Chosen) {
    let flags = only.map(|only| ("--only", only)).into_iter().chain([("--except", except)]);
    for (flag, chosen) in flags {
        let live = |name: &Folded| {
            let accounts = scene.inputs.live.users.items().into_iter().flatten();
            let groups = scene.inputs.live.groups.items().into_iter().flatten();
            accounts
                .map(|user| (user.label(), &user.id))
                .chain(groups.map(|group| (group.label(), &group.id)))
                .any(|(label, id)| Folded::new(label) == *name || Folded::new(id.as_str()) == *name)
        };
        let mut strangers: Vec<&Folded> =
            chosen.names.iter().filter(|name| !chosen.known.contains(*name) && !live(name)).collect();
        strangers.sort_unstable();
        for name in strangers {
            let people = scene.people.iter().map(|user| user.person.label().as_ref());
            let groups = scene.inputs.directory.groups.items().into_iter().flatten().map(|group| group.name.as_ref());
            let near = near_miss(name.as_str(), people.chain(groups));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            let message = format!("`{flag} {}` names no person, account or group{near}", name.as_str());
            draft.notes.push(Note { code: "names_nobody".into(), message: message.into(), place: None });
        }
    }
}
