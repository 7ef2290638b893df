//! People and groups in CSV, JSON, JSON Lines and YAML files.
//!
//! Text becomes rows (`text`, then `csv`, `json` or `yaml`), rows become people
//! and groups by the names of their columns (`known`, `columns`, `values`), and names become
//! members and managers last, when everybody is known.

mod columns;
mod csv;
mod groups;
mod json;
mod known;
mod people;
mod report;
mod row;
mod text;
mod values;
mod yaml;

use self::{groups::Groups, people::People, report::Report, text::Input};
use crate::{
    directory::Directory,
    manifest::{Files, GroupFiles, Placed},
    names::{Complete, Reading, Text},
    problem::{Problem, Sources},
};

/// A directory read from files.
#[derive(Debug)]
pub struct Read {
    /// The people and groups.
    pub directory: Directory,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Problem>,
    /// The texts that the warnings point into.
    pub sources: Sources,
}

/// Why the files could not be used: every problem of every file.
#[derive(Debug)]
pub struct Failed {
    /// All that is wrong, of each kind in each file no more than a person reads.
    pub problems: Vec<Problem>,
    /// The texts that the problems point into.
    pub sources: Sources,
}

/// Reads the files of a manifest's `source.files`. An empty file is a directory
/// without anybody, and a complete one: what to do about it is for the planner to say.
///
/// # Errors
/// All problems of all files at once.
pub fn read(files: &Files) -> Result<Read, Failed> {
    let mut report = Report::default();
    let people_input = open(&files.people, &mut report);
    let group_inputs: Vec<(Option<&Text>, Option<Input>, &Placed<Text>)> = match &files.groups {
        GroupFiles::None => Vec::new(),
        GroupFiles::One(file) => vec![(None, open(file, &mut report), file)],
        GroupFiles::PerGroup(all) => {
            all.iter().map(|(name, file)| (Some(name), open(file, &mut report), file)).collect()
        }
    };
    let people = people_input.as_ref().map(|input| People::read(input, &mut report)).unwrap_or_default();
    let mut groups = Groups::default();
    for (name, input, named) in &group_inputs {
        match (name, input) {
            (_, None) => {}
            (None, Some(input)) => groups.read(input, &mut report),
            (Some(name), Some(input)) => groups.read_members(name, &named.place, input, &mut report),
        }
    }
    groups.join(&people, &files.people.value, &mut report);
    // Without the people everybody would be unknown.
    let groups = if people_input.is_some() { groups.resolve(&people, &mut report) } else { Vec::new() };
    for input in people_input.into_iter().chain(group_inputs.into_iter().filter_map(|(_, input, _)| input)) {
        report.keep_text(&input.file, input.text);
    }
    let failed = report.failed();
    let (problems, sources) = report.finish();
    if failed {
        return Err(Failed { problems, sources });
    }
    let people = Reading::Complete(Complete::attest(people.people));
    let groups = Reading::Complete(Complete::attest(groups));
    Ok(Read { directory: Directory::new(people, groups), warnings: problems, sources })
}

fn open(file: &Placed<Text>, report: &mut Report) -> Option<Input> {
    text::open(&file.value, &file.place, report)
}
