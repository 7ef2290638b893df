//! Settings of a person: one request for all that differ.

use super::{Grants, Person, by_role, now, person::Seated};
use crate::{
    desired::{self, Granted, Mapped, Subject as Attributes},
    expr::World,
    manifest::{Apply, Setting, WhenEmpty},
    memory::{Given, GrantKind},
    names::{RoleName, Text, Value, eq_fold},
    plan::{Action, AdminRequest, Draft, GrantChange, Reason, UserField, draft::Planned, guard::held},
};

impl<'a> Grants<'_, '_, 'a> {
    pub(super) fn settings(
        &self,
        draft: &mut Draft,
        person: &Person<'_, 'a>,
        granted: &Granted<'a>,
        seated: &Seated<'a>,
    ) {
        let Some(who) = self.scene.position(person.id) else { return };
        let subject = Attributes::new(self.scene.people[who].person, false);
        let mut fields = Vec::new();
        let mut changes: Vec<GrantChange> = Vec::new();
        let mut first: Option<&RoleName> = None;
        for (role, grant) in &granted.settings {
            let mapping = &grant.mapping;
            if mapping.apply == Apply::OnCreate && person.member.is_some() {
                continue;
            }
            let taken = |_: &str| false;
            let world = World {
                now: self.scene.inputs.now,
                default_domain: self.scene.inputs.directory.default_domain.clone(),
                taken: &taken,
                seed: desired::seed(person.id),
            };
            let value = match desired::value(mapping, &subject, &world) {
                Mapped::Value(value) => Some(value),
                Mapped::Reference(id) => Some(Value::Text(id.text().clone())),
                Mapped::Empty if person.member.is_none() => mapping.default.clone(),
                Mapped::Empty if mapping.when_empty == WhenEmpty::Clear => None,
                Mapped::Empty | Mapped::Ignored => continue,
                Mapped::Failed(error) => {
                    let message = format!("`{}`: {}", grant.setting.name(), error.message);
                    let (subject, places) = (person.subject.clone(), vec![mapping.place.clone()]);
                    let action = Some(Action::SetSettings);
                    draft.held.push(held(Reason::ExpressionFailed, subject, action, message.into(), places));
                    continue;
                }
            };
            let (field, after) = match written(grant.setting, value.as_ref()) {
                Ok(written) => written,
                Err(message) => {
                    let message = format!("`{}` {message}", grant.setting.name());
                    let (subject, places) = (person.subject.clone(), vec![mapping.place.clone()]);
                    let action = Some(Action::SetSettings);
                    draft.held.push(held(Reason::ExpressionFailed, subject, action, message.into(), places));
                    continue;
                }
            };
            let before = person.member.and_then(|member| now::setting(member, grant.setting));
            if before == after || after.is_none() && person.member.is_none() {
                self.is_stored(draft, person, &format!("setting:{}", grant.setting.name()));
                continue;
            }
            let (name, place) = (grant.setting.name().into(), mapping.place.clone());
            let change = GrantChange { kind: GrantKind::Setting, name, at: None, before, after, given: None, place };
            if self.is_not_stored(draft, person, &change) {
                continue;
            }
            first.get_or_insert(role);
            fields.push(field);
            changes.push(change);
        }
        let (Some(role), Some(place)) = (first, changes.first().map(|change| change.place.clone())) else { return };
        let given = Given { kind: GrantKind::Setting, object: None, at: None };
        let request = AdminRequest::PatchUser { user: person.api.clone(), fields };
        let cause = by_role(role, &place);
        let mut change = self.change(Action::SetSettings, person, &given, cause, changes, vec![request]);
        change.depends_on.extend(seated.needs.iter().cloned());
        draft.planned.push(Planned::open(change));
    }
}

/// The field, and how its value is shown and compared.
pub(super) fn written(setting: Setting, value: Option<&Value>) -> Result<(UserField, Option<Text>), String> {
    let text = || value.map(|value| Text::from(value.to_string())).filter(|text| !text.is_empty());
    Ok(match setting {
        Setting::JobTitle => (UserField::JobTitle(text().unwrap_or_default()), text()),
        Setting::Extension => (UserField::Extension(text().unwrap_or_default()), text()),
        Setting::ForwardingNumbers => {
            let numbers: Vec<Text> =
                value.into_iter().flat_map(Value::each).map(|item| item.to_string().into()).collect();
            let shown = Some(now::listed(&numbers)).filter(|text| !text.is_empty());
            (UserField::ForwardingNumbers(numbers), shown)
        }
        Setting::InternationalDialing => {
            let on = match value {
                Some(Value::Boolean(on)) => *on,
                Some(Value::Text(text)) if eq_fold(text, "true") => true,
                Some(Value::Text(text)) if eq_fold(text, "false") => false,
                None => false,
                Some(other) => return Err(format!("is \"{other}\", and true or false is wanted")),
            };
            (UserField::InternationalDialing(on), Some(if on { "on" } else { "off" }.into()))
        }
    })
}
