//! From a path to a manifest, through every stage.

use super::{
    Manifest,
    include::{self, Disk},
    parse::{self, Judge},
    raw, structure,
    tree::Node,
    trust::AllowedHosts,
};
use crate::{
    names::Text,
    problem::{Level, Problem, Sources},
};

/// What came of reading a manifest.
#[derive(Debug)]
pub struct Read {
    /// The manifest and what was written, unless something is wrong.
    pub manifest: Option<(Manifest, Written)>,
    /// What is wrong and what is probably not meant, in the order of files and text.
    pub problems: Vec<Problem>,
    /// The texts of all files, with secrets that were written out made unreadable.
    pub sources: Sources,
    /// What all files hold together, as it was written; `None` when one of them cannot be read.
    pub root: Option<Node>,
}

/// What was written in all files together, to show it with its defaults.
#[derive(Clone, Debug)]
pub struct Written {
    /// The main file.
    pub path: Text,
    /// All values, defaults filled in.
    pub(super) raw: raw::Manifest,
    /// Where each was written.
    pub(super) root: Node,
}

/// Reads a manifest and everything that it includes or extends.
pub fn read(path: &str, disk: &mut Disk, hosts: &AllowedHosts) -> Read {
    let include::Assembled { root, sources, mut problems } = include::assemble(path, disk);
    let Some(mut root) = root else {
        return finished(None, None, problems, sources, path);
    };
    let whole = root.clone();
    let pruned = structure::check(&mut root, &sources, &mut problems);
    let Ok(raw) = serde_json::from_value::<raw::Manifest>(root.to_json()) else {
        // The schema is made of these types, so this is only reached with errors.
        if !problems.iter().any(|problem| problem.level == Level::Error) {
            let message = "the manifest cannot be read";
            problems.push(Problem::error("unreadable", &path.into(), 0..0, message));
        }
        return finished(None, Some(whole), problems, sources, path);
    };
    let main = Text::from(path);
    let mut judge = Judge {
        root: &root,
        sources: &sources,
        main: &main,
        hosts,
        pruned: &pruned,
        is_entra: false,
        problems: Vec::new(),
    };
    let manifest = parse::manifest(&raw, &mut judge);
    problems.append(&mut judge.problems);
    let is_wrong = problems.iter().any(|problem| problem.level == Level::Error) || !pruned.is_empty();
    let manifest = manifest.filter(|_| !is_wrong).map(|manifest| (manifest, Written { path: main, raw, root }));
    finished(manifest, Some(whole), problems, sources, path)
}

fn finished(
    manifest: Option<(Manifest, Written)>,
    root: Option<Node>,
    mut problems: Vec<Problem>,
    sources: Sources,
    path: &str,
) -> Read {
    // The main file first; each file from its beginning.
    problems.sort_by(|one, two| {
        let key = |problem: &Problem| (*problem.file != *path, problem.file.clone(), problem.span.start);
        key(one).cmp(&key(two)).then_with(|| one.message.cmp(&two.message))
    });
    problems.dedup_by(|one, two| one.code == two.code && one.span == two.span && one.message == two.message);
    Read { manifest, problems, sources, root }
}
