//! `dialform init`: what it writes is right, and nothing is lost.

use std::{fs, path::Path};

use dialform::{cli::load, manifest::Source, source::files};

use super::program::dialform;

#[test]
fn a_new_folder_gets_a_manifest_that_checks_and_tests_clean() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("dialpad-acme");
    let path = folder.to_str().unwrap();
    let ran = dialform(&["init", path]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    insta::assert_snapshot!("what_init_says", ran.err.replace(path, "dialpad-acme"));

    let loaded = load::manifest(&folder.join("dialform.yaml")).map_err(|unusable| unusable.problems).unwrap();
    assert_eq!(loaded.warnings, []);
    assert_eq!(&*loaded.manifest.name, "dialpad-acme");
    let Source::Files(sources) = &loaded.manifest.source else { panic!("init writes files") };
    let read = files::read(sources).map_err(|failed| failed.problems).unwrap();
    assert_eq!(read.warnings, []);
    assert_eq!(read.directory.people.items().map(Vec::len), Some(4));

    let tested = dialform(&["test", "-m", folder.join("dialform.yaml").to_str().unwrap()]);
    assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
    assert!((tested.out + &tested.err).contains("2 tests passed"));
    // The schemas that the editor is told of are there.
    let settings: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join(".vscode/settings.json")).unwrap()).unwrap();
    for schema in settings["yaml.schemas"].as_object().unwrap().keys() {
        let text = fs::read_to_string(folder.join(schema)).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap().is_object(), "{schema}");
    }
}

#[test]
fn the_starter_writes_out_the_default_mapping_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(dialform(&["init", folder.path().to_str().unwrap()]).code, 0);
    let starter = folder.path().join("dialform.yaml");
    let bare = folder.path().join("bare.yaml");
    let text = fs::read_to_string(&starter).unwrap();
    let (above, rest) = text.split_once("\nmappings:").unwrap();
    let (_, below) = rest.split_once("\nsafety:").unwrap();
    fs::write(&bare, format!("{above}\nsafety:{below}")).unwrap();
    let digest = |path: &Path| load::manifest(path).map_err(|unusable| unusable.problems).unwrap().manifest.digest;
    assert_eq!(digest(&starter), digest(&bare));
}

#[test]
fn what_is_there_is_never_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    fs::write(folder.path().join("people.csv"), "mine").unwrap();
    let ran = dialform(&["init", path]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("1 file is there already"), "{}", ran.err);
    assert!(ran.err.contains("people.csv") && ran.err.contains("--force"), "{}", ran.err);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["people.csv"], "nothing was written");
    assert_eq!(fs::read_to_string(folder.path().join("people.csv")).unwrap(), "mine");

    assert_eq!(dialform(&["init", path, "--force"]).code, 0);
    assert!(fs::read_to_string(folder.path().join("people.csv")).unwrap().starts_with("objectId,"));
    // The same files are no loss.
    let again = dialform(&["init", path]);
    assert_eq!(again.code, 0);
    assert!(again.err.starts_with("everything is there already"), "{}", again.err);
}

#[test]
fn a_gitignore_is_added_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    fs::write(folder.path().join(".gitignore"), "/target").unwrap();
    assert_eq!(dialform(&["init", path]).code, 0);
    let ignored = || fs::read_to_string(folder.path().join(".gitignore")).unwrap();
    assert_eq!(ignored(), "/target\n.dialform/\n");
    assert_eq!(dialform(&["init", path]).code, 0);
    assert_eq!(ignored(), "/target\n.dialform/\n");
}

#[test]
fn a_file_where_the_folder_should_be_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let ran = dialform(&["init", file.to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("failed to read `") && ran.err.contains("not a directory"), "{}", ran.err);
}
