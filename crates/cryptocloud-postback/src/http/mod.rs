//! What HTTP asks of a postback before and after its body: request head, response, trace event.

pub(crate) mod head;
pub(crate) mod response;
pub(crate) mod trace;
