//! Where to sign in, and for what: the hosts of the cloud, or the one that the environment names.

use url::Url;

use super::way::{AUTHORITY, Environment, failure};
use crate::{
    manifest::Cloud,
    source::entra::{SignInFailure, graph_host, login_host},
};

/// Where tokens come from and what they are good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Login {
    /// `https://login.microsoftonline.com`, without a slash at its end.
    pub(super) authority: String,
    /// `https://graph.microsoft.com`.
    pub(super) resource: String,
    /// What a token that vouches for us has to be made out to.
    pub(super) audience: &'static str,
}

/// Login hosts beside those of [`login_host`], and whose they are.
const OTHER_HOSTS: [(&str, Cloud); 3] = [
    ("login.windows.net", Cloud::Public),
    ("sts.windows.net", Cloud::Public),
    ("login.partner.microsoftonline.cn", Cloud::China),
];

impl Login {
    pub(super) fn of(cloud: Cloud, environment: Environment) -> Result<Self, SignInFailure> {
        let named = environment(AUTHORITY).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let authority = match named {
            Some(text) => authority(&text, cloud)?,
            None => format!("https://{}", login_host(cloud)),
        };
        Ok(Self { authority, resource: format!("https://{}", graph_host(cloud)), audience: audience(cloud) })
    }

    /// The host, for people.
    pub(super) fn host(&self) -> &str {
        self.authority.trim_start_matches("https://")
    }
}

/// The audience of federated credentials ("Workload identity federation", national clouds).
fn audience(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Public => "api://AzureADTokenExchange",
        Cloud::UsGovernment | Cloud::UsDod => "api://AzureADTokenExchangeUSGov",
        Cloud::China => "api://AzureADTokenExchangeChina",
    }
}

/// The Azure SDKs take a host with or without `https://`.
fn authority(text: &str, cloud: Cloud) -> Result<String, SignInFailure> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let example = format!("set {AUTHORITY} to a URL such as `https://{}`, or leave it out", login_host(cloud));
    let wrong = |what: &str| failure(format!("{AUTHORITY} {what}"), &example);
    let url = Url::parse(&whole).map_err(|_| wrong("is not a URL"))?;
    if url.scheme() != "https" {
        return Err(wrong("does not begin with `https://`, and secrets are sent there"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a user name or a password"));
    }
    let host = url.host_str().unwrap_or_default();
    let clouds = [Cloud::Public, Cloud::UsGovernment, Cloud::UsDod, Cloud::China];
    let known = clouds.iter().map(|cloud| (login_host(*cloud), *cloud)).chain(OTHER_HOSTS);
    let other = known.filter(|(known, _)| *known == host).map(|(_, cloud)| cloud).collect::<Vec<_>>();
    if !other.is_empty() && !other.contains(&cloud) {
        return Err(failure(
            format!("{AUTHORITY} is `{host}`, the login of another cloud than the manifest's `cloud: {}`", name(cloud)),
            &format!("write `cloud: {}` in the manifest, or leave {AUTHORITY} out", name(other[0])),
        ));
    }
    Ok(url.origin().ascii_serialization())
}

/// As the manifest writes it.
pub(super) fn name(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Public => "public",
        Cloud::UsGovernment => "us_government",
        Cloud::UsDod => "us_dod",
        Cloud::China => "china",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(cloud: Cloud, host: Option<&str>) -> Result<Login, SignInFailure> {
        Login::of(cloud, &|name| host.filter(|_| name == AUTHORITY).map(str::to_owned))
    }

    #[test]
    fn every_cloud_has_its_hosts() {
        for (cloud, authority, resource, audience) in [
            (
                Cloud::Public,
                "https://login.microsoftonline.com",
                "https://graph.microsoft.com",
                "api://AzureADTokenExchange",
            ),
            (
                Cloud::UsGovernment,
                "https://login.microsoftonline.us",
                "https://graph.microsoft.us",
                "api://AzureADTokenExchangeUSGov",
            ),
            (
                Cloud::UsDod,
                "https://login.microsoftonline.us",
                "https://dod-graph.microsoft.us",
                "api://AzureADTokenExchangeUSGov",
            ),
            (
                Cloud::China,
                "https://login.chinacloudapi.cn",
                "https://microsoftgraph.chinacloudapi.cn",
                "api://AzureADTokenExchangeChina",
            ),
        ] {
            let login = login(cloud, None).unwrap();
            assert_eq!((&*login.authority, &*login.resource, login.audience), (authority, resource, audience));
        }
    }

    #[test]
    fn the_environment_may_name_another_login() {
        for (text, authority) in [
            ("https://login.microsoftonline.com/", "https://login.microsoftonline.com"),
            ("login.microsoftonline.com", "https://login.microsoftonline.com"),
            ("https://localhost:8443", "https://localhost:8443"),
            (" https://login.windows.net/common\n", "https://login.windows.net"),
            ("", "https://login.microsoftonline.com"),
        ] {
            assert_eq!(login(Cloud::Public, Some(text)).unwrap().authority, authority);
        }
        assert!(login(Cloud::UsDod, Some("https://login.microsoftonline.us")).is_ok());
        assert!(login(Cloud::China, Some("https://login.partner.microsoftonline.cn")).is_ok());
    }

    #[test]
    fn a_login_that_is_in_the_clear_or_of_another_cloud_is_refused() {
        for text in [
            "http://localhost:1",
            "https://",
            "ftp://x",
            "https://me:hunter2@login.example",
            "http://login.microsoftonline.com",
        ] {
            let failure = login(Cloud::Public, Some(text)).unwrap_err();
            assert!(failure.message.contains(AUTHORITY) && !failure.message.contains("hunter2"), "{failure}");
        }
        let failure = login(Cloud::Public, Some("https://login.microsoftonline.us")).unwrap_err();
        assert!(failure.help.contains("cloud: us_government"), "{}", failure.help);
    }
}
