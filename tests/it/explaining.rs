//! `dialform show` as a value: why somebody has, or does not have, an account.

use dialform::plan::{self, Action, Explanation, Gives, Inputs, Passed, Reason, Unknown};
use serde_json::json;

use crate::inputs::{Scene, account};

fn show(scene: &Scene, who: &str) -> Result<Explanation, Unknown> {
    let (directory, live) = (scene.directory(), scene.live());
    let (manifest, memory, now) = (&scene.manifest, &scene.memory, scene.now.parse().unwrap());
    let inputs = Inputs { manifest, directory: &directory, live: &live, memory, now };
    plan::explain(&inputs, &scene.options, who)
}

fn scene() -> Scene {
    Scene::new(
        "mappings: { groups: { enabled: true } }\n\
         filters: { users: [{ name: Staff, where: [{ attribute: employeeType, operator: equals, value: Staff }] }] }\n",
    )
    .member("ana", json!({ "employeeType": "Staff", "mail": "ana.lopez@acme.example", "jobTitle": "Lead" }))
    .member("kai", json!({ "employeeType": "Contractor" }))
    .linked("kai")
    .person("zoe", json!({ "employeeType": "Staff" }))
    .user("fax", json!({ "userName": "fax@acme.example" }))
}

#[test]
fn somebody_to_be_created_is_explained_from_import_to_decision() {
    for name in ["ana", "ANA@acme.example", "ana.lopez@acme.example"] {
        let shown = show(&scene(), name).unwrap();
        assert_eq!(&*shown.subject.name, "ana@acme.example");
        let import = shown.import.unwrap();
        assert_eq!(import.groups, ["SG".into()]);
        assert_eq!(import.attributes.get("jobTitle"), Some(&"Lead".into()));
        assert!(shown.matching.account.is_none());
        let tried: Vec<&str> = shown.matching.tried.iter().map(|tried| &*tried.attribute).collect();
        assert_eq!(tried, ["externalId", "userName"]);
        assert!(shown.scope.iter().all(|check| check.passed == Passed::Yes));
        assert_eq!(&*shown.scope[1].because, "group SG");
        assert_eq!(shown.scope[1].place.as_ref().unwrap().line, 5);
        let title = shown.mapping.iter().find(|mapped| &*mapped.target == "title").unwrap();
        assert_eq!((&*title.source, &title.gives), ("[jobTitle]", &Gives::Value("Lead".into())));
        assert_eq!(&*shown.verdict.text, "create: group SG");
        let actions: Vec<Action> = shown.verdict.changes.iter().map(|change| change.action).collect();
        assert_eq!(actions, [Action::CreateUser, Action::AddMembers]);
        assert_eq!(shown.verdict.changes[1].members.added.len(), 1);
    }
}

#[test]
fn the_first_check_that_fails_is_named_and_those_behind_it_are_not_looked_at() {
    let shown = show(&scene(), "kai").unwrap();
    let passed: Vec<Passed> = shown.scope.iter().map(|check| check.passed).collect();
    assert_eq!(passed, [Passed::Yes, Passed::Yes, Passed::Yes, Passed::No]);
    assert!(shown.scope[3].because.contains("employeeType is \"Contractor\""), "{}", shown.scope[3].because);
    assert!(shown.scope[3].place.is_some());
    assert_eq!(shown.matching.by.as_deref(), Some("link"));
    let targets: Vec<&str> = shown.mapping.iter().map(|mapped| &*mapped.target).collect();
    assert_eq!(targets, ["active"], "for a leaver only what reads `IsSoftDeleted` counts");
    assert_eq!(shown.mapping[0].gives, Gives::Value(false.into()));
    assert!(shown.mapping[0].differs);
    assert!(shown.verdict.text.starts_with("disable: "), "{}", shown.verdict.text);
    let shown = show(&scene(), "zoe").unwrap();
    assert_eq!(shown.scope[1].passed, Passed::No);
    assert_eq!(shown.scope[3].passed, Passed::NotReached);
    assert_eq!(&*shown.verdict.text, "out of scope, without an account: not in group SG");
}

#[test]
fn what_is_held_says_so_with_the_reason() {
    let mut suspended = account("ana");
    suspended["active"] = json!(false);
    let shown = show(&Scene::new("").member("ana", json!({})).user("d-ana", suspended), "ana").unwrap();
    assert_eq!(shown.verdict.held[0].reason, Reason::SuspendedElsewhere);
    assert!(shown.verdict.text.contains("suspended_elsewhere"), "{}", shown.verdict.text);
}

#[test]
fn an_account_of_nobody_and_a_group_are_explained_too() {
    let shown = show(&scene(), "fax@acme.example").unwrap();
    assert!(shown.import.is_none());
    assert!(shown.verdict.text.starts_with("not ours"), "{}", shown.verdict.text);
    let shown = show(&scene(), "sg").unwrap();
    assert_eq!(shown.import.unwrap().members, Some(2));
    assert_eq!(shown.verdict.changes[0].action, Action::CreateGroup);
}

#[test]
fn an_unknown_name_has_a_near_miss() {
    let unknown = show(&scene(), "anna@acme.example").unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "find anna@acme.example: no person, account or group is called so; did you mean ana@acme.example?"
    );
}

#[test]
fn a_value_that_is_redacted_is_not_shown() {
    let scene = Scene::new(
        "mappings: { users: { attributes: { userName: { attribute: userPrincipalName }, \
         title: { expression: 'Redact([jobTitle])' } } } }\n",
    );
    let shown = show(&scene.member("ana", json!({ "jobTitle": "Spy" })), "ana");
    let shown = shown.unwrap();
    let title = shown.mapping.iter().find(|mapped| &*mapped.target == "title").unwrap();
    assert_eq!(title.gives, Gives::Redacted);
}
