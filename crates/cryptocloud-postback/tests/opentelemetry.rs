//! Which trace the span of a postback is part of, and by which context others continue it.

use cryptocloud_postback::{
    SecretKey, TraceContext, Verified, Verifier,
    testing::{NOW, PostbackBuilder},
};
use opentelemetry::trace::{SpanContext, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::{Span, info_span, subscriber::DefaultGuard};
use tracing_subscriber::layer::SubscriberExt;

const SECRET: &str = "not-a-real-key-only-for-these-tests";
const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The spans of this thread, until it is dropped.
struct Collector {
    exporter: InMemorySpanExporter,
    _guard: DefaultGuard,
}

impl Collector {
    fn start() -> Self {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone());
        let tracer = provider.build().tracer("test");
        let layer = tracing_opentelemetry::layer().with_tracer(tracer);
        let subscriber = tracing_subscriber::registry().with(layer);
        Self {
            exporter,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    fn span(&self, name: &str) -> Result<SpanData> {
        let mut spans = self.exporter.get_finished_spans()?.into_iter();
        Ok(spans.find(|span| span.name == name).ok_or("no such span")?)
    }
}

fn verify() -> Result<Verified> {
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let head = verifier.check_head("POST", [("traceparent", TRACEPARENT.as_bytes())])?;
    let body = PostbackBuilder::new(SECRET).at(NOW).json().body();
    Ok(verifier.verify_at(head, body, NOW)?)
}

fn traceparent(context: &SpanContext) -> String {
    format!("00-{}-{}-01", context.trace_id(), context.span_id())
}

fn parent(span: &SpanData) -> String {
    span.parent_span_id.to_string()
}

#[test]
fn it_continues_the_trace_of_the_request() -> Result {
    let collector = Collector::start();
    let verified = verify()?;
    let context = verified.trace_context().cloned().ok_or("a trace")?;
    drop(verified);
    let postback = collector.span("postback")?;
    assert_eq!(parent(&postback), "00f067aa0ba902b7");
    assert_eq!(context.traceparent(), traceparent(&postback.span_context));
    assert_eq!(context.trace_id(), TRACE_ID);

    // What happens later, with nothing around it.
    let attempt = info_span!("attempt");
    context.continue_in(&attempt);
    drop(attempt);
    let attempt = collector.span("attempt")?;
    assert_eq!(
        parent(&attempt),
        postback.span_context.span_id().to_string()
    );
    assert_eq!(attempt.span_context.trace_id().to_string(), TRACE_ID);
    assert!(attempt.links.is_empty());
    Ok(())
}

/// A refused postback has a span in the same trace.
#[test]
fn a_refused_postback_is_in_the_trace_too() -> Result {
    let collector = Collector::start();
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let headers = [
        ("content-encoding", b"gzip".as_slice()),
        ("traceparent", TRACEPARENT.as_bytes()),
    ];
    assert!(verifier.check_head("POST", headers).is_err());
    let postback = collector.span("postback")?;
    assert_eq!(postback.span_context.trace_id().to_string(), TRACE_ID);
    Ok(())
}

#[test]
fn the_span_of_the_server_comes_before_the_header() -> Result {
    let collector = Collector::start();
    let server = info_span!("server");
    let verified = server.in_scope(verify)?;
    let context = verified.trace_context().cloned().ok_or("a trace")?;
    drop((verified, server));
    let (postback, server) = (collector.span("postback")?, collector.span("server")?);
    assert_eq!(parent(&postback), server.span_context.span_id().to_string());
    assert_eq!(context.traceparent(), traceparent(&postback.span_context));
    assert_ne!(context.trace_id(), TRACE_ID);
    // The trace of the request can still be found.
    let links: Vec<String> = postback
        .links
        .iter()
        .map(|link| traceparent(&link.span_context))
        .collect();
    assert_eq!(links, [TRACEPARENT]);
    Ok(())
}

#[test]
fn a_server_in_the_trace_of_the_request_needs_no_link() -> Result {
    let collector = Collector::start();
    let server = info_span!("server");
    let remote = TraceContext::parse(TRACEPARENT, None).ok_or("a trace")?;
    remote.continue_in(&server);
    drop(server.in_scope(verify)?);
    drop(server);
    let (postback, server) = (collector.span("postback")?, collector.span("server")?);
    assert_eq!(parent(&server), "00f067aa0ba902b7");
    assert_eq!(parent(&postback), server.span_context.span_id().to_string());
    assert!(postback.links.is_empty());
    Ok(())
}

/// Nothing collects spans, or not this one.
#[test]
fn without_a_span_the_header_counts() -> Result {
    let verified = verify()?;
    let context = verified.trace_context().ok_or("a trace")?;
    assert_eq!(context.traceparent(), TRACEPARENT);
    context.continue_in(&Span::none());
    Ok(())
}
