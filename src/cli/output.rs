//! Files that commands write: whole or not at all, and for their owner's eyes only.

use std::{io::Write, path::Path};

use super::Terminal;
use crate::exit::Exit;

/// Writes a file with personal data: mode 0600, replaced as a whole.
///
/// # Errors
/// [`Exit::Failed`], after saying why and for what (`doing`).
pub fn write_private(file: &Path, contents: &[u8], doing: &str, terminal: &mut Terminal) -> Result<(), Exit> {
    write(file, contents).map_err(|error| {
        terminal.complain(&format!("failed to {doing} in `{}`: {}", file.display(), plain(&error)));
        Exit::Failed
    })
}

fn write(file: &Path, contents: &[u8]) -> std::io::Result<()> {
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // A special file, such as /dev/stdout, cannot be replaced; it is written into.
    if std::fs::metadata(file).is_ok_and(|found| !found.is_file()) {
        return std::fs::write(file, contents);
    }
    // Created 0600 by `tempfile`.
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(contents)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    Ok(())
}

/// An error of the system in lower case and without its number.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_written_file_is_whole_and_for_its_owner() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plan.json");
        write(&file, b"one").unwrap();
        write(&file, b"two").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_error_of_the_system_is_a_lower_case_fragment() {
        let error = std::fs::read("/nowhere/at/all").unwrap_err();
        assert_eq!(plain(&error), "no such file or directory");
    }
}
