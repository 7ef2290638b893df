//! The hosts of Microsoft's clouds ("Microsoft Graph and national cloud deployments").

use crate::manifest::Cloud;

/// The host of Microsoft Graph. The scope of a token is `https://{host}/.default`.
pub fn graph_host(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Public => "graph.microsoft.com",
        Cloud::UsGovernment => "graph.microsoft.us",
        Cloud::UsDod => "dod-graph.microsoft.us",
        Cloud::China => "microsoftgraph.chinacloudapi.cn",
    }
}

/// The host that gives tokens.
pub fn login_host(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Public => "login.microsoftonline.com",
        Cloud::UsGovernment | Cloud::UsDod => "login.microsoftonline.us",
        Cloud::China => "login.chinacloudapi.cn",
    }
}
