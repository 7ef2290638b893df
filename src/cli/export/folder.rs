//! The folder that an export writes into: what is there, where its paths lead, and its state.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use crate::{
    cli::{Terminal, failed, init::put, output},
    exit::Exit,
    export::{Exported, PATHS},
    manifest::{Manifest, Placed, Sandbox, SecretRef, Target},
    memory::Memory,
    names::{SourceId, TargetId, Text, count},
    state::{Effect, LockError, State},
};

/// A folder to write into.
pub(super) struct Folder {
    root: PathBuf,
}

/// Links to be written.
pub(super) struct Links {
    state: State,
    effects: Vec<Effect>,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The path of a file, as people name it.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        if self.root == Path::new(".") { PathBuf::from(file) } else { self.root.join(file) }
    }

    /// Whether nothing that is there would be lost.
    pub(super) fn is_free(&self, force: bool) -> Result<(), String> {
        let there: Vec<String> = PATHS
            .iter()
            .map(|file| self.path(file))
            .filter(|path| path.exists())
            .map(|path| format!("  {}", path.display()))
            .collect();
        if there.is_empty() || force {
            return Ok(());
        }
        Err(format!(
            "export: {} there already and would be lost\n{}\n  nothing was written; choose another folder with `--out DIR`, or overwrite with `--force`",
            if there.len() == 1 {
                "1 file is".to_owned()
            } else {
                format!("{} are", count(there.len(), "file", "files"))
            },
            there.join("\n"),
        ))
    }

    /// The target with its paths as a manifest in this folder has to write them.
    pub(super) fn relocated(&self, target: &Target, base: &Path) -> Target {
        let moved = |path: &Text| Text::from(self.relative(&base.join(&**path)));
        let secret = |placed: &mut Placed<SecretRef>| {
            if let SecretRef::File(file) = &placed.value {
                placed.value = SecretRef::File(moved(file));
            }
        };
        let mut target = target.clone();
        match &mut target {
            Target::Dialpad(dialpad) => {
                secret(&mut dialpad.token);
                if let Some(api) = &mut dialpad.api {
                    secret(&mut api.key);
                }
            }
            Target::Sandbox(Sandbox { folder, scim: _, tenant }) => {
                *folder = moved(folder);
                if let Some(tenant) = tenant {
                    tenant.value = moved(&tenant.value);
                }
            }
        }
        target
    }

    /// A path from this folder, relative where it can be.
    fn relative(&self, path: &Path) -> String {
        let (Ok(root), Ok(path)) = (std::path::absolute(&self.root), std::path::absolute(path)) else {
            return path.to_string_lossy().into_owned();
        };
        let (root, path) = (plain(&root), plain(&path));
        let shared = root.iter().zip(&path).take_while(|(left, right)| left == right).count();
        // What shares no more than the root of the disk stays absolute.
        if shared < 2 {
            return path.iter().collect::<PathBuf>().to_string_lossy().replace('\\', "/");
        }
        let up = std::iter::repeat_n(Component::ParentDir, root.len() - shared);
        let relative: PathBuf = up.chain(path[shared..].iter().copied()).collect();
        relative.to_string_lossy().replace('\\', "/")
    }

    /// Writes the files; gives their names.
    pub(super) fn write(&self, exported: &Exported, terminal: &mut Terminal) -> Result<Vec<String>, Exit> {
        let shown = |path: &Path| path.display().to_string();
        fs::create_dir_all(&self.root).map_err(|error| {
            failed(&format!("make the folder `{}`: {}", self.root.display(), output::plain(&error)), terminal)
        })?;
        // A file of people of an earlier export, in another format, would only mislead.
        for file in PATHS.iter().filter(|path| path.starts_with("people.")) {
            if !exported.files.iter().any(|new| new.path == *file) {
                drop(fs::remove_file(self.path(file)));
            }
        }
        let mut written = Vec::with_capacity(exported.files.len());
        for file in &exported.files {
            let path = self.path(file.path);
            if file.private {
                output::write_private(&path, file.text.as_bytes(), "keep the people", terminal)?;
            } else {
                put(&path, &file.text).map_err(|error| {
                    failed(&format!("write `{}`: {}", path.display(), output::plain(&error)), terminal)
                })?;
            }
            written.push(shown(&path));
        }
        Ok(written)
    }

    /// What is to be linked in the state of the new manifest. A state that knows others is
    /// refused: their accounts would be taken for those of leavers.
    pub(super) fn links(&self, exported: &Exported, manifest: &Manifest, none: bool) -> Result<Option<Links>, String> {
        let state = State::open(manifest, Path::new("")).map_err(|error| error.to_string())?;
        self.knows_nobody_else(state.memory(), exported, &state.label())?;
        if none {
            return Ok(None);
        }
        let known = |person: &SourceId, target: &TargetId| {
            state.memory().users.get(person).is_some_and(|link| link.target == *target && link.disabled_since.is_none())
        };
        let links = exported.links.iter().filter(|link| !known(&link.person, &link.target));
        let effects = links.map(|link| Effect::LinkUser {
            person: link.person.clone(),
            target: link.target.clone(),
            name: link.name.clone(),
        });
        let effects = effects.collect();
        Ok(Some(Links { state, effects }))
    }

    fn knows_nobody_else(&self, memory: &Memory, exported: &Exported, label: &str) -> Result<(), String> {
        let links: std::collections::HashMap<_, _> =
            exported.links.iter().map(|link| (&link.person, &link.target)).collect();
        let others = memory.users.iter().filter(|(id, link)| links.get(id) != Some(&&link.target)).map(|(id, _)| id);
        let granted = memory.grants.keys().filter(|id| !links.contains_key(id));
        let others: std::collections::BTreeSet<&SourceId> = others.chain(granted).collect();
        if others.is_empty() {
            return Ok(());
        }
        Err(format!(
            "export: the state in `{label}` knows {} that are not in this export, and a plan would take them for leavers\n  \
             nothing was written; choose an empty folder with `--out DIR`",
            count(others.len(), "person", "people")
        ))
    }
}

/// The parts of an absolute path, without `.` and with `..` carried out.
fn plain(path: &Path) -> Vec<Component<'_>> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => parts.push(part),
        }
    }
    parts
}

impl Links {
    /// Writes them, if the plan of the files takes nothing from anybody.
    pub(super) fn write(mut self, is_safe: bool, terminal: &mut Terminal) -> Result<usize, Exit> {
        if !is_safe || self.effects.is_empty() {
            return Ok(0);
        }
        let _guard = self.state.lock().map_err(|error| {
            let exit = if matches!(error, LockError::Held { .. }) { Exit::Locked } else { Exit::Failed };
            terminal.complain(&format!("failed to {error}"));
            exit
        })?;
        let links = self.effects.len();
        self.state
            .record(self.effects)
            .and_then(|()| self.state.commit())
            .map_err(|error| failed(&error.to_string(), terminal))?;
        Ok(links)
    }
}
