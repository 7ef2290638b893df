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

/// Whether a provisioning job of Entra works, by the state of its schedule (`schedule.state`) and its
/// status (`status.code`), in any letter case (Microsoft Graph v1.0, `synchronizationSchedule` and
/// `synchronizationStatus`). A job in quarantine still works, only more slowly. A state that is not
/// known counts as active: it is safer to ask than to write beside it.
pub fn is_active_job(state: Option<&str>, status: Option<&str>) -> bool {
    let is = |text: Option<&str>, known: &[&str]| {
        text.is_some_and(|text| known.iter().any(|known| text.trim().eq_ignore_ascii_case(known)))
    };
    match state {
        Some(_) => !is(state, &["disabled", "paused"]) && !is(status, &["paused", "notconfigured"]),
        None => is(status, &["active", "quarantine"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_active_unless_its_schedule_or_its_status_says_otherwise() {
        for (state, status, active) in [
            (Some("Active"), Some("Active"), true),
            (Some("active"), Some("Quarantine"), true),
            (Some("Active"), Some("NotRun"), true),
            (Some("Active"), None, true),
            (Some("Active"), Some("Paused"), false),
            (Some("Active"), Some("NotConfigured"), false),
            (Some("Paused"), Some("Active"), false),
            (Some("Disabled"), Some("NotRun"), false),
            (Some("Resting"), Some("Active"), true),
            (None, Some("active"), true),
            (None, Some("NotRun"), false),
            (None, None, false),
        ] {
            assert_eq!(is_active_job(state, status), active, "{state:?} {status:?}");
        }
    }
}
