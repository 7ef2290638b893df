//! The open files, and the manifests that they belong to.
//!
//! What is open in the editor wins over the disk. A file is found in the manifest
//! that reads it: itself, one that is open, or a `dialform.yaml` above it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use url::Url;

use super::{Host, text::Lines};
use crate::{
    manifest::{self, Disk, Manifest, paths, tree::Node},
    names::Text,
    problem::{Problem, Sources},
};

/// How many folders above a file a manifest is looked for.
const MOST_FOLDERS: usize = 4;

/// A file that is open in the editor.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    /// As the editor names it.
    pub uri: String,
    /// Its version there.
    pub version: i32,
    /// Its text.
    pub lines: Lines,
    /// Whether the editor takes it for YAML.
    pub is_yaml: bool,
}

/// What a file is to a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The manifest, or a file that it includes or extends.
    Manifest,
    /// A file of policy tests.
    Tests,
}

/// A manifest as it was read last.
#[derive(Debug)]
pub(super) struct Project {
    /// The main file, as `check` would name it.
    pub main: Text,
    /// The last one that was valid.
    pub manifest: Option<Arc<Manifest>>,
    /// The last tree of all files that could be read.
    pub root: Option<Node>,
    /// The texts as they were read last.
    pub sources: Sources,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// All files that were asked for, by absolute path.
    files: BTreeSet<Text>,
}

/// The open files and their manifests.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// The folder that the editor has open, with `/` between its parts.
    pub root: Text,
    /// Open files by absolute path.
    pub buffers: BTreeMap<Text, Buffer>,
    /// Manifests by the absolute path of the main file.
    projects: BTreeMap<Text, Project>,
}

impl Workspace {
    /// The absolute path of a file's URI; the URI itself of what is in no file.
    pub(super) fn path(uri: &str) -> Text {
        let path = Url::parse(uri).ok().filter(|url| url.scheme() == "file").and_then(|url| url.to_file_path().ok());
        match path {
            Some(path) => path.to_string_lossy().replace('\\', "/").into(),
            None => uri.into(),
        }
    }

    /// The URI of an absolute path: the editor's own where the file is open.
    pub(super) fn uri(&self, path: &str) -> Option<String> {
        if let Some(buffer) = self.buffers.get(path) {
            return Some(buffer.uri.clone());
        }
        Url::from_file_path(path).ok().map(String::from)
    }

    /// The absolute path of a file as `check` names it.
    pub(super) fn absolute(&self, name: &str) -> Text {
        if name.contains("://") || name.starts_with("untitled:") {
            return name.into();
        }
        paths::joined(&self.root, name).into()
    }

    /// How `check`, run in the editor's folder, would name a file.
    pub(super) fn name(&self, path: &str) -> Text {
        let seen = paths::seen_from(&self.root, path);
        if self.root.is_empty() || seen.starts_with("..") { path.into() } else { seen.into() }
    }

    /// Reads again what a change concerns: manifests with these files, or all of them.
    pub(super) fn refresh(&mut self, changed: Option<&BTreeSet<Text>>, host: &Host) {
        let wanted: BTreeSet<Text> = self.buffers.keys().flat_map(|path| self.mains(path, host)).collect();
        self.projects.retain(|main, _| wanted.contains(main));
        for main in wanted {
            let is_fresh = self
                .projects
                .get(&main)
                .is_some_and(|project| changed.is_some_and(|changed| project.files.is_disjoint(changed)));
            if !is_fresh {
                let before = self.projects.remove(&main);
                let project = self.read(&main, before, host);
                self.projects.insert(main, project);
            }
        }
    }

    fn read(&self, main: &Text, before: Option<Project>, host: &Host) -> Project {
        let mut files = BTreeSet::new();
        let name = self.name(main);
        let manifest::Read { manifest, problems, sources, root } = {
            let mut read = |name: &str| {
                let path = self.absolute(name);
                let text = self.buffers.get(&path).map(|buffer| buffer.lines.text().to_owned());
                files.insert(path);
                text.map_or_else(|| (host.read)(Path::new(name)), Ok)
            };
            let mut list = host.list;
            manifest::read(&name, &mut Disk { read: &mut read, list: &mut list }, &host.hosts)
        };
        let (last, last_root) = before.map_or((None, None), |before| (before.manifest, before.root));
        Project {
            main: name,
            manifest: manifest.map(|(manifest, _)| Arc::new(manifest)).or(last),
            root: root.or(last_root),
            sources,
            problems,
            files,
        }
    }

    /// The manifests that a file may belong to.
    fn mains(&self, path: &Text, host: &Host) -> Vec<Text> {
        let Some(buffer) = self.buffers.get(path) else { return Vec::new() };
        let schema = modeline(buffer.lines.text());
        if schema.is_none() && !buffer.is_yaml {
            return Vec::new();
        }
        let mut mains = Vec::new();
        if schema == Some(MANIFEST) || is_main(path) {
            mains.push(path.clone());
        }
        mains.extend(host.manifest.as_ref().map(|named| self.absolute(named)));
        let mut folder = paths::folder(path);
        for _ in 0..MOST_FOLDERS {
            for name in MAINS {
                let main = Text::from(paths::joined(folder, name));
                if self.buffers.contains_key(&main) || Path::new(&*main).is_file() {
                    mains.push(main);
                }
            }
            let above = paths::folder(folder);
            if folder.is_empty() || folder == &*self.root || above == folder {
                break;
            }
            folder = above;
        }
        mains
    }

    /// What an open file is, and to which manifest. Without a manifest only its own
    /// first line can tell.
    pub(super) fn part(&self, path: &str) -> Option<(Part, Option<&Project>)> {
        let schema = self.buffers.get(path).and_then(|buffer| modeline(buffer.lines.text()));
        let is_in = |project: &&Project| project.files.contains(path);
        let own = self.projects.get(path).filter(|_| !self.is_part_of_another(path));
        if let Some(project) = own.or_else(|| self.projects.values().find(is_in)) {
            return Some((Part::Manifest, Some(project)));
        }
        let tests = self.projects.iter().find(|(main, _)| is_test(path, main)).map(|(_, project)| project);
        match (tests, schema) {
            (Some(project), _) => Some((Part::Tests, Some(project))),
            (None, Some(TESTS)) => Some((Part::Tests, self.projects.values().next())),
            (None, Some(MANIFEST | INCLUDED)) => Some((Part::Manifest, None)),
            (None, _) => None,
        }
    }

    /// The manifests of which something is open, but for those that another one extends.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Project> {
        let is_open = |main: &Text, project: &Project| {
            self.buffers.keys().any(|path| project.files.contains(path) || is_test(path, main))
        };
        self.projects
            .iter()
            .filter(move |(main, project)| is_open(main, project) && !self.is_part_of_another(main))
            .map(|(_, project)| project)
    }

    fn is_part_of_another(&self, main: &str) -> bool {
        let own = self.projects.get(main);
        self.projects.iter().any(|(other, project)| {
            **other != *main
                && project.files.contains(main)
                // In a circle each stands alone.
                && own.is_none_or(|own| !own.files.contains(other))
        })
    }

    /// The text of a file: of the editor, else as it was read.
    pub(super) fn lines(&self, path: &str, sources: &Sources, name: &str) -> Option<std::borrow::Cow<'_, Lines>> {
        match self.buffers.get(path) {
            Some(buffer) => Some(std::borrow::Cow::Borrowed(&buffer.lines)),
            None => sources.get(name).map(|text| std::borrow::Cow::Owned(Lines::new(&**text))),
        }
    }
}

const MAINS: [&str; 2] = ["dialform.yaml", "dialform.yml"];
const MANIFEST: &str = "manifest.schema.json";
const INCLUDED: &str = "included.schema.json";
const TESTS: &str = "tests.schema.json";

fn is_main(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    MAINS.contains(&name)
}

/// Whether a file lies where the tests of a manifest do: `tests/*.yaml` beside it.
fn is_test(path: &str, main: &str) -> bool {
    let folder = paths::joined(paths::folder(main), "tests");
    paths::folder(path) == folder && (path.ends_with(".yaml") || path.ends_with(".yml"))
}

/// The name of the schema in `# yaml-language-server: $schema=…` among the first lines.
fn modeline(text: &str) -> Option<&str> {
    let line =
        text.lines().take(5).find(|line| line.trim_start_matches('\u{feff}').starts_with("# yaml-language-server:"))?;
    let (_, schema) = line.split_once("$schema=")?;
    schema.split_whitespace().next()?.rsplit('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_a_path_and_leads_back() {
        let workspace = Workspace::default();
        let path = Workspace::path("file:///work/a%20b/%C3%A9.yaml");
        assert_eq!(&*path, "/work/a b/é.yaml");
        assert_eq!(workspace.uri(&path).as_deref(), Some("file:///work/a%20b/%C3%A9.yaml"));
        assert_eq!(&*Workspace::path("untitled:Untitled-1"), "untitled:Untitled-1");
        assert_eq!(workspace.uri("untitled:Untitled-1"), None);
    }

    #[test]
    fn the_first_lines_name_a_schema() {
        assert_eq!(modeline("# yaml-language-server: $schema=./schema/manifest.schema.json\n"), Some(MANIFEST));
        assert_eq!(modeline("\u{feff}# yaml-language-server: $schema=https://x/tests.schema.json a\n"), Some(TESTS));
        assert_eq!(modeline("version: 1\n"), None);
        assert!(is_test("/a/tests/x.yaml", "/a/dialform.yaml"));
        assert!(!is_test("/a/tests/deep/x.yaml", "/a/dialform.yaml"));
    }
}
