use std::{
    env,
    error::Error,
    io::{self, IsTerminal},
    time::Duration,
};

use cryptocloud_postback::metrics::SECONDS;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::time::sleep;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{BoxError, settings::setting};

/// The log on the standard error, metrics, and traces.
pub(crate) struct Telemetry {
    metrics: PrometheusHandle,
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Installs all of it. Nothing is measured or logged before.
    pub(crate) fn start(program: &str) -> Result<Self, BoxError> {
        let traces = traces(program)?;
        let filter = setting("RUST_LOG", |filter| match &*filter {
            "" => Ok(EnvFilter::new("info")),
            filter => EnvFilter::try_new(filter).map_err(|_| "not a filter, such as info"),
        })?;
        let filter = filter.unwrap_or_else(|| EnvFilter::new("info"));
        let log = fmt::layer()
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr);
        let exported = traces.as_ref().map(|provider| {
            tracing_opentelemetry::layer().with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
        });
        tracing_subscriber::registry()
            .with(filter)
            .with(log)
            .with(exported)
            .try_init()?;

        let metrics = PrometheusBuilder::new()
            .set_buckets(SECONDS)?
            .install_recorder()?;
        cryptocloud_postback_inbox::metrics::describe();
        cryptocloud_postback_api::metrics::describe();
        cryptocloud_postback_projects::metrics::describe();
        let recorder = metrics.clone();
        // Otherwise a histogram that is never read keeps every value.
        tokio::spawn(async move {
            loop {
                sleep(UPKEEP).await;
                recorder.run_upkeep();
            }
        });
        Ok(Self { metrics, traces })
    }

    pub(crate) fn metrics(&self) -> PrometheusHandle {
        self.metrics.clone()
    }

    /// Exports the spans that have not been exported yet.
    pub(crate) fn end(self) {
        if let Some(Err(error)) = self.traces.map(|traces| traces.shutdown()) {
            let error = &error as &dyn Error;
            tracing::warn!(error, "spans were not exported");
        }
    }
}

/// Exports to `OTEL_EXPORTER_OTLP_ENDPOINT`, if it is set. The SDK reads it and the other variables of
/// OpenTelemetry.
fn traces(program: &str) -> Result<Option<SdkTracerProvider>, &'static str> {
    if env::var_os(ENDPOINT).is_none_or(|endpoint| endpoint.is_empty()) {
        return Ok(None);
    }
    let exporter = SpanExporter::builder().with_http().build();
    // The error may hold the address, and the address a password.
    let exporter = exporter.map_err(
        |_| "OTEL_EXPORTER_OTLP_ENDPOINT: not an address, such as http://127.0.0.1:4318",
    )?;
    let service = env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| program.to_owned());
    let resource = Resource::builder().with_service_name(service);
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build());
    Ok(Some(provider.build()))
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const UPKEEP: Duration = Duration::from_secs(5);
