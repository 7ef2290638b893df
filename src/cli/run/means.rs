//! What the cycles of this process are done with: files, the network, the environment.

use std::{
    hash::{BuildHasher, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::tz::Offset;

use crate::{
    cli::{
        connect,
        directory::{self, Reach},
        load::{self, Loaded},
        tell,
    },
    http::SPANS,
    manifest::{Manifest, Placed, Run, Source},
    memory::Memory,
    render::{self, neutral},
    service::{self, Board, Failure, Gathered, Means, Trouble},
    source::{entra, files},
    state::{Clock, State},
};

/// The means of this process, for a manifest in a file; `begun` is what the service began with.
pub(super) fn of_process(file: PathBuf, begun: Run, allow_command: bool, warn: Arc<tell::Warn>) -> Means {
    Means {
        load: Box::new(move || {
            let mut loaded = manifest(&file)?;
            if let Some(edited) = only_at_start(&begun, &loaded.manifest.run) {
                let others = loaded.warnings.take().map(|others| format!("\n{others}")).unwrap_or_default();
                loaded.warnings = Some(format!("{edited}{others}"));
            }
            Ok(loaded)
        }),
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
        tell: tell::cycles(allow_command, warn),
        clock: Clock::System,
        // Keyed by the system's randomness.
        seed: std::hash::RandomState::new().build_hasher().finish(),
    }
}

/// Says of what was edited that it counts from the next start on.
fn only_at_start(begun: &Run, now: &Run) -> Option<String> {
    let Run { every: _, listen, access } = now;
    fn value<T>(placed: &Option<Placed<T>>) -> Option<&T> {
        placed.as_ref().map(|placed| &placed.value)
    }
    let edited = [
        (value(listen) != value(&begun.listen)).then_some("`run.listen`"),
        (value(access) != value(&begun.access)).then_some("`run.access`"),
    ];
    let edited: Vec<_> = edited.into_iter().flatten().collect();
    (!edited.is_empty()).then(|| format!("{} counts from the next start of the service on", edited.join(" and ")))
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

#[tracing::instrument(target = SPANS, name = "read people", skip_all)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{manifest::SecretRef, names::Place};

    #[test]
    fn what_counts_from_the_next_start_on_is_said() {
        fn placed<T>(value: T) -> Option<Placed<T>> {
            Some(Placed { value, place: Place::default() })
        }
        let begun = Run { listen: placed("127.0.0.1:9464".parse().unwrap()), ..Run::default() };
        assert_eq!(only_at_start(&begun, &begun), None);
        let mut moved = begun.clone();
        moved.listen.as_mut().unwrap().place = Place::new("dialform.yaml", 9, 1);
        assert_eq!(only_at_start(&begun, &moved), None, "another line is no other address");
        let other = Run { listen: placed("127.0.0.1:9465".parse().unwrap()), ..Run::default() };
        let said = only_at_start(&begun, &other).unwrap();
        assert!(said.contains("`run.listen`") && !said.contains("`run.access`"), "{said}");
        let token = Run { access: placed(SecretRef::Env("TOKEN".into())), ..begun.clone() };
        assert!(only_at_start(&begun, &token).unwrap().contains("`run.access`"));
    }
}
