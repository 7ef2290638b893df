//! The whole story against a SCIM server that others wrote, started by
//! `tests/interop.sh`: plan, apply, plan again empty; drift by hand; people leave
//! and come back; a group is renamed; a stranger is left alone.
//!
//! What is changed by hand goes through `curl`, not through our client.

use std::process::Command;

use serde_json::{Value, json};

use crate::process::Folder;

pub struct Server {
    pub url: String,
    pub token: String,
}

impl Server {
    pub fn from_environment() -> Self {
        let get = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("tests/interop.sh sets {name}"));
        Self { url: get("DIALFORM_INTEROP_URL"), token: get("DIALFORM_INTEROP_TOKEN") }
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail-with-body", "--request", method, "--globoff"]);
        curl.args(["--header", &format!("Authorization: Bearer {}", self.token)]);
        if let Some(body) = body {
            curl.args(["--header", "Content-Type: application/scim+json", "--data-binary", &body.to_string()]);
        }
        let output = curl.arg(format!("{}{path}", self.url)).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{method} {path}: {text} {}", String::from_utf8_lossy(&output.stderr));
        if text.trim().is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// All resources of an endpoint, however small its pages are.
    pub fn all(&self, endpoint: &str) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        loop {
            let page = self.call("GET", &format!("/{endpoint}?startIndex={}&count=100", found.len() + 1), None);
            let resources = page["Resources"].as_array().cloned().unwrap_or_default();
            let known = |id: &Value| found.iter().any(|resource| resource["id"] == *id);
            let new: Vec<Value> = resources.into_iter().filter(|resource| !known(&resource["id"])).collect();
            if new.is_empty() {
                return found;
            }
            found.extend(new);
        }
    }

    /// Deletes everything, groups first: not every server takes who is deleted out of the groups.
    pub fn clear(&self) {
        for endpoint in ["Groups", "Users"] {
            for resource in self.all(endpoint) {
                self.call("DELETE", &format!("/{endpoint}/{}", id(&resource)), None);
            }
        }
    }

    fn user(&self, name: &str) -> Value {
        self.all("Users").into_iter().find(|user| user["userName"] == name).unwrap_or_else(|| panic!("no user {name}"))
    }

    fn group(&self, name: &str) -> Value {
        let named = |group: &Value| group["displayName"] == name;
        self.all("Groups").into_iter().find(named).unwrap_or_else(|| panic!("no group {name}"))
    }

    fn patch(&self, path: &str, operations: Value) {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        self.call("PATCH", path, Some(&json!({ "schemas": schemas, "Operations": operations })));
    }
}

fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap()
}

/// The first people of acme, pointed at the server, with what differs from Dialpad.
fn acme(server: &Server, people: usize) -> Folder {
    let mut folder = Folder::example("acme");
    let kept: Vec<String> = folder.read("people.csv").lines().take(people + 1).map(str::to_owned).collect();
    folder.write("people.csv", &(kept.join("\n") + "\n"));
    let target =
        format!("dialpad: {{ scim: {{ url: \"{}\", token: {{ env: TOKEN }}, rate: unlimited }} }}", server.url);
    folder.edit("dialform.yaml", "sandbox: {}", &target);
    // An ordinary server renames groups.
    folder.edit("dialform.yaml", "  groups:\n    enabled: true", "  groups:\n    enabled: true\n    on_rename: update");
    folder.set("TOKEN", &server.token);
    folder
}

/// Changes of a plan as `action name`, in order.
fn changes(folder: &Folder) -> Vec<String> {
    let ran = folder.run(&["plan", "--format", "json"]);
    assert!([0, 4].contains(&ran.code), "{}\n{}", ran.out, ran.err);
    let plan: Value = serde_json::from_str(&ran.out).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |change: &Value| format!("{} {}", text(&change["action"]), text(&change["subject"]["name"]));
    plan["changes"].as_array().unwrap().iter().map(line).collect()
}

fn apply(folder: &Folder) {
    let ran = folder.run(&["apply", "--yes", "--quiet"]);
    assert!([0, 4].contains(&ran.code), "exit {}\n{}\n{}", ran.code, ran.out, ran.err);
}

#[test]
#[ignore = "needs a server; tests/interop.sh starts it"]
fn the_whole_story() {
    let server = Server::from_environment();
    let stranger = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "stranger@elsewhere.example",
        "displayName": "A Stranger",
        "emails": [{ "value": "stranger@elsewhere.example", "type": "work" }],
        "active": true,
    });
    let stranger = server.call("POST", "/Users", Some(&stranger));
    let folder = acme(&server, 500);

    // Everything is made, and then there is nothing to do.
    let first = changes(&folder);
    assert!(first.iter().filter(|change| change.starts_with("create ")).count() > 100, "{first:?}");
    apply(&folder);
    assert_eq!(changes(&folder), Vec::<String>::new());
    let before = (server.all("Users").len(), server.all("Groups").len());
    apply(&folder);
    assert_eq!((server.all("Users").len(), server.all("Groups").len()), before);

    // Drift by hand: the plan shows exactly it, and apply mends it.
    let group = server.all("Groups").into_iter().find(|group| group["members"].as_array().is_some_and(|m| m.len() > 3));
    let group = group.unwrap();
    let (group_name, members) = (group["displayName"].as_str().unwrap(), group["members"].as_array().unwrap());
    let (gone, drifted) = (members[0]["value"].as_str().unwrap(), members[1]["value"].as_str().unwrap());
    let drifted_name = server.call("GET", &format!("/Users/{drifted}"), None)["userName"].as_str().unwrap().to_owned();
    server.patch(
        &format!("/Users/{drifted}"),
        json!([{ "op": "replace", "path": "name.familyName", "value": "Drifted" }]),
    );
    server.patch(
        &format!("/Groups/{}", id(&group)),
        json!([{ "op": "remove", "path": format!("members[value eq \"{gone}\"]") }]),
    );
    server.patch(
        &format!("/Groups/{}", id(&group)),
        json!([{ "op": "add", "path": "members", "value": [{ "value": id(&stranger) }] }]),
    );
    let mut seen = changes(&folder);
    seen.sort();
    let mut expected = vec![
        format!("add_members {group_name}"),
        format!("remove_members {group_name}"),
        format!("update {drifted_name}"),
    ];
    expected.sort();
    assert_eq!(seen, expected);
    apply(&folder);
    assert_eq!(changes(&folder), Vec::<String>::new());
    let mended = server.call("GET", &format!("/Groups/{}", id(&group)), None);
    let is_member = |wanted: &str| mended["members"].as_array().unwrap().iter().any(|member| member["value"] == wanted);
    assert!(is_member(gone) && !is_member(id(&stranger)));

    // Somebody leaves and comes back: the same account, suspended in between.
    let people = folder.read("people.csv");
    let row = people.lines().find(|row| row.starts_with(&format!("{drifted_name},"))).unwrap().to_owned();
    folder.write("people.csv", &people.replace(&row, &row.replace(",True,", ",False,")));
    let leaving = changes(&folder);
    assert!(leaving.contains(&format!("disable {drifted_name}")), "{leaving:?}");
    apply(&folder);
    assert_eq!(server.user(&drifted_name)["active"], false);
    assert_eq!(changes(&folder), Vec::<String>::new());
    folder.write("people.csv", &people);
    let returning = changes(&folder);
    assert!(returning.contains(&format!("enable {drifted_name}")), "{returning:?}");
    apply(&folder);
    let back = server.user(&drifted_name);
    assert!(back["active"] == true && id(&back) == drifted);
    assert_eq!(changes(&folder), Vec::<String>::new());

    // A group is renamed in the source.
    let renamed = format!("{group_name} 2");
    folder.edit("groups.json", &format!("\"{group_name}\""), &format!("\"{renamed}\""));
    for file in std::fs::read_dir(folder.path("assignments")).unwrap() {
        let file = format!("assignments/{}", file.unwrap().file_name().to_string_lossy());
        let text = folder.read(&file);
        folder.write(&file, &text.replace(&format!("group: {group_name},"), &format!("group: {renamed},")));
    }
    // It is called by the name that it has there.
    assert_eq!(changes(&folder), [format!("update {group_name}")]);
    apply(&folder);
    assert_eq!(id(&server.group(&renamed)), id(&group));
    assert_eq!(changes(&folder), Vec::<String>::new());

    // The stranger is as they were.
    let now = server.user("stranger@elsewhere.example");
    assert!(now["active"] == true && now["displayName"] == "A Stranger" && id(&now) == id(&stranger));
}
