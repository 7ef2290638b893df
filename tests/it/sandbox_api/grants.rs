//! Places in departments and contact centers, channels, policies.

use dialform::sandbox::{GroupKind, PolicyTarget, Role};
use serde_json::{Value, json};

use super::company;

#[tokio::test]
async fn operators_have_roles_and_skill_and_are_listed_all_at_once() {
    let acme = company("");
    let ada = acme.hire("ada@acme.example", "London", "agents").await;
    let bob = acme.hire("bob@acme.example", "London", "talk").await;
    let center = acme.id("/callcenters", "Support EMEA").await;
    let sales = acme.id("/departments", "Sales").await;
    let london = acme.id("/offices", "London").await;
    let (centers, departments) =
        (format!("/callcenters/{center}/operators"), format!("/departments/{sales}/operators"));
    let added = acme.good("POST", &centers, json!({"user_id": ada, "role": "supervisor", "skill_level": 70})).await;
    assert_eq!(added["id"], ada);
    for (path, role) in [(&departments, "admin"), (&format!("/offices/{london}/operators"), "operator")] {
        acme.good("POST", path, json!({"operator_id": bob, "operator_type": "user", "role": role})).await;
        let listed = acme.get(path).await;
        assert_eq!((listed["users"].as_array().unwrap().len(), &listed["users"][0]["id"]), (1, &json!(bob)));
    }
    // The role stands in the user's details, the skill at its own address only.
    let details = acme.get(&centers).await["users"][0]["group_details"].clone();
    let expected =
        json!([{"do_not_disturb": false, "group_id": center, "group_type": "callcenter", "role": "supervisor"}]);
    assert_eq!(details, expected);
    let skill = format!("{centers}/{ada}/skill");
    assert_eq!(acme.get(&skill).await, json!({"call_center_id": center, "skill_level": "70", "user_id": ada}));
    assert_eq!(acme.good("PATCH", &skill, json!({"skill_level": 0})).await["skill_level"], "0");
    acme.refused("GET", &format!("{centers}/{bob}/skill"), Value::Null, 404, "not found").await;
    let places: Vec<_> = acme
        .sandbox
        .operators()
        .into_iter()
        .map(|place| (place.email, place.kind, place.group, place.role, place.skill))
        .collect();
    let place = |email: &str, kind, group: &str, role, skill| (email.to_owned(), kind, group.to_owned(), role, skill);
    assert_eq!(
        places,
        [
            place("ada@acme.example", GroupKind::CallCenter, "Support EMEA", Role::Supervisor, Some(0)),
            place("bob@acme.example", GroupKind::Department, "Sales", Role::Admin, None),
            place("bob@acme.example", GroupKind::Office, "London", Role::Operator, None),
        ]
    );
    let bobs = json!({"operator_id": bob, "operator_type": "user"});
    acme.good("DELETE", &departments, bobs.clone()).await;
    acme.refused("DELETE", &departments, bobs, 404, "not found").await;
    acme.good("DELETE", &centers, json!({"user_id": ada})).await;
    assert_eq!(acme.get(&centers).await, json!({}));
}

#[tokio::test]
async fn what_operators_may_not_be_is_refused() {
    let acme = company("");
    let ada = acme.hire("ada@acme.example", "London", "agents").await;
    let center = acme.id("/callcenters", "Support EMEA").await;
    let sales = acme.id("/departments", "Sales").await;
    let centers = format!("/callcenters/{center}/operators");
    let departments = format!("/departments/{sales}/operators");
    for (path, body, status, says) in [
        (&centers, json!({"user_id": ada, "role": "boss"}), 400, "is not a role"),
        (&centers, json!({"user_id": ada, "skill_level": 0}), 400, "from 1 to 100"),
        (&centers, json!({"user_id": ada, "skill_level": 101}), 400, "from 1 to 100"),
        (&centers, json!({"user_id": 1}), 404, "user 1 not found"),
        (&centers, json!({"operator_id": ada}), 400, "unknown field"),
        (
            &departments,
            json!({"operator_id": ada, "operator_type": "user", "role": "supervisor"}),
            400,
            "operator or admin",
        ),
        (&departments, json!({"operator_id": ada, "operator_type": "room"}), 404, "room"),
        (&departments, json!({"operator_id": ada}), 400, "`operator_type` is required"),
    ] {
        acme.refused("POST", path, body, status, says).await;
    }
    acme.good("PATCH", &format!("/users/{ada}"), json!({"state": "suspended"})).await;
    acme.refused("POST", &centers, json!({"user_id": ada}), 400, "not active").await;
}

#[tokio::test]
async fn adding_again_with_another_role_is_what_the_tenant_says() {
    for (behaviour, status, role, skill) in [
        ("", 409, "operator", "50"),
        ("behaviour: { readd: change }", 200, "admin", "60"),
        ("behaviour: { readd: ignore }", 200, "operator", "50"),
    ] {
        let acme = company(behaviour);
        let ada = acme.hire("ada@acme.example", "London", "agents").await;
        let path = format!("/callcenters/{}/operators", acme.id("/callcenters", "Support EMEA").await);
        let first = json!({"user_id": ada, "skill_level": 50});
        acme.good("POST", &path, first.clone()).await;
        acme.good("POST", &path, first).await;
        let (got, _) = acme.ask("POST", &path, json!({"user_id": ada, "role": "admin", "skill_level": 60})).await;
        let now = acme.get(&format!("/users/{ada}")).await["group_details"][0]["role"].clone();
        let level = acme.get(&format!("{path}/{ada}/skill")).await["skill_level"].clone();
        assert_eq!((got, now, level), (status, json!(role), json!(skill)), "{behaviour}");
    }
}

#[tokio::test]
async fn an_agent_is_in_a_hundred_contact_centers_at_most() {
    let centers: Vec<String> = (0..101).map(|n| format!("{{ name: C{n} }}")).collect();
    let tenant = format!(
        "company: {{ name: Acme }}\noffices: [{{ name: London, licenses: {{ agents: 1 }} }}]\ncontact_centers: [{}]",
        centers.join(", ")
    );
    let options = dialform::sandbox::Options {
        rate: None,
        tenant: Some(dialform::sandbox::Tenant::parse(&tenant).unwrap()),
        ..dialform::sandbox::Options::default()
    };
    let acme = super::Company { sandbox: dialform::sandbox::Sandbox::open(options).unwrap() };
    let ada = acme.hire("ada@acme.example", "London", "agents").await;
    let first = acme.get("/callcenters").await;
    let second = acme.get(&format!("/callcenters?cursor={}", first["cursor"].as_str().unwrap())).await;
    for center in first["items"].as_array().unwrap() {
        let path = format!("/callcenters/{}/operators", center["id"].as_str().unwrap());
        acme.good("POST", &path, json!({"user_id": ada})).await;
    }
    let last = format!("/callcenters/{}/operators", second["items"][0]["id"].as_str().unwrap());
    acme.refused("POST", &last, json!({"user_id": ada}), 400, "100 call centers").await;
}

#[tokio::test]
async fn channels_have_members() {
    let acme = company("");
    let ada = acme.hire("ada@acme.example", "London", "talk").await;
    let path = format!("/channels/{}/members", acme.id("/channels", "Announcements").await);
    assert_eq!(acme.good("POST", &path, json!({"user_id": ada})).await["id"], ada);
    acme.refused("POST", &path, json!({"user_id": ada}), 409, "already").await;
    assert_eq!(acme.get(&path).await["items"][0]["id"], ada);
    assert_eq!(acme.sandbox.channel_members(), [("Announcements".to_owned(), "ada@acme.example".to_owned())]);
    assert_eq!(acme.good("DELETE", &path, json!({"user_id": ada})).await, Value::Null);
    acme.refused("DELETE", &path, json!({"user_id": ada}), 404, "not found").await;
}

#[tokio::test]
async fn a_policy_is_assigned_where_its_kind_says() {
    let acme = company("");
    let ada = acme.hire("ada@acme.example", "London", "talk").await;
    let routing = format!("/accesscontrolpolicies/{}", acme.id("/accesscontrolpolicies", "Call routing editors").await);
    let auditors = format!("/accesscontrolpolicies/{}", acme.id("/accesscontrolpolicies", "Auditors").await);
    let [emea, german] = [acme.id("/callcenters", "Support EMEA").await, acme.id("/callcenters", "Support DE").await];
    let at = |target: &str| json!({"user_id": ada, "target_type": "callcenter", "target_id": target});
    let assign = format!("{routing}/assign");
    for (body, status, says) in [
        // The default target type is the company.
        (json!({"user_id": ada}), 400, "`target_type` must be callcenter"),
        (json!({"user_id": ada, "target_type": "callcenter"}), 400, "`target_id` is required"),
        (at("1"), 404, "callcenter 1 not found"),
        (json!({"user_id": 1, "target_type": "callcenter", "target_id": emea}), 404, "user 1 not found"),
    ] {
        acme.refused("POST", &assign, body, status, says).await;
    }
    acme.good("POST", &assign, at(&emea)).await;
    let both = acme.good("POST", &assign, at(&german)).await;
    assert_eq!(both["policy_targets"].as_array().unwrap().len(), 2);
    acme.refused("POST", &assign, at(&emea), 409, "already").await;
    acme.good("POST", &format!("{auditors}/assign"), json!({"user_id": ada})).await;
    let listed = acme.get(&format!("{routing}/assignments")).await;
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["user"]["id"]), (1, &json!(ada)));
    let held: Vec<_> =
        acme.sandbox.policy_assignments().into_iter().map(|held| (held.policy, held.target, held.at)).collect();
    let expect = |policy: &str, target, at: &str| (policy.to_owned(), target, at.to_owned());
    assert_eq!(
        held,
        [
            expect("Call routing editors", PolicyTarget::CallCenter, "Support EMEA"),
            expect("Call routing editors", PolicyTarget::CallCenter, "Support DE"),
            expect("Auditors", PolicyTarget::Company, "Acme"),
        ]
    );
    let left = acme.good("POST", &format!("{routing}/unassign"), at(&emea)).await;
    assert_eq!(left["policy_targets"], json!([{"target_id": german, "target_type": "callcenter"}]));
    acme.refused("POST", &format!("{routing}/unassign"), at(&emea), 404, "not found").await;
    acme.good("POST", &format!("{routing}/unassign"), json!({"user_id": ada, "unassign_all": true})).await;
    assert_eq!(acme.get(&format!("{routing}/assignments")).await, json!({}));
    acme.good("POST", &format!("{auditors}/unassign"), json!({"user_id": ada})).await;
}
