//! From a reference in the manifest to the secret itself.

use std::{env, fs, path::Path, process::Command};

use super::output::plain;
use crate::{
    manifest::{Placed, SecretRef},
    names::Secret,
};

/// The most bytes of a file or of what a command writes that can be a secret.
const MOST: usize = 64 << 10;

/// Gets a secret from where the manifest says. A command is only run when
/// `allow_command` was given: a pull request can edit it.
///
/// # Errors
/// Why it cannot be had, with the place and the next step, and without the secret.
pub fn resolve(secret: &Placed<SecretRef>, allow_command: bool) -> Result<Secret, String> {
    let place = &secret.place;
    let got = match &secret.value {
        SecretRef::Env(name) => match env::var(&**name) {
            Ok(value) => value,
            Err(env::VarError::NotPresent) => {
                return Err(format!(
                    "get the secret ({place}): the environment has no `{name}`; set it for this command"
                ));
            }
            Err(env::VarError::NotUnicode(_)) => {
                return Err(format!("get the secret ({place}): what `{name}` holds is not UTF-8"));
            }
        },
        SecretRef::File(file) => fs::read_to_string(Path::new(&**file))
            .map_err(|error| format!("get the secret ({place}): read `{file}`: {}", plain(&error)))?,
        SecretRef::Command(line) if allow_command => {
            run(line).map_err(|why| format!("get the secret ({place}): {why}"))?
        }
        SecretRef::Command(line) => {
            return Err(format!(
                "get the secret ({place}): it comes from the command `{line}`, which is only run with --allow-command"
            ));
        }
    };
    if got.trim().is_empty() {
        let what = match &secret.value {
            SecretRef::Env(name) => format!("`{name}` is set and empty"),
            SecretRef::File(file) => format!("`{file}` is empty"),
            SecretRef::Command(line) => format!("`{line}` wrote nothing"),
        };
        return Err(format!("get the secret ({place}): {what}"));
    }
    if got.len() > MOST {
        return Err(format!("get the secret ({place}): it is longer than {MOST} bytes; is it the right one?"));
    }
    Ok(Secret::new(&got))
}

/// Runs a command without a shell. What it says on standard error goes to people as it is.
fn run(line: &str) -> Result<String, String> {
    let words = shell_words::split(line).map_err(|_| format!("the command `{line}` has a quote that is not closed"))?;
    let Some((program, arguments)) = words.split_first() else { return Err("the command is empty".to_owned()) };
    let output = Command::new(program)
        .args(arguments)
        .stderr(std::process::Stdio::inherit())
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| format!("run `{program}`: {}", plain(&error)))?;
    if !output.status.success() {
        return Err(format!("`{program}` ended with {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("what `{program}` wrote is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Place;

    fn resolved(secret: SecretRef, allow: bool) -> Result<String, String> {
        let place = Place::new("dialform.yaml", 9, 7);
        resolve(&Placed { value: secret, place }, allow).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn a_secret_comes_from_a_file_or_a_command_that_was_allowed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "t0ken\n").unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        assert_eq!(resolved(SecretRef::File(path.as_str().into()), false).unwrap(), "t0ken");
        let command = SecretRef::Command(format!("cat '{path}'").into());
        assert_eq!(resolved(command.clone(), true).unwrap(), "t0ken");
        let refused = resolved(command, false).unwrap_err();
        assert!(refused.contains("--allow-command") && refused.contains("dialform.yaml:9"), "{refused}");
    }

    #[test]
    fn what_cannot_be_had_is_said_with_its_place() {
        for (secret, says) in [
            (SecretRef::Env("DIALFORM_NO_SUCH_VARIABLE".into()), "has no `DIALFORM_NO_SUCH_VARIABLE`"),
            (SecretRef::File("/nowhere/token".into()), "no such file or directory"),
            (SecretRef::Command("false".into()), "ended with exit status: 1"),
            (SecretRef::Command("true".into()), "`true` wrote nothing"),
            (SecretRef::Command("echo 'x".into()), "not closed"),
            (SecretRef::Command("no-such-program-here".into()), "run `no-such-program-here`"),
            // No shell: nothing is expanded.
            (SecretRef::Command("cat $HOME".into()), "ended with"),
        ] {
            let error = resolved(secret, true).unwrap_err();
            assert!(error.contains(says) && error.contains("dialform.yaml:9"), "{error}");
        }
    }
}
