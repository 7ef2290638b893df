//! Numbers: listing, assigning and unassigning them.

use serde_json::Value;

use super::{Admin, Reading, Writing, refusal::Refusal, shapes};
use crate::{names::Text, sandbox::store::ResourceKind};

impl Admin {
    /// Those of people, and then the reserved ones.
    pub(super) fn numbers(&self, reading: &Reading<'_>) -> Result<Value, Refusal> {
        let store = reading.store;
        let of_people = store.rows(ResourceKind::User).iter().flat_map(|row| {
            row.content.account.numbers.iter().map(move |number| shapes::number(&self.company, number, Some(row)))
        });
        let free = self.company.reserved(store).into_iter().map(|number| shapes::number(&self.company, &number, None));
        let status = reading.query.text("status");
        let rows = of_people.chain(free).filter(|number| status.is_none_or(|status| number["status"] == status));
        self.list(reading, rows, |number| number)
    }

    /// A given number, else the next reserved one, else one with the area code.
    pub(super) fn assign_number(&self, writing: &mut Writing<'_>, id: &str) -> Result<Value, Refusal> {
        let fields = writing.fields(&["area_code", "number", "primary"], &[])?;
        let store = &mut *writing.store;
        let before = self.person(store, id)?;
        let primary = fields.flag("primary")?.unwrap_or(true);
        let area = fields.text("area_code")?;
        if area.is_some_and(|area| area.is_empty() || area.len() > 4 || !area.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(Refusal::bad("`area_code` must be digits"));
        }
        let wanted = fields.text("number")?;
        if let Some(number) = wanted {
            if self.company.holder(store, number).is_some() {
                return Err(Refusal::conflict(format!("{number} is already assigned")));
            }
            if !self.company.reserved(store).iter().any(|free| &**free == number) {
                return Err(Refusal::bad(format!("{number} is not available")));
            }
        }
        // The seat is looked for before a number is made.
        let mut after = before.content.clone();
        let place = if primary { 0 } else { after.account.numbers.len() };
        after.account.numbers.insert(place, Text::from(wanted.unwrap_or_default()));
        self.company.seat(store, Some(&before.content), &after)?;
        if wanted.is_none() {
            let office = self.company.office_of(&after).clone();
            after.account.numbers[place] = self.company.next_number(store, &office, area)?;
        }
        let number = after.account.numbers[place].clone();
        let row = self.save(store, &before, after)?;
        Ok(shapes::number(&self.company, &number, Some(&row)))
    }

    pub(super) fn unassign_number(&self, writing: &mut Writing<'_>, id: &str) -> Result<Value, Refusal> {
        let fields = writing.fields(&["number"], &["number"])?;
        let before = self.person(writing.store, id)?;
        let number: Text = fields.text("number")?.unwrap_or_default().into();
        if !before.content.account.numbers.contains(&number) {
            return Err(Refusal::missing("number", &number));
        }
        let mut after = before.content.clone();
        after.account.numbers.retain(|own| *own != number);
        self.save(writing.store, &before, after)?;
        self.company.give_back(writing.store, std::slice::from_ref(&number))?;
        Ok(shapes::number(&self.company, &number, None))
    }
}
