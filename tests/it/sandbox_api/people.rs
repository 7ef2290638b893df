//! One store behind SCIM and the API, and what each does to people.

use serde_json::{Value, json};

use super::{Company, company};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn by_email(acme: &Company, email: &str) -> Value {
    let page = acme.get(&format!("/users?state=all&email={}", email.replace('@', "%40"))).await;
    page["items"][0].clone()
}

fn patch(path: &str, value: Value) -> Value {
    let operation = json!({"op": "replace", "path": path, "value": value});
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]})
}

#[tokio::test]
async fn somebody_made_by_scim_is_seen_by_the_api_and_the_other_way_round() {
    let acme = company("");
    let ada = json!({
        "userName": "ada@acme.example", "name": {"givenName": "Ada", "familyName": "Lovelace"}, "title": "Analyst",
        (ENTERPRISE): {"officeName": "Berlin"},
    });
    let (status, made) = acme.scim("POST", "/Users", ada).await;
    assert_eq!(status, 201, "{made}");
    let seen = by_email(&acme, "ADA@acme.example").await;
    let id = seen["id"].as_str().unwrap().to_owned();
    assert_ne!(made["id"], seen["id"]);
    assert_eq!(
        (&seen["first_name"], &seen["job_title"], &seen["license"], &seen["state"]),
        (&json!("Ada"), &json!("Analyst"), &json!("talk"), &json!("active"))
    );
    assert_eq!(seen["office_id"], acme.id("/offices", "Berlin").await);
    // The number is Dialpad's own, and SCIM reads it back.
    let number = seen["phone_numbers"][0].as_str().unwrap();
    assert!(number.starts_with("+4930"), "{number}");
    assert_eq!(made["phoneNumbers"], json!([{"value": number, "type": "Dialpad"}]));

    let change = json!({"state": "suspended", "job_title": "Countess", "last_name": "King"});
    assert_eq!(acme.good("PATCH", &format!("/users/{id}"), change).await["state"], "suspended");
    let (_, read) = acme.scim("GET", &format!("/Users/{}", made["id"].as_str().unwrap()), Value::Null).await;
    assert_eq!(
        (&read["active"], &read["title"], &read["name"]["familyName"]),
        (&json!(false), &json!("Countess"), &json!("King"))
    );
    // Without a state only active people are listed.
    assert_eq!(acme.get("/users").await, json!({}));

    let body =
        json!({"email": "bob@acme.example", "office_id": acme.id("/offices", "London").await, "first_name": "Bob"});
    let bob = acme.good("POST", "/users", body).await;
    assert_eq!(bob.get("phone_numbers"), None);
    let (_, listed) = acme.scim("GET", "/Users?filter=userName%20eq%20%22bob%40acme.example%22", Value::Null).await;
    assert_eq!((&listed["totalResults"], &listed["Resources"][0]["name"]["givenName"]), (&json!(1), &json!("Bob")));
    let scim_id = listed["Resources"][0]["id"].as_str().unwrap();
    assert_eq!(acme.scim("DELETE", &format!("/Users/{scim_id}"), Value::Null).await.0, 204);
    let gone = acme.get(&format!("/users/{}", bob["id"].as_str().unwrap())).await;
    assert_eq!((&gone["state"], gone.get("emails")), (&json!("deleted"), None));
    assert_eq!(acme.get("/users?state=deleted").await["items"].as_array().unwrap().len(), 1);

    acme.good("DELETE", &format!("/users/{id}"), Value::Null).await;
    assert_eq!(acme.scim("GET", "/Users", Value::Null).await.1["totalResults"], 0);
    acme.refused("PATCH", &format!("/users/{id}"), json!({"job_title": "x"}), 404, "not found").await;
}

#[tokio::test]
async fn scims_attributes_choose_office_and_licence_and_nobody_forges_a_number() {
    let acme = company("");
    let make = async |name: &str, extension: Value, address: Value| {
        let body = json!({
            "userName": format!("{name}@acme.example"), (ENTERPRISE): extension, "addresses": address,
            "phoneNumbers": [{"value": "+15550001111", "type": "Dialpad"}],
        });
        let (status, made) = acme.scim("POST", "/Users", body).await;
        assert_eq!(status, 201, "{made}");
        (by_email(&acme, &format!("{name}@acme.example")).await, made)
    };
    let london = acme.id("/offices", "London").await;
    let berlin = acme.id("/offices", "Berlin").await;
    let (support, scim) = make("a", json!({"licenseType": "Dialpad_Support"}), json!([])).await;
    assert_eq!((&support["license"], &support["office_id"]), (&json!("lite_support_agents"), &json!(london)));
    assert_eq!((support.get("phone_numbers"), scim.get("phoneNumbers")), (None, None));
    let sell = make("b", json!({"licenseType": "Dialpad_Ai Sales", "department": "London"}), json!([])).await.0;
    assert_eq!((&sell["license"], sell["phone_numbers"].as_array().unwrap().len()), (&json!("agents"), 1));
    let german = make("c", json!({"officeName": "Hamburg"}), json!([{"country": "DE"}])).await.0;
    assert_eq!((&german["license"], &german["office_id"]), (&json!("talk"), &json!(berlin)));

    // A change of the attribute follows: the move to another country costs the number.
    let id = acme.scim("GET", "/Users?filter=userName%20eq%20%22c%40acme.example%22", Value::Null).await.1["Resources"]
        [0]["id"]
        .clone();
    let path = format!("/Users/{}", id.as_str().unwrap());
    let (status, moved) = acme.scim("PATCH", &path, patch(&format!("{ENTERPRISE}:officeName"), json!("London"))).await;
    assert_eq!(status, 200, "{moved}");
    let after = by_email(&acme, "c@acme.example").await;
    assert_eq!(after["office_id"], london);
    assert_ne!(after["phone_numbers"], german["phone_numbers"]);
    assert_eq!(moved["phoneNumbers"][0]["value"], after["phone_numbers"][0]);
    assert!(after["phone_numbers"][0].as_str().unwrap().starts_with("+4420"));
    // What the API changed since is not changed back by an edit of something else.
    acme.good(
        "PATCH",
        &format!("/users/{}", after["id"].as_str().unwrap()),
        json!({"office_id": london, "license": "admins"}),
    )
    .await;
    acme.scim("PATCH", &path, patch("title", json!("Boss"))).await;
    assert_eq!(by_email(&acme, "c@acme.example").await["license"], "admins");
}

#[tokio::test]
async fn a_foreign_domain_is_refused_by_both_services() {
    let acme = company("");
    let london = acme.id("/offices", "London").await;
    let body = json!({"email": "a@other.example", "office_id": london});
    acme.refused("POST", "/users", body, 400, "User domain does not match").await;
    let (status, refused) = acme.scim("POST", "/Users", json!({"userName": "a@other.example"})).await;
    assert_eq!((status, &refused["detail"]), (400, &json!("User domain does not match")));
    let id = acme.hire("a@acme.example", "London", "talk").await;
    let path = format!("/users/{id}");
    // Even another domain of the company.
    let emails = json!({"emails": ["a@acme.test", "a@acme.example"]});
    acme.refused("PATCH", &path, emails, 400, "Cannot set primary_email").await;
    acme.refused("PATCH", &path, json!({"emails": ["a@acme.example", "a@other.example"]}), 400, "does not match").await;
    let both = acme.good("PATCH", &path, json!({"emails": ["ada@acme.example", "a@acme.test"]})).await;
    assert_eq!(both["emails"], json!(["ada@acme.example", "a@acme.test"]));
    acme.refused("PATCH", &path, json!({"emails": ["ada@acme.example", "ADA@acme.example"]}), 400, "twice").await;
    // Aliases are taken, too.
    let alias = json!({"email": "A@acme.test", "office_id": london});
    acme.refused("POST", "/users", alias, 409, "already exists").await;
    assert_eq!(acme.scim("POST", "/Users", json!({"userName": "a@acme.test"})).await.0, 409);
    // An address that was given up is free again, and an alias can become the first address.
    acme.hire("a@acme.example", "London", "talk").await;
    let (_, listed) = acme.scim("GET", "/Users?filter=userName%20eq%20%22ada%40acme.example%22", Value::Null).await;
    let scim = format!("/Users/{}", listed["Resources"][0]["id"].as_str().unwrap());
    assert_eq!(acme.scim("PATCH", &scim, patch("userName", json!("a@acme.test"))).await.0, 200);
    assert_eq!(acme.get(&path).await["emails"], json!(["a@acme.test"]));
}

#[tokio::test]
async fn bodies_are_held_to_the_openapi() {
    let acme = company("");
    let london = acme.id("/offices", "London").await;
    for (body, says) in [
        (json!({"email": "a@acme.example"}), "`office_id` is required"),
        (json!({"office_id": london}), "`email` is required"),
        (json!({"email": "a", "office_id": london}), "not an e-mail address"),
        (json!({"email": "a@acme.example", "office_id": london, "license": "support"}), "`license`"),
        (json!({"email": "a@acme.example", "office_id": london, "job_title": "x"}), "unknown field `job_title`"),
        (json!([]), "JSON object"),
    ] {
        acme.refused("POST", "/users", body, 400, says).await;
    }
    acme.refused("POST", "/users", json!({"email": "a@acme.example", "office_id": 1}), 404, "office 1 not found").await;
    let id = acme.hire("a@acme.example", "London", "talk").await;
    let path = format!("/users/{id}");
    for (body, says) in [
        (json!({"state": "deleted"}), "active or suspended"),
        (json!({"phone_numbers": ["+14155550100"]}), "assign_number"),
        (json!({"forwarding_numbers": ["0123"]}), "e164"),
        (json!({"extension": "x1"}), "digits"),
        (json!({"emails": []}), "must not be empty"),
        (json!({"international_dialing_enabled": "yes"}), "true or false"),
    ] {
        acme.refused("PATCH", &path, body, 400, says).await;
    }
    let settings = json!({
        "extension": "1234", "forwarding_numbers": ["+442079460000"], "international_dialing_enabled": true,
        "job_title": null, "presence_status": {"message": "x"},
    });
    let set = acme.good("PATCH", &path, settings).await;
    assert_eq!((&set["extension"], &set["forwarding_numbers"]), (&json!("1234"), &json!(["+442079460000"])));
    assert_eq!(set["international_dialing_enabled"], true);
    // Accepted and not stored, on demand.
    acme.faults(&["not-stored=extension"]);
    assert_eq!(acme.good("PATCH", &path, json!({"extension": "9"})).await["extension"], "1234");
}

#[tokio::test]
async fn people_who_never_logged_in_are_pending_and_no_administrators() {
    let acme = company("behaviour: { pending_until_login: true }");
    acme.scim("POST", "/Users", json!({"userName": "a@acme.example"})).await;
    let pending = by_email(&acme, "a@acme.example").await;
    assert_eq!((&pending["state"], pending.get("date_first_login")), (&json!("pending"), None));
    let path = format!("/users/{}", pending["id"].as_str().unwrap());
    let london = acme.id("/offices", "London").await;
    for body in [json!({"is_super_admin": true}), json!({"admin_office_ids": [london]})] {
        acme.refused("PATCH", &path, body, 400, "not accepted the invitation").await;
    }
    acme.good("PATCH", &path, json!({"is_super_admin": false, "admin_office_ids": []})).await;
    let logins = async |body: &'static str| {
        let request = http::Request::builder().method("POST").uri("/sandbox/logins").body(body.into()).unwrap();
        acme.sandbox.call(request).await.unwrap().status().as_u16()
    };
    assert_eq!((logins("b@acme.example\n").await, logins("\n A@acme.example \n").await), (404, 204));
    assert!(acme.sandbox.log_in("A@acme.example").unwrap() && !acme.sandbox.log_in("b@acme.example").unwrap());
    let admin = acme.good("PATCH", &path, json!({"is_super_admin": true, "admin_office_ids": [london]})).await;
    assert_eq!((&admin["state"], &admin["is_admin"]), (&json!("active"), &json!(true)));
    let details = json!([{"do_not_disturb": false, "group_id": london, "group_type": "office", "role": "admin"}]);
    assert_eq!(admin["group_details"], details);
    assert_eq!(acme.get("/users?company_admin=true").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(acme.get("/users?company_admin=false").await, json!({}));
    let easy = company("behaviour: { pending_until_login: true, admin_before_login: allow }");
    let id = easy.hire("a@acme.example", "London", "talk").await;
    easy.good("PATCH", &format!("/users/{id}"), json!({"is_super_admin": true})).await;
}

#[tokio::test]
async fn a_move_abroad_is_refused_with_numbers_or_costs_them() {
    let acme = company("");
    let [london, leeds, berlin] =
        [acme.id("/offices", "London").await, acme.id("/offices", "Leeds").await, acme.id("/offices", "Berlin").await];
    let body = json!({"email": "a@acme.example", "office_id": london, "auto_assign": true});
    let ada = acme.good("POST", "/users", body).await;
    let path = format!("/users/{}", ada["id"].as_str().unwrap());
    // Within a country the number stays.
    let moved = acme.good("PATCH", &path, json!({"office_id": leeds})).await;
    assert_eq!((&moved["office_id"], &moved["phone_numbers"]), (&json!(leeds), &ada["phone_numbers"]));
    acme.refused("PATCH", &path, json!({"office_id": berlin}), 400, "must not have phone numbers").await;
    let abroad = acme.good("PATCH", &format!("{path}/move_office"), json!({"office_id": berlin})).await;
    assert!(abroad["phone_numbers"][0].as_str().unwrap().starts_with("+4930"), "{abroad}");
    assert_eq!((abroad["phone_numbers"].as_array().unwrap().len(), &abroad["country"]), (1, &json!("de")));
    // Without numbers the plain move is good.
    acme.good("POST", &format!("{path}/unassign_number"), json!({"number": abroad["phone_numbers"][0]})).await;
    assert_eq!(acme.good("PATCH", &path, json!({"office_id": leeds})).await.get("phone_numbers"), None);
    assert_eq!((acme.free("London").await[0], acme.free("Leeds").await[0]), (2, 0));
    // Numbers inside the company stay.
    let tenant = format!(
        "{}\nreserved_numbers: [\"+80312345\"]\nusers: [{{ email: b@acme.example, office: London, numbers: [\"+80312345\"] }}]",
        super::TENANT
    );
    let options = dialform::sandbox::Options {
        rate: None,
        tenant: Some(dialform::sandbox::Tenant::parse(&tenant).unwrap()),
        ..dialform::sandbox::Options::default()
    };
    let acme = Company { sandbox: dialform::sandbox::Sandbox::open(options).unwrap() };
    let bob = by_email(&acme, "b@acme.example").await;
    let path = format!("/users/{}/move_office", bob["id"].as_str().unwrap());
    let moved = acme.good("PATCH", &path, json!({"office_id": acme.id("/offices", "Berlin").await})).await;
    assert_eq!(moved["phone_numbers"], json!(["+80312345"]));
}

#[tokio::test]
async fn numbers_come_from_the_reserved_ones_and_go_back_there() {
    let tenant = format!("{}\nreserved_numbers: [\"+442070000001\", \"+442070000002\"]", super::TENANT);
    let options = dialform::sandbox::Options {
        rate: None,
        tenant: Some(dialform::sandbox::Tenant::parse(&tenant).unwrap()),
        ..dialform::sandbox::Options::default()
    };
    let acme = Company { sandbox: dialform::sandbox::Sandbox::open(options).unwrap() };
    let id = acme.hire("a@acme.example", "London", "talk").await;
    let assign = format!("/users/{id}/assign_number");
    let first = acme.good("POST", &assign, json!({})).await;
    assert_eq!(
        (&first["number"], &first["status"], &first["target_id"]),
        (&json!("+442070000001"), &json!("user"), &json!(id))
    );
    assert_eq!(acme.get("/numbers?status=available").await["items"].as_array().unwrap().len(), 1);
    let wanted = json!({"number": "+442070000002", "primary": true});
    acme.good("POST", &assign, wanted.clone()).await;
    let user = acme.get(&format!("/users/{id}")).await;
    assert_eq!(user["phone_numbers"], json!(["+442070000002", "+442070000001"]));
    acme.refused("POST", &assign, wanted, 409, "already assigned").await;
    acme.refused("POST", &assign, json!({"number": "+442070000009"}), 400, "not available").await;
    // The one seat for a further number is taken.
    acme.refused("POST", &assign, json!({"area_code": "161"}), 400, "Billing issue").await;
    let kept = acme.good("PATCH", &format!("/users/{id}"), json!({"phone_numbers": ["+442070000001"]})).await;
    assert_eq!(kept["phone_numbers"], json!(["+442070000001"]));
    let made = acme.good("POST", &assign, json!({"area_code": "161", "primary": false})).await;
    assert!(made["number"].as_str().unwrap().starts_with("+44161"), "{made}");
    acme.good("POST", &format!("/users/{id}/unassign_number"), json!({"number": made["number"]})).await;
    let free = acme.get("/numbers?status=available").await;
    let free: Vec<_> = free["items"].as_array().unwrap().iter().map(|number| number["number"].clone()).collect();
    assert_eq!(free, [json!("+442070000002"), made["number"].clone()]);
    acme.refused("POST", &format!("/users/{id}/unassign_number"), json!({"number": "+1555"}), 404, "not found").await;
}

#[tokio::test]
async fn without_a_tenant_scim_is_what_it_was_and_everybody_has_a_licence() {
    let sandbox = dialform::sandbox::Sandbox::open(dialform::sandbox::Options::default()).unwrap();
    let acme = Company { sandbox };
    let body = json!({"userName": "a@any.example", (ENTERPRISE): {"officeName": "London"}});
    let (_, made) = acme.scim("POST", "/Users", body).await;
    assert_eq!(made.get("phoneNumbers"), None);
    let seen = by_email(&acme, "a@any.example").await;
    assert_eq!((&seen["license"], seen.get("phone_numbers")), (&json!("talk"), None));
    assert_eq!(acme.get("/offices").await["items"][0]["name"], "Main Office");
    assert!(acme.free("Main Office").await.iter().all(|free| *free > 900_000));
}
