//! People and groups in files, through the public reader.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use dialform::{
    directory::{Directory, Member},
    manifest::{Files, GroupFiles, Placed},
    names::{Place, Text},
    problem::{Level, Problem, Sources},
    source::files::{self, Failed, Read},
};

fn placed(path: &Path) -> Placed<Text> {
    Placed { value: path.to_str().unwrap().into(), place: Place::new("dialform.yaml", 7, 13) }
}

fn manifest(people: &Path, groups: Option<&Path>) -> Files {
    let groups = groups.map_or(GroupFiles::None, |groups| GroupFiles::One(placed(groups)));
    Files { people: placed(people), groups }
}

#[test]
fn the_quickstart_has_twelve_people_and_three_groups() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let files = manifest(&folder.join("people.csv"), Some(&folder.join("groups.csv")));
    let read = files::read(&files).map_err(|failed| shown(&failed.problems, &failed.sources)).unwrap();
    assert_eq!(shown(&read.warnings, &read.sources), "");
    let (people, groups) = (read.directory.people.complete().unwrap(), read.directory.groups.complete().unwrap());
    assert_eq!((people.items().len(), groups.items().len()), (12, 3));
    let lena = &people.items()[11];
    assert_eq!(lena.text("surname"), None);
    assert_eq!(lena.manager, Some("6f1d2a10-0000-4000-8000-000000000007".into()));
    assert_eq!(lena.place.as_ref().map(|place| place.line), Some(13));
    let leads = &groups.items()[2];
    assert_eq!(&*leads.name, "SG-Support-Leads");
    assert_eq!(leads.members[0], Member::Person("6f1d2a10-0000-4000-8000-000000000001".into()));
}

/// Every folder of `tests/cases/files`: what was read, and all that was said. In the
/// snapshots the expected values come from the file beside them, read by eye.
#[test]
fn every_trap_gives_a_directory_or_says_what_is_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/files");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    for case in cases {
        insta::assert_snapshot!(case.file_name().unwrap().to_str().unwrap(), of_folder(&case));
    }
}

/// What a case holds: `people.*`, `groups.*`, and a file for each further group.
fn of_folder(case: &Path) -> String {
    let mut paths: Vec<PathBuf> = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let people = paths.iter().position(|path| stem(path) == "people").map(|at| paths.remove(at)).unwrap();
    let groups = paths.iter().find(|path| stem(path) == "groups");
    let mut files = manifest(&people, groups.map(PathBuf::as_path));
    if groups.is_none() && !paths.is_empty() {
        files.groups = GroupFiles::PerGroup(paths.iter().map(|path| (stem(path).into(), placed(path))).collect());
    }
    of_files(&files)
}

/// What was read and said of files.
fn of_files(files: &Files) -> String {
    match files::read(files) {
        Ok(Read { directory, warnings, sources }) => listed(&directory) + &shown(&warnings, &sources),
        Err(Failed { problems, sources }) => shown(&problems, &sources),
    }
}

/// People and groups as lines.
fn listed(directory: &Directory) -> String {
    let mut text = String::new();
    for person in directory.people.complete().unwrap().items() {
        let place = person.place.as_ref().unwrap();
        writeln!(text, "{} (line {}, column {})", person.id, place.line, place.column).unwrap();
        for (name, value) in person.attributes.iter() {
            writeln!(text, "  {name}: {}", serde_json::to_string(value).unwrap()).unwrap();
        }
        if person.soft_deleted {
            writeln!(text, "  in the recycle bin").unwrap();
        }
        if let Some(manager) = &person.manager {
            writeln!(text, "  managed by {manager}").unwrap();
        }
    }
    for group in directory.groups.complete().unwrap().items() {
        let place = group.place.as_ref().unwrap();
        let file = Path::new(&*place.file).file_name().unwrap().to_str().unwrap();
        writeln!(text, "group {} (id {}, {file} line {})", group.name, group.id, place.line).unwrap();
        for member in &group.members {
            match member {
                Member::Person(id) => writeln!(text, "  {id}").unwrap(),
                Member::Group(id) => writeln!(text, "  group {id}").unwrap(),
            }
        }
    }
    text
}

/// Problems as lines: level, place, code, message, help, other places.
fn shown(problems: &[Problem], sources: &Sources) -> String {
    let mut text = String::new();
    for problem in problems {
        let level = match problem.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let place = place(&problem.file, problem.span.start, sources);
        let marked = sources.get(&problem.file).map_or("", |text| &text[problem.span.clone()]);
        writeln!(text, "{level} {place} {}: {}", problem.code, problem.message).unwrap();
        if !marked.is_empty() {
            writeln!(text, "  at: {}", marked.escape_debug()).unwrap();
        }
        if let Some(help) = &problem.help {
            writeln!(text, "  help: {help}").unwrap();
        }
        for related in &problem.related {
            let place = self::place(&related.file, related.span.start, sources);
            writeln!(text, "  {place}: {}", related.message).unwrap();
        }
    }
    text
}

fn place(file: &Text, offset: usize, sources: &Sources) -> String {
    let name = Path::new(&**file).file_name().unwrap().to_str().unwrap();
    if sources.get(file).is_none() {
        return name.to_owned();
    }
    let place = sources.place(file, offset);
    format!("{name}:{}:{}", place.line, place.column)
}

/// A directory written twice, and read twice.
mod formats {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    /// Names of columns, and what their cells may hold.
    const COLUMNS: [&str; 9] = [
        "userPrincipalName",
        "displayName",
        "surname",
        "accountEnabled",
        "employeeId",
        "otherMails",
        "groups",
        "manager",
        "favouriteColour",
    ];

    /// Text as hostile as a cell may be. Without white space around it, which CSV has only in quotes.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-ZäßÉ李' -]{1,12}",
            "[\\x20-\\x7e\n\t]{1,10}",
            prop::sample::select(vec![
                "=1+1", "\"", "\"\"", ",", "a,b", "a\"b", "null", "true", "007", "+49 30", "🦀", "\u{feff}"
            ])
            .prop_map(str::to_owned),
        ]
        .prop_map(|text| text.trim().to_owned())
        .prop_filter("says something", |text| !text.is_empty())
    }

    fn person(number: usize) -> impl Strategy<Value = serde_json::Map<String, Json>> {
        let enabled = prop::option::of(any::<bool>());
        let many = prop::collection::vec("[a-z]{1,6}@x\\.example", 0..3);
        let groups = prop::collection::vec(prop::sample::select(vec!["SG-One", "SG Two", "Größe"]), 0..3);
        let manager = prop::option::of(0..number + 1);
        (prop::collection::vec(prop::option::of(text()), 4), enabled, many, groups, manager).prop_map(
            move |(texts, enabled, many, groups, manager)| {
                let mut person = serde_json::Map::new();
                person.insert("objectId".into(), json!(format!("id-{number}")));
                person.insert("userPrincipalName".into(), json!(format!("person{number}@acme.example")));
                for (name, text) in ["displayName", "surname", "employeeId", "favouriteColour"].iter().zip(texts) {
                    person.insert((*name).into(), json!(text));
                }
                person.insert("accountEnabled".into(), json!(enabled));
                person.insert("otherMails".into(), json!(many));
                person.insert("groups".into(), json!(groups));
                person.insert("manager".into(), json!(manager.map(|number| format!("id-{number}"))));
                person
            },
        )
    }

    fn people() -> impl Strategy<Value = Vec<serde_json::Map<String, Json>>> {
        (1..6usize).prop_flat_map(|n| (0..n).map(person).collect::<Vec<_>>())
    }

    /// RFC 4180, everything in quotes or nothing that does not need them.
    fn csv(people: &[serde_json::Map<String, Json>], delimiter: char, line_end: &str, all_quoted: bool) -> String {
        let cell = |text: &str| {
            let plain = !text.contains(['"', delimiter, '\n', '\r']);
            if plain && !all_quoted { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
        };
        let header: Vec<String> = ["objectId"].iter().chain(&COLUMNS).map(|name| cell(name)).collect();
        let mut text = header.join(&delimiter.to_string()) + line_end;
        for person in people {
            let cells = ["objectId"].iter().chain(&COLUMNS).map(|name| match &person[*name] {
                Json::Null => String::new(),
                Json::Bool(value) => value.to_string().to_uppercase(),
                Json::String(text) => cell(text),
                Json::Array(items) => {
                    cell(&items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(";"))
                }
                Json::Number(_) | Json::Object(_) => unreachable!("no such cell is generated"),
            });
            text += &(cells.collect::<Vec<_>>().join(&delimiter.to_string()) + line_end);
        }
        text
    }

    /// What was read, without the places.
    fn read(folder: &Path, name: &str, text: &str) -> Directory {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        let read = files::read(&manifest(&path, None));
        let read =
            read.map_err(|failed| format!("{name}: {}{text}", shown(&failed.problems, &failed.sources))).unwrap();
        let unplaced = |mut json: Json| {
            let items = json.as_array_mut().unwrap();
            items.iter_mut().for_each(|item| drop(item.as_object_mut().unwrap().remove("place")));
            json
        };
        let json = json!({
            "people": { "complete": unplaced(json!(read.directory.people.items().unwrap())) },
            "groups": { "complete": unplaced(json!(read.directory.groups.items().unwrap())) },
        });
        serde_json::from_value(json).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

        #[test]
        fn the_same_people_are_the_same_in_every_format(people in people()) {
            let folder = tempfile::tempdir().unwrap();
            let json = serde_json::to_string_pretty(&people).unwrap();
            let lines: String = people.iter().map(|person| json!(person).to_string() + "\n").collect();
            let want = read(folder.path(), "people.json", &json);
            prop_assert_eq!(want.people.items().unwrap().len(), people.len());
            for (name, text) in [
                ("people.jsonl", lines),
                ("people.yaml", json),
                ("commas.csv", csv(&people, ',', "\n", false)),
                ("quoted.csv", csv(&people, ',', "\r\n", true)),
                ("semicolons.csv", csv(&people, ';', "\r\n", false)),
                ("tabs.tsv", format!("\u{feff}{}", csv(&people, '\t', "\n", true))),
            ] {
                prop_assert_eq!(&read(folder.path(), name, &text), &want, "{}:\n{}", name, text);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let folder = tempfile::tempdir().unwrap();
            for name in ["a.csv", "a.json", "a.jsonl", "a.yaml"] {
                let path = folder.path().join(name);
                fs::write(&path, &bytes).unwrap();
                of_files(&manifest(&path, Some(&path)));
            }
        }

        #[test]
        fn any_punctuation_is_read_or_refused(text in "(objectId|\"a\"|[\\[\\]{}\",;:\n\r\t #&*!|>'é-]){0,60}") {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in [
                ("a.csv", format!("objectId,displayName\n{text}")),
                ("b.csv", text.clone()),
                ("a.json", format!("[{text}")),
                ("a.jsonl", text.clone()),
                ("a.yaml", text),
            ] {
                let path = folder.path().join(name);
                fs::write(&path, &text).unwrap();
                of_files(&manifest(&path, Some(&path)));
            }
        }
    }
}

/// Cut anywhere, a file is read or refused; every problem points into it.
#[test]
fn every_file_cut_at_any_byte_is_read_or_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/files");
    let folder = tempfile::tempdir().unwrap();
    let nobody = folder.path().join("nobody.csv");
    fs::write(&nobody, "").unwrap();
    for case in fs::read_dir(root).unwrap() {
        for file in fs::read_dir(case.unwrap().path()).unwrap() {
            let file = file.unwrap().path();
            let bytes = fs::read(&file).unwrap();
            let path = folder.path().join(file.file_name().unwrap());
            let people = file.file_stem().is_some_and(|stem| stem == "people");
            for end in 0..bytes.len() {
                fs::write(&path, &bytes[..end]).unwrap();
                of_files(&if people { manifest(&path, None) } else { manifest(&nobody, Some(&path)) });
            }
        }
    }
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let deep = |open: &str, close: &str, n: usize| open.repeat(n) + &close.repeat(n);
    for (name, text, says) in [
        ("a.json", deep("[", "]", 200_000), "no_object"),
        ("b.json", format!("[{{\"objectId\": {}}}]", deep("[", "]", 200_000)), "nested too deeply"),
        ("c.json", "[".repeat(200_000), "bad_json"),
        ("d.json", deep("{\"value\":", "}", 100_000), "bad_json"),
        ("e.jsonl", format!("{{\"objectId\": {}}}\n", deep("[", "]", 200_000)), "nested too deeply"),
        ("f.yaml", deep("[", "]", 200_000), "too_deep"),
        ("g.yaml", format!("- objectId: {}", deep("[", "]", 60)), "too_deep"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, &text).unwrap();
        let said = of_files(&manifest(&path, None));
        assert!(said.contains(says), "{name}: {said:.300}");
    }
}

#[test]
fn a_row_wider_than_any_directory_is_refused_without_its_cells() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    fs::write(&path, format!("objectId,displayName\na,b{}c\n", ",".repeat(2_000_000))).unwrap();
    let said = of_files(&manifest(&path, None));
    assert!(said.contains("the row has more than 10,000 cells for 2 columns"), "{said:.300}");
    fs::write(&path, format!("objectId{}\n", ",x".repeat(20_000))).unwrap();
    assert!(of_files(&manifest(&path, None)).contains("more than 10000 columns"));
}

#[test]
fn keys_without_end_are_refused_and_the_rest_is_still_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.json");
    let keys = |from: usize, to: usize| (from..to).map(|n| format!(",\"key {n}\":1")).collect::<String>();
    fs::write(&path, format!("[{{\"objectId\":\"a\"{}}},{{\"displayName\":\"b\"}}]", keys(0, 20_000))).unwrap();
    let said = of_files(&manifest(&path, None));
    assert!(said.contains("the object has more than 10000 keys") && said.contains("nameless_person"), "{said:.600}");
    let people: Vec<String> =
        (0..30).map(|n| format!("{{\"objectId\":\"{n}\"{}}}", keys(n * 500, n * 500 + 500))).collect();
    fs::write(&path, format!("[{}]", people.join(","))).unwrap();
    let said = of_files(&manifest(&path, None));
    assert!(said.contains("the file has more than 10000 columns or keys"), "{said:.600}");
}

#[test]
fn a_value_longer_than_any_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    fs::write(&path, format!("objectId,groups\na,{}\n", "x;".repeat(9 << 20))).unwrap();
    let said = of_files(&manifest(&path, None));
    assert!(said.contains("wrong_type: the value is longer than 16 MiB"), "{said:.300}");
}

#[test]
fn an_export_of_two_hundred_columns_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    let header: String = (0..198).map(|n| format!(",extension_0c0b_field{n}")).collect();
    let row: String = (0..198).map(|n| if n % 2 == 0 { ",".to_owned() } else { format!(",value {n}") }).collect();
    fs::write(&path, format!("objectId,userPrincipalName{header}\na,ana@acme.example{row}\n")).unwrap();
    let read = files::read(&manifest(&path, None)).unwrap();
    let ana = &read.directory.people.items().unwrap()[0];
    assert_eq!(ana.attributes.iter().count(), 3 + 99);
    assert_eq!(ana.text("extension_0c0b_field197").map(|text| &**text), Some("value 197"));
}

#[test]
fn what_cannot_be_opened_is_said_with_the_line_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("people.csv"), "objectId\na\n").unwrap();
    for (name, says) in [
        ("poeple.csv", "did you mean `people.csv`? the file is named at dialform.yaml:7"),
        ("people.xlsx", "expected a name that ends in .csv, .json, .jsonl or .yaml"),
        ("people", "expected a name that ends in"),
    ] {
        let said = of_files(&manifest(&folder.path().join(name), None));
        assert!(said.contains(says), "{said}");
    }
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    assert!(of_files(&manifest(&folder.path().join("folder.csv"), None)).contains("unreadable"));
    // Both files at once.
    let said = of_files(&manifest(&folder.path().join("a.csv"), Some(&folder.path().join("b.csv"))));
    assert_eq!(said.matches("unreadable").count(), 2, "{said}");
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.yaml");
    // Sparse: it takes no room on the disk.
    fs::File::create(&path).unwrap().set_len(17 << 20).unwrap();
    assert!(of_files(&manifest(&path, None)).contains("larger than 16 MiB"));
}

#[test]
fn of_many_problems_some_are_shown_and_the_rest_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    fs::write(&path, format!("objectId,displayName\n{}", "x\n".repeat(5_000))).unwrap();
    let said = of_files(&manifest(&path, None));
    assert_eq!(said.matches("error").count(), 21);
    assert!(said.contains("4,980 more problems like the 20 shown as `ragged_row`"), "{said}");
}

/// The snippets of `docs/directory-files.md`: each list of people or groups is read without a word.
#[test]
fn what_the_page_shows_is_read() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/directory-files.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let everybody = folder.path().join("everybody.csv");
    let mut read = 0;
    for (language, text) in page.split("\n```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap()) {
        if text.starts_with("source:") {
            continue;
        }
        let path = folder.path().join(format!("snippet{read}.{language}"));
        fs::write(&path, text).unwrap();
        let groups = text.starts_with("displayName,objectId,members");
        if read == 0 {
            fs::write(&everybody, text).unwrap();
        }
        let files = if groups { manifest(&everybody, Some(&path)) } else { manifest(&path, None) };
        let found = files::read(&files).map_err(|failed| shown(&failed.problems, &failed.sources)).unwrap();
        assert_eq!(shown(&found.warnings, &found.sources), "", "{text}");
        assert!(found.directory.people.items().is_some_and(|people| !people.is_empty()), "{text}");
        read += 1;
    }
    assert_eq!(read, 4);
}
