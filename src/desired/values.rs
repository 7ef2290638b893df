//! Mapping: one subject's attributes to the values of the target.

use crate::{
    expr::{ExprError, Lookup, World},
    manifest::Mapping,
    names::Value,
};

/// What a mapping gives for one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// A value that is not empty.
    Value(Value),
    /// Nothing: null, empty text, an empty list.
    Empty,
    /// Left out of the flow (`IgnoreFlowIfNullOrEmpty`, or a mapping of kind `none`).
    Ignored,
    /// The expression fails for this subject.
    Failed(ExprError),
}

/// The value of every mapping, in their order. `default` is not applied: it counts on create only.
pub fn map(mappings: &[Mapping], subject: &dyn Lookup, world: &World) -> Vec<Mapped> {
    let _ = (mappings, subject, world);
    todo!("mapping")
}
