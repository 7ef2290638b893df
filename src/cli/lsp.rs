//! `dialform lsp`: a language server for editors.

use std::{
    env,
    io::{self, BufReader},
    path::PathBuf,
};

use super::{Terminal, failed, load, output::plain};
use crate::{
    exit::Exit,
    lsp::{self, Ended, Host},
    manifest::trust::AllowedHosts,
    names::Text,
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Args {
    /// A manifest that is not called `dialform.yaml` and does not name its schema
    #[arg(short, long, value_name = "FILE", env = "DIALFORM_MANIFEST")]
    pub manifest: Option<PathBuf>,
    /// A recording to take names and values from [default: recording.json.gz beside the manifest or in its state]
    #[arg(long, value_name = "FILE")]
    pub recording: Option<PathBuf>,
    /// Speak on standard input and output; it is always so, and some editors say it
    #[arg(long)]
    pub stdio: bool,
}

const AFTER: &str = "Editors start this command; docs/editors.md sets up VS Code, Neovim and Helix. It completes \
expressions and names, says what is wrong as `dialform check` does, and shows what a mapping gives for a person. Names \
come from the source's files, a recording, and `names.json` in the state folder; never from the network. Keys and their \
values are left to a YAML server with the schema of `dialform schema`.";

/// Runs the command.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    if terminal.interactive {
        terminal.say("waiting for an editor on standard input; docs/editors.md sets one up, and Ctrl-C ends it");
    }
    let shown = |path: &PathBuf| Text::from(path.to_string_lossy().replace('\\', "/"));
    let host = Host {
        read: load::text,
        list: load::list,
        enter: |folder| env::set_current_dir(folder),
        hosts: env::var(load::ALLOWED_HOSTS_VARIABLE).map(|hosts| AllowedHosts::parse(&hosts)).unwrap_or_default(),
        manifest: args.manifest.as_ref().map(shown),
        recording: args.recording.as_ref().map(shown),
    };
    match lsp::run(BufReader::new(io::stdin()), io::stdout(), host) {
        Ok(Ended::ShutDown) => Exit::Done,
        Ok(Ended::Abandoned) => Exit::Failed,
        Err(error) => failed(&format!("speak with the editor: {}", plain(&error)), terminal),
    }
}
