//! Seats: who takes one, who frees one, and a simple model that counts along.

use std::collections::BTreeMap;

use dialform::sandbox::{Options, Sandbox, Tenant};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Company, TENANT, company};

#[tokio::test]
async fn a_create_without_a_free_seat_is_a_billing_error_in_both_services() {
    let acme = company("");
    for n in 0..2 {
        acme.hire(&format!("u{n}@acme.example"), "London", "talk").await;
    }
    assert_eq!(acme.free("London").await, [0, 1, 1, 1]);
    let london = acme.id("/offices", "London").await;
    let body = json!({"email": "x@acme.example", "office_id": london});
    acme.refused("POST", "/users", body.clone(), 400, "Billing issue: \"transaction failed\"").await;
    let (status, refused) = acme.scim("POST", "/Users", json!({"userName": "x@acme.example"})).await;
    assert_eq!((status, &refused["detail"]), (400, &json!("Billing issue: \"transaction failed\"")));
    assert_eq!(acme.sandbox.api_users().len(), 2);
    // A licence of another kind, or another office, has room.
    acme.hire("x@acme.example", "London", "agents").await;
    acme.hire("y@acme.example", "Leeds", "talk").await;
    // Nothing is counted for licences that need no seat.
    acme.hire("z@acme.example", "Leeds", "admins").await;

    let rich = company("behaviour: { no_seat: buy }");
    for n in 0..4 {
        rich.hire(&format!("u{n}@acme.example"), "London", "talk").await;
    }
    assert_eq!(rich.free("London").await[0], 0);
    let plan = rich.get(&format!("/offices/{}/plan", rich.id("/offices", "London").await)).await;
    assert_eq!(plan["talk_lines"], "4");
}

#[tokio::test]
async fn suspending_and_deleting_free_a_seat_and_coming_back_needs_one() {
    let acme = company("");
    let ada = acme.hire("ada@acme.example", "Leeds", "talk").await;
    let path = format!("/users/{ada}");
    acme.good("PATCH", &path, json!({"state": "suspended"})).await;
    assert_eq!(acme.free("Leeds").await[0], 1);
    let bob = acme.hire("bob@acme.example", "Leeds", "talk").await;
    acme.refused("PATCH", &path, json!({"state": "active"}), 400, "Billing issue").await;
    let (_, listed) = acme.scim("GET", "/Users?filter=userName%20eq%20%22ada%40acme.example%22", Value::Null).await;
    let scim = format!("/Users/{}", listed["Resources"][0]["id"].as_str().unwrap());
    let operation = json!({"op": "replace", "path": "active", "value": true});
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
    assert_eq!(acme.scim("PATCH", &scim, patch.clone()).await.0, 400);
    acme.good("DELETE", &format!("/users/{bob}"), Value::Null).await;
    assert_eq!(acme.scim("PATCH", &scim, patch).await.0, 200);
    assert_eq!((acme.free("Leeds").await[0], &acme.get(&path).await["state"]), (0, &json!("active")));
    // A move takes a seat where it goes and frees one where it comes from.
    acme.hire("c@acme.example", "London", "talk").await;
    let mover = acme.hire("d@acme.example", "London", "talk").await;
    let leeds = acme.id("/offices", "Leeds").await;
    acme.refused("PATCH", &format!("/users/{mover}"), json!({"office_id": leeds}), 400, "Billing issue").await;
    acme.refused("PATCH", &format!("/users/{mover}/move_office"), json!({"office_id": leeds}), 400, "Billing issue")
        .await;
    let berlin = acme.id("/offices", "Berlin").await;
    acme.good("PATCH", &format!("/users/{mover}"), json!({"office_id": berlin})).await;
    assert_eq!((acme.free("London").await[0], acme.free("Berlin").await[0]), (1, 1));
}

#[tokio::test]
async fn an_agents_place_takes_an_agent_licence_and_leaving_it_frees_none() {
    let acme = company("");
    let center = format!("/callcenters/{}/operators", acme.id("/callcenters", "Support EMEA").await);
    let ada = acme.hire("ada@acme.example", "London", "talk").await;
    let bob = acme.hire("bob@acme.example", "London", "talk").await;
    acme.good("POST", &center, json!({"user_id": ada})).await;
    assert_eq!(
        (acme.free("London").await, &acme.get(&format!("/users/{ada}")).await["license"]),
        ([1, 0, 1, 1], &json!("agents"))
    );
    acme.refused("POST", &center, json!({"user_id": bob}), 400, "Billing issue").await;
    acme.refused("POST", &center, json!({"user_id": bob, "license_type": "talk"}), 400, "`license_type`").await;
    // Kept numbers need seats for numbers under a support licence.
    acme.good("POST", &format!("/users/{bob}/assign_number"), json!({})).await;
    acme.good("POST", &format!("/users/{bob}/assign_number"), json!({})).await;
    assert_eq!(acme.free("London").await[3], 0);
    let support = json!({"user_id": bob, "license_type": "lite_support_agents"});
    acme.refused("POST", &center, support, 400, "Billing issue").await;
    let dropping = json!({"user_id": bob, "license_type": "lite_support_agents", "keep_paid_numbers": false});
    acme.good("POST", &center, dropping).await;
    assert_eq!(
        (acme.free("London").await, acme.get(&format!("/users/{bob}")).await.get("phone_numbers")),
        ([2, 0, 0, 1], None)
    );
    acme.good("DELETE", &center, json!({"user_id": ada})).await;
    acme.good("DELETE", &center, json!({"user_id": bob})).await;
    assert_eq!(acme.free("London").await, [2, 0, 0, 1]);
    // A licence by hand, with a number that is kept.
    let carol = acme.hire("carol@acme.example", "London", "talk").await;
    acme.good("POST", &format!("/users/{carol}/assign_number"), json!({})).await;
    acme.good("DELETE", &format!("/users/{bob}"), Value::Null).await;
    acme.good("PATCH", &format!("/users/{carol}"), json!({"license": "lite_support_agents"})).await;
    assert_eq!(acme.free("London").await, [2, 0, 0, 0]);
}

#[tokio::test]
async fn a_folder_keeps_people_places_and_what_was_bought() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "{TENANT}\nusers: [{{ email: first@acme.example, company_admin: true }}]\nbehaviour: {{ no_seat: buy }}"
    );
    let open = |tenant: bool| {
        let tenant = tenant.then(|| Tenant::parse(&text).unwrap());
        let options = Options { rate: None, tenant, folder: Some(folder.path().to_owned()), ..Options::default() };
        Company { sandbox: Sandbox::open(options).unwrap() }
    };
    let acme = open(true);
    let ada = acme.hire("ada@acme.example", "Leeds", "talk").await;
    acme.hire("bob@acme.example", "Leeds", "talk").await;
    let center = format!("/callcenters/{}/operators", acme.id("/callcenters", "Support DE").await);
    acme.good("POST", &center, json!({"user_id": ada, "skill_level": 5})).await;
    acme.good("POST", &format!("/users/{ada}/assign_number"), json!({})).await;
    acme.good("DELETE", &format!("/users/{ada}"), Value::Null).await;
    let carol = acme.hire("carol@acme.example", "Berlin", "agents").await;
    acme.good("POST", &center, json!({"user_id": carol, "skill_level": 9})).await;
    let before = (
        acme.sandbox.api_users(),
        acme.sandbox.seats(),
        acme.sandbox.operators(),
        acme.get("/users?state=deleted").await,
    );
    drop(acme);
    let acme = open(true);
    let after = (
        acme.sandbox.api_users(),
        acme.sandbox.seats(),
        acme.sandbox.operators(),
        acme.get("/users?state=deleted").await,
    );
    assert_eq!(before, after);
    assert_eq!((after.0.len(), after.2[0].skill), (3, Some(9)));
    drop(acme);
    // Without its tenant the same people are in the one office that is left.
    assert_eq!(open(false).sandbox.api_users().len(), 3);
}

/// What is done in the property test.
#[derive(Debug, Clone)]
enum Step {
    Create { by_scim: bool, user: usize, office: usize, license: usize },
    Suspend { by_scim: bool, user: usize },
    Activate { user: usize },
    Relicense { user: usize, license: usize },
    Move { user: usize, office: usize },
    Operate { user: usize },
    Delete { user: usize },
}

const LICENSES: [(&str, &str); 3] =
    [("talk", "Dialpad_Ai Voice"), ("agents", "Dialpad_Ai Sales"), ("lite_support_agents", "Dialpad_Support")];
const OFFICES: [&str; 2] = ["London", "Leeds"];
const USERS: usize = 5;

fn step() -> impl Strategy<Value = Step> {
    let (user, office, license) = (0..USERS, 0..2_usize, 0..3_usize);
    prop_oneof![
        3 => (any::<bool>(), user.clone(), office.clone(), license.clone())
            .prop_map(|(by_scim, user, office, license)| Step::Create { by_scim, user, office, license }),
        1 => (any::<bool>(), user.clone()).prop_map(|(by_scim, user)| Step::Suspend { by_scim, user }),
        2 => user.clone().prop_map(|user| Step::Activate { user }),
        2 => (user.clone(), license).prop_map(|(user, license)| Step::Relicense { user, license }),
        2 => (user.clone(), office).prop_map(|(user, office)| Step::Move { user, office }),
        1 => user.clone().prop_map(|user| Step::Operate { user }),
        1 => user.prop_map(|user| Step::Delete { user }),
    ]
}

/// Somebody in the model: office, licence, active.
type Person = (usize, usize, bool);

/// Whether seats suffice for these people: two talk and one each of the others
/// in London, one talk in Leeds. Numbers are not in the model: there are enough.
fn fits(people: &BTreeMap<usize, Person>) -> bool {
    let bought = [[2, 1, 1], [1, 0, 0]];
    (0..2).all(|office| {
        (0..3).all(|license| {
            people.values().filter(|person| **person == (office, license, true)).count() <= bought[office][license]
        })
    })
}

async fn run(steps: Vec<Step>) {
    let tenant = TENANT.replace("additional_numbers: 1", "additional_numbers: 99").replace(
        "{ name: Leeds, country: gb, licenses: { talk: 1 }",
        "{ name: Leeds, country: gb, licenses: { talk: 1, additional_numbers: 99 }",
    );
    let options = Options { rate: None, tenant: Some(Tenant::parse(&tenant).unwrap()), ..Options::default() };
    let acme = Company { sandbox: Sandbox::open(options).unwrap() };
    let center = format!("/callcenters/{}/operators", acme.id("/callcenters", "Support EMEA").await);
    let mut offices = Vec::new();
    for office in OFFICES {
        offices.push(acme.id("/offices", office).await);
    }
    let mut model: BTreeMap<usize, Person> = BTreeMap::new();
    for step in steps {
        let mut next = model.clone();
        let (user, done) = match step.clone() {
            Step::Create { by_scim, user, office, license } => {
                if model.contains_key(&user) {
                    continue;
                }
                next.insert(user, (office, license, true));
                let email = format!("u{user}@acme.example");
                let status = if by_scim {
                    let extension = json!({"officeName": OFFICES[office], "licenseType": LICENSES[license].1});
                    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
                    acme.scim("POST", "/Users", json!({"userName": email, (urn): extension})).await.0
                } else {
                    let body = json!({"email": email, "office_id": offices[office], "license": LICENSES[license].0});
                    acme.ask("POST", "/users", body).await.0
                };
                (user, status)
            }
            Step::Suspend { user, .. }
            | Step::Activate { user }
            | Step::Relicense { user, .. }
            | Step::Move { user, .. }
            | Step::Operate { user }
            | Step::Delete { user } => {
                let Some(person) = next.get_mut(&user) else { continue };
                let page = acme.get(&format!("/users?state=all&email=u{user}%40acme.example")).await;
                let id = page["items"][0]["id"].as_str().unwrap().to_owned();
                let path = format!("/users/{id}");
                let status = match step {
                    Step::Suspend { by_scim, .. } => {
                        person.2 = false;
                        if by_scim {
                            suspend_by_scim(&acme, user).await
                        } else {
                            acme.ask("PATCH", &path, json!({"state": "suspended"})).await.0
                        }
                    }
                    Step::Activate { .. } => {
                        person.2 = true;
                        acme.ask("PATCH", &path, json!({"state": "active"})).await.0
                    }
                    Step::Relicense { license, .. } => {
                        person.1 = license;
                        acme.ask("PATCH", &path, json!({"license": LICENSES[license].0})).await.0
                    }
                    Step::Move { office, .. } => {
                        person.0 = office;
                        acme.ask("PATCH", &path, json!({"office_id": offices[office]})).await.0
                    }
                    Step::Operate { .. } => {
                        if !person.2 {
                            continue;
                        }
                        if person.1 == 0 {
                            person.1 = 1;
                        }
                        acme.ask("POST", &center, json!({"user_id": id})).await.0
                    }
                    Step::Delete { .. } | Step::Create { .. } => {
                        next.remove(&user);
                        acme.ask("DELETE", &path, Value::Null).await.0
                    }
                };
                (user, status)
            }
        };
        let expected = fits(&next);
        assert_eq!((200..300).contains(&done), expected, "user {user}: {done} {model:?} -> {next:?}");
        if expected {
            model = next;
        }
        let used: Vec<u64> = OFFICES
            .iter()
            .enumerate()
            .flat_map(|(office, _)| (0..3).map(move |license| (office, license)))
            .map(|(office, license)| model.values().filter(|person| **person == (office, license, true)).count() as u64)
            .collect();
        let seats = acme.sandbox.seats();
        let counted: Vec<u64> = OFFICES
            .iter()
            .flat_map(|name| seats.iter().filter(move |seat| seat.office == *name).take(3).map(|seat| seat.used))
            .collect();
        assert_eq!(counted, used);
    }
}

async fn suspend_by_scim(acme: &Company, user: usize) -> u16 {
    let filter = format!("/Users?filter=userName%20eq%20%22u{user}%40acme.example%22");
    let id = acme.scim("GET", &filter, Value::Null).await.1["Resources"][0]["id"].as_str().unwrap().to_owned();
    let operation = json!({"op": "replace", "path": "active", "value": false});
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
    acme.scim("PATCH", &format!("/Users/{id}"), patch).await.0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn seats_are_what_a_simple_model_counts(steps in prop::collection::vec(step(), 1..25)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(steps));
    }
}
