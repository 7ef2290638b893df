//! `source` and `state`: files and where they are, or a tenant of Entra.

use super::Judge;
use crate::{
    manifest::{Entra, Files, GroupFiles, Placed, Source, StateUrl, raw, state, trust::is_guid},
    names::Text,
};

/// The endings of files that can be read.
const ENDINGS: [&str; 5] = ["csv", "json", "jsonl", "yaml", "yml"];

/// The longest display name that Graph looks for (Microsoft Graph, known issue 13635).
const LONGEST_NAME: usize = 120;

pub(super) fn source(raw: &raw::Manifest, judge: &mut Judge) -> Option<Source> {
    match (&raw.source.files, &raw.source.entra) {
        (Some(written), _) => Some(files(written, judge)),
        (None, Some(written)) => entra(written, judge).map(Source::Entra),
        (None, None) => None,
    }
}

fn entra(raw: &raw::Entra, judge: &mut Judge) -> Option<Entra> {
    let at = |key| ["source", "entra", key];
    let raw::Entra { tenant, application, cloud, auth } = raw;
    let (tenant, application) = (tenant.trim(), application.trim());
    let is_domain = tenant.contains('.') && tenant.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    let mut right = true;
    if !is_guid(tenant) && !is_domain {
        let spot = judge.spot(&at("tenant"));
        let message = format!("`{tenant}` is neither the id of a tenant nor one of its domains");
        judge.error(&spot, "bad_tenant", message).help =
            Some("the Entra admin center shows the tenant id under Overview".to_owned());
        right = false;
    }
    if application.is_empty() || application.chars().count() > LONGEST_NAME {
        let spot = judge.spot(&at("application"));
        let message = format!("the name of the application has to have 1 to {LONGEST_NAME} characters");
        judge.error(&spot, "bad_application", message).help = Some("write its application id instead".to_owned());
        right = false;
    }
    right.then(|| Entra {
        tenant: judge.placed(&at("tenant"), tenant.into()),
        application: judge.placed(&at("application"), application.into()),
        cloud: *cloud,
        auth: judge.placed(&at("auth"), *auth),
    })
}

fn files(raw: &raw::Files, judge: &mut Judge) -> Source {
    const PEOPLE: [&str; 3] = ["source", "files", "people"];
    const GROUPS: [&str; 3] = ["source", "files", "groups"];
    let people = file(&raw.people, &PEOPLE, judge);
    let groups = match &raw.groups {
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
