//! `docs/expressions.md` and `docs/filters.md` are `help expressions` and `help filters`.

use std::{env, fs, path::Path};

use dialform::{expr, manifest::scope};

#[test]
fn the_pages_are_as_the_program_prints_them() {
    for (name, page) in [("expressions", expr::reference()), ("filters", scope::reference())] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}.md"));
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &page).unwrap();
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == page, "docs/{name}.md is stale: run `UPDATE_DOCS=1 cargo test language_pages`");
    }
}
