//! Laws of seats, over generated tenants: carried out in its order, no plan ever takes a seat
//! that is not there; whoever is held for want of one really has none; the table adds up.

use std::collections::BTreeMap;

use dialform::{
    live::{
        Live, Tenant,
        tenant::{Member, MemberState, Office},
    },
    names::{ApiId, License, Value},
    plan::{Action, Change, Plan, Reason},
};
use proptest::prelude::*;
use serde_json::json;

use crate::inputs::Scene;

/// What one generated person wants and has.
#[derive(Clone, Debug)]
struct Someone {
    /// The role that they are assigned, if any.
    role: Option<usize>,
    /// The office and licence of their record, and its state, if there is one.
    record: Option<(usize, usize, MemberState)>,
}

const OFFICES: [&str; 2] = ["London", "Berlin"];
const LICENSES: [License; 3] = License::COUNTED;

fn someone() -> impl Strategy<Value = Someone> {
    let state = prop_oneof![
        4 => Just(MemberState::Active),
        1 => Just(MemberState::Pending),
        1 => Just(MemberState::Suspended),
    ];
    let record = prop::option::weighted(0.7, (0..2_usize, 0..3_usize, state));
    (prop::option::weighted(0.7, 0..6_usize), record).prop_map(|(role, record)| Someone { role, record })
}

/// Six roles: each office with each licence.
fn manifest(seats: &str) -> String {
    let mut text =
        "version: 1\nname: acme\nsource: { files: { people: people.csv } }\ntarget: { sandbox: {} }\n".to_owned();
    text.push_str(&format!("safety: {{ seats: {seats}, disables: {{ max: 1000, percent: 100 }} }}\nassignments:\n"));
    for role in 0..6 {
        text.push_str(&format!("  - {{ group: g{role}, role: r{role} }}\n"));
    }
    text.push_str("roles:\n");
    for role in 0..6 {
        let (office, license) = (OFFICES[role / 3], LICENSES[role % 3].as_str());
        text.push_str(&format!("  r{role}: {{ grants: {{ office: {office}, license: {license} }} }}\n"));
    }
    text
}

fn scene(people: &[Someone], seats: &str) -> Scene {
    let mut scene = Scene::of(&manifest(seats)).last(1).allow("empty_source=1000");
    for role in 0..6 {
        scene = scene.group(&format!("g{role}"), &[]);
    }
    for (at, someone) in people.iter().enumerate() {
        let id = format!("p{at}");
        scene = scene.person(&id, json!({}));
        if let Some(role) = someone.role {
            scene = scene.group(&format!("g{role}"), &[&id]);
        }
        match &someone.record {
            Some((_, _, MemberState::Suspended)) => {
                let mut account = crate::inputs::account(&id);
                account["active"] = json!(false);
                scene = scene.user(&format!("d-{id}"), account).link(&id, &format!("d-{id}"));
                scene = scene.disabled(&id, "2027-01-01T00:00:00Z");
            }
            Some(_) => scene = scene.linked(&id),
            None => {}
        }
    }
    scene
}

fn tenant(people: &[Someone], free: [[u64; 3]; 2]) -> Tenant {
    let office = |at: usize| Office {
        id: ApiId::new(format!("o{at}")),
        name: OFFICES[at].into(),
        // In one country, so that nobody loses a number.
        country: Some("gb".into()),
        is_primary: at == 0,
        free: Some(LICENSES.into_iter().zip(free[at]).collect()),
    };
    let record = |(at, someone): (usize, &Someone)| {
        let (office, license, state) = someone.record.clone()?;
        Some(Member {
            id: ApiId::new(format!("r{at}")),
            emails: vec![format!("p{at}@acme.example").into()],
            state,
            office: Some(ApiId::new(format!("o{office}"))),
            license: Some(LICENSES[license].clone()),
            numbers: Vec::new(),
            company_admin: false,
            admin_offices: Vec::new(),
            roles: BTreeMap::new(),
            job_title: None,
            extension: None,
            forwarding_numbers: Vec::new(),
            international_dialing: None,
        })
    };
    Tenant {
        users: people.iter().enumerate().filter_map(record).collect(),
        offices: vec![office(0), office(1)],
        ..Tenant::default()
    }
}

/// The simple model: who sits where, and how many seats are free.
struct Model {
    free: BTreeMap<(String, License), i64>,
    sits: BTreeMap<String, (String, License)>,
    /// The seat of whoever is suspended, taken again with an enable.
    stood_up: BTreeMap<String, (String, License)>,
}

impl Model {
    fn new(people: &[Someone], free: [[u64; 3]; 2]) -> Self {
        let mut model = Self { free: BTreeMap::new(), sits: BTreeMap::new(), stood_up: BTreeMap::new() };
        for office in 0..2 {
            for license in 0..3 {
                let key = (OFFICES[office].to_owned(), LICENSES[license].clone());
                model.free.insert(key, i64::try_from(free[office][license]).unwrap());
            }
        }
        for (at, someone) in people.iter().enumerate() {
            if let Some((office, license, state)) = &someone.record {
                let seat = (OFFICES[*office].to_owned(), LICENSES[*license].clone());
                let name = format!("p{at}@acme.example");
                let sits = if *state == MemberState::Suspended { &mut model.stood_up } else { &mut model.sits };
                sits.insert(name, seat);
            }
        }
        model
    }

    fn sit(&mut self, name: &str, seat: (String, License)) {
        if let Some(old) = self.sits.insert(name.to_owned(), seat.clone()) {
            *self.free.get_mut(&old).unwrap() += 1;
        }
        *self.free.get_mut(&seat).unwrap() -= 1;
    }

    /// Carries out one change; what the seats are then must not be below zero.
    fn carry_out(&mut self, change: &Change) {
        let name = change.subject.name.to_string();
        match change.action {
            Action::CreateUser => {
                let said = |attribute: &str| {
                    let found = change.attributes.iter().find(|one| one.path.attribute() == attribute).unwrap();
                    found.after.as_ref().and_then(Value::as_text).unwrap().to_string()
                };
                let license = License::of_scim(&said("licenseType")).unwrap();
                self.sit(&name, (said("officeName"), license));
            }
            Action::EnableUser => {
                let seat = self.stood_up.remove(&name).unwrap();
                self.sit(&name, seat);
            }
            Action::DisableUser => {
                let seat = self.sits.remove(&name).unwrap();
                *self.free.get_mut(&seat).unwrap() += 1;
            }
            Action::MoveOffice | Action::SetLicense => {
                let mut seat = self.sits[&name].clone();
                for grant in &change.grants {
                    let after = grant.after.as_deref().unwrap();
                    match grant.kind {
                        dialform::memory::GrantKind::Office => seat.0 = after.to_owned(),
                        dialform::memory::GrantKind::License => seat.1 = License::read(after),
                        other => panic!("{other:?} is no seat"),
                    }
                }
                self.sit(&name, seat);
            }
            Action::AdoptUser => {}
            other => panic!("{other:?} was not asked for"),
        }
    }
}

fn plan(people: &[Someone], free: [[u64; 3]; 2], seats: &str) -> Plan {
    let scene = scene(people, seats);
    scene.plan_of(&Live { tenant: Some(tenant(people, free)), ..scene.live() })
}

fn frees() -> impl Strategy<Value = [[u64; 3]; 2]> {
    let few = || 0..3_u64;
    [[few(), few(), few()], [few(), few(), few()]]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_plan_takes_a_seat_that_is_not_there(people in prop::collection::vec(someone(), 0..14), free in frees()) {
        let plan = plan(&people, free, "hold");
        let mut model = Model::new(&people, free);
        for change in &plan.changes {
            model.carry_out(change);
            prop_assert!(model.free.values().all(|free| *free >= 0), "after {}: {:?}", change.id.0, model.free);
        }
        for line in &plan.seats {
            let after = model.free[&(line.office.to_string(), line.license.clone())];
            prop_assert_eq!(line.free_after, after, "{:?}", line);
        }
        // Nobody goes without while there is one.
        for held in plan.held.iter().filter(|held| held.reason == Reason::NoSeat) {
            let line = plan.seats.iter().find(|line| *held.message == format!("{} has no {} licence free", line.office, line.license.product()));
            prop_assert_eq!(line.map(|line| line.free_after), Some(0), "{:?}", held);
        }
        let missing: u64 = plan.seats.iter().map(|line| line.missing).sum();
        prop_assert_eq!(missing as usize, plan.held.iter().filter(|held| held.reason == Reason::NoSeat).count());
    }

    #[test]
    fn where_seats_may_be_billed_everybody_gets_one_and_the_table_says_how_many(
        people in prop::collection::vec(someone(), 0..14),
        free in frees(),
    ) {
        let plan = plan(&people, free, "allow");
        prop_assert!(plan.held.iter().all(|held| held.reason != Reason::NoSeat), "{:?}", plan.held);
        let mut model = Model::new(&people, free);
        plan.changes.iter().for_each(|change| model.carry_out(change));
        for line in &plan.seats {
            prop_assert_eq!(line.free_after, model.free[&(line.office.to_string(), line.license.clone())]);
        }
    }
}
