//! The proof of an export: its files, read back by the readers of every day and planned
//! against what was read.

use super::folder::Folder;
use crate::{
    cli::{Terminal, failed, inputs, load},
    exit::Exit,
    export::Exported,
    live::Live,
    manifest::{self, Disk, Manifest, Source},
    memory::{Memory, UserLink},
    names::count,
    plan::{self, Options, Plan},
    source::files,
};

/// What the plan has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) changes: usize,
    pub(super) held: usize,
    /// Changes that take something from somebody.
    takes: usize,
    /// The first of them, in words.
    first: Vec<String>,
}

impl Found {
    pub(super) fn is_empty(&self) -> bool {
        self.changes == 0 && self.held == 0
    }

    /// Whether nobody would lose anything by it.
    pub(super) fn is_safe(&self) -> bool {
        self.takes == 0
    }

    /// For people.
    pub(super) fn words(&self) -> String {
        if self.is_empty() {
            return "read back and planned: no changes, nothing held".to_owned();
        }
        let mut text = format!(
            "read back and planned: {}, {} held; `dialform plan` shows them\n",
            count(self.changes, "change", "changes"),
            self.held
        );
        for line in &self.first {
            text.push_str(&format!("  {}\n", crate::render::neutral::line(line)));
        }
        if !self.is_safe() {
            text.push_str("no links were written, because the plan would take something from somebody\n");
        }
        text.trim_end().to_owned()
    }

    fn of(plan: &Plan) -> Self {
        const SHOWN: usize = 5;
        let changes = plan.changes.iter().map(|change| {
            let what: Vec<String> = change.attributes.iter().map(|of| of.path.to_string()).collect();
            let grants = change.grants.iter().map(|grant| format!("{} {}", grant.kind.noun(), grant.name));
            let what: Vec<String> = what.into_iter().chain(grants).collect();
            format!("{} {}: {}", change.action.verb(), change.subject.name, what.join(", "))
        });
        let held = plan.held.iter().map(|held| format!("held: {}: {}", held.subject.name, held.message));
        Self {
            changes: plan.changes.len(),
            held: plan.held.len(),
            takes: plan.changes.iter().filter(|change| change.action.takes_away()).count(),
            first: changes.chain(held).take(SHOWN).collect(),
        }
    }
}

/// What cannot happen, unless the writer and the readers disagree.
const DEFECT: &str = "read back what was exported; this is a defect of Dialform: please report it";

/// The manifest of an export, read as if it were written already.
pub(super) fn manifest(folder: &Folder, exported: &Exported, terminal: &mut Terminal) -> Result<Manifest, Exit> {
    let path = folder.path("dialform.yaml").to_string_lossy().into_owned();
    let text = exported.files.iter().find(|file| file.path == "dialform.yaml").map(|file| file.text.clone());
    let text = text.unwrap_or_default();
    let mut disk = Disk { read: &mut |_| Ok(text.clone()), list: &mut |_, _| Ok(Vec::new()) };
    let read = manifest::read(&path, &mut disk, &load::allowed_hosts());
    match read.manifest {
        Some((manifest, _)) => Ok(manifest),
        None => {
            inputs::show(&read.problems, &read.sources, terminal, true);
            Err(failed(DEFECT, terminal))
        }
    }
}

/// Plans the files with the links that they come with.
pub(super) fn proof(
    manifest: &Manifest,
    live: &Live,
    exported: &Exported,
    terminal: &mut Terminal,
) -> Result<Found, Exit> {
    let Source::Files(source) = &manifest.source else { return Ok(Found::default()) };
    let read = files::read(source).map_err(|wrong| {
        inputs::show(&wrong.problems, &wrong.sources, terminal, true);
        failed(DEFECT, terminal)
    })?;
    let links = exported.links.iter().map(|link| {
        let known = UserLink {
            target: link.target.clone(),
            name: link.name.clone(),
            disabled_since: None,
            vanished_since: None,
        };
        (link.person.clone(), known)
    });
    let memory = Memory { users: links.collect(), ..Memory::default() };
    let inputs = plan::Inputs { manifest, directory: &read.directory, live, memory: &memory, now: super::now() };
    let options = Options { target: manifest.target.label(), ..Options::default() };
    Ok(Found::of(&plan::between(&inputs, &options)))
}
