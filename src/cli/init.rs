//! `dialform init`: a manifest to start from, with everything around it.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{Terminal, output::plain};
use crate::{exit::Exit, manifest::raw, names::count, policy_test};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Where to write; made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Overwrite files that are there already
    #[arg(long)]
    pub force: bool,
}

/// A file to be written.
struct Starter {
    /// Its path within the folder.
    path: &'static str,
    /// What it is for, for people.
    purpose: &'static str,
    text: String,
}

/// What is there already.
enum Found {
    /// Nothing, or less than what will be there: nothing is lost.
    Free,
    /// The same.
    Same,
    /// Something else.
    Other,
}

/// Runs the command. It asks nothing, on a terminal or not.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    match write(args, terminal) {
        Ok(()) => Exit::Done,
        Err(problem) => {
            terminal.complain(&format!("failed to {problem}"));
            Exit::Failed
        }
    }
}

fn write(args: &Args, terminal: &mut Terminal) -> Result<(), String> {
    let folder = args.folder.as_path();
    let starters = starters(&job_name(folder));
    let mut wanted = Vec::new();
    let mut in_the_way = Vec::new();
    for mut starter in starters {
        match found(folder, &mut starter)? {
            Found::Same => {}
            Found::Other if !args.force => in_the_way.push(starter.path),
            Found::Free | Found::Other => wanted.push(starter),
        }
    }
    if !in_the_way.is_empty() {
        let list: Vec<String> = in_the_way.iter().map(|path| format!("  {}", shown(folder, path))).collect();
        return Err(format!(
            "write the starter files: {} there already and would be lost\n{}\n\
             nothing was written; choose another folder with `dialform init DIR`, or overwrite with `--force`",
            if in_the_way.len() == 1 {
                "1 file is".to_owned()
            } else {
                format!("{} are", count(in_the_way.len(), "file", "files"))
            },
            list.join("\n"),
        ));
    }
    for starter in &wanted {
        let path = folder.join(starter.path);
        put(&path, &starter.text).map_err(|error| format!("write `{}`: {}", path.display(), plain(&error)))?;
    }
    say(folder, &wanted, terminal);
    Ok(())
}

fn say(folder: &Path, written: &[Starter], terminal: &mut Terminal) {
    if written.is_empty() {
        terminal.say("everything is there already; nothing was written");
    } else {
        terminal.say(&format!("wrote {}:", count(written.len(), "file", "files")));
        let width = written.iter().map(|starter| shown(folder, starter.path).len()).max().unwrap_or(0);
        for starter in written {
            terminal.say(&format!("  {:width$}  {}", shown(folder, starter.path), starter.purpose));
        }
    }
    terminal.say("\nnext:");
    if folder != Path::new(".") {
        let path = folder.to_string_lossy();
        terminal.say(&format!("  cd {}", shell_words::quote(&path)));
    }
    terminal.say("  dialform check    # is the manifest right?");
    terminal.say("  dialform plan     # what would change in the sandbox, and why?");
    terminal.say("  dialform apply    # change it");
}

fn shown(folder: &Path, path: &str) -> String {
    let below = if folder == Path::new(".") { PathBuf::from(path) } else { folder.join(path) };
    below.display().to_string()
}

/// The name of the job: that of the folder, in letters that need no quotes.
pub(super) fn job_name(folder: &Path) -> String {
    // A folder that is not made yet has no canonical path, but a name of its own.
    let path = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name: String = name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    // `007` or `true` would be no text in YAML.
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() > 5 { name } else { format!("dialpad-{name}") }
        .trim_end_matches('-')
        .to_owned()
}

fn starters(name: &str) -> Vec<Starter> {
    let file = |path, purpose, text: &str| Starter { path, purpose, text: text.to_owned() };
    let schema = |path, purpose, schema: &serde_json::Value| Starter { path, purpose, text: format!("{schema:#}\n") };
    vec![
        Starter {
            path: "dialform.yaml",
            purpose: "the manifest, with the defaults written out",
            text: include_str!("init/dialform.yaml").replace("{{name}}", name),
        },
        file("people.csv", "people to begin with", include_str!("init/people.csv")),
        file("groups.csv", "and their groups", include_str!("init/groups.csv")),
        file("tests/starter.yaml", "what the manifest promises, for `dialform test`", include_str!("init/tests.yaml")),
        file(
            ".github/workflows/dialform.yml",
            "plans on pull requests, applies on merge",
            include_str!("init/workflow.yml"),
        ),
        file(".vscode/settings.json", "completion and checks in the editor", include_str!("init/settings.json")),
        schema("schema/manifest.schema.json", "what the editor knows of manifests", &raw::manifest()),
        schema("schema/included.schema.json", "and of the files that they include", &raw::included()),
        schema("schema/tests.schema.json", "and of tests", &policy_test::schema()),
        file(".gitignore", "keeps what is remembered between runs out of git", IGNORED),
    ]
}

const IGNORED: &str = ".dialform/\n";

/// What is where a file shall be. To a `.gitignore` a line is added, and nothing is lost.
fn found(folder: &Path, starter: &mut Starter) -> Result<Found, String> {
    let path = folder.join(starter.path);
    let there = match fs::read(&path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Free),
        Err(error) => return Err(format!("read `{}`: {}", path.display(), plain(&error))),
    };
    if there == starter.text.as_bytes() {
        return Ok(Found::Same);
    }
    if let (".gitignore", Ok(there)) = (starter.path, String::from_utf8(there)) {
        if there.lines().any(|line| matches!(line.trim(), ".dialform/" | ".dialform" | "/.dialform/" | "/.dialform")) {
            return Ok(Found::Same);
        }
        let end = if there.is_empty() || there.ends_with('\n') { "" } else { "\n" };
        starter.text = format!("{there}{end}{IGNORED}");
        return Ok(Found::Free);
    }
    Ok(Found::Other)
}

/// Writes a file whole or not at all.
pub(super) fn put(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    // As any file of a repository, and not for its owner alone.
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_is_named_after_the_folder_in_letters_that_need_no_quotes() {
        for (folder, name) in [
            ("/x/dialpad-acme", "dialpad-acme"),
            ("/x/Größe & Co.", "gr-e-co"),
            ("/x/007", "dialpad-007"),
            ("/x/true", "dialpad-true"),
            ("/", "dialpad"),
            ("/x/a: b # c", "dialpad-a-b-c"),
        ] {
            assert_eq!(job_name(Path::new(folder)), name);
        }
    }

    #[test]
    fn every_action_is_pinned_and_no_expression_stands_in_a_script() {
        let workflow = include_str!("init/workflow.yml");
        for line in workflow.lines().filter(|line| line.contains("uses:")) {
            let (_, reference) = line.split_once('@').unwrap();
            let commit = reference.split(' ').next().unwrap();
            assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{line}");
        }
        let workflow: serde_json::Value = serde_saphyr::from_str(workflow).unwrap();
        assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }));
        for job in workflow["jobs"].as_object().unwrap().values() {
            for step in job["steps"].as_array().unwrap() {
                assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
            }
        }
    }
}
