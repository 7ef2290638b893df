//! What `apply` and a cycle of `run` have in common.

use jiff::Timestamp;

use super::records::{Evaluated, Records};
use crate::{
    apply::{self, Event, Stopping},
    dialpad::{Want, Wanted, Writer},
    directory::Directory,
    http::SPANS,
    live::{Live, tenant::Company},
    manifest::{Dialpad, Manifest, Placed, Target},
    memory::Memory,
    plan::{self, Plan, UnknownName, outcome::Outcome},
    render::neutral,
    state::{Guard, LockError, State, StateError},
};

/// Takes the lock. Requests that an earlier run left in doubt are given the time to arrive;
/// `waiting` is told how many there are.
///
/// # Errors
/// When another run holds the lock, or the state cannot be used.
pub async fn lock(state: &mut State, waiting: impl FnOnce(usize)) -> Result<Guard, LockError> {
    let guard = state.lock()?;
    if !state.in_doubt().is_empty() {
        waiting(state.in_doubt().len());
        apply::let_arrive(state, state.now()).await;
    }
    Ok(guard)
}

/// What is read of Dialpad for a plan.
pub fn want(manifest: &Manifest, directory: &Directory, memory: &Memory, now: Timestamp) -> Want {
    let lookups = plan::lookups(manifest, directory, now);
    let linked_users = memory.users.values().map(|link| link.target.clone()).collect();
    let linked_groups = memory.groups.values().map(|link| link.target.clone()).collect();
    let tenant = Wanted::of(manifest, memory);
    Want { groups: manifest.groups.enabled, lookups, tenant, linked_users, linked_groups }
}

/// Whether what was read is of the company that the manifest names.
///
/// # Errors
/// As [`right_company`].
pub fn right_company_of(manifest: &Manifest, live: &Live) -> Result<(), String> {
    right_company(manifest, live.tenant.as_ref().and_then(|tenant| tenant.company.as_ref()))
}

/// Whether the company is the one that the manifest names; with another one nothing is done.
///
/// # Errors
/// That it is another, or that nobody can tell; a fragment with the next step.
pub fn right_company(manifest: &Manifest, found: Option<&Company>) -> Result<(), String> {
    let Target::Dialpad(Dialpad { company: Some(wanted), .. }) = &manifest.target else { return Ok(()) };
    let Placed { value: id, place } = wanted;
    match found {
        Some(company) if *company.id.as_str() == **id => Ok(()),
        Some(Company { id: found, name }) => {
            let name = name.as_deref().map(|name| format!(" ({})", neutral::line(name))).unwrap_or_default();
            let found = neutral::line(found.as_str());
            Err(format!(
                "use the target: the key belongs to the company {found}{name}, and the manifest names {id} ({place})\n  \
                 check the key and `target.dialpad.company`; nothing was changed"
            ))
        }
        None => Err(format!(
            "use the target: the manifest names the company {id} ({place}), and the admin API does not tell whose the key is\n  \
             use the key of a company admin, or take `target.dialpad.company` out; nothing was changed"
        )),
    }
}

/// Names of offices, contact centers and the like that lead nowhere, each as a line.
pub fn unknown_names(manifest: &Manifest, live: &Live) -> Vec<String> {
    let unknown = live.tenant.as_ref().map(|tenant| plan::unknown_names(manifest, tenant)).unwrap_or_default();
    let line = |UnknownName { message, help, place }: UnknownName| {
        let help = help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        neutral::line(&format!("{place}: unknown_name: {message}{help}")).into_owned()
    };
    unknown.into_iter().map(line).collect()
}

/// Settles what an earlier run left in doubt by what was read, without a request, and plans.
/// Gives the plan and its instant.
///
/// # Errors
/// When the state cannot be written.
#[tracing::instrument(target = SPANS, skip_all)]
pub fn plan(
    manifest: &Manifest,
    directory: &Directory,
    live: &Live,
    state: &mut State,
    options: &plan::Options,
    records: &Records,
) -> Result<(Plan, Timestamp), StateError> {
    let now = state.now();
    state.resolve(live, now, &mut |doubt, fate| records.recovered(doubt, fate))?;
    let inputs = plan::Inputs { manifest, directory, live, memory: state.memory(), now };
    Ok((plan::between(&inputs, options), now))
}

/// Carries out a plan, with the log. Gives what came of it, and what people should
/// know when the log is not whole.
#[tracing::instrument(target = SPANS, name = "carry out", skip_all)]
pub async fn carry_out(
    plan: &Plan,
    by: By<'_>,
    evaluated: Evaluated<'_>,
    records: Records,
    watch: apply::Watch<'_>,
) -> (Outcome, Option<String>) {
    let By { writer, state, guard, options, stopping } = by;
    records.begin(plan);
    let watch = |event: Event<'_>| {
        match event {
            Event::Finished { result, took, .. } => records.finished(result, took),
            Event::Closing { results } => records.closing(results),
            Event::Verifying { .. } => {}
        }
        watch(event);
    };
    let outcome = apply::run(plan, writer, state, guard, options, stopping, &watch).await;
    let unlogged = records.close(plan, evaluated, state.memory());
    (outcome, unlogged)
}

/// What a plan is carried out with.
#[derive(Debug)]
pub struct By<'a> {
    /// The client.
    pub writer: &'a Writer,
    /// What is kept.
    pub state: &'a mut State,
    /// The lock.
    pub guard: &'a Guard,
    /// How.
    pub options: &'a apply::Options,
    /// Who may ask to stop.
    pub stopping: &'a Stopping,
}
