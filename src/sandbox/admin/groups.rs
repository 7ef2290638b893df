//! Operators of offices, departments and contact centers, and their skill.

use serde_json::{Map, Value, json};

use super::{Admin, Writing, refusal::Refusal, shapes, users_write::set_license};
use crate::{
    names::Text,
    sandbox::{
        account::{GroupKind, License, Place, Role, UserState},
        company::user_id,
        store::{Content, ResourceKind, Store},
        tenant::Readd,
    },
};

/// help.dialpad.com, "Assign agents to contact centers".
const MOST_CENTERS: usize = 100;

impl Admin {
    /// `OperatorCollection`: all at once, without a cursor. There are no rooms.
    pub(super) fn operators(&self, store: &Store, kind: GroupKind, id: &str) -> Result<Value, Refusal> {
        self.check_group(kind, id)?;
        let rows = store.rows(ResourceKind::User).iter().filter(|row| row.content.account.place(kind, id).is_some());
        let users: Vec<Value> = rows.map(|row| shapes::user(&self.company, row, false)).collect();
        let mut object = Map::new();
        if !users.is_empty() {
            object.insert("users".into(), users.into());
        }
        Ok(object.into())
    }

    fn check_group(&self, kind: GroupKind, id: &str) -> Result<(), Refusal> {
        match kind {
            GroupKind::Office => self.office(id).map(|_| ()),
            GroupKind::Department | GroupKind::CallCenter => self.group(kind, id).map(|_| ()),
        }
    }

    pub(super) fn add_operator(&self, writing: &mut Writing<'_>, kind: GroupKind, id: &str) -> Result<Value, Refusal> {
        let fields = match kind {
            GroupKind::CallCenter => {
                let known = ["keep_paid_numbers", "license_type", "role", "skill_level", "user_id"];
                writing.fields(&known, &["user_id"])?
            }
            GroupKind::Office | GroupKind::Department => {
                let required = ["operator_id", "operator_type"];
                writing.fields(&["operator_id", "operator_type", "role"], &required)?
            }
        };
        self.check_group(kind, id)?;
        let center = kind == GroupKind::CallCenter;
        let user = if center { fields.required_id("user_id")? } else { operator(&fields)? };
        let before = self.person(writing.store, &user)?;
        let role = fields.word::<Role>("role")?.unwrap_or(Role::Operator);
        if role == Role::Supervisor && !center {
            return Err(Refusal::bad("`role` must be operator or admin"));
        }
        let skill = if center { Some(fields.number("skill_level", 1, 100)?) } else { None };
        if before.content.state() == UserState::Suspended {
            return Err(Refusal::bad(format!("user {user} is not active")));
        }
        let mut after = before.content.clone();
        if center && !after.account.license.is_agent() {
            let license = fields.word::<License>("license_type")?.unwrap_or(License::Agents);
            if !license.is_agent() {
                return Err(Refusal::bad("`license_type` must be agents or lite_support_agents"));
            }
            set_license(&mut after, license, fields.flag("keep_paid_numbers")?.unwrap_or(true));
        }
        self.put_place(&mut after, Place { kind, group: id.into(), role, skill: None }, skill)?;
        let lost = lost(&before.content, &after);
        let row = self.save(writing.store, &before, after)?;
        self.company.give_back(writing.store, &lost)?;
        Ok(shapes::user_or_room(&self.company, &row))
    }

    /// Adds a place. Somebody who is there with another role: what Dialpad does
    /// is not documented, and the tenant chooses.
    fn put_place(&self, after: &mut Content, place: Place, skill: Option<Option<u8>>) -> Result<(), Refusal> {
        let places = &mut after.account.places;
        let centers = places.iter().filter(|place| place.kind == GroupKind::CallCenter).count();
        match places.iter_mut().find(|known| known.kind == place.kind && known.group == place.group) {
            Some(known) => {
                let differs = known.role != place.role;
                match self.company.behaviour.readd {
                    Readd::Conflict if differs => {
                        return Err(Refusal::conflict(format!("user is already {} of this group", known.role)));
                    }
                    Readd::Conflict | Readd::Ignore => {}
                    Readd::Change => {
                        known.role = place.role;
                        known.skill = skill.flatten().or(known.skill);
                    }
                }
            }
            None => {
                if place.kind == GroupKind::CallCenter && centers >= MOST_CENTERS {
                    return Err(Refusal::bad(format!("user is in {MOST_CENTERS} call centers already")));
                }
                places.push(Place { skill: skill.map(|skill| skill.unwrap_or(100)), ..place });
            }
        }
        Ok(())
    }

    /// Frees no licence (OpenAPI, `DELETE /callcenters/{id}/operators`).
    pub(super) fn remove_operator(
        &self,
        writing: &mut Writing<'_>,
        kind: GroupKind,
        id: &str,
    ) -> Result<Value, Refusal> {
        self.check_group(kind, id)?;
        let user = if kind == GroupKind::CallCenter {
            writing.fields(&["user_id"], &["user_id"])?.required_id("user_id")?
        } else {
            operator(&writing.fields(&["operator_id", "operator_type"], &["operator_id", "operator_type"])?)?
        };
        let before = self.person(writing.store, &user)?;
        if before.content.account.place(kind, id).is_none() {
            return Err(Refusal::missing("operator", &user));
        }
        let mut after = before.content.clone();
        after.account.places.retain(|place| place.kind != kind || &*place.group != id);
        let row = self.save(writing.store, &before, after)?;
        Ok(shapes::user_or_room(&self.company, &row))
    }

    pub(super) fn skill(&self, store: &Store, center: &str, user: &str) -> Result<Value, Refusal> {
        self.group(GroupKind::CallCenter, center)?;
        let row = self.person(store, user)?;
        let place = row.content.account.place(GroupKind::CallCenter, center);
        let skill = place.ok_or_else(|| Refusal::missing("operator", user))?.skill.unwrap_or(100);
        Ok(skill_level(center, &user_id(&row.id), skill))
    }

    /// From 0, while adding an operator takes 1 at least (OpenAPI).
    pub(super) fn set_skill(&self, writing: &mut Writing<'_>, center: &str, user: &str) -> Result<Value, Refusal> {
        self.group(GroupKind::CallCenter, center)?;
        let fields = writing.fields(&["skill_level"], &["skill_level"])?;
        let skill = fields.number("skill_level", 0, 100)?.unwrap_or(100);
        let before = self.person(writing.store, user)?;
        let mut after = before.content.clone();
        let mut places = after.account.places.iter_mut();
        let place = places.find(|place| place.kind == GroupKind::CallCenter && &*place.group == center);
        place.ok_or_else(|| Refusal::missing("operator", user))?.skill = Some(skill);
        self.save(writing.store, &before, after)?;
        Ok(skill_level(center, user, skill))
    }
}

/// The user whom an operator message names. There are no rooms.
fn operator(fields: &super::Fields) -> Result<Text, Refusal> {
    let id = fields.required_id("operator_id")?;
    match fields.text("operator_type")? {
        Some("user") => Ok(id),
        Some("room") => Err(Refusal::missing("room", &id)),
        Some(_) | None => Err(Refusal::bad("`operator_type` must be user or room")),
    }
}

fn lost(before: &Content, after: &Content) -> Vec<Text> {
    before.account.numbers.iter().filter(|number| !after.account.numbers.contains(number)).cloned().collect()
}

/// `OperatorSkillLevelProto`.
fn skill_level(center: &str, user: &str, skill: u8) -> Value {
    json!({"call_center_id": center, "skill_level": skill.to_string(), "user_id": user})
}
