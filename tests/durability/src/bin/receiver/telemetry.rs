use std::{error::Error, io, time::Duration};

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider},
};
use tracing_subscriber::{
    EnvFilter, Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Logs to the standard error stream, and sends spans to an endpoint, if there is one.
pub(crate) fn start(otlp: Option<&str>) -> Result<Option<SdkTracerProvider>, Box<dyn Error>> {
    // The tests read the lines of postbacks that were not stored.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(io::stderr)
        .with_filter(filter);
    let provider = otlp.map(provider).transpose()?;
    let spans = provider.as_ref().map(|provider| {
        // What sends the spans has spans of its own.
        let ours = Targets::new().with_target("cryptocloud_postback", tracing::Level::INFO);
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("receiver"))
            .with_filter(ours)
    });
    tracing_subscriber::registry().with(log).with(spans).init();
    Ok(provider)
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider, Box<dyn Error>> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .build()?;
    // A process that is killed has sent what ended before.
    let often = BatchConfigBuilder::default().with_scheduled_delay(Duration::from_millis(50));
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(often.build());
    Ok(SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("receiver").build())
        .with_span_processor(processor.build())
        .build())
}
