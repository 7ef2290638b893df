//! What commands share: the manifest with everything it includes, read from files.

use std::{env, fs, io, path::Path};

use crate::{
    manifest::{self, Disk, Manifest, Unreadable, Written, trust::AllowedHosts, yaml::MAX_BYTES},
    problem::{Problem, Sources},
};

/// The variable with hosts that secrets may be sent to besides Dialpad's. It is
/// not in the manifest, because a pull request can edit the manifest.
pub const ALLOWED_HOSTS_VARIABLE: &str = "DIALFORM_ALLOWED_HOSTS";

/// A manifest that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// The manifest.
    pub manifest: Manifest,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Problem>,
    /// The texts of all its files, for showing the warnings.
    pub sources: Sources,
    /// What was written, for showing it with its defaults.
    pub written: Written,
}

/// A manifest that cannot be used: all that is wrong with it.
#[derive(Debug)]
pub struct Unusable {
    /// All that is wrong, warnings too.
    pub problems: Vec<Problem>,
    /// The texts of all its files, for showing the problems.
    pub sources: Sources,
}

/// The hosts of [`ALLOWED_HOSTS_VARIABLE`].
pub fn allowed_hosts() -> AllowedHosts {
    env::var(ALLOWED_HOSTS_VARIABLE).map(|hosts| AllowedHosts::parse(&hosts)).unwrap_or_default()
}

/// Reads the manifest and the files that it includes or extends.
///
/// # Errors
/// All problems at once.
pub fn manifest(path: &Path) -> Result<Loaded, Unusable> {
    let hosts = allowed_hosts();
    let mut disk = Disk { read: &mut |path| text(Path::new(path)), list: &mut list };
    let shown = path.to_string_lossy();
    let manifest::Read { manifest, problems, sources, root: _ } = manifest::read(&shown, &mut disk, &hosts);
    match manifest {
        Some((manifest, written)) => Ok(Loaded { manifest, warnings: problems, sources, written }),
        None => Err(Unusable { problems, sources }),
    }
}

/// The text of a file, however large the file is: no more is read than can be used.
///
/// # Errors
/// Why it cannot be read.
pub fn text(path: &Path) -> Result<String, Unreadable> {
    let unreadable =
        |code, message: String, help: Option<&str>| Err(Unreadable { code, message, help: help.map(str::to_owned) });
    let shown = path.display();
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let help = "`dialform init` writes a manifest to start from; `--manifest` names another file";
            return unreadable("missing_file", format!("there is no file `{shown}`"), Some(help));
        }
        Err(error) => return unreadable("unreadable", format!("`{shown}` cannot be opened: {error}"), None),
    };
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        let message = format!("`{shown}` is a folder, not a file");
        return unreadable("not_a_file", message, Some("name the manifest in it"));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    if let Err(error) = io::Read::read_to_end(&mut io::Read::take(&mut file, limit), &mut bytes) {
        return unreadable("unreadable", format!("`{shown}` cannot be read: {error}"), None);
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = format!("`{shown}` is UTF-16");
        return unreadable("not_utf8", message, Some("save it as UTF-8"));
    }
    // A file that is too large is refused by its size, which a cut in a character must not hide.
    let is_cut = bytes.len() > MAX_BYTES;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) if is_cut => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
            let message = format!("`{shown}` is not UTF-8: line {line} holds another encoding");
            unreadable("not_utf8", message, Some("save it as UTF-8"))
        }
    }
}

/// The files below a folder that a glob matches.
///
/// # Errors
/// Why they cannot be listed.
pub fn list(folder: &str, pattern: &str) -> Result<Vec<String>, String> {
    // The folder is a name, not a pattern.
    let whole = manifest::paths::joined(&glob::Pattern::escape(folder), pattern);
    let found = glob::glob(&whole).map_err(|error| format!("`{pattern}` is not a glob: {}", error.msg))?;
    let mut files = Vec::new();
    for path in found {
        let path = path.map_err(|error| format!("`{}` cannot be read: {}", error.path().display(), error.error()))?;
        if !path.is_dir() {
            files.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(files)
}
