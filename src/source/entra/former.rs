//! People we gave accounts to and who were not read: blocked, unassigned, in the recycle
//! bin, or gone for good.
//!
//! Absent is not gone. Gone is who is known neither by id nor in the recycle bin.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    fetch::{Got, Shape, Want, fetch},
    graph::Graph,
    groups::users,
    item,
    people::{PERMISSION, People},
    trouble::Trouble,
    wanted::Former,
};
use crate::{
    directory::Person,
    names::{Attributes, SourceId, Text, Value},
};

/// What the recycle bin says of somebody.
struct Deleted {
    name: Text,
}

/// What reads those former people that were not read yet.
pub(super) fn wants(former: &[Former], people: &People, select: &str) -> Vec<Want> {
    let unknown: Vec<&SourceId> = former.iter().map(|former| &former.id).filter(|id| !people.is_known(id)).collect();
    users(&unknown, select)
}

/// Looks for those who were not found by id either: in the recycle bin, and where it
/// matters once more by id. Returns who is gone for good, sorted.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn settle(
    graph: &Graph,
    former: &[Former],
    people: &mut People,
    proof: bool,
) -> Result<Vec<SourceId>, Trouble> {
    let missing: Vec<&Former> = former.iter().filter(|former| !people.is_known(&former.id)).collect();
    // Whom we disabled already stays so, wherever they are.
    if !missing.iter().any(|former| proof || !former.disabled) {
        return Ok(Vec::new());
    }
    let bin = "/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,displayName,deletedDateTime&$top=999";
    let mut wants = vec![Want::new(Shape::Many, bin.to_owned(), "the deleted users", PERMISSION)];
    if proof {
        wants.extend(missing.iter().map(|former| {
            let path = format!("/users/{}?$select=id,userPrincipalName,accountEnabled", former.id);
            Want::new(Shape::One, path, format!("user {}", former.id), PERMISSION)
        }));
    }
    let mut got = fetch(graph, &wants, &|_| {}).await?.into_iter();
    let deleted = deleted(got.next())?;
    let still_there: BTreeSet<&SourceId> =
        missing.iter().zip(got).filter(|(_, got)| matches!(got, Got::One(_))).map(|(former, _)| &former.id).collect();
    let mut gone = Vec::new();
    for former in missing {
        if let Some(Deleted { name }) = deleted.get(&former.id) {
            let attributes: Attributes =
                [("userPrincipalName".into(), Value::Text(name.clone()))].into_iter().collect();
            people.take_deleted(Person {
                id: former.id.clone(),
                attributes,
                soft_deleted: true,
                manager: None,
                place: None,
            });
        } else if proof && !still_there.contains(&former.id) {
            gone.push(former.id.clone());
        }
    }
    gone.sort_unstable();
    Ok(gone)
}

fn deleted(got: Option<Got>) -> Result<BTreeMap<SourceId, Deleted>, Trouble> {
    const WHAT: &str = "the deleted users";
    let Some(items) = got.and_then(Got::items) else {
        return Err(Trouble::unusable(WHAT, "Graph says that there is no such collection"));
    };
    let mut deleted = BTreeMap::new();
    for raw in items {
        let user = item::object(&raw, WHAT)?;
        let id = SourceId::new(item::id(&user, "id", WHAT)?);
        let name =
            item::text(&user, "userPrincipalName").map_err(|wrong| Trouble::unusable(WHAT, &wrong.to_string()))?;
        // Their names begin with their id, so that the name is free for somebody else.
        let prefix: String = id.as_str().chars().filter(|c| *c != '-').collect();
        let name = name.map_or_else(|| id.as_str(), |name| name.strip_prefix(&prefix).unwrap_or(name));
        deleted.insert(id.clone(), Deleted { name: name.into() });
    }
    Ok(deleted)
}
