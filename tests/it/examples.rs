//! The examples: their manifests are right, their files are read without a word,
//! and what is generated is fresh.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use dialform::{
    cli::load,
    desired::{self, CauseKind, Standing},
    directory::Directory,
    manifest::{Manifest, Source},
    names::Value,
    sandbox::{Options, Sandbox},
    source::files,
};

#[path = "../../examples/acme/generate.rs"]
mod acme;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// The manifest and the directory of an example, neither with a warning.
fn loaded(name: &str) -> (Manifest, Directory) {
    let loaded = load::manifest(&folder(name).join("dialform.yaml")).map_err(|unusable| unusable.problems).unwrap();
    assert_eq!(loaded.warnings, [], "{name}");
    let Source::Files(files) = &loaded.manifest.source else { panic!("the examples have files") };
    let read = files::read(files).map_err(|failed| failed.problems).unwrap();
    assert_eq!(read.warnings, [], "{name}");
    (loaded.manifest, read.directory)
}

#[test]
fn the_quickstart_puts_twelve_people_into_three_groups() {
    let (manifest, directory) = loaded("quickstart");
    let desired = desired::build(&manifest, &directory, "2027-01-31T09:00:00Z".parse().unwrap());
    assert_eq!(desired.users.iter().filter(|user| user.standing.is_entitled()).count(), 12);
    let groups: Vec<_> = desired.groups.iter().map(|group| (&*group.group.name, group.members.len())).collect();
    assert_eq!(groups, [("SG-Sales", 6), ("SG-Support", 5), ("SG-Support-Leads", 3)]);
    assert_eq!(desired.unresolved, []);
}

#[test]
fn acme_has_every_kind_of_person() {
    let (manifest, directory) = loaded("acme");
    let desired = desired::build(&manifest, &directory, "2027-01-31T09:00:00Z".parse().unwrap());
    assert_eq!(desired.users.len(), 2_000);
    assert_eq!(directory.groups.items().map(Vec::len), Some(40));
    assert_eq!(desired.unresolved, []);
    let out: BTreeSet<CauseKind> = desired
        .users
        .iter()
        .filter_map(|user| match &user.standing {
            Standing::Entitled { .. } => None,
            Standing::Out(cause) | Standing::Unclear(cause) => Some(cause.kind),
        })
        .collect();
    let every =
        [CauseKind::Blocked, CauseKind::SoftDeleted, CauseKind::Unassigned, CauseKind::OutsideDates, CauseKind::Filter];
    assert_eq!(out, BTreeSet::from(every));
    let entitled = desired.users.iter().filter(|user| user.standing.is_entitled()).count();
    assert!((800..1_400).contains(&entitled), "{entitled} of 2,000 are entitled");
    assert!(desired.groups.iter().all(|group| group.group.name.starts_with("SG-")));
    assert!(desired.groups.iter().any(|group| group.members.is_empty()));
}

#[test]
fn acme_is_made_of_invented_people() {
    let (_, directory) = loaded("acme");
    for person in directory.people.items().unwrap() {
        let Some(Value::Text(name)) = person.attributes.get("userPrincipalName") else {
            unreachable!("everybody has a name")
        };
        assert!(name.ends_with("@acme.example") || name.ends_with("@example.com"), "{name}");
    }
}

#[test]
fn what_is_generated_is_fresh() {
    for (name, text) in acme::files() {
        let committed = fs::read_to_string(folder("acme").join(name)).unwrap();
        assert!(committed == text, "{name} is not what `cargo run --example acme` writes");
    }
}

#[tokio::test]
async fn the_tenant_that_acme_finds_can_be_loaded() {
    let text = fs::read_to_string(folder("acme").join("live.json")).unwrap();
    let mut seed: serde_json::Value = serde_json::from_str(&text).unwrap();
    let serde_json::Value::Array(resources) = seed["Resources"].take() else { unreachable!("a list") };
    let sandbox = Sandbox::open(Options::default()).unwrap();
    sandbox.load(&resources).unwrap();
    assert_eq!((sandbox.users().len() + sandbox.groups().len(), sandbox.groups().len()), (resources.len(), 3));
}
