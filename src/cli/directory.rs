//! The people and groups, from files or from Entra.

use std::{
    env,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{Terminal, inputs::show, progress::Progress};
use crate::{
    directory::Directory,
    exit::Exit,
    http::SPANS,
    manifest::{Auth, Entra, Manifest, Source},
    memory::Memory,
    names::Text,
    plan::Plan,
    render::neutral,
    source::{
        entra::{self, Configuration, Former, Graph, SignInFailure, Trouble, Wanted, sign_in::SignIn},
        files,
    },
};

/// What more is read than a plan of the manifest needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reach<'m> {
    /// Every attribute that the source offers.
    pub all: bool,
    /// What another manifest needs too.
    pub also: Option<&'m Manifest>,
    /// What a run before touched in the admin API.
    pub touched: Option<&'m Plan>,
    /// The application of Entra, whoever is assigned by the manifest alone.
    pub application: bool,
}

/// What was read.
#[derive(Debug)]
pub struct Gathered {
    /// The people and groups.
    pub directory: Directory,
    /// Names of attributes that were read, whether anybody has a value or not.
    pub offered: Vec<Text>,
}

/// Reads the people and groups of a manifest's source, and of Entra whom `memory` knows from before.
///
/// # Errors
/// [`Exit::Failed`], after saying everything that is wrong with them.
#[tracing::instrument(target = SPANS, name = "read people", skip_all)]
pub async fn read(
    manifest: &Manifest,
    reach: Reach<'_>,
    memory: &Memory,
    terminal: &mut Terminal,
) -> Result<Gathered, Exit> {
    match &manifest.source {
        Source::Files(files) => match files::read(files) {
            Ok(read) => {
                show(&read.warnings, &read.sources, terminal, false);
                Ok(Gathered { directory: read.directory, offered: Vec::new() })
            }
            Err(failed) => {
                show(&failed.problems, &failed.sources, terminal, true);
                Err(Exit::Failed)
            }
        },
        Source::Entra(source) => {
            let sign_in = sign_in(source).map_err(|failure| unread(&failure.into(), terminal))?;
            if source.auth.value == Auth::Auto {
                terminal.say(&format!("signing in to Entra by {}", neutral::line(&sign_in.by())));
            }
            let (progress, people) = (Progress::new(terminal, "reading Entra", None), AtomicU64::new(0));
            let seen = |more: u64| progress.set(people.fetch_add(more, Ordering::Relaxed) + more, None);
            let read = of_entra(manifest, source, sign_in, reach, memory, &seen).await;
            progress.finish();
            let read = read.map_err(|trouble| unread(&trouble, terminal))?;
            for warning in &read.warnings {
                terminal.say(&format!("warning: {}", neutral::line(warning)));
            }
            Ok(Gathered { directory: read.directory, offered: read.offered })
        }
    }
}

/// Reads Entra as a manifest and the environment say. `seen` is told how many people were read.
///
/// # Errors
/// Why nothing could be read.
pub async fn of_entra(
    manifest: &Manifest,
    source: &Entra,
    sign_in: SignIn,
    reach: Reach<'_>,
    memory: &Memory,
    seen: &(dyn Fn(u64) + Sync),
) -> Result<entra::Read, Trouble> {
    let graph = Graph::connect(source.cloud, sign_in, &variable)?;
    let former =
        memory.users.iter().map(|(id, link)| Former { id: id.clone(), disabled: link.disabled_since.is_some() });
    let manifests: Vec<&Manifest> = std::iter::once(manifest).chain(reach.also).collect();
    let wanted = Wanted::of(&manifests, former, reach.all);
    let wanted = if reach.application { wanted.with_application() } else { wanted };
    let read = entra::read(&graph, source, &wanted, seen).await;
    tracing::info!(requests = graph.sent().requests, "read Entra");
    read
}

/// Reads the application's provisioning configuration: of one job, or of the job with this id.
///
/// # Errors
/// Why it cannot be read.
pub async fn configuration(
    source: &Entra,
    job: Option<&str>,
    terminal: &mut Terminal,
) -> Result<Configuration, Trouble> {
    let sign_in = sign_in(source)?;
    if source.auth.value == Auth::Auto {
        terminal.say(&format!("signing in to Entra by {}", neutral::line(&sign_in.by())));
    }
    let graph = Graph::connect(source.cloud, sign_in, &variable)?;
    let read = entra::configuration(&graph, source, job).await;
    tracing::info!(requests = graph.sent().requests, "read Entra's provisioning configuration");
    read
}

/// The way to sign in, as the manifest and the environment say.
///
/// # Errors
/// When there is none.
pub fn sign_in(source: &Entra) -> Result<SignIn, SignInFailure> {
    SignIn::choose(source, &variable)
}

/// A variable of the environment, where it is text.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Says why Entra could not be read, with the next step.
pub fn unread(trouble: &Trouble, terminal: &mut Terminal) -> Exit {
    let message = neutral::line(&trouble.message);
    let help = trouble.help.lines().map(neutral::line).collect::<Vec<_>>().join("\n  ");
    terminal.complain(&format!("failed to {message}\n  {help}; nothing was changed"));
    Exit::Failed
}
