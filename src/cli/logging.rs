//! What `-v` tells: requests, and with `-vv` retries and waits, on standard error.
//! And, in a program that was built with `otel`, traces.

use std::io;

use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::LogFormat;

/// What is under way as long as the program; drop it last.
#[derive(Debug, Default)]
#[must_use]
pub struct Logging {
    #[cfg(feature = "otel")]
    _traces: Option<super::traces::Traces>,
}

/// Lets messages through by how often `-v` was given; `DIALFORM_LOG` overrides,
/// in the language of `RUST_LOG`. Says what is wrong with the traces, as a fragment.
pub fn start(verbose: u8, format: LogFormat, color: bool) -> (Logging, Option<String>) {
    let level = match verbose {
        0 => "off",
        1 => "dialform=info,opentelemetry=warn",
        2 => "dialform=debug,opentelemetry=warn",
        _ => "dialform=trace,opentelemetry=warn",
    };
    let filter = EnvFilter::try_from_env("DIALFORM_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let lines = match format {
        LogFormat::Text => fmt::layer().with_writer(io::stderr).with_ansi(color).without_time().boxed(),
        LogFormat::Json => fmt::layer().json().with_writer(io::stderr).boxed(),
    };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter));
    // Only a second start in one process fails; the first goes on.
    #[cfg(not(feature = "otel"))]
    {
        drop(registry.try_init());
        (Logging::default(), None)
    }
    #[cfg(feature = "otel")]
    {
        let (traces, problem) = match super::traces::wanted(&|name| std::env::var(name).ok()) {
            Ok(traces) => (traces, None),
            Err(problem) => (None, Some(problem)),
        };
        drop(registry.with(traces.as_ref().map(super::traces::layer)).try_init());
        (Logging { _traces: traces }, problem)
    }
}
