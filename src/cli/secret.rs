//! From a reference in the manifest to the secret itself.

use std::{
    env,
    fs::File,
    io::{self, Read},
    path::Path,
    process::{Command, Stdio},
};

use super::output::plain;
use crate::{
    manifest::{Placed, SecretRef},
    names::{LONGEST_SECRET, Secret},
};

/// Gets a secret from where the manifest says. A command is only run when
/// `allow_command` was given: a pull request can edit it.
///
/// # Errors
/// Why it cannot be had, with the place and the next step, and without the secret.
pub fn resolve(secret: &Placed<SecretRef>, allow_command: bool) -> Result<Secret, String> {
    let place = &secret.place;
    let failed = |why: String| format!("get the secret ({place}): {why}");
    let (from, got) = match &secret.value {
        SecretRef::Env(name) => {
            let Some(value) = env::var_os(&**name) else {
                return Err(failed(format!("the environment has no `{name}`; set it for this command")));
            };
            (format!("what `{name}` holds"), value.into_encoded_bytes())
        }
        SecretRef::File(file) => {
            let bytes = File::open(Path::new(&**file)).and_then(bounded);
            (format!("`{file}`"), bytes.map_err(|error| failed(format!("read `{file}`: {}", plain(&error))))?)
        }
        SecretRef::Command(line) => {
            let words = words(line).map_err(failed)?;
            let program = &words[0];
            if !allow_command {
                return Err(failed(format!(
                    "it comes from the command `{program}`, which is only run with --allow-command"
                )));
            }
            (format!("what `{program}` wrote"), run(&words).map_err(failed)?)
        }
    };
    Secret::parse_bytes(&got).map_err(|why| failed(format!("{from} {why}")))
}

/// A command's words, as a shell would split them; never none. Of these only the first
/// is ever shown: people write passwords behind it.
fn words(line: &str) -> Result<Vec<String>, String> {
    let words = shell_words::split(line).map_err(|_| {
        let first = line.split_whitespace().next().unwrap_or_default();
        format!("the command that begins with `{first}` has a quote that is not closed")
    })?;
    if words.is_empty() { Err("the command is empty".to_owned()) } else { Ok(words) }
}

/// Runs a command without a shell. What it says on standard error goes to people as it is.
fn run(words: &[String]) -> Result<Vec<u8>, String> {
    let (program, arguments) = (&words[0], &words[1..]);
    let failed = |error: &io::Error| format!("run `{program}`: {}", plain(error));
    let mut child = Command::new(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    let wrote = child.stdout.take().map_or_else(|| Ok(Vec::new()), bounded);
    if wrote.as_ref().map_or(true, |wrote| wrote.len() > LONGEST_SECRET) {
        // It may write for ever; that it has ended already is no matter.
        let _ = child.kill();
    }
    let ended = child.wait().map_err(|error| failed(&error))?;
    let wrote = wrote.map_err(|error| failed(&error))?;
    if !ended.success() && wrote.len() <= LONGEST_SECRET {
        return Err(format!("`{program}` ended with {ended}"));
    }
    Ok(wrote)
}

/// No more than can be a secret, and one byte that tells.
fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LONGEST_SECRET as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

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
            (SecretRef::Command("true".into()), "what `true` wrote is empty"),
            (SecretRef::Command("echo 'a\nb'".into()), "more than one line"),
            (SecretRef::Command("yes".into()), "longer than 64 KiB"),
            (SecretRef::File("/dev/zero".into()), "longer than 64 KiB"),
            (SecretRef::Command("echo 'x".into()), "not closed"),
            (SecretRef::Command("no-such-program-here".into()), "run `no-such-program-here`"),
            // No shell: nothing is expanded.
            (SecretRef::Command("cat $HOME".into()), "ended with"),
        ] {
            let error = resolved(secret, true).unwrap_err();
            assert!(error.contains(says) && error.contains("dialform.yaml:9"), "{error}");
        }
    }

    #[test]
    fn of_a_command_only_the_first_word_is_told() {
        for line in ["false --password hunter2", "no-such-program-here hunter2", "echo 'a\nhunter2'", "echo 'hunter2"] {
            for allow in [true, false] {
                if let Err(error) = resolved(SecretRef::Command(line.into()), allow) {
                    assert!(!error.contains("hunter2"), "{error}");
                }
            }
        }
    }
}
