//! Microsoft Entra ID as a source: which tenant, which application, how to sign in.

use super::Placed;
use crate::names::Text;

/// Microsoft Entra ID as a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entra {
    /// The tenant: its id or one of its domains.
    pub tenant: Placed<Text>,
    /// The enterprise application: display name, application id or object id.
    pub application: Placed<Text>,
    /// Which of Microsoft's clouds.
    pub cloud: Cloud,
    /// How to sign in.
    pub auth: Placed<Auth>,
}

/// Microsoft's clouds. Their tokens are not interchangeable.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    /// The worldwide cloud, and GCC.
    #[default]
    Public,
    /// US Government L4 (GCC High).
    UsGovernment,
    /// US Government L5 (DoD).
    UsDod,
    /// China, operated by 21Vianet.
    China,
}

/// How to sign in. Secrets come from the environment, never from the manifest.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// The first of the others whose variables are set; the output names it.
    #[default]
    Auto,
    /// GitHub Actions, with `permissions: id-token: write` and a federated credential.
    Github,
    /// A federated token in a file: Kubernetes, GitLab and other CI.
    Workload,
    /// A client secret.
    Secret,
    /// A managed identity of Azure.
    Managed,
    /// The Azure CLI, for a person at a desk.
    Cli,
    /// A ready access token in `GRAPH_ACCESS_TOKEN`.
    Token,
}
