//! Names alone: what the groups of a tenant are called, and which attributes people may have.

use super::{
    attributes::Selection,
    fetch::{Got, fetch},
    graph::Graph,
    groups::Groups,
    read::{check_token, of_tenant, tenant},
    trouble::Trouble,
};
use crate::{manifest::Entra, names::Text};

/// Reads the names of all groups, sorted, each once.
///
/// # Errors
/// When they cannot be read.
pub async fn group_names(graph: &Graph, entra: &Entra) -> Result<Vec<Text>, Trouble> {
    check_token(graph, entra).await?;
    let mut got = fetch(graph, &[of_tenant(), Groups::all()], &|_| {}).await?.into_iter();
    // Groups of another tenant are no use.
    tenant(entra, got.next())?;
    let items = got
        .next()
        .and_then(Got::items)
        .ok_or_else(|| Trouble::unusable("the groups", "the collection was not found"))?;
    let mut groups = Groups::default();
    groups.take_facts(items)?;
    let mut names: Vec<Text> = groups.facts.into_values().map(|facts| facts.name).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// The attributes of people that Entra has in every tenant.
pub fn attribute_names() -> Vec<Text> {
    Selection::new([].into_iter(), true).offered()
}
