//! A person's office and licence: moved first, then the licence, in as few requests as there can be.

use std::sync::Arc;

use super::{Grants, Person, by_role, firm, now};
use crate::{
    desired::{Granted, Picked, Single},
    live::tenant::{Member, Office},
    memory::{Given, GrantKind},
    names::{AttrPath, License, Text, Value},
    plan::{
        Action, AdminRequest, AttributeChange, ChangeId, Draft, GrantChange, Reason, Request, UserField,
        draft::{Gate, Planned},
        guard::held,
        seats::Seat,
    },
};

/// The extension by which Dialpad takes custom attributes (its SCIM FAQs).
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What a person holds once office and licence are planned, and which changes see to it.
#[derive(Default)]
pub(super) struct Seated<'a> {
    pub office: Option<&'a Office>,
    pub license: Option<License>,
    pub needs: Vec<ChangeId>,
}

impl<'a> Grants<'_, '_, 'a> {
    pub(super) fn office_and_license(
        &self,
        draft: &mut Draft,
        person: &Person<'_, 'a>,
        granted: &Granted<'a>,
    ) -> Seated<'a> {
        let office = granted.office.as_ref().and_then(|single| self.office(draft, person, single));
        let license = granted.license.as_ref().and_then(|single| self.license(draft, person, single));
        match person.member {
            None => self.on_create(draft, person, granted, office, license),
            Some(member) => self.on_record(draft, person, member, granted, office, license),
        }
    }

    /// The office that is wanted; a name or value that leads nowhere holds it.
    fn office(&self, draft: &mut Draft, person: &Person, single: &Single<'a, Text>) -> Option<&'a Office> {
        let lost = match &single.value {
            Picked::Value(name) => match self.names.office(name) {
                Ok(office) => return Some(office),
                Err((message, _)) => (Reason::UnknownName, message),
            },
            Picked::Silent { attribute, value } => (Reason::UnmappedValue, silent("office", attribute, value.as_ref())),
        };
        self.lost(draft, person, single, Action::MoveOffice, lost);
        None
    }

    fn license(&self, draft: &mut Draft, person: &Person, single: &Single<'a, License>) -> Option<License> {
        match &single.value {
            Picked::Value(license) => Some((*license).clone()),
            Picked::Silent { attribute, value } => {
                let message = silent("licence", attribute, value.as_ref());
                self.lost(draft, person, single, Action::SetLicense, (Reason::UnmappedValue, message));
                None
            }
        }
    }

    /// Holds what is not known. Nobody is created without knowing where: Dialpad would choose.
    fn lost<T>(
        &self,
        draft: &mut Draft,
        person: &Person,
        single: &Single<'a, T>,
        action: Action,
        (reason, message): (Reason, String),
    ) {
        let message = format!("{message} (role {})", single.role);
        match self.create_of(draft, person) {
            Some(at) => draft.planned[at].gates.push(firm(reason, message, single.place)),
            None => {
                let places = vec![single.place.clone()];
                draft.held.push(held(reason, person.subject.clone(), Some(action), message.into(), places));
            }
        }
    }

    fn create_of(&self, draft: &Draft, person: &Person) -> Option<usize> {
        let of_person = self.planned.get(person.id)?;
        of_person.iter().copied().find(|at| draft.planned[*at].change.action == Action::CreateUser)
    }

    /// Whoever is created gets office and licence with the create, where the manifest lets it
    /// say them, so that nobody lands elsewhere first; else right after it.
    fn on_create(
        &self,
        draft: &mut Draft,
        person: &Person<'_, 'a>,
        granted: &Granted<'a>,
        office: Option<&'a Office>,
        license: Option<License>,
    ) -> Seated<'a> {
        let rules = &self.manifest().grants;
        let mut later = Vec::new();
        if let (Some(office), Some(single)) = (office, &granted.office) {
            if rules.office_on_create {
                self.say(draft, person, "officeName", &office.name, single.place);
            } else {
                later.push((UserField::Office(office.id.clone()), self.to_office(person, office, single)));
            }
        }
        if let (Some(license), Some(single)) = (&license, &granted.license) {
            match license.scim_name().filter(|_| rules.license_on_create) {
                Some(name) => self.say(draft, person, "licenseType", name, single.place),
                None => later.push((UserField::License(license.clone()), to_license(person, license, single))),
            }
        }
        let mut needs = Vec::new();
        if !later.is_empty() {
            let action = if later.iter().any(|(_, grant)| grant.kind == GrantKind::Office) {
                Action::MoveOffice
            } else {
                Action::SetLicense
            };
            let (fields, changes): (Vec<_>, Vec<_>) = later.into_iter().unzip();
            let role = granted.office.as_ref().map(|single| (single.role, single.place));
            let role = role.or(granted.license.as_ref().map(|single| (single.role, single.place)));
            if let Some((role, place)) = role {
                let request = AdminRequest::PatchUser { user: person.api.clone(), fields };
                let given = Given { kind: changes[0].kind, object: None, at: None };
                let change = self.change(action, person, &given, by_role(role, place), changes, vec![request]);
                needs.push(change.id.clone());
                let office = office.map(|office| office.id.clone());
                let takes = office.zip(Some(license.clone().unwrap_or(License::Talk)));
                draft.planned.push(Planned { seat: Seat { takes, frees: None }, ..Planned::open(change) });
            }
        }
        Seated { office, license, needs }
    }

    /// Adds an attribute to the create.
    fn say(&self, draft: &mut Draft, person: &Person, attribute: &str, value: &str, place: &crate::names::Place) {
        let Some(at) = self.create_of(draft, person) else { return };
        let path = AttrPath::from_parts(Some(ENTERPRISE.into()), attribute.into(), None, None);
        let change = &mut draft.planned[at].change;
        if change.attributes.iter().any(|known| known.path == path) {
            return;
        }
        let (before, after, place) = (None, Some(Value::text(value)), Arc::new(place.clone()));
        let attribute = AttributeChange { path, before, after, place, redacted: false };
        change.attributes = change.attributes.iter().cloned().chain([attribute]).collect();
        if let Some(Request::CreateUser { attributes }) = change.requests.first_mut() {
            *attributes = attributes.grown(Arc::clone(&change.attributes));
        }
    }

    /// The office, where it is another than the record's and may be sent.
    fn moves(
        &self,
        draft: &mut Draft,
        person: &Person,
        member: &Member,
        granted: &Granted<'a>,
        office: Option<&'a Office>,
    ) -> Option<&'a Office> {
        let (office, single) = office.zip(granted.office.as_ref())?;
        if member.office.as_ref() == Some(&office.id) {
            self.is_stored(draft, person, "office");
            return None;
        }
        (!self.is_not_stored(draft, person, &self.to_office(person, office, single))).then_some(office)
    }

    /// The licence, where it is another than the record's and may be sent.
    fn relicensed(
        &self,
        draft: &mut Draft,
        person: &Person,
        member: &Member,
        granted: &Granted<'a>,
        license: Option<License>,
    ) -> Option<License> {
        let (license, single) = license.zip(granted.license.as_ref())?;
        if member.license.as_ref() == Some(&license) {
            self.is_stored(draft, person, "license");
            return None;
        }
        (!self.is_not_stored(draft, person, &to_license(person, &license, single))).then_some(license)
    }

    /// What differs from the record.
    fn on_record(
        &self,
        draft: &mut Draft,
        person: &Person<'_, 'a>,
        member: &'a Member,
        granted: &Granted<'a>,
        office: Option<&'a Office>,
        license: Option<License>,
    ) -> Seated<'a> {
        let held_office = member.office.as_ref().and_then(|id| self.tenant.office(id));
        let moves = self.moves(draft, person, member, granted, office);
        let relicensed = self.relicensed(draft, person, member, granted, license);
        let mut seated = Seated {
            office: moves.or(held_office),
            license: relicensed.clone().or_else(|| member.license.clone()),
            needs: Vec::new(),
        };
        let abroad = moves.is_some_and(|office| is_abroad(held_office, office));
        let seat = |office: Option<&Office>, license: &Option<License>| Some((office?.id.clone(), license.clone()?));
        if let (Some(office), Some(single)) = (moves, &granted.office) {
            let mut changes = vec![self.to_office(person, office, single)];
            let mut fields = vec![UserField::Office(office.id.clone())];
            let mut gates = Vec::new();
            let loses = abroad && !member.numbers.is_empty();
            if loses {
                gates.push(loses_numbers(
                    member,
                    &format!("moves to {} in another country", office.name),
                    single.place,
                ));
            }
            let frees = seat(held_office, &member.license);
            let mut takes = seat(Some(office), &member.license);
            // One request for both: so the old licence needs no seat in the new office.
            if let (Some(license), Some(single), false) = (&relicensed, &granted.license, loses) {
                changes.push(to_license(person, license, single));
                gates.extend(self.license_fields(member, license, &mut fields, single.place));
                takes = seat(Some(office), &relicensed);
            }
            let request = match loses {
                true => AdminRequest::MoveOffice { user: person.api.clone(), office: office.id.clone() },
                false => AdminRequest::PatchUser { user: person.api.clone(), fields },
            };
            let given = Given { kind: GrantKind::Office, object: None, at: None };
            let cause = by_role(single.role, single.place);
            let change = self.change(Action::MoveOffice, person, &given, cause, changes, vec![request]);
            seated.needs.push(change.id.clone());
            draft.planned.push(Planned { gates, seat: Seat { takes, frees }, ..Planned::open(change) });
            if !loses {
                return seated;
            }
        }
        if let (Some(license), Some(single)) = (&relicensed, &granted.license) {
            let mut fields = Vec::new();
            let gates = self.license_fields(member, license, &mut fields, single.place).into_iter().collect();
            let request = AdminRequest::PatchUser { user: person.api.clone(), fields };
            let given = Given { kind: GrantKind::License, object: None, at: None };
            let (cause, grants) = (by_role(single.role, single.place), vec![to_license(person, license, single)]);
            let mut change = self.change(Action::SetLicense, person, &given, cause, grants, vec![request]);
            change.depends_on.extend(seated.needs.clone());
            let seat = Seat { takes: seat(seated.office, &relicensed), frees: seat(seated.office, &member.license) };
            seated.needs.push(change.id.clone());
            draft.planned.push(Planned { gates, seat, ..Planned::open(change) });
        }
        seated
    }

    /// The fields of a licence; what stands in its way when numbers would go.
    pub(super) fn license_fields(
        &self,
        member: &Member,
        license: &License,
        fields: &mut Vec<UserField>,
        place: &crate::names::Place,
    ) -> Option<Gate> {
        fields.push(UserField::License(license.clone()));
        if license.has_number() || member.numbers.is_empty() {
            return None;
        }
        let keep = self.manifest().grants.keep_paid_numbers;
        fields.push(UserField::KeepPaidNumbers(keep));
        let what = format!("gets {}, which has no direct number, and `keep_paid_numbers` is off", license.product());
        (!keep).then(|| loses_numbers(member, &what, place))
    }

    fn to_office(&self, person: &Person, office: &Office, single: &Single<Text>) -> GrantChange {
        GrantChange {
            kind: GrantKind::Office,
            name: "".into(),
            at: None,
            before: person.member.and_then(|member| now::office(self.tenant, member)),
            after: Some(office.name.clone()),
            given: None,
            place: single.place.clone(),
        }
    }
}

fn to_license(person: &Person, license: &License, single: &Single<License>) -> GrantChange {
    let before = person.member.and_then(|member| member.license.as_ref());
    GrantChange {
        kind: GrantKind::License,
        name: "".into(),
        at: None,
        before: before.map(|license| license.as_str().into()),
        after: Some(license.as_str().into()),
        given: None,
        place: single.place.clone(),
    }
}

/// Whether two offices are known to be in different countries.
pub(super) fn is_abroad(from: Option<&Office>, to: &Office) -> bool {
    let from = from.and_then(|office| office.country.as_ref());
    matches!((from, &to.country), (Some(from), Some(to)) if !from.eq_ignore_ascii_case(to))
}

/// The gate of what would lose somebody's numbers.
pub(super) fn loses_numbers(member: &Member, what: &str, place: &crate::names::Place) -> Gate {
    let message = format!("{what}: {} would be lost", now::listed(&member.numbers));
    Gate::new(Reason::LosesNumbers, message.into()).at(place)
}

fn silent(what: &str, attribute: &str, value: Option<&Text>) -> String {
    match value {
        Some(value) => format!("`{attribute}` is \"{value}\", and the map does not say which {what} that is"),
        None => format!("`{attribute}` is empty, and the map does not say which {what} that is"),
    }
}
