//! The body, from its bytes to its fields; nothing in it is proven yet.

pub(crate) mod depth;
pub(crate) mod fields;
pub(crate) mod format;
pub(crate) mod info;
pub(crate) mod json;
pub(crate) mod media_type;
pub(crate) mod unverified;
pub(crate) mod value;
