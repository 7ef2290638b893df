//! Members of channels.

use serde_json::Value;

use super::{Admin, Reading, Writing, Written, refusal::Refusal, shapes};
use crate::sandbox::{account::UserState, store::ResourceKind};

impl Admin {
    pub(super) fn members(&self, reading: &Reading<'_>, id: &str) -> Result<Value, Refusal> {
        let channel = self.channel(id)?.id.clone();
        let rows = reading.store.rows(ResourceKind::User).iter();
        let members = rows.filter(|row| row.content.account.channels.contains(&channel)).map(|row| (row.serial, row));
        self.pages.page((reading.path, reading.query), members, |row| shapes::member(row), reading.bend)
    }

    pub(super) fn add_member(&self, writing: &mut Writing<'_>, id: &str) -> Result<Value, Refusal> {
        let channel = self.channel(id)?.id.clone();
        let user = writing.fields(&["user_id"], &["user_id"])?.required_id("user_id")?;
        let before = self.person(writing.store, &user)?;
        if before.content.state() == UserState::Suspended {
            return Err(Refusal::bad(format!("user {user} is not active")));
        }
        if before.content.account.channels.contains(&channel) {
            return Err(Refusal::conflict("user is already a member of this channel"));
        }
        let mut after = before.content.clone();
        after.account.channels.push(channel);
        let row = self.save(writing.store, &before, after)?;
        Ok(shapes::member(&row))
    }

    /// Answers without a body (OpenAPI).
    pub(super) fn remove_member(&self, writing: &mut Writing<'_>, id: &str) -> Written {
        let channel = self.channel(id)?.id.clone();
        let user = writing.fields(&["user_id"], &["user_id"])?.required_id("user_id")?;
        let before = self.person(writing.store, &user)?;
        if !before.content.account.channels.contains(&channel) {
            return Err(Refusal::missing("member", &user));
        }
        let mut after = before.content.clone();
        after.account.channels.retain(|own| *own != channel);
        self.save(writing.store, &before, after)?;
        Ok(None)
    }
}
