//! Users: making, changing, moving and deleting them.

use std::sync::Arc;

use serde_json::Value;

use super::{Admin, Writing, fields::Fields, now, refusal::Refusal, shapes};
use crate::{
    names::{Text, eq_fold},
    sandbox::{
        account::{Account, License, UserState},
        numbers::is_e164,
        seats::Denied,
        store::{Content, Resource, ResourceKind, Store},
        tenant::Permission,
    },
};

/// The fields of `CreateUserMessage`.
const CREATE: [&str; 6] = ["auto_assign", "email", "first_name", "last_name", "license", "office_id"];

/// The fields of `UpdateUserMessage`.
const UPDATE: [&str; 15] = [
    "admin_office_ids",
    "emails",
    "extension",
    "first_name",
    "forwarding_numbers",
    "international_dialing_enabled",
    "is_super_admin",
    "job_title",
    "keep_paid_numbers",
    "last_name",
    "license",
    "office_id",
    "phone_numbers",
    "presence_status",
    "state",
];

impl Admin {
    /// Gives a number only when asked to, unlike SCIM.
    pub(super) fn create_user(&self, writing: &mut Writing<'_>) -> Result<Value, Refusal> {
        let fields = writing.fields(&CREATE, &["email", "office_id"])?;
        let email = fields.text("email")?.unwrap_or_default().trim();
        self.check_address(email)?;
        let office = self.office(&fields.required_id("office_id")?)?.id.clone();
        let account = Account {
            office: Some(office),
            license: fields.word("license")?.unwrap_or(License::Talk),
            pending: self.company.behaviour.pending_until_login,
            ..Account::default()
        };
        let mut content = Content::person(email, fields.text("first_name")?, fields.text("last_name")?, account);
        writing.store.check_name(ResourceKind::User, None, &content)?;
        self.company.seat(writing.store, None, &content)?;
        if fields.flag("auto_assign")?.unwrap_or(false) {
            self.company.give_number(writing.store, &mut content)?;
        }
        if self.company.declared {
            content.show_numbers();
        }
        let row = writing.store.insert(ResourceKind::User, None, content, now())?;
        Ok(shapes::user(&self.company, &row, false))
    }

    fn check_address(&self, email: &str) -> Result<(), Refusal> {
        let parts = email.split_once('@');
        if !parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty()) {
            return Err(Refusal::bad("`email` is not an e-mail address"));
        }
        if self.company.owns(email) { Ok(()) } else { Err(Denied::Domain.into()) }
    }

    pub(super) fn update_user(&self, writing: &mut Writing<'_>, id: &str) -> Result<Value, Refusal> {
        let fields = writing.fields(&UPDATE, &[])?;
        let before = self.person(writing.store, id)?;
        let mut after = before.content.clone();
        self.change_person(&fields, &mut after)?;
        self.change_settings(&fields, &mut after)?;
        self.change_rights(&fields, &mut after)?;
        let lost = self.change_seat(&fields, &before, &mut after)?;
        let row = self.save(writing.store, &before, after)?;
        self.company.give_back(writing.store, &lost)?;
        Ok(shapes::user(&self.company, &row, false))
    }

    fn change_person(&self, fields: &Fields, after: &mut Content) -> Result<(), Refusal> {
        for (field, part) in [("first_name", "givenName"), ("last_name", "familyName")] {
            if let Some(name) = fields.text(field)? {
                after.set_name(part, Some(name));
            }
        }
        if let Some(title) = fields.text("job_title")? {
            after.set_title(title);
        }
        if let Some(emails) = fields.texts("emails")? {
            self.change_emails(emails, after)?;
        }
        match fields.text("state")? {
            None => {}
            Some("active") => after.set_active(true),
            Some("suspended") => after.set_active(false),
            Some(_) => return Err(Refusal::bad("`state` must be active or suspended")),
        }
        Ok(())
    }

    /// The whole list: the first is the primary one, and stays in its domain.
    fn change_emails(&self, emails: Vec<Text>, after: &mut Content) -> Result<(), Refusal> {
        let Some(first) = emails.first() else { return Err(Refusal::bad("`emails` must not be empty")) };
        let domain = |email: &str| email.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
        let own = domain(after.email());
        if !self.company.domains.is_empty() && !eq_fold(&domain(first), &own) {
            let message = format!("Cannot set primary_email to {first} if it does not match the user's domain ({own})");
            return Err(Refusal::bad(message));
        }
        emails.iter().try_for_each(|email| self.check_address(email))?;
        let twice = |(at, email): (usize, &Text)| emails[..at].iter().any(|other| eq_fold(other, email));
        if emails.iter().enumerate().any(twice) {
            return Err(Refusal::bad("`emails` has an address twice"));
        }
        after.set_emails(emails);
        Ok(())
    }

    fn change_settings(&self, fields: &Fields, after: &mut Content) -> Result<(), Refusal> {
        let account = &mut after.account;
        if let Some(extension) = fields.text("extension")? {
            if !extension.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Refusal::bad("`extension` must be digits"));
            }
            account.extension = Some(extension.into()).filter(|text: &Text| !text.is_empty());
        }
        if let Some(numbers) = fields.texts("forwarding_numbers")? {
            if let Some(wrong) = numbers.iter().find(|number| !is_e164(number)) {
                return Err(Refusal::bad(format!("`{wrong}` is not an e164-formatted number")));
            }
            account.forwarding = numbers;
        }
        if let Some(enabled) = fields.flag("international_dialing_enabled")? {
            account.international = enabled;
        }
        Ok(())
    }

    /// Administration. Somebody who never logged in is refused by default: the
    /// portal wants a first log-in before rights are edited (help.dialpad.com).
    fn change_rights(&self, fields: &Fields, after: &mut Content) -> Result<(), Refusal> {
        let state = after.state();
        let account = &mut after.account;
        let had = (account.super_admin, account.admin_offices.len());
        if let Some(offices) = fields.ids("admin_office_ids")? {
            for office in &offices {
                self.office(office)?;
            }
            account.admin_offices = offices;
        }
        if let Some(admin) = fields.flag("is_super_admin")? {
            account.super_admin = admin;
        }
        let more = (account.super_admin && !had.0) || account.admin_offices.len() > had.1;
        if more && state == UserState::Pending && self.company.behaviour.admin_before_login == Permission::Refuse {
            return Err(Refusal::bad("user has not accepted the invitation yet"));
        }
        Ok(())
    }

    /// Licence, office and numbers. Says which numbers are lost.
    fn change_seat(&self, fields: &Fields, before: &Arc<Resource>, after: &mut Content) -> Result<Vec<Text>, Refusal> {
        if let Some(numbers) = fields.texts("phone_numbers")? {
            if let Some(new) = numbers.iter().find(|number| !after.account.numbers.contains(number)) {
                return Err(Refusal::bad(format!("{new} is not a number of this user; use assign_number")));
            }
            after.account.numbers = numbers;
        }
        if let Some(license) = fields.word::<License>("license")? {
            let keeps = fields.flag("keep_paid_numbers")?.unwrap_or(true);
            set_license(after, license, keeps);
        }
        if let Some(office) = fields.id("office_id")? {
            let office = self.office(&office)?;
            let abroad = self.company.office_of(after).country != office.country;
            if abroad && !after.account.numbers.is_empty() {
                return Err(Refusal::bad("user must not have phone numbers to be moved to an international office"));
            }
            after.account.office = Some(office.id.clone());
        }
        let had = before.content.account.numbers.iter();
        Ok(had.filter(|number| !after.account.numbers.contains(number)).cloned().collect())
    }

    /// Between countries all numbers are lost and a new one is given.
    pub(super) fn move_office(&self, writing: &mut Writing<'_>, id: &str) -> Result<Value, Refusal> {
        let fields = writing.fields(&["office_id"], &[])?;
        let before = self.person(writing.store, id)?;
        let mut after = before.content.clone();
        if let Some(office) = fields.id("office_id")? {
            after.account.office = Some(self.office(&office)?.id.clone());
        }
        let lost = self.company.lose_numbers(&before.content, &mut after);
        self.company.seat(writing.store, Some(&before.content), &after)?;
        if !lost.is_empty() {
            self.company.give_back(writing.store, &lost)?;
            self.company.give_number(writing.store, &mut after)?;
        }
        let row = self.save(writing.store, &before, after)?;
        Ok(shapes::user(&self.company, &row, false))
    }

    pub(super) fn delete_user(&self, store: &mut Store, id: &str) -> Result<Value, Refusal> {
        let row = self.person(store, id)?;
        store.remove(ResourceKind::User, &row.id, now())?;
        self.company.give_back(store, &row.content.account.numbers)?;
        Ok(shapes::user(&self.company, &row, true))
    }
}

/// A support licence has no number of its own: kept ones need seats for numbers.
pub(super) fn set_license(content: &mut Content, license: License, keeps_numbers: bool) {
    if license == License::LiteSupportAgents && content.account.license != license && !keeps_numbers {
        content.account.numbers.clear();
    }
    content.account.license = license;
}
