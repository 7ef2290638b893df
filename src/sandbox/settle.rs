//! What follows for Dialpad when SCIM makes or changes a person: office,
//! licence, number and seat.

use super::{
    account::License,
    company::Company,
    seats::Denied,
    store::{Content, Store},
};
use crate::names::eq_fold;

/// The values of SCIM's `licenseType` (help.dialpad.com, "SCIM FAQs"); another value is none of them.
fn license_of(content: &Content) -> Option<License> {
    let wanted = content.enterprise("licenseType")?;
    [
        ("Dialpad_Ai Voice", License::Talk),
        ("Dialpad_Support", License::LiteSupportAgents),
        ("Dialpad_Ai Sales", License::Agents),
    ]
    .into_iter()
    .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
    .map(|(_, license)| license)
}

impl Company {
    /// Settles a person whom SCIM makes, or changes if there is a `before`.
    pub(crate) fn settle(
        &self,
        store: &mut Store,
        before: Option<&Content>,
        after: &mut Content,
    ) -> Result<(), Denied> {
        // An alias that is now the first address is no alias.
        let email = after.email().to_owned();
        after.account.aliases.retain(|alias| !eq_fold(alias, &email));
        if !self.declared {
            return Ok(());
        }
        let renamed = before.is_none_or(|before| before.email() != after.email());
        if renamed && !self.owns(after.email()) {
            return Err(Denied::Domain);
        }
        match before {
            None => self.settle_new(store, after)?,
            Some(before) => self.settle_change(store, before, after)?,
        }
        after.show_numbers();
        Ok(())
    }

    fn settle_new(&self, store: &mut Store, after: &mut Content) -> Result<(), Denied> {
        after.account.office = Some(self.office_for(after).id.clone());
        after.account.license = license_of(after).unwrap_or(License::Talk);
        after.account.pending = self.behaviour.pending_until_login;
        self.seat(store, None, after)?;
        if after.is_active() {
            self.give_number(store, after)?;
        }
        Ok(())
    }

    /// Office and licence follow only when their own attribute says something
    /// new: what the admin API changed since stays.
    fn settle_change(&self, store: &mut Store, before: &Content, after: &mut Content) -> Result<(), Denied> {
        let license = license_of(after);
        if license != license_of(before)
            && let Some(license) = license
        {
            after.account.license = license;
        }
        let named = self.office_named_by(after).map(|office| office.id.clone());
        if named != self.office_named_by(before).map(|office| office.id.clone())
            && let Some(office) = named
        {
            after.account.office = Some(office);
        }
        let lost = self.lose_numbers(before, after);
        self.seat(store, Some(before), after)?;
        if !lost.is_empty() {
            self.give_back(store, &lost)?;
            self.give_number(store, after)?;
        }
        Ok(())
    }
}
