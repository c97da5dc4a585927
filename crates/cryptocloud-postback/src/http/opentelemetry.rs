//! Spans that continue a trace, by way of `tracing-opentelemetry`.

use opentelemetry::{
    Context, SpanId, TraceFlags, TraceId,
    trace::{SpanContext, TraceContextExt},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::trace_context::TraceContext;

/// Makes a new span the child of a remote one, or links it if it is part of another trace already.
pub(super) fn follow(span: &Span, remote: &TraceContext) {
    let Some(remote) = span_context(remote) else {
        return;
    };
    match current() {
        None => {
            // Without a layer for OpenTelemetry there is no trace to be part of.
            let _ = span.set_parent(Context::new().with_remote_span_context(remote));
        }
        Some(current) if current.trace_id() == remote.trace_id() => (),
        Some(_) => span.add_link(remote),
    }
}

/// The context by which others continue a span, or the one around it if it is disabled.
pub(super) fn context_of(span: &Span) -> Option<TraceContext> {
    let context = valid(&span.context()).or_else(current)?;
    let (trace_id, span_id) = (context.trace_id(), context.span_id());
    let flags = context.trace_flags().to_u8();
    TraceContext::parse(
        &format!("00-{trace_id}-{span_id}-{flags:02x}"),
        Some(&context.trace_state().header()),
    )
}

fn current() -> Option<SpanContext> {
    valid(&Span::current().context()).or_else(|| valid(&Context::current()))
}

fn valid(context: &Context) -> Option<SpanContext> {
    let context = context.span().span_context().clone();
    context.is_valid().then_some(context)
}

fn span_context(remote: &TraceContext) -> Option<SpanContext> {
    let mut parts = remote.traceparent().split('-').skip(1);
    let trace_id = TraceId::from_hex(parts.next()?).ok()?;
    let span_id = SpanId::from_hex(parts.next()?).ok()?;
    let flags = u8::from_str_radix(parts.next()?, 16).ok()?;
    let state = remote.tracestate().map(str::parse).transpose();
    Some(SpanContext::new(
        trace_id,
        span_id,
        TraceFlags::new(flags) & TraceFlags::SAMPLED,
        true,
        state.ok().flatten().unwrap_or_default(),
    ))
}
