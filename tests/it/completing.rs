//! Names for completion: in the schema of `schema --live`, and where `plan` leaves them for the
//! language server.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    entra,
    graph::{FakeGraph, Store},
    lsp::editor::{Editor, labels, marked},
    process::{Folder, Ran, Served},
};

const NAMES: &str = ".dialform/acme-contact-center/names.json";

fn schema(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
}

/// What is offered at a place of a schema.
fn offered<'s>(schema: &'s Value, place: &str) -> Vec<&'s str> {
    let node = schema.pointer(&format!("/$defs/{place}")).unwrap_or_else(|| panic!("no {place}"));
    let names = node["anyOf"][0]["enum"].as_array();
    names.into_iter().flatten().map(|name| name.as_str().unwrap()).collect()
}

fn names(folder: &Folder, file: &str) -> Value {
    serde_json::from_str(&folder.read(file)).unwrap()
}

#[test]
fn the_live_schema_offers_what_the_tenant_and_the_directory_have() {
    let folder = Folder::example("contact-center");
    let ran = folder.run(&["schema", "manifest", "--live"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let manifest = schema(&ran);
    // As `tenant.yaml` has them.
    let offices = ["Berlin", "London", "New York"];
    assert_eq!(offered(&manifest, "OfficeChoice"), offices);
    assert_eq!(offered(&manifest, "OfficeChoice/properties/map/additionalProperties"), offices);
    assert_eq!(offered(&manifest, "OfficeAdmin/items"), offices);
    assert_eq!(offered(&manifest, "DepartmentGrant/properties/name"), ["Front desk"]);
    assert_eq!(offered(&manifest, "Grants/properties/channels/items"), ["All hands"]);
    assert_eq!(offered(&manifest, "PolicyGrant/properties/name"), ["Call routing editors"]);
    let centers = ["Billing", "Priority", "Sales UK", "Support DE", "Support EMEA", "Support US"];
    assert_eq!(offered(&manifest, "ContactCenterGrant/properties/name"), centers);
    // As `people.csv` has them.
    assert!(offered(&manifest, "Assignment/properties/group").contains(&"SG-Front-Desk"));
    let attributes = offered(&manifest, "Clause/properties/attribute");
    assert!(attributes.contains(&"city") && !attributes.contains(&"country"), "{attributes:?}");
    let included = schema(&folder.run(&["schema", "included", "--live"]));
    assert_eq!(offered(&included, "OfficeChoice"), offices);
    for name in ["manifest", "included"] {
        assert_eq!(
            folder.run(&["schema", name]).out,
            fs::read_to_string(format!("schema/{name}.schema.json")).unwrap()
        );
    }
    let ran = folder.run(&["schema", "plan", "--live"]);
    assert!(ran.code == 1 && ran.out.is_empty() && ran.err.contains("only `manifest` and `included`"), "{}", ran.err);
}

#[test]
fn what_check_accepts_the_live_schema_of_another_tenant_accepts_too() {
    let folder = Folder::example("contact-center");
    let validator = |name| {
        let schema = schema(&folder.run(&["schema", name, "--live"]));
        jsonschema::validator_for(&schema).unwrap()
    };
    let (manifest, included) = (validator("manifest"), validator("included"));
    let value = |file: &Path| serde_saphyr::from_str::<Value>(&fs::read_to_string(file).unwrap()).unwrap();
    let examples = Path::new("examples");
    let mut checked = 0;
    for example in fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()) {
        let file = example.join("dialform.yaml");
        if file.exists() {
            assert!(manifest.is_valid(&value(&file)), "{}", file.display());
            checked += 1;
        }
    }
    assert!(checked >= 3, "{checked}");
    for file in fs::read_dir(examples.join("contact-center/teams")).unwrap() {
        assert!(included.is_valid(&value(&file.unwrap().path())));
    }
    // Names that this tenant does not have, in each place that has a name.
    folder.write(
        "other.yaml",
        "version: 1\nname: other\nsource: { files: { people: people.csv } }\ntarget: { sandbox: {} }\n\
         roles:\n  lead:\n    grants:\n      office: { attribute: plant, map: { X: Oslo }, otherwise: Oslo }\n      \
         departments: [{ name: Desk 2, office: Oslo }]\n      contact_centers: [{ name: Orders, office: Oslo }]\n      \
         office_admin: [Oslo]\n      channels: [Other]\n      \
         policies: [{ name: Auditor, at: { contact_center: Orders } }, { name: Auditor, at: { office: Oslo } }]\n\
         assignments: [{ group: SG-New, role: lead }]\nsafety: { protect: [{ members_of: SG-New }, { group: Other }] }\n\
         filters: { users: [{ name: x, where: [{ attribute: plant, operator: is_not_null }] }] }\n",
    );
    let ran = folder.run(&["check", "-m", "other.yaml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(manifest.is_valid(&value(&folder.path("other.yaml"))));
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_there() {
    let mut folder = Folder::example("contact-center");
    let tenant = folder.path("tenant.yaml");
    let served = Served::start("k3y", &["--tenant", tenant.to_str().unwrap()]);
    let base = served.url.trim_end_matches("/scim");
    let target = |api: &str| {
        format!("target:\n  dialpad:\n    scim: {{ url: {base}/scim, token: {{ env: DIALPAD_TOKEN }} }}\n{api}")
    };
    let sandbox = "target:\n  sandbox: { tenant: tenant.yaml }\n";
    // The manifest has grants, and check wants an API for those; the team files and roles go.
    let plain = |folder: &Folder, api: &str| {
        let text = folder.read("dialform.yaml");
        folder.write("plain.yaml", &text.replace(sandbox, &target(api)));
    };
    // No token and no key is asked for that is not used.
    plain(&folder, &format!("    api: {{ url: {base}, key: {{ env: DIALPAD_API_KEY }} }}\n"));
    folder.set("DIALPAD_API_KEY", "k3y");
    let ran = folder.run(&["schema", "--live", "-m", "plain.yaml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(offered(&schema(&ran), "DepartmentGrant/properties/name"), ["Front desk"]);
    // A wrong key, and none.
    for (key, why) in [("wrong", "401"), ("", "DIALPAD_API_KEY")] {
        folder.set("DIALPAD_API_KEY", key);
        let ran = folder.run(&["schema", "--live", "-m", "plain.yaml"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(
            ran.err
                .starts_with("warning: no offices, departments, contact centers, policies, channels are in the schema"),
            "{}",
            ran.err
        );
        assert!(ran.err.contains(why), "{}", ran.err);
        let schema = schema(&ran);
        assert!(offered(&schema, "Assignment/properties/group").contains(&"SG-Front-Desk"));
        assert_eq!(offered(&schema, "DepartmentGrant/properties/name"), [""; 0]);
    }
    // Files that are not there: the tenant's names are.
    fs::remove_file(folder.path("people.csv")).unwrap();
    let ran = folder.run(&["schema", "--live"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("warning: no groups, attributes are in the schema: the files cannot be read"),
        "{}",
        ran.err
    );
    assert_eq!(offered(&schema(&ran), "DepartmentGrant/properties/name"), ["Front desk"]);
    // Nothing at all: the schema is as it is, for who writes it over the one of before.
    folder.write("dialform.yaml", "version: 2\n");
    let ran = folder.run(&["schema", "--live"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.out, folder.run(&["schema"]).out);
}

#[test]
fn a_recording_gives_names_without_a_manifest() {
    let folder = Folder::example("contact-center");
    assert_eq!(folder.run(&["plan", "--record", "inputs.rec"]).code, 4);
    let elsewhere = Folder::empty();
    fs::copy(folder.path("inputs.rec"), elsewhere.path("inputs.rec")).unwrap();
    let ran = elsewhere.run(&["schema", "--live", "--replay", "inputs.rec"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let schema = schema(&ran);
    assert_eq!(offered(&schema, "OfficeChoice"), ["Berlin", "London", "New York"]);
    assert!(offered(&schema, "Assignment/properties/group").contains(&"SG-Front-Desk"));
    assert!(!elsewhere.path(".dialform").exists());
    let ran = elsewhere.run(&["schema", "--replay", "inputs.rec"]);
    assert!(ran.code == 1 && ran.err.contains("--live"), "{}", ran.err);
}

#[test]
fn a_plan_leaves_names_and_the_editor_completes_them() {
    let folder = Folder::example("contact-center");
    assert_eq!(folder.run(&["plan"]).code, 4);
    let left = names(&folder, NAMES);
    assert_eq!(left["offices"], json!(["Berlin", "London", "New York"]));
    assert_eq!(left["channels"], json!(["All hands"]));
    assert_eq!(left["groups"], json!([]), "the files are at hand");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(folder.path(NAMES)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // The tenant has no more of these, for who names none of them: they are not read, and not forgotten.
    let text = folder.read("dialform.yaml");
    folder
        .write("dialform.yaml", &text.replace("      channels: [All hands]\n", "").replace("include:", "pilot: []\n#"));
    let text = folder.read("dialform.yaml").replace("  - teams/*.yaml\n", "");
    folder.write("dialform.yaml", &text);
    let ran = folder.run(&["plan"]);
    assert!(ran.code == 0 || ran.code == 4, "{}{}", ran.out, ran.err);
    assert_eq!(names(&folder, NAMES), left);

    let mut editor = Editor::start(&folder, &[], json!({}));
    let (text, at) = marked(&text.replace("LON: London", "LON: ▮"));
    editor.show("dialform.yaml", &text);
    let items = editor.ask_at("textDocument/completion", "dialform.yaml", &text, at)["items"].clone();
    let labels = labels(&items);
    assert!(labels.contains(&"New York") && labels.contains(&"London"), "{labels:?}");
    editor.close();
}

#[test]
fn a_name_that_leads_nowhere_is_refused_and_the_right_ones_are_left() {
    let folder = Folder::example("contact-center");
    folder.edit("dialform.yaml", "LON: London", "LON: Lodnon");
    let ran = folder.run(&["plan"]);
    assert!(ran.code == 1 && ran.err.contains("Lodnon"), "{}", ran.err);
    assert_eq!(names(&folder, NAMES)["offices"], json!(["Berlin", "London", "New York"]));
}

#[test]
fn names_that_cannot_be_left_are_a_note() {
    let folder = Folder::example("contact-center");
    fs::create_dir_all(folder.path(NAMES)).unwrap();
    let ran = folder.run(&["plan"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("note: names for completion in editors were not kept: failed to write"), "{}", ran.err);
    // A recording is planned from without a trace.
    let folder = Folder::example("contact-center");
    assert_eq!(folder.run(&["plan", "--record", "inputs.rec"]).code, 4);
    fs::remove_file(folder.path(NAMES)).unwrap();
    assert_eq!(folder.run(&["plan", "--replay", "inputs.rec"]).code, 4);
    assert!(!folder.path(NAMES).exists());
}

#[test]
fn groups_of_entra_are_named_all_by_the_schema_and_as_far_as_read_by_a_plan() {
    let store = Store::load("small");
    let all: Vec<String> = store.groups.iter().map(|group| group["displayName"].as_str().unwrap().to_owned()).collect();
    let graph = FakeGraph::start(store);
    let more = "assignments:\n  - { group: Dialpad Leads }\n";
    let folder = entra::folder(&graph, &entra::manifest(more));
    let ran = folder.run(&["plan"]);
    let left = || names(&folder, ".dialform/acme/names.json")["groups"].clone();
    assert_eq!(left(), json!(["Dialpad Leads"]), "{}{}", ran.out, ran.err);
    let ran = folder.run(&["schema", "--live"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let schema = schema(&ran);
    let mut expected: Vec<&str> = all.iter().map(String::as_str).collect();
    expected.sort_unstable();
    expected.dedup();
    assert!(expected.len() > 2, "{expected:?}");
    assert_eq!(offered(&schema, "Assignment/properties/group"), expected);
    assert!(offered(&schema, "AttributeMapping/properties/attribute").contains(&"employeeHireDate"));
    assert_eq!(left(), json!(expected));
    // A plan reads fewer, and forgets none.
    folder.run(&["plan"]);
    assert_eq!(left(), json!(expected));
}
