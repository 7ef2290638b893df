//! The tenant: the company that the sandbox is, from a YAML file.

mod raw;
mod read;

pub(crate) use self::raw::{Behaviour, ErrorShape, NoSeat, Permission, Readd};
use super::{company::Company, store::Content};

/// The company that a sandbox is, and the people to begin with.
#[derive(Debug, Clone, Default)]
pub struct Tenant {
    pub(crate) company: Company,
    pub(crate) users: Vec<Content>,
}

/// Why a text is not a tenant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read the tenant: {place}: {problem}")]
pub struct TenantError {
    /// `line 3, column 5`, or the path of a value such as `users[2].office`.
    pub place: String,
    /// A lower-case fragment.
    pub problem: String,
}

impl Tenant {
    /// Reads a tenant file; see `docs/sandbox.md`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, TenantError> {
        let raw = serde_yaml::from_str(text).map_err(|error| {
            let place = error.location().map_or_else(
                || "the file".to_owned(),
                |location| format!("line {}, column {}", location.line(), location.column()),
            );
            let said = error.to_string();
            // The place stands in front already.
            let problem = said.split(" at line ").next().unwrap_or(&said).to_owned();
            TenantError { place, problem }
        })?;
        read::tenant(raw)
    }
}
