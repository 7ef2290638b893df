//! The rooms and what each may use: the table of `docs/architecture.md`, held by reading the sources.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A room, whether it belongs to the core, and the rooms that it may use.
const ROOMS: [(&str, bool, &[&str]); 25] = [
    ("names", true, &[]),
    ("problem", true, &["names"]),
    ("expr", true, &["names"]),
    ("directory", true, &["names"]),
    ("manifest", true, &["names", "problem", "expr"]),
    ("desired", true, &["names", "expr", "directory", "manifest"]),
    ("live", true, &["names"]),
    ("memory", true, &["names"]),
    ("plan", true, &["names", "expr", "directory", "manifest", "desired", "live", "memory"]),
    ("import", true, &["names", "expr", "manifest"]),
    ("export", true, &["names", "manifest", "live", "plan"]),
    ("policy_test", true, &["names", "problem", "expr", "directory", "manifest", "desired", "live", "memory", "plan"]),
    (
        "render",
        true,
        &[
            "names",
            "problem",
            "expr",
            "directory",
            "manifest",
            "desired",
            "live",
            "memory",
            "plan",
            "policy_test",
            "import",
            "export",
        ],
    ),
    ("exit", true, &["plan"]),
    ("http", false, &["names", "sandbox"]),
    ("source", false, &["names", "problem", "directory", "manifest", "http"]),
    ("dialpad", false, &["names", "manifest", "live", "memory", "plan", "http", "sandbox"]),
    ("state", false, &["names", "manifest", "live", "memory", "plan"]),
    ("apply", false, &["names", "manifest", "live", "memory", "plan", "dialpad", "state"]),
    ("log", false, &["names", "directory", "manifest", "desired", "plan", "state"]),
    ("notify", false, &["names", "manifest", "memory", "plan", "render", "http"]),
    ("sandbox", false, &["names"]),
    (
        "service",
        false,
        &[
            "names",
            "directory",
            "manifest",
            "desired",
            "live",
            "memory",
            "plan",
            "render",
            "http",
            "dialpad",
            "state",
            "apply",
            "log",
        ],
    ),
    (
        "lsp",
        false,
        &[
            "names",
            "problem",
            "expr",
            "directory",
            "manifest",
            "desired",
            "live",
            "plan",
            "policy_test",
            "render",
            "source",
        ],
    ),
    ("cli", false, &["*"]),
];

/// What has no place in the core.
const IMPURE: [&str; 12] = [
    "async ",
    "tokio",
    "reqwest",
    "std::fs",
    "std::env",
    "std::net",
    "std::io::std",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "thread_rng",
];

#[test]
fn every_room_uses_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (file, room) in files() {
        let Some((_, core, allowed)) = ROOMS.iter().find(|(name, ..)| *name == room) else {
            wrong.push(format!("{}: the room `{room}` is not in the table", file.display()));
            continue;
        };
        let text = code(&fs::read_to_string(&file).unwrap());
        for used in rooms_used(&text) {
            let known = ROOMS.iter().any(|(name, ..)| *name == used);
            if known && used != room && !allowed.contains(&"*") && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: `{room}` may not use `{used}`", file.display()));
            }
        }
        if *core {
            for (number, line) in text.lines().enumerate() {
                for word in IMPURE.iter().filter(|word| line.contains(*word)) {
                    let at = number + 1;
                    wrong.push(format!("{}:{at}: `{}` has no place in the core", file.display(), word.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_room_of_the_table_exists() {
    let found: BTreeSet<String> = files().into_iter().map(|(_, room)| room).collect();
    for (room, ..) in ROOMS {
        assert!(found.contains(room), "the table has a room `{room}` that is not in src");
    }
}

#[test]
fn the_reader_of_this_test_sees_uses_however_they_are_written() {
    let text = code(
        "use crate::{\n    names::Text,\n    plan::{Plan, outcome},\n};\nfn f() { crate::state::x(); }\n// crate::cli\n\
         #[cfg(test)]\nmod tests { use crate::apply; }\n",
    );
    let used: Vec<String> = rooms_used(&text).into_iter().collect();
    assert_eq!(used, ["names", "plan", "state"]);
}

/// Every source file with its room; `lib.rs` and `main.rs` belong to none.
fn files() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&root).unwrap();
                let first = below.iter().next().unwrap().to_string_lossy().replace(".rs", "");
                if !["lib", "main"].contains(&first.as_str()) {
                    found.push((path, first));
                }
            }
        }
    }
    found.sort();
    found
}

/// The text without comments and without the tests at its foot.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let keep = |line: &str| if line.trim_start().starts_with("//") { String::new() } else { line.to_owned() };
    body.lines().map(keep).collect::<Vec<_>>().join("\n")
}

/// The rooms behind `crate::`, alone or in braces.
fn rooms_used(text: &str) -> BTreeSet<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut used = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let Some(inside) = rest.strip_prefix('{') else {
            used.insert(name(rest));
            continue;
        };
        let mut depth = 0usize;
        let mut start = true;
        for (at, c) in inside.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if c.is_whitespace() => {}
                _ if start => {
                    used.insert(name(&inside[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    used
}
