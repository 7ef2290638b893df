//! People from Entra: the built program against a Graph of our own.

use serde_json::Value;

use crate::{
    graph::{APPLICATION, FakeGraph, Store, TENANT},
    process::Folder,
};

/// A manifest with the application by id, and whatever more.
pub fn manifest(more: &str) -> String {
    format!(
        "version: 1\nname: acme\nsource:\n  entra:\n    tenant: {TENANT}\n    application: {APPLICATION}\n    auth: token\n\
         target:\n  sandbox: {{}}\n{more}"
    )
}

/// Roles and assignments as Entra has them.
pub const ASSIGNED: &str = "roles:\n  lead: {}\n  member: { app_role: User }\nassignments:\n  - { entra: true }\n";

/// A folder with a manifest, set up for a fake.
pub fn folder(graph: &FakeGraph, manifest: &str) -> Folder {
    let mut folder = Folder::empty();
    folder.write("dialform.yaml", manifest);
    folder.set("DIALFORM_GRAPH_URL", &graph.url());
    folder.set("GRAPH_ACCESS_TOKEN", "test-token");
    folder
}

/// Names of the accounts that a plan changes by an action.
pub fn names(plan: &Value, action: &str) -> Vec<String> {
    let changes = plan["changes"].as_array().unwrap().iter();
    let mut names: Vec<String> = changes
        .filter(|change| change["action"] == action)
        .map(|change| change["subject"]["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn people_assigned_in_entra_are_created_and_a_second_plan_is_empty() {
    let graph = FakeGraph::start(Store::load("small"));
    let folder = folder(&graph, &manifest(ASSIGNED));
    let plan = folder.json(&["plan", "--format", "json"], 0);
    assert_eq!(
        names(&plan, "create"),
        [
            "abeo.lind@example.com",
            "birte.holm@example.com",
            "chun.wei@example.com",
            "dora.muller@example.com",
            "faye.grant@partner.example.net",
            "gil.obrien@example.com",
            "hana.costa@example.com",
        ],
        "{plan:#}"
    );
    let applied = folder.run(&["apply", "--yes"]);
    assert_eq!(applied.code, 0, "{}\n{}", applied.out, applied.err);
    let again = folder.json(&["plan", "--format", "json", "--detailed-exitcode"], 0);
    assert_eq!(again["changes"].as_array().unwrap().len(), 0, "{again:#}");
}
