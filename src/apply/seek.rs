//! Looking at what a request left behind: a lost answer, or "there is one already".

use std::collections::BTreeSet;

use super::carry::{Context, Halt};
use crate::{
    dialpad::{ReadError, Reader, Stored, confirm},
    live::{Group, User},
    names::{AttrPath, TargetId},
    plan::{Ref, Request},
    state::{Doubt, Seek},
};

/// What a look-up says of a request.
pub(super) enum Look {
    /// It is done.
    There { user: Option<User>, group: Option<Group> },
    /// It is not done; what of it is left to be sent.
    NotThere(Request),
    /// Something else is in its place.
    NotOurs(String),
    /// The service refuses to be asked.
    Refused(Halt),
    /// It could not be looked up.
    Unknown(String),
}

impl From<ReadError> for Look {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Credentials { ref message, .. } => {
                Look::Refused(Halt::Credentials { status: 401, message: message.clone() })
            }
            ReadError::Unreachable { .. } | ReadError::Unusable { .. } => Look::Unknown(error.to_string()),
        }
    }
}

impl Context {
    /// Looks whether a request was done. `maybe_ours` when it may have been done by us;
    /// `taken` when the service said that there is one already.
    pub async fn look(&self, doubt: &Doubt, request: &Request, maybe_ours: bool, taken: bool) -> Look {
        let looked = match request {
            Request::CreateUser { .. } => self.look_for_user(&doubt.seek, request, maybe_ours, taken).await,
            Request::CreateGroup { .. } => self.look_for_group(&doubt.seek, request, maybe_ours).await,
            Request::PatchUser { user, .. } => self.look_at_user(user, request).await,
            Request::PatchGroup { group, .. } => self.look_at_group(group, request).await,
            Request::AddMembers { group, members } => self.look_for_members(group, members, request).await,
            Request::RemoveMembers { group, members } => self.look_for_strangers(group, members).await,
            Request::DeleteUser { user } => self.look_for_rest(user, request, true).await,
            Request::DeleteGroup { group } => self.look_for_rest(group, request, false).await,
            // What the admin API was asked ends the same however often it is asked.
            Request::Admin(_) => Ok(Look::NotThere(request.clone())),
        };
        looked.unwrap_or_else(Look::from)
    }

    async fn look_for_user(
        &self,
        seek: &Seek,
        request: &Request,
        maybe_ours: bool,
        taken: bool,
    ) -> Result<Look, ReadError> {
        // The name is free: what the service objects to, or made, may go by the external id.
        let found = candidates(self.writer.reader(), seek, taken || maybe_ours).await?;
        let by_id = |user: &&User| seek.external_id.is_some() && user.external_id() == seek.external_id.as_ref();
        let ours: Vec<&User> = found.iter().filter(by_id).collect();
        match (&ours[..], &found[..]) {
            ([user], _) => return Ok(Look::There { user: Some((*user).clone()), group: None }),
            ([one, two, ..], _) => return Ok(twice(&one.id, &two.id)),
            // Without an external id nothing tells one from the other.
            ([], [one, two, ..]) if seek.external_id.is_none() => return Ok(twice(&one.id, &two.id)),
            ([], _) => {}
        }
        let Some(user) = found.first() else { return Ok(Look::NotThere(request.clone())) };
        let carries = user.external_id().map(ToString::to_string);
        let missing = self.missing(request, Stored::User(user));
        Ok(match carries.filter(|_| seek.external_id.is_some()) {
            Some(other) => Look::NotOurs(format!(
                "account {} has this address already and carries the external id `{other}` of somebody else; plan again to decide",
                user.id
            )),
            // What it lacks may not be stored at all; what it has differently is somebody else's.
            None if maybe_ours && missing.iter().all(|path| user.get(path).is_none()) => {
                Look::There { user: Some(user.clone()), group: None }
            }
            None => Look::NotOurs(format!(
                "account {} has this address already, and nothing shows that it is ours; plan again to adopt it",
                user.id
            )),
        })
    }

    async fn look_for_group(&self, seek: &Seek, request: &Request, maybe_ours: bool) -> Result<Look, ReadError> {
        let Some(name) = &seek.name else { return Ok(Look::Unknown("it has no name to look for".to_owned())) };
        let found = self.writer.reader().find_groups(name).await?;
        if found.is_empty() {
            return Ok(Look::NotThere(request.clone()));
        }
        let external_id =
            |group: &Group| group.get(&AttrPath::core("externalId")).and_then(|value| value.as_text().cloned());
        let ours = found.iter().find(|group| seek.external_id.is_some() && external_id(group) == seek.external_id);
        let nobodys =
            || found.iter().find(|group| maybe_ours && external_id(group).is_none_or(|_| seek.external_id.is_none()));
        Ok(match ours.or_else(nobodys) {
            Some(group) => Look::There { user: None, group: Some(group.clone()) },
            None => Look::NotOurs("a group of this name is there already; plan again to adopt it".to_owned()),
        })
    }

    async fn look_at_user(&self, user: &Ref, request: &Request) -> Result<Look, ReadError> {
        let Some(id) = self.resolve(user) else { return Ok(not_created()) };
        Ok(match self.writer.reader().user(&id).await? {
            Some(user) if self.missing(request, Stored::User(&user)).is_empty() => {
                Look::There { user: Some(user), group: None }
            }
            Some(_) => Look::NotThere(request.clone()),
            None => Look::NotOurs("it is not there any more; plan again".to_owned()),
        })
    }

    async fn look_at_group(&self, group: &Ref, request: &Request) -> Result<Look, ReadError> {
        let Some(id) = self.resolve(group) else { return Ok(not_created()) };
        Ok(match self.writer.reader().group(&id).await? {
            Some(group) if self.missing(request, Stored::Group(&group)).is_empty() => {
                Look::There { user: None, group: Some(group) }
            }
            Some(_) => Look::NotThere(request.clone()),
            None => Look::NotOurs("it is not there any more; plan again".to_owned()),
        })
    }

    /// Only who is not a member yet is sent again: some services list a member twice.
    async fn look_for_members(&self, group: &Ref, members: &[Ref], request: &Request) -> Result<Look, ReadError> {
        let Some(id) = self.resolve(group) else { return Ok(not_created()) };
        let Some(live) = self.writer.reader().group(&id).await? else {
            return Ok(Look::NotOurs("the group is not there any more; plan again".to_owned()));
        };
        if self.missing(request, Stored::Group(&live)).is_empty() {
            return Ok(Look::There { user: None, group: Some(live) });
        }
        let there: BTreeSet<&TargetId> = live.members.iter().collect();
        let absent = |of: &&Ref| self.resolve(of).is_none_or(|id| !there.contains(&id));
        let members = members.iter().filter(absent).cloned().collect();
        Ok(Look::NotThere(Request::AddMembers { group: group.clone(), members }))
    }

    async fn look_for_strangers(&self, group: &Ref, members: &[TargetId]) -> Result<Look, ReadError> {
        let Some(id) = self.resolve(group) else { return Ok(not_created()) };
        let Some(live) = self.writer.reader().group(&id).await? else {
            return Ok(Look::NotOurs("the group is not there any more; plan again".to_owned()));
        };
        let members: Vec<TargetId> = members.iter().filter(|id| live.members.contains(id)).cloned().collect();
        Ok(if members.is_empty() {
            Look::There { user: None, group: Some(live) }
        } else {
            Look::NotThere(Request::RemoveMembers { group: group.clone(), members })
        })
    }

    async fn look_for_rest(&self, of: &Ref, request: &Request, user: bool) -> Result<Look, ReadError> {
        let Some(id) = self.resolve(of) else { return Ok(not_created()) };
        let reader = self.writer.reader();
        let there = if user { reader.user(&id).await?.is_some() } else { reader.group(&id).await?.is_some() };
        Ok(if there { Look::NotThere(request.clone()) } else { Look::There { user: None, group: None } })
    }

    /// What of a request the object does not have.
    fn missing(&self, request: &Request, stored: Stored<'_>) -> Vec<AttrPath> {
        confirm(request, &|of| self.resolve(of), stored)
    }
}

/// Accounts that may be the one that was to be created: by user name, and where nobody has
/// that and `both` are to be tried, by external id.
pub(super) async fn candidates(reader: &Reader, seek: &Seek, both: bool) -> Result<Vec<User>, ReadError> {
    let found = match &seek.name {
        Some(name) => reader.find_users(&AttrPath::core("userName"), name).await?,
        None => Vec::new(),
    };
    match &seek.external_id {
        Some(id) if found.is_empty() && (both || seek.name.is_none()) => {
            match reader.find_users(&AttrPath::core("externalId"), id).await {
                // A service that cannot be asked by it is asked by the name alone.
                Err(ReadError::Unusable { .. }) if seek.name.is_some() => Ok(found),
                by_id => by_id,
            }
        }
        Some(_) | None => Ok(found),
    }
}

/// Somebody is there twice already, and one more would not mend that.
fn twice(one: &TargetId, two: &TargetId) -> Look {
    Look::NotOurs(format!(
        "accounts {one} and {two} both carry this identity; remove the one that is not wanted in Dialpad, then plan again"
    ))
}

fn not_created() -> Look {
    Look::NotOurs("the object that it names was not created".to_owned())
}
