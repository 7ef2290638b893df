//! A manifest of several files: `include` joins, `extends` lies under.
//!
//! Files are asked for; who answers is not this room's business.

use super::{
    literals, paths,
    tree::{Entry, Kind, Node},
    yaml,
};
use crate::{
    names::{Text, near_miss},
    problem::{Problem, Sources},
};

/// How long a chain of `extends` may be.
const MAX_BASES: usize = 8;
/// How many files a manifest may have.
const MAX_FILES: usize = 1000;

/// Who answers for files. Errors are fragments that can follow "failed to".
pub struct Disk<'a> {
    /// The text of a file.
    pub read: &'a mut dyn FnMut(&str) -> Result<String, Unreadable>,
    /// The files below a folder that a glob matches, in any order.
    pub list: &'a mut dyn FnMut(&str, &str) -> Listed,
}

/// Files, or why they cannot be listed.
pub type Listed = Result<Vec<String>, String>;

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// A stable code in snake case.
    pub code: &'static str,
    /// A lower-case fragment.
    pub message: String,
    /// The next step.
    pub help: Option<String>,
}

/// All files of a manifest as one tree.
pub(super) struct Assembled {
    /// The tree; `None` when not even the main file can be read.
    pub root: Option<Node>,
    /// The texts of all files.
    pub sources: Sources,
    /// What is wrong with files and with joining them.
    pub problems: Vec<Problem>,
}

/// Reads the manifest and everything that it includes or extends.
pub(super) fn assemble(path: &str, disk: &mut Disk) -> Assembled {
    let mut files = Assembler {
        disk,
        open: Vec::new(),
        count: 0,
        done: Assembled { root: None, sources: Sources::default(), problems: Vec::new() },
    };
    files.done.root = files.manifest(&Text::from(path), None);
    files.done
}

struct Assembler<'a, 'd> {
    disk: &'a mut Disk<'d>,
    /// The manifests that are being read, the outermost first.
    open: Vec<Text>,
    count: usize,
    done: Assembled,
}

impl Assembler<'_, '_> {
    fn error(&mut self, node: &Node, code: &'static str, message: String) -> &mut Problem {
        let span = yaml::underlined(&self.done.sources, node);
        self.push(Problem::error(code, &node.at.file, span, message))
    }

    fn push(&mut self, problem: Problem) -> &mut Problem {
        let problems = &mut self.done.problems;
        problems.push(problem);
        let last = problems.len() - 1;
        &mut problems[last]
    }

    /// A file's tree. `asked` is the node that names it.
    fn file(&mut self, path: &Text, asked: Option<&Node>) -> Option<Node> {
        self.count += 1;
        let text = match (self.disk.read)(path) {
            Ok(text) => text,
            Err(Unreadable { code, message, help }) => {
                let Some(node) = asked else {
                    self.push(Problem::error(code, path, 0..0, message)).help = help;
                    return None;
                };
                let help = if code == "missing_file" { Some(relative_to(&node.at.file)) } else { help };
                self.error(node, code, message).help = help;
                return None;
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        self.done.sources.insert(path.clone(), literals::masked(text));
        match yaml::read(path, text) {
            Ok(node) => Some(node),
            Err(problems) => {
                self.done.problems.extend(problems);
                None
            }
        }
    }

    /// A manifest with what it includes, over what it extends.
    fn manifest(&mut self, path: &Text, asked: Option<&Node>) -> Option<Node> {
        let mut node = self.file(path, asked)?;
        self.open.push(path.clone());
        for pattern in node.get("include").map(Node::items).unwrap_or_default().to_vec() {
            self.include(path, &mut node, &pattern);
        }
        if let Some(base) = node.get("extends").cloned()
            && let Some(base) = self.base(path, &base)
        {
            overlay(&mut node, base, &mut Vec::new());
        }
        self.open.pop();
        Some(node)
    }

    fn base(&mut self, path: &Text, named: &Node) -> Option<Node> {
        let base = Text::from(paths::resolved(path, named.text()?));
        if let Some(start) = self.open.iter().position(|open| *open == base) {
            let mut circle: Vec<&str> = self.open[start..].iter().map(|open| &**open).collect();
            circle.push(&base);
            let message = format!("`extends` goes in a circle: {}", circle.join(" → "));
            self.error(named, "circular_extends", message).help = Some("let one of them stand alone".to_owned());
            return None;
        }
        if self.open.len() > MAX_BASES {
            let message = format!("more than {MAX_BASES} manifests extend each other");
            self.error(named, "too_many_files", message);
            return None;
        }
        self.manifest(&base, Some(named))
    }

    fn include(&mut self, path: &Text, into: &mut Node, pattern: &Node) {
        let Some(glob) = pattern.text() else { return };
        let mut found = match (self.disk.list)(paths::folder(path), glob) {
            Ok(found) => found,
            Err(message) => {
                self.error(pattern, "bad_glob", message);
                return;
            }
        };
        found.sort();
        found.dedup();
        if found.is_empty() {
            let message = format!("no file matches `{glob}`");
            self.error(pattern, "nothing_included", message).help = Some(relative_to(path));
        }
        for file in found {
            let file = Text::from(file);
            // Two globs may match the same file, and a wide one the manifest itself.
            if self.open.contains(&file) || self.done.sources.get(&file).is_some() {
                continue;
            }
            if self.count >= MAX_FILES {
                self.error(pattern, "too_many_files", format!("the manifest has more than {MAX_FILES} files"));
                return;
            }
            if let Some(included) = self.file(&file, Some(pattern)) {
                self.included(into, included);
            }
        }
    }

    fn included(&mut self, into: &mut Node, included: Node) {
        const ALLOWED: [&str; 4] = ["roles", "assignments", "filters", "mappings"];
        let Kind::Map(mut entries) = included.kind else {
            if included.kind != Kind::Null {
                let help = "an included file holds `assignments`, `roles`, `filters` or `mappings`";
                let message = format!("the file holds {}, not a map", included.noun());
                self.error(&included, "wrong_type", message).help = Some(help.to_owned());
            }
            return;
        };
        entries.retain(|entry| {
            if ALLOWED.contains(&&*entry.key) {
                return true;
            }
            let message = format!("`{}` cannot stand in an included file", entry.key);
            let help = match near_miss(&entry.key, ALLOWED) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "only `assignments`, `roles`, `filters` and `mappings` can; the rest stands in the manifest"
                    .to_owned(),
            };
            let problem = Problem::error("unknown_key", &entry.key_at.file, entry.key_at.span.clone(), message);
            self.done.problems.push(problem.help(help));
            false
        });
        // An empty manifest is complained about later, with its own words.
        if let Kind::Map(into) = &mut into.kind {
            join(into, entries, &mut Vec::new(), &mut self.done.problems);
        }
    }
}

fn relative_to(file: &str) -> String {
    let folder = match paths::folder(file) {
        "" => "this folder".to_owned(),
        folder => format!("`{folder}`"),
    };
    format!("the path is relative to the file that names it, so to {folder}")
}

/// Whether the lists of several files are joined.
fn is_joined(path: &[Text]) -> bool {
    matches!(words(path).as_slice(), ["assignments"] | ["filters", "users" | "groups"])
}

/// Whether two maps become one, key by key. Anything smaller is one thing: a role,
/// a mapping, a budget, a secret.
fn is_open(path: &[Text]) -> bool {
    is_section(&words(path))
}

/// Whether a path names a section rather than one thing.
pub(super) fn is_section(path: &[&str]) -> bool {
    matches!(
        path,
        [] | ["roles" | "filters" | "mappings" | "safety" | "notify" | "state" | "run" | "source" | "target"]
            | ["source", "files" | "entra"]
            | ["notify", "email" | "heartbeat"]
            | ["target", "dialpad" | "sandbox"]
            | ["target", "dialpad", "scim"]
            | ["target", "dialpad", "scim", "dialect"]
            | ["mappings", "users" | "groups"]
            | ["mappings", "users" | "groups", "attributes"]
    )
}

fn words(path: &[Text]) -> Vec<&str> {
    path.iter().map(|word| &**word).collect()
}

/// Joins a file into the manifest that includes it: a key stands in one file only.
fn join(into: &mut Vec<Entry>, from: Vec<Entry>, path: &mut Vec<Text>, problems: &mut Vec<Problem>) {
    for entry in from {
        let Some(held) = into.iter_mut().find(|held| held.key == entry.key) else {
            into.push(entry);
            continue;
        };
        path.push(entry.key.clone());
        match (&mut held.value.kind, entry.value.kind) {
            (Kind::List(held), Kind::List(more)) if is_joined(path) => held.extend(more),
            (Kind::Map(held), Kind::Map(more)) if is_open(path) => join(held, more, path, problems),
            // Nothing below the key: a section that waits to be filled.
            (_, Kind::Null) if is_open(path) || is_joined(path) => {}
            _ => {
                let message = format!("`{}` stands in two files", path.join("."));
                problems.push(
                    Problem::error("duplicate_key", &entry.key_at.file, entry.key_at.span, message)
                        .related(&held.key_at.file, held.key_at.span.clone(), "it stands here too")
                        .help("keep one of them; only the lists `assignments` and `filters` are joined"),
                );
            }
        }
        path.pop();
    }
}

/// Lays a base under a manifest: a key here wins.
fn overlay(here: &mut Node, base: Node, path: &mut Vec<Text>) {
    let (Kind::Map(entries), Kind::Map(under)) = (&mut here.kind, base.kind) else { return };
    // Another source or target is another thing, not a change of it.
    let is_choice = matches!(words(path).as_slice(), ["source" | "target"]);
    if is_choice && !under.iter().any(|entry| entries.iter().any(|held| held.key == entry.key)) {
        return;
    }
    for entry in under {
        if path.is_empty() && matches!(&*entry.key, "include" | "extends") {
            continue;
        }
        match entries.iter_mut().find(|held| held.key == entry.key) {
            Some(held) => {
                path.push(entry.key);
                if is_open(path) {
                    overlay(&mut held.value, entry.value, path);
                }
                path.pop();
            }
            None => entries.push(entry),
        }
    }
}
