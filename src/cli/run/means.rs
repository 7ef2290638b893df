//! What the cycles of this process are done with: files, the network, the environment.

use std::{
    hash::{BuildHasher, Hasher},
    path::{Path, PathBuf},
};

use jiff::tz::Offset;

use crate::{
    cli::{
        connect,
        directory::{self, Reach},
        load::{self, Loaded},
        tell,
    },
    manifest::{Manifest, Source},
    memory::Memory,
    render::{self, neutral},
    service::{self, Board, Failure, Gathered, Means, Trouble},
    source::{entra, files},
    state::{Clock, State},
};

/// The means of this process, for a manifest in a file.
pub(super) fn of_process(file: PathBuf, allow_command: bool) -> Means {
    Means {
        load: Box::new(move || manifest(&file)),
        gather: Box::new(|manifest, memory, board| {
            Box::pin(async move {
                let mut gathered = gather(manifest, memory, board).await?;
                let today = Offset::UTC.to_datetime(Clock::System.now()).date();
                if let Some(expiry) = connect::expiry(&manifest.target, today) {
                    let others = gathered.warnings.take().map(|others| format!("\n{others}")).unwrap_or_default();
                    gathered.warnings = Some(format!("{}{others}", expiry.message));
                }
                Ok(gathered)
            })
        }),
        connect: Box::new(move |manifest| connect::writer(manifest, allow_command)),
        open: Box::new(|manifest| State::open(manifest, Path::new(""))),
        tell: tell::cycles(allow_command),
        clock: Clock::System,
        // Keyed by the system's randomness.
        seed: std::hash::RandomState::new().build_hasher().finish(),
    }
}

fn manifest(file: &Path) -> Result<service::Loaded, String> {
    match load::manifest(file) {
        Ok(Loaded { manifest, warnings, sources, .. }) => {
            let files = sources.iter().map(|(file, _)| PathBuf::from(&**file)).collect();
            let warnings = (!warnings.is_empty()).then(|| render::problems::text(&warnings, &sources, false));
            Ok(service::Loaded { manifest, files, warnings })
        }
        Err(unusable) => Err(render::problems::text(&unusable.problems, &unusable.sources, false)),
    }
}

async fn gather(manifest: &Manifest, memory: &Memory, board: &Board) -> Result<Gathered, Failure> {
    match &manifest.source {
        Source::Files(source) => match files::read(source) {
            Ok(read) => {
                let warnings =
                    (!read.warnings.is_empty()).then(|| render::problems::text(&read.warnings, &read.sources, false));
                Ok(Gathered { directory: read.directory, warnings })
            }
            Err(failed) => {
                let text = render::problems::text(&failed.problems, &failed.sources, false);
                Err(Failure::new(Trouble::Source, format!("read the people and groups:\n{text}")))
            }
        },
        Source::Entra(source) => {
            let failure = |trouble: entra::Trouble| {
                let kind = match trouble.kind {
                    entra::Kind::SignIn | entra::Kind::Permission => Trouble::Credentials,
                    entra::Kind::Tenant
                    | entra::Kind::Application
                    | entra::Kind::Unreachable
                    | entra::Kind::Unusable => Trouble::Source,
                };
                Failure::new(kind, format!("{}; {}", neutral::line(&trouble.message), neutral::lines(&trouble.help)))
            };
            let sign_in = directory::sign_in(source).map_err(|refused| failure(refused.into()))?;
            let seen = |more: u64| board.more(more);
            let read = directory::of_entra(manifest, source, sign_in, Reach::default(), memory, &seen).await;
            let read = read.map_err(failure)?;
            let warnings: Vec<_> = read.warnings.iter().map(|warning| neutral::line(warning)).collect();
            let warnings = (!warnings.is_empty()).then(|| warnings.join("\n"));
            Ok(Gathered { directory: read.directory, warnings })
        }
    }
}
