//! From the manifest's target to a client.

use std::path::PathBuf;

use super::secret;
use crate::{
    dialpad::{End, Reader, Writer},
    manifest::{Manifest, Target},
    sandbox::{Options, Sandbox},
};

/// A client that only reads.
///
/// # Errors
/// Why there is none: the secret, the address, the sandbox's folder; a fragment with the next step.
pub fn reader(manifest: &Manifest, allow_command: bool) -> Result<Reader, String> {
    Reader::connect(end(&manifest.target, allow_command)?, manifest.target.scim()).map_err(|error| error.to_string())
}

/// A client that also writes.
///
/// # Errors
/// As [`reader`].
pub fn writer(manifest: &Manifest, allow_command: bool) -> Result<Writer, String> {
    Writer::connect(end(&manifest.target, allow_command)?, manifest.target.scim()).map_err(|error| error.to_string())
}

/// Where the manifest's secret may go was judged when the manifest was read.
pub(super) fn end(target: &Target, allow_command: bool) -> Result<End, String> {
    match target {
        Target::Dialpad(dialpad) => {
            let token = secret::resolve(&dialpad.token, allow_command)?;
            let url = dialpad.url.value.clone();
            Ok(End::Socket { url, token: Some(token), plain_http: true })
        }
        Target::Sandbox(sandbox) => {
            let folder = Some(PathBuf::from(&*sandbox.folder));
            // It allows what the manifest says that it allows.
            let rate = sandbox.scim.rate.map(|rate| rate.ceil().clamp(1.0, 1e6) as u32);
            let options = Options { folder, rate, ..Options::default() };
            Sandbox::open(options).map(End::Sandbox).map_err(|error| error.to_string())
        }
    }
}
