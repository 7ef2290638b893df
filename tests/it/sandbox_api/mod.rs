//! The sandbox's part of the admin API: every answer is checked against the
//! shapes of Dialpad's OpenAPI file, and every documented trap is tried.

mod grants;
mod hostile;
mod people;
mod seats;

use std::{collections::HashMap, sync::LazyLock};

use bytes::Bytes;
use dialform::sandbox::{FaultPlan, Options, Sandbox, Tenant};
use http::Request;
use jsonschema::Validator;
use serde_json::{Value, json};

/// Two countries, few seats, everything that can be granted.
pub(crate) const TENANT: &str = r#"
company: { id: "4508591728425653", name: Acme, domains: [acme.example, acme.test], timezone: Europe/London }
offices:
  - { name: London, country: gb, licenses: { talk: 2, agents: 1, lite_support_agents: 1, additional_numbers: 1 }, area_code: "20" }
  - { name: Leeds, country: gb, licenses: { talk: 1 }, area_code: "113" }
  - { name: Berlin, country: de, licenses: { talk: 2 }, area_code: "30" }
departments: [{ name: Sales, office: London }, { name: Front desk, office: Berlin }]
contact_centers: [{ name: Support EMEA, office: London }, { name: Support DE, office: Berlin }]
channels: [Announcements]
policies:
  - { name: Call routing editors, target: callcenter, permissions: [call_routing_hours_settings_write] }
  - { name: Office hours, target: office, permissions: [business_hours_write] }
  - { name: Auditors, target: company, permissions: [csat_surveys_read] }
"#;

/// A sandbox with its tenant, and a way to ask.
pub(crate) struct Company {
    pub(crate) sandbox: Sandbox,
}

pub(crate) fn company(behaviour: &str) -> Company {
    let tenant = Tenant::parse(&format!("{TENANT}\n{behaviour}")).unwrap();
    let options = Options { rate: None, tenant: Some(tenant), ..Options::default() };
    Company { sandbox: Sandbox::open(options).unwrap() }
}

static SHAPES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../cases/dialpad-api/shapes.json")).unwrap());

/// The shape of a good answer by the OpenAPI; `None` has no body.
fn shape(method: &str, path: &str) -> Option<&'static str> {
    let segments: Vec<&str> = path.split('?').next().unwrap().trim_matches('/').split('/').collect();
    Some(match (method, segments.as_slice()) {
        (_, ["company"]) => "CompanyProto",
        ("GET", ["users"]) => "UserCollection",
        ("POST", ["users"]) | (_, ["users", _] | ["users", _, "move_office"]) => "UserProto",
        (_, ["users", _, "assign_number" | "unassign_number"]) => "NumberProto",
        (_, ["offices"]) => "OfficeCollection",
        (_, ["offices", _]) => "OfficeProto",
        (_, ["offices", _, "available_licenses"]) => "AvailableLicensesProto",
        (_, ["offices", _, "plan"]) => "PlanProto",
        (_, ["departments"] | ["offices", _, "departments"]) => "DepartmentCollection",
        (_, ["callcenters"] | ["offices", _, "callcenters"]) => "CallCenterCollection",
        (_, ["departments", _]) => "DepartmentProto",
        (_, ["callcenters", _]) => "CallCenterProto",
        ("GET", [_, _, "operators"]) => "OperatorCollection",
        (_, [_, _, "operators"]) => "UserOrRoomProto",
        (_, [_, _, "operators", _, "skill"]) => "OperatorSkillLevelProto",
        (_, ["channels"]) => "ChannelCollection",
        (_, ["channels", _]) => "ChannelProto",
        ("GET", ["channels", _, "members"]) => "MembersCollection",
        ("POST", ["channels", _, "members"]) => "MembersProto",
        ("DELETE", ["channels", _, "members"]) => return None,
        (_, ["accesscontrolpolicies"]) => "PoliciesCollection",
        (_, ["accesscontrolpolicies", _]) => "PolicyProto",
        (_, ["accesscontrolpolicies", _, "assignments"]) => "PolicyAssignmentCollection",
        (_, ["accesscontrolpolicies", _, "assign" | "unassign"]) => "PolicyAssignmentProto",
        (_, ["numbers"]) => "NumberCollection",
        _ => panic!("no shape for {method} {path}"),
    })
}

/// A validator for each shape of the file.
static VALIDATORS: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    let of_shape = |name: &String| {
        let mut schema = SHAPES.clone();
        schema["$ref"] = format!("#/$defs/{name}").into();
        (name.clone(), jsonschema::validator_for(&schema).unwrap())
    };
    SHAPES["$defs"].as_object().unwrap().keys().map(of_shape).collect()
});

impl Company {
    /// Status and body; a good body has the shape of the OpenAPI.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (status, body) = self.raw(method, &format!("/api/v2{path}"), body).await;
        if status == 200 {
            match shape(method, path) {
                None => assert!(body.is_null(), "{method} {path}: {body}"),
                Some(name) => {
                    let errors: Vec<_> = VALIDATORS[name].iter_errors(&body).map(|error| error.to_string()).collect();
                    assert!(errors.is_empty(), "{method} {path} is no {name}: {errors:?}\n{body:#}");
                }
            }
        }
        (status, body)
    }

    pub(crate) async fn raw(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let response = self.sandbox.call(request.body(body).unwrap()).await.unwrap();
        let bytes = response.body();
        let json = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(bytes).unwrap() };
        (response.status().as_u16(), json)
    }

    /// A read that must be good.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, Value::Null).await;
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    /// A write that must be good.
    pub(crate) async fn good(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// A request that must be refused with this status and text.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: Value, status: u16, says: &str) {
        let (got, answer) = self.ask(method, path, body).await;
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(got == status && message.contains(says), "{method} {path}: {got} {answer}");
        assert_eq!(answer["error"]["code"], status);
    }

    pub(crate) async fn scim(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.raw(method, &format!("/scim{path}"), body).await
    }

    /// The id of the one thing of a list with this name.
    pub(crate) async fn id(&self, list: &str, name: &str) -> String {
        let page = self.get(list).await;
        let items = page["items"].as_array().unwrap();
        let found = items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("no {name} in {list}"));
        found["id"].as_str().unwrap().to_owned()
    }

    /// Makes a user by the API; gives the id.
    pub(crate) async fn hire(&self, email: &str, office: &str, license: &str) -> String {
        let office = self.id("/offices", office).await;
        let body = json!({"email": email, "office_id": office, "license": license});
        self.good("POST", "/users", body).await["id"].as_str().unwrap().to_owned()
    }

    /// Free seats of an office: talk, sell, contact center, additional numbers.
    pub(crate) async fn free(&self, office: &str) -> [u64; 4] {
        let id = self.id("/offices", office).await;
        let lines = self.get(&format!("/offices/{id}/available_licenses")).await;
        ["talk_lines", "sell_lines", "contact_center_lines", "additional_number_lines"]
            .map(|line| lines[line].as_str().unwrap().parse().unwrap())
    }

    pub(crate) fn faults(&self, faults: &[&str]) {
        self.sandbox.set_faults(FaultPlan::parse(faults.iter().copied()).unwrap());
    }
}

#[tokio::test]
async fn what_the_tenant_names_is_read_in_the_openapis_shapes() {
    let acme = company("");
    let read = acme.get("/company").await;
    assert_eq!(
        (&read["id"], &read["domain"], &read["office_count"]),
        (&json!("4508591728425653"), &json!("acme.example"), &json!("3"))
    );
    assert_eq!(acme.get("/offices/primary").await["name"], "London");
    let london = acme.id("/offices", "London").await;
    assert_eq!(acme.get(&format!("/offices/{london}")).await["timezone"], "Europe/London");
    assert_eq!(acme.get(&format!("/offices/{london}/plan")).await["talk_lines"], "2");
    for (list, count) in [
        ("/offices", 3),
        ("/departments", 2),
        ("/callcenters", 2),
        ("/channels", 1),
        ("/accesscontrolpolicies", 3),
        (&format!("/offices/{london}/departments"), 1),
        (&format!("/offices/{london}/callcenters"), 1),
        (&format!("/callcenters?office_id={london}"), 1),
        ("/callcenters?name_search=support%20e", 1),
    ] {
        assert_eq!(acme.get(list).await["items"].as_array().unwrap().len(), count, "{list}");
    }
    for list in ["departments", "callcenters", "accesscontrolpolicies", "channels"] {
        let first = acme.get(&format!("/{list}")).await["items"][0].clone();
        let one = acme.get(&format!("/{list}/{}", first["id"].as_str().unwrap())).await;
        assert_eq!(one, first);
    }
    // Nobody is there, and empty lists are left out.
    for path in ["/users", "/numbers"] {
        assert_eq!(acme.get(path).await, json!({}));
    }
    let sales = acme.id("/departments", "Sales").await;
    assert_eq!(acme.get(&format!("/departments/{sales}/operators")).await, json!({}));
}

#[tokio::test]
async fn what_is_not_there_or_not_allowed_is_said_by_status() {
    let acme = company("");
    for (method, path, status, says) in [
        ("GET", "/nothing", 404, "not found"),
        ("GET", "/users/1", 404, "user 1 not found"),
        ("PATCH", "/users/1", 400, "not JSON"),
        ("GET", "/offices/1", 404, "office 1 not found"),
        ("GET", "/offices/abc", 400, "`abc` is not an id"),
        ("GET", "/callcenters/1/operators", 404, "callcenter 1 not found"),
        ("GET", "/accesscontrolpolicies/1/assignments", 404, "policy 1 not found"),
        ("GET", "/users?state=gone", 400, "`state` must be one of"),
        ("GET", "/users?company_admin=yes", 400, "must be true or false"),
        ("GET", "/users?cursor=abc", 400, "invalid cursor"),
        ("PUT", "/users", 405, "GET, POST is"),
        ("DELETE", "/offices", 405, "GET is"),
    ] {
        acme.refused(method, path, Value::Null, status, says).await;
    }
    assert_eq!(acme.raw("GET", "/api/v3/users", Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_key_that_is_no_company_administrators_is_refused_where_the_openapi_says_so() {
    let acme = company("behaviour: { company_admin_key: false }");
    let policy = acme.id("/accesscontrolpolicies", "Auditors").await;
    for (method, path) in [
        ("GET", "/company".to_owned()),
        ("GET", "/numbers".to_owned()),
        ("POST", format!("/accesscontrolpolicies/{policy}/assign")),
        ("POST", format!("/accesscontrolpolicies/{policy}/unassign")),
    ] {
        acme.refused(method, &path, json!({"user_id": "1"}), 403, "company admin API key").await;
    }
    acme.get("/users").await;
}

#[tokio::test]
async fn errors_have_the_shape_that_was_chosen() {
    for (behaviour, pointer) in [
        ("", "/error/message"),
        ("behaviour: { errors: message }", "/message"),
        ("behaviour: { errors: detail }", "/detail"),
    ] {
        let acme = company(behaviour);
        let (_, body) = acme.ask("GET", "/users/1", Value::Null).await;
        assert_eq!(body.pointer(pointer).unwrap(), "user 1 not found", "{body}");
    }
    let acme = company("");
    acme.faults(&["status=503;nth=1", "status=500;body=detail;nth=2", "throttle=2;nth=3"]);
    let texts = ["/error/message", "/detail", "/error/message"];
    for (pointer, status) in texts.into_iter().zip([503, 500, 429]) {
        let (got, body) = acme.ask("GET", "/users", Value::Null).await;
        assert_eq!((got, body.pointer(pointer).and_then(Value::as_str)), (status, Some("this went wrong on demand")));
    }
}

#[tokio::test(start_paused = true)]
async fn one_key_and_one_limit_are_for_both_services() {
    let token = Some(dialform::names::Secret::new("s3cret"));
    let sandbox = Sandbox::open(Options { token, ..Options::default() }).unwrap();
    let ask = async |path: &str, key: Option<&str>| {
        let request = Request::builder().uri(path);
        let request = key.iter().fold(request, |request, key| request.header("authorization", format!("Bearer {key}")));
        let response = sandbox.call(request.body(Bytes::new()).unwrap()).await.unwrap();
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        (response.status().as_u16(), response.headers().get("www-authenticate").is_some(), body)
    };
    for key in [None, Some("wrong")] {
        let (status, challenge, body) = ask("/api/v2/users", key).await;
        assert_eq!((status, challenge, &body["error"]["code"]), (401, true, &json!(401)));
    }
    // Twenty requests a second: two are gone.
    for n in 0..18 {
        let path = if n % 2 == 0 { "/scim/Users" } else { "/api/v2/users" };
        assert_eq!(ask(path, Some("s3cret")).await.0, 200, "{n}");
    }
    let (status, _, body) = ask("/api/v2/users", Some("s3cret")).await;
    assert_eq!((status, &body["error"]["code"]), (429, &json!(429)));
    assert_eq!(ask("/scim/Users", Some("s3cret")).await.0, 429);
    let requests = sandbox.requests();
    assert_eq!(requests.log.iter().filter(|record| record.path == "/api/v2/users").count(), 12);
}

#[tokio::test]
async fn people_come_in_pages_that_faults_can_spoil() {
    let tenant = format!("{TENANT}\nbehaviour: {{ no_seat: buy }}");
    let options = Options { rate: None, tenant: Some(Tenant::parse(&tenant).unwrap()), ..Options::default() };
    let sandbox = Sandbox::open(options).unwrap();
    let people: Vec<Value> = (0..250).map(|n| json!({"userName": format!("u{n}@acme.example")})).collect();
    sandbox.load(&people).unwrap();
    let acme = Company { sandbox };
    let (mut seen, mut path) = (Vec::new(), "/users".to_owned());
    loop {
        let page = acme.get(&path).await;
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|user| user["emails"][0].as_str().unwrap().to_owned()),
        );
        match page["cursor"].as_str() {
            Some(cursor) => path = format!("/users?cursor={cursor}"),
            None => break,
        }
    }
    let all: Vec<_> = (0..250).map(|n| format!("u{n}@acme.example")).collect();
    assert_eq!(seen, all);
    let cursor = acme.get("/users").await["cursor"].as_str().unwrap().to_owned();
    acme.sandbox.expire_cursors();
    acme.refused("GET", &format!("/users?cursor={cursor}"), Value::Null, 400, "invalid cursor").await;
    let mut greedy = Vec::new();
    for _ in 0..5 {
        greedy.push(acme.ask("GET", "/users?limit=1000", Value::Null).await.0);
    }
    assert_eq!(greedy, [200, 200, 200, 200, 400]);
    acme.faults(&["number-ids;nth=1"]);
    let (_, odd) = acme.raw("GET", "/api/v2/users", Value::Null).await;
    assert!(odd["items"][0]["id"].is_u64() && odd["items"][0]["office_id"].is_u64(), "{}", odd["items"][0]);
    for (fault, key, expected) in [
        ("unknown-words", "license", json!("not_in_any_document")),
        ("unknown-words", "state", json!("not_in_any_document")),
        ("absent-fields", "emails", Value::Null),
    ] {
        acme.faults(&[fault]);
        let (_, odd) = acme.raw("GET", "/api/v2/users", Value::Null).await;
        assert_eq!(odd["items"][0][key], expected, "{fault}");
        assert!(odd["items"][0]["id"].is_string());
    }
    acme.faults(&["nulls;nth=1"]);
    let (_, odd) = acme.raw("GET", "/api/v2/users?email=u1%40acme.example", Value::Null).await;
    assert!(
        odd["cursor"].is_null()
            && odd.get("cursor").is_some()
            && odd["items"][0].get("job_title") == Some(&Value::Null)
    );
}

#[test]
fn the_tenant_file_of_the_page_is_one() {
    let page = include_str!("../../../docs/sandbox.md");
    let example = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let tenant = Tenant::parse(example).unwrap();
    let sandbox = Sandbox::open(Options { tenant: Some(tenant), ..Options::default() }).unwrap();
    let states: Vec<_> = sandbox.api_users().iter().map(|user| user["state"].clone()).collect();
    assert_eq!(states, ["active", "pending"]);
    assert_eq!((sandbox.operators()[0].skill, sandbox.policy_assignments()[0].at.as_str()), (Some(80), "Support EMEA"));
}
