//! User names that are taken: what frees one comes before what takes it.
//!
//! Every service keeps `userName` unique (RFC 7643 §4.1.1), so a name that
//! somebody else has can only be given after that account lost it.

use super::{
    Action, Draft, Reason,
    draft::{Gate, NAMED, names},
    index::{At, ByValue},
    order::circles,
    users::Users,
};
use crate::{
    live::Resource,
    names::{AttrPath, HashMap, Text, fold, repeated},
};

/// Orders changes that give user names, and gates those that cannot be given.
pub(super) fn settle(users: &Users, draft: &mut Draft) {
    let takes = takes(users, draft);
    wanted_twice(&takes, draft);
    let path = AttrPath::core("userName");
    let schema = &users.scene.inputs.live.schema;
    let known = users.matcher.keys.iter().find(|(key, _)| *key == path).map(|(_, by)| by);
    let built;
    let holders = match known {
        Some(by) => by,
        None => {
            built = ByValue::new(&users.matcher.objects, schema, Resource::User, &path);
            &built
        }
    };
    let frees = frees(users, draft);
    let mut next: HashMap<usize, usize> = HashMap::default();
    for take in &takes {
        for holder in holders.find_text(take.name).iter().filter(|at| Some(**at) != take.own) {
            match frees.get(holder) {
                Some(freeing) => {
                    let needed = draft.planned[*freeing].change.id.clone();
                    draft.planned[take.planned].change.depends_on.push(needed);
                    next.insert(take.planned, *freeing);
                }
                None => {
                    let object = users.matcher.objects.get(*holder);
                    let message = format!("the user name {} belongs to account {}", take.name, object.id);
                    let gate = Gate::firm(Reason::IdentityConflict, message.into());
                    draft.planned[take.planned].gates.push(gate);
                }
            }
        }
    }
    for at in circles(&next) {
        let message = "the accounts would exchange their user names, and none can be first".into();
        draft.planned[at].gates.push(Gate::firm(Reason::DependsOnHeld, message));
        // A circle has no order.
        draft.planned[at].change.depends_on.clear();
    }
}

/// A change that gives a user name.
struct Take<'u> {
    name: &'u Text,
    planned: usize,
    /// The account that gets it, where it exists.
    own: Option<At>,
}

fn takes<'u>(users: &'u Users, draft: &Draft) -> Vec<Take<'u>> {
    let takes = users.names.iter().map(|(name, planned, own)| Take { name, planned: *planned, own: *own });
    takes.filter(|take| take.planned < draft.planned.len()).collect()
}

/// Two people want one account: neither gets it.
fn wanted_twice(takes: &[Take], draft: &mut Draft) {
    for (_, takers) in repeated(takes, |take| fold(take.name)) {
        let places: Vec<usize> = takers.into_iter().map(|taker| takes[taker].planned).collect();
        let labels: Vec<(usize, Text)> = places
            .iter()
            .map(|at| {
                let subject = &draft.planned[*at].change.subject;
                (*at, subject.source.as_ref().map_or_else(|| subject.name.clone(), |id| id.text().clone()))
            })
            .collect();
        for at in &places {
            let others = labels.iter().filter(|(other, _)| other != at).map(|(_, label)| label.clone());
            let others: Vec<Text> = others.take(NAMED).collect();
            let name = draft.planned[*at].change.subject.name.clone();
            let message = format!("the user name {name} is wanted by {} too", names(&others, places.len() - 1));
            draft.planned[*at].gates.push(Gate::firm(Reason::DuplicateSource, message.into()));
        }
    }
}

/// Changes after which an account does not have its user name any more.
fn frees(users: &Users, draft: &Draft) -> HashMap<At, usize> {
    let mut frees: HashMap<At, usize> =
        users.names.iter().filter_map(|(_, planned, own)| own.map(|own| (own, *planned))).collect();
    for (at, planned) in draft.planned.iter().enumerate() {
        if planned.change.action == Action::DeleteUser
            && let Some(account) = planned.change.subject.target.as_ref().and_then(|id| users.matcher.objects.find(id))
        {
            frees.insert(account, at);
        }
    }
    frees
}
