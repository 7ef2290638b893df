//! Settling what an earlier run left in doubt, by looking each up.

use std::time::Duration;

use jiff::Timestamp;

use super::seek;
use crate::{
    dialpad::{ReadError, Reader},
    live::User,
    plan::{Action, Kind},
    state::{Doubt, Found, Guard, State, StateError, Told},
};

/// How long a request may be on its way after whoever sent it has given it up. A group
/// whose name need not be unique is made twice when it is looked for too early, and
/// some services list a member twice that is added twice.
pub(super) const ON_ITS_WAY: Duration = Duration::from_secs(2);

/// Waits until no request of an earlier run can be on its way any more that does harm
/// twice. Call it before they are looked for.
pub async fn let_arrive(state: &State, now: Timestamp) {
    let adds = |doubt: &&Doubt| matches!(doubt.action, Action::CreateUser | Action::CreateGroup | Action::AddMembers);
    let left = |doubt: &Doubt| {
        // The clock of another machine may go before ours.
        let since = Duration::try_from(now.duration_since(doubt.at)).unwrap_or_default();
        ON_ITS_WAY.saturating_sub(since)
    };
    let wait = state.in_doubt().iter().filter(adds).map(left).max().unwrap_or_default();
    tokio::time::sleep(wait).await;
}

/// Looks up each request that an earlier run left in doubt: one look-up each. What
/// cannot be looked up stays in doubt.
///
/// Where all of live Dialpad is read anyway, [`State::resolve`] does the same without a request.
///
/// # Errors
/// When the state cannot be written.
pub async fn recover(state: &mut State, guard: &Guard, reader: &Reader, told: Told<'_>) -> Result<(), StateError> {
    // The guard proves that nobody else settles them too.
    let _ = guard;
    for doubt in state.in_doubt().to_vec() {
        let found = look(&doubt, reader).await.unwrap_or(Found::Unknown);
        state.resolve_one(&doubt, &found, state.now(), told)?;
    }
    Ok(())
}

async fn look(doubt: &Doubt, reader: &Reader) -> Result<Found, ReadError> {
    let user = |found: Option<User>| found.map_or(Found::Nothing, Found::User);
    match (doubt.action, &doubt.subject.target) {
        // What came of these the next plan sees; no account tells it.
        (
            Action::MoveOffice
            | Action::SetLicense
            | Action::SetSettings
            | Action::Grant
            | Action::Regrant
            | Action::Withdraw,
            _,
        ) => Ok(Found::Nothing),
        (Action::CreateUser, _) => {
            let users = seek::candidates(reader, &doubt.seek, true).await?;
            let mut ours = users.iter().filter(|user| doubt.seek.is_user(user));
            Ok(match (ours.next(), ours.next()) {
                (Some(_), Some(_)) => Found::Several,
                (one, _) => user(one.or(users.first()).cloned()),
            })
        }
        (Action::CreateGroup, _) => {
            let Some(name) = &doubt.seek.name else { return Ok(Found::Nothing) };
            let groups = reader.find_groups(name).await?;
            let mut ours = groups.iter().filter(|group| doubt.seek.is_group(group));
            Ok(match (ours.next(), ours.next()) {
                (Some(_), Some(_)) => Found::Several,
                (one, _) => one.or(groups.first()).cloned().map_or(Found::Nothing, Found::Group),
            })
        }
        (action, Some(target)) => Ok(match action.kind() {
            Kind::User => user(reader.user(target).await?),
            Kind::Group => reader.group(target).await?.map_or(Found::Nothing, Found::Group),
        }),
        (_, None) => Ok(Found::Nothing),
    }
}
