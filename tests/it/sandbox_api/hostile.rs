//! Whatever is asked of the API is answered, and never with an error of ours.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Company, company};

/// Paths with a place for an id, which is somebody's, something's or nonsense.
const PATHS: [&str; 15] = [
    "/users",
    "/users/{}",
    "/users/{}/move_office",
    "/users/{}/assign_number",
    "/users/{}/unassign_number",
    "/offices/{}/operators",
    "/departments/{}/operators",
    "/callcenters/{}/operators",
    "/callcenters/{}/operators/{}/skill",
    "/channels/{}/members",
    "/accesscontrolpolicies/{}/assign",
    "/accesscontrolpolicies/{}/unassign",
    "/accesscontrolpolicies/{}/assignments",
    "/numbers",
    "/company",
];

fn values(ids: Vec<String>) -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => prop::sample::select(ids.clone()).prop_map(Value::from),
        1 => prop::sample::subsequence(ids, 0..3).prop_map(Value::from),
        4 => prop::sample::select(vec![
            json!("a@acme.example"), json!("b@acme.example"), json!(["b@acme.example", "a@acme.test"]), json!("active"),
            json!("suspended"), json!("agents"), json!("lite_support_agents"), json!("talk"), json!("user"),
            json!("operator"), json!("admin"), json!("callcenter"), json!(true), json!(false), json!(null), json!([]),
            json!({}), json!(0), json!(100), json!(-1), json!(1.5), json!(u64::MAX), json!("+"), json!("é"), json!("30"),
        ]),
    ]
}

/// The ids of everything, by list.
type Ids = BTreeMap<&'static str, Vec<String>>;

async fn ids(acme: &Company) -> Ids {
    let mut ids = Ids::new();
    for list in ["users", "offices", "departments", "callcenters", "channels", "accesscontrolpolicies"] {
        let page = acme.get(&format!("/{list}")).await;
        let all = page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned());
        ids.insert(list, all.collect());
    }
    ids
}

/// The fields that belong to a request.
fn fields(method: &str, path: &str) -> &'static [&'static str] {
    match (method, path) {
        ("POST", "/users") => &["email", "office_id", "license", "auto_assign"],
        ("PATCH", "/users/{}") => &[
            "emails",
            "office_id",
            "admin_office_ids",
            "is_super_admin",
            "license",
            "keep_paid_numbers",
            "state",
            "phone_numbers",
        ],
        (_, "/users/{}/move_office") => &["office_id"],
        (_, "/users/{}/assign_number" | "/users/{}/unassign_number") => &["number", "area_code"],
        (_, "/callcenters/{}/operators") => &["user_id", "role", "skill_level", "keep_paid_numbers"],
        (_, "/offices/{}/operators" | "/departments/{}/operators") => &["operator_id", "operator_type", "role"],
        (_, "/callcenters/{}/operators/{}/skill") => &["skill_level"],
        (_, "/channels/{}/members") => &["user_id"],
        _ => &["user_id", "target_type", "target_id"],
    }
}

/// What makes sense in a field, if anything that is always the same does.
fn sensible(field: &str, ids: &Ids, n: usize) -> Option<Value> {
    let one = |list: &str| Value::from(ids[list][n % ids[list].len()].as_str());
    Some(match field {
        "user_id" | "operator_id" => one("users"),
        "office_id" => one("offices"),
        "target_id" => one("callcenters"),
        "email" => json!("d@acme.example"),
        "emails" => json!(["a@acme.example", "a@acme.test"]),
        "license" => json!("agents"),
        "state" => json!("active"),
        "role" => json!("operator"),
        "operator_type" => json!("user"),
        "target_type" => json!("callcenter"),
        "area_code" => json!("30"),
        "skill_level" => json!(50),
        "phone_numbers" | "admin_office_ids" => json!([]),
        "is_super_admin" | "keep_paid_numbers" | "auto_assign" => json!(true),
        _ => return None,
    })
}

#[test]
fn nothing_that_is_sent_breaks_it_and_seats_are_never_oversold() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let acme = company("");
    runtime.block_on(async {
        acme.hire("a@acme.example", "London", "talk").await;
        acme.hire("c@acme.example", "Berlin", "talk").await;
    });
    let ids = runtime.block_on(ids(&acme));
    let odd = ["1", "%ff", "-9223372036854775809"].map(str::to_owned);
    let all: Vec<String> = ids.values().flatten().chain(&odd).cloned().collect();
    let method = prop::sample::select(vec!["GET", "POST", "PATCH", "DELETE"]);
    let place = (0..4_u8, any::<usize>(), prop::sample::select(all.clone()));
    let body = prop::collection::vec((0..4_u8, values(all)), 10);
    let asked = (method, prop::sample::select(&PATHS[..]), place, body);
    let config = ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() };
    let good = std::cell::Cell::new(0);
    proptest!(config, |((method, template, (luck, n, any), values) in asked)| {
        // People must last.
        if (method, template) == ("DELETE", "/users/{}") {
            return Ok(());
        }
        let of_list = |list: &str| ids.get(list).filter(|_| luck > 0).map_or(&any, |ids| &ids[n % ids.len()]);
        let first = of_list(template.split('/').nth(1).unwrap());
        let path = template.replacen("{}", first, 1).replacen("{}", of_list("users"), 1);
        // A field in four is left out or arbitrary.
        let pairs = fields(method, template).iter().zip(values).filter(|(_, (luck, _))| *luck != 0);
        let body: Map<String, Value> = pairs
            .map(|(field, (luck, value))| ((*field).to_owned(), sensible(field, &ids, n / 7).filter(|_| luck > 1).unwrap_or(value)))
            .collect();
        // Good answers are held to their shape.
        let (status, answer) = runtime.block_on(acme.ask(method, &path, body.into()));
        prop_assert!([200, 400, 404, 405, 409].contains(&status), "{method} {path}: {status} {answer}");
        good.set(good.get() + u32::from(status == 200 && method != "GET"));
        prop_assert!(acme.sandbox.seats().iter().all(|seats| seats.used <= seats.bought));
        prop_assert_eq!(acme.sandbox.api_users().len(), acme.sandbox.users().len());
    });
    assert!(good.get() > 30, "only {} writes were good", good.get());
}
