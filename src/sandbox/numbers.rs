//! Numbers: taken from the reserved ones, else made; given back or released.

use super::{
    account::License,
    company::{Company, Office},
    store::{Content, ResourceKind, Store, StoreError},
};
use crate::names::Text;

/// Numbers inside the company, which stay with a move between countries
/// (OpenAPI, `move_office`).
const INTERNAL: &str = "803";

impl Company {
    /// The next number for somebody in an office, with this area code if one is given.
    pub(crate) fn next_number(
        &self,
        store: &mut Store,
        office: &Office,
        area: Option<&str>,
    ) -> Result<Text, StoreError> {
        let code = calling_code(&office.country);
        if area.is_none()
            && let Some(number) =
                self.reserved(store).into_iter().find(|number| number.starts_with(&format!("+{code}")))
        {
            return Ok(number);
        }
        let mut ledger = store.ledger().clone();
        let number = loop {
            ledger.numbers += 1;
            let number = format!("+{code}{}{}", area.unwrap_or(&office.area_code), 5_550_000 + ledger.numbers);
            if self.holder(store, &number).is_none() {
                break Text::from(number);
            }
        };
        store.set_ledger(ledger)?;
        Ok(number)
    }

    /// The numbers that nobody has: those of the tenant, and those given back since.
    pub(crate) fn reserved(&self, store: &Store) -> Vec<Text> {
        let all = self.reserved_numbers.iter().chain(&store.ledger().returned);
        let mut free: Vec<Text> = all.filter(|number| self.holder(store, number).is_none()).cloned().collect();
        free.dedup();
        free
    }

    /// Whose number it is: the SCIM id.
    pub(crate) fn holder(&self, store: &Store, number: &str) -> Option<Text> {
        let has = |content: &Content| content.account.numbers.iter().any(|own| &**own == number);
        store.rows(ResourceKind::User).iter().find(|row| has(&row.content)).map(|row| row.id.clone())
    }

    /// Gives numbers back: to the reserved ones if there are any, otherwise they are released.
    pub(crate) fn give_back(&self, store: &mut Store, numbers: &[Text]) -> Result<(), StoreError> {
        if self.reserved_numbers.is_empty() || numbers.is_empty() {
            return Ok(());
        }
        let mut ledger = store.ledger().clone();
        for number in numbers.iter().filter(|number| !self.reserved_numbers.contains(number)) {
            if !ledger.returned.contains(number) {
                ledger.returned.push(number.clone());
            }
        }
        Ok(store.set_ledger(ledger)?)
    }

    /// Gives somebody new a number, unless the licence has none or there is one.
    pub(crate) fn give_number(&self, store: &mut Store, content: &mut Content) -> Result<(), StoreError> {
        if content.account.license == License::LiteSupportAgents || !content.account.numbers.is_empty() {
            return Ok(());
        }
        let office = self.office_of(content).clone();
        content.account.numbers.push(self.next_number(store, &office, None)?);
        Ok(())
    }

    /// Takes the numbers away that a move between countries loses: all, unless all are internal.
    pub(crate) fn lose_numbers(&self, before: &Content, after: &mut Content) -> Vec<Text> {
        let abroad = self.office_of(before).country != self.office_of(after).country;
        let internal = |number: &Text| number.trim_start_matches('+').starts_with(INTERNAL);
        if !abroad || after.account.numbers.iter().all(internal) {
            return Vec::new();
        }
        std::mem::take(&mut after.account.numbers)
    }
}

/// The country's calling code (ITU-T E.164); the sandbox knows a few.
fn calling_code(country: &str) -> &'static str {
    match country {
        "gb" => "44",
        "de" => "49",
        "fr" => "33",
        "ie" => "353",
        "nl" => "31",
        "es" => "34",
        "it" => "39",
        "au" => "61",
        "nz" => "64",
        "jp" => "81",
        "in" => "91",
        _ => "1",
    }
}

/// Whether a text is a number as E.164 writes it.
pub(crate) fn is_e164(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|digits| (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The area code of a number, as far as the sandbox can tell.
pub(crate) fn area_code(number: &str) -> Option<&str> {
    number.strip_prefix("+1").and_then(|rest| rest.get(..3))
}
