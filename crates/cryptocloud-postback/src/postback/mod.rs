//! The reported fields of a postback, typed.

pub(crate) mod amount;
pub(crate) mod code;
pub(crate) mod currency;
pub(crate) mod invoice_id;
pub(crate) mod invoice_info;
mod object;
pub(crate) mod payload;
pub(crate) mod status;
