//! What HTTP asks of a postback before and after its body: request head, response, trace event.

mod head;
mod response;
#[cfg(feature = "tracing")]
mod trace;

pub use head::check_request;
pub use response::{ANSWER_CONTENT_TYPE, RECEIVED_BODY};
#[cfg(feature = "tracing")]
pub use trace::trace_outcome;
