//! Seats: who holds which, how many are free, and whether a change finds one.
//!
//! They are counted per office (OpenAPI, `available_licenses` and `plan`).
//! Somebody suspended or deleted holds none (help.dialpad.com, "SCIM FAQs").

use std::collections::BTreeMap;

use super::{
    account::{License, Line},
    company::{Company, Office, PLENTY},
    store::{Content, ResourceKind, Store, StoreError},
    tenant::NoSeat,
};
use crate::names::Text;

/// The seats of one kind in one office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats {
    /// The office's name.
    pub office: String,
    /// The kind of seat.
    pub line: Line,
    /// How many the office has bought.
    pub bought: u64,
    /// How many people, or further numbers, hold one.
    pub used: u64,
}

impl Seats {
    /// How many are free; none when more are used than bought.
    pub fn free(&self) -> u64 {
        self.bought.saturating_sub(self.used)
    }
}

/// What somebody holds, by office.
pub(crate) type Held = BTreeMap<(Text, Line), u64>;

const LINES: [Line; 4] = [Line::Talk, Line::Sell, Line::ContactCenter, Line::AdditionalNumber];

/// Why a change of a person is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    /// The answer of the real service (a customer's notes).
    #[error("Billing issue: \"transaction failed\"")]
    Seat,
    #[error("User domain does not match")]
    Domain,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Company {
    /// The seats that one person holds.
    pub(crate) fn held_by(&self, content: &Content) -> Held {
        let mut held = Held::new();
        if !content.is_active() {
            return held;
        }
        let office = &self.office_of(content).id;
        for line in LINES {
            let count = count(content, line);
            if count > 0 {
                held.insert((office.clone(), line), count);
            }
        }
        held
    }

    /// How many seats of one kind are held in an office.
    pub(crate) fn used(&self, store: &Store, office: &Office, line: Line) -> u64 {
        let rows = store.rows(ResourceKind::User).iter().map(|row| &row.content);
        let here = rows.filter(|content| content.is_active() && self.office_of(content).id == office.id);
        here.map(|content| count(content, line)).sum()
    }

    /// How many seats an office has bought: by the tenant file, and since.
    pub(crate) fn bought(&self, store: &Store, office: &Office, line: Line) -> u64 {
        match &office.lines {
            None => PLENTY,
            Some(lines) => {
                lines.get(&line).copied().unwrap_or(0)
                    + store.ledger().bought.get(&key(&office.id, line)).copied().unwrap_or(0)
            }
        }
    }

    /// All seats, by office and kind.
    pub(crate) fn seats(&self, store: &Store) -> Vec<Seats> {
        let of_line = |office: &Office, line: Line| Seats {
            office: office.name.to_string(),
            line,
            bought: self.bought(store, office, line),
            used: self.used(store, office, line),
        };
        self.offices.iter().flat_map(|office| LINES.map(|line| of_line(office, line))).collect()
    }

    /// Whether the seats that a change needs are free. If the tenant buys, they are made so.
    pub(crate) fn seat(&self, store: &mut Store, before: Option<&Content>, after: &Content) -> Result<(), Denied> {
        let had = before.map(|before| self.held_by(before)).unwrap_or_default();
        let mut missing = Vec::new();
        for ((office, line), count) in self.held_by(after) {
            let seat = (office, line);
            let more = count.saturating_sub(had.get(&seat).copied().unwrap_or(0));
            let Some(office) = self.office(&seat.0).filter(|office| more > 0 && office.lines.is_some()) else {
                continue;
            };
            let free = self.bought(store, office, line).saturating_sub(self.used(store, office, line));
            if more > free {
                missing.push((key(&office.id, line), more - free));
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        match self.behaviour.no_seat {
            NoSeat::Refuse => Err(Denied::Seat),
            NoSeat::Buy => {
                let mut ledger = store.ledger().clone();
                for (key, count) in missing {
                    *ledger.bought.entry(key).or_default() += count;
                }
                Ok(store.set_ledger(ledger).map_err(StoreError::from)?)
            }
        }
    }
}

/// How many seats of one kind an active person holds.
fn count(content: &Content, line: Line) -> u64 {
    let license = content.account.license;
    match line {
        Line::AdditionalNumber => {
            let included = u64::from(license != License::LiteSupportAgents);
            (content.account.numbers.len() as u64).saturating_sub(included)
        }
        Line::Sell | Line::ContactCenter | Line::Talk => u64::from(license.line() == Some(line)),
    }
}

/// How a seat is named on disk.
fn key(office: &str, line: Line) -> String {
    format!("{office}/{line}")
}
