//! People and groups in files, through the public reader.

use std::{fmt::Write, path::Path};

use dialform::{
    directory::Member,
    manifest::{Files, GroupFiles, Placed},
    names::{Place, Text},
    problem::{Level, Problem, Sources},
    source::files,
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
    let read = files::read(&files).unwrap_or_else(|failed| panic!("{}", shown(&failed.problems, &failed.sources)));
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
