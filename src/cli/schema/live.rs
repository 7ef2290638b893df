//! The names that exist, from the source and the admin API, or from a recording.

use std::path::Path;

use super::{
    super::{Terminal, connect, directory, inputs},
    Args,
};
use crate::{
    dialpad::Wanted,
    exit::Exit,
    live::Tenant,
    manifest::{
        Entra, Files, Manifest, Source,
        vocabulary::{Heard, Noun, Vocabulary},
    },
    plan::recording::Recording,
    render::neutral,
    service::heard,
    source::{
        entra::{self, Graph, Trouble},
        files,
    },
    state::vocabulary,
};

/// What the admin API has.
const OF_DIALPAD: [Noun; 5] = [Noun::Office, Noun::Department, Noun::ContactCenter, Noun::Policy, Noun::Channel];

/// What the source has.
const OF_SOURCE: [Noun; 2] = [Noun::Group, Noun::Attribute];

/// The names, as many as can be read, and how the command ends: failed when there are none at all.
pub(super) fn names(args: &Args, terminal: &mut Terminal) -> (Vocabulary, Exit) {
    let heard = match &args.replay {
        Some(file) => inputs::recording(file, terminal).map(|recording| recorded(&recording, terminal)),
        None => read(args, terminal),
    };
    let heard = match heard {
        Ok(heard) => heard,
        Err(exit) => return (Vocabulary::default(), exit),
    };
    let is_empty = heard.iter().all(|heard| heard.names.is_empty());
    let mut names = Vocabulary::default();
    heard.into_iter().for_each(|heard| names.hear(heard));
    if is_empty {
        let exit = super::failed("find any name; the schema is as it is without `--live`", terminal);
        return (names, exit);
    }
    (names, Exit::Done)
}

fn recorded(recording: &Recording, terminal: &mut Terminal) -> Vec<Heard> {
    if recording.redacted {
        terminal.say("the recording is redacted: names are not the real ones");
    }
    let Recording { directory, live, offered, .. } = recording;
    let mut heard: Vec<Heard> = heard::groups(directory, true).into_iter().collect();
    heard.push(Heard::new(Noun::Attribute, offered.iter().cloned(), true));
    if let Some(tenant) = &live.tenant {
        heard.extend(heard::of_tenant(&Wanted::everything(), tenant));
    }
    // A recording does not tell what was not asked for from what is not there.
    for noun in OF_SOURCE.into_iter().chain(OF_DIALPAD) {
        if !heard.iter().any(|heard| heard.noun == noun && !heard.names.is_empty()) {
            without(&[noun], "the recording has none", terminal);
        }
    }
    heard
}

fn read(args: &Args, terminal: &mut Terminal) -> Result<Vec<Heard>, Exit> {
    let manifest = inputs::manifest(&args.manifest.manifest, terminal)?;
    let runtime = super::super::runtime().map_err(|problem| super::failed(&problem, terminal))?;
    let mut heard = match &manifest.source {
        Source::Files(source) => of_files(source, terminal),
        Source::Entra(source) => runtime.block_on(of_entra(source, terminal)),
    };
    match connect::admin_reader(&manifest, args.allow_command) {
        Ok(Some(reader)) => {
            inputs::warn_of_expiry(&manifest, terminal);
            match runtime.block_on(reader.tenant(&Wanted::names(), &|_| ())) {
                Ok(tenant) => heard.extend(of_tenant(&tenant, terminal)),
                Err(error) => without(&OF_DIALPAD, &format!("failed to {error}"), terminal),
            }
        }
        Ok(None) => without(&OF_DIALPAD, "the manifest names no admin API (`target.dialpad.api`)", terminal),
        Err(problem) => without(&OF_DIALPAD, &format!("failed to {problem}"), terminal),
    }
    leave(&manifest, &heard, terminal);
    Ok(heard)
}

fn of_files(source: &Files, terminal: &mut Terminal) -> Vec<Heard> {
    match files::read(source) {
        Ok(read) => {
            let people = read.directory.people.items().into_iter().flatten();
            let names = people.flat_map(|person| person.attributes.names()).cloned();
            let attributes = Heard::new(Noun::Attribute, names, true);
            heard::groups(&read.directory, true).into_iter().chain([attributes]).collect()
        }
        Err(failed) => {
            inputs::show(&failed.problems, &failed.sources, terminal, false);
            without(&OF_SOURCE, "the files cannot be read", terminal);
            Vec::new()
        }
    }
}

async fn of_entra(source: &Entra, terminal: &mut Terminal) -> Vec<Heard> {
    let attributes = Heard::new(Noun::Attribute, entra::attribute_names(), true);
    let read = async {
        let sign_in = directory::sign_in(source)?;
        let graph = Graph::connect(source.cloud, sign_in, &directory::variable)?;
        entra::group_names(&graph, source).await
    };
    match read.await {
        Ok(names) => vec![Heard::new(Noun::Group, names, true), attributes],
        Err(Trouble { message, help, .. }) => {
            without(&[Noun::Group], &format!("failed to {message}; {help}"), terminal);
            vec![attributes]
        }
    }
}

fn of_tenant(tenant: &Tenant, terminal: &mut Terminal) -> Vec<Heard> {
    let heard = heard::of_tenant(&Wanted::names(), tenant);
    // One line for what has one reason.
    let mut missing: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for (section, why) in &tenant.unread {
        let is_listed = heard.iter().any(|heard| heard.noun.plural() == section.noun());
        let how_many = if is_listed { "not all" } else { "no" };
        match missing.iter_mut().find(|(many, because, _)| (*many, *because) == (how_many, why)) {
            Some((.., nouns)) => nouns.push(section.noun()),
            None => missing.push((how_many, why, vec![section.noun()])),
        }
    }
    for (how_many, why, nouns) in missing {
        warn(how_many, &nouns, why, terminal);
    }
    heard
}

/// What is not in the schema, and why.
fn without(nouns: &[Noun], why: &str, terminal: &mut Terminal) {
    let nouns: Vec<&str> = nouns.iter().map(|noun| noun.plural()).collect();
    warn("no", &nouns, why, terminal);
}

fn warn(how_many: &str, nouns: &[&str], why: &str, terminal: &mut Terminal) {
    let why = why.lines().map(str::trim).collect::<Vec<_>>().join("; ");
    terminal.say(&neutral::line(&format!("warning: {how_many} {} are in the schema: {why}", nouns.join(", "))));
}

/// Leaves the names for the language server too. It reads files itself.
fn leave(manifest: &Manifest, heard: &[Heard], terminal: &mut Terminal) {
    let is_of_files = matches!(manifest.source, Source::Files(_));
    let keeps = |heard: &&Heard| !(is_of_files && OF_SOURCE.contains(&heard.noun));
    let heard = heard.iter().filter(keeps).cloned().collect();
    inputs::left(vocabulary::leave(manifest, Path::new(""), heard), terminal);
}
