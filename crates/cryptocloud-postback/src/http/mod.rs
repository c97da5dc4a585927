//! HTTP before and after the body: request head, response, trace event, metrics.

pub(crate) mod head;
#[cfg(feature = "opentelemetry")]
mod opentelemetry;
pub(crate) mod response;
#[cfg(feature = "tracing")]
mod trace;
pub(crate) mod trace_context;
pub(crate) mod watch;
