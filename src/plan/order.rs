//! The order of a plan: phases as a table, and dependencies before phases.

use super::{Action, Change, ChangeId};
use crate::names::{HashMap, HashSet, lead};

/// The phase of an action; what is earlier here comes first where nothing else decides.
///
/// Who leaves comes before all that others get: a disable depends on nothing, and
/// frees a seat. Members need accounts and groups, managers both accounts; what
/// is deleted goes last.
pub const PHASES: [Action; 19] = Action::ALL;

/// Sorts changes into the order of the phases, what others depend on before them.
///
/// Changes whose dependencies form a circle come in phase order; [`circles`] finds them before.
pub(super) fn sort(changes: Vec<Change>) -> Vec<Change> {
    let changes = arranged(changes);
    let mut seen: HashSet<&ChangeId> = HashSet::default();
    let needs_order = changes.iter().any(|change| {
        let open = change.depends_on.iter().any(|needed| !seen.contains(needed));
        seen.insert(&change.id);
        open
    });
    if needs_order { by_dependency(changes) } else { changes }
}

/// By phase, then leavers whom the directory took out before those of a policy, then names.
fn arranged(changes: Vec<Change>) -> Vec<Change> {
    let key = |at: usize| {
        let change = &changes[at];
        let phase = PHASES.iter().position(|action| *action == change.action).unwrap_or(PHASES.len());
        let policy = change.action == Action::DisableUser && !change.cause.kind.is_directory();
        (phase, policy, lead(&change.subject.name))
    };
    let rest = |at: usize| (&changes[at].subject.name, &changes[at].id);
    // Changes are large: their places are sorted, and each change is moved once.
    let mut places: Vec<_> = (0..changes.len()).map(|at| (key(at), at)).collect();
    places.sort_by(|(left, at), (right, other)| left.cmp(right).then_with(|| rest(*at).cmp(&rest(*other))));
    let order: Vec<usize> = places.into_iter().map(|(_, at)| at).collect();
    permuted(changes, order)
}

/// The changes in the order of these places, each named once. They are large and many: none is copied.
fn permuted(mut changes: Vec<Change>, order: Vec<usize>) -> Vec<Change> {
    let mut goes = vec![0; changes.len()];
    for (to, from) in order.into_iter().enumerate() {
        goes[from] = to;
    }
    for at in 0..changes.len() {
        while goes[at] != at {
            let to = goes[at];
            changes.swap(at, to);
            goes.swap(at, to);
        }
    }
    changes
}

/// Each change after what it depends on, otherwise in the order given.
fn by_dependency(changes: Vec<Change>) -> Vec<Change> {
    let places: HashMap<&ChangeId, usize> = changes.iter().enumerate().map(|(at, change)| (&change.id, at)).collect();
    let needs: Vec<Vec<usize>> = changes
        .iter()
        .map(|change| change.depends_on.iter().filter_map(|needed| places.get(needed).copied()).collect())
        .collect();
    let mut order = Vec::with_capacity(changes.len());
    let mut state = vec![State::New; changes.len()];
    // A stack of our own: a chain of dependencies may be as long as the plan.
    let mut stack: Vec<(usize, usize)> = Vec::new();
    for start in 0..changes.len() {
        if state[start] != State::New {
            continue;
        }
        state[start] = State::Open;
        stack.push((start, 0));
        while let Some((at, next)) = stack.pop() {
            match needs[at].get(next) {
                Some(needed) => {
                    stack.push((at, next + 1));
                    if state[*needed] == State::New {
                        state[*needed] = State::Open;
                        stack.push((*needed, 0));
                    }
                }
                None => {
                    state[at] = State::Done;
                    order.push(at);
                }
            }
        }
    }
    drop(places);
    permuted(changes, order)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// Which of these wait for each other in a circle. `next` names for each what it waits for.
pub(super) fn circles(next: &HashMap<usize, usize>) -> Vec<usize> {
    let mut in_circle: HashSet<usize> = HashSet::default();
    let mut seen: HashSet<usize> = HashSet::default();
    let mut starts: Vec<usize> = next.keys().copied().collect();
    starts.sort_unstable();
    for start in starts {
        let mut path = Vec::new();
        let mut at = start;
        let mut on_path: HashMap<usize, usize> = HashMap::default();
        loop {
            if let Some(from) = on_path.get(&at) {
                in_circle.extend(&path[*from..]);
                break;
            }
            if !seen.insert(at) {
                break;
            }
            on_path.insert(at, path.len());
            path.push(at);
            match next.get(&at) {
                Some(following) => at = *following,
                None => break,
            }
        }
    }
    let mut circle: Vec<usize> = in_circle.into_iter().collect();
    circle.sort_unstable();
    circle
}
