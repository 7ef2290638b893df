//! Traces for OpenTelemetry: where its variables name an endpoint, a span for each command
//! or cycle, for each part of it and for each request is sent there, over OTLP and HTTP.
//!
//! A span carries what `-v` writes of a request, and no more: method, path, status.
//! What became of the endpoint never fails a command.

use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

use crate::http::SPANS;

/// What sends spans; sends the last of them when it goes.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Drop for Traces {
    fn drop(&mut self) {
        // An endpoint that does not answer loses spans and nothing else.
        let _ = self.0.shutdown();
    }
}

/// Traces as OpenTelemetry's variables ask for them; none without `OTEL_EXPORTER_OTLP_ENDPOINT`
/// or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, with `OTEL_SDK_DISABLED=true`, or with `OTEL_TRACES_EXPORTER=none`
/// (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>).
///
/// # Errors
/// When the endpoint is no address, or nothing can be sent; a fragment.
pub fn wanted(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Traces>, String> {
    let set = |name| variable(name).filter(|value| !value.trim().is_empty());
    let named = set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(|| set("OTEL_EXPORTER_OTLP_ENDPOINT"));
    let off = set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || set("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none");
    if named.is_none() || off {
        return Ok(None);
    }
    // Another part of the program may choose one later; any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder().with_http().build().map_err(|_| UNUSABLE.to_owned())?;
    let resource = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    // Who names the service in the environment is not overridden.
    let resource = match set("OTEL_SERVICE_NAME") {
        Some(_) => resource,
        None => resource.with_service_name("dialform"),
    };
    Ok(Some(Traces(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())))
}

/// The error's own text may name the address, and an address may carry a password.
const UNUSABLE: &str = "send traces: a variable that begins with OTEL_EXPORTER_OTLP_ is not as it should be\n  \
    ENDPOINT is an address such as http://127.0.0.1:4318";

/// The spans of this program, and no others, go to `traces`.
pub fn layer<S>(traces: &Traces) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let tracer = traces.0.tracer("dialform");
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_threads(false)
        .with_filter(Targets::new().with_target(SPANS, tracing::Level::INFO))
}
