//! HTTP before and after the body: request head, response, trace event, metrics.

pub(crate) mod head;
pub(crate) mod response;
#[cfg(feature = "tracing")]
mod trace;
pub(crate) mod watch;
