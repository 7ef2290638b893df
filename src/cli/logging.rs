//! What `-v` tells: requests, and with `-vv` retries and waits, on standard error.

use std::io;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::LogFormat;

/// Lets messages through by how often `-v` was given; `DIALFORM_LOG` overrides,
/// in the language of `RUST_LOG`.
pub fn start(verbose: u8, format: LogFormat, color: bool) {
    let level = match verbose {
        0 => "off",
        1 => "dialform=info",
        2 => "dialform=debug",
        _ => "dialform=trace",
    };
    let filter = EnvFilter::try_from_env("DIALFORM_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => {
            registry.with(fmt::layer().with_writer(io::stderr).with_ansi(color).without_time()).try_init()
        }
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(io::stderr)).try_init(),
    };
    // Only a second start in one process fails; the first goes on.
    drop(started);
}
