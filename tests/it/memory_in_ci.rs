//! Memory under CI: an apply that begins without one says what that costs, and no other does.

use crate::process::{Folder, Served};

const SAID: &str = "this is a CI job, and nothing is remembered";

fn folder(served: &Served, variable: Option<(&str, &str)>) -> Folder {
    let mut folder = Folder::example("quickstart");
    let target =
        format!("  dialpad: {{ scim: {{ url: {}, token: {{ env: DIALPAD_TOKEN }}, rate: unlimited }} }}", served.url);
    folder.edit("dialform.yaml", "  sandbox: {}", &target);
    folder.set("DIALPAD_TOKEN", "ci-test-token");
    if let Some((name, value)) = variable {
        folder.set(name, value);
    }
    folder
}

#[test]
fn a_fresh_folder_in_ci_is_warned_about_until_it_survives() {
    let served = Served::start("ci-test-token", &[]);
    let job = folder(&served, Some(("GITLAB_CI", "true")));
    let first = job.run(&["apply", "--yes"]);
    assert_eq!(first.code, 0, "{}", first.err);
    for said in
        [SAID, "suspended_elsewhere", "unproven_owner", "rolling day", "s3://BUCKET/PREFIX", "docs/operations.md"]
    {
        assert!(first.err.contains(said), "{said}: {}", first.err);
    }
    // The folder came back from a cache.
    assert!(!job.run(&["apply", "--yes"]).err.contains(SAID));
    // The next job has an empty disk, and is told even when it is to be quiet.
    let next = folder(&served, Some(("GITHUB_ACTIONS", "true"))).run(&["apply", "--yes", "--quiet"]);
    assert!(next.err.contains("::warning title=Dialform has no memory::") && next.err.contains("%0A"), "{}", next.err);
}

#[test]
fn a_person_a_sandbox_and_a_plan_are_not_warned() {
    let served = Served::start("ci-test-token", &[]);
    let person = folder(&served, None).run(&["apply", "--yes"]);
    assert!(person.code == 0 && !person.err.contains(SAID), "{}", person.err);
    let denied = folder(&served, Some(("CI", "false"))).run(&["apply", "--yes"]);
    assert!(!denied.err.contains(SAID));
    let plan = folder(&served, Some(("CI", "true"))).run(&["plan"]);
    assert!(!plan.err.contains(SAID));
    let mut sandbox = Folder::example("quickstart");
    sandbox.set("CI", "true");
    let sandbox = sandbox.run(&["apply", "--yes"]);
    assert!(sandbox.code == 0 && !sandbox.err.contains(SAID), "{}", sandbox.err);
}
