//! `dialform notify --test`: tries whom the manifest tells, each by itself.

use jiff::Timestamp;

use super::{ManifestArg, Terminal, failed, inputs, tell};
use crate::{
    exit::Exit,
    manifest::Manifest,
    notify::{self, Notice, Receivers, Report},
    render::neutral,
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Send a test message to everybody under `notify`, and ask the heartbeat
    #[arg(long, required = true)]
    test: bool,
    /// Print what would be sent; no secret is read, nothing is sent
    #[arg(long)]
    dry_run: bool,
    /// Let the manifest's secrets come from a `command`
    #[arg(long)]
    allow_command: bool,
    #[command(flatten)]
    manifest: ManifestArg,
}

/// Runs the command.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    match test(args, terminal) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn test(args: &Args, terminal: &mut Terminal) -> Result<Exit, Exit> {
    let manifest = inputs::manifest(&args.manifest.manifest, terminal)?;
    if manifest.notify.is_empty() {
        let problem = format!(
            "send a test: {} has no `notify`; docs/notifications.md shows one",
            args.manifest.manifest.display()
        );
        return Err(failed(&problem, terminal));
    }
    let now = Timestamp::now();
    if args.dry_run {
        preview(&manifest, now, terminal);
        return Ok(Exit::Done);
    }
    let runtime = super::runtime().map_err(|problem| failed(&problem, terminal))?;
    let reports = runtime.block_on(notify::test(&manifest, now, &tell::secrets(args.allow_command)));
    // What a server says is foreign.
    let line = |report: &Report| match &report.sent {
        Ok(()) => format!("+ {}: sent\n", neutral::line(&report.receiver)),
        Err(problem) => {
            format!("! {}: failed\n    {}\n", neutral::line(&report.receiver), neutral::line(problem))
        }
    };
    terminal.data(&reports.iter().map(line).collect::<String>());
    let all = reports.iter().all(|report| report.sent.is_ok());
    Ok(if all { Exit::Done } else { Exit::Failed })
}

fn preview(manifest: &Manifest, now: Timestamp, terminal: &mut Terminal) {
    let receivers = Receivers::of(manifest);
    let notice = Notice::test(&manifest.name, &manifest.target.label(), now);
    for receiver in &receivers.list {
        let label = neutral::line(&receiver.label).into_owned();
        terminal.data(&format!("== {label}\n{}\n", receiver.preview(&notice, now)));
    }
    if let Some(url) = &receivers.heartbeat {
        terminal.data(&format!("== heartbeat ({})\nGET\n", url.place));
    }
}
