//! Seats: which changes take one, which give one back, and who goes without.
//!
//! Licences are counted for each office. What gives a seat back comes before what takes it:
//! the seats are dealt out as if the changes were done one after the other, and whoever gets a
//! seat that another change gives back waits for that change.

use std::collections::{BTreeMap, VecDeque};

use super::{
    Action, ChangeId, Draft, Note, SeatLine,
    draft::Planned,
    grants::{Names, Records},
    index::Objects,
};
use crate::{
    live::{Tenant, tenant::Member},
    names::{ApiId, HashMap, HashSet, License, Text, Value, count},
};

/// SCIM attributes by which Dialpad chooses the office (its SCIM FAQs).
pub(super) const OFFICE: [&str; 2] = ["officeName", "physicalDeliveryOfficeName"];
/// The SCIM attribute by which Dialpad chooses the licence.
pub(super) const LICENSE: [&str; 1] = ["licenseType"];

/// One kind of seats: an office and a licence.
pub(super) type Place = (ApiId, License);

/// The seats that a change takes and gives back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seat {
    pub takes: Option<Place>,
    pub frees: Option<Place>,
}

/// Says which seats the changes of accounts take and give back.
pub(super) fn mark(records: &Records, names: &Names, accounts: &Objects, draft: &mut Draft) {
    let tenant = records.tenant;
    let later: HashSet<ChangeId> = draft
        .planned
        .iter()
        .filter(|planned| matches!(planned.change.action, Action::MoveOffice | Action::SetLicense))
        .filter(|planned| planned.seat.takes.is_some() && planned.seat.frees.is_none())
        .flat_map(|planned| planned.change.depends_on.iter().cloned())
        .collect();
    let only = match tenant.offices.as_slice() {
        [single] => Some(&single.id),
        _ => None,
    };
    let mut homeless: Vec<Text> = Vec::new();
    for planned in &mut draft.planned {
        let change = &planned.change;
        let member = || {
            let at = accounts.find(change.subject.target.as_ref()?)?;
            records.member_of(at)
        };
        let said = |names: &[&str]| {
            let named = |attribute: &&super::AttributeChange| {
                names.iter().any(|name| attribute.path.attribute().eq_ignore_ascii_case(name))
            };
            change.attributes.iter().find(named).and_then(|attribute| attribute.after.as_ref()).and_then(Value::as_text)
        };
        let office = |name: &Text| names.office(name).ok().map(|office| office.id.clone());
        let license = |name: &Text| License::of_scim(name);
        planned.seat = match change.action {
            Action::CreateUser if !later.contains(&change.id) => {
                let office = said(&OFFICE).and_then(office).or_else(|| only.cloned());
                // What the service gives without a word is not documented; the API's own default is `talk`.
                let license = said(&LICENSE).and_then(license).unwrap_or(License::Talk);
                if office.is_none() {
                    homeless.push(change.subject.name.clone());
                }
                Seat { takes: office.map(|office| (office, license)), frees: None }
            }
            Action::EnableUser => {
                let member = member().filter(|member| !member.state.holds_seat());
                Seat { takes: member.and_then(seat_of), frees: None }
            }
            Action::DisableUser | Action::DeleteUser => {
                let member = member().filter(|member| member.state.holds_seat());
                Seat { takes: None, frees: member.and_then(seat_of) }
            }
            Action::UpdateUser => match member().and_then(seat_of) {
                Some((held_office, held_license)) => {
                    let office = said(&OFFICE).and_then(office).unwrap_or_else(|| held_office.clone());
                    let license = said(&LICENSE).and_then(license).unwrap_or_else(|| held_license.clone());
                    let moves = (&office, &license) != (&held_office, &held_license);
                    let seat = Seat { takes: Some((office, license)), frees: Some((held_office, held_license)) };
                    if moves { seat } else { Seat::default() }
                }
                None => Seat::default(),
            },
            _ => std::mem::take(&mut planned.seat),
        };
    }
    for name in homeless {
        draft.count("office_unknown", &name, None);
    }
}

fn seat_of(member: &Member) -> Option<Place> {
    member.office.clone().zip(member.license.clone())
}

/// Who gets a seat, and after which change.
#[derive(Debug, Default)]
pub(super) struct Dealt {
    /// Changes that go without one.
    pub short: Vec<usize>,
    /// Changes that take a seat which another one gives back.
    pub after: Vec<(usize, ChangeId)>,
}

/// Deals the seats out. `planned` without what is `stopped`; `billed` may go without.
pub(super) fn deal(tenant: &Tenant, planned: &[Planned], stopped: &[bool], billed: &dyn Fn(usize) -> bool) -> Dealt {
    let mut pool = Pool::new(tenant);
    let mut dealt = Dealt::default();
    let mut waiting: Vec<usize> = Vec::new();
    let counted = |at: &usize| !stopped[*at] && planned[*at].seat != Seat::default();
    for at in (0..planned.len()).filter(counted) {
        let Seat { takes, frees } = &planned[at].seat;
        match takes.as_ref().filter(|place| pool.counts(place)) {
            Some(_) => waiting.push(at),
            None => pool.give(frees.as_ref(), &planned[at].change.id),
        }
    }
    waiting.sort_by(|left, right| {
        let key = |at: &usize| (planned[*at].change.action, &planned[*at].change.subject.name, &planned[*at].change.id);
        key(left).cmp(&key(right))
    });
    // What has to come first anyway, such as the enable before the licence, takes its seat first.
    let mut open: HashSet<&ChangeId> = waiting.iter().map(|at| &planned[*at].change.id).collect();
    loop {
        let before = waiting.len();
        waiting.retain(|at| {
            let Planned { change, seat: Seat { takes, frees }, .. } = &planned[*at];
            if change.depends_on.iter().any(|needed| open.contains(needed)) {
                return true;
            }
            let Some(got) = takes.as_ref().and_then(|place| pool.take(place)) else { return true };
            open.remove(&change.id);
            if let Got::After(change) = got {
                dealt.after.push((*at, change));
            }
            pool.give(frees.as_ref(), &planned[*at].change.id);
            false
        });
        if waiting.len() < before {
            continue;
        }
        // Nobody else gets one: whoever may be billed goes on, which may free one for another.
        let is_next = |at: &usize| !planned[*at].change.depends_on.iter().any(|needed| open.contains(needed));
        let Some(first) = waiting.iter().position(|at| billed(*at) && is_next(at)) else { break };
        let at = waiting.remove(first);
        open.remove(&planned[at].change.id);
        pool.give(planned[at].seat.frees.as_ref(), &planned[at].change.id);
    }
    // What only waits for one of these is held with it.
    let is_first = |at: &usize| !planned[*at].change.depends_on.iter().any(|needed| open.contains(needed));
    dealt.short = waiting.into_iter().filter(is_first).collect();
    dealt
}

/// The seats that are free, those from the beginning first.
struct Pool {
    free: HashMap<Place, u64>,
    given: HashMap<Place, VecDeque<ChangeId>>,
}

enum Got {
    Free,
    After(ChangeId),
}

impl Pool {
    fn new(tenant: &Tenant) -> Self {
        let mut free = HashMap::default();
        for office in &tenant.offices {
            for license in License::COUNTED {
                if let Some(seats) = &office.free {
                    let number = seats.get(&license).copied().unwrap_or_default();
                    free.insert((office.id.clone(), license), number);
                }
            }
        }
        Self { free, given: HashMap::default() }
    }

    /// Whether it is known how many there are.
    fn counts(&self, place: &Place) -> bool {
        self.free.contains_key(place)
    }

    fn take(&mut self, place: &Place) -> Option<Got> {
        let free = self.free.get_mut(place)?;
        if *free > 0 {
            *free -= 1;
            return Some(Got::Free);
        }
        self.given.get_mut(place)?.pop_front().map(Got::After)
    }

    fn give(&mut self, place: Option<&Place>, by: &ChangeId) {
        if let Some(place) = place.filter(|place| self.counts(place)) {
            self.given.entry(place.clone()).or_default().push_back(by.clone());
        }
    }
}

/// The table: what is free, needed and freed by the changes that go, and what is missing for those held.
pub(super) fn lines(
    tenant: &Tenant,
    planned: &[Planned],
    stopped: &[bool],
    missing: &BTreeMap<Place, u64>,
) -> Vec<SeatLine> {
    let mut needed: HashMap<&Place, u64> = HashMap::default();
    let mut freed: HashMap<&Place, u64> = HashMap::default();
    for (planned, _) in planned.iter().zip(stopped).filter(|(_, stopped)| !**stopped) {
        if let Some(place) = &planned.seat.takes {
            *needed.entry(place).or_default() += 1;
        }
        if let Some(place) = &planned.seat.frees {
            *freed.entry(place).or_default() += 1;
        }
    }
    let mut lines = Vec::new();
    for office in &tenant.offices {
        let Some(free) = &office.free else { continue };
        for license in License::COUNTED {
            let place = (office.id.clone(), license.clone());
            let of = |map: &HashMap<&Place, u64>| map.get(&place).copied().unwrap_or_default();
            let free_before = free.get(&license).copied().unwrap_or_default();
            let (needed, freed) = (of(&needed), of(&freed));
            let missing = missing.get(&place).copied().unwrap_or_default();
            if free_before + needed + freed + missing == 0 {
                continue;
            }
            let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            let free_after = number(free_before).saturating_add(number(freed)).saturating_sub(number(needed));
            lines.push(SeatLine {
                office: office.name.clone(),
                license,
                free_before,
                needed,
                freed,
                free_after,
                missing,
            });
        }
    }
    lines.sort();
    lines
}

/// Says what is paid for and unused, and what may be billed.
pub(super) fn notes(lines: &[SeatLine], threshold: u64) -> Vec<Note> {
    let seats = |n: u64| count(usize::try_from(n).unwrap_or(usize::MAX), "seat", "seats");
    let mut notes = Vec::new();
    for line in lines {
        let (office, product) = (&line.office, line.license.product());
        if let Ok(free) = u64::try_from(line.free_after) {
            if free >= threshold {
                let message =
                    format!("{} of {product} in {office} stay free: they are paid for and unused", seats(free));
                notes.push(Note { code: "free_seats".into(), message: message.into(), place: None });
            }
        } else {
            let over = line.free_after.unsigned_abs();
            let message =
                format!("{} of {product} in {office} may be billed: the office does not have them", seats(over));
            notes.push(Note { code: "may_be_billed".into(), message: message.into(), place: None });
        }
    }
    notes
}
