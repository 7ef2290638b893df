//! Scoping filters: signatures only until the room itself lands.

use crate::{
    expr::Lookup,
    names::{Place, Text},
};

/// A scoping filter: an object passes when every clause is true.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Its name in the manifest.
    pub name: Text,
    /// Where it was written.
    pub place: Place,
}

impl Filter {
    /// Whether a person or group passes.
    pub fn passes(&self, _object: &dyn Lookup) -> bool {
        true
    }
}
