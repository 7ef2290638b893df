//! What has to be asked for one by one, where the service cannot list (`read: lookup`).

use jiff::Timestamp;

use crate::{
    desired::{self, Mapped, Subject},
    directory::Directory,
    expr::World,
    manifest::{Manifest, ReadDialect},
    names::{AttrPath, Text},
};

/// Values of the matching attributes of everybody in the source, each once, in order.
/// Nothing when the service is read by its listing.
pub fn lookups(manifest: &Manifest, directory: &Directory, now: Timestamp) -> Vec<(AttrPath, Text)> {
    if manifest.target.scim().read == ReadDialect::List {
        return Vec::new();
    }
    let world = World { now, default_domain: directory.default_domain.clone(), taken: &|_| false, seed: 0 };
    let matching: Vec<_> = manifest
        .users
        .matching
        .iter()
        .filter_map(|path| manifest.users.attributes.iter().find(|mapping| mapping.target == *path))
        .collect();
    let mut wanted = Vec::new();
    for person in directory.people.items().into_iter().flatten() {
        let subject = Subject::new(person, false);
        for mapping in &matching {
            if let Mapped::Value(value) = desired::value(mapping, &subject, &world) {
                wanted.push((mapping.target.clone(), Text::from(value.to_string())));
            }
        }
    }
    wanted.sort();
    wanted.dedup();
    wanted
}
