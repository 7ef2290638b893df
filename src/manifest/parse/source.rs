//! `source` and `state`: files, and where they are.

use super::Judge;
use crate::{
    manifest::{Files, GroupFiles, Placed, Source, StateUrl, raw, state},
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

pub(super) fn state(raw: &raw::State, judge: &mut Judge) -> Placed<StateUrl> {
    const URL: [&str; 2] = ["state", "url"];
    let state = match state::told(&raw.url) {
        Ok(state::Written::Path(path)) => StateUrl::Folder(judge.path(&URL, path)),
        Ok(state::Written::Objects(url)) => {
            StateUrl::Objects { url: url.as_str().into(), beside: judge.path(&URL, state::BESIDE) }
        }
        Err((code, message, help)) => {
            let spot = judge.spot(&URL);
            judge.error(&spot, code, message).help = Some(help);
            StateUrl::Folder(judge.path(&URL, state::BESIDE))
        }
    };
    judge.placed(&URL, state)
}
