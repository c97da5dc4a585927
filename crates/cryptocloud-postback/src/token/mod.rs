//! The token: its segments and header, then its MAC, and only then its claims.

pub(crate) mod claims;
pub(crate) mod mac;
pub(crate) mod secret;
pub(crate) mod segments;
