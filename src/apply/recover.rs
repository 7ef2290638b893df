//! Settling what an earlier run left in doubt, by looking each up.

use jiff::Timestamp;

use crate::{
    dialpad::{ReadError, Reader},
    live::User,
    names::AttrPath,
    plan::{Action, Kind},
    state::{Doubt, Found, Guard, State, StateError},
};

/// Looks up each request that an earlier run left in doubt: one look-up each. What
/// cannot be looked up stays in doubt.
///
/// Where all of live Dialpad is read anyway, [`State::resolve`] does the same without a request.
///
/// Gives those that were found done.
///
/// # Errors
/// When the state cannot be written.
pub async fn recover(state: &mut State, guard: &Guard, reader: &Reader) -> Result<Vec<Doubt>, StateError> {
    // The guard proves that nobody else settles them too.
    let _ = guard;
    let mut done = Vec::new();
    for doubt in state.in_doubt().to_vec() {
        let found = look(&doubt, reader).await.unwrap_or(Found::Unknown);
        if state.resolve_one(&doubt, &found, Timestamp::now())? {
            done.push(doubt);
        }
    }
    Ok(done)
}

async fn look(doubt: &Doubt, reader: &Reader) -> Result<Found, ReadError> {
    let user = |found: Option<User>| found.map_or(Found::Nothing, Found::User);
    match (doubt.action, &doubt.subject.target) {
        (Action::CreateUser, _) => {
            let (name, id) = (doubt.seek.name.as_ref(), doubt.seek.external_id.as_ref());
            let Some((path, value)) = name.map(|name| ("userName", name)).or(id.map(|id| ("externalId", id))) else {
                return Ok(Found::Nothing);
            };
            let users = reader.find_users(&AttrPath::core(path), value).await?;
            Ok(user(users.iter().find(|user| doubt.seek.is_user(user)).or(users.first()).cloned()))
        }
        (Action::CreateGroup, _) => {
            let Some(name) = &doubt.seek.name else { return Ok(Found::Nothing) };
            let groups = reader.find_groups(name).await?;
            let group = groups.iter().find(|group| doubt.seek.is_group(group)).or(groups.first());
            Ok(group.cloned().map_or(Found::Nothing, Found::Group))
        }
        (action, Some(target)) => Ok(match action.kind() {
            Kind::User => user(reader.user(target).await?),
            Kind::Group => reader.group(target).await?.map_or(Found::Nothing, Found::Group),
        }),
        (_, None) => Ok(Found::Nothing),
    }
}
