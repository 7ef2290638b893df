//! The built program, run as a person would run it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A folder to run the program in.
pub struct Folder {
    root: TempDir,
    env: Vec<(String, String)>,
}

/// What a run gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Folder {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { root: tempfile::tempdir().unwrap(), env: Vec::new() }
    }

    /// A copy of a folder of `examples/`.
    pub fn example(name: &str) -> Self {
        let folder = Self::empty();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name), folder.root.path());
        folder
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.env.push((name.to_owned(), value.to_owned()));
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.root.path().join(file)
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// Replaces text that must be there.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no `{from}`");
        self.write(file, &text.replace(from, to));
    }

    /// The program with these arguments, ready to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dialform"));
        command.args(arguments).current_dir(self.root.path()).env_clear().stdin(Stdio::null());
        for kept in ["PATH", "HOME", "TMPDIR", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs it, expects an exit code, and gives its JSON.
    pub fn json(&self, arguments: &[&str], code: i32) -> serde_json::Value {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}\n{}\n{}", ran.out, ran.err);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out))
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if name == ".dialform" {
            continue;
        }
        let (from, to) = (entry.path(), to.join(&name));
        if from.is_dir() { copy(&from, &to) } else { fs::copy(&from, &to).map(drop).unwrap() }
    }
}

/// A sandbox in a process of its own.
pub struct Served {
    child: std::process::Child,
    pub url: String,
}

impl Served {
    /// Starts one in memory, without a rate limit, that wants this token.
    pub fn start(token: &str, arguments: &[&str]) -> Self {
        Self::with(&["--memory", "--listen", "127.0.0.1:0"], token, arguments)
    }

    /// The same, kept in a folder, so that it can die and come back.
    pub fn start_in(folder: &str, token: &str, arguments: &[&str]) -> Self {
        let anywhere: &[&str] = if arguments.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        Self::with(&[&["--folder", folder], anywhere].concat(), token, arguments)
    }

    fn with(where_: &[&str], token: &str, arguments: &[&str]) -> Self {
        use std::io::{BufRead, BufReader};
        let mut child = Command::new(env!("CARGO_BIN_EXE_dialform"))
            .args(["sandbox", "--rate", "0"])
            .args(where_)
            .args(arguments)
            .env("DIALFORM_SANDBOX_TOKEN", token)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
        let url = said.split("http://").nth(1).and_then(|rest| rest.split([',', ' ']).next());
        let url = format!("http://{}", url.unwrap_or_else(|| panic!("it did not start: {said}")));
        Self { child, url }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
