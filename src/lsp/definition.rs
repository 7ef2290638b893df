//! Where a name is declared: roles, mapped attributes, and files.

use std::path::Path;

use lsp_types::{Location, Range as Span, Uri};

use super::{
    Host,
    cursor::Slot,
    diagnostics::located,
    spot::Spot,
    workspace::{Part, Workspace},
};
use crate::{
    manifest::{
        paths,
        tree::{At, Node},
    },
    names::fold,
};

/// The places that declare what stands at a place.
pub(super) fn at(spot: &Spot, workspace: &Workspace, host: &Host) -> Vec<Location> {
    let words = spot.cursor.words();
    let text = match &spot.cursor.slot {
        Slot::Nothing => return Vec::new(),
        Slot::Key(range) => spot.lines.text()[range.clone()].trim_matches(['"', '\'']).to_owned(),
        Slot::Word(scalar) | Slot::Value(scalar) => scalar.meant(&spot.lines.text()[scalar.inner.clone()]),
    };
    let text = text.trim();
    let is_key = matches!(spot.cursor.slot, Slot::Key(_));
    match (spot.part, words.as_slice()) {
        (Part::Manifest, ["assignments", "-", "role"]) | (Part::Tests, ["-", "expect", "roles", "-"]) => {
            key(spot, workspace, &["roles"], text)
        }
        (Part::Manifest, ["mappings", kind, "match", "-"]) => {
            key(spot, workspace, &["mappings", kind, "attributes"], text)
        }
        (Part::Tests, ["-", "expect", "attributes"]) if is_key => {
            key(spot, workspace, &["mappings", "users", "attributes"], text)
        }
        (Part::Tests, ["-", "groups" | "nested_groups", "-"]) => assignments(spot, workspace, text),
        (Part::Manifest, ["include", "-"]) => files(spot, workspace, host, text),
        (
            Part::Manifest,
            ["extends"]
            | ["source", "files", "people" | "groups"]
            | ["source", "files", "groups", _]
            | ["target", "sandbox", "tenant"],
        ) => file(workspace, &paths::resolved(spot.file, text)).into_iter().collect(),
        (Part::Manifest | Part::Tests, _) => Vec::new(),
    }
}

/// A key of a map of the manifest.
fn key(spot: &Spot, workspace: &Workspace, path: &[&str], key: &str) -> Vec<Location> {
    let map = root(spot).and_then(|root| root.at(path));
    let entry = map.and_then(|(node, _)| node.entry(key));
    entry.and_then(|entry| location(spot, workspace, &entry.key_at)).into_iter().collect()
}

/// The assignments of a group.
fn assignments(spot: &Spot, workspace: &Workspace, group: &str) -> Vec<Location> {
    let wanted = fold(group);
    let assignments = root(spot).and_then(|root| root.get("assignments")).map(Node::items).unwrap_or_default();
    let named = assignments.iter().filter_map(|one| one.get("group"));
    named
        .filter(|node| node.text().is_some_and(|text| fold(text) == wanted))
        .filter_map(|node| location(spot, workspace, &node.at))
        .collect()
}

/// The files that a glob includes.
fn files(spot: &Spot, workspace: &Workspace, host: &Host, pattern: &str) -> Vec<Location> {
    let mut found = (host.list)(paths::folder(spot.file), pattern).unwrap_or_default();
    found.sort();
    found.iter().filter_map(|name| file(workspace, name)).collect()
}

fn file(workspace: &Workspace, name: &str) -> Option<Location> {
    let path = workspace.absolute(name);
    let is_there = workspace.buffers.contains_key(&path) || Path::new(&*path).is_file();
    let uri = workspace.uri(&path).filter(|_| is_there)?;
    Some(Location { uri: uri.parse::<Uri>().ok()?, range: Span::default() })
}

fn root<'s>(spot: &'s Spot) -> Option<&'s Node> {
    spot.project?.root.as_ref()
}

fn location(spot: &Spot, workspace: &Workspace, at: &At) -> Option<Location> {
    let (uri, range) = located(workspace, &spot.project?.sources, &at.file, &at.span, spot.units)?;
    Some(Location { uri: uri.parse::<Uri>().ok()?, range })
}
