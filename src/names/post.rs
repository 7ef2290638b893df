use serde::{Deserialize, Serialize};

/// What somebody is in a department or contact center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Post {
    /// Takes calls.
    Operator,
    /// Leads those who take calls; contact centers only.
    Supervisor,
    /// Changes its settings.
    Admin,
}

impl Post {
    /// The API's word, and people's.
    pub fn as_str(self) -> &'static str {
        match self {
            Post::Operator => "operator",
            Post::Supervisor => "supervisor",
            Post::Admin => "admin",
        }
    }
}
