//! From a draft to the plan: what it is about, guards, requests, order, figures.

use super::{
    Action, Change, ChangeId, Dialect, FORMAT_VERSION, MadeFrom, Plan, Read, Ref, Remember, Request, digest,
    draft::{Draft, change_id},
    guard::{self, Guarded},
    order,
    scene::Scene,
    select,
};
use crate::{
    memory::Sizes,
    names::{HashMap, HashSet, TargetId, Text},
};

/// The finished plan.
pub(super) fn plan(scene: &Scene, mut draft: Draft) -> Plan {
    let mut left_out = select::apply(scene, &mut draft);
    if left_out > 0 {
        left_out += select::drop_left_out_members(&mut draft);
    }
    let (unmanaged, unchanged) = (std::mem::take(&mut draft.unmanaged), draft.unchanged);
    let Guarded { changes, mut held, mut remember, mut notes, seats, trusted } = guard::run(scene, draft);
    let mut changes = changes;
    for change in &mut changes {
        write_members(change, scene);
    }
    forget_empty(&mut changes);
    let mut changes = order::sort(changes);
    one_version_each(&mut changes);
    held.sort_by(|left, right| {
        (left.reason, &left.subject, left.action).cmp(&(right.reason, &right.subject, right.action))
    });
    notes.sort();
    notes.dedup();
    let mut unmanaged = unmanaged;
    // Whom an exclusive grant is taken from is changed, whoever they are.
    let changed: HashSet<&TargetId> = changes.iter().filter_map(|change| change.subject.target.as_ref()).collect();
    unmanaged.retain(|subject| subject.target.as_ref().is_none_or(|target| !changed.contains(target)));
    unmanaged.sort();
    remember.extend(sizes(scene).filter(|_| trusted).map(Remember::Sizes));
    Plan {
        format_version: FORMAT_VERSION,
        made_from: made_from(scene),
        changes,
        held,
        notes,
        unmanaged,
        left_out,
        remember,
        seats,
        read: read(scene, unchanged),
    }
}

/// Drops dependencies on changes of membership that nobody was left in.
fn forget_empty(changes: &mut [Change]) {
    let ids: HashSet<ChangeId> = changes.iter().map(|change| change.id.clone()).collect();
    for change in changes.iter_mut().filter(|change| !change.depends_on.is_empty()) {
        change.depends_on.retain(|needed| ids.contains(needed));
    }
}

/// Writes the requests of a change of membership, each with as many members as the service takes.
fn write_members(change: &mut Change, scene: &Scene) {
    let chunk = usize::try_from(scene.manifest().target.scim().members_per_request.max(1)).unwrap_or(1);
    let group = match &change.subject.target {
        Some(target) => Ref::Live(target.clone()),
        None => Ref::Created(change_id(Action::CreateGroup, &change.subject)),
    };
    match change.action {
        Action::AddMembers => {
            let chunks = change.members.added.chunks(chunk);
            change.requests = chunks
                .map(|members| Request::AddMembers {
                    group: group.clone(),
                    members: members.iter().map(|member| member.account.clone()).collect(),
                })
                .collect();
            let created = change.members.added.iter().filter_map(|member| match &member.account {
                Ref::Created(id) => Some(id.clone()),
                Ref::Live(_) => None,
            });
            change.depends_on.extend(created);
        }
        Action::RemoveMembers => {
            let ids = change.members.removed.iter().filter_map(|member| match &member.account {
                Ref::Live(id) => Some(id.clone()),
                Ref::Created(_) => None,
            });
            let ids: Vec<TargetId> = ids.collect();
            let chunks = ids.chunks(chunk);
            change.requests = chunks
                .map(|members| Request::RemoveMembers { group: group.clone(), members: members.to_vec() })
                .collect();
        }
        Action::AdoptUser
        | Action::AdoptGroup
        | Action::DisableUser
        | Action::CreateUser
        | Action::UpdateUser
        | Action::EnableUser
        | Action::CreateGroup
        | Action::UpdateGroup
        | Action::SetManager
        | Action::MoveOffice
        | Action::SetLicense
        | Action::SetSettings
        | Action::Grant
        | Action::Regrant
        | Action::Withdraw
        | Action::DeleteGroup
        | Action::DeleteUser => {}
    }
}

/// Where the service keeps versions, only the first change of an object can name the
/// one that was read; the others come after it.
fn one_version_each(changes: &mut [Change]) {
    let mut first: HashMap<TargetId, ChangeId> = HashMap::default();
    for change in changes.iter_mut().filter(|change| change.version.is_some() && !change.requests.is_empty()) {
        let Some(target) = change.subject.target.clone() else { continue };
        match first.get(&target) {
            None => {
                first.insert(target, change.id.clone());
            }
            Some(earlier) => {
                change.version = None;
                if !change.depends_on.contains(earlier) {
                    change.depends_on.push(earlier.clone());
                }
            }
        }
    }
}

/// How much was read, when all of it was.
fn sizes(scene: &Scene) -> impl Iterator<Item = Sizes> {
    let inputs = &scene.inputs;
    let people = inputs.directory.people.complete().and_then(|_| inputs.directory.size());
    let live = inputs.live.users.complete().map(|users| users.items().len() as u64);
    let groups = match inputs.directory.groups.because() {
        None => inputs.directory.groups.items().map(|groups| groups.len() as u64),
        // A source without groups is read completely all the same.
        Some(_) => inputs.directory.groups.items().is_none().then_some(0),
    };
    people.zip(groups).zip(live).map(|((people, groups), live_users)| Sizes { people, groups, live_users }).into_iter()
}

fn made_from(scene: &Scene) -> MadeFrom {
    let inputs = &scene.inputs;
    let scim = inputs.manifest.target.scim();
    MadeFrom {
        manifest: inputs.manifest.name.clone(),
        manifest_digest: inputs.manifest.digest.clone(),
        directory_digest: digest::directory(inputs.directory),
        live_digest: digest::live(inputs.live),
        target: scene.options.target.clone(),
        at: inputs.now,
        dialect: Dialect { patch: scim.patch, members: scim.members, manager: scim.manager },
        allowed: scene.options.allow.iter().map(|allowance| Text::from(allowance.to_string())).collect(),
    }
}

fn read(scene: &Scene, unchanged: u64) -> Read {
    let inputs = &scene.inputs;
    let size = |count: Option<usize>| count.unwrap_or_default() as u64;
    let rate = inputs.manifest.target.scim().rate;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is a small positive number")]
    let millirate = rate.map(|rate| (rate * 1000.0).round() as u64);
    Read {
        requests: inputs.live.service.requests + inputs.live.tenant.as_ref().map_or(0, |tenant| tenant.requests),
        people: size(inputs.directory.people.items().map(Vec::len)),
        groups: size(inputs.directory.groups.items().map(Vec::len)),
        entitled: scene.people.iter().filter(|user| user.standing.is_entitled()).count() as u64,
        live_users: size(inputs.live.users.items().map(Vec::len)),
        live_groups: size(inputs.live.groups.items().map(Vec::len)),
        unchanged,
        millirate,
    }
}
