//! `docs/manifest.md`, `docs/expressions.md` and `docs/filters.md` are what `help` prints.

use std::{env, fs, path::Path};

use dialform::{
    expr,
    manifest::{self, scope},
};

use crate::program::dialform;

#[test]
fn the_pages_are_as_the_program_prints_them() {
    let pages =
        [("manifest", manifest::reference()), ("expressions", expr::reference()), ("filters", scope::reference())];
    for (name, page) in pages {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}.md"));
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &page).unwrap();
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == page, "docs/{name}.md is stale: run `UPDATE_DOCS=1 cargo test language_pages`");
    }
}

#[test]
fn the_tests_of_the_page_about_tests_pass() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy-tests.md")).unwrap();
    let snippet = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tests.yaml");
    fs::write(&file, snippet).unwrap();
    let ran = dialform(&["test", "-m", "examples/quickstart/dialform.yaml", file.to_str().unwrap()]);
    assert!(ran.code == 0 && ran.out.ends_with("\n3 tests passed\n"), "{}{}", ran.out, ran.err);
}
