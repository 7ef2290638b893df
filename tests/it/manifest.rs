//! Manifests as people write them: what is read, what is refused, and with which words.

use std::{collections::BTreeMap, fs, path::Path};

use dialform::{
    cli::load,
    manifest::{self, Disk, Manifest, Principal, Read, StateUrl, Target, Unreadable, trust::AllowedHosts},
    problem::Level,
};

use crate::program::dialform;

/// Files by name, the manifest among them.
struct Files(BTreeMap<&'static str, String>);

impl Files {
    fn of(files: &[(&'static str, &str)]) -> Self {
        Self(files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect())
    }

    fn read(&self) -> Read {
        let mut disk = Disk {
            read: &mut |path| match self.0.get(path) {
                Some(text) => Ok(text.clone()),
                None => {
                    Err(Unreadable { code: "missing_file", message: format!("there is no file `{path}`"), help: None })
                }
            },
            list: &mut |folder, glob| {
                let whole = if folder.is_empty() { glob.to_owned() } else { format!("{folder}/{glob}") };
                let pattern = glob::Pattern::new(&whole).map_err(|error| error.to_string())?;
                Ok(self.0.keys().filter(|name| pattern.matches(name)).rev().map(|name| (*name).to_owned()).collect())
            },
        };
        manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default())
    }

    fn manifest(&self) -> Manifest {
        let Read { manifest, problems, .. } = self.read();
        assert!(manifest.is_some(), "{problems:#?}");
        manifest.unwrap().0
    }
}

/// What every manifest needs.
const HEAD: &str = "version: 1\nname: acme\nsource: { files: { people: people.csv } }\ntarget: { sandbox: {} }\n";

#[test]
fn five_keys_are_enough() {
    let text = format!("{HEAD}assignments: [{{ group: SG-Dialpad-Users }}]\n");
    let read = Files::of(&[("dialform.yaml", &text)]).read();
    assert_eq!(read.problems, []);
    let (manifest, _) = read.manifest.unwrap();
    let mapped: Vec<&str> = manifest.users.attributes.iter().map(|mapping| mapping.target.as_str()).collect();
    assert_eq!(
        mapped,
        [
            "userName",
            "externalId",
            "active",
            "displayName",
            "name.givenName",
            "name.familyName",
            "title",
            "emails[type eq \"work\"].value"
        ]
    );
    assert!(manifest.users.attributes.iter().all(|mapping| mapping.place.is_default()));
    assert!(!manifest.groups.enabled);
    let budgets = &manifest.safety.budgets;
    let shown = [budgets.creates, budgets.enables, budgets.updates, budgets.disables, budgets.deletes]
        .map(|budget| (budget.max, budget.percent));
    assert_eq!(shown, [(None, None), (None, None), (None, None), (Some(25), Some(10)), (Some(5), None)]);
    let shown = [budgets.adopts, budgets.withdrawals, budgets.member_removals].map(|budget| budget.max);
    assert_eq!(shown, [Some(25), Some(25), Some(100)]);
    assert_eq!(manifest.state.value, StateUrl::Folder(".dialform".into()));
    let Target::Sandbox(sandbox) = &manifest.target else { unreachable!("{:?}", manifest.target) };
    assert_eq!(&*sandbox.folder, ".dialform/sandbox");
}

#[test]
fn a_whole_manifest_is_read_from_disk() {
    let loaded = load::manifest(Path::new("tests/cases/manifest/whole.yaml")).unwrap();
    let codes: Vec<&str> = loaded.warnings.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["denies_empty"]);
    let manifest = loaded.manifest;
    assert_eq!(manifest.assignments.len(), 3);
    assert_eq!(manifest.assignments[1].place.to_string(), "tests/cases/manifest/whole.yaml:30");
    assert_eq!(manifest.assignments[1].principal, Principal::Group { name: "SG-Support-Leads".into(), nested: true });
    let Target::Dialpad(dialpad) = &manifest.target else { unreachable!("{:?}", manifest.target) };
    assert_eq!(&*dialpad.url.value, "https://dialpad.com/scim");
    assert_eq!(manifest.target.scim().rate, Some(20.0));
    assert_eq!(manifest.users.attributes.len(), 8);
    assert!(manifest.groups.members.is_some());
    assert!(loaded.sources.get("tests/cases/manifest/whole.yaml").is_some());
}

#[test]
fn everything_wrong_is_said_at_once_with_its_place() {
    let text = format!(
        "{HEAD}enabled: yes\nroles: {{ member: {{}} }}\nassignments:\n  - {{ group: A, role: membr }}\n  - {{ grup: B, role: member }}\nmappings:\n  users:\n    attributes:\n      userName: {{ expression: 'Nott([mail])' }}\n"
    );
    let read = Files::of(&[("dialform.yaml", &text)]).read();
    let found: Vec<(&str, &str)> =
        read.problems.iter().filter(|p| p.level == Level::Error).map(|p| (p.code, &text[p.span.clone()])).collect();
    assert_eq!(
        found,
        [("wrong_type", "yes"), ("undeclared_role", "membr"), ("unknown_key", "grup"), ("unknown_function", "Nott")]
    );
    assert!(read.problems.iter().all(|problem| problem.help.is_some()), "{:#?}", read.problems);
}

#[test]
fn files_are_joined_in_order_and_paths_are_relative_to_the_file_that_names_them() {
    let manifest = Files::of(&[
        (
            "dialform.yaml",
            "extends: shared/base.yaml\ninclude: [teams/*.yaml]\nname: mine\nassignments: [{ group: A }]\n",
        ),
        (
            "shared/base.yaml",
            &format!("{HEAD}state: {{ url: state }}\nsafety: {{ deletes: {{ max: 1 }}, creates: {{ max: 2 }} }}\n"),
        ),
        ("teams/b.yaml", "assignments: [{ group: C }]\n"),
        ("teams/a.yaml", "assignments: [{ group: B }]\n"),
    ])
    .manifest();
    assert_eq!(&*manifest.name, "mine");
    let places: Vec<String> = manifest.assignments.iter().map(|a| a.place.to_string()).collect();
    assert_eq!(places, ["dialform.yaml:4", "teams/a.yaml:1", "teams/b.yaml:1"]);
    assert_eq!(manifest.state.value, StateUrl::Folder("shared/state".into()));
    assert_eq!(manifest.safety.budgets.deletes.max, Some(1));
}

/// Every manifest in `tests/cases/manifest` with what `check` says about it.
#[test]
fn what_people_see() {
    let folder = Path::new("tests/cases/manifest");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 40);
    cases.retain(|case| !case.ends_with("joined"));
    for case in cases {
        let name = case.file_stem().unwrap().to_str().unwrap().to_owned();
        let manifest = if case.is_dir() { case.join("dialform.yaml") } else { case.clone() };
        let ran = dialform(&["check", "-m", manifest.to_str().unwrap()]);
        let is_right = ["whole", "warnings", "leavers_keep_dialpad", "empty_values_let_in"].contains(&&*name);
        assert_eq!(ran.code, u8::from(!is_right), "{name}: {}", ran.err);
        assert_eq!(ran.out, "", "{name}");
        insta::assert_snapshot!(name, ran.err);
    }
}

#[test]
fn the_effective_manifest_stands_alone_and_means_the_same() {
    for case in ["whole.yaml", "warnings.yaml", "joined/conf/dialform.yaml"] {
        let path = Path::new("tests/cases/manifest").join(case);
        let loaded = load::manifest(&path).unwrap();
        let text = loaded.written.effective();
        // It stands where the manifest stands, so that its paths mean the same.
        let mut disk = Disk { read: &mut |_| Ok(text.clone()), list: &mut |_, _| Ok(Vec::new()) };
        let read = manifest::read(path.to_str().unwrap(), &mut disk, &AllowedHosts::default());
        assert!(read.manifest.is_some(), "{:#?}\n{text}", read.problems);
        let (manifest, _) = read.manifest.unwrap();
        assert_eq!(manifest.digest, loaded.manifest.digest, "{text}");
        assert_eq!(read.problems.len(), loaded.warnings.len());
        insta::assert_snapshot!(format!("effective_{}", case.replace(['/', '.'], "_")), text);
    }
}

#[test]
fn the_digest_follows_the_meaning() {
    let text = format!("{HEAD}assignments:\n  - {{ group: A }}\n  - {{ group: B }}\n");
    let digest = |text: &str| Files::of(&[("dialform.yaml", text)]).manifest().digest;
    let same = [
        format!("# a comment\n\n{text}"),
        text.replace("{ group: A }", "group: A"),
        format!("{text}enabled: true\ntimezone: UTC\nsafety: {{ deletes: {{ max: 5 }} }}\n"),
    ];
    for other in same {
        assert_eq!(digest(&text), digest(&other), "{other}");
    }
    let different = [
        text.replace("group: A", "group: C"),
        format!("{text}enabled: false\n"),
        format!("{text}safety: {{ deletes: {{ max: 6 }} }}\n"),
        text.replace("people.csv", "persons.csv"),
        format!("{text}scope: everyone\n"),
    ];
    for other in different {
        assert_ne!(digest(&text), digest(&other), "{other}");
    }
}

#[test]
fn the_committed_schemas_are_fresh() {
    for name in ["manifest", "included", "plan", "outcome", "import", "export", "tests"] {
        let file = format!("schema/{name}.schema.json");
        let fresh = dialform(&["schema", name]).out;
        assert!(
            fs::read_to_string(&file).is_ok_and(|text| text == fresh),
            "{file} is not what the types say: cargo run -- schema {name} > {file}"
        );
    }
}

#[test]
fn machines_get_problems_on_standard_output() {
    for format in ["json", "sarif", "github"] {
        let ran = dialform(&["check", "-m", "tests/cases/manifest/undeclared_role.yaml", "--format", format]);
        assert_eq!((ran.code, ran.err.as_str()), (1, ""));
        assert!(ran.out.contains("undeclared_role.yaml") && ran.out.contains("supervizor"), "{}", ran.out);
        let ran = dialform(&["check", "-m", "tests/cases/manifest/warnings.yaml", "--format", format, "--strict"]);
        assert_eq!(ran.code, 1);
    }
}
