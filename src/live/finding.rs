use serde::Serialize;

/// What was found out about a service by asking it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in snake case, such as `filter`.
    pub check: &'static str,
    /// How good it is.
    pub grade: Grade,
    /// What was found, a lower-case fragment.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// How good a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As it should be.
    Good,
    /// Worth knowing.
    Note,
    /// It works, with less than there could be.
    Warning,
    /// It does not work.
    Error,
}
