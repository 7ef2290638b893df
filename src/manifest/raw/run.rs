//! What YAML may say under `run`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Secret;

/// `dialform run`: how often it reconciles, and where it shows itself.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// From the beginning of one cycle to the beginning of the next, a little later or sooner each
    /// time. At least a second; Entra's own is 40 minutes.
    #[serde(default = "forty_minutes")]
    #[schemars(
        pattern("^[0-9]{1,5}(s|m|h)$"),
        example = &"40m",
        extend("patternErrorMessage" = "a time is written as 40m, 90s or 2h"),
    )]
    pub every: String,
    /// Where the status page, health and metrics are served: an address with a port, or a port of
    /// this machine alone. Without it nothing is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"127.0.0.1:9464")]
    pub listen: Option<String>,
    /// The token that shows names and values on the status page to another machine. Without it
    /// others see counts alone; this machine is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Secret>,
}

impl Default for Run {
    fn default() -> Self {
        Self { every: forty_minutes(), listen: None, access: None }
    }
}

fn forty_minutes() -> String {
    "40m".to_owned()
}
