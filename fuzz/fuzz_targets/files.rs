//! Any bytes as files of people and groups: a directory, or problems whose places
//! lie in the texts.
//!
//! The first line says how both are written (`csv`, `json`, `jsonl`, `yaml`, two words); a
//! record separator (U+001E) parts the people from the groups.

#![no_main]

use std::path::Path;

use dialform::{
    manifest::{Files, GroupFiles, Placed},
    names::Place,
    source::files,
};
use libfuzzer_sys::fuzz_target;

const FORMATS: [&str; 4] = ["csv", "json", "jsonl", "yaml"];

fn placed(name: String) -> Placed<dialform::names::Text> {
    Placed { value: name.into(), place: Place { file: "dialform.yaml".into(), line: 4, column: 5 } }
}

fuzz_target!(|input: &[u8]| {
    let at = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let first = String::from_utf8_lossy(&input[..at]);
    let mut formats = first.split(' ').map(|word| FORMATS.iter().find(|known| **known == word).unwrap_or(&"csv"));
    let rest = input.get(at + 1..).unwrap_or_default();
    let (people, groups) = match rest.iter().position(|byte| *byte == 0x1e) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    // Memory rather than a disk, where there is any.
    let folder = if Path::new("/dev/shm").is_dir() { Path::new("/dev/shm").to_owned() } else { std::env::temp_dir() };
    let name = |what: &str, format: &str| {
        folder.join(format!("dialform-fuzz-{}-{what}.{format}", std::process::id())).display().to_string()
    };
    let people_file = name("people", formats.next().unwrap_or(&"csv"));
    std::fs::write(&people_file, people).expect("the file can be written");
    let group_files = match groups {
        None => GroupFiles::None,
        Some(groups) => {
            let file = name("groups", formats.next().unwrap_or(&"csv"));
            std::fs::write(&file, groups).expect("the file can be written");
            GroupFiles::One(placed(file))
        }
    };
    let read = files::read(&Files { people: placed(people_file), groups: group_files });
    let (problems, sources) = match &read {
        Ok(read) => (&read.warnings, &read.sources),
        Err(failed) => {
            assert!(!failed.problems.is_empty());
            (&failed.problems, &failed.sources)
        }
    };
    for problem in problems {
        let text = sources.get(&problem.file).map_or("", |text| text);
        assert!(text.get(problem.span.clone()).is_some(), "{problem:?}");
        assert!(!problem.message.is_empty());
    }
});
