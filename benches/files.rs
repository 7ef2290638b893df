//! Milliseconds to read 100,000 people with sixteen columns and a thousand groups.
//!
//! `cargo bench --bench files`. The bar is 1,000 ms for CSV; the last column is
//! its share of that.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and fails loudly")]

use std::{fmt::Write, fs, path::Path, time::Instant};

use dialform::{
    manifest::{Files, GroupFiles, Placed},
    names::{Place, Text},
    source::files,
};

const PEOPLE: usize = 100_000;
const BAR: f64 = 1_000.0;

const COLUMNS: [&str; 16] = [
    "objectId",
    "userPrincipalName",
    "displayName",
    "givenName",
    "surname",
    "mail",
    "jobTitle",
    "department",
    "country",
    "city",
    "telephoneNumber",
    "employeeId",
    "employeeType",
    "accountEnabled",
    "groups",
    "manager",
];

fn cells(number: usize) -> [String; 16] {
    let name = format!("person{number}@acme.example");
    [
        format!("00000000-0000-4000-8000-{number:012}"),
        name.clone(),
        format!("Given{number} Surname{number}"),
        format!("Given{number}"),
        format!("Surname{number}"),
        name,
        format!("Title {}", number % 40),
        format!("Department {}", number % 12),
        "DE".to_owned(),
        format!("City {}", number % 30),
        format!("+4930{number:07}"),
        format!("{number:06}"),
        "Employee".to_owned(),
        if number.is_multiple_of(50) { "False" } else { "True" }.to_owned(),
        format!("SG-{:03};SG-{:03}", number % 1_000, (number * 7) % 1_000),
        if number == 0 { String::new() } else { format!("person{}@acme.example", number / 10) },
    ]
}

fn written(folder: &Path) -> Vec<(&'static str, Text)> {
    let (mut csv, mut json, mut lines) = (COLUMNS.join(",") + "\n", "[\n".to_owned(), String::new());
    for number in 0..PEOPLE {
        let cells = cells(number);
        csv += &(cells.join(",") + "\n");
        let mut object = String::new();
        for (name, cell) in COLUMNS.iter().zip(&cells).filter(|(_, cell)| !cell.is_empty()) {
            write!(object, ",\"{name}\":\"{cell}\"").unwrap();
        }
        let object = format!("{{{}}}", &object[1..]);
        lines += &(object.clone() + "\n");
        json += &(object + if number + 1 == PEOPLE { "\n]\n" } else { ",\n" });
    }
    let texts = [("people.csv", csv), ("people.json", json), ("people.jsonl", lines)];
    let written = texts.into_iter().map(|(name, text)| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        (name, Text::from(path.to_str().unwrap()))
    });
    written.collect()
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    println!("{:14} {:>8} {:>8} {:>8}", "file", "MB", "ms", "of bar");
    for (name, path) in written(folder.path()) {
        let size = fs::metadata(&*path).unwrap().len() as f64 / 1e6;
        let people = Placed { value: path, place: Place::new("dialform.yaml", 1, 1) };
        let files = Files { people, groups: GroupFiles::None };
        let once = || {
            let start = Instant::now();
            let read = files::read(&files).map_err(|failed| failed.problems).unwrap();
            assert_eq!(read.directory.people.items().map(Vec::len), Some(PEOPLE));
            start.elapsed().as_secs_f64() * 1e3
        };
        let best = (0..5).map(|_| once()).fold(f64::INFINITY, f64::min);
        println!("{name:14} {size:8.1} {best:8.0} {:7.0}%", best / BAR * 100.0);
    }
}
