//! From a URL and the environment to a client of S3, Azure Blob or Google Cloud Storage.

use std::{sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
    path::Path,
};
use url::{Host, Url};

use super::StateError;

/// One answer, a large one included.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(5);

/// Google's own server.
const GOOGLE: &str = "https://storage.googleapis.com";

/// The client, and the prefix within it. The URL names only the place: where keys
/// are sent is decided by the provider's own address or by the environment.
pub(super) fn client(url: &str, label: &str) -> Result<(Arc<dyn ObjectStore>, Path), StateError> {
    let wrong = |problem: String, next: &'static str| StateError::objects("use", label, problem, next);
    // Another part of the program may have chosen one before; any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let parsed = Url::parse(url).map_err(|error| wrong(error.to_string(), "correct `state.url`"))?;
    let (scheme, prefix) = ObjectStoreScheme::parse(&parsed)
        .map_err(|_| wrong("it is not an object store's URL".to_owned(), "correct `state.url`"))?;
    // All repeats pass through the one place that counts them.
    let retry = RetryConfig { max_retries: 0, retry_timeout: TIMEOUT, backoff: BackoffConfig::default() };
    let options = |allow_http: bool| {
        ClientOptions::new().with_timeout(TIMEOUT).with_connect_timeout(CONNECT).with_allow_http(allow_http)
    };
    let built = match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let builder = AmazonS3Builder::from_env().with_url(url);
            let keys = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint];
            let endpoint = keys.iter().find_map(|key| builder.get_config_value(key));
            let http = plain_http(endpoint, "AWS_ENDPOINT_URL", label)?;
            let builder = builder.with_client_options(options(http)).with_retry(retry);
            builder.with_conditional_put(S3ConditionalPut::ETagMatch).build().map(|store| Arc::new(store) as _)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let builder = MicrosoftAzureBuilder::from_env().with_url(url);
            let mut endpoint = builder.get_config_value(&AzureConfigKey::Endpoint);
            if builder.get_config_value(&AzureConfigKey::UseEmulator).as_deref() == Some("true") {
                // The client allows plain HTTP to it by itself.
                endpoint = std::env::var("AZURITE_BLOB_STORAGE_URL").ok();
            }
            let http = plain_http(endpoint, "AZURE_STORAGE_ENDPOINT or AZURITE_BLOB_STORAGE_URL", label)?;
            let builder = builder.with_client_options(options(http)).with_retry(retry);
            builder.build().map(|store| Arc::new(store) as _)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let builder = GoogleCloudStorageBuilder::from_env().with_url(url);
            let base = builder.get_config_value(&GoogleConfigKey::BaseUrl);
            plain_http(base.clone(), "GOOGLE_BASE_URL", label)?;
            // The file of an account may name another server too, which nobody would look at.
            let builder = builder.with_base_url(base.as_deref().unwrap_or(GOOGLE));
            // The tokens of Google's machines come from a plain address of their own.
            builder.with_client_options(options(true)).with_retry(retry).build().map(|store| Arc::new(store) as _)
        }
        _ => return Err(wrong("it is not an object store's URL".to_owned(), "correct `state.url`")),
    };
    let built: Arc<dyn ObjectStore> = built.map_err(|error| {
        let next = "set the AWS_…, AZURE_… or GOOGLE_… variables; docs/operations.md names them";
        wrong(format!("its settings do not fit: {}", brief(&error)), next)
    })?;
    Ok((built, prefix))
}

/// Whether an address that the environment names is plain HTTP, which only this machine may be asked by.
fn plain_http(endpoint: Option<String>, variable: &str, label: &str) -> Result<bool, StateError> {
    let Some(endpoint) = endpoint else { return Ok(false) };
    let next = "name it as `https://…`; plain `http` only reaches this machine";
    let wrong = |problem: &str| Err(StateError::objects("use", label, format!("{variable} {problem}"), next));
    let Ok(url) = Url::parse(&endpoint) else { return wrong("is not a URL") };
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(false),
        "http" if is_loopback => Ok(true),
        _ => wrong("would send keys in the clear to another machine"),
    }
}

/// The kind of what the client found wrong, without values: one may be a key.
fn brief(error: &object_store::Error) -> String {
    let text = error.to_string();
    let known = [
        ("account", "AZURE_STORAGE_ACCOUNT_NAME is not set"),
        ("access key", "a key is not base64, as keys are"),
        ("SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY is not set"),
        ("ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID is not set"),
        ("credentials", "the file of the credentials cannot be read"),
        ("redentials", "the file of the credentials cannot be read"),
        ("ucket", "it names no bucket"),
    ];
    let found = known.iter().find(|(word, _)| text.to_lowercase().contains(&word.to_lowercase()));
    found.map_or("a value of the environment is not as it should be", |(_, said)| said).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        let judged = |endpoint: &str| plain_http(Some(endpoint.to_owned()), "AWS_ENDPOINT_URL", "s3://a/b");
        assert!(judged("http://127.0.0.1:9000").unwrap());
        assert!(judged("http://[::1]:9000").unwrap());
        assert!(judged("http://localhost:9000").unwrap());
        assert!(!judged("https://minio.acme.example").unwrap());
        for other in ["http://minio.acme.example", "http://localhost.evil.example", "http://10.0.0.1", "minio:9000"] {
            let said = judged(other).unwrap_err().to_string();
            assert!(said.contains("AWS_ENDPOINT_URL") && said.contains("https://"), "{said}");
        }
    }
}
