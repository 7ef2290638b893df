//! `dialform run`: keeps reconciling, and shows what it is at.

mod lines;
mod means;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{net::TcpListener, sync::Notify};

use super::{LogFormat, ManifestArg, Terminal, failed, load, output::plain, progress::Progress, secret};
use crate::{
    apply::Stopping,
    exit::Exit,
    manifest::{Manifest, Placed},
    render,
    service::{self, Asked, Board, Ending, Trouble, board::Phase, page},
    state::Clock,
};

/// Runs one cycle after the other: reads the directory and Dialpad, plans, and applies
/// what the guards let through; what is held waits for a person.
///
/// The manifest is read again when its files change; while it is wrong, the last good
/// one is used. SIGHUP reads it again and begins a cycle at once. Ctrl-C and SIGTERM
/// finish what was begun.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    manifest: ManifestArg,
    /// Let the manifest's secrets come from a `command`
    #[arg(long)]
    allow_command: bool,
    /// Run a single cycle, and end with the code that `apply` would end with
    #[arg(long)]
    once: bool,
}

/// Keeps reconciling.
pub fn run(args: &Args, format: LogFormat, terminal: &mut Terminal) -> Exit {
    let Args { manifest: ManifestArg { manifest: file }, allow_command, once } = args;
    let manifest = match load::manifest(file) {
        Ok(loaded) => loaded.manifest,
        Err(unusable) => {
            terminal.complain(&render::problems::text(&unusable.problems, &unusable.sources, terminal.color_err));
            return Exit::Failed;
        }
    };
    let runtime = match super::runtime() {
        Ok(runtime) => runtime,
        Err(problem) => return failed(&problem, terminal),
    };
    let beside = Mutex::new((lines::Lines::new(format, manifest.name.clone()), terminal.beside()));
    let warn = Arc::new(move |warning: &str| {
        let mut beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
        let (lines, terminal) = &mut *beside;
        lines.beside(warning, terminal);
    });
    let means = Arc::new(means::of_process(file.clone(), manifest.run.clone(), *allow_command, warn));
    let begun = runtime.block_on(begin(&manifest, *allow_command, *once));
    let (served, board) = match begun {
        Ok(begun) => begun,
        Err(problem) => return failed(&problem, terminal),
    };
    let mut lines = lines::Lines::new(format, manifest.name);
    if let Some(served) = &served {
        lines.listening(&served.address, terminal);
    }
    runtime.block_on(async {
        let asked = Asked { stop: Stopping::of_signals(), now: Arc::new(Notify::new()) };
        let hanging_up = tokio::spawn(hang_ups(&asked.now));
        let drawing = terminal.progress.then(|| tokio::spawn(draw(board.clone(), terminal.twin())));
        let kept =
            service::keep(&means, &board, &asked, *once, &mut |event| lines.event(&event, Clock::System, terminal))
                .await;
        hanging_up.abort();
        if let Some(drawing) = drawing {
            drawing.abort();
        }
        match kept {
            Ok(last) => {
                lines.end(asked.stop.is_asked(), terminal);
                match last {
                    // It was paused: as `apply`, which refuses then.
                    None if *once && !asked.stop.is_asked() => Exit::Failed,
                    last => exit(last.as_ref().map(|cycle| &cycle.ending), *once),
                }
            }
            Err(problem) => {
                terminal.complain(&problem);
                Exit::Failed
            }
        }
    })
}

/// Opens the page's port before the first cycle, so that a port that is taken is no surprise later.
async fn begin(manifest: &Manifest, allow_command: bool, once: bool) -> Result<(Option<Served>, Board), String> {
    let started = Clock::System.now();
    let listen = manifest.run.listen.as_ref().filter(|_| !once);
    let board = Board::new(manifest, started, listen.is_some());
    let Some(listen) = listen else { return Ok((None, board)) };
    let access = match &manifest.run.access {
        Some(reference) => Some(secret::resolve(reference, allow_command)?),
        None => None,
    };
    let Placed { value: address, place } = listen;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let next = match error.kind() {
            io::ErrorKind::AddrInUse => "another program has the port: end it, or choose another under `run.listen`",
            io::ErrorKind::PermissionDenied => {
                "ports under 1024 are for the superuser; choose another under `run.listen`"
            }
            io::ErrorKind::AddrNotAvailable => "this machine has no such address; `127.0.0.1:9464` is always there",
            _ => "choose another under `run.listen`",
        };
        format!("listen on {address} ({place}): {}; {next}", plain(&error))
    })?;
    let address = listener.local_addr().map_err(|error| format!("listen on {address}: {}", plain(&error)))?;
    tokio::spawn(page::serve(listener, board.clone(), access));
    Ok((Some(Served { address: address.to_string() }), board))
}

struct Served {
    address: String,
}

/// How `run` ends: a service that was asked to stop between two cycles is done.
fn exit(ending: Option<&Ending>, once: bool) -> Exit {
    match ending {
        Some(Ending::Interrupted) => Exit::Interrupted,
        None => Exit::Done,
        Some(_) if !once => Exit::Done,
        Some(Ending::Good) => Exit::Done,
        Some(Ending::Held) => Exit::Held,
        Some(Ending::SomeFailed) => Exit::SomeFailed,
        Some(Ending::Locked(_)) => Exit::Locked,
        Some(Ending::Failed(failure)) => match failure.trouble {
            Trouble::MassFailure => Exit::SomeFailed,
            Trouble::Credentials | Trouble::Source | Trouble::Target | Trouble::State | Trouble::Internal => {
                Exit::Failed
            }
        },
    }
}

/// SIGHUP: read the manifest again and cycle now. It is listened for from the call on.
#[cfg(unix)]
fn hang_ups(now: &Arc<Notify>) -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let now = Arc::clone(now);
    let listening = signal(SignalKind::hangup());
    async move {
        // Where the signal cannot be had, edits are noticed all the same.
        let Ok(mut hang_ups) = listening else { return };
        while hang_ups.recv().await.is_some() {
            now.notify_one();
        }
    }
}

#[cfg(not(unix))]
fn hang_ups(_: &Arc<Notify>) -> impl Future<Output = ()> + Send + 'static {
    std::future::pending()
}

/// A bar for what the current cycle is at, on a terminal.
async fn draw(board: Board, terminal: Terminal) {
    let mut shown: Option<(u64, Phase, Progress)> = None;
    loop {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let Some(current) = board.current() else {
            shown = None;
            continue;
        };
        let same = matches!(&shown, Some((number, phase, _)) if (*number, *phase) == (current.number, current.phase));
        if !same {
            // The old one goes before the new one is drawn.
            drop(shown.take());
            let progress = Progress::new(&terminal, current.phase.words(), current.total);
            shown = Some((current.number, current.phase, progress));
        }
        if let Some((_, _, progress)) = &shown {
            progress.set(current.done, current.total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Failure;

    #[test]
    fn a_service_that_was_stopped_between_cycles_is_done_and_once_ends_as_apply() {
        let refused = Ending::Failed(Failure::new(Trouble::Credentials, "sign in"));
        let most = Ending::Failed(Failure::new(Trouble::MassFailure, "carry out"));
        for (ending, service, once) in [
            (Ending::Good, Exit::Done, Exit::Done),
            (Ending::Held, Exit::Done, Exit::Held),
            (Ending::SomeFailed, Exit::Done, Exit::SomeFailed),
            (Ending::Locked(String::new()), Exit::Done, Exit::Locked),
            (refused, Exit::Done, Exit::Failed),
            (most, Exit::Done, Exit::SomeFailed),
            (Ending::Interrupted, Exit::Interrupted, Exit::Interrupted),
        ] {
            assert_eq!((exit(Some(&ending), false), exit(Some(&ending), true)), (service, once), "{ending:?}");
        }
        assert_eq!(exit(None, false), Exit::Done);
    }
}
