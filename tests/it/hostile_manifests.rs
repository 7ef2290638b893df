//! Manifests that no person would write: cut, huge, deep, of another encoding,
//! random. The answer is a clear error or a manifest, in bounded time; never a panic.

use std::{fs, path::Path};

use dialform::{
    cli::load,
    manifest::{self, Disk, Read, trust::AllowedHosts},
    problem::{Level, Problem, Sources},
    render::problems,
};
use proptest::prelude::*;

/// Reads one text as a manifest.
fn read(text: &str) -> Read {
    let mut disk = Disk { read: &mut |_| Ok(text.to_owned()), list: &mut |_, _| Ok(Vec::new()) };
    let read = manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default());
    is_sound(&read);
    read
}

/// Either a manifest or an error; every place lies in its file; everything can be shown.
fn is_sound(Read { manifest, problems, sources, root: _ }: &Read) {
    let errors = problems.iter().filter(|problem| problem.level == Level::Error).count();
    assert_eq!(manifest.is_none(), errors > 0, "{problems:#?}");
    for Problem { code, message, file, span, .. } in problems {
        let text = sources.get(file).map_or("", |text| text);
        assert!(text.get(span.clone()).is_some(), "{code} {message}: {span:?} of {} bytes", text.len());
        assert!(!message.is_empty(), "{code}");
    }
    let shown = [problems::text(problems, sources, false), problems::json(problems, sources)];
    assert!(shown.iter().all(|text| !text.contains('\u{1b}')));
}

fn codes(text: &str) -> Vec<&'static str> {
    read(text).problems.iter().map(|problem| problem.code).collect()
}

fn whole() -> String {
    fs::read_to_string("tests/cases/manifest/whole.yaml").unwrap()
}

/// Every kind of scalar, list and map, in few bytes.
const SMALL: &str = r#"version: 1
name: 'a''b' # é
source: { files: { people: people.csv } }
target: { dialpad: { scim: { url: "https://dialpad.com/scim", token: { env: T } } } }
roles: { m: &m {} }
assignments:
  - { group: A, role: m, from: 2026-12-01 }
  - user: ana@acme.example
    role: m
filters: { users: [{ name: "A", where: [{ attribute: c, operator: is_null }] }] }
mappings:
  users:
    attributes:
      userName: { expression: "Join("", [a])" }
      active:
        expression: >-
          Not(
          [IsSoftDeleted])
"#;

#[test]
fn a_manifest_cut_anywhere_is_read_or_refused() {
    for end in (0..SMALL.len()).filter(|end| SMALL.is_char_boundary(*end)) {
        read(&SMALL[..end]);
    }
}

#[test]
fn a_manifest_with_any_line_gone_or_twice_is_read_or_refused() {
    let text = whole();
    let lines: Vec<&str> = text.lines().collect();
    for i in 0..lines.len() {
        let mut other = lines.clone();
        other.remove(i);
        read(&other.join("\n"));
        other = lines.clone();
        other.insert(i, lines[i]);
        read(&other.join("\r\n"));
    }
}

#[test]
fn what_is_deep_or_wide_is_refused() {
    let anchors: String = (0..3000).map(|i| format!("a{i}: &a{i} [x]\n")).collect();
    let aliases: String = (0..30_000).map(|i| format!("- *a{}\n", i % 3000)).collect();
    for (text, code) in [
        ("[".repeat(1_000_000), "too_deep"),
        ("{a: ".repeat(1_000_000), "too_deep"),
        ("- ".repeat(100_000), "too_deep"),
        ((0..2000).map(|i| format!("{}a:\n", " ".repeat(i))).collect(), "too_deep"),
        (format!("pilot: [{}]\n", "a, ".repeat(300_000)), "too_large"),
        (format!("name: {}\n", "a".repeat(5_000_000)), "too_large"),
        (format!("{anchors}b:\n{aliases}"), "alias_limit"),
    ] {
        let found = codes(&text);
        assert_eq!(found, [code], "{}", &text[..20]);
    }
}

#[test]
fn a_large_manifest_is_read() {
    let lines: String = (0..20_000).map(|i| format!("  - {{ group: SG-Department-{i}, role: member }}\n")).collect();
    let text = format!(
        "version: 1\nname: acme\nsource: {{ files: {{ people: people.csv }} }}\ntarget: {{ sandbox: {{}} }}\nroles: {{ member: {{}} }}\nassignments:\n{lines}"
    );
    assert!(text.len() > 900_000);
    let read = read(&text);
    assert_eq!(read.manifest.unwrap().0.assignments.len(), 20_000);
}

#[test]
fn many_errors_are_all_found() {
    let lines: String =
        (0..2_000).map(|i| format!("  - {{ grup: A{i} }}\n  - {{ group: A{i}, role: membr }}\n")).collect();
    let text = format!(
        "version: 1\nname: acme\nsource: {{ files: {{ people: people.csv }} }}\ntarget: {{ sandbox: {{}} }}\nroles: {{ member: {{}} }}\nassignments:\n{lines}"
    );
    assert_eq!(read(&text).problems.len(), 4_000);
}

#[test]
fn files_that_are_no_text_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let code = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        match load::manifest(&path) {
            Ok(_) => "read",
            Err(unusable) => unusable.problems[0].code,
        }
    };
    let text = "version: 1\nname: acme\nsource: { files: { people: people.csv } }\ntarget: { sandbox: {} }\n";
    assert_eq!(code("latin1", b"version: 1\nname: caf\xe9\n"), "not_utf8");
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(code("utf16", &utf16), "not_utf8");
    assert_eq!(code("bom", format!("\u{feff}{text}").as_bytes()), "read");
    assert_eq!(code("crlf", text.replace('\n', "\r\n").as_bytes()), "read");
    assert_eq!(code("nul", text.replace("acme", "a\0b").as_bytes()), "syntax");
    assert_eq!(code("escape", text.replace("acme", "a\u{1b}[31mb").as_bytes()), "syntax");
    assert_eq!(code("huge", &vec![b'#'; 5_000_000]), "too_large");
    let missing = load::manifest(&folder.path().join("gone.yaml")).unwrap_err();
    assert_eq!(missing.problems[0].code, "missing_file");
    assert!(missing.problems[0].help.as_ref().unwrap().contains("dialform init"));
    assert_eq!(load::manifest(folder.path()).unwrap_err().problems[0].code, "not_a_file");
}

#[test]
fn a_wide_glob_and_a_folder_with_special_characters_are_no_trap() {
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("conf [1]");
    fs::create_dir_all(conf.join("teams/more.yaml")).unwrap();
    let text = "version: 1\nname: acme\nsource: { files: { people: people.csv } }\ntarget: { sandbox: {} }\n";
    fs::write(conf.join("dialform.yaml"), format!("{text}include: ['**/*.yaml', 'teams/a.yaml']\n")).unwrap();
    fs::write(conf.join("teams/a.yaml"), "assignments: [{ group: A }]\n").unwrap();
    let loaded = load::manifest(&conf.join("dialform.yaml"));
    assert_eq!(loaded.unwrap().manifest.assignments.len(), 1);
    assert!(load::manifest(Path::new("tests/cases/manifest/circle/base.yaml")).is_err());
}

#[test]
fn a_secret_that_was_written_out_is_never_shown() {
    let cases = [
        "token: hunter2-hunter2",
        "token: 'hunter2-hunter2",
        "token: [hunter2-hunter2",
        "token: { env: Hunter2AAAAAAAAAAAAAAAAAAAAAAAA }",
        "token: { command: 'echo Hunter2AAAAAAAAAAAAAAAAAAAAAAAA' }",
        "token: { value: hunter2-hunter2 }",
        "token:\n        value: hunter2-hunter2",
        "token: |\n        hunter2-hunter2",
        "token: \"hunter2-hunter2\"\n      tokn: 1",
        "tokens: { a: b }\n      password: hunter2-hunter2",
    ];
    for case in cases {
        let text = format!(
            "version: 1\nname: acme\nsource: {{ files: {{ people: people.csv }} }}\ntarget:\n  dialpad:\n    scim:\n      url: https://x:hunter2@dialpad.com/scim\n      {case}\n"
        );
        let Read { manifest, problems, sources, root: _ } = read(&text);
        assert!(manifest.is_none());
        for shown in [
            problems::text(&problems, &sources, true),
            problems::json(&problems, &sources),
            problems::sarif(&problems, &sources),
            problems::github(&problems, &sources),
        ] {
            assert!(!shown.to_lowercase().contains("hunter2"), "{case}\n{shown}");
        }
    }
}

const WORDS: &[&str] = &[
    "version",
    "name",
    "source",
    "files",
    "people",
    "target",
    "sandbox",
    "dialpad",
    "scim",
    "url",
    "token",
    "env",
    "roles",
    "assignments",
    "group",
    "user",
    "role",
    "nested",
    "from",
    "until",
    "filters",
    "users",
    "where",
    "attribute",
    "operator",
    "value",
    "mappings",
    "attributes",
    "userName",
    "expression",
    "safety",
    "protect",
    "include",
    "extends",
    ": ",
    ":",
    "\n",
    "\n  ",
    "\n    ",
    "- ",
    "{ ",
    " }",
    "[",
    "]",
    ", ",
    "\"",
    "'",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "|\n",
    ">-\n",
    "# c",
    "~",
    "1",
    "yes",
    "true",
    "012",
    "2027-01-31",
    "Not([IsSoftDeleted])",
    "é",
    "☎",
    "\t",
    "\r\n",
    "---",
    "...",
    "%YAML 1.2",
    "\u{feff}",
    "\\x41",
    "regex_match",
    "(",
    "https://dialpad.com",
];

/// Any piece of YAML that is likely to matter.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![6 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_a_manifest_or_an_error(pieces in prop::collection::vec(piece(), 0..60)) {
        read(&pieces.concat());
    }

    #[test]
    fn a_manifest_with_a_piece_in_it_is_a_manifest_or_an_error(at in 0..3000_usize, piece in piece(), gone in 0..8_usize) {
        let mut text = whole();
        let floor = |text: &str, at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let start = floor(&text, at);
        let end = floor(&text, start + gone).max(start);
        text.replace_range(start..end, &piece);
        let read = read(&text);
        let shown: Sources = read.sources;
        prop_assert_eq!(shown.get("dialform.yaml").unwrap().len(), text.strip_prefix('\u{feff}').unwrap_or(&text).len());
    }
}
