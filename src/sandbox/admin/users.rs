//! Users: reading them.

use std::sync::Arc;

use serde_json::Value;

use super::{Admin, Reading, refusal::Refusal, shapes};
use crate::{
    names::eq_fold,
    sandbox::{
        account::UserState,
        company::user_id,
        store::{Resource, ResourceKind, Store},
    },
};

/// The states that may be asked for (OpenAPI, `GET /users`).
const STATES: [&str; 6] = ["active", "all", "cancelled", "deleted", "pending", "suspended"];

impl Admin {
    /// Without `state` only active ones are listed. What Dialpad does then is
    /// not documented; a client that says what it wants is right with both.
    pub(super) fn users(&self, reading: &Reading<'_>) -> Result<Value, Refusal> {
        let query = reading.query;
        let state = query.text("state").unwrap_or("active");
        if !STATES.contains(&state) {
            return Err(Refusal::bad(format!("`state` must be one of {}", STATES.join(", "))));
        }
        let admin = query.flag("company_admin")?;
        let (email, number) = (query.text("email"), query.text("number"));
        let wanted = |row: &Resource, deleted: bool| {
            let own = if deleted { UserState::Deleted } else { row.content.state() };
            let account = &row.content.account;
            (state == "all" || state == own.as_str())
                && admin.is_none_or(|admin| admin == (account.super_admin && !deleted))
                && email.is_none_or(|email| !deleted && row.content.emails().any(|known| eq_fold(known, email.trim())))
                && number.is_none_or(|number| !deleted && account.numbers.iter().any(|known| &**known == number))
        };
        let deleted = reading.store.deleted().map(|row| (row, true));
        let rows = reading.store.rows(ResourceKind::User).iter().map(|row| (row, false));
        let all = deleted.chain(rows).filter(|(row, deleted)| wanted(row, *deleted));
        let mut found: Vec<(u64, (&Arc<Resource>, bool))> =
            all.map(|(row, deleted)| (row.serial, (row, deleted))).collect();
        found.sort_by_key(|(serial, _)| *serial);
        let write = |(row, deleted): (&Arc<Resource>, bool)| shapes::user(&self.company, row, deleted);
        self.pages.page((reading.path, query), found.into_iter(), write, reading.bend)
    }

    /// Somebody deleted is still told of.
    pub(super) fn user(&self, store: &Store, id: &str) -> Result<Value, Refusal> {
        let deleted = || store.deleted().find(|row| *user_id(&row.id) == *id).map(|row| (row, true));
        let (row, deleted) =
            store.user(id).map(|row| (row, false)).or_else(deleted).ok_or_else(|| Refusal::missing("user", id))?;
        Ok(shapes::user(&self.company, row, deleted))
    }
}
