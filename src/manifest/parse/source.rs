//! `source` and `state`: files, and where they are.

use super::Judge;
use crate::{
    manifest::{Files, GroupFiles, Placed, Source, raw},
    names::Text,
};

/// The endings of files that can be read.
const ENDINGS: [&str; 5] = ["csv", "json", "jsonl", "yaml", "yml"];

pub(super) fn source(raw: &raw::Source, judge: &mut Judge) -> Source {
    const PEOPLE: [&str; 3] = ["source", "files", "people"];
    const GROUPS: [&str; 3] = ["source", "files", "groups"];
    let people = file(&raw.files.people, &PEOPLE, judge);
    let groups = match &raw.files.groups {
        None => GroupFiles::None,
        Some(raw::GroupFiles::One(path)) => GroupFiles::One(file(path, &GROUPS, judge)),
        Some(raw::GroupFiles::PerGroup(files)) => GroupFiles::PerGroup(
            files
                .iter()
                .map(|(name, path)| {
                    let at = [GROUPS[0], GROUPS[1], GROUPS[2], name];
                    (Text::from(name.as_str()), file(path, &at, judge))
                })
                .collect(),
        ),
    };
    Source::Files(Files { people, groups })
}

fn file(path: &str, at: &[&str], judge: &mut Judge) -> Placed<Text> {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    if !ending.is_some_and(|ending| ENDINGS.contains(&&*ending)) {
        let spot = judge.spot(at);
        let message = format!("what kind of file `{path}` is cannot be told");
        judge.error(&spot, "unknown_format", message).help =
            Some("its name has to end in .csv, .json, .jsonl or .yaml".to_owned());
    }
    let path = judge.path(at, path);
    judge.placed(at, path)
}

pub(super) fn state(raw: &raw::State, judge: &mut Judge) -> Placed<Text> {
    const URL: [&str; 2] = ["state", "url"];
    let written = raw.url.strip_prefix("file://").unwrap_or(&raw.url);
    if let Some((scheme, _)) = written.split_once("://") {
        let spot = judge.spot(&URL);
        let message = format!("state in `{scheme}://` is not supported by this version of Dialform");
        judge.error(&spot, "remote_state", message).help = Some("name a folder, such as `./.dialform`".to_owned());
    }
    let path = judge.path(&URL, written);
    judge.placed(&URL, path)
}
