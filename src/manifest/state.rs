//! Where what is kept between runs lies: a folder, or an object store by its URL.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use url::Url;

use crate::names::{Text, near_miss};

/// Where the state lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateUrl {
    /// A folder, as the command can open it.
    Folder(Text),
    /// A prefix in an object store.
    Objects {
        /// The URL, without a slash at its end.
        url: Text,
        /// The folder for what is never shared: the log and the sandbox.
        beside: Text,
    },
}

impl StateUrl {
    /// The folder of this machine: for the state itself, or for the log beside a shared one.
    pub fn folder(&self) -> &Text {
        match self {
            StateUrl::Folder(folder) | StateUrl::Objects { beside: folder, url: _ } => folder,
        }
    }

    /// The folder of a manifest within it: the manifest's name itself where that can be a folder's.
    pub fn folder_name(manifest: &str) -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !manifest.is_empty() && manifest.len() <= 100 && !manifest.starts_with('.') && manifest.chars().all(allowed)
        {
            return manifest.to_owned();
        }
        let kept = manifest.chars().take(40).map(|c| if allowed(c) && c != '.' { c } else { '_' });
        let mut name: String = kept.chain(['-']).collect();
        for byte in &Sha256::digest(manifest.as_bytes())[..4] {
            // Writing into a string cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        name
    }
}

/// Where the log lies when the state does not lie in a folder.
pub(super) const BESIDE: &str = ".dialform";

/// What stands before `://`, and an example.
const SCHEMES: [(&str, &str); 8] = [
    ("s3", "s3://BUCKET/PREFIX"),
    ("s3a", "s3://BUCKET/PREFIX"),
    ("az", "az://CONTAINER/PREFIX"),
    ("abfs", "abfs://CONTAINER/PREFIX"),
    ("abfss", "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX"),
    ("gs", "gs://BUCKET/PREFIX"),
    ("https", "https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX"),
    ("file", "file:///FOLDER"),
];

/// Hosts of Azure's storage, behind the account's name.
const AZURE: [&str; 2] = [".blob.core.windows.net", ".dfs.core.windows.net"];

/// What is wrong with a URL: code, message, next step.
pub(super) type Wrong = (&'static str, String, String);

/// What was written, told apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written<'a> {
    /// A path, relative to the file that names it.
    Path(&'a str),
    /// A URL of an object store.
    Objects(String),
}

/// Tells a path from a URL of an object store.
pub(super) fn told(written: &str) -> Result<Written<'_>, Wrong> {
    let written = written.trim();
    let Some((scheme, rest)) = written.split_once("://") else { return Ok(Written::Path(written)) };
    let known = SCHEMES.iter().find(|(known, _)| scheme.eq_ignore_ascii_case(known));
    match known {
        None => {
            let names = || SCHEMES.iter().map(|(known, _)| *known);
            // Too short for what is near elsewhere.
            let near = near_miss(scheme, names())
                .or_else(|| names().find(|known| strsim::damerau_levenshtein(known, scheme) == 1));
            let near = near.map_or_else(String::new, |near| format!("did you mean `{near}://`? "));
            let help =
                format!("{near}write a folder, `s3://BUCKET/PREFIX`, `az://CONTAINER/PREFIX` or `gs://BUCKET/PREFIX`");
            Err(("unknown_scheme", format!("state cannot lie in `{scheme}://`"), help))
        }
        Some(("file", _)) => match rest.strip_prefix('/') {
            Some(_) => Ok(Written::Path(rest)),
            None if rest.starts_with("./") || rest.starts_with("../") => Ok(Written::Path(rest)),
            None => {
                let message = format!("`{rest}` behind `file://` is no path from the root");
                Err((
                    "bad_url",
                    message,
                    format!("write `file:///{rest}`, or `{rest}` alone for a folder beside this file"),
                ))
            }
        },
        Some((_, example)) => objects(written, example).map(Written::Objects),
    }
}

fn objects(written: &str, example: &str) -> Result<String, Wrong> {
    let bad = |message: String| ("bad_url", message, format!("write `{example}`"));
    let url = Url::parse(written).map_err(|error| bad(format!("this is not a URL: {error}")))?;
    if url.password().is_some() || url.query().is_some() {
        let help = "take it out: keys come from the environment (AWS_…, AZURE_…, GOOGLE_…), see docs/operations.md";
        return Err((
            "literal_secret",
            "the URL holds a password or a `?` with what may be a signature".to_owned(),
            help.to_owned(),
        ));
    }
    if url.fragment().is_some() {
        return Err(bad("the URL ends with `#…`, but names are appended to it".to_owned()));
    }
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() {
        return Err(bad("the URL names no bucket".to_owned()));
    }
    let segments = || url.path_segments().into_iter().flatten().filter(|part| !part.is_empty());
    if url.scheme() == "https" {
        let account = AZURE.iter().find_map(|end| host.strip_suffix(end));
        if !account.is_some_and(|account| !account.is_empty() && !account.contains('.')) {
            let message = format!("`{host}` is not an Azure storage account");
            let help = "write `https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX`; another server that speaks S3 is \
                        named by AWS_ENDPOINT_URL, with `s3://BUCKET/PREFIX` here";
            return Err(("bad_url", message, help.to_owned()));
        }
        if segments().next().is_none() {
            return Err(bad("the URL names no container".to_owned()));
        }
    } else if url.port().is_some() || !url.username().is_empty() && !url.scheme().starts_with("abfs") {
        return Err(bad("the URL holds a port or a user name".to_owned()));
    }
    if let Some(odd) = segments().find(|part| part.contains('%') || *part == "..") {
        return Err(bad(format!("`{odd}` has characters that are not for a prefix")));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_object_stores_are_told_from_paths() {
        for path in ["./.dialform", "state", "/var/lib/x", "C:\\state"] {
            assert_eq!(told(path).unwrap(), Written::Path(path));
        }
        assert_eq!(told("file:///var/x").unwrap(), Written::Path("/var/x"));
        for url in [
            "s3://acme-state",
            "s3://acme-state/dialform/prod",
            "az://state/prod",
            "abfss://state@acme.dfs.core.windows.net/prod",
            "https://acme.blob.core.windows.net/state/prod",
            "gs://acme-state/prod",
        ] {
            assert_eq!(told(url).unwrap(), Written::Objects(url.to_owned()));
            assert_eq!(told(&format!("{url}/")).unwrap(), Written::Objects(url.to_owned()));
        }
    }

    #[test]
    fn what_cannot_be_a_place_is_refused_with_the_next_step() {
        for (written, code, says) in [
            ("s4://acme", "unknown_scheme", "did you mean `s3://`"),
            ("gcs://acme", "unknown_scheme", "did you mean `gs://`"),
            ("redis://acme", "unknown_scheme", "write a folder"),
            ("http://acme.blob.core.windows.net/x", "unknown_scheme", "did you mean `https://`"),
            ("https://evil.example/state", "bad_url", "AWS_ENDPOINT_URL"),
            ("https://blob.core.windows.net/state", "bad_url", "ACCOUNT"),
            ("https://acme.blob.core.windows.net", "bad_url", "CONTAINER"),
            ("https://acme.blob.core.windows.net/c?sig=abc", "literal_secret", "environment"),
            ("s3://key:secret@acme/x", "literal_secret", "environment"),
            ("s3:///x", "bad_url", "BUCKET"),
            ("s3://acme/../x%2f", "bad_url", "BUCKET"),
            ("file://state", "bad_url", "file:///state"),
        ] {
            let (found, message, help) = told(written).unwrap_err();
            assert_eq!(found, code, "{written}: {message}");
            assert!(help.contains(says), "{written}: {help}");
        }
    }

    #[test]
    fn every_manifest_has_a_folder_of_its_own() {
        assert_eq!(StateUrl::folder_name("acme-emea"), "acme-emea");
        for odd in ["../acme", "", ".", "a/b", "ümlaut", &"x".repeat(300)] {
            let name = StateUrl::folder_name(odd);
            assert!(name.len() < 60 && !name.contains(['/', '.']), "{odd}: {name}");
        }
        assert_ne!(StateUrl::folder_name("a/b"), StateUrl::folder_name("a:b"));
    }
}
