//! Grants carried out on the sandbox's admin API, and what becomes of those that it refuses.

use std::time::Duration;

use dialform::{
    apply::{self, Options, Stopping, check_stale},
    dialpad::{End, People, ReadError, Reader, SendError, Wanted, Writer},
    exit::Exit,
    live::Tenant,
    memory::GrantKind,
    names::{ApiId, License, Post, TargetId, Text},
    plan::{
        Action, AdminRequest, ApiUser, Change, GrantChange, Kind, OperatorsOf, Plan, PolicyTarget, Read, Request,
        Subject, UserField,
        outcome::{ChangeResult, Outcome, Status, Stop},
    },
    sandbox::{self, FaultPlan, Options as SandboxOptions, Sandbox},
    state::{Disk, State, Store},
};
use tokio::time::Instant;

use crate::simulation::{settings, small_plan};

const TENANT: &str = r#"
company: { name: Acme, domains: [acme.example] }
offices:
  - { name: Berlin, id: "201", country: de, primary: true, licenses: { talk: 20, agents: 3, lite_support_agents: 1, additional_numbers: 20 } }
  - { name: Leeds, id: "202", country: gb, licenses: { talk: 5 } }
departments: [{ name: Front desk, id: "301" }]
contact_centers: [{ name: Support, id: "401" }, { name: Sales, id: "402" }]
channels: [news]
policies: [{ name: Hours, id: "501", target: callcenter }]
users:
  - { email: boss@acme.example, company_admin: true, office: Berlin, license: talk }
  - { email: ana@acme.example, office: Berlin, license: talk }
  - { email: bob@acme.example, office: Berlin, license: agents, contact_centers: [{ name: Support, as: operator, skill: 40 }] }
"#;

fn open(more: &str) -> Sandbox {
    let tenant = Some(sandbox::Tenant::parse(&format!("{TENANT}{more}")).unwrap());
    Sandbox::open(SandboxOptions { rate: None, tenant, ..SandboxOptions::default() }).unwrap()
}

fn writer(sandbox: &Sandbox) -> Writer {
    Writer::connect(End::Sandbox(sandbox.clone()), &settings(4)).unwrap()
}

async fn tenant(sandbox: &Sandbox) -> Tenant {
    writer(sandbox).reader().tenant(&Wanted::everything(), &|_| {}).await.unwrap()
}

fn state() -> State {
    State::read(Store::Memory(Disk::default()), &"acme".into(), &"sandbox".into()).unwrap()
}

async fn apply(sandbox: &Sandbox, plan: &Plan) -> Outcome {
    let mut state = state();
    let guard = state.lock().unwrap();
    apply::run(plan, &writer(sandbox), &mut state, &guard, &Options::default(), &Stopping::never(), &|_| {}).await
}

fn plan(changes: Vec<Change>) -> Plan {
    small_plan::plan(changes, Read { live_users: 3, ..Read::default() }, Vec::new())
}

async fn id(sandbox: &Sandbox, email: &str) -> ApiId {
    let tenant = tenant(sandbox).await;
    let found = tenant.users.iter().find(|user| user.emails.contains(&Text::from(email)));
    found.unwrap_or_else(|| panic!("nobody is {email}")).id.clone()
}

async fn live(sandbox: &Sandbox, email: &str) -> ApiUser {
    ApiUser::Live(id(sandbox, email).await)
}

fn grant(id: &str, action: Action, requests: Vec<AdminRequest>) -> Change {
    let target = Some(TargetId::from("scim-id"));
    let subject = Subject { kind: Kind::User, name: "Ana".into(), source: Some(id.into()), target };
    let requests = requests.into_iter().map(Request::Admin).collect();
    small_plan::change(action, "grant", id, subject, requests, Vec::new())
}

fn center(id: &str) -> OperatorsOf {
    OperatorsOf::ContactCenter(id.into())
}

fn add(group: OperatorsOf, user: ApiUser, post: Post, skill: Option<u8>, license: Option<License>) -> AdminRequest {
    AdminRequest::AddOperator { group, user, post, skill, license, keep_paid_numbers: Some(true) }
}

fn patch(user: ApiUser, fields: Vec<UserField>) -> AdminRequest {
    AdminRequest::PatchUser { user, fields }
}

fn of<'a>(outcome: &'a Outcome, id: &str) -> &'a ChangeResult {
    outcome.results.iter().find(|result| result.change.0.ends_with(&format!(":{id}"))).unwrap()
}

fn message(outcome: &Outcome, id: &str) -> String {
    match &of(outcome, id).status {
        Status::Failed { message, .. } => message.to_string(),
        Status::Skipped { because } => because.to_string(),
        status @ (Status::Done | Status::Already) => format!("{status:?}"),
    }
}

/// One of each.
async fn all(sandbox: &Sandbox) -> Vec<Change> {
    let (ana, bob) = (live(sandbox, "ana@acme.example").await, live(sandbox, "bob@acme.example").await);
    let channel = tenant(sandbox).await.channels[0].id.clone();
    let settings = vec![
        UserField::JobTitle("Lead".into()),
        UserField::Extension("12345".into()),
        UserField::ForwardingNumbers(vec!["+442074865800".into()]),
        UserField::InternationalDialing(true),
    ];
    let at = Some(PolicyTarget::ContactCenter("401".into()));
    let department = OperatorsOf::Department("301".into());
    let remove = AdminRequest::RemoveOperator { group: center("401"), user: bob.clone() };
    vec![
        grant("license", Action::SetLicense, vec![patch(ana.clone(), vec![UserField::License(License::Agents)])]),
        grant("settings", Action::SetSettings, vec![patch(ana.clone(), settings)]),
        grant("desk", Action::Grant, vec![add(department, ana.clone(), Post::Admin, None, None)]),
        grant("sales", Action::Grant, vec![add(center("402"), ana.clone(), Post::Supervisor, Some(70), None)]),
        grant("post", Action::Regrant, vec![remove, add(center("401"), bob.clone(), Post::Admin, Some(90), None)]),
        grant("offices", Action::Grant, vec![patch(ana.clone(), vec![UserField::AdminOffices(vec!["202".into()])])]),
        grant("company", Action::Grant, vec![patch(bob.clone(), vec![UserField::CompanyAdmin(true)])]),
        grant(
            "policy",
            Action::Grant,
            vec![AdminRequest::AssignPolicy { policy: "501".into(), user: ana.clone(), at }],
        ),
        grant("channel", Action::Grant, vec![AdminRequest::AddChannelMember { channel, user: ana }]),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_kind_is_given_with_one_request_each_and_read_back() {
    let sandbox = open("");
    let plan = plan(all(&sandbox).await);
    sandbox.reset_requests();
    let outcome = apply(&sandbox, &plan).await;
    assert_eq!((outcome.done(), outcome.failed(), outcome.skipped()), (9, 0, 0), "{:?}", outcome.results);
    assert!(outcome.results.iter().all(|result| result.not_stored.is_empty()), "{:?}", outcome.results);
    // A change of post takes two; nothing is read back, since the answers show what is stored.
    assert_eq!((sandbox.requests().total, outcome.requests), (10, 10));
    let after = tenant(&sandbox).await;
    let of = |email: &str| after.users.iter().find(|user| &*user.emails[0] == email).unwrap();
    let (ana, bob) = (of("ana@acme.example"), of("bob@acme.example"));
    assert_eq!((ana.license.clone(), &ana.admin_offices[..]), (Some(License::Agents), &["202".into()][..]));
    assert_eq!((ana.job_title.as_deref(), ana.extension.as_deref()), (Some("Lead"), Some("12345")));
    assert_eq!((&ana.forwarding_numbers[..], ana.international_dialing), (&["+442074865800".into()][..], Some(true)));
    assert!(bob.company_admin && !ana.company_admin);
    assert_eq!((ana.roles[&"301".into()], ana.roles[&"402".into()]), (Post::Admin, Post::Supervisor));
    assert_eq!(bob.roles[&"401".into()], Post::Admin);
    let skill = |center: usize| after.contact_centers[center].operators.as_ref().unwrap()[0].skill;
    assert_eq!((skill(0), skill(1)), (Some(90), Some(70)));
    let assignments = after.policies[0].assignments.as_ref().unwrap();
    assert_eq!((assignments[0].user.clone(), assignments[0].at.clone()), (ana.id.clone(), Some("401".into())));
    assert_eq!(after.channels[0].members.as_ref().unwrap(), std::slice::from_ref(&ana.id));
    // What is there already is so already, and nothing is another for it.
    let again = apply(&sandbox, &plan).await;
    assert_eq!((again.done(), again.failed()), (9, 0), "{:?}", again.results);
    assert_eq!(of_status(&again, "policy"), Status::Already);
    assert_eq!(tenant(&sandbox).await.in_order(), after.in_order());
}

fn of_status(outcome: &Outcome, id: &str) -> Status {
    of(outcome, id).status.clone()
}

#[tokio::test(start_paused = true)]
async fn lost_answers_are_sent_again_and_end_the_same() {
    for fault in
        ["lost;every=2", "reset;every=3", "status=502;every=2", "throttle=1;every=3", "number-ids", "nulls;on=GET"]
    {
        let sandbox = open("");
        let plan = plan(all(&sandbox).await);
        sandbox.set_faults(FaultPlan::parse([fault]).unwrap());
        let outcome = apply(&sandbox, &plan).await;
        assert_eq!((outcome.done(), outcome.failed()), (9, 0), "{fault}: {:?}", outcome.results);
        sandbox.set_faults(FaultPlan::default());
        assert_eq!(tenant(&sandbox).await.channels[0].members.as_ref().unwrap().len(), 1, "{fault}");
    }
}

fn person(name: &str) -> Subject {
    Subject { kind: Kind::User, name: name.into(), source: Some(name.into()), target: None }
}

/// Somebody new with two grants, of which one needs a login.
fn newcomer() -> Plan {
    let email: Text = "new@acme.example".into();
    let create = small_plan::create_user("new", person("new"), &[("userName", &email), ("externalId", "new")]);
    let user = ApiUser::Created { change: create.id.clone(), email };
    let desk = add(OperatorsOf::Department("301".into()), user.clone(), Post::Operator, None, None);
    let mut grants = vec![
        grant("desk", Action::Grant, vec![desk]),
        grant("admin", Action::Grant, vec![patch(user, vec![UserField::AdminOffices(vec!["201".into()])])]),
    ];
    for grant in &mut grants {
        grant.depends_on = vec![create.id.clone()];
    }
    grants.insert(0, create);
    plan(grants)
}

#[tokio::test(start_paused = true)]
async fn somebody_new_is_looked_up_once_by_address_and_gets_what_needs_no_login() {
    let sandbox = open("behaviour: { pending_until_login: true }\n");
    let plan = newcomer();
    let outcome = apply(&sandbox, &plan).await;
    assert_eq!(
        (outcome.done(), outcome.failed(), outcome.skipped(), outcome.waiting()),
        (2, 0, 0, 1),
        "{:?}",
        outcome.results
    );
    assert!(message(&outcome, "admin").contains("has not logged in yet"), "{}", message(&outcome, "admin"));
    assert_eq!(Exit::of_outcome(&plan, &outcome), Exit::Done);
    assert_eq!((outcome.lookups, outcome.requests), (1, 3));
    assert_eq!(sandbox.operators().len(), 2, "bob, and whoever is new");
    let sandbox = open("");
    let outcome = apply(&sandbox, &plan).await;
    assert_eq!((outcome.done(), outcome.waiting(), outcome.lookups), (3, 0, 1), "{:?}", outcome.results);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_does_not_come_is_a_failure_with_its_address() {
    let sandbox = open("");
    sandbox.set_faults(FaultPlan::parse(["missing-page;on=/users"]).unwrap());
    let outcome = apply(&sandbox, &newcomer()).await;
    assert_eq!((outcome.done(), outcome.failed(), outcome.lookups), (1, 2, 6), "{:?}", outcome.results);
    assert!(message(&outcome, "desk").contains("nobody in the admin API has its address new@acme.example"));
}

#[tokio::test(start_paused = true)]
async fn no_licence_free_is_said_and_the_persons_other_changes_go_on() {
    let sandbox = open("");
    let ana = live(&sandbox, "ana@acme.example").await;
    let boss = live(&sandbox, "boss@acme.example").await;
    // One is free, and two want it.
    let first = patch(boss, vec![UserField::License(License::Support)]);
    assert!(writer(&sandbox).grant(&first, &id(&sandbox, "boss@acme.example").await).await.is_ok());
    let changes = vec![
        grant("license", Action::SetLicense, vec![patch(ana.clone(), vec![UserField::License(License::Support)])]),
        grant("title", Action::SetSettings, vec![patch(ana, vec![UserField::JobTitle("Lead".into())])]),
    ];
    let outcome = apply(&sandbox, &plan(changes)).await;
    assert!(message(&outcome, "license").starts_with("no licence free: 400"), "{}", message(&outcome, "license"));
    assert_eq!((outcome.done(), outcome.failed(), outcome.stopped), (1, 1, None));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_post_that_is_half_done_says_so_and_one_that_is_refused_is_no_already() {
    let sandbox = open("");
    let bob = live(&sandbox, "bob@acme.example").await;
    let remove = AdminRequest::RemoveOperator { group: center("401"), user: bob.clone() };
    let promote = add(center("401"), bob.clone(), Post::Supervisor, None, None);
    sandbox.set_faults(FaultPlan::parse(["status=400;on=POST"]).unwrap());
    let outcome = apply(&sandbox, &plan(vec![grant("post", Action::Regrant, vec![remove, promote.clone()])])).await;
    let said = message(&outcome, "post");
    assert!(
        said.starts_with("half done: Ana was taken out of the contact center and not added again as supervisor"),
        "{said}"
    );
    // Adding somebody who is there as something else is answered with 409, and is not taken for done.
    let sandbox = open("");
    let outcome = apply(&sandbox, &plan(vec![grant("post", Action::Grant, vec![promote])])).await;
    let said = message(&outcome, "post");
    assert!(said.contains("it is an operator of the contact center, not a supervisor; plan again"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn one_403_is_one_failure_and_a_401_stops() {
    let sandbox = open("");
    let changes = all(&sandbox).await;
    sandbox.set_faults(FaultPlan::parse(["status=403;on=/users"]).unwrap());
    let outcome = apply(&sandbox, &plan(changes.clone())).await;
    assert_eq!((outcome.failed(), outcome.stopped.clone()), (4, None), "{:?}", outcome.results);
    sandbox.set_faults(FaultPlan::parse(["status=401"]).unwrap());
    let outcome = apply(&sandbox, &plan(changes)).await;
    assert!(matches!(outcome.stopped, Some(Stop::Credentials { .. })), "{:?}", outcome.stopped);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_taken_away_and_success_is_not_believed() {
    let sandbox = open("");
    let ana = live(&sandbox, "ana@acme.example").await;
    let channel = tenant(&sandbox).await.channels[0].id.clone();
    let changes = vec![
        grant(
            "center",
            Action::Withdraw,
            vec![AdminRequest::RemoveOperator { group: center("401"), user: ana.clone() }],
        ),
        grant("channel", Action::Withdraw, vec![AdminRequest::RemoveChannelMember { channel, user: ana.clone() }]),
    ];
    let outcome = apply(&sandbox, &plan(changes)).await;
    assert_eq!((of_status(&outcome, "center"), of_status(&outcome, "channel")), (Status::Already, Status::Already));
    // A title is accepted and not kept.
    sandbox.set_faults(FaultPlan::parse(["not-stored=job_title"]).unwrap());
    let mut title = grant("title", Action::SetSettings, vec![patch(ana, vec![UserField::JobTitle("Lead".into())])]);
    title.grants = vec![GrantChange {
        kind: GrantKind::Setting,
        name: "job_title".into(),
        at: None,
        before: None,
        after: Some("Lead".into()),
        given: None,
        place: dialform::names::Place::default(),
    }];
    let mut state = state();
    let guard = state.lock().unwrap();
    let (plan, writer) = (plan(vec![title]), writer(&sandbox));
    let outcome =
        apply::run(&plan, &writer, &mut state, &guard, &Options::default(), &Stopping::never(), &|_| {}).await;
    let remembered = &state.memory().grants_not_stored[&dialform::names::SourceId::from("title")];
    assert_eq!(
        remembered.iter().map(|(field, value)| (&**field, &**value)).collect::<Vec<_>>(),
        [("setting:job_title", "Lead")]
    );
    let lacking: Vec<&str> = of(&outcome, "title").not_stored.iter().map(|path| path.as_str()).collect();
    assert_eq!((lacking, outcome.requests), (vec!["job_title"], 2));
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_is_bound_to_what_it_gives() {
    let sandbox = open("");
    let bob = live(&sandbox, "bob@acme.example").await;
    let given = |before: &str, after: &str| GrantChange {
        kind: GrantKind::License,
        name: "".into(),
        at: None,
        before: Some(before.into()),
        after: Some(after.into()),
        given: None,
        place: dialform::names::Place::default(),
    };
    let change = |before, after| {
        let request = patch(bob.clone(), vec![UserField::License(License::Talk)]);
        Change { grants: vec![given(before, after)], ..grant("license", Action::SetLicense, vec![request]) }
    };
    let writer = writer(&sandbox);
    let fresh = async |change| check_stale(&plan(vec![change]), writer.reader(), &Options::default()).await.unwrap();
    sandbox.reset_requests();
    let as_planned = fresh(change("agents", "talk")).await;
    assert!(as_planned.moved.is_empty() && as_planned.already.is_empty(), "{as_planned:?}");
    assert_eq!(sandbox.requests().total, 1, "{:?}", sandbox.requests().log);
    let moved = fresh(change("talk", "lite_support_agents")).await.moved;
    assert_eq!(moved[0].what, ["licence was `talk` and is now `agents`"]);
    assert_eq!(fresh(change("talk", "agents")).await.already.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn reading_takes_the_documented_requests_and_keeps_the_rate_full() {
    let mut users = String::new();
    for n in 0..250 {
        let skill = n % 100 + 1;
        users.push_str(&format!(
            "  - {{ email: p{n}@acme.example, office: Berlin, license: agents, contact_centers: [{{ name: Support, skill: {skill} }}] }}\n"
        ));
    }
    let tenant = format!("{}{users}", TENANT.replace("agents: 3", "agents: 300"));
    let tenant = Some(sandbox::Tenant::parse(&tenant).unwrap());
    let options =
        SandboxOptions { rate: Some(20), latency: Duration::from_millis(150), tenant, ..SandboxOptions::default() };
    let sandbox = Sandbox::open(options).unwrap();
    let scim = dialform::manifest::Scim { rate: Some(20.0), concurrency: 16, ..settings(16) };
    let reader = Reader::connect(End::Sandbox(sandbox.clone()), &scim).unwrap();
    let started = Instant::now();
    let tenant = reader.tenant(&Wanted::everything(), &|_| {}).await.unwrap();
    let seconds = started.elapsed().as_secs_f64();
    assert!(tenant.unread.is_empty(), "{:?}", tenant.unread);
    assert_eq!((tenant.users.len(), tenant.requests), (253, sandbox.requests().total));
    // People in pages, company, offices and seats, 4 lists, operators of 1 + 2, assignments, members, skills of 251.
    assert_eq!(tenant.requests, 3 + 1 + (1 + 2) + 4 + 3 + 1 + 1 + 251);
    let full = tenant.requests as f64 / 20.0;
    assert!(seconds <= full / 0.98 + 0.5, "{seconds} s for {} requests, which could take {full}", tenant.requests);
    assert_eq!(sandbox.requests().log.iter().filter(|record| record.status == Some(429)).count(), 0);
}

#[tokio::test(start_paused = true)]
async fn odd_answers_of_the_sandbox_are_read_as_the_straight_ones() {
    let sandbox = open("");
    let straight = tenant(&sandbox).await.in_order();
    for fault in ["number-ids", "status=500;nth=1;on=/departments"] {
        sandbox.set_faults(FaultPlan::parse([fault]).unwrap());
        assert_eq!(tenant(&sandbox).await.in_order(), straight, "{fault}");
    }
    for fault in ["nulls", "absent-fields", "unknown-words", "same-cursor", "wrong-shape", "truncated", "status=418"] {
        sandbox.set_faults(FaultPlan::parse([fault]).unwrap());
        // Whatever comes, it is a value or words.
        let read = writer(&sandbox).reader().tenant(&Wanted::everything(), &|_| {}).await;
        let is_said =
            matches!(&read, Err(ReadError::Unreachable { message, .. }) if message.contains("before the body ended"));
        assert!(read.is_ok() || (fault == "truncated" && is_said), "{fault}: {read:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_admin_api_nothing_is_sent() {
    let end = End::Socket { url: "http://127.0.0.1:9/scim".into(), token: None, plain_http: false };
    let writer = Writer::connect(end, &settings(1)).unwrap();
    let request = patch(ApiUser::Live("1".into()), Vec::new());
    let error = writer.grant(&request, &"1".into()).await.unwrap_err();
    assert!(matches!(&error, SendError::NotSent { message } if message.contains("names none")), "{error:?}");
    let wanted = Wanted { people: People::All, ..Wanted::default() };
    let error = writer.reader().tenant(&wanted, &|_| {}).await.unwrap_err();
    assert!(error.to_string().contains("add `target.dialpad.api`"), "{error}");
}
